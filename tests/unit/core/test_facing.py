"""Whether objects look where they should, by hand and with shapely's rays."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import LineString, Polygon

from spatialenv.core import geometry
from spatialenv.core.facing import FacingState, facing_states, signed_turn
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import find_violations, layout_status

ROOM = Room.rectangle(6, 4, 3)
DESK = SceneObject("desk_1", "desk", (1.6, 0.8, 0.7), yaw=0.0)


def chair(facing: str | None, yaw: float | None = None) -> SceneObject:
    return SceneObject("chair_1", "chair", (0.5, 0.5, 1.0), yaw=yaw, facing=facing)


def looking(facing: str, degrees: float, at: tuple[float, float] = (3.0, 1.0), room: Room = ROOM) -> FacingState:
    places = {"desk_1": (3.0, 3.0, 0.35), "chair_1": (*at, 0.5, math.radians(degrees))}
    return facing_states(Scene(room, (DESK, chair(facing))).place(places))[0]


@pytest.mark.parametrize(
    ("target", "yaw", "turn"),
    [
        ("north_wall", 0, 0),
        ("north_wall", 350, 10),
        ("north_wall", 40, -40),
        ("west_wall", 90, 0),
        ("west_wall", -180, -90),
        ("south_wall", 180, 0),
        ("east_wall", 720 - 90, 0),
    ],
)
def test_walls(target: str, yaw: float, turn: float) -> None:
    found = looking(target, yaw)
    assert found.turn is not None
    assert math.degrees(found.turn) == pytest.approx(turn, abs=1e-9)
    assert found.is_met == (abs(turn) <= 5)


def test_slanted_walls() -> None:
    house = Room.polygon([(0, 0), (6, 0), (6, 3), (3, 6), (0, 3)], 3)
    assert looking("wall_2", -45, room=house).turn == pytest.approx(0, abs=1e-12)
    assert looking("wall_3", 0, room=house).turn == pytest.approx(math.radians(45))


@pytest.mark.parametrize(("degrees", "score"), [(0, 1), (5, 1), (47.5, 0.5), (90, 0), (180, 0)])
def test_score(degrees: float, score: float) -> None:
    found = looking("north_wall", degrees)
    assert found.score == pytest.approx(score)
    assert found.is_met == (score == 1)


def test_an_object_is_faced_when_the_ray_meets_it() -> None:
    # the desk spans x 2.2 to 3.8 at y 2.6, seen from (3, 1)
    edge = math.degrees(math.atan2(0.8, 1.6))
    assert looking("desk_1", edge - 0.1).turn == 0
    assert looking("desk_1", -edge + 0.1).turn == 0
    assert math.degrees(looking("desk_1", edge + 30).turn or 0) == pytest.approx(-30)
    assert math.degrees(looking("desk_1", -edge - 30).turn or 0) == pytest.approx(30)
    assert math.degrees(looking("desk_1", 360 - edge - 30).turn or 0) == pytest.approx(30)


def test_within_its_target_everything_is_faced() -> None:
    assert looking("desk_1", 77, at=(3.1, 3.1)).turn == 0


def test_the_middle_of_the_room() -> None:
    assert looking("middle of the room", 0).turn == pytest.approx(0)
    assert looking("middle of the room", 90).turn == pytest.approx(-math.pi / 2)
    assert looking("middle of the room", 90, at=(3.0, 2.0)).turn == 0


def test_only_yaws_of_the_layout_are_judged() -> None:
    at = {"desk_1": (3.0, 3.0, 0.35), "chair_1": (3.0, 1.0, 0.5, math.pi)}
    assert facing_states(Scene(ROOM, (DESK, chair("desk_1", yaw=math.pi))).place(at)) == ()
    assert facing_states(Scene(ROOM, (DESK, chair(None))).place(at)) == ()
    assert facing_states(Scene(ROOM, (DESK, chair("ceiling"))).place(at)) == ()
    assert facing_states(Scene(ROOM, (DESK, chair("desk_1"))).place(at | {"chair_1": (3.0, 1.0, 0.5)})) == ()


def test_a_target_that_is_not_placed_cannot_be_faced() -> None:
    placed = Scene(ROOM, (DESK, chair("desk_1"))).place({"chair_1": (3.0, 1.0, 0.5, 0.0)})
    assert facing_states(placed) == (FacingState("chair_1", "desk_1", None, False, 0.0),)
    assert [wrong.kind for wrong in find_violations(placed)] == ["missing"]


def test_violation_and_status() -> None:
    scene = Scene(ROOM, (DESK, chair("north_wall")))
    wrong = scene.place({"desk_1": (1.0, 3.0, 0.35), "chair_1": (3.0, 1.0, 0.5, math.radians(40))})
    (found,) = find_violations(wrong)
    assert (found.kind, found.objects, found.unit, found.move) == ("facing", ("chair_1", "north_wall"), "deg", None)
    assert found.amount == pytest.approx(40)
    assert found.turn == pytest.approx(math.radians(-40))
    assert found.text == "chair_1 looks 40 degrees away from north_wall"
    assert found.to_dict()["turn"] == pytest.approx(-40)
    status = layout_status(wrong, True)
    assert (status.valid, status.clean) == (True, False)
    right = scene.place({"desk_1": (1.0, 3.0, 0.35), "chair_1": (3.0, 1.0, 0.5, math.radians(4))})
    assert layout_status(right, True).clean
    assert find_violations(right) == ()


def ray_meets(placed: PlacedScene, yaw: float) -> bool:
    (x, y, _), desk = placed.centers[1], geometry.footprints(placed.centers, placed.sizes, placed.yaws)[0]
    ray = LineString([(x, y), (x - 100 * math.sin(yaw), y + 100 * math.cos(yaw))])
    return bool(ray.intersects(Polygon(desk)))


@given(
    at=st.tuples(st.floats(0, 6), st.floats(0, 4)),
    yaw=st.floats(-7, 7),
    desk_yaw=st.floats(-7, 7),
)
def test_the_turn_is_the_smallest_that_makes_the_ray_meet(at: tuple[float, float], yaw: float, desk_yaw: float) -> None:
    scene = Scene(ROOM, (DESK, chair("desk_1")))
    placed = scene.place({"desk_1": (3.0, 2.0, 0.35, desk_yaw), "chair_1": (*at, 0.5, yaw)})
    (state,) = facing_states(placed)
    assert state.turn is not None
    assume(state.turn == 0 or abs(state.turn) > 1e-3)
    assert ray_meets(placed, yaw) == (state.turn == 0)
    if state.turn == 0:
        return
    assert ray_meets(placed, yaw + state.turn + math.copysign(1e-6, state.turn))
    assert not any(ray_meets(placed, yaw + share * state.turn) for share in (0.2, 0.5, 0.999, -0.5, -0.999))
    turned = scene.place({"desk_1": (3.0, 2.0, 0.35, desk_yaw), "chair_1": (*at, 0.5, yaw + state.turn)})
    assert facing_states(turned)[0].is_met


@given(at=st.tuples(st.floats(0, 6), st.floats(0, 4)), yaw=st.floats(-3, 3), desk_yaw=st.floats(-3, 3))
def test_mirrored_scenes_have_mirrored_turns(at: tuple[float, float], yaw: float, desk_yaw: float) -> None:
    scene = Scene(ROOM, (DESK, chair("desk_1")))
    (a,) = facing_states(scene.place({"desk_1": (2, 2, 0.35, desk_yaw), "chair_1": (*at, 0.5, yaw)}))
    (b,) = facing_states(scene.place({"desk_1": (4, 2, 0.35, -desk_yaw), "chair_1": (6 - at[0], at[1], 0.5, -yaw)}))
    assert a.turn is not None
    assert b.turn is not None
    if abs(abs(a.turn) - math.pi) > 1.0:  # from right behind either way round may be the shorter
        assert a.turn == pytest.approx(-b.turn, abs=1e-9)
    assert a.score == pytest.approx(b.score, abs=1e-9)


@given(st.floats(-100, 100))
def test_signed_turns(angle: float) -> None:
    turn = signed_turn(angle)
    assert -math.pi < turn <= math.pi
    assert math.cos(turn) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(turn) == pytest.approx(math.sin(angle), abs=1e-9)
