"""Rooms in which something has gone wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.relations import relation_states
from spatialenv.core.scene import Scene
from spatialenv.core.violations import find_violations
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.derived import DerivedTasks, check_pair
from spatialenv.tasks.procedural import pick
from spatialenv.tasks.source import TaskSpec

KINDS = ("overlap", "outside", "floating", "swapped", "relation", "turned")
"""What may go wrong: pushed into another object; pushed through a wall; lifted; two exchanged; moved away from what a
relation names; turned away from what it should face (only where yaws are free)."""

_TRIES = 20
_WISH = "Something in this room has gone wrong. Put it right, and leave alone what is right. It was planned so: "


class RepairTasks(DerivedTasks):
    """Furnished rooms in which one to three things went wrong.

    The start is a sound layout with corruptions; nothing is fixed. The sound layout is kept as the witness.

    Args:
        of: Where the rooms come from, as `make_tasks` takes it.
        kinds: What may go wrong, some of `KINDS`; those that a room does not allow are passed over.
        count: Least and greatest number of corruptions.
        split: Split of the rooms, where `of` states none.

    Raises:
        InputError: If an argument is not allowed.

    Example:
        >>> tasks = RepairTasks("easy/test", count=(1, 1))
        >>> scene = tasks.sample(0)
        >>> tasks.name, len(scene.start) == len(scene.objects), scene.start == scene.witness
        ('repair(easy)/test', True, False)
    """

    kind = "repair"

    def __init__(
        self,
        of: TaskSpec = "medium",
        kinds: Sequence[str] = KINDS,
        count: tuple[int, int] = (1, 3),
        split: str | None = None,
    ) -> None:
        super().__init__(of, split)
        if isinstance(kinds, str) or not isinstance(kinds, Sequence) or not kinds:
            raise InputError(f"`kinds` is {kinds!r}; give some of {', '.join(KINDS)}")
        for name in kinds:
            if name not in KINDS:
                raise unknown_name("kind of corruption", name, KINDS)
        self.kinds = tuple(name for name in kinds if name != "turned" or self.yaw == "free")
        if not self.kinds:
            raise InputError(f"`kinds` is {kinds!r}, but {self.source.name!r} fixes all yaws; allow other kinds too")
        form = "two whole numbers (least, greatest), from 1 upwards"
        low, high = check_pair(count, "count", 1, math.inf, form)
        if not (low.is_integer() and high.is_integer()):
            raise InputError(f"`count` is {count!r}; it must be {form}")
        self.count = (int(low), int(high))

    def _draw(self, rng: random.Random, base: Scene, witness: Layout) -> Scene | None:
        low, high = self.count
        wanted = low + int(rng.random() * (high - low + 1))
        spoilt = _Spoilt(base, witness)
        for _ in range(_TRIES):
            if len(spoilt.changed) >= wanted:
                break
            spoilt.try_to(rng, pick(rng, self.kinds))
        if len(spoilt.changed) < low:
            return None
        start = Layout(tuple((object_id, spoilt.poses[object_id]) for object_id in base.ids))
        if not _troubled(base, start).issuperset(spoilt.changed):
            return None
        return replace(base, description=_WISH + base.description, witness=witness, start=start, fixed=())


class _Spoilt:
    """A layout that goes wrong step by step; each step must be seen as a violation of what it moved."""

    def __init__(self, scene: Scene, layout: Layout) -> None:
        self.scene = scene
        self.poses: dict[str, Pose] = dict(layout.poses)
        self.changed: list[str] = []

    def try_to(self, rng: random.Random, kind: str) -> None:
        """Spoil one object (two are exchanged as one step) that has not been spoilt, if `kind` can be done to it."""
        left = [object_id for object_id in self.scene.ids if object_id not in self.changed]
        if not left:
            return
        object_id = pick(rng, left)
        others = [other for other in left if other != object_id]
        moved: dict[str, Pose] = {}
        if kind == "overlap" and others:
            moved = {object_id: self._into(rng, object_id, pick(rng, others))}
        elif kind == "outside":
            moved = {object_id: self._through_wall(rng, object_id)}
        elif kind == "floating":
            moved = {object_id: _by(self.poses[object_id], dz=round(0.15 + 0.65 * rng.random(), 2))}
        elif kind == "swapped" and others:
            moved = self._exchanged(object_id, pick(rng, others))
        elif kind == "relation" and self.scene.object(object_id).relations:
            moved = {object_id: self._elsewhere(rng, object_id)}
        elif kind == "turned" and self.scene.object(object_id).facing is not None:
            pose = self.poses[object_id]
            yaw = self.scene.default_yaw(object_id) if pose.yaw is None else pose.yaw
            turn = math.radians(30 * (1 + int(rng.random() * 11)))
            moved = {object_id: replace(pose, yaw=(yaw + turn) % math.tau)}
        layout = Layout.from_mapping({**self.poses, **moved})
        if moved and self._is_spoilt(kind, object_id, layout):
            self.poses |= moved
            self.changed.append(object_id)

    def _is_spoilt(self, kind: str, object_id: str, layout: Layout) -> bool:
        if kind == "relation":
            states = relation_states(self.scene.place(layout))
            return any(not state.is_met and state.relation.subject == object_id for state in states)
        return object_id in _troubled(self.scene, layout)

    def _into(self, rng: random.Random, object_id: str, other: str) -> Pose:
        """Return the pose most of the way to the centre of another object."""
        here, there = self.poses[object_id], self.poses[other]
        share = 0.5 + 0.5 * rng.random()
        return _by(here, share * (there.x - here.x), share * (there.y - here.y))

    def _through_wall(self, rng: random.Random, object_id: str) -> Pose:
        """Return the pose with the centre near a wall, on either side of it."""
        wall = pick(rng, self.scene.room.wall_lines)
        here = self.poses[object_id]
        nx, ny = wall.inward
        depth = (here.x - wall.start[0]) * nx + (here.y - wall.start[1]) * ny
        reach = max(self.scene.object(object_id).size[:2]) / 2
        step = depth + reach * (rng.random() - 0.4)
        return _by(here, -step * nx, -step * ny)

    def _exchanged(self, object_id: str, other: str) -> dict[str, Pose]:
        a, b = self.poses[object_id], self.poses[other]
        return {object_id: replace(a, x=b.x, y=b.y), other: replace(b, x=a.x, y=a.y)}

    def _elsewhere(self, rng: random.Random, object_id: str) -> Pose:
        """Return the pose anywhere in the room's bounding box."""
        room, half = self.scene.room, max(self.scene.object(object_id).size[:2]) / 2
        x, y = (half + rng.random() * max(0.0, extent - 2 * half) for extent in (room.length, room.width))
        return replace(self.poses[object_id], x=round(x, 2), y=round(y, 2))


def _by(pose: Pose, dx: float = 0.0, dy: float = 0.0, dz: float = 0.0) -> Pose:
    """Return the pose moved, in whole tenths of a millimetre, as answers are written."""
    return replace(pose, x=round(pose.x + dx, 4), y=round(pose.y + dy, 4), z=round(pose.z + dz, 4))


def _troubled(scene: Scene, layout: Layout) -> set[str]:
    """Return the objects that some violation is about."""
    return {object_id for violation in find_violations(scene.place(layout)) for object_id in violation.objects}
