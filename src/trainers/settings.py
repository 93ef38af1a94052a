"""The settings of a training run: YAML or flags in, checked values out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from spatialenv.errors import FileFormatError, InputError, UnknownNameError, nearest, unknown_name

PRESETS = Path(__file__).parent / "data"

FOR_THE_TINY_MODEL = frozenset({"tiny", "warm_start", "rl", "threads"})
"""What a preset of the tiny model says of that alone: its rates and lengths would spoil any other."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EnvSettings(_Settings):
    """Arguments of `RoomLayoutEnv`, its tasks apart."""

    reward: str | dict[str, Any] = "physics"
    renderer: str | dict[str, Any] = "fast"
    max_turns: int = Field(2, ge=1)
    views: tuple[str | dict[str, Any], ...] = ("top",)
    size: tuple[int, int] = (224, 224)
    labels: bool = True
    mark_violations: bool = False
    mark_relations: bool = False
    mark_moves: bool = False
    feedback: Literal["targets", "moves", "names", "none"] = "moves"
    reward_mode: Literal["delta", "score", "final"] = "delta"
    yaw: Literal["fixed", "free"] | None = None
    actions: Literal["layout", "edits"] = "layout"
    parse_mode: Literal["lenient", "strict"] = "lenient"


class TinySettings(_Settings):
    """Sizes and tokens of the tiny model (`spatialenv.trainers.tiny_vlm.TinyVLMConfig`), for `model` ``"tiny"``.

    `texts` is the number of episodes whose texts its tokenizer is trained on.
    """

    hidden_size: int = Field(128, ge=16)
    layers: int = Field(4, ge=1)
    heads: int = Field(4, ge=1)
    vision_hidden_size: int = Field(64, ge=16)
    vision_layers: int = Field(2, ge=1)
    image_size: int = Field(48, ge=16)
    vocabulary: int = Field(480, ge=128)
    names: Literal["records", "ids"] = "records"
    numbers: Literal["seen", "all"] = "seen"
    smooth_numbers: bool = False
    texts: int = Field(500, ge=1)


class WarmStartSettings(_Settings):
    """The supervised warm start; `steps` 0 skips it.

    Attributes:
        steps: Steps.
        batch_size: Demonstrations a step.
        learning_rate: Greatest learning rate.
        follow: Of the unskilled demonstrator (`spatialenv.trainers.demonstrate.UnskilledDemonstrator`), as are the
            next three.
        inside: Probability that a random coordinate keeps its object inside the room.
        grid: Step in metres of x and y.
        think: What stands between the think tags.
        feedback: Modes of feedback that the demonstrations of a process's batch have in turn, so that one start serves
            several, by the route of text; None for the environment's own.
        demonstrator: Who answers.
        gradient_accumulation_steps: Batches that a step sums up.
    """

    steps: int = Field(600, ge=0)
    batch_size: int = Field(16, ge=1)
    learning_rate: float = Field(2e-3, gt=0)
    follow: float = Field(0.8, ge=0, le=1)
    inside: float = Field(0.97, ge=0, le=1)
    grid: float = Field(0.25, gt=0)
    think: Literal["room", "reach"] = "room"
    feedback: tuple[Literal["targets", "moves", "names", "none"], ...] | None = Field(None, min_length=1)
    demonstrator: str = "unskilled"
    gradient_accumulation_steps: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _every_feedback_is_shown(self) -> WarmStartSettings:
        count = len(self.feedback or ())
        if count > self.batch_size:
            raise ValueError(
                f"feedback names {count} modes, but a batch has {self.batch_size} demonstrations, so that the last "
                f"modes would never be shown; give batch_size {count} or more"
            )
        return self


class RLSettings(_Settings):
    """Improvement by the chosen algorithm; `steps` 0 skips it. `demonstrator` is for ``sft``."""

    steps: int = Field(200, ge=0)
    batch_size: int = Field(64, ge=1)
    group_size: int = Field(8, ge=2)
    learning_rate: float = Field(5e-4, gt=0)
    warmup_steps: int = Field(5, ge=0)
    decay_share: float = Field(0.25, ge=0, le=1)
    max_grad_norm: float = Field(0.3, gt=0)
    adam_beta2: float = Field(0.99, gt=0, lt=1)
    beta: float = Field(0.0, ge=0)
    temperature: float = Field(1.0, gt=0)
    max_new_tokens: int = Field(64, ge=1)
    max_episode_tokens: int = Field(4096, ge=16)
    gradient_accumulation_steps: int = Field(1, ge=1)
    gradient_checkpointing: bool = False
    credit: dict[str, Any] = Field(default_factory=dict)
    generation_chunks: int = Field(1, ge=1)
    save_steps: int = Field(50, ge=0)
    extra: dict[str, Any] = Field(default_factory=dict)
    demonstrator: str = "witness"


class RoundsSettings(_Settings):
    """Rounds of sampling, ranking and learning (``rft``, ``dpo``), which share the steps of `rl`.

    Attributes:
        count: Rounds.
        scenes: Scenes a round; None for as many as the round's steps would have online.
        keep: Best episodes kept of each group (``rft``), or pairs of each history (``dpo``).
        threshold: Least reward of what is kept or chosen.
        margin: Least difference between the rewards of a pair.
        reference: What ``dpo`` compares with: the weights at the start of each round, or of the first.
    """

    count: int = Field(4, ge=1)
    scenes: int | None = Field(None, ge=1)
    keep: int = Field(1, ge=1)
    threshold: float | None = None
    margin: float = Field(0.0, ge=0)
    reference: Literal["round", "start"] = "round"


class ExecutorSettings(_Settings):
    """Where episodes are played (`spatialenv.trainers.executors`)."""

    kind: Literal["serial", "processes", "ray"] = "serial"
    workers: int | None = Field(None, ge=1)
    address: str | None = None


class VLLMSettings(_Settings):
    """Generation by vLLM: in the training processes, or by a server of its own."""

    mode: Literal["off", "colocate", "server"] = "off"
    memory_share: float = Field(0.35, gt=0, le=1)
    tensor_parallel: int = Field(1, ge=1)
    sleep: bool = True
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)


class LoggingSettings(_Settings):
    """Where curves go besides the run folder, and how often episodes are kept to look at."""

    to: tuple[Literal["wandb", "tensorboard", "trackio"], ...] = ()
    samples_every: int = Field(20, ge=0)
    samples: int = Field(4, ge=1)


class WatchSettings(_Settings):
    """Held-out rooms played while reinforcement learning goes on; `every` 0 plays none.

    Attributes:
        every: Steps from one time to the next.
        n: Rooms, the same each time.
        patience: Fewest times before a warning can be given.
        tasks: Where the rooms come from; None for the validation split of the training tasks.
    """

    every: int = Field(0, ge=0)
    n: int = Field(32, ge=1)
    patience: int = Field(3, ge=2)
    tasks: str | dict[str, Any] | None = None


class ToolSettings(_Settings):
    """The route of tools: calls an episode, and when the room is shown (`spatialenv.trainers.tools`)."""

    calls: int = Field(24, ge=1)
    picture: Literal["call", "submit", "none"] = "call"


class EvaluateSettings(_Settings):
    """Held-out evaluation."""

    n: int = Field(256, ge=1)
    batch_size: int = Field(64, ge=1)
    temperature: float = Field(1.0, ge=0)
    constant_rooms: int = Field(400, ge=1)
    max_turns: int | None = Field(None, ge=1)


class RunSettings(_Settings):
    """Everything a run needs.

    Attributes:
        model: ``"tiny"``, a model folder or a hub name.
        tasks: Where training scenes come from.
        held_out: Where evaluation scenes come from; none of them may be trained on.
        seed: Seed of weights, demonstrations, scenes and sampling.
        env: The environment.
        tiny: Sizes and tokens of the tiny model.
        warm_start: The supervised warm start.
        rl: Reinforcement learning.
        evaluate: Held-out evaluation.
        algorithm: How the policy is improved (`spatialenv.trainers.algorithms`).
        rounds: Rounds of those algorithms that sample and then learn from what was kept.
        route: ``"text"``: the model writes a whole answer; ``"tools"``: it calls tools (`LayoutTools`).
        tools: How tools are called, with ``route: tools``.
        pictures: Whether the model is shown pictures; without, models of text alone can be trained.
        executor: Where episodes are played.
        vllm: Generation by vLLM.
        logging: Trackers, and episodes kept to look at.
        watch: Held-out rooms played while training goes on.
        peft: Keyword arguments of `peft.LoraConfig`, or None to train all weights.
        quantization: Load the frozen weights in 4 or 8 bits (QLoRA); wants `peft` and bitsandbytes.
        dtype: Type of the weights.
        threads: Threads of torch on the CPU, or None for its own choice.
    """

    model: str = "tiny"
    tasks: str | dict[str, Any] = "demo/train"
    held_out: str | dict[str, Any] = "demo/test"
    seed: int = Field(0, ge=0)
    env: EnvSettings = EnvSettings()
    tiny: TinySettings = TinySettings()
    warm_start: WarmStartSettings = WarmStartSettings()
    rl: RLSettings = RLSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    algorithm: str = "dr_grpo"
    rounds: RoundsSettings = RoundsSettings()
    route: Literal["text", "tools"] = "text"
    tools: ToolSettings = ToolSettings()
    pictures: bool = True
    executor: ExecutorSettings = ExecutorSettings()
    vllm: VLLMSettings = VLLMSettings()
    logging: LoggingSettings = LoggingSettings()
    watch: WatchSettings = WatchSettings()
    quantization: Literal["4bit", "8bit"] | None = None
    peft: dict[str, Any] | None = None
    dtype: Literal["float32", "bfloat16", "float16", "auto"] = "float32"
    threads: int | None = Field(None, ge=1)

    @field_validator("algorithm")
    @classmethod
    def _algorithm_is_known(cls, name: str) -> str:
        from spatialenv.trainers.algorithms import make_algorithm

        try:
            return make_algorithm(name).name
        except UnknownNameError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _groups_fill_batches(self) -> RunSettings:
        from spatialenv.trainers.algorithms import make_algorithm

        rl = self.rl
        if make_algorithm(self.algorithm).kind == "supervised" or "batch_size" not in rl.model_fields_set:
            return self  # there are no groups, or `resolve` fits the batch to them
        if rl.batch_size % rl.group_size:
            below = rl.batch_size // rl.group_size * rl.group_size
            above = below + rl.group_size
            told = f"{below} or {above}" if below else f"{above}"
            raise ValueError(
                f"`rl`: batch_size {rl.batch_size} must be a multiple of group_size {rl.group_size}; "
                f"give {told}, or another group_size"
            )
        return self

    @model_validator(mode="after")
    def _held_out_rooms_are_others(self) -> RunSettings:
        if self.tasks == self.held_out:
            raise ValueError("held_out must name other rooms than tasks, such as demo/test for demo/train")
        return self


def preset_names() -> list[str]:
    """Return the names of the presets that ship with the package."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def load_settings(source: str | Path | Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> RunSettings:
    """Return the settings of a preset name, a YAML file or a mapping.

    Args:
        source: ``"demo"``, a path ending in .yaml or .yml, or a mapping. What a preset says of the tiny model's
            training is left out where `overrides` name another model, and its ``watch`` where they name an
            algorithm that plays no rooms meanwhile.
        overrides: Values by dotted name that win: ``{"rl.steps": 50}``.

    Raises:
        InputError: If a name or value is not allowed; says which, and what is.
    """
    where = "settings"
    if isinstance(source, Mapping):
        values = dict(source)
    else:
        path = Path(source)
        if path.suffix not in (".yaml", ".yml"):
            if str(source) not in preset_names():
                raise unknown_name("preset", str(source), [*preset_names(), "a path ending in .yaml"])
            path = PRESETS / f"{source}.yaml"
        where = str(path)
        values = _read_yaml(path)
        if path.parent == PRESETS:
            values = _fitting(values, overrides or {})
    for name, value in (overrides or {}).items():
        if value is not None:
            _set(values, name, value)
    try:
        return RunSettings.model_validate(values)
    except ValidationError as error:
        raise InputError(_first_fault(error, where, overrides or {})) from error


def _fitting(values: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a preset without those that are not meant for another model or algorithm."""
    from spatialenv.trainers.algorithms import ALGORITHMS

    left_out: set[str] = set()
    if values.get("model") == "tiny" and overrides.get("model") not in (None, "tiny"):
        left_out |= FOR_THE_TINY_MODEL
    algorithm = overrides.get("algorithm")
    if isinstance(algorithm, str) and algorithm in ALGORITHMS and ALGORITHMS[algorithm].kind != "online":
        left_out.add("watch")
    return {name: value for name, value in values.items() if name not in left_out}


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileFormatError(
            f"the settings file '{path}' could not be read: {error.strerror}; give a file that exists, "
            f"or a preset: {', '.join(preset_names())}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        told = " ".join(str(error).split())
        raise FileFormatError(f"the settings file '{path}' is not YAML: {told}") from error
    if not isinstance(values, dict):
        raise FileFormatError(f"the settings file '{path}' holds a {type(values).__name__}; it must hold a mapping")
    return values


def _set(values: dict[str, Any], name: str, value: Any) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        inner = values.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise InputError(f"setting `{name}` cannot be set: `{parent}` is {inner!r}, not a mapping")
        values[parent] = dict(inner)
        values = values[parent]
    values[last] = value


def _first_fault(error: ValidationError, where: str, overrides: Mapping[str, Any]) -> str:
    fault = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"])
    # a value given beside the file is the caller's own: do not blame the file for it
    names = [name for name, value in overrides.items() if value is not None]
    given = any(place.startswith(name) or name.startswith(place) for name in names)
    prefix = "" if given else f"{where}: "
    if fault["type"] == "extra_forbidden":
        model: type[BaseModel] = RunSettings
        for part in fault["loc"][:-1]:
            inner = model.model_fields[str(part)].annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                model = inner
        known = sorted(model.model_fields)
        hint = nearest(str(fault["loc"][-1]), known)
        return f"{prefix}unknown setting `{place}`;{hint} Known: {', '.join(known)}"
    message = fault["msg"].replace("a valid tuple", "a list, such as [corner, top]")
    if fault["type"] == "value_error":
        return f"{prefix}{f'`{place}`: ' if place else ''}{message.removeprefix('Value error, ')}"
    return f"{prefix}setting `{place}` is {fault['input']!r}: {message}"
