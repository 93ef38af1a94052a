"""A vision-language model of about a million random weights, so that everything runs with no download.

It has the Idefics3 architecture, whose processor needs no torchvision, and is saved as an ordinary
model folder: the code that loads it is the code that loads a real model. Its tokenizer is trained on
the environment's own texts; numbers and object ids are single tokens.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Literal

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, require
from spatialenv.trainers.demonstrate import Demonstrator

_NUMBER = r"[+-]?\d+\.\d+|[+-]?\d+"
_OBJECT_ID = r"[a-z]+(?:_[a-z]+)*_\d+"
_RECORD = r"\{\"new_object_id\": \"[^\"]+\""
_WHOLE = {
    "records": f"{_RECORD}|{_OBJECT_ID}|{_NUMBER}|\\}}?\n",
    "ids": f"{_OBJECT_ID}|{_NUMBER}",
}
"""What is never cut or joined: an id, alone or with the head of its record, a number, a line's end. The same token then
stands for an object in the prompt, in the feedback and in the answer, which makes copying easy to learn."""

_GREATEST_SIZE, _GREATEST_ROOM = 3, 15
"""Metres below which all millimetres and all centimetres have tokens, where numbers are ``"all"``."""

_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message.role + '\\n' -}}"
    "{%- if message.content is string -%}{{- message.content -}}"
    "{%- else -%}{%- for part in message.content -%}"
    "{%- if part.type == 'image' -%}{{- '<image>' -}}{%- else -%}{{- part.text -}}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}"
    "{{- '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


@dataclass(frozen=True, slots=True)
class TinyVLMConfig:
    """Size of the tiny model.

    Attributes:
        hidden_size: Width of the language model.
        layers: Layers of the language model.
        heads: Attention heads of the language model.
        vision_hidden_size: Width of the picture encoder.
        vision_layers: Layers of the picture encoder.
        image_size: Side of the square picture in pixels; a multiple of 16.
        initializer_range: Standard deviation of the language model's first weights. The usual 0.02
            makes a model this small slow to learn to copy names; 0.08 does not.
        vocabulary: Tokens that the tokenizer is trained to, besides numbers and ids.
        names: What stands for an object: the head of its record with its id (``"records"``), which prompts, answers and
            target places have in common; or the id alone (``"ids"``), which all words have in common.
        numbers: Which numbers are tokens: those ``"seen"`` in the texts, or also ``"all"`` millimetres below 3 m and
            centimetres below 15 m. Any other number is spelled in pieces.
        smooth_numbers: Whether the first weights of tokens that are numbers are waves of their value, so that near
            numbers look alike from the start, rather than drawn one by one.
        seed: Seed of the weights.
    """

    hidden_size: int = 128
    layers: int = 4
    heads: int = 4
    vision_hidden_size: int = 64
    vision_layers: int = 2
    image_size: int = 48
    initializer_range: float = 0.08
    vocabulary: int = 480
    names: Literal["records", "ids"] = "records"
    numbers: Literal["seen", "all"] = "seen"
    smooth_numbers: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.image_size < 16 or self.image_size % 16:
            raise InputError(f"`image_size` is {self.image_size!r}; it must be a multiple of 16")
        if self.hidden_size % self.heads:
            raise InputError(f"`hidden_size` {self.hidden_size} must be a multiple of `heads` {self.heads}")


def build_tiny_vlm(folder: str | Path, texts: Iterable[str], config: TinyVLMConfig | None = None) -> int:
    """Write a tiny VLM with random weights, its tokenizer and processor to `folder`.

    Args:
        folder: Where the model folder is written.
        texts: Texts that the tokenizer is trained on: prompts, answers and feedback.
        config: Sizes.

    Returns:
        The number of weights.
    """
    torch = require("torch", "train", "the tiny model")
    transformers = require("transformers", "train", "the tiny model")
    config = config or TinyVLMConfig()
    tokenizer = _train_tokenizer(list(texts), config)
    patch, scale = 8, 2
    side = config.image_size
    ids = tokenizer.convert_tokens_to_ids
    torch.manual_seed(config.seed)
    model = transformers.Idefics3ForConditionalGeneration(
        transformers.Idefics3Config(
            image_token_id=ids("<image>"),
            scale_factor=scale,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            vision_config={
                "hidden_size": config.vision_hidden_size,
                "intermediate_size": 2 * config.vision_hidden_size,
                "num_hidden_layers": config.vision_layers,
                "num_attention_heads": 2,
                "image_size": side,
                "patch_size": patch,
            },
            text_config={
                "model_type": "llama",
                "vocab_size": len(tokenizer),
                "hidden_size": config.hidden_size,
                "intermediate_size": 3 * config.hidden_size,
                "num_hidden_layers": config.layers,
                "num_attention_heads": config.heads,
                "num_key_value_heads": config.heads,
                "max_position_embeddings": 2048,
                "initializer_range": config.initializer_range,
                "pad_token_id": tokenizer.pad_token_id,
                "eos_token_id": tokenizer.eos_token_id,
                "bos_token_id": None,
                "tie_word_embeddings": True,
            },
        )
    )
    if config.smooth_numbers:
        _smooth_numbers(model.get_input_embeddings().weight, tokenizer.get_vocab(), config)
    generation = model.generation_config
    generation.eos_token_id, generation.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    generation.bos_token_id = None
    processor = transformers.Idefics3Processor(
        image_processor=transformers.Idefics3ImageProcessorPil(
            do_image_splitting=False, size={"longest_edge": side}, max_image_size={"longest_edge": side}
        ),
        tokenizer=tokenizer,
        image_seq_len=(side // patch // scale) ** 2,
        chat_template=_TEMPLATE,
    )
    Path(folder).mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return sum(weight.numel() for weight in model.parameters())


def sample_texts(env: RoomLayoutEnv, demonstrator: Demonstrator, seeds: Iterable[int], rng: random.Random) -> list[str]:
    """Return the prompts, answers and feedback of episodes that a demonstrator plays."""
    texts: list[str] = []
    for seed in seeds:
        observation, _ = env.reset(seed=seed)
        texts.append(observation["prompt"])
        while not env.is_over:
            answer = demonstrator(env, rng)
            texts.append(answer)
            texts.append(env.step(answer)[0]["feedback"])
    return texts


def _smooth_numbers(weight: Any, vocabulary: Mapping[str, int], config: TinyVLMConfig) -> None:
    """Write embeddings that are waves of the value, of the usual size, over those of the tokens that are numbers."""
    torch = require("torch", "train", "the tiny model")
    values = {token: float(token) for token in vocabulary if re.fullmatch(_NUMBER, token)}
    # changes, which have a sign, are another kind of number
    is_change = [token[0] in "+-" for token in values]
    kinds = [dict(compress(values.items(), chosen)) for chosen in (is_change, [not each for each in is_change])]
    waves = 20
    rates = 2 * math.pi / torch.logspace(math.log10(24.0), math.log10(0.04), waves)
    generator = torch.Generator().manual_seed(config.seed)
    for kind in kinds:
        mixing = torch.randn(2 * waves, config.hidden_size, generator=generator) / math.sqrt(waves)
        angles = torch.tensor(list(kind.values()))[:, None] * rates
        rows = torch.cat([angles.cos(), angles.sin()], 1) @ mixing
        decimals = torch.randn(8, config.hidden_size, generator=generator)
        rows = (rows + decimals[[min(len(token.partition(".")[2]), 7) for token in kind]]) / math.sqrt(2)
        with torch.no_grad():
            weight[[vocabulary[token] for token in kind]] = config.initializer_range * rows


def _train_tokenizer(texts: list[str], config: TinyVLMConfig) -> Any:
    transformers = require("transformers", "train", "the tiny model")
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    kept = _WHOLE[config.names]
    split = pre_tokenizers.Split(Regex(kept), behavior="isolated")
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.Fuse()
    alphabet = [chr(code) for code in range(32, 127)] + ["\n"]
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocabulary, initial_alphabet=alphabet, special_tokens=["<unk>"], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    pieces = {piece for text in texts for piece, _ in split.pre_tokenize_str(text)}
    whole = {piece for piece in pieces if re.fullmatch(kept, piece)}
    if config.numbers == "all":
        whole |= {str(millimetres / 1000) for millimetres in range(1000 * _GREATEST_SIZE)}
        whole |= {str(centimetres / 100) for centimetres in range(100 * _GREATEST_ROOM)}
    if config.names == "records":  # what the training found already has a token
        whole = {piece for piece in whole if len(tokenizer.encode(piece).ids) > 1}
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in sorted(whole)])
    specials = ["<|im_start|>", "<|im_end|>", "<fake_token_around_image>", "<image>", "<global-img>"]
    specials += ["<end_of_utterance>", *(f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2))]
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        additional_special_tokens=specials,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
