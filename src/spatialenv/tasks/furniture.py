"""Kinds of furniture: measured sizes, where each belongs, and words for it.

The numbers come from the ProcTHOR asset database (allenai/procthor, Apache-2.0); the table ``data/furniture.json``
says which parts are ours, and `spatialenv.core.furniture_sizes` has the sizes, with the sources of those of `further`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from spatialenv.core.furniture_sizes import load_sizes

ROOM_TYPES = ("bedroom", "living_room", "kitchen", "bathroom")
"""Types of room that the table knows."""


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of furniture.

    Attributes:
        name: ``"side_table"``.
        sizes: Measured ``(length, width, height)`` of real pieces in metres, front along width.
        on_floor: Whether it stands on the floor.
        stands_on: Categories whose top it stands on, or ``("wall",)`` for what hangs on a wall;
            empty for what stands on the floor.
        rooms: How often it belongs in each of `ROOM_TYPES`, 0 (never) to 2 (often).
        on_edge: Whether it usually stands along a wall.
        in_corner: Whether it may stand in a corner.
        materials: What it may be made of.
    """

    name: str
    sizes: tuple[tuple[float, float, float], ...]
    on_floor: bool
    stands_on: tuple[str, ...]
    rooms: Mapping[str, int]
    on_edge: bool
    in_corner: bool
    materials: tuple[str, ...]


@dataclass(frozen=True)
class Furniture:
    """The whole table.

    Attributes:
        categories: Categories by name, in the file's order: what is drawn where none are named.
        further: Categories that are drawn only where they are named: no suite holds them.
        styles: Words for the style of a room.
        source: Where the numbers come from.
    """

    categories: Mapping[str, Category]
    further: Mapping[str, Category]
    styles: tuple[str, ...]
    source: str

    @functools.cached_property
    def known(self) -> Mapping[str, Category]:
        """All categories by name."""
        return MappingProxyType({**self.categories, **self.further})


@functools.cache
def load_furniture() -> Furniture:
    """Return the table that ships with the package (read once).

    Example:
        >>> load_furniture().categories["bed"].on_floor
        True
    """
    text = resources.files("spatialenv.tasks").joinpath("data/furniture.json").read_text(encoding="utf-8")
    table, sizes = json.loads(text), load_sizes()
    categories, further = (
        {
            name: Category(
                name=name,
                sizes=sizes[name].sizes,
                on_floor=row["on_floor"],
                stands_on=tuple(row["stands_on"]),
                rooms=MappingProxyType(row["rooms"]),
                on_edge=row["on_edge"],
                in_corner=row["in_corner"],
                materials=tuple(row["materials"]),
            )
            for name, row in table[part].items()
        }
        for part in ("categories", "further")
    )
    return Furniture(MappingProxyType(categories), MappingProxyType(further), tuple(table["styles"]), table["source"])
