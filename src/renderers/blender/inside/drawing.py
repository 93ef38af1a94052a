"""Drawing pictures and reading them back."""

from __future__ import annotations

import os
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from spatialenv.renderers.blender.inside.settings import set_quality
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
        self._file = os.memfd_create("picture")

    def draw(self, request: Message) -> tuple[dict[str, Any], list[bytes]]:
        """Draw the views that a request asks for.

        Args:
            request: Header: what `Store.add` takes, ``objects`` (`Studio.furnish`), ``views`` (each ``room``, the key
                of a mesh, and ``camera``), ``size``, ``settings`` (`set_quality`), ``background``, ``channels``.

        Returns:
            The reply's header and, for each view, its picture ``(H, W, 3)`` uint8.
        """
        header = request.header
        size = tuple(header["size"])
        self.store.add(header, request.blobs)
        self.studio.furnish(header["objects"], self.store)
        set_quality(self.studio.scene, header["settings"])
        pictures = []
        for view in header["views"]:
            self.studio.set_room(self.store.meshes[view["room"]])
            self.studio.aim(view["camera"], size)
            pictures.append(self._picture(header["background"]).tobytes())
        return {}, pictures

    def _picture(self, background: list[float]) -> npt.NDArray[np.uint8]:
        render = self.studio.scene.render
        render.filepath = path = f"/proc/self/fd/{self._file}"
        render.use_file_extension = False
        render.image_settings.file_format = "TARGA_RAW"
        render.image_settings.color_mode = "RGBA"
        bpy.ops.render.render(write_still=True)
        rgba = read_targa(path)
        alpha = rgba[..., 3:].astype(np.float32) / 255.0
        mixed = rgba[..., :3] * alpha + np.array(background, np.float32) * (1.0 - alpha)
        return (mixed + 0.5).astype(np.uint8)


def read_targa(path: str) -> npt.NDArray[np.uint8]:
    """Return an uncompressed Targa file of 32 bits a pixel as ``(H, W, 4)``, red first, row 0 at the top."""
    data = np.fromfile(path, np.uint8)
    start = 18 + int(data[0])
    kind, bits, flags = int(data[2]), int(data[16]), int(data[17])
    if kind != 2 or bits != 32:
        raise ValueError(f"Blender wrote a Targa file of kind {kind} with {bits} bits a pixel, not 2 with 32")
    width, height = int(data[12]) + 256 * int(data[13]), int(data[14]) + 256 * int(data[15])
    rows = data[start : start + 4 * width * height].reshape(height, width, 4)[..., [2, 1, 0, 3]]
    return rows if flags & 0x20 else rows[::-1]
