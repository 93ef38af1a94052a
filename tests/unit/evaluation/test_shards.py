"""Evaluations that are written as they go, stopped, and gone on with."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv.core.score import Score
from spatialenv.errors import FileFormatError, InputError, PolicyError
from spatialenv.evaluation import Evaluation, RandomPolicy, TextPolicy, evaluate
from spatialenv.evaluation.shards import hash_scenes
from spatialenv.formats import load_episodes
from spatialenv.tasks import SceneList, make_tasks

SMALL: dict[str, Any] = {"views": ["top"], "size": [24, 24], "labels": False, "max_turns": 2}


def play(output: Path, policy: Any = "random", tasks: Any = "demo/validation", **options: Any) -> Evaluation:
    return evaluate(policy, tasks, output=output, **{"n": 10, "batch_size": 4, "env": SMALL, **options})


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Stopping(RandomPolicy):
    """Is stopped when it has answered so many batches of envs."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls

    def sample(self, envs: Any, draw: int) -> list[str]:
        self.calls -= 1
        if self.calls < 0:
            raise KeyboardInterrupt
        return super().sample(envs, draw)


def test_a_folder_holds_the_episodes_with_their_pictures_and_the_outcome(tmp_path: Path) -> None:
    result = play(tmp_path / "new" / "a")
    plain = evaluate("random", "demo/validation", n=10, env=SMALL)
    assert result.summary == plain.summary
    assert result.folder == tmp_path / "new" / "a"
    results = json.loads((result.folder / "results.json").read_text())
    assert results["result"] == json.loads(json.dumps(plain.summary))
    assert results["policy"] == {"name": "random", "seed": 0, "grid": None}
    assert (results["tasks"]["name"], results["tasks"]["n"], results["tasks"]["seed"]) == ("demo/validation", 10, 0)
    assert results["versions"]["reward"].startswith("physics-")
    assert [row["seed"] for row in results["rooms"]] == list(range(10))
    for row, episode in zip(results["rooms"], plain.episodes, strict=True):
        assert [turn["score"] for turn in row["turns"]] == [turn.score for turn in episode.turns]
        assert [turn["valid"] for turn in row["turns"]] == [turn.status["valid"] for turn in episode.turns]
    shards = sorted((result.folder / "shards").glob("*.jsonl"))
    assert [path.name for path in shards] == ["00000.jsonl", "00001.jsonl", "00002.jsonl"]
    kept = [episode for path in shards for episode in load_episodes(path)]
    assert [episode.seed for episode in kept] == list(range(10))
    for one, other in zip(kept, plain.episodes, strict=True):
        assert one.scene == other.scene
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.turns[-1].image, other.turns[-1].image)


@pytest.mark.parametrize("calls", range(1, 6))
def test_a_stopped_one_goes_on_and_ends_the_same(tmp_path: Path, calls: int) -> None:
    play(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        play(tmp_path / "stopped", Stopping(calls))
    assert not (tmp_path / "stopped" / "results.json").exists()
    before = files(tmp_path / "stopped")
    play(tmp_path / "stopped")
    after = files(tmp_path / "stopped")
    assert after == files(tmp_path / "whole")
    assert before.items() <= after.items(), "what was there stays"


def test_what_is_there_is_not_played_again(tmp_path: Path) -> None:
    first = play(tmp_path)
    told: list[tuple[int, int]] = []
    again = play(tmp_path, Stopping(0), progress=lambda done, total: told.append((done, total)))
    assert again.summary == first.summary
    assert told == [(4, 10), (8, 10), (10, 10)]


def test_pictures_are_kept_in_the_first_episodes(tmp_path: Path) -> None:
    play(tmp_path, keep_pictures=5)
    kept = [path.parent.name + "/" + path.name for path in (tmp_path / "shards").glob("*/*_start.png")]
    assert sorted(kept) == ["00000/0_start.png", "00000/1_start.png", "00000/2_start.png", "00000/3_start.png",
                            "00001/0_start.png"]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"policy": RandomPolicy(seed=1)}, "`policy.seed` was 0, is 1"),
        ({"policy": "solver"}, "`policy.name` was 'random', is 'solver'"),
        ({"tasks": "demo/test"}, "`tasks.name` was 'demo/validation', is 'demo/test'"),
        ({"n": 11}, "`tasks.n` was 10, is 11"),
        ({"seed": 1}, "`tasks.seed` was 0, is 1"),
        ({"env": {**SMALL, "feedback": "names"}}, "`env.feedback` was 'moves', is 'names'"),
        ({"env": {**SMALL, "reward": "collision"}}, "`env.reward` was 'physics', is 'collision'"),
        ({"batch_size": 5}, "`batch_size` was 4, is 5"),
        ({"keep_pictures": 1}, "`keep_pictures` was None, is 1"),
    ],
)
def test_another_evaluation_is_refused_and_nothing_changed(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    play(tmp_path)
    before = files(tmp_path)
    with pytest.raises(InputError, match="holds another evaluation") as caught:
        play(tmp_path, **changes)
    assert says in str(caught.value)
    assert files(tmp_path) == before


def test_scenes_that_changed_under_the_same_name_are_refused(tmp_path: Path) -> None:
    scenes = [make_tasks("demo").sample(seed) for seed in range(3)]
    play(tmp_path, tasks=SceneList(scenes), n=3)
    with pytest.raises(InputError, match=r"`tasks.sha256` was"):
        play(tmp_path, tasks=SceneList(scenes[::-1]), n=3)
    assert hash_scenes(scenes) != hash_scenes([scene.with_witness(None) for scene in scenes])


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("my work")
    with pytest.raises(InputError, match=r"holds files of something else \(thesis.tex\)"):
        play(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        play(tmp_path / "thesis.tex" / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_was_made_but_not_begun_is_taken(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / ".manifest.json.ab12.tmp").write_text("{")
    assert play(tmp_path).summary["n"] == 10


def test_half_written_files_are_cleared_away(tmp_path: Path) -> None:
    play(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        play(tmp_path / "stopped", Stopping(2))
    shards = tmp_path / "stopped" / "shards"
    (shards / "00002").mkdir()
    (shards / "00002" / "0_start.png").write_bytes(b"old")
    (shards / "00002" / "3_1.png").write_bytes(b"a picture of an episode that is not")
    (shards / "00002" / ".0_1.png.ab12.tmp").write_bytes(b"half")
    (shards / ".00002.jsonl.ab12.tmp").write_bytes(b"half")
    play(tmp_path / "stopped")
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")


def test_a_damaged_shard_is_told(tmp_path: Path) -> None:
    play(tmp_path)
    shard = tmp_path / "shards" / "00001.jsonl"
    lines = shard.read_text().splitlines(keepends=True)
    shard.write_text("".join(lines[:-1]))
    with pytest.raises(FileFormatError, match=r"holds 3 episodes, not 4; delete it"):
        play(tmp_path)
    shard.unlink()
    assert play(tmp_path).summary["n"] == 10
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(FileFormatError, match="is not JSON"):
        play(tmp_path)


class Flaky(RandomPolicy):
    """An endpoint that is down for the rooms of some seeds."""

    down = True

    def respond(self, envs: Any) -> list[Any]:
        texts = super().respond(envs)
        return [
            PolicyError("down") if self.down and env.episode().seed in (2, 5) else text
            for env, text in zip(envs, texts, strict=True)
        ]


def test_failures_are_kept_and_played_again_when_asked(tmp_path: Path) -> None:
    flaky = Flaky()
    first = play(tmp_path / "a", flaky)
    assert (first.summary["n"], first.summary["failures"]) == (8, 2)
    rows = json.loads((tmp_path / "a" / "results.json").read_text())["rooms"]
    assert [row["seed"] for row in rows if row["failure"] == "PolicyError: down"] == [2, 5]
    flaky.down = False
    assert play(tmp_path / "a", flaky).summary["failures"] == 2, "a failure is a result"
    assert play(tmp_path / "a", flaky, retry_failed=True).summary["failures"] == 0
    play(tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_policy_that_is_down_altogether_fails_every_room() -> None:
    def down(env: Any) -> str:
        raise PolicyError("no such host")

    with pytest.raises(InputError, match="the first failure: PolicyError: no such host"):
        evaluate(TextPolicy(down), "demo/validation", n=3, env=SMALL)


class Halfway:
    """A reward given as an object, whose settings a record cannot hold."""

    name = "halfway"
    version = "halfway-7"

    def __call__(self, transition: Any) -> Score:
        return Score(0.5)

    def batch(self, transitions: Any) -> list[Score]:
        return [Score(0.5) for _ in transitions]


def test_parts_given_as_objects_are_known_by_name_and_version(tmp_path: Path) -> None:
    play(tmp_path, env={**SMALL, "reward": Halfway()})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["env"]["reward"] == {"object": "halfway", "version": "halfway-7"}
    assert manifest["versions"]["reward"] == "halfway-7"


def test_settings_that_are_no_json_are_told(tmp_path: Path) -> None:
    policy = TextPolicy(lambda env: "")
    policy.settings = {"write": object()}  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="cannot be kept as JSON"):
        play(tmp_path, policy)


def test_the_number_of_rooms_follows_the_source() -> None:
    scenes = [make_tasks("demo").sample(seed) for seed in range(3)]
    assert evaluate("random", scenes, env=SMALL).summary["n"] == 3
    assert evaluate("random", make_tasks("easy/validation"), env={**SMALL, "renderer": "blank"}).summary["n"] == 128


SCRIPT = """
import sys
from spatialenv.evaluation import evaluate
env = {"views": ["top"], "size": [24, 24], "labels": False, "max_turns": 2, "renderer": "blank"}
evaluate("random", "demo/validation", n=96, batch_size=2, env=env, output=sys.argv[1])
"""


def test_killed_at_any_moment_it_goes_on_and_ends_the_same_to_the_byte(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT]
    subprocess.run([*command, tmp_path / "whole"], check=True)
    rng, stopped = random.Random(0), tmp_path / "stopped"
    for target in (1, 20, 42):
        process = subprocess.Popen([*command, stopped])
        while process.poll() is None and len(list(stopped.glob("shards/*.jsonl"))) < target:
            time.sleep(0.001)
        time.sleep(0.02 * rng.random())
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it was not killed but ended"
        assert not (stopped / "results.json").exists()
    subprocess.run([*command, stopped], check=True)
    assert (stopped / "results.json").read_bytes() == (tmp_path / "whole" / "results.json").read_bytes()
    assert files(stopped) == files(tmp_path / "whole")
