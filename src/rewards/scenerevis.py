"""SceneReVis's reward of a turn, without the terms of its vision-language model."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from spatialenv.core.numeric import as_number
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards.published import (
    PublishedReward,
    depths,
    in_place,
    marks,
    over_floor,
    pairs_where,
    support_kinds,
    surface_points,
    verdicts,
)

POINTS = 500
SLACK = 1e-3
OUTSIDE_FROM = 0.01
SUPPORT_GAP = 0.05
WALL_GAP = 0.15
CEILING_FROM = 0.8

Knots = tuple[tuple[float, float], ...]
Stage = Literal["first", "middle", "final", "auto"]

MAPS: dict[str, Knots] = {
    "collision_rate": ((0, 1), (20, 0.5), (45, 0), (100, -1)),
    "out_of_bounds_rate": ((0, 1), (10, 0.5), (30, 0), (100, -1)),
    "total_penetration_depth": ((0, 1), (0.1, 0.5), (0.3, 0), (0.6, -0.5), (1, -1)),
    "total_oob_volume": ((0, 1), (0.2, 0.5), (0.5, 0), (1, -0.5), (2, -1)),
    "unsupported_rate": ((0, 1), (10, 0), (100, -1)),
}
"""Each figure's map to a term: straight between these points, flat beyond them. Rates are in percent."""

WEIGHTS: dict[str, dict[str, float]] = {
    "first": {"format": 1.0},
    "middle": {
        "format": 0.10,
        "collision_rate": 0.10,
        "out_of_bounds_rate": 0.10,
        "total_penetration_depth": 0.10,
        "total_oob_volume": 0.10,
    },
    "final": {
        "format": 0.10,
        "collision_rate": 0.08,
        "out_of_bounds_rate": 0.07,
        "total_penetration_depth": 0.05,
        "total_oob_volume": 0.05,
        "unsupported_rate": 0.05,
    },
}
"""Weights of the terms at each stage; what is missing to 1 are those of the model, which are dropped."""


class SceneReVisReward(PublishedReward):
    """SceneReVis's reward of a turn on boxes.

    | stage | value |
    | --- | --- |
    | first | format |
    | middle | 0.10 each of format, collision rate, out-of-bounds rate, penetration, out-of-bounds volume |
    | final | 0.10 format, 0.08 collision rate, 0.07 out-of-bounds rate, 0.05 each of penetration, volume and support |

    With fewer than 4 objects the final turn is worth -1.

    Each figure becomes a term in [-1, 1] by its piecewise map (`MAPS`). The published terms of a vision-language model
    (0.5 of the middle turns' weight, 0.6 of the final one's) are dropped and nothing else changes, so the range is
    that of what remains. The published format terms are about its own tool calls; here an answer of format level l
    counts 2 l - 1.

    Collision rate: percent of objects in a contact deeper than `tolerance`. Penetration: depths of these contacts added
    up; depth is the shortest move that parts two boxes, one contact a pair. Out of bounds: more than 1 % of 500 points
    on the surface (seeded here) are not over the floor, grown by 1 mm, or not between floor and ceiling, give or take 1
    mm; the volume is that share of the object's. Support: a bottom within 5 cm of the floor, or of the top of an object
    whose rectangle it meets; a centre within 15 cm of an edge of the floor's bounding box for what hangs on a wall; a
    top between 80 % of the room's height and 5 cm above it for what hangs from the ceiling. What holds an object up is
    told by the scene's relations, in place of words in its description.

    Defects of the public code that are kept: a room of fewer than 4 objects is worth -1 however it is furnished;
    support looks at rectangles as if nothing were turned, any touch of a table's edge supports, and a deep cabinet on a
    wall has its centre too far from it; the evaluation keeps a tolerance of 1 cm that its comment says was removed (the
    training code has none: ``tolerance=0``). The rule for a trajectory (-1 for two turns or fewer, else 0.6 times the
    last turn plus 0.4 times the mean of the others) stands apart: the rule `scenerevis` of `make_trajectory`.

    `details`: ``stage, num_objects, collision_rate, collision_free_rate, num_colliding_pairs, mean_penetration_depth,
    total_penetration_depth, out_of_bounds_rate, num_oob_objects, mean_oob_volume, total_oob_volume, unsupported_rate,
    unsupported_objects, colliding_pairs, outside_objects, components`` (the terms). `per_object`, which is ours: 1,
    less 0.5 for what collides, less 0.5 for what is out of bounds.

    Range: [-1, 1] in all; final -1 and [-0.4, 0.4], middle [-0.5, 0.5], first [-1, 1].
    Zero means: the terms cancel out; each alone is 0 about where the published model stood before training.
    Best means: the form is right, nothing collides or leaves the room, and in the final turn all is supported.
    Cannot see: which objects are there, relations, ways; in the final turn, anything about fewer than 4 objects.

    Args:
        stage: ``"first"``, ``"middle"``, ``"final"``, or ``"auto"``: by the transition's turn.
        turns: With ``"auto"``, turns of an episode; the last of them is the final stage. None: no turn is known to be
            the last, and all but the first are the middle stage.
        tolerance: Metres up to which a contact is none.
        least_objects: Objects below which the final turn is worth -1.

    Raises:
        InputError: If `stage` is none of these, `turns` is not above 1, or a number is negative or not finite.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in range(4))
        >>> scene = Scene(Room.rectangle(6, 4, 3), cubes)
        >>> placed = scene.place({f"cube_{i}": (0.5 + 1.5 * i, 1, 0.5) for i in range(4)})
        >>> round(SceneReVisReward()(Transition.of(placed)).value, 6)
        0.4
    """

    name = "scenerevis"
    version = "scenerevis-1"

    def __init__(
        self, stage: Stage = "final", turns: int | None = None, tolerance: float = 0.01, least_objects: int = 4
    ) -> None:
        if stage not in ("first", "middle", "final", "auto"):
            raise InputError(f"`stage` is {stage!r}; allowed: 'first', 'middle', 'final', 'auto'")
        if turns is not None and not 1 < as_number(turns) < math.inf:
            raise InputError(f"`turns` is {turns!r}; it must be 2 or more, or None")
        for name, value in (("tolerance", tolerance), ("least_objects", least_objects)):
            if not 0 <= as_number(value) < math.inf:
                raise InputError(f"`{name}` is {value!r}; it must be a finite number of 0 or more")
        self._stage, self._turns = stage, turns
        self._tolerance, self._least = as_number(tolerance), as_number(least_objects)

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        placed = transition.placed
        n = len(placed.ids)
        deep = depths(placed)
        pairs = pairs_where(deep > self._tolerance)
        penetration = sum(float(deep[pair]) for pair in pairs)
        colliding = len({row for pair in pairs for row in pair})
        volumes = outside_volumes(placed)
        outside = np.flatnonzero(volumes > 0).tolist()
        loose = np.flatnonzero(~supported(placed)).tolist()
        figures = {
            "collision_rate": 100.0 * colliding / n if n else 0.0,
            "out_of_bounds_rate": 100.0 * len(outside) / n if n else 0.0,
            "total_penetration_depth": penetration,
            "total_oob_volume": float(volumes.sum()),
            "unsupported_rate": 100.0 * len(loose) / n if n else 0.0,
        }
        terms = {name: piecewise(figures[name], knots) for name, knots in MAPS.items()}
        terms = {"format": 2.0 * transition.parsed.format_level - 1.0, **terms}
        stage = self._stage_of(transition.turn)
        value = sum(weight * terms[name] for name, weight in WEIGHTS[stage].items())
        if stage == "final" and n < self._least:
            value = -1.0
        details: dict[str, Any] = {
            "stage": stage,
            "num_objects": n,
            **figures,
            "collision_free_rate": 0.0 if pairs else 100.0,
            "num_colliding_pairs": len(pairs),
            "mean_penetration_depth": penetration / len(pairs) if pairs else 0.0,
            "num_oob_objects": len(outside),
            "mean_oob_volume": float(volumes.sum()) / len(outside) if outside else 0.0,
            "unsupported_objects": [placed.ids[row] for row in loose],
            **verdicts(placed, pairs, outside),
            "components": terms,
        }
        return Score(float(value), marks(placed, pairs, outside), details, self.version)

    def _stage_of(self, turn: int) -> str:
        if self._stage != "auto":
            return self._stage
        if self._turns is not None and turn >= self._turns - 1:
            return "final"
        return "first" if turn == 0 else "middle"


def piecewise(value: float, knots: Knots) -> float:
    """Return the value on the line through points, flat beyond them."""
    xs, ys = zip(*knots, strict=True)
    return float(np.interp(value, xs, ys))


def outside_volumes(placed: PlacedScene) -> FloatArray:
    """Return the volume in m3 of each object that counts as out of bounds, 0 for those in bounds, shape ``(m,)``."""
    volumes = np.zeros(len(placed.ids))
    for row in range(len(placed.ids)):
        points = in_place(surface_points(placed.sizes[row], POINTS), placed, row)
        inside = over_floor(points[:, :2], placed.room, SLACK)
        inside &= (points[:, 2] >= -SLACK) & (points[:, 2] <= placed.room.height + SLACK)
        share = 1.0 - float(inside.mean())
        volumes[row] = placed.sizes[row].prod() * share if share > OUTSIDE_FROM else 0.0
    return volumes


def supported(placed: PlacedScene) -> BoolArray:
    """Return what is near enough to that which should hold it up, shape ``(m,)``."""
    kinds, room = support_kinds(placed.scene), placed.room
    low = placed.centers - placed.sizes / 2  # as if nothing were turned
    high = placed.centers + placed.sizes / 2
    held = np.zeros(len(placed.ids), dtype=np.bool_)
    for row, index in enumerate(placed.indices.tolist()):
        x, y, _ = placed.centers[row].tolist()
        bottom, top = low[row, 2], high[row, 2]
        if kinds[index] == "ground":
            held[row] = abs(bottom) < SUPPORT_GAP
        elif kinds[index] == "ceiling":
            held[row] = CEILING_FROM * room.height <= top <= room.height + SUPPORT_GAP
        elif kinds[index] == "wall":
            held[row] = min(abs(x), abs(x - room.length), abs(y), abs(y - room.width)) < WALL_GAP
        else:
            meets = ((low[row, :2] <= high[:, :2]) & (high[row, :2] >= low[:, :2])).all(axis=1)
            near = np.flatnonzero(meets & (abs(bottom - high[:, 2]) < SUPPORT_GAP))
            held[row] = bool((near != row).any())
    return held
