"""Furniture by category: one line for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from spatialenv.core.category_names import CategoryNames
from spatialenv.core.mesh import TriangleMesh
from spatialenv.renderers.furniture import tables
from spatialenv.renderers.furniture.builder import Builder


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of furniture.

    Attributes:
        name: Its name.
        design: Adds its parts to a builder.
        also: Other wordings; what several categories claim belongs to the first.
    """

    name: str
    design: Callable[[Builder], None]
    also: tuple[str, ...] = ()


CATEGORIES: tuple[Category, ...] = (
    Category("coffee_table", tables.coffee_table, ("cocktail table", "tea table", "center table", "low table")),
)
"""All of them; a new one is a function in the module of its family and a line here."""


@cache
def _names() -> CategoryNames:
    return CategoryNames.of({category.name: category.also for category in CATEGORIES})


@cache
def _designs() -> dict[str, Callable[[Builder], None]]:
    return {category.name: category.design for category in CATEGORIES}


@lru_cache(maxsize=4096)
def find_category(category: str) -> str | None:
    """Return the name of the category that a wording means, or None where there is none; see `CategoryNames`.

    Example:
        >>> find_category("Glass Coffee Tables"), find_category("gizmo")
        ('coffee_table', None)
    """
    return _names().find(category)


@lru_cache(maxsize=1024)
def furniture_mesh(
    category: str, size: tuple[float, float, float], style: str = "", material: str = ""
) -> TriangleMesh | None:
    """Return the mesh of a category of furniture, or None where there is no such category.

    The same mesh for the same arguments, made once.

    Args:
        category: What it is: ``"dining chair"``; case, plurals, numbers and joining signs do not matter.
        size: ``(length, width, height)`` of its box in metres; the mesh touches all six sides, its front is at +y.
        style: Words on its style.
        material: Words on its material.

    Example:
        >>> table = furniture_mesh("coffee table", (1.2, 0.6, 0.4), "modern", "oak")
        >>> table.bounds.tolist()
        [[-0.6, -0.3, -0.2], [0.6, 0.3, 0.2]]
    """
    name = find_category(category)
    if name is None:
        return None
    make = Builder(size, category, style, material)
    _designs()[name](make)
    return make.mesh()
