"""Bodies of requests, read no further than is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request

from spatialenv.serving.refusal import RefusalError
from spatialenv.serving.settings import ServerSettings


class Buffers:
    """Counts the bytes of the bodies that are held at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.held = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Give a request its share, and take it back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.held

    def take(self, count: int) -> None:
        """Count more bytes, or raise a RefusalError."""
        if self.held + count > self._most:
            raise RefusalError(503, "busy", f"{self.held} bytes of requests are held already; try again later", 1)
        self.held += count


class Share:
    """The part of the buffers that one request holds."""

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers
        self.held = 0

    def take(self, count: int) -> None:
        """Count more bytes, or raise a RefusalError."""
        self._buffers.take(count)
        self.held += count


async def read(request: Request, settings: ServerSettings, share: Share) -> bytes:
    """Return the body of a request.

    A length that is too large is refused before anything is read; one that is stated too small, or not at all, does
    not help: what comes is counted.

    Raises:
        RefusalError: If it is no JSON by its type, too large, too slow, or too much with all the others.
        ClientDisconnect: If the client went away.
    """
    _check_headers(request, settings)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > settings.max_bytes:
                    raise _too_large(f"has more than {settings.max_bytes} bytes", settings)
                share.take(len(chunk))
                chunks.append(chunk)
    except TimeoutError as error:
        raise RefusalError(
            408,
            "too-slow",
            f"only {size} bytes of the body came within {settings.body_seconds:g} seconds; send it faster",
        ) from error
    return b"".join(chunks)


def _check_headers(request: Request, settings: ServerSettings) -> None:
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise RefusalError(415, "not-json", f"the Content-Type is {kind[:60]!r}; send application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusalError(415, "encoded", "the body is compressed; send it as it is")
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > settings.max_bytes:
        raise _too_large(f"has {stated} bytes", settings)


def _too_large(what: str, settings: ServerSettings) -> RefusalError:
    return RefusalError(
        413, "too-large", f"the body {what}; at most {settings.max_bytes} are taken: send several requests"
    )
