"""A sheet of assets, each from four sides."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spatialenv.assets.library import AssetLibrary
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import AssetError
from spatialenv.renderers import Annotations, Renderer, draw_annotated, make_renderer
from spatialenv.renderers.camera import FreeCamera
from spatialenv.report.sheet import contact_sheet

SIDES = {"front": 0.0, "right": -90.0, "back": 180.0, "left": 90.0}
"""Where the camera stands, counter-clockwise from the front, in degrees."""

_ASIDE, _ABOVE, _FOV = 24.0, 22.0, 30.0


def asset_sheet(
    library: AssetLibrary, assets: Sequence[tuple[str, tuple[float, float, float]]], side: int = 160
) -> tuple[npt.NDArray[np.uint8], dict[str, str]]:
    """Return a sheet of assets from the front, the right, the back and the left, the fronts marked.

    Args:
        library: Where the meshes come from.
        assets: Name of each asset and its ``(length, width, height)``; all are drawn as large as one another.
        side: Pixels of each view.

    Returns:
        ``(H, W, 3)`` uint8, and the assets that could not be used (they are boxes), with the reasons.

    Raises:
        InputError: If there is none, or the sheet would be too large.
    """
    renderer = make_renderer({"name": "fast", "assets": library})
    rows, problems = [], {}
    for name, size in assets:
        greatest = max(size)
        length, width, height = (max(extent / greatest, 1e-3) for extent in size)
        item = SceneObject("it", "asset", (length, width, height), asset=name)
        rows.append(four_sides(renderer, item, (side, side)))
        try:
            library.mesh(item)
        except AssetError as error:
            problems[name] = str(error)
    titles = [f"{name} (a box: it cannot be used)" if name in problems else name for name, _ in assets]
    return contact_sheet(rows, titles, min(3, max(len(rows), 1)), gap=8), problems


def four_sides(renderer: Renderer, item: SceneObject, side: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return one object from its front, its right, the back and its left, side by side, its front marked.

    Args:
        renderer: What draws it.
        item: The object.
        side: ``(width, height)`` of each of the four pictures in pixels.
    """
    size = item.size
    # Walls of no height: nothing but the thing and a floor that goes on. It looks south, where the light comes from.
    extent = 26.0 * max(size)
    middle = (extent / 2, extent / 2, size[2] / 2)
    away = 0.53 * math.hypot(*size) / math.sin(math.radians(_FOV / 2))
    cameras = []
    for name, angle in SIDES.items():
        bearing, rise = math.radians(270.0 + angle + _ASIDE), math.radians(_ABOVE)
        eye = (
            middle[0] + away * math.cos(rise) * math.cos(bearing),
            middle[1] + away * math.cos(rise) * math.sin(bearing),
            middle[2] + away * math.sin(rise),
        )
        cameras.append(FreeCamera(eye=eye, target=middle, fov=_FOV, name=name))
    placed = Scene(Room.rectangle(extent, extent, 0.001), (item,)).place({item.id: (*middle, math.pi)})
    marks = Annotations(labels=False, axes=False, fronts=True)
    return draw_annotated(renderer, placed, cameras, side, marks).image
