"""Runs `to_verifiers` in the real package, its env, agent, rollout and scoring: writes what came of it as JSON.

Only the model is made up: an endpoint on this machine that speaks OpenAI's protocol and answers from a list, asked
through verifiers' own interception by a harness that runs in this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import types
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import verifiers.v1 as vf
from verifiers.v1.dialects.chat import message_to_wire

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.envs import RoomLayoutEnv
from spatialenv.errors import JudgeError
from spatialenv.rewards import MetaSpatialReward
from spatialenv.rewards.adapters import to_verifiers

SCENE = Scene(
    Room.rectangle(6, 4, 3),
    tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2)),
    id="two cubes",
)


def answer(x: float) -> str:
    """Return an answer with the second cube at `x`: the first stands at 1."""
    places = [(1, "cube_1"), (x, "cube_2")]
    records = [{"new_object_id": name, "x": at, "y": 1, "z": 0.5} for at, name in places]
    return f"<think></think><answer>{json.dumps(records)}</answer>"


class ChatHarness(vf.Harness[vf.HarnessConfig]):
    """Asks the model once for each turn, in this process."""

    SUPPORTS_RESUME = True
    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(self, ctx, trace, runtime, endpoint, secret, mcp_urls, data):
        """Post the conversation to the interception server, as any program of a harness does."""
        _, prompt = self.resolve_prompt(data)
        body = {"model": ctx.model, "messages": [message_to_wire(message) for message in prompt]}
        async with httpx.AsyncClient(timeout=60) as client:
            response = await client.post(
                f"{endpoint}/chat/completions", json=body, headers={"Authorization": f"Bearer {secret}"}
            )
        response.raise_for_status()
        return vf.ProgramResult(exit_code=0, stdout="", stderr="")


def failing_judge(pictures: object, scene: Scene) -> int:
    """Fail."""
    raise JudgeError("the judge is not at home")


def serve(answers: list[str], seen: list[Any]) -> ThreadingHTTPServer:
    """Serve a model that gives the answer of as many turns as it has been told of, and keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(body["messages"])
            turn = sum(message["role"] == "assistant" for message in body["messages"])
            message = {"role": "assistant", "content": answers[turn]}
            reply = {
                "id": "reply",
                "object": "chat.completion",
                "created": 0,
                "model": "made up",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
            data = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def export(name: str, **members: type) -> str:
    """Make a module as a user would write it, and return its name."""
    module = types.ModuleType(name)
    vars(module).update(members, __all__=list(members))
    sys.modules[name] = module
    return name


async def play(taskset: str, answers: list[str], seat: str) -> dict[str, Any]:
    """Return what an episode of the first task came to."""
    seen: list[Any] = []
    server = serve(answers, seen)
    agent = {"harness": {"id": "chat_harness"}, "runtime": {"type": "subprocess"}}
    config = vf.resolve_env_config({"taskset": {"id": taskset}, seat: agent})
    env = vf.load_environment(config)
    task = next(iter(env.taskset))
    client = vf.EvalClientConfig(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key_var="NO_KEY")
    context = vf.ModelContext(model="made up", client=client, sampling=vf.SamplingConfig())
    async with env.serving():
        episode = await env.run_episode(task, context)
    server.shutdown()
    server.server_close()
    trace = episode.traces[0] if episode.traces else None
    last = seen[-1] if seen else []
    return {
        "ok": episode.ok,
        "env": type(env).__name__,
        "errors": [error.message for error in [*episode.errors, *(trace.errors if trace else [])]],
        "rewards": {name: found and found.score for name, found in trace.rewards.items()} if trace else {},
        "reward": trace.reward if trace else None,
        "metrics": dict(trace.metrics) if trace else {},
        "roles": [message["role"] for message in last],
        "pictures": sum("data:image/png;base64," in json.dumps(message) for message in last),
        "texts": [part["text"] for message in last for part in _parts(message) if part["type"] == "text"],
        "task": type(task).__name__,
        "hash": task.hash,
    }


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def main() -> None:
    """Play several episodes."""
    os.environ["NO_KEY"] = "none"
    export("chat_harness", ChatHarness=ChatHarness)

    def make(reward: Any, turns: int) -> tuple[type, type]:
        make_env: Callable[[], RoomLayoutEnv] = lambda: RoomLayoutEnv(max_turns=turns, size=(48, 32))  # noqa: E731
        return to_verifiers(reward, [SCENE], make_env)

    taskset, game = make("physics", 3)
    export("rooms_game", RoomTaskset=taskset, RoomGame=game)
    export("rooms_single", RoomTaskset=taskset)
    judged, judged_game = make(MetaSpatialReward(judge=failing_judge), 1)
    export("rooms_judged", RoomTaskset=judged, RoomGame=judged_game)
    results = {
        "repaired": asyncio.run(play("rooms_game", [answer(1.5), answer(3.0), "too late"], "player")),
        "never": asyncio.run(play("rooms_game", [answer(1.5), "no idea", answer(1.5), "too late"], "player")),
        "nonsense": asyncio.run(play("rooms_game", ["a", "b", "c", "too late"], "player")),
        "single": asyncio.run(play("rooms_single", [answer(1.5), "too late"], "agent")),
        "judged": asyncio.run(play("rooms_judged", [answer(3.0)], "player")),
    }
    tasks = list(vf.load_taskset(vf.TasksetConfig(id="rooms_game")))
    results["tasks"] = [{"idx": task.data.idx, "name": task.data.name} for task in tasks]
    Path(sys.argv[2]).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
