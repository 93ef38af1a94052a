"""Numba kernels that mend a layout: where boxes should go so that none shares space or leaves the room.

Imported lazily by `spatialenv.core.violations`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from spatialenv.core.kernels import (
    COUNT1,
    FLOOR_CORNERS,
    IN1,
    IN2,
    IN3,
    LENGTH_SLACK,
    MASK1,
    SUPPORT_TOLERANCE,
    VOLUME_TOLERANCE,
    BoolArray,
    FloatArray,
    IntArray,
    describe,
    floor_rise,
    inside_volume,
    kernel,
)
from spatialenv.core.place_kernels import (
    add_line,
    crossing,
    even_out,
    is_free,
    is_place,
    nearest_place,
    nearest_place_on_floor,
    touching_lines,
)


@kernel()
def _due_height(
    i: int, on_floor: bool, boxes: FloatArray, is_flat: BoolArray, room: FloatArray, p: FloatArray, q: FloatArray
) -> float:
    """Return the height at which box `i` should be: its own, unless it leaves the floor or the room."""
    z, half = boxes[i, 2], boxes[i, 5] / 2
    if on_floor:
        rise = floor_rise(i, boxes, is_flat, p, q)
        slack = SUPPORT_TOLERANCE + LENGTH_SLACK
        return float(z if half - slack <= z <= half + rise + slack else half)
    if z < half - LENGTH_SLACK:
        return float(half)
    return float(min(z, room[2] - half) if z > room[2] - half + LENGTH_SLACK else z)


@kernel(types.Tuple((float64[:, ::1], int64[::1]))(IN2, IN2, IN1, MASK1, MASK1, MASK1, IN1, IN2, IN2, IN2, IN1))
def mend(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    on_floor: BoolArray,
    is_flat: BoolArray,
    is_fixed: BoolArray,
    room: FloatArray,
    floor: FloatArray,
    zone_centers: FloatArray,
    zone_sizes: FloatArray,
    zone_yaws: FloatArray,
) -> tuple[FloatArray, IntArray]:
    """Return where boxes should go ``(n, 3)`` and whether each stays 0, moves 1 or has no place -1.

    Fixed boxes are settled where they are, whatever they meet. Next, in order, each box that needs no move is
    settled where it is. Then, in order, the others go to their nearest places free of all that are settled; one
    without such a place stays, and is in the way. Where they can they keep out of the zones of openings.
    """
    n, z = yaws.shape[0], zone_yaws.shape[0]
    fate, heights = np.zeros(n, np.int64), np.empty(n)
    obstacles, nothing = np.zeros(n + z, np.bool_), np.zeros(n + z, np.bool_)
    boxes, places = np.empty((n + z, 8)), np.empty((2 * (n + z) + 3, 3))
    # Two lines keep a coordinate, a wall gives one, its corner four, an obstacle eight.
    lines = np.empty((2 + 5 * floor.shape[0] + 8 * (n + z), 4))
    p, q = np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    describe(centers, sizes, yaws, boxes[:n])
    describe(zone_centers, zone_sizes, zone_yaws, boxes[n:])
    volumes = sizes[:, 0] * sizes[:, 1] * sizes[:, 2]
    for i in range(n):
        obstacles[i] = is_fixed[i] and not is_flat[i]
    for i in range(n):
        if is_fixed[i]:
            continue
        heights[i] = _due_height(i, on_floor[i], boxes[:n], is_flat, room, p, q)
        is_outside = volumes[i] - inside_volume(boxes[i], room, floor, p, q) > VOLUME_TOLERANCE
        around = nothing if is_flat[i] else obstacles
        if heights[i] != centers[i, 2] or is_outside or not is_free(i, VOLUME_TOLERANCE, boxes, around, p, q):
            fate[i] = 1
        else:
            obstacles[i] = not is_flat[i]
    for i in range(n):
        if fate[i] == 0:
            continue
        around = nothing if is_flat[i] else obstacles
        boxes[i, 2] = heights[i]
        is_outside = volumes[i] - inside_volume(boxes[i], room, floor, p, q) > VOLUME_TOLERANCE / 2
        if is_outside or not is_free(i, VOLUME_TOLERANCE / 2, boxes, around, p, q):
            boxes[i, 2] = centers[i, 2]
            height = sizes[i, 2] / 2 if on_floor[i] else heights[i]
            has_place = False
            for attempt in range(2 if z > 0 and not is_flat[i] else 1):
                obstacles[n:] = attempt == 0
                if has_place:
                    break
                if floor.shape[0] > 0:
                    has_place = nearest_place_on_floor(
                        i, height, on_floor[i], boxes, around, n, room, floor, places, lines, p, q
                    )
                else:
                    has_place = nearest_place(i, height, on_floor[i], boxes, around, n, room, places, p, q)
            obstacles[n:] = False
            if not has_place:
                fate[i] = -1
        obstacles[i] = not is_flat[i]
    return boxes[:n, :3].copy(), fate


@kernel()
def _is_met(box: FloatArray, low: FloatArray, high: FloatArray, count: int, frame: FloatArray) -> bool:
    """Return whether a box's centre is within the tolerance of one of so many regions."""
    x, y = frame[0] * box[0] + frame[1] * box[1], frame[0] * box[1] - frame[1] * box[0]
    for k in range(count):
        dx = min(max(x, low[k, 0]), high[k, 0]) - x
        dy = min(max(y, low[k, 1]), high[k, 1]) - y
        dz = min(max(box[2], low[k, 2]), high[k, 2]) - box[2]
        if dx * dx + dy * dy + dz * dz <= SUPPORT_TOLERANCE * SUPPORT_TOLERANCE:
            return True
    return False


@kernel(
    types.Tuple((float64, float64, boolean))(
        int64, IN2, IN2, IN1, MASK1, IN2, IN2, IN1, IN1, IN2, boolean, IN3, IN3, COUNT1, IN2
    )
)
def free_place(
    i: int,
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    is_flat: BoolArray,
    zone_centers: FloatArray,
    zone_sizes: FloatArray,
    zone_yaws: FloatArray,
    room: FloatArray,
    floor: FloatArray,
    is_rectangle: bool,
    lows: FloatArray,
    highs: FloatArray,
    counts: IntArray,
    frames: FloatArray,
) -> tuple[float, float, bool]:
    """Return the shortest move along the floor that takes box `i` out of every zone, and whether there is one.

    `floor` has the corners of a rectangle, too; `lows`, `highs`, `counts` and `frames` are the regions of the box's
    relations. Best it breaks nothing that it keeps now, then relations, then it shares space with other boxes.
    """
    n, z, corners = yaws.shape[0], zone_yaws.shape[0], floor.shape[0]
    boxes, lines = np.empty((n + z, 8)), np.empty((2 + 5 * corners + 8 * (n + z), 4))
    describe(centers, sizes, yaws, boxes[:n])
    describe(zone_centers, zone_sizes, zone_yaws, boxes[n:])
    p, q = np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    walls = floor[:0] if is_rectangle else floor
    others, zones = np.zeros(n + z, np.bool_), np.zeros(n + z, np.bool_)
    zones[n:] = True
    for j in range(n):
        others[j] = j != i and not is_flat[j]
    x0, y0 = boxes[i, 0], boxes[i, 1]
    kept = np.zeros(counts.shape[0], np.bool_)
    for k in range(counts.shape[0]):
        kept[k] = _is_met(boxes[i], lows[k], highs[k], counts[k], frames[k])
    count = touching_lines(i, boxes, others | zones, floor, lines)
    best_rank, best, best_axes, best_x, best_y = 3, np.inf, 0, x0, y0
    for a in range(count):
        for b in range(a + 1, count):
            if best_rank == 0 and max(lines[a, 3], lines[b, 3]) > best + LENGTH_SLACK:
                break
            x, y = crossing(lines[a], lines[b])
            if not (0.0 <= x <= room[0] and 0.0 <= y <= room[1]):
                continue
            distance, axes = abs(x - x0) + abs(y - y0), (x != x0) + (y != y0)
            is_tie = abs(distance - best) <= LENGTH_SLACK
            is_nearer = (axes, x, y) < (best_axes, best_x, best_y) if is_tie else distance < best
            if best_rank == 0 and not is_nearer:
                continue
            boxes[i, 0], boxes[i, 1] = x, y
            if not is_place(i, boxes, zones, room, walls, p, q):
                continue
            rank = 0 if is_free(i, VOLUME_TOLERANCE / 2, boxes, others, p, q) else 2
            for k in range(kept.shape[0]):
                if rank == 0 and kept[k] and not _is_met(boxes[i], lows[k], highs[k], counts[k], frames[k]):
                    rank = 1
            if rank < best_rank or (rank == best_rank and is_nearer):
                best_rank, best, best_axes, best_x, best_y = rank, distance, axes, x, y
    boxes[i, 0], boxes[i, 1] = best_x, best_y
    if best_rank < 3 and not is_rectangle:
        even_out(i, x0, y0, boxes, others | zones if best_rank < 2 else zones, room, walls, p, q)
    return boxes[i, 0] - x0, boxes[i, 1] - y0, best_rank < 3


@kernel(
    types.Tuple((float64, float64, float64, boolean))(
        int64, IN2, IN2, IN1, IN1, IN2, boolean, IN2, IN2, IN1, IN2, IN2, int64, IN1
    )
)
def place_in_region(
    i: int,
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    room: FloatArray,
    floor: FloatArray,
    is_rectangle: bool,
    zone_centers: FloatArray,
    zone_sizes: FloatArray,
    zone_yaws: FloatArray,
    lows: FloatArray,
    highs: FloatArray,
    count: int,
    frame: FloatArray,
) -> tuple[float, float, float, bool]:
    """Return the shortest move of box `i` into one of so many regions and onto the floor, and whether there is one.

    Where it can the box keeps out of the zones of openings; other boxes are not heeded. `floor` has the corners of a
    rectangle, too. The nearest point of a region is tried first, then where lines cross on which the box
    keeps a coordinate, touches a wall or a zone, or is at an end of the region.
    """
    n, z = yaws.shape[0], zone_yaws.shape[0]
    boxes, lines = np.empty((n + z, 8)), np.empty((6 + 5 * floor.shape[0] + 8 * z, 4))
    describe(centers, sizes, yaws, boxes[:n])
    describe(zone_centers, zone_sizes, zone_yaws, boxes[n:])
    walls = floor[:0] if is_rectangle else floor
    p, q = np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    zones = np.zeros(n + z, np.bool_)
    zones[n:] = True
    c, s = frame[0], frame[1]
    x0, y0, z0 = boxes[i, 0], boxes[i, 1], boxes[i, 2]
    u0, v0 = c * x0 + s * y0, c * y0 - s * x0
    touching = touching_lines(i, boxes, zones, floor, lines)
    best, best_x, best_y, best_z = np.inf, x0, y0, z0
    for attempt in range(2 if z > 0 else 1):
        if best < np.inf:
            break
        zones[n:] = attempt == 0
        for k in range(count):
            low, high = lows[k], highs[k]
            height = min(max(z0, low[2]), high[2])
            boxes[i, 2] = height
            lined = touching
            for nx, ny, axis in ((c, s, 0), (-s, c, 1)):
                lined = add_line(lines, lined, nx, ny, low[axis])
                lined = add_line(lines, lined, nx, ny, high[axis])
            u, v = min(max(u0, low[0]), high[0]), min(max(v0, low[1]), high[1])
            for a in range(lined):
                for b in range(a, lined):
                    if a == b and a > 0:
                        continue
                    x, y = (c * u - s * v, s * u + c * v) if a == b else crossing(lines[a], lines[b])
                    distance = np.sqrt((x - x0) ** 2 + (y - y0) ** 2 + (height - z0) ** 2)
                    if not distance < best - LENGTH_SLACK:
                        continue
                    along, across = c * x + s * y, c * y - s * x
                    in_u = low[0] - LENGTH_SLACK <= along <= high[0] + LENGTH_SLACK
                    if not (in_u and low[1] - LENGTH_SLACK <= across <= high[1] + LENGTH_SLACK):
                        continue
                    boxes[i, 0], boxes[i, 1] = x, y
                    if is_place(i, boxes, zones, room, walls, p, q):
                        best, best_x, best_y, best_z = distance, x, y, height
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    if best < np.inf and not is_rectangle:
        even_out(i, x0, y0, boxes, zones, room, walls, p, q)
    return boxes[i, 0] - x0, boxes[i, 1] - y0, best_z - z0, best < np.inf
