"""HTTP connections that end: uvicorn's protocol with a limit on whatever a peer can drag out.

Imports uvicorn: import it where a server is made (`spatialenv.serving.server`).
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from spatialenv.serving.refusal import RefusalError

IDLE_SECONDS = 30.0
"""Time within which the head of a request must have come, counted from the connection or the last answer."""

DRAINED_BYTES = 32 * 2**20
"""What is still read, and thrown away, of a body that was refused, so that the client sees the answer."""


class BoundedProtocol(H11Protocol):
    """A connection that is dropped when a request takes too long from its head to the end of its answer.

    The application limits the body and the work; this limits the rest: heads that never end, bodies that go on after
    they were refused, answers that nobody reads. What is no HTTP is answered in the form of our errors.

    Attributes:
        busy_seconds: Time from the head of a request to the end of its answer.
    """

    busy_seconds = 120.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._since = self.loop.time()
        self._last_cycle: object = None
        self._was_busy = False
        self._idle_bytes = 0
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch a connection."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch it no more."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if not self._is_busy():
            self._idle_bytes += len(data)
            if self._idle_bytes > DRAINED_BYTES:
                self.transport.abort()
                return
        super().data_received(data)
        self._mark()

    def on_response_complete(self) -> None:
        """Count the time until the next request."""
        super().on_response_complete()
        self._mark()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and hang up."""
        if self._is_busy():  # the application must not answer as well
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        content = RefusalError(400, "not-http", f"{msg} Send HTTP/1.1 with a body of the stated length").body()
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n"
        self.transport.write(f"{head}connection: close\r\n\r\n".encode() + content)
        self.transport.close()

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _mark(self) -> None:
        """Begin to count anew where a request has begun, or ended, since the last look."""
        is_busy = self._is_busy()
        if is_busy != self._was_busy or self.cycle is not self._last_cycle:
            self._was_busy, self._last_cycle = is_busy, self.cycle
            self._since, self._idle_bytes = self.loop.time(), 0

    def _look(self) -> None:
        """Drop the connection when its time is over, else look again then."""
        self._mark()
        limit = self.busy_seconds if self._was_busy else IDLE_SECONDS
        left = self._since + limit - self.loop.time()
        if left <= 0:
            self.transport.abort()
        else:
            self._watch = self.loop.call_later(min(left, IDLE_SECONDS), self._look)
