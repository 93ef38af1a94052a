"""Demonstrations of tool calls: the same answers that the text route imitates, one call a message."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.trainers.demonstrate import Demonstrator
from spatialenv.trainers.supervision import IGNORED, padded_batch
from spatialenv.trainers.tools.chat import ToolChat
from spatialenv.trainers.tools.environments import tools_class
from spatialenv.trainers.tools.texts import (
    PictureMode,
    arguments_of,
    images_of,
    opening_content,
    read_call,
    result_content,
)


class ToolDemonstrations:
    """Makes the batch of any demonstrations, by index.

    A demonstrator's answers are read as edits and made by calls, two answers an episode: what places the objects,
    then what mends it. The last call is ``submit``, and a message without a call ends the episode.

    Args:
        env_fn: Makes an environment of edits.
        chat: Writes the tokens.
        demonstrator: Writes the answers.
        picture: When the model is shown the room.
        seed: Seed of the demonstrator.
        first_seed: Seed of the scene of index 0; each index takes the next one.
    """

    def __init__(
        self,
        env_fn: Callable[[], RoomLayoutEnv],
        chat: ToolChat,
        demonstrator: Demonstrator,
        *,
        picture: PictureMode = "call",
        seed: int = 0,
        first_seed: int = 0,
    ) -> None:
        self._env = env_fn()
        self.chat = chat
        self.demonstrator = demonstrator
        self.picture: PictureMode = picture
        self.seed = seed
        self.first_seed = first_seed

    def __call__(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """Return the model's inputs and ``labels`` of some demonstrations; only calls have labels."""
        rows, labels, images = zip(*(self._play(index) for index in indices), strict=True)
        chat: Any = self.chat  # it has of `Chat` what a batch needs
        inputs, taught = padded_batch(chat, rows, labels, images)
        return {**inputs, "labels": taught}

    def _play(self, index: int) -> tuple[list[int], list[int], list[Any]]:
        env, chat = self._env, self.chat
        env.reset(seed=self.first_seed + index)
        content = opening_content(env, self.picture)
        row = chat.opening(content)
        labels = [IGNORED] * len(row)
        images = images_of(content)
        environment = tools_class(env.yaw)
        for name, arguments in self._calls(random.Random(f"{self.seed} {index}")):
            said = chat.message([(name, arguments)])
            env.step(read_call(environment, name, arguments)[0])
            content = result_content(env, self.picture)
            told = chat.results([(name, content)])
            row += said + told
            labels += said + [IGNORED] * len(told)
            images += images_of(content)
        said = chat.message([])
        return row + said, labels + said, images

    def _calls(self, rng: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield calls until the episode is over."""
        env = self._env
        for _ in range(2):
            answer = self.demonstrator(env, rng)
            for operation in json.loads(answer.split("<answer>")[-1].split("</answer>")[0]):
                if not env.is_over and operation["op"] != "submit":
                    yield operation["op"], arguments_of(operation)
            if env.is_over:
                return
        yield "submit", {}
