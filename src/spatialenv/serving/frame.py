"""How a server and its workers write to each other: a JSON object and bytes, each behind its length."""

from __future__ import annotations

import json
import struct
from asyncio import StreamReader
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")


def pack(record: dict[str, Any], body: bytes = b"") -> bytes:
    """Return a frame."""
    head = json.dumps(record).encode()
    return b"".join((_LENGTHS.pack(len(head), len(body)), head, body))


def read(file: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Return the next frame of a file, or None at its end."""
    lengths = file.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, body = _LENGTHS.unpack(lengths)
    return json.loads(file.read(head)), file.read(body)


async def receive(stream: StreamReader) -> tuple[dict[str, Any], bytes]:
    """Return the next frame of a stream.

    Raises:
        asyncio.IncompleteReadError: If the stream ends before.
    """
    head, body = _LENGTHS.unpack(await stream.readexactly(_LENGTHS.size))
    return json.loads(await stream.readexactly(head)), await stream.readexactly(body)
