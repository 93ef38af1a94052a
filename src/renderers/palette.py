"""One colour for each object: the same in every view, turn and renderer."""

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
