"""Boxes turned to any angle while a layout is being built: do they overlap, are they in the room, what do they face."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from spatialenv.core.room import Point, Room, Wall
from spatialenv.tasks.shapes import is_within

_SLACK = 1e-7
"""Metres by which rounding may let boxes touch too closely."""


@dataclass(frozen=True)
class TurnedBox:
    """A box that stands upright; metres and degrees.

    Attributes:
        center: ``(x, y, z)``.
        size: ``(length, width, height)``.
        degrees: Yaw, counter-clockwise from above.
    """

    center: tuple[float, float, float]
    size: tuple[float, float, float]
    degrees: float

    @cached_property
    def yaw(self) -> float:
        """Yaw in radians, in ``[0, 2 pi)``."""
        return math.radians(self.degrees % 360)

    @cached_property
    def axes(self) -> tuple[Point, Point]:
        """Unit vectors along its length and its width (to its front), exact at quarter turns."""
        quarters = self.degrees / 90
        if quarters == round(quarters):
            x, y = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[round(quarters) % 4]
        else:
            x, y = math.cos(self.yaw), math.sin(self.yaw)
        return (x, y), (0.0 - y, x)

    @cached_property
    def footprint(self) -> tuple[Point, Point, Point, Point]:
        """Its corners seen from above, counter-clockwise."""
        return self.point(-1, -1), self.point(1, -1), self.point(1, 1), self.point(-1, 1)

    def point(self, along: float, across: float) -> Point:
        """Return a point by its shares of half the length and half the width from the centre."""
        (ax, ay), (bx, by) = self.axes
        a, b = along * self.size[0] / 2, across * self.size[1] / 2
        return self.center[0] + a * ax + b * bx, self.center[1] + a * ay + b * by

    def reach(self, direction: Point) -> float:
        """Return how far it reaches from its centre along a unit vector."""
        (ax, ay), (bx, by) = self.axes
        dx, dy = direction
        return (self.size[0] * abs(ax * dx + ay * dy) + self.size[1] * abs(bx * dx + by * dy)) / 2

    def overlaps(self, other: TurnedBox) -> bool:
        """Whether the two share volume; touching does not count."""
        if abs(self.center[2] - other.center[2]) >= (self.size[2] + other.size[2]) / 2 - _SLACK:
            return False
        dx, dy = other.center[0] - self.center[0], other.center[1] - self.center[1]
        for axis in (*self.axes, *other.axes):
            if abs(dx * axis[0] + dy * axis[1]) >= self.reach(axis) + other.reach(axis) - _SLACK:
                return False
        return True

    def is_inside(self, room: Room) -> bool:
        """Whether it lies within the room."""
        low, high = self.center[2] - self.size[2] / 2, self.center[2] + self.size[2] / 2
        return low >= -_SLACK and high <= room.height + _SLACK and is_within(self.footprint, room.floor, _SLACK)

    def faces(self, other: TurnedBox) -> bool:
        """Whether a ray from its centre to its front meets the footprint of `other`."""
        front = self.axes[1]
        first, last = 0.0, math.inf
        for axis, extent in zip(other.axes, other.size, strict=False):
            offset = (other.center[0] - self.center[0]) * axis[0] + (other.center[1] - self.center[1]) * axis[1]
            speed = front[0] * axis[0] + front[1] * axis[1]
            if abs(speed) < 1e-12:
                if abs(offset) >= extent / 2:
                    return False
                continue
            near, far = sorted(((offset - extent / 2) / speed, (offset + extent / 2) / speed))
            first, last = max(first, near), min(last, far)
        return first < last

    def faced_wall(self, room: Room) -> Wall | None:
        """Return the first wall that a ray from its centre to its front meets."""
        (dx, dy), (x, y, _) = self.axes[1], self.center
        best, found = math.inf, None
        for wall in room.wall_lines:
            nx, ny = wall.inward
            speed = dx * nx + dy * ny
            if speed >= -1e-12:
                continue
            distance = ((x - wall.start[0]) * nx + (y - wall.start[1]) * ny) / -speed
            along = (x + distance * dx - wall.start[0]) * wall.along[0]
            along += (y + distance * dy - wall.start[1]) * wall.along[1]
            if 0 <= distance < best and 0 <= along <= wall.length:
                best, found = distance, wall
        return found
