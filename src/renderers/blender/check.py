"""Whether a Blender draws: it is started and draws a small picture."""

from __future__ import annotations

import statistics
import subprocess
import time
from typing import Any

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import RendererError
from spatialenv.renderers.blender.command import BlenderCommand, find_blender
from spatialenv.renderers.blender.renderer import BlenderRenderer

SIZE = (256, 256)
"""Width and height of the pictures that are drawn."""

_PICTURES = 3


def check_blender(given: str | None = None) -> dict[str, Any]:
    """Start Blender, draw a cube, and return what was found, as JSON types.

    Args:
        given: An interpreter that has bpy, its environment or a Blender executable; by default the one that draws.

    Returns:
        ``path``, ``kind``, ``source`` (`BlenderCommand`), ``version``, ``start_seconds`` (until the first picture was
        there) and ``ms_per_frame`` (median of those after it, of `SIZE` pixels).

    Raises:
        InputError: If what is given is no Blender.
        MissingExtraError: If there is no Blender, or packages of the system are missing.
        RendererError: If it draws nothing.
    """
    command = find_blender(given)
    box = SceneObject(id="box_1", category="box", size=(1.0, 1.0, 1.0))
    placed = Scene(room=Room.rectangle(3, 3, 2.5), objects=(box,)).place({"box_1": (1.5, 1.5, 0.5)})
    renderer = BlenderRenderer(blender=given)
    try:
        times = []
        for _ in range(1 + _PICTURES):
            start = time.perf_counter()
            picture = renderer.render(placed, ("corner",), SIZE).image
            times.append(time.perf_counter() - start)
            if picture.std() < 1.0:
                raise RendererError("Blender drew a picture that is empty: check its version with `spatialenv doctor`")
    finally:
        renderer.close()
    return {
        "path": str(command.path),
        "kind": command.kind,
        "source": command.source,
        "version": blender_version(command),
        "start_seconds": round(times[0], 3),
        "ms_per_frame": round(1000 * statistics.median(times[1:]), 1),
    }


def blender_version(command: BlenderCommand) -> str:
    """Ask a Blender for its version: ``"5.0.1"``; empty if it does not say."""
    if command.kind == "python":
        asked = [str(command.path), "-I", "-c", "import bpy; print('Blender', bpy.app.version_string)"]
    else:
        asked = [str(command.path), "--version"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = [line for line in told.splitlines() if line.startswith("Blender ")]
    return lines[0].split()[1] if lines else ""
