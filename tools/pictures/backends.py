"""The same rooms by every renderer that draws."""

from __future__ import annotations

from typing import Any

from pictures.rooms import STYLES, Picture, placed_room
from spatialenv.errors import MissingExtraError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.base import close_renderer
from spatialenv.report.sheet import contact_sheet

ROOMS = ("bedroom", "kitchen", "living_room", "home_office", "childrens_room", "bathroom")

BACKENDS: dict[str, dict[str, Any]] = {
    "fast": {"name": "fast"},
    "gl": {"name": "gl"},
    "pybullet": {"name": "pybullet"},
    "blender, training": {"name": "blender"},
    "blender, showcase": {"name": "blender", "quality": "showcase", "threads": 2},
}

SIDE = 320


def backends_sheet(camera: str = "corner") -> Picture:
    """Return six rooms, each by every renderer that runs here: a row a room."""
    drawers = {}
    for title, spec in BACKENDS.items():
        try:
            drawers[title] = make_renderer(spec)
        except MissingExtraError as error:
            print(f"left out: {title}: {error}")
    pictures, titles = [], []
    for room in ROOMS:
        for title, spec in BACKENDS.items():
            if title not in drawers:
                continue
            renderer = make_renderer({**spec, "room": {**STYLES[room], "grid": False}})
            pictures.append(renderer.render(placed_room(room), (camera,), (SIDE, SIDE)).image)
            titles.append(f"{room.replace('_', ' ')}: {title}")
            close_renderer(renderer)
    return contact_sheet(pictures, titles, len(drawers))
