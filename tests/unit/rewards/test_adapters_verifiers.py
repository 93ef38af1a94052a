"""Scenes and episodes as verifiers runs them, against the part of its interface that they use.

`tests/integration/test_real_adapters.py` does it with the real package.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from types import ModuleType, SimpleNamespace
from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.envs import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError, JudgeError, MissingExtraError, RendererError
from spatialenv.renderers import Renderer
from spatialenv.rewards.adapters import to_verifiers
from spatialenv.rewards.adapters.texts import read_scene
from spatialenv.rewards.adapters.verifiers import chat_message

D, T, C = TypeVar("D"), TypeVar("T"), TypeVar("C")


class TaskData(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str | None = None
    prompt: Any = None


class Task(Generic[D]):
    def __init__(self, data: D, config: object) -> None:
        self.data = data

    @classmethod
    def data_type(cls) -> type:
        return cls.__orig_bases__[0].__args__[0]


class Taskset(Generic[T, C]):
    def __init__(self, config: object) -> None:
        self.config = config


class AgentConfig(BaseModel):
    harness: Any = None
    runtime: Any = None


class EnvConfig(BaseModel):
    pass


class Env(Generic[C]):
    pass


def reward(function: Any, weight: float = 1.0) -> Any:
    function._vf_weight = weight
    return function


class Trace:
    """Keeps what is recorded."""

    def __init__(self, last_reply: str) -> None:
        self.last_reply = last_reply
        self.metrics: dict[str, float] = {}

    def record_metrics(self, values: dict[str, float]) -> None:
        self.metrics |= values


class Player:
    """Answers from a list; keeps the messages that it was sent."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.sent: list[Any] = []

    @asynccontextmanager
    async def interaction(self, task: Any) -> Any:
        yield self

    async def turn(self, messages: Any = None) -> Any:
        self.sent.append(messages)
        reply = self.texts.pop(0) if self.texts else None
        return SimpleNamespace(terminated=reply is None, last_reply=reply or "")


@pytest.fixture(autouse=True)
def vf(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The interface, in place of the package."""
    module = ModuleType("verifiers.v1")
    vars(module).update(
        TaskData=TaskData,
        Task=Task,
        Taskset=Taskset,
        TasksetConfig=object,
        EnvConfig=EnvConfig,
        Env=Env,
        AgentConfig=AgentConfig,
        SubprocessConfig=lambda: "subprocess",
        reward=reward,
    )
    monkeypatch.setitem(sys.modules, "verifiers", ModuleType("verifiers"))
    monkeypatch.setitem(sys.modules, "verifiers.v1", module)
    return module


def make_env(**options: Any) -> RoomLayoutEnv:
    return RoomLayoutEnv(**{"max_turns": 3, "size": (48, 32), "views": ("top",), **options})


def tasks_of(taskset: Any) -> list[Any]:
    return list(taskset(SimpleNamespace(task=None)).load())


def test_tasks_are_scenes_with_their_prompt_and_picture(exam) -> None:
    taskset, _ = to_verifiers("physics", [exam.scene, exam.scene], make_env)
    first, second = tasks_of(taskset)
    assert (first.data.name, second.data.name) == ("room_0", "room_1")
    assert read_scene(first.data.scene, "row 0") == exam.scene
    (message,) = first.data.prompt
    picture, text = message["content"]
    assert message["role"] == "user"
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    assert text["text"].startswith("Furnish this room")
    json.dumps(first.data.model_dump())  # it travels over a wire


def test_a_number_takes_the_envs_own_tasks() -> None:
    taskset, _ = to_verifiers("physics", 2, lambda: make_env(tasks="easy"))
    scenes = [read_scene(task.data.scene, "task") for task in tasks_of(taskset)]
    env = make_env(tasks="easy")
    assert scenes == [env.tasks.sample(0), env.tasks.sample(1)]


def test_the_last_reply_is_scored(exam) -> None:
    taskset, _ = to_verifiers("physics", [exam.scene], make_env)
    (task,) = tasks_of(taskset)
    for text, value in ((exam.apart, 1.0), (exam.half, 0.55), ("no idea", 0.0), ("", 0.0)):
        trace = Trace(text)
        assert asyncio.run(task.score_reply_of_trace(trace)) == pytest.approx(value)
        assert list(trace.metrics) == ["collision", "boundary", "support", "constraint", "format", "valid", "clean"]
    assert task.score_reply_of_trace.__name__ == "physics"
    assert task.score_reply_of_trace._vf_weight == 1.0


def test_the_yaw_is_read_where_the_env_reads_it() -> None:
    table = SceneObject(id="cube_1", category="table", size=(2, 1, 1), yaw=0.0)
    scene = Scene(room=Room.rectangle(6, 4, 3), objects=(table,))
    text = '<think></think><answer>[{"new_object_id": "cube_1", "x": 0.5, "y": 2, "z": 0.5, "yaw": 90}]</answer>'
    for yaw, value in (("free", 1.0), ("fixed", 0.75)):
        taskset, _ = to_verifiers("boundary", [scene], lambda yaw=yaw: make_env(yaw=yaw))
        assert asyncio.run(tasks_of(taskset)[0].score_reply_of_trace(Trace(text))) == value


@pytest.mark.parametrize(
    ("texts", "turns"),
    [("hahx", 2), ("hhhx", 3), ("ah", 1), ("nnnx", 3), ("h", 2), ("", 1)],
)
def test_the_game_tells_what_is_wrong(texts: str, turns: int, exam) -> None:
    taskset, game = to_verifiers("physics", [exam.scene], make_env)
    player = Player(*({"a": exam.apart, "h": exam.half}.get(letter, "no idea") for letter in texts))
    asyncio.run(game().run(tasks_of(taskset)[0], SimpleNamespace(player=player)))
    assert len(player.sent) == turns
    assert player.sent[0] is None  # the task's own prompt opens
    for (message,) in player.sent[1:]:
        picture, feedback = message["content"]
        assert picture["image_url"]["url"].startswith("data:image/png;base64,")
        assert "cube_2 overlaps cube_1" in feedback["text"] or "could not be used" in feedback["text"]


def test_the_seat_needs_no_sandbox(exam) -> None:
    _, game = to_verifiers("physics", [exam.scene], make_env)
    player = game.__orig_bases__[0].__args__[0]().player
    assert (player.harness, player.runtime) == ({"id": "null"}, "subprocess")


def test_failures_are_no_scores(exam, judged) -> None:
    bad = Scene(room=exam.scene.room, objects=exam.scene.objects, id="bad")
    taskset, _ = to_verifiers(judged, [exam.scene, bad], make_env)
    good, failed = tasks_of(taskset)
    assert asyncio.run(good.score_reply_of_trace(Trace(exam.apart))) == pytest.approx(1.3)
    with pytest.raises(JudgeError, match="no answer"):
        asyncio.run(failed.score_reply_of_trace(Trace(exam.apart)))


def test_a_picture_that_cannot_be_drawn_fails(exam) -> None:
    class Broken(Renderer):
        name, version = "broken", "broken-1"

        def render(self, placed: Any, *request: Any, **options: Any) -> Any:
            raise RendererError("no picture")

    taskset, game = to_verifiers("physics", [exam.scene], lambda: make_env(renderer=Broken()))
    with pytest.raises(BackendError, match="no picture"):
        tasks_of(taskset)
    whole, _ = to_verifiers("physics", [exam.scene], make_env)
    with pytest.raises(BackendError, match="no picture"):
        asyncio.run(game().run(tasks_of(whole)[0], SimpleNamespace(player=Player(exam.half))))


def test_what_cannot_be_scored_is_refused(exam) -> None:
    for options in ({"actions": "edits"}, {"parse_mode": "strict"}):
        with pytest.raises(InputError, match="actions='edits' or parse_mode='strict'"):
            to_verifiers("physics", [exam.scene], lambda options=options: make_env(**options))
    for scenes in ([], 0):
        with pytest.raises(InputError, match="`scenes` is empty"):
            to_verifiers("physics", scenes, make_env)


def test_a_missing_package_is_named(exam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "verifiers", None)
    monkeypatch.setitem(sys.modules, "verifiers.v1", None)
    with pytest.raises(MissingExtraError, match="pip install verifiers"):
        to_verifiers("physics", [exam.scene], make_env)


def test_messages_keep_their_text() -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "Furnish."}]}
    assert chat_message(message) == message
