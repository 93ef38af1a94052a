"""Sheets of all categories of furniture, each from four sides."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spatialenv.core.furniture_sizes import Size, typical_sizes
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.renderers import Annotations, draw_annotated, make_renderer
from spatialenv.renderers.camera import FreeCamera
from spatialenv.renderers.furniture.registry import CATEGORIES, Category
from spatialenv.report.sheet import contact_sheet

SIDE = 128
"""Pixels of each view; smaller ones carry no mark of the front."""

COLUMNS, ROWS = 3, 10
"""Categories on a sheet."""

SIDES = {"front": 0.0, "right": -90.0, "back": 180.0, "left": 90.0}
"""Where the camera stands, counter-clockwise from the front, in degrees."""

ASIDE, ABOVE, FOV = 24.0, 22.0, 30.0
"""How far the camera stands aside and above, and its angle of view, in degrees."""


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
    # Walls of no height: nothing but the thing and a floor that goes on. The light comes from the south.
    extent = 26.0 * max(size)
    scene = Scene(Room.rectangle(extent, extent, 0.001), (SceneObject(id="it", category=category.name, size=size),))
    middle = (extent / 2, extent / 2, size[2] / 2)
    away = 0.53 * math.hypot(*size) / math.sin(math.radians(FOV / 2))
    cameras = []
    for side, angle in SIDES.items():
        bearing, rise = math.radians(270.0 + angle + ASIDE), math.radians(ABOVE)
        eye = (
            middle[0] + away * math.cos(rise) * math.cos(bearing),
            middle[1] + away * math.cos(rise) * math.sin(bearing),
            middle[2] + away * math.sin(rise),
        )
        cameras.append(FreeCamera(eye=eye, target=middle, fov=FOV, name=side))
    marks = Annotations(labels=False, axes=False, fronts=True)
    renderer = make_renderer({"name": "fast", "room": {"floor": "plain", "grid": False}})
    return draw_annotated(renderer, scene.place({"it": (*middle, math.pi)}), cameras, (SIDE, SIDE), marks).image


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
