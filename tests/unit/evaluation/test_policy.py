"""Policies that need no model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.parse import parse_answer
from spatialenv.core.violations import layout_status
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.evaluation import (
    POLICIES,
    Policy,
    RandomPolicy,
    TextPolicy,
    WitnessPolicy,
    make_policy,
)
from spatialenv.tasks import make_tasks

OPTIONS: dict[str, Any] = {"views": ["top"], "size": [48, 48], "labels": False, "max_turns": 2}


def envs(name: str, n: int) -> list[RoomLayoutEnv]:
    made = [RoomLayoutEnv(tasks=name, **OPTIONS) for _ in range(n)]
    for seed, env in enumerate(made):
        env.reset(seed=seed)
    return made


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_writes_complete_answers_in_the_strict_form(name: str) -> None:
    policy = make_policy(name)
    assert isinstance(policy, Policy)
    playing = envs("hard", 6)
    for env, text in zip(playing, policy.respond(playing), strict=True):
        parsed = parse_answer(text, env.scene, mode="strict")
        assert parsed.is_complete
        assert parsed.format_level == 1
        assert not parsed.issues


def test_witness_and_solver_are_clean_through_the_env() -> None:
    for name in ("witness", "solver"):
        playing = envs("medium", 6)
        for env, text in zip(playing, make_policy(name).respond(playing), strict=True):
            env.step(text)
            assert env.episode().turns[0].status["clean"], name


def test_random_answers_depend_on_scene_turn_and_seed_alone() -> None:
    one, two = envs("easy", 2)
    policy = RandomPolicy(1)
    together = policy.respond([one, two])
    assert [policy.respond([two])[0], policy.respond([one])[0]] == together[::-1]
    assert RandomPolicy(2).respond([one]) != together[:1]
    one.step(together[0])
    if not one.is_over:
        assert policy.respond([one]) != together[:1], "another turn, another try"


@pytest.mark.parametrize("grid", [None, 0.25])
def test_random_places_are_inside_and_on_the_grid(grid: float | None) -> None:
    policy = RandomPolicy(grid=grid)
    for seed in range(40):
        scene = make_tasks("demo").sample(seed)
        layout = policy.layout(scene)
        assert not layout_status(scene.place(layout), is_complete=True).out_of_room
        if grid is not None:
            assert all((value / grid) % 1 == 0 for pose in layout.values() for value in (pose.x, pose.y))


def test_text_policy_calls_its_function() -> None:
    playing = envs("easy", 2)
    assert TextPolicy(lambda env: env.scene.ids[0]).respond(playing) == [env.scene.ids[0] for env in playing]


def test_wrong_use_is_told() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'random'"):
        make_policy("randon")
    with pytest.raises(UnknownNameError, match="did you mean 'seed'"):
        make_policy("random", sed=1)
    with pytest.raises(InputError, match="respond"):
        make_policy(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="grid"):
        RandomPolicy(grid=0)
    env = RoomLayoutEnv(tasks=[make_tasks("easy").sample(0).with_witness(None)], **OPTIONS)
    env.reset(seed=0)
    with pytest.raises(InputError, match="no witness"):
        WitnessPolicy().respond([env])


@pytest.mark.parametrize("name", ["/nonexistent/model", "./model", "runs/demoo"])
def test_a_mistyped_folder_is_told_so(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"the folder .* does not exist"):
        make_policy(name)
