"""Training by settings: a whole run, resumed and refused; adapters; failing renderers; levels of credit."""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from spatialenv.core.layout import Layout, Pose  # noqa: E402
from spatialenv.core.write import write_answer  # noqa: E402
from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError, MissingExtraError, RendererError  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.evaluation.policy import RandomPolicy  # noqa: E402
from spatialenv.renderers import Renderer, make_renderer  # noqa: E402
from spatialenv.report import RunFolder, write_report  # noqa: E402
from spatialenv.trainers import run, stages  # noqa: E402
from spatialenv.trainers.grpo import LayoutGRPOTrainer, episode_return, seed_dataset  # noqa: E402
from spatialenv.trainers.run import train  # noqa: E402
from spatialenv.trainers.settings import RunSettings, WatchSettings, load_settings  # noqa: E402

SETTINGS: dict[str, Any] = {
    "model": "tiny",
    "tasks": "easy/train",
    "held_out": "easy/test",
    "threads": 1,
    "env": {"views": ["top"], "size": [32, 32], "labels": False, "feedback": "targets", "max_turns": 2},
    "tiny": {
        "hidden_size": 32,
        "layers": 1,
        "heads": 2,
        "vision_hidden_size": 32,
        "vision_layers": 1,
        "image_size": 32,
        "texts": 20,
    },
    "warm_start": {"steps": 2, "batch_size": 2},
    "rl": {"steps": 2, "batch_size": 4, "group_size": 2, "max_new_tokens": 8, "warmup_steps": 0},
    "evaluate": {"n": 2, "constant_rooms": 4},
}


def settings(**overrides: Any) -> RunSettings:
    return load_settings(SETTINGS, overrides={name.replace("__", "."): value for name, value in overrides.items()})


class MouthedTrainer(LayoutGRPOTrainer):
    """Answers with random layouts, so that there is something to learn from."""

    answers = 0

    def _generate_single_turn(self, histories, images, fields, num_generations):
        active = [rollout for rollout in self.rollouts if rollout.is_open]
        return [self.chat.encode(write_answer(self.layout(rollout.seat))) for rollout in active], None

    def layout(self, seat):
        MouthedTrainer.answers += 1
        return RandomPolicy(seed=MouthedTrainer.answers).layout(seat.scene)


class UnequalTrainer(MouthedTrainer):
    """Every second episode is right at once, the others pile everything up: each group has something to learn from."""

    def layout(self, seat):
        if seat.row % 2 == 0:
            return seat.scene.witness
        middle = seat.scene.room.length / 2, seat.scene.room.width / 2
        return Layout.from_mapping({item.id: Pose(*middle, item.size[2] / 2) for item in seat.scene.objects})


def make_trainer(
    folder, tiny_vlm, env_fn=None, trainer_class: type[MouthedTrainer] = MouthedTrainer, **overrides: Any
) -> MouthedTrainer:
    chosen = settings(rl__learning_rate=1e-2, **overrides)
    model, processor = load_vlm(tiny_vlm)
    env_fn = env_fn or (lambda: RoomLayoutEnv(tasks="easy/train", **chosen.env.model_dump()))
    trainer = stages.make_trainer(model, processor, env_fn, chosen, folder, trainer_class=trainer_class)
    assert isinstance(trainer, MouthedTrainer)
    return trainer


def weights(model) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def logged(trainer, name: str) -> list[float]:
    return [row[name] for row in trainer.state.log_history if name in row]


# --- a whole run ----------------------------------------------------------------------------------


def test_a_run_stops_goes_on_and_is_done_once(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path / "run")
    seen: list[tuple[str, int, int]] = []
    make = stages.make_trainer
    # the tokenizer from 20 episodes rather than 500, and no search for the best constant layout
    monkeypatch.setattr(run, "fit_constant", lambda rooms, seed: RandomPolicy(seed))

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "make_trainer", stop)
    with pytest.raises(KeyboardInterrupt):
        train(settings(), folder.path)
    assert folder.stage_done("warm_start")
    assert not folder.stage_done("rl")
    assert set(folder.summary()) == {"random", "constant", "solver", "warm_start"}
    before = (folder.checkpoint("warm_start") / "model.safetensors").read_bytes()

    monkeypatch.setattr(stages, "make_trainer", make)
    monkeypatch.setattr(stages, "run_warm_start", stop)  # it must not be made again
    summary = train(settings(), folder.path, progress=lambda *a: seen.append(a[:3]), command="spatialenv train")
    entries = ("random", "constant", "solver", "warm_start", "after")
    assert set(entries) <= set(summary)
    for result in (summary[name] for name in entries):
        assert result["n"] == 2
        assert {"final", "by_turn", "repair"} <= set(result)
    assert json.loads((folder.path / "summary.json").read_text()) == summary
    assert (folder.path / "report.html").stat().st_size > 1000
    assert (folder.checkpoint("warm_start") / "model.safetensors").read_bytes() == before
    assert ("reinforcement learning", 2, 2) in seen
    assert [row["step"] for row in folder.metrics("warm_start")] == [1, 2]
    rows = folder.metrics("rl")
    assert [row["step"] for row in rows] == [1, 2]
    assert all(math.isfinite(row[name]) for row in rows for name in ("loss", "reward", "final/format_rate", "seconds"))
    assert folder.episode_names() == ["after", "before"]
    assert len(folder.load_episodes("after")) == 2
    model, _ = load_vlm(folder.checkpoint("final"))
    assert model.config.model_type == "idefics3"

    monkeypatch.setattr(stages, "make_trainer", stop)  # done: nothing runs again
    stages_before = folder.state()["stages"]
    assert train(settings(), folder.path) == summary
    assert folder.state()["stages"] == stages_before
    with pytest.raises(InputError, match=r"rl\.learning_rate") as caught:
        train(settings(rl__learning_rate=0.5), folder.path)
    assert "\n" not in str(caught.value)
    assert folder.state()["stages"] == stages_before


def test_a_run_that_fails_says_so_and_goes_on(tmp_path, tiny_vlm, monkeypatch):
    monkeypatch.setattr(run, "fit_constant", lambda rooms, seed: RandomPolicy(seed))
    chosen = settings(model=str(tiny_vlm), warm_start__steps=0, rl__steps=1, rl__gradient_checkpointing=False)
    folder = RunFolder(tmp_path / "run")
    improve = stages.make_trainer

    def fail(*_, **__):
        raise RuntimeError("the card\nis full")

    monkeypatch.setattr(stages, "make_trainer", fail)
    with pytest.raises(RuntimeError, match="the card"):
        train(chosen, folder.path)
    status = folder.state()["status"]
    assert status == {"state": "failed", "stage": "rl", "error": "RuntimeError: the card is full"}
    assert "This run failed" in write_report(folder).read_text()

    with folder.lock(), pytest.raises(InputError, match=rf"process {os.getpid()} works on the run folder"):
        train(chosen, folder.path)
    monkeypatch.setattr(stages, "make_trainer", improve)
    summary = train(chosen.model_copy(update={"watch": WatchSettings(n=4)}), folder.path)  # harmless
    assert folder.state()["status"] == {"state": "done"}
    assert [change["setting"] for change in folder.state()["changes"]] == ["watch.n"]
    assert summary["after"]["n"] == 2
    card = (folder.checkpoint("final") / "README.md").read_text()
    assert "| After RL | 2 |" in card
    assert folder.sample_steps() == [1]

    page = (folder.path / "report.html").read_text()
    assert "watch.n from 32 to 4" in page
    assert "This run failed" not in page
    fewer = settings(model=str(tiny_vlm), warm_start__steps=0, rl__steps=0, rl__gradient_checkpointing=False)
    with pytest.raises(InputError, match=r"`rl\.steps` was 1, is 0"):
        train(fewer, folder.path)


def test_a_model_that_is_no_vlm_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(InputError, match=r"holds no config\.json") as caught:
        train(settings(model=str(tmp_path / "model")), tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"env__views": ["tip"]}, "unknown view 'tip'"),
        ({"env__reward": "nope"}, "unknown reward 'nope'"),
        ({"rl__extra": {"nope": 1}}, "TRL does not accept"),
        ({"peft": {"nope": 1}}, "peft does not accept"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_written(tmp_path, wrong, words):
    with pytest.raises(InputError, match=words):
        train(settings(**wrong), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_rewards_that_would_not_reach_the_loss_are_refused(tmp_path, tiny_vlm):
    model, processor = load_vlm(tiny_vlm)
    chosen = settings()
    with pytest.raises(InputError, match="do not reach the loss"):
        LayoutGRPOTrainer(
            model=model,
            env_fn=lambda: RoomLayoutEnv(**chosen.env.model_dump()),
            args=stages.trainer_config(chosen, tmp_path),
            processing_class=processor,
            train_dataset=seed_dataset(2),
            reward_funcs=[episode_return],
        )


def test_batches_hold_whole_groups(tmp_path, tiny_vlm):
    with pytest.raises(InputError, match="batch_size 5 must be a multiple of group_size 2"):
        make_trainer(tmp_path, tiny_vlm, rl__batch_size=5)


def test_training_scenes_are_those_that_the_run_checks(tmp_path, tiny_vlm):
    trainer = make_trainer(tmp_path, tiny_vlm, rl__gradient_accumulation_steps=2, seed=1)
    seeds: list[int] = []
    whole = trainer._generate_and_score_completions

    def record(inputs):
        seeds.extend(int(row["seed"]) for row in inputs)
        return whole(inputs)

    trainer._generate_and_score_completions = record
    trainer.train()
    first = stages.first_seed(settings(seed=1), "rl")
    # 2 steps of 4 * 2 episodes in groups of 2: 8 scenes
    assert sorted(set(seeds)) == list(range(first, first + 8))
    assert all(seeds.count(seed) == 2 for seed in seeds)


# --- adapters -------------------------------------------------------------------------------------


def test_adapters_alone_are_trained_and_the_merged_model_is_an_ordinary_folder(tmp_path, tiny_vlm):
    trainer = make_trainer(tmp_path / "trainer", tiny_vlm, peft={"r": 2, "lora_alpha": 4})
    before = weights(trainer.model)
    trainer.train()
    changed = {name for name, weight in weights(trainer.model).items() if not torch.equal(weight, before[name])}
    assert changed
    assert all("lora_" in name for name in changed)
    merged = trainer.accelerator.unwrap_model(trainer.model).merge_and_unload()
    merged.save_pretrained(tmp_path / "final")
    trainer.processing_class.save_pretrained(tmp_path / "final")
    loaded, _ = load_vlm(tmp_path / "final")
    base, _ = load_vlm(tiny_vlm)
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        torch.testing.assert_close(loaded(input_ids=ids).logits, merged(input_ids=ids).logits, rtol=1e-5, atol=1e-6)
        assert not torch.equal(loaded(input_ids=ids).logits, base(input_ids=ids).logits)


# --- failures and levels --------------------------------------------------------------------------


class FailingRenderer(Renderer):
    """Fails at the one furnished room that it is told; empty rooms are drawn."""

    name, version = "failing", "0"

    def __init__(self, fails_at: set[int]) -> None:
        self.inner = make_renderer("fast")
        self.fails_at = fails_at
        self.furnished = 0

    def render(self, placed, *request, **options):
        if len(placed.layout):
            self.furnished += 1
            if self.furnished in self.fails_at:
                raise RendererError("the renderer is away")
        return self.inner.render(placed, *request, **options)


@pytest.mark.parametrize("level", ["object", "turn", "trajectory", "parts"])
def test_an_episode_whose_renderer_fails_is_left_out(tmp_path, tiny_vlm, level):
    renderer = FailingRenderer({2, 10})  # the second episode: in its first turn in step 1, in its second in step 2
    chosen = settings().env.model_dump() | {"renderer": renderer}
    trainer = make_trainer(
        tmp_path,
        tiny_vlm,
        lambda: RoomLayoutEnv(tasks="easy/train", **chosen),
        UnequalTrainer,
        rl__credit={"level": level},
    )
    seen = []
    whole = trainer._generate_and_score_completions

    def record(inputs):
        output = whole(inputs)
        failed = [seat.episode().failure is not None for seat in trainer.seats]
        masks = output["tool_mask"], output["completion_mask"]
        seen.append((failed, output["advantages"], *masks, episode_return(trainer.seats)))
        return output

    trainer._generate_and_score_completions = record
    before = weights(trainer.model)
    trainer.train()
    assert sum(sum(failed) for failed, *_ in seen) == 2
    for failed, advantages, mask, completion, returns in seen:
        assert torch.isfinite(advantages).all()
        assert advantages.shape == mask.shape
        for row, has_failed in enumerate(failed):
            assert (returns[row] is None) == has_failed
            if has_failed:  # neither the advantages nor a KL term or entropy bonus reach its tokens
                assert not advantages[row].any()
                assert not (mask * completion)[row].any()
    assert logged(trainer, "episodes/failed") == [sum(failed) / 4 for failed, *_ in seen]
    assert all(math.isfinite(value) for value in logged(trainer, "loss") + logged(trainer, "grad_norm"))
    after = weights(trainer.model)
    assert any(not torch.equal(after[name], before[name]) for name in before)
    assert all(torch.isfinite(weight).all() for weight in after.values())


def test_all_episodes_of_a_step_may_fail(tmp_path, tiny_vlm):
    chosen = settings().env.model_dump() | {"renderer": FailingRenderer(set(range(1, 99)))}
    trainer = make_trainer(tmp_path, tiny_vlm, lambda: RoomLayoutEnv(tasks="easy/train", **chosen), rl__steps=1)
    before = weights(trainer.model)
    trainer.train()
    assert logged(trainer, "episodes/failed") == [1.0]
    assert logged(trainer, "loss") == [0.0]
    assert all(torch.equal(weight, before[name]) for name, weight in weights(trainer.model).items())


def test_no_further_turn_is_played_beyond_the_token_budget(tmp_path, tiny_vlm):
    trainer = make_trainer(tmp_path, tiny_vlm, rl__max_episode_tokens=500, rl__steps=1)
    trainer.train()
    assert all(len(rollout.images) == 1 for rollout in trainer.rollouts)
    assert all(len(rollout.seat.episode().turns) == 1 for rollout in trainer.rollouts)
    assert {bit for rollout in trainer.rollouts for bit in rollout.mask} == {1}


def test_evaluation_mode_groups_by_its_own_number_of_samples(tmp_path, tiny_vlm):
    trainer = make_trainer(
        tmp_path, tiny_vlm, rl__extra={"per_device_eval_batch_size": 3, "num_generations_eval": 3}, rl__steps=1
    )
    trainer.eval_dataset = seed_dataset(2, 7)
    figures = trainer.evaluate()
    assert math.isfinite(figures["eval_loss"])
    assert 0 <= figures["eval_final/valid_layout_rate"] <= 1


def test_a_trl_that_the_trainer_was_not_written_for_is_refused(tmp_path, tiny_vlm, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.17.0")
    with pytest.raises(MissingExtraError, match=r"trl 1\.17\.0 is installed, but .* trl 1\.16"):
        make_trainer(tmp_path, tiny_vlm)


def test_a_dataset_of_no_seeds_is_refused():
    with pytest.raises(InputError, match="`count` is 0"):
        seed_dataset(0)
    assert seed_dataset(2, 5)["seed"] == [5, 6]
