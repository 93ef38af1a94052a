"""How long `parse_answer` takes, and whether its time is linear in the text's length.

`parse_time_per_char_1MB_vs_10kB` is the time a character at a million characters over that at ten
thousand, for the family of texts where it is largest: about 1 or less means linear, about 100
would mean quadratic. Times are the best of several runs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from spatialenv.core.answer_text import MAX_LENGTH
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject

SIZES = (10_000, 50_000, 200_000, MAX_LENGTH)

UNITS = {
    "open brackets": "[",
    "close braces": "}",
    "empty lists": "[]",
    "empty objects": "{}",
    "quotes": '"',
    "single quotes": "'",
    "backslashes": "\\",
    "escaped quotes": '\\"',
    "answer tags": "<answer>",
    "think ends": "</think> ",
    "commas": ",",
    "digits": "1",
    "short numbers": "1,",
    "fences": "```",
    "spaces": " ",
    "words": "word ",
    "comments": "//",
    "unclosed objects": '{"a":',
    "repeated entries": '{"new_object_id": "object_0", "x": 1.5, "y": 2.5, "z": 0.5}, ',
}


def run(quick: bool = False) -> tuple[dict[str, float], dict[str, Any]]:
    """Return ``(ratios, figures)``; `quick` measures fewer repeats.

    Figures: ``parse_us_per_answer`` (12 objects, lenient and strict) and
    ``parse_ns_per_char``, by family and size.
    """
    scene = Scene(Room.rectangle(6, 5, 3), tuple(SceneObject(f"object_{i}", "box", (0.5, 0.5, 0.5)) for i in range(12)))
    per_char: dict[str, dict[str, float]] = {}
    worst = 0.0
    for name, unit in UNITS.items():
        row = {}
        for size in SIZES:
            head, tail = "<think>t</think><answer>[", "]</answer>"
            body = unit * ((size - len(head) - len(tail)) // len(unit))
            text = head + body + tail
            seconds = _best(lambda text=text: parse_answer(text, scene), repeats=2 if quick else 5)  # type: ignore[misc]
            row[str(size)] = seconds / len(text) * 1e9
        per_char[name] = row
        worst = max(worst, row[str(SIZES[-1])] / row[str(SIZES[0])])
    records = [{"new_object_id": f"object_{i}", "x": 0.25 + i / 3, "y": 2.5, "z": 0.25} for i in range(12)]
    answer = f"<think>Along the wall.</think><answer>{json.dumps(records)}</answer>"
    per_answer = {
        "lenient": _best(lambda: parse_answer(answer, scene, "lenient"), 50 if quick else 500) * 1e6,
        "strict": _best(lambda: parse_answer(answer, scene, "strict"), 50 if quick else 500) * 1e6,
    }
    return (
        {"parse_time_per_char_1MB_vs_10kB": worst},
        {"parse_us_per_answer": per_answer, "parse_ns_per_char": per_char},
    )


def _best(call: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several runs in seconds."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
