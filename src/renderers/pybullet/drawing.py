"""One picture: what a worker is asked, and what comes of its answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from spatialenv.errors import RendererError
from spatialenv.renderers.base import ROOM
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.fast.picture import BACKGROUND
from spatialenv.renderers.pybullet.channels import Body, read_channels
from spatialenv.renderers.pybullet.orders import Drawn, Order, quaternion_of
from spatialenv.renderers.pybullet.shapes import Shape, room_shapes, texture_file, texture_level
from spatialenv.renderers.pybullet.shots import LIGHT, Drawer, make_shadow_shot, make_shot, middle_of
from spatialenv.renderers.room import room_mesh
from spatialenv.workers.process import Worker

Asked = tuple[dict[str, Any], dict[str, Shape], dict[str, bytes]]
"""The header of a request, and the shapes and files of textures that it names, by key."""


def draw(
    worker: Worker, order: Order, camera: Camera, drawer: Drawer, scale: int, shadows: bool, limit: float
) -> Drawn:
    """Return the picture of a scene from one camera.

    Args:
        worker: What draws.
        order: The scene.
        camera: The camera.
        drawer: What the worker draws with.
        scale: Samples a pixel in each direction.
        shadows: Whether objects cast shadows.
        limit: Seconds that it may take.

    Raises:
        RendererError: If the engine fails.
    """
    bodies = [*order.bodies, *room_bodies(order, camera)]
    header, shapes, textures = _ask(order, bodies, camera, drawer, scale, shadows)
    task = f"draw {len(order.placed.ids)} objects"
    reply = worker.request(header, limit=limit, task=task)
    if missing := reply.header.get("missing"):
        sent = [shapes[key] for key in missing if key in shapes]
        files = {key: textures[key] for key in missing if key in textures}
        header = {**header, "shapes": [_row(shape) for shape in sent], "textures": list(files)}
        reply = worker.request(header, [*(shape.content for shape in sent), *files.values()], limit=limit, task=task)
    if "error" in reply.header or len(reply.blobs) != (3 if order.request.channels else 1):
        said = reply.header.get("error", "it sent no picture")
        raise RendererError(f"the renderer 'pybullet' could not draw {order.placed!r}: PyBullet: {said}")
    width, height = camera.size
    picture = np.frombuffer(reply.blobs[0], np.uint8).reshape(height, width, 3).copy()
    if not order.request.channels:
        return Drawn(picture, None)
    seen, triangles = (np.frombuffer(blob, np.int32).reshape(height, width) for blob in reply.blobs[1:])
    return Drawn(picture, read_channels(bodies, seen, triangles, camera, order.placed.room))


def room_bodies(order: Order, camera: Camera) -> list[Body]:
    """Return the bodies of the room as a camera shows it."""
    room = order.placed.room
    mesh = room_mesh(room, camera, order.style)
    return [Body(shape, ROOM, np.eye(3), np.zeros(3)) for shape in room_shapes(mesh)]


def _ask(order: Order, bodies: list[Body], camera: Camera, drawer: Drawer, scale: int, shadows: bool) -> Asked:
    room = order.placed.room
    middle = middle_of(room)
    shot = make_shot(camera, room, scale, drawer)
    shade = None
    if shadows:
        is_apart = drawer == "tiny" and not camera.is_perspective
        shadow = make_shadow_shot(camera, room, scale) if is_apart else shot
        shade = [_columns(shadow.view), _columns(shadow.projection), shadow.light]
    finest = scale * camera.pixels_per_metre
    rows, textures = [], {}
    for body in bodies:
        key = None
        if body.shape.texture is not None:
            key, content = texture_file(body.shape.texture, texture_level(body.shape, finest))
            textures[key] = content
        turn = quaternion_of(body.rotation).tolist()
        rows.append([body.shape.key, *(body.place - middle).tolist(), *turn, key])
    numbers = None
    if order.request.channels:
        plain = make_shot(camera, room, 1, "tiny")
        numbers = [_columns(plain.view), _columns(plain.projection), camera.size]
    header = {
        "bodies": rows,
        "view": _columns(shot.view),
        "projection": _columns(shot.projection),
        "size": [side * scale for side in camera.size],
        "scale": scale,
        "light": LIGHT,
        "shade": shade,
        "background": BACKGROUND.tolist(),
        "numbers": numbers,
    }
    return header, {body.shape.key: body.shape for body in bodies}, textures


def _row(shape: Shape) -> list[Any]:
    return [shape.key, shape.role, len(shape.corners), shape.uvs is not None, shape.colour, shape.opacity]


def _columns(matrix: Any) -> list[float]:
    numbers: list[float] = matrix.T.ravel().tolist()
    return numbers
