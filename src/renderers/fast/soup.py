"""Triangles of a picture: meshes of objects and of the room, put in their places and joined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Texture, TriangleMesh
from spatialenv.core.placed import FloatArray
from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.facets import M_OFFSET, MATERIAL
from spatialenv.renderers.fast.texels import STORE, Texels

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


class Part(NamedTuple):
    """A mesh in its own frame, as kernels want it.

    Attributes:
        points: Vertices in metres, ``(v, 3)``.
        corners: Vertices of each triangle, ``(f, 3)``.
        looks: Material of each triangle, ``(f,)``.
        surfaces: Smoothing group of each triangle, from 0 without gaps, ``(f,)``.
        normals: Normals at corners, ``(f, 3, 3)``.
        uvs: Texture coordinates, ``(f, 3, 2)``; None where there is no texture.
        materials: Table of materials, ``(m, MATERIAL)``.
        kinds: Bits of each material: 1, its backs are drawn; 2, it is glass; ``(m,)`` int8.
        textures: Rows of that table that have a texture, with it.
        counts: Numbers of vertices, triangles, materials and surfaces.
        low: Least z.
        panels: First triangle that looks as each does, of those beside it in one plane, ``(f,)``.
    """

    points: FloatArray
    corners: Ints
    looks: Ints
    surfaces: Ints
    normals: Floats
    uvs: Floats | None
    materials: FloatArray
    kinds: npt.NDArray[np.int8]
    textures: tuple[tuple[int, Texture], ...]
    counts: tuple[int, int, int, int]
    low: float
    panels: Ints


@lru_cache(maxsize=2048)
def prepare(mesh: TriangleMesh) -> Part:
    """Return a mesh as kernels want it; what is drawn often is prepared once."""
    groups, surfaces = np.unique(mesh.smoothing, return_inverse=True)
    rows = [(*m.colour, m.opacity, m.roughness, m.metallic, m.emission, -1.0, 0.0, 0.0, 0.0) for m in mesh.materials]
    panels = np.empty(len(mesh), np.int32)
    uvs = np.zeros((0, 3, 2)) if mesh.uvs is None else mesh.uvs
    _find_panels(mesh.vertices, mesh.faces, mesh.material_of, mesh.smoothing, mesh.corner_normals, uvs, panels)
    kinds = [int(material.double_sided) | 2 * (material.opacity < 1.0) for material in mesh.materials]
    textured = [] if mesh.uvs is None else enumerate(mesh.materials)
    return Part(
        points=mesh.vertices,
        corners=mesh.faces,
        looks=mesh.material_of,
        surfaces=surfaces.reshape(-1).astype(np.int32),
        normals=mesh.corner_normals.astype(np.float32),
        uvs=mesh.uvs,
        materials=np.array(rows, dtype=np.float64).reshape(-1, MATERIAL),
        kinds=np.array(kinds, dtype=np.int8),
        textures=tuple((row, material.texture) for row, material in textured if material.texture is not None),
        counts=(len(mesh.vertices), len(mesh.faces), len(mesh.materials), len(groups)),
        low=float(mesh.bounds[0, 2]),
        panels=panels,
    )


class Soup(NamedTuple):
    """Parts in their places; `facets.make_facet` describes most of the arrays.

    Attributes:
        points: ``(v, 3)`` float64.
        corners: ``(f, 3)`` int32.
        looks: ``(f,)`` int32.
        surfaces: ``(f,)`` int32.
        parts: ``(f,)`` int32.
        normals: ``(f, 3, 3)`` float32.
        uvs: ``(f, 3, 2)`` float32, or of length 0.
        materials: ``(m, MATERIAL)`` float64.
        kinds: ``(m,)`` int8.
        poses: ``(n, 2)`` float64.
        textures: Rows of `materials` that have a texture, with it.
        surface_count: One more than the greatest surface.
    """

    points: FloatArray
    corners: Ints
    looks: Ints
    surfaces: Ints
    panels: Ints
    parts: Ints
    normals: Floats
    uvs: Floats
    materials: FloatArray
    kinds: npt.NDArray[np.int8]
    poses: FloatArray
    textures: list[tuple[int, Texture]]
    surface_count: int


def make_soup(parts: Sequence[Part], centers: FloatArray, yaws: FloatArray) -> Soup:
    """Join parts, each turned by its yaw and moved to its centre, ``(n, 3)`` and ``(n,)``."""
    counts = np.array([part.counts for part in parts], dtype=np.int64).reshape(-1, 4)
    points = np.concatenate([part.points for part in parts]) if parts else np.zeros((0, 3))
    corners = np.concatenate([part.corners for part in parts]) if parts else np.zeros((0, 3), np.int32)
    looks = np.concatenate([part.looks for part in parts]) if parts else np.zeros(0, np.int32)
    surfaces = np.concatenate([part.surfaces for part in parts]) if parts else np.zeros(0, np.int32)
    panels = np.concatenate([part.panels for part in parts]) if parts else np.zeros(0, np.int32)
    normals = np.concatenate([part.normals for part in parts]) if parts else np.zeros((0, 3, 3), np.float32)
    materials = np.concatenate([part.materials for part in parts]) if parts else np.zeros((0, MATERIAL))
    kinds = np.concatenate([part.kinds for part in parts]) if parts else np.zeros(0, np.int8)
    uvs = np.zeros((0, 3, 2), np.float32)
    firsts = (np.cumsum(counts[:, 2]) - counts[:, 2]).tolist()
    textures = [
        (first + row, texture) for first, part in zip(firsts, parts, strict=True) for row, texture in part.textures
    ]
    if textures:
        uvs = np.concatenate(
            [np.zeros((len(part.corners), 3, 2), np.float32) if part.uvs is None else part.uvs for part in parts]
        )
    numbers = np.empty(len(corners), np.int32)
    poses = np.stack([np.cos(yaws), np.sin(yaws)], axis=1)
    _settle(counts, centers, poses, points, corners, looks, surfaces, panels, numbers)
    return Soup(
        points, corners, looks, surfaces, panels, numbers, normals, uvs, materials, kinds, poses, textures,
        int(counts[:, 3].sum()),
    )  # fmt: skip


@lru_cache(maxsize=256)
def standing_soup(mesh: TriangleMesh) -> Soup:
    """Return a mesh that is in the world's frame already; it is shared, so it must not be changed."""
    return make_soup([prepare(mesh)], np.zeros((1, 3)), np.zeros(1))


def join_soups(first: Soup, second: Soup) -> Soup:
    """Return the triangles of both, those of `first` first."""
    with_uvs = bool(first.textures or second.textures)
    uvs = [
        soup.uvs if soup.textures else np.zeros((len(soup.corners) if with_uvs else 0, 3, 2), np.float32)
        for soup in (first, second)
    ]
    looks = len(first.materials)
    return Soup(
        points=np.concatenate([first.points, second.points]),
        corners=np.concatenate([first.corners, second.corners + np.int32(len(first.points))]),
        looks=np.concatenate([first.looks, second.looks + np.int32(looks)]),
        surfaces=np.concatenate([first.surfaces, second.surfaces + np.int32(first.surface_count)]),
        panels=np.concatenate([first.panels, second.panels + np.int32(len(first.corners))]),
        parts=np.concatenate([first.parts, second.parts + np.int32(len(first.poses))]),
        normals=np.concatenate([first.normals, second.normals]),
        uvs=np.concatenate(uvs),
        materials=np.concatenate([first.materials, second.materials]),
        kinds=np.concatenate([first.kinds, second.kinds]),
        poses=np.concatenate([first.poses, second.poses]),
        textures=first.textures + [(looks + row, texture) for row, texture in second.textures],
        surface_count=first.surface_count + second.surface_count,
    )


def find_texels(soup: Soup) -> Texels:
    """Return all textures, having written where they lie to the table of materials."""
    texels, places = STORE.find([texture for _, texture in soup.textures])
    if places:
        soup.materials[[row for row, _ in soup.textures], M_OFFSET:] = places
    return texels


@kernel()
def _settle(counts, centers, poses, points, corners, looks, surfaces, panels, numbers):  # type: ignore[no-untyped-def]
    """Turn and move the points of each part, and count its vertices, materials and surfaces on from the last's."""
    vertex, face, look, surface = 0, 0, 0, 0
    for part in range(len(counts)):
        cosine, sine = poses[part, 0], poses[part, 1]
        for i in range(vertex, vertex + counts[part, 0]):
            x, y = points[i, 0], points[i, 1]
            points[i, 0] = cosine * x - sine * y + centers[part, 0]
            points[i, 1] = sine * x + cosine * y + centers[part, 1]
            points[i, 2] += centers[part, 2]
        for i in range(face, face + counts[part, 1]):
            numbers[i] = part
            looks[i] += look
            surfaces[i] += surface
            panels[i] += face
            for k in range(3):
                corners[i, k] += vertex
        vertex += counts[part, 0]
        face += counts[part, 1]
        look += counts[part, 2]
        surface += counts[part, 3]


@kernel()
def _find_panels(points, corners, looks, surfaces, normals, uvs, panels):  # type: ignore[no-untyped-def]
    """Write the first of the triangles in one plane that look alike, so that a quad counts as one face.

    Only triangles that follow each other are compared; those of faces that are bent stay by themselves.
    """
    for face in range(len(corners)):
        panels[face] = face
        if face == 0:
            continue
        other = panels[face - 1]
        if looks[face] != looks[other] or surfaces[face] != surfaces[other]:
            continue
        p, q, r = points[corners[other, 0]], points[corners[other, 1]], points[corners[other, 2]]
        ex, ey, ez = q[0] - p[0], q[1] - p[1], q[2] - p[2]
        fx, fy, fz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
        nx, ny, nz = ey * fz - ez * fy, ez * fx - ex * fz, ex * fy - ey * fx
        area = nx * nx + ny * ny + nz * nz
        if not area > 1e-18:
            continue
        scale = 1.0 / math.sqrt(area)
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        alike = True
        for k in range(3):
            alike &= normals[face, k, 0] * nx + normals[face, k, 1] * ny + normals[face, k, 2] * nz > 1.0 - 1e-10
            alike &= normals[other, k, 0] * nx + normals[other, k, 1] * ny + normals[other, k, 2] * nz > 1.0 - 1e-10
            at = points[corners[face, k]]
            dx, dy, dz = at[0] - p[0], at[1] - p[1], at[2] - p[2]
            alike &= abs(dx * nx + dy * ny + dz * nz) < 1e-6
            if len(uvs):
                # Where the other triangle's texture would put this corner.
                second = ((dy * fz - dz * fy) * nx + (dz * fx - dx * fz) * ny + (dx * fy - dy * fx) * nz) * scale
                third = ((ey * dz - ez * dy) * nx + (ez * dx - ex * dz) * ny + (ex * dy - ey * dx) * nz) * scale
                for axis in range(2):
                    first = uvs[other, 0, axis]
                    put = first + second * (uvs[other, 1, axis] - first) + third * (uvs[other, 2, axis] - first)
                    alike &= abs(put - uvs[face, k, axis]) < 1e-4
        if alike:
            panels[face] = other
