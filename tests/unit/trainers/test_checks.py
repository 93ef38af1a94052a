"""What is refused of settings before anything is written: each answer says what to do instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

for _name in ("torch", "trl"):
    pytest.importorskip(_name, reason="pip install 'spatialenv[train]'")

from spatialenv.core.scene import Scene  # noqa: E402
from spatialenv.errors import InputError  # noqa: E402
from spatialenv.tasks import make_tasks  # noqa: E402
from spatialenv.trainers import checks, stages  # noqa: E402
from spatialenv.trainers.algorithms import ALGORITHMS, resolve  # noqa: E402
from spatialenv.trainers.demonstrate import make_demonstrator  # noqa: E402
from spatialenv.trainers.settings import load_settings  # noqa: E402

EASY = {"tasks": "easy/train", "held_out": "easy/test", "env": {"size": [16, 16], "renderer": "blank"}}
LADDER = {"name": "curriculum", "of": ["easy/train", "medium/train"]}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"rl.extra": {"max_steps": 7}}, "give `rl.steps` instead"),
        ({"rl.extra": {"num_generations": 4}}, "give `rl.group_size` instead"),
        ({"rl.extra": {"output_dir": "x"}}, "the run folder"),
        ({"rl.extra": {"save_steps": 3}, "algorithm": "sft"}, "give `rl.save_steps` instead"),
        ({"rl.extra": {"loss_type": "grpoo"}}, "did you mean 'grpo'"),
        ({"rl.extra": {"no_such": 1}}, "TRL does not accept"),
        ({"rl.extra": {"no_such": 1}, "algorithm": "dpo"}, "TRL's DPO does not accept"),
        ({"rl.extra": {"no_such": 1}, "algorithm": "rft"}, "supervised learning"),
        ({"rl.extra": {"no_such": 1}, "algorithm": "sft"}, "supervised learning"),
        ({"rl.credit": {"levl": "object"}, "algorithm": "sft"}, "did you mean 'level'"),
        ({"rl.beta": 0, "algorithm": "dpo"}, "learns nothing"),
        ({"rl.max_episode_tokens": 64}, "leaves no room beside an answer"),
        ({"warm_start.demonstrator": "witnes"}, "did you mean 'witness'"),
        ({"rl.demonstrator": "witnes", "algorithm": "sft"}, "did you mean 'witness'"),
        ({"tasks": LADDER, "algorithm": "sft"}, "name one of its levels"),
        ({"route": "tools", "algorithm": "rft"}, "give an online algorithm"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as told:
        stages.check_algorithm(load_settings(EASY, overrides), tmp_path)
    assert words in str(told.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("overrides", [{}, {"rl.steps": 0, "warm_start.steps": 0}])
def test_the_demo_may_be_trained_by_any_algorithm(tmp_path: Path, name: str, overrides: dict[str, Any]) -> None:
    chosen = load_settings("demo", {"algorithm": name, **overrides})
    assert bool(chosen.watch.every) == (ALGORITHMS[name].kind == "online")
    stages.check_algorithm(chosen, tmp_path)
    asked = load_settings("demo", {"algorithm": name, "watch.every": 5})
    assert asked.watch.every == 5  # what is asked for is refused, not forgotten


def test_a_demonstrator_without_an_answer_is_found_before_and_the_scene_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Unsolved:
        """Scenes as from a file: none knows a layout."""

        name = "unsolved"

        def sample(self, seed: int) -> Scene:
            scene = make_tasks("easy/train").sample(seed)
            return replace(scene, witness=None) if seed % 10 == 3 else scene

    monkeypatch.setattr(checks, "make_tasks", lambda spec: Unsolved())
    chosen = load_settings(EASY, {"algorithm": "sft", "rl.steps": 2, "warm_start.steps": 0})
    with pytest.raises(InputError, match=r"`rl.demonstrator`.*seed 5000003 .*rl.demonstrator=solver"):
        stages.check_algorithm(chosen, tmp_path)
    checks.try_demonstrator(make_demonstrator("solver"), resolve(chosen), "rl.demonstrator", 5_000_000)
