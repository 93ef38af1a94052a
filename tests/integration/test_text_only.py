"""Models of words alone: trained by settings and by hand, and a vision-language model that is shown no pictures."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from families import build_family, build_text_model  # noqa: E402
from family_templates import TEXT_TEMPLATES  # noqa: E402

from spatialenv.cli.app import run as run_command  # noqa: E402
from spatialenv.core.write import write_answer  # noqa: E402
from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.evaluation.model_policy import ModelPolicy, load_model  # noqa: E402
from spatialenv.evaluation.policy import RandomPolicy, make_policy  # noqa: E402
from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset  # noqa: E402


@pytest.fixture(scope="module", params=["llama", "qwen", "gemma3"])
def folder(request, tiny_vlm, tmp_path_factory):
    place = tmp_path_factory.mktemp(request.param)
    if request.param == "gemma3":  # takes pictures, and wants token types in training even without
        return build_family("gemma3", place, tiny_vlm)
    return build_text_model(place, tiny_vlm, TEXT_TEMPLATES[request.param])


def make_env() -> RoomLayoutEnv:
    return RoomLayoutEnv(tasks="easy", max_turns=2, views=("top",), size=(32, 32), labels=False)


class MouthedTrainer(LayoutGRPOTrainer):
    """The first half of the rows answers with random layouts; the rest is sampled."""

    def _generate_single_turn(self, histories, images, fields, num_generations):
        assert not images
        assert not set(fields) - {"token_type_ids", "mm_token_type_ids"}
        sampled, logprobs = super()._generate_single_turn(histories, images, fields, num_generations)
        rows = [row for row, rollout in enumerate(self.rollouts) if rollout.is_open]
        for index, row in enumerate(rows):
            if row < len(self.rollouts) // 2:
                layout = RandomPolicy(seed=row).layout(self.rollouts[row].seat.scene)
                sampled[index] = self.chat.encode(write_answer(layout, think="so be it"))
        return sampled, logprobs


def test_two_steps_train_on_words_alone(folder, tmp_path):
    torch.set_num_threads(1)
    model, processor = load_model(folder, pictures=False)
    trainer = MouthedTrainer(
        model=model,
        env_fn=make_env,
        args=LayoutGRPOConfig(
            output_dir=str(tmp_path),
            per_device_train_batch_size=4,
            num_generations=2,
            max_completion_length=8,
            max_steps=2,
            learning_rate=1e-3,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            remove_unused_columns=False,
            pictures=False,
        ),
        processing_class=processor,
        train_dataset=seed_dataset(4, 50),
    )
    trainer.train()
    logs = [row for row in trainer.state.log_history if "loss" in row]
    assert all(np.isfinite(row["loss"]) and row["grad_norm"] > 0 for row in logs)
    for row, rollout in enumerate(trainer.rollouts):
        assert not rollout.images
        turns = trainer.seats[row].episode().turns
        if row < 2:
            assert all(turn.status["well_formed"] and "so be it</think>" in turn.text for turn in turns)
    check_log_probabilities(trainer)
    check_policy(model, processor)


def check_log_probabilities(trainer: Any) -> None:
    """A forward of a padded batch gives each row what its own gives."""
    rollouts, model = trainer.rollouts, trainer.model.eval()
    pad = trainer.chat.tokenizer.pad_token_id
    width = max(len(rollout.history) for rollout in rollouts)
    ids = torch.tensor([rollout.history + [pad] * (width - len(rollout.history)) for rollout in rollouts])
    mask = torch.tensor([[1] * len(each.history) + [0] * (width - len(each.history)) for each in rollouts])
    with torch.no_grad():
        batch = trainer._get_per_token_logps_and_entropies(model, ids, mask, width - 1)[0]
    for row, rollout in enumerate(rollouts):
        alone = torch.tensor([rollout.history])
        with torch.no_grad():
            scores = model(input_ids=alone).logits[0, :-1].log_softmax(-1)
        expected = scores.gather(1, alone[0, 1:, None])[:, 0]
        torch.testing.assert_close(batch[row, : len(rollout.history) - 1], expected, rtol=0, atol=1e-5)


def check_policy(model: Any, processor: Any) -> None:
    policy = ModelPolicy(model, processor, max_new_tokens=4, pictures=False)
    assert policy.settings["pictures"] is False
    env = make_env()
    env.reset(seed=1)
    env.step(policy.respond([env])[0])
    ids = policy.chat.opening([env.to_messages()])[0]
    assert env.to_messages()[0]["content"][1]["text"].split()[-1] in policy.chat.tokenizer.decode(ids)
    policy.respond([env])


@pytest.mark.slow
def test_the_commands_take_a_text_model(tiny_vlm, tmp_path, capsys):
    model = build_text_model(tmp_path / "model", tiny_vlm, TEXT_TEMPLATES["llama"])
    settings = {
        "tasks": "easy/train",
        "held_out": "easy/test",
        "threads": 1,
        "env": {"views": ["top"], "size": [32, 32], "labels": False, "max_turns": 2},
        "warm_start": {"steps": 1, "batch_size": 2},
        "rl": {"steps": 1, "batch_size": 4, "group_size": 2, "max_new_tokens": 6, "warmup_steps": 0},
        "evaluate": {"n": 2, "constant_rooms": 2},
        "logging": {"samples_every": 0},
    }
    (tmp_path / "run.yaml").write_text(json.dumps(settings))
    run = tmp_path / "run"
    command = ["train", str(tmp_path / "run.yaml"), "--model", str(model), "-o", str(run)]
    assert run_command(command) == 2
    assert not run.exists()
    assert "set pictures: false (--no-pictures)" in capsys.readouterr().err
    assert run_command([*command, "--no-pictures"]) == 0, capsys.readouterr().err
    summary = json.loads((run / "summary.json").read_text())
    assert {"warm_start", "after"} <= set(summary)
    trained = run / "checkpoints" / "final"
    policy = make_policy(trained, pictures=False, max_new_tokens=4)
    assert isinstance(policy, ModelPolicy)
    assert not hasattr(policy.chat.processor, "image_processor")
    command = ["eval", str(trained), "--like", str(run), "--n", "1", "--json", str(tmp_path / "rates.json")]
    assert run_command(command) == 0, capsys.readouterr().err  # --like says that there are no pictures
    assert run_command(["eval", "solver", "--no-pictures"]) == 2
    assert "is for a model folder" in capsys.readouterr().err
