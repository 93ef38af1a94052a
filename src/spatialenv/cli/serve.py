"""`spatialenv serve`: scores over HTTP for trainers that run elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spatialenv.errors import InputError
from spatialenv.serving.server import DEFAULT_PORT, LOOPBACK, is_guarded
from spatialenv.serving.server import serve as serve_http
from spatialenv.serving.settings import TOKEN_VARIABLE, ServerSettings

EXAMPLES = (
    "spatialenv serve",
    "spatialenv serve --reward physics --reward mine.yaml --workers 4",
    "spatialenv serve --host 0.0.0.0 --port 9000",
)

DEFAULTS = ServerSettings()


def serve(
    reward: Annotated[
        list[str] | None,
        typer.Option(
            help="Offer this reward: a name, or a YAML file, which clients then name by its stem; NAME=FILE.yaml gives "
            "another name. May be repeated; the first is the default. Without it: every reward that needs no file, "
            "network or judge, physics first.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help=f"Address to listen at. Any other than this one lets whoever reaches the machine use it: set a token "
            f"in {TOKEN_VARIABLE}, and mind that nothing is encrypted."
        ),
    ] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=1, help="Processes that score.")] = DEFAULTS.workers,
    queue: Annotated[int, typer.Option(min=1, help="Requests that may wait; more get 503.")] = DEFAULTS.queue,
    seconds: Annotated[float, typer.Option(help="Time limit of a request; then it gets 504.")] = DEFAULTS.seconds,
    max_items: Annotated[int, typer.Option(min=1, help="Most items of a request.")] = DEFAULTS.max_items,
    max_bytes: Annotated[int, typer.Option(min=1, help="Largest request.")] = DEFAULTS.max_bytes,
    max_objects: Annotated[int, typer.Option(min=1, help="Most objects of a scene.")] = DEFAULTS.max_objects,
) -> None:
    """Score answers for trainers that run elsewhere, over HTTP, until Ctrl-C."""
    settings = ServerSettings(
        rewards=named_rewards(reward or []),
        workers=workers,
        queue=queue,
        seconds=seconds,
        max_items=max_items,
        max_bytes=max_bytes,
        max_buffered=max(DEFAULTS.max_buffered, max_bytes),
        max_objects=max_objects,
    )
    serve_http(settings, host, port, on_ready=lambda url: _tell(url, host))


def _tell(url: str, host: str) -> None:
    typer.echo(f"Scores at {url} (Ctrl-C ends this)")
    if not is_guarded(host):
        typer.echo(
            f"warning: whoever can reach {host} may use this server; set a token in {TOKEN_VARIABLE}, or use --host "
            f"{LOOPBACK}",
            err=True,
        )


def named_rewards(given: list[str]) -> dict[str, str]:
    """Return rewards by the names that clients use.

    Raises:
        InputError: If two have one name.

    Example:
        >>> named_rewards(["physics", "rewards/mine.yaml", "other=rewards/second.yaml"])
        {'physics': 'physics', 'mine': 'rewards/mine.yaml', 'other': 'rewards/second.yaml'}
    """
    named: dict[str, str] = {}
    for item in given:
        name, separator, spec = item.partition("=")
        if not separator:
            name, spec = (Path(item).stem if item.endswith((".yaml", ".yml")) else item), item
        if name in named:
            raise InputError(f"two rewards are named {name!r}; name one of them otherwise: --reward other={spec}")
        named[name] = spec
    return named
