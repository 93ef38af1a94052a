"""Cameras, and the light's view, as the shader of triangles wants them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.renderers.fast.shadow import TILE
from spatialenv.renderers.fast.stage import AXES, LIGHT, MAX_LIGHT_SIDE, NO_KEYS, Light


class View(NamedTuple):
    """A matrix of world points to ``(X, Y, K, W)`` as the shader of triangles wants it.

    Attributes:
        to_clip: World to OpenGL's clip coordinates, in which row 0 of a picture is at -1, ``(4, 4)``.
        to_key: Gives K, ``(4,)``.
        to_depth: What the depth buffer holds, 0 to 1 and greater for what is nearer, is this times
            ``(K / W, W, 1)``, ``(3,)``: even steps in metres, so that 24 bits are micrometres.
    """

    to_clip: FloatArray
    to_key: FloatArray
    to_depth: FloatArray


def view_of(matrix: FloatArray, size: tuple[int, int], near: float, points: FloatArray) -> View:
    """Return a view.

    Args:
        matrix: World to ``(X, Y, K, W)``, ``(4, 4)``; `Camera` says more.
        size: Samples across and down.
        near: Least W that is drawn.
        points: All that is drawn, metres, ``(v, 3)``.
    """
    to_clip = np.stack([2 / size[0] * matrix[0] - matrix[3], 2 / size[1] * matrix[1] - matrix[3], matrix[3], matrix[3]])
    to_clip[2, 3] -= 2 * near
    is_parallel = not np.any(matrix[3, :3])
    row = matrix[2] if is_parallel else -matrix[3]
    steps = points @ row[:3] + row[3]
    low, high = (float(steps.min()), float(steps.max())) if len(steps) else (0.0, 1.0)
    if not is_parallel:
        high = -near
    spare = 0.01 * abs(high - low) + 1e-3
    scale = 1 / (high - low + 2 * spare)
    offset = (spare - low) * scale
    return View(to_clip, matrix[2], np.array([scale, 0.0, offset] if is_parallel else [0.0, -scale, offset]))


def light_cells(side: int) -> int:
    """Return how many cells the light's map has to a side, for pictures whose longest side is `side` pixels."""
    return min(max(5 * side // 4, 96), MAX_LIGHT_SIDE) // TILE * TILE


def light_of(points: FloatArray, side: int) -> Light:
    """Return the light's map of `points`, ``(v, 3)``, as `fast.stage.light_map` does, without its keys."""
    places = points @ AXES[:2].T
    low, high = places.min(axis=0), places.max(axis=0)
    cell = max(float((high - low).max()), 1e-6) / (light_cells(side) - 4 * TILE)
    matrix = np.zeros((4, 4))
    matrix[:2, :3], matrix[:2, 3] = AXES[:2] / cell, 2 * TILE - low / cell
    matrix[2, :3] = LIGHT
    matrix[3, 3] = 1.0
    return Light(NO_KEYS, NO_KEYS, NO_KEYS, matrix, AXES, cell)
