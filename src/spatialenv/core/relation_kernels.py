"""Numba kernels of relations: where the centre of a subject may be, and how far off it is.

Imported at first use by `spatialenv.core.relations`, so that importing the package loads no compiler.
"""

from __future__ import annotations

import math

import numba
import numpy as np

ON, UNDER, ABOVE, IN_FRONT, BEHIND, LEFT, RIGHT, CORNER = range(8)
"""Codes of the prepositions, in the order of `spatialenv.core.scene.PREPOSITIONS`."""

SOUTH, EAST, NORTH, WEST, MIDDLE, CEILING = range(-1, -7, -1)
"""Codes of room elements, in the order of `spatialenv.core.room.ELEMENTS`; objects have their index."""

WALL = -7
"""Code of any wall of a floor that is no rectangle; which one it is, its row of ``walls`` says."""

WALL_FIGURES = 10
"""Figures of a wall: x and y of its start, its inward normal, its length, how deep the floor is in front of it, and
the inward normals of the wall before it and of the one after it."""

MAX_REGIONS = 4

_QUARTER = math.pi / 2
_SLACK = 0.01
_PARALLEL = 1e-9

_CLEAR = 1e-4
"""Metres that a region keeps clear of a slanted wall: places are told with four decimals, and one cut short would put
a box into such a wall. Along the axes places in whole tenths of a millimetre need none."""


@numba.njit(cache=True, nogil=True)
def _extents(length, width, yaw):  # type: ignore[no-untyped-def]
    """Return a box's extents along x and y, and its yaw in quarter turns, rounded."""
    quarter = round(yaw / _QUARTER)
    rest = yaw - quarter * _QUARTER
    quarter %= 4
    if abs(rest) > 1e-6:
        c, s = abs(math.cos(yaw)), abs(math.sin(yaw))
        return c * length + s * width, s * length + c * width, quarter
    if quarter % 2 == 1:
        return width, length, quarter
    return length, width, quarter


@numba.njit(cache=True, nogil=True)
def _slide(target, subject):  # type: ignore[no-untyped-def]
    """Return how far a centre may slide either way with the smaller of two extents within the larger.

    A subject that is larger than its target also keeps its centre over the target.
    """
    if subject <= target:
        return (target - subject) / 2
    return min(target / 2, (subject - target) / 2)


@numba.njit(cache=True, nogil=True)
def _into_room(low, high, extent, size, is_element):  # type: ignore[no-untyped-def]
    """Return an interval of centres cut to the room, and whether anything was left of it."""
    first, last = extent / 2, size - extent / 2
    if first > last:
        first = last = size / 2
    if is_element or (low <= last + _SLACK and high >= first - _SLACK):
        return min(max(low, first), last), min(max(high, first), last), True
    return low, high, False


@numba.njit(cache=True, nogil=True)
def _reach(length, width, yaw, x, y):  # type: ignore[no-untyped-def]
    """Return how far a turned box reaches from its centre in the direction of the unit vector ``(x, y)``."""
    c, s = math.cos(yaw), math.sin(yaw)
    return (abs(c * x + s * y) * length + abs(c * y - s * x) * width) / 2


@numba.njit(cache=True, nogil=True)
def _margin(depth, reach, ahead, sideways, is_square):  # type: ignore[no-untyped-def]
    """Return how far a centre `depth` from a wall must be from that wall's end to keep clear of the next wall.

    `reach` is the box's towards the next wall, whose normal has the parts `ahead` along the wall, away from the
    end, and `sideways` across it. Between walls along the axes, and where the floor turns inwards, the box's own
    extent along the wall is enough.
    """
    if ahead < _PARALLEL or (is_square and abs(sideways) < _PARALLEL):
        return 0.0
    return (reach - depth * sideways + _CLEAR) / ahead


@numba.njit(cache=True, nogil=True)
def _along_wall(wall, length, width, yaw, is_corner, lows, highs, count, frame):  # type: ignore[no-untyped-def]
    """Finish regions of a `WALL`, written as if it were the south wall of its own room.

    Where they touch the wall they are cut at its ends by the walls beside it; then they are put where the wall is,
    in axes along the room's where the wall runs along one of these, else in the wall's, written into `frame`.
    Returns the number of regions: only ends where the floor has a corner are corners, unless neither end has one.
    """
    nx, ny = wall[2], wall[3]
    ax, ay = ny, -nx
    is_square = abs(nx) == 1.0 or abs(ny) == 1.0
    before = ax * wall[6] + ay * wall[7]
    after = -(ax * wall[8] + ay * wall[9])
    if is_corner and count == 2 and (before > _PARALLEL) != (after > _PARALLEL):
        if after > _PARALLEL:
            lows[0], highs[0] = lows[1], highs[1]
        count = 1
    for i in range(count):
        if highs[i, 1] - lows[i, 1] > 0.0:
            continue
        depth = lows[i, 1] if is_square else lows[i, 1] + _CLEAR
        lows[i, 1] = highs[i, 1] = depth
        first = _margin(
            depth, _reach(length, width, yaw, wall[6], wall[7]), before, nx * wall[6] + ny * wall[7], is_square
        )
        last = _margin(
            depth, _reach(length, width, yaw, wall[8], wall[9]), after, nx * wall[8] + ny * wall[9], is_square
        )
        last = wall[4] - last
        if first > last:
            first = last = (first + last) / 2
        lows[i, 0] = min(max(lows[i, 0], first), last)
        highs[i, 0] = min(max(highs[i, 0], first), last)
    if not is_square:
        frame[0], frame[1] = ax, ay
    for i in range(count):
        u, v, u_end, v_end = lows[i, 0], lows[i, 1], highs[i, 0], highs[i, 1]
        if is_square:
            x, x_end = wall[0] + ax * u + nx * v, wall[0] + ax * u_end + nx * v_end
            y, y_end = wall[1] + ay * u + ny * v, wall[1] + ay * u_end + ny * v_end
            lows[i, 0], highs[i, 0] = min(x, x_end), max(x, x_end)
            lows[i, 1], highs[i, 1] = min(y, y_end), max(y, y_end)
        else:
            u0, v0 = ax * wall[0] + ay * wall[1], nx * wall[0] + ny * wall[1]
            lows[i, 0], highs[i, 0] = u0 + u, u0 + u_end
            lows[i, 1], highs[i, 1] = v0 + v, v0 + v_end
    return count


@numba.njit(cache=True, nogil=True)
def regions(centers, sizes, yaws, on_floor, flat, rooms, walls, subjects, targets, prepositions, adjacent):  # type: ignore[no-untyped-def]
    """Return the feasible regions of ``r`` relations among ``m`` boxes.

    Args:
        centers: Shape ``(m, 3)``.
        sizes: Shape ``(m, 3)``.
        yaws: Shape ``(m,)``.
        on_floor: Whether each box stands on the floor, shape ``(m,)``.
        flat: Whether each is a rug that lies flat, shape ``(m,)``.
        rooms: Length, width and height of each relation's room, shape ``(r, 3)``.
        walls: `WALL_FIGURES` of each relation's target where that is a `WALL`, shape ``(r, 10)``.
        subjects: Index of each relation's subject, shape ``(r,)``.
        targets: Index of each target, or the code of a room element, shape ``(r,)``.
        prepositions: Codes, shape ``(r,)``.
        adjacent: Shape ``(r,)``.

    Returns:
        ``low`` and ``high`` corners, shape ``(r, 4, 3)``; ``counts``, shape ``(r,)``: how many of the
        four are in use; ``reachable``, shape ``(r,)``: whether they lie inside the room; ``frames``, shape
        ``(r, 2)``: cosine and sine of the angle about z by which the regions' axes are turned.
    """
    r = len(subjects)
    lows = np.zeros((r, MAX_REGIONS, 3))
    highs = np.zeros((r, MAX_REGIONS, 3))
    counts = np.ones(r, dtype=np.int64)
    reachable = np.ones(r, dtype=np.bool_)
    frames = np.zeros((r, 2))
    frames[:, 0] = 1.0
    room = np.zeros(3)
    b = np.zeros(3)
    middle = np.zeros(2)
    half = np.zeros(2)
    nominal = np.zeros(2)
    outer = np.zeros(2)
    extent = np.zeros(2)
    for k in range(r):
        subject, target, preposition = subjects[k], targets[k], prepositions[k]
        room[:] = rooms[k]
        yaw = yaws[subject]
        is_framed = target == WALL
        if is_framed:
            # As the south wall of a room of its own, in its own axes.
            target = SOUTH
            room[0], room[1] = walls[k, 4], walls[k, 5]
            yaw -= math.atan2(-walls[k, 2], walls[k, 3])
        is_element = target < 0
        height = sizes[subject, 2]
        floor_z = height / 2
        top_z = max(floor_z, room[2] - height / 2)
        extent[0], extent[1], _ = _extents(sizes[subject, 0], sizes[subject, 1], yaw)
        depth_z = 0.0
        if target >= 0:
            b[:] = centers[target]
            outer[0], outer[1], quarter = _extents(sizes[target, 0], sizes[target, 1], yaws[target])
            nominal[0] = sizes[target, quarter % 2]
            nominal[1] = sizes[target, 1 - quarter % 2]
            depth_z = sizes[target, 2]
        else:
            b[0], b[1], b[2] = room[0] / 2, room[1] / 2, room[2] / 2
            outer[0], outer[1], quarter = room[0], room[1], 0
            if target in (SOUTH, NORTH):
                outer[1] = 0.0
                b[1] = 0.0 if target == SOUTH else room[1]
                quarter = 0 if target == SOUTH else 2
                depth_z = room[2]
            elif target in (EAST, WEST):
                outer[0] = 0.0
                b[0] = room[0] if target == EAST else 0.0
                quarter = 1 if target == EAST else 3
                depth_z = room[2]
            elif target == MIDDLE:
                b[2] = 0.0
            else:
                b[2] = room[2]
            nominal[:] = outer
        is_wall = target < 0 and target >= WEST
        below, above = b[2] - depth_z / 2, b[2] + depth_z / 2

        z_low, z_high, z_reachable = floor_z, floor_z, True
        over_rug = target >= 0 and flat[target] and on_floor[subject]
        if preposition in (ON, CORNER) and target >= 0:
            z_low = z_high = above + height / 2
            z_reachable = z_high <= top_z + _SLACK
            if over_rug:
                z_low = floor_z
        elif preposition in (ON, CORNER) and target == CEILING:
            z_low = z_high = top_z
        elif preposition == ABOVE:
            z_low, z_high = above + height / 2, top_z
            if over_rug:
                z_low = floor_z
            if is_element:
                z_low = min(max(z_low, floor_z), top_z)
            elif z_low > z_high:
                z_reachable = z_low <= z_high + _SLACK
                z_high = z_low
        elif preposition == UNDER:
            if not on_floor[subject]:
                z_high = max(floor_z, min(below - height / 2, top_z))
        elif not on_floor[subject] and target != MIDDLE:
            z_high = top_z
        reachable[k] = z_reachable

        count = 1
        along = -1
        for axis in range(2):
            middle[axis] = b[axis]
            if preposition in (UNDER, ABOVE):
                half[axis] = max(nominal[axis], extent[axis]) / 2
            else:
                half[axis] = _slide(nominal[axis], extent[axis])
        if preposition in (ON, CORNER):
            if is_wall:
                across = 1 if quarter % 2 == 0 else 0
                inward = 1.0 if target in (SOUTH, WEST) else -1.0
                middle[across] = b[across] + inward * extent[across] / 2
                half[across] = 0.0
                count = 2 if preposition == CORNER else 1
            elif preposition == CORNER:
                count = 4
        elif preposition >= IN_FRONT and preposition <= RIGHT:
            turn = quarter
            if preposition == LEFT:
                turn += 1
            elif preposition == BEHIND:
                turn += 2
            elif preposition == RIGHT:
                turn += 3
            turn %= 4
            along = 1 if turn % 2 == 0 else 0
            across = 1 - along
            inward = 1.0 if turn == 0 or turn == 3 else -1.0
            touching = b[along] + inward * (outer[along] + extent[along]) / 2
            middle[along] = touching
            half[along] = 0.0
            if adjacent[k]:
                half[across] = abs(outer[across] - extent[across]) / 2
            else:
                half[across] = max(outer[across], extent[across]) / 2
                end = room[along] - extent[along] / 2 if inward > 0 else extent[along] / 2
                if (end - touching) * inward > 0:
                    middle[along] = (touching + end) / 2
                    half[along] = abs(end - touching) / 2
        counts[k] = count
        for i in range(count):
            for axis in range(2):
                low, high = middle[axis] - half[axis], middle[axis] + half[axis]
                if count == 4:
                    low = high = high if (i >> axis) & 1 else low
                elif count == 2 and half[axis] > 0:
                    low = high = high if i else low
                low, high, is_inside = _into_room(low, high, extent[axis], room[axis], is_element)
                lows[k, i, axis], highs[k, i, axis] = low, high
                reachable[k] = reachable[k] and is_inside
            lows[k, i, 2], highs[k, i, 2] = z_low, z_high
        if is_framed:
            length, width, _ = sizes[subject]
            is_corner = preposition == CORNER
            counts[k] = _along_wall(
                walls[k], length, width, yaws[subject], is_corner, lows[k], highs[k], count, frames[k]
            )
    return lows, highs, counts, reachable, frames


@numba.njit(cache=True, nogil=True)
def offsets(points, lows, highs, counts, frames):  # type: ignore[no-untyped-def]
    """Return the displacement of each point to the nearest of its regions, shape ``(r, 3)``."""
    moves = np.zeros_like(points)
    point, steps = np.zeros(3), np.zeros(3)
    for k in range(len(points)):
        c, s = frames[k]
        point[:] = points[k]
        if s != 0.0:
            point[0], point[1] = c * points[k, 0] + s * points[k, 1], c * points[k, 1] - s * points[k, 0]
        best = np.inf
        for i in range(counts[k]):
            squared = 0.0
            for axis in range(3):
                value = point[axis]
                steps[axis] = min(max(value, lows[k, i, axis]), highs[k, i, axis]) - value
                squared += steps[axis] * steps[axis]
            if squared < best:
                best = squared
                moves[k] = steps
        if s != 0.0:
            u, v = moves[k, 0], moves[k, 1]
            moves[k, 0], moves[k, 1] = c * u - s * v, s * u + c * v
    return moves
