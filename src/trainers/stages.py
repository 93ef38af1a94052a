"""The stages of a run that need a model: warm start, reinforcement learning, evaluation on held-out rooms."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, ProgressCallback, TrainerCallback

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, require
from spatialenv.evaluation import Evaluation, Policy, evaluate
from spatialenv.evaluation.model_policy import ModelPolicy
from spatialenv.trainers.adapters import adapter_config, keep_differentiable
from spatialenv.trainers.algorithms import make_algorithm, resolve, scenes_used
from spatialenv.trainers.callbacks.trackers import hosted_trackers, run_name
from spatialenv.trainers.checks import check_options, try_demonstrator
from spatialenv.trainers.credit import make_credit
from spatialenv.trainers.demonstrate import Demonstrator, make_demonstrator
from spatialenv.trainers.distributed import rows_a_process
from spatialenv.trainers.engines import engine_options
from spatialenv.trainers.executors import make_executor
from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset
from spatialenv.trainers.rounds import Rounds, check_rounds
from spatialenv.trainers.settings import RunSettings
from spatialenv.trainers.supervision import WarmStartConfig, supervised_arguments, warm_start
from spatialenv.trainers.tiny_vlm import TinyVLMConfig, build_tiny_vlm, sample_texts

OnStep = Callable[[int, Mapping[str, float]], None]

HELD_OUT_SEED = 0
"""Seed of the first held-out room; every run is evaluated on the same rooms."""

SEEDS_A_RUN = 10_000_000
"""Runs with different seeds draw their scenes from ranges of this length."""


def first_seed(settings: RunSettings, stage: str) -> int:
    """Return the first scene seed of a stage: the stages of a run share no scene seeds."""
    offset = {"warm_start": 0, "rl": SEEDS_A_RUN // 2, "texts": SEEDS_A_RUN - 10_000}[stage]
    return settings.seed * SEEDS_A_RUN + offset


def demonstrator(settings: RunSettings) -> Demonstrator:
    """Return the demonstrator of the warm start."""
    chosen = settings.warm_start
    if chosen.demonstrator != "unskilled":
        return make_demonstrator(chosen.demonstrator)
    return make_demonstrator(
        "unskilled", follow=chosen.follow, inside=chosen.inside, grid=chosen.grid, think=chosen.think
    )


def shown_demonstrator(settings: RunSettings) -> Demonstrator:
    """Return the demonstrator of the algorithm ``sft``; an unskilled one is that of the warm start."""
    if settings.rl.demonstrator == settings.warm_start.demonstrator:
        return demonstrator(settings)
    return make_demonstrator(settings.rl.demonstrator)


def run_warm_start(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    settings: RunSettings,
    on_step: OnStep,
    folder: Path | None = None,
) -> None:
    """Train `model` in place on demonstrations; `on_step` gets loss, accuracy and seconds.

    Where there is a `folder`, checkpoints are kept in it, and training goes on from the last one there.
    """
    began = time.monotonic()
    settings = resolve(settings)
    chosen = settings.warm_start
    config = WarmStartConfig(
        steps=chosen.steps,
        batch_size=rows_a_process("warm_start.batch_size", chosen.batch_size),
        learning_rate=chosen.learning_rate,
        first_seed=first_seed(settings, "warm_start"),
        demonstrator=demonstrator(settings),
        gradient_accumulation_steps=chosen.gradient_accumulation_steps,
        gradient_checkpointing=settings.rl.gradient_checkpointing,
        bf16=settings.dtype == "bfloat16",
        save_steps=0 if folder is None else settings.rl.save_steps,
        pictures=settings.pictures,
    )
    demonstrations = None
    if settings.route == "tools":
        from spatialenv.trainers.tools.stages import tool_demonstrations

        demonstrations = tool_demonstrations(processor, settings, env_fn(), config)
    torch.manual_seed(settings.seed)
    warm_start(
        model,
        processor,
        warm_start_envs(env_fn, settings),
        config,
        seed=settings.seed,
        on_step=lambda step, figures: on_step(step, {"seconds": time.monotonic() - began, **figures}),
        # the tiny model's random weights must all be trained before adapters beside them make sense
        peft_config=None if settings.model == "tiny" else adapter_config(settings),
        folder=folder,
        demonstrations=demonstrations,
    )


def warm_start_envs(env_fn: Callable[[], RoomLayoutEnv], settings: RunSettings) -> Callable[[], RoomLayoutEnv]:
    """Return what makes the environments of demonstrations: of one mode of feedback after the other, if so set.

    Args:
        env_fn: Makes a training environment; its class, its tasks and its renderer are kept.
        settings: The run's; `warm_start.feedback` names the modes.
    """
    if settings.warm_start.feedback is None:
        return env_fn
    modes = itertools.cycle(settings.warm_start.feedback)
    first = env_fn()

    def make() -> RoomLayoutEnv:
        changed = {"feedback": next(modes), "renderer": first.renderer}
        return type(first)(tasks=first.tasks, **{**settings.env.model_dump(), **changed})

    return make


def build_start(folder: Path, env_fn: Callable[[], RoomLayoutEnv], settings: RunSettings) -> int:
    """Write the tiny model of the settings to a folder, with a tokenizer of texts from demonstrations.

    Args:
        folder: Where the model folder is written.
        env_fn: Makes a training environment.
        settings: The run's: `tiny`, `warm_start` and `seed`.

    Returns:
        The number of weights.

    Raises:
        InputError: If the model's sizes do not go together.
    """
    start = first_seed(settings, "texts")
    rng = random.Random(settings.seed)
    make, modes = warm_start_envs(env_fn, settings), len(settings.warm_start.feedback or [1])
    texts: list[str] = []
    for part in range(modes):
        seeds = range(start + part, start + settings.tiny.texts, modes)
        texts += sample_texts(make(), demonstrator(settings), seeds, rng)
    config = TinyVLMConfig(seed=settings.seed, **settings.tiny.model_dump(exclude={"texts"}))
    return build_tiny_vlm(folder, texts, config)


def supervised_config(settings: RunSettings) -> WarmStartConfig:
    """Return how the algorithm ``sft`` learns from demonstrations.

    Raises:
        InputError: If the settings under `rl` are not allowed.
    """
    chosen = resolve(settings).rl
    return WarmStartConfig(
        steps=chosen.steps,
        batch_size=rows_a_process("rl.batch_size", chosen.batch_size),
        learning_rate=chosen.learning_rate,
        first_seed=first_seed(settings, "rl"),
        max_grad_norm=chosen.max_grad_norm,
        demonstrator=shown_demonstrator(settings),
        schedule="cosine",
        warmup_steps=min(chosen.warmup_steps, chosen.steps // 2),
        gradient_accumulation_steps=chosen.gradient_accumulation_steps,
        gradient_checkpointing=chosen.gradient_checkpointing,
        bf16=settings.dtype == "bfloat16",
        adam_beta2=chosen.adam_beta2,
        extra=chosen.extra,
        save_steps=chosen.save_steps,
        pictures=settings.pictures,
    )


def run_supervised(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    settings: RunSettings,
    on_step: OnStep,
    folder: Path,
) -> None:
    """Train `model` in place by the algorithm ``sft``: demonstrations for the steps under `rl`."""
    began = time.monotonic()
    torch.manual_seed(settings.seed)
    warm_start(
        model,
        processor,
        env_fn,
        supervised_config(settings),
        seed=settings.seed + SEEDS_A_RUN,  # other demonstrations than the warm start's, where both are at random
        on_step=lambda step, figures: on_step(step, {"seconds": time.monotonic() - began, **figures}),
        folder=folder,
    )


def run_rounds(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    settings: RunSettings,
    on_step: OnStep,
    folder: Path,
) -> None:
    """Train `model` in place by the algorithms ``rft`` and ``dpo``, going on from the last whole round in `folder`."""
    check_rounds(settings, folder)
    sampling = settings.model_copy(update={"peft": None, "quantization": None})

    def sampler(policy: Any) -> LayoutGRPOTrainer:
        made: LayoutGRPOTrainer = make_trainer(policy, processor, env_fn, sampling, folder / "sampler")
        return made

    Rounds(model, processor, sampler, settings, folder, first_seed(settings, "rl"), on_step).play()


def check_algorithm(settings: RunSettings, folder: Path) -> None:
    """Find what the libraries below would not accept of the settings, before anything is written or trained.

    Raises:
        InputError: If something is wrong.
    """
    settings = resolve(settings)
    kind = make_algorithm(settings.algorithm).kind
    if kind != "online" and settings.route == "tools":
        raise InputError(f"the algorithm {settings.algorithm!r} takes no route but 'text'; give an online algorithm")
    check_options(settings)
    if kind == "supervised":
        make_credit(settings.rl.credit)
        supervised_arguments(supervised_config(settings), folder)
    else:
        trainer_config(settings, folder)
    if kind == "rounds":
        check_rounds(settings, folder)
    check_demonstrators(settings)


def check_demonstrators(settings: RunSettings) -> None:
    """Let the demonstrators of the run answer a few of its scenes.

    Raises:
        InputError: If there is none of the name, or one gives no answer.
    """
    kind, shows = make_algorithm(settings.algorithm).kind, demonstrator(settings)
    if settings.warm_start.steps and settings.route == "text":
        try_demonstrator(shows, settings, "warm_start.demonstrator", first_seed(settings, "warm_start"))
    if kind == "supervised" and settings.rl.steps:
        shows = shown_demonstrator(settings)
        try_demonstrator(shows, settings, "rl.demonstrator", first_seed(settings, "rl"))


def improve(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    settings: RunSettings,
    on_step: OnStep,
    folder: Path,
) -> Any:
    """Train a model by an algorithm that is not online, and return it, with adapters where the settings want some."""
    adapters = adapter_config(settings)
    if adapters is not None:
        model = require("peft", "train", "training by adapters").get_peft_model(model, adapters)
    train = run_rounds if make_algorithm(settings.algorithm).kind == "rounds" else run_supervised
    train(model, processor, env_fn, settings, on_step, folder)
    return model


def evaluate_model(
    model: Any,
    processor: Any,
    settings: RunSettings,
    name: str,
    progress: Callable[[int, int], None] | None = None,
    **env: Any,
) -> Evaluation:
    """Return what a model does on the held-out rooms of the settings; `env` wins over their environment."""
    chosen = settings.evaluate
    if torch.cuda.is_available():
        model.to("cuda")
    if settings.route == "tools":
        from spatialenv.trainers.tools.stages import evaluate_tool_model

        return evaluate_tool_model(model, processor, settings, name, progress, **env)
    policy = ModelPolicy(
        model,
        processor,
        name=name,
        max_new_tokens=settings.rl.max_new_tokens,
        temperature=chosen.temperature,
        seed=settings.seed,
        batch_size=chosen.batch_size,
        seeding="stream",  # the published results were sampled so
        pictures=settings.pictures,
    )
    return evaluate_policy(policy, settings, progress, **env)


def evaluate_policy(
    policy: Policy, settings: RunSettings, progress: Callable[[int, int], None] | None = None, **env: Any
) -> Evaluation:
    """Return what a policy does on the held-out rooms of the settings; `env` wins over their environment."""
    return evaluate(
        policy,
        settings.held_out,
        n=settings.evaluate.n,
        seed=HELD_OUT_SEED,
        env={**settings.env.model_dump(), **env},
        batch_size=settings.evaluate.batch_size,
        progress=progress or False,
    )


def trainer_config(settings: RunSettings, folder: Path) -> LayoutGRPOConfig:
    """Return the trainer's configuration, or raise InputError if TRL does not accept it.

    What the algorithm says is in it, unless the settings say otherwise.
    """
    settings = resolve(settings)
    chosen = settings.rl
    if make_algorithm(settings.algorithm).kind != "online":  # they only sample; `extra` is for what learns
        chosen = chosen.model_copy(update={"extra": {}, "beta": 0.0})
    on_cpu = not torch.cuda.is_available()
    schedule: dict[str, Any] = {"lr_scheduler_type": "constant_with_warmup"}
    decay_steps = int(chosen.steps * chosen.decay_share)
    if decay_steps:
        schedule = {
            "lr_scheduler_type": "warmup_stable_decay",
            "lr_scheduler_kwargs": {"num_decay_steps": decay_steps, "min_lr_ratio": 0.1},
        }
    values: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": rows_a_process("rl.batch_size", chosen.batch_size),
        "num_generations": chosen.group_size,
        "max_completion_length": chosen.max_new_tokens,
        "max_episode_tokens": chosen.max_episode_tokens,
        "pictures": settings.pictures,
        "max_steps": chosen.steps,
        "learning_rate": chosen.learning_rate,
        "warmup_steps": chosen.warmup_steps,
        "adam_beta2": chosen.adam_beta2,
        "max_grad_norm": chosen.max_grad_norm,
        "gradient_accumulation_steps": chosen.gradient_accumulation_steps,
        "activation_checkpointing": chosen.gradient_checkpointing,
        "beta": chosen.beta,
        "temperature": chosen.temperature,
        "top_k": 0,
        "credit": make_credit(chosen.credit),
        "generation_chunks": chosen.generation_chunks,
        "seed": settings.seed,
        "logging_steps": 1,
        "report_to": hosted_trackers(settings),
        "run_name": run_name(folder),
        "save_strategy": "steps" if chosen.save_steps else "no",
        "save_steps": chosen.save_steps or 500,
        "save_total_limit": 1,
        "use_cpu": on_cpu,
        "bf16": settings.dtype == "bfloat16",
        "remove_unused_columns": False,
        "shuffle_dataset": False,  # seeds in order: the scenes that a run trains on are known beforehand
        "disable_tqdm": True,
        "dataloader_pin_memory": not on_cpu,
        **schedule,
        **engine_options(settings),
        **chosen.extra,
    }
    try:
        return LayoutGRPOConfig(**values)
    except (TypeError, ValueError) as error:
        raise InputError(f"TRL does not accept the settings under `rl`: {error}") from error


def make_trainer(
    model: Any,
    processor: Any,
    env_fn: Callable[[], RoomLayoutEnv],
    settings: RunSettings,
    folder: Path,
    *,
    on_step: OnStep | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    trainer_class: type[LayoutGRPOTrainer] = LayoutGRPOTrainer,
) -> Any:
    """Return the trainer that the settings describe, with TRL's own printing off.

    It is a `LayoutGRPOTrainer`; by the route of tools it is TRL's own, on environments with tools.
    """
    steps = [_Steps(on_step)] if on_step is not None else []
    keep_differentiable(model)
    if settings.route == "tools":
        from spatialenv.trainers.tools.stages import make_tool_trainer

        tasks = env_fn().tasks
        return make_tool_trainer(model, processor, settings, folder, tasks=tasks, callbacks=[*callbacks, *steps])
    # one generation more than is used, as TRL wants whole ones to draw from
    chosen = resolve(settings).rl
    parts = int(chosen.extra.get("steps_per_generation") or chosen.gradient_accumulation_steps)
    scenes = scenes_used(settings) + parts * chosen.batch_size // chosen.group_size
    executor = None
    if settings.executor.kind != "serial":
        executor = make_executor(settings.executor, settings.env.model_dump(), env_fn().tasks)
    trainer = trainer_class(
        model=model,
        env_fn=env_fn,
        args=trainer_config(settings, folder),
        processing_class=processor,
        train_dataset=seed_dataset(scenes, first_seed(settings, "rl")),
        executor=executor,
        peft_config=adapter_config(settings),
        callbacks=[*callbacks, *steps],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


class _Steps(TrainerCallback):
    """Hands TRL's logs to a function, with the seconds since training began."""

    def __init__(self, on_step: OnStep) -> None:
        self.on_step = on_step
        self.began = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start the clock."""
        self.began = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Pass the numbers on."""
        if logs is not None and "loss" in logs:  # where a generation serves several steps, one of them has rewards
            figures = {name: float(value) for name, value in logs.items() if isinstance(value, (int, float))}
            self.on_step(int(state.global_step), {**figures, "seconds": time.monotonic() - self.began})
