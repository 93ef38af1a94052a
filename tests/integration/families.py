"""Tiny models of many families: random weights, a real processor, and a chat template built as the family's is.

Each is written as an ordinary model folder. The templates are our own words; role markers, the place of pictures,
default system prompts and what happens to thoughts are as in the family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 8192,
    "initializer_range": 0.08,
}
CLIP = {
    "model_type": "clip_vision_model",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "projection_dim": 32,
    "image_size": 32,
    "patch_size": 16,
}
SIGLIP = {**{key: value for key, value in CLIP.items() if key != "projection_dim"}, "model_type": "siglip_vision_model"}
ROPE = {"rope_type": "default", "rope_theta": 10000.0}


@dataclass(frozen=True)
class Family:
    """How a family is built tiny, and what is peculiar about it.

    Attributes:
        name: Name here; the model type where there is one of each.
        build: Makes the model and the processor from a tokenizer.
        template: The chat template.
        specials: Special tokens; the first ends a turn.
        named: Special tokens that the tokenizer knows by a name (``image_token``).
        bos: Token that begins a text, or None.
        has_byte_tokens: Whether its tokenizer, which transformers insists on, knows bytes and not our words.
        needs_torchvision: Whether its processor cannot be made without torchvision.
        is_slow: Whether its test takes long.
        models: Models that people use, for the documentation.
        notes: What is peculiar, for the documentation.
    """

    name: str
    build: Callable[[Any], tuple[Any, Any]]
    template: str
    specials: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)
    bos: str | None = None
    has_byte_tokens: bool = False
    needs_torchvision: bool = True
    is_slow: bool = False
    models: str = ""
    notes: str = ""


# --- templates ----------------------------------------------------------------------------------------


def _chatml(picture: str, *, system: str = "", thinks: bool = False) -> str:
    """The Qwen way: ``<|im_start|>role``, pictures where they stand, perhaps a system prompt or a thought begun."""
    head = f"<|im_start|>system\\n{system}<|im_end|>\\n"
    first = "{%- if messages[0].role != 'system' -%}{{- '" + head + "' -}}{%- endif -%}" if system else ""
    opening = "<think>\\n" if thinks else ""
    return (
        first
        + "{%- for message in messages -%}{{- '<|im_start|>' + message.role + '\\n' -}}"
        + "{%- if message.content is string -%}{{- message.content -}}{%- else -%}"
        + "{%- for part in message.content -%}"
        + "{%- if part.type == 'image' -%}{{- '"
        + picture
        + "' -}}{%- elif 'text' in part -%}{{- part.text -}}{%- endif -%}{%- endfor -%}{%- endif -%}"
        + "{{- '<|im_end|>\\n' -}}{%- endfor -%}"
        + "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n"
        + opening
        + "' -}}{%- endif -%}"
    )


IDEFICS = (
    "<|im_start|>{%- for message in messages -%}{{- message.role | capitalize -}}"
    "{%- if message.content[0].type == 'image' -%}{{- ':' -}}{%- else -%}{{- ': ' -}}{%- endif -%}"
    "{%- for part in message.content -%}{%- if part.type == 'text' -%}{{- part.text -}}"
    "{%- elif part.type == 'image' -%}{{- '<image>' -}}{%- endif -%}{%- endfor -%}"
    "{{- '<end_of_utterance>\\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%}"
)

GEMMA = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}"
    "{{- raise_exception('user and assistant must take turns') -}}{%- endif -%}"
    "{{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}{{- '<start_of_image>' -}}"
    "{%- else -%}{{- part.text | trim -}}{%- endif -%}{%- endfor -%}"
    "{{- '<end_of_turn>\\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<start_of_turn>model\\n' -}}{%- endif -%}"
)

GEMMA4 = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{{- '<|turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}{{- '<|image|>' -}}"
    "{%- else -%}{{- part.text | trim -}}{%- endif -%}{%- endfor -%}"
    "{{- '<turn|>\\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|turn>model\\n' -}}{%- endif -%}"
)

LLAVA = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}{{- 'USER: ' -}}"
    "{%- for part in message.content if part.type == 'image' -%}{{- '<image>\\n' -}}{%- endfor -%}"
    "{%- for part in message.content if part.type == 'text' -%}{{- part.text + ' ' -}}{%- endfor -%}"
    "{%- else -%}{{- 'ASSISTANT: ' -}}"
    "{%- for part in message.content -%}{{- part.text -}}{%- endfor -%}{{- '</s>' -}}{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- 'ASSISTANT:' -}}{%- endif -%}"
)

LLAVA_NEXT = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}{{- '[INST] ' -}}"
    "{%- for part in message.content if part.type == 'image' -%}{{- '<image>\\n' -}}{%- endfor -%}"
    "{%- for part in message.content if part.type == 'text' -%}{{- part.text -}}{%- endfor -%}{{- ' [/INST]' -}}"
    "{%- else -%}{{- ' ' -}}{%- for part in message.content -%}{{- part.text -}}{%- endfor -%}{{- '</s>' -}}"
    "{%- endif -%}{%- endfor -%}"
)

MISTRAL = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}{{- '[INST]' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}{{- '[IMG]' -}}"
    "{%- else -%}{{- part.text -}}{%- endif -%}{%- endfor -%}{{- '[/INST]' -}}"
    "{%- elif message.role == 'assistant' -%}{%- for part in message.content -%}{{- part.text -}}{%- endfor -%}"
    "{{- eos_token -}}{%- else -%}{{- raise_exception('only user and assistant may speak') -}}{%- endif -%}"
    "{%- endfor -%}"
)

GLM = (
    "[gMASK]<sop>{%- for message in messages -%}{{- '<|' + message.role + '|>\\n' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}"
    "{{- '<|begin_of_image|><|image|><|end_of_image|>' -}}{%- else -%}{{- part.text -}}{%- endif -%}{%- endfor -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}"
)


# --- models -------------------------------------------------------------------------------------------


def _text(tokenizer: Any, **more: Any) -> dict[str, Any]:
    return {
        **TEXT,
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "tie_word_embeddings": True,
        **more,
    }


def _qwen(kind: str) -> Callable[[Any], tuple[Any, Any]]:
    def build(tokenizer: Any) -> tuple[Any, Any]:
        import transformers

        ids = tokenizer.convert_tokens_to_ids
        patch = 14 if kind in ("Qwen2VL", "Qwen2_5_VL") else 16
        rope: dict[str, Any] = {**ROPE, "mrope_section": [4, 2, 2]}
        vision: dict[str, Any] = {"depth": 1, "hidden_size": 32, "num_heads": 2, "patch_size": patch}
        text = _text(tokenizer)
        if kind == "Qwen2VL":
            vision = {
                "depth": 1,
                "embed_dim": 32,
                "hidden_size": 32,
                "num_heads": 2,
                "patch_size": patch,
                "mlp_ratio": 2,
            }
        elif kind == "Qwen2_5_VL":
            vision |= {"intermediate_size": 32, "out_hidden_size": 32, "window_size": 112, "fullatt_block_indexes": [0]}
        else:
            vision |= {"intermediate_size": 32, "out_hidden_size": 32, "num_position_embeddings": 64}
            vision["deepstack_visual_indexes"] = [0] if kind.startswith("Qwen3VL") else []
            rope["mrope_interleaved"] = True
        if kind.startswith("Qwen3_5"):
            text |= {
                "num_hidden_layers": 2,
                "layer_types": ["linear_attention", "full_attention"],
                "linear_num_key_heads": 2,
                "linear_num_value_heads": 2,
                "linear_key_head_dim": 16,
                "linear_value_head_dim": 16,
            }
            rope["partial_rotary_factor"] = 1.0
        if kind.endswith("Moe"):
            text |= {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
            text |= {"decoder_sparse_step": 1, "shared_expert_intermediate_size": 32}
        text["rope_parameters"] = rope
        config = getattr(transformers, f"{kind}Config")(
            image_token_id=ids("<|image_pad|>"),
            video_token_id=ids("<|video_pad|>"),
            vision_start_token_id=ids("<|vision_start|>"),
            vision_end_token_id=ids("<|vision_end|>"),
            tie_word_embeddings=True,
            text_config=text,
            vision_config=vision,
        )
        names = {"Qwen3_5": "Qwen3VL", "Qwen3VLMoe": "Qwen3VL", "Qwen3_5Moe": "Qwen3VL"}
        processor = getattr(transformers, f"{names.get(kind, kind)}Processor")
        video = "Qwen2VLVideoProcessor" if patch == 14 else "Qwen3VLVideoProcessor"
        return getattr(transformers, f"{kind}ForConditionalGeneration")(config), processor(
            image_processor=transformers.Qwen2VLImageProcessorPil(
                min_pixels=(2 * patch) ** 2, max_pixels=(4 * patch) ** 2, patch_size=patch, merge_size=2
            ),
            tokenizer=tokenizer,
            video_processor=getattr(transformers, video)(patch_size=patch),
        )

    return build


def _idefics(kind: str) -> Callable[[Any], tuple[Any, Any]]:
    def build(tokenizer: Any) -> tuple[Any, Any]:
        import transformers

        config = getattr(transformers, f"{kind}Config")(
            image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
            scale_factor=2,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            vision_config={**{k: v for k, v in SIGLIP.items() if k != "model_type"}, "patch_size": 8},
            text_config=_text(tokenizer, model_type="llama"),
        )
        # a picture is cut into 2 x 2 tiles and shown whole once more
        images = getattr(transformers, f"{kind}ImageProcessorPil")(
            do_image_splitting=True, size={"longest_edge": 64}, max_image_size={"longest_edge": 32}
        )
        more = {"video_processor": transformers.SmolVLMVideoProcessor()} if kind == "SmolVLM" else {}
        processor = getattr(transformers, f"{kind}Processor")(
            image_processor=images, tokenizer=tokenizer, image_seq_len=4, **more
        )
        return getattr(transformers, f"{kind}ForConditionalGeneration")(config), processor

    return build


def _gemma3(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.Gemma3Config(
        text_config=_text(
            tokenizer,
            num_hidden_layers=2,
            sliding_window=64,
            layer_types=["sliding_attention", "full_attention"],
            query_pre_attn_scalar=16,
        ),
        vision_config={**SIGLIP, "patch_size": 8},
        mm_tokens_per_image=4,
        boi_token_index=tokenizer.boi_token_id,
        eoi_token_index=tokenizer.eoi_token_id,
        image_token_index=tokenizer.image_token_id,
        tie_word_embeddings=True,
    )
    processor = transformers.Gemma3Processor(
        image_processor=transformers.Gemma3ImageProcessorPil(size={"height": 32, "width": 32}),
        tokenizer=tokenizer,
        image_seq_length=4,
    )
    return transformers.Gemma3ForConditionalGeneration(config), processor


def _llava(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.LlavaConfig(
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-2,
        vision_config=CLIP,
        text_config=_text(tokenizer, model_type="llama"),
        tie_word_embeddings=True,
    )
    processor = transformers.LlavaProcessor(
        image_processor=transformers.CLIPImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ),
        tokenizer=tokenizer,
        patch_size=16,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    return transformers.LlavaForConditionalGeneration(config), processor


PINPOINTS = [[32, 64], [64, 32], [64, 64]]


def _llava_next(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.LlavaNextConfig(
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-2,
        image_grid_pinpoints=PINPOINTS,
        vision_config=CLIP,
        text_config=_text(tokenizer, model_type="mistral"),
        tie_word_embeddings=True,
    )
    processor = transformers.LlavaNextProcessor(
        image_processor=transformers.LlavaNextImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, image_grid_pinpoints=PINPOINTS
        ),
        tokenizer=tokenizer,
        patch_size=16,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    return transformers.LlavaNextForConditionalGeneration(config), processor


def _llava_onevision(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    ids = tokenizer.convert_tokens_to_ids
    pinpoints = [[32, 32], *PINPOINTS]
    config = transformers.LlavaOnevisionConfig(
        image_token_index=ids("<image>"),
        video_token_index=ids("<video>"),
        image_grid_pinpoints=pinpoints,
        vision_config=SIGLIP,
        text_config=_text(tokenizer, model_type="qwen2"),
        tie_word_embeddings=True,
    )
    processor = transformers.LlavaOnevisionProcessor(
        image_processor=transformers.LlavaOnevisionImageProcessorPil(
            size={"height": 32, "width": 32}, image_grid_pinpoints=pinpoints
        ),
        tokenizer=tokenizer,
        video_processor=transformers.LlavaOnevisionVideoProcessor(size={"height": 32, "width": 32}),
        num_image_tokens=4,
        vision_feature_select_strategy="full",
    )
    return transformers.LlavaOnevisionForConditionalGeneration(config), processor


def _internvl(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.InternVLConfig(
        image_token_id=tokenizer.context_image_token_id,
        image_seq_length=4,
        downsample_ratio=0.5,
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": [32, 32],
            "patch_size": [8, 8],
        },
        text_config=_text(tokenizer, model_type="qwen2"),
        tie_word_embeddings=True,
    )
    # every picture is cut into several tiles and shown whole once more
    processor = transformers.InternVLProcessor(
        image_processor=transformers.GotOcr2ImageProcessorPil(
            size={"height": 32, "width": 32}, crop_to_patches=True, min_patches=2, max_patches=4
        ),
        tokenizer=tokenizer,
        video_processor=transformers.InternVLVideoProcessor(size={"height": 32, "width": 32}),
        image_seq_length=4,
    )
    return transformers.InternVLForConditionalGeneration(config), processor


def _mistral3(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.Mistral3Config(
        image_token_index=tokenizer.convert_tokens_to_ids("[IMG]"),
        spatial_merge_size=2,
        vision_feature_layer=-1,
        vision_config={**TEXT, "model_type": "pixtral", "image_size": 64, "patch_size": 8},
        text_config=_text(tokenizer, model_type="mistral"),
        tie_word_embeddings=True,
    )
    processor = transformers.PixtralProcessor(
        image_processor=transformers.PixtralImageProcessorPil(
            size={"longest_edge": 48}, patch_size={"height": 16, "width": 16}
        ),
        tokenizer=tokenizer,
        patch_size=8,
        spatial_merge_size=2,
    )
    return transformers.Mistral3ForConditionalGeneration(config), processor


def _glm4v(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    ids = tokenizer.convert_tokens_to_ids
    config = transformers.Glm4vConfig(
        image_token_id=ids("<|image|>"),
        video_token_id=ids("<|video|>"),
        image_start_token_id=ids("<|begin_of_image|>"),
        image_end_token_id=ids("<|end_of_image|>"),
        video_start_token_id=ids("<|begin_of_video|>"),
        video_end_token_id=ids("<|end_of_video|>"),
        tie_word_embeddings=True,
        text_config=_text(
            tokenizer, rope_parameters={**ROPE, "mrope_section": [2, 1, 1], "partial_rotary_factor": 0.5}
        ),
        vision_config={
            "depth": 1,
            "hidden_size": 32,
            "intermediate_size": 32,
            "out_hidden_size": 32,
            "num_heads": 2,
            "image_size": 56,
            "patch_size": 14,
        },
    )
    processor = transformers.Glm4vProcessor(
        image_processor=transformers.Glm4vImageProcessorPil(
            size={"shortest_edge": 28 * 28 * 2, "longest_edge": 56 * 56 * 2}, patch_size=14, merge_size=2
        ),
        tokenizer=tokenizer,
        video_processor=transformers.Glm4vVideoProcessor(patch_size=14),
    )
    return transformers.Glm4vForConditionalGeneration(config), processor


def _gemma4(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.Gemma4Config(
        text_config=_text(
            tokenizer,
            num_hidden_layers=2,
            sliding_window=64,
            layer_types=["sliding_attention", "full_attention"],
            global_head_dim=16,
            num_global_key_value_heads=1,
            hidden_size_per_layer_input=0,
            vocab_size_per_layer_input=len(tokenizer),
            num_kv_shared_layers=0,
        ),
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "patch_size": 8,
            "pooling_kernel_size": 2,
            "position_embedding_size": 64,
        },
        audio_config=None,
        image_token_id=tokenizer.image_token_id,
        boi_token_id=tokenizer.boi_token_id,
        eoi_token_id=tokenizer.eoi_token_id,
        tie_word_embeddings=True,
    )
    processor = transformers.Gemma4Processor(
        feature_extractor=transformers.Gemma4AudioFeatureExtractor(),
        image_processor=transformers.Gemma4ImageProcessorPil(patch_size=8, pooling_kernel_size=2, max_soft_tokens=70),
        tokenizer=tokenizer,
        video_processor=transformers.Gemma4VideoProcessor(patch_size=8, pooling_kernel_size=2),
        image_seq_length=70,
    )
    return transformers.Gemma4ForConditionalGeneration(config), processor


QWEN = (
    "<|im_end|>",
    "<|im_start|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
QWEN_PICTURE = "<|vision_start|><|image_pad|><|vision_end|>"
ROWS = tuple(f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2))
IDEFICS_TOKENS = ("<end_of_utterance>", "<|im_start|>", "<fake_token_around_image>", "<image>", "<global-img>", *ROWS)
HELPS = "You help."

FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family("idefics3", _idefics("Idefics3"), IDEFICS, IDEFICS_TOKENS, needs_torchvision=False),
        Family("smolvlm", _idefics("SmolVLM"), IDEFICS, (*IDEFICS_TOKENS, "<video>")),
        Family("qwen2_vl", _qwen("Qwen2VL"), _chatml(QWEN_PICTURE, system=HELPS), QWEN),
        Family("qwen2_5_vl", _qwen("Qwen2_5_VL"), _chatml(QWEN_PICTURE, system=HELPS), QWEN),
        Family("qwen3_vl", _qwen("Qwen3VL"), _chatml(QWEN_PICTURE), QWEN),
        Family("qwen3_vl_moe", _qwen("Qwen3VLMoe"), _chatml(QWEN_PICTURE), QWEN),
        Family(
            "qwen3_5",
            _qwen("Qwen3_5"),
            _chatml(QWEN_PICTURE, thinks=True),
            (*QWEN, "<think>", "</think>"),
            has_byte_tokens=True,
            is_slow=True,
        ),
        Family(
            "gemma3",
            _gemma3,
            GEMMA,
            ("<end_of_turn>", "<start_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>"),
            {"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"},
            bos="<bos>",
            needs_torchvision=False,
        ),
        Family(
            "gemma4",
            _gemma4,
            GEMMA4,
            (
                "<turn|>",
                "<|turn>",
                "<|image>",
                "<image|>",
                "<|image|>",
                "<|video|>",
                "<|audio|>",
                "<|audio>",
                "<audio|>",
            ),
            {
                "boi_token": "<|image>",
                "eoi_token": "<image|>",
                "image_token": "<|image|>",
                "audio_token": "<|audio|>",
                "boa_token": "<|audio>",
                "eoa_token": "<audio|>",
            },
            bos="<bos>",
        ),
        Family("llava", _llava, LLAVA, ("</s>", "<image>"), bos="<s>", needs_torchvision=False),
        Family("llava_next", _llava_next, LLAVA_NEXT, ("</s>", "<image>"), bos="<s>", needs_torchvision=False),
        Family(
            "llava_onevision",
            _llava_onevision,
            _chatml("<image>\\n"),
            ("<|im_end|>", "<|im_start|>", "<image>", "<video>"),
        ),
        Family(
            "internvl",
            _internvl,
            _chatml("<IMG_CONTEXT>\\n"),
            ("<|im_end|>", "<|im_start|>", "<img>", "</img>", "<IMG_CONTEXT>", "<video>"),
            {
                "start_image_token": "<img>",
                "end_image_token": "</img>",
                "context_image_token": "<IMG_CONTEXT>",
                "video_token": "<video>",
            },
        ),
        Family(
            "mistral3",
            _mistral3,
            MISTRAL,
            ("</s>", "[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]"),
            bos="<s>",
        ),
        Family(
            "glm4v",
            _glm4v,
            GLM,
            (
                "<|user|>",
                "<|endoftext|>",
                "<|assistant|>",
                "[gMASK]",
                "<sop>",
                "<|begin_of_image|>",
                "<|end_of_image|>",
                "<|image|>",
                "<|begin_of_video|>",
                "<|end_of_video|>",
                "<|video|>",
            ),
        ),
    )
}
"""Families by name."""


PLAIN: Mapping[str, str] = {"qwen2_5_vl": _chatml(QWEN_PICTURE)}
"""Templates without a system prompt of their own."""


def build_family(name: str, folder: Path, tokenizer_folder: Path, template: str | None = None) -> Path:
    """Write a tiny model of a family with its processor, over the words of another model's tokenizer."""
    import torch

    family = FAMILIES[name]
    tokenizer = _byte_tokenizer(family) if family.has_byte_tokens else family_tokenizer(family, tokenizer_folder)
    torch.manual_seed(0)
    model, processor = family.build(tokenizer)
    processor.chat_template = template or family.template
    generation = model.generation_config
    generation.eos_token_id, generation.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    generation.bos_token_id = tokenizer.bos_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


TEXT_TEMPLATES: Mapping[str, str] = {
    # contents are strings, as in most models of words alone
    "llama": (
        "{{- bos_token -}}{%- for message in messages -%}"
        "{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim -}}"
        "{{- '<|eot_id|>' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}{%- endif -%}"
    ),
    # thoughts are taken out of all answers but the last, unless told otherwise
    "qwen": (
        "{%- for message in messages -%}{{- '<|start_header_id|>' + message.role + '\\n' -}}"
        "{%- if message.role == 'assistant' and not loop.last and not preserve_thinking | default(false) -%}"
        "{{- message.content.split('</think>')[-1] -}}{%- else -%}{{- message.content -}}{%- endif -%}"
        "{{- '<|eot_id|>' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant\\n<think>\\n' -}}{%- endif -%}"
    ),
}
"""Chat templates of models of words alone."""


def build_text_model(folder: Path, tokenizer_folder: Path, template: str) -> Path:
    """Write a tiny model of words alone, with its tokenizer, in several files of weights."""
    import torch
    import transformers

    marks = ("<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>")
    tokenizer = family_tokenizer(Family("text", _llava, "", marks, bos="<s>"), tokenizer_folder)
    tokenizer.chat_template = template
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**_text(tokenizer)))
    generation = model.generation_config
    generation.eos_token_id, generation.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    model.save_pretrained(folder, max_shard_size="60KB")
    tokenizer.save_pretrained(folder)
    return folder


def family_tokenizer(family: Family, tokenizer_folder: Path) -> Any:
    """Return the words of a tokenizer with a family's special tokens and beginning of text."""
    import json

    import transformers
    from tokenizers import AddedToken, Tokenizer, processors

    words = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    state = json.loads(words.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if not token["special"]]
    words = Tokenizer.from_str(json.dumps(state))
    specials = [*family.specials, "<|endoftext|>", *([family.bos] if family.bos else [])]
    words.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in dict.fromkeys(specials)])
    if family.bos:  # as sentence-piece tokenizers do: every text that is encoded begins so
        words.post_processor = processors.TemplateProcessing(
            single=f"{family.bos} $A", special_tokens=[(family.bos, words.token_to_id(family.bos))]
        )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="<unk>",
        pad_token="<|endoftext|>",
        eos_token=family.specials[0],
        bos_token=family.bos,
        extra_special_tokens=dict(family.named) or None,
        clean_up_tokenization_spaces=False,
    )


def _byte_tokenizer(family: Family) -> Any:
    """Return a tokenizer of single bytes, of the class that the family's models are always read with."""
    import transformers
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*letters, "<|endoftext|>"])}
    tokenizer = transformers.Qwen3_5Tokenizer(vocab=vocabulary, merges=[], eos_token=family.specials[0])
    tokenizer.add_special_tokens({"additional_special_tokens": list(family.specials)})
    return tokenizer
