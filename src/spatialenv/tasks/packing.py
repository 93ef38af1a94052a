"""Boxes along the axes of a rectangular room while a layout is being built: do they fit.

A turned object counts with the box around its turned footprint, which is exact at quarter turns
and a little too large in between, so that what fits here fits in truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from spatialenv.core.room import Room

SLACK = 1e-9
"""Metres by which rounding may let boxes touch too closely."""


class Box(NamedTuple):
    """A box by its centre and its half extents along x, y and z, in metres."""

    x: float
    y: float
    z: float
    half_x: float
    half_y: float
    half_z: float

    def moved(self, x: float, y: float) -> Box:
        """Return the box with its centre at `x`, `y`."""
        return self._replace(x=x, y=y)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share volume; touching does not count."""
        return (
            abs(self.x - other.x) < self.half_x + other.half_x - SLACK
            and abs(self.y - other.y) < self.half_y + other.half_y - SLACK
            and abs(self.z - other.z) < self.half_z + other.half_z - SLACK
        )

    def overlaps_any(self, others: Iterable[Box]) -> bool:
        """Whether it shares volume with any of `others`."""
        return any(self.overlaps(other) for other in others)

    def is_inside(self, room: Room) -> bool:
        """Whether it lies within the room, whose floor is a rectangle."""
        return (
            self.half_x - SLACK <= self.x <= room.length - self.half_x + SLACK
            and self.half_y - SLACK <= self.y <= room.width - self.half_y + SLACK
            and self.half_z - SLACK <= self.z <= room.height - self.half_z + SLACK
        )


def extents(size: tuple[float, float, float], yaw: float) -> tuple[float, float]:
    """Return the extents along x and y of a box of `size` turned by `yaw` radians.

    Exact at quarter turns.

    Example:
        >>> import math
        >>> extents((2.0, 1.0, 0.5), math.pi / 2)
        (1.0, 2.0)
    """
    turns = yaw / (math.pi / 2)
    nearest = round(turns)
    if abs(turns - nearest) < 1e-9:
        return (size[0], size[1]) if nearest % 2 == 0 else (size[1], size[0])
    cos, sin = abs(math.cos(yaw)), abs(math.sin(yaw))
    return size[0] * cos + size[1] * sin, size[0] * sin + size[1] * cos
