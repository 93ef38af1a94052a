"""Meshes in one colour: what each object of a scene wears where pictures are too small for labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spatialenv.core.mesh import Colour, Material, TriangleMesh

LIGHTNESS = np.array([0.299, 0.587, 0.114])
"""How much red, green and blue add to how light a colour looks (ITU-R BT.601)."""

DARKEST, LIGHTEST = 0.55, 1.45
"""A part is at most so much darker or lighter than the part that most of the surface is made of."""


def in_one_colour(mesh: TriangleMesh, colour: Colour) -> TriangleMesh:
    """Return a mesh in shades of one colour: darker materials stay darker, lighter ones lighter.

    What most of its surface is made of gets the colour itself. Textures, glass and shine are left out, since they
    would make one colour look like several.

    Args:
        mesh: The mesh.
        colour: Its colour, 0 to 255 each.

    Example:
        >>> from spatialenv.core.mesh import box_mesh, join
        >>> seat = box_mesh((1.0, 1.0, 0.4), Material((200.0, 200.0, 200.0)))
        >>> legs = box_mesh((0.1, 0.1, 0.4), Material((120.0, 120.0, 120.0)))
        >>> [tuple(map(round, m.colour)) for m in in_one_colour(join([seat, legs]), (100.0, 50.0, 200.0)).materials]
        [(100, 50, 200), (60, 30, 120)]
    """
    corners = mesh.corners
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    light = np.array([max(_lightness(material), 1.0) for material in mesh.materials])
    main = int(np.argmax(np.bincount(mesh.material_of, weights=areas, minlength=len(light))))
    shares = np.clip(light / light[main], DARKEST, LIGHTEST)
    base = np.array(colour, dtype=np.float64)
    materials = []
    for material, share in zip(mesh.materials, shares.tolist(), strict=True):
        shade = base * share if share <= 1.0 else base + (share - 1.0) * (255.0 - base)
        red, green, blue = shade.tolist()
        materials.append(Material((red, green, blue), double_sided=material.double_sided))
    return replace(mesh, materials=tuple(materials), uvs=None)


def _lightness(material: Material) -> float:
    colour = np.array(material.colour)
    if material.texture is not None:
        colour = colour * material.texture.pixels.reshape(-1, 3).mean(axis=0) / 255.0
    return float(colour @ LIGHTNESS)
