"""Numba kernels that mend a layout: where boxes should go so that none shares space or leaves the room.

Imported lazily by `spatialenv.core.violations`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from spatialenv.core.kernels import (
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
    extents,
    floor_rise,
    footprint_gap,
    inside_volume,
    kernel,
    shared_height,
    shared_volume,
)

MOVE_STEP = 1e-4
"""Metres: moves are told with four decimals."""

STEPS = 3
"""How many steps further a box may go to a place at a whole number of them."""

STEP_SLACK = 1e-6
ROUNDING = 1e-12
PARALLEL = 1e-9
COUNTS = types.Array(int64, 1, "C", readonly=True)

OCTAGON = 0.7
"""Area of an octagon in a circle over the square of the circle's diameter, rounded down."""


@kernel()
def _is_free(i: int, tolerance: float, boxes: FloatArray, obstacles: BoolArray, p: FloatArray, q: FloatArray) -> bool:
    """Return whether box `i` shares at most `tolerance` with each obstacle."""
    for j in range(boxes.shape[0]):
        if not obstacles[j]:
            continue
        depth = -footprint_gap(boxes[j], boxes[i])
        if depth <= 0.0:
            continue
        # Most tries are deep in something, which needs no clipping. The root of the shared area is concave in the
        # place of a box (Brunn and Minkowski): 0 `depth` beyond its place, and with the boxes' centres together that
        # of the smaller inscribed circle at least, here an octagon.
        apart = np.hypot(boxes[j, 0] - boxes[i, 0], boxes[j, 1] - boxes[i, 1])
        side = min(min(boxes[i, 3], boxes[i, 4]), min(boxes[j, 3], boxes[j, 4])) * depth / (depth + apart)
        if shared_height(boxes[j], boxes[i]) * side * side * OCTAGON > tolerance:
            return False
        if shared_volume(boxes[j], boxes[i], p, q) > tolerance:
            return False
    return True


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


@kernel()
def _nearest_place(
    i: int,
    z: float,
    on_floor: bool,
    boxes: FloatArray,
    obstacles: BoolArray,
    n: int,
    room: FloatArray,
    places: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> bool:
    """Move box `i` to its nearest free place at height `z`; return whether there is one.

    The nearest place by ``|dx| + |dy| + |dz|`` keeps each coordinate or is flush with a wall or an obstacle on
    it, so these are tried. Objects off the floor may also go on top of, or under, an obstacle
    that is one of the first `n` boxes.
    """
    ex, ey = extents(boxes[i])
    ez = boxes[i, 5] / 2
    x0, y0, z0 = boxes[i, 0], boxes[i, 1], boxes[i, 2]
    places[0, 0], places[1, 0], places[2, 0] = x0, ex, room[0] - ex
    places[0, 1], places[1, 1], places[2, 1] = y0, ey, room[1] - ey
    places[0, 2] = z
    count, levels = 3, 1
    for j in range(boxes.shape[0]):
        if not obstacles[j]:
            continue
        fx, fy = extents(boxes[j])
        places[count, 0], places[count + 1, 0] = boxes[j, 0] - (fx + ex), boxes[j, 0] + (fx + ex)
        places[count, 1], places[count + 1, 1] = boxes[j, 1] - (fy + ey), boxes[j, 1] + (fy + ey)
        count += 2
        if not on_floor and j < n:
            fz = boxes[j, 5] / 2
            places[levels, 2], places[levels + 1, 2] = boxes[j, 2] + (fz + ez), boxes[j, 2] - (fz + ez)
            levels += 2
    best, best_axes = np.inf, 0
    best_x, best_y, best_z = x0, y0, z0
    for a in range(levels):
        z = places[a, 2]
        if z < ez - LENGTH_SLACK or z > room[2] - ez + LENGTH_SLACK:
            continue
        for b in range(count):
            x = places[b, 0]
            if x < ex - LENGTH_SLACK or x > room[0] - ex + LENGTH_SLACK:
                continue
            if abs(z - z0) + abs(x - x0) > best + LENGTH_SLACK:
                continue
            for d in range(count):
                y = places[d, 1]
                if y < ey - LENGTH_SLACK or y > room[1] - ey + LENGTH_SLACK:
                    continue
                distance = abs(z - z0) + abs(x - x0) + abs(y - y0)
                if distance > best + LENGTH_SLACK:
                    continue
                axes = (x != x0) + (y != y0) + (z != z0)
                is_tie = distance >= best - LENGTH_SLACK
                if is_tie and (axes, x, y, z) >= (best_axes, best_x, best_y, best_z):
                    continue
                boxes[i, 0], boxes[i, 1], boxes[i, 2] = x, y, z
                if _is_free(i, VOLUME_TOLERANCE / 2, boxes, obstacles, p, q):
                    best, best_axes = distance, axes
                    best_x, best_y, best_z = x, y, z
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    return best < np.inf


@kernel()
def _reach(box: FloatArray, nx: float, ny: float) -> float:
    """Return half the extent of a footprint along a unit vector."""
    return float((abs(nx * box[6] + ny * box[7]) * box[3] + abs(ny * box[6] - nx * box[7]) * box[4]) / 2)


@kernel()
def _add_line(lines: FloatArray, count: int, nx: float, ny: float, offset: float) -> int:
    """Write the line ``nx * x + ny * y = offset``, unless it is there; return the number of lines."""
    if nx < 0.0 or (nx == 0.0 and ny < 0.0):
        nx, ny, offset = -nx, -ny, -offset
    for k in range(count):
        same_turn = abs(lines[k, 0] - nx) <= ROUNDING and abs(lines[k, 1] - ny) <= ROUNDING
        if same_turn and abs(lines[k, 2] - offset) <= ROUNDING:
            return count
    lines[count, 0], lines[count, 1], lines[count, 2] = nx, ny, offset
    return count + 1


@kernel()
def _touching_lines(i: int, boxes: FloatArray, obstacles: BoolArray, floor: FloatArray, lines: FloatArray) -> int:
    """Write the lines on which the centre of box `i` keeps a coordinate or touches something; return their number.

    Its places inside the walls and outside the obstacles are bounded by such lines: along a wall, around a corner
    that juts into the room (there one of its own sides touches), and along the sides that part it from an obstacle.
    Rows are ``nx, ny, offset, distance``, the nearest by ``|dx| + |dy|`` first.
    """
    box, corners = boxes[i], floor.shape[0]
    count = _add_line(lines, 0, 1.0, 0.0, box[0])
    count = _add_line(lines, count, 0.0, 1.0, box[1])
    for k in range(corners):
        x, y = floor[k, 0], floor[k, 1]
        after, before = floor[(k + 1) % corners], floor[k - 1]
        dx, dy = after[0] - x, after[1] - y
        length = np.hypot(dx, dy)
        nx, ny = -dy / length, dx / length
        count = _add_line(lines, count, nx, ny, nx * x + ny * y + _reach(box, nx, ny))
        if (x - before[0]) * dy - (y - before[1]) * dx < 0.0:
            for side in range(2):
                nx, ny = (box[6], box[7]) if side == 0 else (-box[7], box[6])
                for sign in (-0.5, 0.5):
                    count = _add_line(lines, count, nx, ny, nx * x + ny * y + sign * box[3 + side])
    for j in range(boxes.shape[0]):
        if obstacles[j]:
            for owner in (j, i):
                c, s = boxes[owner, 6], boxes[owner, 7]
                for nx, ny in ((c, s), (-s, c)):
                    middle = nx * boxes[j, 0] + ny * boxes[j, 1]
                    apart = _reach(boxes[j], nx, ny) + _reach(box, nx, ny)
                    count = _add_line(lines, count, nx, ny, middle - apart)
                    count = _add_line(lines, count, nx, ny, middle + apart)
    for k in range(count):
        nx, ny, offset = lines[k, 0], lines[k, 1], lines[k, 2]
        lines[k, 3] = abs(offset - nx * box[0] - ny * box[1]) / max(abs(nx), abs(ny))
    lines[:count] = lines[np.argsort(lines[:count, 3])]
    return count


@kernel()
def _crossing(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """Return where two lines cross, exact on lines along the axes; NaN where they are parallel."""
    across = a[0] * b[1] - a[1] * b[0]
    if abs(across) < PARALLEL:
        return np.nan, np.nan
    if a[1] == 0.0:
        return a[2], b[2] if b[0] == 0.0 else (b[2] - b[0] * a[2]) / b[1]
    if b[1] == 0.0:
        return b[2], a[2] if a[0] == 0.0 else (a[2] - a[0] * b[2]) / a[1]
    if a[0] == 0.0:
        return (b[2] - b[1] * a[2]) / b[0], a[2]
    if b[0] == 0.0:
        return (a[2] - a[1] * b[2]) / a[0], b[2]
    return (a[2] * b[1] - b[2] * a[1]) / across, (a[0] * b[2] - b[0] * a[2]) / across


@kernel()
def _is_place(
    i: int, boxes: FloatArray, obstacles: BoolArray, room: FloatArray, floor: FloatArray, p: FloatArray, q: FloatArray
) -> bool:
    """Return whether box `i` is wholly on the floor and free of obstacles."""
    if not _is_free(i, VOLUME_TOLERANCE / 2, boxes, obstacles, p, q):
        return False
    volume = boxes[i, 3] * boxes[i, 4] * boxes[i, 5]
    outside = volume - inside_volume(boxes[i], room, floor, p, q)
    return bool(outside <= VOLUME_TOLERANCE / 2)


@kernel()
def _even_out(
    i: int,
    x0: float,
    y0: float,
    boxes: FloatArray,
    obstacles: BoolArray,
    room: FloatArray,
    floor: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> None:
    """Move box `i` on to the nearest place whose offsets from `x0` and `y0` are whole steps, where one is near.

    Moves are told in whole steps: one cut short would leave the box in a wall that is slanted.
    """
    x, y = boxes[i, 0], boxes[i, 1]
    across, along = (x - x0) / MOVE_STEP, (y - y0) / MOVE_STEP
    a, b = np.rint(across), np.rint(along)
    reach_x = 0 if abs(across - a) <= STEP_SLACK else STEPS
    reach_y = 0 if abs(along - b) <= STEP_SLACK else STEPS
    if reach_x == 0 and reach_y == 0:
        return
    best, best_x, best_y = np.inf, x, y
    for k in range(-reach_x, reach_x + 1):
        for m in range(-reach_y, reach_y + 1):
            new_x = x if reach_x == 0 else x0 + (a + k) * MOVE_STEP
            new_y = y if reach_y == 0 else y0 + (b + m) * MOVE_STEP
            distance = abs(new_x - x) + abs(new_y - y)
            if distance < best:
                boxes[i, 0], boxes[i, 1] = new_x, new_y
                if _is_place(i, boxes, obstacles, room, floor, p, q):
                    best, best_x, best_y = distance, new_x, new_y
    boxes[i, 0], boxes[i, 1] = best_x, best_y


@kernel()
def _nearest_place_on_floor(
    i: int,
    z: float,
    on_floor: bool,
    boxes: FloatArray,
    obstacles: BoolArray,
    n: int,
    room: FloatArray,
    floor: FloatArray,
    places: FloatArray,
    lines: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> bool:
    """Move box `i` to its nearest free place on a floor that is no rectangle; return whether there is one.

    The nearest place by ``|dx| + |dy|`` is where two lines of `_touching_lines` cross, so these are tried.
    """
    ex, ey = extents(boxes[i])
    ez = boxes[i, 5] / 2
    x0, y0, z0 = boxes[i, 0], boxes[i, 1], boxes[i, 2]
    places[0, 2] = z
    levels = 1
    for j in range(n):
        if obstacles[j] and not on_floor:
            fz = boxes[j, 5] / 2
            places[levels, 2], places[levels + 1, 2] = boxes[j, 2] + (fz + ez), boxes[j, 2] - (fz + ez)
            levels += 2
    count = _touching_lines(i, boxes, obstacles, floor, lines)
    best, best_axes = np.inf, 0
    best_x, best_y, best_z = x0, y0, z0
    for level in range(levels):
        z = places[level, 2]
        if z < ez - LENGTH_SLACK or z > room[2] - ez + LENGTH_SLACK or abs(z - z0) > best + LENGTH_SLACK:
            continue
        for a in range(count):
            if lines[a, 3] > best + LENGTH_SLACK:
                break
            for b in range(a + 1, count):
                if lines[b, 3] > best + LENGTH_SLACK:
                    break
                x, y = _crossing(lines[a], lines[b])
                distance = abs(z - z0) + abs(x - x0) + abs(y - y0)
                in_reach = distance <= best + LENGTH_SLACK
                in_x = ex - LENGTH_SLACK <= x <= room[0] - ex + LENGTH_SLACK
                if not (in_reach and in_x and ey - LENGTH_SLACK <= y <= room[1] - ey + LENGTH_SLACK):
                    continue
                axes = (x != x0) + (y != y0) + (z != z0)
                is_tie = distance >= best - LENGTH_SLACK
                if is_tie and (axes, x, y, z) >= (best_axes, best_x, best_y, best_z):
                    continue
                boxes[i, 0], boxes[i, 1], boxes[i, 2] = x, y, z
                if _is_place(i, boxes, obstacles, room, floor, p, q):
                    best, best_axes = distance, axes
                    best_x, best_y, best_z = x, y, z
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    if best < np.inf:
        _even_out(i, x0, y0, boxes, obstacles, room, floor, p, q)
    return best < np.inf


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
        if heights[i] != centers[i, 2] or is_outside or not _is_free(i, VOLUME_TOLERANCE, boxes, around, p, q):
            fate[i] = 1
        else:
            obstacles[i] = not is_flat[i]
    for i in range(n):
        if fate[i] == 0:
            continue
        around = nothing if is_flat[i] else obstacles
        boxes[i, 2] = heights[i]
        is_outside = volumes[i] - inside_volume(boxes[i], room, floor, p, q) > VOLUME_TOLERANCE / 2
        if is_outside or not _is_free(i, VOLUME_TOLERANCE / 2, boxes, around, p, q):
            boxes[i, 2] = centers[i, 2]
            height = sizes[i, 2] / 2 if on_floor[i] else heights[i]
            has_place = False
            for attempt in range(2 if z > 0 and not is_flat[i] else 1):
                obstacles[n:] = attempt == 0
                if has_place:
                    break
                if floor.shape[0] > 0:
                    has_place = _nearest_place_on_floor(
                        i, height, on_floor[i], boxes, around, n, room, floor, places, lines, p, q
                    )
                else:
                    has_place = _nearest_place(i, height, on_floor[i], boxes, around, n, room, places, p, q)
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
        int64, IN2, IN2, IN1, MASK1, IN2, IN2, IN1, IN1, IN2, boolean, IN3, IN3, COUNTS, IN2
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
    count = _touching_lines(i, boxes, others | zones, floor, lines)
    best_rank, best, best_axes, best_x, best_y = 3, np.inf, 0, x0, y0
    for a in range(count):
        for b in range(a + 1, count):
            if best_rank == 0 and max(lines[a, 3], lines[b, 3]) > best + LENGTH_SLACK:
                break
            x, y = _crossing(lines[a], lines[b])
            if not (0.0 <= x <= room[0] and 0.0 <= y <= room[1]):
                continue
            distance, axes = abs(x - x0) + abs(y - y0), (x != x0) + (y != y0)
            is_tie = abs(distance - best) <= LENGTH_SLACK
            is_nearer = (axes, x, y) < (best_axes, best_x, best_y) if is_tie else distance < best
            if best_rank == 0 and not is_nearer:
                continue
            boxes[i, 0], boxes[i, 1] = x, y
            if not _is_place(i, boxes, zones, room, walls, p, q):
                continue
            rank = 0 if _is_free(i, VOLUME_TOLERANCE / 2, boxes, others, p, q) else 2
            for k in range(kept.shape[0]):
                if rank == 0 and kept[k] and not _is_met(boxes[i], lows[k], highs[k], counts[k], frames[k]):
                    rank = 1
            if rank < best_rank or (rank == best_rank and is_nearer):
                best_rank, best, best_axes, best_x, best_y = rank, distance, axes, x, y
    boxes[i, 0], boxes[i, 1] = best_x, best_y
    if best_rank < 3 and not is_rectangle:
        _even_out(i, x0, y0, boxes, others | zones if best_rank < 2 else zones, room, walls, p, q)
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
    touching = _touching_lines(i, boxes, zones, floor, lines)
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
                lined = _add_line(lines, lined, nx, ny, low[axis])
                lined = _add_line(lines, lined, nx, ny, high[axis])
            u, v = min(max(u0, low[0]), high[0]), min(max(v0, low[1]), high[1])
            for a in range(lined):
                for b in range(a, lined):
                    if a == b and a > 0:
                        continue
                    x, y = (c * u - s * v, s * u + c * v) if a == b else _crossing(lines[a], lines[b])
                    distance = np.sqrt((x - x0) ** 2 + (y - y0) ** 2 + (height - z0) ** 2)
                    if not distance < best - LENGTH_SLACK:
                        continue
                    along, across = c * x + s * y, c * y - s * x
                    in_u = low[0] - LENGTH_SLACK <= along <= high[0] + LENGTH_SLACK
                    if not (in_u and low[1] - LENGTH_SLACK <= across <= high[1] + LENGTH_SLACK):
                        continue
                    boxes[i, 0], boxes[i, 1] = x, y
                    if _is_place(i, boxes, zones, room, walls, p, q):
                        best, best_x, best_y, best_z = distance, x, y, height
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    if best < np.inf and not is_rectangle:
        _even_out(i, x0, y0, boxes, zones, room, walls, p, q)
    return boxes[i, 0] - x0, boxes[i, 1] - y0, best_z - z0, best < np.inf
