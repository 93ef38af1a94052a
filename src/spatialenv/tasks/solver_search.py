"""Depth-first search that jumps back to what is in the way, and counts what was hard to place."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.relations import TOLERANCE
from spatialenv.core.scene import ARRANGEMENTS
from spatialenv.tasks import solver_arrangement
from spatialenv.tasks.solver_model import Model, State
from spatialenv.tasks.solver_places import Places, find_places, looks_at

CHOICES = 8
"""Places tried for an object before the search jumps back."""

Check = Callable[[State], bool]


class BudgetError(Exception):
    """The attempt has placed as many objects as it may."""


class Search:
    """One attempt: objects in an order, each at a place free of those before it.

    Where an object has no place left, the search goes back to the latest object that is to blame: one that stood in
    the way of some place, or that its places depend on.

    Args:
        model: The scene.
        order: The objects to place.
        rng: Decides ties and random places.
        style: ``"south"``: places are tried from south to north; ``"snug"``: those that touch most first;
            ``"any"``: in any order.
        budget: Objects placed, taken back ones included, before the attempt ends.
        is_sound: Whether a complete state is what is looked for.

    Attributes:
        state: What stands.
        best: The state in which most objects stood.
        failures: How often each object found no place.
        is_hopeless: Whether an object of a given yaw has no place though nothing movable is to blame.
    """

    def __init__(
        self, model: Model, order: list[int], rng: random.Random, style: str, budget: int, is_sound: Check
    ) -> None:
        self.model = model
        self.order = order
        self.rng = rng
        self.style = style
        self.budget = budget
        self.is_sound = is_sound
        self.state = State(model)
        self.best = self.state.copy()
        self.failures = [0] * model.count
        self.is_hopeless = False

    def run(self) -> bool:
        """Search; True when `state` is complete and sound."""
        try:
            return self._place(0) is None
        except BudgetError:
            return False

    def _place(self, depth: int) -> set[int] | None:
        """Place the objects from `depth` on: None when all stand, else the earlier ones to blame."""
        state, model = self.state, self.model
        if depth == len(self.order):
            return None if self.is_sound(state) else set(self.order)
        i = self.order[depth]
        places = find_places(state, i, self.rng)
        blame = {k for k in model.needs[i] if state.stands[k]} | set(state.watchers(i)) | self._culprits(places, depth)
        if not places.is_free.any() and len(model.yaws[i]) > 1 and model.must_face(i) is not None:
            places = find_places(state, i, self.rng, turned=True)
            blame |= self._culprits(places, depth)
        is_placed = False
        for row, yaw in self._chosen(i, places):
            opposed = opposing(state, i, row, yaw)
            if opposed:
                blame |= opposed
                continue
            self.budget -= 1
            if self.budget < 0:
                raise BudgetError
            is_placed = True
            state.put(i, row, yaw)
            if state.stands.sum() > self.best.stands.sum():
                self.best = state.copy()
            deeper = self._place(depth + 1)
            if deeper is None:
                return None
            state.stands[i] = False
            if i not in deeper:
                return deeper
            blame |= deeper - {i}
        self.failures[i] += 1
        blame -= set(model.stays)
        self.is_hopeless = not is_placed and not blame and len(model.yaws[i]) == 1
        return blame

    def _culprits(self, places: Places, depth: int) -> set[int]:
        """Return, of what is in the way of each place, the earliest."""
        if not places.others or not len(places.rows):
            return set()
        rank = {k: n for n, k in enumerate(self.order[:depth])}
        by_rank = sorted(range(len(places.others)), key=lambda n: rank.get(places.others[n], -1))
        blocked = places.blocked[:, by_rank]
        first = blocked.argmax(axis=1)[blocked.any(axis=1) & ~places.closed]
        return {places.others[by_rank[n]] for n in np.unique(first).tolist()}

    def _chosen(self, i: int, places: Places) -> Iterator[tuple[FloatArray, float]]:
        state, model = self.state, self.model
        if i in model.starts and i not in model.stays:
            kept = start_place(state, i)
            if kept is not None:
                yield kept
        free = np.flatnonzero(places.is_free)
        rows = places.rows[free]
        if self.style == "south":
            order = np.lexsort((rows[:, 0], rows[:, 1]))
        else:
            order = np.array(self.rng.sample(range(len(free)), len(free)), dtype=np.int64)
        if self.style == "snug" and len(free):
            order = order[np.argsort(-snugness(state, i, rows[order]), kind="stable")]
        seen = set()
        for k in order.tolist():
            key = tuple(np.rint(rows[k] * 1e6).tolist())
            if key in seen:
                continue
            seen.add(key)
            yield rows[k], float(places.yaws[free[k]])
            if len(seen) == CHOICES:
                return


def snugness(state: State, i: int, rows: FloatArray) -> FloatArray:
    """Return how many walls and objects each place touches, shape ``(k,)``."""
    from spatialenv.tasks import solver_kernels

    model = state.model
    boxes = state.rows[state.obstacles(i)]
    touched: FloatArray = solver_kernels.contacts(rows, boxes)
    for wall in model.scene.room.wall_lines:
        (nx, ny), (x, y) = wall.inward, wall.start
        along = np.abs(nx * rows[:, 6] + ny * rows[:, 7]) * rows[:, 3] / 2
        across = np.abs(ny * rows[:, 6] - nx * rows[:, 7]) * rows[:, 4] / 2
        gap = nx * (rows[:, 0] - x) + ny * (rows[:, 1] - y) - along - across
        touched = touched + (np.abs(gap) < 1e-6)
    return touched


def start_place(state: State, i: int) -> tuple[FloatArray, float] | None:
    """Return the place of object `i` at the start when it is free, meets its relations and looks the right way."""
    from spatialenv.tasks import solver_kernels

    model = state.model
    pose = model.starts[i]
    yaw = model.start_yaw(i, pose)
    if not model.is_free or model.scene.objects[i].yaw is not None:
        yaw = model.scene.default_yaw(model.scene.ids[i])
    row = model.row(i, pose.x, pose.y, pose.z, yaw)
    obstacles = state.rows[state.obstacles(i)]
    if not model.flat[i]:
        obstacles = np.concatenate((obstacles, model.zones))
    inside = solver_kernels.fits(row[None], model.floor, model.scene.room.height)[0]
    if not inside or solver_kernels.blockers(row[None], obstacles).any():
        return None
    return (row, yaw) if meets(state, i, row, yaw) else None


def meets(state: State, i: int, row: FloatArray, yaw: float, target: int | None = None) -> bool:
    """Return whether object `i` at a row meets its relations (or those to `target`) and looks where it must."""
    model, item = state.model, state.model.scene.objects[i]
    point = (float(row[0]), float(row[1]), float(row[2]))
    for relation in item.relations:
        j = model.index.get(relation.target)
        if target is not None and j != target:
            continue
        if j is not None and not state.stands[j]:
            continue
        if relation.preposition in ARRANGEMENTS and relation.preposition != "against wall":
            continue
        at = (None, 0.0) if j is None else (state.rows[j], state.yaws[j])
        regions = model.regions(i, relation, yaw, *at)
        if not any(np.linalg.norm(np.subtract(region.nearest(point), point)) <= TOLERANCE for region in regions):
            return False
    if not looks_at(state, i, yaw, row[None, :2])[0]:
        return False
    if solver_arrangement.checked(model, i) and not solver_arrangement.holds(state, i, yaw, row[None, :2], target)[0]:
        return False
    if item.on_floor and not any(r.preposition == "on" for r in item.relations):
        return abs(float(row[2]) - float(row[5]) / 2) <= TOLERANCE
    return True


def opposing(state: State, i: int, row: FloatArray, yaw: float) -> set[int]:
    """Return the standing objects that would no longer meet their relations to object `i`, put at a row."""
    users = [k for k in state.model.users[i] if state.stands[k]]
    if not users:
        return set()
    old = state.rows[i].copy(), state.yaws[i], bool(state.stands[i])
    state.put(i, row, yaw)
    opposed = {k for k in users if not meets(state, k, state.rows[k], state.yaws[k], target=i)}
    state.rows[i], state.yaws[i], state.stands[i] = old
    return opposed


def order_of(model: Model, weights: list[float]) -> list[int]:
    """Return the objects in the order of falling weights, each after what it needs."""
    waiting = sorted((i for i in range(model.count) if i not in model.stays), key=lambda i: -weights[i])
    known, order = set(model.stays), []
    while waiting:
        # A circle of needs has no first object; begin with the heaviest.
        chosen = next((i for i in waiting if model.needs[i] <= known), waiting[0])
        order.append(chosen)
        known.add(chosen)
        waiting.remove(chosen)
    return order
