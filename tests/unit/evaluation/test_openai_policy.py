"""An endpoint as policy: what it is asked, what is tried again, and what counts as a failure."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, MissingExtraError, PolicyError, UnknownNameError
from spatialenv.evaluation import BestOf, OpenAIPolicy, evaluate, make_policy

pytest.importorskip("openai", reason="an endpoint as policy needs the extra `judge`")

OPTIONS: dict[str, Any] = {"views": ["top"], "size": [32, 32], "labels": False, "max_turns": 2}
Reply = tuple[int, Any]


class Endpoint:
    """A server on this machine that speaks as much of the protocol as is used.

    `reply` is given the number of the request, from 0, and its body.
    """

    def __init__(self) -> None:
        self.reply: Callable[[int, dict[str, Any]], Reply] = lambda number, body: (200, said("no answer"))
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with endpoint.lock:
                    number = len(endpoint.bodies)
                    endpoint.bodies.append(body)
                    endpoint.keys.append(self.headers["authorization"])
                status, content = endpoint.reply(number, body)
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                if status == 429:
                    self.send_header("retry-after", "7")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def said(content: str | None, reason: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": content, **message}}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def policy(endpoint: Endpoint, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> Callable[..., OpenAIPolicy]:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key")

    def make(**options: Any) -> OpenAIPolicy:
        made = OpenAIPolicy("a/model", endpoint.url, **options)
        made._sleep = waits.append
        return made

    return make


def make_env(seed: int = 0, **options: Any) -> RoomLayoutEnv:
    env = RoomLayoutEnv(tasks="easy/validation", **{**OPTIONS, **options})
    env.reset(seed=seed)
    return env


def test_it_is_shown_the_whole_episode_with_its_pictures(policy: Any, endpoint: Endpoint) -> None:
    env = make_env()
    env.step("first try")
    assert policy(max_tokens=77, temperature=0.5, image_detail="low").respond([env]) == ["no answer"]
    (body,) = endpoint.bodies
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("a/model", 77, 0.5)
    first, answer, second = body["messages"]
    assert [part["type"] for part in first["content"]] == ["image_url", "text"]
    assert first["content"][1]["text"] == env.to_messages()[0]["content"][1]["text"]
    assert answer == {"role": "assistant", "content": "first try"}
    assert second["content"][1]["text"] == env.episode().turns[0].feedback
    picture = first["content"][0]["image_url"]
    assert picture["detail"] == "low"
    kind, _, data = picture["url"].partition(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), env.episode().image)
    assert endpoint.keys == ["Bearer secret-key"]


def test_each_env_gets_the_answer_to_its_own_question(policy: Any, endpoint: Endpoint) -> None:
    envs = [make_env(seed) for seed in range(12)]
    endpoint.reply = lambda _, body: (200, said(body["messages"][0]["content"][1]["text"]))
    assert policy(concurrency=5).respond(envs) == [env.to_messages()[0]["content"][1]["text"] for env in envs]


def test_seeds_depend_on_the_room_the_turn_and_the_draw(policy: Any) -> None:
    env, other, asks = make_env(), make_env(1), policy(seed=3).request
    seeds = [asks(env)["seed"], asks(env, 1)["seed"], asks(other)["seed"], policy(seed=4).request(env)["seed"]]
    env.step("no answer")
    seeds.append(asks(env)["seed"])
    assert len(set(seeds)) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert asks(make_env())["seed"] == seeds[0]
    plain = policy(seed=None, temperature=None).request(env)
    assert "seed" not in plain
    assert "temperature" not in plain


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_what_may_pass_is_tried_again(policy: Any, endpoint: Endpoint, waits: list[float], status: int) -> None:
    endpoint.reply = lambda number, _: (status, {"error": "busy"}) if number < 3 else (200, said("done"))
    assert policy(retries=3).respond([make_env()]) == ["done"]
    assert len(endpoint.bodies) == 4
    least = [7.0, 7.0, 7.0] if status == 429 else [0.5, 1.0, 2.0]
    assert all(low <= wait <= max(2 * low, 4) + 3 for wait, low in zip(waits, least, strict=True)), waits


def test_what_does_not_pass_is_a_failure_in_words(policy: Any, endpoint: Endpoint) -> None:
    endpoint.reply = lambda *_: (503, {"error": {"message": "over\ncapacity"}})
    (failure,) = policy(retries=2).respond([make_env()])
    assert isinstance(failure, PolicyError)
    assert str(failure).startswith("the endpoint gave no answer in 3 tries; the last: InternalServerError")
    assert "\n" not in str(failure)
    assert len(endpoint.bodies) == 3


def test_a_connection_that_cannot_be_made_is_a_failure(policy: Any, endpoint: Endpoint, waits: list[float]) -> None:
    made = policy(retries=1)
    endpoint.close()
    endpoint.close = lambda: None  # type: ignore[method-assign]
    (failure,) = made.respond([make_env()])
    assert "APIConnectionError" in str(failure)
    assert len(waits) == 1


def test_a_slow_endpoint_is_given_up(policy: Any, endpoint: Endpoint) -> None:
    gate = threading.Event()
    endpoint.reply = lambda *_: (gate.wait(5), (200, said("late")))[1]
    (failure,) = policy(retries=0, timeout=0.1).respond([make_env()])
    gate.set()
    assert "APITimeoutError" in str(failure)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param((400, {"error": {"message": "too long"}}), "refused the request", id="refused"),
        pytest.param((200, {"id": "x", "choices": []}), "no choice", id="no choice"),
        pytest.param((200, said(None, "content_filter")), "filter", id="filtered"),
        pytest.param((200, b"not json"), "1 tries", id="no JSON"),
    ],
)
def test_a_reply_without_an_answer_is_a_failure(policy: Any, endpoint: Endpoint, reply: Reply, says: str) -> None:
    endpoint.reply = lambda *_: reply
    (failure,) = policy(retries=0).respond([make_env()])
    assert isinstance(failure, PolicyError)
    assert says in str(failure)


def test_a_refusal_or_nothing_is_an_answer(policy: Any, endpoint: Endpoint) -> None:
    replies = [said(None, refusal="I will not."), said(None), said("cut off", "length")]
    endpoint.reply = lambda number, _: (200, replies[number])
    assert policy(concurrency=1).respond([make_env()] * 3) == ["I will not.", "", "cut off"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_model_stops_at_once(policy: Any, endpoint: Endpoint, status: int) -> None:
    endpoint.reply = lambda *_: (status, {"error": {"message": "no such thing"}})
    with pytest.raises(InputError, match="does not accept the key or the model 'a/model'") as caught:
        policy().respond([make_env()])
    assert "secret-key" not in str(caught.value)


def test_failed_episodes_are_counted_and_left_out(policy: Any, endpoint: Endpoint) -> None:
    env = make_env(1)
    wish = env.to_messages()[0]["content"][1]["text"]
    witness = write_answer(env.scene.witness or {})

    def reply(_: int, body: dict[str, Any]) -> Reply:
        is_first = body["messages"][0]["content"][1]["text"] == wish
        return (200, said(witness)) if is_first else (400, {"error": "no"})

    endpoint.reply = reply
    result = evaluate(policy(), "easy/validation", n=3, env=OPTIONS)
    assert (result.summary["n"], result.summary["failures"]) == (1, 2)
    assert result.summary["final"]["clean_rate"] == 1
    assert [bool(episode.failure) for episode in result.episodes] == [True, False, True]
    assert result.episodes[0].failure.startswith("PolicyError: the endpoint refused the request: BadRequestError")


def test_a_failure_of_a_later_turn_keeps_the_earlier_ones(policy: Any, endpoint: Endpoint) -> None:
    endpoint.reply = lambda number, _: (200, said("?")) if number == 0 else (400, {"error": "no"})
    with pytest.raises(InputError, match="the first failure: PolicyError"):
        evaluate(policy(), "easy/validation", n=1, env=OPTIONS)


def test_best_of_over_an_endpoint(policy: Any, endpoint: Endpoint) -> None:
    witness = write_answer(make_env().scene.witness or {})
    endpoint.reply = lambda number, _: [(200, said("?")), (400, {"error": "no"}), (200, said(witness))][number]
    assert BestOf(policy(), 3).respond([make_env()]) == [witness]
    assert len({body["seed"] for body in endpoint.bodies}) == 3


def test_specs(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    own = make_policy("openai:gpt-4o", max_tokens=5)
    assert (own.name, own.settings["base_url"]) == ("openai:gpt-4o", None)
    assert own.request(make_env())["max_completion_tokens"] == 5
    other = make_policy(f"openai:org/vlm@v2@{endpoint.url}", retries=1)
    assert (other.settings["model"], other.settings["base_url"]) == ("org/vlm@v2", endpoint.url)
    assert other.respond([make_env()]) == ["no answer"]
    assert "secret-key" not in json.dumps(other.settings)


def test_a_key_is_needed_by_openai_only_and_may_have_another_name(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(InputError, match="set the environment variable OPENAI_API_KEY"):
        make_policy("openai:gpt-4o")
    OpenAIPolicy("m", endpoint.url).respond([make_env()])
    monkeypatch.setenv("MY_KEY", "mine")
    OpenAIPolicy("m", endpoint.url, key_variable="MY_KEY").respond([make_env()])
    assert endpoint.keys == ["Bearer none", "Bearer mine"]
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    assert OpenAIPolicy("m").settings["base_url"] == endpoint.url


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"model": " "}, "name one"),
        ({"base_url": "ftp://host"}, "address"),
        ({"base_url": "http://me:pass@host/v1"}, "user or password"),
        ({"base_url": "http://[::1/v1"}, "address"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"retries": -1}, "retries"),
        ({"concurrency": True}, "concurrency"),
        ({"temperature": 3}, "temperature"),
        ({"timeout": 0}, "timeout"),
        ({"image_detail": "huge"}, "image_detail"),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        OpenAIPolicy(**{"model": "m", "base_url": "http://127.0.0.1:1/v1", **options})


def test_an_unknown_option_is_told() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'max_tokens'"):
        make_policy("openai:m@http://127.0.0.1:1/v1", max_token=1)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openai", None)  # type: ignore[arg-type]  # how Python marks what cannot be imported
    with pytest.raises(MissingExtraError, match=r"spatialenv\[judge\]"):
        make_policy("openai:m@http://127.0.0.1:1/v1")
