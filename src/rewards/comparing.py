"""One layout under every definition, and why they do not agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Score, Transition
from spatialenv.core.violations import find_violations
from spatialenv.errors import InputError
from spatialenv.rewards.definitions import DEFINITIONS
from spatialenv.rewards.differences import differences
from spatialenv.rewards.layout_facts import Verdicts, measure
from spatialenv.rewards.registry import make_reward


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one definition says of a layout.

    Attributes:
        name: The definition's name.
        version: Version of the preset.
        value: Its value.
        colliding_pairs: Names of each pair that collides; room elements may be among them.
        outside_objects: Ids of what is out of the room.
        figures: Its figures by the labels of `Definition.figures`; None for one that does not apply.
        details: All that the preset says.
    """

    name: str
    version: str
    value: float
    colliding_pairs: tuple[tuple[str, str], ...]
    outside_objects: tuple[str, ...]
    figures: Mapping[str, float | None]
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """Who says that two objects collide.

    Attributes:
        objects: Their ids.
        depth: Metres of the shortest move that parts their boxes; below 0 where they are apart.
        volume: Cubic metres that their boxes share.
        colliding: Names of the definitions that say so.
        clear: Names of those that look at collisions and do not.
    """

    objects: tuple[str, str]
    depth: float
    volume: float
    colliding: tuple[str, ...]
    clear: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObjectVerdict:
    """Who says that an object is out of the room.

    Attributes:
        object_id: Its id.
        volume: Cubic metres of its box outside the room.
        outside: Names of the definitions that say so.
        inside: Names of those that look at bounds and do not.
    """

    object_id: str
    volume: float
    outside: tuple[str, ...]
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A layout under every definition.

    Attributes:
        objects: How many objects the scene has.
        placed: How many of them are placed.
        judgements: What each definition says, in the order of `DEFINITIONS`.
        pairs: Every pair that some definition counts as colliding.
        outside: Every object that some definition counts as out of the room.
        reasons: Why they differ, a sentence each.
    """

    objects: int
    placed: int
    judgements: tuple[Judgement, ...]
    pairs: tuple[PairVerdict, ...]
    outside: tuple[ObjectVerdict, ...]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict."""
        return {
            "objects": self.objects,
            "placed": self.placed,
            "definitions": {
                one.name: {
                    "version": one.version,
                    "value": one.value,
                    "bounds": list(DEFINITIONS[one.name].bounds),
                    "colliding_pairs": [list(pair) for pair in one.colliding_pairs],
                    "outside_objects": list(one.outside_objects),
                    "details": dict(one.details),
                }
                for one in self.judgements
            },
            "pairs": [
                {
                    "objects": list(one.objects),
                    "depth": one.depth,
                    "volume": one.volume,
                    "colliding": list(one.colliding),
                    "clear": list(one.clear),
                }
                for one in self.pairs
            ],
            "outside": [
                {
                    "object": one.object_id,
                    "volume": one.volume,
                    "outside": list(one.outside),
                    "inside": list(one.inside),
                }
                for one in self.outside
            ],
            "reasons": list(self.reasons),
        }


def compare(placed: PlacedScene) -> Comparison:
    """Return what each definition says of a layout, and why they differ.

    Raises:
        InputError: If nothing is placed.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
        >>> scene = Scene(Room.rectangle(6, 4, 3), cubes)
        >>> found = compare(scene.place({"cube_1": (1, 1, 0.5), "cube_2": (1.998, 1, 0.5)}))
        >>> found.pairs[0].colliding, found.pairs[0].clear
        (('physics', 'metaspatial', 'respace', 'sceneweaver', 'il3d'), ('sceneeval', 'scenerevis'))
    """
    if not placed.ids:
        raise InputError("nothing is placed in the layout; give at least one object a position to compare definitions")
    judgements = tuple(_judge(name, placed) for name in DEFINITIONS)
    verdicts = {
        one.name: Verdicts(one.colliding_pairs, one.outside_objects, one.details, one.value) for one in judgements
    }
    facts = measure(placed)
    return Comparison(
        objects=len(placed.scene.objects),
        placed=len(placed.ids),
        judgements=judgements,
        pairs=_pairs(placed, judgements, facts.depths, facts.volumes),
        outside=_outside(placed, judgements, facts.outside),
        reasons=differences(placed, facts, verdicts),
    )


def _judge(name: str, placed: PlacedScene) -> Judgement:
    score = make_reward(name)(Transition.of(placed))
    pairs, outside = _verdicts(name, placed, score)
    figures = {figure.label: _at(score.details, figure.key) for figure in DEFINITIONS[name].figures}
    return Judgement(name, score.version, score.value, pairs, outside, figures, score.details)


def _verdicts(name: str, placed: PlacedScene, score: Score) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    if name == "physics":
        found = find_violations(placed)
        order = {object_id: i for i, object_id in enumerate(placed.ids)}
        pairs = [sorted(wrong.objects, key=order.__getitem__) for wrong in found if wrong.kind == "collision"]
        outside = [wrong.objects[0] for wrong in found if wrong.kind == "out_of_room"]
    else:
        pairs = score.details["colliding_pairs"]
        outside = score.details.get("outside_objects", [])
    return tuple((a, b) for a, b in pairs), tuple(outside)


def _at(details: Mapping[str, Any], key: str) -> float | None:
    found: Any = details
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return None if found is None else float(found)


def _pairs(
    placed: PlacedScene, judgements: tuple[Judgement, ...], depths: Any, volumes: Any
) -> tuple[PairVerdict, ...]:
    rows = {object_id: i for i, object_id in enumerate(placed.ids)}
    looking = [one for one in judgements if DEFINITIONS[one.name].collision != "-"]
    named = {pair for one in looking for pair in one.colliding_pairs if set(pair) <= set(rows)}
    return tuple(
        PairVerdict(
            pair,
            float(depths[rows[pair[0]], rows[pair[1]]]),
            float(volumes[rows[pair[0]], rows[pair[1]]]),
            tuple(one.name for one in looking if pair in one.colliding_pairs),
            tuple(one.name for one in looking if pair not in one.colliding_pairs),
        )
        for pair in sorted(named, key=lambda pair: (rows[pair[0]], rows[pair[1]]))
    )


def _outside(placed: PlacedScene, judgements: tuple[Judgement, ...], volumes: Any) -> tuple[ObjectVerdict, ...]:
    # MetaSpatial looks at bounds through relations alone, and so says nothing of an object as such.
    looking = [one for one in judgements if one.name not in ("metaspatial", "physcene")]
    return tuple(
        ObjectVerdict(
            object_id,
            float(volumes[row]),
            tuple(one.name for one in looking if object_id in one.outside_objects),
            tuple(one.name for one in looking if object_id not in one.outside_objects),
        )
        for row, object_id in enumerate(placed.ids)
        if any(object_id in one.outside_objects for one in looking)
    )
