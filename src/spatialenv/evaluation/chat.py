"""Chat messages with pictures to token ids and tensors, for any Hugging Face VLM.

An episode is one growing token sequence: the opening prompt, what the model sampled, what the
environment replied, and so on. Sampled ids are never decoded and encoded again (that need not give
the same ids), so each reply is tokenised on its own, as the tokens that a chat template adds after a
finished assistant turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
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
_PLACEHOLDER_NAMES = ("image_token", "video_token", "boi_token", "eoi_token")
_WINDOW = 8  # tokens before one that may change how it is decoded
_TYPE_FIELDS = ("mm_token_type_ids", "token_type_ids")
_TOKEN_FIELDS = ("input_ids", "attention_mask", *_TYPE_FIELDS)


class Chat:
    """Builds token ids and picture tensors with a processor's own chat template.

    Args:
        processor: A processor with a chat template, a tokenizer and an image processor.
        chat_template: Another template, or None for the processor's own.

    Attributes:
        eos_ids: Ids that end an assistant turn; the first is the one that the template writes.
        type_field: Name of the model's token type input (``"mm_token_type_ids"``), or None; known once
            pictures were built.

    Raises:
        InputError: If the template has no place for pictures, drops or changes earlier turns, or gives
            a picture another number of tokens when there is a second one.
    """

    def __init__(self, processor: Any, chat_template: str | None = None) -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.chat_template = chat_template
        self.eos_ids = _ids(self.tokenizer.eos_token_id)
        self.type_field: str | None = None
        self._special_ids = {id for id, token in self.tokenizer.added_tokens_decoder.items() if token.special}
        names = {str(token) for token in self.tokenizer.all_special_tokens} | set(self._known_placeholders())
        names |= {self.tokenizer.convert_ids_to_tokens(id) for id in self._special_ids}
        self._specials = sorted(names, key=len, reverse=True)
        self._decode_one = lru_cache(maxsize=None)(self._decode_one_uncached)
        self._check_template()

    def opening(self, conversations: Sequence[Sequence[Message]]) -> list[list[int]]:
        """Return the ids of conversations that end in a user turn, generation prompt included, not padded."""
        cleaned = [self.clean(messages) for messages in conversations]
        rows: list[list[int]] = self._template(cleaned, generation=True)["input_ids"]
        return rows

    def replies(self, messages: Sequence[Message]) -> list[list[int]]:
        """Return the ids that follow a finished assistant turn when the user answers with each message.

        They begin after the assistant's end-of-turn token and end with the generation prompt.
        """
        if not messages:
            return []
        before = self._stem
        rows = self._template([[*self._dummy, *self.clean([message])] for message in messages], generation=True)
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

    def add_eos_ids(self, ids: int | Sequence[int] | None) -> None:
        """Take further ids for the end of an assistant turn, such as those of a generation config."""
        self.eos_ids = list(dict.fromkeys([*self.eos_ids, *_ids(ids)]))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of sampled ids, without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def spans(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """Return the characters ``[start, end)`` of `decode` that each id wrote."""
        text = self.decode(ids)
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
            added = len(self.decode(ids[first : index + 1])) - len(self.decode(ids[first:index]))
            ends.append(ends[-1] + added)
        if ends[-1] != len(text):  # it depends on more than that: measure whole prefixes
            ends = [len(self.decode(ids[:count])) for count in range(len(ids) + 1)]
        for index in range(len(ids) - 1, -1, -1):  # half a character may be longer than the whole
            ends[index] = min(ends[index], ends[index + 1])
        return list(pairwise(ends))

    def encode(self, text: str) -> list[int]:
        """Return the ids of a finished assistant turn that says `text`; special tokens in it are taken out."""
        ids: list[int] = self.tokenizer(self._without_specials(text), add_special_tokens=False)["input_ids"]
        return ids + self.eos_ids[:1]

    def clean(self, messages: Sequence[Message]) -> list[Message]:
        """Return messages whose text holds none of the tokenizer's special tokens: text is data."""
        cleaned = []
        for message in messages:
            parts = [
                {**part, "text": self._without_specials(part["text"])} if part["type"] == "text" else part
                for part in message["content"]
            ]
            cleaned.append({**message, "content": parts})
        return cleaned

    # --- inside -------------------------------------------------------------------------------

    def _decode_one_uncached(self, token: int) -> str:
        return str(self.tokenizer.decode([token], skip_special_tokens=True))

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
        with _template_errors():
            self._find_stem()
            self._check_pictures()

    def _find_stem(self) -> None:
        """Find what stands before a reply, and the token that ends an assistant turn."""
        # an answer with a thought: templates that drop earlier thoughts are found, too
        self._dummy = [_said("user", "a"), _said("assistant", "<think>b</think>c")]
        stem = self._template([self._dummy], generation=False)["input_ids"][0]
        other = self._template([[self._dummy[0], _said("assistant", "<think>b</think>d")]], generation=False)
        closing = stem[len(stem) - _common_end(stem, other["input_ids"][0]) :]
        self.eos_ids = list(dict.fromkeys([*[id for id in closing if id in self._special_ids][:1], *self.eos_ids]))
        if not self.eos_ids:
            raise InputError("the model's tokenizer has no token that ends a turn; set tokenizer.eos_token")
        ends = [index for index, token in enumerate(stem) if token in self.eos_ids]
        self._stem: list[int] = stem[: ends[-1] + 1] if ends else stem
        whole = self._template([[*self._dummy, _said("user", "c")]], generation=True)["input_ids"][0]
        if whole[: len(self._stem)] != self._stem:
            raise InputError(
                "the chat template changes earlier turns when a later one is added, so an episode of several "
                "turns cannot be trained on; set processor.chat_template to one that keeps the history"
            )

    def _check_pictures(self) -> None:
        """Make sure that every user turn has a place for its picture, of as many tokens each time."""
        from PIL import Image

        if not self.image_ids:
            raise InputError("the model's processor names no token that stands for a picture (`image_token_id`)")
        seen: Message = {
            "role": "user",
            "content": [{"type": "image", "image": Image.new("RGB", (64, 64))}, {"type": "text", "text": "a"}],
        }
        both: Message = {"role": "user", "content": [seen["content"][0], *seen["content"]]}
        rows = [self.opening([[seen]])[0], self.replies([seen])[0], self.opening([[both]])[0]]
        first, later, two = (sum(token in self.image_ids for token in row) for row in rows)
        if not first or not later:
            raise InputError(
                "the chat template has no place for the picture of a user's turn; "
                "set processor.chat_template to one that writes the picture token for each"
            )
        if two != first + later:
            raise InputError(
                f"the processor writes {two} tokens for two pictures but {first} and {later} for each alone, so the "
                "pictures of an episode cannot be shown one by one; give a model whose pictures do not depend on others"
            )


@contextmanager
def _template_errors() -> Iterator[None]:
    """Say in one line why a chat template could not be used."""
    import jinja2

    try:
        yield
    except InputError:
        raise
    except (jinja2.TemplateError, ValueError, TypeError, KeyError, IndexError, AttributeError, StopIteration) as error:
        lines = str(error).strip().splitlines() or ["no reason given"]
        raise InputError(
            "the model's chat template cannot write a conversation of several turns with pictures: "
            f"{lines[0]} ({type(error).__name__}); give a vision-language model made for chat"
        ) from error


def _said(role: str, text: str) -> Message:
    return {"role": role, "content": [{"type": "text", "text": text}]}


def _common_end(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many items at their ends two sequences share."""
    count = 0
    while count < min(len(first), len(second)) and first[-1 - count] == second[-1 - count]:
        count += 1
    return count


def _ids(value: Any) -> list[int]:
    if value is None:
        return []
    if isinstance(value, int):
        return [value]
    return [int(item) for item in value if item is not None]
