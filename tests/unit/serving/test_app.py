"""The application as a client sees it, by way of ASGI, with a worker in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import jsonschema
import pytest

from spatialenv.serving.app import make_app
from spatialenv.serving.models import message_schemas
from spatialenv.serving.process import Worker
from spatialenv.serving.refusal import Answer, Job, RefusalError
from spatialenv.serving.scorer import Scorer
from spatialenv.serving.settings import ServerSettings

SETTINGS = ServerSettings(rewards={"boundary": "boundary", "format": "format"}, queue=1, max_bytes=1000, seconds=5.0)


class InProcess:
    """A worker in this process, which begins when `free` is set."""

    def __init__(self, settings: ServerSettings) -> None:
        self._scorer = Scorer(settings)
        self.free = asyncio.Event()
        self.free.set()
        self.jobs: list[Job] = []

    has_ended = False

    async def answer(self, job: Job, seconds: float) -> Answer:
        self.jobs.append(job)
        await self.free.wait()
        return self._scorer.answer(job, seconds)

    async def close(self, *, now: bool = False) -> None:
        pass


Scenario = Callable[[httpx.AsyncClient, InProcess], Coroutine[Any, Any, None]]


def _run(scenario: Scenario, settings: ServerSettings = SETTINGS, token: str | None = None) -> None:
    async def main() -> None:
        worker = InProcess(settings)

        async def start() -> Worker:
            return worker

        app = make_app(settings, token, start)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://s") as client,
        ):
            await scenario(client, worker)

    asyncio.run(main())


def _error(response: httpx.Response) -> str:
    error = response.json()
    jsonschema.validate(error, message_schemas()["error"])
    return f"{response.status_code} {error['error']['code']} {error['error']['message']}"


def test_what_is_served(record: dict[str, Any], apart: str) -> None:
    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        response = await client.post(
            "/score", json={"items": [{"scene": {"ref": "a"}, "text": apart}], "scenes": {"a": record}}
        )
        assert (response.status_code, response.json()["items"][0]["score"]) == (200, 1.0)
        query = {"query": [apart], "prompts": [""], "labels": [record]}
        assert (await client.post("/openrlhf", json=query)).json()["rewards"] == [1.0]
        assert (await client.post("/openrlhf?reward=format", json=query)).json()["extra_logs"]["valid"] == [1.0]
        rewards = (await client.get("/rewards")).json()
        assert rewards == {"default": "boundary", "rewards": {"boundary": "boundary-1", "format": "format-1"}}
        assert (await client.get("/schema")).json() == message_schemas()
        health = (await client.get("/health")).json()
        assert health["status"] == "ok"
        assert health["answers"] == {"200": 5}
        assert health["items"] == {"scored": 3, "failed": 0}
        assert health["queue"] == {"depth": 0, "running": 0, "size": 64}

    _run(scenario, ServerSettings(rewards=SETTINGS.rewards))


def test_the_description_holds_the_requests() -> None:
    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        described = (await client.get("/openapi.json")).json()
        body = described["paths"]["/score"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body == {"$ref": "#/components/schemas/ScoreRequest"}
        references = {part.split('"')[0] for part in json.dumps(described).split('"#/components/schemas/')[1:]}
        assert references <= set(described["components"]["schemas"])
        assert {"ScoreRequest", "ItemJson", "PoseFile", "ScoreResponse", "ErrorResponse"} <= references

    _run(scenario)


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "message"),
    [
        ("GET", "/nothing", b"", {}, "404 no-endpoint GET /nothing is not served; allowed: GET /health"),
        ("GET", "/score", b"", {}, "405 no-endpoint GET /score"),
        ("POST", "/score", b"{", {}, "400 not-json"),
        ("POST", "/score", b"{}", {}, "422 invalid"),
        ("POST", "/score", b"{}", {"Content-Type": "text/plain"}, "415 not-json the Content-Type is 'text/plain'"),
        ("POST", "/score", b"{}", {"Content-Encoding": "gzip"}, "415 encoded"),
        ("POST", "/score", b" " * 1001, {}, "413 too-large the body has 1001 bytes; at most 1000"),
        ("POST", "/openrlhf", b" " * 1001, {}, "413 too-large"),
        ("POST", "/score", b" " * 9999, {"Content-Length": "10"}, "413 too-large the body has more than 1000 bytes"),
    ],
)
def test_mistakes_have_one_form(method: str, path: str, content: bytes, headers: dict[str, str], message: str) -> None:
    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        sent = {"Content-Type": "application/json", **headers}
        assert _error(await client.request(method, path, content=content, headers=sent)).startswith(message)

    _run(scenario)


def test_a_large_body_without_a_length_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 400
            yield b" " * 400

    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        response = await client.post("/score", content=endless(), headers={"Content-Type": "application/json"})
        assert _error(response).startswith("413 too-large the body has more than 1000 bytes")
        assert sent <= 2000
        assert not worker.jobs

    _run(scenario)


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        response = await client.post("/score", content=slow(), headers={"Content-Type": "application/json"})
        assert _error(response).startswith("408 too-slow only 1 bytes of the body came within 0.1 seconds")
        assert response.headers["Connection"] == "close"

    _run(scenario, ServerSettings(rewards=SETTINGS.rewards, body_seconds=0.1))


def test_bodies_together_are_limited() -> None:
    go_on = asyncio.Event()

    async def held() -> AsyncIterator[bytes]:
        yield b'{"items":' + b" " * 500
        await go_on.wait()
        yield b"[]}"

    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        headers = {"Content-Type": "application/json"}
        first = asyncio.ensure_future(client.post("/score", content=held(), headers=headers))
        await asyncio.sleep(0.05)
        content = b'{"items": []}' + b" " * 600
        refused = await client.post("/score", content=content, headers=headers)
        assert _error(refused).startswith("503 busy 509 bytes of requests are held already")
        go_on.set()
        assert (await first).status_code == 200
        assert (await client.post("/score", content=content, headers=headers)).status_code == 200

    _run(scenario, ServerSettings(rewards=SETTINGS.rewards, max_bytes=1000, max_buffered=1000))


def test_a_full_queue_answers_503() -> None:
    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        worker.free.clear()
        taken = [asyncio.ensure_future(client.post("/score", json={"items": []})) for _ in range(2)]
        await asyncio.sleep(0.05)
        health = (await client.get("/health")).json()
        assert health["queue"] == {"depth": 1, "running": 1, "size": 1}
        refused = await client.post("/score", json={"items": []})
        assert _error(refused).startswith("503 busy 1 requests wait already")
        assert refused.headers["Retry-After"] == str(refused.json()["error"]["retry_after"]) == "1"
        worker.free.set()
        assert [response.status_code for response in await asyncio.gather(*taken)] == [200, 200]

    _run(scenario)


def test_what_takes_too_long_answers_504() -> None:
    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        worker.free.clear()
        first = asyncio.ensure_future(client.post("/score", json={"items": []}))
        await asyncio.sleep(0.05)
        assert _error(await client.post("/score", json={"items": []})).startswith("504 too-slow the request waited")
        worker.free.set()
        await first

    _run(scenario, ServerSettings(rewards=SETTINGS.rewards, seconds=0.3))


def test_a_client_that_leaves_leaves_the_queue() -> None:
    async def main() -> None:
        worker = InProcess(SETTINGS)
        worker.free.clear()

        async def start() -> Worker:
            return worker

        app = make_app(SETTINGS, None, start)
        sent: list[Any] = []
        leave = asyncio.Event()

        def receiver(leaves: bool) -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
            messages = iter([{"type": "http.request", "body": b'{"items": []}'}])

            async def receive() -> dict[str, Any]:
                found = next(messages, None)
                if found is None:
                    await (leave if leaves else asyncio.Event()).wait()
                return found or {"type": "http.disconnect"}

            return receive

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/score",
            "raw_path": b"/score",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "http_version": "1.1",
            "root_path": "",
        }
        async with app.router.lifespan_context(app):
            service = app.state.service
            stays = asyncio.ensure_future(app(dict(scope), receiver(False), send))
            await asyncio.sleep(0.02)
            leaves = asyncio.ensure_future(app(dict(scope), receiver(True), send))
            await asyncio.sleep(0.02)
            assert (service.queue.running, service.queue.depth) == (1, 1)
            leave.set()
            await leaves
            assert service.queue.depth == 0
            worker.free.set()
            await stays
            assert len(worker.jobs) == 1
            assert service.statuses == {499: 1, 200: 1}

    asyncio.run(main())


def test_a_token_is_asked_of_everything_but_health(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        assert (await client.get("/health")).status_code == 200
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Basic s3cret"},
            {"Authorization": "s3cret"},
        ):
            for method, path in (
                ("POST", "/score"),
                ("GET", "/rewards"),
                ("GET", "/openapi.json"),
                ("GET", "/nothing"),
            ):
                refused = await client.request(method, path, headers=headers)
                assert _error(refused).startswith("401 token")
                assert refused.headers["WWW-Authenticate"] == "Bearer"
                assert "s3cret" not in refused.text
        right = {"Authorization": "Bearer s3cret"}
        assert (await client.post("/score", json={"items": []}, headers=right)).status_code == 200

    _run(scenario, token="s3cret")
    assert "s3cret" not in caplog.text


def test_errors_of_workers_reach_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: InProcess, job: Job, seconds: float) -> Answer:
        refusal = RefusalError(502, "backend", "SimulationError: it stopped")
        return Answer(502, refusal.body())

    monkeypatch.setattr(InProcess, "answer", fail)

    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        assert _error(await client.post("/score", json={})) == "502 backend SimulationError: it stopped"

    _run(scenario)


def test_a_slash_too_many_is_no_endpoint_and_redirects_nowhere() -> None:
    async def scenario(client: httpx.AsyncClient, worker: InProcess) -> None:
        answer = await client.post("/score/", json={}, headers={"Host": "elsewhere"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no-endpoint")
        assert "location" not in answer.headers

    _run(scenario)
