"""Numba kernels of free places: where a box may go so that it shares space with nothing and stays in the room.

Used by `spatialenv.core.mending_kernels`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import numpy as np

from spatialenv.core.kernels import (
    LENGTH_SLACK,
    VOLUME_TOLERANCE,
    BoolArray,
    FloatArray,
    extents,
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

OCTAGON = 0.7
"""Area of an octagon in a circle over the square of the circle's diameter, rounded down."""


@kernel()
def is_free(i: int, tolerance: float, boxes: FloatArray, obstacles: BoolArray, p: FloatArray, q: FloatArray) -> bool:
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
def nearest_place(
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
                if is_free(i, VOLUME_TOLERANCE / 2, boxes, obstacles, p, q):
                    best, best_axes = distance, axes
                    best_x, best_y, best_z = x, y, z
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    return best < np.inf


@kernel()
def _reach(box: FloatArray, nx: float, ny: float) -> float:
    """Return half the extent of a footprint along a unit vector."""
    return float((abs(nx * box[6] + ny * box[7]) * box[3] + abs(ny * box[6] - nx * box[7]) * box[4]) / 2)


@kernel()
def add_line(lines: FloatArray, count: int, nx: float, ny: float, offset: float) -> int:
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
def touching_lines(i: int, boxes: FloatArray, obstacles: BoolArray, floor: FloatArray, lines: FloatArray) -> int:
    """Write the lines on which the centre of box `i` keeps a coordinate or touches something; return their number.

    Its places inside the walls and outside the obstacles are bounded by such lines: along a wall, around a corner
    that juts into the room (there one of its own sides touches), and along the sides that part it from an obstacle.
    Rows are ``nx, ny, offset, distance``, the nearest by ``|dx| + |dy|`` first.
    """
    box, corners = boxes[i], floor.shape[0]
    count = add_line(lines, 0, 1.0, 0.0, box[0])
    count = add_line(lines, count, 0.0, 1.0, box[1])
    for k in range(corners):
        x, y = floor[k, 0], floor[k, 1]
        after, before = floor[(k + 1) % corners], floor[k - 1]
        dx, dy = after[0] - x, after[1] - y
        length = np.hypot(dx, dy)
        nx, ny = -dy / length, dx / length
        count = add_line(lines, count, nx, ny, nx * x + ny * y + _reach(box, nx, ny))
        if (x - before[0]) * dy - (y - before[1]) * dx < 0.0:
            for side in range(2):
                nx, ny = (box[6], box[7]) if side == 0 else (-box[7], box[6])
                for sign in (-0.5, 0.5):
                    count = add_line(lines, count, nx, ny, nx * x + ny * y + sign * box[3 + side])
    for j in range(boxes.shape[0]):
        if obstacles[j]:
            for owner in (j, i):
                c, s = boxes[owner, 6], boxes[owner, 7]
                for nx, ny in ((c, s), (-s, c)):
                    middle = nx * boxes[j, 0] + ny * boxes[j, 1]
                    apart = _reach(boxes[j], nx, ny) + _reach(box, nx, ny)
                    count = add_line(lines, count, nx, ny, middle - apart)
                    count = add_line(lines, count, nx, ny, middle + apart)
    for k in range(count):
        nx, ny, offset = lines[k, 0], lines[k, 1], lines[k, 2]
        lines[k, 3] = abs(offset - nx * box[0] - ny * box[1]) / max(abs(nx), abs(ny))
    lines[:count] = lines[np.argsort(lines[:count, 3])]
    return count


@kernel()
def crossing(a: FloatArray, b: FloatArray) -> tuple[float, float]:
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
def is_place(
    i: int, boxes: FloatArray, obstacles: BoolArray, room: FloatArray, floor: FloatArray, p: FloatArray, q: FloatArray
) -> bool:
    """Return whether box `i` is wholly on the floor and free of obstacles."""
    if not is_free(i, VOLUME_TOLERANCE / 2, boxes, obstacles, p, q):
        return False
    volume = boxes[i, 3] * boxes[i, 4] * boxes[i, 5]
    outside = volume - inside_volume(boxes[i], room, floor, p, q)
    return bool(outside <= VOLUME_TOLERANCE / 2)


@kernel()
def even_out(
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
                if is_place(i, boxes, obstacles, room, floor, p, q):
                    best, best_x, best_y = distance, new_x, new_y
    boxes[i, 0], boxes[i, 1] = best_x, best_y


@kernel()
def nearest_place_on_floor(
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

    The nearest place by ``|dx| + |dy|`` is where two lines of `touching_lines` cross, so these are tried.
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
    count = touching_lines(i, boxes, obstacles, floor, lines)
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
                x, y = crossing(lines[a], lines[b])
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
                if is_place(i, boxes, obstacles, room, floor, p, q):
                    best, best_axes = distance, axes
                    best_x, best_y, best_z = x, y, z
    boxes[i, 0], boxes[i, 1], boxes[i, 2] = best_x, best_y, best_z
    if best < np.inf:
        even_out(i, x0, y0, boxes, obstacles, room, floor, p, q)
    return best < np.inf
