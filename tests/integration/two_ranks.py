"""What `test_ranks.py` runs on two processes and on one: the same global batches, with every gradient kept.

Answers are put in the model's mouth; episodes end at different turns on each rank, and groups span the ranks. Libraries
are imported once: torchrun's own agent then starts each pair of processes by a fork.
"""

from __future__ import annotations

import faulthandler
import gc
import inspect
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
import torch.distributed as dist
from accelerate.utils import gather_object
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from trl.generation.vllm_generation import VLLMGeneration
from trl.trainer import grpo_trainer

from spatialenv.cli.app import run
from spatialenv.core.layout import Layout
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.model_policy import load_vlm
from spatialenv.evaluation.policy import RandomPolicy
from spatialenv.trainers import run as training
from spatialenv.trainers.credit import CREDIT_LEVELS, CreditConfig
from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset
from spatialenv.trainers.rollout import Rollout

# six rows in groups of two, so that with three rows a rank the middle group spans the ranks; w ends an
# episode, r does not
PLAN = ("w", "rw", "w", "rrw", "rrr", "rw")

ENV: dict[str, Any] = {
    "tasks": "easy",
    "max_turns": 3,
    "views": ("top",),
    "size": (32, 32),
    "labels": False,
    "reward_mode": "score",  # so that returns differ between episodes that all end well
}

CASES: dict[str, dict[str, Any]] = {
    "dr_grpo": {"loss_type": "dr_grpo", "max_steps": 2},  # here the model really generates before it is given its words
    "bnpo": {"loss_type": "bnpo"},
    "gspo": {"loss_type": "grpo", "importance_sampling_level": "sequence", "num_iterations": 2, "max_steps": 2},
    "engine": {
        "loss_type": "dr_grpo",
        "use_vllm": True,
        "vllm_mode": "server",
        "vllm_importance_sampling_correction": False,
        "generation_chunks": 2,
    },
    "grpo_turn": {"loss_type": "grpo", "credit": CreditConfig(level="turn")},
    "dapo_accumulated_object": {
        "loss_type": "dapo",
        "gradient_accumulation_steps": 2,
        "credit": CreditConfig(level="object"),
    },
    "cispo_parts": {"loss_type": "cispo", "credit": CreditConfig(level="parts")},
}
"""TRL's options of each run; one step and the credit level ``trajectory`` where no others are named."""
assert {"trajectory"} | {case["credit"].level for case in CASES.values() if "credit" in case} == set(CREDIT_LEVELS)


class Found(NamedTuple):
    """What a run left: gradients before clipping at each step, and weights at the end, by parameter."""

    ranks: int
    calls: list[int]
    random_state: list[int]
    seeds: list[int]
    turns: list[int]
    gradients: list[dict[str, torch.Tensor]]
    weights: dict[str, torch.Tensor]


def through_the_wall(layout: Layout, x: float) -> Layout:
    """Return the layout with its first object half outside the room, so that it does not end an episode."""
    (name, pose), *others = layout.items()
    return Layout.of({name: replace(pose, x=x), **dict(others)})


class EngineStandIn:
    """vLLM as TRL calls it: takes the prompts of all ranks and shares answers out as a server's client does.

    An answer is the end of its prompt.
    """

    def __init__(self, **options: Any) -> None:
        inspect.signature(VLLMGeneration.__init__).bind(None, **options)
        self.accelerator = options["accelerator"]
        self.generation_kwargs = options["generation_kwargs"] or {}
        self.vllm_client = None

    def sync_weights(self) -> None:
        """Take no weights."""

    def generate(self, prompts: Any, images: Any, num_generations: int, profiler: Any = None) -> Any:
        """Answer."""
        everyone = gather_object(prompts)
        assert len(everyone) == len(prompts) * self.accelerator.num_processes
        assert len(images) == len(prompts)
        first = self.accelerator.process_index * len(prompts)
        answers = [prompt[-3:] for prompt in everyone][first : first + len(prompts)]
        return prompts, answers, [[[-1.0] for _ in answer] for answer in answers], None


assert list(inspect.signature(EngineStandIn.generate).parameters) == list(
    inspect.signature(VLLMGeneration.generate).parameters
)


class RankTrainer(LayoutGRPOTrainer):
    """Plays by the plan; `samples` says whether the model generates before its words are replaced."""

    samples = False

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls: list[int] = []
        self.random_state: list[int] = torch.random.get_rng_state().tolist()
        output = super()._generate_and_score_completions(inputs)
        self.seeds: list[int] = gather_object([int(row["seed"]) for row in inputs])
        self.turns: list[int] = gather_object([rollout.turns for rollout in self.rollouts])
        return output

    def _sample(self, rollouts: Sequence[Rollout]) -> Any:
        sampled: list[list[int]] = [[] for _ in rollouts]
        if self.samples:
            sampled, _ = super()._sample(rollouts)
        if self.use_vllm:
            assert sampled == [rollout.history[-3:] for rollout in rollouts]  # each row got its own answer
        self.calls.append(len(rollouts))
        first = self.accelerator.process_index * len(self.rollouts)
        for index, rollout in enumerate(rollouts):
            if not rollout.is_open:  # it keeps pace with a busier rank
                continue
            row = first + next(row for row, other in enumerate(self.rollouts) if other is rollout)
            turn, plan = rollout.turns, PLAN[row % len(PLAN)]
            layout = rollout.seat.scene.witness
            if plan[turn] == "r":
                layout = through_the_wall(RandomPolicy(seed=row).layout(rollout.seat.scene, turn), 0.05 * row)
            sampled[index] = self.chat.encode(write_answer(layout))
        return sampled, [[-1.0] * len(ids) for ids in sampled] if self.use_vllm else None

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        loss = super().training_step(*args, **kwargs)
        if self.accelerator.sync_gradients:
            weights = self.accelerator.unwrap_model(self.model).named_parameters()
            kept = {name: weight.grad.clone() for name, weight in weights if weight.grad is not None}
            self.gradients: list[dict[str, torch.Tensor]] = [*getattr(self, "gradients", []), kept]
        return loss


def run_case(name: str, model_folder: str, output: str) -> Found:
    """Train as a case says, on as many processes as there are."""
    options = {"credit": CreditConfig(level="trajectory"), "max_steps": 1, **CASES[name]}
    world = int(os.environ.get("WORLD_SIZE", "1"))
    model, processor = load_vlm(model_folder)
    grpo_trainer.VLLMGeneration = EngineStandIn
    trainer = RankTrainer(
        model=model,
        env_fn=lambda: RoomLayoutEnv(**ENV),
        args=LayoutGRPOConfig(
            output_dir=output,
            per_device_train_batch_size=len(PLAN) // world,
            num_generations=2,
            max_completion_length=6,
            learning_rate=0.1,
            lr_scheduler_type="constant",
            optim="sgd",  # Adam would turn the rounding of a gradient that is zero into a whole step
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            gradient_checkpointing=False,
            remove_unused_columns=False,
            logging_steps=1,
            **options,
        ),
        processing_class=processor,
        train_dataset=seed_dataset(24, 30),
    )
    trainer.samples = name in ("dr_grpo", "engine")
    trainer.train()
    assert trainer.state.global_step == options["max_steps"]
    weights = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    ranks = trainer.accelerator.num_processes
    return Found(ranks, trainer.calls, trainer.random_state, trainer.seeds, trainer.turns, trainer.gradients, weights)


def find(model_folder: str, output: str) -> None:
    """Run every case and leave what was found in ``rank<n>.pt``."""
    found = {name: run_case(name, model_folder, output)._asdict() for name in CASES}
    torch.save(found, Path(output, f"rank{dist.get_rank()}.pt"))
    dist.destroy_process_group()


def train(settings: str, folder: str, steps: int, dies_at: int | None = None) -> None:
    """Play a run by the command; the second process is killed in the midst of step `dies_at`."""
    step = LayoutGRPOTrainer.training_step

    def training_step(self: LayoutGRPOTrainer, *args: Any, **kwargs: Any) -> Any:
        if self.state.global_step + 1 == dies_at and self.accelerator.process_index == 1:
            Path(f"{folder}.killed").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, *args, **kwargs)

    LayoutGRPOTrainer.training_step = training_step
    training.fit_constant = lambda rooms, seed: RandomPolicy(seed)  # the search for the best one takes seconds
    assert run(["train", settings, "--output", folder, "--set", f"rl.steps={steps}"]) == 0


def launch(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function on two processes, as torchrun starts them."""
    rendezvous = {"rdzv_backend": "c10d", "rdzv_endpoint": "localhost:0", "run_id": "two"}
    config = LaunchConfig(1, 1, nproc_per_node=2, max_restarts=0, start_method="fork", **rendezvous)
    elastic_launch(config, function)(*arguments)


def main(model_folder: str, output: str, settings: str, folder: str) -> None:
    """Run the cases; then a run that loses a process, and goes on."""
    torch.set_num_threads(1)
    gc.freeze()  # or each end of a training searches all modules for garbage
    launch(find, model_folder, output)
    with pytest.raises(ChildFailedError) as lost:
        launch(train, settings, folder, 3, 3)
    assert Path(f"{folder}.killed").is_file()
    # the agent tells of whom it saw first: the one that was killed, or the other, which then lost its connection
    ends = {(each.local_rank, each.exitcode) for each in lost.value.failures.values()}
    assert ends
    assert ends <= {(1, -signal.SIGKILL), (0, 1)}
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # the other one is gone, too
    launch(train, settings, folder, 3)


if __name__ == "__main__":
    faulthandler.dump_traceback_later(200, exit=True)  # a deadlock says where, and leaves no process behind
    main(*sys.argv[1:])
