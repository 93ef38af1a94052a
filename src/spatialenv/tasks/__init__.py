"""Scenes to furnish: frozen suites, the seeded generator that drew them, sources made from others, and a solver."""

from __future__ import annotations

from spatialenv.tasks.config import ProceduralConfig
from spatialenv.tasks.example_rooms import example_rooms
from spatialenv.tasks.furniture import ROOM_TYPES, Category, Furniture, load_furniture
from spatialenv.tasks.keys import SPLITS, scene_key, split_of
from spatialenv.tasks.procedural import ProceduralTasks
from spatialenv.tasks.solver import solve
from spatialenv.tasks.source import PRESETS, SceneFunction, SceneList, TaskSource, TaskSpec, make_tasks, task_names
from spatialenv.tasks.suite import SUITES, Suite, SuiteTasks, load_suite

__all__ = [
    "PRESETS",
    "ROOM_TYPES",
    "SPLITS",
    "SUITES",
    "Category",
    "Furniture",
    "ProceduralConfig",
    "ProceduralTasks",
    "SceneFunction",
    "SceneList",
    "Suite",
    "SuiteTasks",
    "TaskSource",
    "TaskSpec",
    "example_rooms",
    "load_furniture",
    "load_suite",
    "make_tasks",
    "scene_key",
    "solve",
    "split_of",
    "task_names",
]
