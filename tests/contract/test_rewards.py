"""What holds for every registered reward, and for compositions of them."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.relations import relation_states
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.rewards import REWARDS, Reward, make_reward
from spatialenv.tasks import make_tasks

SPECS = {
    **{name: name for name in sorted(REWARDS)},
    "sum": {"weighted_sum": {"collision": 0.25, "boundary": 0.25, "support": 0.25, "constraint": 0.25}},
    "gate": {"gate": {"condition": "format", "reward": "physics"}},
}


@pytest.fixture(scope="module", params=sorted(SPECS))
def reward(request: pytest.FixtureRequest) -> Reward:
    return make_reward(SPECS[request.param])


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    tasks = [make_tasks(name) for name in ("easy", "medium", "hard")]
    return [source.sample(seed) for source in tasks for seed in range(6)]


def witness(scene: Scene) -> PlacedScene:
    assert scene.witness is not None
    return scene.place(scene.witness)


def shuffled(scene: Scene, rng: np.random.Generator) -> PlacedScene:
    """Every object anywhere in the room, half of them turned."""
    poses = []
    for item in scene.objects:
        x, y, z = rng.uniform(0, (scene.room.length, scene.room.width, scene.room.height))
        poses.append((item.id, Pose(x, y, z, rng.uniform(-4, 4) if rng.random() < 0.5 else None)))
    return scene.place(Layout(tuple(poses)))


def some(scene: Scene, rng: np.random.Generator) -> PlacedScene:
    """About half of the objects, anywhere."""
    poses = shuffled(scene, rng).layout.poses
    return scene.place(Layout(tuple(pose for pose in poses if rng.random() < 0.5)))


@pytest.fixture(scope="module")
def transitions(scenes: list[Scene]) -> list[Transition]:
    rng = np.random.default_rng(7)
    placed = [make(scene) for scene in scenes for make in (witness, lambda s: shuffled(s, rng), lambda s: some(s, rng))]
    placed += [scenes[0].place({}), Scene(room=Room.rectangle(3, 3, 3), objects=()).place({})]
    return [Transition.of(one) for one in placed]


def assert_same(a: Score, b: Score, tolerance: float = 0.0) -> None:
    assert a.value == pytest.approx(b.value, abs=tolerance)
    assert a.version == b.version
    assert (a.per_object is None) == (b.per_object is None)
    if a.per_object is not None:
        np.testing.assert_allclose(a.per_object, b.per_object, rtol=0, atol=tolerance)


def test_is_a_reward(reward: Reward) -> None:
    assert isinstance(reward, Reward)
    assert reward.version.startswith(f"{reward.name}-")
    sections = [line.strip().split(":")[0] for line in (type(reward).__doc__ or "").splitlines()]
    assert [s for s in sections if s in ("Range", "Zero means", "Best means", "Cannot see")] == [
        "Range",
        "Zero means",
        "Best means",
        "Cannot see",
    ]


def test_values_are_finite_and_in_range(reward: Reward, transitions: list[Transition]) -> None:
    for transition, score in zip(transitions, reward.batch(transitions), strict=True):
        assert isinstance(score.value, float)
        assert 0.0 <= score.value <= 1.0
        if score.per_object is not None:
            assert score.per_object.shape == (len(transition.placed.scene.objects),)
            is_placed = np.isin(np.arange(len(score.per_object)), transition.placed.indices)
            np.testing.assert_array_equal(np.isfinite(score.per_object), is_placed)
            values = score.per_object[is_placed]
            assert ((values >= 0) & (values <= 1)).all()


def test_details_are_plain_json(reward: Reward, transitions: list[Transition]) -> None:
    for score in reward.batch(transitions):
        text = json.dumps(dict(score.details), allow_nan=False)
        assert json.loads(text) == dict(score.details)


def test_same_input_same_score(reward: Reward, transitions: list[Transition]) -> None:
    again = pickle.loads(pickle.dumps(reward))
    for a, b in zip(reward.batch(transitions), again.batch(transitions), strict=True):
        assert_same(a, b)
        assert dict(a.details) == dict(b.details)


def test_batch_equals_singles(reward: Reward, transitions: list[Transition]) -> None:
    for together, transition in zip(reward.batch(transitions), transitions, strict=True):
        assert_same(together, reward(transition), tolerance=1e-12)


def test_no_arrays_are_shared(reward: Reward, transitions: list[Transition]) -> None:
    arrays = [s.per_object for _ in range(2) for s in reward.batch(transitions) if s.per_object is not None]
    for i, array in enumerate(arrays):
        assert not any(np.shares_memory(array, other) for other in arrays[i + 1 :])
    for transition in transitions:
        assert not any(np.shares_memory(array, transition.placed.centers) for array in arrays)


def test_scoring_changes_nothing(reward: Reward, scenes: list[Scene]) -> None:
    placed = witness(scenes[-1])
    before = placed.centers.copy(), placed.sizes.copy(), placed.yaws.copy(), placed.layout
    reward(Transition.of(placed))
    for old, new in zip(before[:3], (placed.centers, placed.sizes, placed.yaws), strict=True):
        np.testing.assert_array_equal(old, new)
    assert before[3] == placed.layout


def test_order_of_objects_does_not_matter(reward: Reward, scenes: list[Scene]) -> None:
    rng = np.random.default_rng(11)
    for scene in scenes:
        placed = shuffled(scene, rng)
        order = rng.permutation(len(scene.objects))
        other = replace(scene, objects=tuple(scene.objects[i] for i in order), witness=None)
        a, b = reward(Transition.of(placed)), reward(Transition.of(other.place(placed.layout)))
        assert a.value == pytest.approx(b.value, abs=1e-12)
        if a.per_object is not None and b.per_object is not None:
            np.testing.assert_allclose(a.per_object[order], b.per_object, rtol=0, atol=1e-12)


def test_names_of_objects_do_not_matter(reward: Reward, scenes: list[Scene]) -> None:
    rng = np.random.default_rng(13)
    for scene in scenes:
        placed = shuffled(scene, rng)
        names = {object_id: f"thing_{99 - i}" for i, object_id in enumerate(scene.ids)}
        objects = tuple(
            replace(
                item,
                id=names[item.id],
                facing=names.get(item.facing or "", item.facing),
                relations=tuple(
                    replace(r, subject=names[r.subject], target=names.get(r.target, r.target)) for r in item.relations
                ),
            )
            for item in scene.objects
        )
        layout = Layout(tuple((names[object_id], pose) for object_id, pose in placed.layout.poses))
        other = replace(scene, objects=objects, witness=None).place(layout)
        assert_same(reward(Transition.of(placed)), reward(Transition.of(other)))


def test_a_sound_layout_scores_at_least_as_well_as_a_shuffled_one(reward: Reward, scenes: list[Scene]) -> None:
    rng = np.random.default_rng(17)
    sound = reward.batch([Transition.of(witness(scene)) for scene in scenes])
    loose = reward.batch([Transition.of(shuffled(scene, rng)) for scene in scenes])
    for a, b in zip(sound, loose, strict=True):
        assert a.value >= b.value
    if reward.name != "format":
        assert np.mean([s.value for s in sound]) > np.mean([s.value for s in loose])


def test_an_empty_answer_is_never_best(reward: Reward, scenes: list[Scene]) -> None:
    for scene in scenes:
        nothing = scene.place({})
        best = reward(Transition.of(witness(scene))).value
        for level in (0.0, 0.1, 0.5):
            parsed = ParsedAnswer(layout=None, format_level=level)
            assert reward(Transition(placed=nothing, parsed=parsed)).value < best


def test_witness_meets_every_relation(scenes: list[Scene]) -> None:
    states = [state for scene in scenes for state in relation_states(witness(scene))]
    assert states
    assert all(state.is_met for state in states)


@pytest.mark.parametrize("name", ["boundary", "collision", "constraint", "physics", "support"])
def test_turning_by_whole_turns_changes_nothing(name: str, scenes: list[Scene]) -> None:
    chosen = make_reward(name)
    placed = witness(scenes[-1])
    turned = [
        (i, replace(p, yaw=yaw + 2 * math.pi)) for (i, p), yaw in zip(placed.layout.poses, placed.yaws, strict=True)
    ]
    assert placed.ids == placed.layout.ids
    a, b = chosen(Transition.of(placed)), chosen(Transition.of(placed.scene.place(Layout(tuple(turned)))))
    assert a.value == pytest.approx(b.value, abs=1e-9)
