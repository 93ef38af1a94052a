"""Relations as geometry: the regions that meet them, and how far a layout is from meeting them.

A relation gives one or more regions for the *centre* of its subject: boxes along the room's axes.
The prepositions are those of IDesign's scene graphs. A target that is turned counts in the frame of
the quarter turn nearest to its yaw; extents are those of the turned boxes.

| preposition | region of the subject's centre |
| --- | --- |
| on | an object: resting on its top, within it (a larger subject covers it and keeps its centre over it); a wall: touching it from inside, anywhere along it; ceiling: hanging from it; middle of the room: on the floor |
| under, above | at least half of the smaller of the two over the other along each axis; under: below its lower side, above: at least on its top |
| in front, behind, left of, right of | adjacent: touching that side, the shorter side wholly beside the longer; else anywhere from touching to the wall, at least half of the smaller side beside the other |
| in the corner | a wall: touching it at one of its two ends; anything else: as "on", at one of its four corners |

A subject that stands on the floor (`spatialenv.core.support.stands_on_floor`) keeps its centre at half
its height, but for "on" and "above" an object, where the preposition decides (over a rug that lies flat
both count). Regions are cut to the
room. Where a target leaves no place inside the room, the region stays outside and nothing moves there.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.core.room import ELEMENTS
from spatialenv.core.scene import PREPOSITIONS, Relation
from spatialenv.core.support import stands_on_floor

TOLERANCE = 0.01
"""Distance in metres from the region up to which a relation counts as met."""

SCALE = 1.0
"""Distance in metres from the region at which a relation's score has fallen to 0."""

_ROUNDING = 1e-9
_ELEMENT_CODES = {name: -1 - i for i, name in enumerate(ELEMENTS)}
_PREPOSITION_CODES = {name: i for i, name in enumerate(PREPOSITIONS)}


@dataclass(frozen=True, slots=True)
class Region:
    """A box along the room's axes in which the centre of a subject may be; metres.

    Attributes:
        low: Least x, y and z.
        high: Greatest x, y and z; equal to `low` where only one value will do.
        is_reachable: Whether it lies inside the room.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    is_reachable: bool = True


@dataclass(frozen=True, slots=True)
class RelationState:
    """How a layout stands to a relation.

    Attributes:
        relation: The relation.
        is_met: Whether the subject is within `TOLERANCE` of the region.
        distance: Metres from the subject's centre to the region; inf when subject or target is not placed.
        score: 1 when met, falling linearly to 0 at a distance of `SCALE`.
        move: ``(dx, dy, dz)`` to the nearest point of the region; None when subject or target is not
            placed or the region lies outside the room.
    """

    relation: Relation
    is_met: bool
    distance: float
    score: float
    move: tuple[float, float, float] | None


class RelationBatch(NamedTuple):
    """The relations of several placed scenes, one after another, as arrays.

    Attributes:
        rows: Which of the scenes, shape ``(r,)``.
        subjects: Index of the subject in that scene's ``scene.objects``, shape ``(r,)``.
        distances: Metres to the region, inf when subject or target is not placed, shape ``(r,)``.
        scores: In [0, 1], shape ``(r,)``.
        moves: Shape ``(r, 3)``; NaN where there is none.
    """

    rows: IntArray
    subjects: IntArray
    distances: FloatArray
    scores: FloatArray
    moves: FloatArray


def relation_states(placed: PlacedScene) -> tuple[RelationState, ...]:
    """Return the state of each of the scene's relations, in their order.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> on_wall = Relation("sofa_1", "on", "south_wall")
        >>> sofa = SceneObject(id="sofa_1", category="sofa", size=(2, 1, 0.8), yaw=0.0, relations=(on_wall,))
        >>> scene = Scene(room=Room.rectangle(6, 4, 3), objects=(sofa,))
        >>> state = relation_states(scene.place({"sofa_1": (3, 1, 0.4)}))[0]
        >>> state.is_met, state.distance, state.move
        (False, 0.5, (0.0, -0.5, 0.0))
    """
    relations = placed.scene.relations
    if not relations:
        return ()
    batch = relation_batch([placed])
    states = []
    for k, relation in enumerate(relations):
        distance = float(batch.distances[k])
        x, y, z = (float(value) for value in batch.moves[k])
        states.append(
            RelationState(
                relation=relation,
                is_met=distance <= TOLERANCE + _ROUNDING,
                distance=distance,
                score=float(batch.scores[k]),
                move=None if math.isnan(x) else (x, y, z),
            )
        )
    return tuple(states)


def relation_batch(placed: Sequence[PlacedScene]) -> RelationBatch:
    """Return the relations of several placed scenes, scored together."""
    table = _Table()
    for scene in placed:
        table.add(scene, scene.scene.relations)
    r = len(table.subjects)
    rows = np.repeat(np.arange(len(placed)), np.array(table.counts, dtype=np.int64))
    moves = np.full((r, 3), np.nan)
    distances = np.full(r, np.inf)
    known = np.flatnonzero(np.array(table.is_known, dtype=np.bool_))
    if len(known):
        from spatialenv.core import relation_kernels

        table_regions = table.regions(known)
        offsets = relation_kernels.offsets(table.points(known), *table_regions[:3])
        distances[known] = np.sqrt(np.square(offsets).sum(axis=1))
        moves[known] = np.where(table_regions[3][:, None], offsets, np.nan) + 0.0
    scores = 1.0 - np.clip((distances - TOLERANCE) / (SCALE - TOLERANCE), 0.0, 1.0)
    return RelationBatch(rows, np.array(table.owners, dtype=np.int64), distances, scores, moves)


def feasible_regions(placed: PlacedScene, relation: Relation) -> tuple[Region, ...]:
    """Return the regions of the subject's centre in which `relation` is met.

    The subject need not be placed; its yaw is then the scene's own. Empty when the target is an
    object that is not placed.

    Raises:
        SceneError: If the subject is not in the scene.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="bin_1", category="bin", size=(0.4, 0.4, 0.6)),))
        >>> region = feasible_regions(scene.place({}), Relation("bin_1", "on", "west_wall"))[0]
        >>> region.low, region.high
        ((0.2, 0.2, 0.3), (0.2, 3.8, 0.3))
    """
    if relation.target not in _ELEMENT_CODES and relation.target not in placed.layout.ids:
        return ()
    if relation.subject not in placed.layout.ids:
        item = placed.scene.object(relation.subject)
        poses = dict(placed.layout.poses) | {item.id: (0.0, 0.0, item.size[2] / 2)}
        placed = placed.scene.place(poses)  # type: ignore[arg-type]  # poses and tuples may be mixed
    table = _Table()
    table.add(placed, (relation,))
    lows, highs, counts, reachable = table.regions(np.zeros(1, dtype=np.int64))
    return tuple(
        Region(_triple(lows[0, i]), _triple(highs[0, i]), is_reachable=bool(reachable[0])) for i in range(counts[0])
    )


class _Table:
    """Relations of several placed scenes over one concatenated list of boxes."""

    def __init__(self) -> None:
        self.scenes: list[PlacedScene] = []
        self.counts: list[int] = []
        self.subjects: list[int] = []
        self.owners: list[int] = []
        self.targets: list[int] = []
        self.prepositions: list[int] = []
        self.adjacent: list[bool] = []
        self.is_known: list[bool] = []
        self._boxes = 0

    def add(self, placed: PlacedScene, relations: Iterable[Relation]) -> None:
        """Append the relations of one placed scene."""
        rows = {object_id: self._boxes + i for i, object_id in enumerate(placed.ids)}
        owners = {object_id: i for i, object_id in enumerate(placed.scene.ids)}
        before = len(self.subjects)
        for relation in relations:
            subject = rows.get(relation.subject)
            target = _ELEMENT_CODES.get(relation.target, rows.get(relation.target))
            self.is_known.append(subject is not None and target is not None)
            self.subjects.append(-1 if subject is None else subject)
            self.targets.append(0 if target is None else target)
            self.owners.append(owners[relation.subject])
            self.prepositions.append(_PREPOSITION_CODES[relation.preposition])
            self.adjacent.append(relation.is_adjacent)
        self.scenes.append(placed)
        self.counts.append(len(self.subjects) - before)
        self._boxes += len(placed.ids)

    def points(self, chosen: IntArray) -> FloatArray:
        """Return the centres of the subjects of the chosen relations, shape ``(r, 3)``."""
        centers: FloatArray = np.concatenate([scene.centers for scene in self.scenes])
        subjects: IntArray = np.array(self.subjects, dtype=np.int64)[chosen]
        return centers[subjects]

    def regions(self, chosen: IntArray) -> tuple[FloatArray, FloatArray, IntArray, BoolArray]:
        """Return `relation_kernels.regions` of the chosen relations."""
        from spatialenv.core import relation_kernels

        objects = [item for scene in self.scenes for item in scene.objects]
        rooms = np.array([(s.room.length, s.room.width, s.room.height) for s in self.scenes], dtype=np.float64)
        rows = np.repeat(np.arange(len(self.scenes)), np.array(self.counts, dtype=np.int64))
        regions: tuple[FloatArray, FloatArray, IntArray, BoolArray] = relation_kernels.regions(
            np.concatenate([scene.centers for scene in self.scenes]),
            np.concatenate([scene.sizes for scene in self.scenes]),
            np.concatenate([scene.yaws for scene in self.scenes]),
            np.concatenate([stands_on_floor(scene) for scene in self.scenes]),
            np.array([item.lies_flat for item in objects], dtype=np.bool_),
            rooms[rows[chosen]],
            np.array(self.subjects, dtype=np.int64)[chosen],
            np.array(self.targets, dtype=np.int64)[chosen],
            np.array(self.prepositions, dtype=np.int64)[chosen],
            np.array(self.adjacent, dtype=np.bool_)[chosen],
        )
        return regions


def _triple(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
