"""SceneEval's metrics that need no language model, as one value."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from spatialenv.core.placed import BoolArray, PlacedScene
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards import sceneeval_checks as checks
from spatialenv.rewards import sceneeval_pixels as pixels
from spatialenv.rewards.published import PublishedReward, marks, placed_share, support_kinds, verdicts


class SceneEvalReward(PublishedReward):
    """SceneEval on boxes: collision, bounds, navigability and clearance of openings.

    ``placed * mean(1 - colliding / n, 1 - out_of_bound / n, navigability, 1 - mean over openings of total_occlusion)``

    with `n` the number of placed objects and `placed` the share of the scene's objects that are placed. SceneEval gives
    these four as separate figures (its plan without a language model); the single value is ours. Without openings the
    last is left out. With ``plan="full"`` two more come into the mean: the mean of accessibility over objects with a
    functional side, and the share of supported objects; sides and kinds of support, which the public code asks a
    language model for, are those of `spatialenv.core.usability.functions` and of the scene's relations.

    Collision: two boxes are in contact, and still are when the smaller one is moved 5 mm away from the point of
    contact. Out of bound: fewer than 99 % of max(1000, 5000 a m3) points on the surface have the floor under them.
    Navigability: the largest 8-connected component over all free floor, on 256 x 256 pixels, for a robot 0.2 m wide;
    boxes whose centre is above 2 m do not count. Clearance: objects of which a sampled point is in the zone (a door's
    is as deep as the door is wide, a window's 0.5 m) are projected onto the opening at 100 pixels a metre.

    Defects of the public code that are kept: the nudge of 5 mm goes towards the centroid and not along the axis that
    parts the boxes, so it undoes 2 mm between two flush cubes but not 4 mm; there is no test of the ceiling; doors play
    no part in navigability; what goes through a whole zone covers an opening only by the lines of its sides; rugs
    collide, and are walked around. Sampling is seeded here and not there, and one box of a pair is always the one that
    moves: there it is the one that comes later.

    `details`: ``scene_in_collision, num_obj_in_collision, colliding_pairs, num_out_of_bound, outside_objects,
    ratio_in_bound`` by id, ``navigability, connected_components, openings`` (by name: ``opening_occluded,
    interfering_obj_ids, total_occlusion, object_occlusions``), with the full plan ``accessibility, supported``;
    ``components``. `per_object`, which is ours: 1, less 0.5 for what collides, less 0.5 for what is out of bound.

    Range: [0, 1].
    Zero means: nothing is placed.
    Best means: everything is placed, apart and over the floor, the free floor is one, and no opening is covered.
    Cannot see: relations, what is above the ceiling, a hovering object (without the full plan), ways from the doors.

    Args:
        plan: ``"no_vlm"``, or ``"full"``.

    Raises:
        InputError: If `plan` is neither.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> score = SceneEvalReward()(Transition.of(scene.place({"cube_1": (0.25, 2, 0.5)})))
        >>> score.details["outside_objects"], score.details["navigability"], round(score.value, 3)
        (['cube_1'], 1.0, 0.667)
    """

    name = "sceneeval"
    version = "sceneeval-1"

    def __init__(self, plan: Literal["no_vlm", "full"] = "no_vlm") -> None:
        if plan not in ("no_vlm", "full"):
            raise InputError(f"`plan` is {plan!r}; allowed: 'no_vlm', 'full'")
        self._plan = plan

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        placed = transition.placed
        n = len(placed.ids)
        pairs = checks.collisions(placed)
        ratios = checks.bound_ratios(placed)
        outside = np.flatnonzero(ratios < checks.IN_BOUND).tolist()
        colliding = len({row for pair in pairs for row in pair})
        walk = pixels.navigability(placed)
        occlusions = pixels.occlusions(placed)
        components = {
            "collision": 1.0 - colliding / n if n else 1.0,
            "out_of_bound": 1.0 - len(outside) / n if n else 1.0,
            "navigability": walk.navigability,
        }
        if occlusions:
            components["opening_clearance"] = 1.0 - float(np.mean([one.total_occlusion for one in occlusions]))
        details: dict[str, Any] = {
            "scene_in_collision": bool(pairs),
            "num_obj_in_collision": colliding,
            "num_out_of_bound": len(outside),
            **verdicts(placed, pairs, outside),
            "ratio_in_bound": dict(zip(placed.ids, ratios.tolist(), strict=True)),
            "navigability": walk.navigability,
            "connected_components": walk.connected_components,
            "openings": {one.name: _opening(placed, one) for one in occlusions},
        }
        if self._plan == "full":
            further, figures = _full(placed)
            components |= further
            details |= figures
        details["components"] = components
        value = placed_share(placed) * (sum(components.values()) / len(components))
        return Score(value, marks(placed, pairs, outside), details, self.version)


def _opening(placed: PlacedScene, one: pixels.Occlusion) -> dict[str, Any]:
    return {
        "opening_occluded": bool(one.object_occlusions),
        "interfering_obj_ids": [placed.ids[row] for row in one.interfering],
        "total_occlusion": one.total_occlusion,
        "object_occlusions": {placed.ids[row]: share for row, share in one.object_occlusions.items()},
    }


def _full(placed: PlacedScene) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the two further metrics and their figures."""
    kinds = support_kinds(placed.scene)
    is_held = checks.supported(placed)
    access = pixels.accessibilities(placed, _functional_sides(placed))
    used = access[access >= 0]
    components = {
        "accessibility": float(used.mean()) if len(used) else 1.0,
        "support": float(is_held.mean()) if len(is_held) else 1.0,
    }
    figures = {
        "accessibility": dict(zip(placed.ids, access.tolist(), strict=True)),
        "supported": dict(zip(placed.ids, is_held.tolist(), strict=True)),
        "support_type": {placed.ids[row]: kinds[i] for row, i in enumerate(placed.indices.tolist())},
    }
    return components, figures


def _functional_sides(placed: PlacedScene) -> BoolArray:
    """Return the functional sides of the placed objects, shape ``(m, 4)``."""
    from spatialenv.core.usability.functions import scene_functions

    sides: BoolArray = scene_functions(placed.scene).sides[placed.indices]
    return sides
