"""Players continue an episode, or play it again from its texts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spatialenv.core.episode import Episode
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, RendererError
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.tasks import make_tasks
from spatialenv.trainers.executors.base import Outcome
from spatialenv.trainers.executors.player import EnvRecipe, EpisodeLostError, Job, Player, SentScenes

RECIPE = EnvRecipe({"renderer": "blank", "views": ("top",), "size": (16, 16), "max_turns": 3})
SCENE = make_tasks("easy").sample(0)
assert SCENE.witness is not None
TEXTS = ("no", f"<answer>{json.dumps(SCENE.witness.to_records()[:2])}</answer>", "never")


class Counting(RoomLayoutEnv):
    """Counts what is asked of all of them."""

    asked: list[str] = []  # noqa: RUF012

    def reset(self, **kwargs: Any) -> Any:
        self.asked.append("reset")
        return super().reset(**kwargs)

    def step(self, action: str) -> Any:
        self.asked.append(action)
        return super().step(action)


def counting() -> RoomLayoutEnv:
    return Counting(tasks="easy", **RECIPE.arguments)


def job(n: int, batch: int = 0, row: int = 0) -> Job:
    return Job(batch, row, SCENE, 0, TEXTS[:n])


@pytest.fixture
def asked() -> list[str]:
    Counting.asked.clear()
    return Counting.asked


def test_a_player_that_has_the_episode_goes_on(asked: list[str]) -> None:
    player = Player(counting)
    opening = player.play(job(0))
    assert isinstance(opening, Episode)
    assert not opening.turns
    for n in (1, 2):
        outcome = player.play(job(n))
        assert isinstance(outcome, Outcome)
        assert outcome.turn.text == TEXTS[n - 1]
    assert asked == ["reset", *TEXTS[:2]]


@pytest.mark.parametrize("before", [[], [job(0)], [job(0, batch=1), job(1, batch=1)], [job(1), job(2), job(3)]])
def test_another_plays_it_again(asked: list[str], before: list[Job]) -> None:
    player = Player(counting)
    for done in before:
        player.play(done)
    asked.clear()
    outcome = player.play(job(2))
    assert asked == ["reset", *TEXTS[:2]]
    straight = Player(RECIPE)
    for n in range(3):
        expected = straight.play(job(n))
    assert isinstance(outcome, Outcome)
    assert isinstance(expected, Outcome)
    assert outcome.turn.score == expected.turn.score
    assert outcome.turn.feedback == expected.turn.feedback
    assert outcome.answer == expected.answer


def test_rows_have_environments_of_their_own_and_one_renderer() -> None:
    envs = []

    def make() -> RoomLayoutEnv:
        envs.append(RECIPE())
        return envs[-1]

    player = Player(make)
    for row in (0, 3, 0):
        player.play(job(0, row=row))
    assert len(envs) == 2
    assert envs[0].renderer is envs[1].renderer
    player.close()
    player.play(job(0))
    assert len(envs) == 3


def test_an_error_makes_what_was_played_unknown(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    player = Player(counting)
    player.play(job(0))
    with monkeypatch.context() as patch:
        patch.setattr(RoomLayoutEnv, "step", lambda self, text: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            player.play(job(1))
    asked.clear()
    player.play(job(1))
    assert asked == ["reset", "no"]


class FailsOnce(Renderer):
    """Works until it is told not to."""

    name = "fails"
    version = "fails-1"
    fails = False

    def render(self, *args: Any, **kwargs: Any) -> Frames:
        if self.fails:
            raise RendererError("out of paint")
        return make_renderer("blank").render(*args, **kwargs)


def test_an_episode_that_ends_while_it_is_played_again_is_lost() -> None:
    renderer = FailsOnce()
    player = Player(EnvRecipe({**RECIPE.arguments, "renderer": renderer}))
    renderer.fails = True
    with pytest.raises(EpisodeLostError, match=r"ended at turn 1: RendererError: out of paint"):
        player.play(job(3))


def test_environments_of_players_draw_no_scenes_and_are_told_nothing() -> None:
    tasks = SentScenes()
    with pytest.raises(InputError, match="drawn in the training process"):
        tasks.sample(0)
    assert not hasattr(tasks, "observe")
    assert isinstance(RECIPE().tasks, SentScenes)
