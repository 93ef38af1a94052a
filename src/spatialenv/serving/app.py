"""The HTTP application. Imports FastAPI: import it where a server is made (`spatialenv.serving.server`)."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import metadata
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spatialenv.serving import body
from spatialenv.serving.models import (
    ErrorResponse,
    OpenRLHFRequest,
    OpenRLHFResponse,
    ScoreRequest,
    ScoreResponse,
    message_schemas,
)
from spatialenv.serving.offer import Offer, open_rewards
from spatialenv.serving.process import Worker, WorkerProcess
from spatialenv.serving.queue import WorkQueue
from spatialenv.serving.refusal import Job, RefusalError
from spatialenv.serving.settings import ServerSettings

OPEN_PATHS = ("/health",)
"""What is answered without a token: it says nothing of the requests."""

CLIENT_GONE = 499
"""Counted for clients that went away before their answer; nobody receives it."""


def make_app(
    settings: ServerSettings,
    token: str | None = None,
    start_worker: Callable[[], Awaitable[Worker]] | None = None,
) -> FastAPI:
    """Return the application; its workers run from the start of its lifespan to the end.

    Args:
        settings: What is offered, and the limits.
        token: What clients must send as bearer token; None asks for none.
        start_worker: Starts what scores; a process where None.

    Raises:
        InputError: If a reward cannot be made.
    """
    service = Service(settings, token, start_worker or (lambda: WorkerProcess.start(settings)))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.queue.open()
        yield
        await service.queue.close()

    app = FastAPI(
        title="spatialenv serve",
        version=metadata.version("spatialenv"),
        lifespan=lifespan,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name what the client calls this host
    )
    app.state.service = service
    app.add_middleware(Guard, service=service)
    app.add_exception_handler(HTTPException, service.on_http_error)
    errors: dict[int | str, dict[str, Any]] = {
        code: {"model": ErrorResponse} for code in (400, 401, 408, 413, 415, 422, 500, 502, 503, 504)
    }
    app.get("/health", summary="Whether the server works, and how busy it is")(service.health)
    app.get("/rewards", summary="Rewards that requests may name, with their versions")(service.rewards)
    app.get("/schema", summary="JSON Schemas of requests and responses")(service.schema)
    for path, handler, asked, answered, summary in (
        ("/score", service.score, ScoreRequest, ScoreResponse, "Score answers"),
        ("/openrlhf", service.openrlhf, OpenRLHFRequest, OpenRLHFResponse, "Score as a remote reward of OpenRLHF"),
    ):
        app.post(
            path,
            summary=summary,
            response_class=JSONResponse,
            responses={200: {"model": answered}, **errors},
            openapi_extra={"requestBody": _request_body(asked.__name__)},
        )(handler)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


class Service:
    """What the endpoints do.

    Attributes:
        queue: Where requests wait for workers.
        statuses: Answers by HTTP status.
        items: Items by what became of them.
    """

    def __init__(
        self, settings: ServerSettings, token: str | None, start_worker: Callable[[], Awaitable[Worker]]
    ) -> None:
        self._settings = settings
        self._token = None if token is None else token.encode()
        self._offer = Offer(open_rewards(settings.rewards))
        self._started = time.monotonic()
        self._buffers = body.Buffers(settings.max_buffered)
        self.queue = WorkQueue(start_worker, workers=settings.workers, size=settings.queue, seconds=settings.seconds)
        self.statuses: Counter[int] = Counter()
        self.items: Counter[str] = Counter()

    def may_ask(self, path: str, authorization: str) -> bool:
        """Return whether a request with this header may ask for a path."""
        if self._token is None or path in OPEN_PATHS:
            return True
        kind, _, given = authorization.partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), self._token)

    async def health(self) -> dict[str, Any]:
        """Return how the server is."""
        return {
            "status": "ok",
            "version": metadata.version("spatialenv"),
            "uptime": round(time.monotonic() - self._started, 3),
            "workers": self._settings.workers,
            "restarts": self.queue.restarts,
            "queue": {"depth": self.queue.depth, "running": self.queue.running, "size": self._settings.queue},
            "answers": {str(status): count for status, count in sorted(self.statuses.items())},
            "items": {"scored": self.items["scored"], "failed": self.items["failed"]},
        }

    async def rewards(self) -> dict[str, Any]:
        """Return the rewards by name."""
        return {"default": self._offer.default, "rewards": self._offer.versions()}

    async def schema(self) -> dict[str, Any]:
        """Return the JSON Schemas."""
        return message_schemas()

    async def score(self, request: Request) -> Response:
        """Answer a request of ours."""
        return await self._work(request, "score")

    async def openrlhf(self, request: Request) -> Response:
        """Answer a request of OpenRLHF."""
        return await self._work(request, "openrlhf")

    async def on_http_error(self, request: Request, error: Exception) -> Response:
        """Answer what no endpoint takes."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        paths = "GET /health, /rewards, /schema, /openapi.json; POST /score, /openrlhf"
        return _refuse(
            RefusalError(status, "no-endpoint", f"{request.method} {request.url.path} is not served; allowed: {paths}")
        )

    async def _work(self, request: Request, form: str) -> Response:
        with self._buffers.share() as share:
            try:
                content = await body.read(request, self._settings, share)
                return await self._answered(request, Job(form, dict(request.query_params), content))
            except RefusalError as refusal:
                return _refuse(refusal)
            except ClientDisconnect:
                return Response(status_code=CLIENT_GONE)

    async def _answered(self, request: Request, job: Job) -> Response:
        """Return the answer to a job, or drop it when the client goes away while it waits."""
        work = asyncio.ensure_future(self.queue.submit(job))
        gone = asyncio.ensure_future(request.receive())  # after the whole body only a disconnect can come
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not work.done():
                work.cancel()
        if work.cancelled() or not work.done():
            raise ClientDisconnect
        answer = work.result()
        self.items["scored"] += answer.items - answer.failures
        self.items["failed"] += answer.failures
        return Response(answer.body, answer.status, media_type="application/json")


class Guard:
    """Refuses what has no right token, and counts every answer."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._service.statuses[message["status"]] += 1
            await send(message)

        app = self._app
        if not self._service.may_ask(scope["path"], Headers(scope=scope).get("authorization", "")):
            wrong = "the bearer token is missing or wrong; send Authorization: Bearer"
            app = _refuse(RefusalError(401, "token", wrong))
        await app(scope, receive, counted)


def _refuse(refusal: RefusalError) -> Response:
    headers = {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.status == 408:
        headers["Connection"] = "close"
    return Response(refusal.body(), refusal.status, headers, media_type="application/json")


def _request_body(name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"required": True, "content": content}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description with the requests, whose bodies the endpoints read themselves."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    described = FastAPI.openapi(app)
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    for model in (ScoreRequest, OpenRLHFRequest):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    return described
