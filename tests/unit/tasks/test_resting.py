"""Heights at which objects rest."""

from __future__ import annotations

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.tasks.resting import resting_heights


@pytest.mark.parametrize(
    ("room", "wall"),
    [
        pytest.param(Room.rectangle(4, 4, 3.0), "north_wall", id="rectangle"),
        pytest.param(Room.polygon([(0, 0), (4, 0), (4, 2), (2, 4), (0, 4)], 3.0), "wall_2", id="polygon"),
    ],
)
def test_resting_heights(room: Room, wall: str) -> None:
    def thing(name: str, height: float, on: str | None = None, on_floor: bool = False) -> SceneObject:
        relations = (Relation(name, "on", on),) if on else ()
        return SceneObject(id=name, category="x", size=(1, 1, height), on_floor=on_floor, relations=relations)

    scene = Scene(
        room,
        (
            thing("vase", 0.2, "book"),
            thing("book", 0.1, "desk"),
            thing("desk", 0.8, wall, on_floor=True),
            thing("picture", 0.6, wall),
            thing("tall", 2.8, wall),
            thing("lamp", 0.4, "ceiling"),
            thing("circle_a", 1.0, "circle_b"),
            thing("circle_b", 1.0, "circle_a"),
        ),
    )
    heights = resting_heights(scene)
    expected = {"vase": 1.0, "book": 0.85, "desk": 0.4, "picture": 1.5, "tall": 1.5, "lamp": 2.8}
    assert {name: heights[name] for name in expected} == pytest.approx(expected)
