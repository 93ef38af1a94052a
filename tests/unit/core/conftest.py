"""What the tests of reading answers share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

PUBLISHED = re.compile(r"\s*<think>.*?</think>\s*<answer>.*?</answer>\s*", re.DOTALL)


@pytest.fixture(scope="session")
def published_level() -> Callable[[str, int], float]:
    """The published rule of the format level, for a text and a number of objects, written as plainly as possible."""

    def level(text: str, n: int) -> float:
        if not PUBLISHED.fullmatch(text):
            return 0.0
        content = re.search(r"<answer>\s*(.*?)\s*</answer>", text, re.DOTALL)
        assert content is not None
        try:
            value = json.loads(content.group(1))
            return 1.0 if len(value) == n else 0.5
        except (ValueError, TypeError, RecursionError):
            return 0.1

    return level
