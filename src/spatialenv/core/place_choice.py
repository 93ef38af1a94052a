"""Places of one object compared: is it inside the room there, in the way, and where its other relations want it?"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from spatialenv.core.arrangement import CODES, Measures, frame_of, measure_rows
from spatialenv.core.facing import TOLERANCE as TURN_TOLERANCE
from spatialenv.core.openings import zone_arrays
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene, scene_arrays
from spatialenv.core.relations import TOLERANCE, RegionArrays, region_arrays
from spatialenv.core.scene import Relation
from spatialenv.core.support import lies_flat

_ROUNDING = 1e-9
CLOSE = TOLERANCE / 2
"""Metres that a place may miss: half of what is tolerated, so that rounding and further moves may add some."""
STEP = 1e-4
"""Metres of the steps that `rounded` puts places on."""


class Choice:
    """The places of the subject of a relation, for which it is to be moved.

    Args:
        placed: The scene with the layout.
        relation: The relation.
        yaw: Yaw in radians that the subject has, or will be turned to.

    Attributes:
        start: Where it stands, shape ``(3,)``.
        size: Its size, shape ``(3,)``.
        row: Its row among the placed objects.
    """

    def __init__(self, placed: PlacedScene, relation: Relation, yaw: float) -> None:
        self.placed = placed
        self.relation = relation
        self.yaw = yaw
        self.row = placed.ids.index(relation.subject)
        self.start: FloatArray = placed.centers[self.row]
        self.size: FloatArray = placed.sizes[self.row]

    def best(self, points: FloatArray) -> tuple[FloatArray, bool] | None:
        """Return the best of some places ``(q, 3)``, and whether it is in the way there; None if none is in the room.

        Best is a place where it is not in the way, then one where most of its other relations are met, then the
        nearest.
        """
        points = points[self._is_inside(points)] if len(points) else points
        if not len(points):
            return None
        is_in_the_way = self._is_in_the_way(points)
        far = np.square(points - self.start).sum(axis=1)
        first = int(np.lexsort((far, self._unmet_others(points), is_in_the_way))[0])
        return points[first], bool(is_in_the_way[first])

    def between(self, place: FloatArray) -> FloatArray:
        """Return places on the way to one, and that one."""
        way = self.start + np.linspace(0.0, 1.0, 34)[:-1, None] * (place - self.start)
        return np.concatenate((rounded(way), place[None]))

    def holds(self, points: FloatArray, preposition: str, frame: FloatArray, is_wall: bool) -> BoolArray:
        """Return whether an arrangement to the target of that row is met at each place, shape ``(q,)``."""
        q = len(points)
        own = np.column_stack((points[:, :2], np.tile((*self.size[:2], self.yaw), (q, 1))))
        found: Measures = measure_rows(own, np.tile(frame, (q, 1)), CODES[preposition], is_wall)
        return np.asarray(
            (found.distances <= CLOSE) & (np.nan_to_num(np.abs(found.turns)) <= TURN_TOLERANCE + _ROUNDING)
        )

    def _is_inside(self, points: FloatArray) -> BoolArray:
        from spatialenv.core import kernels

        q, known = len(points), scene_arrays(self.placed.scene)
        floor = np.zeros((0, 2)) if known.floor is None else known.floor
        sizes, lifted = np.tile(self.size, (q, 1)), points.copy()
        sizes[:, 2] = min(self.size[2], known.room[2])
        lifted[:, 2] = sizes[:, 2] / 2  # the floor is what counts here: heights are for what supports it
        inside = kernels.inside_volumes(
            lifted[None], sizes[None], np.full((1, q), self.yaw), np.ones((1, q), np.bool_), known.room[None],
            floor[None].copy(), np.array([len(floor)]),
        )[0]  # fmt: skip
        return np.asarray(sizes.prod(axis=1) - inside <= kernels.VOLUME_TOLERANCE)

    def _is_in_the_way(self, points: FloatArray) -> BoolArray:
        """Return whether the subject collides with another object, or blocks an opening, at each place."""
        from spatialenv.core.usability import arrangement_kernels

        if lies_flat(self.placed)[self.row]:
            return np.zeros(len(points), dtype=np.bool_)
        found: BoolArray = arrangement_kernels.collide(points, self.size, self.yaw, self._obstacles)
        return found

    @cached_property
    def _obstacles(self) -> FloatArray:
        """The other objects, but rugs, and the zones of openings, as rows of the kernels."""
        placed, flat, zones = self.placed, lies_flat(self.placed), zone_arrays(self.placed.scene)
        solid = [j for j in range(len(placed.ids)) if j != self.row and not flat[j]]
        yaws = np.concatenate((placed.yaws[solid], zones.yaws))
        places = np.concatenate((placed.centers[solid], zones.centers))
        sizes = np.concatenate((placed.sizes[solid], zones.sizes))
        return np.column_stack((places, sizes, np.cos(yaws), np.sin(yaws)))

    def _unmet_others(self, points: FloatArray) -> FloatArray:
        """Return how many of the subject's other relations are not met at each place; rings and pairs are left out."""
        total = np.zeros(len(points))
        rows = {object_id: i for i, object_id in enumerate(self.placed.ids)}
        regional: list[Relation] = []
        for relation in self.placed.objects[self.row].relations:
            if relation == self.relation or relation.preposition in ("around", "symmetric"):
                continue
            if relation.preposition not in CODES or relation.preposition == "against wall":
                regional.append(relation)
                continue
            frame, is_wall = _frame(self.placed, relation, rows)
            if frame is not None:
                total += ~self.holds(points, relation.preposition, frame, is_wall)
        for distances in self.region_distances(points, tuple(regional)):
            total += distances > CLOSE
        return total

    def region_distances(self, points: FloatArray, relations: tuple[Relation, ...]) -> list[FloatArray]:
        """Return how far each place is from the regions of each relation, shape ``(q,)`` each."""
        from spatialenv.core import relation_kernels

        regions = self.regions(relations)
        found = []
        for k in range(len(regions.counts)):
            q = len(points)
            offsets = relation_kernels.offsets(
                points, np.tile(regions.lows[k], (q, 1, 1)), np.tile(regions.highs[k], (q, 1, 1)),
                np.full(q, regions.counts[k]), np.tile(regions.frames[k], (q, 1)),
            )  # fmt: skip
            found.append(np.sqrt(np.square(offsets).sum(axis=1)))
        return found

    def regions(self, relations: tuple[Relation, ...]) -> RegionArrays:
        """Return the regions of the subject as it will be turned."""
        poses = dict(self.placed.layout.poses)
        x, y, z = self.start.tolist()
        return region_arrays(self.placed.scene.place({**poses, self.relation.subject: (x, y, z, self.yaw)}), relations)


def _frame(placed: PlacedScene, relation: Relation, rows: dict[str, int]) -> tuple[FloatArray | None, bool]:
    """Return the row of a relation's target, None where that is not placed, and whether it is a wall."""
    if relation.target in rows:
        j = rows[relation.target]
        return np.array((*placed.centers[j, :2], *placed.sizes[j, :2], placed.yaws[j])), False
    if relation.target in placed.scene.ids:
        return None, False
    return np.array(frame_of(placed.room, relation.target)), relation.target in placed.room.walls


def rounded(points: FloatArray) -> FloatArray:
    """Return places at whole steps of 0.1 mm: moves are told with four decimals."""
    steps: FloatArray = np.rint(points / STEP) * STEP
    return steps
