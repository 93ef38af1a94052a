"""What furniture is used from: its functional sides and the room they need, by category.

The table ``data/functions.yaml`` names the source of each figure: planning guidelines, standards, or `general` where we
know of none. A category is matched by name or synonym as `category_names` says.

A category that nobody knows is taken to be used from the front, with 0.6 m, if it stands on the floor; what
stands on other things or hangs, and every rug, is taken to need no room of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import yaml

from spatialenv.core.category_names import CategoryNames
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.support import lies_flat, stands_on_floor
from spatialenv.core.usability.access import NEEDED_DEPTH, SIDES, Surroundings

_WIDTH = 14


@dataclass(frozen=True, slots=True)
class Function:
    """What a category of furniture is used from.

    Attributes:
        name: ``"dining_table"``; empty for a category that is not in the table.
        sides: Whether each side is used, in the order of `access.SIDES`.
        depths: Metres that each used side needs; 0 for the others.
        together: How many of these sides are needed at once.
        group: What it is to others, as a bit.
        partners: The groups that are not in its way, as bits.
        turns_freely: Whether it is as right at one angle as at another (chairs, plants, round things).
        source: Where the depths are from, a key of `Functions.sources`; empty where no side is used.
    """

    name: str
    sides: tuple[bool, bool, bool, bool] = (False, False, False, False)
    depths: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    together: int = 1
    group: int = 0
    partners: int = 0
    turns_freely: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Functions:
    """The whole table.

    Attributes:
        categories: Functions by name, in the file's order.
        names: Which of them a wording means.
        sources: What each source says.
    """

    categories: Mapping[str, Function]
    names: CategoryNames
    sources: Mapping[str, str]


UNKNOWN = Function("", (True, False, False, False), (NEEDED_DEPTH, 0.0, 0.0, 0.0), source="general")
"""What is taken of a category that is not in the table, where the object stands on the floor."""

NEEDS_NOTHING = Function("", turns_freely=True)
"""What is taken of one that stands on others or hangs, and of rugs."""


@cache
def load_functions() -> Functions:
    """Return the table that ships with the package (read once).

    Example:
        >>> load_functions().categories["bed"].sides
        (False, False, True, True)
    """
    text = resources.files("spatialenv.core.usability").joinpath("data/functions.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    bits = {group: 1 << place for place, group in enumerate(table["groups"])}
    categories = {name: _function(name, row, bits) for name, row in table["categories"].items()}
    names = CategoryNames.of({name: row.get("also", ()) for name, row in table["categories"].items()})
    return Functions(MappingProxyType(categories), names, MappingProxyType(table["sources"]))


@lru_cache(maxsize=4096)
def function_of(category: str) -> Function | None:
    """Return what a category is used from, or None where the table does not know it.

    Example:
        >>> function_of("Dining Tables").name, function_of("dining table chair").name, function_of("gizmo")
        ('dining_table', 'chair', None)
    """
    table = load_functions()
    name = table.names.find(category)
    return None if name is None else table.categories[name]


class FunctionArrays(NamedTuple):
    """What objects are used from, and what is in the way of what; the arrays of several scenes have a leading axis.

    Attributes:
        sides: Whether each side is used, in the order of `access.SIDES`, shape ``(n, 4)``.
        depths: Metres that each side needs, shape ``(n, 4)``.
        together: How many sides are needed at once, shape ``(n,)``.
        turns_freely: Whether it is as right at one angle as at another, shape ``(n,)``.
        around: Which stand on the floor, which can be in the way (not rugs that lie flat), what each is to
            others and what is not in its way, each of shape ``(n,)``.
    """

    sides: BoolArray
    depths: FloatArray
    together: IntArray
    turns_freely: BoolArray
    around: Surroundings


def scene_functions(scene: Scene) -> FunctionArrays:
    """Return what the objects of a scene are used from, in the scene's order.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> scene = Scene(Room.rectangle(4, 3, 2.5), (SceneObject("fridge_1", "fridge", (0.7, 0.7, 1.8)),))
        >>> scene_functions(scene).depths
        array([[1.07, 0.  , 0.  , 0.  ]])
    """
    return _columns(_table(scene))


def placed_functions(placed: Sequence[PlacedScene]) -> FunctionArrays:
    """Return what the placed objects of scenes are used from, in the order and padding of `placed.stack`.

    No side is used where padded.
    """
    table = np.zeros((len(placed), max((len(scene.layout) for scene in placed), default=0), _WIDTH))
    table[..., 8] = 1.0
    for row, scene in enumerate(placed):
        known = _table(scene.scene)
        if len(scene.layout) == len(known):
            table[row, : len(known)] = known
        else:
            table[row, : len(scene.layout)] = known[scene.indices]
    return _columns(table)


@per_scene
def _table(scene: Scene) -> FloatArray:
    """Return all about a scene's objects as one array: quick to copy into that of a batch."""
    found = []
    for item in scene.objects:
        function = function_of(item.category)
        if item.is_rug or (function is None and not item.on_floor):
            function = NEEDS_NOTHING
        found.append(UNKNOWN if function is None else function)
    everything = scene.place({item.id: (0.0, 0.0, 0.0) for item in scene.objects})
    table = np.empty((len(found), _WIDTH))
    for row, function in zip(table, found, strict=True):
        row[:4], row[4:8] = function.sides, function.depths
        row[8:12] = function.together, function.turns_freely, function.group, function.partners
    table[:, 12], table[:, 13] = stands_on_floor(everything), ~lies_flat(everything)
    return table


def _columns(table: FloatArray) -> FunctionArrays:
    bits = table[..., 10:12].astype(np.int64)
    is_true = table != 0
    around = Surroundings(is_true[..., 12], is_true[..., 13], bits[..., 0], bits[..., 1])
    return FunctionArrays(is_true[..., :4], table[..., 4:8], table[..., 8].astype(np.int64), is_true[..., 9], around)


def _function(name: str, row: Mapping[str, Any], bits: Mapping[str, int]) -> Function:
    function = Function(
        name,
        group=bits[row["group"]] if "group" in row else 0,
        partners=sum(bits[group] for group in row.get("partners", ())),
        turns_freely=row.get("turns", False),
    )
    needed = row.get("sides", {})
    if not needed:
        return function
    front, back, left, right = (float(needed.get(side, needed.get("all", 0.0))) for side in SIDES)
    return replace(
        function,
        sides=(front > 0, back > 0, left > 0, right > 0),
        depths=(front, back, left, right),
        together=row.get("together", 1),
        source=row["source"],
    )
