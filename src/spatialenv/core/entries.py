"""Turn the entries of an answer into poses of a scene's objects, with an issue for all that is wrong."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass, field
from typing import TypeGuard

from spatialenv.core.answer import ISSUE_CODES, Issue, ParsedAnswer
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.lenient_json import ListNode, ObjectNode, Value, read_number
from spatialenv.core.scene import Scene

MAX_ENTRIES = 1_000
"""Entries of an answer that are read, or twice the scene's objects if that is more."""

MAX_NUMBER = 1e6
"""Size in metres or degrees up to which a number is taken for one."""

ID_FIELDS = ("new_object_id", "object_id", "id")

_AXES = ("x", "y", "z")

_POSITION = "position"

_ROTATION = "rotation"

_TURNS = ("yaw", "z_angle")


@dataclass(slots=True)
class Entry:
    """An item of the answer, and the key that a mapping gives it; a list has a key always."""

    value: Value
    key: str | None = None

    @property
    def is_readable(self) -> bool:
        """Whether it may say where an object stands."""
        return self.key is not None or isinstance(self.value, ObjectNode)

    def object_id(self) -> str | None:
        """Return the object it names in a lenient reading."""
        items = self.value.items if isinstance(self.value, ObjectNode) else []
        fields = dict(reversed(items))  # the first of two fields counts
        return next((value for name in ID_FIELDS if isinstance(value := fields.get(name), str)), self.key)


@dataclass(slots=True)
class Reading:
    """What has been read of an answer so far.

    Attributes:
        scene: The scene that the answer is about.
        is_lenient: Whether numbers in quotes and other names of the id are read.
        reads_yaw: Whether `yaw` and `z_angle` are read.
        issues: What was wrong or repaired.
        poses: Poses by id, in the order read.
        spans: Characters that placed each object.
        seen: Ids that have had an entry.
        repairs: Codes of repairs already among the issues.
        is_list_read: Whether a list of entries was found.
        is_sound: Whether no id came twice and no cap was reached.
    """

    scene: Scene
    is_lenient: bool
    reads_yaw: bool
    issues: list[Issue] = field(default_factory=list)
    poses: dict[str, Pose] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    repairs: set[str] = field(default_factory=set)
    is_list_read: bool = False
    is_sound: bool = True

    def add(self, code: str, message: str = "", object_id: str | None = None) -> None:
        """Record an issue."""
        self.issues.append(Issue(code, message or ISSUE_CODES[code], object_id))

    def limit(self, code: str, message: str = "") -> None:
        """Record that a cap cut the reading short."""
        self.is_sound = False
        self.add(code, message)

    def repair(self, code: str) -> None:
        """Record a repair, once."""
        if code not in self.repairs:
            self.repairs.add(code)
            self.add(code)

    def read(self, entries: list[Entry]) -> None:
        """Read the poses that the entries of an answer give."""
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

    def _read_entry(self, entry: Entry, known: set[str]) -> None:
        node = entry.value
        if isinstance(node, ListNode) and entry.key is not None:
            node = _named((*_AXES, "yaw"), node)
        if not isinstance(node, ObjectNode):
            self.add("entry", f"an entry is {show(entry.value)}; it must be an object with an id and x, y, z")
            return
        fields, repeated = read_fields(node)
        object_id = self.name(fields, entry.key)
        if object_id is None:
            self.add("entry", "an entry has no `new_object_id` that is a string")
            return
        if repeated:
            self.add("duplicate-key", f"{show(object_id)} states {show(repeated[0])} twice", clean(object_id))
        if object_id not in known:
            self.add("unknown-id", f"the scene has no object {show(object_id)}", clean(object_id))
            return
        if object_id in self.seen:
            self.is_sound = False
            self.add("duplicate-id", f"{object_id} has more than one entry; the first is used", object_id)
            return
        self.seen.add(object_id)
        stray = node.stray
        if self.is_lenient:
            stray = stray or self.unwrap(fields)
        if stray:
            self.add(
                "number", f"{object_id}: {show(stray)} stands where it does not belong; write 0.4, not 0,4", object_id
            )
            return
        pose = self._pose(object_id, fields)
        if pose is not None:
            self.poses[object_id] = pose
            self.spans[object_id] = (node.start, node.end)

    def unwrap(self, fields: dict[str, Value]) -> str:
        """Take what `position` and `rotation` hold into `fields`, and return the stray number they hold."""
        stray = ""
        inner = fields.get(_POSITION)
        if not any(name in fields for name in _AXES) and _is_position(inner):
            node = _named(_AXES, inner) if isinstance(inner, ListNode) else inner
            stray = self._take(_AXES, node, fields)
        turn = fields.get(_ROTATION)
        if self.reads_yaw and isinstance(turn, ObjectNode) and not any(fields.get(name) is not None for name in _TURNS):
            stray = stray or self._take(_TURNS, turn, fields)
        return stray

    def _take(self, names: tuple[str, ...], node: ObjectNode, fields: dict[str, Value]) -> str:
        found = {name: value for name, value in reversed(node.items) if name in names}
        if found:
            self.repair("repaired-wrapper")
            fields |= found
        return node.stray

    def name(self, fields: dict[str, Value], key: str | None = None) -> str | None:
        """Return the id that the fields of an entry hold, else its key."""
        for name in ID_FIELDS if self.is_lenient else ID_FIELDS[:1]:
            value = fields.get(name)
            if isinstance(value, str):
                if name != ID_FIELDS[0]:
                    self.repair("repaired-id")
                return value
        return key

    def _pose(self, object_id: str, fields: dict[str, Value]) -> Pose | None:
        numbers: dict[str, float] = {}
        for name in _AXES:
            number = self.number(fields.get(name))
            if number is None:
                given = show(fields[name]) if name in fields else "missing"
                self.add("number", f"{object_id}: `{name}` is {given}; it must be a finite number of metres", object_id)
                return None
            numbers[name] = number
        angle = None
        if self.reads_yaw:
            if fields.get("yaw") is not None and fields.get("z_angle") is not None:
                self.add("yaw-and-z_angle", f"{object_id} gives both yaw and z_angle; yaw is used", object_id)
            name = "z_angle" if fields.get("yaw") is None else "yaw"
            if fields.get(name) is not None:
                degrees = self.number(fields[name])
                if degrees is None:
                    self.add("number", f"{object_id}: `{name}` is {show(fields[name])}; it must be degrees", object_id)
                    return None
                angle = math.radians((degrees if name == "yaw" else -degrees) % 360.0 % 360.0)
        return Pose(**numbers, yaw=angle)

    def number(self, value: Value) -> float | None:
        """Return the number that a field holds, or None; a number in quotes only where reading is lenient."""
        if isinstance(value, str) and self.is_lenient:
            value, _ = read_number(value.strip())
            if value is not None:
                self.repair("repaired-number")
        if isinstance(value, bool) or not isinstance(value, float) or not abs(value) <= MAX_NUMBER:
            return None
        return value

    def finish(self, level: float) -> ParsedAnswer:
        """Return what was read."""
        order = [object_id for object_id in self.scene.ids if object_id in self.poses]
        return ParsedAnswer(
            layout=Layout(tuple((object_id, self.poses[object_id]) for object_id in order)) if order else None,
            format_level=level,
            issues=tuple(self.issues),
            spans={object_id: self.spans[object_id] for object_id in order},
            is_complete=self.is_list_read and self.is_sound and len(order) == len(self.scene.objects),
        )


def collect(root: ListNode | ObjectNode, known: Container[str] = ()) -> tuple[list[Entry], list[str]]:
    """Return the entries in a list, in an object around one, or in a mapping by id, and what was repaired.

    Args:
        root: What was found in the text.
        known: The scene's ids: under these, and no others, a mapping may hold a list.
    """
    entries: list[Entry] = []
    repairs: dict[str, None] = {}
    pending: list[tuple[Value | Entry, str | None, bool]] = [(root, None, False)]
    while pending:
        node, key, is_item = pending.pop()
        children: list[tuple[Value | Entry, str | None, bool]] = []
        if isinstance(node, ListNode):
            if is_item:
                repairs["repaired-brackets"] = None
            children = [(item, key, True) for item in node.items]
        elif isinstance(node, Entry):
            entries.append(node)
        elif not isinstance(node, ObjectNode):
            entries.append(Entry(node))
        else:
            names = {name for name, _ in node.items}
            inner = [(name, value) for name, value in node.items if isinstance(value, (ListNode, ObjectNode))]
            has_position = any(name == _POSITION and _is_position(value) for name, value in inner)
            is_placed = has_position and _POSITION not in known and (is_item or key or names.intersection(ID_FIELDS))
            if names.intersection(_AXES) or is_placed or (not inner and (is_item or names.intersection(ID_FIELDS))):
                entries.append(Entry(node, key))
                if key is None and not is_item:
                    repairs["repaired-brackets"] = None
                inner = [(name, value) for name, value in inner if not name]
            for name, value in inner:
                if isinstance(value, ObjectNode):
                    repairs["repaired-mapping" if name else "repaired-brackets"] = None
                    children.append((value, name or None, not name))
                elif any(isinstance(item, (ListNode, ObjectNode)) for item in value.items):
                    repairs["repaired-mapping" if name in known else "repaired-wrapper"] = None
                    children.append((value, name if name in known else None, False))
                elif name in known and any(type(item) is float for item in value.items):
                    repairs["repaired-mapping"] = None
                    children.append((Entry(value, name), None, False))
        pending.extend(reversed(children))
    return entries, list(repairs)


def read_fields(node: ObjectNode) -> tuple[dict[str, Value], list[str]]:
    """Return the fields of an object, of each the first, and the names that are stated again."""
    fields: dict[str, Value] = {}
    repeated = []
    for name, value in node.items:
        if name in fields:
            repeated.append(name)
        else:
            fields[name] = value
    return fields, repeated


def _is_position(value: Value) -> TypeGuard[ListNode | ObjectNode]:
    """Return whether `value` is a list of plain values or an object with a coordinate."""
    if isinstance(value, ListNode):
        return bool(value.items) and not any(isinstance(item, (ListNode, ObjectNode)) for item in value.items)
    return isinstance(value, ObjectNode) and any(name in _AXES for name, _ in value.items)


def _named(names: tuple[str, ...], values: ListNode) -> ObjectNode:
    """Return a list of numbers as an object; one too many is a stray."""
    stray = f"a list of {len(values.items)} values" if len(values.items) > len(names) else ""
    return ObjectNode(values.start, values.end, list(zip(names, values.items, strict=False)), stray)


def show(value: object) -> str:
    """Return what a model wrote, short and printable."""
    if isinstance(value, ListNode):
        return "a list"
    if isinstance(value, ObjectNode):
        return "an object"
    return repr(value[:40] if isinstance(value, str) else value)


def clean(object_id: str) -> str:
    """Return an id of the model's making, short enough to record and fit for any encoding."""
    return object_id[:80].encode("utf-8", "replace").decode("utf-8")
