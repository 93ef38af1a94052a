"""Tiny models whose chat templates know tools: a text model, and a Qwen3-VL, which needs torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MARKS = ["<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
LONGEST = 8192


def build_tool_model(folder: Path, tokenizer_folder: Path, kind: str) -> Path:
    """Write a model of random weights, ``"qwen3"`` or ``"qwen3_vl"``, with the tokenizer of another model folder."""
    import torch
    import transformers
    from trl import chat_template_utils

    tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer_folder)
    tokenizer._processor_class = None  # that of the folder it is from
    tokenizer.init_kwargs.pop("processor_class", None)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>", *MARKS]})
    template = getattr(chat_template_utils, f"{kind}_chat_template")
    torch.manual_seed(0)
    if kind == "qwen3":
        model: Any = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**_text(tokenizer)))
        tokenizer.chat_template = template
        processor: Any = tokenizer
    else:
        model, processor = _qwen3_vl(tokenizer, template)
    generation = model.generation_config
    generation.eos_token_id, generation.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    generation.bos_token_id = None
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _text(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "max_position_embeddings": LONGEST,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "tie_word_embeddings": True,
    }


def _qwen3_vl(tokenizer: Any, template: str) -> tuple[Any, Any]:
    import transformers

    start, end, _, image, video = tokenizer.convert_tokens_to_ids(MARKS)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2], "mrope_interleaved": True}
    model = transformers.Qwen3VLForConditionalGeneration(
        transformers.Qwen3VLConfig(
            image_token_id=image,
            video_token_id=video,
            vision_start_token_id=start,
            vision_end_token_id=end,
            tie_word_embeddings=True,
            text_config={**_text(tokenizer), "rope_parameters": rope},
            vision_config={
                "depth": 1,
                "hidden_size": 32,
                "intermediate_size": 32,
                "num_heads": 2,
                "out_hidden_size": 32,
                "patch_size": 16,
                "deepstack_visual_indexes": [0],
                "num_position_embeddings": 64,
            },
        )
    )
    processor = transformers.Qwen3VLProcessor(
        image_processor=transformers.Qwen2VLImageProcessorPil(
            min_pixels=32 * 32, max_pixels=64 * 64, patch_size=16, merge_size=2
        ),
        tokenizer=tokenizer,
        video_processor=transformers.Qwen3VLVideoProcessor(patch_size=16),
        chat_template=template,
    )
    return model, processor
