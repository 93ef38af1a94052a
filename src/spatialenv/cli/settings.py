"""Settings given as NAME=VALUE, and options that take a name or JSON."""

from __future__ import annotations

import json
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


def parse_json(option: str, text: str) -> dict[str, Any]:
    """Return the JSON object that an option was given.

    Args:
        option: The option, for messages.
        text: What it was given.

    Raises:
        InputError: If it is no JSON, or no object.

    Example:
        >>> parse_json("--camera", '{"name": "orbit", "azimuth": 30}')
        {'name': 'orbit', 'azimuth': 30}
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{option}` is {text!r:.80}, which is no JSON ({error}); quote it in the shell") from error
    if not isinstance(value, dict):
        raise InputError(f"`{option}` is {text!r:.80}; it must be a JSON object")
    return value


def parse_part(option: str, text: str) -> str | dict[str, Any]:
    """Return the name that an option was given, or its JSON object: what a registry makes a part from.

    Args:
        option: The option, for messages.
        text: What it was given.

    Raises:
        InputError: If it begins like an object and is none.

    Example:
        >>> parse_part("--renderer", "fast"), parse_part("--renderer", '{"name": "fast"}')
        ('fast', {'name': 'fast'})
    """
    return parse_json(option, text) if text.lstrip().startswith("{") else text
