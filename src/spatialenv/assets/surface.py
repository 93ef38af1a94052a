"""What a read mesh needs before it is drawn: vertices joined, few enough triangles, and smoothing groups."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from spatialenv.assets.raw import RawMesh
from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.placed import FloatArray

SMOOTH_ANGLE = math.radians(40.0)
"""Angle between two triangles below which they are one smooth surface."""

LEAST = 112
"""Triangles between the eight cells of the coarsest grid: 56 threes of cells, each from two sides."""

_FINEST = 1 << 20
_BITS = 21

Ints = npt.NDArray[np.int64]


def simplify(mesh: RawMesh, most: int) -> RawMesh:
    """Return a mesh whose vertices that coincide are joined, with at most so many triangles.

    Where there are more, vertices that share a cell of a grid are moved to their mean: the finest grid that leaves few
    enough triangles is taken.

    Args:
        mesh: The mesh.
        most: Most triangles, at least `LEAST`: so many does the coarsest grid have.
    """
    joined = _clustered(mesh, _FINEST, is_exact=True)
    if len(joined.faces) <= most:
        return joined
    low, high = 1, 4096
    while high - low > max(1, low // 16):
        middle = (low + high) // 2
        low, high = (middle, high) if _kept(joined, middle) <= most else (low, middle)
    return _clustered(joined, low, is_exact=False)


def smoothing_groups(vertices: FloatArray, faces: Ints, angle: float = SMOOTH_ANGLE) -> npt.NDArray[np.int32]:
    """Return the smoothing group of each triangle, ``(f,)``: those that meet at less than an angle are of one.

    Args:
        vertices: ``(v, 3)``; those that coincide must be one.
        faces: ``(f, 3)``.
        angle: Radians.

    Example:
        >>> corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1.0]])
        >>> smoothing_groups(corners, np.array([[0, 1, 2], [0, 2, 3], [0, 4, 1]])).tolist()
        [0, 0, 1]
    """
    corners = vertices[faces]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(crossed, axis=1, keepdims=True)
    normals = np.divide(crossed, lengths, out=np.zeros_like(crossed), where=lengths > 0)
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    keys = edges[:, 0] * (int(faces.max(initial=0)) + 1) + edges[:, 1]
    order = np.argsort(keys, kind="stable")
    owners = np.repeat(np.arange(len(faces)), 3)[order]
    is_shared = keys[order][1:] == keys[order][:-1]
    first, second = owners[:-1][is_shared], owners[1:][is_shared]
    is_smooth = np.einsum("ij,ij->i", normals[first], normals[second]) > math.cos(angle)
    labels = _components(len(faces), first[is_smooth], second[is_smooth])
    return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int32)


def to_mesh(mesh: RawMesh) -> TriangleMesh:
    """Return a mesh with smoothing groups; vertices that coincide must be one."""
    return TriangleMesh(
        vertices=mesh.vertices,
        faces=mesh.faces.astype(np.int32),
        materials=mesh.materials,
        material_of=mesh.material_of,
        smoothing=smoothing_groups(mesh.vertices, mesh.faces),
        uvs=mesh.uvs,
    )


def _components(count: int, first: Ints, second: Ints) -> Ints:
    """Return the least member of each of `count` things' connected component, given pairs that are connected."""
    labels = np.arange(count)
    while len(first):
        least = np.minimum(labels[first], labels[second])
        np.minimum.at(labels, labels[first], least)
        np.minimum.at(labels, labels[second], least)
        labels = labels[labels]
        apart = labels[first] != labels[second]
        first, second = first[apart], second[apart]
    while not np.array_equal(labels, labels[labels]):
        labels = labels[labels]
    return labels


def _cells(mesh: RawMesh, steps: int) -> Ints:
    """Return the cell of each vertex in a grid over the mesh's box, as one number."""
    low = mesh.vertices.min(axis=0)
    extent = float(np.ptp(mesh.vertices, axis=0).max())
    scaled = (mesh.vertices - low) / extent * steps if extent > 0 else np.zeros_like(mesh.vertices)
    cells = np.rint(scaled).astype(np.int64)
    return (cells[:, 0] << 2 * _BITS) + (cells[:, 1] << _BITS) + cells[:, 2]


def _kept(mesh: RawMesh, steps: int) -> int:
    """Return how many triangles have corners in three cells."""
    return int(_is_kept(_cells(mesh, steps)[mesh.faces]).sum())


def _is_kept(faces: Ints) -> npt.NDArray[np.bool_]:
    a, b, c = faces.T
    kept: npt.NDArray[np.bool_] = (a != b) & (b != c) & (a != c)
    return kept


def _first_of_each(faces: Ints) -> Ints:
    """Return the rows of the first of all triangles that have the same corners in the same sense."""
    start = faces.argmin(axis=1)
    rows = np.arange(len(faces))
    turned = [faces[rows, (start + k) % 3] for k in range(3)]
    top = int(faces.max(initial=0)) + 1
    if top**3 < 1 << 62:
        keys = (turned[0] * top + turned[1]) * top + turned[2]
        return np.sort(np.unique(keys, return_index=True)[1])
    return np.sort(np.unique(np.stack(turned, axis=1), axis=0, return_index=True)[1])


def _clustered(mesh: RawMesh, steps: int, *, is_exact: bool) -> RawMesh:
    """Return a mesh in which the vertices of a cell are one: the first of them, or their mean and no triangle twice."""
    _, first, inverse = np.unique(_cells(mesh, steps), return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    faces = inverse[mesh.faces]
    kept = np.flatnonzero(_is_kept(faces))
    if is_exact:
        vertices = mesh.vertices[first]
    else:
        kept = kept[_first_of_each(faces[kept])]
        counts = np.bincount(inverse, minlength=len(first))
        sums = [np.bincount(inverse, mesh.vertices[:, axis], len(first)) for axis in range(3)]
        vertices = np.stack(sums, axis=1) / counts[:, None]
    return replace(
        mesh,
        vertices=vertices,
        faces=faces[kept],
        material_of=mesh.material_of[kept],
        uvs=None if mesh.uvs is None else mesh.uvs[kept],
    )
