"""Numbers as callers give them."""

from __future__ import annotations

import math
from typing import SupportsFloat


def as_number(value: object) -> float:
    """Return `value` as a float, or NaN where it is no number: text, truth values, None, arrays.

    Example:
        >>> as_number(2), as_number("2")
        (2.0, nan)
    """
    if type(value) is float:
        return value
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
