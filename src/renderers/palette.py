"""Colours: one for each object, the same in every view, turn and renderer, and those of what is written over."""

from __future__ import annotations

import numpy as np

from spatialenv.core.placed import FloatArray, IntArray

PALETTE = np.array(
    [
        (86, 180, 233),  # sky
        (230, 159, 0),  # orange
        (0, 140, 105),  # green
        (240, 224, 90),  # yellow
        (204, 121, 167),  # pink
        (20, 100, 170),  # blue
        (160, 110, 70),  # brown
        (150, 210, 160),  # mint
        (110, 70, 160),  # violet
        (216, 190, 150),  # sand
        (70, 160, 165),  # teal
        (150, 150, 60),  # olive
    ],
    dtype=np.float64,
)
"""Twelve colours, no two alike in lightness and hue to a colour-blind eye; red is kept for what is wrong."""

WRONG = (214.0, 20.0, 40.0)
"""Red: the colour of what is wrong, and of nothing else."""

INK = (28.0, 32.0, 40.0)
FAINT_INK = (105.0, 110.0, 120.0)
WALL_INK = (62.0, 70.0, 84.0)
PAPER = (255.0, 255.0, 255.0)
"""What writing is written in, and what it is written on."""

DARK_WRONG = (140.0, 0.0, 18.0)
"""The rim of what is wrong."""

MET = (0.0, 118.0, 112.0)
"""Teal: a relation that is met; one that is not is `WRONG`."""

MOVED = (84.0, 52.0, 168.0)
"""Violet: where an object has come from."""


def object_colours(indices: IntArray) -> FloatArray:
    """Return the colour of objects by their index in the scene, 0..255, shape ``(n, 3)``.

    From the thirteenth on the colours come again, lighter, then darker.

    Example:
        >>> object_colours(np.array([0])).tolist()
        [[86.0, 180.0, 233.0]]
    """
    indices = np.asarray(indices, dtype=np.int64)
    base = PALETTE[indices % len(PALETTE)]
    turn = (indices // len(PALETTE) % 4)[:, None]
    towards = np.where(turn % 2 == 1, 255.0, 0.0)
    share = np.choose(turn, [0.0, 0.45, 0.35, 0.7])
    colours: FloatArray = base + share * (towards - base)
    return colours
