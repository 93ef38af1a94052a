"""Renderers: what draws a placed scene. Imports nothing heavy until a renderer is made."""

from spatialenv.renderers.annotated import Annotations, draw_annotated
from spatialenv.renderers.base import Frames, Renderer
from spatialenv.renderers.camera import FreeCamera, OrbitCamera
from spatialenv.renderers.registry import make_renderer, open_renderer

__all__ = [
    "Annotations",
    "Frames",
    "FreeCamera",
    "OrbitCamera",
    "Renderer",
    "draw_annotated",
    "make_renderer",
    "open_renderer",
]
