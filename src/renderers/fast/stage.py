"""What all pictures of one scene share: its objects' triangles, what the light sees, and what the sky sees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.assets.library import AssetLibrary
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.renderers.base import ROOM, shown_objects
from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.occlusion import LEVELS, PUSH, make_field, mark_outside
from spatialenv.renderers.fast.raster import EMPTY_KEY, draw_faces, project
from spatialenv.renderers.fast.shadow import TILE, find_tiles
from spatialenv.renderers.fast.soup import Floats, Ints, Part, Soup, make_soup, prepare
from spatialenv.renderers.fast.strays import find_strays
from spatialenv.renderers.models import Appearance, object_model
from spatialenv.renderers.room import RoomStyle, room_style_for

LIGHT = np.array([0.42, -0.58, 0.70]) / math.sqrt(0.42**2 + 0.58**2 + 0.70**2)
"""Direction towards the light: from the south-east, above. A box's top, south and west differ."""

_RIGHT = np.array([-LIGHT[1], LIGHT[0], 0.0]) / math.hypot(LIGHT[0], LIGHT[1])
AXES = np.stack([_RIGHT, -np.cross(LIGHT, _RIGHT), LIGHT])
"""Axes of the light's map: right, down, towards the light."""

MAX_LIGHT_SIDE = 2048
"""Greatest side of the light's map in cells."""

HANGING = 1.3
"""Metres above the floor from which a thing does not darken what is under it."""

BLUR = 0.14
"""Metres to either side over which each of two blurs of the sky's field goes."""

NO_FACES = np.zeros((0, 0), np.int32)
NO_KEYS = np.zeros((0, 0), np.float32)
NO_WIDTHS = np.zeros(0, np.float32)
NO_FIELD = np.zeros((0, 0, LEVELS), np.float32)
NO_CELLS = np.zeros((0, 0), np.bool_)
NO_PARTS = np.zeros(0, np.bool_)

Flags = npt.NDArray[np.bool_]


class Light(NamedTuple):
    """The light's map.

    Attributes:
        keys: Depth keys, metres towards the light, ``(s, s)``; shape ``(0, 0)`` where nothing casts shadows.
        most: See `shadow.find_tiles`.
        least: Likewise.
        matrix: World to ``(u, v, key, 1)``, ``(4, 4)``.
        axes: Axes of u, v and the key in the world, unit vectors, ``(3, 3)``.
        cell: Metres of a cell.
    """

    keys: Floats
    most: Floats
    least: Floats
    matrix: FloatArray
    axes: FloatArray
    cell: float


class Sky(NamedTuple):
    """The sky's field.

    Attributes:
        place: ``(left, top, cell, push)`` in metres.
        field: ``(h, w, LEVELS)``.
        outside: Cells outside the floor, ``(h, w)``.
    """

    place: FloatArray
    field: Floats
    outside: Flags


class Stage(NamedTuple):
    """What all pictures of a scene share.

    Attributes:
        objects: Triangles of the objects that are shown.
        owners: What `Frames.ids` holds for each part; the last is the room's.
        strays: Which objects reach out of the room, by part; length 0 where none does.
        light: What the light sees.
        sky: What the sky sees.
        fallbacks: See `Frames`.
    """

    objects: Soup
    owners: Ints
    strays: Flags
    light: Light
    sky: Sky
    fallbacks: Mapping[str, str]


Known = tuple[Part, str]
"""An object's mesh, prepared, and why its asset could not be used."""


@per_scene
def _known_parts(scene: Scene) -> dict[tuple[Appearance, AssetLibrary | None], dict[int, Known]]:
    """Return where `scene_parts` keeps what it has made of a scene."""
    return {}


def scene_parts(
    scene: Scene, indices: Sequence[int], appearance: Appearance, assets: AssetLibrary | None = None
) -> list[Known]:
    """Return the meshes of objects of a scene, prepared, and why their assets could not be used."""
    known = _known_parts(scene).setdefault((appearance, assets), {})
    for index in indices:
        if index not in known:
            model = object_model(scene.objects[index], index, appearance, assets)
            known[index] = (prepare(model.mesh), model.problem)
    return [known[index] for index in indices]


@per_scene
def _known_styles(scene: Scene) -> dict[RoomStyle, RoomStyle]:
    """Return where `scene_style` keeps what it has made of a scene."""
    return {}


def scene_style(scene: Scene, style: RoomStyle) -> RoomStyle:
    """Return how the room of a scene looks; see `room_style_for`."""
    known = _known_styles(scene)
    if style not in known:
        known[style] = room_style_for(scene, style)
    return known[style]


def make_stage(
    placed: PlacedScene,
    appearance: Appearance,
    side: int,
    *,
    shadows: bool,
    occlusion: bool,
    assets: AssetLibrary | None = None,
) -> Stage:
    """Return what all pictures of a scene share, where the longest side of a picture is `side` pixels."""
    shown = shown_objects(placed)
    looks = scene_parts(placed.scene, placed.indices[shown].tolist(), appearance, assets)
    fallbacks = {placed.ids[i]: problem for i, (_, problem) in zip(shown.tolist(), looks, strict=True) if problem}
    # What hangs comes last, so that the sky looks at all others at once.
    lows = placed.centers[shown, 2] + np.array([part.low for part, _ in looks])
    order = np.argsort(lows > HANGING, kind="stable")
    low_count = int(np.count_nonzero(lows <= HANGING))
    parts = [looks[i][0] for i in order.tolist()]
    shown = shown[order]
    soup = make_soup(parts, placed.centers[shown], placed.yaws[shown])
    owners = np.append(shown, ROOM).astype(np.int32)
    low_faces = sum(part.counts[1] for part in parts[:low_count])
    return Stage(
        objects=soup,
        owners=owners,
        strays=_find_strays(placed, shown),
        light=light_map(soup, side) if shadows else no_light(),
        sky=sky_field(placed, soup, low_faces, side) if occlusion else no_sky(),
        fallbacks=fallbacks,
    )


def no_light() -> Light:
    """Return a light that is never in the shade."""
    return Light(NO_KEYS, NO_KEYS, NO_KEYS, np.zeros((4, 4)), np.eye(3), 1.0)


def no_sky() -> Sky:
    """Return a sky that nothing hides."""
    return Sky(np.zeros(4), NO_FIELD, NO_CELLS)


def light_map(soup: Soup, side: int) -> Light:
    """Return what the light sees of the objects, fine enough for a picture of `side` pixels."""
    if not len(soup.corners):
        return no_light()
    count = min(max(5 * side // 4, 96), MAX_LIGHT_SIDE) // TILE
    cells = count * TILE
    low, high = np.empty(2), np.empty(2)
    _bounds(soup.points, AXES, low, high)
    cell = max(float(high[0] - low[0]), float(high[1] - low[1]), 1e-6) / (cells - 4 * TILE)
    matrix = np.zeros((4, 4))
    matrix[:2, :3], matrix[:2, 3] = AXES[:2] / cell, 2 * TILE - low / cell
    matrix[2, :3] = LIGHT
    matrix[3, 3] = 1.0
    keys = np.full((cells, cells), EMPTY_KEY, np.float32)
    places = np.empty((len(soup.points), 4))
    project(soup.points, matrix, places)
    _draw_keys(soup, places, 0, len(soup.corners), 0, keys)
    most, least = (np.empty((count, count), np.float32) for _ in range(2))
    find_tiles(keys, most, least)
    return Light(keys, most, least, matrix, AXES, cell)


def sky_field(placed: PlacedScene, soup: Soup, faces: int, side: int) -> Sky:
    """Return the sky's field over the room, from the first `faces` triangles."""
    room = placed.room
    cell = max(0.08, max(room.length, room.width) / min(max(side / 3, 24.0), 80.0))
    margin = 5 * cell
    columns, rows = (math.ceil((extent + 2 * margin) / cell) for extent in (room.length, room.width))
    left, top = -margin, room.width + margin
    outside = np.empty((rows, columns), np.bool_)
    mark_outside(np.array(room.floor, dtype=np.float64), left, top, cell, outside)
    heights = np.zeros((rows, columns), np.float32)
    if faces:
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[0, 3] = 1 / cell, -left / cell
        matrix[1, 1], matrix[1, 3] = -1 / cell, top / cell
        matrix[2, 2] = matrix[3, 3] = 1.0
        places = np.empty((len(soup.points), 4))
        project(soup.points, matrix, places)
        _draw_keys(soup, places, 0, faces, 2, heights)
    field = np.empty((rows, columns, LEVELS), np.float32)
    make_field(heights, outside, max(1, round(BLUR / cell)), field, np.empty_like(field))
    return Sky(np.array([left, top, cell, PUSH]), field, outside)


def _find_strays(placed: PlacedScene, shown: npt.NDArray[np.int64]) -> Flags:
    """Return which of the objects that are shown reach out of the room; length 0 where none does."""
    strays = np.empty(len(shown), np.bool_)
    floor = np.array(placed.room.floor, dtype=np.float64)
    found = find_strays(placed.centers[shown], placed.sizes[shown], placed.yaws[shown], floor, strays)
    return strays if found else NO_PARTS


def _draw_keys(soup: Soup, places: FloatArray, first: int, last: int, wanted: int, keys: Floats) -> None:
    draw_faces(
        places,
        0.5,
        soup.corners,
        soup.looks,
        soup.kinds,
        soup.panels,
        wanted,
        first,
        last,
        keys,
        NO_FACES,
        NO_FACES,
        NO_WIDTHS,
    )


@kernel()
def _bounds(points, axes, low, high):  # type: ignore[no-untyped-def]
    """Write the least and greatest place of points along two axes."""
    for axis in range(2):
        low[axis], high[axis] = 1e300, -1e300
    for i in range(len(points)):
        for axis in range(2):
            at = axes[axis, 0] * points[i, 0] + axes[axis, 1] * points[i, 1] + axes[axis, 2] * points[i, 2]
            low[axis], high[axis] = min(low[axis], at), max(high[axis], at)
