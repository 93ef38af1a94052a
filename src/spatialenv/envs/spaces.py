"""The spaces of the environment: text that holds JSON and any language, and observations."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from gymnasium import spaces

MAX_TEXT = 1_000_000
"""Longest text of an observation or an answer."""

MAX_SAMPLE = 256
"""Longest string that `UnicodeText.sample` draws unless a mask says otherwise."""


class UnicodeText(spaces.Text):
    """Strings of any Unicode characters up to a length, the empty one included.

    Gymnasium's own `Text` accepts letters and digits unless told otherwise, which refuses JSON.

    Args:
        max_length: Longest string that is contained.
        seed: Seed of `sample`, which draws at most `MAX_SAMPLE` printable ASCII characters.

    Example:
        >>> UnicodeText(20).contains('[{"x": 1.5}] été')
        True
    """

    def __init__(self, max_length: int, seed: int | None = None) -> None:
        super().__init__(max_length, min_length=0, charset=string.printable, seed=seed)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """Return a random string; see gymnasium's `Text.sample` for `mask` and `probability`."""
        if mask is None and probability is None:
            mask = (int(self.np_random.integers(min(self.max_length, MAX_SAMPLE) + 1)), None)
        return str(super().sample(mask, probability))

    def contains(self, x: Any) -> bool:
        """Return whether `x` is a string that is not too long."""
        return isinstance(x, str) and len(x) <= self.max_length

    def __repr__(self) -> str:
        return f"UnicodeText({self.max_length})"


def make_observation_space(size: tuple[int, int], views: int, max_turns: int) -> spaces.Dict:
    """Return the space of observations: pictures of `size` (width, height), `views` of them side by side."""
    return spaces.Dict(
        {
            "image": spaces.Box(0, 255, (size[1], size[0] * views, 3), np.uint8),
            "prompt": UnicodeText(MAX_TEXT),
            "feedback": UnicodeText(MAX_TEXT),
            "turn": spaces.Discrete(max_turns + 1),
        }
    )
