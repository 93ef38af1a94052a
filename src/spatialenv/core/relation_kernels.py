"""Numba kernels of relations: where the centre of a subject may be, and how far off it is.

Imported at first use by `spatialenv.core.relations`, so that importing the package loads no compiler.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from spatialenv.core.relations import SCALE, TOLERANCE

ON, UNDER, ABOVE, IN_FRONT, BEHIND, LEFT, RIGHT, CORNER = range(8)
"""Codes of the prepositions, in the order of `spatialenv.core.scene.REGION_PREPOSITIONS`."""

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
def spans(length, width, yaw):  # type: ignore[no-untyped-def]
    """Return a turned box's extents along x and y, and its yaw in quarter turns, rounded."""
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
def _along_wall(wall, length, width, yaw, is_corner, lows, highs, count):  # type: ignore[no-untyped-def]
    """Finish regions of a `WALL`, written as if it were the south wall of its own room.

    Where they touch the wall they are cut at its ends by the walls beside it; then they are put where the wall is,
    in axes along the room's where the wall runs along one of these, else in the wall's. Returns the number of regions
    and the cosine and sine of the angle by which these axes are turned. Only ends where the floor has a corner are
    corners, unless neither end has one.
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
    if is_square:
        return count, 1.0, 0.0
    return count, ax, ay


@numba.njit(cache=True, nogil=True)
def _ahead(target, outer, extent, size, inward, adjacent):  # type: ignore[no-untyped-def]
    """Return middle and half length of the interval of centres that stand off one side of a target, along it."""
    touching = target + inward * (outer + extent) / 2
    end = size - extent / 2 if inward > 0 else extent / 2
    if not adjacent and (end - touching) * inward > 0:
        return (touching + end) / 2, abs(end - touching) / 2
    return touching, 0.0


@numba.njit(cache=True, nogil=True)
def _beside(outer, extent, adjacent):  # type: ignore[no-untyped-def]
    """Return how far the centre may slide along that side, either way."""
    return abs(outer - extent) / 2 if adjacent else max(outer, extent) / 2


@numba.njit(cache=True, nogil=True)
def _end(low, high, count, is_last, half):  # type: ignore[no-untyped-def]
    """Return an interval, or that end of it which one of several corners takes."""
    if count == 4 or (count == 2 and half > 0):
        return (high, high) if is_last else (low, low)
    return low, high


@numba.njit(cache=True, nogil=True, inline="always")
def region(  # type: ignore[no-untyped-def]
    size, on_floor, extent, turned, center, target_size, flat, outer, quarter,
    room, wall, target, preposition, adjacent, lows, highs,
):  # fmt: skip
    """Write the feasible regions of one relation into `lows` and `highs`.

    Args:
        size: The subject's size; this and other triples may be tuples or arrays.
        on_floor: Whether it stands on the floor.
        extent: Its extents along x and y, as `spans` gives them.
        turned: Its yaw.
        center: Centre of a target that is an object.
        target_size: Size of such a target.
        flat: Whether such a target is a rug that lies flat.
        outer: Extents of such a target along x and y.
        quarter: Its yaw in quarter turns, rounded.
        room: Length, width and height.
        wall: `WALL_FIGURES` of a target that is a `WALL`, shape ``(10,)``.
        target: Code of a room element, 0 or more for an object.
        preposition: Code.
        adjacent: Whether the two should touch.
        lows: For the least corners, shape ``(4, 3)``.
        highs: For the greatest, shape ``(4, 3)``.

    Returns:
        How many of the four regions are in use, whether they lie inside the room, and the cosine and sine of the angle
        about z by which their axes are turned.
    """
    length, width, height = room[0], room[1], room[2]
    extent_x, extent_y = extent
    is_framed = target == WALL
    if is_framed:
        # As the south wall of a room of its own, in its own axes.
        target = SOUTH
        length, width = wall[4], wall[5]
        extent_x, extent_y, _ = spans(size[0], size[1], turned - math.atan2(-wall[2], wall[3]))
    is_element = target < 0
    floor_z = size[2] / 2
    top_z = max(floor_z, height - size[2] / 2)
    depth_z = 0.0
    if target >= 0:
        b = (center[0], center[1], center[2])
        is_turned = quarter % 2 == 1
        nominal = (target_size[1 if is_turned else 0], target_size[0 if is_turned else 1])
        depth_z = target_size[2]
    else:
        b = (length / 2, width / 2, height / 2)
        outer, quarter = (length, width), 0
        if target in (SOUTH, NORTH):
            outer = (length, 0.0)
            b = (length / 2, 0.0 if target == SOUTH else width, height / 2)
            quarter = 0 if target == SOUTH else 2
            depth_z = height
        elif target in (EAST, WEST):
            outer = (0.0, width)
            b = (length if target == EAST else 0.0, width / 2, height / 2)
            quarter = 1 if target == EAST else 3
            depth_z = height
        elif target == MIDDLE:
            b = (length / 2, width / 2, 0.0)
        else:
            b = (length / 2, width / 2, height)
        nominal = outer
    is_wall = target < 0 and target >= WEST
    below, above = b[2] - depth_z / 2, b[2] + depth_z / 2

    z_low, z_high, is_reachable = floor_z, floor_z, True
    over_rug = target >= 0 and flat and on_floor
    rests = preposition in (ON, CORNER)
    if rests and target >= 0:
        z_low = z_high = above + size[2] / 2
        is_reachable = z_high <= top_z + _SLACK
        if over_rug:
            z_low = floor_z
    elif rests and target == CEILING:
        z_low = z_high = top_z
    elif preposition == ABOVE:
        z_low, z_high = above + size[2] / 2, top_z
        if over_rug:
            z_low = floor_z
        if is_element:
            z_low = min(max(z_low, floor_z), top_z)
        elif z_low > z_high:
            is_reachable = z_low <= z_high + _SLACK
            z_high = z_low
    elif preposition == UNDER:
        if not on_floor:
            z_high = max(floor_z, min(below - size[2] / 2, top_z))
    elif not on_floor and target != MIDDLE:
        z_high = top_z

    count = 1
    middle_x, middle_y = b[0], b[1]
    if preposition in (UNDER, ABOVE):
        half_x, half_y = max(nominal[0], extent_x) / 2, max(nominal[1], extent_y) / 2
    else:
        half_x, half_y = _slide(nominal[0], extent_x), _slide(nominal[1], extent_y)
    if rests:
        if is_wall:
            inward = 1.0 if target in (SOUTH, WEST) else -1.0
            if quarter % 2 == 0:
                middle_y, half_y = b[1] + inward * extent_y / 2, 0.0
            else:
                middle_x, half_x = b[0] + inward * extent_x / 2, 0.0
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
        inward = 1.0 if turn == 0 or turn == 3 else -1.0
        if turn % 2 == 0:
            middle_y, half_y = _ahead(b[1], outer[1], extent_y, width, inward, adjacent)
            half_x = _beside(outer[0], extent_x, adjacent)
        else:
            middle_x, half_x = _ahead(b[0], outer[0], extent_x, length, inward, adjacent)
            half_y = _beside(outer[1], extent_y, adjacent)
    for i in range(count):
        low_x, high_x = _end(middle_x - half_x, middle_x + half_x, count, i & 1, half_x)
        low_y, high_y = _end(middle_y - half_y, middle_y + half_y, count, (i >> 1) if count == 4 else i, half_y)
        lows[i, 0], highs[i, 0], is_inside = _into_room(low_x, high_x, extent_x, length, is_element)
        is_reachable = is_reachable and is_inside
        lows[i, 1], highs[i, 1], is_inside = _into_room(low_y, high_y, extent_y, width, is_element)
        is_reachable = is_reachable and is_inside
        lows[i, 2], highs[i, 2] = z_low, z_high
    if is_framed:
        is_corner = preposition == CORNER
        count, c, s = _along_wall(wall, size[0], size[1], turned, is_corner, lows, highs, count)
        return count, is_reachable, c, s
    return count, is_reachable, 1.0, 0.0


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
    for k in range(r):
        i, target = subjects[k], targets[k]
        j = max(target, 0)
        extent_x, extent_y, _ = spans(sizes[i, 0], sizes[i, 1], yaws[i])
        outer_x, outer_y, quarter = spans(sizes[j, 0], sizes[j, 1], yaws[j])
        counts[k], reachable[k], frames[k, 0], frames[k, 1] = region(
            sizes[i], on_floor[i], (extent_x, extent_y), yaws[i], centers[j], sizes[j], flat[j], (outer_x, outer_y),
            quarter, rooms[k], walls[k], target, prepositions[k], adjacent[k], lows[k], highs[k],
        )  # fmt: skip
    return lows, highs, counts, reachable, frames


@numba.njit(cache=True, nogil=True, inline="always")
def offset(point, lows, highs, count, c, s):  # type: ignore[no-untyped-def]
    """Return the displacement ``(x, y, z)`` of a point to the nearest of its regions, whose axes are turned so."""
    x, y, z = point[0], point[1], point[2]
    if s != 0.0:
        x, y = c * point[0] + s * point[1], c * point[1] - s * point[0]
    best, best_x, best_y, best_z = np.inf, 0.0, 0.0, 0.0
    for i in range(count):
        dx = min(max(x, lows[i, 0]), highs[i, 0]) - x
        dy = min(max(y, lows[i, 1]), highs[i, 1]) - y
        dz = min(max(z, lows[i, 2]), highs[i, 2]) - z
        squared = dx * dx + dy * dy + dz * dz
        if squared < best:
            best, best_x, best_y, best_z = squared, dx, dy, dz
    if s != 0.0:
        return c * best_x - s * best_y, s * best_x + c * best_y, best_z
    return best_x, best_y, best_z


@numba.njit(cache=True, nogil=True)
def offsets(points, lows, highs, counts, frames):  # type: ignore[no-untyped-def]
    """Return the displacement of each point to the nearest of its regions, shape ``(r, 3)``."""
    moves = np.zeros_like(points)
    for k in range(len(points)):
        moves[k, 0], moves[k, 1], moves[k, 2] = offset(
            points[k], lows[k], highs[k], counts[k], frames[k, 0], frames[k, 1]
        )
    return moves


@numba.njit(cache=True, nogil=True)
def closeness(distance):  # type: ignore[no-untyped-def]
    """Return the score of a relation: 1 up to `TOLERANCE` from its region, falling linearly to 0 at `SCALE`."""
    return 1.0 - min(max((distance - TOLERANCE) / (SCALE - TOLERANCE), 0.0), 1.0)


@numba.njit(cache=True, nogil=True)
def scores(distances):  # type: ignore[no-untyped-def]
    """Return the scores of relations, shape ``(r,)``."""
    found = np.empty(len(distances))
    for k in range(len(distances)):
        found[k] = closeness(distances[k])
    return found
