"""Exact figures of a layout, and how sentences state them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spatialenv.core import geometry
from spatialenv.core.placed import FloatArray, PlacedScene, scene_arrays
from spatialenv.rewards.published import depths, stays_over_floor


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one definition says: its pairs, who is outside, its details and its value."""

    pairs: tuple[tuple[str, str], ...]
    outside: tuple[str, ...]
    details: Mapping[str, Any]
    value: float


@dataclass(frozen=True, slots=True)
class Facts:
    """Exact figures of a layout's boxes.

    Attributes:
        depths: Metres of the shortest move that parts each pair, negative where apart, shape ``(m, m)``.
        volumes: Cubic metres that each pair shares, shape ``(m, m)``.
        outside: Cubic metres of each object outside the room, shape ``(m,)``.
        over_floor: Whose footprint is wholly on the floor, shape ``(m,)``.
    """

    depths: FloatArray
    volumes: FloatArray
    outside: FloatArray
    over_floor: Sequence[bool]


def measure(placed: PlacedScene) -> Facts:
    """Return the exact figures that sentences state."""
    known = scene_arrays(placed.scene)
    inside = geometry.inside_volumes(placed.centers, placed.sizes, placed.yaws, known.room, floors=known.floor)
    outside = placed.sizes.prod(axis=1) - inside
    outside[outside < 1e-12] = 0.0
    volumes = geometry.overlap_volumes(placed.centers, placed.sizes, placed.yaws)
    return Facts(depths(placed), volumes, outside, stays_over_floor(placed).tolist())


def length(metres: float) -> str:
    """Return a length as people say it.

    Example:
        >>> length(0.0012), length(0.25), length(3)
        ('1.2 mm', '25 cm', '3 m')
    """
    if metres < 0.01:
        return f"{metres * 1000:.2g} mm"
    return f"{metres * 100:.3g} cm" if metres < 1 else f"{metres:.3g} m"


def litres(volume: float) -> str:
    """Return a volume in m3 as litres.

    Example:
        >>> litres(0.0012), litres(0.5)
        ('1.2 litres', '500 litres')
    """
    value = volume * 1000
    return f"{value:.0f} litres" if value >= 100 else f"{value:.2g} litres"


def names(ids: Sequence[str]) -> str:
    """Return ids as people list them, at most four of them.

    Example:
        >>> names(["a", "b", "c"]), names(["a", "b", "c", "d", "e"])
        ('a, b and c', 'a, b, c and 2 others')
    """
    if len(ids) > 4:
        return f"{', '.join(ids[:3])} and {len(ids) - 3} others"
    return " and ".join(filter(None, (", ".join(ids[:-1]), ids[-1])))
