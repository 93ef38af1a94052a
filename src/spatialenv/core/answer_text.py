"""Where the answer stands in a text, and how well the text keeps to its published form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import accumulate

from spatialenv.core.entries import Reading
from spatialenv.core.lenient_json import MAX_DEPTH, ListNode, ObjectNode
from spatialenv.errors import InputError

MAX_LENGTH = 1_000_000
"""Characters of a text that are read."""

_THINK_TO_ANSWER = re.compile(r"</think>\s*<answer>")
_TAG = re.compile(r"<(/?)(think|answer)>", re.IGNORECASE | re.ASCII)
_FENCE = re.compile(r"```[A-Za-z0-9]*")
_MARKS = re.compile(r'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_MAX_DIGITS = 4300  # Python's own default limit, kept whatever the interpreter is set to


def check_request(text: object, mode: object, yaw: object) -> None:
    """Raise InputError unless `text` is a string and `mode` and `yaw` are known: the caller's mistakes."""
    if not isinstance(text, str):
        raise InputError(f"`text` is {type(text).__name__}; it must be a string: what the model wrote")
    if mode not in ("lenient", "strict"):
        raise InputError(f"`mode` is {mode!r}; allowed: 'lenient', 'strict'")
    if yaw not in ("fixed", "free"):
        raise InputError(f"`yaw` is {yaw!r}; allowed: 'fixed', 'free'")


def read_front(text: str, n: int, reading: Reading) -> tuple[str, float, tuple[int, int]]:
    """Return what is read of a text, its published format level, and where the block stands that it was read from."""
    if len(text) > MAX_LENGTH:
        reading.limit("too-long", f"the text has {len(text)} characters; {MAX_LENGTH} are read")
        return text[:MAX_LENGTH], 0.0, (0, 0)
    level, block = _published_level(text, n, reading)
    return text, level, block


def _published_level(text: str, n: int, reading: Reading) -> tuple[float, tuple[int, int]]:
    """Return the published format level and where the block stands that it was read from."""
    stripped = text.strip()
    last = len(stripped) - len("</answer>")
    well_tagged = (
        stripped.startswith("<think>")
        and stripped.endswith("</answer>")
        and _THINK_TO_ANSWER.search(stripped, len("<think>"), max(last, 0)) is not None
    )
    if not well_tagged:
        if not reading.is_lenient:
            reading.add("tags")
        return 0.0, (0, 0)
    start = text.index("<answer>") + len("<answer>")
    end = text.index("</answer>", start)
    content = text[start:end].strip()
    code = "json"
    try:
        if _is_too_deep(content):
            code = "too-deep"
        else:
            value = json.loads(content, parse_int=_integer)
            if isinstance(value, (list, dict, str)):
                return (1.0 if len(value) == n else 0.5), (start, end)
    except (ValueError, RecursionError):
        pass  # unreadable, which is the answer
    if not reading.is_lenient:
        reading.add(code)
    return 0.1, (start, end)


def _integer(digits: str) -> float:
    if len(digits) > _MAX_DIGITS:
        raise ValueError("too many digits")
    return float(digits)


def _is_too_deep(content: str) -> bool:
    if content.count("[") + content.count("{") <= MAX_DEPTH:
        return False
    steps = ({"[": 1, "{": 1, "]": -1, "}": -1}.get(mark.group(), 0) for mark in _MARKS.finditer(content))
    return any(depth > MAX_DEPTH for depth in accumulate(steps))


def outside_repairs(text: str, start: int, end: int, nodes: Sequence[ListNode | ObjectNode]) -> list[str]:
    """Return the codes of what stands beside `nodes` in ``text[start:end]``: code fences, words."""
    edges = [start, *(edge for node in nodes for edge in (node.start, node.end)), end]
    outside = " ".join(text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))
    codes = ["repaired-fence"] if "```" in outside else []
    if _FENCE.sub(" ", outside).replace(",", " ").strip():
        codes.append("repaired-text")
    return codes


def answer_regions(text: str) -> list[tuple[int, int]]:
    """Return where the answer may stand, best first; no two regions overlap.

    The last complete block comes first, or what an unclosed tag leaves over where no block is
    complete. Then come, for when that holds no entry, the other blocks that are not in a thought,
    the last first; what follows an unclosed tag; and what stands before the first block.
    """
    blocks: list[tuple[int, int]] = []
    last: tuple[int, int] | None = None
    opened: int | None = None
    before: tuple[int, int] | None = None
    thought = thinking_from = 0
    is_thinking = False
    for tag in _TAG.finditer(text):
        is_answer, closes = tag.group(2).lower() == "answer", bool(tag.group(1))
        if is_answer and not closes:
            if not blocks and not is_thinking:
                before = (thought, tag.start())
            opened = tag.end()
        elif is_answer:
            if opened is not None:
                last = (opened, tag.start())
                blocks.append(last)
            elif last is None:
                last, before = (thought, tag.start()), None
                blocks.append(last)
            opened = None
        elif closes:
            while blocks and blocks[-1][0] >= thinking_from:
                blocks.pop()
            before = None
            thought = thinking_from = tag.end()
            is_thinking = False
        elif not is_thinking:
            thinking_from, is_thinking = tag.end(), True
    rest = (thought if opened is None else opened), len(text)
    if last is None:
        return [rest]
    regions = [last, *(block for block in reversed(blocks) if block != last)]
    if opened is not None and not is_thinking:
        regions.append(rest)
    if before is not None:
        regions.append(before)
    return regions
