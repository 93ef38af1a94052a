"""Recipes: counts against models that are really built, the arithmetic by hand, files that accelerate reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spatialenv.cli.app import run
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.trainers.recipes import ACCELERATE, RECIPES, Line, estimate, estimate_of
from spatialenv.trainers.settings import RunSettings, load_settings, preset_names
from spatialenv.trainers.sizes import CARDS, MODELS, Encoder, ModelSize, card


def by_name(lines: tuple[Line, ...]) -> dict[str, float]:
    return {line.name: line.amount for line in lines}


def qwen_config(size: ModelSize, heads: int = 16) -> Any:
    transformers = pytest.importorskip("transformers")
    width = size.hidden // size.heads
    sections = [width // 8, width * 3 // 16, width * 3 // 16]
    return transformers.Qwen2_5_VLConfig(
        tie_word_embeddings=size.is_tied,
        text_config={
            "vocab_size": size.vocabulary,
            "hidden_size": size.hidden,
            "num_hidden_layers": size.layers,
            "num_attention_heads": size.heads,
            "num_key_value_heads": size.kv_heads,
            "intermediate_size": size.intermediate,
            "tie_word_embeddings": size.is_tied,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": sections},
        },
        vision_config={
            "depth": size.encoder.depth,
            "hidden_size": size.encoder.hidden,
            "intermediate_size": size.encoder.intermediate,
            "out_hidden_size": size.hidden,
            "num_heads": heads,
        },
    )


# --- counts ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize(
    ("name", "weights"),
    [("qwen2_5_vl_3b", 3_754_622_976), ("qwen2_5_vl_7b", 8_292_166_656), ("qwen2_5_vl_32b", 33_452_718_336)],
)
def test_weights_and_adapters_are_counted_as_the_built_model_has_them(name: str, weights: int) -> None:
    torch, peft = pytest.importorskip("torch"), pytest.importorskip("peft")
    transformers = pytest.importorskip("transformers")
    size = MODELS[name]
    config = qwen_config(size)
    with torch.device("meta"):  # no memory is taken
        model = transformers.Qwen2_5_VLForConditionalGeneration(config)
    assert size.weights() == sum(weight.numel() for weight in model.parameters()) == weights
    assert ModelSize.of_config(config).weights() == weights
    lora = peft.LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", r=16)
    adapted = peft.get_peft_model(model, lora, low_cpu_mem_usage=True)
    trained = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    assert size.adapter_weights(16) == trained


TINY = ModelSize("tiny", "here", 500, 64, 2, 4, 2, 96, True, Encoder(1, 32, 48))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_weights_gradients_and_optimiser_take_the_bytes_that_are_told(dtype: str) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.Qwen2_5_VLForConditionalGeneration(qwen_config(TINY, heads=4)).to(getattr(torch, dtype))
    optimizer = torch.optim.AdamW(model.parameters())
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    states = [state[name] for state in optimizer.state.values() for name in ("exp_avg", "exp_avg_sq")]
    measured = [sum(tensor.nbytes for tensor in kind) for kind in (list(model.parameters()), states)]
    told = by_name(estimate_of(RunSettings(dtype=dtype), TINY, card("h100-80"), 1, "none").training)
    assert [told["trained weights"], told["optimiser"]] == measured
    assert told["gradients"] == sum(weight.grad.nbytes for weight in model.parameters())
    shared = by_name(estimate_of(RunSettings(dtype=dtype), TINY, card("h100-80"), 8, "zero3").training)
    assert shared["optimiser"] == measured[1] / 8


def test_the_cache_takes_the_bytes_that_are_told() -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.Qwen2_5_VLForConditionalGeneration(qwen_config(TINY, heads=4)).eval()
    with torch.no_grad():
        cache = model(input_ids=torch.ones(3, 7, dtype=torch.long), use_cache=True).past_key_values
    measured = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    assert measured == 3 * 7 * TINY.cache_values() * 4


# --- arithmetic -----------------------------------------------------------------------------------


def test_the_smallest_recipe_by_hand() -> None:
    needed = estimate("qwen2_5_vl_3b")
    learning, writing, seconds = by_name(needed.training), by_name(needed.generation), by_name(needed.time)
    # two views of 336 x 336 pixels side by side: 24 x 12 tokens of 28 x 28 pixels
    tokens = 700 + 150 + 2 * (288 + 768)
    assert learning["frozen weights"] == 3_754_622_976 * 2
    assert learning["LoRA of rank 32"] == 82_726_912 * 4
    assert learning["optimiser"] == 82_726_912 * 8
    assert learning["inputs of layers"] == 8 * tokens * 2048 * 2 * 36
    assert learning["logits"] == 2 * 4096 * 32_768 * 2
    assert learning["pictures"] == 8 * 2 * 288 * 4 * (3 * 2 * 14 * 14) * 4
    assert writing["cache"] == 64 * tokens * (2 * 36 * 2 * 128) * 2
    assert seconds["forward and backward"] == pytest.approx(6 * 3_754_622_976 * 64 * tokens / (0.4 * 989e12))
    read = (3_085_938_688 + 64 * tokens / 2 * 18_432) * 2
    assert seconds["writing answers"] == pytest.approx(1536 * read / (0.15 * 3.35e12))
    assert needed.peak == max(sum(learning.values()), sum(writing.values()))
    assert needed.fits


def test_every_recipe_fits_its_own_cards_and_not_a_small_one() -> None:
    assert all(estimate(name).fits for name in RECIPES)
    assert not estimate("qwen2_5_vl_7b", gpu="rtx4090-24", gpus=1).fits
    assert not estimate("qwen2_5_vl_32b", gpu="h100-80").fits  # adapters are merged for vLLM in whole weights


def test_more_turns_and_no_pictures_change_what_they_must() -> None:
    base = load_settings("qwen2_5_vl_3b")
    blind = base.model_copy(update={"pictures": False})
    told = by_name(estimate("qwen2_5_vl_3b", settings=blind).training)
    assert told["pictures"] == 0
    small = base.model_copy(update={"quantization": "4bit"})
    quantised = by_name(estimate("qwen2_5_vl_3b", settings=small).training)
    assert quantised["frozen weights"] < 0.5 * by_name(estimate("qwen2_5_vl_3b").training)["frozen weights"]


def test_names_and_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'qwen2_5_vl_7b'"):
        estimate("qwen2_5_vl_7")
    with pytest.raises(UnknownNameError, match="h100-80"):
        estimate("qwen2_5_vl_7b", gpu="h100")
    with pytest.raises(InputError, match="3 cards cannot share"):
        estimate("qwen2_5_vl_7b", gpus=3)


# --- presets and files ----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("name", list(RECIPES))
def test_presets_are_what_trl_and_peft_accept(name: str, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from spatialenv.trainers.adapters import adapter_config
    from spatialenv.trainers.algorithms import resolve
    from spatialenv.trainers.stages import trainer_config

    assert name in preset_names()
    assert RECIPES[name].card in CARDS
    settings = resolve(load_settings(name))
    assert settings.model == MODELS[name].name
    config = trainer_config(settings, tmp_path)
    assert config.bf16
    assert config.gradient_checkpointing
    assert config.use_vllm == (settings.vllm.mode != "off")
    assert (adapter_config(settings) is None) == (settings.peft is None)


FILES = sorted(path.stem for path in ACCELERATE.glob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_files_are_what_accelerate_reads(name: str) -> None:
    pytest.importorskip("accelerate")
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser

    path = str(ACCELERATE / f"{name}.yaml")
    config = load_config_from_file(path)
    asked = launch_command_parser().parse_args(["--config_file", path, "-m", "spatialenv", "train", "demo"])
    arguments, *_ = _validate_launch_command(asked)
    found = (config.num_machines, arguments.num_processes, arguments.use_deepspeed, arguments.use_fsdp)
    expected = {
        "multi_gpu": (1, 8, False, False),
        "zero3": (1, 8, True, False),
        "fsdp2": (1, 8, False, True),
        "multi_node": (2, 16, True, False),
    }
    assert found == expected[name]
    assert arguments.mixed_precision == "bf16"
    if arguments.use_deepspeed:
        assert (arguments.zero_stage, str(arguments.zero3_save_16bit_model).lower()) == (3, "true")
    if arguments.use_fsdp:
        assert (arguments.fsdp_version, arguments.fsdp_state_dict_type) == (2, "FULL_STATE_DICT")


def test_every_recipe_names_a_file() -> None:
    assert {recipe.accelerate for recipe in RECIPES.values()} <= set(FILES)


# --- the command ----------------------------------------------------------------------------------


def test_the_command_shows_the_arithmetic_and_that_nothing_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipe", "qwen2_5_vl_3b"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "3,754,622,976 x 2 B / 1" in told
    assert "Not measured." in told
    assert run(["recipe"]) == 0
    assert "multi_node" in capsys.readouterr().out
    assert run(["recipe", "qwen"]) == 2
    assert "unknown recipe" in capsys.readouterr().err
    assert run(["recipe", "--gpus", "2"]) == 2
    assert "say which recipe" in capsys.readouterr().err
    assert run(["recipe", "zero3", "--gpus", "2"]) == 2
    assert "file for accelerate" in capsys.readouterr().err


def test_the_command_writes_files_to_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "new" / "zero3.yaml"
    assert run(["recipe", "zero3", "--write", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert target.read_bytes() == (ACCELERATE / "zero3.yaml").read_bytes()
    assert run(["recipe", "zero3"]) == 0
    assert "zero_stage: 3" in capsys.readouterr().out
