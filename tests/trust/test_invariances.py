"""What scores must not notice: where north is, which side is left, the order and the names of objects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spatialenv.core.geometry import inside_volumes, overlap_volumes, separations
from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.score import Transition
from spatialenv.rewards import REWARDS, make_reward
from spatialenv.testing.damage import damaged
from spatialenv.testing.samples import renamed, reordered
from spatialenv.testing.symmetry import mirrored, quarter_turned
from spatialenv.testing.trust import Rooms

SEEDED = ("sceneeval", "scenerevis")
"""Published definitions that sample points, and so change a little with everything."""

RASTERS = ("physcene", "respace", "sceneeval", "scenerevis")
"""Published definitions on a raster that is not anchored alike on both sides."""

PUBLISHED_BOXES = ("metaspatial",)
"""Turned only by exact quarters: a layout that is off them counts by its nearest."""


def stated(placed: PlacedScene) -> PlacedScene:
    """Return the layout with every yaw stated."""
    yaws = dict(zip(placed.ids, placed.yaws.tolist(), strict=True))
    return placed.scene.place(Layout(tuple((n, replace(p, yaw=yaws[n])) for n, p in placed.layout.poses)))


@pytest.fixture(scope="module")
def layouts(few_rooms: Rooms) -> list[PlacedScene]:
    found = []
    for seed, scene in enumerate(few_rooms.scenes[:70]):
        found += [stated(placed) for placed in damaged(scene, seed)]
    return found


def both(name: str, first: list[PlacedScene], second: list[PlacedScene]) -> tuple[np.ndarray, np.ndarray]:
    reward = make_reward(name)
    values = [[score.value for score in reward.batch([Transition.of(p) for p in given])] for given in (first, second)]
    return np.array(values[0]), np.array(values[1])


@pytest.mark.parametrize("name", sorted(set(REWARDS) - {"stability", *RASTERS, *PUBLISHED_BOXES}))
def test_a_quarter_turn_of_the_whole_room_changes_nothing(name: str, layouts: list[PlacedScene]) -> None:
    before, after = both(name, layouts, [quarter_turned(placed) for placed in layouts])
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", sorted(set(REWARDS) - {"stability", *RASTERS, *PUBLISHED_BOXES}))
def test_a_mirror_changes_nothing(name: str, layouts: list[PlacedScene]) -> None:
    before, after = both(name, layouts, [mirrored(placed) for placed in layouts])
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", sorted(set(REWARDS) - {"stability", *SEEDED}))
def test_order_and_names_change_nothing(name: str, layouts: list[PlacedScene]) -> None:
    rng = np.random.default_rng(3)
    some = layouts[::5]
    other = [reordered(renamed(placed), rng.permutation(len(placed.scene.objects)).tolist()) for placed in some]
    before, after = both(name, some, other)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-9)


def test_four_quarter_turns_and_two_mirrors_lead_back(layouts: list[PlacedScene]) -> None:
    for placed in layouts[::9]:
        turned = placed
        for _ in range(4):
            turned = quarter_turned(turned)
        for back in (turned, mirrored(mirrored(placed))):
            np.testing.assert_allclose(back.centers, placed.centers, atol=1e-9)
            np.testing.assert_allclose(np.cos(back.yaws - placed.yaws), 1.0, atol=1e-12)
            assert [item.relations for item in back.objects] == [item.relations for item in placed.objects]
            np.testing.assert_allclose(np.array(back.room.floor), np.array(placed.room.floor), atol=1e-9)
            assert [one.wall for one in back.room.openings] == [one.wall for one in placed.room.openings]


def test_kernels_do_not_notice_where_boxes_are(layouts: list[PlacedScene]) -> None:
    for placed in layouts[::3]:
        for shift in ((3.0, -2.0, 0.5), (1000.25, 512.5, -64.0)):
            moved = placed.centers + np.array(shift)
            for function in (overlap_volumes, separations):
                before = function(placed.centers, placed.sizes, placed.yaws)
                after = function(moved, placed.sizes, placed.yaws)
                np.testing.assert_allclose(after, before, rtol=0, atol=1e-9)


def test_kernels_do_not_notice_a_quarter_turn(layouts: list[PlacedScene]) -> None:
    for placed in layouts[::3]:
        turned = quarter_turned(placed)
        for function in (overlap_volumes, separations):
            before = function(placed.centers, placed.sizes, placed.yaws)
            after = function(turned.centers, turned.sizes, turned.yaws)
            np.testing.assert_allclose(after, before, rtol=0, atol=1e-9)
        rooms = [np.array((p.room.length, p.room.width, p.room.height)) for p in (placed, turned)]
        floors = [None if p.room.is_rectangle else np.array(p.room.floor) for p in (placed, turned)]
        inside = [
            inside_volumes(p.centers, p.sizes, p.yaws, room, floors=floor)
            for p, room, floor in zip((placed, turned), rooms, floors, strict=True)
        ]
        np.testing.assert_allclose(inside[1], inside[0], rtol=0, atol=1e-9)
