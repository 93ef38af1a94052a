"""A Hugging Face chat model as a policy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.baselines import turns_of
from spatialenv.evaluation.chat import Chat
from spatialenv.evaluation.loading import check_model, check_vlm, load_model, load_vlm
from spatialenv.evaluation.sampling import sample_answers
from spatialenv.tasks.procedural import scene_key

__all__ = ["ModelPolicy", "check_model", "check_vlm", "fingerprint", "load_model", "load_vlm"]

_WHOLE = 64 * 2**20
_PART = 8 * 2**20


class ModelPolicy:
    """Samples answers from a chat model, episode by episode, over its own token history.

    What is sampled depends on the seed and on the first env of each batch, its turn and the draw, so that
    the batches of an evaluation that was stopped and resumed are answered alike. Another batch size gives
    other answers.

    Args:
        model: A model that generates from ``input_ids`` and picture tensors.
        processor: Its processor, or its tokenizer where it is shown no pictures.
        name: Name for records.
        max_new_tokens: Longest answer in tokens.
        temperature: 0 takes the likeliest token.
        seed: Seed of the sampling.
        batch_size: Episodes answered at once.
        seeding: ``"room"``: as above. ``"stream"``: from one stream of random numbers, in the order of the calls.
        source: What the model was loaded from, for records.
        pictures: Whether it is shown the pictures of the rooms.
    """

    def __init__(
        self,
        model: Any,
        processor: Any,
        *,
        name: str = "model",
        max_new_tokens: int = 512,
        temperature: float = 1.0,
        seed: int = 0,
        batch_size: int = 64,
        seeding: Literal["room", "stream"] = "room",
        source: str | None = None,
        pictures: bool = True,
    ) -> None:
        import torch

        self.name = name
        self.model = model
        self.chat = Chat(processor, pictures=pictures)
        self.chat.add_eos_ids(model.generation_config.eos_token_id)
        self.batch_size = batch_size
        self.max_new_tokens = max_new_tokens
        self.temperature = temperature
        self.seed = seed
        self.seeding = seeding
        self.source = source
        self._stream = torch.Generator(device="cpu").manual_seed(seed)
        self._suppressed = self.chat.suppressed_ids(model.config)
        # the texts answered so far and their tokens: an env that another policy played is not taken for ours
        self._histories: WeakKeyDictionary[RoomLayoutEnv, tuple[list[str], list[int]]] = WeakKeyDictionary()

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its answers depend on."""
        return {
            "model": self.source,
            "revision": getattr(self.model.config, "_commit_hash", None),
            "files": None if self.source is None else fingerprint(Path(self.source)),
            "max_new_tokens": self.max_new_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
            "seeding": self.seeding,
            "batch_size": self.batch_size,
            **({} if self.chat.has_pictures else {"pictures": False}),
        }

    @classmethod
    def load(cls, name: str | Path, *, pictures: bool = True, **options: Any) -> ModelPolicy:
        """Return a policy from a local folder or hub name; options as in the class."""
        model, processor = load_model(name, pictures=pictures)
        return cls(model, processor, name=Path(name).name, source=str(name), pictures=pictures, **options)

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env."""
        return self.sample(envs, 0)

    def sample(self, envs: Sequence[RoomLayoutEnv], draw: int) -> list[str]:
        """Return another answer for each env; draw 0 is what `respond` gives."""
        texts: list[str] = []
        for start in range(0, len(envs), self.batch_size):
            texts += self._respond(envs[start : start + self.batch_size], draw)
        return texts

    def _respond(self, envs: Sequence[RoomLayoutEnv], draw: int) -> list[str]:
        histories: list[list[int]] = []
        images: list[list[Any]] = []
        said: list[list[str]] = []
        for env in envs:
            messages = env.to_messages()
            images.append([part["image"] for m in messages for part in m["content"] if part["type"] == "image"])
            said.append([turn.text for turn in env.episode().turns])
            texts, tokens = self._histories.get(env, ([], []))
            if tokens and texts and texts == said[-1]:
                histories.append(tokens + self.chat.replies([messages[-1]])[0])
            else:
                histories.append(self.chat.opening([messages])[0])
        sampled = sample_answers(
            self.model,
            self.chat,
            histories,
            self.chat.pictures(images),
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
            seed=self._draw_seed(envs[0], draw),
            suppressed=self._suppressed,
        )
        answers = [self.chat.decode(ids) for ids in sampled]
        for env, texts, history, ids, answer in zip(envs, said, histories, sampled, answers, strict=True):
            closing = [] if ids and ids[-1] in self.chat.eos_ids else self.chat.eos_ids[:1]
            self._histories[env] = ([*texts, answer], history + ids + closing)
        return answers

    def _draw_seed(self, first: RoomLayoutEnv, draw: int) -> int:
        import torch

        if self.seeding == "stream":
            return int(torch.randint(2**31, (1,), generator=self._stream))
        text = f"{self.seed} {scene_key(first.scene)} {turns_of(first)} {draw}"
        return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:7], "big")


def fingerprint(folder: Path) -> str | None:
    """Return a hash of a model folder's files, or None where it is no folder.

    Of files above 64 MB the size and the first and last 8 MB count.
    """
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            if size <= _WHOLE:
                digest.update(file.read())
            else:
                digest.update(file.read(_PART))
                file.seek(-_PART, 2)
                digest.update(file.read())
    return digest.hexdigest()[:32]
