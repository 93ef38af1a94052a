"""What a probe runs in its own process: draws a furnished room a few times and tells how that went, step by step."""

from __future__ import annotations

import math
import socket
import statistics
import sys
import time
import warnings
from typing import Any

from spatialenv.core.placed import PlacedScene
from spatialenv.errors import SpatialEnvError
from spatialenv.renderers.base import Renderer, close_renderer
from spatialenv.workers import wire

FRAMES = 5
"""Most pictures that are drawn after the first."""

ENOUGH = 3.0
"""Seconds after which no further picture is begun."""


def main(arguments: list[str]) -> None:
    """Try what the first message on the socket of that number asks for, and tell."""
    with socket.socket(fileno=int(arguments[0])) as connection:
        asked = wire.receive(connection)
        if asked is None:
            return
        try:
            header, picture = _try(connection, asked.header["spec"], tuple(asked.header["size"]))
        except Exception as error:  # whatever it is, it is what a probe is asked for
            text = str(error) if isinstance(error, SpatialEnvError) else f"raised {type(error).__name__}: {error}"
            header, picture = {"works": False, "reason": " ".join(text.split())}, b""
        wire.send(connection, header, [picture] if picture else [])


def furnished_room() -> PlacedScene:
    """Return the room that is drawn: a small bedroom with ten objects, nothing of which overlaps.

    Example:
        >>> from spatialenv.core.violations import find_violations
        >>> len(furnished_room().ids), find_violations(furnished_room())
        (10, ())
    """
    from spatialenv.core.room import Opening, Room
    from spatialenv.core.scene import Scene, SceneObject

    room = Room(
        floor=((0, 0), (4.2, 0), (4.2, 3.6), (0, 3.6)),
        height=2.6,
        openings=(
            Opening("door", "wall_0", 0.4, 0.9, 2.05, swing="out"),
            Opening("window", "wall_1", 1.05, 1.5, 1.2, 1.05),
        ),
    )
    objects = (
        SceneObject("rug_1", "rug", (2.4, 1.7, 0.01), style="wool, terracotta", is_rug=True),
        SceneObject("bed_1", "double bed", (1.6, 2.05, 0.9), material="oak, sage linen"),
        SceneObject("nightstand_1", "nightstand", (0.45, 0.4, 0.55), material="oak"),
        SceneObject("table_lamp_1", "table lamp", (0.28, 0.28, 0.45), material="brass", on_floor=False),
        SceneObject("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1), material="white lacquer"),
        SceneObject("desk_1", "desk", (1.2, 0.6, 0.75), material="walnut"),
        SceneObject("chair_1", "chair", (0.46, 0.5, 0.85), material="walnut"),
        SceneObject("laptop_1", "laptop", (0.34, 0.24, 0.22), material="grey metal", on_floor=False),
        SceneObject("plant_1", "potted plant", (0.5, 0.5, 1.2), material="green"),
        SceneObject("armchair_1", "armchair", (0.8, 0.8, 0.85), material="mustard velvet"),
    )
    half = math.pi / 2
    poses = {
        "rug_1": (1.25, 1.45, 0.005, half),
        "bed_1": (1.03, 2.55, 0.45, 2 * half),
        "nightstand_1": (2.1, 3.38, 0.275, 2 * half),
        "table_lamp_1": (2.1, 3.38, 0.775, 2 * half),
        "wardrobe_1": (3.4, 3.28, 1.05, 2 * half),
        "desk_1": (3.88, 1.8, 0.375, half),
        "chair_1": (3.2, 1.8, 0.425, -half),
        "laptop_1": (3.88, 1.8, 0.86, half),
        "plant_1": (3.9, 0.35, 0.6, 0.0),
        "armchair_1": (2.5, 0.62, 0.425, 0.6),
    }
    return Scene(room=room, objects=objects).place(poses)


def _try(connection: socket.socket, spec: dict[str, Any], size: tuple[int, int]) -> tuple[dict[str, Any], bytes]:
    from spatialenv.renderers.registry import make_renderer

    placed = furnished_room()
    wire.send(connection, {"task": "making the renderer"})
    renderer = make_renderer(spec)
    try:
        wire.send(connection, {"task": "drawing its first picture"})
        picture = renderer.render(placed, ("corner",), size).image
        wire.send(connection, {"task": "drawing again"})
        seconds: list[float] = []
        while len(seconds) < FRAMES and sum(seconds) < ENOUGH:
            start = time.perf_counter()
            picture = renderer.render(placed, ("corner",), size).image
            seconds.append(time.perf_counter() - start)
        device, is_software = _device(renderer)
    finally:
        wire.send(connection, {"task": "closing the renderer"})
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # of a renderer that fails to close
            close_renderer(renderer)
    if picture.shape != (size[1], size[0], 3) or picture.dtype != "uint8":
        raise TypeError(f"it drew {picture.dtype} {picture.shape}, not uint8 {(size[1], size[0], 3)}")
    milliseconds = round(1000 * statistics.median(seconds), 2)
    told = {"works": True, "ms_per_frame": milliseconds, "device": device, "is_software": is_software}
    return told, picture.tobytes()


def _device(renderer: Renderer) -> tuple[str, bool]:
    """Return what a renderer that has `describe_device` says that it draws with, and whether that is the processor."""
    describe = getattr(renderer, "describe_device", None)
    if describe is None:
        return "", False
    device = describe()
    return str(device.name), bool(device.is_software)


if __name__ == "__main__":
    main(sys.argv[1:])
