"""The wish in words: what the room is for, its style, what must be in it and where."""

from __future__ import annotations

import random
from collections.abc import Sequence

from spatialenv.core.room import Room
from spatialenv.core.scene import ARRANGEMENTS, Relation, SceneObject

_OPENINGS = (
    "Furnish {a_style} {room}.",
    "I would like {a_style} {room}.",
    "Please plan a {room} in {a_style} style.",
    "We are moving in and want {a_style} {room}.",
    "Lay out {a_style} {room} for us.",
)
_CONTENTS = (
    "It should hold {objects}.",
    "There has to be space for {objects}.",
    "Bring in {objects}.",
    "It needs {objects}.",
)
_CLOSINGS = (
    "Nothing may overlap, and everything has to stay inside.",
    "Keep every piece apart and within the walls.",
    "All of it must fit without touching what it should not.",
)
_VERBS_OF_FACING = ("faces", "looks at", "should be turned to")
_PLACES = {
    ("on", "wall"): "against {target}",
    ("on", "object"): "on top of the {target}",
    ("on", "middle of the room"): "in the middle of the room",
    ("on", "ceiling"): "hanging from the ceiling",
    ("in the corner", "wall"): "in a corner along {target}",
    ("in the corner", "object"): "at a corner of the {target}",
    ("in front", "object"): "in front of the {target}",
    ("behind", "object"): "behind the {target}",
    ("left of", "object"): "to the left of the {target}",
    ("right of", "object"): "to the right of the {target}",
    ("under", "object"): "under the {target}",
    ("above", "object"): "above the {target}",
    ("near", "object"): "near the {target}",
    ("near", "middle of the room"): "near the middle of the room",
    ("far", "object"): "well away from the {target}",
    ("far", "wall"): "well away from {target}",
    ("far", "middle of the room"): "well away from the middle of the room",
    ("face to", "object"): "so that it faces the {target}",
    ("face to", "wall"): "so that it faces {target}",
    ("face to", "middle of the room"): "so that it faces the middle of the room",
    ("aligned", "object"): "in line with the {target}",
    ("aligned", "wall"): "parallel to {target}",
    ("aligned", "middle of the room"): "in line with the middle of the room",
    ("against wall", "wall"): "with its back against {target}",
    ("around", "object"): "around the {target}",
    ("around", "middle of the room"): "around the middle of the room",
    ("centred", "object"): "centred on the {target}",
    ("centred", "wall"): "at the middle of {target}",
    ("centred", "middle of the room"): "at the very middle of the room",
    ("symmetric", "object"): "symmetrically about the {target}",
    ("symmetric", "wall"): "symmetrically along {target}",
}

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def write_wish(
    rng: random.Random, room: Room, room_type: str, style: str, objects: Sequence[SceneObject], has_size: bool = False
) -> str:
    """Return a few plain sentences that ask for the scene.

    Args:
        rng: Decides the wording.
        room: The room.
        room_type: One of `spatialenv.tasks.furniture.ROOM_TYPES`.
        style: A word for the style.
        objects: What has to be in it; their relations are told too.
        has_size: Whether to state the size of the floor.
    """
    spoken_room = room_type.replace("_", " ")
    sentences = [_choose(rng, _OPENINGS).format(a_style=_with_article(style), room=spoken_room)]
    if has_size:
        sentences.append(f"The floor is {room.length:g} by {room.width:g} m.")
    sentences.append(_choose(rng, _CONTENTS).format(objects=join_words(_counted(objects))))
    names = spoken_names(objects)
    for item in objects:
        for relation in item.relations:
            verb = "goes" if rng.random() < 0.5 else "should stand"
            sentences.append(f"The {names[item.id]} {verb} {place_words(relation, names)}.")
        if item.facing is not None:
            faced = f"the {names[item.facing]}" if item.facing in names else spoken_wall(item.facing)
            sentences.append(f"The {names[item.id]} {_choose(rng, _VERBS_OF_FACING)} {faced}.")
    if rng.random() < 0.5:
        sentences.append(_choose(rng, _CLOSINGS))
    return " ".join(sentences)


def spoken_names(objects: Sequence[SceneObject]) -> dict[str, str]:
    """Return a spoken name by id: ``"side table"``, numbered where there are several of a kind."""
    kinds = [item.category for item in objects]
    names = {}
    for item in objects:
        spoken = item.category.replace("_", " ")
        number = item.id.rpartition("_")[2]
        names[item.id] = f"{spoken} {number}" if kinds.count(item.category) > 1 else spoken
    return names


def place_words(relation: Relation, names: dict[str, str]) -> str:
    """Return where a relation puts its subject: ``"against the north wall"``.

    Args:
        relation: The relation.
        names: Spoken names by id, as `spoken_names` gives them.
    """
    target = relation.target
    if target in names:
        kind = "object"
    elif target.endswith("_wall") or target.startswith("wall_"):
        kind = "wall"
    else:
        kind = target
    spoken = spoken_wall(target) if kind == "wall" else names.get(target, target)
    words = _PLACES.get((relation.preposition, kind), f"{relation.preposition} {{target}}").format(target=spoken)
    is_plain = relation.is_adjacent or kind != "object" or relation.preposition in ARRANGEMENTS
    return words if is_plain else f"somewhere {words}"


def spoken_wall(name: str) -> str:
    """Return ``"the south wall"``, or ``"wall 3"``."""
    return name.replace("_", " ") if name.startswith("wall_") else f"the {name.replace('_', ' ')}"


def _choose(rng: random.Random, words: Sequence[str]) -> str:
    return words[int(rng.random() * len(words))]


def _counted(objects: Sequence[SceneObject]) -> list[str]:
    """Return ``["a sofa", "two side tables"]``, in the order in which each kind first appears."""
    kinds = [item.category.replace("_", " ") for item in objects]
    counted = []
    for kind in dict.fromkeys(kinds):
        number = kinds.count(kind)
        if number == 1:
            counted.append(_with_article(kind))
        else:
            counted.append(f"{_NUMBERS[number] if number < len(_NUMBERS) else number} {_plural(kind)}")
    return counted


def _plural(kind: str) -> str:
    return f"{kind}es" if kind.endswith(("s", "x", "ch", "sh")) else f"{kind}s"


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def join_words(words: Sequence[str]) -> str:
    """Return ``"a, b and c"``."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
