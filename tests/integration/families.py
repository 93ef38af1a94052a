"""Tiny models of many families: random weights, a real processor, and a chat template built as the family's is.

Each is written as an ordinary model folder. The templates are our own words; role markers, the place of pictures,
default system prompts and what happens to thoughts are as in the family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from family_models import (
    build_gemma3,
    build_gemma4,
    build_glm4v,
    build_idefics,
    build_internvl,
    build_llava,
    build_llava_next,
    build_llava_onevision,
    build_mistral3,
    build_qwen,
    text_settings,
)
from family_templates import GEMMA, GEMMA4, GLM, IDEFICS, LLAVA, LLAVA_NEXT, MISTRAL, chatml


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
        Family("idefics3", build_idefics("Idefics3"), IDEFICS, IDEFICS_TOKENS, needs_torchvision=False),
        Family("smolvlm", build_idefics("SmolVLM"), IDEFICS, (*IDEFICS_TOKENS, "<video>")),
        Family("qwen2_vl", build_qwen("Qwen2VL"), chatml(QWEN_PICTURE, system=HELPS), QWEN),
        Family("qwen2_5_vl", build_qwen("Qwen2_5_VL"), chatml(QWEN_PICTURE, system=HELPS), QWEN),
        Family("qwen3_vl", build_qwen("Qwen3VL"), chatml(QWEN_PICTURE), QWEN),
        Family("qwen3_vl_moe", build_qwen("Qwen3VLMoe"), chatml(QWEN_PICTURE), QWEN),
        Family(
            "qwen3_5",
            build_qwen("Qwen3_5"),
            chatml(QWEN_PICTURE, thinks=True),
            (*QWEN, "<think>", "</think>"),
            has_byte_tokens=True,
            is_slow=True,
        ),
        Family(
            "gemma3",
            build_gemma3,
            GEMMA,
            ("<end_of_turn>", "<start_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>"),
            {"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"},
            bos="<bos>",
            needs_torchvision=False,
        ),
        Family(
            "gemma4",
            build_gemma4,
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
        Family("llava", build_llava, LLAVA, ("</s>", "<image>"), bos="<s>", needs_torchvision=False),
        Family("llava_next", build_llava_next, LLAVA_NEXT, ("</s>", "<image>"), bos="<s>", needs_torchvision=False),
        Family(
            "llava_onevision",
            build_llava_onevision,
            chatml("<image>\\n"),
            ("<|im_end|>", "<|im_start|>", "<image>", "<video>"),
        ),
        Family(
            "internvl",
            build_internvl,
            chatml("<IMG_CONTEXT>\\n"),
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
            build_mistral3,
            MISTRAL,
            ("</s>", "[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]"),
            bos="<s>",
        ),
        Family(
            "glm4v",
            build_glm4v,
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


PLAIN: Mapping[str, str] = {"qwen2_5_vl": chatml(QWEN_PICTURE)}
"""Templates without a system prompt of their own."""


ABOUT: Mapping[str, tuple[str, str, str]] = {
    "idefics3": (
        "Idefics3-8B-Llama3",
        "2,913",
        "Cut into 4 x 4 tiles and shown whole once more, however small it is; "
        "`do_image_splitting: false` in preprocessor_config.json leaves the whole.",
    ),
    "smolvlm": ("SmolVLM, SmolVLM2", "1,417", "As Idefics3, with smaller tiles. Needs num2words, too."),
    "qwen2_vl": ("Qwen2-VL", "66", "A system prompt of its own. `max_pixels` bounds large pictures."),
    "qwen2_5_vl": ("Qwen2.5-VL", "66", "As Qwen2-VL."),
    "qwen3_vl": ("Qwen3-VL", "66", "The Thinking models' template begins the thought: see below."),
    "qwen3_vl_moe": ("Qwen3-VL-30B-A3B, -235B-A22B", "66", "As Qwen3-VL, with experts."),
    "qwen3_5": ("Qwen3.5", "66", "Recurrent layers, slow without a GPU. Begins the thought."),
    "gemma3": (
        "Gemma 3 from 4B",
        "260",
        "Tokens of a picture see each other in both directions. `do_pan_and_scan` must be off.",
    ),
    "gemma4": ("Gemma 4", "258", "About as many tokens whatever the shape."),
    "llava": ("LLaVA-1.5", "576", "Pictures are cut to squares: draw square ones."),
    "llava_next": ("LLaVA-NeXT (1.6)", "1,176", "2,928 at 448 x 448."),
    "llava_onevision": (
        "LLaVA-OneVision",
        "1,485",
        "Each picture is encoded as if it were alone, in detail; left to itself the processor shows several coarsely.",
    ),
    "internvl": (
        "InternVL3-hf, InternVL3.5-HF",
        "258",
        "A square of up to 448 is one tile; others are cut into up to 12 and shown whole once more.",
    ),
    "mistral3": ("Mistral Small 3.1", "72", "Turns must alternate."),
    "glm4v": ("GLM-4.1V", "66", "No token ends a turn but the role of the next."),
}
"""What the documentation says of each: models that people use, tokens of a picture of 224 x 224, what is peculiar.

The tokens are those that the processor writes with the settings that the models are published with; those of gemma3,
qwen2_vl, qwen3_vl_moe and qwen3_5 are inferred, as the page says.
"""


def families_table() -> str:
    """Return the table of families of docs/training/models.md."""
    lines = ["| `model_type` | models | torchvision | tokens a picture | notes |", "| --- | --- | --- | --: | --- |"]
    for name, family in FAMILIES.items():
        models, tokens, notes = ABOUT[name]
        lines.append(f"| {name} | {models} | {'yes' if family.needs_torchvision else 'no'} | {tokens} | {notes} |")
    return "\n".join(lines)


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


def build_text_model(folder: Path, tokenizer_folder: Path, template: str) -> Path:
    """Write a tiny model of words alone, with its tokenizer, in several files of weights."""
    import torch
    import transformers

    marks = ("<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>")
    tokenizer = family_tokenizer(Family("text", build_llava, "", marks, bos="<s>"), tokenizer_folder)
    tokenizer.chat_template = template
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**text_settings(tokenizer)))
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


if __name__ == "__main__":
    print(families_table())  # noqa: T201  # for docs/training/models.md
