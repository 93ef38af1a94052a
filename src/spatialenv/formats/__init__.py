"""Files: scenes, layouts, episodes and histories in our own JSON, and the scene graphs of others."""

from spatialenv.formats.episode import load_episodes, save_episodes
from spatialenv.formats.history import read_history, write_history
from spatialenv.formats.idesign import read_idesign, write_idesign
from spatialenv.formats.native import json_schema, read_layout, read_scene, write_layout, write_scene
from spatialenv.formats.scene_file import read_any

__all__ = [
    "json_schema",
    "load_episodes",
    "read_any",
    "read_history",
    "read_idesign",
    "read_layout",
    "read_scene",
    "save_episodes",
    "write_history",
    "write_idesign",
    "write_layout",
    "write_scene",
]
