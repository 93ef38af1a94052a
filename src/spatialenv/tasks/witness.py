"""A layout that proves a drawn room can be furnished, and the relations that it satisfies."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import WALLS, Room
from spatialenv.core.scene import Relation, SceneObject
from spatialenv.tasks.choosing import beside_relations, choose_relations
from spatialenv.tasks.furniture import Category, load_furniture
from spatialenv.tasks.packing import Box, extents

_RESTARTS = 12
_TRIES = 24
_DIGITS = 4


def find_witness(
    rng: random.Random,
    room: Room,
    objects: Sequence[SceneObject],
    *,
    grid: float | None,
    turns: tuple[int, ...],
    relation_depth: int,
    yaw_given: bool,
) -> tuple[tuple[SceneObject, ...], Layout] | None:
    """Place `objects` without overlap, then choose relations that hold.

    Args:
        rng: Decides everything.
        room: The room.
        objects: Objects of categories of the furniture table, those on the floor first.
        grid: Step of the grid that centres lie on (x and y), or None.
        turns: Quarter turns that an object may have.
        relation_depth: As in `ProceduralConfig`.
        yaw_given: Whether the objects returned state their yaw.

    Returns:
        The objects with relations (and yaws), and the layout; None when no place was found.
    """
    for _ in range(_RESTARTS):
        builder = _Builder(rng, room, grid, turns, relation_depth)
        if all(builder.add(item) for item in objects):
            return _finish(rng, room, builder, relation_depth, yaw_given)
    return None


class _Builder:
    """Objects placed so far; each new one tries random places of the kind that suits it."""

    def __init__(
        self, rng: random.Random, room: Room, grid: float | None, turns: tuple[int, ...], relation_depth: int
    ) -> None:
        self.rng = rng
        self.room = room
        self.grid = grid
        self.turns = turns
        self.relation_depth = relation_depth
        self.items: list[SceneObject] = []
        self.boxes: list[Box] = []
        self.yaws: list[int] = []
        self.hosts: dict[str, str] = {}

    def add(self, item: SceneObject) -> bool:
        """Place `item`; False when no free place was met."""
        category = load_furniture().known[item.category]
        for _ in range(_TRIES):
            proposal = self._propose(item, category)
            if proposal is None:
                continue
            box, turn, host = proposal
            if self._is_on_grid(box) and box.is_inside(self.room) and not box.overlaps_any(self.boxes):
                self.items.append(item)
                self.boxes.append(box)
                self.yaws.append(turn)
                if host is not None:
                    self.hosts[item.id] = host
                return True
        return False

    def _propose(self, item: SceneObject, category: Category) -> tuple[Box, int, str | None] | None:
        """Return a box, its quarter turns and what bears it; None when nothing can."""
        if category.stands_on == ("wall",):
            turn = self._pick(self.turns)
            box = self._box(item, turn, z=round(self.room.height * (0.5 + 0.2 * self.rng.random()), 2))
            return self._against(box, turn), turn, WALLS[turn]
        if not category.on_floor:
            return self._on_top(item, category)
        turn = self._pick(self.turns)
        box = self._box(item, turn, z=item.size[2] / 2)
        chance = self.rng.random()
        if self.grid is not None:
            return self._anywhere(box), turn, None
        if self.items and self.relation_depth >= 2 and chance < 0.45:
            return self._beside(item)
        if category.on_edge and chance < 0.85:
            wall = turn if len(self.turns) > 1 else self._pick((0, 1, 2, 3))
            return self._against(box, wall, corner=category.in_corner and self.rng.random() < 0.3), turn, None
        return self._anywhere(box), turn, None

    def _box(self, item: SceneObject, turn: int, z: float) -> Box:
        x, y = extents(item.size, turn * math.pi / 2)
        return Box(x / 2, y / 2, z, x / 2, y / 2, item.size[2] / 2)

    def _anywhere(self, box: Box) -> Box:
        return box.moved(
            self._between(box.half_x, self.room.length - box.half_x),
            self._between(box.half_y, self.room.width - box.half_y),
        )

    def _against(self, box: Box, wall: int, corner: bool = False) -> Box:
        """Return the box with its back to a wall, by the index of the wall in `WALLS`."""
        room = self.room
        moved = self._anywhere(box)
        x, y = moved.x, moved.y
        if corner:
            x = self._pick((box.half_x, room.length - box.half_x))
            y = self._pick((box.half_y, room.width - box.half_y))
        x = {1: room.length - box.half_x, 3: box.half_x}.get(wall, x)
        y = {0: box.half_y, 2: room.width - box.half_y}.get(wall, y)
        return box.moved(round(x, _DIGITS), round(y, _DIGITS))

    def _beside(self, item: SceneObject) -> tuple[Box, int, None]:
        """Return the box touching a side of an object that is already there."""
        k = int(self.rng.random() * len(self.items))
        other, other_turn = self.boxes[k], self.yaws[k]
        side = (other_turn + int(self.rng.random() * 4)) % 4
        # In front of the other it looks back at it; beside it, it looks the same way.
        turn = (other_turn + 2) % 4 if side == other_turn else other_turn
        turn = turn if turn in self.turns else self._pick(self.turns)
        box = self._box(item, turn, z=item.size[2] / 2)
        x, y = other.x, other.y
        if side % 2 == 0:
            y += (1 if side == 0 else -1) * (other.half_y + box.half_y)
            x += self._between(-abs(other.half_x - box.half_x), abs(other.half_x - box.half_x))
        else:
            x += (1 if side == 3 else -1) * (other.half_x + box.half_x)
            y += self._between(-abs(other.half_y - box.half_y), abs(other.half_y - box.half_y))
        return box.moved(round(x, _DIGITS), round(y, _DIGITS)), turn, None

    def _on_top(self, item: SceneObject, category: Category) -> tuple[Box, int, str] | None:
        able = [k for k, other in enumerate(self.items) if other.category in category.stands_on]
        if not able:
            return None
        k = self._pick(able)
        other, turn = self.boxes[k], self.yaws[k]
        box = self._box(item, turn, z=round(other.z + other.half_z + item.size[2] / 2, _DIGITS))
        if box.half_x > other.half_x or box.half_y > other.half_y:
            return None
        x = other.x + self._between(box.half_x - other.half_x, other.half_x - box.half_x)
        y = other.y + self._between(box.half_y - other.half_y, other.half_y - box.half_y)
        return box.moved(round(x, _DIGITS), round(y, _DIGITS)), turn, self.items[k].id

    def _between(self, low: float, high: float) -> float:
        """Return a number in ``[low, high]``: on the grid when there is one, else in whole centimetres."""
        step = 0.01 if self.grid is None else self.grid
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last < first:
            return low
        return round(step * (first + int(self.rng.random() * (last - first + 1))), 6)

    def _is_on_grid(self, box: Box) -> bool:
        if self.grid is None:
            return True
        return all(abs(value / self.grid - round(value / self.grid)) < 1e-6 for value in (box.x, box.y))

    def _pick(self, items: Sequence[Any]) -> Any:
        return items[int(self.rng.random() * len(items))]


def _finish(
    rng: random.Random, room: Room, builder: _Builder, relation_depth: int, yaw_given: bool
) -> tuple[tuple[SceneObject, ...], Layout] | None:
    """Return objects with yaws and relations, and the layout; None when a needed relation fails."""
    poses = {}
    objects = []
    for item, box, turn in zip(builder.items, builder.boxes, builder.yaws, strict=True):
        yaw = turn * math.pi / 2
        poses[item.id] = Pose(box.x, box.y, box.z, None if yaw_given else yaw)
        objects.append(replace(item, yaw=yaw if yaw_given else None))
    layout = Layout(tuple(poses.items()))
    if relation_depth == 0:
        return tuple(objects), layout
    offered = [_candidates(builder, k, item, relation_depth) for k, item in enumerate(objects)]
    chosen = choose_relations(rng, room, objects, layout, offered, builder.hosts, relation_depth)
    return None if chosen is None else (chosen, layout)


def _candidates(builder: _Builder, k: int, item: SceneObject, relation_depth: int) -> tuple[Relation, ...]:
    box, room = builder.boxes[k], builder.room
    host = builder.hosts.get(item.id)
    if host is not None:
        return (Relation(item.id, "on", host),)
    touching = (
        box.y - box.half_y < 1e-6,
        box.x + box.half_x > room.length - 1e-6,
        box.y + box.half_y > room.width - 1e-6,
        box.x - box.half_x < 1e-6,
    )
    walls = [wall for wall, touches in zip(WALLS, touching, strict=True) if touches]
    found = [Relation(item.id, "in the corner" if len(walls) > 1 else "on", wall) for wall in walls]
    if relation_depth >= 2:
        found += beside_relations(item.id, builder.items[:k])
    return tuple(found)
