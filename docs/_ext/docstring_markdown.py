"""A docstring of this package as Markdown: headings, argument tables, facts, examples."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields|Example|Examples)(?: \([^)]*\))?:$")
_FACT = re.compile(r"(Range|Zero means|Best means|Cannot see): ")
_ENTRY = re.compile(r"(\S[^:]*): (.*)")


def to_markdown(part: Any) -> str:
    """Return the docstring of a class or function as Markdown, without a title.

    Raises:
        ValueError: If it has none.
    """
    text = inspect.getdoc(part)
    if not text:
        raise ValueError(f"{part!r} has no docstring, so it can have no page")
    return "\n\n".join(_blocks(text.split("\n"))) + "\n"


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        section = _SECTION.match(line)
        if not line.strip():
            at += 1
        elif section:
            body, at = _indented(lines, at + 1)
            yield from _section(section[1], body)
        elif _FACT.match(line):
            facts, at = _facts(lines, at)
            rows = [f"| {name} | {_cell(text)} |" for name, text in facts]
            yield "\n".join(["| | |", "| --- | --- |", *rows])
        elif line.startswith(">>>"):
            end = at
            while end < len(lines) and lines[end].strip():
                end += 1
            yield _code(lines[at:end])
            at = end
        else:
            end = at
            while end < len(lines) and lines[end].strip() and not _SECTION.match(lines[end]):
                end += 1
                if lines[at].startswith("#") or (end < len(lines) and _FACT.match(lines[end])):
                    break
            yield _inline("\n".join(lines[at:end]))
            at = end


def _section(name: str, body: list[str]) -> Iterator[str]:
    if name.startswith("Example"):
        yield "**Example**"
        yield _code(body)
    elif name in ("Returns", "Yields"):
        yield f"**{name}** " + _inline(" ".join(line.strip() for line in body))
    else:
        title = {"Args": "Argument", "Attributes": "Attribute", "Raises": "Error"}[name]
        rows = [f"| `{entry}` | {_cell(text)} |" for entry, text in _entries(body)]
        yield "\n".join([f"| {title} | |", "| --- | --- |", *rows])


def _entries(body: list[str]) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for line in body:
        match = _ENTRY.match(line)
        if match and not line.startswith(" "):
            entries.append((match[1], match[2]))
        elif line.strip() and entries:
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
    return entries


def _facts(lines: list[str], at: int) -> tuple[list[tuple[str, str]], int]:
    facts: list[tuple[str, str]] = []
    while at < len(lines) and lines[at].strip():
        match = _FACT.match(lines[at])
        if match:
            facts.append((match[1], lines[at][match.end() :]))
        else:
            facts[-1] = (facts[-1][0], f"{facts[-1][1]} {lines[at].strip()}")
        at += 1
    return facts, at


def _indented(lines: list[str], at: int) -> tuple[list[str], int]:
    body = []
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith("    ")):
        body.append(lines[at][4:])
        at += 1
    while body and not body[-1].strip():
        body.pop()
    return body, at


def _code(lines: list[str]) -> str:
    return "\n".join(["```python", *lines, "```"])


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|")


def _inline(text: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", text)
