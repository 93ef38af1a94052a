"""Runs the adapter in verl's own code, from configuration to reward manager: writes what came of it as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from tensordict import TensorDict
from verl import DataProto
from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage
from verl.trainer.ppo.reward import load_reward_manager

import spatialenv.rewards.adapters.verl as module

PACKAGE = "pkg://spatialenv.rewards.adapters.verl"


class Characters:
    """A tokenizer whose tokens are characters."""

    def decode(self, ids: Any, skip_special_tokens: bool = True) -> str:
        """Return the text of the ids."""
        return "".join(chr(int(i)) for i in ids)


def batch(rows: list[dict[str, Any]]) -> DataProto:
    """Return texts and scenes as verl's rollout hands them to a reward manager."""
    longest = max(len(row["text"]) for row in rows)
    responses = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest + 1, dtype=torch.long)
    mask[:, 0] = 1  # a prompt of one token
    for index, row in enumerate(rows):
        responses[index, : len(row["text"])] = torch.tensor([ord(c) for c in row["text"]], dtype=torch.long)
        mask[index, 1 : 1 + len(row["text"])] = 1
    prompts = torch.ones(len(rows), 1, dtype=torch.long)
    tensors = TensorDict({"prompts": prompts, "responses": responses, "attention_mask": mask}, batch_size=len(rows))
    columns = {
        "data_source": ["rooms"] * len(rows),
        "reward_model": [{"ground_truth": row["scene"], "style": "rule"} for row in rows],
        "extra_info": [{"index": index} for index in range(len(rows))],
    }
    arrays = {name: np.array(column, dtype=object) for name, column in columns.items()}
    return DataProto(batch=tensors, non_tensor_batch=arrays)


def score(rows: list[dict[str, Any]], path: str, manager: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return what the reward manager that verl makes of a configuration gives for each row."""
    config = OmegaConf.create(
        {
            "reward": {
                "custom_reward_function": {"path": path, "name": "compute_score", "reward_kwargs": kwargs},
                "reward_manager": {"source": "register", "name": manager},
                "reward_kwargs": {},
            },
            "algorithm": {"gdpo_reward_keys": ["collision", "boundary"]},
        }
    )

    async def run() -> list[dict[str, Any]]:
        made = load_reward_manager(config, Characters())
        data = batch(rows)
        return list(await asyncio.gather(*(made.run_single(data[i : i + 1]) for i in range(len(rows)))))

    try:
        return {"scores": asyncio.run(run())}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Score the rows of the file that is named."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rows, broken = given["rows"], given["broken"]
    summed = {"reward": {"weighted_sum": {"collision": 0.5, "boundary": 0.5}}, "yaw": "fixed"}
    results = {
        "package": score(rows, PACKAGE, "naive", {}),
        "file": score(rows, module.__file__, "naive", {"reward": "collision"}),
        "summed": score(rows, PACKAGE, "naive", summed),
        "broken": score(broken, PACKAGE, "naive", {}),
        "misnamed": score(rows, PACKAGE, "naive", {"reward": "colision"}),
    }
    mask = torch.ones(4, 1)
    rewards = torch.tensor([[1.0], [float("nan")], [0.0], [0.5]])
    advantages, _ = compute_grpo_outcome_advantage(rewards, mask, np.array(["a", "a", "b", "b"]))
    results["nan"] = torch.isnan(advantages).any(dim=1).tolist()
    Path(sys.argv[2]).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
