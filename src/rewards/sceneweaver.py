"""SceneWeaver's counts of colliding pairs and of objects out of bounds."""

from __future__ import annotations

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.score import Score, Transition
from spatialenv.rewards.published import (
    PublishedReward,
    depths,
    marks,
    pairs_where,
    placed_share,
    stays_over_floor,
    verdicts,
)

DEPTH = 1e-3
VOLUME = 1e-4
MARGIN = 0.01


class SceneWeaverReward(PublishedReward):
    """SceneWeaver on boxes: how many pairs collide (BBL), and how many objects are out of bounds (OOB).

    ``placed * (1 - 0.5 * colliding / Nobj - 0.5 * OOB / Nobj)``

    A pair collides when its contact is deeper than 1 mm and it then shares more than 1e-4 m3 (0.1 litres). An object is
    out of bounds when its footprint is not within the floor grown by 1 cm. Rugs (flagged as such, whatever their
    height) are left out of both. SceneWeaver gives the two counts; the single value is ours, with `colliding` the
    number of objects in a colliding pair, `Nobj` that of the objects that are no rugs, and `placed` the share of the
    scene's objects that are placed. Depth is the shortest move that parts two boxes; the public code takes it from
    contacts of triangles.

    Defects of the public code that are kept: bounds are looked at from above alone, so what hovers, sinks in or is
    above the ceiling is in bounds; a wide contact may hold much volume and still be less than 1 mm deep; counts
    do not tell a touch from one object inside another. (There, meshes that are not watertight always collide; boxes
    are watertight.)

    `details`: ``Nobj, OOB, BBL, collide_volume`` (m3, for each pair), ``colliding_pairs, outside_objects, components``.
    `per_object`, which is ours: 1, less 0.5 for what collides, less 0.5 for what is out of bounds; 1 for rugs.

    Range: [0, 1].
    Zero means: nothing is placed, or every object collides and is out of bounds.
    Best means: everything is placed, and no pair and no object counts.
    Cannot see: heights beyond the room, what hovers, contacts up to 1 mm or 0.1 litres, rugs, relations, ways.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
        >>> scene = Scene(Room.rectangle(6, 4, 3), cubes)
        >>> score = SceneWeaverReward()(Transition.of(scene.place({"cube_1": (1, 1, 0.5), "cube_2": (1.998, 1, 0.5)})))
        >>> score.details["BBL"], score.value  # 2 mm deep, 2 litres
        (1, 0.5)
    """

    name = "sceneweaver"
    version = "sceneweaver-1"

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        placed = transition.placed
        counts = np.array([not item.is_rug for item in placed.objects], dtype=np.bool_)
        volumes = geometry.overlap_volumes(placed.centers, placed.sizes, placed.yaws)
        collides = (depths(placed) > DEPTH) & (volumes > VOLUME) & counts[:, None] & counts[None, :]
        pairs = pairs_where(collides)
        outside = np.flatnonzero(~stays_over_floor(placed, MARGIN) & counts).tolist()
        n, colliding = int(counts.sum()), len({row for pair in pairs for row in pair})
        components = {
            "collision": 1.0 - colliding / n if n else 1.0,
            "out_of_bounds": 1.0 - len(outside) / n if n else 1.0,
        }
        details = {
            "Nobj": n,
            "OOB": len(outside),
            "BBL": len(pairs),
            "collide_volume": [float(volumes[pair]) for pair in pairs],
            **verdicts(placed, pairs, outside),
            "components": components,
        }
        value = placed_share(placed) * (components["collision"] + components["out_of_bounds"]) / 2
        return Score(value, marks(placed, pairs, outside), details, self.version)
