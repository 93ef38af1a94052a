"""Arrangements against a slow oracle of shapely shapes, on 2,000 random scenes: within 1e-9 m and 1e-9 rad.

The oracle shares no code with the implementation: footprints are polygons turned by shapely, a wall is the segment
between two corners of the floor, rays are long segments, mirror images are affine maps.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from shapely import LineString, Point, Polygon, affinity, box

from spatialenv.core.placed import PlacedScene
from spatialenv.core.relations import relation_batch
from spatialenv.core.room import Room
from spatialenv.core.scene import ARRANGEMENTS, Relation, Scene, SceneObject, takes_target

CASES = 2000
METRES = RADIANS = 1e-9
LONG = 1e3

Shape = Polygon | LineString | Point


def random_room(rng: np.random.Generator) -> Room:
    """A rectangle with none, some or all of its corners cut off."""
    length, width = (round(float(v), 2) for v in rng.uniform(3, 8, 2))
    if rng.random() < 0.4:
        return Room.rectangle(length, width, 2.6)
    corners: list[tuple[float, float]] = []
    for index, (x, y) in enumerate(((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))):
        inner_x = x + rng.uniform(0.2, 1.2) * (1 if x == 0 else -1)
        inner_y = y + rng.uniform(0.2, 1.2) * (1 if y == 0 else -1)
        ends = [(x, inner_y), (inner_x, y)]
        if index % 2:
            ends.reverse()
        kind = rng.integers(3)
        corners += [(x, y)] if kind == 0 else [ends[0], *([(inner_x, inner_y)] if kind == 2 else []), ends[1]]
    return Room.polygon(corners, 2.6)


def random_yaw(rng: np.random.Generator) -> float:
    return float(rng.integers(-4, 5) * math.pi / 2 if rng.random() < 0.4 else rng.uniform(-7, 7))


def random_scene(rng: np.random.Generator) -> PlacedScene:
    room = random_room(rng)
    n = int(rng.integers(2, 8))
    ids = [f"box_{i}" for i in range(n)]
    shared = str(rng.choice(ids))  # a target that several share, so that there are rings and pairs
    objects, poses = [], {}
    for object_id in ids:
        relations = []
        for _ in range(int(rng.integers(0, 3))):
            preposition = str(rng.choice(ARRANGEMENTS))
            target = shared if rng.random() < 0.4 else str(rng.choice([*ids, *room.elements]))
            known = {(r.preposition, r.target) for r in relations}
            if target != object_id and takes_target(preposition, target) and (preposition, target) not in known:
                relations.append(Relation(object_id, preposition, target))
        size = tuple(float(v) for v in rng.uniform(0.2, 2, 3))
        category = str(rng.choice(["chair", "lamp"]))
        objects.append(SceneObject(object_id, category, size, yaw=random_yaw(rng), relations=tuple(relations)))
        if rng.random() < 0.95:
            x, y = rng.uniform(-0.5, room.length + 0.5), rng.uniform(-0.5, room.width + 0.5)
            poses[object_id] = (float(x), float(y), size[2] / 2)
    return Scene(room, tuple(objects)).place(poses)


def moved(shape: Shape, x: float, y: float, yaw: float) -> Shape:
    return affinity.translate(affinity.rotate(shape, yaw, origin=(0, 0), use_radians=True), x, y)


class Oracle:
    """A placed scene as shapes."""

    def __init__(self, placed: PlacedScene) -> None:
        self.placed = placed
        self.room = placed.room
        self.poses = {
            object_id: (float(c[0]), float(c[1]), float(yaw))
            for object_id, c, yaw in zip(placed.ids, placed.centers, placed.yaws, strict=True)
        }
        self.sizes = {item.id: item.size for item in placed.scene.objects}

    def shape(self, name: str) -> Shape:
        if name in self.poses:
            length, width, _ = self.sizes[name]
            return moved(box(-length / 2, -width / 2, length / 2, width / 2), *self.poses[name])
        if name == "middle of the room":
            x0, y0, x1, y1 = Polygon(self.room.floor).bounds
            return Point((x0 + x1) / 2, (y0 + y1) / 2)
        k = self.room.walls.index(name)
        return LineString([self.room.floor[k], self.room.floor[(k + 1) % len(self.room.floor)]])

    def frame(self, name: str) -> tuple[float, float, float]:
        """Where a target's centre is, and the yaw of its axes."""
        if name in self.poses:
            return self.poses[name]
        shape = self.shape(name)
        if isinstance(shape, Point):
            return shape.x, shape.y, 0.0
        (x0, y0), (x1, y1) = shape.coords
        return (x0 + x1) / 2, (y0 + y1) / 2, math.atan2(y1 - y0, x1 - x0)

    def front(self, name: str, length: float = LONG) -> LineString:
        return moved(LineString([(0, 0), (0, length)]), *self.poses[name])

    def axis(self, name: str, *, sideways: bool = False) -> LineString:
        line = LineString([(-LONG, 0), (LONG, 0)] if sideways else [(0, -LONG), (0, LONG)])
        return moved(line, *self.frame(name))


def between(first: LineString, second: LineString) -> float:
    """The signed angle from one direction to another."""
    (ax, ay), (bx, by) = (np.subtract(line.coords[1], line.coords[0]) for line in (first, second))
    return math.atan2(ax * by - ay * bx, ax * bx + ay * by)


def missing_distance(oracle: Oracle, relation: Relation) -> float:
    subject, target = relation.subject, relation.target
    own, other = oracle.shape(subject), oracle.shape(target)
    center = Point(oracle.poses[subject][:2])
    if relation.preposition == "near":
        return max(0.0, own.distance(other) - 1.0)
    if relation.preposition == "far":
        return max(0.0, 1.5 - own.distance(other))
    if relation.preposition == "aligned" and not isinstance(other, LineString):
        return min(center.distance(oracle.axis(target)), center.distance(oracle.axis(target, sideways=True)))
    if relation.preposition == "centred":
        return center.distance(other if isinstance(other, Point) else oracle.axis(target))
    return 0.0


def check_facing(oracle: Oracle, relation: Relation, turn: float) -> None:
    """The ray meets the target after the turn, and after no smaller one either way."""
    own, other = oracle.shape(relation.subject), oracle.shape(relation.target)
    x, y, yaw = oracle.poses[relation.subject]
    if isinstance(other, LineString):
        _, _, along = oracle.frame(relation.target)
        wanted = moved(LineString([(0, 0), (0, -1)]), 0, 0, along)
        off = between(oracle.front(relation.subject), wanted)
        assert abs(abs(off) - abs(turn)) <= RADIANS
        assert abs(math.remainder(off - turn, math.tau)) <= RADIANS
        return

    def meets(by: float) -> bool:
        ray = moved(LineString([(0, 0), (0, LONG)]), x, y, yaw + by)
        return bool(ray.distance(other) <= 1e-7)

    assert own.is_valid
    assert meets(turn + math.copysign(1e-6 if not isinstance(other, Point) else 0.0, turn))
    for share in np.linspace(-0.999, 0.999, 8) if abs(turn) > 1e-3 else ():
        assert not meets(float(share) * turn)


def ring_arcs(oracle: Oracle, members: list[Relation]) -> dict[str, float]:
    """Metres along the arc that each member of a ring is missing."""
    x, y, yaw = oracle.frame(members[0].target)
    seen = {}
    for relation in members:
        px, py, _ = oracle.poses[relation.subject]
        seen[relation.subject] = complex(px - x, py - y) * np.exp(-1j * yaw)
    order = sorted(seen, key=lambda name: (np.angle(seen[name]), abs(seen[name])))
    n = len(order)
    steps = np.array([np.angle(seen[name]) - 2 * math.pi * k / n for k, name in enumerate(order)])
    (start,) = np.linalg.lstsq(np.ones((n, 1)), steps, rcond=None)[0]
    arcs = {}
    for name, step in zip(order, steps, strict=True):
        beyond = max(0.0, abs(step - start) - 2 * math.pi / n / 4)
        arcs[name] = beyond * max(abs(seen[name]), 0.5)
    return arcs


def partners(oracle: Oracle, members: list[Relation]) -> dict[str, str]:
    names = [relation.subject for relation in members]
    pairs = sorted(
        (mirrored(oracle, members[0].target, a).distance(Point(oracle.poses[b][:2])), a, b)
        for k, a in enumerate(names)
        for b in names[k + 1 :]
    )
    found: dict[str, str] = {}
    for _, a, b in pairs:
        if a not in found and b not in found:
            found[a], found[b] = b, a
    return found


def mirrored(oracle: Oracle, target: str, name: str, shape: Shape | None = None) -> Shape:
    """A point, or the shape, of an object mirrored over the front-back axis of a target."""
    x, y, yaw = oracle.frame(target)
    c, s = math.cos(2 * yaw + math.pi), math.sin(2 * yaw + math.pi)
    given = Point(oracle.poses[name][:2]) if shape is None else shape
    # over a line through the origin at the angle a: (cos 2a, sin 2a; sin 2a, -cos 2a); the axis is at yaw + 90 degrees
    about = affinity.translate(given, -x, -y)
    return affinity.translate(affinity.affine_transform(about, (c, s, s, -c, 0, 0)), x, y)


def test_2000_scenes_agree_with_the_oracle() -> None:
    rng = np.random.default_rng(4)
    scenes = [random_scene(rng) for _ in range(CASES)]
    batch = relation_batch(scenes)
    at, seen = 0, dict.fromkeys(ARRANGEMENTS, 0)
    for placed in scenes:
        oracle = Oracle(placed)
        relations = placed.scene.relations
        states = {relation: at + k for k, relation in enumerate(relations)}
        at += len(relations)
        known = [r for r in relations if r.subject in oracle.poses and not (
            r.target in placed.scene.ids and r.target not in oracle.poses)]  # fmt: skip
        for relation in relations:
            if relation not in known:
                assert batch.distances[states[relation]] == math.inf
                assert batch.scores[states[relation]] == 0.0
        for relation in known:
            k = states[relation]
            distance, turn, score = batch.distances[k], batch.turns[k], batch.scores[k]
            seen[relation.preposition] += 1
            x, y, yaw = oracle.poses[relation.subject]
            _, _, target_yaw = oracle.frame(relation.target)
            wanted_turn: float | None = None
            period = math.tau
            if relation.preposition == "face to":
                check_facing(oracle, relation, float(turn))
                wanted_turn = float(turn)
                wanted = 0.0
            elif relation.preposition == "around":
                members = [r for r in known if (r.preposition, r.target) == ("around", relation.target)]
                apart = max(0.0, oracle.shape(relation.subject).distance(oracle.shape(relation.target)) - 1.0)
                wanted = math.hypot(apart, ring_arcs(oracle, members)[relation.subject])
            elif relation.preposition == "symmetric":
                kind = placed.scene.object(relation.subject).category
                members = [
                    r for r in known if (r.preposition, r.target) == ("symmetric", relation.target)
                    and placed.scene.object(r.subject).category == kind
                ]  # fmt: skip
                partner = partners(oracle, members).get(relation.subject, relation.subject)
                image = mirrored(oracle, relation.target, partner)
                wanted = image.distance(Point(x, y)) / (2 if partner == relation.subject else 1)
                front = mirrored(oracle, relation.target, partner, oracle.front(partner, 1.0))
                wanted_turn = between(oracle.front(relation.subject), front)
                if partner == relation.subject:  # at right angles to the axis either way is right
                    wanted_turn, period = wanted_turn / 2, math.pi
            elif relation.preposition == "against wall":
                wanted_turn = between(
                    oracle.front(relation.subject), moved(LineString([(0, 0), (0, 1)]), 0, 0, target_yaw)
                )
                wanted = float(distance)
                if placed.room.is_rectangle:
                    wanted = _beside_wall(oracle, relation)
            else:
                wanted = missing_distance(oracle, relation)
                if relation.preposition == "aligned":
                    wanted_turn = min(
                        (math.remainder(target_yaw - yaw + q * math.pi / 2, math.tau) for q in range(4)), key=abs
                    )
            assert distance == pytest.approx(wanted, abs=METRES), relation
            if wanted_turn is None:
                assert math.isnan(turn)
            elif relation.preposition == "aligned":  # at 45 degrees either way is right
                assert abs(turn) == pytest.approx(abs(wanted_turn), abs=RADIANS)
                assert abs(math.sin(4 * (turn - wanted_turn))) <= 4 * RADIANS
            else:
                assert abs(math.remainder(turn - wanted_turn, period)) <= RADIANS, relation
            degrees = 0.0 if wanted_turn is None else abs(math.degrees(wanted_turn))
            near = 1 - min(max(wanted - 0.01, 0) / 0.99, 1)
            assert score == pytest.approx(near * (1 - min(max(degrees - 5, 0) / 85, 1)), abs=1e-7), relation
    assert min(seen.values()) > 200, seen


def _beside_wall(oracle: Oracle, relation: Relation) -> float:
    """How far a box on the floor of a rectangle is from touching the wall between its ends."""
    x, y, yaw = oracle.poses[relation.subject]
    length, width, _ = oracle.sizes[relation.subject]
    west, south, east, north = moved(box(-length / 2, -width / 2, length / 2, width / 2), 0, 0, yaw).bounds
    inner = (-west, oracle.room.length - east, -south, oracle.room.width - north)
    if inner[0] > inner[1]:
        inner = (oracle.room.length / 2, oracle.room.length / 2, *inner[2:])
    if inner[2] > inner[3]:
        inner = (*inner[:2], oracle.room.width / 2, oracle.room.width / 2)
    x0, x1, y0, y1 = inner
    ends = {
        "south_wall": [(x0, y0), (x1, y0)],
        "north_wall": [(x0, y1), (x1, y1)],
        "west_wall": [(x0, y0), (x0, y1)],
        "east_wall": [(x1, y0), (x1, y1)],
    }[relation.target]
    return float(LineString(ends).distance(Point(x, y)))
