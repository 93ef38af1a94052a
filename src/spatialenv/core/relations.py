"""Relations as geometry: the regions that meet them, and how far a layout is from meeting them.

The relations of IDesign are regions, those of `spatialenv.core.scene.ARRANGEMENTS` are measured by
`spatialenv.core.arrangement`; "against wall" has the region of "on" a wall, and a yaw besides.

A relation with a region gives one or more regions for the *centre* of its subject: boxes along the room's axes, or, for a
slanted wall, along that wall.
These prepositions are those of IDesign's scene graphs. A target that is turned counts in the frame of
the quarter turn nearest to its yaw; extents are those of the turned boxes.

| preposition | region of the subject's centre |
| --- | --- |
| on | an object: resting on its top, within it (a larger subject covers it and keeps its centre over it); a wall: touching it from inside, anywhere between its ends; ceiling: hanging from it; middle of the room: on the floor |
| under, above | at least half of the smaller of the two over the other along each axis; under: below its lower side, above: at least on its top |
| in front, behind, left of, right of | adjacent: touching that side, the shorter side wholly beside the longer; else anywhere from touching to the wall, at least half of the smaller side beside the other |
| in the corner | a wall: touching it at one of its two ends; anything else: as "on", at one of its four corners |

A subject that stands on the floor (`spatialenv.core.support.stands_on_floor`) keeps its centre at half
its height, but for "on" and "above" an object, where the preposition decides (over a rug that lies flat
both count). Regions are cut to the
room. Where a target leaves no place inside the room, the region stays outside and nothing moves there.

Over a floor that is no rectangle, a wall's regions are those of the south wall of a rectangle as long as the wall
and as deep as the floor is in front of it, laid along the wall. A subject that touches the wall also keeps clear of
the next wall where the two meet at a sharp angle; regions at slanted walls keep 0.1 mm clear of them, so that places
told with four decimals stay inside. A corner is an end of the wall where the floor has one (both
ends where neither has). Regions of other targets are cut to the floor's bounding box: what leaves the floor itself is
out of the room, whatever its relations. So "on" the middle of the room is anywhere on the floor, as in a rectangle.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialenv.core.arrangement import CODES, has_arrangements, known_arrangements, turn_factors
from spatialenv.core.facing import TOLERANCE as TURN_TOLERANCE
from spatialenv.core.openings import zone_arrays
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene, scene_arrays
from spatialenv.core.room import ELEMENTS, Room
from spatialenv.core.scene import PREPOSITIONS, REGION_PREPOSITIONS, Relation, Scene
from spatialenv.core.support import stands_on_floor
from spatialenv.errors import SceneError

TOLERANCE = 0.01
"""Distance in metres from the region up to which a relation counts as met."""

SCALE = 1.0
"""Distance in metres from the region at which a relation's score has fallen to 0."""

_ROUNDING = 1e-9
_ELEMENT_CODES = {name: -1 - i for i, name in enumerate(ELEMENTS)}
_WALL_CODE = -1 - len(ELEMENTS)
_NO_WALL = (0.0,) * 10
_PREPOSITION_CODES = {name: i for i, name in enumerate(PREPOSITIONS)}
_ON, _AGAINST = _PREPOSITION_CODES["on"], _PREPOSITION_CODES["against wall"]
_REGION_CODES = {name: i for i, name in enumerate(REGION_PREPOSITIONS)} | {"against wall": _ON}


@dataclass(frozen=True, slots=True)
class Region:
    """An upright box in which the centre of a subject may be; metres.

    Attributes:
        low: Least x, y and z in the region's axes.
        high: Greatest x, y and z; equal to `low` where only one value will do.
        is_reachable: Whether it lies inside the room.
        yaw: Angle in radians, counter-clockwise about the room's origin, by which the region's axes are turned
            from the room's: 0 but for slanted walls.

    Example:
        >>> region = Region((1, 2, 0), (1, 2, 0), yaw=math.pi)
        >>> [round(value, 9) for value in region.to_room((1, 2, 0))]
        [-1.0, -2.0, 0]
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    is_reachable: bool = True
    yaw: float = 0.0

    def to_room(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Return a point that is given in the region's axes in the room's."""
        return _turned(point, self.yaw)

    def to_region(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Return a point of the room in the region's axes."""
        return _turned(point, -self.yaw)

    def nearest(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Return the point of the region, in the room's axes, that is nearest to a point of the room."""
        x, y, z = (
            min(max(value, low), high)
            for value, low, high in zip(self.to_region(point), self.low, self.high, strict=True)
        )
        return self.to_room((x, y, z))


@dataclass(frozen=True, slots=True)
class RelationState:
    """How a layout stands to a relation.

    Attributes:
        relation: The relation.
        is_met: Whether the subject is within `TOLERANCE` of the region and 5 degrees of the yaw.
        distance: Metres from the subject's centre to the region, or those that an arrangement misses; inf when
            subject or target is not placed.
        score: 1 when met, falling linearly to 0 at a distance of `SCALE`; of an arrangement times a factor that
            falls to 0 where the yaw is 90 degrees off.
        move: ``(dx, dy, dz)`` to the nearest point of the region where the subject is inside the room and, if there
            is one, blocks no door or window; None when subject or target is not placed, or no such point is
            inside the room. Of an arrangement: to a place found near by where the relation is met, once it is also
            turned by `turn` if a layout may choose its yaw; None where there is no such place.
        turn: Signed turn in radians, counter-clockwise, that goes with `move`; None where none is needed, the layout
            may not choose the yaw, or another object has to turn.
        angle: Radians by which the yaw misses an arrangement, whoever gives it; 0 where the yaw does not count.
    """

    relation: Relation
    is_met: bool
    distance: float
    score: float
    move: tuple[float, float, float] | None
    turn: float | None = None
    angle: float = 0.0


class RelationBatch(NamedTuple):
    """The relations of several placed scenes, one after another, as arrays.

    Attributes:
        rows: Which of the scenes, shape ``(r,)``.
        subjects: Index of the subject in that scene's ``scene.objects``, shape ``(r,)``.
        distances: Metres to the region, inf when subject or target is not placed, shape ``(r,)``.
        scores: In [0, 1], shape ``(r,)``.
        moves: To the nearest point of the region, shape ``(r, 3)``; NaN where there is none.
        turns: Radians that an arrangement misses, NaN where the yaw does not count, shape ``(r,)``.
    """

    rows: IntArray
    subjects: IntArray
    distances: FloatArray
    scores: FloatArray
    moves: FloatArray
    turns: FloatArray


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
    moves = batch.moves if placed.room.is_rectangle and not placed.room.openings else _moves_on_floor(placed, batch)
    turns, met = np.full(len(relations), np.nan), _met(batch)
    if has_arrangements(placed.scene):
        from spatialenv.core.arranging import mend_arrangements

        moves, turns = mend_arrangements(placed, batch, moves)
    states = []
    for k, relation in enumerate(relations):
        distance, angle, turn = (float(values[k]) for values in (batch.distances, batch.turns, turns))
        angle = 0.0 if math.isnan(angle) else abs(angle)
        x, y, z = (float(value) for value in moves[k])
        states.append(
            RelationState(
                relation=relation,
                is_met=bool(met[k]),
                distance=distance,
                score=float(batch.scores[k]),
                move=None if math.isnan(x) else (x, y, z),
                turn=None if math.isnan(turn) else turn,
                angle=angle,
            )
        )
    return tuple(states)


def relations_met(placed: PlacedScene) -> BoolArray:
    """Return which of the scene's relations are met, in their order: `relation_states` without the moves."""
    return _met(relation_batch([placed]))


def relation_batch(placed: Sequence[PlacedScene]) -> RelationBatch:
    """Return the relations of several placed scenes, scored together."""
    if not placed:
        none = np.zeros(0, np.int64)
        return RelationBatch(none, none, np.zeros(0), np.zeros(0), np.zeros((0, 3)), np.zeros(0))
    tables = [relation_table(scene.scene) for scene in placed]
    rows = np.repeat(np.arange(len(placed)), [len(table.subjects) for table in tables])
    owners = np.concatenate([table.subjects for table in tables])
    # Objects of all scenes are numbered through, and so are the placed boxes; `boxes` leads from one to the other.
    sizes = np.array([len(table.on_floor) for table in tables])
    starts = np.cumsum(sizes) - sizes
    counts = [len(scene.indices) for scene in placed]
    objects = np.repeat(starts, counts) + np.concatenate([scene.indices for scene in placed])
    boxes = np.full(int(sizes.sum()), -1)
    boxes[objects] = np.arange(len(objects))
    targets = np.concatenate([table.targets for table in tables])
    is_object = targets >= 0
    targets[is_object] = boxes[starts[rows[is_object]] + targets[is_object]]
    subjects = boxes[starts[rows] + owners]
    codes = np.concatenate([table.prepositions for table in tables])
    is_arranged = bool((codes >= len(REGION_PREPOSITIONS)).any())
    codes[codes == _AGAINST] = _ON
    known = np.flatnonzero((subjects >= 0) & ~(is_object & (targets < 0)) & (codes < len(REGION_PREPOSITIONS)))

    moves = np.full((len(rows), 3), np.nan)
    distances, scores = np.full(len(rows), np.inf), np.zeros(len(rows))
    if len(known):
        from spatialenv.core import relation_kernels

        centers = np.concatenate([scene.centers for scene in placed])
        rooms = np.array([(s.room.length, s.room.width, s.room.height) for s in placed])
        lows, highs, used, reachable, frames = relation_kernels.regions(
            centers,
            np.concatenate([scene.sizes for scene in placed]),
            np.concatenate([scene.yaws for scene in placed]),
            np.concatenate([table.on_floor for table in tables])[objects],
            np.concatenate([table.flat for table in tables])[objects],
            rooms[rows[known]],
            np.concatenate([table.walls for table in tables])[known],
            subjects[known],
            targets[known],
            codes[known],
            np.concatenate([table.adjacent for table in tables])[known],
        )
        offsets = relation_kernels.offsets(centers[subjects[known]], lows, highs, used, frames)
        distances[known] = np.sqrt(np.square(offsets).sum(axis=1))
        moves[known] = np.where(reachable[:, None], offsets, np.nan) + 0.0
    turns = np.full(len(rows), np.nan)
    if is_arranged:
        found = known_arrangements(placed)
        is_measured = found.codes != CODES["against wall"]
        distances[found.rows[is_measured]] = found.measures.distances[is_measured]
        turns[found.rows] = found.measures.turns
    if np.isfinite(distances).any():
        from spatialenv.core import relation_kernels

        scores = relation_kernels.scores(distances)
    if is_arranged:
        scores *= turn_factors(turns)
    return RelationBatch(rows, owners, distances, scores, moves, turns)


def feasible_regions(placed: PlacedScene, relation: Relation) -> tuple[Region, ...]:
    """Return the regions of the subject's centre in which `relation` is met.

    The subject need not be placed; its yaw is then the scene's own. Empty when the target is an
    object that is not placed.

    "Against wall" has the regions of "on" that wall; the other arrangements have none.

    Raises:
        SceneError: If the subject is not in the scene, or the relation is an arrangement without regions.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="bin_1", category="bin", size=(0.4, 0.4, 0.6)),))
        >>> region = feasible_regions(scene.place({}), Relation("bin_1", "on", "west_wall"))[0]
        >>> region.low, region.high
        ((0.2, 0.2, 0.3), (0.2, 3.8, 0.3))
    """
    room = placed.room
    if relation.preposition not in _REGION_CODES:
        raise SceneError(
            f"{relation.preposition!r} has no regions: it is measured as a distance and a turn; "
            "ask relation_states or spatialenv.core.arrangement.measure"
        )
    target = room.aliases.get(relation.target, relation.target)
    if target not in room.elements and target not in placed.layout.ids:
        return ()
    if relation.subject not in placed.layout.ids:
        item = placed.scene.object(relation.subject)
        poses = dict(placed.layout.poses) | {item.id: (0.0, 0.0, item.size[2] / 2)}
        placed = placed.scene.place(poses)
    found = region_arrays(placed, (relation,))
    yaw = math.atan2(found.frames[0, 1], found.frames[0, 0])
    return tuple(
        Region(_triple(found.lows[0, i]), _triple(found.highs[0, i]), bool(found.reachable[0]), yaw)
        for i in range(found.counts[0])
    )


class RegionArrays(NamedTuple):
    """The regions of ``r`` relations as arrays.

    Attributes:
        lows: Least x, y and z of each region in its axes, shape ``(r, 4, 3)``.
        highs: Greatest x, y and z, shape ``(r, 4, 3)``.
        counts: How many of the four are in use, shape ``(r,)``.
        reachable: Whether they lie inside the room, shape ``(r,)``.
        frames: Cosine and sine of the angle by which their axes are turned, shape ``(r, 2)``.
    """

    lows: FloatArray
    highs: FloatArray
    counts: IntArray
    reachable: BoolArray
    frames: FloatArray


def region_arrays(placed: PlacedScene, relations: Sequence[Relation]) -> RegionArrays:
    """Return the regions of those of the relations that have some and whose subject and target are placed."""
    from spatialenv.core import relation_kernels

    table, room = relation_table(placed.scene), placed.room
    rows = {object_id: row for row, object_id in enumerate(placed.ids)}
    walls = _wall_figures(room)
    targets = [room.aliases.get(relation.target, relation.target) for relation in relations]
    known = [
        (relation, target)
        for relation, target in zip(relations, targets, strict=True)
        if relation.preposition in _REGION_CODES
        and relation.subject in rows
        and (target in rows or target in room.elements)
    ]
    return RegionArrays(
        *relation_kernels.regions(
            placed.centers,
            placed.sizes,
            placed.yaws,
            table.on_floor[placed.indices],
            table.flat[placed.indices],
            np.array([(room.length, room.width, room.height)] * len(known)).reshape(-1, 3),
            np.array([walls.get(target, _NO_WALL) for _, target in known]).reshape(-1, len(_NO_WALL)),
            np.array([rows[relation.subject] for relation, _ in known], dtype=np.int64),
            np.array([_target_code(target, rows) for _, target in known], dtype=np.int64),
            np.array([_REGION_CODES[relation.preposition] for relation, _ in known], dtype=np.int64),
            np.array([relation.is_adjacent for relation, _ in known], dtype=np.bool_),
        )
    )


class RelationTable(NamedTuple):
    """A scene's ``r`` relations and ``n`` objects as arrays; subjects and targets are indices of objects."""

    subjects: IntArray
    targets: IntArray
    prepositions: IntArray
    adjacent: BoolArray
    walls: FloatArray
    on_floor: BoolArray
    flat: BoolArray


@per_scene
def relation_table(scene: Scene) -> RelationTable:
    """Return the table of a scene, worked out once for each scene."""
    objects = {object_id: i for i, object_id in enumerate(scene.ids)}
    everything = scene.place(dict.fromkeys(scene.ids, (0.0, 0.0, 0.0)))
    relations, walls = scene.relations, _wall_figures(scene.room)
    return RelationTable(
        np.array([objects[r.subject] for r in relations], dtype=np.int64),
        np.array([_target_code(r.target, objects) for r in relations], dtype=np.int64),
        np.array([_PREPOSITION_CODES[r.preposition] for r in relations], dtype=np.int64),
        np.array([r.is_adjacent for r in relations], dtype=np.bool_),
        np.array([walls.get(r.target, _NO_WALL) for r in relations], dtype=np.float64).reshape(-1, len(_NO_WALL)),
        stands_on_floor(everything),
        np.array([item.lies_flat for item in scene.objects], dtype=np.bool_),
    )


def _moves_on_floor(placed: PlacedScene, batch: RelationBatch) -> FloatArray:
    """Return the moves to where subjects of unmet relations are on the floor and, if they can, clear of openings.

    NaN where there is no such place.
    """
    from spatialenv.core import mending_kernels

    moves, relations = batch.moves.copy(), placed.scene.relations
    astray = [k for k in np.flatnonzero(batch.distances > TOLERANCE).tolist() if not np.isnan(moves[k, 0])]
    regions = region_arrays(placed, [relations[k] for k in astray])
    known, zones = scene_arrays(placed.scene), zone_arrays(placed.scene)
    none = np.zeros((0, 3))
    flat = {item.id for item in placed.objects if item.lies_flat}
    for row, k in enumerate(astray):
        is_flat = relations[k].subject in flat
        *move, is_found = mending_kernels.place_in_region(
            placed.ids.index(relations[k].subject),
            placed.centers,
            placed.sizes,
            placed.yaws,
            known.room,
            np.array(placed.room.floor),
            known.floor is None,
            none if is_flat else zones.centers,
            none if is_flat else zones.sizes,
            none[:, 0] if is_flat else zones.yaws,
            regions.lows[row],
            regions.highs[row],
            regions.counts[row],
            regions.frames[row],
        )
        if is_found or not placed.room.is_rectangle:
            moves[k] = move if is_found else np.nan
    return moves + 0.0


def _met(batch: RelationBatch) -> BoolArray:
    met: BoolArray = (batch.distances <= TOLERANCE + _ROUNDING) & ~(np.abs(batch.turns) > TURN_TOLERANCE + _ROUNDING)
    return met


def _target_code(target: str, objects: Mapping[str, int]) -> int:
    """Return an object's index, or the code of a room element: one for all walls but those by compass."""
    return objects[target] if target in objects else _ELEMENT_CODES.get(target, _WALL_CODE)


def _wall_figures(room: Room) -> dict[str, tuple[float, ...]]:
    """Return what the kernel wants to know of each wall of a floor that is no rectangle."""
    if room.is_rectangle:
        return {}
    walls = room.wall_lines
    figures: dict[str, tuple[float, ...]] = {}
    for i, wall in enumerate(walls):
        (sx, sy), (nx, ny) = wall.start, wall.inward
        depth = max((x - sx) * nx + (y - sy) * ny for x, y in room.floor)
        beside = (*walls[i - 1].inward, *walls[(i + 1) % len(walls)].inward)
        figures[wall.name] = (sx, sy, nx, ny, wall.length, depth, *beside)
    return figures


def _turned(point: tuple[float, float, float], yaw: float) -> tuple[float, float, float]:
    if yaw == 0.0:
        return point
    (x, y, z), c, s = point, math.cos(yaw), math.sin(yaw)
    return c * x - s * y, s * x + c * y, z


def _triple(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
