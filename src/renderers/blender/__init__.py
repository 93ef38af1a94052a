"""The renderer `blender`: pictures by Cycles or EEVEE, in processes of their own."""

from spatialenv.renderers.blender.renderer import BlenderRenderer

__all__ = ["BlenderRenderer"]
