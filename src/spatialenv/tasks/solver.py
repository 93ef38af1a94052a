"""A solver: search over places where objects touch walls and each other, with a bounded budget."""

from __future__ import annotations

import random
from typing import Literal

import numpy as np

from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene
from spatialenv.core.violations import LayoutStatus, find_violations, layout_status
from spatialenv.errors import InputError
from spatialenv.tasks.solver_model import Model, State
from spatialenv.tasks.solver_places import find_places
from spatialenv.tasks.solver_repair import Repair
from spatialenv.tasks.solver_search import Search, order_of

_ROUNDS = 2
_ATTEMPTS = 8
"""Searches in a round, each in another order."""
_NODES = 120
"""Objects placed in one search, taken back ones included, before it is given up."""
_REPAIRS = 300
"""Objects placed in the repair that ends a round."""
_LOOSE_REPAIRS = 200


def solve(
    scene: Scene, seed: int = 0, yaw: Literal["fixed", "free"] = "fixed", searches: int | None = None
) -> Layout | None:
    """Return a layout of `scene`, clean if one is found, else a valid one; None when not even that is found.

    A depth-first search places objects that relations bind, or that others refer to, first, then the largest. Each
    tries places that meet its relations, touch walls or other objects, and leave doors and windows free; when none is
    left, the search goes back to the object that was in the way. Each new search begins with what was hard before.
    Then a local repair goes on from the best of them. What still finds no place gives up its relations (and free
    openings), so that the layout is at least valid. On floors of many walls only some of the places and directions
    along these are tried at a time.

    The budget is counted in objects placed, so the same scene and seed give the same layout on every machine. The
    witness is not used. Fixed objects stay at their start, and others that are sound there are left alone if possible.

    Args:
        scene: What to furnish.
        seed: Seed of the order in which places are tried.
        yaw: ``"fixed"``: objects keep the scene's own yaws. ``"free"``: those without a yaw of their own get one that
            looks at what they face, and the poses state all yaws.
        searches: Gives up after so many searches, and with anything but a clean layout; None: the whole budget.

    Raises:
        InputError: If `yaw` is neither.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> sofa = SceneObject(id="sofa_1", category="sofa", size=(2.0, 1.0, 0.8))
        >>> solve(Scene(room=Room.rectangle(2, 1, 3), objects=(sofa,)))["sofa_1"]
        Pose(x=1.0, y=0.5, z=0.4, yaw=None)
    """
    if yaw not in ("fixed", "free"):
        raise InputError(f"`yaw` is {yaw!r}; allowed: 'fixed', 'free'")
    if not scene.objects:
        return Layout()
    solver = _Solver(scene, seed, yaw)
    return solver.run() if searches is None else solver.search(searches)


class _Solver:
    """The attempts at one scene."""

    def __init__(self, scene: Scene, seed: int, yaw: Literal["fixed", "free"]) -> None:
        self.scene = scene
        self.seed = seed
        self.model = Model(scene, yaw)
        self.valid: Layout | None = None
        self.failures = np.zeros(self.model.count)
        self.settled = self._settled()

    def search(self, count: int) -> Layout | None:
        """Return a clean layout that one of the first searches finds."""
        if not self._may_fit():
            return None
        for number in range(count):
            search = self._search(number)
            if search.run():
                return search.state.layout()
            if search.is_hopeless:
                return None
            self.failures += search.failures
        return None

    def run(self) -> Layout | None:
        if not self._may_fit():
            return None
        best = State(self.model)
        is_hopeless = False
        for number in range(_ROUNDS):
            for attempt in range(_ATTEMPTS):
                search = self._search(number * _ATTEMPTS + attempt)
                if search.run():
                    return search.state.layout()
                self.failures += search.failures
                if search.best.stands.sum() > best.stands.sum():
                    best = search.best
                is_hopeless = search.is_hopeless
                if is_hopeless:
                    break
            repair = Repair(best.copy(), self._rng(50 + number), self._is_clean, set())
            if repair.run(_REPAIRS):
                return repair.state.layout()
            best = repair.best
            if is_hopeless:
                break
        return self._loosened(best)

    def _loosened(self, best: State) -> Layout | None:
        """Return the best valid layout in which what found no place need not meet its relations, or None."""
        found = [] if self.valid is None else [self.valid]
        if not (
            self.scene.relations or len(self.model.zones) or any(map(self.model.must_face, range(self.model.count)))
        ):
            return self.valid
        waiting = set(np.flatnonzero(~best.stands).tolist())
        for number, loose in enumerate((waiting, waiting, waiting, set(range(self.model.count)))):
            if number == 3 and found:
                break
            repair = Repair(best.copy(), self._rng(100 + number), self._is_valid, loose)
            if repair.run(_LOOSE_REPAIRS):
                found.append(repair.state.layout())
        return min(found, key=lambda layout: len(find_violations(self.scene.place(layout))), default=None)

    def _search(self, number: int) -> Search:
        rng = self._rng(number)
        style = "south" if number == 0 else ("any", "snug")[number % 2]
        order = order_of(self.model, self._weights(rng, number))
        return Search(self.model, order, rng, style, _NODES, self._is_clean)

    def _weights(self, rng: random.Random, number: int) -> list[float]:
        """Return how early each object should be placed: those that were hard, bound ones, large ones.

        In the first round, those that may stay where they are come before all others.
        """
        model = self.model
        hardest = max(float(self.failures.max()), 1.0)
        weights = []
        for i, item in enumerate(model.scene.objects):
            area = item.size[0] * item.size[1] * (0.5 + rng.random() if number else 1.0)
            is_bound = bool(item.relations or model.users[i])
            may_stay = i in self.settled and number < _ATTEMPTS
            weights.append(1000.0 * may_stay + 200.0 * float(self.failures[i]) / hardest + 100.0 * is_bound + area)
        return weights

    def _settled(self) -> set[int]:
        """Return the objects with which nothing is wrong at the start."""
        if self.scene.start is None:
            return set()
        wrong = {violation.objects[0] for violation in find_violations(self.scene.place(self.scene.start))}
        return {i for i in self.model.starts if self.scene.ids[i] not in wrong}

    def _rng(self, number: int) -> random.Random:
        return random.Random(self.seed * 1000 + number)

    def _status(self, state: State) -> LayoutStatus:
        return layout_status(self.scene.place(state.layout()), is_complete=True)

    def _is_clean(self, state: State) -> bool:
        status = self._status(state)
        if status.valid and not status.clean and self.valid is None:
            self.valid = state.layout()
        return status.clean

    def _is_valid(self, state: State) -> bool:
        return self._status(state).valid

    def _may_fit(self) -> bool:
        """Whether the floor is large enough, what is fixed is sound, and each object has a place for itself alone.

        An object that may be turned, but fits along no wall, gets the slanted directions in which it does.
        """
        model, state = self.model, State(self.model)
        on_floor = [
            item.size[0] * item.size[1]
            for item, is_flat in zip(self.scene.objects, model.flat, strict=True)
            if item.on_floor and not is_flat and not item.relations
        ]
        if sum(on_floor) > self.scene.room.area + 1e-6:
            return False
        if model.stays:
            status = layout_status(self.scene.place(state.layout()), is_complete=False)
            if status.collides or status.out_of_room:
                return False
        rng = self._rng(-1)
        for i in range(model.count):
            if state.stands[i] or find_places(state, i, rng, is_bound=False, with_zones=False).is_free.any():
                continue
            places = find_places(state, i, rng, is_bound=False, with_zones=False, turned=True)
            if not places.is_free.any():
                return False
            model.yaws[i] = tuple(np.unique(places.yaws[places.is_free]).tolist())
        return True
