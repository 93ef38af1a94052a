"""What the generator of rooms draws."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from spatialenv.core.numeric import as_number
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.furniture import load_furniture
from spatialenv.tasks.shapes import SHAPES


@dataclass(frozen=True, slots=True)
class ProceduralConfig:
    """What the generator draws; JSON-able (`to_dict`, `from_dict`). Metres.

    Attributes:
        count: Least and greatest number of objects.
        shapes: Shapes of the floor to draw from, of `spatialenv.tasks.shapes.SHAPES`.
        doors: Least and greatest number of doors.
        windows: Least and greatest number of windows.
        room_length: Least and greatest extent of the room along x.
        room_width: Least and greatest extent along y.
        room_step: Room extents are the least plus a multiple of this.
        room_height: Height of the ceiling.
        aspect: Least and greatest ratio of the room's longer side to its shorter.
        density: Least and greatest share of the floor that the footprints of floor objects cover.
        packed: Whether the witness puts objects flush with each other and with walls, as a high density needs.
        on_top: Least and greatest number of the objects that stand on others; None: as they come.
        categories: Categories to draw from, also of `spatialenv.tasks.furniture.Furniture.further`; None: those that
            belong in the type of room drawn.
        relation_depth: 0: no relations. 1: relations to walls. 2 and more: also to objects, in
            chains of at most that many relations.
        size_step: None keeps the measured sizes; else they are rounded up to multiples of it.
        max_side: Greatest length or width of an object, after rounding.
        exchange_sides: Whether length and width are exchanged at random, as if the box had been
            made the other way round: for variety where no object is turned.
        grid: None, or the step of the grid that all centres of the witness (x and y) lie on.
        distinct: Whether the categories within a scene differ.
        yaw: ``"zero"``: nothing is turned; ``"quarter"``: quarter turns, and the direction of a slanted wall at
            it; ``"free"``: any whole degree away from walls.
        yaw_given: Whether the scene states each yaw; otherwise only the witness does, and where yaw is free
            most objects state what they face.

    Raises:
        InputError: If a value is not allowed.
    """

    count: tuple[int, int] = (3, 6)
    shapes: tuple[str, ...] = ("rectangle",)
    doors: tuple[int, int] = (0, 0)
    windows: tuple[int, int] = (0, 0)
    room_length: tuple[float, float] = (3.0, 6.0)
    room_width: tuple[float, float] = (3.0, 6.0)
    room_step: float = 0.1
    room_height: float = 2.7
    aspect: tuple[float, float] = (1.0, 4.0)
    density: tuple[float, float] = (0.05, 0.4)
    packed: bool = False
    on_top: tuple[int, int] | None = None
    categories: tuple[str, ...] | None = None
    relation_depth: int = 0
    size_step: float | None = None
    max_side: float = 3.5
    exchange_sides: bool = False
    grid: float | None = None
    distinct: bool = False
    yaw: Literal["zero", "quarter", "free"] = "quarter"
    yaw_given: bool = True

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("room_length", 0), ("room_width", 0), ("aspect", 1), ("density", 0)):
            self._check_range(name, least)
        for name, least in (("doors", 0), ("windows", 0), ("on_top", 0)):
            if name != "on_top" or self.on_top is not None:
                self._check_range(name, least)
        for name in ("count", "doors", "windows", "on_top"):
            if not all(isinstance(value, int) for value in getattr(self, name) or ()):
                raise InputError(f"`{name}` is {getattr(self, name)!r}; it must be two whole numbers (least, greatest)")
        self._check_shapes()
        if self.room_length[0] <= 0 or self.room_width[0] <= 0:
            raise InputError("`room_length` and `room_width` must begin above 0 metres")
        if self.density[0] >= 1:
            raise InputError(f"`density` is {self.density!r}; footprints cover a share below 1 of the floor")
        for name in ("room_step", "room_height", "max_side"):
            if not 0 < as_number(getattr(self, name)) < math.inf:
                raise InputError(f"`{name}` is {getattr(self, name)!r}; it must be more than 0 metres")
        for name in ("size_step", "grid"):
            value = getattr(self, name)
            if value is not None and not 0 < as_number(value) < math.inf:
                raise InputError(f"`{name}` is {value!r}; it must be None or more than 0 metres")
        if not isinstance(self.relation_depth, int) or self.relation_depth < 0:
            raise InputError(f"`relation_depth` is {self.relation_depth!r}; it must be a whole number, 0 or more")
        if self.yaw not in ("zero", "quarter", "free"):
            raise InputError(f"`yaw` is {self.yaw!r}; allowed: 'zero', 'quarter', 'free'")
        if self.packed and self.grid is not None:
            raise InputError(
                "`packed` puts objects flush with each other, which a `grid` does not allow; give one of them"
            )
        if self.on_top is not None and (self.relation_depth < 2 or self.on_top[0] >= self.count[0]):
            raise InputError(
                f"`on_top` is {self.on_top!r}; what stands on others needs `relation_depth` 2 or more and at least "
                f"one object of `count` {self.count!r} on the floor"
            )
        if self.categories is not None:
            given = (self.categories,) if isinstance(self.categories, str) else self.categories
            if not isinstance(given, Iterable):
                raise InputError(f"`categories` is {given!r}; give names of furniture, or None")
            object.__setattr__(self, "categories", tuple(given))
            known = load_furniture().known
            for name in self.categories or ():
                if not isinstance(name, str) or name not in known:
                    raise unknown_name("category", name, known)
            if not any(known[name].on_floor for name in self.categories or ()):
                raise InputError(f"`categories` is {self.categories!r}; at least one must stand on the floor")
            if self.distinct and len(self.categories or ()) < self.count[1]:
                raise InputError(
                    f"`categories` has {len(self.categories or ())} names and `count` asks for up to {self.count[1]} "
                    "distinct ones; give more categories or set distinct=False"
                )

    def _check_shapes(self) -> None:
        given = (self.shapes,) if isinstance(self.shapes, str) else self.shapes
        shapes = tuple(given) if isinstance(given, Iterable) else ()
        if not shapes:
            raise InputError(f"`shapes` is {self.shapes!r}; give at least one of {', '.join(SHAPES)}")
        for shape in shapes:
            if shape not in SHAPES:
                raise unknown_name("shape", shape, SHAPES)
        object.__setattr__(self, "shapes", shapes)

    @property
    def is_plain(self) -> bool:
        """Whether rooms are rectangles without doors and windows, and objects stand as they come in them."""
        has_openings = self.doors[1] > 0 or self.windows[1] > 0
        is_usual = self.yaw != "free" and not self.packed and self.on_top is None
        return self.shapes == ("rectangle",) and not has_openings and is_usual

    def _check_range(self, name: str, least: float) -> None:
        value = getattr(self, name)
        try:
            low, high = value
            is_range = least <= low <= high
        except (TypeError, ValueError):
            is_range = False
        if not is_range:
            raise InputError(f"`{name}` is {value!r}; it must be (least, greatest), from {least} upwards")
        object.__setattr__(self, name, (low, high))

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict of JSON types."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> ProceduralConfig:
        """Return the config with the given options, the rest at their defaults.

        Raises:
            InputError: If an option is unknown or a value is not allowed.
        """
        known = [item.name for item in fields(cls)]
        for key in options:
            if key not in known:
                raise unknown_name("procedural option", key, known)
        return cls(**options)
