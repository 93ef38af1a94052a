"""Why definitions do not agree on a layout, as sentences that its figures give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.placed import FloatArray, PlacedScene, scene_arrays
from spatialenv.core.support import lies_flat
from spatialenv.core.violations import find_violations
from spatialenv.rewards import il3d, physcene, respace, sceneeval_checks, scenerevis, sceneweaver
from spatialenv.rewards.published import depths, stays_over_floor, support_kinds

ROOM_ELEMENTS = 6
"""Walls, floor and ceiling, which MetaSpatial counts among its entries."""

_COLLIDERS = ("physics", "metaspatial", "sceneeval", "respace", "scenerevis", "sceneweaver", "il3d")
_BOUNDERS = ("physics", "sceneeval", "respace", "scenerevis", "sceneweaver", "il3d")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one definition says: its pairs, who is outside, its details and its value."""

    pairs: tuple[tuple[str, str], ...]
    outside: tuple[str, ...]
    details: Mapping[str, Any]
    value: float


@dataclass(frozen=True, slots=True)
class Facts:
    """Exact figures of a layout's boxes.

    Attributes:
        depths: Metres of the shortest move that parts each pair, negative where apart, shape ``(m, m)``.
        volumes: Cubic metres that each pair shares, shape ``(m, m)``.
        outside: Cubic metres of each object outside the room, shape ``(m,)``.
        over_floor: Whose footprint is wholly on the floor, shape ``(m,)``.
    """

    depths: FloatArray
    volumes: FloatArray
    outside: FloatArray
    over_floor: Sequence[bool]


def measure(placed: PlacedScene) -> Facts:
    """Return the exact figures that sentences state."""
    known = scene_arrays(placed.scene)
    inside = geometry.inside_volumes(placed.centers, placed.sizes, placed.yaws, known.room, floors=known.floor)
    outside = placed.sizes.prod(axis=1) - inside
    outside[outside < 1e-12] = 0.0
    volumes = geometry.overlap_volumes(placed.centers, placed.sizes, placed.yaws)
    return Facts(depths(placed), volumes, outside, stays_over_floor(placed).tolist())


def differences(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> tuple[str, ...]:
    """Return a sentence for each thing on which the definitions differ: figures first, then pairs, then objects."""
    found = [
        *_ratios(placed, facts, verdicts),
        *_voxels(facts, verdicts),
        *_few(placed),
        *_relations(placed, verdicts),
        *_ways(placed, verdicts),
        *_pairs(placed, facts, verdicts),
        *_bounds(placed, facts, verdicts),
        *_supports(placed, verdicts),
    ]
    return tuple(found)


def length(metres: float) -> str:
    """Return a length as people say it.

    Example:
        >>> length(0.0012), length(0.25), length(3)
        ('1.2 mm', '25 cm', '3 m')
    """
    if metres < 0.01:
        return f"{metres * 1000:.2g} mm"
    return f"{metres * 100:.3g} cm" if metres < 1 else f"{metres:.3g} m"


def litres(volume: float) -> str:
    """Return a volume in m3 as litres.

    Example:
        >>> litres(0.0012), litres(0.5)
        ('1.2 litres', '500 litres')
    """
    value = volume * 1000
    return f"{value:.0f} litres" if value >= 100 else f"{value:.2g} litres"


def _ratios(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> list[str]:
    published = verdicts["metaspatial"]
    if not any(verdicts[name].pairs for name in _COLLIDERS):
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
            f"metaspatial counts {_names(bare)} as violating for having no relation; physics asks nothing of "
            f"{'it' if len(bare) == 1 else 'them'}."
        )
    if exact:
        found.append(
            f"metaspatial does not see the relations of {_names(exact)} as met: it compares exact numbers, where "
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
        if physcene.WALKED_UNDER <= z <= sceneeval_checks.WALKED_UNDER
    ]
    empty = [door for door, rate in doors.items() if rate == 0]
    hung = f" {_names(between)}, between 1.5 and 2 m up, counts for sceneeval alone." if between else ""
    blocked = f" There is no free floor near enough to {_names(empty)}." if empty else ""
    return [
        f"Of the free floor sceneeval finds {scene['navigability']:.3g} in its largest piece, of "
        f"{scene['connected_components']}, for a robot {length(sceneeval_checks.ROBOT_WIDTH)} wide. physcene finds "
        f"{walk['walkable_rate']:.3g} for a robot {length(physcene.ROBOT_WIDTH)} wide, {chosen}, of {len(pixels)}."
        f"{blocked}{hung}"
    ]


def _pairs(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> list[str]:
    rows = {object_id: i for i, object_id in enumerate(placed.ids)}
    named = {pair for name in _COLLIDERS for pair in verdicts[name].pairs if set(pair) <= set(rows)}
    found = []
    for pair in sorted(named, key=lambda pair: (rows[pair[0]], rows[pair[1]])):
        i, j = rows[pair[0]], rows[pair[1]]
        clear = [name for name in _COLLIDERS if pair not in verdicts[name].pairs]
        if not clear:
            continue
        depth, volume = float(facts.depths[i, j]), float(facts.volumes[i, j])
        if depth <= 0:
            counting = [name for name in _COLLIDERS if pair in verdicts[name].pairs]
            why = [_phantom(name) for name in counting]
            found.append(f"{pair[0]} and {pair[1]} do not overlap, but {'; '.join(why)}.")
            continue
        reasons = [_pass(name, placed, facts, i, j) for name in clear]
        what = f"{pair[0]} and {pair[1]} overlap, {length(depth)} deep, {litres(volume)}"
        found.append(f"{what}: {'; '.join(reasons)}.")
    return found


def _phantom(name: str) -> str:
    """Return why a definition sees two boxes collide that are apart."""
    if name == "il3d":
        return "il3d looks at bounding boxes along the axes, which are larger than turned objects"
    if name == "metaspatial":
        return "metaspatial turns boxes by quarters only"
    return f"{name} counts them"


def _pass(name: str, placed: PlacedScene, facts: Facts, i: int, j: int) -> str:
    """Return why a definition lets an overlap pass."""
    depth, volume = float(facts.depths[i, j]), float(facts.volumes[i, j])
    pair = (placed.objects[i], placed.objects[j])
    if name == "physics":
        flat = lies_flat(placed)
        return "physics lets rugs lie under things" if flat[i] or flat[j] else "physics allows 1e-6 m3"
    if name == "metaspatial":
        thin = [item.id for item in pair if max(item.size) / min(item.size) >= 40]
        if thin:
            return f"metaspatial leaves out {_names(thin)}, 40 times as long as thick or more"
        return "metaspatial needs 1 mm on each axis, of boxes turned by quarters only"
    if name == "sceneeval":
        return "sceneeval parts them by its nudge of 5 mm"
    if name == "scenerevis":
        return "scenerevis counts from 1 cm deep"
    if name == "sceneweaver":
        if any(item.is_rug for item in pair):
            return "sceneweaver leaves rugs out"
        if depth <= sceneweaver.DEPTH:
            return "sceneweaver counts from 1 mm deep, whatever the volume"
        return f"sceneweaver counts from {litres(sceneweaver.VOLUME)}"
    if name == "respace":
        return (
            "respace finds no voxel in both, once moved to its grid"
            if volume > respace.PREFILTER
            else ("respace looks from 1e-7 m3 on")
        )
    return f"{name} does not count it"


def _bounds(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> list[str]:
    found = []
    for row, object_id in enumerate(placed.ids):
        inside = [name for name in _BOUNDERS if object_id not in verdicts[name].outside]
        if not inside or len(inside) == len(_BOUNDERS):
            continue
        reasons = [_tolerate(name, placed, facts, verdicts, row) for name in inside]
        volume = litres(float(facts.outside[row]))
        found.append(f"{object_id} has {volume} outside the room ({_where(placed, facts, row)}): {'; '.join(reasons)}.")
    return found


def _where(placed: PlacedScene, facts: Facts, row: int) -> str:
    bottom = placed.centers[row, 2] - placed.sizes[row, 2] / 2
    top = placed.centers[row, 2] + placed.sizes[row, 2] / 2
    places = [] if facts.over_floor[row] else ["beyond the floor's edge"]
    places += ["under the floor"] if bottom < 0 else []
    places += ["above the ceiling"] if top > placed.room.height else []
    return ", ".join(places) or "at its edge"


def _tolerate(name: str, placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts], row: int) -> str:
    """Return why a definition calls an object inside."""
    in_plan, object_id = facts.over_floor[row], placed.ids[row]
    if name == "physics":
        return "physics allows 1e-6 m3"
    if name == "sceneeval":
        ratio = verdicts[name].details["ratio_in_bound"][object_id]
        above = "sceneeval has no test of the ceiling"
        return (
            above
            if in_plan and ratio == 1.0
            else f"sceneeval asks for 99 % of its points and finds {100 * ratio:.4g} %"
        )
    if name == "respace":
        return "respace finds all its voxels inside, once moved to its grid"
    if name == "scenerevis":
        return "scenerevis allows 1 % of its points, and 1 mm"
    if name == "sceneweaver":
        if placed.objects[row].is_rug:
            return "sceneweaver leaves rugs out"
        return "sceneweaver looks from above alone" if in_plan else "sceneweaver allows 1 cm, seen from above alone"
    if in_plan:
        is_low = placed.centers[row, 2] < placed.sizes[row, 2] / 2
        return "il3d minds the floor only for what is wholly below it" if is_low else "il3d has no ceiling"
    missing = "" if placed.room.is_rectangle else " of the floor's bounding box, its missing corners included"
    return f"il3d allows {length(il3d.MARGIN)} beyond the edge{missing}"


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
            f"physics sees {_names(sorted(ours, key=placed.ids.index))} as not held up; "
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


def _names(ids: Sequence[str]) -> str:
    if len(ids) > 4:
        return f"{', '.join(ids[:3])} and {len(ids) - 3} others"
    return " and ".join(filter(None, (", ".join(ids[:-1]), ids[-1])))
