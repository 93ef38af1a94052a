"""Exact volumes of solids: what two share, and what of one is inside a room.

A solid fills a cube of side 1 around the origin, in our axes (front +y, up +z); a box of an object's size is put in
its place. Volumes come from boolean operations (manifold3d): what is wholly enclosed by a solid is found, and what
stands in a hollow of it shares nothing with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.core import geometry
from spatialenv.core.placed import FloatArray, IntArray
from spatialenv.errors import FileFormatError, InputError, require
from spatialenv.physics.world import close_pairs

_FLAT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A shape that replaces an object's box.

    Attributes:
        body: The engine's solid, within the unit cube.
        volume: Share of the cube that it fills, above 0, at most 1.
        is_approximated: Whether a part of it is a convex hull, because the mesh was not closed.
    """

    body: Any
    volume: float
    is_approximated: bool = False


def make_solid(vertices: npt.ArrayLike, faces: npt.ArrayLike) -> Solid:
    """Return the solid of a mesh, stretched to the unit cube.

    Parts that are closed count as they are, cavities and all; parts that overlap count once. Holes are filled where
    they can be; any other part becomes its convex hull.

    Args:
        vertices: Shape ``(v, 3)``, in our axes.
        faces: Rows of three vertices, counter-clockwise seen from outside, shape ``(f, 3)``.

    Raises:
        FileFormatError: If it encloses no volume.
        MissingExtraError: If trimesh or manifold3d is not installed.

    Example:
        >>> corners = [[x, y, z] for x in (0, 1) for y in (0, 2) for z in (0, 3)]
        >>> sides = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6],
        ...          [0, 6, 4], [1, 5, 7], [1, 7, 3]]
        >>> make_solid(corners, sides).volume
        1.0
    """
    trimesh = require("trimesh", "meshes", "a mesh as a shape")
    for helper in ("scipy", "networkx"):  # trimesh imports them where it needs them
        require(helper, "meshes", "a mesh as a shape")
    mesh = trimesh.Trimesh(np.array(vertices, dtype=np.float64), np.array(faces, dtype=np.int64), process=False)
    if not np.isfinite(mesh.vertices).all():
        raise FileFormatError("the mesh has a corner that is no finite number; export it again")
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    mesh.update_faces(mesh.nondegenerate_faces())
    mesh.remove_unreferenced_vertices()
    extents = np.ptp(mesh.vertices, axis=0) if len(mesh.faces) else np.zeros(3)
    if not (extents > _FLAT).all():
        raise FileFormatError(
            f"the mesh is {' x '.join(f'{extent:g}' for extent in extents)} and encloses no volume; give it thickness"
        )
    mesh.apply_translation(-mesh.vertices.min(axis=0))
    mesh.vertices = mesh.vertices / extents - 0.5
    parts, is_approximated = _closed_parts(trimesh, mesh)
    body = _joined(parts)
    volume = float(body.volume())
    if volume <= _FLAT:
        raise FileFormatError("the mesh encloses no volume; give it thickness")
    return Solid(body, min(volume, 1.0), is_approximated)


def shared_volumes(
    solids: Sequence[Solid | None], centers: FloatArray, sizes: FloatArray, yaws: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Return the pairs of objects that may share volume, and how much each shares.

    Args:
        solids: The shape of each object, None for a box; length ``n``.
        centers: Shape ``(n, 3)``; metres.
        sizes: Shape ``(n, 3)``.
        yaws: Radians, shape ``(n,)``.

    Returns:
        Pairs ``i < j``, shape ``(k, 2)``, and cubic metres, shape ``(k,)``. Every pair that is left out shares none.

    Raises:
        InputError: If there is not one shape for each object.
        MissingExtraError: If manifold3d is not installed and some object is no box.

    Example:
        >>> centers = np.array([[0, 0, 0], [0.5, 0, 0.0]])
        >>> pairs, volumes = shared_volumes([None, None], centers, np.ones((2, 3)), np.zeros(2))
        >>> pairs.tolist(), volumes.tolist()
        ([[0, 1]], [0.5])
    """
    _check_count(solids, centers)
    pairs = close_pairs(centers, sizes, yaws)
    i, j = pairs.T
    rectangles = np.concatenate([centers[:, :2], sizes[:, :2], yaws[:, None]], axis=1)
    heights = np.minimum(centers[i, 2] + sizes[i, 2] / 2, centers[j, 2] + sizes[j, 2] / 2)
    heights -= np.maximum(centers[i, 2] - sizes[i, 2] / 2, centers[j, 2] - sizes[j, 2] / 2)
    areas = geometry.overlap_area(rectangles[i], rectangles[j]) if len(pairs) else np.zeros(0)
    volumes: FloatArray = areas * np.maximum(heights, 0.0)
    turned: dict[int, Any] = {}
    for row in np.flatnonzero(volumes > 0.0).tolist():
        a, b = _in_order(pairs[row].tolist(), centers, sizes, yaws)
        if solids[a] is None and solids[b] is None:
            continue
        for index in (a, b):
            if index not in turned:
                turned[index] = _turned(solids[index], sizes[index], float(yaws[index]))
        shared = turned[a] ^ turned[b].translate((centers[b] - centers[a]).tolist())
        volumes[row] = max(0.0, float(shared.volume()))
    return pairs, volumes


def volumes_inside(
    solids: Sequence[Solid | None],
    centers: FloatArray,
    sizes: FloatArray,
    yaws: FloatArray,
    floor: FloatArray,
    height: float,
) -> FloatArray:
    """Return the volume of each object that is inside a room.

    Args:
        solids: The shape of each object, None for a box; length ``n``.
        centers: Shape ``(n, 3)``; metres.
        sizes: Shape ``(n, 3)``.
        yaws: Radians, shape ``(n,)``.
        floor: Corners of a simple polygon, counter-clockwise, shape ``(c, 2)``.
        height: Height of the room.

    Returns:
        Cubic metres, shape ``(n,)``.

    Raises:
        InputError: If there is not one shape for each object.
        MissingExtraError: If manifold3d is not installed and some object is no box.

    Example:
        >>> floor = np.array([[0, 0], [4, 0], [4, 3], [0, 3.0]])
        >>> volumes_inside([None], np.array([[0, 1, 0.5]]), np.ones((1, 3)), np.zeros(1), floor, 2.5).tolist()
        [0.5]
    """
    _check_count(solids, centers)
    if not len(centers):
        return np.zeros(0)
    room = np.array((floor[:, 0].max(), floor[:, 1].max(), height))
    inside: FloatArray = geometry.inside_volumes(centers, sizes, yaws, room, floors=floor)
    whole = sizes.prod(axis=1)
    prism = None
    for row, solid in enumerate(solids):
        if solid is None or inside[row] <= 0.0:
            continue
        if inside[row] >= whole[row] * (1.0 - 1e-12):
            inside[row] = whole[row] * solid.volume
            continue
        prism = _prism(floor, height) if prism is None else prism
        body = _turned(solid, sizes[row], float(yaws[row]))
        inside[row] = max(0.0, float((body ^ prism.translate((-centers[row]).tolist())).volume()))
    return inside


def _check_count(solids: Sequence[Solid | None], centers: FloatArray) -> None:
    if len(solids) != len(centers):
        raise InputError(f"there are {len(solids)} `solids` for {len(centers)} `centers`; give one for each")


def _in_order(pair: list[int], centers: FloatArray, sizes: FloatArray, yaws: FloatArray) -> tuple[int, int]:
    """Return a pair in the order of its boxes' numbers, so that the objects' order does not matter."""
    a, b = sorted(pair, key=lambda i: (*centers[i].tolist(), *sizes[i].tolist(), float(yaws[i])))
    return a, b


def _turned(solid: Solid | None, size: FloatArray, yaw: float) -> Any:
    """Return an object's shape at the origin, at its size and turned."""
    engine = _engine()
    sine, cosine = math.sin(yaw), math.cos(yaw)
    if min(abs(sine), abs(cosine)) < 1e-12:
        sine, cosine = float(round(sine)), float(round(cosine))
    length, width, height = size.tolist()
    body = engine.Manifold.cube((1.0, 1.0, 1.0), True) if solid is None else solid.body
    return body.transform(
        np.array(
            (
                (cosine * length, -sine * width, 0.0, 0.0),
                (sine * length, cosine * width, 0.0, 0.0),
                (0.0, 0.0, height, 0.0),
            )
        )
    )


def _prism(floor: FloatArray, height: float) -> Any:
    """Return the room; built here, because the engine's own extrusion rounds the corners to 1e-8 m."""
    engine = _engine()
    count = len(floor)
    flat = np.asarray(engine.triangulate([floor]), dtype=np.uint64)
    start = np.arange(count, dtype=np.uint64)
    end = np.roll(start, -1)
    sides = [np.stack([start, end, end + count], axis=1), np.stack([start, end + count, start + count], axis=1)]
    faces = np.concatenate([flat[:, ::-1], flat + count, *sides]).astype(np.uint64)
    vertices = np.concatenate([np.c_[floor, np.zeros(count)], np.c_[floor, np.full(count, height)]])
    return engine.Manifold(engine.Mesh64(vert_properties=vertices, tri_verts=faces))


def _closed_parts(trimesh: Any, mesh: Any) -> tuple[list[Any], bool]:
    """Return the closed parts of a mesh, and whether any of them is a hull in place of an open one."""
    closed, is_approximated = [], False
    for part in mesh.split(only_watertight=False, repair=False):
        if not part.is_watertight:
            trimesh.repair.fill_holes(part)
        if part.is_watertight and not part.is_winding_consistent:
            trimesh.repair.fix_normals(part)
        if part.is_watertight and part.is_winding_consistent:
            closed.append(part)
            continue
        is_approximated = True
        hull = _hull(part)
        if hull is not None:
            closed.append(hull)
    if not closed:
        hull = _hull(mesh)
        if hull is None:
            raise FileFormatError("the mesh encloses no volume; give it thickness")
        closed.append(hull)
    return closed, is_approximated


def _hull(part: Any) -> Any | None:
    """Return the convex hull, None where it is flat."""
    try:
        hull = part.convex_hull
    except (RuntimeError, ValueError, IndexError):  # Qhull's own error is a RuntimeError
        return None
    return hull if hull.is_watertight and hull.volume > _FLAT else None


def _joined(parts: list[Any]) -> Any:
    """Return the solid of closed parts, the largest first: those turned inside out are cavities of those before."""
    ordered = sorted(parts, key=lambda part: -abs(part.volume))
    is_inverted = ordered[0].volume < 0
    body = None
    for part in ordered:
        is_cavity = (part.volume < 0) != is_inverted
        if part.volume < 0:
            part.invert()
        piece = _manifold(part)
        body = piece if body is None else body - piece if is_cavity else body + piece
    return body


def _manifold(part: Any) -> Any:
    engine = _engine()
    vertices, faces = (np.asarray(part.vertices, dtype=np.float64), np.asarray(part.faces, dtype=np.uint64))
    piece = engine.Manifold(engine.Mesh64(vert_properties=vertices, tri_verts=faces))
    if piece.status() != engine.Error.NoError:
        hull = _hull(part)
        points = part.vertices if hull is None else hull.vertices
        piece = engine.Manifold.hull_points(np.asarray(points, dtype=np.float64))
    return piece


def _engine() -> Any:
    return require("manifold3d", "meshes", "the exact volume of a mesh")
