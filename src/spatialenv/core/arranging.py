"""Where to move and turn an object so that an arrangement is met."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spatialenv.core.arrangement import CODES, FAR, NEAR, Known, known_arrangements
from spatialenv.core.facing import TOLERANCE as TURN_TOLERANCE
from spatialenv.core.place_choice import CLOSE, STEP, Choice, rounded
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.relations import TOLERANCE, RelationBatch
from spatialenv.core.scene import Relation

_ROUNDING = 1e-9
_PARALLEL = 1e-6
_GRID = 25
"""Places along each axis of the room that are tried."""


def mend_arrangements(placed: PlacedScene, batch: RelationBatch, moves: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the moves of all relations, with those of arrangements filled in, and the turns that go with them.

    Of the places tried for an object, those where it is inside the room and its relation is met count. Best is one
    where it collides with nothing and blocks no opening; then one where most of its other relations are met; then
    the nearest. An object that has arrangements is so told its moves to regions, too. Of two objects that mirror
    each other only the later in the scene's order is told to move, unless it may not, has no place or would be in
    the way there.

    Args:
        placed: The scene with the layout.
        batch: Its relations (`relation_batch`).
        moves: Moves of the relations with regions, shape ``(r, 3)``.

    Returns:
        Moves, shape ``(r, 3)``, and turns, shape ``(r,)``; NaN where nothing mends, and turns where none is needed.
    """
    moves, turns = moves.copy(), np.full(len(moves), np.nan)
    known = known_arrangements([placed])
    arranged = {placed.scene.relations[k].subject for k in known.rows.tolist()}
    for k, relation in enumerate(placed.scene.relations):
        is_regional = relation.preposition not in CODES and relation.subject in arranged
        if is_regional and batch.distances[k] > TOLERANCE + _ROUNDING and not math.isnan(moves[k, 0]):
            moves[k] = _into_region(placed, known, relation, moves[k])
    for n, k in enumerate(known.rows.tolist()):
        moves[k] = np.nan
        mend = None
        if batch.distances[k] <= TOLERANCE + _ROUNDING and not abs(batch.turns[k]) > TURN_TOLERANCE + _ROUNDING:
            moves[k] = 0.0
        elif known.measures.partners[n] != n:
            pair = sorted((n, int(known.measures.partners[n])), key=lambda m: -_index(placed, known, m))
            mends = [(m, found) for m in pair if (found := _Mending(placed, known, m).found()) is not None]
            mends.sort(key=lambda row: row[1].is_in_the_way)
            mend = mends[0][1] if mends and mends[0][0] == n else None
        else:
            mend = _Mending(placed, known, n).found()
        if mend is not None:
            moves[k], turns[k] = mend.move, mend.turn
    return moves + 0.0, turns


def may_choose_yaw(placed: PlacedScene, object_id: str) -> bool:
    """Return whether the layout, not the scene, gives an object its yaw."""
    pose = dict(placed.layout.poses)[object_id]
    is_given = placed.scene.object(object_id).yaw is not None
    return pose.yaw is not None and not is_given and object_id not in placed.scene.fixed


class _Mend(NamedTuple):
    """A move, the turn that goes with it (NaN: none), and whether the object is in the way there."""

    move: FloatArray
    turn: float
    is_in_the_way: bool = False


def _into_region(placed: PlacedScene, known: Known, relation: Relation, move: FloatArray) -> FloatArray:
    """Return the move of an object with arrangements into a region, where `move` is the shortest."""
    choice = Choice(placed, relation, float(placed.yaws[placed.ids.index(relation.subject)]))
    wanted = [choice.start[None], *(other.points() for other in _others(placed, known, relation))]
    places = _in_regions(choice, np.concatenate(wanted))
    found = choice.best(np.concatenate(((choice.start + move)[None], places)))
    return move if found is None else found[0] - choice.start


def _others(placed: PlacedScene, known: Known, relation: Relation) -> list[_Mending]:
    """Return the other arrangements of a relation's subject."""
    relations = placed.scene.relations
    return [
        _Mending(placed, known, n)
        for n, k in enumerate(known.rows.tolist())
        if relations[k].subject == relation.subject and relations[k] != relation
    ]


def _crossings(first: Sequence[tuple[float, float, float]], second: Sequence[tuple[float, float, float]]) -> FloatArray:
    """Return where lines cross, shape ``(q, 2)``."""
    found = []
    for ax, ay, a in first:
        for bx, by, b in second:
            turned = ax * by - ay * bx
            if abs(turned) > _PARALLEL:
                found.append(((a * by - b * ay) / turned, (b * ax - a * bx) / turned))
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _in_regions(choice: Choice, wanted: FloatArray | None = None) -> FloatArray:
    """Return places all over the regions of a choice's relation, and those nearest to where it stands and `wanted`.

    They are at the height that is nearest, and have the shape ``(q, 3)``.
    """
    regions = choice.regions((choice.relation,))
    c, s = regions.frames[0]
    turned = np.array(((c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0)))
    own = (choice.start[None] if wanted is None else wanted) @ turned.T
    places = []
    for low, high in zip(regions.lows[0, : regions.counts[0]], regions.highs[0, : regions.counts[0]], strict=True):
        axes = [np.unique(np.linspace(low[k], high[k], 4 * _GRID if high[1 - k] == low[1 - k] else 12)) for k in (0, 1)]
        across, along = (grid.ravel() for grid in np.meshgrid(*axes))
        nearest = np.clip(own, low, high)
        places += [nearest, np.column_stack((across, along, np.full(len(across), nearest[0, 2])))]
    found: FloatArray = np.concatenate(places) @ turned
    return found


def _index(placed: PlacedScene, known: Known, n: int) -> int:
    return placed.scene.ids.index(placed.scene.relations[int(known.rows[n])].subject)


class _Mending:
    """One arrangement that is not met, and the places of its subject where it would be."""

    def __init__(self, placed: PlacedScene, known: Known, n: int) -> None:
        self.placed = placed
        self.known = known
        self.relation: Relation = placed.scene.relations[int(known.rows[n])]
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
        self.yaw = float(known.subjects[n, 4]) + (0.0 if math.isnan(self.turn) else self.turn)
        self.choice = Choice(placed, self.relation, self.yaw)
        self.start, self.size = self.choice.start, self.choice.size

    def found(self) -> _Mend | None:
        """Return what mends it, or None."""
        if self.relation.subject in self.placed.scene.fixed:
            return None
        if self.is_turned_wrong and not self.may_turn and (self.code != CODES["face to"] or self.is_wall):
            return None
        stays = _Mend(np.zeros(3), self.turn) if self._is_met(self.start[None])[0] else None
        is_turn_alone = self.code == CODES["face to"] or (self.is_wall and self.code == CODES["aligned"])
        if stays is not None and is_turn_alone:
            return stays
        points = self._candidates()
        best = self.choice.best(points[self._is_met(points)])
        if best is None:
            return stays
        between = self.choice.between(best[0])
        nearer = self.choice.best(between[self._is_met(between)])
        place, is_in_the_way = nearer or best
        return _Mend(place - self.start, self.turn, is_in_the_way)

    def points(self) -> FloatArray:
        """Return places ``(q, 3)`` to try; not all of them mend."""
        if self.code == CODES["against wall"]:
            return _in_regions(self.choice)
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
        return np.concatenate((self.start[None], rounded(np.concatenate((points, heights), axis=1))))

    def _candidates(self) -> FloatArray:
        """Return places to try, with those of the subject's other relations and where their lines cross its own."""
        found = [self.points()]
        for other in _others(self.placed, self.known, self.relation):
            crossings = _crossings(self.lines(), other.lines())
            heights = np.full((len(crossings), 1), self.start[2])
            found += [other.points(), rounded(np.concatenate((crossings, heights), axis=1))]
        wanted = np.concatenate(found)
        for relation in self.placed.objects[self.choice.row].relations:
            if relation.preposition not in CODES and relation.target in (*self.placed.ids, *self.placed.room.elements):
                found.append(_in_regions(Choice(self.placed, relation, self.yaw), wanted))
        return np.concatenate(found)

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

    def lines(self) -> list[tuple[float, float, float]]:
        """Return the lines ``nx * x + ny * y = d`` on which the subject belongs: centre lines of the target."""
        if self.is_paired or self.code not in (CODES["aligned"], CODES["centred"], CODES["symmetric"]):
            return []
        is_point = not self.frame[2:4].any()
        both = self.code == CODES["aligned"] or (is_point and self.code == CODES["centred"])
        found = []
        for angle in (self.frame[4], self.frame[4] + math.pi / 2) if both and not self.is_wall else (self.frame[4],):
            c, s = math.cos(angle), math.sin(angle)
            found.append((c, s, float(c * self.frame[0] + s * self.frame[1])))
        return [] if self.code == CODES["aligned"] and self.is_wall else found

    def _on_lines(self) -> FloatArray:
        """Return places on these lines: the nearest, others all along them, and where they cross."""
        lines = self.lines()
        reach = math.hypot(self.placed.room.length, self.placed.room.width)
        found = [_crossings(lines, lines), self.start[None, :2]]
        for nx, ny, d in lines:
            foot = self.start[:2] + (d - nx * self.start[0] - ny * self.start[1]) * np.array((nx, ny))
            found.append(foot + np.append(0.0, np.linspace(-reach, reach, 12 * _GRID))[:, None] * np.array((-ny, nx)))
        return np.concatenate(found)

    def _in_view(self) -> FloatArray:
        """Return places from where the front, as it is turned, looks at the target."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        corners = self._to_room(np.array([(u, v) for u in (-0.5, 0.5) for v in (-0.5, 0.5)]) * self.frame[2:4])
        right, front = corners @ np.array((c, s)), corners @ np.array((-s, c))
        own_right, own_front = self.start[:2] @ np.array((c, s)), self.start[:2] @ np.array((-s, c))
        inset = min(CLOSE, (right.max() - right.min()) / 2)
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
            low, high = math.ceil(half / STEP) * STEP, math.floor((extent - half) / STEP) * STEP
            axes.append(np.linspace(min(low, high), max(low, high), _GRID))
        return np.stack([grid.ravel() for grid in np.meshgrid(*axes)], axis=1)

    def _is_met(self, points: FloatArray) -> BoolArray:
        """Return whether the relation is met with the subject at each place, shape ``(q,)``."""
        if self.code == CODES["against wall"]:
            met: BoolArray = self.choice.region_distances(points, (self.relation,))[0] <= CLOSE
            return met
        if self.is_paired:
            across, ahead = self._local(self.partner_row[:2])
            there = self._to_room(np.array([(-across, ahead)]))
            return np.asarray(np.sqrt(np.square(points[:, :2] - there).sum(axis=1)) <= CLOSE)
        met = self.choice.holds(points, self.relation.preposition, self.frame, self.is_wall)
        if self.code == CODES["around"]:
            local = self._locals(points[:, :2])
            across, ahead = self._local(self.start[:2])
            even = math.atan2(ahead, across) - self.offset
            off = np.abs(np.remainder(np.arctan2(local[:, 1], local[:, 0]) - even + math.pi, math.tau) - math.pi)
            met = met & (off <= self._allowed() + _ROUNDING)
        return met

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


def _gaps(box: FloatArray, other: FloatArray) -> FloatArray:
    """Return the way from each corner of a footprint to the nearest point of another, shape ``(4, 2)``."""
    (c, s), (oc, os) = ((math.cos(yaw), math.sin(yaw)) for yaw in (box[4], other[4]))
    corners = np.array([(u, v) for u in (-0.5, 0.5) for v in (-0.5, 0.5)]) * box[2:4] @ np.array(((c, s), (-s, c)))
    local = (box[:2] + corners - other[:2]) @ np.array(((oc, -os), (os, oc)))
    gaps: FloatArray = (np.clip(local, -other[2:4] / 2, other[2:4] / 2) - local) @ np.array(((oc, os), (-os, oc)))
    return gaps
