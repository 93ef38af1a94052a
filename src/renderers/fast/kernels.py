"""Compiled kernels of the renderer: polygons to samples, samples to pixels.

A *sample* is a cell of the enlarged picture; `shade_samples` averages ``scale x scale`` of them
into a pixel. All kernels run on one thread in a fixed order without fastmath, so the same input
gives the same bytes.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

EMPTY_KEY = -1e30
"""Depth key of a sample that nothing covers."""

MAX_CORNERS = 8
"""A quadrilateral that is cut by one plane has at most 5 corners; the rest is room to spare."""


@njit(cache=True, nogil=True, error_model="numpy")
def rasterise(points, counts, first, last, matrix, near, bias, keys, faces, ghosts, ghost_owner):  # type: ignore[no-untyped-def]
    """Draw polygons ``first .. last - 1`` that face the camera into `keys` and `faces`.

    Args:
        points: Corners in metres, counter-clockwise from outside, ``(p, 4, 3)`` float64.
        counts: How many corners of each polygon count, ``(p,)`` int64.
        first: First polygon.
        last: One past the last polygon.
        matrix: World to ``(X, Y, K, W)`` in samples, ``(4, 4)``.
        near: Least W drawn.
        bias: Added to each polygon's depth keys, ``(p,)``.
        keys: Depth keys of samples, ``(h, w)`` float32; changed.
        faces: Polygon seen at each sample, -1 for none, ``(h, w)`` int32; changed.
        ghosts: Where a polygon covers one whose `ghost_owner` is 0 or more, the covered one is
            kept here, ``(h, w)`` int32; changed. Pass an array of shape ``(0, 0)`` for none.
        ghost_owner: Object of each polygon, negative for the room, ``(p,)`` int32.
    """
    rows, columns = keys.shape
    with_ghosts = ghosts.shape[0] == rows
    source = np.empty((MAX_CORNERS, 4))
    corners = np.empty((MAX_CORNERS, 3))
    for polygon in range(first, last):
        count = 0
        n = counts[polygon]
        for i in range(n):
            for j in range(4):
                source[i, j] = matrix[j, 3]
                for k in range(3):
                    source[i, j] += matrix[j, k] * points[polygon, i, k]
        for i in range(n):
            here = source[i]
            after = source[(i + 1) % n]
            if here[3] >= near:
                for j in range(3):
                    corners[count, j] = here[j] / here[3]
                count += 1
            if (here[3] >= near) != (after[3] >= near):
                share = (near - here[3]) / (after[3] - here[3])
                for j in range(3):
                    corners[count, j] = (here[j] + share * (after[j] - here[j])) / near
                count += 1
        if count < 3:
            continue

        area = 0.0
        widest = 0.0
        second = 1
        for i in range(1, count - 1):
            ax, ay = corners[i, 0] - corners[0, 0], corners[i, 1] - corners[0, 1]
            bx, by = corners[i + 1, 0] - corners[0, 0], corners[i + 1, 1] - corners[0, 1]
            cross = ax * by - ay * bx
            area += cross
            if abs(cross) > widest:
                widest = abs(cross)
                second = i
        # Rows run down the picture, so what faces the camera has a negative area.
        if not area < -1e-12 or not widest > 1e-12:
            continue
        ax, ay = corners[second, 0] - corners[0, 0], corners[second, 1] - corners[0, 1]
        bx, by = corners[second + 1, 0] - corners[0, 0], corners[second + 1, 1] - corners[0, 1]
        ak, bk = corners[second, 2] - corners[0, 2], corners[second + 1, 2] - corners[0, 2]
        cross = ax * by - ay * bx
        slope_x = (ak * by - bk * ay) / cross
        slope_y = (ax * bk - bx * ak) / cross
        origin = corners[0, 2] - slope_x * corners[0, 0] - slope_y * corners[0, 1] + bias[polygon]

        low, high = corners[0, 1], corners[0, 1]
        for i in range(1, count):
            low = min(low, corners[i, 1])
            high = max(high, corners[i, 1])
        if not (high > 0.0 and low < rows):
            continue
        start = math.ceil(max(low, 0.0) - 0.5)
        stop = math.ceil(min(high, float(rows)) - 0.5)
        for row in range(max(start, 0), min(stop, rows)):
            middle = row + 0.5
            left, right = 1e30, -1e30
            for i in range(count):
                after_i = i + 1 if i + 1 < count else 0
                if corners[i, 1] <= corners[after_i, 1]:
                    top, bottom = i, after_i
                else:
                    top, bottom = after_i, i
                if corners[top, 1] <= middle < corners[bottom, 1]:
                    share = (middle - corners[top, 1]) / (corners[bottom, 1] - corners[top, 1])
                    x = corners[top, 0] + share * (corners[bottom, 0] - corners[top, 0])
                    left = min(left, x)
                    right = max(right, x)
            if not (left < columns and right > 0.0):
                continue
            begin = max(math.ceil(max(left, 0.0) - 0.5), 0)
            end = min(math.ceil(min(right, float(columns)) - 0.5), columns)
            key_row = origin + slope_y * middle
            for column in range(begin, end):
                key = np.float32(key_row + slope_x * (column + 0.5))
                if key > keys[row, column]:
                    if with_ghosts:
                        covered = faces[row, column]
                        if covered >= 0 and ghost_owner[covered] >= 0:
                            ghosts[row, column] = covered
                    keys[row, column] = key
                    faces[row, column] = polygon


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def lit_share(u, v, distance, owner, slack, light_keys, light_faces, owners):  # type: ignore[no-untyped-def]
    """Return how much light reaches a point, 0 to 1, from the four nearest cells of a shadow map."""
    rows, columns = light_keys.shape
    u -= 0.5
    v -= 0.5
    if not (u > -1.0 and v > -1.0 and u < columns and v < rows):
        return 1.0
    column, row = math.floor(u), math.floor(v)
    right, down = u - column, v - row
    least = distance + slack
    blocked = 0.0
    for y in range(max(row, 0), min(row + 2, rows)):
        weight_y = 1.0 - down if y == row else down
        for x in range(max(column, 0), min(column + 2, columns)):
            # A box never shades its own lit faces; leaving it out also leaves out self-shadow noise.
            if light_keys[y, x] > least and owners[light_faces[y, x]] != owner:
                blocked += weight_y * (1.0 - right if x == column else right)
    return 1.0 - blocked


@njit(cache=True, nogil=True, error_model="numpy")
def shade_samples(  # type: ignore[no-untyped-def]
    keys,
    faces,
    ghosts,
    owners,
    groups,
    lit,
    dark,
    facing_light,
    to_light,
    slack,
    light_keys,
    light_faces,
    background,
    line,
    ghost_share,
    scale,
    out,
):
    """Colour samples, draw the lines between faces, and average into pixels.

    Args:
        keys: Depth keys, ``(h, w)`` float32.
        faces: Polygon of each sample, ``(h, w)`` int32.
        ghosts: Covered polygon of each sample or -1, ``(h, w)`` int32.
        owners: Object of each polygon, ``(p,)`` int32.
        groups: Polygons with equal numbers have no line between them, ``(p,)`` int32.
        lit: Colour of each polygon in light, 0..255, ``(p, 3)`` float64.
        dark: Colour of each polygon in shadow, ``(p, 3)`` float64.
        facing_light: Whether light can reach the polygon, ``(p,)`` bool.
        to_light: ``(x, y, key, 1)`` of a sample to ``(u, v, key, W)`` of the shadow map, ``(4, 4)``.
        slack: How much nearer to the light a thing must be to cast a shadow, metres.
        light_keys: Depth keys of the shadow map; shape ``(0, 0)`` for no shadows.
        light_faces: Polygons of the shadow map.
        background: Colour where nothing is, ``(3,)`` float64.
        line: How many samples wide lines are.
        ghost_share: How much of a covered polygon shows through the room's surfaces, 0 to 1.
        scale: Samples a pixel in each direction.
        out: The picture, ``(h / scale, w / scale, 3)`` uint8; changed.
    """
    rows, columns = keys.shape
    with_shadows = light_keys.shape[0] > 0
    haunted = np.zeros(rows + scale + line, np.bool_)
    for row in range(rows):
        found = False
        for column in range(columns):
            found |= ghosts[row, column] >= 0
        haunted[row] = found
    weight = 1.0 / (scale * scale)
    for pixel_row in range(rows // scale):
        with_ghosts = haunted[pixel_row * scale : pixel_row * scale + scale + line].any()
        for pixel_column in range(columns // scale):
            row0, column0 = pixel_row * scale, pixel_column * scale
            face = faces[row0, column0]
            bottom, end = min(row0 + scale - 1 + line, rows - 1), min(column0 + scale - 1 + line, columns - 1)
            whole = _is_whole(faces, ghosts, with_ghosts, row0, column0, bottom, end)
            red, green, blue = 0.0, 0.0, 0.0
            if whole:
                if face < 0:
                    red, green, blue = background[0], background[1], background[2]
                else:
                    light = 1.0
                    if with_shadows and facing_light[face]:
                        key = 0.5 * (keys[row0, column0] + keys[row0 + scale - 1, column0 + scale - 1])
                        u, v, distance = _map(to_light, column0 + 0.5 * scale, row0 + 0.5 * scale, key)
                        light = lit_share(u, v, distance, owners[face], slack, light_keys, light_faces, owners)
                    red = dark[face, 0] + light * (lit[face, 0] - dark[face, 0])
                    green = dark[face, 1] + light * (lit[face, 1] - dark[face, 1])
                    blue = dark[face, 2] + light * (lit[face, 2] - dark[face, 2])
            else:
                # Light changes little within a pixel: one look at it for each face that is met.
                known, light = -1, 1.0
                for row in range(row0, row0 + scale):
                    for column in range(column0, column0 + scale):
                        face = faces[row, column]
                        shade = _line_shade(faces, ghosts, groups, owners, row, column, line)
                        if face < 0:
                            red += shade * weight * background[0]
                            green += shade * weight * background[1]
                            blue += shade * weight * background[2]
                            continue
                        if face != known:
                            known, light = face, 1.0
                            if with_shadows and facing_light[face]:
                                u, v, distance = _map(to_light, column + 0.5, row + 0.5, keys[row, column])
                                light = lit_share(u, v, distance, owners[face], slack, light_keys, light_faces, owners)
                        through = 0.0
                        ghost = ghosts[row, column]
                        if ghost >= 0 and owners[face] < 0:
                            through = ghost_share
                        else:
                            ghost = face
                        own = shade * weight * (1.0 - through)
                        other = shade * weight * through
                        red += own * (dark[face, 0] + light * (lit[face, 0] - dark[face, 0])) + other * lit[ghost, 0]
                        green += own * (dark[face, 1] + light * (lit[face, 1] - dark[face, 1])) + other * lit[ghost, 1]
                        blue += own * (dark[face, 2] + light * (lit[face, 2] - dark[face, 2])) + other * lit[ghost, 2]
            out[pixel_row, pixel_column, 0] = np.uint8(min(max(red, 0.0), 255.0) + 0.5)
            out[pixel_row, pixel_column, 1] = np.uint8(min(max(green, 0.0), 255.0) + 0.5)
            out[pixel_row, pixel_column, 2] = np.uint8(min(max(blue, 0.0), 255.0) + 0.5)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _map(matrix, x, y, key):  # type: ignore[no-untyped-def]
    w = matrix[3, 0] * x + matrix[3, 1] * y + matrix[3, 2] * key + matrix[3, 3]
    u = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * key + matrix[0, 3]
    v = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * key + matrix[1, 3]
    k = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * key + matrix[2, 3]
    near = 1.0 / w
    return u * near, v * near, k * near


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _is_whole(faces, ghosts, with_ghosts, top, left, bottom, right):  # type: ignore[no-untyped-def]
    """Return whether one polygon fills a block of samples, ends included, and no ghost shows there."""
    face = faces[top, left]
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if faces[row, column] != face:
                return False
            if with_ghosts and ghosts[row, column] >= 0:
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _line_shade(faces, ghosts, groups, owners, row, column, line):  # type: ignore[no-untyped-def]
    """Return by how much a sample is darkened because another face begins beside it."""
    rows, columns = faces.shape
    here = faces[row, column]
    ghost = ghosts[row, column]
    shade = 1.0
    for step in range(2):
        y = min(row + line, rows - 1) if step == 0 else row
        x = min(column + line, columns - 1) if step == 1 else column
        there = faces[y, x]
        if there != here:
            group = groups[here] if here >= 0 else -1
            other = groups[there] if there >= 0 else -1
            if group != other:
                owner = owners[here] if here >= 0 else -1
                neighbour = owners[there] if there >= 0 else -1
                if owner != neighbour and (owner >= 0 or neighbour >= 0):
                    shade = min(shade, 0.3)
                elif owner >= 0:
                    shade = min(shade, 0.62)
                else:
                    shade = min(shade, 0.72)
        beyond = ghosts[y, x]
        if beyond != ghost:
            group = groups[ghost] if ghost >= 0 else -1
            other = groups[beyond] if beyond >= 0 else -1
            if group != other and here >= 0 and owners[here] < 0:
                shade = min(shade, 0.75)
    return shade
