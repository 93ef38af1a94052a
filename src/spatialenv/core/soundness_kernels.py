"""Numba kernel of the parts of `physics`: one pass over each of many scenes, with the kernels of each part.

Imported lazily by `spatialenv.core.packed`; see `spatialenv.core.kernels` for what all kernels keep to.
"""

from __future__ import annotations

import math

import numpy as np
from numba import boolean, float64, int64, types

from spatialenv.core.kernels import (
    CORNERS,
    COUNT1,
    FLOOR_CORNERS,
    IN1,
    IN2,
    IN3,
    MASK1,
    BoolArray,
    FloatArray,
    IntArray,
    crossing_area,
    footprint_gap,
    inside_volume,
    kernel,
    row,
    shared_height,
    turn,
)
from spatialenv.core.near_kernels import FEW, find_near, half_sides
from spatialenv.core.relation_kernels import MAX_REGIONS, closeness, offset, region, spans
from spatialenv.core.support_kernels import find_support, floor_gap, rise_of_floor, support_score

COUNT2 = types.Array(int64, 2, "C", readonly=True)

_LANES = 8
_BLOCK = 128


@kernel()
def _lane_sum(
    places: IntArray, values: FloatArray, start: int, first: int, count: int, lanes: FloatArray
) -> tuple[float, int]:
    """Return the sum of what is at places from `first` on, up to `count` of them, and where the rest starts."""
    lanes[:] = 0.0
    in_lanes = first + count - count % _LANES
    k = start
    while k < len(places) and places[k] < in_lanes:
        lanes[(places[k] - first) % _LANES] += values[k]
        k += 1
    total = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    while k < len(places) and places[k] < first + count:
        total += values[k]
        k += 1
    return total, k


@kernel()
def ordered_sum(places: IntArray, values: FloatArray, length: int) -> float:
    """Return the sum of a row of numbers, of which only these are not 0, as NumPy rounds it.

    `places` are ascending. NumPy adds up in eight lanes, and the two halves of what is longer than 128 by themselves.
    """
    lanes = np.empty(_LANES)
    if length <= _BLOCK:
        return float(_lane_sum(places, values, 0, 0, length, lanes)[0])
    tasks, sums = np.empty((64, 3), dtype=np.int64), np.empty(64)
    tasks[0] = 0
    tasks[0, 1] = length
    waiting, done, k = 1, 0, 0
    while waiting > 0:
        waiting -= 1
        first, count, is_split = tasks[waiting]
        if is_split:
            done -= 1
            sums[done - 1] += sums[done]
        elif count <= _BLOCK:
            sums[done], k = _lane_sum(places, values, k, first, count, lanes)
            done += 1
        else:
            half = count // 2
            half -= half % _LANES
            for step, (begin, size, split) in enumerate(
                ((first, count, 1), (first + half, count - half, 0), (first, half, 0))
            ):
                tasks[waiting + step, 0], tasks[waiting + step, 1], tasks[waiting + step, 2] = begin, size, split
            waiting += 3
    return float(sums[0])


@kernel()
def _share_volumes(
    boxes: FloatArray,
    is_flat: BoolArray,
    count: int,
    partners: IntArray,
    starts: IntArray,
    lengths: IntArray,
    volumes: FloatArray,
    seen: IntArray,
    totals: FloatArray,
    p: FloatArray,
    q: FloatArray,
) -> None:
    """Write the volume that each box shares with all others into `totals`; rugs that lie flat share none.

    `volumes` takes what each shares with each of its `partners`.
    """
    seen[:count] = 0
    totals[:count] = 0.0
    for i in range(count):
        box = row(boxes, i)
        for k in range(starts[i] + seen[i], starts[i] + lengths[i]):
            j = partners[k]
            volume = 0.0
            if not is_flat[i] and not is_flat[j]:
                other = row(boxes, j)
                height = shared_height(box, other)
                if height > 0.0 and footprint_gap(box, other) < 0.0:
                    volume = height * crossing_area(box, other, p, q)
                    totals[i] += volume
                    totals[j] += volume
            volumes[k] = volume
            # Boxes are taken in ascending order, so this one is the next in the ascending list of the other.
            volumes[starts[j] + seen[j]] = volume
            seen[j] += 1
    if count < _LANES:
        return
    for i in range(count):
        # Sums of one or two numbers are the same in any order.
        if lengths[i] > 2 and totals[i] > 0.0:
            end = starts[i] + lengths[i]
            totals[i] = ordered_sum(partners[starts[i] : end], volumes[starts[i] : end], count)


@kernel()
def _meet_relations(
    slots: IntArray,
    boxes: FloatArray,
    yaws: FloatArray,
    on_floor: BoolArray,
    is_flat: BoolArray,
    count: int,
    room: FloatArray,
    relations: IntArray,
    relation_walls: FloatArray,
    extents: FloatArray,
    quarters: IntArray,
    scores: FloatArray,
    counts: FloatArray,
    lows: FloatArray,
    highs: FloatArray,
) -> int:
    """Write the mean score of each box's relations into `scores`, 1 without any; return how many are met."""
    met, limits = 0, (room[0], room[1], room[2])
    for i in range(count):
        scores[i], counts[i] = 0.0, 0.0
        extents[i, 0], extents[i, 1], quarters[i] = spans(boxes[i, 3], boxes[i, 4], yaws[i])
    for r in range(relations.shape[0]):
        i = slots[relations[r, 0]]
        if i < 0:
            continue
        counts[i] += 1.0
        target = relations[r, 1]
        if target >= 0:
            target = slots[target]
            if target < 0:
                continue
        j = max(target, 0)
        box, other = row(boxes, i), row(boxes, j)
        used, _, c, s = region(
            (box[3], box[4], box[5]), on_floor[i], (extents[i, 0], extents[i, 1]), yaws[i],
            (other[0], other[1], other[2]), (other[3], other[4], other[5]), is_flat[j],
            (extents[j, 0], extents[j, 1]), quarters[j], limits, relation_walls[r], target, relations[r, 2],
            relations[r, 3] != 0, lows, highs,
        )  # fmt: skip
        x, y, z = offset((box[0], box[1], box[2]), lows, highs, used, c, s)
        score = closeness(math.sqrt(x * x + y * y + z * z))
        scores[i] += score
        if score >= 1.0:
            met += 1
    for i in range(count):
        scores[i] = scores[i] / counts[i] if counts[i] > 0.0 else 1.0
    return met


VOLUME, SHARED, INSIDE, SUPPORT, CONSTRAINT = range(5)
"""Planes of the result: m3 of each box, m3 it shares with others, m3 inside the room, two scores."""

UNSUPPORTED, MET = range(2)
"""Columns of the counts: boxes that do not rest, relations that are met."""


@kernel(
    types.Tuple((float64[:, :, ::1], int64[:, ::1]))(
        COUNT1, COUNT2, IN3, IN2, COUNT1, IN2, IN1, MASK1, MASK1, IN2, COUNT1, IN2, COUNT1, IN2, COUNT1, MASK1,
        COUNT1, COUNT2, IN2, boolean, boolean, boolean, boolean,
    )
)  # fmt: skip
def soundness(
    rows: IntArray,
    members: IntArray,
    centers: FloatArray,
    yaws: FloatArray,
    object_starts: IntArray,
    sizes: FloatArray,
    own_volumes: FloatArray,
    stand: BoolArray,
    lie: BoolArray,
    rooms: FloatArray,
    floor_starts: IntArray,
    floors: FloatArray,
    wall_starts: IntArray,
    walls: FloatArray,
    mount_starts: IntArray,
    mounts: BoolArray,
    relation_starts: IntArray,
    relations: IntArray,
    relation_walls: FloatArray,
    with_collision: bool,
    with_boundary: bool,
    with_support: bool,
    with_constraint: bool,
) -> tuple[FloatArray, IntArray]:
    """Return what is wrong with each box of ``b`` layouts, ``(5, b, n)``, and counts of each layout, ``(b, 2)``.

    The first arguments are of layouts: the scene of each, ``(b,)``; which of its objects each column holds, or -1,
    ``(b, n)``; centres and yaws. The others are tables of scenes, each with where a scene's part begins, as
    `spatialenv.core.packed.pack` makes them. Planes that are not asked for hold 1, as
    empty columns do, but for the shared volume, which there is 0.
    """
    batch, width = members.shape
    found = np.ones((5, batch, width))
    found[SHARED] = 0.0
    counted = np.zeros((batch, 2), dtype=np.int64)
    objects = 0
    for k in range(object_starts.shape[0] - 1):
        objects = max(objects, object_starts[k + 1] - object_starts[k])
    slots = np.empty(objects, dtype=np.int64)
    columns, own = np.empty(width, dtype=np.int64), np.empty(width, dtype=np.int64)
    boxes, halves, turned = np.empty((width, 8)), np.empty((width, 2)), np.empty(width)
    on_floor, is_flat = np.empty(width, dtype=np.bool_), np.empty(width, dtype=np.bool_)
    starts, lengths = np.empty(width, dtype=np.int64), np.empty(width, dtype=np.int64)
    few = np.empty(min(width, FEW) ** 2, dtype=np.int64)
    volumes, seen, totals = np.empty(len(few)), np.empty(width, dtype=np.int64), np.empty(width)
    p, q = np.empty((FLOOR_CORNERS, 2)), np.empty((FLOOR_CORNERS, 2))
    hung, standing = np.empty(7), np.empty(7)
    points, hull = np.empty((CORNERS * (width + 1), 2)), np.empty((2 * CORNERS * (width + 1), 2))
    extents, quarters, counts = np.empty((width, 2)), np.empty(width, dtype=np.int64), np.empty(width)
    lows, highs = np.empty((MAX_REGIONS, 3)), np.empty((MAX_REGIONS, 3))
    for k in range(batch):
        scene = rows[k]
        first = object_starts[scene]
        slots[: object_starts[scene + 1] - first] = -1
        count = 0
        for column in range(width):
            member = members[k, column]
            if member < 0:
                continue
            slots[member], columns[count], own[count] = count, column, member
            on_floor[count], is_flat[count] = stand[first + member], lie[first + member]
            turned[count] = yaws[k, column]
            for axis in range(3):
                boxes[count, axis] = centers[k, column, axis]
                boxes[count, 3 + axis] = sizes[first + member, axis]
            boxes[count, 6], boxes[count, 7] = turn(turned[count])
            found[VOLUME, k, column] = own_volumes[first + member]
            count += 1
        room = rooms[scene]
        limits = (room[0], room[1], room[2])
        partners = few
        if with_collision or with_support:
            half_sides(boxes, count, halves)
            partners = find_near(boxes, count, halves, starts, lengths, few)
        if with_collision:
            if len(volumes) < len(partners):
                volumes = np.empty(len(partners))
            _share_volumes(boxes, is_flat, count, partners, starts, lengths, volumes, seen, totals, p, q)
            for i in range(count):
                found[SHARED, k, columns[i]] = totals[i]
        if with_boundary:
            floor = floors[floor_starts[scene] : floor_starts[scene + 1]]
            for i in range(count):
                found[INSIDE, k, columns[i]] = inside_volume(row(boxes, i), limits, floor, p, q)
        if with_support:
            wall = walls[wall_starts[scene] : wall_starts[scene + 1]]
            wide = wall.shape[0] + 1 if wall.shape[0] > 0 else 5
            for i in range(count):
                near = partners[starts[i] : starts[i] + lengths[i]]
                if on_floor[i]:
                    bottom = boxes[i, 2] - boxes[i, 5] / 2
                    rise = rise_of_floor(i, boxes, near, is_flat, p, q) if bottom > 0.0 else 0.0
                    hung[0] = support_score(floor_gap(bottom, rise), 0.0)
                else:
                    at = mount_starts[scene] + own[i] * wide
                    mount = mounts[at : at + wide]
                    find_support(i, boxes, near, mount, room, wall, hung, standing, points, hull, p, q)
                found[SUPPORT, k, columns[i]] = hung[0]
                counted[k, UNSUPPORTED] += hung[0] < 1.0
        if with_constraint:
            start, end = relation_starts[scene], relation_starts[scene + 1]
            counted[k, MET] = _meet_relations(
                slots, boxes, turned, on_floor, is_flat, count, room, relations[start:end], relation_walls[start:end],
                extents, quarters, totals, counts, lows, highs,
            )  # fmt: skip
            for i in range(count):
                found[CONSTRAINT, k, columns[i]] = totals[i]
    return found, counted
