from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.physics.world import ceiling_body, close_pairs, hanging, object_bodies

ROOM = Room.rectangle(4, 3, 2.5)


def _on(name: str, size: tuple[float, float, float], target: str, on_floor: bool = False) -> SceneObject:
    return SceneObject(name, name[:-2], size, on_floor=on_floor, relations=(Relation(name, "on", target),))


def scene() -> Scene:
    objects = (
        SceneObject(
            "lamp_1", "lamp", (0.3, 0.3, 0.5), on_floor=False, relations=(Relation("lamp_1", "on", "ceiling"),)
        ),
        SceneObject(
            "shelf_1", "shelf", (1, 0.3, 0.3), on_floor=False, relations=(Relation("shelf_1", "on", "west_wall"),)
        ),
        SceneObject("sofa_1", "sofa", (2, 1, 0.8), relations=(Relation("sofa_1", "on", "south_wall"),)),
    )
    return Scene(ROOM, objects)


def test_what_hangs_has_no_mass() -> None:
    places = {"lamp_1": (2, 1.5, 2.25), "shelf_1": (0.5, 1.5, 1.5), "sofa_1": (2, 0.5, 0.4)}
    bodies = object_bodies(scene().place(places))
    assert bodies.names == ("lamp_1", "shelf_1", "sofa_1")
    assert bodies.masses.tolist() == [0.0, 0.0, 2 * 1 * 0.8 * 200]


def test_what_does_not_touch_does_not_hang_and_what_stands_on_the_floor_stands() -> None:
    places = {"lamp_1": (2, 1.5, 2.2), "shelf_1": (0.6, 1.5, 1.5), "sofa_1": (2, 0.5, 0.4)}
    assert hanging(scene().place(places)).tolist() == [False, False, False]


def test_the_ceiling_lies_on_the_walls() -> None:
    ceiling = ceiling_body(ROOM)
    assert ceiling.centers[0, 2] - ceiling.sizes[0, 2] / 2 == 2.5


@given(st.integers(0, 2**31), st.integers(0, 30))
def test_close_pairs_are_those_of_a_plain_search(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    centers, sizes = rng.uniform(0, 3, (count, 3)), rng.uniform(0.1, 1.5, (count, 3))
    low, high = centers - sizes / 2, centers + sizes / 2
    plain = [
        [i, j] for i in range(count) for j in range(i + 1, count) if ((low[i] < high[j]) & (low[j] < high[i])).all()
    ]
    assert close_pairs(centers, sizes, np.zeros(count)).tolist() == plain
