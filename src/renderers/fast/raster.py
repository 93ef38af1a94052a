"""Kernels that turn triangles into samples.

A *sample* is a cell of the enlarged picture, or of a map that the light or the sky sees. A matrix takes a world point
to ``(X, Y, K, W)``: the sample is ``(X / W, Y / W)`` and ``K / W`` its depth key, greater for what is nearer. A sample
belongs to the triangle that holds its middle; triangles that share an edge leave no gap and share no sample.
"""

from __future__ import annotations

import math

import numpy as np

from spatialenv.renderers.fast.compiled import kernel

WIDE = 24
"""Samples from which a part of a row is drawn in vectors."""

EMPTY_KEY = -1e30
"""Depth key of a sample that nothing covers."""


@kernel()
def project(points, matrix, out):  # type: ignore[no-untyped-def]
    """Write where a matrix takes points.

    Args:
        points: Metres, ``(v, 3)`` float64.
        matrix: World to ``(X, Y, K, W)``, ``(4, 4)``.
        out: ``(v, 4)`` float64; changed.
    """
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for j in range(4):
            out[i, j] = matrix[j, 0] * x + matrix[j, 1] * y + matrix[j, 2] * z + matrix[j, 3]


@kernel()
def draw_faces(places, near, corners, looks, kinds, panels, wanted, first, last, keys, faces, ghosts, widths):  # type: ignore[no-untyped-def]
    """Draw triangles ``first .. last - 1`` that face the camera into `keys` and `faces`.

    Args:
        places: ``(X, Y, K, W)`` of vertices, ``(v, 4)`` float64.
        near: Least W drawn.
        corners: Vertices of each triangle, ``(f, 3)`` int32.
        looks: Material of each triangle, ``(f,)`` int32.
        kinds: Of each material: bit 0, its backs are drawn too; bit 1, it is glass; ``(m,)`` int8.
        panels: What `faces` holds for each triangle, ``(f,)`` int32.
        wanted: Whether to draw what is not glass (0), glass (1) or all (2).
        first: First triangle.
        last: One past the last.
        keys: Depth keys of samples, ``(h, w)`` float32; changed.
        faces: Panel of the triangle seen at each sample, -1 for none, ``(h, w)`` int32; changed.
            Shape ``(0, 0)``: not wanted.
        ghosts: Where a triangle covers one before `first`, that one is kept here, ``(h, w)`` int32; changed.
            Shape ``(0, 0)``: not wanted.
        widths: How wide the triangles of each panel that faces the camera are, in samples, ``(f,)`` float32; changed.
            Length 0: not wanted.

    Returns:
        Whether anything was written to `ghosts`.
    """
    rows, columns = keys.shape
    with_faces = faces.shape[0] == rows
    with_ghosts = ghosts.shape[0] == rows
    with_widths = len(widths) > 0
    haunted = False
    cut = np.empty((4, 3))
    for face in range(first, last):
        kind = kinds[looks[face]]
        if wanted < 2 and (kind >> 1) != wanted:
            continue
        panel = panels[face]
        a, b, c = corners[face, 0], corners[face, 1], corners[face, 2]
        in_front = int(places[a, 3] >= near) + int(places[b, 3] >= near) + int(places[c, 3] >= near)
        if in_front == 0:
            continue
        if in_front == 3:
            count = 3
            for i in range(3):
                vertex = corners[face, i]
                w = places[vertex, 3]
                for j in range(3):
                    cut[i, j] = places[vertex, j] / w
        else:
            count = _cut_near(places, corners, face, near, cut)
        for second in range(1, count - 1):
            ax, ay, ak = cut[0, 0], cut[0, 1], cut[0, 2]
            bx, by, bk = cut[second, 0], cut[second, 1], cut[second, 2]
            cx, cy, ck = cut[second + 1, 0], cut[second + 1, 1], cut[second + 1, 2]
            top, bottom = min(ay, by, cy), max(ay, by, cy)
            left, right = min(ax, bx, cx), max(ax, bx, cx)
            if not (bottom > 0.5 and top < rows and right > 0.5 and left < columns):
                continue
            # Rows run down the picture, so what faces the camera has a negative area.
            cross = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
            if cross > 0.0 and kind & 1:
                bx, by, bk, cx, cy, ck = cx, cy, ck, bx, by, bk
                cross = -cross
            if not cross < -1e-12:
                continue
            if with_widths:
                longest = max(
                    (bx - ax) ** 2 + (by - ay) ** 2, (cx - bx) ** 2 + (cy - by) ** 2, (ax - cx) ** 2 + (ay - cy) ** 2
                )
                widths[panel] = max(widths[panel], np.float32(-cross / math.sqrt(longest)))
            start = max(math.ceil(max(top, -1.0) - 0.5), 0)
            stop = min(math.ceil(min(bottom, rows + 1.0) - 0.5), rows)
            begin_most = max(math.ceil(max(left, -1.0) - 0.5), 0)
            end_most = min(math.ceil(min(right, columns + 1.0) - 0.5), columns)
            if start >= stop or begin_most >= end_most:
                continue
            slope_x = ((bk - ak) * (cy - ay) - (ck - ak) * (by - ay)) / cross
            slope_y = ((bx - ax) * (ck - ak) - (cx - ax) * (bk - ak)) / cross
            if cross > -1e-6:
                # Too thin for slopes that can be trusted; hardly a sample lies on it.
                slope_x, slope_y = 0.0, 0.0
            # Corners from top to bottom, so that an edge has the same x on both its sides, to the last bit.
            if by < ay:
                ax, ay, ak, bx, by, bk = bx, by, bk, ax, ay, ak
            if cy < ay:
                ax, ay, ak, cx, cy, ck = cx, cy, ck, ax, ay, ak
            if cy < by:
                bx, by, bk, cx, cy, ck = cx, cy, ck, bx, by, bk
            long_slope = (cx - ax) / (cy - ay)
            upper_slope = (bx - ax) / (by - ay) if by > ay else 0.0
            lower_slope = (cx - bx) / (cy - by) if cy > by else 0.0
            for row in range(start, stop):
                middle = row + 0.5
                x0 = ax + (middle - ay) * long_slope
                x1 = ax + (middle - ay) * upper_slope if middle < by else bx + (middle - by) * lower_slope
                x0, x1 = min(x0, x1), max(x0, x1)
                begin = max(math.ceil(min(max(x0, -1.0), columns + 1.0) - 0.5), 0)
                end = min(math.ceil(min(max(x1, -1.0), columns + 1.0) - 0.5), columns)
                key_row = ak + slope_y * (middle - ay) - slope_x * ax
                if with_ghosts:
                    if end - begin >= WIDE:
                        haunted |= _cover(
                            keys[row, begin:end], faces[row, begin:end], ghosts[row, begin:end],
                            begin, key_row, slope_x, panel, first,
                        )  # fmt: skip
                        continue
                    for column in range(begin, end):
                        key = np.float32(key_row + slope_x * (column + 0.5))
                        if key > keys[row, column]:
                            covered = faces[row, column]
                            if 0 <= covered < first:
                                ghosts[row, column] = covered
                                haunted = True
                            keys[row, column] = key
                            faces[row, column] = panel
                elif with_faces:
                    if end - begin >= WIDE:
                        _fill(keys[row, begin:end], faces[row, begin:end], begin, key_row, slope_x, panel)
                        continue
                    for column in range(begin, end):
                        key = np.float32(key_row + slope_x * (column + 0.5))
                        if key > keys[row, column]:
                            keys[row, column] = key
                            faces[row, column] = panel
                else:
                    for column in range(begin, end):
                        keys[row, column] = max(keys[row, column], np.float32(key_row + slope_x * (column + 0.5)))
    return haunted


@kernel()
def _fill(keys, faces, begin, start, slope, face):  # type: ignore[no-untyped-def]
    """Draw a triangle's part of a row; all is written back, changed or not, so that the loop is done in vectors."""
    new = np.int32(face)
    for column in range(len(keys)):
        key, before = np.float32(start + slope * (begin + column + 0.5)), keys[column]
        faces[column] = new if key > before else faces[column]
        keys[column] = key if key > before else before


@kernel()
def _cover(keys, faces, ghosts, begin, start, slope, face, first):  # type: ignore[no-untyped-def]
    """Draw a triangle's part of a row and keep what it covers of those before `first`; return whether there is any."""
    new, limit, found = np.int32(face), np.int32(first), np.int32(0)
    for column in range(len(keys)):
        key, before, covered = np.float32(start + slope * (begin + column + 0.5)), keys[column], faces[column]
        hides = (key > before) & (covered >= 0) & (covered < limit)
        found |= np.int32(hides)
        ghosts[column] = covered if hides else ghosts[column]
        faces[column] = new if key > before else covered
        keys[column] = key if key > before else before
    return found > 0


@kernel()
def _cut_near(places, corners, face, near, cut):  # type: ignore[no-untyped-def]
    """Write what is left of a triangle in front of the camera to `cut` ``(4, 3)``; return its number of corners."""
    count = 0
    for i in range(3):
        here, after = places[corners[face, i]], places[corners[face, (i + 1) % 3]]
        if here[3] >= near:
            for j in range(3):
                cut[count, j] = here[j] / here[3]
            count += 1
        if (here[3] >= near) != (after[3] >= near):
            share = (near - here[3]) / (after[3] - here[3])
            for j in range(3):
                cut[count, j] = (here[j] + share * (after[j] - here[j])) / near
            count += 1
    return count
