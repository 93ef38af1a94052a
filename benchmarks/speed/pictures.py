"""Speed of the renderer `fast`, by stage and against PyBullet's TinyRenderer.

The comparison is a corner view of a room with floor, two walls and 12 boxes, 256 x 256, shadows
on both sides, no labels, one process. The two take turns, so both meet the same machine load, and
the medians are compared.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import require
from spatialenv.renderers.annotate import annotate
from spatialenv.renderers.camera import HALF_ANGLE_TAN, make_camera
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.fast.mesh import LIGHT, build_mesh
from spatialenv.renderers.fast.renderer import draw_samples, find_sight, shade, shadow_map, shown_objects
from spatialenv.renderers.palette import object_colours

SIZE = (256, 256)
BOXES = 12


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, float]]:
    """Return ``(ratios, figures)``.

    Args:
        quick: Fewer repetitions, for a smoke test.

    Returns:
        Ratios: ``fast_vs_tinyrenderer``, TinyRenderer's time over ours. Figures: milliseconds of
        both, of each stage, of labels and axes, and of pictures of other sizes.
    """
    placed = furnished_room()
    renderer = FastRenderer()

    def ours() -> object:
        return renderer.render(placed, views=("corner",), size=SIZE, labels=False)

    def labelled() -> object:
        return renderer.render(placed, views=("corner",), size=SIZE, labels=True)

    turns = 10 if quick else 100
    with tiny_renderer(placed) as tiny:
        times = interleave({"fast": ours, "tinyrenderer": tiny, "fast_labelled": labelled}, turns)
    figures = {f"pictures_{name}_ms": 1000 * value for name, value in times.items()}
    figures |= {f"pictures_stage_{name}_ms": 1000 * value for name, value in stage_times(placed, turns).items()}
    for side in (96, 512):
        shot = {"": lambda side=side: renderer.render(placed, views=("corner",), size=(side, side), labels=False)}
        figures[f"pictures_fast_{side}px_ms"] = 1000 * interleave(shot, turns)[""]
    return {"fast_vs_tinyrenderer": times["tinyrenderer"] / times["fast"]}, figures


def furnished_room() -> PlacedScene:
    """Return 12 boxes on a 6 x 4 m floor, at fixed places."""
    rng = np.random.default_rng(12)
    objects, poses = [], {}
    for i in range(BOXES):
        length, width, height = (float(side) for side in rng.uniform((0.4, 0.4, 0.4), (1.2, 0.9, 1.4)))
        x, y = 0.9 + 1.4 * (i % 4), 0.8 + 1.2 * (i // 4)
        object_id = f"object_{i + 1}"
        objects.append(SceneObject(id=object_id, category="box", size=(length, width, height)))
        poses[object_id] = (x, y, height / 2, float(rng.uniform(0, 2 * math.pi)))
    return Scene(room=Room.rectangle(6.0, 4.0, 2.6), objects=tuple(objects)).place(poses)


def interleave(calls: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Return the median seconds of each call over `turns` turns, after two that do not count."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(turns + 2):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn >= 2:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def stage_times(placed: PlacedScene, turns: int) -> dict[str, float]:
    """Return the median seconds of each stage of one corner picture."""
    camera = make_camera("corner", placed.room, SIZE)
    shown = shown_objects(placed)
    mesh = build_mesh(placed, shown, camera)
    samples = draw_samples(mesh, camera, 2)
    light = shadow_map(mesh, camera.size)
    picture = shade(mesh, camera, samples, light, 2)

    def labels() -> object:
        return annotate(picture.copy(), camera, placed, find_sight(mesh, samples, len(placed.ids), 2))

    return interleave(
        {
            "geometry": lambda: build_mesh(placed, shown, make_camera("corner", placed.room, SIZE)),
            "raster": lambda: draw_samples(mesh, camera, 2),
            "shadow": lambda: shadow_map(mesh, camera.size),
            "shade": lambda: shade(mesh, camera, samples, light, 2),
            "labels": labels,
        },
        turns,
    )


@contextmanager
def tiny_renderer(placed: PlacedScene) -> Iterator[Callable[[], object]]:
    """Give a function that draws `placed` with PyBullet's software renderer, from our camera's place."""
    bullet: Any = require("pybullet", "physics", "the comparison with PyBullet's TinyRenderer")
    client = bullet.connect(bullet.DIRECT)
    try:
        room = placed.room
        colours = object_colours(placed.indices) / 255.0
        boxes = [
            (placed.centers[i], placed.sizes[i], placed.yaws[i], (*colours[i], 1.0)) for i in range(len(placed.ids))
        ]
        middle = np.array([room.length, room.width, room.height]) / 2
        pale = (0.9, 0.88, 0.84, 1.0)
        boxes.append((middle * [1, 1, 0] - [0, 0, 0.05], np.array([room.length, room.width, 0.1]), 0.0, pale))
        boxes.append((middle * [1, 2, 1] + [0, 0.05, 0], np.array([room.length, 0.1, room.height]), 0.0, pale))
        boxes.append((middle * [2, 1, 1] + [0.05, 0, 0], np.array([0.1, room.width, room.height]), 0.0, pale))
        for center, size, yaw, colour in boxes:
            shape = bullet.createVisualShape(
                bullet.GEOM_BOX, halfExtents=list(size / 2), rgbaColor=colour, physicsClientId=client
            )
            turn = bullet.getQuaternionFromEuler([0.0, 0.0, float(yaw)])
            bullet.createMultiBody(0, -1, shape, list(center), turn, physicsClientId=client)
        camera = make_camera("corner", room, SIZE)
        eye = np.linalg.solve(camera.matrix[[0, 1, 3], :3], -camera.matrix[[0, 1, 3], 3])
        ahead = camera.matrix[3, :3]
        view = bullet.computeViewMatrix(list(eye), list(eye + ahead), [0, 0, 1])
        angle = 2 * math.degrees(math.atan(HALF_ANGLE_TAN))
        lens = bullet.computeProjectionMatrixFOV(angle, SIZE[0] / SIZE[1], 0.1, 60.0)
        # Its walls cast shadows and ours do not, so its light comes from the side that is cut away.
        light = [-abs(LIGHT[0]), -abs(LIGHT[1]), LIGHT[2]]

        def draw() -> object:
            return bullet.getCameraImage(
                *SIZE,
                view,
                lens,
                lightDirection=light,
                lightDistance=10.0,
                shadow=1,
                renderer=bullet.ER_TINY_RENDERER,
                physicsClientId=client,
            )

        yield draw
    finally:
        bullet.disconnect(client)


if __name__ == "__main__":
    for table in run():
        for key, value in table.items():
            print(f"{key:32s} {value:9.3f}")
