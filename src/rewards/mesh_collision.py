"""Whether objects share space, by their meshes."""

from __future__ import annotations

import numpy as np

from spatialenv.core.placed import FloatArray, IntArray, PlacedScene
from spatialenv.core.support import lies_flat
from spatialenv.core.violations import Violation, mending_moves
from spatialenv.physics.solids import Solid, shared_volumes
from spatialenv.rewards.base import Boxes, Measurement, share_of
from spatialenv.rewards.mesh import MeshReward, approximations, own_volumes


class MeshCollisionReward(MeshReward):
    """How much of each object's own volume it has to itself, its mesh in place of its box.

    As `collision`, but each object that has an `asset` is that mesh, stretched to the object's size and turned with
    it: a chair may stand under a table top, and what stands wholly inside a solid part is found. Objects without an
    asset are boxes. What an environment calls valid still goes by boxes. Needs the extra ``meshes``. `details`:
    ``shared_volume`` in m3, over all pairs; ``approximated``, how many meshes are not closed, so that a part of them
    counts as its convex hull.

    Range: [0, 1].
    Zero means: every object lies wholly inside others, or none is placed.
    Best means: no two objects share volume (touching shares none).
    Cannot see: what stands in a hollow of another object that has no way out, or what is outside the room.

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
        >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
        >>> scene = Scene(room=Room.rectangle(6, 4, 3), objects=cubes)
        >>> placed = scene.place({"cube_1": (1, 1, 0.5), "cube_2": (1.75, 1, 0.5)})
        >>> MeshCollisionReward()(Transition.of(placed)).value
        0.75
    """

    name = "mesh_collision"
    version = "mesh_collision-1"
    kinds = ("collision",)

    def measure(self, boxes: Boxes) -> Measurement:
        """Return each placed object's share of volume that is its own."""
        values = np.ones(boxes.arrays.mask.shape)
        totals, approximated = np.zeros(len(boxes.placed)), np.zeros(len(boxes.placed))
        for row, placed in enumerate(boxes.placed):
            solids = self.solids(placed)
            pairs, volumes = _shared(placed, solids)
            shared = np.zeros(len(solids))
            np.add.at(shared, pairs.ravel(), np.repeat(volumes, 2))
            own = own_volumes(placed, solids)
            values[row, : len(solids)] = share_of(own - shared, own)
            totals[row] = volumes.sum()
            approximated[row] = approximations(solids)
        return Measurement(values, {"shared_volume": totals, "approximated": approximated})

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return the pairs whose meshes share volume, with the move that frees the box of one of them."""
        from spatialenv.core.kernels import VOLUME_TOLERANCE

        pairs, volumes = _shared(placed, self.solids(placed))
        moves, ids, fixed = mending_moves(placed), placed.ids, placed.scene.fixed
        found = []
        for (i, j), amount in zip(pairs.tolist(), volumes.tolist(), strict=True):
            if amount <= VOLUME_TOLERANCE:
                continue
            goes = ids[j] in moves or (ids[i] not in moves and ids[j] not in fixed)
            first, second = (ids[j], ids[i]) if goes else (ids[i], ids[j])
            text = f"{first} overlaps {second} by {amount:.2g} m3"
            found.append(Violation("collision", (first, second), amount, "m3", moves.get(first), text))
        return tuple(found)


def _shared(placed: PlacedScene, solids: list[Solid | None]) -> tuple[IntArray, FloatArray]:
    pairs, volumes = shared_volumes(solids, placed.centers, placed.sizes, placed.yaws)
    flat = lies_flat(placed)
    return pairs, np.where(flat[pairs].any(axis=1), 0.0, volumes)
