"""Where bodies stand: as the layout says, or as physics leaves them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import RendererError, SimulationError
from spatialenv.physics.settle import settle
from spatialenv.renderers.base import check_request
from spatialenv.renderers.models import Appearance
from spatialenv.renderers.pybullet import orders
from spatialenv.renderers.pybullet.orders import Order, make_orders, quaternion_of, rotation_of
from spatialenv.renderers.room import RoomStyle

numbers = st.floats(-1, 1)


@given(st.tuples(numbers, numbers, numbers, numbers).filter(lambda q: math.hypot(*q) > 0.1))
def test_rotations_and_quaternions_are_inverse(quaternion: tuple[float, ...]) -> None:
    rotation = rotation_of(np.array(quaternion))
    assert np.allclose(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert np.allclose(rotation_of(quaternion_of(rotation)), rotation, atol=1e-9)


def order_of(placed: PlacedScene, seconds: float = 0.0) -> Order:
    request = check_request(placed, ["top"], (64, 64))
    return make_orders([placed], [request], Appearance(furniture=False), RoomStyle(), None, seconds, 60.0)[0]


def falling() -> PlacedScene:
    objects = tuple(SceneObject(id=f"crate_{k}", category="crate", size=(0.4, 0.5, 0.6)) for k in range(3))
    scene = Scene(room=Room.rectangle(4, 3, 2.5), objects=objects)
    return scene.place({"crate_0": (1, 1, 0.3, 0.4), "crate_1": (1.25, 1, 0.95, 0.0), "crate_2": (3, 2, 1.5, 1.0)})


def test_bodies_stand_where_the_layout_says() -> None:
    placed = falling()
    for body in order_of(placed).bodies:
        assert body.place.tolist() == placed.centers[body.owner].tolist()
        yaw = placed.yaws[body.owner]
        assert np.allclose(body.rotation @ (0, 1, 0), (-math.sin(yaw), math.cos(yaw), 0))


@pytest.mark.usefixtures("_needs_pybullet")
def test_settled_bodies_stand_where_physics_leaves_them() -> None:
    placed = falling()
    settled = settle(placed, 0.7)
    assert settled.displacements[2] > 1.0
    for body in order_of(placed, 0.7).bodies:
        assert body.place.tolist() == settled.positions[body.owner].tolist()
        assert np.allclose(body.rotation, rotation_of(settled.quaternions[body.owner]))
        x, y, z, w = settled.quaternions[body.owner]
        up = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
        assert np.allclose(body.rotation @ (0, 0, 1), up)


def test_physics_that_fails_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SimulationError("it exploded")

    monkeypatch.setattr(orders, "settle_all", fail)
    with pytest.raises(RendererError, match="could not let the objects settle: it exploded"):
        order_of(falling(), 1.0)


def test_a_mesh_that_fails_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(orders, "object_shapes", fail)
    with pytest.raises(RendererError, match="ZeroDivisionError"):
        order_of(falling())
