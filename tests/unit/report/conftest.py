"""A made-up run: every number here is invented, and none is a result of the package."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.report.run_folder import RunFolder

RATES = (
    "format_rate",
    "valid_layout_rate",
    "clean_rate",
    "collision_rate_of_well_formed",
    "out_of_room_rate_of_well_formed",
    "commonest_layout_share",
)


def result(valid: float, *, half: float = 0.04, **rates: float) -> dict[str, Any]:
    """A result in which each number differs from every other, so that a page can be searched for it."""
    values = {
        "format_rate": 0.9 + valid / 20,
        "valid_layout_rate": valid,
        "clean_rate": valid * 0.71,
        "collision_rate_of_well_formed": 0.99 - valid,
        "out_of_room_rate_of_well_formed": 0.51 - valid / 2,
        "commonest_layout_share": 0.013 + valid / 97,
        **rates,
    }
    interval = {name: [max(0.0, value - half), min(1.0, value + half)] for name, value in values.items()}
    interval["mean_score"] = [valid * 0.83 - 0.021, valid * 0.83 + 0.021]
    return {"mean_score": valid * 0.83, **values, "interval": interval}


def entry(*valid: float, repaired: float = 0.31) -> dict[str, Any]:
    by_turn = [result(value) for value in valid]
    repair: dict[str, Any] = {
        "repaired": repaired,
        "kept": 0.97,
        "moves_followed": repaired + 0.04,
        "right_objects_left_alone": 0.88,
    }
    repair["interval"] = {name: [value - 0.017, value + 0.017] for name, value in repair.items()}
    return {"n": 128, "failures": 0, "final": by_turn[-1], "by_turn": by_turn, "repair": repair}


def made_up_summary() -> dict[str, Any]:
    return {
        "random": entry(0.081),
        "constant": entry(0.437),
        "solver": entry(0.962),
        "warm_start": entry(0.127, 0.344, repaired=0.287),
        "after": entry(0.233, 0.712, repaired=0.655),
        "does_not_show": ["Rooms here are small & <rectangular>."],
    }


def fake_scene(index: int) -> Scene:
    objects = (
        SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8)),
        SceneObject(id="table_1", category="table", size=(1.2, 0.7, 0.45)),
        SceneObject(id="lamp_1", category="lamp", size=(0.4, 0.4, 1.5)),
    )
    room = Room.rectangle(4 + index % 3, 3.5, 2.6)
    return Scene(room=room, objects=objects, description="A place to sit & read.", id=f"fake-{index}")


def fake_turn(scene: Scene, quality: float, rng: np.random.Generator, text: str = "") -> Turn:
    is_bad = rng.random() > quality
    corner = 0.2 if is_bad else 0.0
    poses = {
        "sofa_1": (1.0 + rng.random(), 0.5 - corner, 0.4),
        "table_1": (1.4 + rng.random(), 0.9 if is_bad else 2.2, 0.225),
        "lamp_1": (0.3, 3.1, 0.75, math.pi / 4),
    }
    violation = {
        "kind": "collision",
        "objects": ["table_1", "sofa_1"],
        "amount": 0.12,
        "unit": "m3",
        "move": [0, 0.6, 0],
        "text": "table_1 overlaps sofa_1 by 0.12 m3",
    }
    score = 0.35 + 0.2 * rng.random() if is_bad else 0.9 + 0.1 * rng.random()
    return Turn(
        text=text or '<think>Sofa first.</think><answer>[{"new_object_id": "sofa_1", "x": 1.2, "y": 0.5}]</answer>',
        layout=Layout.from_mapping(poses),
        reward=score,
        score=score,
        components={"format": 1.0, "collision": 0.62 if is_bad else 1.0, "boundary": 0.91},
        per_object={"sofa_1": score, "table_1": score - 0.1, "lamp_1": 1.0},
        violations=(violation,) if is_bad else (),
        issues=({"code": "repaired-fence", "message": "a code fence was removed", "object_id": None},)
        if is_bad
        else (),
        feedback="Move table_1 by (0, +0.6, 0)." if is_bad else "",
        status={
            "well_formed": True,
            "valid": not is_bad,
            "clean": not is_bad and rng.random() < 0.7,
            "collides": is_bad,
            "out_of_room": is_bad and corner > 0.1,
        },
    )


def made_up_episode(index: int, quality: float, text: str = "") -> Episode:
    scene, rng = fake_scene(index), np.random.default_rng([index, int(100 * quality)])
    turns = [fake_turn(scene, quality, rng, text), fake_turn(scene, quality + 0.2, rng)]
    if turns[0].status["clean"]:
        turns = turns[:1]
    return Episode(scene=scene, prompt="Furnish the room.", turns=tuple(turns), settings={"max_turns": 2}, seed=index)


@pytest.fixture
def fake_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """Return a function that makes a run folder; `until` is the last stage that it reached."""

    def make(until: str = "rl", text: str = "", summary: dict[str, Any] | None = None) -> RunFolder:
        folder = RunFolder(tmp_path / "fake-run").create(
            {"seed": 3, "rl": {"steps": 60, "learning_rate": 5e-4}}, command="spatialenv train fake.yaml"
        )
        rng = np.random.default_rng(0)
        for step in range(1, 81):
            loss = 2.5 * math.exp(-step / 20) + 0.1 * rng.random()
            folder.append_metrics(
                {
                    "phase": "warm_start",
                    "step": step,
                    "seconds": 0.14 * step,
                    "loss": loss,
                    "token_accuracy": 1 - loss / 3,
                }
            )
        folder.mark_done("warm_start", seconds=85.2)
        folder.save_episodes("before", [made_up_episode(i, 0.2, text) for i in range(4)])
        held = made_up_summary() if summary is None else summary
        if until == "warm_start":
            folder.write_summary({name: value for name, value in held.items() if name != "after"})
            return folder
        for step in range(1, 61):
            share = 0.35 + 0.35 * step / 60
            noise = 0.08 * rng.standard_normal(6)
            rates = {
                "valid_layout_rate": share,
                "clean_rate": share * 0.8,
                "format_rate": 0.96,
                "collision_rate_of_well_formed": 0.9 - share,
                "out_of_room_rate_of_well_formed": 0.3 - share / 4,
            }
            folder.append_metrics(
                {
                    "phase": "rl",
                    "step": step,
                    "seconds": 1.2 * step,
                    "reward": share + noise[5],
                    **{
                        f"{when}/{name}": min(1.0, max(0.0, value + noise[index] - 0.2 * (when == "first")))
                        for when in ("final", "first")
                        for index, (name, value) in enumerate(rates.items())
                    },
                    "episodes/turns": 2 - share / 2,
                    "entropy": 1.0 / step,
                }
            )
        folder.mark_done("rl", seconds=211.0)
        folder.save_episodes("after", [made_up_episode(i, 0.75, text) for i in range(4)])
        folder.mark_done("held_out", rooms=128, training_scenes=11200, shared=0)
        folder.write_summary(held)
        return folder

    return make


@pytest.fixture
def fake_summary() -> dict[str, Any]:
    """Return what a finished run's summary.json holds."""
    return made_up_summary()


@pytest.fixture
def fake_episode() -> Callable[..., Episode]:
    """Return a function that makes an episode of the room `index`; `quality` 1 is always valid."""
    return made_up_episode
