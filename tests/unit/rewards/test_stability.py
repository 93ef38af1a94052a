from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.core.support import support_scores
from spatialenv.core.violations import Violation
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import SimulationError
from spatialenv.rewards import StabilityReward, make_reward
from spatialenv.rewards.base import violations_of
from spatialenv.rewards.stability import stability_scores
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import shuffled, witness

pytestmark = pytest.mark.skipif(find_spec("pybullet") is None, reason="pybullet is not installed")

CUBES = tuple(SceneObject(f"cube_{i}", "cube", (0.4, 0.4, 0.4), yaw=0.0, on_floor=i == 1) for i in (1, 2, 3))
SCENE = Scene(Room.rectangle(4, 3, 2.5), CUBES)
SOUND = {"cube_1": (1.0, 1.0, 0.2), "cube_2": (1.0, 1.0, 0.6), "cube_3": (3.0, 2.0, 0.2)}
REWARD = StabilityReward()


def place(**changed: tuple[float, float, float]) -> PlacedScene:
    return SCENE.place({**SOUND, **changed})


def moved(placed: PlacedScene, found: tuple[Violation, ...]) -> PlacedScene:
    moves = {wrong.objects[0]: wrong.move for wrong in found if wrong.move is not None}
    poses = []
    for object_id, pose in placed.layout.poses:
        dx, dy, dz = moves.get(object_id, (0, 0, 0))
        poses.append((object_id, replace(pose, x=pose.x + dx, y=pose.y + dy, z=pose.z + dz)))
    return placed.scene.place(Layout(tuple(poses)))


@pytest.mark.parametrize(
    ("displacement", "tilt", "score"),
    [(0, 0, 1), (0.01, 2, 1), (0.255, 0, 0.5), (0.5, 0, 0), (9, 0, 0), (0, 23.5, 0.5), (0, 45, 0), (0.255, 23.5, 0.25)],
)
def test_fades_with_displacement_and_tilt(displacement: float, tilt: float, score: float) -> None:
    assert stability_scores(displacement, tilt) == pytest.approx(score, abs=1e-12)


def test_what_stands_is_best_and_lacks_nothing() -> None:
    score = REWARD(Transition.of(place()))
    assert score.value == 1.0
    assert score.details == {"unstable": 0.0, "fallen": 0.0}
    assert REWARD.violations(place()) == ()


def test_a_floating_cube_is_told_the_way_down() -> None:
    placed = place(cube_3=(3.0, 2.0, 0.45))
    score = REWARD(Transition.of(placed))
    assert score.per_object == pytest.approx([1.0, 1.0, 1 - 0.24 / 0.49], abs=0.002)
    (wrong,) = REWARD.violations(placed)
    assert (wrong.kind, wrong.objects, wrong.unit) == ("unstable", ("cube_3",), "m")
    assert wrong.amount == pytest.approx(0.25, abs=0.001)
    assert wrong.text == "cube_3 moves 0.25 m when let go"
    assert wrong.move == pytest.approx((0, 0, -0.25), abs=0.001)
    assert REWARD(Transition.of(moved(placed, (wrong,)))).value == 1.0


def test_a_cube_beyond_the_edge_falls_over_and_no_move_is_told() -> None:
    placed = place(cube_2=(1.3, 1.0, 0.6))
    (wrong,) = REWARD.violations(placed)
    assert (wrong.objects, wrong.unit, wrong.move) == (("cube_2",), "deg", None)
    assert wrong.text.startswith("cube_2 falls over by ")
    assert REWARD(Transition.of(placed)).details["fallen"] == 1.0


def test_what_is_outside_falls_into_the_void() -> None:
    placed = place(cube_3=(-2.0, 2.0, 0.2))
    assert REWARD(Transition.of(placed)).per_object[2] == 0.0  # type: ignore[index]
    (wrong,) = REWARD.violations(placed)
    assert wrong.move is None


def test_things_that_are_not_placed_count_nothing() -> None:
    score = REWARD(Transition.of(SCENE.place({"cube_1": SOUND["cube_1"]})))
    assert score.value == pytest.approx(1 / 3)
    assert np.isnan(score.per_object[1:]).all()  # type: ignore[index]


def test_what_must_stay_is_told_no_move() -> None:
    start = Layout.of({"cube_3": (3.0, 2.0, 0.45)})
    scene = Scene(SCENE.room, CUBES, start=start, fixed=("cube_3",))
    (wrong,) = REWARD.violations(scene.place({**SOUND, "cube_3": (3.0, 2.0, 0.45)}))
    assert wrong.move is None


def test_moves_that_are_told_mend_random_rooms() -> None:
    rng = np.random.default_rng(2)
    told = 0
    for seed in range(12):
        placed = shuffled(make_tasks("hard").sample(seed), rng)
        found = REWARD.violations(placed)
        after = REWARD(Transition.of(moved(placed, found))).per_object
        for wrong in found:
            if wrong.move is not None:
                told += 1
                assert after[placed.scene.ids.index(wrong.objects[0])] == 1.0  # type: ignore[index]
    assert told > 5


def test_options_are_part_of_the_version() -> None:
    assert make_reward({"name": "stability", "seconds": 2}).version == "stability-1(2 s)"
    assert make_reward("stability").version == "stability-1"


def test_violations_reach_those_who_reward_it() -> None:
    placed = place(cube_2=(1.3, 1.0, 0.6))
    kinds = {wrong.kind for wrong in violations_of(make_reward("stability"), placed)}
    assert "unstable" in kinds
    assert "unstable" not in {wrong.kind for wrong in violations_of(make_reward("physics"), placed)}


def test_a_failed_simulation_truncates_the_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    from spatialenv.physics import pool

    def fail(*_: object) -> None:
        raise SimulationError("the simulator ended with status -9")

    monkeypatch.setattr(pool.SimulatorPool, "settle", fail)
    env = RoomLayoutEnv(tasks=[SCENE], reward="stability", renderer="blank")
    env.reset(seed=0)
    text = ", ".join(
        f'{{"new_object_id": "{name}", "x": {x + 0.123}, "y": {y}, "z": {z}}}' for name, (x, y, z) in SOUND.items()
    )
    _, reward, terminated, truncated, info = env.step(f"<think></think><answer>[{text}]</answer>")
    assert (terminated, truncated) == (False, True)
    assert np.isfinite(reward)
    assert info["failure"] == "SimulationError: the simulator ended with status -9"


def test_agrees_with_support_where_both_can_see() -> None:
    """Random stacks without overlaps: what support finds sound is stable unless it rests on what falls."""
    rng = np.random.default_rng(5)
    agree, count = 0, 0
    for seed in range(25):
        scene = make_tasks("small-objects").sample(seed)
        placed = witness(scene) if rng.random() < 0.5 else shuffled(scene, rng)
        supported = support_scores(placed) == 1.0
        stable = REWARD(Transition.of(placed)).per_object == 1.0
        agree += int((supported == stable[placed.indices]).sum())  # type: ignore[index]
        count += len(supported)
    assert agree / count > 0.9
