"""uvicorn, set up for this server. Imports uvicorn: `spatialenv.serving.server` imports it when it is wanted."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import uvicorn

from spatialenv.errors import BackendError
from spatialenv.serving.app import make_app
from spatialenv.serving.protocol import IDLE_SECONDS, BoundedProtocol
from spatialenv.serving.queue import GRACE
from spatialenv.serving.server import url_of
from spatialenv.serving.settings import ServerSettings

_SPARE_SECONDS = 10.0
"""Time to write an answer."""


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it takes requests."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()


def run(settings: ServerSettings, token: str | None, listening: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Serve at a listening socket until a signal ends it.

    Raises:
        InputError: If a reward cannot be made.
        BackendError: If the workers cannot be started.
    """
    longest = settings.body_seconds + settings.seconds + GRACE + _SPARE_SECONDS
    protocol = type("Protocol", (BoundedProtocol,), {"busy_seconds": longest})
    config = uvicorn.Config(
        make_app(settings, token),
        loop="asyncio",
        http=protocol,
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(IDLE_SECONDS),
        timeout_graceful_shutdown=int(longest),
    )
    server = _Server(config, lambda: on_ready(url_of(listening)))
    # uvicorn raises the signal again when it is done; having ended well is no failure.
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listening])
    except SystemExit as error:  # so uvicorn ends when the application does not start
        raise BackendError("the server's workers could not be started; what they wrote above says why") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(number: int, frame: object) -> None:
    """Take a signal without ending the process."""
