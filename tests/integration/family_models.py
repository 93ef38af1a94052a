"""Builds the models and processors of families tiny: what each family is made of, as small as it goes."""

from __future__ import annotations

from collections.abc import Callable
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


def text_settings(tokenizer: Any, **more: Any) -> dict[str, Any]:
    return {
        **TEXT,
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "tie_word_embeddings": True,
        **more,
    }


def build_qwen(kind: str) -> Callable[[Any], tuple[Any, Any]]:
    def build(tokenizer: Any) -> tuple[Any, Any]:
        import transformers

        ids = tokenizer.convert_tokens_to_ids
        patch = 14 if kind in ("Qwen2VL", "Qwen2_5_VL") else 16
        rope: dict[str, Any] = {**ROPE, "mrope_section": [4, 2, 2]}
        vision: dict[str, Any] = {"depth": 1, "hidden_size": 32, "num_heads": 2, "patch_size": patch}
        text = text_settings(tokenizer)
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


def build_idefics(kind: str) -> Callable[[Any], tuple[Any, Any]]:
    def build(tokenizer: Any) -> tuple[Any, Any]:
        import transformers

        config = getattr(transformers, f"{kind}Config")(
            image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
            scale_factor=2,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            vision_config={**{k: v for k, v in SIGLIP.items() if k != "model_type"}, "patch_size": 8},
            text_config=text_settings(tokenizer, model_type="llama"),
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


def build_gemma3(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.Gemma3Config(
        text_config=text_settings(
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


def build_llava(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.LlavaConfig(
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-2,
        vision_config=CLIP,
        text_config=text_settings(tokenizer, model_type="llama"),
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


def build_llava_next(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.LlavaNextConfig(
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-2,
        image_grid_pinpoints=PINPOINTS,
        vision_config=CLIP,
        text_config=text_settings(tokenizer, model_type="mistral"),
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


def build_llava_onevision(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    ids = tokenizer.convert_tokens_to_ids
    pinpoints = [[32, 32], *PINPOINTS]
    config = transformers.LlavaOnevisionConfig(
        image_token_index=ids("<image>"),
        video_token_index=ids("<video>"),
        image_grid_pinpoints=pinpoints,
        vision_config=SIGLIP,
        text_config=text_settings(tokenizer, model_type="qwen2"),
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


def build_internvl(tokenizer: Any) -> tuple[Any, Any]:
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
        text_config=text_settings(tokenizer, model_type="qwen2"),
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


def build_mistral3(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.Mistral3Config(
        image_token_index=tokenizer.convert_tokens_to_ids("[IMG]"),
        spatial_merge_size=2,
        vision_feature_layer=-1,
        vision_config={**TEXT, "model_type": "pixtral", "image_size": 64, "patch_size": 8},
        text_config=text_settings(tokenizer, model_type="mistral"),
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


def build_glm4v(tokenizer: Any) -> tuple[Any, Any]:
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
        text_config=text_settings(
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


def build_gemma4(tokenizer: Any) -> tuple[Any, Any]:
    import transformers

    config = transformers.Gemma4Config(
        text_config=text_settings(
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
