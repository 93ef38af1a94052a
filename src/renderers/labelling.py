"""Where labels go: a compiled greedy search that keeps them apart and near what they name."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

DIRECTIONS = 24
"""Directions around an anchor in which a label is tried."""

RINGS = np.array([1.0, 4.0, 9.0, 16.0, 26.0, 40.0, 60.0, 90.0, 130.0])
"""Distances of a label from its anchor that are tried, in units of a tenth of its height."""


@njit(cache=True, nogil=True)
def place_rectangles(anchors, boxes, fronts, extents, taken, width, height, gap):  # type: ignore[no-untyped-def]
    """Place one rectangle for each anchor so that none meets another or leaves the picture.

    Small objects choose first. A place costs its distance from the anchor, what it hides of the
    objects, and labels that its leader would cross.

    Args:
        anchors: Points that are named, ``(n, 2)``, pixels.
        boxes: What is seen of each object ``(left, top, right, bottom)``, ``(n, 4)``.
        fronts: Points that should stay bare, ``(k, 2)``; NaN for none.
        extents: Size ``(width, height)`` of each label in whole pixels, ``(n, 2)`` int64.
        taken: Rectangles already in use, ``(k, 4)``.
        width: Width of the picture.
        height: Height of the picture.
        gap: Least distance between rectangles in pixels.

    Returns:
        ``(left, top, right, bottom)`` of each label, ``(n, 4)`` int64; -1 where no place was left.
    """
    n = len(anchors)
    placed = np.full((n, 4), -1, np.int64)
    used = np.empty((len(taken) + n, 4))
    used[: len(taken)] = taken
    count = len(taken)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.argsort(areas, kind="mergesort")
    for index in order:
        w, h = extents[index]
        if w + 2 > width or h + 2 > height:
            continue
        best = 1e30
        best_left, best_top = -1, -1
        x, y = anchors[index]
        for ring in range(len(RINGS) + 1):
            for direction in range(DIRECTIONS if ring else 1):
                if ring == 0:
                    middle_x, middle_y = x, y
                else:
                    angle = 2 * math.pi * direction / DIRECTIONS
                    away = RINGS[ring - 1] * h / 10
                    middle_x = x + math.cos(angle) * (w / 2 + away)
                    middle_y = y + math.sin(angle) * (h / 2 + away)
                left = min(max(round(middle_x - w / 2), 1), width - 1 - w)
                top = min(max(round(middle_y - h / 2), 1), height - 1 - h)
                cost = _cost(left, top, w, h, index, anchors, boxes, fronts, areas, used, count, gap, best)
                if cost < best:
                    best, best_left, best_top = cost, left, top
        if best_left < 0:
            for top in range(1, height - h, max(h // 3, 1)):
                for left in range(1, width - w, max(w // 6, 1)):
                    cost = _cost(left, top, w, h, index, anchors, boxes, fronts, areas, used, count, gap, best)
                    if cost < best:
                        best, best_left, best_top = cost, left, top
        if best_left >= 0:
            placed[index] = (best_left, best_top, best_left + w, best_top + h)
            used[count] = placed[index]
            count += 1
    return placed


@njit(cache=True, nogil=True)
def _cost(left, top, w, h, index, anchors, boxes, fronts, areas, used, count, gap, best):  # type: ignore[no-untyped-def]
    right, bottom = left + w, top + h
    x, y = anchors[index]
    near_x, near_y = min(max(x, left), right), min(max(y, top), bottom)
    away = math.hypot(near_x - x, near_y - y)
    cost = away
    if cost >= best:
        return 1e30
    for i in range(count):
        if (
            left < used[i, 2] + gap
            and right > used[i, 0] - gap
            and top < used[i, 3] + gap
            and bottom > used[i, 1] - gap
        ):
            return 1e30
    for i in range(len(anchors)):
        shared = (min(right, boxes[i, 2]) - max(left, boxes[i, 0])) * (min(bottom, boxes[i, 3]) - max(top, boxes[i, 1]))
        if min(right, boxes[i, 2]) > max(left, boxes[i, 0]) and min(bottom, boxes[i, 3]) > max(top, boxes[i, 1]):
            # Hiding a corner of something large is nothing; hiding something small is everything.
            cost += (1.0 if i == index else 2.0) * h * shared / max(areas[i], 1.0)
        if i != index and left - 2 < anchors[i, 0] < right + 2 and top - 2 < anchors[i, 1] < bottom + 2:
            cost += 4.0 * h
    for i in range(len(fronts)):
        if left - 2 < fronts[i, 0] < right + 2 and top - 2 < fronts[i, 1] < bottom + 2:
            cost += 1.5 * h
    if away > 0:
        for i in range(count):
            for step in range(1, 8):
                px, py = x + (near_x - x) * step / 8, y + (near_y - y) * step / 8
                if used[i, 0] <= px <= used[i, 2] and used[i, 1] <= py <= used[i, 3]:
                    cost += 3.0 * h
                    break
    return cost
