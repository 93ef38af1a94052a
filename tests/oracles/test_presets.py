"""Presets of public definitions against slow oracles by shapely, on 2,000 random scenes.

Verdicts are compared where the figure that decides them is at least 1e-6 away from its tolerance, ratios and sums to
1e-9, shares of sampled points to five standard deviations, components of walkable pixels exactly. Every 4th scene is
enough for sampled points, every 100th for voxels and pixels: their oracles are slow.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
import shapely
from shapely import affinity

from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward
from spatialenv.rewards.physcene import walkable
from spatialenv.rewards.sceneeval_checks import bound_ratios
from spatialenv.rewards.scenerevis import outside_volumes

EDGE = 1e-6


class Solid:
    """A box as a polygon from above and a span of heights."""

    def __init__(self, placed: PlacedScene, row: int) -> None:
        (x, y, z), (length, width, height) = placed.centers[row].tolist(), placed.sizes[row].tolist()
        upright = shapely.box(-length / 2, -width / 2, length / 2, width / 2)
        turned = affinity.rotate(upright, float(placed.yaws[row]), origin=(0, 0), use_radians=True)
        self.plan = affinity.translate(turned, x, y)
        self.low, self.high = z - height / 2, z + height / 2
        self.yaw = float(placed.yaws[row])

    def volume(self, other: Solid) -> float:
        return self.plan.intersection(other.plan).area * max(0.0, min(self.high, other.high) - max(self.low, other.low))

    def depth(self, other: Solid) -> float:
        """Return the least move apart: along z, or by the nearest edge of the difference of the plans."""
        along_z = min(self.high - other.low, other.high - self.low)
        own, others = (np.array(solid.plan.exterior.coords)[:-1] for solid in (self, other))
        swept = shapely.MultiPoint((own[:, None] - others[None]).reshape(-1, 2)).convex_hull
        origin = shapely.Point(0, 0)
        in_plan = swept.exterior.distance(origin) * (1 if swept.contains(origin) else -1)
        return min(along_z, in_plan)


@pytest.fixture(scope="module")
def solids(random_layouts: list[PlacedScene]) -> list[list[Solid]]:
    return [[Solid(placed, row) for row in range(len(placed.ids))] for placed in random_layouts]


def scores(name: str, layouts: list[PlacedScene]) -> list:
    return [score.details for score in make_reward(name).batch([Transition.of(placed) for placed in layouts])]


def named(placed: PlacedScene, pairs: set[tuple[int, int]]) -> set[tuple[str, str]]:
    return {(placed.ids[i], placed.ids[j]) for i, j in pairs}


def told(details) -> set[tuple[str, str]]:
    return {tuple(pair) for pair in details["colliding_pairs"]}


def test_il3d(random_layouts: list[PlacedScene], solids: list[list[Solid]]) -> None:
    for placed, boxes, details in zip(random_layouts, solids, scores("il3d", random_layouts), strict=True):
        hulls = [(shapely.box(*one.plan.bounds), one) for one in boxes]
        shared = sum(
            a.intersection(b).area * max(0.0, min(one.high, other.high) - max(one.low, other.low))
            for (a, one), (b, other) in combinations(hulls, 2)
        )
        total = sum(hull.area * (one.high - one.low) for hull, one in hulls)
        assert details["oor_ratio"] == pytest.approx(shared / total, abs=1e-9)
        room = shapely.box(0, 0, placed.room.length, placed.room.width).buffer(0.05, join_style="mitre")
        outside = [not room.covers(hull) or one.high < -0.05 for hull, one in hulls]
        assert details["oob_ratio"] == pytest.approx(np.mean(outside), abs=1e-9)


def test_sceneweaver_and_scenerevis(random_layouts: list[PlacedScene], solids: list[list[Solid]]) -> None:
    weaver, revis = scores("sceneweaver", random_layouts), scores("scenerevis", random_layouts)
    compared = 0
    for placed, boxes, by_weaver, by_revis in zip(random_layouts, solids, weaver, revis, strict=True):
        deep, counted, doubtful = set(), set(), set()
        penetration = 0.0
        for i, j in combinations(range(len(boxes)), 2):
            volume = boxes[i].volume(boxes[j])
            if volume == 0:
                continue
            depth = boxes[i].depth(boxes[j])
            if min(abs(depth - 0.01), abs(depth - 0.001), abs(volume - 1e-4)) < EDGE:
                doubtful.add((i, j))
            if depth > 0.01:
                deep.add((i, j))
                penetration += depth
            is_rug = placed.objects[i].is_rug or placed.objects[j].is_rug
            if depth > 0.001 and volume > 1e-4 and not is_rug:
                counted.add((i, j))
        if doubtful:
            continue
        compared += 1
        assert told(by_weaver) == named(placed, counted)
        assert told(by_revis) == named(placed, deep)
        assert by_revis["total_penetration_depth"] == pytest.approx(penetration, abs=1e-9)
        floor = shapely.Polygon(placed.room.floor).buffer(0.01)
        certain = {
            placed.ids[row]: not one.plan.within(floor)
            for row, one in enumerate(boxes)
            if abs(one.plan.difference(floor).area - 1e-7) > 5e-8 and not placed.objects[row].is_rug
        }
        assert {name for name, is_out in certain.items() if is_out} == set(by_weaver["outside_objects"]) & set(certain)
    assert compared > 0.99 * len(random_layouts)


def test_sampled_bounds(random_layouts: list[PlacedScene], solids: list[list[Solid]]) -> None:
    """The share of a surface that is outside, by the areas of its faces."""
    for placed, boxes in zip(random_layouts[::4], solids[::4], strict=True):
        floor, ceiling = shapely.Polygon(placed.room.floor), placed.room.height
        ratios, volumes = bound_ratios(placed), outside_volumes(placed)
        for row, one in enumerate(boxes):
            flat, around = one.plan.area, one.plan.exterior
            whole = 2 * flat + around.length * (one.high - one.low)
            over = one.plan.intersection(floor).area
            beside = around.intersection(floor).length
            # SceneEval: over the floor, and not under it by more than half the 1 mm that floors are thick.
            above = max(0.0, one.high - max(one.low, 0.0))
            share = (over * ((one.low >= -5e-4) + (one.high >= -5e-4)) + beside * above) / whole
            count = max(1000, 5000 * placed.sizes[row].prod())
            assert ratios[row] == pytest.approx(share, abs=5 * math.sqrt(0.25 / count) + 0.003)
            # SceneReVis: between floor and ceiling, give or take 1 mm.
            within = max(0.0, min(one.high, ceiling) - max(one.low, 0.0))
            caps = sum(-1e-3 <= height <= ceiling + 1e-3 for height in (one.low, one.high))
            outside = 1 - (over * caps + beside * within) / whole
            got = volumes[row] / placed.sizes[row].prod()
            if got > 0 or outside > 0.1:
                assert got == pytest.approx(outside, abs=5 * math.sqrt(0.25 / 500) + 0.003)


def test_respace(random_layouts: list[PlacedScene], solids: list[list[Solid]]) -> None:
    """Voxels as sets of cubes, each put in by its own test; fewer scenes, as this is slow."""
    for placed, boxes, details in zip(
        random_layouts[::100], solids[::100], scores("respace", random_layouts[::100]), strict=True
    ):
        voxels = [cubes(placed, one, row) for row, one in enumerate(boxes)]
        pairs = [
            (i, j, len(voxels[i] & voxels[j]) * 1.25e-4)
            for i, j in combinations(range(len(boxes)), 2)
            if boxes[i].volume(boxes[j]) > 1e-7
        ]
        assert details["total_mbl_loss"] == pytest.approx(sum(volume for *_, volume in pairs), abs=1e-9)
        floor = shapely.Polygon(placed.room.floor).buffer(1e-9)
        shapely.prepare(floor)
        lost = 0
        for one, cells in zip(boxes, voxels, strict=True):
            height = min(one.high, placed.room.height) - max(one.low, 0.0)
            inside = one.plan.intersection(floor).area * max(0.0, height)
            if one.plan.area * (one.high - one.low) - inside > 1e-7:
                lost += outside(placed, floor, cells)
        assert details["total_oob_loss"] == pytest.approx(lost * 1.25e-4, abs=1e-9)


def cubes(placed: PlacedScene, one: Solid, row: int) -> set[tuple[int, int, int]]:
    """Return the voxels of a box, counted from the middle of the floor's bounding box."""
    x, y, _ = placed.centers[row].tolist()
    plan = affinity.translate(one.plan, -x, -y)
    reach = int(max(map(abs, plan.bounds)) / 0.05) + 2
    i, j = (part.ravel() for part in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    squares = shapely.box(i * 0.05 - 0.025, j * 0.05 - 0.025, i * 0.05 + 0.025, j * 0.05 + 0.025)
    full = shapely.area(shapely.intersection(squares, plan)) > 1e-12
    height = one.high - one.low
    layers = [k for k in range(int(height / 0.05) + 3) if (k - 0.5) * 0.05 < height - 1e-9]
    start = [
        math.floor((x - placed.room.length / 2) / 0.05 + 1e-9),
        math.floor((y - placed.room.width / 2) / 0.05 + 1e-9),
        math.floor(one.low / 0.05 + 1e-9),
    ]
    return {
        (start[0] + a, start[1] + b, start[2] + k)
        for a, b in zip(i[full].tolist(), j[full].tolist(), strict=True)
        for k in layers
    }


def outside(placed: PlacedScene, floor: shapely.Polygon, cells: set[tuple[int, int, int]]) -> int:
    """Return how many voxels have their middle outside the room."""
    i, j, k = np.array(sorted(cells)).T
    middles = shapely.points(i * 0.05 + placed.room.length / 2, j * 0.05 + placed.room.width / 2)
    inside = shapely.covers(floor, middles) & (k >= 0) & (k * 0.05 <= placed.room.height + 1e-9)
    return int((~inside).sum())


def test_walkable_shares(random_layouts: list[PlacedScene]) -> None:
    """The raster's pixels against shapely's distances to what is drawn, its components against a flood by hand."""
    for placed in random_layouts[::100]:
        free = walkable(placed, 0.3)
        details = make_reward("physcene")(Transition.of(placed)).details
        assert details["component_pixels"] == flood(free)
        scale = (max(placed.room.length, placed.room.width) / 2 + 0.2) / 128
        rows, columns = (part[::5] for part in np.nonzero(free))
        x = (columns - 128) * scale + placed.room.length / 2
        y = -(rows - 128) * scale + placed.room.width / 2
        points = shapely.points(x, y)
        # A free pixel is on the floor, half the robot's width from its edge and from every box, within three pixels:
        # corners, sizes and widths are cut to whole pixels.
        slack = 3 * scale
        assert (shapely.distance(shapely.Polygon(placed.room.floor), points) <= slack).all()
        low = [Solid(placed, row).plan for row in np.flatnonzero(placed.centers[:, 2] < 1.5).tolist()]
        if low and len(points):
            assert (shapely.distance(shapely.union_all(low), points) >= 0.15 - slack).all()


def flood(free: np.ndarray) -> list[int]:
    """Return the sizes of the 8-connected components in the order in which rows meet them."""
    left = {(int(row), int(column)) for row, column in np.argwhere(free)}
    found = []
    for start in sorted(left):
        if start not in left:
            continue
        left.discard(start)
        edge, size = [start], 0
        while edge:
            row, column = edge.pop()
            size += 1
            for near in [(row + a, column + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]:
                if near in left:
                    left.discard(near)
                    edge.append(near)
        found.append(size)
    return found
