"""Furniture as triangle meshes, built to the size of a box from what a thing is called and made of."""

from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.category import Category
from spatialenv.renderers.furniture.registry import all_categories, furniture_mesh

__all__ = ["Builder", "Category", "all_categories", "furniture_mesh"]
