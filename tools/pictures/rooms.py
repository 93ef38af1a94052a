"""The twelve example rooms: bare, with labels, from inside, and what else a renderer gives of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import PlacedScene
from spatialenv.renderers import Renderer, draw_annotated, make_renderer
from spatialenv.renderers.base import NOTHING, ROOM, Frames
from spatialenv.renderers.camera import CameraSpec, OrbitCamera
from spatialenv.renderers.palette import object_colours
from spatialenv.report.sheet import contact_sheet
from spatialenv.tasks import example_rooms

Picture = npt.NDArray[np.uint8]

SIDE = 512
"""Pixels of a picture of one room."""

STYLES: dict[str, dict[str, Any]] = {
    "bedroom": {"floor": "planks", "wall": (231.0, 226.0, 217.0)},
    "kitchen": {"floor": "tiles", "wall": (233.0, 233.0, 226.0)},
    "bathroom": {"floor": "tiles", "wall": (217.0, 227.0, 227.0)},
    "home_office": {"floor": "herringbone", "wall": (222.0, 226.0, 222.0)},
    "living_room": {"floor": "planks", "wall": (230.0, 227.0, 221.0)},
    "childrens_room": {"floor": "planks", "wall": (219.0, 229.0, 236.0)},
    "studio_flat": {"floor": "concrete", "wall": (228.0, 226.0, 223.0)},
    "dining_room": {"floor": "herringbone", "wall": (220.0, 226.0, 217.0)},
    "entrance_hall": {"floor": "planks", "wall": (224.0, 231.0, 235.0)},
    "laundry_room": {"floor": "tiles", "wall": (230.0, 233.0, 234.0)},
    "library": {"floor": "herringbone", "wall": (233.0, 227.0, 212.0)},
    "conference_room": {"floor": "carpet", "wall": (228.0, 231.0, 233.0)},
}
"""Floors and walls of the sheets, as somebody who decorates them would choose; see `RoomStyle`."""


def placed_room(name: str) -> PlacedScene:
    """Return an example room as its witness has it."""
    scene = example_rooms()[name]
    return scene.place(scene.witness or {})


def draw_room(name: str, camera: CameraSpec = "corner", size: tuple[int, int] = (SIDE, SIDE)) -> Picture:
    """Return a room without anything written over it."""
    return renderer_of(name).render(placed_room(name), (camera,), size).image


def renderer_of(name: str) -> Renderer:
    """Return a renderer that draws an example room in its style, without lines on the floor."""
    return make_renderer({"name": "fast", "room": {**STYLES[name], "grid": False}})


def rooms_sheet(names: Sequence[str], camera: CameraSpec = "corner", size: tuple[int, int] = (SIDE, SIDE)) -> Picture:
    """Return rooms from one camera."""
    return contact_sheet([draw_room(name, camera, size) for name in names], _titles(names), 3)


def labelled_sheet(names: Sequence[str]) -> Picture:
    """Return rooms with the names of what is in them."""
    pictures = [draw_annotated(renderer_of(name), placed_room(name), ("corner",), (SIDE, SIDE)).image for name in names]
    return contact_sheet(pictures, _titles(names), 3)


def _titles(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.replace("_", " ") for name in names)


def cameras_sheet(name: str) -> Picture:
    """Return a room from each of the named cameras and one more."""
    cameras: tuple[CameraSpec, ...] = (
        "corner",
        "top",
        "front",
        "walk",
        "orbit",
        OrbitCamera(azimuth=215.0, name="215"),
    )
    titles = ("corner", "top", "front", "walk", "orbit", "orbit, looking 215 degrees")
    frames = make_renderer("fast").render(placed_room(name), cameras, (384, 320))
    return contact_sheet(list(frames.views.values()), titles, 3)


def channels_sheet(name: str) -> Picture:
    """Return a room's picture, depth, instance ids and normals."""
    frames = make_renderer("fast").render(
        placed_room(name), ("corner",), (384, 384), channels=("depth", "ids", "normals")
    )
    pictures = [frames.image, show_depth(frames), show_ids(frames), show_normals(frames)]
    return contact_sheet(pictures, ("rgb", "depth: nearer is darker", "ids", "normals as colours"), 4)


def looks_sheet(name: str) -> Picture:
    """Return a room as furniture, as boxes, and in one colour for each object, with and without shadows."""
    looks = {
        "furniture, colours of materials": {},
        "boxes": {"furniture": False},
        "identity colours": {"colours": "identity"},
        "no shadows": {"shadows": False},
    }
    placed = placed_room(name)
    pictures = [
        make_renderer({"name": "fast", **options}).render(placed, ("corner",), (384, 384)).image
        for options in looks.values()
    ]
    return contact_sheet(pictures, tuple(looks), 4)


def training_sheet() -> Picture:
    """Return rooms as a small model sees them, 96 pixels a side, each pixel shown three times as large."""
    renderer = make_renderer({"name": "fast", "colours": "identity"})
    rows = []
    for name in ("bedroom", "kitchen", "living_room"):
        image = renderer.render(placed_room(name), size=(96, 96)).image
        rows.append(image.repeat(3, axis=0).repeat(3, axis=1))
    return contact_sheet(rows, columns=3)


def show_depth(frames: Frames) -> Picture:
    """Return depth as grey."""
    depth = frames.depth["corner"]
    seen = np.isfinite(depth)
    low, high = depth[seen].min(), depth[seen].max()
    grey = np.where(seen, 40 + 190 * (np.where(seen, depth, low) - low) / (high - low), 255)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def show_ids(frames: Frames) -> Picture:
    """Return each object in a colour."""
    ids = frames.ids["corner"]
    picture = np.full((*ids.shape, 3), 255, np.uint8)
    picture[ids == ROOM] = (226, 226, 226)
    seen = ids > NOTHING
    picture[seen] = object_colours(ids[seen])
    return picture


def show_normals(frames: Frames) -> Picture:
    """Return normals as colours: x red, y green, z blue."""
    normals = frames.normals["corner"]
    picture: Picture = (127.5 + 127.5 * normals).clip(0, 255).astype(np.uint8)
    picture[frames.ids["corner"] == NOTHING] = 255
    return picture
