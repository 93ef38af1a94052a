"""Lines of text files, within limits."""

from __future__ import annotations

import io
from collections.abc import Iterator

from spatialenv.errors import AssetError

MAX_LINES = 8_000_000
"""Most lines of a text file."""

MAX_LINE = 1 << 20
"""Most bytes of a line."""


def text_lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines of a text.

    Raises:
        AssetError: If there are too many, or one is too long; the message ends a sentence.
    """
    count = content.count(b"\n")
    if count > MAX_LINES:
        raise AssetError(f"has {count} lines; at most {MAX_LINES} are read: simplify it")
    for line in io.BytesIO(content):
        if len(line) > MAX_LINE:
            raise AssetError(f"has a line of {len(line)} bytes; at most {MAX_LINE} are read: export it again")
        yield line
