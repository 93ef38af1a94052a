"""Lines and flat shapes over a picture that know what stands before them.

A *stroke* is one row ``(x0, y0, w0, d0, x1, y1, w1, d1, s)``: both ends in pixels, with the camera's ``W`` and the
depth in metres, and the pixels of the same line that come before it, so that dashes run on from stroke to stroke.
A point is hidden where all four pixels nearest to it show something that is nearer by more than `SLACK`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from spatialenv.core.placed import BoolArray, FloatArray
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.drawing import FAR, blend, cover_polygon

Depth = npt.NDArray[np.float32]

SLACK = 0.012
"""How much nearer, in metres, a thing must be to hide a line: lines may lie on surfaces."""

NO_DEPTH: Depth = np.zeros((0, 0), np.float32)
"""Stands for a depth in which nothing hides anything."""


def ends_of(camera: Camera, points: FloatArray) -> FloatArray:
    """Return ``(x, y, w, d)`` of world points ``(..., 3)``: pixels, the camera's ``W``, depth in metres."""
    points = np.asarray(points, dtype=np.float64)
    w = points @ camera.matrix[3, :3] + camera.matrix[3, 3]
    return np.concatenate([camera.project(points), w[..., None], camera.depths(points)[..., None]], axis=-1)


def line_strokes(camera: Camera, points: FloatArray) -> FloatArray:
    """Return the strokes of a line through world points, ``(n, 3)`` -> ``(k, 9)``; parts behind the camera are cut."""
    return segment_strokes(camera, np.stack([points[:-1], points[1:]], axis=1))


def segment_strokes(camera: Camera, segments: FloatArray) -> FloatArray:
    """Return the strokes of world segments, ``(n, 2, 3)`` -> ``(k, 9)`` with ``k <= n``; dashes run on through them."""
    segments = np.asarray(segments, dtype=np.float64).reshape(-1, 2, 3)
    reach = segments @ camera.matrix[3, :3] + camera.matrix[3, 3] - camera.near
    kept = np.any(reach > 0, axis=1)
    segments, reach = segments[kept].copy(), reach[kept]
    crossing = np.any(reach < 0, axis=1)
    if crossing.any():
        first, second = segments[crossing].swapaxes(0, 1)
        before, after = reach[crossing].T
        # A hair inside, so that rounding leaves no end behind the camera.
        share = np.clip(before / (before - after) + np.where(before < 0, 1e-9, -1e-9), 0.0, 1.0)[:, None]
        cut = first + share * (second - first)
        is_first = (before < 0)[:, None]
        segments[crossing] = np.stack([np.where(is_first, cut, first), np.where(is_first, second, cut)], axis=1)
    ends = ends_of(camera, segments)
    lengths = np.hypot(*(ends[:, 1, :2] - ends[:, 0, :2]).T)
    begun = np.concatenate([[0.0], np.cumsum(lengths)[:-1]]) if len(lengths) else lengths
    strokes: FloatArray = np.column_stack([ends.reshape(-1, 8), begun])
    return strokes


def are_seen(camera: Camera, depth: Depth, points: FloatArray) -> BoolArray:
    """Return which world points ``(..., 3)`` are in the frame with nothing before them."""
    ends = ends_of(camera, points).reshape(-1, 4)
    seen: BoolArray = _are_seen(ends, depth, float(camera.size[0]), float(camera.size[1]), SLACK)
    return seen.reshape(np.shape(points)[:-1])


@njit(cache=True, nogil=True)
def draw_strokes(picture, depth, strokes, colour, width, opacity, hidden, dash, hidden_dash):  # type: ignore[no-untyped-def]
    """Draw strokes, ``(n, 9)``, each pixel once where they meet.

    Args:
        picture: ``(H, W, 3)`` uint8; changed.
        depth: ``(H, W)`` float32 metres, or `NO_DEPTH`.
        strokes: See the module.
        colour: Three numbers, 0..255.
        width: Pixels.
        opacity: Of what is seen, 0..1.
        hidden: Opacity of what is behind other things.
        dash: Period of dashes in pixels; 0 for an unbroken line.
        hidden_dash: The same for what is behind other things.
    """
    rows, columns, _ = picture.shape
    cover = np.zeros((rows, columns), np.float32)
    reach = width / 2 + 1.0
    top, bottom, left, right = rows, -1, columns, -1
    for index in range(len(strokes)):
        x0, y0, w0, d0, x1, y1, w1, d1, begun = strokes[index]
        if not (abs(x0) < FAR and abs(y0) < FAR and abs(x1) < FAR and abs(y1) < FAR):
            continue
        along_x, along_y = x1 - x0, y1 - y0
        length = math.hypot(along_x, along_y)
        if length < 1e-9:
            continue
        along_x /= length
        along_y /= length
        steep = abs(along_y) > abs(along_x)
        if steep:
            low, high, limit, across = min(y0, y1), max(y0, y1), rows, columns
        else:
            low, high, limit, across = min(x0, x1), max(x0, x1), columns, rows
        for major in range(max(int(low - reach), 0), min(int(high + reach) + 1, limit)):
            if steep:
                centre = x0 + (major + 0.5 - y0) * along_x / along_y
                far = (major + 0.5 - y0) / along_y
            else:
                centre = y0 + (major + 0.5 - x0) * along_y / along_x
                far = (major + 0.5 - x0) / along_x
            far = min(max(far, 0.0), length)
            is_hidden = False
            if depth.size:
                # Depth is linear along the line itself, not along its picture.
                share = far / length
                share = (share / w1) / ((1.0 - share) / w0 + share / w1)
                is_hidden = _hides(depth, x0 + far * along_x, y0 + far * along_y, d0 + share * (d1 - d0), SLACK)
            strength = hidden if is_hidden else opacity
            period = hidden_dash if is_hidden else dash
            if strength <= 0 or (period > 0 and (begun + far) % period > 0.58 * period):
                continue
            spread = reach * 1.5
            for minor in range(max(int(centre - spread), 0), min(int(centre + spread) + 1, across)):
                column, row = (minor, major) if steep else (major, minor)
                share = min(max((column + 0.5 - x0) * along_x + (row + 0.5 - y0) * along_y, 0.0), length)
                away = math.hypot(column + 0.5 - x0 - share * along_x, row + 0.5 - y0 - share * along_y)
                amount = strength * min(max(width / 2 + 0.5 - away, 0.0), 1.0)
                if amount > cover[row, column]:
                    cover[row, column] = amount
                    top, bottom = min(top, row), max(bottom, row)
                    left, right = min(left, column), max(right, column)
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if cover[row, column] > 0:
                blend(picture, row, column, colour, cover[row, column])


@njit(cache=True, nogil=True)
def fill_flat(picture, depth, corners, colour, opacity, hidden):  # type: ignore[no-untyped-def]
    """Fill a flat convex shape, ``(k, 4)`` rows ``(x, y, w, d)``, smooth at its rim; nothing when a corner is behind.

    Args:
        picture: ``(H, W, 3)`` uint8; changed.
        depth: ``(H, W)`` float32 metres, or `NO_DEPTH`.
        corners: In order around the shape.
        colour: Three numbers, 0..255.
        opacity: Of what is seen, 0..1.
        hidden: Opacity of what is behind other things.
    """
    rows, columns, _ = picture.shape
    for i in range(len(corners)):
        if not (abs(corners[i, 0]) < FAR and abs(corners[i, 1]) < FAR and corners[i, 2] > 0):
            return
    x0, y0, w0, d0 = corners[0]
    ux, uy = corners[1, 0] - x0, corners[1, 1] - y0
    vx, vy = corners[2, 0] - x0, corners[2, 1] - y0
    area = ux * vy - uy * vx
    cover = np.zeros((rows, columns), np.float32)
    if abs(area) < 1e-9 or not cover_polygon(cover, np.ascontiguousarray(corners[:, :2])):
        return
    # 1 / W and depth / W are affine over a plane's picture.
    q0, q1, q2 = 1.0 / w0, 1.0 / corners[1, 2], 1.0 / corners[2, 2]
    z0, z1, z2 = d0 * q0, corners[1, 3] * q1, corners[2, 3] * q2
    top, bottom = max(int(corners[:, 1].min()), 0), min(int(corners[:, 1].max()) + 1, rows)
    left, right = max(int(corners[:, 0].min()), 0), min(int(corners[:, 0].max()) + 1, columns)
    for row in range(top, bottom):
        for column in range(left, right):
            amount = cover[row, column]
            if amount <= 0:
                continue
            strength = opacity
            if depth.size:
                px, py = column + 0.5 - x0, row + 0.5 - y0
                b, c = (px * vy - py * vx) / area, (ux * py - uy * px) / area
                own = (z0 + b * (z1 - z0) + c * (z2 - z0)) / (q0 + b * (q1 - q0) + c * (q2 - q0))
                if _hides(depth, column + 0.5, row + 0.5, own, SLACK):
                    strength = hidden
            blend(picture, row, column, colour, strength * amount)


@njit(cache=True, nogil=True)
def _are_seen(ends, depth, width, height, slack):  # type: ignore[no-untyped-def]
    seen = np.zeros(len(ends), np.bool_)
    for i in range(len(ends)):
        x, y, w, d = ends[i]
        if w > 0 and 0 <= x < width and 0 <= y < height:
            seen[i] = depth.size == 0 or not _hides(depth, x, y, d, slack)
    return seen


@njit(cache=True, nogil=True)
def _hides(depth, x, y, own, slack):  # type: ignore[no-untyped-def]
    """Return whether all of the four pixels nearest to ``(x, y)`` are nearer than `own`: one alone may be a slope's."""
    rows, columns = depth.shape
    column, row = math.floor(x - 0.5), math.floor(y - 0.5)
    for j in range(2):
        for i in range(2):
            at_row, at_column = min(max(row + j, 0), rows - 1), min(max(column + i, 0), columns - 1)
            if not depth[at_row, at_column] < own - slack:
                return False
    return True
