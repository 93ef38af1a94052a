"""Chat messages with pictures to token ids and tensors, for any Hugging Face chat model.

An episode is one growing token sequence: the opening prompt, what the model sampled, what the
environment replied, and so on. Sampled ids are never decoded and encoded again (that need not give
the same ids), so each reply is tokenised on its own, as the tokens that a chat template adds after a
finished assistant turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from spatialenv.errors import InputError
from spatialenv.evaluation.chat_template import (
    TOKEN_FIELDS,
    TYPE_FIELDS,
    Message,
    Renderer,
    check_episodes,
    check_pictures,
    find_style,
    find_turns,
    plain_template_errors,
)

if TYPE_CHECKING:
    import torch

_PLACEHOLDERS = (
    "<|image_pad|>",
    "<|video_pad|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<image>",
    "<video>",
    "<fake_token_around_image>",
    "<global-img>",
    "<image_soft_token>",
    "<start_of_image>",
    "<end_of_image>",
    "<IMG_CONTEXT>",
    "<img>",
    "</img>",
)
_PLACEHOLDER_NAMES = ("image_token", "video_token", "audio_token", "boi_token", "eoi_token")
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_WINDOW = 8  # tokens before one that may change how it is decoded


class Chat:
    r"""Builds token ids and picture tensors with a model's own chat template.

    Args:
        processing_class: A processor with a chat template, a tokenizer and an image processor; for words alone
            (``pictures=False``) a bare tokenizer will do.
        chat_template: Another template, or None for the processor's own.
        pictures: Whether the model is shown pictures. Without, they are taken out of messages.

    Attributes:
        eos_ids: Ids that end an assistant turn; the first is the one that the template writes.
        prefix: What the template itself writes at the head of an answer (``"<think>\n"``): part of the answer's
            text, though the model did not sample it.
        type_field: Name of the model's token type input (``"mm_token_type_ids"``), or None.
        has_pictures: Whether the model is shown pictures.

    Raises:
        InputError: If the template has no place for pictures, drops, moves or changes earlier turns, or gives
            a picture another number of tokens when there is a second one.
    """

    def __init__(self, processing_class: Any, chat_template: str | None = None, *, pictures: bool = True) -> None:
        self.processor = processing_class
        self.tokenizer = getattr(processing_class, "tokenizer", processing_class)
        self.has_pictures = pictures
        if pictures and getattr(processing_class, "image_processor", None) is None:
            raise InputError(
                f"a {type(processing_class).__name__} takes no pictures; give the processor of a vision-language "
                "model, or set pictures: false (--no-pictures)"
            )
        self.prefix = ""
        self.type_field: str | None = None
        self.eos_ids = _ids(self.tokenizer.eos_token_id)
        self._special_ids = {id for id, token in self.tokenizer.added_tokens_decoder.items() if token.special}
        names = {str(token) for token in self.tokenizer.all_special_tokens} | set(self._known_placeholders())
        names |= {self.tokenizer.convert_ids_to_tokens(id) for id in self._special_ids}
        # some tokenizers count tags of the answer among their special tokens; they must be read all the same
        tags = sorted(names & set(_TAGS))
        self._hidden_ids = self._special_ids - set(self.tokenizer.convert_tokens_to_ids(tags)) if tags else None
        self._specials = sorted(names - set(_TAGS), key=len, reverse=True)
        self._decode_one = lru_cache(maxsize=None)(self._decode_one_uncached)
        if self.tokenizer.pad_token_id is None:  # padding is masked: any token will do
            self.tokenizer.pad_token = self.tokenizer.eos_token or self.tokenizer.convert_ids_to_tokens(0)
        self.renderer = Renderer(processing_class, chat_template, pictures=pictures)
        with plain_template_errors():
            self._learn_template()

    def opening(self, conversations: Sequence[Sequence[Message]]) -> list[list[int]]:
        """Return the ids of conversations that end in a user turn, generation prompt included, not padded."""
        return self.renderer.rows([self.clean(messages) for messages in conversations])

    def replies(self, messages: Sequence[Message]) -> list[list[int]]:
        """Return the ids that follow a finished assistant turn when the user answers with each message.

        They begin after the assistant's end-of-turn token and end with the generation prompt.
        """
        if not messages:
            return []
        rows = self.renderer.rows([[*self._turns.dummy, *self.clean([message])] for message in messages])
        return [row[len(self._turns.stem) :] for row in rows]

    def pictures(self, images: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Return the picture tensors of whole episodes, from the pictures (PIL) of each, in order."""
        if not self.has_pictures or not any(images):
            return {}
        conversations = [
            [{"role": "user", "content": [{"type": "image", "image": image} for image in row]}] for row in images
        ]
        encoded = self.renderer.tensors(conversations)
        return {name: value for name, value in encoded.items() if name not in TOKEN_FIELDS}

    def type_ids(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return 1 where a token stands for a picture and 0 elsewhere, shaped as `input_ids`."""
        import torch

        image_ids = torch.tensor(sorted(self.image_ids), device=input_ids.device)
        return torch.isin(input_ids, image_ids).long()

    @property
    def image_ids(self) -> set[int]:
        """Ids of the tokens that the processor counts as a picture's."""
        return set(_ids(getattr(self.processor, "image_token_ids", None))) or set(
            _ids(getattr(self.processor, "image_token_id", None))
        )

    def suppressed_ids(self, config: Any) -> list[int]:
        """Return the vision placeholders, which a policy must never write."""
        found = self.image_ids | set(_ids(getattr(self.processor, "image_token_id", None)))
        for name in ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id"):
            found.update(_ids(getattr(config, name, None)))
        found.update(self.tokenizer.convert_tokens_to_ids(token) for token in self._known_placeholders())
        return sorted(found)

    def add_eos_ids(self, ids: int | Sequence[int] | None) -> None:
        """Take further ids for the end of an assistant turn, such as those of a generation config."""
        self.eos_ids = list(dict.fromkeys([*self.eos_ids, *_ids(ids)]))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of an answer's ids, without special tokens; it begins with `prefix`."""
        return self.prefix + self._decode(ids)

    def spans(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """Return the characters ``[start, end)`` of `decode` that each id wrote."""
        first = len(self.prefix)
        return [(first + start, first + end) for start, end in self._spans(ids)]

    def _spans(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        text = self._decode(ids)
        pieces = [self._decode_one(token) for token in ids]
        if "".join(pieces) == text:
            ends = [0]
            for piece in pieces:
                ends.append(ends[-1] + len(piece))
            return list(pairwise(ends))
        # decoding depends on context: measure what each id adds after the few before it
        ends = [0]
        for index in range(len(ids)):
            first = max(0, index - _WINDOW)
            added = len(self._decode(ids[first : index + 1])) - len(self._decode(ids[first:index]))
            ends.append(ends[-1] + added)
        if ends[-1] != len(text):  # it depends on more than that: measure whole prefixes
            ends = [len(self._decode(ids[:count])) for count in range(len(ids) + 1)]
        for index in range(len(ids) - 1, -1, -1):  # half a character may be longer than the whole
            ends[index] = min(ends[index], ends[index + 1])
        return list(pairwise(ends))

    def encode(self, text: str) -> list[int]:
        """Return the ids of a finished assistant turn that says `text`; special tokens in it are taken out.

        What the template writes itself (`prefix`) is left out.
        """
        said = self._without_specials(text)
        if "</think>" in self.prefix:  # the thought is over before the model begins
            said = said.rpartition("</think>")[2].lstrip("\n")
        elif self.prefix:
            said = said.lstrip().removeprefix("<think>").lstrip("\n")
        ids: list[int] = self.tokenizer(said, add_special_tokens=False)["input_ids"]
        return ids + self.eos_ids[:1]

    def clean(self, messages: Sequence[Message]) -> list[Message]:
        """Return messages whose text holds none of the tokenizer's special tokens: text is data.

        Where the model is shown no pictures, they are left out.
        """
        cleaned = []
        for message in messages:
            parts = [
                {**part, "text": self._without_specials(part["text"])} if part["type"] == "text" else part
                for part in message["content"]
                if self.has_pictures or part["type"] == "text"
            ]
            cleaned.append({**message, "content": parts})
        return cleaned

    # --- inside -------------------------------------------------------------------------------

    def _decode(self, ids: Sequence[int]) -> str:
        hidden = self._hidden_ids
        if hidden is not None:
            shown = [id for id in ids if id not in hidden]
            return str(self.tokenizer.decode(shown, skip_special_tokens=False))
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def _decode_one_uncached(self, token: int) -> str:
        return self._decode([token])

    def _known_placeholders(self) -> list[str]:
        vocabulary = self.tokenizer.get_vocab()
        named = [getattr(self.processor, name, None) for name in _PLACEHOLDER_NAMES]
        return [token for token in (*_PLACEHOLDERS, *named) if isinstance(token, str) and token in vocabulary]

    def _without_specials(self, text: str) -> str:
        found = True
        while found:  # taking one out may bring two halves of another together
            found = False
            for token in self._specials:
                if token in text:
                    text = text.replace(token, " ")
                    found = token.strip() != ""
        return text

    def _learn_template(self) -> None:
        """Find out how the template writes turns, and refuse one that cannot carry an episode."""
        if not self.has_pictures:
            find_style(self.renderer)
        self._turns = find_turns(self.renderer, self._special_ids)
        self.prefix = self._turns.prefix
        self.eos_ids = list(dict.fromkeys([*_ids(self._turns.end), *self.eos_ids]))
        if not self.eos_ids:
            raise InputError("the model's tokenizer has no token that ends a turn; set tokenizer.eos_token")
        if self.has_pictures:
            check_pictures(self)
        check_episodes(self)
        encoded = self.renderer.tensors([self._turns.dummy[:1]])
        self.type_field = next((name for name in TYPE_FIELDS if name in encoded), None)


def _ids(value: Any) -> list[int]:
    if value is None:
        return []
    if isinstance(value, int):
        return [value]
    return [int(item) for item in value if item is not None]
