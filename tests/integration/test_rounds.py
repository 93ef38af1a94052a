"""Rounds of sampling and learning: what is kept, that it becomes likelier, and that a stopped run goes on alike."""

from __future__ import annotations

import copy
import json
import math
import random
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from spatialenv.core.write import write_answer  # noqa: E402
from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError  # noqa: E402
from spatialenv.evaluation.chat import Chat  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.evaluation.policy import RandomPolicy  # noqa: E402
from spatialenv.tasks import make_tasks  # noqa: E402
from spatialenv.trainers import stages  # noqa: E402
from spatialenv.trainers.grpo import LayoutGRPOTrainer  # noqa: E402
from spatialenv.trainers.rounds import loop  # noqa: E402
from spatialenv.trainers.rounds.preferences import (  # noqa: E402
    Pair,
    PairBatches,
    learn_from_pairs,
    sample_pairs,
    save_pairs,
)
from spatialenv.trainers.rounds.rejection import sample_best  # noqa: E402
from spatialenv.trainers.settings import RunSettings, load_settings  # noqa: E402
from spatialenv.trainers.supervision import IGNORED  # noqa: E402

SETTINGS: dict[str, Any] = {
    "tasks": "easy/train",
    "held_out": "easy/test",
    "env": {"views": ["top"], "size": [32, 32], "labels": False, "feedback": "targets", "max_turns": 2},
    "rl": {
        "steps": 4,
        "batch_size": 4,
        "group_size": 4,
        "max_new_tokens": 8,
        "warmup_steps": 0,
        "learning_rate": 5e-3,
        "max_grad_norm": 10.0,
    },
    "rounds": {"count": 2, "scenes": 2},
}
LADDER = {"name": "curriculum", "of": ["easy/train", "demo/train"], "window": 4, "lower_at": 0.0, "raise_at": 0.2}


def settings(**overrides: Any) -> RunSettings:
    return load_settings(SETTINGS, overrides={name.replace("__", "."): value for name, value in overrides.items()})


class ScriptedTrainer(LayoutGRPOTrainer):
    """Answers at random in three seats of four, and with a sound layout in the first of each group."""

    said = 0

    def _generate_single_turn(self, histories, images, fields, num_generations):
        ids = []
        for rollout in [each for each in self.rollouts if each.is_open]:
            ScriptedTrainer.said += 1
            scene = rollout.seat.scene
            is_good = rollout.seat.row % self.num_generations == 0
            layout = scene.witness if is_good else RandomPolicy(seed=ScriptedTrainer.said).layout(scene)
            ids.append(self.chat.encode(write_answer(layout)))
        return ids, None


@pytest.fixture
def scripted(monkeypatch):
    ScriptedTrainer.said = 0
    make = stages.make_trainer
    monkeypatch.setattr(stages, "make_trainer", lambda *a, **k: make(*a, **{**k, "trainer_class": ScriptedTrainer}))


def env_of(chosen: RunSettings, tasks: Any = "easy/train"):
    return lambda: RoomLayoutEnv(tasks=tasks, **chosen.env.model_dump())


@pytest.fixture(scope="module")
def loaded(tiny_vlm):
    torch.set_num_threads(1)
    return load_vlm(tiny_vlm)


@pytest.fixture
def sampler(loaded, tmp_path):
    ScriptedTrainer.said = 0
    chosen = settings(algorithm="dpo")
    trainer = stages.make_trainer(*loaded, env_of(chosen), chosen, tmp_path, trainer_class=ScriptedTrainer)
    return trainer


def likelihood(model, batch) -> torch.Tensor:
    """Log-likelihood of the answers of each row, by the definition."""
    inputs = {name: value for name, value in batch.items() if name != "completion_mask"}
    with torch.no_grad():
        logps = model(**inputs).logits[:, :-1].log_softmax(-1)
    picked = logps.gather(-1, batch["input_ids"][:, 1:, None])[..., 0]
    return (picked * batch["completion_mask"][:, 1:]).sum(1)


# --- what is sampled ------------------------------------------------------------------------------


def test_pairs_answer_one_history_and_are_ranked_by_the_reward(sampler):
    chosen = settings(algorithm="dpo", rounds__keep=2)
    pairs, rewards = sample_pairs(sampler, range(11, 17), chosen, random.Random(0))
    assert len(rewards) == 24
    first = [pair for pair in pairs if pair.turn == 0]
    later = [pair for pair in pairs if pair.turn == 1]
    assert len({pair.seed for pair in first}) >= 3
    assert later, "no group went on to a second turn"
    for pair in pairs:
        assert pair.chosen.reward > pair.rejected.reward
        assert sampler.chat.decode(pair.chosen.ids) == pair.chosen.text
        env = env_of(chosen)()
        env.reset(seed=pair.seed)
        assert (
            list(pair.history[: len(sampler.chat.opening([env.to_messages()])[0])])
            == (sampler.chat.opening([env.to_messages()])[0])
        )
        assert len(pair.images) == pair.turn + 1
        said = [message["content"][0]["text"] for message in pair.messages if message["role"] == "assistant"]
        assert len(said) == pair.turn
        for text in said:
            env.step(text)
        assert pair.messages[-1]["content"][-1] == env.to_messages()[-1]["content"][-1]
        # an environment that hears the same history scores both answers as the pair says
        for answer in (pair.chosen, pair.rejected):
            other = env_of(chosen)()
            other.reset(seed=pair.seed)
            for text in [*said, answer.text]:
                other.step(text)
            assert other.episode().turns[-1].score == pytest.approx(answer.reward)


def test_all_that_a_group_answers_later_answers_one_history(sampler):
    histories = []
    play = sampler.play_turn

    def spied() -> bool:
        histories.append([tuple(each.history) for each in sampler.rollouts if each.is_open])
        return play()

    sampler.play_turn = spied
    sample_pairs(sampler, range(21, 25), settings(algorithm="dpo"), random.Random(0))
    for turn in histories:
        for start in range(0, len(turn), 4):
            assert len(set(turn[start : start + 4])) == 1
    assert histories[1], "no group went on to a second turn"


def test_the_best_of_each_group_is_kept_with_the_ids_that_were_sampled(sampler):
    kept, rewards = sample_best(sampler, [31, 32], settings(algorithm="rft"))
    assert len(rewards) == 8
    assert len(kept) == 2
    for group, each in enumerate(kept):
        rollout = sampler.rollouts[4 * group]  # the sound one
        assert list(each.ids) == rollout.history
        assert each.reward == max(rewards[4 * group : 4 * group + 4])
        taught = [token for token, label in zip(each.ids, each.labels, strict=True) if label != IGNORED]
        assert taught == sampler.chat.encode(rollout.seat.episode().turns[0].text)
    none, _ = sample_best(sampler, [31, 32], settings(algorithm="rft", rounds__threshold=100.0))
    assert none == []


def test_pairs_are_exported_for_trl(sampler, tmp_path):
    pairs, _ = sample_pairs(sampler, range(11, 17), settings(algorithm="dpo"), random.Random(0))
    file = save_pairs(pairs, tmp_path / "out")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(pairs)
    from trl.data_utils import is_conversational

    for row, pair in zip(rows, pairs, strict=True):
        assert is_conversational(row)
        places = [part for message in row["prompt"] for part in message["content"] if part["type"] == "image"]
        assert len(places) == len(row["images"]) == pair.turn + 1
        assert all((file.parent / name).is_file() for name in row["images"])
        assert row["chosen"][0]["content"][0]["text"] == pair.chosen.text
        assert row["chosen_reward"] > row["rejected_reward"]


# --- what is learned ------------------------------------------------------------------------------


def test_the_first_loss_of_dpo_and_its_gradient_are_those_of_the_definition(sampler, tiny_vlm, tmp_path):
    chosen = settings(algorithm="dpo", rl__beta=0.3, rl__learning_rate=1e-9)
    pairs, _ = sample_pairs(sampler, range(11, 17), chosen, random.Random(0))
    pairs = pairs[-3:]  # of the second turn, too
    model, _ = load_vlm(tiny_vlm)
    reference = copy.deepcopy(model)
    with torch.no_grad():  # apart from the reference, so that the loss is not log 2
        for weight in model.parameters():
            weight += 0.02 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(weight.numel()))
    batch = PairBatches(pairs, sampler.chat)([{"index": index} for index in range(3)])
    gains = likelihood(model, batch) - likelihood(reference, batch)
    margins = gains[:3] - gains[3:]
    expected = torch.log1p(torch.exp(-0.3 * margins)).mean()
    seen: list[dict[str, float]] = []
    three = settings(
        algorithm="dpo",
        rl__beta=0.3,
        rl__learning_rate=1e-9,
        rl__batch_size=8,
        rl__extra={"per_device_train_batch_size": 3},
    )
    learn_from_pairs(
        model, reference, sampler.chat, pairs, three, tmp_path, 1, lambda step, row: seen.append(dict(row)), seed=0
    )
    assert seen[0]["loss"] == pytest.approx(expected.item(), rel=1e-4)
    assert expected.item() != pytest.approx(math.log(2), rel=1e-3)


def learned(chosen, folder, record, place) -> tuple[Any, Any, Any]:
    """Train the tiny model of `folder` and return it with its processor and tasks."""
    model, processor = load_vlm(folder)
    tasks = make_tasks(chosen.tasks)
    trained = stages.improve(model, processor, env_of(chosen, tasks), chosen, record, place)
    return trained, processor, tasks


def check_dpo(rows: list[dict[str, float]]) -> None:
    """Each round begins at its own reference, where the loss is log 2, and gets below."""
    for first in range(0, len(rows), 2):
        assert rows[first]["loss"] == pytest.approx(math.log(2), rel=1e-3)
        assert rows[first + 1]["loss"] < math.log(2) - 0.03


def test_adapters_raise_the_chosen_over_the_rejected(monkeypatch, scripted, tiny_vlm, tmp_path):
    pytest.importorskip("peft", reason="pip install peft")
    extra = {"rl__gradient_accumulation_steps": 2, "rl__gradient_checkpointing": True}
    chosen = settings(algorithm="dpo", peft={"r": 4}, rl__steps=2, rounds__count=1, **extra)
    before, _ = load_vlm(tiny_vlm)
    pairs: list[Pair] = []
    monkeypatch.setattr(loop, "save_pairs", lambda some, place: pairs.extend(some) or save_pairs(some, place))
    rows: list[dict[str, float]] = []
    trained, processor, _ = learned(chosen, tiny_vlm, lambda step, row: rows.append(dict(row)), tmp_path)
    assert len(rows) == 2
    check_dpo(rows)
    batch = PairBatches(pairs, Chat(processor))([{"index": index} for index in range(len(pairs))])
    gains = likelihood(trained, batch) - likelihood(before, batch)
    assert (gains[: len(pairs)] > gains[len(pairs) :]).all()


@pytest.mark.parametrize("algorithm", ["rft", "dpo"])
def test_rounds_learn_and_a_stopped_run_goes_on_to_the_same_weights(scripted, tiny_vlm, tmp_path, algorithm):
    """The scenes are those of a curriculum that the first round leaves at its second level."""
    chosen = settings(algorithm=algorithm, tasks=LADDER)

    def recorder(rows: list[dict[str, float]], stop_after: int = 99) -> Any:
        def record(step: int, row: Any) -> None:
            if step > stop_after:
                raise KeyboardInterrupt
            ScriptedTrainer.said = 1000 * step  # so that what is said depends on the step alone
            rows.append({"step": step, **row})

        return record

    whole: list[dict[str, float]] = []
    model, _, tasks = learned(chosen, tiny_vlm, recorder(whole), tmp_path / "whole")
    assert tasks.level == 1
    assert [(row["step"], row["round"]) for row in whole] == [(1, 1), (2, 1), (3, 2), (4, 2)]
    if algorithm == "dpo":
        check_dpo(whole)
        assert (tmp_path / "whole" / "round-1" / "pairs.jsonl").is_file()
    else:
        assert [row["kept"] for row in whole] == [2] * 4
        assert whole[1]["loss"] < whole[0]["loss"]
        assert whole[3]["loss"] < whole[0]["loss"] - 0.1

    rows: list[dict[str, float]] = []
    ScriptedTrainer.said = 0
    with pytest.raises(KeyboardInterrupt):
        learned(chosen, tiny_vlm, recorder(rows, stop_after=2), tmp_path / "halves")
    ScriptedTrainer.said = 2000
    again, _, resumed = learned(chosen, tiny_vlm, recorder(rows), tmp_path / "halves")
    assert [(row["step"], row["loss"]) for row in rows] == [(row["step"], row["loss"]) for row in whole]
    assert all(torch.equal(one, two) for one, two in zip(model.parameters(), again.parameters(), strict=True))
    assert resumed.state() == tasks.state()
    longer = settings(algorithm=algorithm, tasks=LADDER, rl__steps=9, rounds__count=1)
    with pytest.raises(InputError, match="ended after step 4"):
        learned(longer, tiny_vlm, recorder([]), tmp_path / "halves")


def test_sft_lowers_the_loss_and_needs_no_reward(tiny_vlm, tmp_path):
    chosen = settings(algorithm="sft", rl__steps=6, rl__learning_rate=2e-2)
    model, processor = load_vlm(tiny_vlm)
    rows: list[dict[str, float]] = []
    stages.improve(model, processor, env_of(chosen), chosen, lambda step, row: rows.append(dict(row)), tmp_path)
    assert rows[-1]["loss"] < rows[0]["loss"] - 0.5
