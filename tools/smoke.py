"""Step and draw one episode with an installed core package: no extra, no source tree."""

from __future__ import annotations

import importlib.util
import json
import sys

import gymnasium
import numpy as np

import spatialenv


def main() -> None:
    """Play two turns and check what comes back."""
    for extra in ("torch", "trl", "transformers", "pybullet", "openai"):
        if importlib.util.find_spec(extra) is not None:
            sys.exit(f"{extra} is installed; this check is for an environment without extras")
    env = gymnasium.make("spatialenv/RoomLayout-v0", tasks="procedural", reward="physics", renderer="fast", max_turns=2)
    observation, _ = env.reset(seed=0)
    empty = observation["image"]
    scene = env.unwrapped.scene
    answer = [
        {"new_object_id": item.id, "x": 0.6 + 0.3 * i, "y": 1.0, "z": item.size[2] / 2}
        for i, item in enumerate(scene.objects)
    ]
    text = f"<think></think><answer>{json.dumps(answer)}</answer>"
    observation, reward, _, _, info = env.step(text)
    if not np.isfinite(reward) or not 0 < info["score"] <= 1:
        sys.exit(f"score {info['score']} and reward {reward} of a complete answer; expected a score in (0, 1]")
    if observation["image"].shape != empty.shape or np.array_equal(observation["image"], empty):
        sys.exit("the picture did not change when objects were placed")
    print(f"spatialenv {spatialenv.__version__}: {len(scene.objects)} objects placed, score {info['score']:.3f}")


if __name__ == "__main__":
    main()
