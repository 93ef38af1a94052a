"""What is worked out once for each scene."""

from __future__ import annotations

from dataclasses import replace

from spatialenv.core.per_scene import forget_scenes, per_scene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene


def test_worked_out_once_for_the_very_scene() -> None:
    calls = []

    @per_scene
    def height(scene: Scene) -> float:
        calls.append(scene.id)
        return scene.room.height

    first = Scene(Room.rectangle(4, 3, 2.5), (), id="first")
    equal = replace(first)
    assert first == equal
    assert [height(first), height(first), height(equal), height(first)] == [2.5] * 4
    assert calls == ["first", "first"]  # once for each object, equal or not


def test_what_is_forgotten_is_worked_out_again() -> None:
    calls = []

    @per_scene
    def height(scene: Scene) -> float:
        calls.append(scene.id)
        return scene.room.height

    scene = Scene(Room.rectangle(4, 3, 2.5), (), id="first")
    assert height(scene) == 2.5
    forget_scenes()
    assert [height(scene), height(scene)] == [2.5, 2.5]
    assert calls == ["first", "first"]
