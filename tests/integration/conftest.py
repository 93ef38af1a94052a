"""Tiny models of two architectures behind one fixture, so that the same checks run on both.

``SPATIALENV_TEST_VLM=qwen2_5_vl`` chooses Qwen2.5-VL. Its processor needs torchvision, whose wheel on
PyPI is built for CUDA and cannot be imported beside a CPU torch; only the registration of operators
that nobody here calls fails, so an empty module takes its place. See `test_any_vlm.py`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from pathlib import Path

import pytest

ARCHITECTURE = os.environ.get("SPATIALENV_TEST_VLM", "idefics3")

if ARCHITECTURE == "qwen2_5_vl" and importlib.util.find_spec("torchvision") is not None:
    import torch

    if torch.version.cuda is None:
        sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")


@pytest.fixture(scope="session")
def vlm_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model of the chosen architecture."""
    tiny: Path = request.getfixturevalue("tiny_vlm")
    if ARCHITECTURE == "idefics3":
        return tiny
    return build_tiny_qwen(tmp_path_factory.mktemp("tiny_qwen"), tiny)


def build_tiny_qwen(folder: Path, tokenizer_folder: Path) -> Path:
    """Write a Qwen2.5-VL of random weights, with the tokenizer of another model folder."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer_folder)
    marks = ["<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>", *marks]})
    start, end, _, image, video = tokenizer.convert_tokens_to_ids(marks)
    torch.manual_seed(0)
    model = transformers.Qwen2_5_VLForConditionalGeneration(
        transformers.Qwen2_5_VLConfig(
            image_token_id=image,
            video_token_id=video,
            vision_start_token_id=start,
            vision_end_token_id=end,
            tie_word_embeddings=True,
            text_config={
                "vocab_size": len(tokenizer),
                "hidden_size": 32,
                "intermediate_size": 64,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "max_position_embeddings": 4096,
                "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]},
                "bos_token_id": None,
                "eos_token_id": tokenizer.eos_token_id,
                "pad_token_id": tokenizer.pad_token_id,
                "tie_word_embeddings": True,
            },
            vision_config={
                "depth": 1,
                "hidden_size": 32,
                "intermediate_size": 32,
                "num_heads": 2,
                "out_hidden_size": 32,
                "patch_size": 14,
                "window_size": 112,
                "fullatt_block_indexes": [0],
            },
        )
    )
    generation = model.generation_config
    generation.eos_token_id, generation.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    generation.bos_token_id = None
    template = (
        "{% for message in messages %}<|im_start|>{{ message.role }}\n"
        "{% for part in message.content %}{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
        "{% else %}{{ part.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    processor = transformers.Qwen2_5_VLProcessor(
        image_processor=transformers.Qwen2VLImageProcessorPil(
            min_pixels=28 * 28, max_pixels=56 * 56, patch_size=14, merge_size=2
        ),
        tokenizer=tokenizer,
        video_processor=transformers.Qwen2VLVideoProcessor(patch_size=14),
        chat_template=template,
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
