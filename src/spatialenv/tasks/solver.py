"""A solver: search over places where objects touch walls and each other, with a bounded budget."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.relations import Region, feasible_regions
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import layout_status
from spatialenv.tasks.packing import Box, extents, flush_places

_RESTARTS = 60
_NODES = 120
"""Objects placed in one attempt, taken back ones included, before it is given up."""
_CHOICES = 8
"""Places tried for an object before the one placed earlier is moved."""
_RANDOM_PLACES = 12

Bounds = tuple[float, float, float, float, float, float]


def solve(scene: Scene, seed: int = 0) -> Layout | None:
    """Return a clean layout of `scene`, or None when none was found within the budget.

    Objects whose place is bound by relations, and those that others refer to, come first, then the
    largest. Each tries places that meet its relations, flush with walls and placed objects before
    random ones; when none is free the search goes back an object. The same scene and seed give the
    same layout. It does not use the witness, and keeps the scene's own yaws.

    Args:
        scene: What to furnish.
        seed: Seed of the order in which places are tried.

    Example:
        >>> from spatialenv.core.room import Room
        >>> sofa = SceneObject(id="sofa_1", category="sofa", size=(2.0, 1.0, 0.8))
        >>> solve(Scene(room=Room.rectangle(2, 1, 3), objects=(sofa,)))["sofa_1"]
        Pose(x=1.0, y=0.5, z=0.4, yaw=None)
    """
    for attempt in range(_RESTARTS):
        search = _Search(scene, random.Random(seed * _RESTARTS + attempt), is_greedy=attempt == 0)
        if search.run(0):
            return search.layout()
    return None


class _Search:
    """One attempt: a depth-first search over the objects in a fixed order."""

    def __init__(self, scene: Scene, rng: random.Random, is_greedy: bool) -> None:
        self.scene = scene
        self.rng = rng
        self.is_greedy = is_greedy
        self.order = _order(scene, rng, is_greedy)
        self.boxes: dict[str, Box] = {}
        self.nodes = 0

    def layout(self) -> Layout:
        return Layout(
            tuple(
                (i, Pose(self.boxes[i].x, self.boxes[i].y, self.boxes[i].z)) for i in self.scene.ids if i in self.boxes
            )
        )

    def run(self, depth: int) -> bool:
        """Place the objects from `depth` on; False when the attempt failed."""
        if depth == len(self.order):
            return layout_status(self.scene.place(self.layout()), is_complete=True).clean
        item = self.order[depth]
        others = [] if item.lies_flat else [box for i, box in self.boxes.items() if not self.scene.object(i).lies_flat]
        free = (
            box for box in self._places(item, others) if box.is_inside(self.scene.room) and not box.overlaps_any(others)
        )
        for box in itertools.islice(free, _CHOICES):
            self.nodes += 1
            if self.nodes > _NODES:
                return False
            self.boxes[item.id] = box
            if self.run(depth + 1):
                return True
            del self.boxes[item.id]
        return False

    def _places(self, item: SceneObject, others: Sequence[Box]) -> Iterator[Box]:
        x, y = extents(item.size, self.scene.default_yaw(item.id))
        height = item.size[2]
        box = Box(x / 2, y / 2, height / 2, x / 2, y / 2, height / 2)
        for bounds in self._bounds(item, box):
            yield from self._within(box, bounds, others)

    def _bounds(self, item: SceneObject, box: Box) -> list[Bounds]:
        """Return where the centre may be: the overlaps of one region of each relation."""
        room = self.scene.room
        whole = (
            box.half_x, room.length - box.half_x,
            box.half_y, room.width - box.half_y,
            box.half_z, box.half_z,
        )  # fmt: skip
        if not item.relations:
            return [whole]
        placed = self.scene.place(self.layout())
        regions = [
            [_bounds_of(region) for region in feasible_regions(placed, relation) if region.is_reachable]
            for relation in item.relations
        ]
        found = []
        for choice in itertools.product(*regions):
            common = choice[0]
            for bounds in choice[1:]:
                common = _overlap(common, bounds)
            if all(common[k] <= common[k + 1] for k in (0, 2, 4)):
                found.append(common)
        self.rng.shuffle(found)
        return found

    def _within(self, box: Box, bounds: Bounds, others: Sequence[Box]) -> Iterator[Box]:
        """Yield places within `bounds`: flush ones first, then random ones."""
        rng = self.rng
        x0, x1, y0, y1, z0, z1 = bounds
        heights = [z0] if z1 - z0 < 1e-6 else [z0 + 0.6 * (z1 - z0), z1, z0]
        for z in heights:
            at_height = box._replace(z=z)
            flush = [
                (x, y)
                for x, y in flush_places(at_height, self.scene.room, others)
                if x0 - 1e-9 <= x <= x1 + 1e-9 and y0 - 1e-9 <= y <= y1 + 1e-9
            ]
            if (x1 - x0) * (y1 - y0) < 1e-9:
                xs, ys = {x0, x1}, {y0, y1}
                for other in others:
                    reach_x, reach_y = other.half_x + box.half_x, other.half_y + box.half_y
                    xs |= {min(max(other.x + reach, x0), x1) for reach in (-reach_x, reach_x)}
                    ys |= {min(max(other.y + reach, y0), y1) for reach in (-reach_y, reach_y)}
                flush += [(x, y) for y in sorted(ys) for x in sorted(xs)]
            if not self.is_greedy:
                rng.shuffle(flush)
            for x, y in flush:
                yield at_height.moved(x, y)
        for _ in range(_RANDOM_PLACES):
            z = heights[int(rng.random() * len(heights))]
            yield box._replace(x=x0 + rng.random() * (x1 - x0), y=y0 + rng.random() * (y1 - y0), z=z)


def _order(scene: Scene, rng: random.Random, is_greedy: bool) -> list[SceneObject]:
    """Return the objects, targets before what refers to them, bound ones and large ones first."""
    targets = {relation.target for relation in scene.relations}
    weights = {}
    for item in scene.objects:
        area = item.size[0] * item.size[1] * (1.0 if is_greedy else 0.5 + rng.random())
        weights[item.id] = (not item.relations and item.id not in targets, -area)
    waiting = sorted(scene.objects, key=lambda item: weights[item.id])
    order: list[SceneObject] = []
    while waiting:
        known = {item.id for item in order}
        ready = [item for item in waiting if _needs(item, scene) <= known]
        # A circle of relations has no first object; begin anywhere.
        chosen = ready[0] if ready else waiting[0]
        order.append(chosen)
        waiting.remove(chosen)
    return order


def _needs(item: SceneObject, scene: Scene) -> set[str]:
    return {relation.target for relation in item.relations if relation.target in scene.ids}


def _bounds_of(region: Region) -> Bounds:
    (x0, y0, z0), (x1, y1, z1) = region.low, region.high
    return x0, x1, y0, y1, z0, z1


def _overlap(a: Bounds, b: Bounds) -> Bounds:
    """Return the common part; where it is empty by less than a millimetre, the point between."""
    parts: list[float] = []
    for k in (0, 2, 4):
        low, high = max(a[k], b[k]), min(a[k + 1], b[k + 1])
        if high < low < high + 1e-3:
            low = high = (low + high) / 2
        parts += [low, high]
    x0, x1, y0, y1, z0, z1 = parts
    return x0, x1, y0, y1, z0, z1
