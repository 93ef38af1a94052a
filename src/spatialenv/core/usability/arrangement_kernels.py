"""Numba kernels of arrangements: how far boxes are from standing near, facing, aligned, around or symmetric.

Imported lazily by `spatialenv.core.arrangement`, which says what is measured; see `spatialenv.core.kernels` for what
all kernels keep to. Boxes and targets are rows ``x, y, z, length, width, height, cosine, sine`` and yaws stand beside
them. A wall is a box of no width on its line that looks into the room; a point has no size.
"""

from __future__ import annotations

import math

import numpy as np
from numba import boolean, float64, int64, types

from spatialenv.core.kernels import (
    COUNT1,
    IN1,
    IN2,
    MASK1,
    QUARTER_TURN,
    BoolArray,
    FloatArray,
    IntArray,
    footprint_gap,
    kernel,
    turn,
)

NEAR, FAR, FACE, ALIGNED, AGAINST, AROUND, CENTRED, SYMMETRIC = range(8)
"""Codes, in the order of `spatialenv.core.scene.ARRANGEMENTS`."""

_POINT = 1e-9
_SHARED = 1e-6


@kernel()
def _signed(angle: float) -> float:
    """Return the turn in (-pi, pi] that comes to the same as an angle."""
    rest = angle - math.tau * math.floor(angle / math.tau + 0.5)
    return math.pi if rest == -math.pi else rest


@kernel()
def _corner_distance(a: FloatArray, b: FloatArray) -> float:
    """Return the least distance from a corner of footprint `a` to footprint `b`."""
    best = np.inf
    for k in range(4):
        u = a[3] / 2 if k == 0 or k == 3 else -a[3] / 2
        v = a[4] / 2 if k < 2 else -a[4] / 2
        dx, dy = a[0] - b[0] + (a[6] * u - a[7] * v), a[1] - b[1] + (a[7] * u + a[6] * v)
        out_x = max(abs(b[6] * dx + b[7] * dy) - b[3] / 2, 0.0)
        out_y = max(abs(b[6] * dy - b[7] * dx) - b[4] / 2, 0.0)
        best = min(best, math.sqrt(out_x * out_x + out_y * out_y))
    return best


@kernel()
def footprint_distance(a: FloatArray, b: FloatArray) -> float:
    """Return the distance of two footprints, 0 where they touch or overlap.

    Two rectangles that are apart are nearest at a corner of one of them.
    """
    if footprint_gap(a, b) <= 0.0:
        return 0.0
    return float(min(_corner_distance(a, b), _corner_distance(b, a)))


@kernel(float64[::1](IN2, IN2))
def distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the distance of each footprint of `a` from that of `b`, shape ``(r,)``."""
    found = np.empty(a.shape[0])
    for k in range(a.shape[0]):
        found[k] = footprint_distance(a[k], b[k])
    return found


@kernel()
def _in_frame(box: FloatArray, frame: FloatArray) -> tuple[float, float]:
    """Return the centre of a box in a target's axes: to its right, and ahead of it."""
    dx, dy = box[0] - frame[0], box[1] - frame[1]
    return frame[6] * dx + frame[7] * dy, frame[6] * dy - frame[7] * dx


@kernel()
def _turn_to_face(box: FloatArray, yaw: float, target: FloatArray) -> float:
    """Return the smallest turn after which the ray from the centre along the front meets the target's footprint."""
    across, ahead = _in_frame(box, target)
    if abs(across) <= target[3] / 2 and abs(ahead) <= target[4] / 2:
        return 0.0
    dx, dy = box[0] - target[0], box[1] - target[1]
    direct = math.atan2(dx, -dy)
    least, most = np.inf, -np.inf
    for k in range(4):
        u = target[3] / 2 if k == 0 or k == 3 else -target[3] / 2
        v = target[4] / 2 if k < 2 else -target[4] / 2
        corner_x, corner_y = target[6] * u - target[7] * v - dx, target[7] * u + target[6] * v - dy
        side = _signed(math.atan2(-corner_x, corner_y) - direct)
        least, most = min(least, side), max(most, side)
    off = _signed(yaw - direct)
    if least <= off <= most:
        return 0.0
    first, last = _signed(least - off), _signed(most - off)
    return first if abs(first) <= abs(last) else last


@kernel(types.UniTuple(float64[::1], 2)(IN2, IN1, IN2, IN1, MASK1, COUNT1, float64, float64))
def alone(
    boxes: FloatArray,
    yaws: FloatArray,
    targets: FloatArray,
    target_yaws: FloatArray,
    is_wall: BoolArray,
    codes: IntArray,
    near: float,
    far: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the metres and the signed turn that each of ``r`` subjects is off; NaN where the yaw does not count.

    Of `AROUND` only the distance from the target is measured, of `AGAINST` only the turn, of `SYMMETRIC` how far the
    subject is from being its own mirror image.
    """
    r = codes.shape[0]
    metres, turns = np.zeros(r), np.full(r, np.nan)
    for k in range(r):
        code, box, target = codes[k], boxes[k], targets[k]
        across, ahead = _in_frame(box, target)
        if code in (NEAR, AROUND):
            metres[k] = max(0.0, footprint_distance(box, target) - near)
        elif code == FAR:
            metres[k] = max(0.0, far - footprint_distance(box, target))
        elif code == FACE:
            if is_wall[k]:
                turns[k] = _signed(target_yaws[k] + math.pi - yaws[k])
            else:
                turns[k] = _turn_to_face(box, yaws[k], target)
        elif code == ALIGNED:
            off = (target_yaws[k] - yaws[k]) / QUARTER_TURN
            turns[k] = (off - math.floor(off + 0.5)) * QUARTER_TURN
            metres[k] = 0.0 if is_wall[k] else min(abs(across), abs(ahead))
        elif code == AGAINST:
            turns[k] = _signed(target_yaws[k] - yaws[k])
        elif code == CENTRED:
            is_point = target[3] < _POINT and target[4] < _POINT
            metres[k] = math.sqrt(across * across + ahead * ahead) if is_point else abs(across)
        else:
            metres[k] = abs(across)
            turns[k] = _signed(2.0 * (target_yaws[k] - yaws[k])) / 2
    return metres, turns


@kernel()
def _ring(members: IntArray, boxes: FloatArray, targets: FloatArray, off: FloatArray) -> None:
    """Write by how many radians each member of a ring is past its even place, seen from the target's centre.

    The even places are those that are nearest to the members in the least squares, taken in the members' order.
    """
    n = members.shape[0]
    angles, radii, order = np.empty(n), np.empty(n), np.arange(n)
    for i in range(n):
        across, ahead = _in_frame(boxes[members[i]], targets[members[i]])
        angles[i] = math.atan2(ahead, across)
        radii[i] = across * across + ahead * ahead
    for i in range(1, n):  # insertion sort: rings are small
        here, at = order[i], i
        while at > 0 and (
            angles[order[at - 1]] > angles[here]
            or (angles[order[at - 1]] == angles[here] and radii[order[at - 1]] > radii[here])
        ):
            order[at] = order[at - 1]
            at -= 1
        order[at] = here
    mean = 0.0
    for rank in range(n):
        mean += (angles[order[rank]] - rank * math.tau / n) / n
    for rank in range(n):
        off[members[order[rank]]] = angles[order[rank]] - rank * math.tau / n - mean


@kernel()
def _mirror_distance(i: int, j: int, boxes: FloatArray, targets: FloatArray) -> float:
    """Return how far the mirror image of box `i` over its target's front-back axis is from box `j`."""
    across, ahead = _in_frame(boxes[i], targets[i])
    there_across, there_ahead = _in_frame(boxes[j], targets[i])
    return math.sqrt((across + there_across) ** 2 + (ahead - there_ahead) ** 2)


@kernel()
def _pairs(members: IntArray, boxes: FloatArray, targets: FloatArray, partners: IntArray) -> None:
    """Pair the members off, those whose mirror images are nearest first; one left over is its own partner."""
    n = members.shape[0]
    waiting = np.ones(n, dtype=np.bool_)
    for _ in range(n // 2):
        best, first, second = np.inf, -1, -1
        for i in range(n):
            for j in range(i + 1, n):
                if waiting[i] and waiting[j]:
                    distance = _mirror_distance(members[i], members[j], boxes, targets)
                    if first < 0 or distance < best:
                        best, first, second = distance, i, j
        waiting[first] = waiting[second] = False
        partners[members[first]], partners[members[second]] = members[second], members[first]


@kernel(
    types.Tuple((float64[::1], int64[::1]))(IN2, IN1, IN2, IN1, COUNT1, COUNT1, float64[::1], float64[::1], float64)
)
def together(
    boxes: FloatArray,
    yaws: FloatArray,
    targets: FloatArray,
    target_yaws: FloatArray,
    codes: IntArray,
    groups: IntArray,
    metres: FloatArray,
    turns: FloatArray,
    least_radius: float,
) -> tuple[FloatArray, IntArray]:
    """Finish `metres` and `turns` of those that stand around the same target, or mirror each other over it.

    Args:
        boxes: Shape ``(r, 8)``; `yaws`, `targets`, `target_yaws`, `codes`, `metres` and `turns` as in `alone`.
        yaws: Shape ``(r,)``.
        targets: Shape ``(r, 8)``.
        target_yaws: Shape ``(r,)``.
        codes: Shape ``(r,)``.
        groups: Number of the group of each, -1 for none; shape ``(r,)``. Members of a group need not be neighbours.
        metres: Changed.
        turns: Changed.
        least_radius: Metres from the target's centre below which an angle counts as at that distance.

    Returns:
        By how many radians each is past its even place in its ring, else 0, and the partner of each, itself where it
        has none; both of shape ``(r,)``.
    """
    r = codes.shape[0]
    off, partners = np.zeros(r), np.arange(r)
    order = np.argsort(groups, kind="mergesort")
    start = 0
    while start < r:
        end = start + 1
        while end < r and groups[order[end]] == groups[order[start]]:
            end += 1
        members = order[start:end]
        start = end
        if groups[members[0]] < 0:
            continue
        n = members.shape[0]
        if codes[members[0]] == AROUND:
            _ring(members, boxes, targets, off)
            allowed = math.tau / n / 4
            for k in members:
                across, ahead = _in_frame(boxes[k], targets[k])
                radius = max(math.sqrt(across * across + ahead * ahead), least_radius)
                arc = radius * max(0.0, abs(off[k]) - allowed)
                metres[k] = math.sqrt(metres[k] * metres[k] + arc * arc)
        else:
            _pairs(members, boxes, targets, partners)
            for k in members:
                if partners[k] != k:
                    metres[k] = _mirror_distance(k, partners[k], boxes, targets)
                    turns[k] = _signed(2.0 * target_yaws[k] - yaws[partners[k]] - yaws[k])
    return off, partners


@kernel(boolean[::1](IN2, IN1, float64, IN2))
def collide(places: FloatArray, size: FloatArray, yaw: float, others: FloatArray) -> BoolArray:
    """Return whether a box, put at each place ``(q, 3)``, shares space with one of the other boxes, shape ``(q,)``."""
    found = np.zeros(places.shape[0], dtype=np.bool_)
    box = np.zeros(8)
    box[3:6] = size
    box[6], box[7] = turn(yaw)
    for k in range(places.shape[0]):
        box[:3] = places[k]
        for j in range(others.shape[0]):
            level = (size[2] + others[j, 5]) / 2 - abs(box[2] - others[j, 2])
            if level > _SHARED and footprint_gap(box, others[j]) < -_SHARED:
                found[k] = True
                break
    return found


@kernel(float64[:, ::1](IN2, IN1))
def rows(boxes: FloatArray, yaws: FloatArray) -> FloatArray:
    """Return boxes ``x, y, length, width`` and their yaws as rows ``(r, 8)``."""
    found = np.zeros((yaws.shape[0], 8))
    for k in range(yaws.shape[0]):
        found[k, 0], found[k, 1], found[k, 3], found[k, 4] = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        found[k, 6], found[k, 7] = turn(yaws[k])
    return found
