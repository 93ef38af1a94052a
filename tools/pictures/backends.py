"""The same rooms by every renderer that draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pictures.rooms import STYLES, Picture, placed_room
from spatialenv.errors import MissingExtraError
from spatialenv.renderers import open_renderer
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


def backends_sheet(camera: str = "corner", left_out: Sequence[str] = ()) -> Picture:
    """Return six rooms, each by every renderer that runs here and is not left out: a row a room."""
    pictures, titles, columns = [], [], 0
    for title, spec in BACKENDS.items():
        if title in left_out:
            continue
        try:
            drawn = [_draw(room, spec, camera) for room in ROOMS]
        except MissingExtraError as error:
            print(f"left out: {title}: {error}")
            continue
        pictures += drawn
        titles += [f"{room.replace('_', ' ')}: {title}" for room in ROOMS]
        columns += 1
    order = [column * len(ROOMS) + row for row in range(len(ROOMS)) for column in range(columns)]
    return contact_sheet([pictures[k] for k in order], [titles[k] for k in order], columns)


def _draw(room: str, spec: dict[str, Any], camera: str) -> Picture:
    with open_renderer({**spec, "room": {**STYLES[room], "grid": False}}) as renderer:
        return renderer.render(placed_room(room), (camera,), (SIDE, SIDE)).image
