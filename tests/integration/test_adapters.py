"""LoRA, QLoRA, bfloat16 and gradient checkpointing: what is trained, what is saved, and what a run goes on from."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from spatialenv.core.write import write_answer  # noqa: E402
from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError, MissingExtraError  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.evaluation.policy import RandomPolicy  # noqa: E402
from spatialenv.report import RunFolder  # noqa: E402
from spatialenv.trainers import run, stages  # noqa: E402
from spatialenv.trainers.adapters import quantization_config  # noqa: E402
from spatialenv.trainers.grpo import LayoutGRPOTrainer  # noqa: E402
from spatialenv.trainers.run import train  # noqa: E402
from spatialenv.trainers.settings import RunSettings, load_settings  # noqa: E402

needs_bitsandbytes = pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is None, reason="needs bitsandbytes: pip install 'spatialenv[qlora]'"
)
SETTINGS: dict[str, Any] = {
    "tasks": "easy/train",
    "held_out": "easy/test",
    "threads": 1,
    "env": {"views": ["top"], "size": [32, 32], "labels": False, "max_turns": 2},
    "warm_start": {"steps": 0},
    "rl": {
        "steps": 2,
        "batch_size": 4,
        "group_size": 2,
        "gradient_accumulation_steps": 1,
        "gradient_checkpointing": False,
        "learning_rate": 1e-2,
        "max_new_tokens": 8,
        "warmup_steps": 0,
        "decay_share": 0,
        "save_steps": 1,
    },
    "evaluate": {"n": 1, "constant_rooms": 2},
    "peft": {"r": 2, "lora_alpha": 4},
}


class MouthedTrainer(LayoutGRPOTrainer):
    """Answers with random layouts that differ from row to row, so that there is something to learn from."""

    def _generate_single_turn(self, histories, images, fields, num_generations):
        rows = [row for row, rollout in enumerate(self.rollouts) if rollout.is_open]
        layouts = [RandomPolicy(seed=row).layout(self.rollouts[row].seat.scene) for row in rows]
        return [self.chat.encode(write_answer(layout)) for layout in layouts], None


def settings(model: Path, *, adapters: bool = True, **overrides: Any) -> RunSettings:
    values = {name: value for name, value in SETTINGS.items() if adapters or name != "peft"}
    dotted = {name.replace("__", "."): value for name, value in overrides.items()}
    return load_settings({**values, "model": str(model)}, dotted)


def make_trainer(folder: Path, chosen: RunSettings) -> LayoutGRPOTrainer:
    quantized = quantization_config(chosen)
    model, processor = load_vlm(chosen.model, dtype=chosen.dtype, quantization_config=quantized)
    env = {"tasks": chosen.tasks, **chosen.env.model_dump()}
    made = stages.make_trainer(
        model, processor, lambda: RoomLayoutEnv(**env), chosen, folder, trainer_class=MouthedTrainer
    )
    return made


def weights(model: Any) -> dict[str, Any]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


@pytest.fixture
def quick_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs whose model is given its words, and that search for no best constant layout."""
    monkeypatch.setattr(stages, "make_trainer", partial(stages.make_trainer, trainer_class=MouthedTrainer))
    monkeypatch.setattr(run, "fit_constant", lambda rooms, seed: RandomPolicy(seed))


def test_a_run_by_adapters_goes_on_and_keeps_them_beside_the_merged_weights(tiny_vlm, tmp_path, quick_runs) -> None:
    peft = pytest.importorskip("peft")
    folder = RunFolder(tmp_path / "run")
    train(settings(tiny_vlm), folder.path)
    two_steps = weights(load_vlm(folder.checkpoint("final"))[0])
    train(settings(tiny_vlm, rl__steps=3), folder.path)
    assert [row["step"] for row in folder.metrics("rl")] == [1, 2, 3]

    base, final = weights(load_vlm(tiny_vlm)[0]), weights(load_vlm(folder.checkpoint("final"))[0])
    changed = {name for name in base if not torch.equal(base[name], final[name])}
    adapted = peft.PeftModel.from_pretrained(load_vlm(tiny_vlm)[0], str(folder.checkpoint("adapter")))
    factors = [name for name, _ in adapted.named_parameters() if ".lora_A" in name]
    layers = {name.split(".lora_A")[0].removeprefix("base_model.model.") for name in factors}
    assert changed == {f"{layer}.weight" for layer in layers}  # embeddings, norms, biases and the head stay
    assert any("vision" in name for name in changed)
    assert any("q_proj" in name and "text_model" in name for name in changed)
    assert any(not torch.equal(two_steps[name], final[name]) for name in changed)
    for name, weight in weights(adapted.merge_and_unload()).items():
        assert torch.allclose(weight, final[name], atol=1e-6), name


def test_the_encoder_of_pictures_can_be_left_out(tiny_vlm, tmp_path) -> None:
    pytest.importorskip("peft")
    trainer = make_trainer(tmp_path, settings(tiny_vlm, peft={"r": 2, "exclude_modules": r".*vision_model.*"}))
    names = [name for name, weight in trainer.model.named_parameters() if weight.requires_grad]
    assert names
    assert not any("vision_model" in name for name in names)


def test_checkpointing_activations_changes_no_weight(tiny_vlm, tmp_path) -> None:
    pytest.importorskip("peft")
    found = []
    for checkpointing in (False, True):
        chosen = settings(tiny_vlm, rl__gradient_checkpointing=checkpointing, rl__save_steps=0)
        trainer = make_trainer(tmp_path / str(checkpointing), chosen)
        before = weights(trainer.model)
        trainer.train()
        found.append(weights(trainer.model))
    assert any(not torch.equal(before[name], found[0][name]) for name in before)
    for name, weight in found[0].items():
        assert torch.allclose(weight, found[1][name], atol=1e-6), name


def test_weights_in_bfloat16_are_trained_on_a_cpu(tiny_vlm, tmp_path) -> None:
    trainer = make_trainer(tmp_path, settings(tiny_vlm, adapters=False, dtype="bfloat16", rl__save_steps=0))
    assert trainer.args.bf16
    before = weights(trainer.model)
    trainer.train()
    after = weights(trainer.model)
    assert {weight.dtype for weight in after.values()} == {torch.bfloat16}
    assert all(torch.isfinite(weight).all() for weight in after.values())
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert len(changed) > len(before) / 2


@pytest.fixture(scope="module")
def wide_vlm(tiny_vlm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose layers are wide enough for blocks of 64 quantised weights."""
    import random

    from spatialenv.trainers.demonstrate import UnskilledDemonstrator
    from spatialenv.trainers.tiny_vlm import TinyVLMConfig, build_tiny_vlm, sample_texts

    env = RoomLayoutEnv(tasks="easy", max_turns=2, views=("top",), size=(32, 32), labels=False)
    texts = sample_texts(env, UnskilledDemonstrator(), range(30), random.Random(0))
    folder = tmp_path_factory.mktemp("wide_vlm")
    sizes = {"hidden_size": 64, "layers": 1, "heads": 2, "vision_hidden_size": 64, "vision_layers": 1, "image_size": 32}
    build_tiny_vlm(folder, texts, TinyVLMConfig(**sizes, vocabulary=200))
    return folder


@needs_bitsandbytes
def test_a_run_beside_weights_of_four_bits_saves_a_whole_model(wide_vlm, tmp_path, quick_runs) -> None:
    folder = RunFolder(tmp_path / "run")
    train(settings(wide_vlm, quantization="4bit"), folder.path)
    base, final = weights(load_vlm(wide_vlm)[0]), weights(load_vlm(folder.checkpoint("final"))[0])
    assert base.keys() == final.keys()
    assert {weight.dtype for weight in final.values()} == {torch.float32}
    changed = [name for name in base if not torch.equal(base[name], final[name])]
    assert changed
    assert not any("embed" in name for name in changed)


@needs_bitsandbytes
@pytest.mark.parametrize("bits", ["4bit", "8bit"])
def test_only_adapters_beside_quantised_weights_are_trained(bits, wide_vlm, tmp_path) -> None:
    trainer = make_trainer(tmp_path, settings(wide_vlm, quantization=bits, rl__save_steps=0))
    kinds = {type(module).__name__ for module in trainer.model.modules()}
    assert {"4bit": "Linear4bit", "8bit": "Linear8bitLt"}[bits] in kinds
    before = weights(trainer.model)
    trainer.train()
    after = weights(trainer.model)
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed
    assert all("lora_" in name for name in changed)


def test_what_quantisation_cannot_do_is_refused(tiny_vlm, monkeypatch) -> None:
    with pytest.raises(InputError, match="`peft` is not set"):
        quantization_config(settings(tiny_vlm, adapters=False, quantization="4bit"))
    with pytest.raises(InputError, match="vLLM cannot take over"):
        quantization_config(settings(tiny_vlm, quantization="8bit", vllm__mode="colocate"))
    monkeypatch.setitem(__import__("sys").modules, "bitsandbytes", None)
    with pytest.raises(MissingExtraError, match=r"spatialenv\[qlora\]"):
        quantization_config(settings(tiny_vlm, quantization="4bit"))
