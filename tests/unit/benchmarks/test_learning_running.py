"""One job: what is trained and counted, what is played, and what is not done twice."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

import benchmarks.learning.running as running
import benchmarks.learning.training as training
from benchmarks.learning import arms, folders
from benchmarks.learning.arms import EVERYWHERE, Arm
from benchmarks.learning.controls import Control
from benchmarks.learning.folders import Job, changes, state
from benchmarks.learning.players import Redraw
from benchmarks.learning.running import run_job
from benchmarks.learning.study import Study, Suite

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.model_policy import fingerprint
from spatialenv.formats import load_episodes
from spatialenv.tasks import make_tasks
from spatialenv.trainers.grpo import LayoutGRPOTrainer
from spatialenv.trainers.stages import demonstrator, first_seed

SETTINGS = {
    "tasks": "easy/endless",
    "held_out": "easy/test",
    "tiny": {
        "hidden_size": 32,
        "layers": 1,
        "heads": 2,
        "vision_hidden_size": 32,
        "vision_layers": 1,
        "image_size": 32,
        "vocabulary": 200,
        "texts": 20,
    },
    "env": {"max_turns": 2, "size": [32, 32], "views": ["top"], "labels": False, "feedback": "names"},
    "warm_start": {"steps": 2, "batch_size": 2},
    "rl": {"steps": 2, "batch_size": 4, "group_size": 2, "max_new_tokens": 6, "save_steps": 0},
    "evaluate": {"batch_size": 4, "constant_rooms": 1},
    "threads": 1,
}
SUITES = {"easy/test": Suite(title="as trained", n=3)}
STUDY = Study(seeds=(0,), settings=SETTINGS, suites=SUITES)
WARM = Arm("warm_start", "warm start", "references", "warm_start", suites=EVERYWHERE)
RANDOM = Arm("random", "random", "references", "policy", policy="random", suites=EVERYWHERE)


def trained(**settings: Any) -> Arm:
    return Arm("trained", "trained", "rewards", "train", start="warm_start", settings=settings)


@pytest.fixture(autouse=True)
def two_arms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arms, "ARMS", {"warm_start": WARM})


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Job:
    job = Job(STUDY, WARM, 0, tmp_path_factory.mktemp("learning"))
    run_job(job)
    return job


def beside(warm: Job, arm: Arm, study: Study = STUDY) -> Job:
    return Job(study, arm, 0, warm.output)


def rows(job: Job) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (job.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def whole(job: Job) -> dict[str, Any]:
    result = job.result()
    assert result is not None
    assert result["failure"] is None, result["failure"]["traceback"]
    return result


# --- what is trained -------------------------------------------------------------------------------


def test_a_warm_start_leaves_a_model_and_counts_what_it_was_shown(warm: Job) -> None:
    result, settings = whole(warm), warm.settings()
    shown = 0
    env = RoomLayoutEnv(tasks=settings.tasks, **settings.env.model_dump())
    for index in range(2 * 2):
        env.reset(seed=first_seed(settings, "warm_start") + index)
        rng = random.Random(f"0 {index}")
        while not env.is_over:
            env.step(demonstrator(settings)(env, rng))
            shown += 1
    assert (result["samples"], result["samples_by"]) == (shown, "demonstrator")
    assert (result["steps"], [row["step"] for row in rows(warm)]) == (2, [1, 2])
    assert result["trained"]
    assert result["seconds"] > 0
    assert result["weights"] > 1000
    assert (warm.folder / "model" / "config.json").is_file()
    assert state(warm) == "done"


def test_the_suites_are_played_and_kept_without_pictures(warm: Job) -> None:
    summary = whole(warm)["test"]["easy/test"]
    episodes = load_episodes(warm.folder / "episodes" / "easy-test.jsonl")
    assert summary["n"] == len(episodes) == 3
    rooms = make_tasks("easy/test")
    assert [episode.scene for episode in episodes] == [rooms.sample(seed) for seed in range(3)]
    assert all(episode.image is None for episode in episodes)
    assert len(summary["by_turn"]) == 2


def test_reinforcement_learning_counts_what_it_sampled(warm: Job) -> None:
    before = fingerprint(warm.folder / "model")
    job = beside(warm, trained())
    run_job(job)
    result = whole(job)
    # six tokens are no answer, so that every one of 2 batches of 4 episodes has both turns
    assert (result["samples"], result["samples_by"]) == (2 * 4 * 2, "policy")
    assert result["steps"] == 2
    assert result["start_model"] == before == fingerprint(warm.folder / "model")
    assert fingerprint(job.folder / "model") != before
    assert [row["step"] for row in rows(job)] == [1, 2]
    assert not [path for path in job.folder.iterdir() if path.name.startswith(".")]


def test_more_supervision_shows_as_many_episodes_at_a_constant_rate(warm: Job) -> None:
    job = beside(warm, trained(algorithm="sft"))
    run_job(job)
    result = whole(job)
    assert result["steps"] == 2 * 4 // 2  # as many episodes as reinforcement learning plays, 2 a step
    assert 8 < result["samples"] <= 16
    assert result["samples_by"] == "demonstrator"
    assert [row["learning_rate"] for row in rows(job)] == [3e-4] * 4


def test_a_control_trains_and_is_played(warm: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []
    trainers: list[Any] = []

    class Listening(RoomLayoutEnv):
        def reset(self, **options: Any) -> Any:
            found = super().reset(**options)
            prompts.append("suite" if self.tasks.name == "easy/test" else "training")
            return found

    class Noted(LayoutGRPOTrainer):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            trainers.append(self)
            super().__init__(*args, **kwargs)

    control = Control("noted", "noted", Noted, Listening)
    for module in (training, running):
        monkeypatch.setattr(module, "make_control", lambda name: control)
    run_job(beside(warm, trained()))
    assert len(trainers) == 1
    assert prompts.count("suite") == 3
    assert prompts.count("training") == 2 * 4


# --- failures --------------------------------------------------------------------------------------


def test_a_failure_is_kept_with_its_traceback(warm: Job) -> None:
    job = Job(STUDY, trained(), 1, warm.output)  # of this seed there is no warm start
    run_job(job)
    result = job.result()
    assert result is not None
    assert result["failure"]["type"] == "InputError"
    assert "warm_start seed 1" in result["failure"]["message"]
    assert "Traceback" in result["failure"]["traceback"]
    assert (result["trained"], result["test"], state(job)) == (False, {}, "failed")


def test_an_arm_is_another_once_its_settings_are(warm: Job) -> None:
    run_job(Job(STUDY, trained(), 1, warm.output))
    assert state(Job(STUDY, trained(**{"rl.steps": 1}), 1, warm.output)) == "open"


def test_a_suite_that_shares_rooms_with_training_is_refused(tmp_path: Path) -> None:
    study = STUDY.model_copy(update={"suites": {"easy/endless": Suite(title="seen", n=2)}})
    run_job(job := Job(study, WARM, 0, tmp_path))
    result = job.result()
    assert result is not None
    assert "seed 0 is among the rooms of the suite 'easy/endless'" in result["failure"]["message"]


def test_where_one_suite_fails_the_others_are_played(warm: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    suites = {"easy/validation": Suite(title="bad", n=2), "easy/test": Suite(title="good", n=2)}
    evaluate = running.evaluate

    def failing(policy: Any, tasks: Any, **options: Any) -> Any:
        if tasks.name == "easy/validation":
            raise RuntimeError("no such rooms today")
        return evaluate(policy, tasks, **options)

    monkeypatch.setattr(running, "evaluate", failing)
    job = beside(warm, RANDOM, _with(suites))
    result = run_job(job)
    assert result["failure"]["message"] == "no such rooms today"
    assert list(result["test"]) == ["easy/test"]
    monkeypatch.undo()
    monkeypatch.setattr(arms, "ARMS", {"warm_start": WARM})
    run_job(job)
    assert list(whole(job)["test"]) == ["easy/validation", "easy/test"]


# --- what is not done twice ------------------------------------------------------------------------


def test_a_new_suite_is_played_without_training_again(warm: Job) -> None:
    more = beside(warm, WARM, _with({**SUITES, "easy/validation": Suite(title="more", n=2)}))
    model, old = fingerprint(warm.folder / "model"), warm.episodes("easy/test").stat().st_mtime_ns
    seconds = whole(warm)["seconds"]
    assert (state(warm), state(more)) == ("done", "unplayed")
    try:
        run_job(more)
        assert set(whole(more)["test"]) == {"easy/test", "easy/validation"}
        assert whole(more)["seconds"] == seconds
        assert fingerprint(warm.folder / "model") == model
        assert warm.episodes("easy/test").stat().st_mtime_ns == old
    finally:
        run_job(warm)
    assert state(warm) == "done"


def test_a_suite_of_other_rooms_is_played_again(warm: Job) -> None:
    job = beside(warm, RANDOM)
    run_job(job)
    assert state(job) == "done"
    fewer = beside(warm, job.arm, _with({"easy/test": Suite(title="as trained", n=2)}))
    assert state(fewer) == "unplayed"
    assert run_job(fewer)["test"]["easy/test"]["n"] == 2
    titled = beside(warm, job.arm, _with({"easy/test": Suite(title="another title", n=2)}))
    assert state(titled) == "done"


def test_only_some_arms_are_played_on_all_suites(warm: Job) -> None:
    study = _with({**SUITES, "easy/validation": Suite(title="more", n=2)})
    assert beside(warm, RANDOM, study).suites == ("easy/test", "easy/validation")
    job = beside(warm, Arm("here", "", "references", "policy", policy="random"), study)
    assert list(run_job(job)["test"]) == ["easy/test"]
    assert state(job) == "done"


def test_changed_settings_are_told_by_name(warm: Job) -> None:
    run_job(beside(warm, trained()))
    other = beside(warm, trained(**{"rl.learning_rate": 0.01, "env.feedback": "none"}))
    record = other.result()
    assert record is not None
    assert (state(other), changes(other, record)) == ("changed", ["env.feedback", "rl.learning_rate"])
    # how it is played says nothing of the model
    assert state(beside(warm, trained(**{"evaluate.batch_size": 2}))) == "unplayed"


def test_another_start_makes_another_job(warm: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    run_job(job := beside(warm, trained()))
    assert state(job) == "done"
    monkeypatch.setattr(folders, "fingerprint", lambda folder: "of other weights")
    record = job.result()
    assert record is not None
    assert changes(job, record) == ["start's model"]


def test_settings_that_were_added_since_are_no_change(warm: Job) -> None:
    record = warm.training()
    assert record is not None
    del record["settings"]["rl"]["generation_chunks"]
    assert changes(warm, record) == []


def test_a_value_that_is_allowed_no_more_is_a_change(warm: Job) -> None:
    record = warm.training()
    assert record is not None
    record["settings"]["dtype"] = "float12"
    assert changes(warm, record) == ["dtype"]


def test_training_that_did_not_end_begins_anew(warm: Job) -> None:
    run_job(job := beside(warm, trained()))
    (job.folder / "training.json").unlink()
    (job.folder / "result.json").unlink()
    assert state(job) == "open"
    run_job(job)
    assert [row["step"] for row in rows(job)] == [1, 2]
    assert state(job) == "done"


# --- policies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["random", "constant", "solver", "witness"])
def test_policies_play_without_a_model(warm: Job, name: str) -> None:
    run_job(job := beside(warm, Arm(name, "", "references", "policy", policy=name)))
    result = whole(job)
    assert (result["trained"], result["samples"], result["samples_by"], result["weights"]) == (False, 0, None, None)
    assert result["test"]["easy/test"]["final"]["format_rate"] == 1.0
    if name == "witness":
        assert result["test"]["easy/test"]["final"]["valid_layout_rate"] == 1.0


@pytest.mark.parametrize("name", ["best_of_8", "redraw"])
def test_policies_sample_the_model_that_they_start_from(warm: Job, name: str) -> None:
    run_job(job := beside(warm, Arm(name, "", "references", "policy", start="warm_start", policy=name)))
    assert whole(job)["test"]["easy/test"]["n"] == 3
    assert json.loads(job.episodes("easy/test").with_suffix(".json").read_text())["played"]["model"] == fingerprint(
        warm.folder / "model"
    )


def test_a_probe_plays_the_start_under_its_control(warm: Job) -> None:
    run_job(job := beside(warm, Arm("blank", "", "probes", "probe", start="warm_start", control="blank_pictures")))
    assert not whole(job)["trained"]
    assert not (job.folder / "model").exists()


def test_an_unknown_policy_is_a_failure(warm: Job) -> None:
    result = run_job(beside(warm, Arm("odd", "", "references", "policy", policy="odd")))
    assert result["failure"]["type"] == "UnknownNameError"


class Draws:
    """Answers that cannot be used, and notes what it was asked."""

    name = "draws"

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        return self.sample(envs, 0)

    def sample(self, envs: Sequence[RoomLayoutEnv], draw: int) -> list[str]:
        self.asked += [(draw, len(env.to_messages()), len(env.scene.objects)) for env in envs]
        return [f"draw {draw}" for _ in envs]


def test_a_redrawn_answer_knows_of_no_first_one() -> None:
    env = {"max_turns": 3, "size": (16, 16), "renderer": "blank"}
    policy = Draws()
    fresh = lambda: RoomLayoutEnv(tasks="easy", **env)  # noqa: E731
    evaluation = running.evaluate(Redraw(policy, fresh), "easy/validation", n=2, env=env)
    counts = [len(episode.scene.objects) for episode in evaluation.episodes]
    # always the opening message alone, of the same rooms, and a draw of its own each turn
    assert policy.asked == [(draw, 1, count) for draw in range(3) for count in counts]
    assert [[turn.text for turn in each.turns] for each in evaluation.episodes] == [["draw 0", "draw 1", "draw 2"]] * 2


def _with(suites: dict[str, Suite]) -> Study:
    return STUDY.model_copy(update={"suites": suites})
