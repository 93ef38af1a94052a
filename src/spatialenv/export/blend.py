"""Blender's own files."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from spatialenv.errors import InputError
from spatialenv.export.base import Exporter
from spatialenv.export.contents import Contents
from spatialenv.renderers.blender import BlenderRenderer


class BlendExporter(Exporter):
    """Blender: the room as the renderer `blender` shows it from the corner, with its lights and its camera.

    Blender itself writes the file, in a process of its own. Objects have their ids as names; walls that hide the room
    from the camera are cut away; objects far from the room are not there, as in pictures.
    """

    endings: ClassVar[tuple[str, ...]] = (".blend",)
    has_strays: ClassVar[bool] = False

    def write(self, contents: Contents, path: Path) -> list[Path]:
        """Write one file; see `Exporter`."""
        if contents.ceiling:
            raise InputError("a .blend file shows the room from outside, without a ceiling; leave `ceiling` out")
        renderer = BlenderRenderer(
            quality="showcase",
            furniture=contents.appearance.furniture,
            colours=contents.appearance.colours,
            room=contents.style,
            assets=contents.assets,
            workers=1,
        )
        try:
            renderer.save_blend(contents.placed, path)
        finally:
            renderer.close()
        return [path]
