"""Where a robot, or a person, can walk in a furnished room, and what it reaches from there.

The robot is a disc that comes in through the doors. Its centre may be wherever it is on the floor, at least the
radius from every wall and from the footprint of every obstacle: distances are exact, from the centres of the cells of
a raster that is centred on the floor. Free cells hang together over their sides (4-connected). A passage is passed
where the places along its middle hold the centres of such cells: always where it is wider than the robot by 1.5 cells
(by one along the axes), never where it is narrower by more than the square of a cell over four radii (0.2 mm).

Reached is what hangs together with a place just inside a door: straight in front of the doorway, a radius from its
line and from its ends. A door that is narrower than the robot counts as wall. Where no door is left, the largest free
part counts as reached.

An obstacle is an object of which some part is between the heights that the robot steps over and that it passes
under, except rugs that lie flat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.geometry import box_arrays, floor_arrays
from spatialenv.core.numeric import as_number
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.support import lies_flat
from spatialenv.errors import InputError

_ROUNDING = 1e-9
_SPACING = 0.01

FADE = 1.0
"""Metres beyond the reach at which an object counts as not reached at all."""


@dataclass(frozen=True, slots=True)
class Walker:
    """Who walks; metres.

    Attributes:
        radius: Half the robot's width.
        arm: How far beyond its edge it reaches; the default is about the 510 mm over an obstruction of the 2010 ADA
            Standards, 308.2.2.
        step: Height of what it walks over.
        height: Height below which it needs the room to be free.
        cell: Side of the raster's cells; in rooms of more than 4096 cells they are larger.

    Raises:
        InputError: If the radius is not above 0, a number is negative or not finite, the cell's side is below
            1 mm, or the height is not above the step.
    """

    radius: float = 0.15
    arm: float = 0.5
    step: float = 0.05
    height: float = 1.8
    cell: float = 0.01

    def __post_init__(self) -> None:
        for name, least in (("radius", 0.001), ("arm", 0.0), ("step", 0.0), ("height", 0.0), ("cell", 0.001)):
            value = getattr(self, name)
            if not least <= as_number(value) < math.inf:
                raise InputError(f"`{name}` is {value!r}; give a finite number of metres, {least:g} or more")
        if self.height <= self.step:
            raise InputError(f"`height` is {self.height!r}; it must be above `step`, {self.step!r}")

    @property
    def reach(self) -> float:
        """Metres from the robot's centre within which it reaches things."""
        return self.radius + self.arm


ROBOT = Walker()
"""A robot 0.3 m wide, as in PhyScene's walkable rate; 0.01 m cells."""


class Walk(NamedTuple):
    """What is found by walking.

    Attributes:
        beyond: Metres by which each box's footprint is out of reach, shape ``(n,)``: 0 where it is reached, infinite
            where the robot gets nowhere.
        is_open: Whether the robot comes in at each door, shape ``(d,)``.
        is_blocked: Whether each door is wide enough for it and yet does not let it in, shape ``(d,)``.
        free_area: Square metres where its centre may be.
        reached_area: Square metres where it gets.
        walkable_rate: Share of the free area that is reached: the mean over the doors that are wide enough, each
            alone, 0 for one that is blocked; without doors the share of the largest part.
    """

    beyond: FloatArray
    is_open: BoolArray
    is_blocked: BoolArray
    free_area: float
    reached_area: float
    walkable_rate: float


def walk(
    centers: npt.ArrayLike,
    sizes: npt.ArrayLike,
    yaws: npt.ArrayLike,
    floor: npt.ArrayLike,
    doors: npt.ArrayLike = (),
    *,
    is_flat: npt.ArrayLike | None = None,
    walker: Walker = ROBOT,
) -> Walk:
    """Walk through one room.

    Args:
        centers: Centres of the boxes, shape ``(n, 3)``; metres, the floor at z = 0.
        sizes: Sizes, shape ``(n, 3)``.
        yaws: Yaws in radians, shape ``(n,)``.
        floor: Corners of the floor, counter-clockwise, anywhere, shape ``(c, 2)``.
        doors: Both ends of each doorway, on the walls, shape ``(d, 2, 2)``.
        is_flat: Which boxes are rugs that lie flat, shape ``(n,)``; None for none.
        walker: Who walks.

    Returns:
        What is found.

    Raises:
        InputError: If shapes do not fit, a number is not finite, a size is negative, the floor is no polygon, or a
            doorway has no width.

    Example:
        >>> wall = [[2, 1.5, 0.5]], [[0.2, 3, 1]], [0]  # cuts the room in two
        >>> found = walk(*wall, [(0, 0), (4, 0), (4, 3), (0, 3)], [[(0, 1), (0, 2)]])
        >>> round(found.free_area, 2), round(found.reached_area, 2), round(found.walkable_rate, 2)
        (8.64, 4.32, 0.5)
    """
    given = box_arrays(centers, sizes, yaws)
    if given.is_batch:
        raise InputError("`centers` has a batch axis; give the boxes of one room, shape (n, 3)")
    corners = floor_arrays(np.asarray(floor, dtype=np.float64), 1)[0][0]
    doorways = _doorways(doors)
    flat = np.zeros(given.yaws.shape[1], dtype=np.bool_)
    if is_flat is not None:
        flat[:] = np.asarray(is_flat, dtype=np.bool_)
    return _walk(given.centers[0], given.sizes[0], given.yaws[0], flat, corners, doorways, walker, math.inf)


def walk_in(placed: PlacedScene, walker: Walker = ROBOT, limit: float = math.inf) -> Walk:
    """Walk through a furnished room.

    Args:
        placed: The scene with the layout.
        walker: Who walks.
        limit: Greatest metres out of reach that are told apart: what is further counts as this far.

    Example:
        >>> from spatialenv.core.room import Opening, Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> room = Room.rectangle(4, 3, 2.5, (Opening("door", "west_wall", 1, 1, 2),))
        >>> objects = (SceneObject("shelf_1", "shelf", (0.2, 3, 1)), SceneObject("bed_1", "bed", (1, 1, 0.5)))
        >>> placed = Scene(room, objects).place({"shelf_1": (2, 1.5, 0.5), "bed_1": (3.5, 1.5, 0.25)})
        >>> walk_in(placed).beyond.round(1)
        array([0. , 0.6])
    """
    flat = lies_flat(placed)
    return _walk(placed.centers, placed.sizes, placed.yaws, flat, *_room_arrays(placed.scene), walker, limit)


def gaps_at(placed: PlacedScene, row: int, places: FloatArray, walker: Walker = ROBOT) -> FloatArray:
    """Return how far out of reach an object would be at each place ``(x, y)``, if its being there blocked no way.

    Args:
        placed: The scene with the layout.
        row: Row of the object in ``placed.ids``; it is taken away from where it stands.
        places: Where its centre might be, shape ``(k, 2)``.
        walker: Who walks.

    Returns:
        Metres, shape ``(k,)``: 0 where it may be reached.
    """
    from spatialenv.core.usability import walking_kernels

    blocks = takes_floor(placed.centers, placed.sizes, lies_flat(placed), walker)
    gaps = walking_kernels.gaps_at(
        placed.centers,
        placed.sizes,
        placed.yaws,
        blocks,
        *_room_arrays(placed.scene),
        walker.radius,
        walker.cell,
        walker.reach,
        row,
        np.ascontiguousarray(places, dtype=np.float64),
    )
    beyond: FloatArray = np.maximum(gaps - walker.reach, 0.0)
    return beyond


class Doorway(NamedTuple):
    """A door of a room, and where a robot stands that has just come in.

    Attributes:
        name: ``"door_"`` and its index in ``room.openings``.
        places: Where its centre may be when its edge is on the doorway's line, a centimetre apart or less, shape
            ``(k, 2)``; none for a door that is too narrow.
    """

    name: str
    places: FloatArray


def doorways(scene: Scene, walker: Walker = ROBOT) -> tuple[Doorway, ...]:
    """Return the doors of a scene's room, in their order."""
    found = []
    for index, opening in enumerate(scene.room.openings):
        if opening.kind != "door":
            continue
        wall, slack = scene.room.wall(opening.wall), opening.width - 2 * walker.radius
        count = 0 if slack < -_ROUNDING else math.ceil(max(slack, 0.0) / _SPACING) + 1
        offsets = opening.offset + walker.radius + np.linspace(0.0, max(slack, 0.0), count)
        places = [wall.point(offset, walker.radius) for offset in offsets.tolist()]
        found.append(Doorway(f"door_{index}", np.array(places, dtype=np.float64).reshape(-1, 2)))
    return tuple(found)


def footprint_distances(placed: PlacedScene, points: FloatArray, row: int | None = None) -> FloatArray:
    """Return the distance in metres of each point ``(k, 2)`` from each footprint, or from that of one row.

    Returns:
        Shape ``(k, m)``, or ``(k, 1)`` for one row.
    """
    rows = slice(None) if row is None else slice(row, row + 1)
    along, across = np.cos(placed.yaws[rows]), np.sin(placed.yaws[rows])
    dx, dy = np.moveaxis(points[:, None, :] - placed.centers[None, rows, :2], -1, 0)
    beyond_length = np.maximum(np.abs(along * dx + across * dy) - placed.sizes[rows, 0] / 2, 0.0)
    beyond_width = np.maximum(np.abs(along * dy - across * dx) - placed.sizes[rows, 1] / 2, 0.0)
    distances: FloatArray = np.hypot(beyond_length, beyond_width)
    return distances


def obstacles(placed: PlacedScene, walker: Walker = ROBOT) -> BoolArray:
    """Return which placed objects are obstacles, shape ``(m,)``."""
    return takes_floor(placed.centers, placed.sizes, lies_flat(placed), walker)


class _RoomArrays(NamedTuple):
    floor: FloatArray
    doors: FloatArray


@per_scene
def _room_arrays(scene: Scene) -> _RoomArrays:
    room = scene.room
    doors = []
    for opening in room.openings:
        if opening.kind == "door":
            wall = room.wall(opening.wall)
            doors.append((*wall.point(opening.offset), *wall.point(opening.offset + opening.width)))
    return _RoomArrays(np.array(room.floor, dtype=np.float64), np.array(doors, dtype=np.float64).reshape(-1, 4))


def _doorways(given: npt.ArrayLike) -> FloatArray:
    doors = np.asarray(given, dtype=np.float64)
    if doors.size == 0:
        return np.zeros((0, 4))
    if doors.ndim != 3 or doors.shape[1:] != (2, 2) or not np.isfinite(doors).all():
        raise InputError(f"`doors` has the shape {doors.shape}; give both ends of each doorway, (d, 2, 2), all finite")
    if (doors[:, 0] == doors[:, 1]).all(axis=1).any():
        raise InputError("`doors` holds a doorway whose ends are the same point; give both its ends")
    return np.ascontiguousarray(doors.reshape(-1, 4))


def takes_floor(centers: FloatArray, sizes: FloatArray, is_flat: BoolArray, walker: Walker) -> BoolArray:
    """Return which boxes are obstacles, shape ``(n,)``."""
    from spatialenv.core.usability import floor_kernels

    takes: BoolArray = floor_kernels.takes_floor(centers, sizes, is_flat, walker.step, walker.height)
    return takes


def _walk(
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    is_flat: BoolArray,
    floor: FloatArray,
    doors: FloatArray,
    walker: Walker,
    limit: float,
) -> Walk:
    from spatialenv.core.usability import walking_kernels

    blocks = takes_floor(centers, sizes, is_flat, walker)
    reach = walker.reach
    gaps, ways, (free, reached, rate) = walking_kernels.walk(
        centers, sizes, yaws, blocks, floor, doors, walker.radius, walker.cell, reach, reach + limit
    )
    beyond = np.where(gaps < reach + limit, np.maximum(gaps - reach, 0.0), limit)
    return Walk(beyond, ways == 1, ways == 0, float(free), float(reached), float(rate))
