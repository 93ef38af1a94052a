"""A witness in a room of any shape with doors and windows, of objects that stand at any angle."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from spatialenv.core.facing import signed_turn
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Point, Room, Wall
from spatialenv.core.scene import Relation, SceneObject
from spatialenv.tasks.choosing import beside_relations, choose_relations
from spatialenv.tasks.furniture import Category, load_furniture
from spatialenv.tasks.packed import packed_places
from spatialenv.tasks.turned import TurnedBox

_SQUARE = math.radians(3.0)

T = TypeVar("T")
Found = tuple[tuple[SceneObject, ...], Layout]

_RESTARTS = 12
_TRIES = 30
_DIGITS = 4
_CLEARANCE = 3e-4
"""Metres left where surfaces meet at an angle that rounded positions cannot meet exactly."""


class Placing:
    """Objects placed so far; each new one tries random places of the kind that suits it.

    Args:
        rng: Decides everything.
        room: The room; what its doors and windows need is kept free.
        yaw: As in `ProceduralConfig`.
        grid: Step of the grid that centres lie on (x and y), or None.
        is_beside: Whether objects are often put beside others.
        is_packed: Whether each is put flush with walls and others along both axes, so that much fits.
    """

    def __init__(
        self,
        rng: random.Random,
        room: Room,
        yaw: Literal["zero", "quarter", "free"],
        grid: float | None,
        is_beside: bool,
        is_packed: bool,
    ) -> None:
        self.rng = rng
        self.room = room
        self.yaw = yaw
        self.grid = grid
        self.is_beside = is_beside
        self.is_packed = is_packed
        self.zones = blocked_boxes(room)
        self.items: list[SceneObject] = []
        self.boxes: list[TurnedBox] = []
        self.hosts: dict[str, str] = {}

    def add_all(self, objects: Sequence[SceneObject]) -> bool:
        """Place all objects; False when there was no free place for one."""
        return all(self.add(item) for item in objects)

    def add(self, item: SceneObject) -> bool:
        """Place `item`; False when no free place was met."""
        category = load_furniture().known[item.category]
        for _ in range(1 if self.is_packed and category.on_floor else _TRIES):
            found = self._propose(item, category)
            if found is not None and self._is_free(found[0]):
                self.items.append(item)
                self.boxes.append(found[0])
                if found[1] is not None:
                    self.hosts[item.id] = found[1]
                return True
        return False

    def layout(self, has_yaws: bool) -> Layout:
        """Return the layout, with yaws or without."""
        return Layout(
            tuple(
                (item.id, Pose(*box.center, box.yaw if has_yaws else None))
                for item, box in zip(self.items, self.boxes, strict=True)
            )
        )

    def touched_walls(self, index: int) -> list[str]:
        """Return the walls that an object has a corner at, in the room's order."""
        footprint = self.boxes[index].footprint
        return [
            wall.name
            for wall in self.room.wall_lines
            if any(
                _depth(wall, corner) < 2 * _CLEARANCE and -1e-6 <= _along(wall, corner) <= wall.length + 1e-6
                for corner in footprint
            )
        ]

    def _is_free(self, box: TurnedBox) -> bool:
        return (
            self._is_on_grid(box)
            and box.is_inside(self.room)
            and not any(box.overlaps(zone) for zone in self.zones)
            and not any(box.overlaps(other) for other in self.boxes)
        )

    def _propose(self, item: SceneObject, category: Category) -> tuple[TurnedBox, str | None] | None:
        """Return a box and what bears it, or None when nothing can."""
        if category.stands_on == ("wall",):
            wall = self._pick(self._walls())
            height = round(self.room.height * (0.5 + 0.2 * self.rng.random()), 2)
            return self._against(item, wall, height), wall.name
        if not category.on_floor:
            return self._on_top(item, category)
        if self.is_packed:
            packed = self._packed(item)
            return None if packed is None else (packed, None)
        chance = self.rng.random()
        if self.grid is None and self.items and self.is_beside and chance < 0.45:
            return self._beside(item), None
        # Where yaw is free more of them stand away from walls, which all but say how they are turned.
        if self.grid is None and category.on_edge and chance < (0.5 if self.yaw == "free" else 0.85):
            in_corner = category.in_corner and self.rng.random() < 0.3
            return self._against(item, self._pick(self._walls()), item.size[2] / 2, in_corner), None
        return self._anywhere(item), None

    def _walls(self) -> tuple[Wall, ...]:
        """Return the walls that an object may stand at with its back."""
        if self.yaw != "zero":
            return self.room.wall_lines
        return tuple(wall for wall in self.room.wall_lines if wall.backing_yaw == 0) or self.room.wall_lines

    def _anywhere(self, item: SceneObject) -> TurnedBox:
        center = self._between(0, self.room.length), self._between(0, self.room.width), item.size[2] / 2
        box = TurnedBox(center, item.size, self._turn())
        if self.yaw == "free" and self.boxes and self.rng.random() < 0.6:
            other = self._pick(self.boxes)
            east, north = other.center[0] - center[0], other.center[1] - center[1]
            if math.hypot(east, north) > 0.1:
                box = replace(box, degrees=float(round(math.degrees(math.atan2(-east, north)))) % 360)
        return box

    def _turn(self) -> float:
        """Return a yaw in degrees."""
        if self.yaw == "zero":
            return 0.0
        chance = self.rng.random()
        return float(int(chance * 360)) if self.yaw == "free" else 90.0 * int(chance * 4)

    def _against(self, item: SceneObject, wall: Wall, height: float, in_corner: bool = False) -> TurnedBox:
        """Return the box with its back to a wall; where nothing may be turned, with whichever side is there."""
        degrees = 0.0 if self.yaw == "zero" else _degrees(wall.backing_yaw)
        box = TurnedBox((0.0, 0.0, height), item.size, degrees)
        gap = 0.0 if 1.0 in map(abs, wall.inward) else _CLEARANCE
        deep, half = box.reach(wall.inward) + gap, box.reach(wall.along) + gap
        offset = self._between(half, wall.length - half)
        if in_corner:
            offset = self._pick((half, wall.length - half))
        x, y = wall.point(offset, deep)
        return replace(box, center=(round(x, _DIGITS), round(y, _DIGITS), height))

    def _beside(self, item: SceneObject) -> TurnedBox:
        """Return the box touching a side of an object that is already there."""
        other = self._pick(self.boxes)
        side = int(self.rng.random() * 4)
        # In front of the other it looks back at it; beside it, it looks the same way.
        degrees = (other.degrees + 180) % 360 if side == 0 and self.yaw != "zero" else other.degrees
        box = TurnedBox((0.0, 0.0, item.size[2] / 2), item.size, degrees)
        along, across = other.axes[::-1] if side % 2 == 0 else other.axes
        sign = 1 if side in (0, 3) else -1
        gap = 0.0 if other.degrees % 90 == 0 else _CLEARANCE
        reach = other.reach(along) + box.reach(along) + gap
        slack = abs(other.reach(across) - box.reach(across))
        shift = self._between(-slack, slack)
        x = other.center[0] + sign * reach * along[0] + shift * across[0]
        y = other.center[1] + sign * reach * along[1] + shift * across[1]
        return replace(box, center=(round(x, _DIGITS), round(y, _DIGITS), box.center[2]))

    def _on_top(self, item: SceneObject, category: Category) -> tuple[TurnedBox, str] | None:
        able = [k for k, other in enumerate(self.items) if other.category in category.stands_on]
        if not able:
            return None
        k = self._pick(able)
        other = self.boxes[k]
        turn = 0.0 if self.yaw == "zero" else 90.0 * int(self.rng.random() * 4)
        height = round(other.center[2] + (other.size[2] + item.size[2]) / 2, _DIGITS)
        box = TurnedBox((0.0, 0.0, height), item.size, (other.degrees + turn) % 360)
        (ax, ay), (bx, by) = other.axes
        along, across = other.size[0] / 2 - box.reach((ax, ay)), other.size[1] / 2 - box.reach((bx, by))
        if along < 0 or across < 0:
            return None
        a, b = self._between(-along, along), self._between(-across, across)
        x, y = other.center[0] + a * ax + b * bx, other.center[1] + a * ay + b * by
        return replace(box, center=(round(x, _DIGITS), round(y, _DIGITS), height)), self.items[k].id

    def _packed(self, item: SceneObject) -> TurnedBox | None:
        """Return a free box that touches walls or others along both axes, mostly one that touches most of them."""
        found = []
        for quarters in (0,) if self.yaw == "zero" else (0, 1):
            box = TurnedBox((0.0, 0.0, item.size[2] / 2), item.size, 90.0 * quarters)
            for x, y, contact in packed_places(box, self.room, [*self.boxes, *self.zones]):
                found.append((contact, replace(box, center=(x, y, box.center[2]))))
        if not found:
            return None
        chance = self.rng.random()
        best = self._pick(found)[1] if chance < 0.1 else max(found, key=lambda place: place[0])[1]
        return best if self.yaw == "zero" or self.rng.random() < 0.5 else replace(best, degrees=best.degrees + 180)

    def _between(self, low: float, high: float) -> float:
        """Return a number in ``[low, high]``: on the grid when there is one, else in whole centimetres."""
        step = 0.01 if self.grid is None else self.grid
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last < first:
            return low
        return round(step * (first + int(self.rng.random() * (last - first + 1))), 6)

    def _is_on_grid(self, box: TurnedBox) -> bool:
        if self.grid is None:
            return True
        return all(abs(value / self.grid - round(value / self.grid)) < 1e-6 for value in box.center[:2])

    def _pick(self, items: Sequence[T]) -> T:
        return items[int(self.rng.random() * len(items))]


def find_placing(
    rng: random.Random,
    room: Room,
    objects: Sequence[SceneObject],
    *,
    yaw: Literal["zero", "quarter", "free"],
    yaw_given: bool,
    grid: float | None,
    relation_depth: int,
    is_packed: bool,
) -> Found | None:
    """Place `objects` without overlap, then choose relations and facings that hold.

    Args:
        rng: Decides everything.
        room: The room.
        objects: Objects of categories of the furniture table, those on the floor first.
        yaw: As in `ProceduralConfig`.
        yaw_given: Whether the objects returned state their yaw; where it is free and not given, some of them
            state what they face.
        grid: Step of the grid that centres lie on (x and y), or None.
        relation_depth: As in `ProceduralConfig`.
        is_packed: Whether objects are put flush with each other, so that much of the floor can be covered.

    Returns:
        The objects with relations (and yaws or facings), and the layout; None when no place was found.
    """
    for _ in range(_RESTARTS):
        placing = Placing(rng, room, yaw, grid, relation_depth >= 2, is_packed)
        if placing.add_all(objects):
            return _finish(rng, placing, relation_depth, yaw, yaw_given)
    return None


def blocked_boxes(room: Room) -> list[TurnedBox]:
    """Return what the room's doors and windows need free, as boxes."""
    if not room.openings:
        return []
    from spatialenv.core.openings import opening_zones

    return [TurnedBox(zone.center, zone.size, _degrees(zone.yaw)) for zone in opening_zones(room)]


def _degrees(yaw: float) -> float:
    """Return radians as degrees in ``[0, 360)``, whole ones where they are so but for rounding."""
    degrees = math.degrees(yaw)
    return (float(round(degrees)) if abs(degrees - round(degrees)) < 1e-9 else degrees) % 360


def _depth(wall: Wall, point: Point) -> float:
    return (point[0] - wall.start[0]) * wall.inward[0] + (point[1] - wall.start[1]) * wall.inward[1]


def _along(wall: Wall, point: Point) -> float:
    return (point[0] - wall.start[0]) * wall.along[0] + (point[1] - wall.start[1]) * wall.along[1]


def _finish(
    rng: random.Random, placing: Placing, relation_depth: int, yaw: Literal["zero", "quarter", "free"], yaw_given: bool
) -> Found | None:
    """Return objects with yaws, facings and relations, and the layout; None when a needed one fails."""
    layout = placing.layout(has_yaws=not yaw_given)
    objects = [
        replace(item, yaw=box.yaw if yaw_given else None)
        for item, box in zip(placing.items, placing.boxes, strict=True)
    ]
    if yaw == "free" and not yaw_given:
        objects = _with_facings(rng, placing, objects)
    offered = [offered_relations(placing, k, relation_depth) for k in range(len(objects))]
    chosen = choose_relations(rng, placing.room, objects, layout, offered, placing.hosts, relation_depth)
    return None if chosen is None else (chosen, layout)


def offered_relations(placing: Placing, index: int, depth: int) -> tuple[Relation, ...]:
    """Return the relations of an object that are worth trying."""
    item = placing.items[index]
    host = placing.hosts.get(item.id)
    if host is not None:
        return (Relation(item.id, "on", host),)
    if depth == 0:
        return ()
    walls = placing.touched_walls(index)
    found = [Relation(item.id, "in the corner" if len(walls) > 1 else "on", wall) for wall in walls]
    if depth >= 2:
        found += beside_relations(item.id, placing.items[:index])
    return tuple(found)


def _with_facings(rng: random.Random, placing: Placing, objects: list[SceneObject]) -> list[SceneObject]:
    """Return the objects, most of them with a wall or an object that they look at."""
    faced = []
    for k, item in enumerate(objects):
        box = placing.boxes[k]
        seen = [
            other.id
            for other, its_box in zip(placing.items, placing.boxes, strict=True)
            if other.id != item.id and other.on_floor and item.on_floor and box.faces(its_box)
        ]
        wall = box.faced_wall(placing.room)
        # A wall is faced squarely; one that is merely in sight is not.
        is_square = wall is not None and abs(signed_turn(wall.facing_yaw - box.yaw)) < _SQUARE
        walls = [wall.name] if wall is not None and is_square else []
        chance, which = rng.random(), rng.random()
        options = seen if seen and chance < 0.6 else walls if chance < 0.8 else []
        faced.append(replace(item, facing=options[int(which * len(options))]) if options else item)
    return faced
