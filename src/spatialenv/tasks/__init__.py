"""Scenes to furnish: a seeded generator, presets of it, and a solver."""

from __future__ import annotations

from spatialenv.tasks.furniture import ROOM_TYPES, Category, Furniture, load_furniture
from spatialenv.tasks.procedural import SPLITS, ProceduralConfig, ProceduralTasks, scene_key, split_of
from spatialenv.tasks.solver import solve
from spatialenv.tasks.source import PRESETS, SceneFunction, SceneList, TaskSource, TaskSpec, make_tasks

__all__ = [
    "PRESETS",
    "ROOM_TYPES",
    "SPLITS",
    "Category",
    "Furniture",
    "ProceduralConfig",
    "ProceduralTasks",
    "SceneFunction",
    "SceneList",
    "TaskSource",
    "TaskSpec",
    "load_furniture",
    "make_tasks",
    "scene_key",
    "solve",
    "split_of",
]
