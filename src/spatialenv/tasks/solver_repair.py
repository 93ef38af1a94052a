"""Local repair: objects that found no place push away what costs least to push, until all stand.

Every state on the way is sound as far as it goes: what is pushed away, and what stands by it, waits for a place
again. Each push makes an object dearer to push, so the search does not run in circles.
"""

from __future__ import annotations

import math
import random

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.scene import ARRANGEMENTS
from spatialenv.tasks import solver_arrangement
from spatialenv.tasks.solver_lines import turn
from spatialenv.tasks.solver_model import Model, State
from spatialenv.tasks.solver_places import Places, find_places
from spatialenv.tasks.solver_search import Check, opposing, snugness

_NOISE = 0.5


class Repair:
    """A walk over incomplete layouts.

    Args:
        state: Where to begin; changed.
        rng: Decides ties and random places.
        is_sound: Whether a complete state is what is looked for.
        loose: Objects whose relations, facing and free openings no longer count.
    """

    def __init__(self, state: State, rng: random.Random, is_sound: Check, loose: set[int]) -> None:
        self.state = state
        self.model: Model = state.model
        self.rng = rng
        self.is_sound = is_sound
        self.loose = loose
        self.best = state.copy()
        self.prices = np.ones(self.model.count)
        self.hopeless: set[int] = set()

    def run(self, steps: int) -> bool:
        """Place up to `steps` objects; True when all stand and the state is sound."""
        state = self.state
        for _ in range(steps):
            i = self._next()
            if i is None:
                if not state.stands.all():
                    return False
                if self.is_sound(state):
                    return True
                movable = [k for k in range(self.model.count) if k not in self.model.stays]
                if not movable:
                    return False
                self._push(self.rng.choice(movable))
                continue
            self._settle(i)
            if state.stands.sum() > self.best.stands.sum():
                self.best = state.copy()
        return bool(state.stands.all()) and self.is_sound(state)

    def _next(self) -> int | None:
        """Return the next object to place: dear ones sooner; None when none can be."""
        waiting = [int(i) for i in np.flatnonzero(~self.state.stands) if i not in self.hopeless]
        if not waiting:
            return None
        ready = [i for i in waiting if i in self.loose or all(self.state.stands[k] for k in self.model.needs[i])]
        return max(ready or waiting, key=lambda i: (self.prices[i] * (0.2 + self.rng.random()), -i))

    def _settle(self, i: int) -> None:
        state, model = self.state, self.model
        is_bound = i not in self.loose
        places = find_places(state, i, self.rng, is_bound=is_bound, with_zones=is_bound)
        costs = self._costs(i, places)
        if is_bound and not np.isfinite(costs).any() and len(model.yaws[i]) > 1 and model.must_face(i) is not None:
            places = find_places(state, i, self.rng, turned=True)
            costs = self._costs(i, places)
        if not np.isfinite(costs).any():
            # What its places depend on has to stand elsewhere; where that is fixed, nothing can be done.
            bearing = model.needs[i] | set(state.watchers(i))
            movable = sorted(k for k in bearing if k not in model.stays and state.stands[k])
            if movable and is_bound:
                self.prices[i] += 1
                self._push(self.rng.choice(movable))
            else:
                self.hopeless.add(i)
            return
        best = int(costs.argmin())
        row, yaw = places.rows[best], float(places.yaws[best])
        for n in np.flatnonzero(places.blocked[best]).tolist():
            self._push(places.others[n])
        for k in opposing(state, i, row, yaw) - self.loose if is_bound else ():
            self._push(k)
        state.put(i, row, yaw)

    def _costs(self, i: int, places: Places) -> FloatArray:
        """Return the price of all that each place pushes away, with a little chance, shape ``(k,)``."""
        if not len(places.rows):
            return np.zeros(0)
        bearing = self._bearing(i) if i not in self.loose else set()
        prices = np.array([
            math.inf if k in bearing or k in self.model.stays else self.prices[list(self._with_users(k))].sum()
            for k in places.others
        ])  # fmt: skip
        costs = np.where(places.blocked, prices, 0.0).sum(axis=1) if len(prices) else np.zeros(len(places.rows))
        costs = np.where(places.closed, math.inf, costs)
        chance = np.array([self.rng.random() for _ in range(len(costs))])
        found: FloatArray = costs + _NOISE * chance - 0.1 * snugness(self.state, i, places.rows)
        return found + 2.0 * unmet(self.state, i, places) if i in self.loose else found

    def _bearing(self, i: int) -> set[int]:
        """Return what object `i` depends on, directly or not."""
        found: set[int] = set()
        waiting = [i]
        while waiting:
            for k in self.model.needs[waiting.pop()] - found:
                found.add(k)
                waiting.append(k)
        return found - {i}

    def _with_users(self, i: int) -> set[int]:
        """Return a standing object and those that stand by it."""
        found, waiting = {i}, [i]
        while waiting:
            for k in self.model.users[waiting.pop()] - found - self.loose:
                if self.state.stands[k]:
                    found.add(k)
                    waiting.append(k)
        return found

    def _push(self, i: int) -> None:
        """Take an object away, and with it what stands by it; fixed ones stay."""
        if not self.state.stands[i] or i in self.model.stays:
            return
        self.prices[i] += 1
        for k in self._with_users(i) - set(self.model.stays):
            self.state.stands[k] = False


def unmet(state: State, i: int, places: Places) -> FloatArray:
    """Return how far each place is from meeting each relation, at most 1 m, summed over relations, shape ``(k,)``."""
    model = state.model
    total = np.zeros(len(places.rows))
    if solver_arrangement.checked(model, i):
        for yaw in np.unique(places.yaws).tolist():
            turned = places.yaws == yaw
            total[turned] += solver_arrangement.missing(state, i, yaw, places.rows[turned, :2])
    for relation in model.scene.objects[i].relations:
        if relation.preposition in ARRANGEMENTS and relation.preposition != "against wall":
            continue
        j = model.index.get(relation.target)
        if j is not None and not state.stands[j]:
            continue
        at = (None, 0.0) if j is None else (state.rows[j], state.yaws[j])
        for yaw in np.unique(places.yaws).tolist():
            turned = places.yaws == yaw
            points = places.rows[turned, :3]
            nearest = np.ones(len(points))
            for region in model.regions(i, relation, yaw, *at):
                c, s = turn(region.yaw)
                x, y, z = points.T
                own = np.stack((c * x + s * y, c * y - s * x, z), axis=1)
                gaps = own - np.clip(own, region.low, region.high)
                nearest = np.minimum(nearest, np.sqrt(np.square(gaps).sum(axis=1)))
            total[turned] += nearest
    return total
