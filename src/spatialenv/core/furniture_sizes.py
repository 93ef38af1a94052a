"""Sizes that pieces of furniture have: measured ones, from named public sources.

``data/furniture_sizes.json`` names a source for each category.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

from spatialenv.core.category_names import CategoryNames

Size = tuple[float, float, float]
"""``(length, width, height)`` in metres: along x, y and z of the object's frame, whose front is at +y."""


class SizeRecord(NamedTuple):
    """The sizes of one category.

    Attributes:
        sizes: ``(length, width, height)`` of real pieces in metres.
        sources: Who gives them: a name and, in brackets, the address of a page.
        also: Other wordings of the category.
    """

    sizes: tuple[Size, ...]
    sources: tuple[str, ...]
    also: tuple[str, ...] = ()


def typical_sizes(category: str) -> tuple[Size, ...]:
    """Return sizes that pieces of a category really have, from small to large footprints.

    Args:
        category: What it is: ``"wardrobe"``; case, plurals, numbers and joining signs do not matter
            (`spatialenv.core.category_names`).

    Returns:
        ``(length, width, height)`` in metres, in the object's frame; empty where no source is known.

    Example:
        >>> typical_sizes("Bunk Beds")[0], typical_sizes("gizmo")
        ((0.996, 2.032, 1.651), ())
    """
    name = _names().find(category)
    return () if name is None else load_sizes()[name].sizes


@functools.cache
def load_sizes() -> Mapping[str, SizeRecord]:
    """Return the records of all categories by name (read once).

    Example:
        >>> load_sizes()["piano"].sources[0].startswith("The Piano Shop Bath")
        True
    """
    text = (resources.files("spatialenv.core") / "data" / "furniture_sizes.json").read_text(encoding="utf-8")
    table = json.loads(text)
    sources = {key: f"{row['name']} ({row['page']})" for key, row in table["sources"].items()}
    records = {
        name: SizeRecord(
            _sizes(row["sizes"]), tuple(sources[key] for key in row["sources"]), tuple(row.get("also", ()))
        )
        for name, row in table["categories"].items()
    }
    return MappingProxyType(records)


@functools.cache
def _names() -> CategoryNames:
    return CategoryNames.of({name: record.also for name, record in load_sizes().items()})


def _sizes(rows: list[list[float]]) -> tuple[Size, ...]:
    return tuple((float(length), float(width), float(height)) for length, width, height in rows)
