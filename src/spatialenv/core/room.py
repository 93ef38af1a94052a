"""The room: floor, height, walls and openings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from spatialenv.core.numeric import as_number
from spatialenv.errors import SceneError

WALLS = ("south_wall", "east_wall", "north_wall", "west_wall")
"""Walls of a rectangular room in the order of its floor's edges: `wall_0` is the south wall."""

WALL_NAMES = {f"wall_{index}": wall for index, wall in enumerate(WALLS)}
"""Names of the walls along the floor's edges, and the names by compass that this package writes."""

ELEMENTS = (*WALLS, "middle of the room", "ceiling")
"""Everything of a rectangular room that a relation may name as its target."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A door or a window in a wall; metres.

    Attributes:
        kind: ``"door"`` or ``"window"``.
        wall: The wall that it is in; ``wall_0`` to ``wall_3`` become the long names.
        offset: Distance of its near edge from the wall's first corner.
        width: Width along the wall.
        height: Height of the opening itself.
        sill: Height of its lower edge above the floor.
        swing: Which way a door opens.
    """

    kind: Literal["door", "window"]
    wall: str
    offset: float
    width: float
    height: float
    sill: float = 0.0
    swing: Literal["in", "out", "none"] = "none"

    def __post_init__(self) -> None:
        if not isinstance(self.wall, str):
            raise SceneError(f"opening `wall` is {self.wall!r}; allowed: {', '.join(WALLS)}")
        object.__setattr__(self, "wall", WALL_NAMES.get(self.wall, self.wall))
        if self.kind not in ("door", "window"):
            raise SceneError(f"opening `kind` is {self.kind!r}; allowed: 'door', 'window'")
        if self.swing not in ("in", "out", "none"):
            raise SceneError(f"opening `swing` is {self.swing!r}; allowed: 'in', 'out', 'none'")
        for name in ("offset", "sill"):
            if not 0 <= as_number(getattr(self, name)) < math.inf:
                raise SceneError(f"opening `{name}` is {getattr(self, name)!r}; it must be 0 or more metres")
        for name in ("width", "height"):
            if not 0 < as_number(getattr(self, name)) < math.inf:
                raise SceneError(f"opening `{name}` is {getattr(self, name)!r}; it must be more than 0 metres")


@dataclass(frozen=True, slots=True)
class Room:
    """A room: right-handed, z up, metres, x east, y north, the floor's bounding box at the origin.

    Attributes:
        floor: Corners ``(x, y)`` of the floor, counter-clockwise. This version furnishes
            axis-aligned rectangles that start at the origin.
        height: Height of the ceiling.
        openings: Doors and windows.

    Raises:
        SceneError: If a size is not a positive finite number or the floor is no such rectangle.

    Example:
        >>> Room.rectangle(6, 4, 3).walls
        ('south_wall', 'east_wall', 'north_wall', 'west_wall')
    """

    floor: tuple[tuple[float, float], ...]
    height: float
    openings: tuple[Opening, ...] = ()

    def __post_init__(self) -> None:
        try:
            floor = tuple((as_number(x), as_number(y)) for x, y in self.floor)
        except (TypeError, ValueError) as error:
            raise SceneError(
                f"room `floor` is {self.floor!r}; it must be corners (x, y) in metres: "
                "use Room.rectangle(length, width, height)"
            ) from error
        object.__setattr__(self, "floor", floor)
        _check_extent("height", self.height)
        object.__setattr__(self, "height", as_number(self.height))
        object.__setattr__(self, "openings", _openings(self.openings))
        length, width = self.length, self.width
        _check_extent("length", length)
        _check_extent("width", width)
        if self.floor != ((0.0, 0.0), (length, 0.0), (length, width), (0.0, width)):
            raise SceneError(
                f"room `floor` is {self.floor!r}; this version needs a rectangle given counter-clockwise "
                "from the origin: use Room.rectangle(length, width, height)"
            )
        for opening in self.openings:
            if opening.wall not in WALLS:
                raise SceneError(f"opening `wall` is {opening.wall!r}; allowed: {', '.join(WALLS)}")

    @classmethod
    def rectangle(cls, length: float, width: float, height: float, openings: tuple[Opening, ...] = ()) -> Room:
        """Return a rectangular room of `length` (x) by `width` (y) by `height` (z) metres."""
        for name, value in (("length", length), ("width", width), ("height", height)):
            _check_extent(name, value)
        floor = ((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))
        return cls(floor=floor, height=height, openings=openings)

    @property
    def length(self) -> float:
        """Extent along x in metres."""
        return max((x for x, _ in self.floor), default=math.nan)

    @property
    def width(self) -> float:
        """Extent along y in metres."""
        return max((y for _, y in self.floor), default=math.nan)

    @property
    def walls(self) -> tuple[str, ...]:
        """Names of the walls along the floor's edges."""
        return WALLS

    @property
    def elements(self) -> tuple[str, ...]:
        """Names that a relation may use as its target: the walls, the middle and the ceiling."""
        return ELEMENTS


def _check_extent(name: str, value: object) -> None:
    if not 0 < as_number(value) < math.inf:
        raise SceneError(f"room `{name}` is {value!r}; it must be a finite number above 0 metres")


def _openings(given: object) -> tuple[Opening, ...]:
    openings = tuple(given) if isinstance(given, Iterable) else (given,)
    for opening in openings:
        if not isinstance(opening, Opening):
            raise SceneError(f"room `openings` holds {opening!r}; give a sequence of Opening(kind, wall, ...)")
    return openings
