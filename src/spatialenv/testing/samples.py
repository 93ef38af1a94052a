"""Scenes and layouts that parts are tried on: sound ones, shuffled ones, incomplete ones."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.core.violations import Violation
from spatialenv.tasks.procedural import ProceduralTasks
from spatialenv.tasks.source import make_tasks

SEEDS = range(4)


@cache
def sample_scenes() -> tuple[Scene, ...]:
    """Return scenes with sound witnesses: with relations, an odd floor, doors, things to turn, things that stay."""
    drawn = [source.sample(seed) for source in _sources() for seed in SEEDS]
    return (*drawn, l_shaped(), facing(), kept())


def _sources() -> list[ProceduralTasks]:
    options = ({"count": (2, 4)}, {"count": (4, 7), "relation_depth": 1}, {"count": (6, 9), "relation_depth": 3})
    sources = [make_tasks({"name": "procedural", **option}) for option in options]
    return [source for source in sources if isinstance(source, ProceduralTasks)]


def l_shaped() -> Scene:
    """Return an L-shaped room with a door, a window, and three things in sound places."""
    room = Room(
        floor=((0, 0), (5, 0), (5, 2), (2, 2), (2, 4), (0, 4)),
        height=2.6,
        openings=(
            Opening("door", "wall_0", 2.2, 0.9, 2.0, swing="in"),
            Opening("window", "wall_5", 1.0, 1.2, 1.2, 0.9),
        ),
    )
    sofa = SceneObject("sofa_1", "sofa", (1.8, 0.9, 0.8), yaw=0.0, relations=(Relation("sofa_1", "on", "wall_4"),))
    table = SceneObject("table_1", "table", (1.2, 0.7, 0.75), yaw=0.0, relations=(Relation("table_1", "on", "wall_2"),))
    lamp = SceneObject(
        "lamp_1", "lamp", (0.2, 0.2, 0.4), yaw=0.0, on_floor=False, relations=(Relation("lamp_1", "on", "table_1"),)
    )
    witness = Layout.of({"sofa_1": (1.0, 3.55, 0.4), "table_1": (4.0, 1.65, 0.375), "lamp_1": (4.0, 1.65, 0.95)})
    return Scene(room, (sofa, table, lamp), "A room with a corner.", witness=witness)


def facing() -> Scene:
    """Return a room whose chairs must be turned towards the table."""
    chairs = tuple(SceneObject(f"chair_{i}", "chair", (0.5, 0.5, 0.9), facing="table_1") for i in (1, 2))
    table = SceneObject("table_1", "table", (1.2, 0.8, 0.75), yaw=0.0)
    half = math.pi / 2
    places = {"table_1": (2.0, 1.5, 0.375), "chair_1": (0.6, 1.5, 0.45, -half), "chair_2": (3.4, 1.5, 0.45, half)}
    return Scene(Room.rectangle(4, 3, 2.5), (table, *chairs), "Chairs at a table.", witness=Layout.of(places))


def kept() -> Scene:
    """Return a room in which two of three things stand already and must stay."""
    names = ("bed_1", "desk_1", "shelf_1")
    objects = tuple(SceneObject(name, name[:-2], (1.0, 0.6, 0.8), yaw=0.0) for name in names)
    places = {"bed_1": (0.5, 0.3, 0.4), "desk_1": (3.0, 0.3, 0.4), "shelf_1": (2.0, 2.5, 0.4)}
    start = Layout.of({name: places[name] for name in names[:2]})
    room = Room.rectangle(4, 3, 2.5)
    return Scene(room, objects, "A shelf more.", Layout.of(places), start=start, fixed=names[:2])


def witness(scene: Scene) -> PlacedScene:
    """Return the scene with its sound layout."""
    return scene.place(scene.witness or Layout())


def shuffled(scene: Scene, rng: np.random.Generator) -> PlacedScene:
    """Return the scene with every object anywhere in the room's bounding box, half of them turned."""
    poses = []
    for item in scene.objects:
        x, y, z = rng.uniform(0, (scene.room.length, scene.room.width, scene.room.height))
        poses.append((item.id, Pose(x, y, z, rng.uniform(-4, 4) if rng.random() < 0.5 else None)))
    return scene.place(Layout(tuple(poses)))


def incomplete(scene: Scene, rng: np.random.Generator) -> PlacedScene:
    """Return the scene with about half of its objects, anywhere."""
    poses = shuffled(scene, rng).layout.poses
    return scene.place(Layout(tuple(pose for pose in poses if rng.random() < 0.5)))


@cache
def sample_transitions() -> tuple[Transition, ...]:
    """Return transitions to sound, shuffled, incomplete and empty layouts, and one of a scene without objects."""
    rng = np.random.default_rng(7)
    placed = []
    for scene in sample_scenes():
        placed += [witness(scene), shuffled(scene, rng), incomplete(scene, rng)]
    placed += [sample_scenes()[0].place({}), Scene(Room.rectangle(3, 3, 3), ()).place({})]
    return tuple(Transition.of(one) for one in placed)


def renamed(placed: PlacedScene) -> PlacedScene:
    """Return the same boxes under other ids."""
    scene = placed.scene
    names = {object_id: f"thing_{99 - i}" for i, object_id in enumerate(scene.ids)}
    objects = tuple(
        replace(
            item,
            id=names[item.id],
            facing=None if item.facing is None else names.get(item.facing, item.facing),
            relations=tuple(
                replace(r, subject=names[r.subject], target=names.get(r.target, r.target)) for r in item.relations
            ),
        )
        for item in scene.objects
    )
    layout = Layout(tuple((names[object_id], pose) for object_id, pose in placed.layout.poses))
    start = None if scene.start is None else Layout(tuple((names[name], pose) for name, pose in scene.start.poses))
    fixed = tuple(names[name] for name in scene.fixed)
    return replace(scene, objects=objects, witness=None, start=start, fixed=fixed).place(layout)


def reordered(placed: PlacedScene, order: list[int]) -> PlacedScene:
    """Return the same boxes with the scene's objects in another order."""
    scene = placed.scene
    return replace(scene, objects=tuple(scene.objects[i] for i in order), witness=None).place(placed.layout)


def mended(placed: PlacedScene, wrong: Violation) -> PlacedScene:
    """Return the layout with the move and the turn made that a violation tells."""
    name = wrong.objects[0]
    row, poses = placed.ids.index(name), dict(placed.layout.poses)
    pose, (dx, dy, dz) = poses[name], wrong.move or (0.0, 0.0, 0.0)
    yaw = pose.yaw if wrong.turn is None else float(placed.yaws[row]) + wrong.turn
    poses[name] = replace(pose, x=pose.x + dx, y=pose.y + dy, z=pose.z + dz, yaw=yaw)
    return placed.scene.place(Layout(tuple(poses.items())))
