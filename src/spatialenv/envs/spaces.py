"""Spaces for text that holds JSON and any language."""

from __future__ import annotations

import string
from typing import Any

from gymnasium import spaces


class UnicodeText(spaces.Text):
    """Strings of any Unicode characters up to a length, the empty one included.

    Gymnasium's own `Text` accepts letters and digits unless told otherwise, which refuses JSON.

    Args:
        max_length: Longest string that is contained.
        seed: Seed of `sample`, which draws printable ASCII.

    Example:
        >>> UnicodeText(20).contains('[{"x": 1.5}] été')
        True
    """

    def __init__(self, max_length: int, seed: int | None = None) -> None:
        super().__init__(max_length, min_length=0, charset=string.printable, seed=seed)

    def contains(self, x: Any) -> bool:
        """Return whether `x` is a string that is not too long."""
        return isinstance(x, str) and len(x) <= self.max_length

    def __repr__(self) -> str:
        return f"UnicodeText({self.max_length})"
