"""Twelve furnished rooms drawn by hand: for pictures, tests and first tries."""

from __future__ import annotations

import functools
from importlib import resources

from spatialenv.core.scene import Scene
from spatialenv.tasks.source import SceneList

NAMES = (
    "bedroom",
    "kitchen",
    "bathroom",
    "home_office",
    "living_room",
    "childrens_room",
    "studio_flat",
    "dining_room",
    "entrance_hall",
    "laundry_room",
    "library",
    "conference_room",
)
"""Names of the rooms; those of their files in ``data/rooms``."""


def example_rooms() -> dict[str, Scene]:
    """Return twelve scenes by name, each with a clean witness; the files are read once.

    Two of the floors are no rectangles. Every object has a material; its witness states the yaw of each.

    Example:
        >>> rooms = example_rooms()
        >>> len(rooms), rooms["bedroom"].objects[0].category
        (12, 'bed')
    """
    return dict(zip(NAMES, _scenes(), strict=True))


class ExampleRooms(SceneList):
    """The rooms of `example_rooms` as tasks: ``tasks="rooms"``; seed ``s`` gives room ``s`` modulo 12.

    Example:
        >>> ExampleRooms().sample(12).id
        'bedroom'
    """

    def __init__(self) -> None:
        super().__init__(_scenes(), name="rooms")


@functools.cache
def _scenes() -> tuple[Scene, ...]:
    from spatialenv.formats import read_scene

    with resources.as_file(resources.files("spatialenv.tasks") / "data" / "rooms") as folder:
        return tuple(read_scene(folder / f"{name}.json") for name in NAMES)
