"""Furniture as triangle meshes, built to the size of a box from what a thing is called and made of."""

from spatialenv.renderers.furniture.registry import furniture_mesh

__all__ = ["furniture_mesh"]
