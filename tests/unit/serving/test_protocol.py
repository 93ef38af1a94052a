"""Connections that drag something out, at a listening socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from spatialenv.serving import protocol
from spatialenv.serving.protocol import BoundedProtocol

POST = b"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 2\r\n\r\n"


class Impatient(BoundedProtocol):
    """Gives a request little time."""

    busy_seconds = 0.3


async def _application(scope: Any, receive: Any, send: Any) -> None:
    """Answer ``/`` at once with what came, ``/early`` without reading, ``/large`` with much, ``/never`` never."""
    body = b""
    if scope["path"] == "/never":
        await asyncio.sleep(60)
    if scope["path"] == "/large":
        body = b"x" * 2**26
    if scope["path"] == "/":
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Scenario = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def _run(scenario: Scenario) -> None:
    """Play a scenario on a connection to a server."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        config = uvicorn.Config(_application, http=Impatient, ws="none", lifespan="off", log_level="critical")
        config.load()
        state = ServerState()
        server = await loop.create_server(lambda: Impatient(config, state, {}, loop), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.wait_for(scenario(reader, writer), 20)
            finally:
                writer.transport.abort()
                for task in list(state.tasks):
                    task.cancel()
                await asyncio.sleep(0.01)
            assert not state.connections

    asyncio.run(main())


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().split("content-length: ")[1].split()[0])
    return int(head.split()[1]), await reader.readexactly(length)


async def _is_dropped(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


@pytest.fixture(autouse=True)
def _short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "IDLE_SECONDS", 0.2)


def test_a_connection_may_ask_often() -> None:
    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(8):
            writer.write(POST + b"ab")
            assert await _answer(reader) == (200, b"ab")
            await asyncio.sleep(0.06)

    _run(scenario)


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost:", POST + b"ab" + b"POST / HT"])
def test_a_head_that_does_not_end_is_dropped(sent: bytes) -> None:
    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        if sent.startswith(POST):
            assert await _answer(reader) == (200, b"ab")
        dropped = asyncio.ensure_future(_is_dropped(reader))
        for _ in range(20):
            writer.write(b"x")  # bytes that come now and then do not help
            await asyncio.sleep(0.05)
        assert dropped.done()

    _run(scenario)


@pytest.mark.parametrize("path", [b"/", b"/never"])
def test_a_request_that_takes_too_long_is_dropped(path: bytes) -> None:
    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(POST.replace(b"/", path, 1))
        assert await _is_dropped(reader)

    _run(scenario)


def test_an_answer_that_nobody_reads_is_dropped() -> None:
    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /large HTTP/1.1\r\nHost: s\r\n\r\n")
        await asyncio.sleep(1.0)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await _answer(reader)

    _run(scenario)


def test_what_goes_on_after_the_answer_is_read_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "DRAINED_BYTES", 100_000)

    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"POST /early HTTP/1.1\r\nHost: s\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % 50_000)
        assert await _answer(reader) == (200, b"")
        writer.write(b" " * 50_000 + POST + b"ab")
        assert await _answer(reader) == (200, b"ab")
        writer.write(head % 10_000_000)
        assert await _answer(reader) == (200, b"")
        writer.write(b" " * 5_000_000)
        assert await _is_dropped(reader)

    _run(scenario)


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\r\n\r\n", b"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]
)
def test_what_is_no_http_is_answered_in_our_form(sent: bytes) -> None:
    async def scenario(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        status, body = await _answer(reader)
        assert (status, json.loads(body)["error"]["code"]) == (400, "not-http")
        assert await reader.read() == b""

    _run(scenario)
