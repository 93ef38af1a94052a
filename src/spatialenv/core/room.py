"""The room: floor, height, walls and openings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from spatialenv.core.numeric import as_number
from spatialenv.errors import SceneError, nearest

Point = tuple[float, float]

WALLS = ("south_wall", "east_wall", "north_wall", "west_wall")
"""Walls of a rectangular room in the order of a floor that begins at the origin: `wall_0` is the south wall."""

ELEMENTS = (*WALLS, "middle of the room", "ceiling")
"""Everything of a rectangular room that a relation may name as its target."""

MAX_CORNERS = 64
"""Most corners of a floor."""

MAX_EXTENT = 1e4
"""Greatest length, width or height of a room in metres."""

_TOLERANCE = 1e-6
_COMPASS = {(0.0, 1.0): "south_wall", (-1.0, 0.0): "east_wall", (0.0, -1.0): "north_wall", (1.0, 0.0): "west_wall"}


@dataclass(frozen=True, slots=True)
class Opening:
    """A door or a window in a wall; metres.

    Attributes:
        kind: ``"door"`` or ``"window"``.
        wall: The wall that it is in: ``"wall_0"``, ... along the floor's edges; on a rectangle also
            ``"south_wall"``, ..., which is what the room then keeps.
        offset: Distance of its near edge from the wall's first corner, walking around the floor counter-clockwise.
        width: Width along the wall.
        height: Height of the opening itself.
        sill: Height of its lower edge above the floor.
        swing: Which way a door opens. Its hinge is at the near edge; ``"none"``: it slides, or is a mere gap.
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
            raise SceneError(f"opening `wall` is {self.wall!r}; name a wall of its room, such as 'wall_0'")
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
class Wall:
    """A wall: an edge of the floor, seen from inside with `start` on the left.

    Attributes:
        name: Its name in the room.
        start: Its first corner, walking around the floor counter-clockwise; metres.
        end: Its other corner.
        inward: Unit vector into the room, exact where the wall runs along an axis.
    """

    name: str
    start: Point
    end: Point
    inward: Point

    @property
    def length(self) -> float:
        """Metres from corner to corner."""
        return math.dist(self.start, self.end)

    @property
    def along(self) -> Point:
        """Unit vector from `start` to `end`."""
        return self.inward[1] + 0.0, 0.0 - self.inward[0]

    @property
    def facing_yaw(self) -> float:
        """Yaw in radians, in ``[0, 2 pi)``, of an object whose front looks at the wall."""
        return math.atan2(self.inward[0], 0.0 - self.inward[1]) % math.tau

    @property
    def backing_yaw(self) -> float:
        """Yaw in radians, in ``[0, 2 pi)``, of an object whose back is to the wall."""
        return math.atan2(0.0 - self.inward[0], self.inward[1]) % math.tau

    def point(self, offset: float, depth: float = 0.0) -> Point:
        """Return the point `offset` metres along the wall and `depth` metres into the room."""
        (ax, ay), (nx, ny) = self.along, self.inward
        return self.start[0] + offset * ax + depth * nx, self.start[1] + offset * ay + depth * ny


@dataclass(frozen=True)
class Room:
    """A room: right-handed, z up, metres, x east, y north, the floor's bounding box at the origin.

    Attributes:
        floor: Corners ``(x, y)`` of the floor, counter-clockwise, 3 to `MAX_CORNERS` of them. Its edges are
            the walls; they cross and touch nowhere but at their shared corners.
        height: Height of the ceiling.
        openings: Doors and windows.

    Raises:
        SceneError: If the floor is no such polygon, a number is not finite and above 0, or an opening does not
            fit its wall.

    Example:
        >>> Room.rectangle(6, 4, 3).walls
        ('south_wall', 'east_wall', 'north_wall', 'west_wall')
        >>> Room(floor=((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), height=2.5).area
        12.0
    """

    floor: tuple[Point, ...]
    height: float
    openings: tuple[Opening, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "floor", _corners(self.floor))
        _check_extent("height", self.height)
        object.__setattr__(self, "height", as_number(self.height))
        _check_extent("length", self.length)
        _check_extent("width", self.width)
        if self.floor != ((0.0, 0.0), (self.length, 0.0), (self.length, self.width), (0.0, self.width)):
            _check_floor(self.floor)  # a rectangle from the origin needs no look at every pair of walls
        object.__setattr__(self, "openings", _openings(self.openings))
        object.__setattr__(self, "openings", tuple(self._fitted(opening) for opening in self.openings))

    @classmethod
    def rectangle(cls, length: float, width: float, height: float, openings: tuple[Opening, ...] = ()) -> Room:
        """Return a rectangular room of `length` (x) by `width` (y) by `height` (z) metres."""
        for name, value in (("length", length), ("width", width), ("height", height)):
            _check_extent(name, value)
        floor = ((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))
        return cls(floor=floor, height=height, openings=openings)

    @classmethod
    def polygon(cls, floor: Sequence[Sequence[float]], height: float, openings: tuple[Opening, ...] = ()) -> Room:
        """Return a room over a floor drawn anywhere, in either direction.

        The corners are moved so that their bounding box starts at the origin and, where they run clockwise,
        reversed (the last one given then comes first).

        Example:
            >>> Room.polygon([(1, 1), (1, 3), (5, 1)], height=2.5).floor
            ((4.0, 0.0), (0.0, 2.0), (0.0, 0.0))
        """
        corners = _corners(floor)
        if corners:
            west, south = min(x for x, _ in corners), min(y for _, y in corners)
            corners = tuple((x - west, y - south) for x, y in corners)
        return cls(corners if _signed_area(corners) >= 0 else corners[::-1], height, openings)

    @cached_property
    def length(self) -> float:
        """Extent of the floor's bounding box along x in metres."""
        return max((x for x, _ in self.floor), default=math.nan)

    @cached_property
    def width(self) -> float:
        """Extent of the floor's bounding box along y in metres."""
        return max((y for _, y in self.floor), default=math.nan)

    @cached_property
    def area(self) -> float:
        """Area of the floor in square metres."""
        return _signed_area(self.floor)

    @cached_property
    def is_rectangle(self) -> bool:
        """Whether the floor is a rectangle along the axes, given by its four corners."""
        return len(self.floor) == 4 and set(self.floor) == {
            (0.0, 0.0), (self.length, 0.0), (self.length, self.width), (0.0, self.width)
        }  # fmt: skip

    @cached_property
    def wall_lines(self) -> tuple[Wall, ...]:
        """The walls along the floor's edges: the first one runs from the first corner to the second."""
        walls = []
        for index, (start, end) in enumerate(pairwise((*self.floor, self.floor[0]))):
            dx, dy = end[0] - start[0], end[1] - start[1]
            length = math.hypot(dx, dy)
            inward = (0.0 - dy / length, dx / length + 0.0)
            walls.append(Wall(_COMPASS[inward] if self.is_rectangle else f"wall_{index}", start, end, inward))
        return tuple(walls)

    @cached_property
    def walls(self) -> tuple[str, ...]:
        """Names of the walls along the floor's edges."""
        return tuple(wall.name for wall in self.wall_lines)

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """Names that a relation may use as its target: the walls, the middle and the ceiling."""
        return (*self.walls, "middle of the room", "ceiling")

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Names of the walls by number, and the names that `walls` gives them."""
        return {f"wall_{index}": name for index, name in enumerate(self.walls)}

    def wall(self, name: str) -> Wall:
        """Return the wall of that name (a number's name also on a rectangle), or raise SceneError."""
        for wall in self.wall_lines:
            if wall.name == self.aliases.get(name, name):
                return wall
        raise SceneError(f"no wall {name!r};{nearest(str(name), self.walls)} Known: {', '.join(self.walls)}")

    def _fitted(self, opening: Opening) -> Opening:
        """Return the opening under its wall's own name, or raise SceneError where it does not fit there."""
        name = self.aliases.get(opening.wall, opening.wall)
        if name not in self.walls:
            raise SceneError(
                f"opening `wall` is {opening.wall!r};{nearest(name, self.walls)} allowed: {', '.join(self.walls)}"
            )
        room_for = self.wall(name).length
        if opening.offset + opening.width > room_for + _TOLERANCE:
            raise SceneError(
                f"the {opening.kind} in {name} reaches from {opening.offset:g} to "
                f"{opening.offset + opening.width:g} m, but the wall is {room_for:g} m long; make it narrower or move"
            )
        if opening.sill + opening.height > self.height + _TOLERANCE:
            raise SceneError(
                f"the {opening.kind} in {name} reaches {opening.sill + opening.height:g} m high, "
                f"but the room is {self.height:g} m high; make it lower"
            )
        return opening if name == opening.wall else replace(opening, wall=name)


def _corners(given: object) -> tuple[Point, ...]:
    try:
        corners = tuple((as_number(x), as_number(y)) for x, y in given)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise SceneError(
            f"room `floor` is {given!r}; it must be corners (x, y) in metres: "
            "use Room.rectangle(length, width, height) or Room.polygon(corners, height)"
        ) from error
    return tuple((x + 0.0, y + 0.0) for x, y in corners)


def _check_extent(name: str, value: object) -> None:
    if not 0 < as_number(value) <= MAX_EXTENT:
        raise SceneError(
            f"room `{name}` is {value!r}; it must be a finite number above 0, at most {MAX_EXTENT:g} metres"
        )


def _check_floor(floor: tuple[Point, ...]) -> None:
    """Raise SceneError unless the corners are those of a simple polygon, counter-clockwise, from the origin."""
    remedy = "use Room.polygon(corners, height), which moves and turns a floor, or Room.rectangle"
    if not 3 <= len(floor) <= MAX_CORNERS:
        raise SceneError(f"room `floor` has {len(floor)} corners; it must have 3 to {MAX_CORNERS}")
    if not all(math.isfinite(value) for corner in floor for value in corner):
        raise SceneError(f"room `floor` is {floor!r}; every number must be finite")
    if (min(x for x, _ in floor), min(y for _, y in floor)) != (0.0, 0.0):
        raise SceneError(f"room `floor` is {floor!r}; its bounding box must start at (0, 0): {remedy}")
    edges = list(pairwise((*floor, floor[0])))
    for a, b in edges:
        if math.dist(a, b) < _TOLERANCE:
            raise SceneError(f"room `floor` has the corner {a!r} twice in a row; leave one out")
    for i, (a, b) in enumerate(edges):
        for j in range(i + 1, len(edges)):
            c, d = edges[j]
            is_next, is_before = j == i + 1, i == 0 and j == len(edges) - 1
            if (is_next and _overlap(a, b, d)) or (is_before and _overlap(c, a, b)):
                raise SceneError(f"room `floor` turns back on itself at {b if is_next else a!r}; mend its corners")
            if not (is_next or is_before) and _meet(a, b, c, d):
                raise SceneError(
                    f"room `floor` crosses or touches itself: the edges {a!r} to {b!r} and {c!r} to {d!r} meet; "
                    "mend its corners"
                )
    if _signed_area(floor) <= 0:
        raise SceneError(f"room `floor` is {floor!r}, which runs clockwise; it must run counter-clockwise: {remedy}")


def _signed_area(floor: Sequence[Point]) -> float:
    """Return the area of a polygon, negative where its corners run clockwise."""
    if not floor:
        return 0.0
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise((*floor, floor[0]))) / 2


def _side(a: Point, b: Point, p: Point) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _is_between(a: Point, b: Point, p: Point) -> bool:
    """Whether `p` lies on the segment from `a` to `b`."""
    squared = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    share = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / squared
    share = min(1.0, max(0.0, share))
    closest = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
    return math.dist(closest, p) < _TOLERANCE


def _overlap(a: Point, b: Point, c: Point) -> bool:
    """Whether the segments from `a` to `b` and from there to `c` lie on each other."""
    return _is_between(a, b, c) or _is_between(b, c, a)


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments cross or touch."""
    crosses = (_side(a, b, c) > 0) != (_side(a, b, d) > 0) and (_side(c, d, a) > 0) != (_side(c, d, b) > 0)
    return crosses or _is_between(a, b, c) or _is_between(a, b, d) or _is_between(c, d, a) or _is_between(c, d, b)


def _openings(given: object) -> tuple[Opening, ...]:
    openings = tuple(given) if isinstance(given, Iterable) else (given,)
    for opening in openings:
        if not isinstance(opening, Opening):
            raise SceneError(f"room `openings` holds {opening!r}; give a sequence of Opening(kind, wall, ...)")
    return openings
