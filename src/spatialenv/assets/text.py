"""Limits of text files."""

from __future__ import annotations

import io

from spatialenv.errors import AssetError

MAX_LINES = 8_000_000
"""Most lines of a text file."""

MAX_LINE = 1 << 20
"""Most bytes of a line."""


def check_lines(content: bytes) -> None:
    """Refuse a text of too many or too long lines.

    Raises:
        AssetError: If there are too many, or one is too long; the message ends a sentence.
    """
    count = content.count(b"\n")
    if count > MAX_LINES:
        raise AssetError(f"has {count} lines; at most {MAX_LINES} are read: simplify it")
    longest = max(map(len, io.BytesIO(content)), default=0)
    if longest > MAX_LINE:
        raise AssetError(f"has a line of {longest} bytes; at most {MAX_LINE} are read: export it again")
