"""Writing ``.blend`` files."""

from __future__ import annotations

from spatialenv.renderers.blender.inside.drawing import Desk
from spatialenv.workers.wire import Message


def save_blend(desk: Desk, request: Message) -> None:
    """Write the scene of a request to a file."""
    raise NotImplementedError
