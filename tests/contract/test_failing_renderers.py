"""What an env does with renderers that fail, whatever way they fail, and with those whose processes are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv, RoomLayoutVectorEnv
from spatialenv.errors import InputError, MissingExtraError, RendererError
from spatialenv.evaluation import evaluate
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.renderers.registry import RENDERERS

SMALL: dict[str, Any] = {"tasks": "easy", "size": [32, 24], "labels": False}

Fault = Callable[[Frames], Any]


def raises(error: BaseException) -> Fault:
    def fault(frames: Frames) -> Any:
        raise error

    return fault


def views(change: Callable[[np.ndarray[Any, Any]], Any]) -> Fault:
    return lambda frames: replace(frames, views={name: change(view) for name, view in frames.views.items()})


FAULTS: dict[str, tuple[Fault, str]] = {
    "says so": (raises(RendererError("no light")), "no light"),
    "odd": (raises(ZeroDivisionError("1 / 0")), "the renderer 'failing' raised ZeroDivisionError: 1 / 0"),
    "memory": (raises(MemoryError()), "the renderer 'failing' raised MemoryError: "),
    "timeout": (raises(TimeoutError("late")), "the renderer 'failing' raised TimeoutError: late"),
    "ends": (raises(StopIteration()), "the renderer 'failing' raised StopIteration: "),
    "none": (lambda frames: None, "the renderer 'failing' raised AttributeError: "),
    "small": (views(lambda view: view[1:]), "the renderer 'failing' gave a corner view of uint8 (23, 32, 3)"),
    "grey": (views(lambda view: view[..., 0]), "the renderer 'failing' gave a corner view of uint8 (24, 32)"),
    "floats": (views(lambda view: view / 255), "the renderer 'failing' gave a corner view of float64"),
    "lists": (views(lambda view: view.tolist()), "the renderer 'failing' gave a list as the corner view"),
    "too few": (
        lambda frames: replace(frames, views={"top": frames.views["top"]}),
        "the renderer 'failing' gave the views ['top']; ['corner', 'top'] were asked for",
    ),
}


class Failing(Renderer):
    """Draws well but for those pictures, counted from 0, that it is told to fail at."""

    name = "failing"
    version = "failing-1"

    def __init__(self, fault: Fault, at: set[int]) -> None:
        self.fault = fault
        self.at = at
        self.count = -1
        self.closed = 0

    def render(self, *request: Any, **options: Any) -> Frames:
        self.count += 1
        frames = make_renderer("fast").render(*request, **options)
        return self.fault(frames) if self.count in self.at else frames

    def close(self) -> None:
        self.closed += 1


def witness_text(env: RoomLayoutEnv) -> str:
    assert env.scene.witness is not None
    return write_answer(env.scene.witness)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_failure_in_a_step_ends_the_episode_and_no_more(fault: str) -> None:
    how, told = FAULTS[fault]
    env = RoomLayoutEnv(**SMALL, renderer=Failing(how, at={1}))
    first, _ = env.reset(seed=0)
    seen, reward, terminated, truncated, info = env.step(witness_text(env))
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert info["failure"].startswith(f"RendererError: {told}")
    assert info["score"] == 0.0
    assert seen in env.observation_space
    assert np.array_equal(seen["image"], first["image"])
    assert env.episode().failure == info["failure"]
    again, info = env.reset(seed=0)
    assert "failure" not in info
    assert np.array_equal(again["image"], first["image"])
    _, reward, terminated, truncated, info = env.step(witness_text(env))
    assert (terminated, truncated, info["score"], reward) == (True, False, 1.0, 1.0)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_failure_in_a_reset_ends_the_episode_with_its_first_answer(fault: str) -> None:
    how, told = FAULTS[fault]
    env = RoomLayoutEnv(**SMALL, renderer=Failing(how, at={0}))
    seen, info = env.reset(seed=0)
    assert info["failure"].startswith(f"RendererError: {told}")
    assert seen in env.observation_space
    assert not seen["image"].any()
    _, reward, terminated, truncated, info = env.step(witness_text(env))
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert info["failure"].startswith(f"RendererError: {told}")
    _, info = env.reset(seed=0)
    assert "failure" not in info


@pytest.mark.parametrize("fault", ["odd", "grey"])
def test_in_a_batch_the_others_go_on(fault: str) -> None:
    how, told = FAULTS[fault]
    envs = RoomLayoutVectorEnv(3, 1, **SMALL, renderer=Failing(how, at={4}))
    envs.reset(seed=0)
    texts = [write_answer(play.scene.witness) for play in envs.plays]  # type: ignore[arg-type]  # they have one
    observations, rewards, terminated, truncated, infos = envs.step(texts)
    assert rewards.tolist() == [1.0, 0.0, 1.0]
    assert terminated.tolist() == [True, False, True]
    assert truncated.tolist() == [False, True, False]
    assert infos["failure"][1].startswith(f"RendererError: {told}")
    assert observations["image"].shape == (3, 24, 64, 3)
    _, _, terminated, truncated, infos = envs.step(texts)
    assert not any(terminated | truncated)
    assert "failure" not in infos


@pytest.mark.parametrize("error", [MissingExtraError("pip install it"), InputError("no such thing")])
@pytest.mark.parametrize("at", [0, 1])
def test_what_the_caller_must_mend_raises(error: Exception, at: int) -> None:
    env = RoomLayoutEnv(**SMALL, renderer=Failing(raises(error), at={at}))
    if at == 0:
        with pytest.raises(type(error), match=str(error)):
            env.reset(seed=0)
        return
    env.reset(seed=0)
    with pytest.raises(type(error), match=str(error)):
        env.step(witness_text(env))


def test_the_user_may_stop_it() -> None:
    env = RoomLayoutEnv(**SMALL, renderer=Failing(raises(KeyboardInterrupt()), at={0}))
    with pytest.raises(KeyboardInterrupt):
        env.reset(seed=0)


def test_envs_close_their_renderers() -> None:
    renderer = Failing(raises(ValueError()), at=set())
    env = gym.make("spatialenv/RoomLayout-v0", **SMALL)
    env.unwrapped.renderer = renderer  # type: ignore[attr-defined]
    env.reset(seed=0)
    env.close()
    assert renderer.closed == 1
    env.reset(seed=0)
    env.close()
    assert renderer.closed == 2
    envs = RoomLayoutVectorEnv(2, **SMALL, renderer=renderer)
    for time in (3, 4):
        envs.reset(seed=0)
        envs.step(["", ""])
        envs.close()
        assert renderer.closed == time
    envs.close()
    assert renderer.closed == 4


def test_evaluation_holds_one_renderer_counts_its_failures_and_closes_it() -> None:
    renderer = Failing(raises(RuntimeError("dark")), at={1})
    options = {"size": [32, 24], "labels": False, "renderer": renderer}
    made = evaluate("solver", "easy/validation", n=4, batch_size=2, env=options)
    failures = [episode.failure for episode in made.episodes]
    assert [failure is not None for failure in failures].count(True) == 1
    assert renderer.closed == 1


@pytest.fixture(scope="module", params=sorted(RENDERERS))
def spec(request: pytest.FixtureRequest, make_working: Any, quick: Any) -> dict[str, Any]:
    """Each renderer that works here, as an env is asked for it."""
    make_working(str(request.param))
    return {"name": str(request.param), **quick.get(request.param, {})}


def test_whatever_is_killed_the_episode_goes_on(spec: dict[str, Any], no_child_left: Callable[[], set[int]]) -> None:
    before = no_child_left()
    env = RoomLayoutEnv(**SMALL, renderer=spec, max_turns=3)
    env.reset(seed=0)
    for _ in range(2):
        for pid in no_child_left() - before:
            os.kill(pid, signal.SIGKILL)
        seen, reward, terminated, truncated, info = env.step(witness_text(env))
        assert (terminated, truncated, reward) == (True, False, 1.0)
        assert "failure" not in info
        assert seen in env.observation_space
        env.reset(seed=0)
    env.close()


def test_closed_envs_leave_nothing_behind_and_can_be_used_again(
    spec: dict[str, Any], no_child_left: Callable[[], set[int]]
) -> None:
    env = gym.make("spatialenv/RoomLayout-v0", **SMALL, renderer=spec)
    envs = gym.make_vec("spatialenv/RoomLayout-v0", num_envs=2, **SMALL, renderer=spec)
    seen = [env.reset(seed=3)[0]["image"], envs.reset(seed=3)[0]["image"][0]]
    assert np.array_equal(*seen)
    env.close()
    envs.close()
    assert np.array_equal(env.reset(seed=3)[0]["image"], seen[0])
    env.close()
    assert np.array_equal(envs.reset(seed=3)[0]["image"][0], seen[0])
    envs.close()


@pytest.mark.slow
def test_envs_in_processes_of_their_own_draw_the_same(spec: dict[str, Any]) -> None:
    """A fork leaves the threads of a renderer behind, and its processes with the parent; OpenGL wants fresh ones."""
    env = gym.make("spatialenv/RoomLayout-v0", **SMALL, renderer=spec)
    pictures = [env.reset(seed=seed)[0]["image"] for seed in (3, 4)]
    kind = {"context": "spawn" if spec["name"] == "gl" else "fork"}
    options = {**SMALL, "renderer": spec}
    envs = gym.make_vec(
        "spatialenv/RoomLayout-v0", num_envs=2, vectorization_mode="async", vector_kwargs=kind, **options
    )
    try:
        observations, _ = envs.reset(seed=3)
    finally:
        envs.close()
    assert np.array_equal(observations["image"], pictures)
    assert np.array_equal(env.reset(seed=3)[0]["image"], pictures[0])
    env.close()
