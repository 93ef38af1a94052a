"""The renderer `gl`: what `fast` draws, drawn by OpenGL without a display."""

from spatialenv.renderers.gl.renderer import GlRenderer

__all__ = ["GlRenderer"]
