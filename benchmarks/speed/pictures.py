"""Speed of the renderer `fast`, by stage, by what is drawn, and against PyBullet's TinyRenderer.

All pictures are corner views of one room with floor and two walls, bare unless said otherwise. Ratios compare pictures
of 12 objects at 256 x 256 with shadows on both sides, one process, one thread. The two take turns, so both meet the
same load of the machine; each timed picture comes after two more of its kind, as where one is drawn after the other;
medians of the thread's own time are compared. Batches are timed by the clock on the wall.

- ``fast_vs_tinyrenderer``: boxes here, boxes there.
- ``fast_furniture_vs_tinyrenderer``: furniture here, the same meshes there.
- ``fast_furniture_vs_tinyrenderer_boxes``: furniture here, boxes there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.speed.timing import interleave
from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import require
from spatialenv.renderers import draw_annotated
from spatialenv.renderers.base import shown_objects
from spatialenv.renderers.camera import HALF_ANGLE_TAN, make_camera
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.fast.picture import draw_channels, draw_samples, line_width, shade_samples
from spatialenv.renderers.fast.soup import find_texels, join_soups, standing_soup
from spatialenv.renderers.fast.stage import light_map, make_stage, no_light, no_sky, scene_style, sky_field
from spatialenv.renderers.models import Appearance, object_model
from spatialenv.renderers.palette import object_colours
from spatialenv.renderers.room import RoomStyle, room_mesh

SIDES = (256, 512)
NUMBERS = (12, 40)
KINDS = ("boxes", "furniture")
THREADS = (1, 2)
BATCH = 16
"""Scenes in the batch that threads divide."""

CATEGORIES = (
    "sofa", "bed", "dining chair", "desk", "armchair", "bookcase", "nightstand", "wardrobe", "coffee table",
    "office chair", "dresser", "tv stand",
)  # fmt: skip


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return ``(ratios, figures)``.

    Args:
        quick: Fewer repetitions, for a smoke test.

    Returns:
        Ratios: TinyRenderer's time over ours. Figures, in milliseconds: of both renderers; of each stage, by kind of
        objects, number and side of the picture; of whole pictures, without and with labels; of pictures of a batch, by
        number of threads. Further the number of triangles of each scene.
    """
    turns = 5 if quick else 60
    scenes = {number: furnished_room(number) for number in NUMBERS}
    ratios, times = _against_tiny(scenes[12], turns)
    figures: dict[str, Any] = {f"pictures_{name}_ms": 1e3 * value for name, value in times.items()}
    for name in ("stages", "bare", "labelled", "batch", "triangles"):
        figures[f"pictures_{name}" if name == "triangles" else f"pictures_{name}_ms"] = {}
    for kind in KINDS:
        for number in NUMBERS:
            for side in SIDES[:1] if quick else SIDES:
                _add_case(figures, scenes[number], kind, f"{kind} {number} {side}px", side, max(turns // 3, 3))
    return ratios, figures


def furnished_room(number: int = 12) -> PlacedScene:
    """Return objects on a floor of half a square metre for each and more, at fixed places."""
    rng = np.random.default_rng(12)
    columns = 4 if number <= 12 else 8
    rows = -(-number // columns)
    objects, poses = [], {}
    for i in range(number):
        length, width, height = (float(side) for side in rng.uniform((0.4, 0.4, 0.4), (1.2, 0.9, 1.4)))
        x, y = 0.9 + 1.4 * (i % columns), 0.8 + 1.2 * (i // columns)
        object_id = f"object_{i + 1}"
        category = CATEGORIES[i % len(CATEGORIES)]
        objects.append(SceneObject(id=object_id, category=category, size=(length, width, height)))
        poses[object_id] = (x, y, height / 2, float(rng.uniform(0, 2 * math.pi)))
    room = Room.rectangle(1.4 * columns + 0.4, 1.2 * rows + 0.4, 2.6)
    return Scene(room=room, objects=tuple(objects)).place(poses)


def stage_times(placed: PlacedScene, furniture: bool, side: int, turns: int) -> dict[str, float]:
    """Return the median milliseconds of each stage of one corner picture."""
    size, scale = (side, side), 2
    camera = make_camera("corner", placed.room, size)
    appearance = Appearance(furniture)
    stage = make_stage(placed, appearance, side, shadows=True, occlusion=True)
    room = room_mesh(placed.room, camera, scene_style(placed.scene, RoomStyle()))
    soup = join_soups(stage.objects, standing_soup(room))
    texels = find_texels(soup)
    objects = len(stage.objects.corners)
    samples = draw_samples(soup, stage, camera, scale)
    line = line_width(size, scale)
    unlit = stage._replace(light=no_light())
    bare = unlit._replace(sky=no_sky())
    channels = frozenset({"depth", "ids", "normals"})

    def shading(given: Any) -> Callable[[], object]:
        return lambda: shade_samples(soup, texels, given, camera, samples, scale, line=line)

    seconds = interleave(
        {
            "assembly": lambda: (
                make_stage(placed, appearance, side, shadows=False, occlusion=False),
                find_texels(join_soups(stage.objects, standing_soup(room))),
            ),
            "raster": lambda: draw_samples(soup, stage, camera, scale),
            "light's map": lambda: light_map(stage.objects, side),
            "sky's field": lambda: sky_field(placed, stage.objects, objects, side),
            "all": shading(stage),
            "unlit": shading(unlit),
            "shading": shading(bare),
            "channels": lambda: draw_channels(soup, stage, camera, samples, scale, channels),
        },
        turns,
        clock=time.thread_time,
    )
    shadow = seconds["light's map"] + max(seconds["all"] - seconds["unlit"], 0.0)
    occlusion = seconds["sky's field"] + max(seconds["unlit"] - seconds["shading"], 0.0)
    found = {
        "assembly": seconds["assembly"],
        "raster": seconds["raster"],
        "shadow": shadow,
        "occlusion": occlusion,
        "shading": seconds["shading"],
        "channels": seconds["channels"],
    }
    return {name: 1e3 * value for name, value in found.items()}


def _add_case(figures: dict[str, Any], placed: PlacedScene, kind: str, case: str, side: int, turns: int) -> None:
    """Measure one kind and number of objects at one size and add what is found to `figures`."""
    furniture, size = kind == "furniture", (side, side)
    drawer = FastRenderer(furniture=furniture, threads=1)
    seconds = interleave(
        {
            "bare": lambda: drawer.render(placed, ("corner",), size),
            "with ids": lambda: drawer.render(placed, ("corner",), size, channels=("ids",)),
            "labelled": lambda: draw_annotated(drawer, placed, ("corner",), size),
        },
        turns,
        clock=time.thread_time,
    )
    stages = stage_times(placed, furniture, side, turns)
    stages["labels"] = 1e3 * (seconds["labelled"] - seconds["with ids"])
    figures["pictures_stages_ms"][case] = stages
    figures["pictures_bare_ms"][case] = 1e3 * seconds["bare"]
    figures["pictures_labelled_ms"][case] = 1e3 * seconds["labelled"]
    batches = interleave(
        {str(threads): _batch(placed, furniture, threads, size) for threads in THREADS}, max(turns // 4, 2)
    )
    figures["pictures_batch_ms"][case] = {name: 1e3 * value / BATCH for name, value in batches.items()}
    figures["pictures_triangles"][case] = sum(len(mesh) for mesh in _meshes(placed, furniture))


def _batch(placed: PlacedScene, furniture: bool, threads: int, size: tuple[int, int]) -> Callable[[], object]:
    drawer = FastRenderer(furniture=furniture, threads=threads)
    return lambda: drawer.render_batch([placed] * BATCH, ("corner",), size)


def _meshes(placed: PlacedScene, furniture: bool) -> list[TriangleMesh]:
    """Return the meshes of the objects that are shown, in their places."""
    appearance = Appearance(furniture)
    return [
        object_model(placed.objects[i], int(placed.indices[i]), appearance).mesh.placed(
            placed.centers[i], float(placed.yaws[i])
        )
        for i in shown_objects(placed).tolist()
    ]


def _against_tiny(placed: PlacedScene, turns: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the ratios to TinyRenderer and the seconds behind them."""
    boxes, furniture = (FastRenderer(furniture=flag, threads=1) for flag in (False, True))
    size = (SIDES[0], SIDES[0])
    with tiny_renderer(placed, False, size) as tiny_boxes, tiny_renderer(placed, True, size) as tiny_furniture:
        times = interleave(
            {
                "fast": lambda: boxes.render(placed, ("corner",), size),
                "fast_furniture": lambda: furniture.render(placed, ("corner",), size),
                "tinyrenderer": tiny_boxes,
                "tinyrenderer_furniture": tiny_furniture,
            },
            turns,
            warm_up=3,
            clock=time.thread_time,
            untimed=2,
        )
    ratios = {
        "fast_vs_tinyrenderer": times["tinyrenderer"] / times["fast"],
        "fast_furniture_vs_tinyrenderer": times["tinyrenderer_furniture"] / times["fast_furniture"],
        "fast_furniture_vs_tinyrenderer_boxes": times["tinyrenderer"] / times["fast_furniture"],
    }
    return ratios, times


@contextmanager
def tiny_renderer(placed: PlacedScene, furniture: bool, size: tuple[int, int]) -> Iterator[Callable[[], object]]:
    """Give a function that draws `placed` with PyBullet's software renderer, from our camera's place."""
    bullet: Any = require("pybullet", "physics", "the comparison with PyBullet's TinyRenderer")
    client = bullet.connect(bullet.DIRECT)
    try:
        colours = object_colours(placed.indices) / 255.0
        boxes = _room_boxes(placed.room)
        if furniture:
            for mesh, colour in zip(_meshes(placed, True), colours, strict=True):
                shape = bullet.createVisualShape(
                    bullet.GEOM_MESH,
                    vertices=mesh.vertices.tolist(),
                    indices=mesh.faces.ravel().tolist(),
                    rgbaColor=(*colour, 1.0),
                    physicsClientId=client,
                )
                bullet.createMultiBody(0, -1, shape, [0, 0, 0], physicsClientId=client)
        else:
            boxes += zip(placed.centers, placed.sizes, placed.yaws.tolist(), colours, strict=True)
        for center, sides, yaw, colour in boxes:
            shape = bullet.createVisualShape(
                bullet.GEOM_BOX, halfExtents=(sides / 2).tolist(), rgbaColor=(*colour, 1.0), physicsClientId=client
            )
            turn = bullet.getQuaternionFromEuler([0.0, 0.0, float(yaw)])
            bullet.createMultiBody(0, -1, shape, center.tolist(), turn, physicsClientId=client)
        camera = make_camera("corner", placed.room, size)
        target = camera.origin + camera.ahead
        view = bullet.computeViewMatrix(camera.origin.tolist(), target.tolist(), [0, 0, 1])
        angle = 2 * math.degrees(math.atan(HALF_ANGLE_TAN))
        lens = bullet.computeProjectionMatrixFOV(angle, size[0] / size[1], 0.1, 60.0)
        # Its walls cast shadows and ours do not, so its light comes from the side that is cut away.
        light = [-0.42, -0.58, 0.70]

        def draw() -> object:
            return bullet.getCameraImage(
                *size,
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


def _room_boxes(room: Room) -> list[tuple[FloatArray, FloatArray, float, FloatArray]]:
    """Return centre, size, yaw and colour of the floor and of the two walls that stand."""
    middle, pale = np.array([room.length, room.width, room.height]) / 2, np.array([0.9, 0.88, 0.84])
    return [
        (middle * [1, 1, 0] - [0, 0, 0.05], np.array([room.length, room.width, 0.1]), 0.0, pale),
        (middle * [1, 2, 1] + [0, 0.05, 0], np.array([room.length, 0.1, room.height]), 0.0, pale),
        (middle * [2, 1, 1] + [0.05, 0, 0], np.array([0.1, room.width, room.height]), 0.0, pale),
    ]


if __name__ == "__main__":
    for table in run():
        for key, value in table.items():
            print(f"{key:40s} {value}")
