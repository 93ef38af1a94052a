"""The parts of `physics` over packed scenes, against shapely and against plain Python written from the documentation.

Collision and boundary come from shapely's polygons; support and constraint are worked out slowly from the words of
`spatialenv.core.support` and `spatialenv.core.relations`. 2,000 layouts each, in rooms of all shapes: within
1e-9, support within 1e-7, because the 1 cm that it tolerates is given 1e-8 m for rounding.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import shapely
from shapely import affinity

from spatialenv.core.packed import PhysicsArrays, pack
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import WALLS, Room
from spatialenv.core.scene import REGION_PREPOSITIONS, Relation, Scene, SceneObject

TOLERANCE = 1e-9
SUPPORT_TOLERANCE = 1e-7
Box = tuple[float, ...]  # x, y, z, length, width, height, yaw
Interval = tuple[float, float]


@pytest.fixture(scope="module")
def layouts(random_layouts: list[PlacedScene]) -> list[PlacedScene]:
    """The layouts, with relations: most objects have one or two, and things hang on walls and ceilings."""
    rng = np.random.default_rng(77)
    found = []
    for one in random_layouts:
        objects = []
        targets = [*one.room.walls, "middle of the room", "ceiling"]
        for item in one.scene.objects:
            others = [other.id for other in one.scene.objects if other.id != item.id]
            relations = tuple(
                Relation(
                    item.id,
                    str(rng.choice(REGION_PREPOSITIONS)),
                    str(rng.choice(others if others and rng.random() < 0.5 else targets)),
                    bool(rng.random() < 0.5),
                )
                for _ in range(int(rng.integers(0, 3)))
            )
            objects.append(
                SceneObject(item.id, "box", item.size, relations=relations, on_floor=item.on_floor, is_rug=item.is_rug)
            )
        kept = [(name, pose) for name, pose in one.layout.poses if rng.random() < 0.95]
        found.append(Scene(one.room, tuple(objects)).place(dict(kept)))
    return found


@pytest.fixture(scope="module")
def found(layouts: list[PlacedScene]) -> PhysicsArrays:
    packed = pack([one.scene for one in layouts])
    shape = packed.mask.shape
    centers, yaws, mask = np.zeros((*shape, 3)), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for row, one in enumerate(layouts):
        for i, item in enumerate(one.scene.objects):
            if item.id in one.layout:
                pose = one.layout[item.id]
                centers[row, i], yaws[row, i], mask[row, i] = (pose.x, pose.y, pose.z), pose.yaw, True
    return packed.measure(centers, yaws, mask)


def boxes_of(one: PlacedScene) -> dict[str, Box]:
    sizes = {item.id: item.size for item in one.scene.objects}
    return {name: (pose.x, pose.y, pose.z, *sizes[name], float(pose.yaw or 0.0)) for name, pose in one.layout.poses}


def polygon(box: Box) -> shapely.Polygon:
    flat = shapely.box(-box[3] / 2, -box[4] / 2, box[3] / 2, box[4] / 2)
    turned = affinity.rotate(flat, box[6], origin=(0, 0), use_radians=True)
    return affinity.translate(turned, box[0], box[1])


def bottom(box: Box) -> float:
    return box[2] - box[5] / 2


def top(box: Box) -> float:
    return box[2] + box[5] / 2


def lies_flat(item: SceneObject) -> bool:
    return item.is_rug and item.size[2] <= 0.03


def check(
    layouts: list[PlacedScene], values: np.ndarray, expected: list[dict[str, float]], tolerance: float = TOLERANCE
) -> None:
    assert len(layouts) == 2000
    for row, (one, wanted) in enumerate(zip(layouts, expected, strict=True)):
        for i, name in enumerate(one.scene.ids):
            if name in wanted:
                assert abs(values[row, i] - wanted[name]) <= tolerance, (row, name, values[row, i], wanted[name])


def test_collision_agrees_with_shapely(layouts: list[PlacedScene], found: PhysicsArrays) -> None:
    expected = []
    for one in layouts:
        solid = {item.id for item in one.scene.objects if not lies_flat(item)}
        boxes = boxes_of(one)
        shapes = {name: polygon(box) for name, box in boxes.items()}
        wanted = {}
        for a, box in boxes.items():
            shared = 0.0
            for b, other in boxes.items():
                tall = min(top(box), top(other)) - max(bottom(box), bottom(other))
                if a != b and {a, b} <= solid and tall > 0:
                    shared += shapes[a].intersection(shapes[b]).area * tall
            wanted[a] = 1.0 - min(1.0, shared / math.prod(box[3:6]))
        expected.append(wanted)
    check(layouts, found.collision, expected)


def test_boundary_agrees_with_shapely(layouts: list[PlacedScene], found: PhysicsArrays) -> None:
    expected = []
    for one in layouts:
        floor = shapely.Polygon(one.room.floor)
        wanted = {}
        for name, box in boxes_of(one).items():
            tall = max(0.0, min(top(box), one.room.height) - max(bottom(box), 0.0))
            wanted[name] = polygon(box).intersection(floor).area * tall / math.prod(box[3:6])
        expected.append(wanted)
    check(layouts, found.boundary, expected)


def fade(value: float, reach: float) -> float:
    """Return 1 up to 1 cm, falling linearly to 0 at `reach`."""
    return min(1.0, max(0.0, 1.0 - (value - 0.01) / (reach - 0.01)))


def held(gap: float, overhang: float = 0.0) -> float:
    return fade(abs(gap), 0.5) * fade(overhang, 0.25)


def must_stand(one: PlacedScene, item: SceneObject) -> bool:
    """Return whether an object must stand on the floor: not where a relation puts it on something that is no rug."""
    solid = {other.id for other in one.scene.objects if not lies_flat(other)}
    return item.on_floor and not any(r.preposition == "on" and r.target in solid for r in item.relations)


def wall_gap(room: Room, wall: str, box: Box) -> tuple[float, float]:
    """Return the gap between a box and a wall, and how far its centre is beyond the wall's ends."""
    walls = list(WALLS) if room.is_rectangle else [f"wall_{i}" for i in range(len(room.floor))]
    i = walls.index(wall)
    (ax, ay), (bx, by) = room.floor[i], room.floor[(i + 1) % len(room.floor)]
    length = math.dist((ax, ay), (bx, by))
    ux, uy = (bx - ax) / length, (by - ay) / length
    corners = shapely.get_coordinates(polygon(box))
    gap = min((x - ax) * -uy + (y - ay) * ux for x, y in corners.tolist())
    along = (box[0] - ax) * ux + (box[1] - ay) * uy
    beyond = max(-along, along - length, 0.0)
    return gap, 0.0 if room.is_rectangle else beyond


def support(one: PlacedScene, item: SceneObject, boxes: dict[str, Box], shapes: dict[str, shapely.Polygon]) -> float:
    box, shape = boxes[item.id], shapes[item.id]
    under = {
        name: shape.intersection(shapes[name])
        for name in boxes
        if name != item.id and shape.intersection(shapes[name]).area > 1e-6
    }
    if must_stand(one, item):
        rugs = [top(boxes[o.id]) for o in one.scene.objects if o.id in under and lies_flat(o)]
        rise = max((height for height in rugs if 0 < height <= 0.05), default=0.0)
        low = bottom(box)
        return held(low if low <= 0 else max(0.0, low - rise))
    scores = [held(bottom(box))]
    for name in under:
        level = [shape for other, shape in under.items() if abs(top(boxes[other]) - top(boxes[name])) <= 0.01]
        hull = shapely.unary_union(level).convex_hull
        scores.append(held(bottom(box) - top(boxes[name]), hull.distance(shapely.Point(box[:2]))))
    for relation in item.relations:
        if relation.preposition != "on":
            continue
        if relation.target == "ceiling":
            scores.append(held(one.room.height - top(box)))
        elif relation.target in one.room.walls:
            scores.append(held(*wall_gap(one.room, relation.target, box)))
    return max(scores)


def test_support_agrees_with_its_documentation(layouts: list[PlacedScene], found: PhysicsArrays) -> None:
    expected = []
    for one in layouts:
        boxes = boxes_of(one)
        shapes = {name: polygon(box) for name, box in boxes.items()}
        expected.append({item.id: support(one, item, boxes, shapes) for item in one.scene.objects if item.id in boxes})
    check(layouts, found.support, expected, SUPPORT_TOLERANCE)
    flat = np.concatenate([list(wanted.values()) for wanted in expected])
    assert np.mean((flat > 0) & (flat < 1)) > 0.1  # not all of it is 0 or 1


def quarter_of(yaw: float) -> int:
    return round(yaw / (math.pi / 2)) % 4


def spans(box: Box, yaw: float | None = None) -> tuple[float, float]:
    """Return the extents along x and y of a box that is turned by its own yaw, or another."""
    shape = polygon((0, 0, 0, *box[3:6], box[6] if yaw is None else yaw))
    west, south, east, north = shape.bounds
    return east - west, north - south


def into(interval: Interval, extent: float, size: float, is_element: bool) -> Interval:
    """Cut an interval of centres to the room; where a target leaves no place inside, it stays as it is."""
    low, high = (extent / 2, size - extent / 2) if extent <= size else (size / 2, size / 2)
    if is_element or (interval[0] <= high + 0.01 and interval[1] >= low - 0.01):
        return tuple(min(max(value, low), high) for value in interval)  # type: ignore[return-value]
    return interval


def around(middle: float, half: float) -> Interval:
    return middle - half, middle + half


def slide(target: float, subject: float) -> float:
    """Return how far the smaller of two lengths slides within the larger; a larger subject keeps its centre over."""
    return (target - subject) / 2 if subject <= target else min(target / 2, (subject - target) / 2)


Element = tuple[tuple[float, float, float], tuple[float, float], float, int]


def element(name: str, x: float, y: float, z: float) -> Element:
    """Return centre, extents along x and y, height and quarter turn of an element of a rectangular room."""
    return {
        "south_wall": ((x / 2, 0.0, z / 2), (x, 0.0), z, 0),
        "north_wall": ((x / 2, y, z / 2), (x, 0.0), z, 2),
        "east_wall": ((x, y / 2, z / 2), (0.0, y), z, 1),
        "west_wall": ((0.0, y / 2, z / 2), (0.0, y), z, 3),
        "middle of the room": ((x / 2, y / 2, 0.0), (x, y), 0.0, 0),
        "ceiling": ((x / 2, y / 2, z), (x, y), 0.0, 0),
    }[name]


def heights(
    relation: Relation, is_element: bool, stands: bool, over_rug: bool, target: Interval, height: float, room: float
) -> Interval:
    """Return the heights that the subject's centre may have."""
    floor, ceiling = height / 2, max(height / 2, room - height / 2)
    on_top = target[1] + height / 2
    kind = relation.preposition
    if kind in ("on", "in the corner"):
        if relation.target == "ceiling":
            return ceiling, ceiling
        if not is_element:
            return (floor if over_rug else on_top), on_top
    if kind == "above":
        low = floor if over_rug else on_top
        if is_element:
            low = min(max(low, floor), ceiling)
        return low, max(low, ceiling)
    if kind == "under":
        return floor, floor if stands else max(floor, min(target[0] - height / 2, ceiling))
    return floor, floor if stands or relation.target == "middle of the room" else ceiling


def regions(
    relation: Relation,
    extent: tuple[float, float],
    target: Element,
    nominal: tuple[float, float],
    limits: tuple[float, float],
    is_element: bool,
) -> list[tuple[Interval, Interval]]:
    """Return the floor of the regions of a relation in a rectangular room: intervals of x and y."""
    center, outer, _, quarter = target
    kind, is_wall = relation.preposition, relation.target in WALLS
    if kind in ("under", "above"):
        pair = [around(center[k], max(nominal[k], extent[k]) / 2) for k in range(2)]
        options = [pair]
    elif kind in ("on", "in the corner"):
        pair = [around(center[k], slide(nominal[k], extent[k])) for k in range(2)]
        if is_wall:
            across = 1 if quarter % 2 == 0 else 0
            inward = 1 if quarter in (0, 3) else -1
            pair[across] = around(center[across] + inward * extent[across] / 2, 0.0)
            options = [pair]
            if kind == "in the corner":
                ends = pair[1 - across]
                options = [[pair[k] if k == across else (end, end) for k in range(2)] for end in ends]
        elif kind == "in the corner":
            options = [[(x, x), (y, y)] for x, y in product(*pair)]
        else:
            options = [pair]
    else:
        turn = (quarter + {"in front": 0, "left of": 1, "behind": 2, "right of": 3}[kind]) % 4
        along = 1 if turn % 2 == 0 else 0
        side = 1 if turn in (0, 3) else -1
        touching = center[along] + side * (outer[along] + extent[along]) / 2
        pair = [(0.0, 0.0), (0.0, 0.0)]
        pair[along] = (touching, touching)
        across = 1 - along
        if relation.is_adjacent:
            pair[across] = around(center[across], abs(outer[across] - extent[across]) / 2)
        else:
            pair[across] = around(center[across], max(outer[across], extent[across]) / 2)
            end = limits[along] - extent[along] / 2 if side > 0 else extent[along] / 2
            if (end - touching) * side > 0:
                pair[along] = (min(touching, end), max(touching, end))
        options = [pair]
    return [(into(x, extent[0], limits[0], is_element), into(y, extent[1], limits[1], is_element)) for x, y in options]


def distance(one: PlacedScene, relation: Relation, boxes: dict[str, Box]) -> float | None:
    """Return how far the subject is from the relation's regions; None for a wall of a floor that is no rectangle."""
    if relation.subject not in boxes or (relation.target not in boxes and relation.target in one.scene.ids):
        return math.inf
    room, items = one.room, {item.id: item for item in one.scene.objects}
    subject, is_element = boxes[relation.subject], relation.target not in boxes
    if relation.target.startswith("wall_"):
        return None
    stands, over_rug = must_stand(one, items[relation.subject]), False
    if is_element:
        target = element(relation.target, room.length, room.width, room.height)
        nominal = target[1]
    else:
        box = boxes[relation.target]
        quarter = quarter_of(box[6])
        target = (box[:3], spans(box), box[5], quarter)  # type: ignore[assignment]
        nominal = (box[4], box[3]) if quarter % 2 else (box[3], box[4])
        over_rug = lies_flat(items[relation.target]) and stands
    levels = around(target[0][2], target[2] / 2)
    z_low, z_high = heights(relation, is_element, stands, over_rug, levels, subject[5], room.height)
    best = math.inf
    for x, y in regions(relation, spans(subject), target, nominal, (room.length, room.width), is_element):
        nearest = [min(max(v, low), high) for v, (low, high) in zip(subject[:3], (x, y, (z_low, z_high)), strict=True)]
        best = min(best, math.dist(nearest, subject[:3]))
    return best


def test_constraint_agrees_with_its_documentation(layouts: list[PlacedScene], found: PhysicsArrays) -> None:
    """All relations but those to walls of other floors, which stand in tests of their own."""
    expected, relations = [], 0
    for one in layouts:
        boxes, wanted = boxes_of(one), {}
        for item in one.scene.objects:
            far = [distance(one, relation, boxes) for relation in item.relations]
            if item.id in boxes and None not in far:
                scores = [min(1.0, max(0.0, 1.0 - (value - 0.01) / 0.99)) for value in far if value is not None]
                wanted[item.id] = sum(scores) / len(scores) if scores else 1.0
                relations += len(scores)
        expected.append(wanted)
    check(layouts, found.constraint, expected)
    assert relations > 5000
