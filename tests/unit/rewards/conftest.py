"""Scenes that the reward tests share."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.errors import JudgeError
from spatialenv.formats import write_scene
from spatialenv.rewards import MetaSpatialReward


@pytest.fixture
def cubes() -> Scene:
    """Three cubes of 1 m in a room of 6 x 4 x 3 m; the third belongs on the west wall."""
    on_wall = Relation("cube_3", "on", "west_wall")
    return Scene(
        room=Room.rectangle(6, 4, 3),
        objects=(
            SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),
            SceneObject(id="cube_2", category="cube", size=(1, 1, 1)),
            SceneObject(id="cube_3", category="cube", size=(1, 1, 1), relations=(on_wall,)),
        ),
    )


@pytest.fixture
def clean(cubes: Scene) -> Transition:
    """The cubes with nothing wrong."""
    return Transition.of(cubes.place({"cube_1": (3, 2, 0.5), "cube_2": (5, 2, 0.5), "cube_3": (0.5, 2, 0.5)}))


class Exam(NamedTuple):
    """A scene as a dataset holds it, and answers to it.

    Attributes:
        scene: Two cubes of 1 m in a room of 6 x 4 x 3 m.
        text: The scene as JSON text.
        apart: An answer that is right.
        half: One in which the cubes share half a cubic metre: `collision` is 0.5, `physics` 0.55.
    """

    scene: Scene
    text: str
    apart: str
    half: str


@pytest.fixture(scope="session")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Exam:
    """A scene and answers, for the adapters."""
    cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
    scene = Scene(room=Room.rectangle(6, 4, 3), objects=cubes)
    path = tmp_path_factory.mktemp("exam") / "scene.json"
    write_scene(path, scene)
    return Exam(scene, path.read_text(encoding="utf-8"), *(_answer(x) for x in (3.0, 1.5)))


def _answer(x: float) -> str:
    places = [
        {"new_object_id": "cube_1", "x": 1, "y": 1, "z": 0.5},
        {"new_object_id": "cube_2", "x": x, "y": 1, "z": 0.5},
    ]
    return f"<think>Apart.</think><answer>{json.dumps(places)}</answer>"


def judge_of_good_scenes(pictures: object, scene: Scene) -> int:
    """Grade 50, or fail where the scene's id says so."""
    if scene.id == "bad":
        raise JudgeError("no answer")
    return 50


@pytest.fixture
def judged() -> MetaSpatialReward:
    """A reward whose judge fails for the scene with the id "bad"."""
    return MetaSpatialReward(judge=judge_of_good_scenes)
