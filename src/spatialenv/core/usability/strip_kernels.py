"""Numba kernels of one zone, in coordinates along and away from its side: how much of it is free.

A zone is cut into strips that run away from the side, at every corner of a box or of the floor. Within a strip all
edges are straight, and where two of them cross it is cut again, so what is free in a strip is linear in the place
along the side: its value in the middle is its mean, and the sums are exact. Where very much is in one place it is
sampled instead, so that no layout takes long.

Imported lazily with `access_kernels`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np

from spatialenv.core.kernels import FloatArray, IntArray, kernel

ROUNDING = 1e-12
FAR = 1e9
"""Metres, farther than any room reaches."""

CROSSING_LIMIT = 8
"""Up to so many things in a strip, it is cut where their edges cross; with more, into `PIECES`."""

CROWD = 24
"""Up to so many things in a zone it is cut into strips at their corners; with more it is sampled on `PIECES` lines."""

PIECES = 64


@kernel()
def _sort(values: FloatArray, count: int) -> None:
    """Sort the first values of an array; quicker than the library's for as few as these."""
    for k in range(1, count):
        value, place = values[k], k
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@kernel()
def _lines_at(quad: FloatArray, count: int, left: float, right: float, lines: FloatArray) -> int:
    """Write where the edges of a polygon cross the middle of a strip, as heights at its two ends; return how many.

    Rows of `lines` are ``at left, at right``, the nearest to the side first.
    """
    middle = (left + right) / 2
    found = 0
    for k in range(count):
        m = k + 1 if k + 1 < count else 0
        if (quad[k, 0] < middle) != (quad[m, 0] < middle):
            slope = (quad[m, 1] - quad[k, 1]) / (quad[m, 0] - quad[k, 0])
            at_left = quad[k, 1] + slope * (left - quad[k, 0])
            at_right = quad[k, 1] + slope * (right - quad[k, 0])
            place = found
            while place > 0 and lines[place - 1, 0] + lines[place - 1, 1] > at_left + at_right:
                lines[place, 0], lines[place, 1] = lines[place - 1, 0], lines[place - 1, 1]
                place -= 1
            lines[place, 0], lines[place, 1] = at_left, at_right
            found += 1
    return found


@kernel()
def _free_at(share: float, spans: FloatArray, count: int, depth: float, is_area: bool, order: IntArray) -> float:
    """Return what is free on a line across a strip: all of it if `is_area`, else up to the first thing.

    `share` is the line's place between the strip's ends; rows of `spans` are the near and the far end of what is in
    the way, each at the strip's two ends.
    """
    if not is_area:
        free = depth
        for k in range(count):
            far = spans[k, 2] + share * (spans[k, 3] - spans[k, 2])
            if far > ROUNDING:
                near = spans[k, 0] + share * (spans[k, 1] - spans[k, 0])
                free = min(free, max(0.0, near))
        return free
    if count > CROWD:
        order[:count] = np.argsort(spans[:count, 0] + share * (spans[:count, 1] - spans[:count, 0]))
    for k in range(count if count <= CROWD else 0):
        near = spans[k, 0] + share * (spans[k, 1] - spans[k, 0])
        place = k
        while place > 0:
            other = order[place - 1]
            if spans[other, 0] + share * (spans[other, 1] - spans[other, 0]) <= near:
                break
            order[place] = other
            place -= 1
        order[place] = k
    free, reached = 0.0, 0.0
    for place in range(count):
        k = order[place]
        near = min(depth, spans[k, 0] + share * (spans[k, 1] - spans[k, 0]))
        far = spans[k, 2] + share * (spans[k, 3] - spans[k, 2])
        free += max(0.0, near - reached)
        reached = max(reached, far)
    return free + max(0.0, depth - reached)


@kernel()
def _cuts(spans: FloatArray, count: int, depth: float, cuts: FloatArray) -> int:
    """Write where in a strip, as shares of its width, ends of spans cross each other or the zone's; return how many."""
    found = 0
    for k in range(2 * count):
        a_left, a_right = spans[k // 2, 2 * (k % 2)], spans[k // 2, 2 * (k % 2) + 1]
        for m in range(k + 1, 2 * count + 2):
            b_left = b_right = 0.0 if m == 2 * count else depth
            if m < 2 * count:
                b_left, b_right = spans[m // 2, 2 * (m % 2)], spans[m // 2, 2 * (m % 2) + 1]
            left, right = a_left - b_left, a_right - b_right
            if left * right < 0.0:
                cuts[found] = left / (left - right)
                found += 1
    return found


@kernel()
def _free_in_strip(
    spans: FloatArray, count: int, depth: float, is_area: bool, cuts: FloatArray, order: IntArray
) -> float:
    """Return the mean over a strip of what is free across it."""
    if count == 0:
        return depth
    if count > CROSSING_LIMIT:
        total = 0.0
        for k in range(PIECES):
            total += _free_at((k + 0.5) / PIECES, spans, count, depth, is_area, order)
        return total / PIECES
    found = _cuts(spans, count, depth, cuts)
    cuts[found] = 1.0
    _sort(cuts, found)
    total, before = 0.0, 0.0
    for k in range(found + 1):
        total += (cuts[k] - before) * _free_at((before + cuts[k]) / 2, spans, count, depth, is_area, order)
        before = cuts[k]
    return total


@kernel()
def _add_span(
    near_left: float,
    near_right: float,
    far_left: float,
    far_right: float,
    depth: float,
    is_area: bool,
    spans: FloatArray,
    count: int,
) -> int:
    """Write a span unless it is beside the zone; return the number of spans, -1 where this one leaves nothing free."""
    if max(far_left, far_right) <= 0.0 or min(near_left, near_right) >= depth:
        return count
    starts_before = max(near_left, near_right) <= 0.0
    if starts_before and min(far_left, far_right) >= (depth if is_area else ROUNDING):
        return -1
    spans[count, 0], spans[count, 1] = near_left, near_right
    spans[count, 2], spans[count, 3] = far_left, far_right
    return count + 1


@kernel()
def _strips(width: float, quads: FloatArray, count: int, floor: FloatArray, corners: int, ends: FloatArray) -> int:
    """Write where the strips of a zone end: at every corner within its width; return how many ends."""
    ends[0], ends[1] = 0.0, width
    found = 2
    for j in range(count):
        for k in range(4):
            if 0.0 < quads[j, k, 0] < width:
                ends[found] = quads[j, k, 0]
                found += 1
    for k in range(corners):
        if 0.0 < floor[k, 0] < width:
            ends[found] = floor[k, 0]
            found += 1
    _sort(ends, found)
    return found


@kernel()
def free_beside(
    width: float,
    depth: float,
    is_area: bool,
    quads: FloatArray,
    count: int,
    floor: FloatArray,
    corners: int,
    ends: FloatArray,
    spans: FloatArray,
    cuts: FloatArray,
    order: IntArray,
    lines: FloatArray,
) -> float:
    """Return the mean over a zone's width of what is free of it, of its whole depth or up to the first thing.

    Args:
        width: Of the zone, along the side.
        depth: Of the zone, away from the side.
        is_area: Whether all that is free counts, not only what comes before the first thing.
        quads: Footprints of what may be in the way, in coordinates along and away from the side: ``(m, 4, 2)``.
        count: How many of them.
        floor: Corners of the floor, likewise.
        corners: How many; 0 where the whole zone is known to be on the floor.
        ends: Scratch for the strips' ends.
        spans: Scratch for what is in a strip.
        cuts: Scratch.
        order: Scratch.
        lines: Scratch.
    """
    if count == 0 and corners == 0:
        return depth
    is_crowd = count > CROWD
    found = PIECES + 1 if is_crowd else _strips(width, quads, count, floor, corners, ends)
    total = 0.0
    for strip in range(found - 1):
        left = (strip + 0.5) / PIECES * width if is_crowd else ends[strip]
        right = left if is_crowd else ends[strip + 1]
        if not is_crowd and right - left <= ROUNDING * width:
            continue
        in_strip = 0
        if corners > 0:
            crossed = _lines_at(floor, corners, left, right, lines)
            near_left, near_right = -FAR, -FAR
            for k in range(0, crossed + 1, 2):  # off the floor up to each second wall, and beyond the last
                far_left = lines[k, 0] if k < crossed else FAR
                far_right = lines[k, 1] if k < crossed else FAR
                if in_strip >= 0:
                    in_strip = _add_span(near_left, near_right, far_left, far_right, depth, is_area, spans, in_strip)
                if k + 1 < crossed:
                    near_left, near_right = lines[k + 1, 0], lines[k + 1, 1]
        for j in range(count):
            if in_strip < 0:
                break
            if _lines_at(quads[j], 4, left, right, lines) == 2:
                in_strip = _add_span(
                    lines[0, 0], lines[0, 1], lines[1, 0], lines[1, 1], depth, is_area, spans, in_strip
                )
        if is_crowd and in_strip >= 0:
            total += width / PIECES * _free_at(0.0, spans, in_strip, depth, is_area, order)
        elif in_strip >= 0:
            total += (right - left) * _free_in_strip(spans, in_strip, depth, is_area, cuts, order)
    return total / width
