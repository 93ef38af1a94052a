"""Lay the advantages of a turn over the tokens of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from spatialenv.trainers.credit.config import Scope
from spatialenv.trainers.credit.scores import TurnCredit

_NUMBER = re.compile(r"""\b(?:d?[xyz]|d?yaw|z_angle)\b\s*["'”]?\s*:\s*["'“]?\s*([+-]?\.?\d[\d.eE+-]*)""")


def token_advantages(
    spans: Sequence[tuple[int, int]],
    text: str,
    object_spans: Mapping[str, tuple[int, int]],
    credit: TurnCredit,
    scope: Scope | None = None,
) -> list[float]:
    """Return the advantage of each token of an answer.

    A token that holds a character which places an object carries that object's advantage; one that holds
    characters of several objects carries their mean, weighted by the characters. A token without characters
    (half of a character that a later token finishes) counts as the place where it stands.

    Args:
        spans: Characters ``[start, end)`` of `text` that each token wrote.
        text: The answer.
        object_spans: Characters that placed each object (`ParsedAnswer.spans`).
        credit: The turn's advantages.
        scope: Which tokens place an object, if other than the credit says.
    """
    owners: list[tuple[int, int, float]] = []  # characters [start, end) that place an object, and its advantage
    for object_id, span in object_spans.items():
        if object_id in credit.numbers:
            places = _numbers(text, *span) if (scope or credit.scope) == "numbers" else [span]
            owners += [(*place, credit.numbers[object_id]) for place in places]
    return [_advantage(start, end, owners, credit.other) for start, end in spans]


def _advantage(start: int, end: int, owners: Sequence[tuple[int, int, float]], other: float) -> float:
    weights = total = 0.0
    for first, last, advantage in owners:
        if start < last and end > first:
            weight = max(min(end, last) - max(start, first), 1)
            weights += weight
            total += weight * advantage
    return total / weights if weights else other


def _numbers(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    return (match.span(1) for match in _NUMBER.finditer(text, start, end))
