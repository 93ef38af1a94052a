"""What `test_ranks.py` runs on two processes: two steps whose episodes end at different turns on each rank."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.model_policy import load_vlm
from spatialenv.evaluation.policy import RandomPolicy
from spatialenv.trainers.credit import turn_credits
from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset

# three rows a rank in groups of two, so that the middle group spans the ranks; w ends an episode, r seldom does
PLAN = (("w", "rw", "w"), ("rrw", "rrrw", "rrrw"))


class RankTrainer(LayoutGRPOTrainer):
    """Plays by the plan, really generating, and compares its credits with those of all scores."""

    calls: list[int]

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls = []
        output = super()._generate_and_score_completions(inputs)
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        everyone: list[Any] = [None] * world
        mine = (self.episode_scores(), [int(row["seed"]) for row in inputs], self.calls)
        dist.all_gather_object(everyone, mine)
        seeds = [seed for _, row_seeds, _ in everyone for seed in row_seeds]
        assert [seeds[i] == seeds[i + 1] for i in (0, 2, 4)] == [True] * 3, seeds
        assert len(set(seeds)) == 3, seeds
        calls = [row_calls for _, _, row_calls in everyone]
        assert all(row_calls == calls[0] for row_calls in calls), calls
        credits = turn_credits([scores for row, _, _ in everyone for scores in row], 2, self.args.credit)
        for row, rollout in enumerate(self.rollouts):
            wanted = credits[rank * len(self.rollouts) + row]
            assert len(wanted) == len(rollout.seat.episode().turns)
            for turn, credit in enumerate(wanted):
                found = {
                    float(output["advantages"][row, column])
                    for column, segment in enumerate(rollout.segments)
                    if segment is not None and segment[0] == turn
                }
                expected = (*credit.numbers.values(), credit.other)
                far = [value for value in expected if min(abs(value - other) for other in found) > 1e-6]
                far += [value for value in found if min(abs(value - other) for other in expected) > 1e-6]
                assert not far, (rank, row, turn, found, credit)
        return output

    def _generate_single_turn(self, histories: Any, images: Any, fields: Any, num_generations: int) -> Any:
        sampled, logprobs = super()._generate_single_turn(histories, images, fields, num_generations)
        self.calls.append(len(histories))
        plan = PLAN[self.accelerator.process_index]
        for index, row in enumerate([i for i, rollout in enumerate(self.rollouts) if rollout.is_open]):
            env = self.rollouts[row].seat
            turn = len(env.episode().turns)
            layout = RandomPolicy(seed=row).layout(env.scene, turn) if plan[row][turn] == "r" else env.scene.witness
            sampled[index] = self.chat.encode(write_answer(layout))
        return sampled, logprobs


def main(model_folder: str, output: str) -> None:
    torch.set_num_threads(1)
    model, processor = load_vlm(model_folder)
    trainer = RankTrainer(
        model=model,
        env_fn=lambda: RoomLayoutEnv(tasks="medium", max_turns=4, views=("top",), size=(32, 32), labels=False),
        args=LayoutGRPOConfig(
            output_dir=output,
            per_device_train_batch_size=3,
            num_generations=2,
            max_completion_length=6,
            max_steps=2,
            learning_rate=1e-3,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            gradient_checkpointing=False,
            remove_unused_columns=False,
            logging_steps=1,
        ),
        processing_class=processor,
        train_dataset=seed_dataset(12, 30),
    )
    before = sum(weight.double().abs().sum().item() for weight in model.parameters())
    trainer.train()
    rank = trainer.accelerator.process_index
    found = {
        "ranks": trainer.accelerator.num_processes,
        "steps": trainer.state.global_step,
        "calls": trainer.calls,
        "before": before,
        "weights": [weight.double().sum().item() for weight in model.parameters()],
        "after": sum(weight.double().abs().sum().item() for weight in model.parameters()),
        "first_formed": [row["first/format_rate"] for row in trainer.state.log_history if "loss" in row],
    }
    Path(output, f"rank{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()


if __name__ == "__main__":
    faulthandler.dump_traceback_later(200, exit=True)  # a deadlock says where, and leaves no process behind
    try:
        main(*sys.argv[1:])
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # at once, so that the other rank does not wait for this one
