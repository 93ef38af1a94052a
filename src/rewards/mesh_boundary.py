"""Whether objects are inside the room, by their meshes."""

from __future__ import annotations

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.core.violations import Violation, mending_moves
from spatialenv.physics.solids import Solid, volumes_inside
from spatialenv.rewards.base import Boxes, Measurement, share_of
from spatialenv.rewards.mesh import MeshReward, approximations, own_volumes


class MeshBoundaryReward(MeshReward):
    """How much of each object's own volume is inside the room, its mesh in place of its box.

    As `boundary`, but each object that has an `asset` is that mesh, stretched to the object's size and turned with
    it. Objects without an asset are boxes. Needs the extra ``meshes``. `details`: ``outside_volume`` in m3, over all
    objects; ``approximated``, how many meshes are not closed, so that a part of them counts as its convex hull.

    Range: [0, 1].
    Zero means: every object is wholly outside, or none is placed.
    Best means: every object is inside the walls, on or above the floor and below the ceiling.
    Cannot see: doors, windows, and anything between objects.

    Args:
        assets: The folder of the meshes; needed as soon as an object has an `asset`.
        up: Which axis points up in their files: ``"auto"`` (y in GLB, z in OBJ, PLY and STL), ``"y"`` or ``"z"``.

    Raises:
        InputError: From a call, if an asset leads out of the folder or no folder is given.
        FileFormatError: From a call, if a mesh cannot be used.
        MissingExtraError: From a call, if trimesh or manifold3d is not installed and some object has an asset.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> MeshBoundaryReward()(Transition.of(scene.place({"cube_1": (0.25, 1, 0.5)}))).value
        0.75
    """

    name = "mesh_boundary"
    version = "mesh_boundary-1"
    kinds = ("out_of_room",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return the share of each placed object's volume that is inside the room."""
        values = np.ones(boxes.arrays.mask.shape)
        outside, approximated = np.zeros(len(boxes.placed)), np.zeros(len(boxes.placed))
        for row, placed in enumerate(boxes.placed):
            solids = self.solids(placed)
            own = own_volumes(placed, solids)
            inside = _inside(placed, solids)
            shares = share_of(inside, own)
            values[row, : len(solids)] = shares
            outside[row] = np.where(shares < 1.0, own - inside, 0.0).sum()
            approximated[row] = approximations(solids)
        return Measurement(values, {"outside_volume": outside, "approximated": approximated})

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return the objects whose mesh reaches outside the room, with the move that brings the whole box inside."""
        from spatialenv.core.kernels import VOLUME_TOLERANCE

        solids = self.solids(placed)
        outside = own_volumes(placed, solids) - _inside(placed, solids)
        moves = mending_moves(placed)
        found = []
        for row in np.flatnonzero(outside > VOLUME_TOLERANCE).tolist():
            object_id, amount = placed.ids[row], float(outside[row])
            text = f"{object_id} has {amount:.2g} m3 outside the room"
            found.append(Violation("out_of_room", (object_id,), amount, "m3", moves.get(object_id), text))
        return tuple(found)


def _inside(placed: PlacedScene, solids: list[Solid | None]) -> FloatArray:
    floor = np.array(placed.room.floor, dtype=np.float64)
    return volumes_inside(solids, placed.centers, placed.sizes, placed.yaws, floor, placed.room.height)
