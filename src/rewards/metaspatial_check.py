"""MetaSpatial's check of collisions and constraints, as published, for placed scenes.

The definition is that of the code published with MetaSpatial (which takes the check over from IDesign),
its peculiarities included: an adjacent relation is met only at the very same double, one met relation
is enough for an object, pairs are counted among objects and room elements alike. Arithmetic is in
doubles, in the published order, so that results agree to the last bit. `spatialenv.core.relations` is
the geometry that mends these; this module exists to compare with published numbers. It knows the prepositions that were
published: other relations are passed over, and an object that has no published one counts as one without relations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import REGION_PREPOSITIONS, Relation

_NEAR = 1e-3
_THIN = 40.0

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MetaSpatialCheck:
    """What the published check says of a layout.

    Attributes:
        collision_ratio: Colliding pairs over all pairs of entries (objects and six room elements).
        constraint_ratio: Violating objects over objects; 0 without objects.
        colliding_pairs: Names of each pair, in order.
        violating_objects: Ids, in order.
    """

    collision_ratio: float
    constraint_ratio: float
    colliding_pairs: tuple[tuple[str, str], ...]
    violating_objects: tuple[str, ...]


class _Entry(NamedTuple):
    name: str
    center: tuple[float, float, float]
    size: tuple[float, float, float]
    angle: float
    on_floor: bool = False

    @property
    def turned(self) -> tuple[float, float]:
        """Length and width, swapped when the angle is 90 or 270."""
        length, width, _ = self.size
        return (width, length) if self.angle in (90.0, 270.0) else (length, width)


def check(placed: Sequence[PlacedScene]) -> list[MetaSpatialCheck]:
    """Return what the published check says of each layout.

    Objects that are not placed count among the objects and violate or collide with nothing. A yaw
    that is not a quarter turn does not swap length and width, and counts as the nearest quarter turn
    where a direction is asked for.
    """
    objects = [_objects(scene) for scene in placed]
    entries = [[*own, *_elements(scene.room)] for own, scene in zip(objects, placed, strict=True)]
    checks = []
    for scene, own, all_entries, pairs in zip(placed, objects, entries, _colliding_pairs(entries), strict=True):
        by_name = {entry.name: entry for entry in all_entries}
        violating = tuple(
            entry.name
            for entry, item in zip(own, scene.objects, strict=True)
            if not _is_met(entry, item.relations, by_name, scene.room)
        )
        n = len(scene.scene.objects)
        m = n + 6
        checks.append(
            MetaSpatialCheck(len(pairs) / (m * (m - 1) / 2), len(violating) / n if n else 0.0, pairs, violating)
        )
    return checks


def z_angle(yaw: float) -> float:
    """Return the compass bearing in degrees [0, 360) of a yaw in radians, exact within 1e-6 of a quarter turn.

    Example:
        >>> z_angle(math.pi / 2)
        270.0
    """
    angle = -math.degrees(yaw) % 360.0
    quarter = round(angle / 90.0) * 90.0
    return quarter % 360.0 if abs(angle - quarter) <= 1e-6 else angle


def _objects(placed: PlacedScene) -> list[_Entry]:
    rows = zip(placed.objects, placed.centers.tolist(), placed.yaws.tolist(), strict=True)
    return [_Entry(item.id, (x, y, z), item.size, z_angle(yaw), item.on_floor) for item, (x, y, z), yaw in rows]


def _elements(room: Room) -> list[_Entry]:
    x, y, z = room.length, room.width, room.height
    return [
        _Entry("south_wall", (x / 2, 0.0, z / 2), (x, 0.0, z), 0.0),
        _Entry("north_wall", (x / 2, y, z / 2), (x, 0.0, z), 180.0),
        _Entry("east_wall", (x, y / 2, z / 2), (y, 0.0, z), 270.0),
        _Entry("west_wall", (0.0, y / 2, z / 2), (y, 0.0, z), 90.0),
        _Entry("middle of the room", (x / 2, y / 2, 0.0), (x, y, 0.0), 0.0),
        _Entry("ceiling", (x / 2, y / 2, z), (x, y, 0.0), 0.0),
    ]


def _colliding_pairs(scenes: Sequence[list[_Entry]]) -> list[tuple[tuple[str, str], ...]]:
    """Return the colliding pairs of each scene; padding is NaN, which overlaps with nothing."""
    b, m = len(scenes), max((len(entries) for entries in scenes), default=0)
    centers, sizes, angles = np.full((b, m, 3), np.nan), np.full((b, m, 3), np.nan), np.full((b, m), np.nan)
    for row, entries in enumerate(scenes):
        centers[row, : len(entries)] = [entry.center for entry in entries]
        sizes[row, : len(entries)] = [entry.size for entry in entries]
        angles[row, : len(entries)] = [entry.angle for entry in entries]
    smallest = sizes.min(axis=2)
    solid: BoolArray = (smallest <= 0.0) | (sizes.max(axis=2) / np.where(smallest > 0.0, smallest, 1.0) < _THIN)
    swapped = np.isclose(angles, 90.0) | np.isclose(angles, 270.0)
    sizes[swapped, :2] = sizes[swapped, 1::-1]
    low: FloatArray = centers - sizes / 2
    high: FloatArray = centers + sizes / 2
    low_a, high_a, low_b, high_b = low[:, :, None], high[:, :, None], low[:, None], high[:, None]
    overlap = (low_a < high_b) & (high_a > low_b) & (abs(low_a - high_b) > _NEAR) & (abs(high_a - low_b) > _NEAR)
    collide = np.triu(overlap.all(axis=3) & solid[:, :, None] & solid[:, None], k=1)
    pairs: list[list[tuple[str, str]]] = [[] for _ in scenes]
    for row, i, j in np.argwhere(collide).tolist():
        pairs[row].append((scenes[row][i].name, scenes[row][j].name))
    return [tuple(found) for found in pairs]


def _is_met(entry: _Entry, relations: tuple[Relation, ...], by_name: Mapping[str, _Entry], room: Room) -> bool:
    for relation in relations:
        target = by_name.get(relation.target)
        if target is None or relation.preposition not in REGION_PREPOSITIONS:
            continue
        region = _region(entry, target, relation, room)
        if region is not None and all(
            low <= value <= high for (low, high), value in zip(region, entry.center, strict=True)
        ):
            return True
    return False


def _region(a: _Entry, b: _Entry, relation: Relation, room: Room) -> tuple[Interval, Interval, Interval] | None:
    preposition = relation.preposition
    if preposition == "on":
        return _on(a, b, room)
    if preposition == "under":
        return _under(a, b, room)
    if preposition == "above":
        return _above(a, b, room)
    if preposition == "in the corner":
        return _in_the_corner(a, b)
    return _beside(a, b, preposition, relation.is_adjacent, room)


def _on(a: _Entry, b: _Entry, room: Room) -> tuple[Interval, Interval, Interval]:
    (la, wa), (lb, wb), ha, hb = a.turned, b.turned, a.size[2], b.size[2]
    bx, by, bz = b.center
    x = (bx - lb / 2 + la / 2, bx + lb / 2 - la / 2)
    y = (by - wb / 2 + wa / 2, by + wb / 2 - wa / 2)
    z_value = ha / 2 if a.on_floor else bz + hb / 2 + ha / 2
    z = (z_value, z_value)
    if b.name == "ceiling":
        z = (bz - hb / 2 - ha / 2, bz - hb / 2 - ha / 2)
    elif b.name.endswith("_wall"):
        z = (ha / 2, ha / 2) if a.on_floor else (bz - hb / 2 + ha / 2, bz + hb / 2 - ha / 2)
        across = {
            "west_wall": bx + lb / 2 + la / 2,
            "east_wall": bx - lb / 2 - la / 2,
            "north_wall": by - wb / 2 - wa / 2,
            "south_wall": by + wb / 2 + wa / 2,
        }[b.name]
        if b.name in ("west_wall", "east_wall"):
            x = (across, across)
        else:
            y = (across, across)
    return _clamped(x, la, room.length), _clamped(y, wa, room.width), _clamped(z, ha, room.height)


def _under(a: _Entry, b: _Entry, room: Room) -> tuple[Interval, Interval, Interval]:
    (la, wa), (lb, wb), ha, hb = a.turned, b.turned, a.size[2], b.size[2]
    bx, by, bz = b.center
    x = (bx - lb / 2 - la / 2, bx + lb / 2 + la / 2)
    y = (by - wb / 2 - wa / 2, by + wb / 2 + wa / 2)
    z = (ha / 2, ha / 2 if a.on_floor else bz - hb / 2 - ha / 2)
    return _clamped(x, la, room.length), _clamped(y, wa, room.width), _clamped(z, ha, room.height)


def _above(a: _Entry, b: _Entry, room: Room) -> tuple[Interval, Interval, Interval]:
    (la, wa), ha, (lb, wb, hb) = a.turned, a.size[2], b.size
    ex, ey = (lb, wb) if b.angle in (0.0, 180.0) else (wb, lb)
    bx, by, bz = b.center
    x = (bx - ex / 2 - la / 2, bx + ex / 2 + la / 2)
    y = (by - ey / 2 - wa / 2, by + ey / 2 + wa / 2)
    z = (ha / 2, ha / 2)
    if not a.on_floor:
        z = (max(ha / 2, min(bz + hb / 2 + ha / 2, room.height - ha / 2)), room.height)
    return _clamped(x, la, room.length), _clamped(y, wa, room.width), z


def _beside(
    a: _Entry, b: _Entry, preposition: str, is_adjacent: bool, room: Room
) -> tuple[Interval, Interval, Interval]:
    turns = ("in front", "right of", "behind", "left of").index(preposition)
    direction = (turns + round(b.angle / 90.0)) % 4
    depth, lat = (b.size[1], b.size[0]) if turns % 2 == 0 else (b.size[0], b.size[1])
    axis = 1 if direction % 2 == 0 else 0
    extents, limits = a.turned, (room.length, room.width)
    s, limit = extents[axis], limits[axis]
    if direction in (0, 1):
        v = b.center[axis] + depth / 2 + s / 2
        along = (v, v if is_adjacent else limit - s / 2)
    else:
        v = b.center[axis] - depth / 2 - s / 2
        along = (v if is_adjacent else s / 2, v)
    other = 1 - axis
    e = extents[other] / 2 if is_adjacent else -1 / 2
    across = (b.center[other] - lat / 2 + e, b.center[other] + lat / 2 - e)
    ha, hb = a.size[2], b.size[2]
    z = (ha / 2, ha / 2) if a.on_floor else (b.center[2] - hb / 2 + ha / 2, room.height - ha / 2)
    along, across = _clamped(along, s, limit), _clamped(across, extents[other], limits[other])
    return (along, across, z) if axis == 0 else (across, along, z)


def _in_the_corner(a: _Entry, b: _Entry) -> tuple[Interval, Interval, Interval] | None:
    (la, wa), ha, (lb, wb, hb) = a.turned, a.size[2], b.size
    bx, by, bz = b.center
    if b.angle in (0.0, 180.0):
        x = (bx - lb / 2 + la / 2, bx + lb / 2 - la / 2)
        value = by + wb / 2 + wa / 2 if b.angle == 0.0 else by - wb / 2 - wa / 2
        y = (value, value)
    elif b.angle in (90.0, 270.0):
        value = bx + wb / 2 + la / 2 if b.angle == 90.0 else bx - wb / 2 - la / 2
        x = (value, value)
        y = (by - lb / 2 + wa / 2, by + lb / 2 - wa / 2)
    else:
        return None
    z_value = ha / 2 if a.on_floor else bz - hb / 2 + ha / 2
    return x, y, (z_value, z_value)


def _clamped(interval: Interval, size: float, limit: float) -> Interval:
    low, high = min(interval), max(interval)
    return max(low, size / 2), max(size / 2, min(high, limit - size / 2))
