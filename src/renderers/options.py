"""Checks of the options that several renderers have, in the same words for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from spatialenv.assets import make_library
from spatialenv.errors import InputError, unknown_name
from spatialenv.renderers.room import make_room_style

MAX_SUPERSAMPLING = 4
"""Most samples a pixel in each direction."""


def check_switches(renderer: object, options: Sequence[str]) -> None:
    """Raise InputError unless each of `options` is true or false."""
    for option in options:
        value = getattr(renderer, option)
        if not isinstance(value, bool):
            raise InputError(f"renderer option `{option}` is {value!r}; it must be true or false")


def check_choice(renderer: object, option: str, allowed: Sequence[str]) -> None:
    """Raise UnknownNameError unless an option is one of the words `allowed`."""
    value = getattr(renderer, option)
    if value not in allowed:
        raise unknown_name(f"value of the renderer option `{option}`", value, allowed)


def check_whole(renderer: object, option: str, least: int, most: int, otherwise: str = "") -> None:
    """Raise InputError unless an option is a whole number.

    Args:
        renderer: The renderer.
        option: Its option.
        least: Least that is allowed.
        most: Most that is allowed.
        otherwise: What else None stands for, where it is allowed: ``"or None for as many as there are cores"``.
    """
    value = getattr(renderer, option)
    if value is None and otherwise:
        return
    if type(value) is not int or not least <= value <= most:
        allowed = f"{least:,} to {most:,}" + (f", {otherwise}" if otherwise else "")
        raise InputError(f"renderer option `{option}` is {value!r}; it must be {allowed}")


def check_supersampling(renderer: object) -> None:
    """Raise InputError unless `supersampling` is 1 to `MAX_SUPERSAMPLING`."""
    check_whole(renderer, "supersampling", 1, MAX_SUPERSAMPLING)


def plain_look(renderer: object) -> None:
    """Put the options `room` and `assets` of a frozen renderer in the form that it keeps: a style, a library or None.

    Raises:
        InputError: If one of them is not allowed.
    """
    room, assets = getattr(renderer, "room"), getattr(renderer, "assets")  # noqa: B009 (of any class)
    object.__setattr__(renderer, "room", make_room_style(room))
    object.__setattr__(renderer, "assets", None if assets is None else make_library(assets))
