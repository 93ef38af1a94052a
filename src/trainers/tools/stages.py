"""The route of tools in a run: TRL's stock trainer on environments with tools, and held-out rooms played by calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PrinterCallback, ProgressCallback, TrainerCallback
from trl import GRPOTrainer

from spatialenv.core.episode import Episode
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation import Evaluation
from spatialenv.evaluation.loading import check_model
from spatialenv.tasks import TaskSpec
from spatialenv.trainers.adapters import adapter_config
from spatialenv.trainers.algorithms import make_algorithm, resolve, scenes_used
from spatialenv.trainers.callbacks.checkpoints import ExactCheckpoints
from spatialenv.trainers.settings import RunSettings
from spatialenv.trainers.supervision import WarmStartConfig
from spatialenv.trainers.tools.chat import ToolChat, check_tool_model, vision_ids
from spatialenv.trainers.tools.environments import ToolEnvironment, episode_of
from spatialenv.trainers.tools.factory import LayoutToolsFactory, layout_tools, log_episodes, tool_dataset
from spatialenv.trainers.tools.policy import ToolPolicy
from spatialenv.trainers.tools.supervision import ToolDemonstrations
from spatialenv.trainers.tools.texts import PictureMode


def check_tool_settings(settings: RunSettings) -> None:
    """Refuse what the route of tools cannot do, before anything is written or trained.

    Raises:
        InputError: If a setting and ``route: tools`` do not go together, or the model cannot be trained by tools.
    """
    algorithm = make_algorithm(settings.algorithm)
    level = settings.rl.credit.get("level", "trajectory")
    for is_refused, told in (
        (settings.model == "tiny", "the tiny model knows no tools; name a model made for tools, such as a Qwen3-VL"),
        (
            algorithm.kind != "online",
            f"`algorithm` is {algorithm.name!r}; choose a policy gradient, as 'dr_grpo'",
        ),
        (
            level != "trajectory",
            f"`rl.credit.level` is {level!r}; TRL's stock trainer gives all tokens of an episode one advantage: "
            "leave `rl.credit` out",
        ),
        (
            settings.executor.kind != "serial",
            f"`executor.kind` is {settings.executor.kind!r}; calls are played in the training process: use 'serial'",
        ),
    ):
        if is_refused:
            raise InputError(f"`route` is 'tools', and {told}; or use `route: text`")
    tool_factory(settings)
    check_tool_model(check_model(settings.model, pictures=settings.pictures), pictures=picture_mode(settings) != "none")


def picture_mode(settings: RunSettings) -> PictureMode:
    """Return when the model is shown the room."""
    return settings.tools.picture if settings.pictures else "none"


def tool_factory(settings: RunSettings, tasks: TaskSpec | None = None) -> LayoutToolsFactory:
    """Return what makes environments with tools by the settings, on their tasks unless others are given."""
    options = settings.env.model_dump(exclude={"actions", "max_turns"})
    return layout_tools(
        settings.tasks if tasks is None else tasks,
        picture=picture_mode(settings),
        max_turns=settings.tools.calls,
        **options,
    )


def tool_demonstrations(
    processor: Any, settings: RunSettings, env: RoomLayoutEnv, config: WarmStartConfig
) -> ToolDemonstrations:
    """Return demonstrations of calls for the warm start; `env` gives tasks, reward and renderer."""
    factory = tool_factory(settings, env.tasks)
    options = settings.env.model_dump(exclude={"reward", "renderer"})
    options |= {"actions": "edits", "max_turns": settings.tools.calls}
    return ToolDemonstrations(
        lambda: RoomLayoutEnv(env.tasks, reward=env.reward, renderer=env.renderer, **options),
        ToolChat(processor, factory.tools, pictures=factory.picture != "none"),
        config.demonstrator,
        picture=factory.picture,
        seed=settings.seed,
        first_seed=config.first_seed,
    )


def make_tool_trainer(
    model: Any,
    processor: Any,
    settings: RunSettings,
    folder: Path,
    *,
    tasks: TaskSpec | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> ToolGRPOTrainer:
    """Return TRL's trainer on environments with tools, by the settings.

    Raises:
        InputError: If the model cannot be trained by tools, or TRL does not accept the settings.
    """
    from spatialenv.trainers.stages import first_seed, trainer_config

    check_tool_model(processor, pictures=picture_mode(settings) != "none")
    chosen = resolve(settings).rl
    suppressed = vision_ids(model.config)
    generation = {"max_new_tokens": chosen.max_new_tokens}
    extra = {
        # TRL counts the whole episode after its prompt, the environment's words and pictures too
        "max_completion_length": chosen.max_episode_tokens,
        "max_tool_calling_iterations": settings.tools.calls,
        "generation_kwargs": {**generation, **({"suppress_tokens": suppressed} if suppressed else {})},
        "reward_weights": [0.0],
        "gradient_checkpointing": chosen.gradient_checkpointing,
        **chosen.extra,
    }
    args = trainer_config(settings.model_copy(update={"rl": chosen.model_copy(update={"extra": extra})}), folder)
    factory: Any = tool_factory(settings, tasks)  # TRL's annotation knows no rows of a dataset
    parts = int(chosen.extra.get("steps_per_generation") or chosen.gradient_accumulation_steps)
    scenes = scenes_used(settings) + parts * chosen.batch_size // chosen.group_size
    trainer = ToolGRPOTrainer(
        model=model,
        reward_funcs=[log_episodes],
        args=args,
        processing_class=processor,
        train_dataset=tool_dataset(scenes, first_seed(settings, "rl")),
        environment_factory=factory,
        peft_config=adapter_config(settings),
        callbacks=list(callbacks),
    )
    trainer.remember("tasks", factory.rules.tasks)
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


def evaluate_tool_model(
    model: Any,
    processor: Any,
    settings: RunSettings,
    name: str,
    progress: Callable[[int, int], None] | None = None,
    **env: Any,
) -> Evaluation:
    """Return what a model does with tools on the held-out rooms of the settings; `env` wins over their environment."""
    from spatialenv.trainers.stages import evaluate_policy

    chosen = resolve(settings).rl
    factory = tool_factory(settings)
    policy = ToolPolicy(
        model,
        processor,
        yaw=factory.rules.yaw,
        picture=factory.picture,
        name=name,
        max_new_tokens=chosen.max_new_tokens,
        max_episode_tokens=chosen.max_episode_tokens,
        temperature=settings.evaluate.temperature,
        seed=settings.seed,
        batch_size=settings.evaluate.batch_size,
    )
    return evaluate_policy(policy, settings, progress, **{"max_turns": settings.tools.calls, **env, "actions": "edits"})


@dataclass(frozen=True, slots=True)
class ToolSeat:
    """An episode of the trainer's batch, as `Seat` is one of the route of text."""

    environment: ToolEnvironment

    def episode(self) -> Episode:
        """Return its record."""
        return episode_of(self.environment)


class ToolGRPOTrainer(ExactCheckpoints, GRPOTrainer):
    """TRL's trainer as it is, but for whole checkpoints and records of the episodes it has played."""

    environments: Any

    @property
    def seats(self) -> list[ToolSeat]:
        """The episodes of the last batch."""
        return [ToolSeat(environment) for environment in self.environments or ()]
