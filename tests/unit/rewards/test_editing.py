from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.rewards.editing import EditingReward
from spatialenv.rewards.physics import PhysicsReward

FREE = Scene(Room.rectangle(6, 4, 3), tuple(SceneObject(name, "cube", (1, 1, 1)) for name in "abc"))
FIXED = replace(FREE, start=Layout.of({"a": (1, 1, 0.5)}), fixed=("a",))

places = st.fixed_dictionaries(
    {name: st.tuples(st.floats(0, 6), st.floats(0, 4), st.floats(0, 3), st.floats(-7, 7)) for name in "abc"}
)


@given(places)
def test_equals_physics_where_nothing_is_fixed(layout: dict[str, tuple[float, ...]]) -> None:
    transition = Transition.of(FREE.place(layout))
    editing, physics = EditingReward()(transition), PhysicsReward()(transition)
    assert editing.value == physics.value
    np.testing.assert_array_equal(editing.per_object, physics.per_object)
    components = dict(editing.details["components"])
    assert components.pop("stay") == 1.0
    assert components == physics.details["components"]


@given(places)
def test_is_the_product_with_stay(layout: dict[str, tuple[float, ...]]) -> None:
    transition = Transition.of(FIXED.place(layout))
    editing, physics = EditingReward()(transition), PhysicsReward()(transition)
    assert editing.value <= physics.value
    assert editing.per_object is not None
    assert physics.per_object is not None
    np.testing.assert_array_equal(editing.per_object[1:], physics.per_object[1:])


def test_by_hand_and_behind_the_gate() -> None:
    layout = {"a": (1.505, 1, 0.5), "b": (3, 3, 0.5), "c": (5, 1, 0.5)}
    score = EditingReward()(Transition.of(FIXED.place(layout)))
    assert score.per_object == pytest.approx([0.5, 1, 1])
    assert score.value == pytest.approx(0.1 + 0.9 * 2.5 / 3)
    assert score.details["components"]["stay"] == pytest.approx(2.5 / 3)
    del layout["b"]
    behind = EditingReward()(Transition.of(FIXED.place(layout)))
    assert behind.value == 0.0
    assert behind.details["gate_closed"] is True
    assert EditingReward().version.startswith("editing-1(collision-1,")
    assert PhysicsReward().version == "physics-1(collision-1, boundary-1, support-1, constraint-1)"
