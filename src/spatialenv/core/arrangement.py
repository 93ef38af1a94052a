"""Relations that arrange objects: measured as a distance, a turn, or both, instead of by a region.

Distances are those of footprints, so heights do not count (but for "against wall"). A target has axes: *across*, to
its right, and *ahead*, where its front looks; a wall's front looks into the room, and its centre is its middle.

| preposition | metres missing | turn missing | targets |
| --- | --- | --- | --- |
| near | of the distance from the target, what is beyond 1 m | | object, wall, middle |
| far | of the distance from the target, what lacks of 1.5 m | | object, wall, middle |
| face to | | until the ray from the centre along the front meets the target's footprint, is at right angles to the wall, or passes through the middle | object, wall, middle |
| aligned | from the centre to the nearer centre line of the target; a wall: none | to the nearest yaw parallel to the target or square to it | object, wall, middle |
| against wall | as "on" the wall: touching it, between its ends, at its height | until the back is to the wall | wall |
| around | as near, and along the arc as far as the centre is more than a quarter of the even gap off its even place | | object, middle |
| centred | across the target: from its front-back axis; the middle: from that point | | object, wall, middle |
| symmetric | from the partner's mirror image over the target's front-back axis; without a partner from that axis | to the yaw of the partner's mirror image; without a partner until it is its own | object, wall |

The middle of the room is the middle of the floor's bounding box: a point whose axes are the room's. Distances are
true ones, 0 where footprints overlap; that from a wall is measured to the wall between its ends.

*Around*: the ``n`` placed objects that are around one target are put in order by their angle, seen from its centre. Their
even places are ``2 pi / n`` apart, in that order, and turned so that the sum of squared differences is least. An
object may be off its even place by a quarter of that gap; what is more counts as the arc at its distance from the
target's centre, at least at 0.5 m. So chairs on the two long sides of a table are around it, and one alone is near.

*Symmetric*: the placed objects of one category that are symmetric to one target pair off, those whose mirror images
are nearest first; one that is left over has no partner. Sizes do not count.

A relation holds where at most `spatialenv.core.relations.TOLERANCE` metres and 5 degrees are missing. Its score is the
product of two factors: one falls to 0 at 1 m, the other at 90 degrees.

Sources: near is LayoutVLM's ``close_to`` (0 to 1 m); far begins where SceneEval's ``across_from`` does (1.5 m);
``face to`` is the half-line test of Holodeck and LayoutVLM; ``aligned`` is Holodeck's centre alignment; ``against wall``
is LayoutVLM's, whose back corners must lie on the wall; ``around`` follows SceneEval's ``surround`` in asking for even
angles, but not for equal distances. The code is not theirs.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.facing import SCALE as TURN_SCALE
from spatialenv.core.facing import TOLERANCE as TURN_TOLERANCE
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import ARRANGEMENTS, Relation, Scene

NEAR = 1.0
"""Metres up to which two footprints are near."""

FAR = 1.5
"""Metres from which on two footprints are far."""

LEAST_RADIUS = 0.5
"""Metres from a target's centre below which an angle around it counts as at that distance."""

CODES = {name: code for code, name in enumerate(ARRANGEMENTS)}
"""Codes of the prepositions in the kernels."""

_ROUNDING = 1e-9


def has_arrangements(scene: Scene) -> bool:
    """Return whether some relation of the scene uses one of `ARRANGEMENTS`.

    Example:
        >>> from spatialenv.core.scene import SceneObject
        >>> lamp = SceneObject("lamp_1", "lamp", (0.3, 0.3, 1), relations=(Relation("lamp_1", "near", "west_wall"),))
        >>> has_arrangements(Scene(Room.rectangle(4, 3, 2.5), (lamp,)))
        True
    """
    return len(arrangements(scene).relations) > 0


def footprint_distances(first: npt.ArrayLike, second: npt.ArrayLike) -> FloatArray:
    """Return the distance of each footprint from its counterpart, 0 where they touch or overlap.

    Args:
        first: Rows ``(x, y, length, width, yaw)``, metres and radians, shape ``(n, 5)``. Length and width may be 0.
        second: Shape ``(n, 5)``.

    Returns:
        Metres, shape ``(n,)``.

    Raises:
        ValueError: If the shapes are others.

    Example:
        >>> footprint_distances([(0, 0, 2, 1, 0)], [(4, 0, 1, 1, 0)])
        array([2.5])
    """
    from spatialenv.core.usability import arrangement_kernels

    a, b = _rows(first), _rows(second)
    if a.shape != b.shape:
        raise ValueError(f"there are {len(a)} first and {len(b)} second footprints; give as many of each")
    distances: FloatArray = arrangement_kernels.distances(
        arrangement_kernels.rows(a[:, :4].copy(), a[:, 4].copy()),
        arrangement_kernels.rows(b[:, :4].copy(), b[:, 4].copy()),
    )
    return distances


class Measures(NamedTuple):
    """How far ``r`` arrangements are from being met.

    Attributes:
        distances: Metres that are missing, shape ``(r,)``.
        turns: Signed radians that are missing, counter-clockwise, NaN where the yaw does not count, shape ``(r,)``.
        offsets: Of each that is around a target: radians by which it is past its even place; else 0; shape ``(r,)``.
        partners: Of each that is symmetric: which one its mirror image is compared with, itself where it has no
            partner; shape ``(r,)``.
    """

    distances: FloatArray
    turns: FloatArray
    offsets: FloatArray
    partners: IntArray


def measure(
    subjects: npt.ArrayLike,
    prepositions: Sequence[str],
    targets: npt.ArrayLike,
    is_wall: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
) -> Measures:
    """Return how far arrangements are from being met, on arrays alone.

    "Against wall" is measured by its turn only: how far the subject is from touching the wall, its region says.

    Args:
        subjects: Rows ``(x, y, length, width, yaw)``, metres and radians, shape ``(r, 5)``.
        prepositions: One of `ARRANGEMENTS` for each, length ``r``.
        targets: Rows of the targets, shape ``(r, 5)``; a wall: its middle, its length, 0 and the yaw of what has its
            back to it; the middle of the room: its place, 0, 0 and 0.
        is_wall: Whether each target is a wall, shape ``(r,)``; None: none is.
        groups: A number for each, the same for those that are around one target together, or symmetric to it; -1 for
            none; shape ``(r,)``. None: each is alone.

    Raises:
        ValueError: If a shape is another.
        KeyError: If a preposition is unknown.

    Example:
        >>> found = measure([(4, 0, 1, 1, 0)], ["near"], [(0, 0, 2, 1, 0)])
        >>> found.distances, found.turns
        (array([1.5]), array([nan]))
    """
    own, wanted = _rows(subjects), _rows(targets)
    r = len(prepositions)
    if not len(own) == len(wanted) == r:
        raise ValueError(
            f"there are {len(own)} subjects, {r} prepositions and {len(wanted)} targets; give as many each"
        )
    codes = np.array([CODES[name] for name in prepositions], dtype=np.int64)
    walls = np.zeros(r, dtype=np.bool_) if is_wall is None else np.array(is_wall, dtype=np.bool_)
    together = np.full(r, -1) if groups is None else np.array(groups, dtype=np.int64)
    return _measure(own, wanted, codes, walls, together)


def measure_rows(subjects: FloatArray, targets: FloatArray, code: int, is_wall: bool) -> Measures:
    """Return `measure` of one preposition for many places, each alone."""
    r = len(subjects)
    return _measure(subjects, targets, np.full(r, code), np.full(r, is_wall), np.full(r, -1))


def turn_factors(turns: FloatArray) -> FloatArray:
    """Return the factors of a score for turns that are missing: 1 up to 5 degrees, 0 from 90 on; 1 for NaN.

    Example:
        >>> import math
        >>> turn_factors(np.array([math.nan, math.radians(-47.5), math.radians(120)])).round(3)
        array([1. , 0.5, 0. ])
    """
    excess = np.nan_to_num(np.abs(turns)) - TURN_TOLERANCE
    factors: FloatArray = np.where(
        excess <= _ROUNDING, 1.0, np.maximum(0.0, 1.0 - excess / (TURN_SCALE - TURN_TOLERANCE))
    )
    return factors


class Arrangements(NamedTuple):
    """The arrangements of a scene.

    Attributes:
        relations: Indices into ``scene.relations``, length ``r``.
        subjects: Index of each subject in ``scene.objects``, shape ``(r,)``.
        targets: Index of each target, -1 where that is no object, shape ``(r,)``.
        frames: Rows ``(x, y, length, width, yaw)`` of targets that are no objects, shape ``(r, 5)``.
        is_wall: Whether each target is a wall, shape ``(r,)``.
        codes: Shape ``(r,)``.
        groups: Of what is around, or symmetric to, one target together, else -1; shape ``(r,)``.
    """

    relations: IntArray
    subjects: IntArray
    targets: IntArray
    frames: FloatArray
    is_wall: BoolArray
    codes: IntArray
    groups: IntArray


@per_scene
def arrangements(scene: Scene) -> Arrangements:
    """Return the arrangements of a scene, worked out once for each scene."""
    index = {object_id: i for i, object_id in enumerate(scene.ids)}
    chosen = [(k, r) for k, r in enumerate(scene.relations) if r.preposition in CODES]
    names: dict[tuple[str, ...], int] = {}
    groups = [_group(scene, relation, names) for _, relation in chosen]
    return Arrangements(
        np.array([k for k, _ in chosen], dtype=np.int64),
        np.array([index[r.subject] for _, r in chosen], dtype=np.int64),
        np.array([index.get(r.target, -1) for _, r in chosen], dtype=np.int64),
        np.array([frame_of(scene.room, r.target) for _, r in chosen], dtype=np.float64).reshape(-1, 5),
        np.array([r.target in scene.room.walls for _, r in chosen], dtype=np.bool_),
        np.array([CODES[r.preposition] for _, r in chosen], dtype=np.int64),
        np.array(groups, dtype=np.int64),
    )


def frame_of(room: Room, target: str) -> tuple[float, float, float, float, float]:
    """Return the row ``(x, y, length, width, yaw)`` of a wall or of the middle of the room; zeros for an object."""
    if target in room.walls:
        wall = room.wall(target)
        return (*wall.point(wall.length / 2), wall.length, 0.0, wall.backing_yaw)
    if target == "middle of the room":
        return room.length / 2, room.width / 2, 0.0, 0.0, 0.0
    return 0.0, 0.0, 0.0, 0.0, 0.0


class Known(NamedTuple):
    """Arrangements of several placed scenes whose subjects and targets are placed.

    Attributes:
        rows: Index of each among all relations of the scenes, shape ``(k,)``.
        subjects: Rows ``(x, y, length, width, yaw)``, shape ``(k, 5)``.
        targets: Rows of the targets, shape ``(k, 5)``.
        codes: Shape ``(k,)``.
        is_wall: Shape ``(k,)``.
        groups: Shape ``(k,)``.
        measures: How far each is from being met.
    """

    rows: IntArray
    subjects: FloatArray
    targets: FloatArray
    codes: IntArray
    is_wall: BoolArray
    groups: IntArray
    measures: Measures


def known_arrangements(placed: Sequence[PlacedScene]) -> Known:
    """Return the arrangements of placed scenes, measured together."""
    tables = [arrangements(scene.scene) for scene in placed]
    counts = np.array([len(table.relations) for table in tables], dtype=np.int64)
    if not counts.any():
        none = np.zeros(0, dtype=np.int64)
        nothing = Measures(np.zeros(0), np.zeros(0), np.zeros(0), none)
        return Known(none, np.zeros((0, 5)), np.zeros((0, 5)), none, np.zeros(0, np.bool_), none, nothing)
    # Objects of all scenes are numbered through; the last row stands for targets that are no objects.
    objects = np.array([len(scene.scene.objects) for scene in placed], dtype=np.int64)
    starts = np.cumsum(objects) - objects
    boxes, is_placed = np.zeros((int(objects.sum()) + 1, 5)), np.zeros(int(objects.sum()) + 1, dtype=np.bool_)
    rows = np.repeat(starts, [len(scene.indices) for scene in placed])
    rows += np.concatenate([scene.indices for scene in placed])
    boxes[rows, :2] = np.concatenate([scene.centers for scene in placed])[:, :2]
    boxes[rows, 2:4] = np.concatenate([scene.sizes for scene in placed])[:, :2]
    boxes[rows, 4] = np.concatenate([scene.yaws for scene in placed])
    is_placed[rows] = is_placed[-1] = True
    first = np.repeat(starts, counts)
    subjects = first + np.concatenate([table.subjects for table in tables])
    targets = np.concatenate([table.targets for table in tables])
    is_object = targets >= 0
    targets = np.where(is_object, first + targets, -1)
    here = np.flatnonzero(is_placed[subjects] & is_placed[targets])
    frames = np.concatenate([table.frames for table in tables])
    frames[is_object] = boxes[targets[is_object]]
    told = np.array([len(scene.scene.relations) for scene in placed], dtype=np.int64)
    relations = np.repeat(np.cumsum(told) - told, counts) + np.concatenate([table.relations for table in tables])
    groups = np.concatenate([table.groups for table in tables])
    # A scene has no more groups than relations, so that these numbers are its own.
    groups = np.where(groups >= 0, np.repeat(np.cumsum(counts) - counts, counts) + groups, -1)[here]
    codes = np.concatenate([table.codes for table in tables])[here]
    is_wall = np.concatenate([table.is_wall for table in tables])[here]
    own, wanted = boxes[subjects[here]], frames[here]
    return Known(relations[here], own, wanted, codes, is_wall, groups, _measure(own, wanted, codes, is_wall, groups))


def _measure(
    subjects: FloatArray, targets: FloatArray, codes: IntArray, is_wall: BoolArray, groups: IntArray
) -> Measures:
    from spatialenv.core.usability import arrangement_kernels

    yaws, target_yaws = subjects[:, 4].copy(), targets[:, 4].copy()
    own = arrangement_kernels.rows(subjects[:, :4].copy(), yaws)
    others = arrangement_kernels.rows(targets[:, :4].copy(), target_yaws)
    metres, turns = arrangement_kernels.alone(own, yaws, others, target_yaws, is_wall, codes, NEAR, FAR)
    offsets, partners = arrangement_kernels.together(
        own, yaws, others, target_yaws, codes, groups, metres, turns, LEAST_RADIUS
    )
    return Measures(metres, turns + 0.0, offsets, partners)


def _group(scene: Scene, relation: Relation, names: dict[tuple[str, ...], int]) -> int:
    """Return the number of the group that a relation's subject belongs to, -1 for none."""
    if relation.preposition not in ("around", "symmetric"):
        return -1
    item = scene.object(relation.subject)
    kind = item.category if relation.preposition == "symmetric" else ""
    # An object that says the same twice is in two groups, not twice in one.
    said = [other is relation for other in item.relations if _same(other, relation)].index(True)
    return names.setdefault((relation.preposition, relation.target, kind, str(said)), len(names))


def _same(one: Relation, other: Relation) -> bool:
    return (one.preposition, one.target) == (other.preposition, other.target)


def _rows(given: npt.ArrayLike) -> FloatArray:
    rows = np.array(given, dtype=np.float64)
    if rows.size == 0:
        rows = rows.reshape(0, 5)
    if rows.ndim != 2 or rows.shape[1] != 5:
        raise ValueError(f"footprints have the shape {rows.shape}; give rows (x, y, length, width, yaw)")
    return rows
