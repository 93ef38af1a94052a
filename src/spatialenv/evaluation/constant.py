"""The best constant layout: how far one gets without looking at the room.

A suite in which a fixed answer does well shows nothing about a policy that does as well, so every
result stands beside this baseline. It is fitted on training rooms and judged on held-out ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.scene import Scene
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.tasks.packing import extents
from spatialenv.tasks.resting import resting_heights

Family = Literal["centers", "corners", "corners_by_size"]
FAMILIES: tuple[Family, ...] = ("centers", "corners", "corners_by_size")
"""What is the same in every room: the objects' centres; their south-west corners; or these corners
given to the objects in the order of their footprints, largest first, rather than in the scene's."""

_SLACK = 1e-9
_FloatArray = npt.NDArray[np.float64]
_BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slots:
    """Fixed places for a number of objects.

    Attributes:
        family: What the places are.
        places: ``(x, y)`` in metres, one an object.
        rate: Share of the training rooms with that many objects in which they are valid.
        rooms: Number of those rooms.
    """

    family: Family
    places: tuple[tuple[float, float], ...]
    rate: float
    rooms: int


class ConstantPolicy:
    """Answers with the same places in every room with the same number of objects.

    Args:
        slots: The places by number of objects.
        rates: Share of the training rooms in which the best of each family is valid.
    """

    name = "constant"

    def __init__(self, slots: Mapping[int, Slots], rates: Mapping[str, float] | None = None) -> None:
        if not slots:
            raise InputError("`slots` is empty; give places for at least one number of objects")
        self.slots = dict(slots)
        self.rates = dict(rates or {})

    @property
    def rate(self) -> float:
        """Share of the training rooms in which its answer is valid."""
        rooms = sum(slots.rooms for slots in self.slots.values())
        return sum(slots.rate * slots.rooms for slots in self.slots.values()) / rooms

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return the same answer for each env with the same number of objects."""
        return [write_answer(self.layout(env.scene)) for env in envs]

    def layout(self, scene: Scene) -> Layout:
        """Return the layout for a scene.

        For a number of objects that was not in the training rooms, the places of the next larger
        number are used, and the last place again for objects beyond the largest.
        """
        n = len(scene.objects)
        slots = self.slots[min((size for size in self.slots if size >= n), default=max(self.slots))]
        footprints = _footprints(scene)
        ranks = _ranks(footprints) if slots.family == "corners_by_size" else np.arange(n)
        heights = resting_heights(scene)
        poses = []
        for item, footprint, rank in zip(scene.objects, footprints.tolist(), ranks.tolist(), strict=True):
            x, y = slots.places[min(rank, len(slots.places) - 1)]
            if slots.family != "centers":
                x, y = x + footprint[0] / 2, y + footprint[1] / 2
            poses.append((item.id, Pose(x, y, heights[item.id])))
        return Layout(tuple(poses))


def fit_constant(scenes: Sequence[Scene], seed: int = 0, budget: int = 20, grid: float = 0.25) -> ConstantPolicy:
    """Return the fixed answer that is valid in the most of `scenes`.

    For each number of objects and each of `FAMILIES`, places are put one after another where most
    rooms stay valid, then improved one at a time over all of a grid, again and again after random
    kicks. The best family is taken for each number of objects: the strictest bar.

    Args:
        scenes: Training rooms; some hundreds.
        seed: Seed of the search; the same seed gives the same answer.
        budget: Searches from a random start, each with as many kicks, per number and family.
        grid: Step in metres of the places tried.

    Raises:
        InputError: If there is no scene, or an argument is not above 0.
    """
    if not scenes:
        raise InputError("`scenes` is empty; give the training rooms to fit the layout on")
    if budget < 1 or not grid > 0:
        raise InputError(f"`budget` is {budget!r} and `grid` {grid!r}; both must be above 0")
    groups: dict[int, list[Scene]] = {}
    for scene in scenes:
        groups.setdefault(len(scene.objects), []).append(scene)
    best: dict[int, Slots] = {}
    rates: dict[str, float] = dict.fromkeys(FAMILIES, 0.0)
    for n, group in sorted(groups.items()):
        for k, family in enumerate(FAMILIES):
            search = _Search(group, family, grid, np.random.default_rng([seed, n, k]))
            slots = search.run(budget)
            rates[family] += slots.rate * len(group) / len(scenes)
            if n not in best or slots.rate > best[n].rate:
                best[n] = slots
    return ConstantPolicy(best, rates)


class _Search:
    """Places for rooms that hold the same number of objects, all rooms at once."""

    def __init__(self, scenes: Sequence[Scene], family: Family, grid: float, rng: np.random.Generator) -> None:
        self.family = family
        self.rng = rng
        self.n = len(scenes[0].objects)
        self.rooms = np.array([(scene.room.length, scene.room.width) for scene in scenes])
        self.sizes = np.empty((len(scenes), self.n, 2))
        self.layers = np.empty((len(scenes), self.n, self.n), dtype=np.bool_)
        for k, scene in enumerate(scenes):
            footprints = _footprints(scene)
            order = np.argsort(_ranks(footprints)) if family == "corners_by_size" else np.arange(self.n)
            self.sizes[k] = footprints[order]
            self.layers[k] = _share_height(scene)[np.ix_(order, order)]
        length, width = self.rooms.max(axis=0)
        self.axes = (np.arange(0.0, length + _SLACK, grid), np.arange(0.0, width + _SLACK, grid))

    def run(self, budget: int) -> Slots:
        """Return the best places of `budget` searches."""
        best, places = -1, np.zeros((self.n, 2))
        for _ in range(budget):
            found, hits = self._climb(self._start())
            for _ in range(budget):
                kicked = found.copy()
                for slot in self.rng.choice(self.n, size=min(2, self.n), replace=False):
                    kicked[slot] = self._anywhere()
                other, other_hits = self._climb(kicked)
                if other_hits >= hits:
                    found, hits = other, other_hits
            if hits > best:
                best, places = hits, found
        rooms = len(self.rooms)
        return Slots(self.family, tuple((float(x), float(y)) for x, y in places), best / rooms, rooms)

    def _start(self) -> _FloatArray:
        """Return places put one after another, in a random order, where most rooms stay valid."""
        places = np.full((self.n, 2), np.nan)
        for slot in self.rng.permutation(self.n):
            self._improve(places, int(slot))
        return places

    def _climb(self, places: _FloatArray) -> tuple[_FloatArray, int]:
        """Improve one place at a time until none gets better; return the places and the valid rooms."""
        places, hits = places.copy(), -1
        while True:
            now = hits
            for slot in self.rng.permutation(self.n):
                now = self._improve(places, int(slot))
            if now <= hits:
                return places, now
            hits = now

    def _improve(self, places: _FloatArray, slot: int) -> int:
        """Move one place to the best of the grid, at random among equals; return the valid rooms.

        Places that are NaN do not count yet.
        """
        others = [k for k in range(self.n) if k != slot and not np.isnan(places[k, 0])]
        alive = np.ones(len(self.rooms), dtype=np.bool_)
        lows = {k: self._low(places[k], self.sizes[:, k]) for k in others}
        for k in others:
            highs = lows[k] + self.sizes[:, k]
            alive &= ((lows[k] >= -_SLACK) & (highs <= self.rooms + _SLACK)).all(axis=1)
            for j in others:
                if j < k:
                    meets = (lows[j] < highs - _SLACK) & (lows[k] < lows[j] + self.sizes[:, j] - _SLACK)
                    alive &= ~(meets.all(axis=1) & self.layers[:, j, k])
        if not alive.any():
            # The other places already fail everywhere, so any place is as good.
            places[slot] = self._anywhere()
            return 0
        sizes, rooms = self.sizes[alive, slot], self.rooms[alive]
        # The test is made along x and along y apart, and only its results are joined over the grid.
        fits, blocks = [], []
        for axis in (0, 1):
            low = self._low(self.axes[axis][:, None], sizes[None, :, axis])
            high = low + sizes[None, :, axis]
            fits.append((low >= -_SLACK) & (high <= rooms[None, :, axis] + _SLACK))
            blocks.append(
                [
                    (low < lows[k][alive, axis] + self.sizes[alive, k, axis] - _SLACK)
                    & (lows[k][alive, axis] < high - _SLACK)
                    & self.layers[alive, slot, k]
                    for k in others
                ]
            )
        valid = fits[0][:, None] & fits[1][None]
        for along_x, along_y in zip(*blocks, strict=True):
            valid &= ~(along_x[:, None] & along_y[None])
        hits = np.count_nonzero(valid, axis=-1)
        x, y = np.divmod(self.rng.choice(np.flatnonzero(hits == hits.max())), hits.shape[1])
        places[slot] = self.axes[0][x], self.axes[1][y]
        return int(hits.max())

    def _anywhere(self) -> tuple[float, float]:
        """Return a random place of the grid."""
        xs, ys = self.axes
        return float(xs[self.rng.integers(len(xs))]), float(ys[self.rng.integers(len(ys))])

    def _low(self, places: _FloatArray, sizes: _FloatArray) -> _FloatArray:
        """Return the western and southern ends of objects of those sizes at `places`."""
        low: _FloatArray = places - sizes / 2 if self.family == "centers" else places + np.zeros_like(sizes)
        return low


def _footprints(scene: Scene) -> _FloatArray:
    """Return the extents along x and y of each object, shape ``(n, 2)``."""
    return np.array([extents(item.size, scene.default_yaw(item.id)) for item in scene.objects])


def _ranks(footprints: _FloatArray) -> npt.NDArray[np.int64]:
    """Return the rank of each object by footprint, 0 the largest; ties in the scene's order."""
    ranks = np.empty(len(footprints), dtype=np.int64)
    ranks[np.argsort(-footprints.prod(axis=1), kind="stable")] = np.arange(len(footprints))
    return ranks


def _share_height(scene: Scene) -> _BoolArray:
    """Return which pairs collide when their footprints do, shape ``(n, n)``: not a lamp and its table."""
    heights = resting_heights(scene)
    middles = np.array([heights[item.id] for item in scene.objects])
    halves = np.array([item.size[2] / 2 for item in scene.objects])
    flat = np.array([item.lies_flat for item in scene.objects])
    shares: _BoolArray = np.abs(middles[:, None] - middles) < halves[:, None] + halves - _SLACK
    shares &= ~flat[:, None] & ~flat
    return shares
