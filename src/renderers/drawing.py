"""Compiled strokes on finished pictures: lines, rectangles, glyphs, see-through polygons.

Pixels are ``(x, y)`` from the upper left corner, y down; the middle of the first pixel is
``(0.5, 0.5)``. Everything is cut at the picture's edge.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

FAR = 1e6
"""Lines and polygons are cut to so many pixels from the picture's corner."""


@njit(cache=True, nogil=True)
def draw_lines(picture, lines, colour, width, opacity):  # type: ignore[no-untyped-def]
    """Draw smooth lines ``(x0, y0, x1, y1)``, ``(n, 4)`` float64, `width` pixels wide."""
    rows, columns, _ = picture.shape
    reach = width / 2 + 1.0
    for index in range(len(lines)):
        x0, y0, x1, y1 = lines[index]
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
            else:
                centre = y0 + (major + 0.5 - x0) * along_y / along_x
            # Beyond the ends of the line its continuation bounds the strip as well.
            spread = reach * 1.5
            for minor in range(max(int(centre - spread), 0), min(int(centre + spread) + 1, across)):
                x, y = (minor + 0.5, major + 0.5) if steep else (major + 0.5, minor + 0.5)
                share = min(max((x - x0) * along_x + (y - y0) * along_y, 0.0), length)
                away = math.hypot(x - x0 - share * along_x, y - y0 - share * along_y)
                cover = opacity * min(max(width / 2 + 0.5 - away, 0.0), 1.0)
                if cover > 0:
                    blend(picture, int(y), int(x), colour, cover)


@njit(cache=True, nogil=True)
def draw_box(picture, left, top, right, bottom, colour, opacity):  # type: ignore[no-untyped-def]
    """Fill the pixels ``left <= x < right``, ``top <= y < bottom``."""
    rows, columns, _ = picture.shape
    for row in range(max(top, 0), min(bottom, rows)):
        for column in range(max(left, 0), min(right, columns)):
            blend(picture, row, column, colour, opacity)


@njit(cache=True, nogil=True)
def draw_glyphs(picture, glyphs, left, top, colour):  # type: ignore[no-untyped-def]
    """Lay a mask of written text, ``(h, w)`` uint8, over the picture."""
    rows, columns, _ = picture.shape
    for j in range(glyphs.shape[0]):
        for i in range(glyphs.shape[1]):
            row, column = top + j, left + i
            if glyphs[j, i] > 0 and 0 <= row < rows and 0 <= column < columns:
                blend(picture, row, column, colour, glyphs[j, i] / 255.0)


@njit(cache=True, nogil=True)
def draw_hatch(picture, cover, colour, opacity, period):  # type: ignore[no-untyped-def]
    """Lay stripes over the pixels where `cover`, ``(h, w)`` 0..1, is above 0; all of them when `period` is 0."""
    rows, columns, _ = picture.shape
    for row in range(rows):
        for column in range(columns):
            if cover[row, column] > 0 and (period == 0 or (row + column) % period < (period + 2) // 3):
                blend(picture, row, column, colour, opacity * cover[row, column])


@njit(cache=True, nogil=True)
def cover_polygon(cover, corners):  # type: ignore[no-untyped-def]
    """Raise `cover`, ``(h, w)`` float32, to 1 inside a convex polygon ``(k, 2)``, smooth at its rim.

    Returns:
        Whether any pixel was touched.
    """
    rows, columns = cover.shape
    k = len(corners)
    area = 0.0
    low, high = 1e30, -1e30
    for i in range(k):
        x0, y0 = corners[i]
        x1, y1 = corners[(i + 1) % k]
        area += x0 * y1 - x1 * y0
        low, high = min(low, y0), max(high, y0)
    if not (abs(area) > 1e-9 and high > 0 and low < rows):
        return False
    touched = False
    parts = 4
    for row in range(max(int(max(low, 0.0)), 0), min(int(min(high, float(rows))) + 1, rows)):
        for part in range(parts):
            middle = row + (part + 0.5) / parts
            left, right = 1e30, -1e30
            for i in range(k):
                x0, y0 = corners[i]
                x1, y1 = corners[(i + 1) % k]
                if (y0 <= middle < y1) or (y1 <= middle < y0):
                    x = x0 + (middle - y0) / (y1 - y0) * (x1 - x0)
                    left, right = min(left, x), max(right, x)
            left, right = max(left, 0.0), min(right, float(columns))
            if not left < right:
                continue
            touched = True
            for column in range(int(left), min(int(right) + 1, columns)):
                share = min(right, column + 1.0) - max(left, float(column))
                cover[row, column] = min(cover[row, column] + np.float32(share / parts), np.float32(1.0))
    return touched


@njit(cache=True, nogil=True)
def blend(picture, row, column, colour, opacity):  # type: ignore[no-untyped-def]
    """Mix a colour into one pixel that is inside the picture."""
    for channel in range(3):
        value = picture[row, column, channel]
        picture[row, column, channel] = np.uint8(value + opacity * (colour[channel] - value) + 0.5)
