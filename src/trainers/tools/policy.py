"""A model that calls tools as a policy: the conversation that TRL trains on, played on held-out rooms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.evaluation.sampling import sample_answers
from spatialenv.tasks.procedural import scene_key
from spatialenv.trainers.tools.chat import ToolChat, vision_ids
from spatialenv.trainers.tools.environments import tool_names, tools_class
from spatialenv.trainers.tools.texts import (
    SUBMITTED,
    Content,
    PictureMode,
    images_of,
    opening_content,
    read_call,
    result_content,
)


@dataclass(eq=False)
class _Conversation:
    """An episode as the model sees it.

    Attributes:
        ids: All tokens so far.
        images: All pictures so far.
        calls: Calls of the last message that are still to be made.
        results: Name and content of those that were.
        texts: Answers given for it.
        open: Name and faults of the call that the last answer was, until its result is told.
        has_stopped: Whether the model wrote a message without a call.
    """

    ids: list[int]
    images: list[Any] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    results: list[tuple[str, Content]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open: tuple[str, tuple[str, ...]] | None = None
    has_stopped: bool = False


class ToolPolicy:
    """Lets a model call tools: each call is an answer of edits, as in training.

    A model that stops calling has submitted; one that never called leaves its answers empty, which score 0. What is
    sampled depends on the seed and on the first env of each batch and its turn.

    Args:
        model: A model that generates.
        processing_class: Its processor or tokenizer.
        yaw: ``"free"`` or ``"fixed"``, as the environments have it: which tools there are.
        picture: When the model is shown the room, as in `layout_tools`.
        name: Name for records.
        max_new_tokens: Longest message in tokens.
        max_episode_tokens: A message is the last when its calls' results would make the episode longer than this,
            its prompt apart.
        temperature: 0 takes the likeliest token.
        seed: Seed of the sampling.
        batch_size: Episodes answered at once.
    """

    def __init__(
        self,
        model: Any,
        processing_class: Any,
        *,
        yaw: str = "fixed",
        picture: PictureMode = "call",
        name: str = "model",
        max_new_tokens: int = 512,
        max_episode_tokens: int = 4096,
        temperature: float = 1.0,
        seed: int = 0,
        batch_size: int = 64,
    ) -> None:
        self.name = name
        self.model = model
        self.picture: PictureMode = picture
        self.max_new_tokens = max_new_tokens
        self.max_episode_tokens = max_episode_tokens
        self.temperature = temperature
        self.seed = seed
        self.batch_size = batch_size
        self.environment = tools_class(yaw)
        self.names = tool_names(self.environment)
        tools = [getattr(self.environment, tool) for tool in self.names]
        self.chat = ToolChat(processing_class, tools, pictures=picture != "none")
        ends = model.generation_config.eos_token_id
        self.chat.eos_ids += [end for end in ([ends] if isinstance(ends, int) else ends or []) if end is not None]
        self._suppressed = vision_ids(model.config) or None
        self._conversations: WeakKeyDictionary[RoomLayoutEnv, _Conversation] = WeakKeyDictionary()
        self._prompts: WeakKeyDictionary[RoomLayoutEnv, int] = WeakKeyDictionary()

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its answers depend on."""
        names = ("picture", "max_new_tokens", "max_episode_tokens", "temperature", "seed", "batch_size")
        return {"route": "tools", **{name: getattr(self, name) for name in names}}

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env."""
        texts: list[str] = []
        for start in range(0, len(envs), self.batch_size):
            texts += self._respond(envs[start : start + self.batch_size])
        return texts

    def _respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        answers: dict[int, str] = {}
        for env in envs:
            self._hear(env)
        while True:
            waiting = []
            for index, env in enumerate(envs):
                if index not in answers:
                    answer = self._next_answer(env)
                    if answer is None:
                        waiting.append(env)
                    else:
                        answers[index] = answer
            if not waiting:
                break
            self._speak(waiting)
        for index, env in enumerate(envs):
            self._conversations[env].texts.append(answers[index])
        return [answers[index] for index in range(len(envs))]

    def _hear(self, env: RoomLayoutEnv) -> None:
        """Take in what came of the last answer, or begin."""
        said = [turn.text for turn in env.episode().turns]
        talk = self._conversations.get(env)
        if not said:
            content = opening_content(env, self.picture)
            talk = self._conversations[env] = _Conversation(self.chat.opening(content), images_of(content))
            self._prompts[env] = len(talk.ids)
        if talk is None or talk.texts != said:
            raise InputError("an episode was begun by another policy; a model that calls tools plays whole episodes")
        if talk.open is not None:
            name, faults = talk.open
            talk.results.append((name, result_content(env, self.picture, faults)))
            talk.open = None

    def _next_answer(self, env: RoomLayoutEnv) -> str | None:
        """Return the answer that the next call is, or None where the model is to write a message."""
        talk = self._conversations[env]
        while talk.calls and not talk.has_stopped:
            name, arguments = talk.calls.pop(0)
            if name not in self.names or not isinstance(arguments, dict):
                # TRL tells the model so itself: no turn of the environment
                told = f"Tool {name} not found." if name not in self.names else "The arguments must be a mapping."
                talk.results.append((name, str({"error": told})))
                continue
            is_lenient = env.rules.parse_mode == "lenient"
            text, faults = read_call(self.environment, name, arguments, is_lenient=is_lenient)
            talk.open = (name, faults)
            return text
        if talk.has_stopped:
            return SUBMITTED if any(talk.texts) else ""
        return None

    def _speak(self, envs: Sequence[RoomLayoutEnv]) -> None:
        """Let the model write a message for each env."""
        going = []
        for env in envs:
            talk = self._conversations[env]
            if talk.results:
                added = self.chat.results(talk.results)
                if len(talk.ids) + len(added) - self._prompts[env] > self.max_episode_tokens:
                    talk.has_stopped = True
                    continue
                talk.ids += added
                talk.images += [image for _, content in talk.results for image in images_of(content)]
                talk.results = []
            going.append(env)
        if not going:
            return
        talks = [self._conversations[env] for env in going]
        for talk, sampled in zip(talks, self._generate(talks, self._seed(going[0])), strict=True):
            talk.calls = self.chat.calls(sampled, talk.ids)
            talk.ids += sampled
            talk.has_stopped = not talk.calls

    def _seed(self, env: RoomLayoutEnv) -> int:
        text = f"{self.seed} {scene_key(env.scene)} {len(self._conversations[env].ids)}"
        return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:7], "big")

    def _generate(self, talks: Sequence[_Conversation], seed: int) -> list[list[int]]:
        has_pictures = self.chat.type_field is not None
        return sample_answers(
            self.model,
            self.chat,
            [talk.ids for talk in talks],
            self.chat.pictures([talk.images for talk in talks]) if has_pictures else {},
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
            seed=seed,
            suppressed=self._suppressed,
        )
