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
from spatialenv.renderers.furniture.registry import CATEGORIES
from spatialenv.report.sheet import contact_sheet

SIDE = 128
"""Pixels of each view; smaller ones carry no mark of the front."""

COLUMNS, ROWS = 3, 11
"""Categories on a sheet."""

SIDES = {"front": 0.0, "right": -90.0, "back": 180.0, "left": 90.0}
"""Where the camera stands, counter-clockwise from the front, in degrees."""

ASIDE, ABOVE, FOV = 24.0, 22.0, 30.0
"""How far the camera stands aside and above, and its angle of view, in degrees."""

OUR_SIZES: dict[str, Size] = {}
"""Sizes of those that no source gives one for."""


def category_sheets() -> list[npt.NDArray[np.uint8]]:
    """Return the sheets, categories in the order of the registry."""
    rows = [draw_category(category.name) for category in CATEGORIES]
    titles = [category.name.replace("_", " ") for category in CATEGORIES]
    step = COLUMNS * ROWS
    return [
        contact_sheet(rows[first : first + step], titles[first : first + step], COLUMNS, gap=8)
        for first in range(0, len(rows), step)
    ]


def draw_category(name: str) -> npt.NDArray[np.uint8]:
    """Return one category from the front, its right, the back and its left, side by side."""
    size = size_of(name)
    # Walls of no height: nothing but the thing and a floor that goes on. The light comes from the south.
    extent = 12.0 * max(size)
    scene = Scene(Room.rectangle(extent, extent, 0.001), (SceneObject(id="it", category=name, size=size),))
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
    return draw_annotated(make_renderer("fast"), scene.place({"it": (*middle, math.pi)}), cameras, (SIDE, SIDE), marks).image


def size_of(name: str) -> Size:
    """Return the middle one of a category's sizes."""
    sizes = typical_sizes(name)
    return sizes[len(sizes) // 2] if sizes else OUR_SIZES.get(name, (0.6, 0.6, 0.6))
