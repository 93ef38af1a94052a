"""Furnished rooms in which an instruction changes an object or two, and everything else must stay."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from spatialenv.core.layout import Layout
from spatialenv.core.relations import relation_states
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.derived import DerivedTasks, is_sound
from spatialenv.tasks.procedural import pick
from spatialenv.tasks.solver import solve
from spatialenv.tasks.source import TaskSpec
from spatialenv.tasks.wish import place_words, spoken_names, spoken_wall

KINDS = ("wall", "beside", "exchange", "place", "turn")
"""What an instruction may ask for: move an object to another wall; to the side of another object; let two exchange
their places; bring in one that is not there yet; turn one to face something else (only where yaws are free)."""

_SEARCHES = 3
_SAME_ANGLE = 1e-6

_SIDES = ("in front", "behind", "left of", "right of")
_MOVES: tuple[str, ...] = (
    "Move the {name} so that it stands {place}.",
    "The {name} should now stand {place}.",
    "Put the {name} {place}.",
)
_NEW: tuple[str, ...] = ("Bring in the {name} as well: it goes {place}.", "There should also be a {name}, {place}.")
_EXCHANGES = (
    "Let the {name} and the {other} exchange their places: the {name} {place}, the {other} {other_place}.",
    "Exchange the {name} with the {other}, so that the first stands {place} and the second {other_place}.",
)
_TURNS = ("Turn the {name} so that it faces {place}.", "The {name} should look at {place} from now on.")
_REST = " Everything else must stay where it is. The room was planned so: "


class EditTasks(DerivedTasks):
    """Furnished rooms with an instruction in words that changes one or two objects.

    The start is a sound layout (without the object that is to be brought in). What the instruction asks for are
    the relations, or the facing, of the objects that it names; all others are fixed. The witness is a sound layout
    after the change, found by the solver.

    Args:
        of: Where the rooms come from, as `make_tasks` takes it.
        kinds: What may be asked for, some of `KINDS`; those that a room does not allow are passed over.
        split: Split of the rooms, where `of` states none.

    Raises:
        InputError: If an argument is not allowed.

    Example:
        >>> scene = EditTasks("medium/test", kinds=("wall",)).sample(0)
        >>> len(scene.objects) - len(scene.fixed), scene.start[scene.fixed[0]] == scene.witness[scene.fixed[0]]
        (1, True)
    """

    kind = "edit"

    def __init__(self, of: TaskSpec = "medium", kinds: Sequence[str] = KINDS, split: str | None = None) -> None:
        super().__init__(of, split)
        if isinstance(kinds, str) or not isinstance(kinds, Sequence) or not kinds:
            raise InputError(f"`kinds` is {kinds!r}; give some of {', '.join(KINDS)}")
        for name in kinds:
            if name not in KINDS:
                raise unknown_name("kind of edit", name, KINDS)
        self.kinds = tuple(name for name in kinds if name != "turn" or self.yaw == "free")
        if not self.kinds:
            raise InputError(f"`kinds` is {kinds!r}, but {self.source.name!r} fixes all yaws; allow other kinds too")

    def _draw(self, rng: random.Random, base: Scene, witness: Layout) -> Scene | None:
        kind = pick(rng, self.kinds)
        change = _change(rng, kind, base, witness)
        if change is None or not all(self._can_hang(base, item) for item in change.objects.values()):
            return None
        objects = tuple(self._changed(base, change, item) for item in base.objects)
        scene = replace(
            base,
            objects=objects,
            description=change.words + _REST + base.description,
            start=Layout(tuple((i, pose) for i, pose in witness.poses if kind != "place" or i not in change.objects)),
            fixed=tuple(object_id for object_id in base.ids if object_id not in change.objects),
            witness=None,
        )
        if not scene.fixed or is_sound(scene, scene.start or Layout()):
            return None
        found = (
            witness if kind == "place" and is_sound(scene, witness) else solve(scene, 0, self.yaw, searches=_SEARCHES)
        )
        if found is None or not is_sound(scene, found) or any(found[i] != witness[i] for i in scene.fixed):
            return None
        return replace(scene, witness=found)

    def _changed(self, scene: Scene, change: _Change, item: SceneObject) -> SceneObject:
        """Return an object as it should be; one that moves need not look where it looked, if yaws are free."""
        wanted = change.objects.get(item.id, item)
        is_loose = self.yaw == "free" and item.yaw is None and wanted.relations != item.relations
        if is_loose and wanted.facing in scene.room.walls:
            return replace(wanted, facing=None)
        return wanted

    def _can_hang(self, scene: Scene, item: SceneObject) -> bool:
        """Whether an object that hangs on a wall would do so with its back or its front, where it cannot be turned."""
        if item.on_floor or self.yaw == "free":
            return True
        walls = [scene.room.wall(relation.target) for relation in item.relations if relation.target in scene.room.walls]
        return all(abs(math.sin(scene.default_yaw(item.id) - wall.backing_yaw)) < _SAME_ANGLE for wall in walls)


class _Change(NamedTuple):
    """What is asked for: the objects as they should be, by id, and the words."""

    objects: Mapping[str, SceneObject]
    words: str


def _change(rng: random.Random, kind: str, scene: Scene, layout: Layout) -> _Change | None:
    names = spoken_names(scene.objects)
    free = [item for item in scene.objects if not _is_named(scene, item.id)]
    if not free:
        return None
    item = pick(rng, free)
    if kind == "exchange":
        return _exchange(rng, item, [other for other in free if other.id != item.id], scene, layout, names)
    if kind == "turn":
        return _turn(rng, item, scene, names)
    if kind == "place":
        place = item.relations or _places(scene, layout, item)[:1]
        words = _NEW
    elif kind == "wall":
        place = (Relation(item.id, "on", pick(rng, scene.room.walls)),)
        words = _MOVES
    else:
        others = [other.id for other in scene.objects if other.on_floor and other.id != item.id]
        if not item.on_floor or not others:
            return None
        place = (Relation(item.id, pick(rng, _SIDES), pick(rng, others)),)
        words = _MOVES
    if not place:
        return None
    told = pick(rng, words).format(name=names[item.id], place=_told(place, names))
    return _Change({item.id: replace(item, relations=place)}, told)


def _exchange(
    rng: random.Random,
    item: SceneObject,
    others: list[SceneObject],
    scene: Scene,
    layout: Layout,
    names: dict[str, str],
) -> _Change | None:
    """Give each of two objects the relations by which the other one stands."""
    others = [other for other in others if other.on_floor == item.on_floor]
    if not others:
        return None
    other = pick(rng, others)
    first, second = ((one.relations or _places(scene, layout, one)) for one in (item, other))
    if not first or not second or any(r.target in (item.id, other.id) for r in (*first, *second)):
        return None
    first = tuple(replace(relation, subject=other.id) for relation in first)
    second = tuple(replace(relation, subject=item.id) for relation in second)
    told = pick(rng, _EXCHANGES).format(
        name=names[item.id], other=names[other.id], place=_told(second, names), other_place=_told(first, names)
    )
    return _Change({item.id: replace(item, relations=second), other.id: replace(other, relations=first)}, told)


def _turn(rng: random.Random, item: SceneObject, scene: Scene, names: dict[str, str]) -> _Change | None:
    if item.yaw is not None:
        return None
    target = pick(rng, [name for name in (*scene.room.walls, *scene.ids) if name not in (item.id, item.facing)])
    place = f"the {names[target]}" if target in names else spoken_wall(target)
    told = pick(rng, _TURNS).format(name=names[item.id], place=place)
    return _Change({item.id: replace(item, facing=target)}, told)


def _is_named(scene: Scene, object_id: str) -> bool:
    """Return whether another object stands or looks by this one, so that it would have to follow."""
    relations = any(relation.target == object_id for relation in scene.relations)
    return relations or any(item.facing == object_id for item in scene.objects)


def _places(scene: Scene, layout: Layout, item: SceneObject) -> tuple[Relation, ...]:
    """Return the relations to walls by which an object stands that the scene names none for."""
    offered = tuple(Relation(item.id, "on", wall) for wall in scene.room.walls)
    asked = replace(
        scene, objects=tuple(replace(o, relations=offered if o.id == item.id else ()) for o in scene.objects)
    )
    return tuple(state.relation for state in relation_states(asked.place(layout)) if state.is_met)


def _told(relations: Sequence[Relation], names: dict[str, str]) -> str:
    return " and ".join(place_words(relation, names) for relation in relations)
