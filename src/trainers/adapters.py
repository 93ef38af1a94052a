"""LoRA and QLoRA: what is trained beside frozen weights, how those are quantised, and how both become one model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spatialenv.errors import InputError, require
from spatialenv.trainers.settings import RunSettings

ADAPTER = "adapter"
"""Name of the run folder's checkpoint that holds the adapters alone."""


def adapter_config(settings: RunSettings) -> Any:
    """Return the `peft.LoraConfig` of the settings, or None when all weights are trained.

    By default every linear layer but the head gets an adapter, those of the picture's encoder included; leave some
    out by peft's own ``exclude_modules``.

    Raises:
        MissingExtraError: If peft is not installed.
        InputError: If peft does not accept the settings.
    """
    if settings.peft is None:
        return None
    peft = require("peft", "train", "training by adapters")
    try:
        return peft.LoraConfig(**{"task_type": "CAUSAL_LM", "target_modules": "all-linear", **settings.peft})
    except (TypeError, ValueError) as error:
        raise InputError(f"peft does not accept the settings under `peft`: {error}") from error


def quantization_config(settings: RunSettings) -> Any:
    """Return the `transformers.BitsAndBytesConfig` of the settings, or None where weights are whole.

    4 bits are NF4 with quantised constants, as in the QLoRA paper (arXiv 2305.14314); products are computed in
    `dtype`, in bfloat16 where that says ``auto``.

    Raises:
        MissingExtraError: If bitsandbytes is not installed.
        InputError: If no adapters are asked for: quantised weights cannot be trained themselves.
    """
    if settings.quantization is None:
        return None
    if settings.peft is None:
        raise InputError(
            f"`quantization` is {settings.quantization!r}, but `peft` is not set; quantised weights are frozen, so "
            "give adapters to train: --set peft={r: 16, lora_alpha: 32}"
        )
    if settings.vllm.mode != "off" and settings.quantization == "8bit":
        raise InputError("`quantization` is '8bit', which vLLM cannot take over from the trainer; use 4bit, or no vLLM")
    require("bitsandbytes", "qlora", "training beside quantised weights")
    from transformers import BitsAndBytesConfig

    if settings.quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype="bfloat16" if settings.dtype == "auto" else settings.dtype,
    )


def keep_differentiable(model: Any) -> None:
    """Keep bitsandbytes 0.50 from packing weights of 4 bits for inference on a CPU with AVX-512 in bfloat16.

    It does so at the first evaluation and does not unpack them for training, where no gradient passes packed ones.

    Args:
        model: A model; nothing is done to one without such weights.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def merge_adapter(base: Any, adapter: Path) -> Any:
    """Return the base model with the adapters of a folder added to its weights.

    Args:
        base: The model as it was before training, not quantised: merging into quantised weights would round each sum
            to their few levels. What QLoRA trained beside was the rounded model, so the merged one differs from it by
            the rounding of the frozen weights.
        adapter: A folder written by peft's ``save_pretrained``.
    """
    peft = require("peft", "train", "training by adapters")
    return peft.PeftModel.from_pretrained(base, str(adapter)).merge_and_unload()
