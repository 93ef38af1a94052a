"""Requests and replies of the process that holds Blender."""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import traceback
from typing import Any

import bpy

from spatialenv.renderers.blender.inside.blend import save_blend
from spatialenv.renderers.blender.inside.drawing import Desk
from spatialenv.renderers.blender.inside.engines import MissingDeviceError
from spatialenv.workers.wire import Message, receive, send

SPARE_SECONDS = 15
"""How much longer than its time limit the process lives when it hangs and nobody is left to end it."""


def make_desk() -> Desk:
    """Return a desk that has drawn a first, tiny picture: whatever Blender starts late has started then."""
    desk = Desk()
    desk.warm_up()
    return desk


def serve(connection: socket.socket, desk: Desk) -> None:
    """Answer requests until the other side closes the connection.

    A request's header holds ``task`` (``draw`` or ``save``), ``limit`` (seconds), and what the task needs. What fails
    is answered by ``{"error": text}``, a device that is not there by ``{"missing": text}``.
    """
    send(connection, {"ready": True, "blender": bpy.app.version_string, "python": sys.version.split()[0]})
    signal.alarm(0)
    while (request := receive(connection)) is not None:
        signal.alarm(math.ceil(request.header["limit"]) + SPARE_SECONDS)
        header, blobs = _answer(desk, request)
        signal.alarm(0)
        send(connection, {**header, "memory_mb": megabytes()}, blobs)


def _answer(desk: Desk, request: Message) -> tuple[dict[str, Any], list[bytes]]:
    try:
        if request.header["task"] == "save":
            save_blend(desk, request)
            return {}, []
        return desk.draw(request)
    except MissingDeviceError as error:
        return {"missing": str(error)}, []
    except Exception as error:  # whatever Blender raises is told, not swallowed
        where = traceback.extract_tb(error.__traceback__)[-1]
        return {"error": f"{type(error).__name__}: {error} ({os.path.basename(where.filename)}:{where.lineno})"}, []


def megabytes() -> float:
    """Return how much memory this process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
