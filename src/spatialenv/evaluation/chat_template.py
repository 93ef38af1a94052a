"""What a model's chat template does with an episode: rendering, and what is found out before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spatialenv.errors import InputError

Message = dict[str, Any]

TYPE_FIELDS = ("mm_token_type_ids", "token_type_ids")
"""Names that processors give to the types of tokens."""

TOKEN_FIELDS = ("input_ids", "attention_mask", *TYPE_FIELDS)
"""Fields of a processor with a value for each token."""

KEEP_THOUGHTS: tuple[Mapping[str, Any], ...] = ({}, {"preserve_thinking": True}, {"clear_thinking": False})
"""Arguments by which templates are asked to keep earlier thoughts; the first is none."""

_LONG = 8
_SIZES = ((64, 64), (96, 64))


class Renderer:
    """Renders conversations with a chat template.

    Args:
        processing_class: A processor, or a tokenizer for words alone.
        template: Another template, or None for its own.
        pictures: Whether messages hold pictures.

    Attributes:
        options: Arguments of the template.
        is_flat: Whether a message's content is a string and not a list of parts.
    """

    def __init__(self, processing_class: Any, template: str | None, *, pictures: bool) -> None:
        self.processing_class = processing_class
        self.tokenizer = getattr(processing_class, "tokenizer", processing_class)
        own = getattr(processing_class, "chat_template", None)
        self.template = template or (None if own else getattr(self.tokenizer, "chat_template", None))
        if not (template or own or (self.template and not pictures)):
            raise InputError("the model's processor has no chat template; give a model made for chat")
        self.options: Mapping[str, Any] = {}
        self.is_flat = False

    def rows(self, conversations: Sequence[Sequence[Message]], *, generation: bool = True) -> list[list[int]]:
        """Return the ids of each conversation, without padding; `generation` adds the head of the answer."""
        encoded = self._encode(conversations, generation=generation)
        rows = []
        for ids, mask in zip(encoded["input_ids"], encoded["attention_mask"], strict=True):
            rows.append([int(token) for token, shown in zip(ids, mask, strict=True) if shown])
        return rows

    def tensors(self, conversations: Sequence[Sequence[Message]]) -> dict[str, Any]:
        """Return all that the processor makes of the conversations, as padded tensors."""
        return self._encode(conversations, generation=True, return_tensors="pt")

    def _encode(
        self, conversations: Sequence[Sequence[Message]], *, generation: bool, **options: Any
    ) -> dict[str, Any]:
        given: list[Any] = list(conversations)
        if self.is_flat:
            given = [[{**message, "content": _words(message)} for message in messages] for messages in given]
        padding: dict[str, Any] = {"padding": True}
        if self.tokenizer is not self.processing_class:
            padding = {"processor_kwargs": padding}
        encoded = self.processing_class.apply_chat_template(
            given,
            add_generation_prompt=generation,
            tokenize=True,
            return_dict=True,
            **({} if self.template is None else {"chat_template": self.template}),
            **padding,
            **self.options,
            **options,
        )
        return dict(encoded)


@dataclass(frozen=True)
class Turns:
    r"""How a template writes turns.

    Attributes:
        dummy: A conversation that ends in an answer.
        stem: Its ids, up to and with the token that ends the answer.
        end: That token, or None where the template writes none.
        prefix: What the template itself writes at the head of an answer, such as ``"<think>\n"``.
    """

    dummy: tuple[Message, ...]
    stem: tuple[int, ...]
    end: int | None
    prefix: str


def said(role: str, text: str) -> Message:
    """Return a message of words."""
    return {"role": role, "content": [{"type": "text", "text": text}]}


def find_style(renderer: Renderer) -> None:
    """Find out whether contents are lists of parts, or strings as in many templates for words alone."""
    probe = [[said("user", "alpha")]]
    for is_flat in (False, True):
        renderer.is_flat = is_flat
        try:
            text = renderer.tokenizer.decode(renderer.rows(probe)[0])
        except Exception:  # whatever a template or jinja raises: the other form is tried, and its error is told
            if is_flat:
                raise
            continue
        if "alpha" in text and not re.search(r"type['\"]?\s*:", text):
            return
    raise InputError("the chat template does not write what a user says; set one that does")


def find_turns(renderer: Renderer, special_ids: set[int]) -> Turns:
    """Find what stands before a reply, and the token that ends an answer.

    Raises:
        InputError: If earlier turns change when a later one is added.
    """
    for options in KEEP_THOUGHTS:
        renderer.options = options
        found = _turns(renderer, special_ids)
        if found is not None:
            return found
    renderer.options = {}
    patched = _training_template(renderer)
    if patched is not None:
        own, renderer.template = renderer.template, patched
        found = _turns(renderer, special_ids)
        if found is not None:
            return found
        renderer.template = own
    if _turns(renderer, special_ids, thought="") is not None:
        raise InputError(
            "the chat template changes earlier turns: it takes thoughts (<think>...</think>) out of earlier answers, "
            "so that an episode of several turns is not what the model saw; set processor.chat_template to one that "
            "keeps them and save it: processor.save_pretrained(folder)"
        )
    raise InputError(
        "the chat template changes earlier turns when a later one is added, so an episode of several "
        "turns cannot be trained on; set processor.chat_template to one that keeps the history"
    )


def _turns(renderer: Renderer, special_ids: set[int], thought: str = "<think>b</think>") -> Turns | None:
    """Return how turns are written, or None if a later one changes an earlier one."""
    # an answer with a thought: templates that drop earlier thoughts are found, too
    dummy = (said("user", "a"), said("assistant", f"{thought}c"))
    stem, other = (
        renderer.rows([[dummy[0], answer]], generation=False)[0]
        for answer in (dummy[1], said("assistant", f"{thought}d"))
    )
    whole = renderer.rows([[*dummy, said("user", "c")]])[0]
    closing = stem[len(stem) - _common_end(stem, other) :]
    ends = [index for index, token in enumerate(closing) if token in special_ids]
    if ends:
        stem = stem[: len(stem) - len(closing) + ends[0] + 1]
    elif whole[: len(stem)] == stem and len(whole) > len(stem) and whole[len(stem)] in special_ids:
        stem = whole[: len(stem) + 1]  # a turn ends where the next begins: its role is what the model writes last
        ends = [0]
    if whole[: len(stem)] != stem:
        return None
    opening, bare = (renderer.rows([[dummy[0]]], generation=generation)[0] for generation in (True, False))
    head = renderer.tokenizer.decode(opening[len(bare) :] if opening[: len(bare)] == bare else opening)
    prefix = head[head.rindex("<think>") :] if "<think>" in head else ""
    return Turns(dummy, tuple(stem), stem[-1] if ends else None, prefix)


def _training_template(renderer: Renderer) -> str | None:
    """Return TRL's version, for training, of a template that drops thoughts, where it knows one."""
    try:
        from trl.chat_template_utils import get_training_chat_template
    except ImportError:
        return None
    if renderer.template is not None:
        return None  # a template that was given is not replaced
    try:
        return get_training_chat_template(renderer.processing_class)
    except ValueError:  # unknown to TRL
        return None


def check_episodes(chat: Any) -> None:
    """Make sure that an episode put together turn by turn is what the template writes of the whole.

    Raises:
        InputError: If turns are dropped, moved, cut or added.
    """
    thinks = "</think>" not in chat.prefix
    episodes: list[list[Message]] = [_episode(_LONG, [], thinks=thinks)]
    if chat.has_pictures:
        episodes.append(_episode(3, _pictures(), thinks=thinks))
    for episode in episodes:
        ids = chat.opening([episode[:1]])[0]
        for answer, message in zip(episode[1::2], episode[2::2], strict=True):
            ids = ids + chat.encode(answer["content"][0]["text"]) + chat.replies([message])[0]
        shown, whole = (_letters(chat.tokenizer.decode(each)) for each in (ids, chat.opening([episode])[0]))
        if shown != whole:
            place = next((i for i, (a, b) in enumerate(zip(shown, whole, strict=False)) if a != b), len(whole))
            near = whole[max(0, place - 10) : place + 20]
            raise InputError(
                f"the chat template changes earlier turns when later ones are added (of {len(episode)} messages, near "
                f"{near!r}), so an episode of several turns cannot be trained on; set processor.chat_template to one "
                "that keeps the history and its order"
            )


def check_pictures(chat: Any) -> None:
    """Make sure that every user turn has a place for its picture, of as many tokens each time.

    Raises:
        InputError: If it has not, or pictures depend on one another.
    """
    renderer = chat.renderer
    if not chat.image_ids:
        raise InputError("the model's processor names no token that stands for a picture (`image_token_id`)")
    if getattr(chat.processor.image_processor, "do_pan_and_scan", None):
        raise InputError(
            "the image processor adds crops of a picture beside it (do_pan_and_scan), which cannot be trained on; "
            "set processor.image_processor.do_pan_and_scan = False and save the processor"
        )
    for _ in range(2):
        parts = _pictures()
        seen = [{"role": "user", "content": [part, {"type": "text", "text": "a"}]} for part in parts]
        both: Message = {"role": "user", "content": [*parts, {"type": "text", "text": "a"}]}
        rows = [chat.opening([[seen[0]]])[0], chat.replies([seen[1]])[0], chat.opening([[both]])[0]]
        first, later, two = (sum(token in chat.image_ids for token in row) for row in rows)
        if not first or not later:
            raise InputError(
                "the chat template has no place for the picture of a user's turn; "
                "set processor.chat_template to one that writes the picture token for each"
            )
        fields = renderer.tensors([[both]])
        if two == first + later or not _count_each_alone(chat.processor, fields):
            break
    if two != first + later:
        raise InputError(
            f"the processor writes {two} tokens for two pictures but {first} and {later} for each alone, so the "
            "pictures of an episode cannot be shown one by one; give a model whose pictures do not depend on others"
        )
    width = fields["input_ids"].shape[1]
    for name, value in fields.items():
        if name in TYPE_FIELDS and not (value == chat.type_ids(fields["input_ids"])).all():
            raise InputError(f"the processor gives tokens other types (`{name}`) than 1 for pictures and 0 for words")
        if name not in TOKEN_FIELDS and value.ndim > 1 and value.shape[1] == width and width != two:
            raise InputError(f"the processor ties pictures to tokens by `{name}`, which is not supported")


def _count_each_alone(processor: Any, fields: Mapping[str, Any]) -> bool:
    """Let each picture be encoded as if it were alone; return whether that was needed and done.

    LLaVA-OneVision shows a picture in detail only where a conversation has no other. The processor is changed, so
    that everything that encodes with it agrees.
    """
    if "batch_num_images" not in fields or not hasattr(processor, "_process_images"):
        return False
    from transformers.image_utils import make_flat_list_of_images

    whole = processor._process_images

    def each_alone(images: Any, **options: Any) -> Any:
        flat: Any = make_flat_list_of_images(images)
        made, replacements = whole([[image] for image in flat], **options)
        return {name: value for name, value in made.items() if name != "batch_num_images"}, replacements

    processor._process_images = each_alone
    return True


@contextmanager
def plain_template_errors() -> Iterator[None]:
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


def _pictures() -> list[dict[str, Any]]:
    from PIL import Image

    return [{"type": "image", "image": Image.new("RGB", size)} for size in _SIZES]


def _episode(turns: int, pictures: Sequence[dict[str, Any]], *, thinks: bool) -> list[Message]:
    """Return a conversation of so many user turns, an answer between each two."""
    messages: list[Message] = []
    for turn in range(turns):
        if turn:
            thought = f"<think>why {turn}</think>" if thinks else ""
            messages.append(said("assistant", f"{thought}answer {turn}"))
        message = said("user", f"wish {turn}")
        if pictures:
            message["content"].insert(0, pictures[turn % len(pictures)])
        messages.append(message)
    return messages


def _words(message: Message) -> str:
    if isinstance(message["content"], str):
        return message["content"]
    return "".join(part["text"] for part in message["content"] if part["type"] == "text")


def _letters(text: str) -> str:
    """Return a text without white space and empty thoughts, which templates add at will."""
    return "".join(text.split()).replace("<think></think>", "")


def _common_end(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many items at their ends two sequences share."""
    count = 0
    while count < min(len(first), len(second)) and first[-1 - count] == second[-1 - count]:
        count += 1
    return count
