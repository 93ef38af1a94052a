"""IL3D's ratios of overlap and of objects out of bounds."""

from __future__ import annotations

import numpy as np

from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.score import Score, Transition
from spatialenv.rewards.published import PublishedReward, marks, pairs_where, placed_share, verdicts

MARGIN = 0.05
"""Metres by which a box may leave the floor's bounding box: 5 units of its stages, which are centimetres."""

_SHARED = 1e-9
_EDGE = 1e-9


class IL3DReward(PublishedReward):
    """IL3D on boxes: the overlap ratio (OOR) and the ratio out of bounds (OOB) of bounding boxes along the axes.

    ``placed * mean(1 - min(1, OOR), 1 - OOB)``

    ``OOR`` is the volume that pairs of bounding boxes share, added up, over the volume of all; ``OOB`` the share of
    objects whose bounding box leaves the floor's by more than 5 cm, or is wholly more than 5 cm below the floor. IL3D
    gives the two ratios; the single value is ours, with `placed` the share of the scene's objects that are placed.

    Defects of the public code that are kept: boxes are those along the axes, so a turned object is larger than it is
    and collides where it does not; the floor is its bounding box, so the missing corner of an L counts as room; the
    margin is 5 of the stage's units, whatever these are (here metres are centimetres times 100); there is no ceiling;
    rugs collide; large objects make the ratio of a small one's collision vanish.

    `details`: ``oor_ratio, oob_ratio, oob_count, total_intersection_volume`` and ``total_bbox_volume`` in m3,
    ``colliding_pairs, outside_objects, components``. `per_object`, which is ours: 1, less 0.5 for what collides, less
    0.5 for what is out of bounds.

    Range: [0, 1].
    Zero means: nothing is placed, or all are out of bounds and share as much volume as they have.
    Best means: everything is placed, and no two bounding boxes share volume or leave the floor's.
    Cannot see: what hovers, what is above the ceiling, corners that the floor lacks, relations, ways.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
        >>> scene = Scene(Room.rectangle(6, 4, 3), cubes)
        >>> score = IL3DReward()(Transition.of(scene.place({"cube_1": (1, 1, 0.5), "cube_2": (1.5, 1, 0.5)})))
        >>> score.details["oor_ratio"], score.details["oob_ratio"], score.value  # 0.5 m3 of 2 m3
        (0.25, 0.0, 0.875)
    """

    name = "il3d"
    version = "il3d-1"

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        placed = transition.placed
        half = half_extents(placed)
        volumes = 8.0 * half.prod(axis=1)
        shared = np.triu(_shared_volumes(placed.centers, half), k=1)
        outside = np.flatnonzero(_is_outside(placed, half)).tolist()
        pairs = pairs_where(shared > _SHARED)
        n, total = len(placed.ids), float(volumes.sum())
        oor = float(shared.sum()) / total if n else 0.0
        oob = len(outside) / n if n else 0.0
        components = {"oor": 1.0 - min(1.0, oor), "oob": 1.0 - oob}
        details = {
            "oor_ratio": oor,
            "oob_ratio": oob,
            "oob_count": len(outside),
            "total_intersection_volume": float(shared.sum()),
            "total_bbox_volume": total,
            **verdicts(placed, pairs, outside),
            "components": components,
        }
        value = placed_share(placed) * (components["oor"] + components["oob"]) / 2
        return Score(value, marks(placed, pairs, outside), details, self.version)


def half_extents(placed: PlacedScene) -> FloatArray:
    """Return half the extents of the objects' bounding boxes along the axes, shape ``(m, 3)``."""
    cos, sin = np.abs(np.cos(placed.yaws)), np.abs(np.sin(placed.yaws))
    length, width, height = placed.sizes.T
    half: FloatArray = np.stack((length * cos + width * sin, length * sin + width * cos, height), axis=1) / 2
    return half


def _shared_volumes(centers: FloatArray, half: FloatArray) -> FloatArray:
    """Return the volume that each pair of bounding boxes shares, shape ``(m, m)``."""
    with np.errstate(over="ignore"):  # what is that far away shares nothing
        spans = half[:, None] + half[None] - np.abs(centers[:, None] - centers[None])
    shared: FloatArray = np.clip(np.minimum(spans, 2.0 * np.minimum(half[:, None], half[None])), 0.0, None).prod(axis=2)
    return shared


def _is_outside(placed: PlacedScene, half: FloatArray) -> BoolArray:
    """Return which bounding boxes leave that of the floor, or are wholly below it, shape ``(m,)``."""
    room = np.array((placed.room.length, placed.room.width))
    plan, reach = placed.centers[:, :2], half[:, :2]
    beyond = (plan - reach < -MARGIN - _EDGE) | (plan + reach > room + MARGIN + _EDGE)
    outside: BoolArray = beyond.any(axis=1) | (placed.centers[:, 2] + half[:, 2] < -MARGIN - _EDGE)
    return outside
