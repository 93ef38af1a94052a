"""What a worker is asked to draw, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import MissingExtraError, RendererError
from spatialenv.renderers.base import Device, Frames, Request
from spatialenv.renderers.blender.packing import mesh_key
from spatialenv.renderers.blender.room import shown_room
from spatialenv.renderers.blender.shipping import held_by, ship
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.lens import lens_of
from spatialenv.renderers.room import RoomStyle
from spatialenv.renderers.scenery import Scenery
from spatialenv.renderers.walls import is_inside
from spatialenv.workers.process import Worker

BACKGROUND = (247, 248, 250)
"""Colour of what lies around the room in pictures, as in `fast`."""


class Order(NamedTuple):
    """Pictures of one scene that are to be drawn.

    Attributes:
        placed: The scene.
        scenery: Its objects.
        style: How its room looks.
        request: The cameras, the size, the channels.
    """

    placed: PlacedScene
    scenery: Scenery
    style: RoomStyle
    request: Request


def ask(worker: Worker, order: Order, task: Mapping[str, Any], limit: float, *, anew: bool = False) -> list[bytearray]:
    """Send a worker what an order needs and return its answer.

    Args:
        worker: The worker.
        order: What is to be drawn.
        task: What is added to the header.
        limit: Seconds.
        anew: Whether it forgets all that it holds from before.

    Raises:
        RendererError: If the worker says that it failed.
        MissingExtraError: If it says that a device is not there.
    """
    if anew:
        worker.notes.clear()
    cameras = order.request.cameras
    rooms = [shown_room(order.placed.room, camera, order.style) for camera in cameras]
    held = held_by(worker.notes)
    is_anew = not held.meshes
    parcel = ship(held, [*(prop.mesh for prop in order.scenery.props), *rooms])
    header = {
        **parcel.header,
        **task,
        "is_anew": is_anew,
        "objects": [
            {
                "name": prop.id,
                "owner": prop.owner,
                "mesh": mesh_key(prop.mesh),
                "matrix": prop.matrix.ravel().tolist(),
            }
            for prop in order.scenery.props
        ],
        "views": [_view(order, camera, room) for camera, room in zip(cameras, rooms, strict=True)],
        "size": list(order.request.size),
        "background": list(BACKGROUND),
        "channels": sorted(order.request.channels),
    }
    count = len(order.scenery.props)
    reply = worker.request(header, parcel.blobs, limit=limit, task=f"draw {count} objects")
    _check(reply.header, worker, f"draw {order.placed!r}")
    return reply.blobs


def ask_device(worker: Worker, settings: dict[str, Any], limit: float) -> Device:
    """Return what a worker draws by with these settings.

    Raises:
        MissingExtraError: If there is no such device.
        RendererError: If Blender fails.
    """
    reply = worker.request({"task": "device", "settings": settings}, limit=limit, task="name its device")
    _check(reply.header, worker, "name its device")
    return Device(*reply.header["device"])


def _check(reply: dict[str, Any], worker: Worker, task: str) -> None:
    """Raise what a reply tells of; what the worker then holds is not known."""
    if "missing" in reply:
        worker.notes.clear()
        raise MissingExtraError(f"the renderer 'blender' cannot draw with these options; {reply['missing']}")
    if "error" in reply:
        worker.notes.clear()
        raise RendererError(f"the renderer 'blender' could not {task}: {reply['error']}")


def frames_of(order: Order, blobs: Sequence[bytearray]) -> Frames:
    """Return the frames that a worker answered."""
    request = order.request
    width, height = request.size
    given = iter(blobs)

    def read(dtype: type[np.generic], *more: int) -> Any:
        return np.frombuffer(next(given), dtype).reshape(height, width, *more)

    views, depth, ids, normals = {}, {}, {}, {}
    for camera in request.cameras:
        views[camera.name] = read(np.uint8, 3)
        if "depth" in request.channels:
            depth[camera.name] = read(np.float32)
        if "ids" in request.channels:
            ids[camera.name] = read(np.int32)
        if "normals" in request.channels:
            normals[camera.name] = read(np.float32, 3)
    return Frames(
        views, {camera.name: camera for camera in request.cameras}, depth, ids, normals, order.scenery.fallbacks
    )


def _view(order: Order, camera: Camera, room: TriangleMesh) -> dict[str, Any]:
    lens = lens_of(camera, order.placed.room)
    return {
        "room": mesh_key(room),
        "is_inside": is_inside(order.placed.room, camera.origin),
        "camera": {
            "eye": lens.eye.tolist(),
            "axes": lens.axes.tolist(),
            "scale": lens.scale,
            "near": lens.near,
            "far": lens.far,
            "is_perspective": lens.is_perspective,
        },
    }
