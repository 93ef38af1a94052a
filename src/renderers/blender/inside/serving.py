"""What the process that holds Blender answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import bpy

from spatialenv.renderers.blender.inside.blend import save_blend
from spatialenv.renderers.blender.inside.drawing import Desk
from spatialenv.renderers.blender.inside.engines import MissingDeviceError
from spatialenv.workers.wire import Message

VERSIONS = {"blender": bpy.app.version_string, "python": sys.version.split()[0]}


class Clerk:
    """Answers requests at a desk that has drawn a tiny picture: whatever Blender starts late has started then."""

    def __init__(self) -> None:
        self._desk = Desk()
        self._desk.warm_up()

    def answer(self, header: dict[str, Any], blobs: Sequence[bytearray]) -> tuple[dict[str, Any], list[bytes]]:
        """Return the reply to a request (`spatialenv.workers.inside.serve`).

        Args:
            header: ``task`` (``draw``, ``save`` or ``device``) and what it needs.
            blobs: What goes with it.

        Returns:
            For a device that is not there, ``{"missing": text}``; for ``device``, ``{"device": [name, version,
            whether it is the processor]}``.
        """
        request = Message(header, list(blobs))
        try:
            if header["task"] == "save":
                save_blend(self._desk, request)
                return {}, []
            if header["task"] == "device":
                name, is_software = self._desk.engine.describe(header["settings"])
                return {"device": [name, f"Blender {bpy.app.version_string}", is_software]}, []
            return self._desk.draw(request)
        except MissingDeviceError as error:
            return {"missing": str(error)}, []
