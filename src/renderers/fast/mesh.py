"""Boxes and room as coloured polygons."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.renderers.base import ROOM
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.models import Appearance, object_model
from spatialenv.renderers.room import room_mesh

LIGHT = np.array([0.42, -0.58, 0.70]) / math.sqrt(0.42**2 + 0.58**2 + 0.70**2)
"""Direction towards the light: from the south-east, above. A box's top, south and west differ."""

AMBIENT = 0.63
"""Brightness of what no light reaches."""

DIRECT = 0.42
"""Brightness that light adds where it falls straight on."""

PALE = 0.84
"""Least brightness of walls, but for shadows that fall on them."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Polygons: ``boxes`` of them belong to objects and come first, then the room's.

    Attributes:
        points: Corners in metres, counter-clockwise from outside, ``(p, 4, 3)``.
        counts: Corners that count, ``(p,)``.
        owners: Index of the object among the placed ones, or `ROOM`, ``(p,)`` int32.
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


def build_mesh(placed: PlacedScene, shown: IntArray, camera: Camera, appearance: Appearance) -> Mesh:
    """Return the polygons of the objects `shown` (indices among the placed) and of the room."""
    points, normals, base, groups, owners = [], [], [], [], []
    first = 200
    for i in shown:
        mesh = object_model(placed.objects[i], int(placed.indices[i]), appearance).mesh
        mesh = mesh.placed(placed.centers[i], float(placed.yaws[i]))
        corners = mesh.corners
        points.append(np.concatenate([corners, corners[:, 2:]], axis=1))
        normals.append(mesh.normals)
        base.append(np.array([material.colour for material in mesh.materials])[mesh.material_of])
        groups.append(mesh.smoothing + first)
        owners.append(np.full(len(mesh), int(i)))
        first += int(mesh.smoothing.max(initial=-1)) + 1
    n = sum(map(len, points))
    room = room_mesh(placed.room, camera)
    points.append(room.corners[:, (0, 1, 2, 2)])
    normals.append(room.normals)
    base.append(np.array([material.colour for material in room.materials])[room.material_of])
    groups.append(room.smoothing)
    owners.append(np.full(len(room), ROOM))
    all_normals, all_base = np.concatenate(normals), np.concatenate(base)
    cosine = all_normals @ LIGHT
    ambient = AMBIENT + 0.06 * all_normals[:, 0] + 0.04 * all_normals[:, 2]
    # Walls are a stage: those that the light misses or grazes stay pale, so that things stand out from them.
    stage = cosine[n:]
    ambient[n:] = np.where(stage > 0, np.maximum(ambient[n:], PALE - DIRECT * stage), PALE)
    dark = all_base * ambient[:, None]
    return Mesh(
        points=np.ascontiguousarray(np.concatenate(points)),
        counts=np.full(n + len(room), 3),
        owners=np.concatenate(owners).astype(np.int32),
        groups=np.concatenate(groups).astype(np.int32),
        lit=dark + DIRECT * all_base * np.maximum(cosine, 0.0)[:, None],
        dark=dark,
        facing_light=cosine > 1e-6,
        bias=np.zeros(n + len(room)),
        boxes=n,
    )
