"""Teach PPO of Stable-Baselines3 to furnish rooms: ``python -m benchmarks.sb3 [--json FILE] [--svg FILE]``.

Actions and observations are arrays (`ArrayActionWrapper`), one turn an episode, nothing is drawn. Each seed trains
on the frozen training rooms of ``easy`` and is scored, without noise, on all of its validation rooms as it goes.
Beside it stand random places and one fixed action, each object in a corner of its own, which is what an agent can
learn without looking at the room.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.envs import ArrayActionWrapper, RoomLayoutEnv
from spatialenv.evaluation import wilson_interval
from spatialenv.evaluation.bootstrap import bootstrap_intervals

Floats = npt.NDArray[np.float64]

SUITE = "easy"
OBJECTS = 4
CORNERS = ((-1.0, -1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, 1.0))
ENVS = 16
LEARNING_RATE = 1e-3
"""Falls to 0 in a straight line."""

PPO_OPTIONS: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 256,
    "n_epochs": 8,
    "ent_coef": 0.0,
    "policy_kwargs": {"net_arch": [128, 128], "log_std_init": -0.5},
}
COLOURS = ("#1668b8", "#c2410c", "#15803d", "#7e22ce", "#a16207")
LOOK_EVERY = 4
"""Rollouts from one score on the validation rooms to the next."""


def main(arguments: list[str] | None = None) -> None:
    """Train every seed, then write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sb3", description="Teach PPO to furnish rooms.")
    parser.add_argument("--suite", default=SUITE, help="the suite (default: %(default)s)")
    parser.add_argument("--objects", type=int, default=OBJECTS, help="most objects of its rooms (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=60_000, help="answers a seed (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the curves into this file")
    parser.add_argument("--read", type=Path, metavar="FILE", help="train nothing: draw the figures of this file")
    given = parser.parse_args(arguments)
    figures = measure(given) if given.read is None else json.loads(given.read.read_text(encoding="utf-8"))
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if given.svg is not None:
        given.svg.write_text(draw(figures), encoding="utf-8")


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of the baselines and of every seed."""
    rooms = f"{given.suite}/validation"
    figures: dict[str, Any] = {
        "suite": given.suite,
        "steps": given.steps,
        "ppo": PPO_OPTIONS | {"n_envs": ENVS, "learning_rate": f"{LEARNING_RATE}, falling to 0"},
        "random": score(rooms, given.objects, random_actions(given.objects)),
        "fixed": score(rooms, given.objects, lambda _: corner_action(given.objects)),
        "seeds": [],
    }
    for name in ("random", "fixed"):
        print(f"{name:20} {describe(figures[name])}", flush=True)
    for seed in range(given.seeds):
        figures["seeds"].append(train(given.suite, given.objects, seed, given.steps))
    return figures


def make_env(tasks: str, objects: int) -> ArrayActionWrapper:
    """Return the env of the benchmark."""
    env = RoomLayoutEnv(
        tasks=tasks, renderer="blank", views=["top"], size=[16, 16], labels=False, max_turns=1, feedback="none"
    )
    return ArrayActionWrapper(env, objects, max_corners=4, flat=True)


def train(suite: str, objects: int, seed: int, steps: int) -> dict[str, Any]:
    """Return the learning curve of one seed."""
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import DummyVecEnv

    torch.set_num_threads(1)
    curve: list[dict[str, Any]] = []
    started, spent = time.perf_counter(), time.process_time()

    class Watch(BaseCallback):
        """Scores the policy before the first, and after every few, rollouts."""

        def _on_rollout_start(self) -> None:
            if self.num_timesteps % (ENVS * PPO_OPTIONS["n_steps"] * LOOK_EVERY) == 0:
                self.look()

        def _on_training_end(self) -> None:
            self.look()

        def _on_step(self) -> bool:
            return True

        def look(self) -> None:
            model = self.model

            def act(observation: Any) -> Any:
                return model.predict(observation, deterministic=True)[0]

            point = {"steps": self.num_timesteps, **score(f"{suite}/validation", objects, act)}
            curve.append(point)
            print(f"seed {seed} steps {point['steps']:7} {describe(point)}", flush=True)

    envs = DummyVecEnv([lambda: make_env(suite, objects) for _ in range(ENVS)])
    model = PPO(
        "MlpPolicy", envs, seed=seed, device="cpu", learning_rate=lambda left: LEARNING_RATE * left, **PPO_OPTIONS
    )
    model.learn(steps, callback=Watch())
    envs.close()
    minutes = {"cpu_minutes": (time.process_time() - spent) / 60, "minutes": (time.perf_counter() - started) / 60}
    print(f"seed {seed} {minutes}", flush=True)
    return {"seed": seed, **minutes, "curve": curve}


def score(tasks: str, objects: int, act: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the mean score and the rates of `act` on every room of a split, with 95% intervals."""
    env = make_env(tasks, objects)
    inner = env.unwrapped
    assert isinstance(inner, RoomLayoutEnv)
    n = len(inner.tasks)  # type: ignore[arg-type]  # the tasks of a suite have a length
    found = np.zeros((n, 3))
    for index in range(n):
        observation, _ = env.reset(seed=index)
        *_, info = env.step(act(observation))
        found[index] = info["score"], info["status"]["valid"], info["status"]["clean"]
    names = ("mean_score", "valid_layout_rate", "clean_rate")
    intervals: dict[str, Any] = bootstrap_intervals({"mean_score": (found[:, 0], np.ones(n))})
    for index, name in enumerate(names[1:], start=1):
        intervals[name] = wilson_interval(int(found[:, index].sum()), n)
    means = dict(zip(names, found.mean(axis=0).tolist(), strict=True))
    return {"n": n, **means, "interval": intervals}


def random_actions(objects: int) -> Callable[[Any], Floats]:
    """Return a policy of uniform actions, the same ones each time that it is made."""
    rng = np.random.default_rng(0)
    return lambda _: rng.uniform(-1.0, 1.0, objects * 2)


def corner_action(objects: int) -> Floats:
    """Return the action that puts each object into a corner of its own; from the fifth on, somewhere in the middle."""
    places = [*CORNERS, *((0.0, 0.0),) * objects]
    return np.array(places[:objects]).ravel()


def describe(found: dict[str, Any]) -> str:
    """Return the figures in a line."""
    return " ".join(f"{name} {found[name]:.3f}" for name in ("mean_score", "valid_layout_rate", "clean_rate"))


def draw(figures: dict[str, Any]) -> str:
    """Return the valid rate by answers given as an SVG: a line and the 95% band of each seed, and both baselines."""
    left, right, top, bottom = 62, 700, 20, 300
    steps = max(point["steps"] for run in figures["seeds"] for point in run["curve"])

    def at(count: float, share: float) -> str:
        return f"{left + (right - left) * count / steps:.1f},{bottom - (bottom - top) * share:.1f}"

    parts = ['<rect width="760" height="350" fill="#ffffff"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        a, b = at(0, share), at(steps, share)
        parts.append(f'<path d="M{a} L{b}" stroke="#dddddd"/>')
        parts.append(f'<text x="{left - 8}" y="{float(a.split(",")[1]) + 4}" text-anchor="end">{share:.0%}</text>')
    for count in range(0, steps + 1, 10 ** (len(str(steps)) - 1)):
        x = at(count, 0).split(",")[0]
        parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{count:,}</text>')
    for run, colour in zip(figures["seeds"], COLOURS, strict=False):
        curve = run["curve"]
        bounds = [(point["steps"], *point["interval"]["valid_layout_rate"]) for point in curve]
        band = [at(count, low) for count, low, _ in bounds] + [at(count, high) for count, _, high in reversed(bounds)]
        line = [at(point["steps"], point["valid_layout_rate"]) for point in curve]
        parts.append(f'<polygon points="{" ".join(band)}" fill="{colour}" opacity="0.13"/>')
        parts.append(f'<polyline points="{" ".join(line)}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for name, dash in (("random", "2 4"), ("fixed", "8 4")):
        share = figures[name]["valid_layout_rate"]
        parts.append(f'<path d="M{at(0, share)} L{at(steps, share)}" stroke="#444444" stroke-dasharray="{dash}"/>')
        parts.append(f'<text x="{right + 5}" y="{float(at(0, share).split(",")[1]) + 4}">{name}</text>')
    seeds = len(figures["seeds"])
    name = f"Valid layouts on {figures['suite']}/validation by answers given in training: PPO, {seeds} seeds, 95% bands"
    parts.append(f'<text x="{left}" y="{bottom + 40}">{name}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 350" font-family="sans-serif" font-size="13" '
        f'role="img"><title>{name}</title>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    main()
