"""Read a layout out of what a model wrote: any text, in linear time, without ever raising."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from spatialenv.core.answer import ISSUE_CODES, Issue, ParsedAnswer
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.lenient_json import MAX_DEPTH, ListNode, ObjectNode, Value, read_number, scan
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError

Mode = Literal["lenient", "strict"]
YawMode = Literal["fixed", "free"]

MAX_LENGTH = 1_000_000
"""Characters of a text that are read."""

MAX_ENTRIES = 1_000
"""Entries of an answer that are read, or twice the scene's objects if that is more."""

MAX_NUMBER = 1e6
"""Size in metres or degrees up to which a number is taken for one."""

_THINK_TO_ANSWER = re.compile(r"</think>\s*<answer>")
_TAG = re.compile(r"<(/?)(think|answer)>", re.IGNORECASE)
_FENCE = re.compile(r"```[A-Za-z0-9]*")
_MARKS = re.compile(r'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ID_FIELDS = ("new_object_id", "object_id", "id")
_AXES = ("x", "y", "z")
_MAX_DIGITS = 4300  # Python's own default limit, kept whatever the interpreter is set to


def parse_answer(text: str, scene: Scene, mode: Mode = "lenient", yaw: YawMode = "fixed") -> ParsedAnswer:
    r"""Return what `text` says about where the objects of `scene` stand.

    ``format_level`` is the published reading of the text as written, whatever the mode: 0 unless
    the whole text is ``<think>...</think><answer>...</answer>``; 0.1 unless the *first* answer
    block is plain JSON; 0.5 if its number of items differs from the scene's number of objects; 1
    otherwise. Text beyond `MAX_LENGTH` characters is not read (level 0), nesting beyond `MAX_DEPTH`
    counts as unreadable.

    Mode ``"strict"`` takes the layout from that reading only. Mode ``"lenient"`` repairs what
    models really write and records each repair as an issue ``repaired-...``: text around the tags,
    unclosed or missing tags, code fences, wrong commas, missing brackets, other quotes, an object
    around the list, a mapping by id, numbers in quotes, the id under ``object_id`` or ``id``. It
    uses the *last complete* answer block; what stands in the think block is never taken when there
    is an answer block.

    Where an id has several entries, or an entry repeats a field, the first is used. An object whose
    coordinates are not all finite numbers up to `MAX_NUMBER` is not placed.

    Args:
        text: What the model wrote.
        scene: The scene it was asked about.
        mode: ``"lenient"`` or ``"strict"``.
        yaw: ``"free"`` reads `yaw` (degrees, counter-clockwise) or `z_angle` (degrees, clockwise);
            ``"fixed"`` ignores both, so that every object keeps the scene's yaw.

    Returns:
        Layout, format level, issues, spans; ``is_complete`` is False when a cap cut the reading.

    Raises:
        InputError: If `text` is no string or `mode` or `yaw` is none of those named: never for
            what the text says.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject("sofa_1", "sofa", (1.8, 0.9, 0.8)),))
        >>> answer = '[{"new_object_id": "sofa_1", "x": 3, "y": 0.45, "z": 0.4}]'
        >>> text = f"<think>By the wall.</think><answer>{answer}</answer>"
        >>> parsed = parse_answer(text, scene)
        >>> parsed.layout["sofa_1"], parsed.format_level, parsed.issues
        (Pose(x=3.0, y=0.45, z=0.4, yaw=None), 1.0, ())
    """
    if not isinstance(text, str):
        raise InputError(f"`text` is {type(text).__name__}; it must be a string: what the model wrote")
    if mode not in ("lenient", "strict"):
        raise InputError(f"`mode` is {mode!r}; allowed: 'lenient', 'strict'")
    if yaw not in ("fixed", "free"):
        raise InputError(f"`yaw` is {yaw!r}; allowed: 'fixed', 'free'")
    reading = _Reading(scene, is_lenient=mode == "lenient", reads_yaw=yaw == "free")
    if len(text) > MAX_LENGTH:
        reading.limit("too-long", f"the text has {len(text)} characters; {MAX_LENGTH} are read")
        text = text[:MAX_LENGTH]
    level, block = _published_level(text, len(scene.objects), reading)
    if mode == "strict":
        if level >= 0.5:
            _read_strict(text, block, reading)
    else:
        _read_lenient(text, level, block, reading)
    return reading.finish(level)


@dataclass(slots=True)
class _Entry:
    """An item of the answer, and the key that a mapping gives it."""

    value: Value
    key: str | None = None


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    scene: Scene
    is_lenient: bool
    reads_yaw: bool
    issues: list[Issue] = field(default_factory=list)
    poses: dict[str, Pose] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    repairs: set[str] = field(default_factory=set)
    is_list_read: bool = False
    is_sound: bool = True  # no repeated id and no cap reached

    def add(self, code: str, message: str = "", object_id: str | None = None) -> None:
        self.issues.append(Issue(code, message or ISSUE_CODES[code], object_id))

    def limit(self, code: str, message: str = "") -> None:
        self.is_sound = False
        self.add(code, message)

    def repair(self, code: str) -> None:
        if code not in self.repairs:
            self.repairs.add(code)
            self.add(code)

    def read(self, entries: list[_Entry]) -> None:
        self.is_list_read = True
        most = max(MAX_ENTRIES, 2 * len(self.scene.objects))
        if len(entries) > most:
            self.limit("too-many", f"the answer has {len(entries)} entries; the first {most} are read")
        known = set(self.scene.ids)
        for entry in entries[:most]:
            self._read_entry(entry, known)
        for object_id in self.scene.ids:
            if object_id not in self.seen:
                self.add("missing-id", f"{object_id} has no entry in the answer", object_id)

    def _read_entry(self, entry: _Entry, known: set[str]) -> None:
        if not isinstance(entry.value, ObjectNode):
            self.add("entry", f"an entry is {_show(entry.value)}; it must be an object with an id and x, y, z")
            return
        fields: dict[str, Value] = {}
        repeated = []
        for key, value in entry.value.items:
            if key in fields:
                repeated.append(key)
            else:
                fields[key] = value
        object_id = self._id(fields, entry.key)
        if object_id is None:
            self.add("entry", "an entry has no `new_object_id` that is a string")
            return
        if repeated:
            self.add("duplicate-key", f"{_show(object_id)} states {_show(repeated[0])} twice", _clean(object_id))
        if object_id not in known:
            self.add("unknown-id", f"the scene has no object {_show(object_id)}", _clean(object_id))
            return
        if object_id in self.seen:
            self.is_sound = False
            self.add("duplicate-id", f"{object_id} has more than one entry; the first is used", object_id)
            return
        self.seen.add(object_id)
        pose = self._pose(object_id, fields)
        if pose is not None:
            self.poses[object_id] = pose
            self.spans[object_id] = (entry.value.start, entry.value.end)

    def _id(self, fields: dict[str, Value], key: str | None) -> str | None:
        for name in _ID_FIELDS if self.is_lenient else _ID_FIELDS[:1]:
            value = fields.get(name)
            if isinstance(value, str):
                if name != _ID_FIELDS[0]:
                    self.repair("repaired-id")
                return value
        return key

    def _pose(self, object_id: str, fields: dict[str, Value]) -> Pose | None:
        numbers: dict[str, float] = {}
        for name in _AXES:
            number = self._number(fields.get(name))
            if number is None:
                given = _show(fields[name]) if name in fields else "missing"
                self.add("number", f"{object_id}: `{name}` is {given}; it must be a finite number of metres", object_id)
                return None
            numbers[name] = number
        angle = None
        if self.reads_yaw:
            if fields.get("yaw") is not None and fields.get("z_angle") is not None:
                self.add("yaw-and-z_angle", f"{object_id} gives both yaw and z_angle; yaw is used", object_id)
            name = "z_angle" if fields.get("yaw") is None else "yaw"
            if fields.get(name) is not None:
                degrees = self._number(fields[name])
                if degrees is None:
                    self.add("number", f"{object_id}: `{name}` is {_show(fields[name])}; it must be degrees", object_id)
                    return None
                angle = math.radians((degrees if name == "yaw" else -degrees) % 360.0 % 360.0)
        return Pose(**numbers, yaw=angle)

    def _number(self, value: Value) -> float | None:
        if isinstance(value, str) and self.is_lenient:
            value, _ = read_number(value.strip())
            if value is not None:
                self.repair("repaired-number")
        if isinstance(value, bool) or not isinstance(value, float) or not abs(value) <= MAX_NUMBER:
            return None
        return value

    def finish(self, level: float) -> ParsedAnswer:
        order = [object_id for object_id in self.scene.ids if object_id in self.poses]
        return ParsedAnswer(
            layout=Layout(tuple((object_id, self.poses[object_id]) for object_id in order)) if order else None,
            format_level=level,
            issues=tuple(self.issues),
            spans={object_id: self.spans[object_id] for object_id in order},
            is_complete=self.is_list_read and self.is_sound and len(order) == len(self.scene.objects),
        )


def _published_level(text: str, n: int, reading: _Reading) -> tuple[float, tuple[int, int]]:
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


def _read_strict(text: str, block: tuple[int, int], reading: _Reading) -> None:
    found = scan(text, *block)
    for code in found.limits:
        reading.limit(code)
    node = found.found[0].node if found.found else None
    if not isinstance(node, ListNode):
        reading.add("not-a-list")
        return
    reading.read([_Entry(item) for item in node.items])


def _read_lenient(text: str, level: float, block: tuple[int, int], reading: _Reading) -> None:
    start, end = _answer_region(text)
    result = scan(text, start, end)
    for code in result.limits:
        reading.limit(code)
    used = []
    for found in result.found:
        entries, repairs = _collect(found.node)
        if any(isinstance(entry.value, ObjectNode) for entry in entries):
            used.append((found, entries, repairs))
    if not used:
        lists = [found for found in result.found if isinstance(found.node, ListNode)]
        if not lists or (level < 0.5 and lists[0].node.items):
            reading.add("tags" if level == 0 else "not-a-list" if level >= 0.5 else "json")
            return
        used = [(lists[0], *_collect(lists[0].node))]
    codes: dict[str, None] = {}
    for found, _, repairs in used:
        codes |= dict.fromkeys((*found.repairs, *repairs))
    if len(used) > 1:
        codes["repaired-brackets"] = None
    edges = [start, *(edge for found, _, _ in used for edge in (found.node.start, found.node.end)), end]
    outside = " ".join(text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))
    if "```" in outside:
        codes["repaired-fence"] = None
    if _FENCE.sub(" ", outside).replace(",", " ").strip():
        codes["repaired-text"] = None
    if level == 0 or (start, end) != block:
        codes["repaired-tags"] = None
    elif level < 0.5 and not codes:
        codes["repaired-text"] = None
    for code in codes:
        reading.repair(code)
    reading.read([entry for _, entries, _ in used for entry in entries])


def _collect(root: ListNode | ObjectNode) -> tuple[list[_Entry], list[str]]:
    """Return the entries in a list, in an object around one, or in a mapping by id, and what was repaired."""
    entries: list[_Entry] = []
    repairs: dict[str, None] = {}
    pending: list[tuple[Value, str | None, bool]] = [(root, None, False)]
    while pending:
        node, key, is_item = pending.pop()
        children: list[tuple[Value, str | None, bool]] = []
        if isinstance(node, ListNode):
            if is_item:
                repairs["repaired-brackets"] = None
            children = [(item, None, True) for item in node.items]
        elif not isinstance(node, ObjectNode):
            entries.append(_Entry(node))
        else:
            names = {name for name, _ in node.items}
            inner = [(name, value) for name, value in node.items if isinstance(value, (ListNode, ObjectNode))]
            if names.intersection(_AXES) or (not inner and (is_item or names.intersection(_ID_FIELDS))):
                entries.append(_Entry(node, key))
                if key is None and not is_item:
                    repairs["repaired-brackets"] = None
                inner = [(name, value) for name, value in inner if not name]
            for name, value in inner:
                if isinstance(value, ObjectNode):
                    repairs["repaired-mapping" if name else "repaired-brackets"] = None
                    children.append((value, name or None, not name))
                elif any(isinstance(item, (ListNode, ObjectNode)) for item in value.items):
                    repairs["repaired-wrapper"] = None
                    children.append((value, None, False))
        pending.extend(reversed(children))
    return entries, list(repairs)


def _answer_region(text: str) -> tuple[int, int]:
    """Return where the answer stands: the last complete block, else what an unclosed tag leaves over."""
    block: tuple[int, int] | None = None
    opened: int | None = None
    thought = 0
    for tag in _TAG.finditer(text):
        is_answer, closes = tag.group(2).lower() == "answer", bool(tag.group(1))
        if is_answer and not closes:
            opened = tag.end()
        elif is_answer:
            if opened is not None:
                block = (opened, tag.start())
            elif block is None:
                block = (thought, tag.start())
            opened = None
        elif closes:
            thought = tag.end()
    if block is not None:
        return block
    return (thought if opened is None else opened), len(text)


def _show(value: object) -> str:
    """Return what a model wrote, short and printable."""
    if isinstance(value, ListNode):
        return "a list"
    if isinstance(value, ObjectNode):
        return "an object"
    return repr(value[:40] if isinstance(value, str) else value)


def _clean(object_id: str) -> str:
    """Return an id of the model's making, short enough to record and fit for any encoding."""
    return object_id[:80].encode("utf-8", "replace").decode("utf-8")
