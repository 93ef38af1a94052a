"""The client before a server that answers as it is told, or scores in this process."""

from __future__ import annotations

import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.parse import parse_answer
from spatialenv.core.scene import Scene
from spatialenv.core.score import Transition
from spatialenv.errors import BackendError, InputError, ServerError, SimulationError
from spatialenv.rewards import WeightedSum, make_reward
from spatialenv.rewards.base import Reward
from spatialenv.serving import RemoteReward, ScoreClient, client
from spatialenv.serving.refusal import Job
from spatialenv.serving.scorer import Scorer
from spatialenv.serving.settings import TOKEN_VARIABLE, ServerSettings

EMPTY = {"score": None, "failure": None, "components": {}, "per_object": None, "issues": [], "version": "1"}
"""An item of an answer that says neither what it scores nor why it does not."""

Handler = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers by `Scorer`, after the answers and errors of `before` are used up."""

    def __init__(self, *before: httpx.Response | Exception, **limits: int) -> None:
        self._scorer = Scorer(ServerSettings(**limits))  # type: ignore[arg-type]
        self._before = list(before)
        self._lock = threading.Lock()
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            if self._before:
                found = self._before.pop(0)
                if isinstance(found, Exception):
                    raise found
                return found
            answer = self._scorer.answer(Job("score", {}, request.content), seconds=20.0)
        return httpx.Response(answer.status, content=answer.body)

    def bodies(self) -> list[dict[str, Any]]:
        """Return what was asked."""
        return [json.loads(request.content) for request in self.requests]


def _client(server: Handler, **options: Any) -> ScoreClient:
    asks = ScoreClient("http://server", **options)
    asks._http.close()
    asks._http = httpx.Client(transport=httpx.MockTransport(server), headers=asks._http.headers)
    return asks


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.0)


def test_scores_are_those_of_this_process(scene: Scene, record: dict[str, Any], apart: str, overlapping: str) -> None:
    physics = make_reward("physics")
    layout = {"cube_1": (1, 1, 0.5), "cube_2": (1.75, 1, 0.5)}
    with _client(Server()) as asks:
        found = asks.score_batch([(scene, apart), (record, overlapping), (scene, layout), (scene, "no")])
        assert asks.score(scene, overlapping) == found[1]
    expected = physics(Transition.of(scene.place(layout)))
    assert expected.per_object is not None
    assert [item.score for item in found] == [1.0, expected.value, expected.value, 0.0]
    assert found[2].per_object == dict(zip(scene.ids, expected.per_object.tolist(), strict=True))
    assert found[2].components == expected.details["components"]
    assert found[2].version == expected.version
    assert [issue["code"] for issue in found[3].issues] == ["tags"]


def test_a_scene_is_sent_once_a_request(scene: Scene, record: dict[str, Any], apart: str) -> None:
    server = Server()
    with _client(server, max_items=3) as asks:
        found = asks.score_batch([(scene, apart)] * 4 + [(record, apart), (dict(record, id="other"), apart)])
    assert [item.score for item in found] == [1.0] * 6
    assert [(len(body["scenes"]), len(body["items"])) for body in server.bodies()] == [(1, 3), (2, 3)]


def test_requests_are_no_larger_than_told(scene: Scene, apart: str) -> None:
    server = Server()
    texts = [apart, apart + " " * 900, apart, apart, "x" * 3000, apart]
    with _client(server, max_bytes=2000) as asks:
        found = asks.score_batch([(scene, text) for text in texts])
    assert [item.score for item in found] == [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]
    sizes = [len(request.content) for request in server.requests]
    assert sum(size > 2000 for size in sizes) == 1  # one item alone is larger, which the server may say
    assert len(sizes) >= 4


def test_nothing_is_asked_about_nothing() -> None:
    server = Server()
    with _client(server) as asks:
        assert asks.score_batch([]) == []
    assert not server.requests


def test_the_reward_and_the_reading_are_asked_for(scene: Scene, apart: str) -> None:
    server = Server()
    options = {"reward": {"weighted_sum": {"boundary": 2}}, "yaw": "free", "mode": "strict", "include": ["violations"]}
    with _client(server, **options) as asks:
        found = asks.score(scene, apart)
        assert asks.reward() == ("weighted_sum", "weighted_sum-1(2 * boundary-1)")
    assert found.score == 2.0
    assert found.violations == []
    body = server.bodies()[0]
    assert {name: body[name] for name in options} == options


def _busy() -> httpx.Response:
    return httpx.Response(503, headers={"Retry-After": "0"}, json={"error": {"code": "busy", "message": "full"}})


@pytest.mark.parametrize(
    "problem", [_busy(), httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.RemoteProtocolError("x")]
)
def test_what_may_pass_is_tried_again(scene: Scene, apart: str, problem: httpx.Response | Exception) -> None:
    server = Server(problem, problem)
    with _client(server, retries=2) as asks:
        assert asks.score(scene, apart).score == 1.0
        assert asks.retried == 2
    assert len({request.content for request in server.requests}) == 1
    with (
        _client(Server(problem, problem, problem), retries=2) as asks,
        pytest.raises(ServerError, match=r"http://server (is busy: full|cannot be reached: \w+: \w+) \(3 tries\)"),
    ):
        asks.score(scene, apart)


def test_the_server_says_how_long_to_wait(scene: Scene, apart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    answers = [
        httpx.Response(503, headers={"Retry-After": asked}, json={}) for asked in ("7", "100000", "Fri, 31 Dec", "-1")
    ]
    with _client(Server(*answers)) as asks:
        monkeypatch.setattr(asks._closed, "wait", lambda seconds: bool(waits.append(seconds)))
        assert asks.score(scene, apart).score == 1.0
    assert waits == [7.0, client.LONGEST_WAIT, 0.0, 0.0]


def test_a_time_to_wait_that_is_no_number_is_left_out(scene: Scene, apart: str) -> None:
    odd = httpx.Response(503, headers=[(b"Retry-After", "\u00b2".encode("latin-1"))], content=b"")
    with _client(Server(odd)) as asks:
        assert asks.score(scene, apart).score == 1.0
        assert asks.retried == 1


def test_waits_grow(scene: Scene, apart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.1)
    waits: list[float] = []
    with _client(Server(*[httpx.ReadError("reset")] * 10), retries=10) as asks:
        monkeypatch.setattr(asks._closed, "wait", lambda seconds: bool(waits.append(seconds)))
        asks.score(scene, apart)
    for number, wait in enumerate(waits):
        longest = min(client.LONGEST_WAIT, 0.1 * 2**number)
        assert longest / 2 <= wait <= longest


@pytest.mark.parametrize(
    ("problem", "error", "message"),
    [
        (
            httpx.Response(422, json={"error": {"code": "invalid", "message": "bad scene"}}),
            InputError,
            "422.*bad scene",
        ),
        (httpx.Response(413, json={"error": {"code": "too-large", "message": "large"}}), InputError, "413.*large"),
        (httpx.Response(401, text="who?"), InputError, "401.*who"),
        (httpx.Response(408, json={"error": {"code": "x", "message": "slow"}}), ServerError, "408.*slow"),
        (httpx.Response(500, json={"error": {"code": "x", "message": "defect"}}), ServerError, "500.*defect"),
        (httpx.Response(504, json={"error": {"code": "x", "message": "long"}}), ServerError, "504.*long"),
        (httpx.Response(200, text="<html>"), ServerError, "is not JSON"),
        (httpx.Response(200, json={"items": []}), ServerError, "answered 0 of 1 items"),
        (httpx.Response(200, json={"items": None}), ServerError, "answered none of 1 items"),
        (httpx.Response(200, json=[]), ServerError, "list in place of an object; is it a server of spatialenv"),
        (httpx.Response(200, json={"scores": [1.0]}), ServerError, "answers no 'items'"),
        (httpx.Response(200, json={"items": [7]}), ServerError, "an item that cannot be read"),
        (httpx.Response(200, json={"items": [{"score": 1.0}]}), ServerError, "cannot be read .KeyError: 'failure'"),
        (httpx.Response(200, json={"items": [EMPTY]}), ServerError, "neither a score nor a failure"),
        (httpx.Response(200, json={"items": [EMPTY | {"score": "high"}]}), ServerError, "cannot be read .ValueError"),
        (httpx.Response(200, text="[" * 200_000), ServerError, "is not JSON"),
        (httpx.Response(307, headers={"Location": "http://elsewhere/score"}), ServerError, "failed .307"),
        (httpx.DecodingError("no gzip"), ServerError, "what cannot be read .DecodingError"),
        (httpx.ReadTimeout("slow"), ServerError, "no answer within 60 seconds"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    scene: Scene, apart: str, problem: httpx.Response | Exception, error: type[Exception], message: str
) -> None:
    server = Server(problem)
    with _client(server) as asks, pytest.raises(error, match=message):
        asks.score(scene, apart)
    assert len(server.requests) == 1


def test_an_answer_that_does_not_end_is_given_up(scene: Scene, apart: str) -> None:
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(10_000):
                time.sleep(0.005)
                yield b" "

    begun = time.monotonic()
    drips = _client(lambda request: httpx.Response(200, stream=Drip()), timeout=0.05)
    with drips as asks, pytest.raises(ServerError, match="no answer within"):
        asks.score(scene, apart)
    assert time.monotonic() - begun < 5


def test_a_closed_client_says_so(scene: Scene, apart: str) -> None:
    asks = _client(Server())
    asks.close()
    with pytest.raises(ServerError, match="is closed; make another"):
        asks.score(scene, apart)


def test_closing_ends_the_waiting(scene: Scene, apart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 60.0)
    asks = _client(Server(*[httpx.ReadError("reset")] * 9))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(asks.score, scene, apart)
        while not asks.retried:
            time.sleep(0.001)
        asks.close()
        with pytest.raises(ServerError, match="was closed; the server cannot be reached"):
            waiting.result(timeout=10)


def test_several_threads_may_ask(scene: Scene, apart: str, overlapping: str) -> None:
    server = Server(*(_busy() if i % 2 else httpx.ReadError("reset") for i in range(10)))
    texts = [apart, overlapping, "no"]
    with _client(server, max_items=2, retries=10) as asks, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: asks.score_batch([(scene, texts[i % 3]), (scene, apart)] * 2), range(24)))
    for number, items in enumerate(found):
        first = [1.0, pytest.approx(0.775), 0.0][number % 3]
        assert [item.score for item in items] == [first, 1.0, first, 1.0]


@pytest.mark.parametrize(
    ("name", "kind"), [("SimulationError", SimulationError), ("OtherError", BackendError), ("require", BackendError)]
)
def test_a_failed_item_is_no_score(scene: Scene, name: str, kind: type[Exception]) -> None:
    item = {"score": None, "components": {}, "per_object": None, "issues": [], "version": "v-1"}
    answered = {"items": [{**item, "failure": {"type": name, "message": "it stopped"}}]}
    with _client(lambda request: httpx.Response(200, json=answered)) as asks:
        (found,) = asks.score_batch([(scene, "no")])
        assert found.score is None
        assert type(found.failure) is kind
        with pytest.raises(kind, match="it stopped"):
            asks.score(scene, "no")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "server"}, "must begin with http"),
        ({"retries": -1}, "`retries` is -1"),
        ({"timeout": 0}, "`timeout` is 0"),
        ({"max_items": 0}, "`max_items` is 0"),
        ({"max_bytes": 2.5}, "`max_bytes` is 2.5"),
    ],
)
def test_mistakes_raise(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ScoreClient(**options)


def test_the_token_is_sent_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "s3cret")
    server = Server(httpx.Response(200, json={}))
    with _client(server) as asks:
        asks.health()
        assert b"s3cret" not in pickle.dumps(asks)
    assert server.requests[0].headers["Authorization"] == "Bearer s3cret"
    with ScoreClient(token="other") as other:
        assert other._http.headers["Authorization"] == "Bearer other"


class TestRemoteReward:
    @pytest.fixture
    def transitions(self, scene: Scene, apart: str, overlapping: str) -> Sequence[Transition]:
        texts = [apart, overlapping, "no", apart.replace("</answer>", "")]
        found = []
        for text in texts:
            parsed = parse_answer(text, scene)
            found.append(Transition(scene.place(parsed.layout or Layout()), parsed, previous=None, turn=1))
        previous = scene.place({"cube_1": (2, 2, 0.5)})
        return [*found, Transition(found[0].placed, found[0].parsed, previous, 2)]

    @pytest.mark.parametrize("name", ["physics", "format", "metaspatial", "collision"])
    def test_it_is_the_reward_of_the_server(self, transitions: Sequence[Transition], name: str) -> None:
        local = make_reward(name)
        with _client(Server(), reward=name, include=["details"]) as asks:
            remote = RemoteReward(asks)
            assert isinstance(remote, Reward)
            assert (remote.name, remote.version) == (local.name, local.version)
            for found, expected in zip(remote.batch(transitions), local.batch(transitions), strict=True):
                assert (found.value, found.version) == (expected.value, expected.version)
                assert dict(found.details) == json.loads(json.dumps(dict(expected.details)))
                assert (found.per_object is None) == (expected.per_object is None)
                if found.per_object is not None and expected.per_object is not None:
                    np.testing.assert_array_equal(found.per_object, expected.per_object)
            assert remote(transitions[1]).value == local(transitions[1]).value

    def test_it_combines_with_others(self, transitions: Sequence[Transition]) -> None:
        with _client(Server(), reward="collision", include=["details"]) as asks:
            both = WeightedSum([(RemoteReward(asks), 0.5), (make_reward("boundary"), 0.5)])
            assert both(transitions[1]).value == pytest.approx(0.875)

    def test_it_needs_the_details(self) -> None:
        with _client(Server()) as asks, pytest.raises(InputError, match=r"include=\['details'\]"):
            RemoteReward(asks)

    def test_a_failure_raises(self, transitions: Sequence[Transition]) -> None:
        item = {"score": None, "components": {}, "per_object": None, "issues": [], "version": "v-1"}
        failed = {**item, "failure": {"type": "SimulationError", "message": "it stopped"}}
        answers = [
            httpx.Response(200, json={"reward": "x", "version": "x-1", "items": items}) for items in ([], [failed])
        ]
        with _client(Server(*answers), include=["details"]) as asks:
            remote = RemoteReward(asks)
            with pytest.raises(SimulationError, match="it stopped"):
                remote(transitions[0])
