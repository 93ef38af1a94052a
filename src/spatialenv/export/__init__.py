"""Rooms as files of other programs: GLB, USD, MuJoCo, Blender."""

from spatialenv.export.write import Exported, export_scene, format_names

__all__ = ["Exported", "export_scene", "format_names"]
