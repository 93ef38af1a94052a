import math

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.usability.moving import after_move, sound_moves, to_try, upsets
from spatialenv.core.violations import find_violations

CUBE = SceneObject("cube_1", "cube", (1, 1, 1))


def test_moves_are_within_the_room_free_of_others_and_shortest_first():
    post = SceneObject("post_1", "post", (0.2, 0.2, 1))
    placed = Scene(Room.rectangle(3, 1.2, 2.5), (CUBE, post)).place(
        {"cube_1": (0.5, 0.6, 0.5), "post_1": (2, 0.6, 0.5)}
    )
    moves = sound_moves(placed, 0)
    # Along x it may go as far as the post, at 1.9 m; across it has a decimetre each way.
    expected = {(round(i / 10, 1), round(j / 10, 1)) for i in range(10) for j in (-1, 0, 1)} - {(0, 0)}
    assert {(x, y) for x, y in moves.tolist()} == expected
    lengths = np.hypot(moves[:, 0], moves[:, 1])
    assert (np.diff(lengths) > -1e-12).all()
    for move in moves:
        kinds = {wrong.kind for wrong in find_violations(after_move(placed, 0, move))}
        assert not kinds & {"collision", "out_of_room"}


def test_moves_on_a_floor_with_a_corner():
    room = Room(floor=((0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)), height=2.5)
    moves = sound_moves(Scene(room, (CUBE,)).place({"cube_1": (0.5, 0.5, 0.5)}), 0)
    assert {(x, y) for x, y in moves.tolist()} == {
        *((round(i / 10, 1), 0.0) for i in range(1, 11)),
        *((0.0, round(i / 10, 1)) for i in range(1, 11)),
    }


def test_what_is_fixed_outside_or_sunk_has_no_move():
    room = Room.rectangle(3, 3, 2.5)
    start = Layout.of({"cube_1": (1, 1, 0.5)})
    kept = Scene(room, (CUBE,), start=start, fixed=("cube_1",))
    assert sound_moves(kept.place({"cube_1": (1, 1, 0.5)}), 0).shape == (0, 2)
    free = Scene(room, (CUBE,))
    assert sound_moves(free.place({"cube_1": (-5, 1, 0.5)}), 0).shape == (0, 2)
    assert sound_moves(free.place({"cube_1": (1, 1, 0.3)}), 0).shape == (0, 2)
    assert len(sound_moves(free.place({"cube_1": (1, 1, 0.5)}), 0)) == 21 * 21 - 1


def test_rugs_and_things_on_rugs_are_not_in_each_others_way():
    rug = SceneObject("rug_1", "rug", (1, 1, 0.02), is_rug=True)
    placed = Scene(Room.rectangle(1.5, 1, 2.5), (rug, CUBE)).place({"rug_1": (0.5, 0.5, 0.01), "cube_1": (1, 0.5, 0.5)})
    assert len(sound_moves(placed, 0)) == len(sound_moves(placed, 1)) == 5


def test_steps_grow_with_the_room():
    placed = Scene(Room.rectangle(100, 2, 2.5), (CUBE,)).place({"cube_1": (50, 1, 0.5)})
    moves = sound_moves(placed, 0)
    assert 0 < len(moves) <= 81 * 81
    assert np.abs(moves).max() < 50


def test_a_move_moves_one_object_and_keeps_the_rest():
    others = SceneObject("cube_2", "cube", (1, 1, 1))
    placed = Scene(Room.rectangle(4, 4, 2.5), (CUBE, others)).place({"cube_1": (1, 1, 0.5, 0.3), "cube_2": (3, 3, 0.5)})
    moved = after_move(placed, 0, np.array([0.5, -0.25]))
    assert moved.centers.tolist() == [[1.5, 0.75, 0.5], [3, 3, 0.5]]
    assert moved.yaws.tolist() == placed.yaws.tolist()


def test_upsets_are_lost_supports_and_relations():
    table = SceneObject("table_1", "table", (1, 1, 0.5), relations=(Relation("table_1", "on", "south_wall"),))
    lamp = SceneObject(
        "lamp_1", "lamp", (0.2, 0.2, 0.4), on_floor=False, relations=(Relation("lamp_1", "on", "table_1"),)
    )
    placed = Scene(Room.rectangle(4, 4, 2.5), (table, lamp)).place({"table_1": (1, 0.5, 0.25), "lamp_1": (1, 0.5, 0.7)})
    away, aside, off_wall = np.array([1.5, 0]), np.array([0.1, 0]), np.array([0, 0.05])
    assert upsets(placed, after_move(placed, 0, away), 0) == (False, True)  # the lamp falls
    assert upsets(placed, after_move(placed, 0, aside), 0) == (False, False)
    assert upsets(placed, after_move(placed, 0, off_wall), 0) == (False, True)  # the table leaves the wall
    assert upsets(placed, after_move(placed, 1, away), 1) == (True, True)
    assert upsets(placed, placed, 0) == (False, False)


def test_upsets_are_blocked_doors_and_lost_views():
    door = Opening("door", "south_wall", 0.5, 1.0, 2.0, swing="in")
    chair = SceneObject("chair_1", "chair", (0.5, 0.5, 1), facing="cube_1")
    scene = Scene(Room.rectangle(4, 4, 2.5, (door,)), (CUBE, chair))
    placed = scene.place({"cube_1": (1, 2, 0.5), "chair_1": (3, 2, 0.5, math.pi / 2)})
    before_the_door, out_of_view, aside = np.array([0, -1]), np.array([0, 1.5]), np.array([0.2, 0])
    assert upsets(placed, after_move(placed, 0, before_the_door), 0) == (False, True)
    assert upsets(placed, after_move(placed, 0, out_of_view), 0) == (False, True)
    assert upsets(placed, after_move(placed, 0, aside), 0) == (False, False)
    blocked = scene.place({"cube_1": (1, 1, 0.5), "chair_1": (3, 1, 0.5, math.pi / 2)})
    assert upsets(blocked, after_move(blocked, 0, np.array([0, 0.2])), 0) == (False, False)  # less in the way


@pytest.mark.parametrize("yaw", [0.0, math.pi / 2, 0.4])
def test_places_are_kept_to_whatever_the_yaw(yaw):
    plank = SceneObject("plank_1", "plank", (1.4, 0.2, 1))
    placed = Scene(Room.rectangle(2, 2, 2.5), (plank,)).place({"plank_1": (1, 1, 0.5, yaw)})
    ex = (abs(math.cos(yaw)) * 1.4 + abs(math.sin(yaw)) * 0.2) / 2
    ey = (abs(math.sin(yaw)) * 1.4 + abs(math.cos(yaw)) * 0.2) / 2
    moves = sound_moves(placed, 0)
    assert np.abs(moves[:, 0]).max() == pytest.approx(math.floor((1 - ex) * 10 + 1e-9) / 10)
    assert np.abs(moves[:, 1]).max() == pytest.approx(math.floor((1 - ey) * 10 + 1e-9) / 10)


def test_the_first_moves_and_the_first_along_each_axis_are_tried():
    moves = np.array([(1, 1), (2, 1), (2, 2), (0, 3), (4, 1), (5, 0), (0, 6), (7, 7), (0, 8), (9, 0), (10, 0)])
    assert to_try(moves, 2).tolist() == [[1, 1], [2, 1], [0, 3], [5, 0], [0, 6], [9, 0]]
    assert to_try(moves[:1], 5).tolist() == [[1, 1]]
    assert to_try(moves[:0], 5).tolist() == []
