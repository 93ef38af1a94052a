"""All renderers that run here, and the renderer `fast` against Blender: a process that stays, and one for each picture.

Corner views of the room with 12 pieces of furniture that `benchmarks.speed.pictures` draws, with shadows, one picture
at a time; Blender draws with Cycles, 4 samples, denoised, on one thread. Times are by the clock on the wall; those that
are compared take turns.

- ``fast_vs_blender``: the time of our renderer `blender`, whose process stays, over that of `fast`, at 256 x 256.
- ``fast_vs_blender_process``: that of a Blender process a picture (`benchmarks.speed.one_process`), over `fast`'s.
- ``blender_vs_blender_process``: a process a picture over a process that stays.
"""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.pictures import furnished_room
from benchmarks.speed.timing import interleave
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import MissingExtraError, require
from spatialenv.renderers import Renderer, make_renderer
from spatialenv.renderers.base import close_renderer
from spatialenv.renderers.blender.command import find_blender
from spatialenv.renderers.camera import make_camera
from spatialenv.renderers.lens import lens_of
from spatialenv.renderers.scenery import make_scenery

SIDES = (256, 512)
SAMPLES = 4
SPECS: dict[str, dict[str, Any]] = {
    "fast": {"name": "fast", "threads": 1},
    "gl": {"name": "gl"},
    "pybullet": {"name": "pybullet"},
    "blender": {"name": "blender", "samples": SAMPLES, "workers": 1},
}
"""What is timed; `blender` is the one that the ratios are about."""

SCRIPT = Path(__file__).with_name("one_process.py")
PROCESS_LIMIT = 120.0
"""Seconds that one picture by a process of its own may take."""


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return ``(ratios, figures)``.

    Args:
        quick: Fewer repetitions and sizes, for a smoke test.

    Returns:
        Ratios: Blender's times over those of `fast`. Figures: milliseconds of a picture of each renderer that runs
        here, by side in pixels; of the first picture of a fresh Blender process; why renderers were left out.

    Raises:
        MissingExtraError: If there is no Blender with Python, or trimesh is missing, which writes the objects' files.
    """
    placed = furnished_room(12)
    made, absent = _make(placed)
    try:
        ratios, figures = _against_blender(placed, made, 2 if quick else 15)
        figures["renderers_left_out"] = absent
        figures["renderers_ms"] = {
            name: {
                str(side): 1e3 * _median(renderer, placed, side, 1 if quick else 7)
                for side in (SIDES[:1] if quick else SIDES)
            }
            for name, renderer in made.items()
        }
    finally:
        for renderer in made.values():
            close_renderer(renderer)
    return ratios, figures


def _make(placed: PlacedScene) -> tuple[dict[str, Renderer], dict[str, str]]:
    """Return the renderers that run here, started, and why the others do not."""
    made, absent = {}, {}
    for name, spec in SPECS.items():
        try:
            renderer = make_renderer(spec)
            renderer.render(placed, ("corner",), (32, 32))
        except MissingExtraError as error:
            absent[name] = str(error)
        else:
            made[name] = renderer
    return made, absent


def _median(renderer: Renderer, placed: PlacedScene, side: int, turns: int) -> float:
    """Return the median seconds of a picture."""
    return interleave({"one": lambda: renderer.render(placed, ("corner",), (side, side))}, turns)["one"]


def _against_blender(
    placed: PlacedScene, made: dict[str, Renderer], turns: int
) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the ratios to Blender, and the milliseconds behind them."""
    size = (SIDES[0], SIDES[0])
    with tempfile.TemporaryDirectory() as folder:
        command = process_command(placed, Path(folder), size)
        if "blender" not in made:
            raise MissingExtraError("the renderer 'blender' does not run here: see spatialenv doctor")

        def draw(name: str) -> Callable[[], object]:
            return lambda: made[name].render(placed, ("corner",), size)

        times = interleave(
            {"fast": draw("fast"), "blender": draw("blender"), "blender_process": lambda: _run(command)}, turns
        )
        fresh = make_renderer(SPECS["blender"])
        start = time.perf_counter()
        fresh.render(placed, ("corner",), size)
        first = time.perf_counter() - start
        close_renderer(fresh)
    ratios = {
        "fast_vs_blender": times["blender"] / times["fast"],
        "fast_vs_blender_process": times["blender_process"] / times["fast"],
        "blender_vs_blender_process": times["blender_process"] / times["blender"],
    }
    figures: dict[str, Any] = {f"renderers_{name}_ms": 1e3 * seconds for name, seconds in times.items()}
    figures["renderers_blender_first_ms"] = 1e3 * first
    return ratios, figures


def process_command(placed: PlacedScene, folder: Path, size: tuple[int, int]) -> list[str]:
    """Write the job of `one_process` and return the command that does it."""
    trimesh: Any = require("trimesh", "export", "the comparison with one Blender process a picture")
    found = find_blender()
    if found.kind != "python":
        raise MissingExtraError("the comparison needs bpy: spatialenv blender install")
    objects = []
    for prop in make_scenery(placed).props:
        path = folder / f"{prop.id}.glb"
        # GLB has y up: what it calls (x, y, z) Blender reads as (x, -z, y).
        corners = prop.mesh.corners.reshape(-1, 3)[:, (0, 2, 1)] * (1, 1, -1)
        trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3), process=False).export(path)
        objects.append({"glb": str(path), "matrix": prop.matrix.tolist()})
    room = placed.room
    lens = lens_of(make_camera("corner", room, size), room)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([lens.axes[0], lens.axes[1], -lens.axes[2]], axis=1)
    matrix[:3, 3] = lens.eye
    job = {
        "size": size,
        "samples": SAMPLES,
        "blend": str(folder / "scene.blend"),
        "png": str(folder / "picture.png"),
        "camera": {"matrix": matrix.tolist(), "angle": 2 * math.atan(size[0] / 2 / lens.scale)},
        "room": [room.length, room.width, room.height],
        "objects": objects,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return [*found.argv, str(SCRIPT), str(folder / "job.json")]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PROCESS_LIMIT)
