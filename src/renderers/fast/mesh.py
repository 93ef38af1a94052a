"""Boxes and room as coloured polygons."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.fast.room_mesh import room_mesh
from spatialenv.renderers.palette import object_colours
from spatialenv.renderers.shapes import BOX_FACES, FACE_NORMALS, box_corners, turns

LIGHT = np.array([0.42, -0.58, 0.70]) / math.sqrt(0.42**2 + 0.58**2 + 0.70**2)
"""Direction towards the light: from the south-east, above. A box's top, south and west differ."""

AMBIENT = 0.63
"""Brightness of what no light reaches."""

DIRECT = 0.42
"""Brightness that light adds where it falls straight on."""

PALE = 0.84
"""Least brightness of walls, but for shadows that fall on them."""

ROOM_OWNER = -2
"""Stands in for an object's index where the room is seen; -1 is nothing."""

FACES_A_BOX = 8
"""Polygons of each object: six sides, then two marks of its front. The sides of all objects come first."""

_FRONT, _TOP = 2, 4


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Polygons: ``boxes`` of them belong to objects and come first, then the room's.

    Attributes:
        points: Corners in metres, counter-clockwise from outside, ``(p, 4, 3)``.
        counts: Corners that count, ``(p,)``.
        owners: Index of the object among the placed ones, or `ROOM_OWNER`, ``(p,)`` int32.
        groups: No line is drawn between polygons with equal numbers, ``(p,)`` int32.
        lit: Colour in light, ``(p, 3)``.
        dark: Colour in shadow, ``(p, 3)``.
        facing_light: Whether light can reach it, ``(p,)``.
        bias: Added to depth keys, in steps, ``(p,)``.
        boxes: How many polygons belong to objects.
    """

    points: FloatArray
    counts: IntArray
    owners: npt.NDArray[np.int32]
    groups: npt.NDArray[np.int32]
    lit: FloatArray
    dark: FloatArray
    facing_light: BoolArray
    bias: FloatArray
    boxes: int


def build_mesh(placed: PlacedScene, shown: IntArray, camera: Camera) -> Mesh:
    """Return the polygons of the objects `shown` (indices among the placed) and of the room."""
    centers, sizes, yaws = placed.centers[shown], placed.sizes[shown], placed.yaws[shown]
    colours = object_colours(placed.indices[shown])
    n = len(shown)
    corners, rotations = box_corners(centers, sizes, yaws), turns(yaws)
    box_points = corners[:, BOX_FACES]
    box_normals = np.einsum("nij,fj->nfi", rotations, FACE_NORMALS)
    box_base = np.repeat(colours[:, None], 6, axis=1)
    mark_points, mark_normals, mark_base, mark_counts = _front_marks(sizes, rotations, centers, colours)

    room = room_mesh(placed.room, camera)
    points = np.concatenate([box_points.reshape(-1, 4, 3), mark_points.reshape(-1, 4, 3), room.points])
    normals = np.concatenate([box_normals.reshape(-1, 3), mark_normals.reshape(-1, 3), room.normals])
    base = np.concatenate([box_base.reshape(-1, 3), mark_base.reshape(-1, 3), room.colours])
    box_groups = 100 + 6 * np.arange(n)[:, None] + np.arange(6)
    mark_groups = 100 + 6 * np.arange(n)[:, None] + np.array([_FRONT, _TOP])
    owners = np.concatenate([np.repeat(shown, 6), np.repeat(shown, 2), np.full(len(room.points), ROOM_OWNER)])

    cosine = normals @ LIGHT
    ambient = AMBIENT + 0.06 * normals[:, 0] + 0.04 * normals[:, 2]
    # Walls are a stage: those that the light misses or grazes stay pale, so that things stand out from them.
    stage = cosine[FACES_A_BOX * n :]
    ambient[FACES_A_BOX * n :] = np.where(
        stage > 0, np.maximum(ambient[FACES_A_BOX * n :], PALE - DIRECT * stage), PALE
    )
    dark = base * ambient[:, None]
    return Mesh(
        points=np.ascontiguousarray(points),
        counts=np.concatenate([np.full(6 * n, 4), mark_counts, room.counts]).astype(np.int64),
        owners=owners.astype(np.int32),
        groups=np.concatenate([box_groups.ravel(), mark_groups.ravel(), room.groups]).astype(np.int32),
        lit=dark + DIRECT * base * np.maximum(cosine, 0.0)[:, None],
        dark=dark,
        facing_light=cosine > 1e-6,
        bias=np.concatenate(
            [np.repeat(np.arange(n), 6), np.repeat(np.arange(n), 2), np.zeros(len(room.points))]
        ).astype(np.float64),
        boxes=FACES_A_BOX * n,
    )


def _front_marks(
    sizes: FloatArray, rotations: FloatArray, centers: FloatArray, colours: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Return a strip on each box's front face and an arrow on its top that points to the front."""
    n = len(centers)
    half = sizes / 2
    lift = 0.002
    local = np.zeros((n, 2, 4, 3))
    strip = np.minimum(0.3 * sizes[:, 2], 0.14)
    inset = np.minimum(0.12 * sizes[:, 0], 0.1)
    side, upper = half[:, 0] - inset, half[:, 2] - 0.25 * strip
    for corner, (sign, lower) in enumerate([(1, 1), (-1, 1), (-1, 0), (1, 0)]):
        local[:, 0, corner, 0] = sign * side
        local[:, 0, corner, 1] = half[:, 1] + lift
        local[:, 0, corner, 2] = upper - lower * strip

    reach = np.minimum(0.36 * np.minimum(sizes[:, 0], sizes[:, 1]), 0.34)
    tip = half[:, 1] - 0.18 * reach
    for corner, (across, along) in enumerate([(-0.9, 1.1), (0.9, 1.1), (0.0, 0.0), (0.0, 0.0)]):
        local[:, 1, corner, 0] = across * reach
        local[:, 1, corner, 1] = tip - along * reach
        local[:, 1, corner, 2] = half[:, 2] + lift
    points = np.einsum("nij,nfkj->nfki", rotations, local) + centers[:, None, None]
    normals = np.einsum("nij,fj->nfi", rotations, FACE_NORMALS[[_FRONT, _TOP]])
    bright = colours @ np.array([0.299, 0.587, 0.114]) > 150.0
    arrow = np.where(bright[:, None], 0.38 * colours, 0.25 * colours + 0.75 * 255.0)
    base = np.stack([0.45 * colours + 0.55 * 255.0, arrow], axis=1)
    return points, normals, base, np.tile(np.array([4, 3]), n)
