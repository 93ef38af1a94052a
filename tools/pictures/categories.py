"""Sheets of all categories of furniture, each from four sides."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spatialenv.core.furniture_sizes import Size, typical_sizes
from spatialenv.core.scene import SceneObject
from spatialenv.renderers import make_renderer
from spatialenv.renderers.furniture.registry import CATEGORIES, Category
from spatialenv.report.asset_sheet import four_sides
from spatialenv.report.sheet import contact_sheet

SIDE = 128
"""Pixels of each view; smaller ones carry no mark of the front."""

COLUMNS, ROWS = 3, 10
"""Categories on a sheet."""


def category_sheets() -> list[npt.NDArray[np.uint8]]:
    """Return the sheets, categories in the order of the registry."""
    rows = [draw_category(category) for category in CATEGORIES]
    titles = [category.name.replace("_", " ") for category in CATEGORIES]
    step = COLUMNS * ROWS
    return [
        contact_sheet(rows[first : first + step], titles[first : first + step], COLUMNS, gap=8)
        for first in range(0, len(rows), step)
    ]


def draw_category(category: Category) -> npt.NDArray[np.uint8]:
    """Return one category from the front, its right, the back and its left, side by side."""
    size = size_of(category)
    renderer = make_renderer({"name": "fast", "room": {"floor": "plain", "grid": False}})
    return four_sides(renderer, SceneObject(id="it", category=category.name, size=size), (SIDE, SIDE))


def size_of(category: Category) -> Size:
    """Return the middle one of a category's sizes; where no source gives one, the middle of what it is made for."""
    sizes = typical_sizes(category.name)
    if sizes:
        return sizes[len(sizes) // 2]
    length, width, height = (
        math.sqrt(low * high) if low > 0 and high < math.inf else 0.6
        for low, high in zip(category.least, category.most, strict=True)
    )
    return length, width, height
