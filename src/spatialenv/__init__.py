"""Gymnasium environments, rewards and trainers that teach vision-language models to furnish rooms.

The names of `__all__` are loaded at first use, so that importing the package stays quick and loads
nothing heavy. Importing it also registers the environments with gymnasium.

Example:
    >>> import spatialenv
    >>> room = spatialenv.Room.rectangle(4, 3, 2.5)
    >>> sofa = spatialenv.SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8))
    >>> scene = spatialenv.Scene(room=room, objects=(sofa,))
    >>> spatialenv.score(scene, {"sofa_1": (2.0, 1.5, 0.4)}).value
    1.0
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from gymnasium.envs.registration import register

from spatialenv.core.display import register_display
from spatialenv.core.placed import PlacedScene, register_picture

if TYPE_CHECKING:
    from spatialenv.api import render, score
    from spatialenv.core.layout import Layout, Pose
    from spatialenv.core.parse import parse_answer
    from spatialenv.core.room import Room
    from spatialenv.core.scene import Relation, Scene, SceneObject
    from spatialenv.evaluation import evaluate

    __version__: str

__all__ = [
    "Layout",
    "PlacedScene",
    "Pose",
    "Relation",
    "Room",
    "Scene",
    "SceneObject",
    "__version__",
    "evaluate",
    "parse_answer",
    "render",
    "score",
]

_HOME = {
    "Layout": "spatialenv.core.layout",
    "Pose": "spatialenv.core.layout",
    "Relation": "spatialenv.core.scene",
    "Room": "spatialenv.core.room",
    "Scene": "spatialenv.core.scene",
    "SceneObject": "spatialenv.core.scene",
    "evaluate": "spatialenv.evaluation",
    "parse_answer": "spatialenv.core.parse",
    "render": "spatialenv.api",
    "score": "spatialenv.api",
}

if not TYPE_CHECKING:  # a type checker reads the imports above, and so still sees a misspelt name

    def __getattr__(name):
        if name == "__version__":
            value = importlib.import_module("importlib.metadata").version("spatialenv")
        elif name in _HOME:
            value = getattr(importlib.import_module(_HOME[name]), name)
        else:
            raise AttributeError(f"module 'spatialenv' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return list(__all__)


def _picture(placed: PlacedScene) -> bytes:
    picture: bytes = importlib.import_module("spatialenv.api").picture(placed)
    return picture


def _show(thing: object) -> str:
    html: str = importlib.import_module("spatialenv.report.notebook").show(thing)
    return html


register_picture(_picture)
register_display(_show)
register(
    "spatialenv/RoomLayout-v0",
    entry_point="spatialenv.envs.room_layout:RoomLayoutEnv",
    vector_entry_point="spatialenv.envs.vector:RoomLayoutVectorEnv",
)
for _name, _defaults in (
    ("Repair", {"tasks": "repair", "reward": "editing", "actions": "layout"}),
    ("Edit", {"tasks": "edit", "reward": "editing", "actions": "edits"}),
    ("Completion", {"tasks": "completion", "reward": "editing", "actions": "layout"}),
):
    register(
        f"spatialenv/Room{_name}-v0",
        entry_point=f"spatialenv.envs.variants:Room{_name}Env",
        vector_entry_point="spatialenv.envs.vector:RoomLayoutVectorEnv",
        kwargs=_defaults,
    )
