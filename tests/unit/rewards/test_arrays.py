"""Rewards over plain arrays."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.room import Opening, Room
from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards import make_reward, score_arrays
from spatialenv.testing.samples import sample_scenes, shuffled

CUBES = np.array([[1.0, 1.0, 0.5], [1.75, 1.0, 0.5], [6.0, 2.0, 0.5]])
ONES = np.ones((3, 3))


def test_one_layout_by_hand() -> None:
    found = score_arrays("collision", CUBES, ONES, np.zeros(3), (6, 4, 3))
    assert found.values.shape == ()
    np.testing.assert_allclose(found.per_object, [0.75, 0.75, 1.0])
    assert float(found.values) == pytest.approx(2.5 / 3)
    assert found.version == "collision-1"


def test_a_batch_with_padding() -> None:
    mask = [[True, True, True], [True, False, True]]
    found = score_arrays("boundary", [CUBES, CUBES], ONES, np.zeros(3), (6, 4, 3), mask=mask)
    np.testing.assert_allclose(found.values, [2.5 / 3, 0.75])
    np.testing.assert_allclose(found.per_object, [[1, 1, 0.5], [1, np.nan, 0.5]])


def test_rooms_of_any_shape_and_doors() -> None:
    corner = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 3)
    box = [[2.0, 2.0, 0.5]]
    found = score_arrays("boundary", [box, box], [[1, 1, 1]], [0], [corner, Room.rectangle(4, 4, 3)])
    np.testing.assert_allclose(found.values, [0.75, 1.0])
    door = Opening("door", "south_wall", 1.0, 1.0, 2.0, swing="in")
    assert score_arrays("clearance", [[1.75, 0.5, 0.5]], [[1, 1, 1]], [0], (6, 4, 3), openings=[door]).values == 0.25


def test_what_does_not_stand_on_the_floor() -> None:
    tower = [[1, 1, 0.5], [1, 1, 1.5]]
    assert score_arrays("support", tower, [[1, 1, 1]] * 2, [0, 0], (6, 4, 3), on_floor=[True, False]).values == 1.0
    assert score_arrays("support", tower, [[1, 1, 1]] * 2, [0, 0], (6, 4, 3)).values == 0.5


def test_equals_the_reward_of_a_placed_scene() -> None:
    rng = np.random.default_rng(3)
    for name in ("collision", "boundary"):
        for scene in sample_scenes():
            placed = shuffled(scene, rng)
            found = score_arrays(name, placed.centers, placed.sizes, placed.yaws, scene.room)
            if not any(item.is_rug for item in scene.objects):
                expected = make_reward(name)(Transition.of(placed))
                assert float(found.values) == expected.value
                np.testing.assert_array_equal(found.per_object, expected.per_object)


def test_a_reward_without_objects_has_no_shares() -> None:
    assert np.isnan(score_arrays("format", CUBES, ONES, np.zeros(3), (6, 4, 3)).per_object).all()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"centers": CUBES[:2]}, "do not fit"),
        ({"centers": "boxes"}, "do not fit"),
        ({"centers": CUBES * np.nan}, "finite"),
        ({"centers": np.zeros((1, 1, 3, 3)), "sizes": np.ones((1, 1, 3, 3))}, r"\(n,\) or \(b, n\)"),
        ({"centers": CUBES[:, :1]}, "do not fit"),
        ({"centers": 1.0}, "do not fit"),
        ({"sizes": np.ones((3, 1))}, "do not fit"),
        ({"room": (6, 4)}, "give \\(length, width, height\\)"),
        ({"room": 6}, "give \\(length, width, height\\)"),
        ({"room": None}, "give \\(length, width, height\\)"),
        ({"room": "abc"}, "give \\(length, width, height\\)"),
        ({"room": [(6, 4, 3)] * 3}, "give \\(length, width, height\\)"),
        ({"categories": "bed"}, "one for each of the 3 boxes"),
        ({"room": [Room.rectangle(6, 4, 3)] * 2}, "2 rooms for 1 layouts"),
        ({"categories": ["sofa"]}, "must name the 3 boxes"),
    ],
)
def test_mistakes_are_told(changes: dict[str, object], says: str) -> None:
    given: dict[str, object] = {"centers": CUBES, "sizes": ONES, "yaws": np.zeros(3), "room": (6, 4, 3)} | changes
    with pytest.raises(InputError, match=says):
        score_arrays("collision", **given)  # type: ignore[arg-type]
