"""What each object of a scene looks like, for any renderer or viewer: an asset, furniture, or a box."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from spatialenv.assets.library import AssetLibrary
from spatialenv.core.mesh import Colour, TriangleMesh
from spatialenv.core.scene import SceneObject
from spatialenv.errors import AssetError
from spatialenv.renderers.furniture import furniture_mesh
from spatialenv.renderers.furniture.marked_box import marked_box
from spatialenv.renderers.furniture.registry import MAX_WORDS
from spatialenv.renderers.identity import in_one_colour
from spatialenv.renderers.palette import object_colours

Colours = Literal["material", "identity"]
"""``material``: as style and material words say; ``identity``: one colour for each object of a scene (`PALETTE`)."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """How objects are drawn.

    Attributes:
        furniture: Whether objects have the shape of furniture; else all are boxes.
        colours: What decides their colours.
    """

    furniture: bool = True
    colours: Colours = "material"


class Model(NamedTuple):
    """What one object looks like.

    Attributes:
        mesh: In the object's own frame.
        kind: Where the mesh comes from.
        problem: Why its asset could not be used; empty where it could, or where there is none.
    """

    mesh: TriangleMesh
    kind: Literal["asset", "furniture", "box"]
    problem: str = ""


def object_model(item: SceneObject, index: int, appearance: Appearance, assets: AssetLibrary | None = None) -> Model:
    """Return what an object looks like.

    Args:
        item: The object.
        index: Its index in the scene, which decides its identity colour.
        appearance: How objects are drawn.
        assets: Where the meshes of assets come from; None passes over them. An object whose asset cannot be used is
            a box, and the model says why.
    """
    rgb = object_colours(np.array([index]))[0]
    colour = (float(rgb[0]), float(rgb[1]), float(rgb[2]))
    if assets is not None:
        try:
            mesh = assets.mesh(item)
        except AssetError as error:
            return Model(_box(item.size, colour), "box", str(error))
        if mesh is not None:
            return Model(mesh if appearance.colours == "material" else _recoloured(mesh, colour), "asset")
    category, style, material = (words[:MAX_WORDS] for words in (item.category, item.style, item.material))
    return _model(category, item.size, style, material, colour, appearance)


@lru_cache(maxsize=512)
def _box(size: tuple[float, float, float], colour: Colour) -> TriangleMesh:
    return marked_box(size, colour)


@lru_cache(maxsize=256)
def _recoloured(mesh: TriangleMesh, colour: Colour) -> TriangleMesh:
    return in_one_colour(mesh, colour)


@lru_cache(maxsize=4096)
def _model(
    category: str,
    size: tuple[float, float, float],
    style: str,
    material: str,
    colour: Colour,
    appearance: Appearance,
) -> Model:
    mesh = furniture_mesh(category, size, style, material) if appearance.furniture else None
    if mesh is None:
        return Model(marked_box(size, colour), "box")
    return Model(mesh if appearance.colours == "material" else in_one_colour(mesh, colour), "furniture")
