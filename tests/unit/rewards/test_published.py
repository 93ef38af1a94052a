"""What presets share: sampled points, floors, contacts and kinds of support."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.rewards import published

L_FLOOR = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 3.0)


def test_points_on_a_surface_are_on_it_and_even() -> None:
    size = np.array((2.0, 1.0, 0.5))
    points = published.surface_points(size, 40_000)
    on_face = np.isclose(np.abs(points), size / 2)
    assert on_face.any(axis=1).all()
    assert (np.abs(points) <= size / 2 + 1e-12).all()
    areas = np.array((1.0 * 0.5, 2.0 * 0.5, 2.0 * 1.0))  # of each of two opposite faces
    assert on_face.mean(axis=0) == pytest.approx(areas / areas.sum(), abs=0.01)
    assert points.mean(axis=0) == pytest.approx([0, 0, 0], abs=0.02)


def test_points_in_a_box_are_in_it_and_even() -> None:
    points = published.box_points(np.array((2.0, 1.0, 0.5)), 40_000)
    assert points.std(axis=0) == pytest.approx(np.array((2.0, 1.0, 0.5)) / math.sqrt(12), rel=0.02)


def test_points_are_the_same_every_time_and_fewer_are_the_first_of_more() -> None:
    size = np.array((2.0, 1.0, 0.5))
    assert np.array_equal(published.surface_points(size, 500), published.surface_points(size, 1000)[:500])


def test_points_turn_with_their_box() -> None:
    scene = Scene(Room.rectangle(6, 4, 3), (SceneObject("box", "box", (2, 1, 1)),))
    placed = scene.place({"box": (3, 2, 0.5, math.pi / 2)})
    moved = published.in_place(np.array([(1.0, 0.5, -0.5)]), placed, 0)
    assert moved[0] == pytest.approx([2.5, 3.0, 0.0])


@pytest.mark.parametrize("room", [Room.rectangle(4, 4, 3), L_FLOOR])
def test_what_is_over_a_floor(room: Room) -> None:
    points = np.array([(0, 0), (4, 1), (-0.04, 1), (-0.06, 1), (1, 4.04), (3, 3)], dtype=float)
    expected = [True, True, False, False, False, room.is_rectangle]
    assert published.over_floor(points, room).tolist() == expected
    expected[2] = expected[4] = True
    assert published.over_floor(points, room, margin=0.05).tolist() == expected


@pytest.mark.parametrize("room", [Room.rectangle(4, 4, 3), L_FLOOR])
def test_whose_footprint_stays_over_a_floor(room: Room) -> None:
    cubes = tuple(SceneObject(f"cube_{i}", "cube", (1, 1, 1)) for i in range(3))
    placed = Scene(room, cubes).place({"cube_0": (0.5, 0.5, 9), "cube_1": (0.45, 3, 0.5), "cube_2": (2, 2, 0.5)})
    assert published.stays_over_floor(placed).tolist() == [True, False, room.is_rectangle]
    assert published.stays_over_floor(placed, 0.06).tolist() == [True, True, room.is_rectangle]


def test_depth_is_the_shortest_move_apart() -> None:
    cubes = tuple(SceneObject(f"cube_{i}", "cube", (1, 1, 1)) for i in range(3))
    placed = Scene(Room.rectangle(9, 9, 3), cubes).place(
        {"cube_0": (1, 1, 0.5), "cube_1": (1.8, 1.3, 0.5), "cube_2": (5, 5, 0.5)}
    )
    found = published.depths(placed)
    assert found[0, 1] == pytest.approx(0.2)
    assert found[0, 2] == pytest.approx(-3.0)
    assert found[0, 0] == -math.inf


def test_kinds_of_support_come_from_relations() -> None:
    def item(name: str, target: str | None, on_floor: bool, is_rug: bool = False) -> SceneObject:
        relations = () if target is None else (Relation(name, "on", target),)
        height = 0.02 if is_rug else 1.0
        return SceneObject(name, name, (1, 1, height), on_floor=on_floor, relations=relations, is_rug=is_rug)

    objects = (
        item("rug", None, True, is_rug=True),
        item("sofa", "rug", True),
        item("bed", "north_wall", True),  # stands against it
        item("mirror", "north_wall", False),
        item("lamp", "ceiling", False),
        item("vase", "bed", False),
        item("box", "bed", True),
        item("bird", None, False),
    )
    kinds = published.support_kinds(Scene(Room.rectangle(6, 4, 3), objects))
    assert kinds == ("ground", "ground", "ground", "wall", "ceiling", "object", "object", "object")
