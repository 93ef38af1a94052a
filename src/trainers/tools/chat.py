"""Token ids of conversations with tools, as TRL's own loop makes them, and what it asks of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from spatialenv.errors import InputError
from spatialenv.trainers.tools.texts import Content

USE_TEXT = "; use the route text (LayoutGRPOTrainer), which any chat model can take"

_PICTURE_TOKENS = ("<|image_pad|>", "<|image|>")
"""Tokens by which TRL finds the pictures of tool calls."""

_VISION_IDS = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")


class ToolChat:
    """Token ids of a conversation with tools, as TRL's own loop makes them.

    Args:
        processing_class: A processor, or a tokenizer where no pictures are shown.
        tools: The tools, as functions with docstrings.
        pictures: Whether pictures are shown.

    Attributes:
        eos_ids: Ids that end a message.
        type_field: Name of the model's token type input, or None.

    Raises:
        InputError: If the chat template cannot write tool calls, TRL cannot read them, or pictures cannot be shown.
    """

    def __init__(self, processing_class: Any, tools: Sequence[Callable[..., Any]], *, pictures: bool) -> None:
        self.processor = processing_class
        self.tokenizer = getattr(processing_class, "tokenizer", processing_class)
        self.tools: list[Any] = list(tools)
        self.template = check_tool_model(processing_class, pictures=pictures)
        self.is_vlm = hasattr(processing_class, "image_processor")
        self.eos_ids: list[int] = [self.tokenizer.eos_token_id]
        self.type_field: str | None = None
        if pictures:
            vocabulary = self.tokenizer.get_vocab()
            self._image_id = next(vocabulary[token] for token in _PICTURE_TOKENS if token in vocabulary)
            is_grid = "image_grid_thw" in self.pictures([[_blank_picture()]])
            self.type_field = "mm_token_type_ids" if is_grid else "token_type_ids"

    def opening(self, content: Content) -> list[int]:
        """Return the ids of a conversation that begins with what `reset` showed."""
        blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
        # TRL appends what `reset` showed to an empty text
        said: Any = [{"type": "text", "text": ""}, *blocks] if self.is_vlm or len(blocks) > 1 else content
        return self._ids([{"role": "user", "content": said}], tools=self.tools, add_generation_prompt=True)

    def results(self, results: Sequence[tuple[str, Content]]) -> list[int]:
        """Return the ids that follow a finished message whose calls gave `results`, name and content of each."""
        called = {"type": "function", "function": {"name": results[0][0], "arguments": {}}}
        blank: Any = [{"type": "text", "text": ""}] if self.is_vlm else ""
        before = [
            {"role": "user", "content": self._said("dummy")},
            {"role": "assistant", "content": blank, "tool_calls": [called]},
        ]
        told = [{"role": "tool", "name": name, "content": self._said(content)} for name, content in results]
        stem = self._ids(before, add_generation_prompt=False)
        whole = self._ids([*before, *told], add_generation_prompt=True)
        ends = [index for index, token in enumerate(stem) if token == self.tokenizer.eos_token_id]
        return whole[ends[-1] + 1 if ends else len(stem) :]

    def message(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[int]:
        """Return the ids of a finished message that makes `calls`, name and arguments of each; with none, it is empty.

        Raises:
            InputError: If the chat template writes something else before a message that is not being written.
        """
        user = {"role": "user", "content": self._said("dummy")}
        made = [{"type": "function", "function": {"name": name, "arguments": dict(given)}} for name, given in calls]
        spoken = {"role": "assistant", "content": self._said(""), **({"tool_calls": made} if made else {})}
        stem = self._ids([user], add_generation_prompt=True)
        whole = self._ids([user, spoken], add_generation_prompt=False)
        if whole[: len(stem)] != stem:
            raise InputError(
                "the chat template writes a message otherwise than it asks for one, so demonstrations of calls cannot "
                "be made; set warm_start.steps: 0"
            )
        ids = whole[len(stem) :]
        ends = [index for index, token in enumerate(ids) if token == self.tokenizer.eos_token_id]
        return ids[: ends[0] + 1] if ends else [*ids, self.tokenizer.eos_token_id]

    def pictures(self, images: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Return the picture tensors of whole episodes, from the pictures (PIL) of each, in order."""
        flat = [image for row in images for image in row]
        return dict(self.processor.image_processor(images=flat, return_tensors="pt")) if flat else {}

    def type_ids(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return 1 where a token stands for a picture and 0 elsewhere, shaped as `input_ids`."""
        types: torch.Tensor = (input_ids == self._image_id).long()
        return types

    def calls(self, ids: Sequence[int], prefix: Sequence[int]) -> list[tuple[str, Any]]:
        """Return name and arguments of each call in a sampled message."""
        from trl.chat_template_utils import parse_response

        parsed = parse_response(self.tokenizer, list(ids), prefix=list(prefix), tools=self.tools)
        functions = [call.get("function", call) for call in parsed.get("tool_calls") or []]
        return [(function["name"], function["arguments"]) for function in functions]

    def _said(self, content: Content) -> Any:
        return [{"type": "text", "text": content}] if self.is_vlm and isinstance(content, str) else content

    def _ids(self, messages: list[dict[str, Any]], **options: Any) -> list[int]:
        encoded = self.processor.apply_chat_template(
            [messages], tokenize=True, return_dict=True, chat_template=self.template, **options
        )
        ids: list[int] = encoded["input_ids"][0]
        return ids


def check_tool_model(processing_class: Any, *, pictures: bool = True) -> str | None:
    """Make sure that stock TRL can train a model by tools, before anything is made.

    Args:
        processing_class: The model's processor or tokenizer; a way to read calls is set on it where TRL knows one.
        pictures: Whether pictures are shown.

    Returns:
        The chat template that TRL trains with, or None where that is the model's own.

    Raises:
        InputError: If the chat template cannot write tool calls or their results, TRL knows no way to read them, or
            it cannot carry pictures that tools return.
    """
    from trl import chat_template_utils as trl_templates

    tokenizer = getattr(processing_class, "tokenizer", processing_class)
    if not trl_templates.supports_tool_calling(processing_class):
        raise InputError(
            "the chat template of this model leaves out tool calls or their results, so TRL refuses to train it by "
            f"tools; give a model made for tools, such as Qwen3 or Qwen3-VL{USE_TEXT}"
        )
    if not any(getattr(tokenizer, name, None) for name in ("response_template", "response_schema")):
        try:
            trl_templates.add_response_schema(processing_class)
        except ValueError as error:
            raise InputError(
                "TRL does not know how this model writes tool calls; set `tokenizer.response_template` "
                f"(response parsing of transformers) and save it with the model{USE_TEXT}"
            ) from error
    template: str | None = None
    if not trl_templates.is_chat_template_prefix_preserving(processing_class):
        try:
            template = trl_templates.get_training_chat_template(processing_class)
        except ValueError as error:
            raise InputError(
                f"the chat template changes earlier messages when later ones are added, and TRL has no other{USE_TEXT}"
            ) from error
    if pictures:
        _check_pictures(processing_class, tokenizer, template)
    return template


def _check_pictures(processing_class: Any, tokenizer: Any, template: str | None) -> None:
    if not hasattr(processing_class, "image_processor"):
        raise InputError("a model that reads text alone is shown no pictures; set pictures: false (picture='none')")
    vocabulary = tokenizer.get_vocab()
    marks = [token for token in _PICTURE_TOKENS if token in vocabulary]
    if not marks:
        raise InputError(
            f"TRL carries the pictures that tools return only for models whose picture token is one of "
            f"{', '.join(_PICTURE_TOKENS)}{USE_TEXT}, or set pictures: false"
        )
    shown = {
        "role": "tool",
        "name": "a",
        "content": [{"type": "image", "image": _blank_picture()}, {"type": "text", "text": "b"}],
    }
    text = processing_class.apply_chat_template([shown], tokenize=False, chat_template=template)
    if not any(mark in text for mark in marks):
        raise InputError(f"the chat template has no place for a picture that a tool returns{USE_TEXT}")


def vision_ids(config: Any) -> list[int]:
    """Return the ids that stand for pictures and films, which a model must never write; none for a text model."""
    found = {getattr(config, name, None) for name in _VISION_IDS}
    return sorted(token for token in found if isinstance(token, int))


def _blank_picture() -> Any:
    from PIL import Image

    return Image.new("RGB", (64, 64))
