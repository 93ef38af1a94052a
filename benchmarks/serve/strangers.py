"""Requests that are wrong, slow or given up, written to a socket byte by byte as no HTTP library would."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

TRIES = 50
WAIT = 0.2
SECONDS = 60.0

NOT_ANSWERED = 0
"""Status of a request that was given up, or whose connection was dropped."""


def malformed(rng: random.Random) -> bytes:
    """JSON that ends too early."""
    return post(b'{"items": [' + b" " * rng.randrange(100))


def wrong_field(rng: random.Random) -> bytes:
    """An item with a field that there is not."""
    return post(b'{"items": [{"scene": {"ref": "a"}, "txt": "b"}]}')


def bad_scene(rng: random.Random) -> bytes:
    """A room that cannot exist."""
    scene = {"format": "spatialenv/scene", "version": 1, "room": {"floor": [[0, 0]], "height": 2}, "objects": []}
    return post(json.dumps({"items": [{"scene": scene, "text": ""}]}).encode())


def too_many_items(rng: random.Random) -> bytes:
    """More items than are taken."""
    return post(json.dumps({"items": [{}] * 5000}).encode())


def deep(rng: random.Random) -> bytes:
    """JSON nested deeper than can be read."""
    return post(b"[" * 50_000)


def no_json(rng: random.Random) -> bytes:
    """Another type of content."""
    return post(b"items=1", kind="application/x-www-form-urlencoded")


def not_http(rng: random.Random) -> bytes:
    """Bytes that are no HTTP."""
    return b"\x16\x03\x01" + rng.randbytes(60).replace(b"\n", b"") + b"\r\n\r\n"


def large(rng: random.Random) -> bytes:
    """A body larger than is taken, by its stated length."""
    return post(b" " * 3 * 2**20)


def large_in_chunks(rng: random.Random) -> bytes:
    """The same without a length."""
    chunk = b" " * 2**16
    body = (f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n") * 48
    return head("Transfer-Encoding: chunked") + body + b"0\r\n\r\n"


def understated(rng: random.Random) -> bytes:
    """More than the length says."""
    return head("Content-Length: 10") + b'{"items": []}' * rng.randrange(1, 1000)


def broken_chunk(rng: random.Random) -> bytes:
    """A chunk whose length is no number."""
    return head("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n"


REFUSED: dict[Callable[[random.Random], bytes], int] = {
    malformed: 400,
    wrong_field: 422,
    bad_scene: 422,
    too_many_items: 413,
    deep: 400,
    no_json: 415,
    not_http: 400,
    large: 413,
    large_in_chunks: 413,
    understated: 400,
    broken_chunk: 400,
}
"""What is wrong, and the status that it must get."""


def head(*lines: str, kind: str = "application/json") -> bytes:
    """Return the head of a request."""
    return "\r\n".join(["POST /score HTTP/1.1", "Host: server", f"Content-Type: {kind}", *lines, "", ""]).encode()


def post(body: bytes, kind: str = "application/json") -> bytes:
    """Return a request."""
    return head(f"Content-Length: {len(body)}", kind=kind) + body


def ask(url: str, request: bytes, pieces: int = 1, pause: float = 0.0) -> tuple[int, bytes]:
    """Send a request in pieces, and again where the server has no place for it; return status and body."""
    for _ in range(TRIES):
        status, body = _ask(url, request, pieces, pause)
        if status != 503:
            return status, body
        time.sleep(WAIT)
    return status, body


def give_up(url: str, request: bytes, share: float) -> None:
    """Send a part of a request, or all of it, and hang up."""
    with _connect(url) as connection:
        connection.sendall(request[: int(len(request) * share)])


def half_close(url: str, request: bytes, seconds: float) -> None:
    """Send a request, close the way there, and leave the way back open for a while."""
    with _connect(url) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(seconds)


def _ask(url: str, request: bytes, pieces: int, pause: float) -> tuple[int, bytes]:
    with _connect(url) as connection:
        size = -(-len(request) // pieces)
        try:
            for start in range(0, len(request), size):
                if start:
                    time.sleep(pause)
                connection.sendall(request[start : start + size])
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was all sent: the answer may be there
        return _read(connection)


def _connect(url: str) -> socket.socket:
    place = urlsplit(url)
    return socket.create_connection((place.hostname or "", place.port or 0), timeout=SECONDS)


def _read(connection: socket.socket) -> tuple[int, bytes]:
    """Return status and body of the next answer."""
    received = b""
    try:
        while b"\r\n\r\n" not in received:
            received += _some(connection)
        start, _, body = received.partition(b"\r\n\r\n")
        fields: dict[str, Any] = dict(
            line.lower().split(": ", 1) for line in start.decode("latin-1").split("\r\n")[1:] if ": " in line
        )
        while len(body) < int(fields.get("content-length", 0)):
            body += _some(connection)
    except ConnectionError:
        return NOT_ANSWERED, received
    return int(start.split()[1]), body


def _some(connection: socket.socket) -> bytes:
    some = connection.recv(2**16)
    if not some:
        raise ConnectionResetError("the server hung up")
    return some
