"""How a process and its worker talk: JSON with arrays of bytes behind it, over a socket.

It needs the standard library alone and knows no other module, so that any interpreter can load it by its path. A
message is eight bytes (length of the JSON, number of blobs, four bytes each, most significant first), the JSON, and for
each blob eight bytes of length and that many bytes. What a worker prints goes elsewhere, and cannot get between.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

MAX_HEADER = 1 << 28
"""Most bytes of JSON in a message."""

MAX_BLOB = 1 << 32
"""Most bytes of one blob."""

_START = struct.Struct("!II")
_LENGTH = struct.Struct("!Q")
_PART = 1 << 20


class Writer(Protocol):
    """A socket, or what writes like one."""

    def sendall(self, data: bytes | bytearray | memoryview, /) -> None:
        """Write all of it."""


class Reader(Protocol):
    """A socket, or what reads like one."""

    def recv(self, count: int, /) -> bytes:
        """Return at most that many bytes; none when the other side is gone."""


class Message(NamedTuple):
    """What is sent at a time.

    Attributes:
        header: JSON types.
        blobs: Bytes that go with it, such as arrays.
    """

    header: dict[str, Any]
    blobs: list[bytearray]


def send(connection: Writer, header: dict[str, Any], blobs: Sequence[bytes | bytearray | memoryview] = ()) -> None:
    """Write one message.

    Raises:
        OSError: If the other side is gone, or takes nothing within the socket's time limit.

    Example:
        >>> import socket
        >>> ours, theirs = socket.socketpair()
        >>> send(ours, {"n": 1}, [b"abc"])
        >>> receive(theirs)
        Message(header={'n': 1}, blobs=[bytearray(b'abc')])
        >>> ours.close(), receive(theirs), theirs.close()
        (None, None, None)
    """
    body = json.dumps(header).encode()
    connection.sendall(_START.pack(len(body), len(blobs)) + body)
    for blob in blobs:
        view = memoryview(blob).cast("B")
        connection.sendall(_LENGTH.pack(len(view)))
        connection.sendall(view)


def receive(connection: Reader) -> Message | None:
    """Read one message; None when the other side has closed the connection, also in the middle of one.

    Raises:
        OSError: If nothing comes within the socket's time limit, or the connection breaks.
        ValueError: If what comes is no message.
    """
    start = _read(connection, _START.size)
    if start is None:
        return None
    length, count = _START.unpack(start)
    if length > MAX_HEADER:
        raise ValueError(f"a message's header claims {length} bytes; at most {MAX_HEADER} are read")
    body = _read(connection, length)
    if body is None:
        return None
    blobs = []
    for _ in range(count):
        size = _read(connection, _LENGTH.size)
        if size is None:
            return None
        claimed = _LENGTH.unpack(size)[0]
        if claimed > MAX_BLOB:
            raise ValueError(f"a blob claims {claimed} bytes; at most {MAX_BLOB} are read")
        blob = _read(connection, claimed)
        if blob is None:
            return None
        blobs.append(blob)
    header = json.loads(body)
    if not isinstance(header, dict):
        raise ValueError(f"a message's header is a {type(header).__name__}; it must be an object")
    return Message(header, blobs)


def _read(connection: Reader, count: int) -> bytearray | None:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(min(count - len(parts), _PART))
        if not part:
            return None
        parts += part
    return parts
