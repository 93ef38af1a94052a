"""Lay the advantages of a turn over the tokens of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from spatialenv.trainers.credit.config import Scope
from spatialenv.trainers.credit.scores import TurnCredit

_DIGITS = r"[+-]?\.?\d[\d.eE+-]*"
_NUMBER = re.compile(_DIGITS)
_COLON = r"""(?(quote)["'”]|["'”]?)\s*:\s*"""
# a key and its number or list; strings are passed over, so that an id may look like either
_FIELD = re.compile(
    rf"""(?P<quote>["'“])?\b(?:
        (?:d?[xyz]|d?yaw|z_angle)\b{_COLON}["'“]?\s*(?P<number>{_DIGITS})
        | position\b{_COLON}\[(?P<list>[^][{{}}]*)\]
    ) | "[^"\n]*" | '[^'\n]*' | “[^”\n]*”""",
    re.VERBOSE,
)

Span = tuple[int, int]
"""Characters ``[start, end)``."""


def token_advantages(
    spans: Sequence[Span],
    text: str,
    object_spans: Mapping[str, Span],
    credit: TurnCredit,
    scope: Scope | None = None,
) -> list[float]:
    """Return the advantage of each token of an answer.

    A token that holds a character which places an object carries that object's advantage; one that holds
    characters of several objects carries their mean, weighted by the characters. A token without characters
    (half of a character that a later token finishes) counts as the place where it stands, and as no object at
    an edge.

    Args:
        spans: Characters of `text` that each token wrote.
        text: The answer.
        object_spans: Characters that placed each object (`ParsedAnswer.spans`). Those of a swap are two objects'.
        credit: The turn's advantages.
        scope: Which tokens place an object, if other than the credit says.

    Returns:
        One value a token.

    Example:
        >>> text = "[{'id': 'bed', 'x': 1}]"
        >>> token_advantages([(0, 1), (1, 20), (20, 23)], text, {"bed": (1, 22)}, TurnCredit({"bed": 2.0}, 0.5))
        [0.5, 2.0, 2.0]
    """
    only_numbers = (scope or credit.scope) == "numbers"
    owners: list[tuple[int, int, float]] = []  # characters that place an object, and its advantage
    for object_id, span in object_spans.items():
        if object_id in credit.numbers:
            places = number_spans(text, span) if only_numbers else (span,)
            owners += [(*place, credit.numbers[object_id]) for place in places]
    return [_advantage(start, end, owners, credit.other) for start, end in spans]


def number_spans(text: str, span: Span) -> Iterator[Span]:
    """Yield the characters of each number that places an object within its `span` of an answer.

    Those are the numbers named x, y, z, yaw or z_angle, their changes dx, dy, dz and dyaw of edits, and those of a
    list that stands for a position.

    Example:
        >>> text = '{"id": "x: 3", "size": 2, "x": 1.5, "position": [4, .5]}'
        >>> [text[slice(*each)] for each in number_spans(text, (0, len(text)))]
        ['1.5', '4', '.5']
    """
    start, end = span
    if text.startswith("[", start):
        yield from (match.span() for match in _NUMBER.finditer(text, start, end))
        return
    for field in _FIELD.finditer(text, start, end):
        if field["list"] is not None:
            yield from (match.span() for match in _NUMBER.finditer(text, *field.span("list")))
        elif field["number"] is not None:
            yield field.span("number")


def _advantage(start: int, end: int, owners: Sequence[tuple[int, int, float]], other: float) -> float:
    weights = total = 0.0
    for first, last, advantage in owners:
        if start < last and end > first:
            weight = min(end, last) - max(start, first) if end > start else 1
            weights += weight
            total += weight * advantage
    return total / weights if weights else other
