"""What the presets of public definitions share: contacts, sampled points, floors and kinds of support, on boxes.

Public code measures meshes; here every object is its box. Points that public code draws anew at each run are drawn from
one fixed stream, the same for every object, so that a layout always scores the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition

MOST_POINTS = 100_000
"""Most points that are drawn on or in one box; public code has no limit."""

POINTS_PER_M3 = 5000
"""Points that SceneEval draws on or in a box for each cubic metre of it."""

THICKNESS = 0.001
"""Metres by which floors, walls and openings are thick in SceneEval."""

Pair = tuple[int, int]
SupportKind = Literal["ground", "object", "wall", "ceiling"]

_ON_EDGE = 1e-9


class PublishedReward(ABC):
    """A preset that scores one layout at a time.

    Attributes:
        name: As in `Reward`.
        version: As in `Reward`.
    """

    name: str
    version: str

    @abstractmethod
    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition."""
        return [self(transition) for transition in transitions]


def placed_share(placed: PlacedScene) -> float:
    """Return the share of the scene's objects that are placed; 1 for a scene without objects."""
    return len(placed.ids) / len(placed.scene.objects) if placed.scene.objects else 1.0


def by_object(placed: PlacedScene, values: FloatArray) -> FloatArray:
    """Return values of the placed objects in the order of ``scene.objects``, NaN where not placed."""
    ordered = np.full(len(placed.scene.objects), np.nan)
    ordered[placed.indices] = values
    return ordered


def marks(placed: PlacedScene, pairs: Iterable[Pair], outside: Iterable[int]) -> FloatArray:
    """Return 1 for each object, less 0.5 where it is in a pair, less 0.5 where it is outside."""
    values = np.ones(len(placed.ids))
    values[sorted({row for pair in pairs for row in pair})] -= 0.5
    values[sorted(set(outside))] -= 0.5
    return by_object(placed, values)


def verdicts(placed: PlacedScene, pairs: Iterable[Pair], outside: Iterable[int]) -> dict[str, Any]:
    """Return who collides and who is outside as plain lists of ids, under the names that all presets share."""
    return {
        "colliding_pairs": [[placed.ids[i], placed.ids[j]] for i, j in pairs],
        "outside_objects": [placed.ids[row] for row in outside],
    }


def depths(placed: PlacedScene) -> FloatArray:
    """Return how deep each pair of boxes is in contact, in metres, shape ``(m, m)``.

    The length of the shortest move that parts them; negative where they are apart; -inf on the diagonal.
    """
    apart: FloatArray = geometry.separations(placed.centers, placed.sizes, placed.yaws)
    return -apart


def pairs_where(condition: BoolArray) -> list[Pair]:
    """Return the pairs ``(i, j)`` with ``i < j`` for which a symmetric matrix is True."""
    return [(i, j) for i, j in np.argwhere(np.triu(condition, k=1)).tolist()]


def box_points(size: FloatArray, count: int) -> FloatArray:
    """Return points spread evenly in a box at the origin, shape ``(count, 3)``; the same for the same arguments."""
    points: FloatArray = (_stream()[:count, :3] - 0.5) * size
    return points


def surface_points(size: FloatArray, count: int) -> FloatArray:
    """Return points spread evenly on the surface of a box at the origin, shape ``(count, 3)``."""
    stream = _stream()[:count]
    points: FloatArray = (stream[:, :3] - 0.5) * size
    length, width, height = size.tolist()
    areas = np.repeat((width * height, length * height, length * width), 2)
    face = np.searchsorted(np.cumsum(areas) / areas.sum(), stream[:, 3], side="right").clip(max=5)
    points[np.arange(count), face // 2] = np.where(face % 2 == 0, -0.5, 0.5) * size[face // 2]
    return points


def in_place(points: FloatArray, placed: PlacedScene, row: int) -> FloatArray:
    """Return points of a box at the origin where the object of that row has them."""
    cos, sin = np.cos(placed.yaws[row]), np.sin(placed.yaws[row])
    x, y = points[:, 0], points[:, 1]
    turned = np.stack((cos * x - sin * y, sin * x + cos * y, points[:, 2]), axis=1)
    moved: FloatArray = turned + placed.centers[row]
    return moved


def over_floor(points: FloatArray, room: Room, margin: float = 0.0) -> BoolArray:
    """Return which points ``(k, 2)`` are on the floor, or beyond its edge by at most `margin` metres."""
    if room.is_rectangle:
        reach = margin + _ON_EDGE
        x, y = points[:, 0], points[:, 1]
        inside: BoolArray = (x >= -reach) & (x <= room.length + reach) & (y >= -reach) & (y <= room.width + reach)
        return inside
    import shapely

    found: BoolArray = shapely.intersects_xy(floor_polygon(room.floor, margin + _ON_EDGE), points[:, 0], points[:, 1])
    return found


def stays_over_floor(placed: PlacedScene, margin: float = 0.0) -> BoolArray:
    """Return whose whole footprint is on the floor, or beyond its edge by at most `margin`, shape ``(m,)``."""
    corners = geometry.footprints(placed.centers, placed.sizes, placed.yaws)
    if placed.room.is_rectangle:
        inside = over_floor(corners.reshape(-1, 2), placed.room, margin)
        return np.asarray(inside.reshape(-1, 4).all(axis=1), dtype=np.bool_)
    import shapely

    floor = floor_polygon(placed.room.floor, margin + _ON_EDGE)
    covered: BoolArray = shapely.covers(floor, shapely.polygons(corners))
    return covered


@lru_cache(maxsize=256)
def floor_polygon(floor: tuple[tuple[float, float], ...], margin: float) -> Any:
    """Return the floor as a prepared shapely polygon, grown by `margin` metres."""
    import shapely

    polygon = shapely.Polygon(floor).buffer(margin) if margin else shapely.Polygon(floor)
    shapely.prepare(polygon)
    return polygon


@per_scene
def support_kinds(scene: Scene) -> tuple[SupportKind, ...]:
    """Return what should hold each object up, by its relations, which stand in for a language model's guess.

    The wall or ceiling that a relation puts it ``on``; else another object where a relation says so or it does not
    stand on the floor; else the ground.
    """
    return tuple(_kind(scene, i) for i in range(len(scene.objects)))


def _kind(scene: Scene, index: int) -> SupportKind:
    item = scene.objects[index]
    targets = {relation.target for relation in item.relations if relation.preposition == "on"}
    rugs = {other.id for other in scene.objects if other.lies_flat}
    if "ceiling" in targets:
        return "ceiling"
    if not item.on_floor and targets & set(scene.room.walls):
        return "wall"
    if targets & (set(scene.ids) - rugs):
        return "object"
    return "ground" if item.on_floor else "object"


@lru_cache(maxsize=1)
def _stream() -> FloatArray:
    return np.random.default_rng(0).random((MOST_POINTS, 4))
