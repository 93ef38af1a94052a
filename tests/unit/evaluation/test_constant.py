"""The best constant layout."""

from __future__ import annotations

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import layout_status
from spatialenv.errors import InputError
from spatialenv.evaluation import ConstantPolicy, fit_constant
from spatialenv.tasks import make_tasks


def rate(policy: ConstantPolicy, scenes: list[Scene]) -> float:
    return sum(layout_status(scene.place(policy.layout(scene)), True).valid for scene in scenes) / len(scenes)


def box(name: str, length: float, width: float) -> SceneObject:
    return SceneObject(id=name, category="box", size=(length, width, 1))


def test_an_easy_trap_is_found_in_full() -> None:
    # Any two boxes of at most 1 x 1 m fit side by side in every room.
    scenes = [
        Scene(Room.rectangle(2 + i % 4, 1 + i % 3, 2.5), (box("a", 1, 1), box("b", 0.5 + 0.5 * (i % 2), 1)))
        for i in range(24)
    ]
    policy = fit_constant(scenes, budget=3)
    assert policy.rate == 1 == rate(policy, scenes)


def test_corners_beat_centres_where_sizes_vary() -> None:
    scenes = [Scene(Room.rectangle(length, 1, 2.5), (box("a", length, 1),)) for length in (1, 2, 3, 4)]
    policy = fit_constant(scenes, budget=2, grid=0.5)
    assert policy.rates["corners"] == 1
    assert policy.rates["centers"] == 1 / 4
    assert policy.slots[1].places == ((0, 0),)


def test_order_by_size_is_found_where_the_scenes_order_is_random() -> None:
    # The large box fills the west of the room, whichever object it is.
    pairs = [(box("a", 3, 1), box("b", 1, 1)), (box("a", 1, 1), box("b", 3, 1))]
    scenes = [Scene(Room.rectangle(4, 1, 2.5), pairs[i % 2]) for i in range(10)]
    policy = fit_constant(scenes, budget=3, grid=0.5)
    assert policy.rates["corners_by_size"] == 1
    assert policy.rates["corners"] == policy.rates["centers"] == 1 / 2
    assert rate(policy, scenes) == 1


@pytest.mark.parametrize("name", ["easy", "medium"])
def test_the_rate_it_claims_is_the_rate_it_has(name: str) -> None:
    scenes = [make_tasks(name).sample(seed) for seed in range(60)]
    policy = fit_constant(scenes, budget=1)
    assert rate(policy, scenes) == pytest.approx(policy.rate)
    assert policy.rate >= max(policy.rates.values()) - 1e-9, "the best family for each number of objects"


def test_demo_is_no_trap() -> None:
    source, held_out = make_tasks("demo"), make_tasks("demo/test")
    policy = fit_constant([source.sample(seed) for seed in range(400)], budget=8)
    assert rate(policy, [held_out.sample(seed) for seed in range(500)]) <= 0.45
    assert policy.rate <= 0.48, "even on the rooms that it was fitted on"


def test_same_seed_same_policy() -> None:
    scenes = [make_tasks("demo").sample(seed) for seed in range(40)]
    first, second = (fit_constant(scenes, seed=5, budget=2) for _ in range(2))
    assert first.slots == second.slots


def test_a_number_of_objects_that_was_not_fitted_still_gets_an_answer() -> None:
    two = Scene(Room.rectangle(4, 3, 2.5), (box("a", 1, 1), box("b", 1, 1)))
    policy = fit_constant([two], budget=1)
    for objects in ((box("a", 1, 1),), (box("a", 1, 1), box("b", 1, 1), box("c", 1, 1))):
        scene = Scene(two.room, objects)
        assert policy.layout(scene).ids == scene.ids


def test_wrong_use_is_told() -> None:
    with pytest.raises(InputError, match="scenes"):
        fit_constant([])
    with pytest.raises(InputError, match="grid"):
        fit_constant([make_tasks("easy").sample(0)], grid=0)
    with pytest.raises(InputError, match="slots"):
        ConstantPolicy({})
