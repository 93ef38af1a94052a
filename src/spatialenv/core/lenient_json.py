"""A tolerant reader of JSON as models write it: one pass, no recursion, and where each value stands.

`scan` reads every JSON value it can find in a stretch of text and says what it had to repair. On
text that is valid JSON it reads exactly what `json.loads` reads and repairs nothing. Its time is
linear in the length: each character is looked at a bounded number of times, and depth and number
of values are capped.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

MAX_DEPTH = 100
"""Nesting beyond which nothing is read."""

MAX_VALUES = 50_000
"""Values, keys and containers that are read at most."""

# Every alternative either succeeds at once or is possessive, so no character is tried twice.
_TOKEN = re.compile(
    r"""(?P<mark>[\[\]{},:])
    | (?P<double>"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?P<double_end>"?))
    | (?P<single>'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?)
    | (?P<curly>“[^”\\\n]*+(?:\\.[^”\\\n]*+)*+”?)
    | (?P<comment>//[^\n]*+)
    | (?P<word>[^\s\[\]{},:"'“]++)""",
    re.VERBOSE,
)
_OPEN = re.compile(r"[\[{]")
# An object with no container inside. Two of its tries never cover the same text more than twice:
# a brace that one try passes over inside a string stops the next one.
_FLAT = re.compile(r'\{(?:[^{}\[\]"\n]++|\n|"[^"\\\n]*+")*+\}')
_DECODER = json.JSONDecoder(object_pairs_hook=list, parse_int=float)
_ESCAPE = re.compile(r"\\(.)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_LOOSE_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_CONSTANTS: dict[str, float | bool | None] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_PYTHON_CONSTANTS: dict[str, bool | None] = {"True": True, "False": False, "None": None}

CUT = "…"
"""What follows a scalar that the end of the text may have cut."""

Value: TypeAlias = "ObjectNode | ListNode | str | float | bool | None"


@dataclass(slots=True, eq=False)
class ListNode:
    """A JSON list that stands at ``[start, end)``."""

    start: int
    end: int = 0
    items: list[Value] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class ObjectNode:
    """A JSON object that stands at ``[start, end)``; repeated keys are kept, a value without a key has the key ''.

    `stray` is a number that stands where a key should (``0,4`` leaves a 4), as text; '' if none does.
    """

    start: int
    end: int = 0
    items: list[tuple[str, Value]] = field(default_factory=list)
    stray: str = ""


@dataclass(slots=True, eq=False)
class Found:
    """A list or object found in the text, and the codes of what was repaired inside it."""

    node: ListNode | ObjectNode
    repairs: list[str]


@dataclass(slots=True, eq=False)
class Scan:
    """What `scan` found: values in order, and the codes of the caps that cut it short."""

    found: list[Found]
    limits: list[str]


@dataclass(slots=True, eq=False)
class _Frame:
    node: ListNode | ObjectNode
    state: str = "start"  # start, comma, value; in an object also key, colon
    key: str = ""


def read_number(text: str) -> tuple[float | None, bool]:
    """Return the number that `text` writes, or None, and whether JSON allows it so.

    Example:
        >>> read_number("1e2"), read_number("+.5"), read_number("3 m")
        ((100.0, True), (0.5, False), (None, False))
    """
    if _NUMBER.fullmatch(text):
        return float(text), True
    if _LOOSE_NUMBER.fullmatch(text):
        return float(text), False
    return None, False


def scan(text: str, start: int, end: int) -> Scan:
    """Return the lists and objects that stand in ``text[start:end]``, outermost ones only.

    Words between them are passed over; words, stray marks and the like inside them are repaired.
    A scalar that the end of the text may have cut is no number and no whole word: it is read as a
    string that ends in `CUT`.
    """
    scanner = _Scanner()
    limits: list[str] = []
    count = 0
    position = last_end = start
    while True:
        if not scanner.stack:
            opening = _OPEN.search(text, position, end)
            if opening is None:
                break
            position = opening.start()
        token = _TOKEN.search(text, position, end)
        if token is None:
            break
        position = last_end = token.end()
        kind = token.lastgroup
        if kind == "mark":
            mark = token.group()
            flat = _FLAT.match(text, token.start(), end) if mark == "{" else None
            pairs = _pairs(flat.group()) if flat else None
            if flat and pairs is not None and len(scanner.stack) < MAX_DEPTH:
                count += 1 + 2 * len(pairs)
                position = last_end = flat.end()
                scanner.put_flat(ObjectNode(flat.start(), position, pairs))
            elif mark in "[{":
                count += 1
                if len(scanner.stack) >= MAX_DEPTH:
                    limits.append("too-deep")
                    break
                scanner.open(mark, token.start())
            elif mark in "]}":
                scanner.close(mark, position)
            elif mark == ",":
                scanner.comma()
            else:
                scanner.colon()
        elif kind == "comment":
            scanner.repair("repaired-text")
        else:
            count += 1
            scanner.scalar(token, may_be_cut=last_end == len(text))
        if count > MAX_VALUES:
            limits.append("too-many")
            break
    scanner.close_all(last_end)
    return Scan(scanner.found, limits)


def _pairs(text: str) -> list[tuple[str, Value]] | None:
    """Return the pairs of a flat JSON object, or None when it needs repair."""
    try:
        pairs: list[tuple[str, Value]] = _DECODER.decode(text)
    except ValueError:
        return None
    return pairs


class _Scanner:
    """The open containers, innermost last, and what was found."""

    def __init__(self) -> None:
        self.stack: list[_Frame] = []
        self.found: list[Found] = []
        self._repairs: dict[str, None] = {}
        self._open = {ListNode: 0, ObjectNode: 0}

    def repair(self, code: str) -> None:
        self._repairs[code] = None

    def open(self, mark: str, start: int) -> None:
        node = ListNode(start) if mark == "[" else ObjectNode(start)
        if mark == "{":
            self._close_unclosed(start)
        self.stack.append(_Frame(node))
        self._open[type(node)] += 1

    def put_flat(self, node: ObjectNode) -> None:
        self._close_unclosed(node.start)
        self._put_or_find(node)

    def _close_unclosed(self, start: int) -> None:
        """Close the object before in `{..., {...}`, whose closing brace is missing."""
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.node, ObjectNode) and top.state in ("comma", "value"):
            self.repair("repaired-brackets")
            self._pop(start)

    def close(self, mark: str, end: int) -> None:
        wanted = ListNode if mark == "]" else ObjectNode
        if not self._open[wanted]:
            self.repair("repaired-brackets")
            return
        while not isinstance(self.stack[-1].node, wanted):
            self.repair("repaired-brackets")
            self._pop(end - 1)
        self._pop(end)

    def close_all(self, end: int) -> None:
        while self.stack:
            self.repair("repaired-brackets")
            self._pop(end)

    def _pop(self, end: int) -> None:
        frame = self.stack.pop()
        frame.node.end = end
        self._open[type(frame.node)] -= 1
        if frame.state in ("comma", "key", "colon"):
            self.repair("repaired-comma")
            self._finish_pair(frame)
        self._put_or_find(frame.node)

    def _put_or_find(self, node: ListNode | ObjectNode) -> None:
        if self.stack:
            self._put(node)
        else:
            self.found.append(Found(node, list(self._repairs)))
            self._repairs = {}

    def comma(self) -> None:
        frame = self.stack[-1]
        if frame.state != "value":
            self.repair("repaired-comma")
            self._finish_pair(frame)
        frame.state = "comma"

    def colon(self) -> None:
        frame = self.stack[-1]
        if frame.state == "key":
            frame.state = "colon"
        else:
            self.repair("repaired-text")

    def scalar(self, token: re.Match[str], *, may_be_cut: bool) -> None:
        kind, raw = token.lastgroup, token.group()
        if kind == "double" or kind == "double_end":
            is_closed = bool(token["double_end"])
            self._put(self._double(raw, is_closed) + (CUT if may_be_cut and not is_closed else ""))
        elif kind == "word":
            self._word(raw, may_be_cut)
        else:
            self.repair("repaired-quotes")
            close = "'" if kind == "single" else "”"
            closed = len(raw) > 1 and raw.endswith(close)
            string = _ESCAPE.sub(r"\1", raw[1 : -1 if closed else None])
            self._put(string + (CUT if may_be_cut and not closed else ""))

    def _double(self, raw: str, is_closed: bool) -> str:
        if is_closed and "\\" not in raw:
            return raw[1:-1]
        if is_closed:
            try:
                return str(json.loads(raw))
            except ValueError:
                self.repair("repaired-quotes")
                return _ESCAPE.sub(r"\1", raw[1:-1])
        self.repair("repaired-quotes")
        return _ESCAPE.sub(r"\1", raw[1:])

    def _word(self, raw: str, may_be_cut: bool) -> None:
        if raw.startswith("```"):
            self.repair("repaired-fence")
            return
        if may_be_cut:
            self._put(raw + CUT)
            return
        number, is_plain = read_number(raw)
        if number is not None:
            if not is_plain:
                self.repair("repaired-number")
            self._put(number)
        elif raw in _CONSTANTS:
            self._put(_CONSTANTS[raw])
        elif raw in _PYTHON_CONSTANTS:
            self.repair("repaired-text")
            self._put(_PYTHON_CONSTANTS[raw])
        else:
            self.repair("repaired-quotes")
            self._put(raw)

    def _put(self, value: Value) -> None:
        frame = self.stack[-1]
        node = frame.node
        if isinstance(node, ListNode):
            if frame.state == "value":
                self.repair("repaired-comma")
            node.items.append(value)
            frame.state = "value"
        elif frame.state in ("key", "colon"):
            if frame.state == "key":
                self.repair("repaired-comma")
            node.items.append((frame.key, value))
            frame.state = "value"
        else:
            if frame.state == "value":
                self.repair("repaired-comma")
            if isinstance(value, str):
                frame.key, frame.state = value, "key"
            else:
                self.repair("repaired-brackets")
                node.items.append(("", value))
                frame.state = "value"
                if isinstance(value, float) and not node.stray:
                    node.stray = f"{value:g}"

    def _finish_pair(self, frame: _Frame) -> None:
        """Give a key that has no value null."""
        if isinstance(frame.node, ObjectNode) and frame.state in ("key", "colon"):
            frame.node.items.append((frame.key, None))
            if frame.state == "key" and frame.key[:1].isdecimal() and not frame.node.stray:
                frame.node.stray = frame.key
