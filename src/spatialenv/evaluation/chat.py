"""Chat messages with pictures to token ids and tensors, for any Hugging Face VLM.

An episode is one growing token sequence: the opening prompt, what the model sampled, what the
environment replied, and so on. Sampled ids are never decoded and encoded again (that need not give
the same ids), so each reply is tokenised on its own, as the tokens that a chat template adds after a
finished assistant turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from spatialenv.errors import InputError

if TYPE_CHECKING:
    import torch

Message = dict[str, Any]

_PLACEHOLDERS = (
    "<|image_pad|>",
    "<|video_pad|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<image>",
    "<fake_token_around_image>",
    "<global-img>",
    "<image_soft_token>",
    "<start_of_image>",
    "<end_of_image>",
    "<IMG_CONTEXT>",
    "<img>",
    "</img>",
)
_TYPE_FIELDS = ("mm_token_type_ids", "token_type_ids")
_TOKEN_FIELDS = ("input_ids", "attention_mask", *_TYPE_FIELDS)


class Chat:
    """Builds token ids and picture tensors with a processor's own chat template.

    Args:
        processor: A processor with a chat template, a tokenizer and an image processor.
        chat_template: Another template, or None for the processor's own.

    Attributes:
        eos_ids: Ids that end an assistant turn.
        type_field: Name of the model's token type input (``"mm_token_type_ids"``), or None; known once
            pictures were built.

    Raises:
        InputError: If the template has no place for pictures, or drops or changes earlier turns.
    """

    def __init__(self, processor: Any, chat_template: str | None = None) -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.chat_template = chat_template
        self.eos_ids = _ids(self.tokenizer.eos_token_id)
        self.type_field: str | None = None
        self._specials = sorted(
            {str(token) for token in self.tokenizer.all_special_tokens} | set(self._known_placeholders()),
            key=len,
            reverse=True,
        )
        self._decode_one = lru_cache(maxsize=None)(self._decode_one_uncached)
        self._check_template()

    def opening(self, conversations: Sequence[Sequence[Message]]) -> list[list[int]]:
        """Return the ids of conversations that end in a user turn, generation prompt included, not padded."""
        cleaned = [self._clean(list(messages)) for messages in conversations]
        rows: list[list[int]] = self._template(cleaned, generation=True)["input_ids"]
        return rows

    def replies(self, messages: Sequence[Message]) -> list[list[int]]:
        """Return the ids that follow a finished assistant turn when the user answers with each message.

        They begin after the assistant's end-of-turn token and end with the generation prompt.
        """
        if not messages:
            return []
        before = self._stem
        rows = self._template([[*self._dummy, *self._clean([message])] for message in messages], generation=True)
        return [row[len(before) :] for row in rows["input_ids"]]

    def pictures(self, images: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Return the picture tensors of whole episodes, from the pictures (PIL) of each, in order."""
        conversations = [
            [{"role": "user", "content": [{"type": "image", "image": image} for image in row]}] for row in images
        ]
        encoded = self._template(
            conversations, generation=True, return_tensors="pt", processor_kwargs={"padding": True}
        )
        self.type_field = next((name for name in _TYPE_FIELDS if name in encoded), None)
        return {name: value for name, value in encoded.items() if name not in _TOKEN_FIELDS}

    def type_ids(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return 1 where a token stands for a picture and 0 elsewhere, shaped as `input_ids`."""
        import torch

        image_ids = torch.tensor(sorted(self.image_ids), device=input_ids.device)
        return torch.isin(input_ids, image_ids).long()

    @property
    def image_ids(self) -> set[int]:
        """Ids of the tokens that stand for pictures."""
        ids = set(_ids(getattr(self.processor, "image_token_ids", None)))
        return ids | set(_ids(getattr(self.processor, "image_token_id", None)))

    def suppressed_ids(self, config: Any) -> list[int]:
        """Return the vision placeholders, which a policy must never write."""
        found = set(self.image_ids)
        for name in ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id"):
            found.update(_ids(getattr(config, name, None)))
        found.update(self.tokenizer.convert_tokens_to_ids(token) for token in self._known_placeholders())
        return sorted(found)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of sampled ids, without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def spans(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """Return the characters ``[start, end)`` of `decode` that each id wrote."""
        pieces = [self._decode_one(token) for token in ids]
        text = self.decode(ids)
        if "".join(pieces) == text:
            ends = [0]
            for piece in pieces:
                ends.append(ends[-1] + len(piece))
        else:  # decoding depends on context: measure growing prefixes instead
            ends = [len(self.decode(ids[:count])) for count in range(len(ids) + 1)]
        return list(zip(ends[:-1], ends[1:], strict=True))

    # --- inside -------------------------------------------------------------------------------

    def _decode_one_uncached(self, token: int) -> str:
        return str(self.tokenizer.decode([token], skip_special_tokens=True))

    def _known_placeholders(self) -> list[str]:
        vocabulary = self.tokenizer.get_vocab()
        return [token for token in _PLACEHOLDERS if token in vocabulary]

    def _clean(self, messages: list[Message]) -> list[Message]:
        """Return messages whose text holds none of the tokenizer's special tokens: text is data."""
        cleaned = []
        for message in messages:
            parts = [
                {**part, "text": self._without_specials(part["text"])} if part["type"] == "text" else part
                for part in message["content"]
            ]
            cleaned.append({**message, "content": parts})
        return cleaned

    def _without_specials(self, text: str) -> str:
        for token in self._specials:
            if token in text:
                text = text.replace(token, " ")
        return text

    def _template(
        self, conversations: Sequence[Sequence[Message]], *, generation: bool, **options: Any
    ) -> dict[str, Any]:
        encoded = self.processor.apply_chat_template(
            list(conversations),
            add_generation_prompt=generation,
            tokenize=True,
            return_dict=True,
            **({} if self.chat_template is None else {"chat_template": self.chat_template}),
            **options,
        )
        return dict(encoded)

    def _check_template(self) -> None:
        if not (self.chat_template or getattr(self.processor, "chat_template", None)):
            raise InputError("the model's processor has no chat template; give a model made for chat")
        self._dummy = [
            {"role": "user", "content": [{"type": "text", "text": "a"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "b"}]},
        ]
        stem = self._template([self._dummy], generation=False)["input_ids"][0]
        ends = [index for index, token in enumerate(stem) if token in self.eos_ids]
        self._stem: list[int] = stem[: ends[-1] + 1] if ends else stem
        reply = {"role": "user", "content": [{"type": "text", "text": "c"}]}
        whole = self._template([[*self._dummy, reply]], generation=True)["input_ids"][0]
        if whole[: len(self._stem)] != self._stem:
            raise InputError(
                "the chat template changes earlier turns when a later one is added, so an episode of several "
                "turns cannot be trained on; pass a template that keeps the history as `chat_template`"
            )


def _ids(value: Any) -> list[int]:
    if value is None:
        return []
    if isinstance(value, int):
        return [value]
    return [int(item) for item in value if item is not None]
