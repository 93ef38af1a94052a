"""Why definitions do not agree on a layout, as sentences that its figures give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import find_violations
from spatialenv.rewards import physcene, respace, sceneeval_pixels, scenerevis
from spatialenv.rewards.layout_facts import Facts, Verdicts, length, litres, names
from spatialenv.rewards.published import support_kinds
from spatialenv.rewards.tolerances import COLLIDERS, bounds, pairs

ROOM_ELEMENTS = 6
"""Walls, floor and ceiling, which MetaSpatial counts among its entries."""


def differences(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> tuple[str, ...]:
    """Return a sentence for each thing on which the definitions differ: figures first, then pairs, then objects."""
    found = [
        *_ratios(placed, facts, verdicts),
        *_voxels(facts, verdicts),
        *_few(placed),
        *_relations(placed, verdicts),
        *_ways(placed, verdicts),
        *pairs(placed, facts, verdicts),
        *bounds(placed, facts, verdicts),
        *_supports(placed, verdicts),
    ]
    return tuple(found)


def _ratios(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> list[str]:
    published = verdicts["metaspatial"]
    if not any(verdicts[name].pairs for name in COLLIDERS):
        return []
    n, ids = len(placed.ids), set(placed.ids)
    entries = len(placed.scene.objects) + ROOM_ELEMENTS
    among = sum(set(pair) <= ids for pair in published.pairs)
    own = n * (n - 1) // 2
    walls = len(published.pairs) - among
    with_walls = f", {walls} of them with room elements" if walls else ""
    alone = f"{among} of {own} = {among / own:.3g}" if own else "none"
    objects = verdicts["sceneeval"].details["num_obj_in_collision"]
    details = verdicts["il3d"].details
    shared, total = litres(details["total_intersection_volume"]), litres(details["total_bbox_volume"])
    return [
        f"metaspatial counts {ROOM_ELEMENTS} room elements among its {entries} entries: "
        f"{_count(len(published.pairs))} of {entries * (entries - 1) // 2} = "
        f"{published.details['collision_ratio']:.3g}{with_walls}; among the objects alone it would be {alone}. "
        f"il3d divides volumes: {shared} shared of {total} = {details['oor_ratio']:.3g}. "
        f"sceneeval and scenerevis count objects: {objects} of {n}, and "
        f"{verdicts['scenerevis'].details['collision_rate']:.3g} %. "
        f"sceneweaver counts pairs: {verdicts['sceneweaver'].details['BBL']}."
    ]


def _count(pairs: int) -> str:
    return f"{pairs} colliding pair{'' if pairs == 1 else 's'}"


def _voxels(facts: Facts, verdicts: Mapping[str, Verdicts]) -> list[str]:
    details = verdicts["respace"].details
    amounts = (
        ("shared", details["total_mbl_loss"], float(np.triu(facts.volumes, k=1).sum())),
        ("outside", details["total_oob_loss"], float(facts.outside.sum())),
    )
    off = [
        f"{litres(counted)} {what} where the boxes have {litres(exact)}"
        for what, counted, exact in amounts
        if abs(counted - exact) > max(0.05 * max(counted, exact), respace.PREFILTER)
    ]
    if not off:
        return []
    valid = "valid" if details["is_valid_scene_pbl"] else "not valid"
    return [
        f"respace sees {', and '.join(off)}: its voxels of {length(respace.VOXEL)} make boxes grow by up to a voxel on "
        f"each axis and move them to its grid. With {litres(details['total_pbl_loss'])} in all the scene is {valid} "
        f"(up to {litres(respace.VALID_UP_TO)})."
    ]


def _few(placed: PlacedScene) -> list[str]:
    n = len(placed.ids)
    return [f"scenerevis gives -1 to every layout of fewer than 4 objects; this one has {n}."] if n < 4 else []


def _relations(placed: PlacedScene, verdicts: Mapping[str, Verdicts]) -> list[str]:
    violating = verdicts["metaspatial"].details["violating_objects"]
    unmet = {wrong.objects[0] for wrong in find_violations(placed) if wrong.kind == "relation"}
    bare = [item.id for item in placed.objects if not item.relations and item.id in violating]
    exact = [name for name in violating if name not in bare and name not in unmet]
    found = []
    if bare:
        found.append(
            f"metaspatial counts {names(bare)} as violating for having no relation; physics asks nothing of "
            f"{'it' if len(bare) == 1 else 'them'}."
        )
    if exact:
        found.append(
            f"metaspatial does not see the relations of {names(exact)} as met: it compares exact numbers, where "
            "physics allows 1 cm, and an adjacent one is met at one number only."
        )
    return found


def _ways(placed: PlacedScene, verdicts: Mapping[str, Verdicts]) -> list[str]:
    scene, walk = verdicts["sceneeval"].details, verdicts["physcene"].details
    pixels = walk["component_pixels"]
    if abs(scene["navigability"] - walk["walkable_rate"]) < 0.005:
        return []
    doors = walk["walkable_rate_by_door"]
    chosen = "in its first piece, as there is no door"
    if doors:
        chosen = f"the mean over {len(doors)} door{'' if len(doors) == 1 else 's'} of the piece at the door"
    between = [
        object_id
        for object_id, z in zip(placed.ids, placed.centers[:, 2].tolist(), strict=True)
        if physcene.WALKED_UNDER <= z <= sceneeval_pixels.WALKED_UNDER
    ]
    empty = [door for door, rate in doors.items() if rate == 0]
    hung = f" {names(between)}, between 1.5 and 2 m up, counts for sceneeval alone." if between else ""
    blocked = f" There is no free floor near enough to {names(empty)}." if empty else ""
    return [
        f"Of the free floor sceneeval finds {scene['navigability']:.3g} in its largest piece, of "
        f"{scene['connected_components']}, for a robot {length(sceneeval_pixels.ROBOT_WIDTH)} wide. physcene finds "
        f"{walk['walkable_rate']:.3g} for a robot {length(physcene.ROBOT_WIDTH)} wide, {chosen}, of {len(pixels)}."
        f"{blocked}{hung}"
    ]


def _supports(placed: PlacedScene, verdicts: Mapping[str, Verdicts]) -> list[str]:
    ours = {wrong.objects[0]: wrong for wrong in find_violations(placed) if wrong.kind == "unsupported"}
    theirs = set(verdicts["scenerevis"].details["unsupported_objects"])
    kinds = dict(zip(placed.scene.ids, support_kinds(placed.scene), strict=True))
    found = []
    for object_id in placed.ids:
        if object_id in ours and object_id not in theirs:
            found.append(
                f"{ours[object_id].text}: too much for physics, not for scenerevis, which {_slack(kinds[object_id])}."
            )
        elif object_id in theirs and object_id not in ours:
            found.append(f"{object_id} is held for physics but not for scenerevis, which {_strict(kinds[object_id])}.")
    if ours:
        found.append(
            f"physics sees {names(sorted(ours, key=placed.ids.index))} as not held up; "
            "sceneeval (short plan), respace, sceneweaver, physcene and il3d do not look at support."
        )
    return found


def _slack(kind: str) -> str:
    return {
        "wall": f"asks only for its centre within {length(scenerevis.WALL_GAP)} of a wall",
        "ceiling": "asks only for its top above 80 % of the height",
    }.get(kind, f"allows {length(scenerevis.SUPPORT_GAP)}, and any touch of an edge")


def _strict(kind: str) -> str:
    return {
        "wall": f"wants its centre within {length(scenerevis.WALL_GAP)} of a wall, however deep it is",
        "ceiling": "wants its top at the ceiling",
        "ground": f"wants its bottom within {length(scenerevis.SUPPORT_GAP)} of the floor",
    }.get(kind, "wants the top of another object under it, with both looked at as if not turned")
