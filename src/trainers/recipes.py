"""What a recipe needs: memory of each card and time of each step, line by line with the arithmetic.

Nothing here is measured: the lines multiply sizes that are known and add assumptions that are named. A run on the
machine itself is what tells; `spatialenv recipe` prints this so that one can see what would not fit before renting it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spatialenv.errors import InputError, unknown_name
from spatialenv.trainers.settings import RunSettings, load_settings
from spatialenv.trainers.sizes import MODELS, Card, ModelSize, card

Sharding = Literal["none", "zero3"]

ACCELERATE = Path(__file__).parent / "data" / "accelerate"
"""Files for ``accelerate launch --config_file``."""

PROMPT_TOKENS, FEEDBACK_TOKENS = 700, 150
"""Assumed words of a prompt and of a reply, in tokens; pictures are counted apart."""

UTILISATION = 0.4
"""Assumed share of a card's operations that training and reading prompts reach."""

BANDWIDTH_SHARE = {"vllm": 0.6, "transformers": 0.15}
"""Assumed share of a card's bandwidth that writing token by token reaches, by engine."""

CONTEXT_BYTES = 2.5e9
"""Assumed for CUDA's context, libraries and communication buffers."""

TILE_TOKENS, TILE_WORDS = 4096, 32_768
"""Tokens and words of the piece of logits that TRL 1.16 holds at a time."""

QUANTISED_BYTES = {"4bit": 0.5 + 0.127 / 8, "8bit": 1.0}
"""Bytes of a quantised weight, constants included (0.127 bits a weight: QLoRA, arXiv 2305.14314, section 3)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a preset is meant to run on.

    Attributes:
        card: Name of the card.
        cards: How many.
        sharding: Whether weights, gradients and optimiser states are shared out among them.
        accelerate: Name of the file for accelerate.
    """

    card: str
    cards: int
    sharding: Sharding
    accelerate: str


RECIPES = {
    "qwen2_5_vl_3b": Recipe("h100-80", 1, "none", "multi_gpu"),
    "qwen2_5_vl_7b": Recipe("h100-80", 8, "zero3", "zero3"),
    "qwen2_5_vl_32b": Recipe("h200-141", 8, "zero3", "zero3"),
}
"""Presets with a recipe."""


@dataclass(frozen=True, slots=True)
class Line:
    """A part of an estimate.

    Attributes:
        name: What it is.
        amount: Bytes of each card, or seconds.
        arithmetic: How it was found.
    """

    name: str
    amount: float
    arithmetic: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """Memory of each card and time of each step; not measured.

    Attributes:
        facts: Sizes that the lines are made of.
        training: Bytes while gradients are computed.
        generation: Bytes while the model writes.
        time: Seconds of a step.
        capacity: Bytes of a card.
    """

    facts: tuple[str, ...]
    training: tuple[Line, ...]
    generation: tuple[Line, ...]
    time: tuple[Line, ...]
    capacity: float

    @property
    def peak(self) -> float:
        """Bytes of each card when most is held."""
        return max(sum(line.amount for line in lines) for lines in (self.training, self.generation))

    @property
    def seconds(self) -> float:
        """Seconds of a step, without placing, drawing, scoring and sending weights to vLLM."""
        return sum(line.amount for line in self.time)

    @property
    def fits(self) -> bool:
        """Whether a tenth of the card would be left for fragments."""
        return self.peak <= 0.9 * self.capacity


def estimate(
    preset: str, *, gpu: str | None = None, gpus: int | None = None, settings: RunSettings | None = None
) -> Estimate:
    """Return what a recipe needs by arithmetic.

    Args:
        preset: A name of `RECIPES`.
        gpu: A card of `spatialenv.trainers.sizes.CARDS`; the recipe's own by default.
        gpus: How many; the recipe's own number by default.
        settings: Settings to count with instead of the preset's.

    Raises:
        InputError: If a name is unknown, or the batch cannot be shared out among the cards.

    Example:
        >>> needed = estimate("qwen2_5_vl_3b")
        >>> print(needed.training[0].name, f"{needed.training[0].amount / 1e9:.1f} GB")
        frozen weights 7.5 GB
    """
    if preset not in RECIPES:
        raise unknown_name("recipe", preset, RECIPES)
    recipe = RECIPES[preset]
    count = recipe.cards if gpus is None else gpus
    chosen = settings or load_settings(preset)
    if count < 1 or chosen.rl.batch_size % count:
        raise InputError(
            f"{count} cards cannot share `rl.batch_size` {chosen.rl.batch_size} evenly; give a number that divides it"
        )
    return estimate_of(chosen, MODELS[preset], card(gpu or recipe.card), count, recipe.sharding)


def estimate_of(settings: RunSettings, model: ModelSize, one: Card, cards: int, sharding: Sharding) -> Estimate:
    """Return what settings need for a model on so many cards, by arithmetic.

    Args:
        settings: What to count with.
        model: Sizes of the model.
        one: One of the cards.
        cards: How many.
        sharding: Whether weights and what belongs to them are shared out among the cards.
    """
    return _Count(settings, model, one, cards, sharding).estimate()


class _Count:
    """The arithmetic of one recipe."""

    def __init__(self, settings: RunSettings, model: ModelSize, one: Card, cards: int, sharding: Sharding) -> None:
        self.settings, self.model, self.card, self.cards = settings, model, one, cards
        self.shards = cards if sharding == "zero3" else 1
        self.weight_bytes = {"float32": 4, "bfloat16": 2, "float16": 2, "auto": 2}[settings.dtype]
        self.rows = settings.rl.batch_size // cards
        self.generated_rows = self.rows * settings.rl.gradient_accumulation_steps
        width, height = settings.env.size
        self.picture = model.picture_tokens(width * len(settings.env.views), height) if settings.pictures else 0
        turns, answer = settings.env.max_turns, settings.rl.max_new_tokens
        words = PROMPT_TOKENS + (turns - 1) * FEEDBACK_TOKENS
        self.tokens = min(words + turns * (self.picture + answer), settings.rl.max_episode_tokens)
        self.answers = turns * answer
        self.rank = int((settings.peft or {}).get("r", 8))
        self.trained = model.weights() if settings.peft is None else model.adapter_weights(self.rank)

    def estimate(self) -> Estimate:
        return Estimate(self.facts(), self.training(), self.generation(), self.time(), self.card.memory)

    def facts(self) -> tuple[str, ...]:
        model, turns = self.model, self.settings.env.max_turns
        return (
            f"{model.name}: {model.weights():,} weights ({model.source})",
            f"{self.cards} {'card' if self.cards == 1 else 'cards'}; each plays {self.generated_rows} episodes a step "
            f"and learns from {self.rows} of them at once",
            f"each process first loads all weights into the machine's memory: {self.cards} x {model.weights():,} x "
            f"{self.weight_bytes} B = {self.cards * model.weights() * self.weight_bytes / 1e9:.0f} GB at once",
            f"an episode: {PROMPT_TOKENS} + {turns - 1} x {FEEDBACK_TOKENS} words + {turns} x ({self.picture} of a "
            f"picture + {self.settings.rl.max_new_tokens} of an answer at most) = {self.tokens:,} tokens",
        )

    # --- memory -----------------------------------------------------------------------------------

    def weights(self) -> list[Line]:
        model, whole = self.model, self.model.weights()
        if self.settings.quantization is not None:
            each = QUANTISED_BYTES[self.settings.quantization]
            linear = sum(inputs * outputs for inputs, outputs in model.linear_layers())
            rest = whole - linear
            text = f"{linear:,} in linear layers x {each:.3f} B + {rest:,} others x {self.weight_bytes} B"
            frozen = linear * each + rest * self.weight_bytes
            return [Line("frozen weights", frozen, text), *self.trained_states()]
        if self.settings.peft is not None:
            text = f"{whole:,} x {self.weight_bytes} B / {self.shards}"
            return [Line("frozen weights", whole * self.weight_bytes / self.shards, text), *self.trained_states()]
        return self.trained_states()

    def trained_states(self) -> list[Line]:
        # by adapters peft keeps float32; all weights are kept as `dtype` says
        each = 4 if self.settings.peft is not None else self.weight_bytes
        what = f"LoRA of rank {self.rank}" if self.settings.peft is not None else "trained weights"
        shared = f"{self.trained:,} x {{}} B / {self.shards}"
        return [
            Line(what, self.trained * each / self.shards, shared.format(each)),
            Line("gradients", self.trained * each / self.shards, shared.format(each)),
            Line("optimiser", self.trained * 2 * each / self.shards, shared.format(2 * each) + " (AdamW: 2 numbers)"),
        ]

    def training(self) -> tuple[Line, ...]:
        model, positions = self.model, self.rows * self.tokens
        layer = 10 * model.hidden + 2 * model.kv_width + 4 * model.intermediate
        held = model.layers if self.settings.rl.gradient_checkpointing else 0
        if held:
            kept = positions * model.hidden * 2 * held
            kept_text = f"{self.rows} x {self.tokens:,} x {model.hidden} x 2 B x {held} layers' inputs"
            once = 1
        else:
            kept, kept_text, once = 0, "not kept: all of each layer is", model.layers
        inside = positions * layer * 2 * once
        head = model.vocabulary * model.hidden * 4 if self.settings.peft is None else 0
        tile = TILE_TOKENS * min(TILE_WORDS, model.vocabulary) * 2 * 2
        whole = self.rows * self.answers * model.vocabulary * 4
        patches = self.settings.env.max_turns * self.picture * model.encoder.merge**2
        pixels = self.rows * patches * 3 * model.encoder.frames * model.encoder.patch**2 * 4
        gathered = 3 * model.hidden * model.intermediate * 2 * 2 if self.shards > 1 else 0
        vllm = self.card.memory * self.settings.vllm.memory_share if self.is_colocated and not self.sleeps else 0.0
        lines = [
            *self.weights(),
            Line("inputs of layers", kept, kept_text),
            Line(
                "inside one layer" if once == 1 else "inside layers",
                inside,
                f"{self.rows} x {self.tokens:,} x (10 x {model.hidden} + 2 x {model.kv_width} + 4 x "
                f"{model.intermediate}) x 2 B x {once}",
            ),
            Line(
                "logits",
                tile + head,
                f"a piece of {TILE_TOKENS} x {TILE_WORDS:,} x 2 B, twice"
                + (f" + the head's gradient {model.vocabulary:,} x {model.hidden} x 4 B" if head else "")
                + f"; whole they would be {self.rows} x {self.answers:,} x {model.vocabulary:,} x 4 B = "
                f"{whole / 1e9:.1f} GB",
            ),
            Line("pictures", pixels, f"{self.rows} x {patches:,} patches x {3 * model.encoder.frames} x 14 x 14 x 4 B"),
        ]
        if gathered:
            text = f"the perceptrons of 2 layers: 2 x 3 x {model.hidden} x {model.intermediate} x 2 B"
            lines.append(Line("gathered weights", gathered, text))
        if vllm:
            lines.append(Line("vLLM", vllm, f"{self.settings.vllm.memory_share} of the card, awake all the time"))
        return (*lines, Line("context", CONTEXT_BYTES, "assumed"))

    @property
    def is_colocated(self) -> bool:
        return self.settings.vllm.mode == "colocate"

    @property
    def sleeps(self) -> bool:
        return self.settings.vllm.sleep

    def generation(self) -> tuple[Line, ...]:
        model, lines = self.model, self.weights()
        if self.settings.vllm.mode == "server":
            return (*lines, Line("context", CONTEXT_BYTES, "assumed; the server's cards are its own"))
        if self.is_colocated:
            share, parallel = self.settings.vllm.memory_share, self.settings.vllm.tensor_parallel
            copy = model.weights() * 2 / parallel
            room = (self.card.memory * share - copy) / (model.cache_values() * 2 / parallel)
            text = (
                f"{share} of the card: {model.weights():,} x 2 B / {parallel} of weights, the rest for "
                f"{max(0, room):,.0f} tokens of cache"
            )
            lines.append(Line("vLLM", self.card.memory * share, text))
            if self.shards > 1 and self.settings.peft is not None:
                text = f"{model.weights():,} x {self.weight_bytes} B: all at once, to merge adapters for vLLM"
                lines.append(Line("gathered weights", model.weights() * self.weight_bytes, text))
        else:
            rows = -(-self.generated_rows // self.settings.rl.generation_chunks)
            cache = rows * self.tokens * model.cache_values() * self.weight_bytes
            text = f"{rows} x {self.tokens:,} x 2 x {model.layers} x {model.kv_width} x {self.weight_bytes} B"
            lines.append(Line("cache", cache, text))
            if self.shards > 1:
                text = f"{model.weights():,} x {self.weight_bytes} B: ds3_gather_for_generation"
                lines.append(Line("gathered weights", model.weights() * self.weight_bytes, text))
        return (*lines, Line("context", CONTEXT_BYTES, "assumed"))

    # --- time -------------------------------------------------------------------------------------

    def time(self) -> tuple[Line, ...]:
        model, weights = self.model, self.model.weights()
        engine = "transformers" if self.settings.vllm.mode == "off" else "vllm"
        parallel = self.settings.vllm.tensor_parallel if self.is_colocated else 1
        rows = self.generated_rows * parallel
        size = 2 if engine == "vllm" else self.weight_bytes
        share = BANDWIDTH_SHARE[engine]
        read = (model.text_weights() + rows * self.tokens / 2 * model.cache_values()) * size / parallel
        write = self.answers * read / (self.card.bandwidth * share)
        asked = self.generated_rows * (self.tokens - self.answers)
        flops = self.card.flops * UTILISATION
        passes = (2 if self.settings.peft is None else 0) + 4 + (2 if self.settings.rl.gradient_checkpointing else 0)
        positions = self.generated_rows * self.tokens
        speed = f"({UTILISATION} x {self.card.flops / 1e12:.0f} Tflop/s)"
        values = f"{model.text_weights():,} + {rows} x {self.tokens:,} / 2 x {model.cache_values():,}"
        purposes = ["2 forward, 2 back through inputs"]
        purposes += [] if self.settings.peft else ["2 for weights"]
        purposes += ["2 for checkpointing"] if self.settings.rl.gradient_checkpointing else []
        return (
            Line(
                "writing answers",
                write,
                f"{self.answers:,} tokens one after the other x ({values}) x {size} B / {parallel} / "
                f"({share} x {self.card.bandwidth / 1e12:.2f} TB/s)",
            ),
            Line("reading prompts", 2 * weights * asked / flops, f"2 x {weights:,} x {asked:,} tokens / {speed}"),
            Line(
                "forward and backward",
                passes * weights * positions / flops,
                f"{passes} x {weights:,} x {positions:,} tokens / {speed}; {', '.join(purposes)}",
            ),
        )
