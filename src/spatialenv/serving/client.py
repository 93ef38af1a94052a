"""Ask a server for scores."""

from __future__ import annotations

import json
import math
import os
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from spatialenv import errors
from spatialenv.core.layout import Layout, LayoutLike
from spatialenv.core.parse import Mode, YawMode
from spatialenv.core.scene import Scene
from spatialenv.core.schema import VERSION, SceneFile
from spatialenv.errors import BackendError, InputError, ServerError, require
from spatialenv.formats.native import poses_to_json, scene_to_json
from spatialenv.serving.settings import TOKEN_VARIABLE, check_token

if TYPE_CHECKING:
    import httpx

FIRST_WAIT = 0.1
LONGEST_WAIT = 20.0
"""Seconds between two tries: doubled from the first to the longest, each times a random 0.5 to 1."""

_OPENED = ("_http", "_httpx", "_closed", "_lock")
"""Attributes that are made anew when a client is unpickled."""

Include = Literal["violations", "details"]


@dataclass(frozen=True, slots=True)
class RemoteScore:
    """What a server found for one item.

    Attributes:
        score: The reward, or None where `failure` says why there is none.
        components: The values of the reward's parts by name.
        per_object: A value an object by its id, None for those not placed; None when it does not divide.
        issues: What was wrong or repaired in the text: ``code``, ``message``, ``object_id``.
        version: Version of the reward's definition.
        failure: The failure of a judge, a simulation, ...: never to be taken for a score of 0.
        violations: What lowers the score, where it was asked for.
        details: What else the reward says, where it was asked for.
    """

    score: float | None
    components: Mapping[str, float | None]
    per_object: Mapping[str, float | None] | None
    issues: Sequence[Mapping[str, Any]]
    version: str
    failure: BackendError | None
    violations: Sequence[Mapping[str, Any]] | None = None
    details: Mapping[str, Any] | None = None


class ScoreClient:
    """Asks a server that `spatialenv serve` runs for scores; may be used by several threads at a time.

    A request that the server has no place for (503), or whose connection broke, is sent again after a while that grows
    and is at least what the server asks for. Scoring changes nothing on the server, so that a request sent twice
    does no harm; of each item exactly one answer is returned, at the item's place.

    Args:
        url: Where the server is.
        reward: Name of a reward that it offers, or a sum, gate or clip of such; None for its default.
        yaw: ``"free"`` when answers may state the yaw, as in `spatialenv.parse_answer`.
        mode: ``"lenient"`` or ``"strict"`` reading of texts.
        include: What else is wanted: ``"violations"``, ``"details"``.
        retries: Further tries of a request.
        timeout: Seconds that one try may take.
        max_items: Most items of a request; more are sent in several.
        max_bytes: Largest request, for the same.
        token: Bearer token; None for what the environment variable `SPATIALENV_SERVE_TOKEN` holds.

    Attributes:
        url: Where the server is.
        include: What else is wanted.
        retried: How many tries were followed by another.

    Raises:
        InputError: If an argument is not allowed.
        MissingExtraError: If httpx is not installed.

    Example:
        >>> from spatialenv.serving import ScoreClient
        >>> with ScoreClient("http://127.0.0.1:8765") as client:  # doctest: +SKIP
        ...     client.score(scene, text).score
        0.87
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8765",
        *,
        reward: str | Mapping[str, Any] | None = None,
        yaw: YawMode = "fixed",
        mode: Mode = "lenient",
        include: Sequence[Include] = (),
        retries: int = 8,
        timeout: float = 60.0,
        max_items: int = 256,
        max_bytes: int = 4 * 2**20,
        token: str | None = None,
    ) -> None:
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise InputError(f"`url` is {url!r}; it must begin with http:// or https://")
        for name, value, least in (("retries", retries, 0), ("max_items", max_items, 1), ("max_bytes", max_bytes, 1)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"`{name}` is {value!r}; it must be a whole number of at least {least}")
        if not 0 < timeout < math.inf:
            raise InputError(f"`timeout` is {timeout!r}; it must be a finite number above 0 seconds")
        self.url = url.rstrip("/")
        self.include = tuple(include)
        self.retried = 0
        self._asked: dict[str, Any] = {"reward": reward, "yaw": yaw, "mode": mode, "include": list(include)}
        self._retries = retries
        self._timeout = timeout
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._open(token)

    def score(self, scene: Scene | Mapping[str, Any], answer: str | LayoutLike) -> RemoteScore:
        """Return the score of one answer.

        Args:
            scene: The scene, or the JSON of a scene file.
            answer: What a model wrote, or a layout.

        Raises:
            InputError: If the server refuses the request as wrong.
            BackendError: If there is no score: the item failed, or (ServerError) the server did.
        """
        found = self.score_batch([(scene, answer)])[0]
        if found.failure is not None:
            raise found.failure
        return found

    def score_batch(self, items: Sequence[tuple[Scene | Mapping[str, Any], str | LayoutLike]]) -> list[RemoteScore]:
        """Return the score of each answer to its scene, in order.

        A scene that several items share is sent once a request. An item that failed has its `failure`.

        Raises:
            InputError: If the server refuses a request as wrong; nothing is then returned.
            ServerError: If the server cannot be reached, or fails.
        """
        return self.post([(scene, _answer_record(answer)) for scene, answer in items])

    def post(self, items: Sequence[tuple[Scene | Mapping[str, Any], Mapping[str, Any]]]) -> list[RemoteScore]:
        """Return the scores of items given as in the server's schema, each beside its scene."""
        found: list[RemoteScore] = []
        for body, count in self._requests(items):
            answered = self._field(self.send(body), "items")
            if not isinstance(answered, list) or len(answered) != count:
                number = len(answered) if isinstance(answered, list) else "none"
                raise ServerError(f"the server at {self.url} answered {number} of {count} items")
            try:
                found += [_read_item(item) for item in answered]
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise self._strange(f"an item that cannot be read ({type(error).__name__}: {error})") from error
        return found

    def reward(self) -> tuple[str, str]:
        """Return name and version of the reward that this client asks for."""
        answered = self.send(json.dumps({**self._asked, "items": []}))
        return str(self._field(answered, "reward")), str(self._field(answered, "version"))

    def health(self) -> dict[str, Any]:
        """Return how the server is."""
        return self._try("GET", "/health", None)

    def rewards(self) -> dict[str, Any]:
        """Return the rewards that the server offers: ``default``, and ``rewards``, their versions by name."""
        return self._try("GET", "/rewards", None)

    def send(self, body: str) -> dict[str, Any]:
        """Return the answer to a request in the server's own form, tried again where that may help."""
        return self._try("POST", "/score", body)

    def close(self) -> None:
        """Close the connections; requests that wait for another try fail."""
        self._closed.set()
        self._http.close()

    def __enter__(self) -> ScoreClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the connections and the token, which is read from the environment again."""
        return {name: value for name, value in vars(self).items() if name not in _OPENED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open(None)

    def _open(self, token: str | None) -> None:
        self._httpx = require("httpx", "serve", "ScoreClient")
        secret = token or os.environ.get(TOKEN_VARIABLE)
        headers = {"Authorization": f"Bearer {check_token(secret)}"} if secret else {}
        # Proxies of the environment are left alone: they are seldom meant for a server within a cluster.
        self._http: httpx.Client = self._httpx.Client(timeout=self._timeout, headers=headers, trust_env=False)
        self._closed = threading.Event()
        self._lock = threading.Lock()

    def _requests(
        self, items: Sequence[tuple[Scene | Mapping[str, Any], Mapping[str, Any]]]
    ) -> Iterator[tuple[str, int]]:
        """Yield bodies and how many items each has, as few as the limits allow."""
        head = json.dumps(self._asked)[:-1]
        texts: dict[int, str] = {}
        scenes: dict[str, str] = {}
        parts: list[str] = []
        size = len(head)
        for scene, record in items:
            text = texts.get(id(scene)) or texts.setdefault(id(scene), _scene_text(scene))
            part = json.dumps({"scene": {"ref": scenes.get(text, str(len(scenes)))}, **record})
            more = len(part) + 2 + (0 if text in scenes else len(text) + 12)
            if parts and (len(parts) == self._max_items or size + more > self._max_bytes):
                yield _body(head, scenes, parts), len(parts)
                scenes, parts, size = {}, [], len(head)
                part = json.dumps({"scene": {"ref": "0"}, **record})
                more = len(part) + len(text) + 14
            scenes.setdefault(text, str(len(scenes)))
            parts.append(part)
            size += more
        if parts:
            yield _body(head, scenes, parts), len(parts)

    def _try(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        headers = {} if body is None else {"Content-Type": "application/json"}
        problem = ""
        for number in range(self._retries + 1):
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2**number) * random.uniform(0.5, 1.0)
            try:
                response = self._exchange(method, path, body, headers)
            except self._httpx.ReadTimeout as error:
                raise ServerError(
                    f"the server at {self.url} gave no answer within {self._timeout:g} seconds"
                ) from error
            except self._httpx.TransportError as error:
                problem = f"cannot be reached: {type(error).__name__}: {error}"
            except self._httpx.RequestError as error:
                raise self._strange(f"what cannot be read ({type(error).__name__}: {error})") from error
            else:
                if response.status_code != 503:
                    return self._read(response)
                problem = f"is busy: {_message(response)}"
                asked = response.headers.get("Retry-After", "")
                wait = max(wait, min(LONGEST_WAIT, float(asked))) if asked.isdecimal() else wait
            if number < self._retries:
                with self._lock:
                    self.retried += 1
                if self._closed.wait(wait):
                    raise ServerError(f"the client of {self.url} was closed; the server {problem}")
        raise ServerError(f"the server at {self.url} {problem} ({self._retries + 1} tries)")

    def _exchange(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> httpx.Response:
        """Return a response; httpx limits the time for each piece of it, this the time for all of them."""
        if self._closed.is_set():
            raise ServerError(f"the client of {self.url} is closed; make another")
        until = time.monotonic() + self._timeout
        pieces = []
        with self._http.stream(method, self.url + path, content=body, headers=headers) as response:
            for piece in response.iter_bytes():
                pieces.append(piece)
                if time.monotonic() > until:
                    raise self._httpx.ReadTimeout("the answer does not end")
        asked = response.headers.get("Retry-After", "")
        headers = {"Retry-After": asked} if asked.isascii() else {}
        whole: httpx.Response = self._httpx.Response(response.status_code, headers=headers, content=b"".join(pieces))
        return whole

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        if 400 <= response.status_code < 500 and response.status_code != 408:
            raise InputError(f"the server at {self.url} refuses this ({response.status_code}): {_message(response)}")
        if response.status_code != 200:
            raise ServerError(f"the server at {self.url} failed ({response.status_code}): {_message(response)}")
        try:
            answered = response.json()
        except (ValueError, RecursionError) as error:
            raise ServerError(f"what {self.url} answers is not JSON; is it a server of spatialenv?") from error
        if not isinstance(answered, dict):
            raise self._strange(f"{type(answered).__name__} in place of an object")
        return answered

    def _field(self, answered: Mapping[str, Any], name: str) -> Any:
        if name not in answered:
            raise self._strange(f"no {name!r}")
        return answered[name]

    def _strange(self, what: str) -> ServerError:
        return ServerError(f"the server at {self.url} answers {what}; is it a server of spatialenv, of this version?")


def scene_record(scene: Scene) -> dict[str, Any]:
    """Return what a scene file holds."""
    return {"format": SceneFile.name, "version": VERSION, **scene_to_json(scene)}


def _scene_text(scene: Scene | Mapping[str, Any]) -> str:
    return json.dumps(scene_record(scene) if isinstance(scene, Scene) else scene)


def _answer_record(answer: str | LayoutLike) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"text": answer}
    return {"layout": poses_to_json(Layout.of(answer))}


def _body(head: str, scenes: Mapping[str, str], parts: Sequence[str]) -> str:
    by_key = ", ".join(f'"{key}": {text}' for text, key in scenes.items())
    return f'{head}, "scenes": {{{by_key}}}, "items": [{", ".join(parts)}]}}'


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return " ".join(response.text[:200].split())


def _read_item(item: Mapping[str, Any]) -> RemoteScore:
    failure, score = item["failure"], item["score"]
    if (score is None) == (failure is None):
        raise ValueError("neither a score nor a failure, or both")
    return RemoteScore(
        None if score is None else float(score),
        item["components"],
        item["per_object"],
        item["issues"],
        item["version"],
        None if failure is None else _failure(failure["type"], failure["message"]),
        item.get("violations"),
        item.get("details"),
    )


def _failure(name: str, message: str) -> BackendError:
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, BackendError)):
        kind = BackendError
    return kind(message)
