"""Small arrows that show which way objects look."""

from __future__ import annotations

import numpy as np

from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.renderers.base import Picture, shown_objects
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.palette import INK, PAPER
from spatialenv.renderers.strokes import Depth, are_seen, draw_strokes, ends_of, fill_flat

LIFT = 0.015
"""How high over its floor an arrow lies, metres."""

LEAST_PIXELS = 4.0
"""An arrow whose picture is smaller each way says nothing: it is left out."""


def front_points(placed: PlacedScene) -> FloatArray:
    """Return a point on each box's top, near its front, where renderers mark which way it looks, ``(m, 3)``."""
    reach = placed.sizes[:, 1] / 2 - 0.2 * np.minimum(placed.sizes[:, 0], placed.sizes[:, 1])
    points = placed.centers + reach[:, None] * _ahead(placed)
    points[:, 2] += placed.sizes[:, 2] / 2
    return points


def draw_fronts(picture: Picture, camera: Camera, placed: PlacedScene, depth: Depth) -> FloatArray:
    """Draw an arrow at the front of each object that is seen, and return where they are.

    It lies before the front of what stands on the floor, where that place is seen and in the room; else on
    top, near the front. Rugs and what hangs from the ceiling, which look nowhere, have none.

    Args:
        picture: ``(H, W, 3)`` uint8, taken with `camera`; changed.
        camera: The camera.
        placed: The scene.
        depth: ``(H, W)`` metres of what the picture shows.

    Returns:
        Middle of the arrow of each placed object, pixels, ``(m, 2)``; NaN where there is none.
    """
    middles = np.full((len(placed.ids), 2), np.nan)
    weight = max(min(camera.size) / 420, 0.8)
    corners = _best_places(camera, placed, depth)
    with np.errstate(invalid="ignore"):
        is_legible = np.ptp(corners[..., :2], axis=1).max(axis=1, initial=0.0) >= LEAST_PIXELS
    drawn = corners[is_legible]
    rims = np.concatenate([drawn, np.roll(drawn, -1, axis=1), np.zeros((*drawn.shape[:2], 1))], axis=2)
    draw_strokes(picture, depth, rims.reshape(-1, 9), PAPER, 2.6 * weight, 0.9, 0.0, 0.0, 0.0)
    for triangle in drawn:
        fill_flat(picture, depth, triangle, INK, 1.0, 0.0)
    middles[is_legible] = drawn[..., :2].mean(axis=1)
    return middles


def _best_places(camera: Camera, placed: PlacedScene, depth: Depth) -> FloatArray:
    """Return the corners of each object's arrow, ``(m, 3, 4)`` rows ``(x, y, w, d)``; NaN where there is none."""
    triangles = _triangles(camera, placed)
    seen: BoolArray = np.asarray(are_seen(camera, depth, triangles).all(axis=-1))
    best = triangles[np.arange(len(seen)), np.argmax(seen, axis=1)]
    turns_somewhere = np.array([not item.is_rug for item in placed.objects], dtype=np.bool_) & ~_hang(placed)
    is_shown = np.zeros(len(seen), np.bool_)
    is_shown[shown_objects(placed)] = True
    best[~(seen.any(axis=1) & turns_somewhere & is_shown)] = np.nan
    return ends_of(camera, best)


def _triangles(camera: Camera, placed: PlacedScene) -> FloatArray:
    """Return the arrow of each object before its front and on its top, ``(m, 2, 3, 3)``; NaN where one may not be."""
    sizes, room = placed.sizes, placed.room
    ahead = _ahead(placed)
    aside = np.stack([ahead[:, 1], -ahead[:, 0], np.zeros(len(ahead))], axis=1)
    least = min(max(0.1, 6.5 / camera.pixels_per_metre), 0.22)
    length = np.clip(0.25 * np.minimum(sizes[:, 0], sizes[:, 1]), least, 0.22)[:, None]
    half = sizes[:, 1:2] / 2
    lift = np.array([0.0, 0.0, LIFT])
    level = placed.centers - np.array([0.0, 0.0, 0.5]) * sizes
    before = level + (half + 0.04 + 0.25 * length) * ahead + lift
    on_top = placed.centers + np.array([0.0, 0.0, 0.5]) * sizes + lift
    on_top += np.maximum(half - 1.15 * length, -0.5 * length) * ahead
    starts = np.stack([before, on_top], axis=1)
    along, across = (length * ahead)[:, None], (0.62 * length * aside)[:, None]
    triangles = np.stack([starts + along, starts - across, starts + across], axis=2)
    tips = triangles[:, 0, :, :2]
    inside = np.all((tips >= 0) & (tips <= np.array([room.length, room.width])), axis=(1, 2))
    stands = np.abs(level[:, 2]) < 0.02
    triangles[~(inside & stands), 0] = np.nan
    return triangles


def _hang(placed: PlacedScene) -> BoolArray:
    """Return which objects hang from the ceiling, ``(m,)``."""
    low, high = placed.centers[:, 2] - placed.sizes[:, 2] / 2, placed.centers[:, 2] + placed.sizes[:, 2] / 2
    hang: BoolArray = (np.abs(high - placed.room.height) < 0.05) & (low > 0.25 * placed.room.height)
    return hang


def _ahead(placed: PlacedScene) -> FloatArray:
    return np.stack([-np.sin(placed.yaws), np.cos(placed.yaws), np.zeros(len(placed.yaws))], axis=1)
