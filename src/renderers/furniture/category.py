"""What a category of furniture is: a name, a design, and the sizes that it is made for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from spatialenv.renderers.furniture.builder import Builder, Size


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of furniture.

    Attributes:
        name: Its name.
        design: Adds its parts to a builder.
        also: Other wordings; what several categories claim belongs to the first.
        least: Least size that its design is made for, in metres: what is smaller is drawn as a small model of that.
        most: Greatest size that its design is made for, in metres.
    """

    name: str
    design: Callable[[Builder], None]
    also: tuple[str, ...] = ()
    least: Size = (0.0, 0.0, 0.0)
    most: Size = (math.inf, math.inf, math.inf)
