"""Drawing pictures and reading them back."""

from __future__ import annotations

import os
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from spatialenv.renderers.blender.inside.channels import Channels
from spatialenv.renderers.blender.inside.engines import FIRST, Engine, MissingDeviceError
from spatialenv.renderers.blender.inside.light import levels_for
from spatialenv.renderers.blender.inside.store import Store
from spatialenv.renderers.blender.inside.studio import Studio
from spatialenv.workers.wire import Message


class Desk:
    """A studio, what is stored for it, and a file without a name for what Blender writes.

    Blender gives a finished picture away by writing a file alone. One in memory costs nothing, and is gone with the
    process however that ends.
    """

    def __init__(self) -> None:
        self.studio = Studio()
        self.store = Store()
        self.engine = Engine(self.studio.scene)
        self._channels = Channels(self.studio.scene)
        self._path = f"/proc/self/fd/{os.memfd_create('picture')}"

    def warm_up(self) -> None:
        """Draw a picture of nothing."""
        scene = self.studio.scene
        scene.render.resolution_x = scene.render.resolution_y = 16
        try:
            self.engine.set_up(FIRST)
        except MissingDeviceError:  # without a denoiser; those who ask for one are told
            self.engine.set_up({**FIRST, "denoise": False})
        self._render()

    def draw(self, request: Message) -> tuple[dict[str, Any], list[bytes]]:
        """Draw the views that a request asks for.

        Args:
            request: Header: what `Store.add` takes, ``objects`` (`Studio.furnish`), ``views`` (each ``room``, the key
                of a mesh, and ``camera``), ``size``, ``settings`` (`Engine.set_up`), ``background``, ``channels``.

        Returns:
            The reply's header and, for each view, its picture ``(H, W, 3)`` uint8 and its channels (`Channels.draw`).
        """
        header = request.header
        self.prepare(request)
        pictures = []
        for view in header["views"]:
            self.show(view, header)
            pictures.append(self._picture(header["settings"]).tobytes())
            if header["channels"]:
                pictures += self._channels.draw(header["channels"], self._path)
        return {}, pictures

    def prepare(self, request: Message) -> None:
        """Take in what a request brings, and furnish the studio."""
        self.studio.clear()  # Blender takes away objects whose meshes go
        self.store.add(request.header, request.blobs)
        self.studio.furnish(request.header["objects"], self.store)

    def show(self, view: dict[str, Any], header: dict[str, Any]) -> None:
        """Set up room, camera and light for a view."""
        self.studio.set_room(self.store.meshes[view["room"]])
        self.studio.aim(view["camera"], tuple(header["size"]))
        levels = levels_for(header["settings"]["engine"], is_inside=view["is_inside"])
        self.studio.light.set(levels, header["background"])

    def _picture(self, settings: dict[str, Any]) -> npt.NDArray[np.uint8]:
        self.engine.set_up(settings)
        try:
            return self._render()
        except RuntimeError:
            if not self.engine.can_give_up_card(settings):
                raise
        self.engine.set_up(settings)
        return self._render()

    def _render(self) -> npt.NDArray[np.uint8]:
        self.studio.scene.render.filepath = self._path
        bpy.ops.render.render(write_still=True)
        return read_targa(self._path)


def read_targa(path: str) -> npt.NDArray[np.uint8]:
    """Return an uncompressed Targa file of 24 bits a pixel as ``(H, W, 3)``, red first, row 0 at the top."""
    data = np.fromfile(path, np.uint8)
    start = 18 + int(data[0])
    kind, bits, flags = int(data[2]), int(data[16]), int(data[17])
    if kind != 2 or bits != 24:
        raise ValueError(f"Blender wrote a Targa file of kind {kind} with {bits} bits a pixel, not 2 with 24")
    width, height = int(data[12]) + 256 * int(data[13]), int(data[14]) + 256 * int(data[15])
    rows = data[start : start + 3 * width * height].reshape(height, width, 3)[..., ::-1]
    return rows if flags & 0x20 else rows[::-1]
