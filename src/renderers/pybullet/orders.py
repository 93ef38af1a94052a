"""What is to be drawn: the bodies of placed scenes, as their layouts say or as physics leaves them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from spatialenv.assets import AssetLibrary
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.errors import MissingExtraError, RendererError, SimulationError, SpatialEnvError
from spatialenv.physics.pool import POOL, SimulatorPool
from spatialenv.physics.settle import settle_all
from spatialenv.renderers.base import Frames, Picture, Request
from spatialenv.renderers.models import Appearance
from spatialenv.renderers.pybullet.channels import Body, Channels
from spatialenv.renderers.pybullet.shapes import object_shapes
from spatialenv.renderers.room import RoomStyle, room_style_for
from spatialenv.renderers.scenery import make_scenery


class Drawn(NamedTuple):
    """One picture, and what was asked for beside it."""

    picture: Picture
    channels: Channels | None


class Order(NamedTuple):
    """A scene that is to be drawn.

    Attributes:
        placed: The scene.
        request: What is asked for.
        bodies: Its objects.
        style: How its room looks.
        fallbacks: See `Frames`.
    """

    placed: PlacedScene
    request: Request
    bodies: tuple[Body, ...]
    style: RoomStyle
    fallbacks: Mapping[str, str]

    def frames(self, drawn: Sequence[Drawn]) -> Frames:
        """Return the pictures of its cameras as they are given to whom asked for them."""
        cameras = self.request.cameras
        wanted = self.request.channels
        found = {
            camera.name: one.channels for camera, one in zip(cameras, drawn, strict=True) if one.channels is not None
        }
        return Frames(
            {camera.name: one.picture for camera, one in zip(cameras, drawn, strict=True)},
            {camera.name: camera for camera in cameras},
            {name: given.depth for name, given in found.items() if "depth" in wanted},
            {name: given.ids for name, given in found.items() if "ids" in wanted},
            {name: given.normals for name, given in found.items() if "normals" in wanted},
            self.fallbacks,
        )


def make_orders(
    placed: Sequence[PlacedScene],
    requests: Sequence[Request],
    appearance: Appearance,
    room: RoomStyle,
    assets: AssetLibrary | None,
    settle: float = 0.0,
    limit: float = 60.0,
    simulators: SimulatorPool = POOL,
) -> list[Order]:
    """Return what is to be drawn of each scene.

    Args:
        placed: The scenes.
        requests: What is asked for of each.
        appearance: How objects are drawn.
        room: How rooms look.
        assets: Where the meshes of assets come from.
        settle: Seconds of physics; 0 for none.
        limit: Most seconds of waiting for it, for each scene.
        simulators: The processes that simulate.

    Raises:
        MissingExtraError: If there is physics and PyBullet is not installed.
        RendererError: If physics fails, or a mesh.
    """
    moves = _moves(placed, settle, limit, simulators)
    orders = []
    for scene, request, (places, rotations) in zip(placed, requests, moves, strict=True):
        try:
            scenery = make_scenery(scene, appearance, assets)
            bodies = tuple(
                Body(shape, prop.owner, rotations[prop.owner], places[prop.owner])
                for prop in scenery.props
                for shape in object_shapes(prop.mesh)
            )
        except SpatialEnvError:
            raise
        except Exception as error:
            raise failure(scene, error) from error
        orders.append(Order(scene, request, bodies, room_style_for(scene.scene, room), scenery.fallbacks))
    return orders


def failure(placed: PlacedScene, error: Exception) -> RendererError:
    """Return the error for a scene that could not be drawn."""
    return RendererError(f"the renderer 'pybullet' could not draw {placed!r}: {type(error).__name__}: {error}")


def _moves(
    placed: Sequence[PlacedScene], settle: float, limit: float, simulators: SimulatorPool
) -> list[tuple[FloatArray, FloatArray]]:
    """Return where the objects of each scene are and how they are turned, ``(m, 3)`` and ``(m, 3, 3)``."""
    if settle == 0:
        return [(scene.centers, np.array([_turn(yaw) for yaw in scene.yaws]).reshape(-1, 3, 3)) for scene in placed]
    try:
        settled = settle_all(placed, settle, limit=limit, pool=simulators)
    except MissingExtraError:
        raise
    except SimulationError as error:
        raise RendererError(f"the renderer 'pybullet' could not let the objects settle: {error}") from error
    return [
        (one.positions, np.array([rotation_of(turn) for turn in one.quaternions]).reshape(-1, 3, 3)) for one in settled
    ]


def _turn(yaw: float) -> FloatArray:
    cosine, sine = math.cos(yaw), math.sin(yaw)
    return np.array(((cosine, -sine, 0.0), (sine, cosine, 0.0), (0.0, 0.0, 1.0)))


def rotation_of(quaternion: FloatArray) -> FloatArray:
    """Return the matrix ``(3, 3)`` of ``x, y, z, w``.

    Example:
        >>> (rotation_of(np.array([0, 0, 1, 1.0])) @ (1, 0, 0)).round(6).tolist()
        [0.0, 1.0, 0.0]
    """
    x, y, z, w = quaternion / np.linalg.norm(quaternion)
    return np.array(
        (
            (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
        )
    )


def quaternion_of(rotation: FloatArray) -> FloatArray:
    """Return ``x, y, z, w`` of a rotation ``(3, 3)``, w not below 0.

    Example:
        >>> quaternion_of(rotation_of(np.array([0, 0, 0.6, 0.8]))).round(6).tolist()
        [0.0, 0.0, 0.6, 0.8]
    """
    # The eigenvector of the greatest eigenvalue is stable for every angle.
    a, b, c = rotation
    table = np.array(
        (
            (a[0] - b[1] - c[2], 0.0, 0.0, 0.0),
            (b[0] + a[1], b[1] - a[0] - c[2], 0.0, 0.0),
            (c[0] + a[2], c[1] + b[2], c[2] - a[0] - b[1], 0.0),
            (c[1] - b[2], a[2] - c[0], b[0] - a[1], a[0] + b[1] + c[2]),
        )
    )
    found: FloatArray = np.linalg.eigh(table)[1][:, -1]
    return found if found[3] >= 0 else -found
