from __future__ import annotations

import math

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.rewards.facing import FacingReward


def thing(name: str, **more: object) -> SceneObject:
    return SceneObject(name, "thing", (0.5, 0.5, 0.5), **more)  # type: ignore[arg-type]


def score(**yaws: float | None) -> Score:
    scene = Scene(Room.rectangle(6, 4, 3), (thing("a", facing="north_wall"), thing("b", facing="a"), thing("c")))
    places = {"a": (1, 1, 0.25), "b": (1, 3, 0.25), "c": (4, 1, 0.25)}
    given = {
        name: (*at, math.radians(yaws[name] or 0.0)) if yaws.get(name) is not None else at
        for name, at in places.items()
        if name not in yaws or yaws[name] != math.inf
    }
    return FacingReward()(Transition.of(scene.place(given)))


def test_by_hand() -> None:
    assert score().value == 1.0
    found = score(a=47.5, b=180, c=33)
    assert found.per_object == pytest.approx([0.5, 1, 1])
    assert found.value == pytest.approx(2.5 / 3)
    assert dict(found.details) == {"facing": 2, "facing_met": 1}


def test_a_missing_target_gives_nothing() -> None:
    found = score(a=math.inf, b=180)
    assert found.per_object == pytest.approx([math.nan, 0, 1], nan_ok=True)
    assert found.value == pytest.approx(1 / 3)
