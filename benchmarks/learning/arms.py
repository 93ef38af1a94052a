"""The arms of the study: what each seed's warm start becomes under each kind of further training."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import torch

from spatialenv.core.episode import Episode
from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.model_policy import load_vlm
from spatialenv.formats import load_episodes, save_episodes
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.tasks import make_tasks
from spatialenv.trainers.credit import TurnScores
from spatialenv.trainers.grpo import LayoutGRPOTrainer
from spatialenv.trainers.settings import RunSettings
from spatialenv.trainers.stages import SEEDS_A_RUN, demonstrator, evaluate_model, first_seed, make_trainer
from spatialenv.trainers.supervision import WarmStartConfig, warm_start

CONTINUED_LEARNING_RATE = 3e-4


class ShuffledTrainer(LayoutGRPOTrainer):
    """Hands each episode the scores of another one of its group: the same numbers, no information."""

    def episode_scores(self) -> list[list[TurnScores]]:
        """Return the episodes' scores, permuted within each group."""
        scores = super().episode_scores()
        if not hasattr(self, "_permutations"):
            self._permutations = random.Random(self.args.seed)
        shuffled: list[list[TurnScores]] = []
        for start in range(0, len(scores), self.num_generations):
            group = scores[start : start + self.num_generations]
            self._permutations.shuffle(group)
            shuffled += group
        return shuffled


class EmptyRoomRenderer(Renderer):
    """Shows the empty room whatever stands in it."""

    name = "empty-room"
    version = "empty-room-1"

    def __init__(self) -> None:
        self._inner = make_renderer("fast")

    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        """Return the views of the room without its objects."""
        return self._inner.render(PlacedScene(placed.scene, Layout()), *request, **options)


def continued_supervision(settings: RunSettings, run: Path, seconds: float) -> tuple[Any, Any, dict[str, float]]:
    """Train the warm start on more demonstrations for the time that reinforcement learning took."""
    model, processor = load_vlm(run / "checkpoints" / "warm_start")
    tasks = make_tasks(settings.tasks)
    config = WarmStartConfig(
        steps=1_000_000,
        batch_size=settings.warm_start.batch_size,
        learning_rate=CONTINUED_LEARNING_RATE,
        first_seed=first_seed(settings, "rl"),
        seconds=seconds,
        demonstrator=demonstrator(settings),
    )
    began = time.monotonic()
    torch.manual_seed(settings.seed + 1)
    steps = warm_start(
        model,
        processor,
        lambda: RoomLayoutEnv(tasks=tasks, **settings.env.model_dump()),
        config,
        seed=settings.seed + SEEDS_A_RUN,
    )
    return model, processor, {"steps": steps, "seconds": time.monotonic() - began}


def shuffled_rewards(settings: RunSettings, run: Path, folder: Path) -> tuple[Any, Any, dict[str, float]]:
    """Train the warm start as the run did, with the scores permuted within each group."""
    model, processor = load_vlm(run / "checkpoints" / "warm_start")
    tasks = make_tasks(settings.tasks)
    trainer = make_trainer(
        model,
        processor,
        lambda: RoomLayoutEnv(tasks=tasks, **settings.env.model_dump()),
        settings,
        folder,
        trainer_class=ShuffledTrainer,
    )
    began = time.monotonic()
    trainer.train()
    trained = trainer.accelerator.unwrap_model(trainer.model)
    return trained, processor, {"steps": settings.rl.steps, "seconds": time.monotonic() - began}


def arm_episodes(settings: RunSettings, run: Path, arm: str, rl_seconds: float) -> tuple[list[Episode], dict[str, Any]]:
    """Return the held-out episodes of an arm and its facts; made once and kept in the run folder."""
    folder = run / "arms"
    episodes_file, facts_file = folder / f"{arm}.jsonl", folder / f"{arm}.json"
    if facts_file.is_file():
        return load_episodes(episodes_file, pictures=False), json.loads(facts_file.read_text())
    facts: dict[str, Any]
    if arm == "continued_supervision":
        model, processor, facts = continued_supervision(settings, run, rl_seconds)
        evaluation = evaluate_model(model, processor, settings, arm)
    elif arm == "shuffled_rewards":
        model, processor, facts = shuffled_rewards(settings, run, folder / arm)
        evaluation = evaluate_model(model, processor, settings, arm)
    else:
        model, processor = load_vlm(run / "checkpoints" / "final")
        renderer = make_renderer("blank") if arm == "after_grey_pictures" else EmptyRoomRenderer()
        facts = {"steps": 0, "seconds": 0.0}
        evaluation = evaluate_model(model, processor, settings, arm, renderer=renderer)
    folder.mkdir(exist_ok=True)
    save_episodes(episodes_file, evaluation.episodes)
    facts_file.write_text(json.dumps({**facts, "summary": evaluation.summary}))
    return list(evaluation.episodes), {**facts, "summary": evaluation.summary}
