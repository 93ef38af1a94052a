"""Runs the adapter in EasyR1's own reward manager: writes what came of it as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from verl.workers.reward.function import AutoRewardManager

import spatialenv.rewards.adapters.easyr1 as module


class Characters:
    """A tokenizer whose tokens are characters."""

    def decode(self, ids: Any, skip_special_tokens: bool = True) -> str:
        """Return the text of the ids."""
        return "".join(chr(int(i)) for i in ids)


class Data(SimpleNamespace):
    """What the manager reads of a DataProto."""

    def __len__(self) -> int:
        return len(self.batch["responses"])


def batch(rows: list[dict[str, Any]]) -> Data:
    """Return texts and scenes as EasyR1's rollout hands them to a reward manager."""
    longest = max(len(row["text"]) for row in rows)
    responses = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for index, row in enumerate(rows):
        responses[index, : len(row["text"])] = torch.tensor([ord(c) for c in row["text"]])
        mask[index, : len(row["text"])] = 1
    scenes = np.array([row["scene"] for row in rows], dtype=object)
    return Data(batch={"responses": responses, "response_mask": mask}, non_tensor_batch={"ground_truth": scenes})


def main() -> None:
    """Score the rows of the file that is named."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))

    def score(rows: list[dict[str, Any]], **kwargs: Any) -> dict[str, Any]:
        config = SimpleNamespace(
            reward_function=module.__file__,
            reward_function_name="compute_score",
            reward_function_kwargs=kwargs,
            skip_special_tokens=True,
        )
        try:
            rewards, metrics = AutoRewardManager(config, Characters()).compute_reward(batch(rows))
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
        return {"rewards": rewards.sum(dim=1).tolist(), "metrics": dict(metrics)}

    results = {
        "physics": score(given["rows"]),
        "collision": score(given["rows"], reward="collision", on_failure="nan"),
        "broken": score(given["broken"]),
    }
    Path(sys.argv[2]).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
