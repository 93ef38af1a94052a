"""Candidate places of one object: where it meets its relations and touches walls, regions and other objects.

For upright boxes a layout can be pushed together until every box touches others or walls along two directions.
So the places tried are the points where two of the lines on which a centre touches something cross, with a few
random ones; one kernel call tests all of them.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import BoolArray, FloatArray
from spatialenv.core.relations import Region
from spatialenv.core.scene import ARRANGEMENTS
from spatialenv.tasks import solver_arrangement
from spatialenv.tasks.solver_lines import Lines, crossings, rays, sides, touching, turn
from spatialenv.tasks.solver_model import Model, State

_RANDOM_PLACES = 12
_WALL_LINES = 48
"""Most lines along walls and inner corners that are crossed at a time; rooms with more draw some anew each time."""
_NEAR = 0.0099
"""Metres from a region up to which its relation is met for certain (`spatialenv.core.relations.TOLERANCE`)."""
_LOOKING = math.cos(math.radians(4.9))
"""Cosine of the angle up to which an object looks at the middle of the room."""
_STEP = math.pi / 12
"""Radians between the directions tried where an object has to look at another and those of walls do not."""


@dataclass(slots=True)
class Places:
    """Places of one object, inside the room and its regions.

    Attributes:
        rows: Boxes, shape ``(k, 8)``.
        yaws: Their yaws, shape ``(k,)``.
        blocked: Which of `others` is in the way of each, shape ``(k, len(others))``.
        closed: Whether a zone that must be kept free is in the way, shape ``(k,)``.
        others: Indices of the objects that stand.
    """

    rows: FloatArray
    yaws: FloatArray
    blocked: BoolArray
    closed: BoolArray
    others: list[int]

    @property
    def is_free(self) -> BoolArray:
        """Whether nothing is in the way of each place, shape ``(k,)``."""
        free: BoolArray = ~(self.blocked.any(axis=1) | self.closed)
        return free


class Patch(NamedTuple):
    """A region of centres: bounds along axes turned by a yaw."""

    yaw: float
    x0: float
    y0: float
    z0: float
    x1: float
    y1: float
    z1: float


class Domain(NamedTuple):
    """Where a centre may be: in all of the patches, at a height."""

    patches: tuple[Patch, ...]
    z0: float
    z1: float


def find_places(
    state: State, i: int, rng: random.Random, *, is_bound: bool = True, with_zones: bool = True, turned: bool = False
) -> Places:
    """Return candidate places of object `i` among what stands.

    Args:
        state: What stands; all that object `i` needs, unless it is not bound.
        i: The object.
        rng: For random places.
        is_bound: Whether the object must meet its relations, and look at what it faces.
        with_zones: Whether openings must be kept free.
        turned: Whether to try slanted directions instead of those of walls.
    """
    from spatialenv.tasks import solver_kernels

    model = state.model
    others = state.obstacles(i)
    boxes = state.rows[others]
    zones = model.zones if with_zones and not model.flat[i] else model.zones[:0]
    obstacles = np.concatenate((boxes, zones))
    rows, yaws = [], []
    watchers = state.watchers(i) if is_bound else []
    is_arranged = is_bound and bool(solver_arrangement.checked(model, i))
    own_yaws = (*model.yaws[i], *(solver_arrangement.turns(state, i) if is_arranged else ()))
    for yaw in _towards(state, i, rng) if turned else own_yaws:
        for domain in (*_domains(state, i, yaw), *(() if is_bound else (_whole(model, i),))):
            for z in _heights(model, i, domain):
                points = _points(state, i, yaw, domain, z, obstacles, watchers, rng)
                if is_bound:
                    points = points[looks_at(state, i, yaw, points)]
                if is_arranged:
                    points = points[solver_arrangement.holds(state, i, yaw, points)]
                for k in watchers:
                    points = points[_is_seen(state, k, i, yaw, points)]
                if len(points):
                    found = np.empty((len(points), 8))
                    found[:, :2] = points
                    found[:, 2] = z
                    found[:, 3:6] = model.sizes[i]
                    found[:, 6:] = turn(yaw)
                    rows.append(found)
                    yaws.append(np.full(len(points), yaw))
    if not rows:
        nothing = np.zeros((0, 8))
        return Places(nothing, np.zeros(0), np.zeros((0, len(others)), np.bool_), np.zeros(0, np.bool_), others)
    places, angles = np.concatenate(rows), np.concatenate(yaws)
    inside = solver_kernels.fits(places, model.floor, model.scene.room.height)
    places, angles = places[inside], angles[inside]
    blocked = solver_kernels.blockers(places, obstacles)
    closed = np.asarray(blocked[:, len(others) :].any(axis=1))
    return Places(places, angles, blocked[:, : len(others)], closed, others)


def _towards(state: State, i: int, rng: random.Random) -> list[float]:
    """Return directions in which an object may look at what it faces; all where it faces nothing that stands."""
    model, faced = state.model, state.model.must_face(i)
    if len(model.yaws[i]) == 1:
        return []
    x, y = model.scene.room.length / 2, model.scene.room.width / 2
    target = None if faced is None else model.index.get(faced)
    if faced is None or (target is not None and not state.stands[target]):
        return [k * _STEP for k in range(24)]
    if target is not None:
        x, y = state.rows[target, :2].tolist()
    steps: dict[int, None] = {}
    for domain in _domains(state, i, model.yaws[i][0]):
        for px, py in _random_points(model, domain.patches, rng).tolist():
            ahead = math.atan2(px - x, y - py) / _STEP
            steps |= {math.floor(ahead): None, math.ceil(ahead): None}
    return [k * _STEP for k in list(steps)[:12]]


def _whole(model: Model, i: int) -> Domain:
    half = float(model.sizes[i, 2]) / 2
    return Domain((), half, half)


def _domains(state: State, i: int, yaw: float) -> Iterator[Domain]:
    """Yield the parts in which an object meets its relations: one region of each."""
    model, item = state.model, state.model.scene.objects[i]
    relations = [r for r in item.relations if r.preposition not in ARRANGEMENTS or r.preposition == "against wall"]
    if not relations:
        yield _whole(model, i)
        return
    options: list[list[Region]] = []
    for relation in relations:
        target = model.index.get(relation.target)
        if target is None:
            options.append(model.regions(i, relation, yaw, None, 0.0))
        elif state.stands[target]:
            options.append(model.regions(i, relation, yaw, state.rows[target], state.yaws[target]))
    for choice in itertools.product(*options):
        domain = _common(choice)
        if domain is not None:
            yield domain


def _common(regions: tuple[Region, ...]) -> Domain | None:
    """Return where regions meet, or nearly do; None where they do not."""
    low, high = -math.inf, math.inf
    bounds: dict[float, tuple[float, float, float, float]] = {}
    for region in regions:
        (x0, y0, z0), (x1, y1, z1) = region.low, region.high
        old = bounds.get(region.yaw, (-math.inf, math.inf, -math.inf, math.inf))
        west, east, south, north = max(old[0], x0), min(old[1], x1), max(old[2], y0), min(old[3], y1)
        low, high = max(low, z0), min(high, z1)
        if max(west - east, south - north, low - high) > 2 * _NEAR:
            return None
        bounds[region.yaw] = west, east, south, north
    if low > high:
        low = high = (low + high) / 2
    patches = tuple(Patch(region.yaw, *region.low, *region.high) for region in regions)
    return Domain(patches, low, high)


def _is_met(points: FloatArray, z: float, patches: tuple[Patch, ...]) -> BoolArray:
    """Return whether each point is in, or close enough to, all of the patches, shape ``(k,)``."""
    met = np.ones(len(points), dtype=np.bool_)
    for patch in patches:
        c, s = turn(patch.yaw)
        x, y = c * points[:, 0] + s * points[:, 1], c * points[:, 1] - s * points[:, 0]
        across = np.maximum(np.maximum(patch.x0 - x, x - patch.x1), 0.0)
        along = np.maximum(np.maximum(patch.y0 - y, y - patch.y1), 0.0)
        upright = max(patch.z0 - z, z - patch.z1, 0.0)
        met &= across * across + along * along + upright * upright <= _NEAR * _NEAR
    return met


def _heights(model: Model, i: int, domain: Domain) -> list[float]:
    z0, z1 = domain.z0, domain.z1
    if z1 - z0 < 1e-6:
        return [z0]
    return [z0 + 0.6 * (z1 - z0), z1, z0] if model.hung[i] else [z0]


def _points(
    state: State,
    i: int,
    yaw: float,
    domain: Domain,
    z: float,
    obstacles: FloatArray,
    watchers: list[int],
    rng: random.Random,
) -> FloatArray:
    """Return points ``(x, y)`` in the domain that touch two things, and random ones."""
    model = state.model
    height = model.sizes[i, 2]
    near = obstacles[np.abs(obstacles[:, 2] - z) < (obstacles[:, 5] + height) / 2 - 1e-9]
    from_above = [(patch.yaw, patch.x0, patch.x1, patch.y0, patch.y1) for patch in domain.patches]
    walls = model.wall_lines(i, yaw)
    if len(walls.offsets) > _WALL_LINES:
        drawn = sorted(rng.sample(range(len(walls.offsets)), _WALL_LINES))
        walls = Lines(walls.normals[drawn], walls.offsets[drawn])
    sets = [walls, touching(near, yaw, model.sizes[i]), sides(from_above)]
    if watchers:
        sets.append(rays(state.rows[watchers]))
    is_arranged = bool(solver_arrangement.checked(model, i))
    points = crossings([*sets, *(solver_arrangement.guides(state, i, yaw) if is_arranged else ())])
    points = np.concatenate((points, _random_points(model, domain.patches, rng)))
    if is_arranged:
        points = np.concatenate((points, solver_arrangement.places(state, i, rng)))
    room = model.scene.room
    is_in = (points >= 0).all(axis=1) & (points[:, 0] <= room.length) & (points[:, 1] <= room.width)
    points = points[is_in]
    kept: FloatArray = points[_is_met(points, z, domain.patches)]
    return kept


def _is_seen(state: State, watcher: int, i: int, yaw: float, points: FloatArray) -> BoolArray:
    """Return whether a standing object looks at object `i`, put at each of `points`, shape ``(k,)``."""
    x, y, _, _, _, _, c, s = state.rows[watcher].tolist()
    box = state.model.row(i, 0.0, 0.0, 0.0, yaw)
    return _crosses(np.array((x, y)) - points, np.array((-s, c)), box)


def _random_points(model: Model, patches: tuple[Patch, ...], rng: random.Random) -> FloatArray:
    room = model.scene.room
    patch = Patch(0.0, 0.0, 0.0, 0.0, room.length, room.width, 0.0)
    if patches:
        patch = min(patches, key=lambda p: (p.x1 - p.x0 + 1e-3) * (p.y1 - p.y0 + 1e-3))
    c, s = turn(patch.yaw)
    points = np.empty((_RANDOM_PLACES, 2))
    for k in range(_RANDOM_PLACES):
        x = patch.x0 + rng.random() * (patch.x1 - patch.x0)
        y = patch.y0 + rng.random() * (patch.y1 - patch.y0)
        points[k] = c * x - s * y, s * x + c * y
    return points


def looks_at(state: State, i: int, yaw: float, points: FloatArray) -> BoolArray:
    """Return whether an object turned by `yaw` looks at what it faces from each point, shape ``(k,)``."""
    model = state.model
    everywhere = np.ones(len(points), dtype=np.bool_)
    faced = model.must_face(i)
    if faced is None:
        return everywhere
    c, s = turn(yaw)
    direction = np.array((-s, c))
    target = model.index.get(faced)
    if target is not None and state.stands[target]:
        return _crosses(points - state.rows[target, :2], direction, state.rows[target])
    if faced == "middle of the room":
        towards = np.array((model.scene.room.length / 2, model.scene.room.width / 2)) - points
        looks: BoolArray = towards @ direction >= _LOOKING * np.sqrt(np.square(towards).sum(axis=1))
        return looks
    return everywhere


def _crosses(offsets: FloatArray, direction: FloatArray, box: FloatArray) -> BoolArray:
    """Return whether rays that begin `offsets` away from a box's centre cross its footprint, shape ``(k,)``."""
    axes = np.array(((box[6], box[7]), (-box[7], box[6])))
    from_box = offsets @ axes.T
    step = axes @ direction
    first, last = np.zeros(len(offsets)), np.full(len(offsets), np.inf)
    for k in range(2):
        half = box[3 + k] / 2
        if abs(step[k]) < 1e-12:
            last = np.where(np.abs(from_box[:, k]) <= half, last, -1.0)
            continue
        a, b = (-half - from_box[:, k]) / step[k], (half - from_box[:, k]) / step[k]
        first, last = np.maximum(first, np.minimum(a, b)), np.minimum(last, np.maximum(a, b))
    hits: BoolArray = first <= last
    return hits
