from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from spatialenv.cli import serve
from spatialenv.errors import MissingExtraError
from spatialenv.serving import ServerSettings, server


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the command would serve; it serves nothing."""
    found: list[tuple[Any, ...]] = []

    def note(settings: ServerSettings, host: str, port: int, on_ready: Callable[[str], None]) -> None:
        found.append((settings, host, port))
        on_ready("http://127.0.0.1:8765")

    monkeypatch.setattr(serve, "serve_http", note)
    return found


def test_it_serves_on_loopback_with_the_limits_of_the_settings(command: Any, served: list[tuple[Any, ...]]) -> None:
    outcome = command("serve")
    assert (outcome.code, outcome.out) == (0, "Scores at http://127.0.0.1:8765 (Ctrl-C ends this)\n")
    assert served == [(ServerSettings(), "127.0.0.1", 8765)]


@pytest.mark.parametrize(
    ("host", "token", "warns"),
    [
        ("127.0.0.1", None, False),
        ("localhost", None, False),
        ("0.0.0.0", None, True),
        ("h", None, True),
        ("::", "s3cret", False),
    ],
)
def test_an_open_door_is_warned_of(
    command: Any,
    served: list[tuple[Any, ...]],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    token: str | None,
    warns: bool,
) -> None:
    if token is not None:
        monkeypatch.setenv("SPATIALENV_SERVE_TOKEN", token)
    outcome = command("serve", "--host", host)
    assert outcome.code == 0
    assert (f"warning: whoever can reach {host} may use this server" in outcome.err) == warns
    assert "s3cret" not in outcome.err + outcome.out


def test_options_reach_the_server(command: Any, served: list[tuple[Any, ...]]) -> None:
    options = "--reward physics --reward dir/mine.yaml --reward b=other.yml --host ::1 --port 0 --workers 2 --queue 3"
    limits = "--seconds 4.5 --max-items 5 --max-bytes 600 --max-objects 7"
    assert command("serve", *options.split(), *limits.split()).code == 0
    ((settings, host, port),) = served
    assert (host, port) == ("::1", 0)
    assert settings == ServerSettings(
        rewards={"physics": "physics", "mine": "dir/mine.yaml", "b": "other.yml"},
        workers=2,
        queue=3,
        seconds=4.5,
        max_items=5,
        max_bytes=600,
        max_objects=7,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reward", "a.yaml", "--reward", "b/a.yaml"], "two rewards are named 'a'; name one of them otherwise"),
        (["--reward", "colision"], "did you mean 'collision'"),
        (["--reward", "nothing.yaml"], "cannot read the reward file 'nothing.yaml'"),
        (["--seconds", "0"], "`seconds` is 0.0"),
        (["--workers", "0"], "--workers"),
        (["--port", "70000"], "--port"),
        (["--host", "no such host"], "choose another --port (0 takes a free one) or --host"),
    ],
)
def test_mistakes_exit_with_2(command: Any, options: list[str], message: str) -> None:
    outcome = command("serve", "--port", "0", *options)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_port_in_use_is_a_mistake(command: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = command("serve", "--port", taken.getsockname()[1])
    assert outcome.code == 2
    assert "cannot listen at 127.0.0.1" in outcome.err


def test_an_empty_token_is_a_mistake(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPATIALENV_SERVE_TOKEN", " ")
    assert "SPATIALENV_SERVE_TOKEN is empty" in command("serve", "--port", "0").err


@pytest.mark.parametrize("module", ["fastapi", "uvicorn"])
def test_what_is_missing_is_named(command: Any, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    def require(name: str, extra: str, what: str) -> None:
        if name == module:
            raise MissingExtraError(f"{what} needs {name}: pip install 'spatialenv[{extra}]'")

    monkeypatch.setattr(server, "require", require)
    outcome = command("serve")
    assert outcome.code == 2
    assert "pip install 'spatialenv[serve]'" in outcome.err


def test_the_help_states_the_risk_and_examples(command: Any) -> None:
    text = " ".join(command("serve", "--help").out.replace("│", " ").split())
    assert "set a token in SPATIALENV_SERVE_TOKEN, and mind that nothing is encrypted" in text
    assert "spatialenv serve --reward physics --reward mine.yaml --workers 4" in text


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_addresses_are_written_as_urls(host: str, url: str) -> None:
    listening = server.listen(host, 0)
    try:
        assert server.url_of(listening) == f"{url}{listening.getsockname()[1]}"
    finally:
        listening.close()
