"""Settings given as NAME=VALUE."""

from __future__ import annotations

from typing import Any

import yaml

from spatialenv.errors import InputError


def parse_settings(option: str, items: list[str]) -> dict[str, Any]:
    """Return the values by name that an option was given; each is read as YAML.

    Args:
        option: The option, for messages.
        items: What it was given.

    Raises:
        InputError: If one is no ``NAME=VALUE``.

    Example:
        >>> parse_settings("--set", ["rl.steps=50", "size=[64, 64]", "name=a"])
        {'rl.steps': 50, 'size': [64, 64], 'name': 'a'}
    """
    values = {}
    for item in items:
        name, separator, text = item.partition("=")
        if not separator or not name:
            example = "rl.steps=50" if option == "--set" else "max_turns=2" if option == "--env" else "seed=1"
            raise InputError(f"`{option} {item}` is not NAME=VALUE; write for example {option} {example}")
        try:
            values[name] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InputError(f"`{option} {item}`: {text!r} is not a YAML value") from error
    return values
