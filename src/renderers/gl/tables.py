"""Triangles of a scene as the shaders read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Texture
from spatialenv.errors import RendererError
from spatialenv.renderers.fast.facets import M_EMISSION, M_METALLIC, M_OPACITY, M_RED, M_ROUGHNESS
from spatialenv.renderers.fast.soup import Soup
from spatialenv.renderers.fast.stage import Stage

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

MOST_FACES = 1 << 24
"""Most triangles of a scene: samples hold their numbers as floats, which are exact up to here."""


class Place(NamedTuple):
    """Where a texture lies: its first texel, width and height in texels, number of levels."""

    start: int
    width: int
    height: int
    levels: int


class Span(NamedTuple):
    """Where one soup is.

    Attributes:
        first: Its first triangle in the order in which they are drawn.
        solid: How many triangles are not glass; these come first.
        glass: How many are.
        first_point: Its first vertex.
        points: How many vertices it has.
    """

    first: int
    solid: int
    glass: int
    first_point: int
    points: int


class Tables(NamedTuple):
    """The objects of a scene, and its room as each camera sees it, one after the other.

    Attributes:
        points: Vertices in metres, ``(v, 3)`` float32.
        faces: Three corners and the material, then surface, part, panel and 0, ``(f, 8)`` int32.
        corners: Three normals in the part's frame, then three texture coordinates, ``(f, 15)`` float32.
        materials: Bits of colour (three) and opacity; of roughness, metallic and emission, then the kind; then where
            the texture lies, -1 for none; ``(m, 12)`` int32.
        textures: Rows of `materials` that have a texture, with it.
        parts: Bits of cosine and sine, the owner, whether it reaches out of the room; the last is the room's;
            ``(n, 4)`` int32.
        order: Panels in the order in which triangles are drawn, ``(f,)`` int32.
        drawn: Corners in that order, ``(f, 3)`` int32.
        sky: The sky's field, then which cells are outside the floor, flat float32; never empty.
        spans: Of the objects, and of the room for each camera.
    """

    points: Floats
    faces: Ints
    corners: Floats
    materials: Ints
    textures: list[tuple[int, Texture]]
    parts: Ints
    order: Ints
    drawn: Ints
    sky: Floats
    spans: list[Span]


def make_tables(stage: Stage, rooms: Sequence[Soup], *, textures: bool = True) -> Tables:
    """Return the tables of a scene.

    Args:
        stage: The scene.
        rooms: Its room for each camera.
        textures: Whether textures are shown.

    Raises:
        RendererError: If there are too many triangles.
    """
    soups = [stage.objects, *rooms]
    total = sum(len(soup.corners) for soup in soups)
    if total > MOST_FACES:
        raise RendererError(f"the scene has {total} triangles; the renderer 'gl' draws {MOST_FACES}")
    objects = len(stage.objects.poses)
    faces, orders, drawn, spans = [], [], [], []
    textured: list[tuple[int, Texture]] = []
    points = first = looks = surfaces = 0
    for number, soup in enumerate(soups):
        table = np.zeros((len(soup.corners), 8), np.int32)
        table[:, :3] = soup.corners + np.int32(points)
        table[:, 3] = soup.looks + np.int32(looks)
        table[:, 4] = soup.surfaces + np.int32(surfaces)
        table[:, 5] = objects if number else soup.parts
        table[:, 6] = soup.panels + np.int32(first)
        is_glass = (soup.kinds[soup.looks] & 2) > 0
        glass = int(np.count_nonzero(is_glass))
        spans.append(Span(first, len(table) - glass, glass, points, len(soup.points)))
        ranked = table[np.argsort(is_glass, kind="stable")] if glass else table
        faces.append(table)
        orders.append(ranked[:, 6])
        drawn.append(ranked[:, :3])
        if textures:
            textured += [(looks + row, texture) for row, texture in soup.textures]
        points += len(soup.points)
        first += len(soup.corners)
        looks += len(soup.materials)
        surfaces += soup.surface_count
    return Tables(
        points=np.concatenate([soup.points for soup in soups]).astype(np.float32),
        faces=np.concatenate(faces),
        corners=np.concatenate([_corners(soup) for soup in soups]),
        materials=np.concatenate([_materials(soup) for soup in soups]),
        textures=textured,
        parts=_parts(stage),
        order=np.concatenate(orders),
        drawn=np.concatenate(drawn),
        sky=np.concatenate(
            [stage.sky.field.ravel(), stage.sky.outside.ravel().astype(np.float32), np.zeros(1, np.float32)]
        ),
        spans=spans,
    )


def lay_textures(tables: Tables, places: Mapping[Texture, Place]) -> Ints:
    """Return the table of materials with where their textures lie."""
    table = tables.materials.copy()
    for row, texture in tables.textures:
        table[row, 8:] = places[texture]
    return table


def _corners(soup: Soup) -> Floats:
    count = len(soup.corners)
    table = np.zeros((count, 15), np.float32)
    table[:, :9] = soup.normals.reshape(count, 9)
    if len(soup.uvs):
        table[:, 9:] = soup.uvs.reshape(count, 6)
    return table


def _materials(soup: Soup) -> Ints:
    table = np.zeros((len(soup.materials), 12), np.int32)
    columns = [M_RED, M_RED + 1, M_RED + 2, M_OPACITY, M_ROUGHNESS, M_METALLIC, M_EMISSION]
    table[:, :7] = soup.materials[:, columns].astype(np.float32).view(np.int32)
    table[:, 7] = soup.kinds
    table[:, 8] = -1
    return table


def _parts(stage: Stage) -> Ints:
    table = np.zeros((len(stage.owners), 4), np.int32)
    poses = np.vstack([stage.objects.poses, (1.0, 0.0)])
    table[:, :2] = poses.astype(np.float32).view(np.int32)
    table[:, 2] = stage.owners
    table[: len(stage.strays), 3] = stage.strays
    return table
