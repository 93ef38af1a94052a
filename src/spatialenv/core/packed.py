"""Many scenes as tables, so that thousands of layouts are scored in one pass over arrays.

`pack` writes what scenes say of their objects, rooms and relations into tables once; `PackedScenes.measure` then
takes places as arrays and gives the four parts of the reward `physics` for every object, and
`PackedScenes.physics` that reward.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.arrangement import has_arrangements
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene, scene_arrays
from spatialenv.core.relations import relation_batch, relation_table
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.core.shares import mean, paid, physics_value, share_of
from spatialenv.core.support import support_traits
from spatialenv.errors import InputError

PARTS = ("collision", "boundary", "support", "constraint")
"""What is measured."""


class PhysicsArrays(NamedTuple):
    """The parts of `physics` for ``b`` layouts of up to ``n`` objects; values are in [0, 1] and 1 where none is.

    Attributes:
        collision: Share of each object's volume that it has to itself, shape ``(b, n)``.
        boundary: Share of each object's volume that is inside the room, shape ``(b, n)``.
        support: How well each object is held, shape ``(b, n)``.
        constraint: Mean score of each object's relations, 1 without any, shape ``(b, n)``.
        shared: Volume in m3 that each object shares with others, shape ``(b, n)``.
        outside: Volume in m3 that each object has outside the room, shape ``(b, n)``.
        unsupported: How many objects do not rest, shape ``(b,)``.
        relations: How many relations the scene has, shape ``(b,)``.
        relations_met: How many of them are met, shape ``(b,)``.
        mask: Where there is an object, shape ``(b, n)``.
    """

    collision: FloatArray
    boundary: FloatArray
    support: FloatArray
    constraint: FloatArray
    shared: FloatArray
    outside: FloatArray
    unsupported: FloatArray
    relations: FloatArray
    relations_met: FloatArray
    mask: BoolArray


class _Tables(NamedTuple):
    """Scenes one after another: rows of all their objects, corners, walls, mounts and relations.

    Each ``..._starts`` says where a scene's rows begin, and one more where the last ones end.
    """

    object_starts: IntArray
    sizes: FloatArray
    volumes: FloatArray
    on_floor: BoolArray
    flat: BoolArray
    rooms: FloatArray
    floor_starts: IntArray
    floors: FloatArray
    wall_starts: IntArray
    walls: FloatArray
    mount_starts: IntArray
    mounts: BoolArray
    relation_starts: IntArray
    relations: IntArray
    relation_walls: FloatArray


_NOTHING = Scene(Room.rectangle(1, 1, 1), ())


class PackedScenes:
    """Scenes as tables; made by `pack`.

    Attributes:
        scenes: The scenes, length ``b``.
        counts: How many objects each has, shape ``(b,)``; the greatest is ``n``.
        mask: Where there is an object, shape ``(b, n)``.
    """

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self.scenes = tuple(scenes)
        distinct: dict[int, int] = {}
        tables: list[_Tables] = []
        firsts: list[int] = []
        rows = np.empty(len(self.scenes), dtype=np.int64)
        for row, scene in enumerate(self.scenes):
            at = distinct.setdefault(id(scene), len(tables))
            if at == len(tables):
                tables.append(_table(scene))
                firsts.append(row)
            rows[row] = at
        self._rows = rows
        self._tables = _joined(tables or [_table(_NOTHING)])
        arranged = np.array([has_arrangements(self.scenes[i]) for i in firsts], dtype=np.bool_)
        self._arranged = np.flatnonzero(arranged[rows]) if arranged.any() else np.zeros(0, dtype=np.int64)
        self.counts: IntArray = np.diff(self._tables.object_starts)[rows]
        columns = np.arange(self.counts.max(initial=0))
        self.mask: BoolArray = columns < self.counts[:, None]
        self._members: IntArray = np.where(self.mask, columns, -1)

    def __len__(self) -> int:
        return len(self.scenes)

    def default_yaws(self) -> FloatArray:
        """Return the yaws in radians that the objects have unless a layout says otherwise, shape ``(b, n)``."""
        yaws = np.zeros(self.mask.shape)
        for row, scene in enumerate(self.scenes):
            yaws[row, : self.counts[row]] = scene_arrays(scene).yaws
        return yaws

    def measure(
        self,
        centers: npt.ArrayLike,
        yaws: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        parts: Collection[str] = PARTS,
    ) -> PhysicsArrays:
        """Return the parts of `physics` for a layout of each scene.

        Args:
            centers: Centres of the objects in the order of ``scene.objects``, shape ``(b, n, 3)``; metres. What
                stands where there is no object is not looked at, but must be finite.
            yaws: Yaws in radians, shape ``(b, n)``; None: `default_yaws`.
            mask: True where the layout places the object, shape ``(b, n)``; None: it places all.
            parts: Which of `PARTS` are wanted; the others come as 1, and their figures as 0.

        Raises:
            InputError: If shapes do not fit, a number is not finite, the mask is True where a scene has no object,
                or a part is unknown.

        Example:
            >>> from spatialenv.core.room import Room
            >>> from spatialenv.core.scene import SceneObject
            >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
            >>> found = pack([Scene(Room.rectangle(6, 4, 3), cubes)]).measure([[(1, 1, 0.5), (1.75, 1, 0.5)]])
            >>> found.collision, found.shared
            (array([[0.75, 0.75]]), array([[0.25, 0.25]]))
        """
        shape = self.mask.shape
        middles = _array("centers", centers, (*shape, 3))
        turns = self.default_yaws() if yaws is None else _array("yaws", yaws, shape)
        unknown = sorted(set(parts) - set(PARTS))
        if unknown:
            raise InputError(f"`parts` holds {unknown!r}; known: {', '.join(PARTS)}")
        members = self._members
        if mask is not None:
            present = np.asarray(mask)
            if present.dtype != np.bool_ or present.shape != shape:
                raise InputError(f"`mask` is {present.dtype} of the shape {present.shape}; it must be bool {shape}")
            if (present & ~self.mask).any():
                raise InputError("`mask` is True where a scene has no object; see the attribute `mask`")
            members = np.where(present, members, -1)
        return self.measure_members(members, middles, turns, parts)

    def measure_members(
        self, members: IntArray, centers: FloatArray, yaws: FloatArray, parts: Collection[str] = PARTS
    ) -> PhysicsArrays:
        """Return the parts of `physics` as `measure` does, for objects in any columns; nothing is checked.

        Args:
            members: Index of the object in each column, or -1, shape ``(b, m)``; no object twice.
            centers: Shape ``(b, m, 3)``, C-contiguous.
            yaws: Shape ``(b, m)``, C-contiguous.
            parts: Which of `PARTS` are wanted.
        """
        from spatialenv.core import soundness_kernels

        wanted = [part in parts for part in PARTS]
        found, counted = soundness_kernels.soundness(self._rows, members, centers, yaws, *self._tables, *wanted)
        collision, boundary = np.ones(members.shape), np.ones(members.shape)
        outside = np.zeros(members.shape)
        unsupported, met = np.ascontiguousarray(counted.T, dtype=np.float64)
        volumes, shared, inside, support, constraint = found
        if wanted[0]:
            collision = share_of(volumes - shared, volumes)
        if wanted[1]:
            boundary = share_of(inside, volumes)
            outside = np.where(boundary < 1.0, volumes - inside, 0.0)
        relations = np.diff(self._tables.relation_starts)[self._rows].astype(np.float64)
        if wanted[3] and len(self._arranged):
            self._arrange(members, centers, yaws, constraint, met)
        return PhysicsArrays(
            collision=collision,
            boundary=boundary,
            support=support,
            constraint=constraint,
            shared=shared,
            outside=outside,
            unsupported=unsupported,
            relations=relations,
            relations_met=met,
            mask=members >= 0,
        )

    def physics(
        self, centers: npt.ArrayLike, yaws: npt.ArrayLike | None = None, mask: npt.ArrayLike | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return what the reward ``physics`` pays for a layout of each scene, and for each of its objects.

        Args:
            centers: As `measure` takes them.
            yaws: Likewise.
            mask: Likewise. A layout that leaves an object out is worth 0.

        Returns:
            Values, shape ``(b,)``, and shares of the objects, shape ``(b, n)``, NaN where none is placed.

        Raises:
            InputError: As `measure` does.

        Example:
            >>> from spatialenv.core.room import Room
            >>> from spatialenv.core.scene import SceneObject
            >>> cube = SceneObject(id="cube_1", category="cube", size=(1, 1, 1))
            >>> pack([Scene(Room.rectangle(6, 4, 3), (cube,))]).physics([[(0, 2, 0.5)]])
            (array([0.55]), array([[0.5]]))
        """
        found = self.measure(centers, yaws, mask)
        shares = paid(found.collision, found.boundary, found.support, found.constraint)
        values = physics_value(mean(shares, found.mask, self.counts))
        is_complete = found.mask.sum(axis=1) == self.counts
        return np.where(is_complete, values, 0.0), np.where(found.mask, shares, np.nan)

    def _arrange(
        self, members: IntArray, centers: FloatArray, yaws: FloatArray, scores: FloatArray, met: FloatArray
    ) -> None:
        """Write the scores of scenes with relations that have no regions, which the kernel does not know."""
        placed, places = [], np.concatenate((centers, yaws[..., None]), axis=-1)
        for row in self._arranged.tolist():
            scene = self.scenes[row]
            poses = [
                (scene.objects[member].id, Pose(*places[row, column].tolist()))
                for column, member in enumerate(members[row].tolist())
                if member >= 0
            ]
            placed.append(PlacedScene(scene, Layout(tuple(poses))))
        found = relation_batch(placed)
        met[self._arranged] = np.bincount(found.rows, weights=found.scores >= 1.0, minlength=len(placed))
        sums = np.zeros((len(placed), int(self.counts.max())))
        counts = np.zeros(sums.shape)
        np.add.at(sums, (found.rows, found.subjects), found.scores)
        np.add.at(counts, (found.rows, found.subjects), 1.0)
        means = np.where(counts > 0, sums / np.maximum(counts, 1.0), 1.0)
        columns = members[self._arranged]
        values = np.take_along_axis(means, np.maximum(columns, 0), axis=1)
        scores[self._arranged] = np.where(columns >= 0, values, 1.0)


def pack(scenes: Sequence[Scene]) -> PackedScenes:
    """Return scenes as tables. A scene (the very object) that comes several times is written once.

    Example:
        >>> from spatialenv.core.room import Room
        >>> scene = Scene(Room.rectangle(6, 4, 3), ())
        >>> len(pack([scene, scene]))
        2
    """
    return PackedScenes(scenes)


@per_scene
def _table(scene: Scene) -> _Tables:
    known, traits, relations = scene_arrays(scene), support_traits(scene), relation_table(scene)
    floor = np.zeros((0, 2)) if known.floor is None else known.floor
    codes = (relations.subjects, relations.targets, relations.prepositions, relations.adjacent.astype(np.int64))

    def ends(count: int) -> IntArray:
        return np.array((0, count), dtype=np.int64)

    return _Tables(
        object_starts=ends(len(scene.objects)),
        sizes=known.sizes,
        volumes=known.sizes.prod(axis=1),
        on_floor=traits.on_floor,
        flat=traits.flat,
        rooms=known.room.reshape(1, 3),
        floor_starts=ends(len(floor)),
        floors=floor,
        wall_starts=ends(len(traits.walls)),
        walls=traits.walls,
        mount_starts=ends(traits.mounts.size),
        mounts=np.ascontiguousarray(traits.mounts).reshape(-1),
        relation_starts=ends(len(relations.subjects)),
        relations=np.ascontiguousarray(np.stack(codes, axis=1)),
        relation_walls=relations.walls,
    )


def _joined(tables: Sequence[_Tables]) -> _Tables:
    """Return the tables of several scenes as one."""
    if len(tables) == 1:
        return tables[0]
    joined = _Tables(*(np.concatenate(columns) for columns in zip(*tables, strict=True)))

    def starts(name: str) -> IntArray:
        counts = [0, *(int(getattr(table, name)[1]) for table in tables)]
        return np.cumsum(np.array(counts, dtype=np.int64))

    return joined._replace(
        object_starts=starts("object_starts"),
        floor_starts=starts("floor_starts"),
        wall_starts=starts("wall_starts"),
        mount_starts=starts("mount_starts"),
        relation_starts=starts("relation_starts"),
    )


def _array(name: str, given: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    try:
        array = np.ascontiguousarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"`{name}` is not an array of numbers: {error}") from error
    if array.shape != shape:
        raise InputError(f"`{name}` has the shape {array.shape}; it must be {shape}: scenes, objects of the largest")
    if not np.isfinite(array).all():
        raise InputError(f"`{name}` holds NaN or infinity; every number must be finite")
    return array
