"""Playing policies on suites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation import Evaluation, RandomPolicy, TextPolicy, evaluate

SMALL: dict[str, Any] = {"views": ["top"], "size": [48, 48], "labels": False, "max_turns": 2}


def play(policy: Any = "random", tasks: Any = "demo/validation", **options: Any) -> Evaluation:
    return evaluate(policy, tasks, env=SMALL, **{"n": 10, **options})


def test_episodes_follow_the_seeds_whatever_the_batch() -> None:
    whole, parts = play(batch_size=10), play(batch_size=3)
    assert whole.summary == parts.summary
    assert [episode.seed for episode in parts.episodes] == list(range(10))
    assert [e.turns[0].text for e in whole.episodes] == [e.turns[0].text for e in parts.episodes]
    assert (parts.policy, parts.tasks) == ("random", "demo/validation")


def test_another_seed_is_other_rooms() -> None:
    assert [e.scene for e in play(n=3, seed=2).episodes] == [e.scene for e in play(n=5).episodes[2:]]


def test_only_envs_that_await_an_answer_are_asked() -> None:
    asked: list[int] = []

    class Watching(RandomPolicy):
        def respond(self, envs: Any) -> list[str]:
            asked.append(len(envs))
            assert not any(env.is_over for env in envs)
            return [write_answer(env.scene.witness) if i % 2 else "?" for i, env in enumerate(envs)]

    result = play(Watching(), n=6, batch_size=6)
    assert asked == [6, 3]
    assert result.summary["by_turn"][0]["valid_layout_rate"] == 0.5
    assert result.summary["final"]["format_rate"] == 4 / 6, "of three asked again, one answers"


def test_the_witness_is_perfect_and_needs_one_turn() -> None:
    summary = play("witness", "hard/validation", n=4).summary
    assert summary["final"]["clean_rate"] == summary["by_turn"][0]["clean_rate"] == 1
    assert summary["final"]["mean_score"] == pytest.approx(1)
    assert len(summary["by_turn"]) == 2


class Inverted(RoomLayoutEnv):
    """Shows other pictures."""

    def message(self, turn: int) -> dict[str, Any]:
        return {"role": "user", "content": [{"type": "text", "text": "another prompt"}]}


def test_another_class_of_environments_is_played_where_given() -> None:
    classes: set[type] = set()

    class Watching(RandomPolicy):
        def respond(self, envs: Any) -> list[str]:
            classes.update(map(type, envs))
            return super().respond(envs)

    shown = play(Watching(), n=3, env_class=Inverted)
    assert classes == {Inverted}
    assert shown.summary == play(n=3).summary
    play(Watching(), n=3)
    assert classes == {Inverted, RoomLayoutEnv}


def test_a_folder_names_the_class_that_was_played(tmp_path: Path) -> None:
    play(n=2, output=tmp_path / "plain")
    assert "class" not in json.loads((tmp_path / "plain" / "manifest.json").read_text())["env"]
    play(n=2, output=tmp_path / "other", env_class=Inverted)
    told = json.loads((tmp_path / "other" / "manifest.json").read_text())["env"]["class"]
    assert told == f"{__name__}:Inverted"
    with pytest.raises(InputError, match="class"):
        play(n=2, output=tmp_path / "other")


def test_pictures_are_kept_where_asked() -> None:
    kept = play(n=4, keep_pictures=1).episodes
    assert kept[0].image is not None
    assert kept[0].turns[0].image is not None
    assert all(e.image is None and all(t.image is None for t in e.turns) for e in kept[1:])


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    play(n=5, batch_size=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_a_bar_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    play(n=2, progress=True)
    assert "random on demo/validation" in capsys.readouterr().out


@pytest.mark.parametrize("options", [{"n": 0}, {"n": 2.5}, {"batch_size": 0}, {"keep_pictures": -1}])
def test_a_wrong_number_is_told(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        play(**options)


def test_a_policy_that_gives_too_few_texts_is_told() -> None:
    class Short(RandomPolicy):
        def respond(self, envs: Any) -> list[str]:
            return []

    with pytest.raises(InputError, match="0 texts for 2 envs"):
        play(Short(), n=2)


def test_a_policy_sees_the_env() -> None:
    def answer(env: RoomLayoutEnv) -> str:
        assert env.to_messages()[-1]["role"] == "user"
        return write_answer({})

    assert play(TextPolicy(answer), n=2).summary["final"]["format_rate"] == 0
