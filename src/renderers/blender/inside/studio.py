"""The scene in Blender: its light, its camera, and the objects that stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
from mathutils import Matrix, Vector

from spatialenv.renderers.blender.inside.light import Light
from spatialenv.renderers.blender.inside.store import Store
from spatialenv.renderers.blender.inside.tones import set_tones

SENSOR = 36.0
"""Width of the camera's sensor in millimetres."""


class Studio:
    """An otherwise empty scene of Blender with a camera and light."""

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.scene = bpy.context.scene
        self.collection = self.scene.collection
        self.light = Light(self.scene, set_tones(self.scene))
        camera = bpy.data.cameras.new("camera")
        camera.sensor_fit = "HORIZONTAL"
        camera.sensor_width = SENSOR
        self._camera = bpy.data.objects.new("camera", camera)
        self.collection.objects.link(self._camera)
        self.scene.camera = self._camera
        self._room: Any = None
        self._props: list[Any] = []

    @property
    def things(self) -> list[Any]:
        """The room, where there is one, and the objects."""
        return [*([] if self._room is None else [self._room]), *self._props]

    def clear(self) -> None:
        """Remove the objects and the room."""
        for thing in self.things:
            bpy.data.objects.remove(thing)
        self._room, self._props = None, []

    def furnish(self, objects: Sequence[dict[str, Any]], store: Store) -> None:
        """Replace the objects and the room by other objects.

        Args:
            objects: Of each its name, the key of its ``mesh``, its ``matrix`` (16 numbers, row by row) and its
                ``owner``, the number by which it is told.
            store: Where the meshes are.
        """
        self.clear()
        for given in objects:
            prop = bpy.data.objects.new(plain_name(given["name"]), store.meshes[given["mesh"]])
            rows = given["matrix"]
            prop.matrix_world = Matrix([rows[k : k + 4] for k in range(0, 16, 4)])
            prop.pass_index = given["owner"] + 2
            self.collection.objects.link(prop)
            self._props.append(prop)

    def set_room(self, mesh: Any) -> None:
        """Replace the room."""
        if self._room is not None:
            bpy.data.objects.remove(self._room)
        self._room = bpy.data.objects.new("room", mesh)
        self._room.pass_index = 1
        # Walls that are there to be seen, beside others that are cut away, must not keep light out.
        self._room.visible_shadow = False
        self.collection.objects.link(self._room)

    def aim(self, camera: dict[str, Any], size: tuple[int, int]) -> None:
        """Set the camera.

        Args:
            camera: ``eye, axes, scale, near, far, is_perspective`` as in `spatialenv.renderers.lens.Lens`.
            size: ``(width, height)`` in pixels.
        """
        data = self._camera.data
        width = size[0]
        if camera["is_perspective"]:
            data.type = "PERSP"
            data.lens = SENSOR * camera["scale"] / width
        else:
            data.type = "ORTHO"
            data.ortho_scale = width / camera["scale"]
        data.clip_start, data.clip_end = camera["near"], camera["far"]
        right, up, ahead = (Vector(axis) for axis in camera["axes"])
        self._camera.matrix_world = Matrix(
            [(right[k], up[k], -ahead[k], camera["eye"][k]) for k in range(3)] + [(0.0, 0.0, 0.0, 1.0)]
        )
        self.scene.render.resolution_x, self.scene.render.resolution_y = size
        self.scene.render.resolution_percentage = 100


def plain_name(text: str) -> str:
    """Return a text as a name that Blender takes; it cuts off what is too long itself."""
    return text.replace("\0", "?").encode(errors="replace").decode() or "object"
