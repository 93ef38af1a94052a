"""What only some rewards see is told to those who play for them, and decides when their episodes end."""

from __future__ import annotations

import json

import pytest

from spatialenv.core.layout import Pose
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv

BARRED = {"shelf_1": Pose(2.0, 2.0, 0.9, 0.0), "bed_1": Pose(2.0, 3.4, 0.25, 0.0)}


@pytest.fixture
def barred() -> Scene:
    """A shelf as wide as the room keeps everybody from the bed behind it, and nothing collides."""
    door = Opening("door", "south_wall", 1.5, 1.0, 2.0)
    room = Room.rectangle(4, 4, 2.5, openings=(door,))
    objects = (SceneObject("shelf_1", "shelf", (4.0, 0.4, 1.8)), SceneObject("bed_1", "bed", (2.0, 1.0, 0.5)))
    return Scene(room, objects, "A bed behind a shelf.")


def play(scene: Scene, reward: object) -> tuple[dict, bool, str]:
    env = RoomLayoutEnv(tasks=[scene], reward=reward, renderer="blank", max_turns=2, yaw="free")  # type: ignore[arg-type]
    env.reset(seed=0)
    observation, _, terminated, _, info = env.step(write_answer(BARRED))
    return info, terminated, observation["feedback"]


def test_physics_is_content_and_the_episode_ends(barred: Scene) -> None:
    info, terminated, _ = play(barred, "physics")
    assert info["violations"] == []
    assert info["score"] == 1.0
    assert terminated


def test_who_plays_for_walkability_is_told_and_goes_on(barred: Scene) -> None:
    reward = {"weighted_sum": {"physics": 0.5, "walkability": 0.5}}
    info, terminated, feedback = play(barred, reward)
    assert [(wrong["kind"], wrong["objects"][0]) for wrong in info["violations"]] == [("unreachable", "bed_1")]
    assert "bed_1" in feedback
    assert not terminated
    assert info["score"] < 1.0
    json.dumps(info["violations"], allow_nan=False)
