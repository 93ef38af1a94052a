"""Memory over many steps: ``python -m benchmarks.speed.memory [--steps N] [--json FILE]``.

Eight envs of the native vector env play rooms that are all drawn anew, with small pictures. What is kept of
a scene is kept for the latest thousand or so, so memory rises until these are there, and must then stay.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

from spatialenv.core.layout import Pose
from spatialenv.core.scene import Scene
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutVectorEnv

ENVS = 8
POINTS = 20


def main(arguments: list[str] | None = None) -> None:
    """Play, and print the resident memory as it goes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.memory", description="Memory over many steps.")
    parser.add_argument("--steps", type=int, default=20_000, help="answers in all (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    given = parser.parse_args(arguments)
    figures = run(given.steps)
    print(json.dumps({name: value for name, value in figures.items() if name != "curve"}, indent=2))
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def run(steps: int) -> dict[str, Any]:
    """Return resident memory in MiB after the first tenth, in the middle and at the end, and the curve."""
    envs = RoomLayoutVectorEnv(
        num_envs=ENVS, tasks={"name": "easy"}, size=(16, 16), views=("top",), labels=False, max_turns=3
    )
    rng = random.Random(0)
    envs.reset(seed=0)
    curve: list[tuple[int, float]] = []
    done, last = 0, 0
    while done < steps:
        going = sum(not play.is_over for play in envs.plays)
        envs.step([answer(play.scene, rng) for play in envs.plays])
        done += going
        if done * POINTS // steps > last:
            last = done * POINTS // steps
            curve.append((done, resident()))
            print(f"{done:7} answers {curve[-1][1]:8.1f} MiB", flush=True)
    envs.close()
    middle = [memory for count, memory in curve if count <= steps / 2][-1]
    return {
        "steps": done,
        "after_a_tenth": next(memory for count, memory in curve if count >= steps / 10),
        "middle": middle,
        "end": curve[-1][1],
        "growth_of_second_half": curve[-1][1] - middle,
        "curve": curve,
    }


def answer(scene: Scene, rng: random.Random) -> str:
    """Return a random answer; now and then one that cannot be used."""
    if rng.random() < 0.1:
        return "I would rather not."
    room = scene.room
    return write_answer(
        {
            item.id: Pose(rng.uniform(0, room.length), rng.uniform(0, room.width), item.size[2] / 2)
            for item in scene.objects
        }
    )


def resident() -> float:
    """Return the memory of this process that is in use, in MiB (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status tells no VmRSS; run this on Linux")


if __name__ == "__main__":
    main()
