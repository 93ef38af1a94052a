"""What furniture is used from: its functional sides and the room they need, by category.

The table ``data/functions.yaml`` names the source of each figure: planning guidelines, standards, or `general` where we
know of none. A category is matched whatever its case, number and separators (``"Dining Tables"``), by name or synonym;
of several words the longest end that is known counts, because the last word says what a thing is (``"modern leather
sofa"`` is a sofa, ``"dining table chair"`` a chair). What is behind words such as *with* does not count.

A category that nobody knows is taken to be used from the front, with 0.6 m, if it stands on the floor; what
stands on other things or hangs, and every rug, is taken to need no room of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import yaml

from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, IntArray, PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.support import lies_flat, stands_on_floor
from spatialenv.core.usability.access import NEEDED_DEPTH, SIDES, Surroundings

_CASES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_ADDITIONS = frozenset(("with", "without", "for", "in", "on", "from", "at", "by"))
_PLURALS = (("ies", "y"), ("lves", "lf"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss"))


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
        names: The name for each known wording: normalised names and synonyms.
        sources: What each source says.
    """

    categories: Mapping[str, Function]
    names: Mapping[str, str]
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
    names: dict[str, str] = {}
    for name, row in table["categories"].items():
        for wording in (name, *row.get("also", ())):
            words = normalised(wording)
            names.setdefault(words, name)
            names.setdefault(words.replace(" ", ""), name)
    return Functions(MappingProxyType(categories), MappingProxyType(names), MappingProxyType(table["sources"]))


@lru_cache(maxsize=4096)
def function_of(category: str) -> Function | None:
    """Return what a category is used from, or None where the table does not know it.

    Example:
        >>> function_of("Dining Tables").name, function_of("dining table chair").name, function_of("gizmo")
        ('dining_table', 'chair', None)
    """
    table = load_functions()
    words = normalised(category).split()
    if " ".join(words) in table.names:
        return table.categories[table.names[" ".join(words)]]
    added = next((place for place, word in enumerate(words) if place and word in _ADDITIONS), len(words))
    for start in range(added):
        name = table.names.get(" ".join(words[start:added]))
        if name is not None:
            return table.categories[name]
    return None


def normalised(category: str) -> str:
    """Return the words of a category in lower case and the singular, with single blanks between them.

    Example:
        >>> normalised("KitchenShelves_2"), normalised("TVStand")
        ('kitchen shelf', 'tv stand')
    """
    return " ".join(_singular(word) for word in _NOT_LETTERS.sub(" ", _CASES.sub(" ", category)).lower().split())


class FunctionArrays(NamedTuple):
    """What the ``n`` objects of a scene are used from, in the scene's order; read-only.

    Attributes:
        sides: Whether each side is used, in the order of `access.SIDES`, shape ``(n, 4)``.
        depths: Metres that each side needs, shape ``(n, 4)``.
        together: How many sides are needed at once, shape ``(n,)``.
        groups: What each object is to others, as bits, shape ``(n,)``.
        partners: The groups that are not in its way, as bits, shape ``(n,)``.
        turns_freely: Whether it is as right at one angle as at another, shape ``(n,)``.
    """

    sides: BoolArray
    depths: FloatArray
    together: IntArray
    groups: IntArray
    partners: IntArray
    turns_freely: BoolArray


@per_scene
def scene_functions(scene: Scene) -> FunctionArrays:
    """Return what the objects of a scene are used from, worked out once for each scene."""
    found = []
    for item in scene.objects:
        function = function_of(item.category)
        if item.is_rug or (function is None and not item.on_floor):
            function = NEEDS_NOTHING
        found.append(UNKNOWN if function is None else function)
    n = len(found)
    arrays = FunctionArrays(
        np.array([function.sides for function in found], dtype=np.bool_).reshape(n, 4),
        np.array([function.depths for function in found], dtype=np.float64).reshape(n, 4),
        np.array([function.together for function in found], dtype=np.int64),
        np.array([function.group for function in found], dtype=np.int64),
        np.array([function.partners for function in found], dtype=np.int64),
        np.array([function.turns_freely for function in found], dtype=np.bool_),
    )
    for array in arrays:
        array.flags.writeable = False
    return arrays


class PlacedFunctions(NamedTuple):
    """What the placed objects of several scenes are used from, padded.

    Attributes:
        functions: As `FunctionArrays`, with a leading axis; no side is used where padded.
        around: What is in the way of what.
    """

    functions: FunctionArrays
    around: Surroundings


def placed_functions(placed: Sequence[PlacedScene]) -> PlacedFunctions:
    """Return what the placed objects of scenes are used from, in the order and padding of `placed.stack`."""
    b, n = len(placed), max((len(scene.indices) for scene in placed), default=0)
    functions = FunctionArrays(
        np.zeros((b, n, 4), dtype=np.bool_),
        np.zeros((b, n, 4)),
        np.ones((b, n), dtype=np.int64),
        np.zeros((b, n), dtype=np.int64),
        np.zeros((b, n), dtype=np.int64),
        np.zeros((b, n), dtype=np.bool_),
    )
    on_floor, obstacles = np.zeros((b, n), dtype=np.bool_), np.zeros((b, n), dtype=np.bool_)
    for row, scene in enumerate(placed):
        known, m = scene_functions(scene.scene), len(scene.indices)
        for filled, array in zip(functions, known, strict=True):
            filled[row, :m] = array[scene.indices]
        on_floor[row, :m] = stands_on_floor(scene)
        obstacles[row, :m] = ~lies_flat(scene)
    return PlacedFunctions(functions, Surroundings(on_floor, obstacles, functions.groups, functions.partners))


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


def _singular(word: str) -> str:
    for ending, singular in _PLURALS:
        if word.endswith(ending):
            return word[: -len(ending)] + singular
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us"))
    return word[:-1] if is_plural else word
