"""Why definitions let pass what others count: collisions pair by pair, bounds object by object."""

from __future__ import annotations

from collections.abc import Mapping

from spatialenv.core.placed import PlacedScene
from spatialenv.core.support import lies_flat
from spatialenv.rewards import il3d, respace, sceneweaver
from spatialenv.rewards.layout_facts import Facts, Verdicts, length, litres, names

COLLIDERS = ("physics", "metaspatial", "sceneeval", "respace", "scenerevis", "sceneweaver", "il3d")
"""Definitions that look at collisions."""

BOUNDERS = ("physics", "sceneeval", "respace", "scenerevis", "sceneweaver", "il3d")
"""Definitions that look at the bounds of each object."""


def pairs(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> list[str]:
    """Return a sentence for each pair that some definitions count as colliding and others do not."""
    rows = {object_id: i for i, object_id in enumerate(placed.ids)}
    named = {pair for name in COLLIDERS for pair in verdicts[name].pairs if set(pair) <= set(rows)}
    found = []
    for pair in sorted(named, key=lambda pair: (rows[pair[0]], rows[pair[1]])):
        i, j = rows[pair[0]], rows[pair[1]]
        clear = [name for name in COLLIDERS if pair not in verdicts[name].pairs]
        if not clear:
            continue
        depth, volume = float(facts.depths[i, j]), float(facts.volumes[i, j])
        if depth <= 0:
            counting = [name for name in COLLIDERS if pair in verdicts[name].pairs]
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
            return f"metaspatial leaves out {names(thin)}, 40 times as long as thick or more"
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


def bounds(placed: PlacedScene, facts: Facts, verdicts: Mapping[str, Verdicts]) -> list[str]:
    """Return a sentence for each object that some definitions count as out of the room and others do not."""
    found = []
    for row, object_id in enumerate(placed.ids):
        inside = [name for name in BOUNDERS if object_id not in verdicts[name].outside]
        if not inside or len(inside) == len(BOUNDERS):
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
