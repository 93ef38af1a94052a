"""What a reward is, and the frame of those that score each object by its box."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from spatialenv.core.packed import PackedScenes, PhysicsArrays, pack
from spatialenv.core.placed import BoolArray, FloatArray, PlacedBatch, PlacedScene, stack
from spatialenv.core.score import Score, Transition
from spatialenv.core.shares import mean, total
from spatialenv.core.shares import share_of as share_of
from spatialenv.core.support import lies_flat
from spatialenv.core.violations import KINDS, Violation, ViolationKind, find_violations


@runtime_checkable
class Reward(Protocol):
    """Turns transitions into scores.

    Attributes:
        name: Short name, the one in the registry for those that are registered: ``"collision"``.
        version: Name and number of the definition; a change that moves a score changes it: ``"collision-1"``.
    """

    name: str
    version: str

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition, equal to scoring them one by one."""


class Boxes:
    """Several placed scenes as padded arrays, shared by the rewards that score them together.

    Attributes:
        placed: The placed scenes, length ``b``.
    """

    def __init__(self, placed: Sequence[PlacedScene]) -> None:
        self.placed = tuple(placed)
        self._soundness: dict[frozenset[str], PhysicsArrays] = {}

    @cached_property
    def _packed(self) -> PackedScenes:
        return pack([scene.scene for scene in self.placed])

    @cached_property
    def arrays(self) -> PlacedBatch:
        """Boxes padded to the largest number ``n`` of placed objects."""
        return stack(self.placed)

    @cached_property
    def volumes(self) -> FloatArray:
        """Volume of each box in m3, shape ``(b, n)``; 1 where padded."""
        volumes: FloatArray = np.where(self.arrays.mask, self.arrays.sizes.prod(axis=2), 1.0)
        return volumes

    @cached_property
    def flat(self) -> BoolArray:
        """Whether each box is a rug that lies flat, shape ``(b, n)``."""
        flat = np.zeros(self.arrays.mask.shape, dtype=np.bool_)
        for row, scene in enumerate(self.placed):
            flat[row, : len(scene.indices)] = lies_flat(scene)
        return flat

    def soundness(self, *parts: str) -> PhysicsArrays:
        """Return what `spatialenv.core.packed` measures of these of its `PARTS`, once and together.

        Its columns are those of `arrays`.
        """
        for known, found in self._soundness.items():
            if known.issuperset(parts):
                return found
        members = np.full(self.arrays.mask.shape, -1)
        if self.placed:
            members[self.arrays.mask] = np.concatenate([scene.indices for scene in self.placed])
        found = self._packed.measure_members(members, self.arrays.centers, self.arrays.yaws, parts)
        self._soundness[frozenset(parts)] = found
        return found

    def mean(self, values: FloatArray) -> FloatArray:
        """Return each scene's mean over all its objects, those not placed counting 0, shape ``(b,)``.

        A scene without objects has nothing wrong: 1.
        """
        counts = np.array([len(scene.scene.objects) for scene in self.placed])
        return mean(values, self.arrays.mask, counts)

    def total(self, values: FloatArray) -> FloatArray:
        """Return sums over the last axis, shape ``(b, ..., n)``, of each scene's placed objects.

        Padding is left out, not added as zeros: NumPy rounds a sum by how many numbers it has, and a scene is to
        score in a batch to the last bit as it does alone.
        """
        return total(values, self.arrays.mask)

    def per_object(self, values: FloatArray) -> list[FloatArray]:
        """Return values ``(b, n)`` of placed objects in the order of each ``scene.objects``, NaN where not placed."""
        rows = []
        for row, scene in enumerate(self.placed):
            ordered = np.full(len(scene.scene.objects), np.nan)
            ordered[scene.indices] = values[row, : len(scene.indices)]
            rows.append(ordered)
        return rows


@dataclass(frozen=True, slots=True)
class Measurement:
    """What an `ObjectReward` finds.

    Attributes:
        values: In [0, 1] for each placed object, shape ``(b, n)``; padded entries mean nothing.
        figures: Figures of each scene for `Score.details`, each of shape ``(b,)``.
    """

    values: FloatArray
    figures: Mapping[str, FloatArray] = field(default_factory=dict)


class ObjectReward(ABC):
    """A reward whose value is the mean of a value in [0, 1] for each object of the scene.

    Attributes:
        name: As in `Reward`.
        version: As in `Reward`.
        kinds: Kinds of the violations that lower it.
    """

    name: str
    version: str
    kinds: ClassVar[tuple[ViolationKind, ...]] = ()

    @abstractmethod
    def measure(self, boxes: Boxes) -> Measurement:
        """Return the values of the placed objects of every scene."""

    def violations(self, placed: PlacedScene) -> tuple[Violation, ...]:
        """Return what lowers the value, each with the signed move or turn that mends it where there is one.

        A reward whose `kinds` are not all among those of `find_violations` finds them itself, by overriding this.
        """
        return tuple(violation for violation in find_violations(placed) if violation.kind in self.kinds)

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition, computed together."""
        boxes = Boxes([transition.placed for transition in transitions])
        measured = self.measure(boxes)
        means = boxes.mean(measured.values)
        return [
            Score(
                value=float(means[row]),
                per_object=per_object,
                details={name: float(figure[row]) for name, figure in measured.figures.items()},
                version=self.version,
            )
            for row, per_object in enumerate(boxes.per_object(measured.values))
        ]


def leaves(reward: Reward) -> Iterator[Reward]:
    """Yield the rewards that `reward` is made of, down to those that have no `parts`.

    Example:
        >>> from spatialenv.rewards import make_reward
        >>> [part.name for part in leaves(make_reward({"gate": {"condition": "format", "reward": "physics"}}))]
        ['format', 'collision', 'boundary', 'support', 'constraint']
    """
    parts: Sequence[Reward] = getattr(reward, "parts", ())
    if not parts:
        yield reward
    for part in parts:
        yield from leaves(part)


def looks_at_pictures(reward: Reward) -> bool:
    """Return whether a reward may look at ``transition.pictures``, which are then to be drawn.

    A reward from elsewhere may, unless it has an attribute ``uses_pictures = False``.

    Example:
        >>> from spatialenv.rewards import make_reward
        >>> looks_at_pictures(make_reward("strict"))
        False
    """
    is_own = type(reward).__module__.startswith("spatialenv.rewards.")
    if bool(getattr(reward, "uses_pictures", not is_own)):
        return True
    return any(looks_at_pictures(part) for part in getattr(reward, "parts", ()))


def violations_of(reward: Reward, placed: PlacedScene) -> tuple[Violation, ...]:
    """Return what lowers a reward, by the object that has to move, in the scene's order.

    Missing objects are always among them.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.rewards import make_reward
        >>> scene = Scene(Room.rectangle(4, 3, 2.5), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> [wrong.text for wrong in violations_of(make_reward("boundary"), scene.place({"cube_1": (0.25, 1, 0.5)}))]
        ['cube_1 has 0.25 m3 outside the room']
    """
    kinds: set[ViolationKind] = {"missing"}
    own: list[Violation] = []
    for part in leaves(reward):
        if isinstance(part, ObjectReward) and type(part).violations is not ObjectReward.violations:
            own += part.violations(placed)
        else:
            kinds.update(getattr(part, "kinds", ()))
    found = [violation for violation in find_violations(placed) if violation.kind in kinds]
    return _in_order([*found, *own], placed)


def further_violations(reward: Reward, placed: PlacedScene) -> tuple[Violation, ...]:
    """Return those violations of a reward that `find_violations` does not report."""
    found: list[Violation] = []
    for part in leaves(reward):
        if isinstance(part, ObjectReward) and not set(part.kinds) <= set(KINDS):
            found += [violation for violation in part.violations(placed) if violation.kind not in KINDS]
    return _in_order(found, placed)


def _in_order(found: Sequence[Violation], placed: PlacedScene) -> tuple[Violation, ...]:
    rank = {object_id: i for i, object_id in enumerate(placed.scene.ids)}
    return tuple(sorted(found, key=lambda violation: rank[violation.objects[0]]))
