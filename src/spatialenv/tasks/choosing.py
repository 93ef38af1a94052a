"""Relations of a scene are chosen among those that its witness meets."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject

_SIDES = ("in front", "left of", "behind", "right of")


def beside_relations(object_id: str, others: Iterable[SceneObject]) -> list[Relation]:
    """Return the relations that put an object beside each of the others that stand on the floor."""
    return [
        Relation(object_id, preposition, other.id, is_near)
        for other in others
        if other.on_floor
        for preposition in _SIDES
        for is_near in (True, False)
    ]


def choose_relations(
    rng: random.Random,
    room: Room,
    objects: Sequence[SceneObject],
    layout: Layout,
    offered: Sequence[tuple[Relation, ...]],
    hosts: Mapping[str, str],
    depth: int,
) -> tuple[SceneObject, ...] | None:
    """Return the objects with one or two each of the relations that hold in `layout`.

    Args:
        rng: Decides which.
        room: The room.
        objects: The objects; relations in `offered` refer to earlier ones, or to the room.
        layout: Where they stand.
        offered: Relations of each object to choose from.
        hosts: What bears an object, for those that must say so.
        depth: Greatest length of a chain of relations.

    Returns:
        The objects with relations, or None where one of `hosts` has none that holds.
    """
    scene = Scene(room, tuple(replace(item, relations=few) for item, few in zip(objects, offered, strict=True)))
    held = _held(scene, layout)
    depths: dict[str, int] = {}
    found = []
    for item in objects:
        chosen = _choose(rng, [r for r in held[item.id] if 1 + depths.get(r.target, 0) <= depth])
        if not chosen and item.id in hosts:
            return None
        depths[item.id] = max((1 + depths.get(relation.target, 0) for relation in chosen), default=0)
        found.append(replace(item, relations=tuple(chosen)))
    return tuple(found)


def _held(scene: Scene, layout: Layout) -> dict[str, list[Relation]]:
    from spatialenv.core.relations import relation_states

    held: dict[str, list[Relation]] = {item.id: [] for item in scene.objects}
    for state in relation_states(scene.place(layout)):
        if state.is_met:
            held[state.relation.subject].append(state.relation)
    return held


def _choose(rng: random.Random, held: list[Relation]) -> list[Relation]:
    """Return one or two of the relations that hold: those by touch rather than at a distance."""
    if not held:
        return []
    near = [relation for relation in held if relation.is_adjacent]
    first = near[int(rng.random() * len(near))] if near and rng.random() < 0.8 else held[int(rng.random() * len(held))]
    others = [relation for relation in near if relation.target != first.target]
    if others and rng.random() < 0.25:
        return [first, others[int(rng.random() * len(others))]]
    return [first]
