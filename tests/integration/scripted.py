"""A trainer whose model says what a test wants, and what tests of the trainer make it of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from spatialenv.core.layout import Layout
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.model_policy import load_vlm
from spatialenv.evaluation.policy import RandomPolicy
from spatialenv.trainers.executors import Seat
from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset
from spatialenv.trainers.rollout import Rollout

ENV: dict[str, Any] = {
    "tasks": "easy",
    "renderer": "fast",
    "max_turns": 3,
    "views": ("top",),
    "size": (32, 32),
    "labels": False,
}


def colliding(seat: Seat, turn: int) -> Layout:
    """A layout whose second object stands in the first: by seat and turn, the same each time, no two alike."""
    poses = dict(RandomPolicy(seed=seat.row).layout(seat.scene, turn))
    first, second = seat.scene.ids[:2]
    poses[second] = replace(poses[first], x=poses[first].x + 0.05 + 0.1 * seat.row + 0.02 * turn)
    return Layout.from_mapping(poses)


class ScriptedTrainer(LayoutGRPOTrainer):
    """Answers by `script`, a function of seat and turn; keeps what each step was made of.

    The engine is run all the same, so that its random numbers are drawn.
    """

    script: Callable[[Seat, int], Layout | str] = staticmethod(colliding)
    is_engine_run = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked: Sequence[Rollout] = ()
        self.calls: list[int] = []
        self.outputs: list[dict[str, Any]] = []
        self.played: list[list[Rollout]] = []

    def say(self, rollout: Rollout) -> list[int]:
        """The ids of the next answer of a rollout."""
        said = self.script(rollout.seat, rollout.turns)
        return self.chat.encode(said if isinstance(said, str) else write_answer(said))

    def _sample(self, rollouts: Sequence[Rollout]) -> Any:
        self.asked = rollouts
        self.calls.append(len(rollouts))
        return super()._sample(rollouts)

    def _generate_single_turn(self, histories: Any, images: Any, fields: Any, num_generations: int) -> Any:
        if self.is_engine_run:
            super()._generate_single_turn(histories, images, fields, num_generations)
        return [self.say(rollout) for rollout in self.asked], None

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)
        self.outputs.append(dict(output))
        self.played.append(list(self.rollouts))
        return output


def make_scripted(
    folder: Path,
    model_folder: Path,
    *,
    kind: type[ScriptedTrainer] = ScriptedTrainer,
    loaded: tuple[Any, Any] | None = None,
    env: dict[str, Any] | None = None,
    steps: int = 1,
    **options: Any,
) -> ScriptedTrainer:
    """A trainer of four episodes a step in groups of two; `options` are those of the configuration or the trainer."""
    torch.set_num_threads(1)
    model, processor = loaded or load_vlm(model_folder)
    own = {name: options.pop(name) for name in ("executor", "reward_funcs") if name in options}
    values: dict[str, Any] = {
        "per_device_train_batch_size": 4,
        "num_generations": 2,
        "max_completion_length": 8,
        "max_steps": steps,
        "learning_rate": 1e-2,
        "logging_steps": 1,
        "report_to": [],
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "shuffle_dataset": False,
        **options,
    }
    return kind(
        model=model,
        env_fn=None if "executor" in own else lambda: RoomLayoutEnv(**{**ENV, **(env or {})}),
        args=LayoutGRPOConfig(output_dir=str(folder), **values),
        processing_class=processor,
        train_dataset=seed_dataset(40, 50),
        **own,
    )


def logged(trainer: Any, name: str) -> list[float]:
    """The values of a curve."""
    return [row[name] for row in trainer.state.log_history if name in row]
