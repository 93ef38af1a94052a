"""What a model that calls tools is shown, and what its calls say: words and pictures in, answers of edits out."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from spatialenv.envs.play import Play
from spatialenv.envs.prompt import AGAIN, MENDING, describe_scene
from spatialenv.envs.room_layout import RoomLayoutEnv

PictureMode = Literal["call", "submit", "none"]
PICTURE_MODES: tuple[str, ...] = get_args(PictureMode)
"""When a model is shown the room: at first and after each call, at first and at the end, or never."""

OVER = "The layout is final: no further call is read."
"""What a call is answered once the episode is over."""

_SPECIAL = re.compile(r"<(?=\S)|\[(?=/?[A-Z_]+\])")
_LESS = "\\u003c"
_FIELDS = {"object_id": "id", "other_id": "with"}
_OTHER_NAMES = {"object_id": ("id", "new_object_id"), "other_id": ()}
_LENIENT = ("id", "new_object_id", "position", "z_angle")
"""Further fields that `parse_edits` reads leniently, for models that name them so."""


class Blocks(list[dict[str, Any]]):
    """Content blocks; a class of its own, so that the schema of a tool says nothing of what it returns."""


Content = str | Blocks
"""What a model is shown: text, or a picture and text as content blocks."""


def read_call(
    environment: type, name: str, arguments: Mapping[str, Any], *, is_lenient: bool = True
) -> tuple[str, tuple[str, ...]]:
    """Return a call as the text of an answer of edits, and what is wrong with the names and ids of its arguments.

    Args:
        environment: The class whose tool is called.
        name: The tool.
        arguments: As the model gave them; those that the tool does not take are left out.
        is_lenient: Whether further names are understood that models use for the same.

    Example:
        >>> from spatialenv.trainers.tools import LayoutTools
        >>> read_call(LayoutTools, "swap", {"object_id": "a", "other_id": "b", "why": "light"})[1]
        ("swap takes no 'why'; it takes object_id, other_id",)
    """
    parameters = list(inspect.signature(getattr(environment, name)).parameters.values())[1:]
    names = [parameter.name for parameter in parameters]
    optional = {parameter.name for parameter in parameters if parameter.default is not parameter.empty}
    understood = {*names, *(_LENIENT if is_lenient and names else ())}
    taken = ", ".join(names) or "nothing"
    faults = tuple(f"{name} takes no {key!r:.60}; it takes {taken}" for key in arguments if key not in understood)
    asked = {
        _FIELDS.get(key, key): value
        for key, value in arguments.items()
        if key in understood and not (value is None and key in optional)
    }
    for key in _FIELDS:
        held = (key, *_OTHER_NAMES[key]) if is_lenient else (key,)
        if key in names and not any(isinstance(arguments.get(each), str) for each in held):
            faults += (f"{name} has no {key} that is a string",)
    return _written({**asked, "op": name}), faults


def arguments_of(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the call that makes an operation of edits.

    Example:
        >>> arguments_of({"op": "swap", "id": "a", "with": "b"})
        {'object_id': 'a', 'other_id': 'b'}
    """
    names = {field: name for name, field in _FIELDS.items()}
    return {names.get(field, field): value for field, value in operation.items() if field != "op"}


def images_of(content: Content) -> list[Any]:
    """Return the pictures (PIL) of what a model is shown."""
    return [] if isinstance(content, str) else [part["image"] for part in content if part["type"] == "image"]


def opening_content(played: Play | RoomLayoutEnv, picture: PictureMode) -> Content:
    """Return what a model is shown of an episode first."""
    rules = played.rules
    asked = describe_scene(played.scene, rules.yaw, rules.views if picture != "none" else ())
    closing = (
        "Use the tools until every object has its place as asked and nothing overlaps, floats or leaves the room, then "
        f"call submit. At most {rules.max_turns} calls are read."
    )
    return _content(played, f"{asked}\n{closing}", is_shown=picture != "none")


def result_content(played: Play | RoomLayoutEnv, picture: PictureMode, faults: Sequence[str] = ()) -> Content:
    """Return what a model is shown of the turn that its call was; `faults` as `read_call` found them."""
    episode, most = played.episode(), played.rules.max_turns
    lines = [f"{fault}." for fault in faults]
    told = episode.turns[-1].feedback.removesuffix(AGAIN["edits"]).rstrip()
    lines += [_mending(line) for line in told.splitlines()]
    if played.is_over:
        lines.append(OVER if episode.failure is None else f"The room could not be drawn or judged. {OVER}")
    else:
        left = most - len(episode.turns)
        lines.append(f"{left} {'call is' if left == 1 else 'calls are'} left.")
    is_shown = picture == "call" or (picture == "submit" and played.is_over)
    return _content(played, "\n".join(lines), is_shown=is_shown)


def _mending(line: str) -> str:
    """Return a line of feedback, with edits written as calls."""
    if not line.startswith(MENDING):
        return line
    operations = json.loads(line.removeprefix(MENDING))
    calls = [f"{each['op']} {json.dumps(arguments_of(each), ensure_ascii=False)}" for each in operations]
    return f"Calls that mend it: {'; '.join(calls)}"


def _content(played: Play | RoomLayoutEnv, text: str, *, is_shown: bool) -> Content:
    said = _as_data(text)
    if not is_shown:
        return said
    picture, _ = played.message(len(played.answers))["content"]
    return Blocks([picture, {"type": "text", "text": said}])


def _written(operation: Mapping[str, Any]) -> str:
    try:
        text = json.dumps([operation], ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):  # deeper, or of longer numbers, than JSON is written
        text = json.dumps([{"op": operation["op"]}])
    # so that no argument can write a tag
    return f"<think></think><answer>{text.replace('<', _LESS)}</answer>"


def _as_data(text: str) -> str:
    """Return a text that holds no special token of a tokenizer: wishes and a model's own words are data.

    TRL tokenises what it is given. Special tokens begin with '<', or are words of capitals in brackets.
    """
    return _SPECIAL.sub(r"\g<0> ", text)


SUBMITTED = _written({"op": "submit"})
"""The answer that a model has given when it stops calling tools."""
