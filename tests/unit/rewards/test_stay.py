from __future__ import annotations

import math

import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.rewards.stay import StayReward

SCENE = Scene(
    Room.rectangle(6, 4, 3),
    tuple(SceneObject(name, "cube", (1, 1, 1)) for name in "abc"),
    start=Layout.of({"a": (1, 1, 0.5), "b": (3, 1, 0.5), "c": (5, 1, 0.5)}),
    fixed=("a", "b"),
)


def test_by_hand() -> None:
    placed = SCENE.place({"a": (1, 1, 0.5), "b": (3, 1.505, 0.5, math.radians(45.5)), "c": (2, 3, 0.5, 1.0)})
    score = StayReward()(Transition.of(placed))
    assert score.per_object == pytest.approx([1, 0.25, 1])
    assert score.value == pytest.approx(0.75)
    assert dict(score.details) == {"fixed": 2, "kept": 1}


def test_what_is_not_placed_counts_nothing() -> None:
    score = StayReward()(Transition.of(SCENE.place({"c": (5, 1, 0.5)})))
    assert score.value == pytest.approx(1 / 3)
    assert dict(score.details) == {"fixed": 2, "kept": 0}
