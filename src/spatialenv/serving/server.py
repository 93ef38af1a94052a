"""Run a server."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable

from spatialenv.errors import InputError, require
from spatialenv.serving.settings import TOKEN_VARIABLE, ServerSettings, check_token

DEFAULT_PORT = 8765
LOOPBACK = "127.0.0.1"


def serve(
    settings: ServerSettings,
    host: str = LOOPBACK,
    port: int = DEFAULT_PORT,
    on_ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve scores over HTTP until the process is told to end (SIGTERM, Ctrl-C).

    Requests that were accepted are then answered first. A token that the environment variable
    `SPATIALENV_SERVE_TOKEN` holds is asked of every client.

    Args:
        settings: What is offered, and the limits.
        host: Address to listen at. Any other than a loopback address lets everybody who can reach the machine use its
            processors, unless there is a token; what is sent, the token too, is not encrypted.
        port: Port to listen at; 0 takes a free one.
        on_ready: Called with the server's URL once requests are taken.

    Raises:
        MissingExtraError: If FastAPI or uvicorn is not installed.
        InputError: If a reward cannot be made, the address cannot be had or the token cannot be sent.
        BackendError: If the workers cannot be started.
    """
    require("fastapi", "serve", "the server")
    require("uvicorn", "serve", "the server")
    from spatialenv.serving.running import run

    token = os.environ.get(TOKEN_VARIABLE)
    if token is not None:
        token = check_token(token)
    listening = listen(host, port)
    try:
        run(settings, token, listening, on_ready)
    finally:
        listening.close()


def is_guarded(host: str) -> bool:
    """Return whether only this machine reaches an address, or clients need a token.

    Example:
        >>> is_guarded("127.0.0.1"), is_guarded("::1"), is_guarded("localhost")
        (True, True, True)
    """
    if os.environ.get(TOKEN_VARIABLE) is not None or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Raises:
        InputError: If it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise InputError(
            f"cannot listen at {host}:{port}: {getattr(error, 'strerror', None) or error}; choose another --port "
            "(0 takes a free one) or --host"
        ) from error
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
