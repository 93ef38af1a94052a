"""Writing ``.blend`` files."""

from __future__ import annotations

from typing import Any

import bpy

from spatialenv.renderers.blender.inside.drawing import Desk
from spatialenv.workers.wire import Message


def save_blend(desk: Desk, request: Message) -> None:
    """Write the scene of a request as its first view shows it, with its textures, to ``header["path"]``.

    What is used there has names that people can read; all else stays out of the file.
    """
    header = request.header
    desk.prepare(request)
    desk.show(header["views"][0], header)
    desk.engine.set_up(header["settings"])
    scene = desk.studio.scene
    scene.render.filepath = "//picture.png"
    scene.render.use_file_extension = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.threads_mode = "AUTO"
    for thing in desk.studio.things:
        _name(thing)
    bpy.ops.wm.save_as_mainfile(filepath=header["path"], copy=True, compress=True, check_existing=False)


def _name(thing: Any) -> None:
    """Name an object's mesh, materials and textures after it, and put the textures into the file."""
    mesh = thing.data
    mesh.name = thing.name
    for number, material in enumerate(mesh.materials):
        material.name = f"{thing.name} {number}"
        for node in material.node_tree.nodes:
            if node.type == "TEX_IMAGE" and node.image is not None and node.image.packed_file is None:
                node.image.name = f"{thing.name} {number}"
                node.image.pack()
