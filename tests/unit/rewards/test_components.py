"""Each component on layouts whose values are worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.core.answer import Issue, ParsedAnswer
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.rewards import BoundaryReward, CollisionReward, ConstraintReward, FormatReward, SupportReward

COMPONENTS = (BoundaryReward(), CollisionReward(), ConstraintReward(), SupportReward())


@pytest.mark.parametrize("reward", COMPONENTS, ids=lambda reward: reward.name)
def test_nothing_wrong_is_one(reward, clean) -> None:
    score = reward(clean)
    assert score.value == 1.0
    assert score.per_object.tolist() == [1.0, 1.0, 1.0]
    assert score.version == f"{reward.name}-1"


@pytest.mark.parametrize("reward", COMPONENTS, ids=lambda reward: reward.name)
def test_not_placed_counts_zero_and_is_nan_by_object(reward, cubes) -> None:
    score = reward(Transition.of(cubes.place({"cube_2": (3, 2, 0.5)})))
    assert score.value == pytest.approx(1 / 3)
    np.testing.assert_array_equal(score.per_object, [np.nan, 1.0, np.nan])


@pytest.mark.parametrize("reward", COMPONENTS, ids=lambda reward: reward.name)
def test_nothing_placed_is_zero_and_an_empty_scene_is_one(reward, cubes) -> None:
    assert reward(Transition.of(cubes.place({}))).value == 0.0
    empty = Scene(room=Room.rectangle(3, 3, 3), objects=())
    score = reward(Transition.of(empty.place({})))
    assert score.value == 1.0
    assert score.per_object.shape == (0,)
    assert reward.batch([]) == []


def test_collision_takes_the_shared_share_of_each(cubes) -> None:
    placed = cubes.place({"cube_1": (1.0, 2, 0.5), "cube_2": (1.75, 2, 0.5), "cube_3": (2.25, 2, 0.5)})
    score = CollisionReward()(Transition.of(placed))
    # cube_2 shares 0.25 m3 with cube_1 and 0.5 m3 with cube_3; those two only touch neither (1.25 m apart)
    np.testing.assert_allclose(score.per_object, [0.75, 0.25, 0.5], rtol=0, atol=1e-12)
    assert score.value == pytest.approx(0.5)
    assert score.details["shared_volume"] == pytest.approx(0.75)


def test_collision_is_relative_to_each_own_volume() -> None:
    scene = Scene(
        Room.rectangle(6, 4, 3),
        (
            SceneObject(id="box_1", category="box", size=(2, 2, 1)),
            SceneObject(id="box_2", category="box", size=(1, 1, 0.5)),
        ),
    )
    score = CollisionReward()(Transition.of(scene.place({"box_1": (3, 2, 0.5), "box_2": (3, 2, 0.5)})))
    np.testing.assert_allclose(score.per_object, [1 - 0.5 / 4, 0.0], atol=1e-12)


def test_collision_never_falls_below_zero(cubes) -> None:
    score = CollisionReward()(Transition.of(cubes.place(dict.fromkeys(cubes.ids, (3, 2, 0.5)))))
    assert score.per_object.tolist() == [0.0, 0.0, 0.0]


def test_touching_is_not_colliding(cubes) -> None:
    placed = cubes.place({"cube_1": (1, 2, 0.5), "cube_2": (2, 2, 0.5), "cube_3": (1, 2, 1.5)})
    assert CollisionReward()(Transition.of(placed)).value == 1.0


def test_collision_of_turned_boxes() -> None:
    cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(2, 2, 1), yaw=0.0) for i in (1, 2))
    scene = Scene(Room.rectangle(6, 4, 3), cubes)
    placed = scene.place({"cube_1": (3, 2, 0.5), "cube_2": (3, 2, 0.5, math.pi / 4)})
    octagon = 8 * (math.sqrt(2) - 1)  # what a square of side 2 and its eighth turn share
    score = CollisionReward()(Transition.of(placed))
    assert score.per_object[0] == pytest.approx(1 - octagon / 4, abs=1e-12)


@pytest.mark.parametrize(("is_rug", "height", "expected"), [(True, 0.02, 1.0), (True, 0.3, 0.0), (False, 0.02, 0.0)])
def test_only_thin_rugs_are_exempt(is_rug: bool, height: float, expected: float) -> None:
    scene = Scene(
        Room.rectangle(6, 4, 3),
        (
            SceneObject(id="rug_1", category="rug", size=(2, 2, height), is_rug=is_rug),
            SceneObject(id="box_1", category="box", size=(3, 3, 1)),
        ),
    )
    score = CollisionReward()(Transition.of(scene.place({"rug_1": (3, 2, height / 2), "box_1": (3, 2, 0.5)})))
    assert score.per_object[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((0.5, 2, 0.5), 1.0),  # flush with the west wall
        ((0.0, 2, 0.5), 0.5),  # half through it
        ((0.0, 0.0, 0.5), 0.25),  # through two walls
        ((3, 2, 0.25), 0.75),  # a quarter below the floor
        ((3, 2, 2.75), 0.75),  # a quarter above the ceiling
        ((-1, 2, 0.5), 0.0),
    ],
)
def test_boundary_is_the_share_inside(place, expected) -> None:
    scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
    score = BoundaryReward()(Transition.of(scene.place({"cube_1": place})))
    assert score.value == pytest.approx(expected, abs=1e-12)
    assert score.details["outside_volume"] == pytest.approx(1 - expected, abs=1e-12)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((1.5, 3.5, 0.5), 1.0),  # in the arm, flush with the inner and the north wall
        ((2, 3, 0.5), 0.5),  # half through the inner wall
        ((2, 2, 0.5), 0.75),  # a quarter around the inner corner
        ((3, 3, 0.5), 0.0),  # within the bounding rectangle only
        ((3, 3, 9, 1.0), 0.0),
        ((2, 2, 0.5, math.pi / 4), 0.75),
        ((3, 2, 0.5, math.pi / 4), 0.5),
    ],
)
def test_boundary_is_the_share_on_a_floor_of_any_shape(place, expected) -> None:
    corner = Room.polygon([(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)], 3)
    cube = SceneObject(id="cube_1", category="cube", size=(1, 1, 1))
    rectangle = Scene(Room.rectangle(6, 4, 3), (cube,)).place({"cube_1": (0, 2, 0.5)})
    placed = Scene(corner, (cube,)).place({"cube_1": place})
    alone, with_rectangle = BoundaryReward().batch([Transition.of(placed), Transition.of(rectangle)])
    assert alone.value == pytest.approx(expected, abs=1e-12)
    assert with_rectangle.value == 0.5
    assert BoundaryReward()(Transition.of(placed)).value == alone.value
    assert alone.details["outside_volume"] == pytest.approx(1 - expected, abs=1e-12)


def test_constraint_is_the_mean_of_an_objects_relations() -> None:
    relations = (Relation("box_1", "on", "west_wall"), Relation("box_1", "on", "south_wall"))
    box = SceneObject(id="box_1", category="box", size=(1, 1, 1), relations=relations)
    scene = Scene(Room.rectangle(6, 4, 3), (box, SceneObject(id="box_2", category="box", size=(1, 1, 1))))
    # on the west wall; 0.505 m from the south wall: halfway between the tolerance of 1 cm and 1 m
    score = ConstraintReward()(Transition.of(scene.place({"box_1": (0.5, 1.005, 0.5), "box_2": (4, 2, 0.5)})))
    np.testing.assert_allclose(score.per_object, [0.75, 1.0], atol=1e-12)
    assert dict(score.details) == {"relations": 2.0, "relations_met": 1.0}


def test_constraint_to_an_object_that_is_missing_is_zero() -> None:
    relation = Relation("box_1", "in front", "box_2")
    box = SceneObject(id="box_1", category="box", size=(1, 1, 1), relations=(relation,))
    scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="box_2", category="box", size=(1, 1, 1)), box))
    score = ConstraintReward()(Transition.of(scene.place({"box_1": (3, 2, 0.5)})))
    np.testing.assert_array_equal(score.per_object, [np.nan, 0.0])


def test_support_falls_with_the_gap(cubes) -> None:
    poses = {"cube_1": (1, 2, 0.5), "cube_2": (3, 2, 0.7), "cube_3": (5, 2, 1.5)}
    score = SupportReward()(Transition.of(cubes.place(poses)))
    resting, near, far = score.per_object
    assert resting == 1.0 > near > far
    assert far == 0.0  # a metre above the floor
    assert score.details["unsupported"] == 2


def test_format_is_the_level_as_written(cubes) -> None:
    issue = Issue("json", "the answer is not JSON")
    parsed = ParsedAnswer(layout=None, format_level=0.1, issues=(issue,))
    score = FormatReward()(Transition(placed=cubes.place({}), parsed=parsed))
    assert (score.value, score.per_object, score.version) == (0.1, None, "format-1")
    assert dict(score.details) == {"is_complete": False, "issues": ["json"]}
