"""A plain Python version of the published check of collisions and relations, to compare with.

The definition is MetaSpatial's (collisions of axis-aligned boxes over all pairs, the six room elements
included; relations as intervals of the centre), for the prepositions that the benchmark's scenes use: "on" a
wall and the four sides of an object. It is written as one would at first, with no arrays and no tricks;
`spatialenv.rewards.metaspatial_check` is the complete one, which agrees with the published code.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Relation

Limits = tuple[float, float, float]

SIDES = ("in front", "right of", "behind", "left of")
NEAR = 1e-3


class Box(NamedTuple):
    """An entry of the check: centre, size and compass bearing in quarter turns."""

    center: tuple[float, float, float]
    size: tuple[float, float, float]
    bearing: int = 0


class Entries(NamedTuple):
    """What the check works on: all entries by name, the objects with their relations, and the room's extents."""

    boxes: dict[str, Box]
    objects: dict[str, tuple[Relation, ...]]
    limits: Limits


def prepare(placed: PlacedScene) -> Entries:
    """Return the check's own input for a layout."""
    room = placed.room
    objects = {item.id: item.relations for item in placed.objects}
    return Entries(read_boxes(placed), objects, (room.length, room.width, room.height))


def check(given: Entries) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the colliding pairs and the ids of the objects that violate their relations."""
    boxes, objects, limits = given
    names = list(boxes)
    pairs = {
        (a, b)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if not is_thin(boxes[a]) and not is_thin(boxes[b]) and collide(boxes[a], boxes[b])
    }
    violating = {
        name
        for name, relations in objects.items()
        if relations and not any(is_met(relation, boxes, limits) for relation in relations)
    }
    return pairs, violating


def read_boxes(placed: PlacedScene) -> dict[str, Box]:
    """Return the objects and the six room elements by name."""
    x, y, z = placed.room.length, placed.room.width, placed.room.height
    boxes = {}
    for item in placed.objects:
        pose = placed.layout[item.id]
        yaw = placed.scene.default_yaw(item.id) if pose.yaw is None else pose.yaw
        boxes[item.id] = Box((pose.x, pose.y, pose.z), item.size, round(-yaw / (math.pi / 2)) % 4)
    boxes["south_wall"] = Box((x / 2, 0.0, z / 2), (x, 0.0, z), 0)
    boxes["north_wall"] = Box((x / 2, y, z / 2), (x, 0.0, z), 2)
    boxes["east_wall"] = Box((x, y / 2, z / 2), (y, 0.0, z), 3)
    boxes["west_wall"] = Box((0.0, y / 2, z / 2), (y, 0.0, z), 1)
    boxes["middle of the room"] = Box((x / 2, y / 2, 0.0), (x, y, 0.0))
    boxes["ceiling"] = Box((x / 2, y / 2, z), (x, y, 0.0))
    return boxes


def turned(box: Box) -> tuple[float, float, float]:
    """Return the extents along x, y and z."""
    length, width, height = box.size
    return (width, length, height) if box.bearing % 2 else (length, width, height)


def is_thin(box: Box) -> bool:
    """Return whether the check leaves the box out of collisions."""
    return min(box.size) > 0 and max(box.size) / min(box.size) >= 40


def collide(a: Box, b: Box) -> bool:
    """Return whether two boxes overlap by more than the check's tolerance on each axis."""
    for pa, pb, sa, sb in zip(a.center, b.center, turned(a), turned(b), strict=True):
        min_a, max_a, min_b, max_b = pa - sa / 2, pa + sa / 2, pb - sb / 2, pb + sb / 2
        if not (min_a < max_b and max_a > min_b and abs(min_a - max_b) > NEAR and abs(max_a - min_b) > NEAR):
            return False
    return True


def is_met(relation: Relation, boxes: dict[str, Box], limits: Limits) -> bool:
    """Return whether the subject's centre lies in the relation's region."""
    subject, target = boxes[relation.subject], boxes[relation.target]
    extent = turned(subject)
    if relation.preposition == "on":
        region = on_wall(relation.target, extent, target)
    else:
        region = beside(relation, extent, target, limits)
    for i in range(2):
        low, high = sorted(region[i])
        high = max(extent[i] / 2, min(high, limits[i] - extent[i] / 2))
        region[i] = (max(low, extent[i] / 2), high)
    region[2] = (extent[2] / 2, extent[2] / 2)
    return all(low <= value <= high for value, (low, high) in zip(subject.center, region, strict=True))


def on_wall(name: str, extent: tuple[float, float, float], target: Box) -> list[tuple[float, float]]:
    """Return where the centre of something on a wall may be."""
    along, across = (1, 0) if name in ("east_wall", "west_wall") else (0, 1)
    inward = 1 if name in ("south_wall", "west_wall") else -1
    region = [(0.0, 0.0)] * 3
    half = (target.size[0] - extent[along]) / 2
    region[along] = (target.center[along] - half, target.center[along] + half)
    flush = target.center[across] + inward * extent[across] / 2
    region[across] = (flush, flush)
    return region


def beside(
    relation: Relation, extent: tuple[float, float, float], target: Box, limits: Limits
) -> list[tuple[float, float]]:
    """Return where the centre of something at one side of another object may be."""
    direction = (SIDES.index(relation.preposition) + target.bearing) % 4
    along, across = (1, 0) if direction % 2 == 0 else (0, 1)
    is_sideways = relation.preposition in ("left of", "right of")
    depth, lateral = target.size[:2] if is_sideways else target.size[1::-1]
    reach = depth / 2 + extent[along] / 2
    region = [(0.0, 0.0)] * 3
    if direction in (0, 1):
        touching = target.center[along] + reach
        region[along] = (touching, touching if relation.is_adjacent else limits[along] - extent[along] / 2)
    else:
        touching = target.center[along] - reach
        region[along] = (touching if relation.is_adjacent else extent[along] / 2, touching)
    inset = extent[across] / 2 if relation.is_adjacent else -0.5
    low = target.center[across] - lateral / 2 + inset
    region[across] = (low, target.center[across] + lateral / 2 - inset)
    return region
