"""Where to move and turn an object so that an arrangement is met."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from spatialenv.core.arrangement import CODES, FAR, NEAR, Known, Measures, known_arrangements, measure_rows
from spatialenv.core.facing import TOLERANCE as TURN_TOLERANCE
from spatialenv.core.openings import zone_arrays
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene, scene_arrays
from spatialenv.core.relations import TOLERANCE, RegionArrays, RelationBatch, region_arrays
from spatialenv.core.scene import Relation
from spatialenv.core.support import lies_flat

_ROUNDING = 1e-9
_STEP = 1e-4
"""Places are put at whole steps of this many metres: moves are told with four decimals."""
_GRID = 25
"""Places along each axis of the room that are tried."""


def mend_arrangements(placed: PlacedScene, batch: RelationBatch, moves: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the moves of all relations, with those of arrangements filled in, and the turns that go with them.

    Of the places tried for an object, those where it is inside the room and its relation is met count. Best is one
    where it collides with nothing and blocks no opening; then one where most of its other relations are met; then
    the nearest. Of two objects that mirror each other only the later in the scene's order is told to move, unless it
    may not or has no place.

    Args:
        placed: The scene with the layout.
        batch: Its relations (`relation_batch`).
        moves: Moves of the relations with regions, shape ``(r, 3)``.

    Returns:
        Moves, shape ``(r, 3)``, and turns, shape ``(r,)``; NaN where nothing mends, and turns where none is needed.
    """
    moves, turns = moves.copy(), np.full(len(moves), np.nan)
    known = known_arrangements([placed])
    for n, k in enumerate(known.rows.tolist()):
        moves[k] = np.nan
        found = None
        if batch.distances[k] <= TOLERANCE + _ROUNDING and not abs(batch.turns[k]) > TURN_TOLERANCE + _ROUNDING:
            moves[k] = 0.0
        elif known.measures.partners[n] != n:
            pair = sorted((n, int(known.measures.partners[n])), key=lambda m: -_index(placed, known, m))
            mends = ((m, _Mending(placed, known, m).found()) for m in pair)
            mover, found = next(((m, mend) for m, mend in mends if mend is not None), (n, None))
            found = found if mover == n else None
        else:
            found = _Mending(placed, known, n).found()
        if found is not None:
            moves[k], turns[k] = found[0], found[1]
    return moves + 0.0, turns


def may_choose_yaw(placed: PlacedScene, object_id: str) -> bool:
    """Return whether the layout, not the scene, gives an object its yaw."""
    pose = dict(placed.layout.poses)[object_id]
    is_given = placed.scene.object(object_id).yaw is not None
    return pose.yaw is not None and not is_given and object_id not in placed.scene.fixed


def _index(placed: PlacedScene, known: Known, n: int) -> int:
    return placed.scene.ids.index(placed.scene.relations[int(known.rows[n])].subject)


class _Mending:
    """One arrangement that is not met, and the places of its subject where it would be."""

    def __init__(self, placed: PlacedScene, known: Known, n: int) -> None:
        self.placed = placed
        self.relation: Relation = placed.scene.relations[int(known.rows[n])]
        self.row = placed.ids.index(self.relation.subject)
        self.start: FloatArray = placed.centers[self.row]
        self.size: FloatArray = placed.sizes[self.row]
        self.code = int(known.codes[n])
        self.frame: FloatArray = known.targets[n]
        self.is_wall = bool(known.is_wall[n])
        self.partner = int(known.measures.partners[n])
        self.is_paired = self.partner != n
        self.partner_row: FloatArray = known.subjects[self.partner]
        self.offset = float(known.measures.offsets[n])
        self.ring = int((known.groups == known.groups[n]).sum())
        turn = float(known.measures.turns[n])
        self.is_turned_wrong = abs(turn) > TURN_TOLERANCE + _ROUNDING
        self.may_turn = may_choose_yaw(placed, self.relation.subject)
        self.turn = turn if self.is_turned_wrong and self.may_turn else math.nan
        self.yaw = float(placed.yaws[self.row]) + (0.0 if math.isnan(self.turn) else self.turn)

    def found(self) -> tuple[FloatArray, float] | None:
        """Return the move and the turn (NaN where none) that mend it, or None."""
        if self.relation.subject in self.placed.scene.fixed:
            return None
        if self.is_turned_wrong and not self.may_turn and (self.code != CODES["face to"] or self.is_wall):
            return None
        stay = self.start[None]
        is_turn_alone = self.code == CODES["face to"] or (self.is_wall and self.code == CODES["aligned"])
        if is_turn_alone and self._is_met(stay)[0]:
            return np.zeros(3), self.turn
        points = self._points()
        points = points[self._is_met(points)]
        best = self._best(points)
        if best is None:
            return (np.zeros(3), self.turn) if self._is_met(stay)[0] else None
        between = self.start + np.linspace(0.0, 1.0, 34)[:, None] * (best - self.start)
        between = np.concatenate((_rounded(between[:-1]), best[None]))
        nearer = self._best(between[self._is_met(between)])
        best = best if nearer is None else nearer
        return best - self.start, self.turn

    def _points(self) -> FloatArray:
        """Return places ``(q, 3)`` to try; not all of them mend."""
        if self.code == CODES["against wall"]:
            return self._along_wall()
        if self.code == CODES["around"]:
            points = self._on_rays()
        elif self.is_paired:
            across, ahead = self._local(self.partner_row[:2])
            points = self._to_room(np.array([(-across, ahead)]))
        elif self.code in (CODES["aligned"], CODES["centred"], CODES["symmetric"]):
            points = self._on_lines()
        elif self.code == CODES["face to"]:
            points = self._in_view()
        else:
            points = np.concatenate((self._straight(), self._grid()))
        heights = np.full((len(points), 1), self.start[2])
        return np.concatenate((self.start[None], _rounded(np.concatenate((points, heights), axis=1))))

    def _along_wall(self) -> FloatArray:
        """Return the nearest place in the region of the wall, and others along it."""
        regions = self._regions((self.relation,))
        c, s = regions.frames[0]
        turned = np.array(((c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0)))
        own = turned @ self.start
        low, high = regions.lows[0, 0], regions.highs[0, 0]
        nearest = np.clip(own, low, high)
        places = np.clip(low + np.linspace(0.0, 1.0, 4 * _GRID)[:, None] * (high - low), low, high)
        places[:, 2] = nearest[2]
        found: FloatArray = np.concatenate((nearest[None], places)) @ turned
        return found

    def _on_rays(self) -> FloatArray:
        """Return places by the even place in the ring, at all distances that are near."""
        across, ahead = self._local(self.start[:2])
        angle, radius = math.atan2(ahead, across), math.hypot(across, ahead)
        angles = angle - self.offset + np.linspace(-1.0, 1.0, 9) * self._allowed()
        angles = np.append(angles, angle)
        most = math.hypot(*self.frame[2:4]) / 2 + math.hypot(*self.size[:2]) / 2 + NEAR
        radii = np.append(np.linspace(0.0, most, 4 * _GRID), radius)
        around = np.stack((np.cos(angles), np.sin(angles)), axis=1)
        return self._to_room((around[:, None] * radii[:, None]).reshape(-1, 2))

    def _on_lines(self) -> FloatArray:
        """Return places on the target's centre lines; only on the one ahead where across is what counts."""
        across, ahead = self._local(self.start[:2])
        room = self.placed.room
        reach = math.hypot(room.length, room.width)
        steps = np.concatenate(([ahead], np.linspace(-reach, reach, 12 * _GRID)))
        points = [np.stack((np.zeros(len(steps)), steps), axis=1)]
        if self.code == CODES["aligned"]:
            steps = np.concatenate(([across], steps[1:]))
            points.append(np.stack((steps, np.zeros(len(steps))), axis=1))
        if not self.frame[2:4].any() and self.code == CODES["centred"]:
            points = [np.zeros((1, 2))]
        return self._to_room(np.concatenate(points))

    def _in_view(self) -> FloatArray:
        """Return places from where the front, as it is turned, looks at the target."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        corners = self._to_room(np.array([(u, v) for u in (-0.5, 0.5) for v in (-0.5, 0.5)]) * self.frame[2:4])
        right, front = corners @ np.array((c, s)), corners @ np.array((-s, c))
        own_right, own_front = self.start[:2] @ np.array((c, s)), self.start[:2] @ np.array((-s, c))
        inset = min(TOLERANCE, (right.max() - right.min()) / 2)
        sides = np.array([
            min(max(own_right, right.min() + inset), right.max() - inset), (right.min() + right.max()) / 2
        ])  # fmt: skip
        reach = math.hypot(self.placed.room.length, self.placed.room.width)
        fronts = np.concatenate(([own_front], front.min() - np.linspace(0.0, reach, 8 * _GRID)))
        sideways, forward = (grid.ravel() for grid in np.meshgrid(sides, fronts))
        found: FloatArray = sideways[:, None] * np.array((c, s)) + forward[:, None] * np.array((-s, c))
        return np.concatenate((found, self._grid()))

    def _allowed(self) -> float:
        """Return the angle by which it may be off its even place after the move.

        Half of what is tolerated, because the even places of a ring shift when others move as well.
        """
        quarter = math.tau / self.ring / 4
        return max(quarter / 2, abs(self.offset) if abs(self.offset) <= quarter else 0.0)

    def _straight(self) -> FloatArray:
        """Return the places straight towards, or away from, the nearest point of the target."""
        own = np.array((*self.start[:2], *self.size[:2], self.yaw))
        gaps = np.concatenate((_gaps(own, self.frame), -_gaps(self.frame, own)))
        nearest = gaps[np.square(gaps).sum(axis=1).argmin()]
        length = math.hypot(*nearest)
        away = self.start[:2] - self.frame[:2] if length < _ROUNDING else -nearest
        away = away / (math.hypot(*away) or 1.0)
        steps = np.concatenate(((NEAR - length, FAR - length), np.linspace(-length, FAR, 8 * _GRID)))
        found: FloatArray = self.start[:2] + steps[:, None] * away
        return found

    def _grid(self) -> FloatArray:
        """Return places all over the room, up to its walls."""
        room, (length, width) = self.placed.room, self.size[:2]
        c, s = abs(math.cos(self.yaw)), abs(math.sin(self.yaw))
        axes = []
        for extent, half in (
            (room.length, (c * length + s * width) / 2),
            (room.width, (s * length + c * width) / 2),
        ):
            low, high = math.ceil(half / _STEP) * _STEP, math.floor((extent - half) / _STEP) * _STEP
            axes.append(np.linspace(min(low, high), max(low, high), _GRID))
        return np.stack([grid.ravel() for grid in np.meshgrid(*axes)], axis=1)

    def _is_met(self, points: FloatArray) -> BoolArray:
        """Return whether the relation is met with the subject at each place, shape ``(q,)``."""
        if self.code == CODES["against wall"]:
            met: BoolArray = self._region_distances(points, (self.relation,))[0] <= TOLERANCE
            return met
        if self.is_paired:
            across, ahead = self._local(self.partner_row[:2])
            there = self._to_room(np.array([(-across, ahead)]))
            return np.asarray(np.sqrt(np.square(points[:, :2] - there).sum(axis=1)) <= TOLERANCE)
        met = self._holds(points, self.relation.preposition, self.frame, self.is_wall)
        if self.code == CODES["around"]:
            local = self._locals(points[:, :2])
            across, ahead = self._local(self.start[:2])
            even = math.atan2(ahead, across) - self.offset
            off = np.abs(np.remainder(np.arctan2(local[:, 1], local[:, 0]) - even + math.pi, math.tau) - math.pi)
            met = met & (off <= self._allowed() + _ROUNDING)
        return met

    def _holds(self, points: FloatArray, preposition: str, frame: FloatArray, is_wall: bool) -> BoolArray:
        q = len(points)
        own = np.column_stack((points[:, :2], np.tile((*self.size[:2], self.yaw), (q, 1))))
        found: Measures = measure_rows(own, np.tile(frame, (q, 1)), CODES[preposition], is_wall)
        return np.asarray(
            (found.distances <= TOLERANCE) & (np.nan_to_num(np.abs(found.turns)) <= TURN_TOLERANCE + _ROUNDING)
        )

    def _best(self, points: FloatArray) -> FloatArray | None:
        """Return the best of the places inside the room, None where there is none."""
        points = points[self._is_inside(points)] if len(points) else points
        if not len(points):
            return None
        trouble = self._is_in_the_way(points)
        unmet = self._unmet_others(points)
        far = np.square(points - self.start).sum(axis=1)
        best: FloatArray = points[np.lexsort((far, unmet, trouble))[0]]
        return best

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
                total += ~self._holds(points, relation.preposition, frame, is_wall)
        for distances in self._region_distances(points, tuple(regional)):
            total += distances > TOLERANCE
        return total

    def _region_distances(self, points: FloatArray, relations: tuple[Relation, ...]) -> list[FloatArray]:
        """Return how far each place is from the regions of each relation, shape ``(q,)`` each."""
        from spatialenv.core import relation_kernels

        regions = self._regions(relations)
        found = []
        for k in range(len(regions.counts)):
            q = len(points)
            offsets = relation_kernels.offsets(
                points, np.tile(regions.lows[k], (q, 1, 1)), np.tile(regions.highs[k], (q, 1, 1)),
                np.full(q, regions.counts[k]), np.tile(regions.frames[k], (q, 1)),
            )  # fmt: skip
            found.append(np.sqrt(np.square(offsets).sum(axis=1)))
        return found

    def _regions(self, relations: tuple[Relation, ...]) -> RegionArrays:
        """Return the regions of the subject as it will be turned."""
        poses = dict(self.placed.layout.poses)
        x, y, z = self.start.tolist()
        return region_arrays(self.placed.scene.place({**poses, self.relation.subject: (x, y, z, self.yaw)}), relations)

    def _local(self, point: FloatArray) -> tuple[float, float]:
        across, ahead = self._locals(point[None])[0].tolist()
        return across, ahead

    def _locals(self, points: FloatArray) -> FloatArray:
        c, s = math.cos(self.frame[4]), math.sin(self.frame[4])
        local: FloatArray = (points - self.frame[:2]) @ np.array(((c, -s), (s, c)))
        return local

    def _to_room(self, points: FloatArray) -> FloatArray:
        c, s = math.cos(self.frame[4]), math.sin(self.frame[4])
        room: FloatArray = self.frame[:2] + points @ np.array(((c, s), (-s, c)))
        return room


def _frame(placed: PlacedScene, relation: Relation, rows: dict[str, int]) -> tuple[FloatArray | None, bool]:
    """Return the row of a relation's target, None where that is not placed, and whether it is a wall."""
    from spatialenv.core.arrangement import frame_of

    if relation.target in rows:
        j = rows[relation.target]
        return np.array((*placed.centers[j, :2], *placed.sizes[j, :2], placed.yaws[j])), False
    if relation.target in placed.scene.ids:
        return None, False
    return np.array(frame_of(placed.room, relation.target)), relation.target in placed.room.walls


def _gaps(box: FloatArray, other: FloatArray) -> FloatArray:
    """Return the way from each corner of a footprint to the nearest point of another, shape ``(4, 2)``."""
    (c, s), (oc, os) = ((math.cos(yaw), math.sin(yaw)) for yaw in (box[4], other[4]))
    corners = np.array([(u, v) for u in (-0.5, 0.5) for v in (-0.5, 0.5)]) * box[2:4] @ np.array(((c, s), (-s, c)))
    local = (box[:2] + corners - other[:2]) @ np.array(((oc, -os), (os, oc)))
    gaps: FloatArray = (np.clip(local, -other[2:4] / 2, other[2:4] / 2) - local) @ np.array(((oc, os), (-os, oc)))
    return gaps


def _rounded(points: FloatArray) -> FloatArray:
    rounded: FloatArray = np.rint(points / _STEP) * _STEP
    return rounded
