"""Rewards, prompts and whole episodes for verifiers, by its interface `verifiers.v1`."""

from __future__ import annotations

import asyncio
import base64
import importlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from spatialenv.core.scene import Scene
from spatialenv.errors import BackendError, InputError, MissingExtraError
from spatialenv.rewards.adapters.texts import TextScorer, read_scene, scene_text
from spatialenv.rewards.registry import RewardSpec

TASKS = "the taskset's scene"


def to_verifiers(
    reward: RewardSpec, scenes: Sequence[Scene] | int, make_env: Callable[[], Any]
) -> tuple[type[Any], type[Any]]:
    """Return scenes and episodes as verifiers runs them: a `vf.Taskset` and a `vf.Env`.

    A module of yours exports both, and its name is the taskset's id::

        from spatialenv.envs import RoomLayoutEnv
        from spatialenv.rewards.adapters import to_verifiers

        RoomTaskset, RoomGame = to_verifiers("physics", 1000, lambda: RoomLayoutEnv(tasks="easy", max_turns=3))
        __all__ = ["RoomTaskset", "RoomGame"]

    A task is a scene: its prompt is the env's, with the picture as a data URI. Its reward, under the reward's name
    and with weight 1, scores the last reply; the components, ``format, valid, clean`` are recorded as metrics. The
    game plays the env: after each reply that is not the last the player is told what the env tells, with a new
    picture. Export the taskset alone, and each task is one turn of verifiers' own `SingleAgentEnv`.

    Args:
        reward: A reward, or what `make_reward` takes.
        scenes: The scenes; or how many of the env's own tasks, those of the seeds from 0 on.
        make_env: Makes an env whose answers are whole layouts. Its prompt, pictures, turns and feedback are used,
            and whether it reads the yaw; the reward is `reward`.

    Returns:
        The taskset's class and the env's class. The env has one seat, ``player``; it needs no tools and no sandbox,
        so its harness is ``null`` in a subprocess unless configured otherwise.

    Raises:
        MissingExtraError: If verifiers is not installed.
        UnknownNameError: If there is no such reward.
        InputError: If the env's answers are edits, or read strictly, or there are no scenes.

    A judge, a renderer or a simulation that fails is an error of that episode, which verifiers then does not take for
    a result: the trace has no reward.
    """
    vf = _verifiers()
    env = make_env()
    if getattr(env, "actions", "layout") != "layout" or getattr(env, "parse_mode", "lenient") != "lenient":
        raise InputError(
            "`make_env` gives an env with actions='edits' or parse_mode='strict'; "
            "tasks are scored by the last reply, a whole layout, read leniently"
        )
    posed = [env.tasks.sample(seed) for seed in range(scenes)] if isinstance(scenes, int) else list(scenes)
    if not posed:
        raise InputError("`scenes` is empty; give scenes, or how many of the env's own tasks")
    scorer = TextScorer(reward, getattr(env, "yaw", "fixed"))
    task = _task_class(vf, scorer)
    return _taskset_class(vf, task, posed, make_env), _game_class(vf, make_env)


def chat_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of an env, its pictures (PIL) as PNG in data URIs, as OpenAI's chat protocol has it.

    Example:
        >>> from PIL import Image
        >>> picture = {"type": "image", "image": Image.new("RGB", (2, 2))}
        >>> chat_message({"role": "user", "content": [picture]})["content"][0]["image_url"]["url"][:22]
        'data:image/png;base64,'
    """
    content = [_data_uri(part["image"]) if part["type"] == "image" else part for part in message["content"]]
    return {"role": message["role"], "content": content}


def _data_uri(image: Any) -> dict[str, Any]:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}"}}


def _task_class(vf: Any, scorer: TextScorer) -> type[Any]:
    class RoomData(vf.TaskData):  # type: ignore[misc]
        """A scene and how it is posed."""

        scene: str

    async def score_reply(self: Any, trace: Any) -> float:
        scene = read_scene(self.data.scene, TASKS)
        figures = await asyncio.to_thread(_figures, scorer, trace.last_reply, scene)
        value = figures.pop("reward")
        trace.record_metrics(figures)
        return value

    score_reply.__name__ = scorer.reward.name  # under which verifiers records it

    class RoomTask(vf.Task[RoomData]):  # type: ignore[misc]
        """A room to furnish, scored by the last reply."""

        score_reply_of_trace = vf.reward(score_reply, weight=1.0)

    return RoomTask


def _figures(scorer: TextScorer, reply: str, scene: Scene) -> dict[str, float]:
    return scorer.figures([scorer.transition(reply, scene)], "reward")[0]


def _taskset_class(vf: Any, task: Any, scenes: Sequence[Scene], make_env: Callable[[], Any]) -> type[Any]:
    class RoomTaskset(vf.Taskset[task, vf.TasksetConfig]):  # type: ignore[misc]
        """The scenes, each posed by the env's first message."""

        def load(self) -> Iterator[Any]:
            env = make_env()
            for index, scene in enumerate(scenes):
                env.reset(options={"scene": scene})
                _check(env)
                data = task.data_type()(
                    name=scene.id or f"room_{index}",
                    prompt=[chat_message(env.message(0))],
                    scene=scene_text(scene),
                )
                yield task(data, self.config.task)

    return RoomTaskset


def _game_class(vf: Any, make_env: Callable[[], Any]) -> type[Any]:
    class RoomGameConfig(vf.EnvConfig):  # type: ignore[misc]
        """One seat, which only chats."""

        player: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime=vf.SubprocessConfig())

    class RoomGame(vf.Env[RoomGameConfig]):  # type: ignore[misc]
        """The env plays the user: it tells what is wrong with each layout and shows it."""

        async def run(self, task: Any, agents: Any) -> None:
            env = make_env()
            scene = read_scene(task.data.scene, TASKS)
            await asyncio.to_thread(env.reset, options={"scene": scene})
            async with agents.player.interaction(task) as interaction:
                segment = await interaction.turn()
                while not segment.terminated:
                    await asyncio.to_thread(env.step, segment.last_reply)
                    _check(env)
                    if env.is_over:
                        break
                    segment = await interaction.turn([chat_message(env.message(len(env.answers)))])

    return RoomGame


def _check(env: Any) -> None:
    """Raise where the env could not draw or score."""
    failure = env.episode().failure
    if failure is not None:
        raise BackendError(failure)


def _verifiers() -> Any:
    try:
        return importlib.import_module("verifiers.v1")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "verifiers":
            raise
        raise MissingExtraError(
            "to_verifiers needs the package 'verifiers' from 0.4.0 on, which is not installed: pip install verifiers"
        ) from error
