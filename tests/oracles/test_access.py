"""Free zones beside boxes, against shapely and against dense rays, on 2,000 random scenes.

Tolerances: 1e-9 for shares of areas, which are exact; for depths the rays' own error, half a ray's width for each
place along the side where the depth may jump (two for each other box, one for each corner of the floor).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from shapely import Polygon

from spatialenv.core.usability.access import Surroundings, accessibility, functional_clearance, side_depths, side_shares

SCENES = 2000
RAYS = 400
REACH = 2.0
DIRECTIONS = {0: (0, 1), 1: (0, -1), 2: (-1, 0), 3: (1, 0)}


@dataclass
class Case:
    centers: np.ndarray
    sizes: np.ndarray
    yaws: np.ndarray
    floor: np.ndarray
    height: float
    sides: np.ndarray
    depths: np.ndarray
    together: np.ndarray
    offset: float
    around: Surroundings

    @property
    def room(self) -> tuple[float, float, float]:
        return (*self.floor.max(axis=0).tolist(), self.height)  # type: ignore[return-value]

    @property
    def floors(self) -> np.ndarray | None:
        return None if len(self.floor) == 4 else self.floor


def a_case(rng: np.random.Generator) -> Case:
    n = int(rng.integers(1, 9))
    size = rng.uniform(2, 6)
    if rng.random() < 0.4:
        width = rng.uniform(2, 6)
        floor = np.array([(0, 0), (size, 0), (size, width), (0, width)])
    else:  # a star: simple, with corners that jut in
        turns = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 11))))
        while np.diff(np.concatenate((turns, turns[:1] + 2 * np.pi))).max() > 2.8:
            turns = np.sort(rng.uniform(0, 2 * np.pi, len(turns)))
        radii = rng.uniform(0.4, 1.0, len(turns)) * size
        floor = np.column_stack((radii * np.cos(turns), radii * np.sin(turns)))
        floor -= floor.min(axis=0)
    sizes = rng.uniform((0.2, 0.2, 0.2), (2.0, 1.5, 2.5), (n, 3))
    centers = rng.uniform((-0.2, -0.2, 0), (*(floor.max(axis=0) + 0.2), 0), (n, 3))
    centers[:, 2] = sizes[:, 2] / 2 + np.where(rng.random(n) < 0.7, 0, rng.uniform(-0.6, 2.2, n))
    yaws = np.where(rng.random(n) < 0.5, rng.integers(-4, 5, n) * np.pi / 2, rng.uniform(-7, 7, n))
    sides = rng.random((n, 4)) < 0.5
    around = Surroundings(
        on_floor=rng.random(n) < 0.7,
        obstacles=rng.random(n) < 0.9,
        groups=1 << rng.integers(0, 3, n),
        partners=np.where(rng.random(n) < 0.3, 1 << rng.integers(0, 3, n), 0),
    )
    return Case(
        centers, sizes, yaws, floor, rng.uniform(2.2, 3), sides, rng.uniform(0.1, 1.5, (n, 4)),
        rng.integers(1, 4, n), float(rng.choice([0.0, 0.05])), around,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    rng = np.random.default_rng(20260)
    return [a_case(rng) for _ in range(SCENES)]


def world(case: Case, i: int, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    c, s = math.cos(case.yaws[i]), math.sin(case.yaws[i])
    x, y, _ = case.centers[i]
    return [(x + c * u - s * v, y + s * u + c * v) for u, v in points]


def footprint(case: Case, i: int) -> Polygon:
    u, v = case.sizes[i, :2] / 2
    return Polygon(world(case, i, [(-u, -v), (u, -v), (u, v), (-u, v)]))


def base(
    case: Case, i: int, side: int, offset: float
) -> tuple[tuple[float, float], tuple[float, float], tuple[int, int]]:
    """Return the ends of a side, in the box's axes, and the way it looks."""
    u, v = case.sizes[i, :2] / 2
    ahead = DIRECTIONS[side]
    out = (v if side < 2 else u) + offset
    middle, half = (ahead[0] * out, ahead[1] * out), (u if side < 2 else v)
    along = (ahead[1], -ahead[0])
    ends = [(middle[0] + sign * half * along[0], middle[1] + sign * half * along[1]) for sign in (-1, 1)]
    return ends[0], ends[1], ahead


def zone(case: Case, i: int, side: int) -> Polygon:
    first, last, ahead = base(case, i, side, case.offset)
    depth = case.depths[i, side]
    far = [(x + depth * ahead[0], y + depth * ahead[1]) for x, y in (last, first)]
    return Polygon(world(case, i, [first, last, *far]))


def in_way(case: Case, i: int) -> list[int]:
    low = 0.0 if case.around.on_floor[i] else max(0.0, case.centers[i, 2] - case.sizes[i, 2] / 2)
    high = min(REACH, case.centers[i, 2] + case.sizes[i, 2] / 2)
    found = []
    for j in range(len(case.yaws)):
        is_welcome = case.around.groups[j] & case.around.partners[i]
        bottom, top = case.centers[j, 2] - case.sizes[j, 2] / 2, case.centers[j, 2] + case.sizes[j, 2] / 2
        if j != i and case.around.obstacles[j] and not is_welcome and min(high, top) - max(low, bottom) > 0.01:
            found.append(j)
    return found


def is_usable(case: Case, i: int) -> bool:
    (x, y, z), height = case.centers[i], case.sizes[i, 2]
    if z - height / 2 >= REACH or z + height / 2 <= 0 or z >= case.height:
        return False
    if case.around.on_floor[i] and abs(z - height / 2) >= 0.5:
        return False
    if not Polygon(case.floor).contains(shapely.Point(x, y)):
        return False
    for j in range(len(case.yaws)):
        holds = abs(z - case.centers[j, 2]) < case.sizes[j, 2] / 2 and footprint(case, j).contains(shapely.Point(x, y))
        if j != i and case.around.obstacles[j] and not case.around.groups[j] & case.around.partners[i] and holds:
            return False
    return True


def test_shares_of_areas_against_shapely(cases: list[Case]) -> None:
    compared = 0
    for case in cases:
        shares = side_shares(
            case.centers, case.sizes, case.yaws, case.room, case.sides, case.depths,
            floors=case.floors, offset=case.offset, around=case.around,
        )  # fmt: skip
        assert np.array_equal(np.isnan(shares), ~case.sides)
        floor = Polygon(case.floor)
        for i, side in np.argwhere(case.sides[:3]).tolist():
            place = zone(case, i, side)
            taken = shapely.union_all([footprint(case, j) for j in in_way(case, i)])
            free = place.intersection(floor).difference(taken).area / place.area
            assert shares[i, side] == pytest.approx(free, abs=1e-9)
            compared += 0 < free < 1
    assert compared > SCENES


def test_functional_clearance_against_shapely(cases: list[Case]) -> None:
    for case in cases[::4]:
        values = functional_clearance(
            case.centers, case.sizes, case.yaws, case.room, case.sides, case.depths, case.together,
            floors=case.floors, around=case.around,
        )  # fmt: skip
        plain = Case(**{**case.__dict__, "offset": 0.0})
        floor = Polygon(case.floor)
        for i in range(len(case.yaws)):
            shares = []
            for side in np.flatnonzero(case.sides[i]).tolist():
                place = zone(plain, i, side)
                taken = shapely.union_all([footprint(case, j) for j in in_way(case, i)])
                shares.append(place.intersection(floor).difference(taken).area / place.area)
            best = sorted(shares, reverse=True)[: case.together[i]]
            expected = 1.0 if not shares else sum(best) / len(best) if is_usable(case, i) else 0.0
            assert values[i] == pytest.approx(expected, abs=1e-9)


def hits(case: Case, i: int, side: int) -> np.ndarray:
    """Return how far each ray gets."""
    (ax, ay), (bx, by), ahead = base(case, i, side, 0.0)
    places = (np.arange(RAYS) + 0.5) / RAYS
    start = np.array(world(case, i, [(ax + t * (bx - ax), ay + t * (by - ay)) for t in places]))
    origin, tip = (np.array(one) for one in world(case, i, [(0.0, 0.0), ahead]))
    way = tip - origin
    free = np.full(RAYS, case.depths[i, side])
    shapes = [np.array(footprint(case, j).exterior.coords)[:-1] for j in in_way(case, i)]
    for corners in (*shapes, case.floor):
        edge = np.roll(corners, -1, axis=0) - corners
        gap = corners[None] - start[:, None]
        across = way[0] * edge[:, 1] - way[1] * edge[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = (gap[..., 0] * edge[:, 1] - gap[..., 1] * edge[:, 0]) / across
            share = (gap[..., 0] * way[1] - gap[..., 1] * way[0]) / across
        met = (distance >= 0) & (share >= 0) & (share < 1)
        free = np.minimum(free, np.where(met, distance, np.inf).min(axis=1))
    inside = np.zeros(RAYS, dtype=bool)
    for j in in_way(case, i):
        inside |= shapely.contains_xy(footprint(case, j), start)
    return np.where(inside | ~shapely.contains_xy(Polygon(case.floor), start), 0.0, free)


def test_depths_against_dense_rays(cases: list[Case]) -> None:
    errors = []
    for case in cases:
        i = len(case.yaws) - 1
        sides = np.zeros_like(case.sides)
        sides[i] = case.sides[i]
        depths = side_depths(
            case.centers, case.sizes, case.yaws, case.room, sides, case.depths, floors=case.floors, around=case.around
        )
        for side in np.flatnonzero(case.sides[i])[:1].tolist():
            jumps = 2 * len(in_way(case, i)) + len(case.floor)
            found = hits(case, i, side).mean()
            errors.append(abs(depths[i, side] - found) / case.depths[i, side])
            assert errors[-1] <= jumps / 2 / RAYS + 1e-9
    assert len(errors) > SCENES / 2
    assert np.mean(errors) < 1e-3


def test_accessibility_against_dense_rays(cases: list[Case]) -> None:
    for case in cases[::20]:
        values = accessibility(
            case.centers, case.sizes, case.yaws, case.room, case.sides, case.depths, floors=case.floors,
            around=case.around,
        )  # fmt: skip
        for i in range(len(case.yaws)):
            shares = [hits(case, i, s).mean() / case.depths[i, s] for s in np.flatnonzero(case.sides[i]).tolist()]
            expected = 1.0 if not shares else max(shares) if is_usable(case, i) else 0.0
            assert values[i] == pytest.approx(expected, abs=(2 * len(case.yaws) + len(case.floor)) / 2 / RAYS)
