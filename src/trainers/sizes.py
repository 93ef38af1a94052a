"""Sizes of models and graphics cards, as published, and what follows from them by arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spatialenv.errors import unknown_name


@dataclass(frozen=True, slots=True)
class Encoder:
    """Sizes of a Qwen2.5-VL picture encoder.

    Attributes:
        depth: Blocks.
        hidden: Width.
        intermediate: Width inside a block's perceptron.
        patch: Pixels on a side of a patch.
        merge: Patches on a side that become one token.
        frames: Frames of a patch; a picture is repeated to fill them.
    """

    depth: int
    hidden: int
    intermediate: int
    patch: int = 14
    merge: int = 2
    frames: int = 2

    def linear_layers(self, out: int) -> list[tuple[int, int]]:
        """Return ``(inputs, outputs)`` of each linear layer; `out` is the width of the language model."""
        merged = self.hidden * self.merge**2
        block = [(self.hidden, 3 * self.hidden), (self.hidden, self.hidden)]
        block += [(self.hidden, self.intermediate)] * 2 + [(self.intermediate, self.hidden)]
        return block * self.depth + [(merged, merged), (merged, out)]

    def weights(self, out: int) -> int:
        """Return the number of weights: every linear layer has biases, the patches' convolution has none."""
        patches = 3 * self.frames * self.patch**2 * self.hidden
        norms = self.hidden * (2 * self.depth + 1)
        return patches + norms + sum((i + 1) * o for i, o in self.linear_layers(out))


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Sizes of a Qwen2.5-VL model.

    Attributes:
        name: Its name on the hub.
        source: Where the numbers are from.
        vocabulary: Tokens.
        hidden: Width.
        layers: Decoder layers.
        heads: Attention heads.
        kv_heads: Heads of keys and values.
        intermediate: Width inside a layer's perceptron.
        is_tied: Whether the head's weights are the embeddings.
        encoder: The picture encoder.
    """

    name: str
    source: str
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    is_tied: bool
    encoder: Encoder

    @classmethod
    def of_config(cls, config: Any, name: str = "") -> ModelSize:
        """Return the sizes that a `transformers.Qwen2_5_VLConfig` states."""
        text, vision = config.text_config, config.vision_config
        encoder = Encoder(
            vision.depth,
            vision.hidden_size,
            vision.intermediate_size,
            vision.patch_size,
            vision.spatial_merge_size,
            vision.temporal_patch_size,
        )
        return cls(
            name,
            "its configuration",
            text.vocab_size,
            text.hidden_size,
            text.num_hidden_layers,
            text.num_attention_heads,
            text.num_key_value_heads,
            text.intermediate_size,
            bool(config.tie_word_embeddings),
            encoder,
        )

    @property
    def kv_width(self) -> int:
        """Width of keys, and of values."""
        return self.hidden // self.heads * self.kv_heads

    @property
    def embedding_weights(self) -> int:
        """Weights of the embeddings, and of the head where it is not tied to them."""
        return self.vocabulary * self.hidden * (1 if self.is_tied else 2)

    def linear_layers(self) -> list[tuple[int, int]]:
        """Return ``(inputs, outputs)`` of each linear layer but the head, those of the encoder included."""
        layer = [(self.hidden, self.hidden)] * 2 + [(self.hidden, self.kv_width)] * 2
        layer += [(self.hidden, self.intermediate)] * 2 + [(self.intermediate, self.hidden)]
        return layer * self.layers + self.encoder.linear_layers(self.hidden)

    def text_weights(self) -> int:
        """Return the number of weights of the language model, embeddings and head included."""
        attention = 2 * self.hidden**2 + self.hidden + 2 * (self.hidden + 1) * self.kv_width
        layer = attention + 3 * self.hidden * self.intermediate + 2 * self.hidden
        return self.embedding_weights + self.layers * layer + self.hidden

    def weights(self) -> int:
        """Return the number of weights of the whole model."""
        return self.text_weights() + self.encoder.weights(self.hidden)

    def adapter_weights(self, rank: int) -> int:
        """Return the number of weights of LoRA factors of a rank on every linear layer but the head."""
        return sum(rank * (inputs + outputs) for inputs, outputs in self.linear_layers())

    def cache_values(self) -> int:
        """Return the keys and values that each token keeps while the model writes, as numbers."""
        return 2 * self.layers * self.kv_width

    def picture_tokens(self, width: int, height: int) -> int:
        """Return the tokens of a picture of so many pixels, each side rounded to whole tokens."""
        side = self.encoder.patch * self.encoder.merge
        return max(1, round(width / side)) * max(1, round(height / side))


_CONFIG = "config.json of the model (Qwen team, 2025); encoder: arXiv 2502.13923, table 1, and config.json"
MODELS = {
    "qwen2_5_vl_3b": ModelSize(
        "Qwen/Qwen2.5-VL-3B-Instruct", _CONFIG, 151_936, 2048, 36, 16, 2, 11_008, True, Encoder(32, 1280, 3420)
    ),
    "qwen2_5_vl_7b": ModelSize(
        "Qwen/Qwen2.5-VL-7B-Instruct", _CONFIG, 152_064, 3584, 28, 28, 4, 18_944, False, Encoder(32, 1280, 3420)
    ),
    "qwen2_5_vl_32b": ModelSize(
        "Qwen/Qwen2.5-VL-32B-Instruct", _CONFIG, 152_064, 5120, 64, 40, 8, 27_648, False, Encoder(32, 1280, 3456)
    ),
}
"""Sizes by recipe."""


@dataclass(frozen=True, slots=True)
class Card:
    """A graphics card.

    Attributes:
        memory: Bytes.
        bandwidth: Bytes a second between the memory and the processors.
        flops: Operations a second in bfloat16, dense.
    """

    memory: float
    bandwidth: float
    flops: float


CARDS = {
    "rtx4090-24": Card(24e9, 1.008e12, 165e12),
    "l40s-48": Card(48e9, 0.864e12, 362e12),
    "a100-80": Card(80e9, 2.039e12, 312e12),
    "h100-80": Card(80e9, 3.35e12, 989e12),
    "h200-141": Card(141e9, 4.8e12, 989e12),
}
"""Cards by name; figures of the vendor's data sheets (SXM where there are several, dense)."""


def card(name: str) -> Card:
    """Return a card by name.

    Raises:
        UnknownNameError: If it is not in the table.
    """
    if name not in CARDS:
        raise unknown_name("card", name, CARDS)
    return CARDS[name]
