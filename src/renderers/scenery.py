"""What there is to draw of a placed scene, as meshes and where they stand: for renderers and exporters of meshes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from spatialenv.assets.library import AssetLibrary
from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.renderers.base import shown_objects
from spatialenv.renderers.models import Appearance, object_model


class Prop(NamedTuple):
    """One placed object and what it looks like.

    Attributes:
        owner: Its index among the placed objects, as in `Frames.ids`.
        id: Its id.
        mesh: In its own frame: the middle of its box at the origin, the front at +y. Objects that look alike may
            share one mesh.
        center: Where the middle of its box is, metres, ``(3,)``.
        yaw: Radians.
        kind: Where the mesh comes from: ``"asset"``, ``"furniture"`` or ``"box"``.
    """

    owner: int
    id: str
    mesh: TriangleMesh
    center: FloatArray
    yaw: float
    kind: str

    @property
    def matrix(self) -> FloatArray:
        """The object's frame to the world, ``(4, 4)``, column vectors.

        Example:
            >>> from spatialenv.core.mesh import Material, box_mesh
            >>> mesh = box_mesh((1, 1, 1), Material((200.0, 200.0, 200.0)))
            >>> prop = Prop(0, "box_1", mesh, np.array([2.0, 1.0, 0.5]), np.pi / 2, "box")
            >>> (prop.matrix @ (0, 1, 0, 1)).round(6).tolist()
            [1.0, 1.0, 0.5, 1.0]
        """
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        matrix = np.eye(4)
        matrix[:2, :2] = ((cosine, -sine), (sine, cosine))
        matrix[:3, 3] = self.center
        return matrix


class Scenery(NamedTuple):
    """The objects of a placed scene that are drawn.

    Attributes:
        props: In the order of the placed objects.
        fallbacks: See `Frames`.
    """

    props: tuple[Prop, ...]
    fallbacks: Mapping[str, str]


def make_scenery(
    placed: PlacedScene,
    appearance: Appearance = Appearance(),  # noqa: B008 (frozen)
    assets: AssetLibrary | None = None,
    *,
    strays: bool = False,
) -> Scenery:
    """Return what there is to draw of `placed`.

    Args:
        placed: The scene; objects that its layout leaves out are not drawn.
        appearance: How objects are drawn.
        assets: Where the meshes of assets come from; None passes over them.
        strays: Whether objects far from the room count too (`shown_objects`).

    Example:
        >>> from spatialenv import Room, Scene, SceneObject
        >>> sofa = SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8))
        >>> scene = Scene(room=Room.rectangle(4, 3, 2.5), objects=(sofa,))
        >>> scenery = make_scenery(scene.place({"sofa_1": (2, 1, 0.4)}))
        >>> [(prop.id, prop.kind, prop.center.tolist()) for prop in scenery.props]
        [('sofa_1', 'furniture', [2.0, 1.0, 0.4])]
    """
    indices = range(len(placed.ids)) if strays else shown_objects(placed).tolist()
    props, fallbacks = [], {}
    for index in indices:
        model = object_model(placed.objects[index], int(placed.indices[index]), appearance, assets)
        if model.problem:
            fallbacks[placed.ids[index]] = model.problem
        props.append(
            Prop(index, placed.ids[index], model.mesh, placed.centers[index], float(placed.yaws[index]), model.kind)
        )
    return Scenery(tuple(props), fallbacks)
