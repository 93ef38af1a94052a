"""Make the operations of an answer over a layout, with an issue for each that cannot be made."""

from __future__ import annotations

import math
from collections.abc import Callable

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.entries import MAX_ENTRIES, MAX_NUMBER, Reading, clean, read_fields, show
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.lenient_json import ObjectNode, Value
from spatialenv.core.scene import Scene

OPERATIONS = ("place", "move", "rotate", "swap", "submit")
"""What an edit may do."""

_AXES = ("x", "y", "z")
_STEPS = ("dx", "dy", "dz")
_ID_FIELDS = ("id", "new_object_id", "object_id")
_OP_FIELDS = ("op", "operation", "action", "type")

Fields = dict[str, Value]


def is_operation(node: ObjectNode) -> bool:
    """Return whether an object may be an operation: it says which, or names an object and something to do with it."""
    names = {name for name, _ in node.items}
    if "op" in names:
        return True
    has_word = any(name in _OP_FIELDS and _word(value) in OPERATIONS for name, value in node.items)
    return has_word or (not names.isdisjoint(_ID_FIELDS) and _guess(names) is not None)


class EditReading:
    """A layout while the operations of an answer change it.

    Attributes:
        notes: Issues so far.
        poses: Poses by id.
        spans: Characters of the last operation that changed each object.
        is_list_read: Whether a list of operations was found.
        is_submitted: Whether one of them was `submit`.
    """

    def __init__(self, scene: Scene, layout: Layout, *, is_lenient: bool, is_free: bool) -> None:
        self.notes = Reading(scene, is_lenient=is_lenient, reads_yaw=is_free)
        self.poses: dict[str, Pose] = dict(layout.poses)
        self.spans: dict[str, tuple[int, int]] = {}
        self.is_list_read = False
        self.is_submitted = False
        self._known = frozenset(scene.ids)
        self._made = self._given = 0
        self._makers: dict[str, Callable[[Fields], tuple[str, ...]]] = {
            "place": self._place,
            "move": self._move,
            "rotate": self._rotate,
            "swap": self._swap,
            "submit": self._submit,
        }

    def read(self, operations: list[Value]) -> None:
        """Make the operations in order; one that cannot be made is passed over."""
        self.is_list_read = True
        most = max(MAX_ENTRIES, 2 * len(self.notes.scene.objects))
        if len(operations) > most:
            self.notes.limit("too-many", f"the answer has {len(operations)} operations; the first {most} are read")
        for value in operations[:most]:
            self._given += 1
            if self.is_submitted:
                self.notes.add("after-submit", "an operation stands after submit, which is the last one")
                continue
            try:
                changed = self._make(value)
            except _RefusedError:
                continue
            self._made += 1
            if isinstance(value, ObjectNode):
                self.spans |= dict.fromkeys(changed, (value.start, value.end))

    def finish(self, level: float) -> ParsedAnswer:
        """Return what the layout has become; `level` is that of the text."""
        is_all_made = self.is_list_read and self._made == self._given
        scene = self.notes.scene
        order = [object_id for object_id in scene.ids if object_id in self.poses]
        is_usable = self.is_list_read and (self._made > 0 or self._given == 0)
        return ParsedAnswer(
            layout=Layout(tuple((object_id, self.poses[object_id]) for object_id in order)) if is_usable else None,
            format_level=level if level < 0.5 else 1.0 if is_all_made else 0.5,
            issues=tuple(self.notes.issues),
            spans={object_id: self.spans[object_id] for object_id in order if object_id in self.spans},
            is_complete=is_all_made and self.notes.is_sound and len(order) == len(scene.objects),
            is_submitted=self.is_submitted,
        )

    # --- operations: each returns the ids that it changed, or raises _RefusedError with its issue recorded -------

    def _make(self, value: Value) -> tuple[str, ...]:
        if not isinstance(value, ObjectNode):
            raise self._refuse("entry", f"an entry is {show(value)}; it must be an object with `op`")
        fields, repeated = read_fields(value)
        name = self._operation(fields)
        if repeated:
            self.notes.add("duplicate-key", f"an operation ({name}) states {show(repeated[0])} twice")
        stray = value.stray
        if self.notes.is_lenient:
            stray = stray or self.notes.unwrap(fields)
        if stray:
            raise self._refuse("op-fields", f"{show(stray)} stands where it does not belong; write 0.4, not 0,4")
        return self._makers[name](fields)

    def _operation(self, fields: Fields) -> str:
        given = fields.get("op")
        if isinstance(given, str) and given in OPERATIONS:
            return given
        if self.notes.is_lenient:
            word = next((word for name in _OP_FIELDS if (word := _word(fields.get(name))) in OPERATIONS), None)
            if word is None and not any(name in fields for name in _OP_FIELDS):
                word = _guess(set(fields))
            if word is not None:
                self.notes.repair("repaired-op")
                return word
        what = show(given) if "op" in fields else "missing"
        raise self._refuse("unknown-op", f"`op` is {what}; it must be one of {', '.join(OPERATIONS)}")

    def _place(self, fields: Fields) -> tuple[str, ...]:
        object_id = self._id(fields)
        x, y, z = (self._number(object_id, fields, name, "place") for name in _AXES)
        old = self.poses.get(object_id)
        yaw = None if old is None else old.yaw
        if self.notes.reads_yaw:
            angle = self._angle(object_id, fields, "place")
            yaw = yaw if angle is None else angle
        self.poses[object_id] = Pose(x, y, z, yaw)
        return (object_id,)

    def _move(self, fields: Fields) -> tuple[str, ...]:
        object_id = self._id(fields)
        old = self._pose(object_id)
        names = [name for name in _STEPS if name in fields]
        is_to = not names and self.notes.is_lenient and any(name in fields for name in _AXES)
        if is_to:
            self.notes.repair("repaired-op")
            names = [name for name in _AXES if name in fields]
        if not names:
            raise self._refuse("op-fields", f"move of {object_id} says none of dx, dy and dz", object_id)
        place = [old.x, old.y, old.z]
        for name in names:
            number = self._number(object_id, fields, name, "move")
            axis = _AXES.index(name[-1])
            place[axis] = number if is_to else place[axis] + number
        if not all(abs(value) <= MAX_NUMBER for value in place):
            raise self._refuse("op-fields", f"move takes {object_id} further away than is read", object_id)
        self.poses[object_id] = Pose(place[0], place[1], place[2], old.yaw)
        return (object_id,)

    def _rotate(self, fields: Fields) -> tuple[str, ...]:
        object_id = self._id(fields)
        if not self.notes.reads_yaw:
            raise self._refuse("yaw-fixed", f"rotate of {object_id}: every object keeps its yaw here", object_id)
        old = self._pose(object_id)
        has_to = any(fields.get(name) is not None for name in ("yaw", "z_angle"))
        if has_to == (fields.get("dyaw") is not None):
            raise self._refuse("op-fields", f"rotate of {object_id} must say either yaw or dyaw, in degrees", object_id)
        angle = self._angle(object_id, fields, "rotate")
        if angle is None:
            now = self.notes.scene.default_yaw(object_id) if old.yaw is None else old.yaw
            angle = (now + math.radians(self._number(object_id, fields, "dyaw", "rotate"))) % math.tau
        self.poses[object_id] = Pose(old.x, old.y, old.z, angle)
        return (object_id,)

    def _swap(self, fields: Fields) -> tuple[str, ...]:
        first = self._id(fields)
        second = fields.get("with")
        if not isinstance(second, str) or second == first:
            raise self._refuse("op-fields", f"swap of {first} must name another object in `with`", first)
        self._check_known(second)
        a, b = self._pose(first), self._pose(second)
        self.poses[first] = Pose(b.x, b.y, a.z, a.yaw)
        self.poses[second] = Pose(a.x, a.y, b.z, b.yaw)
        return first, second

    def _submit(self, fields: Fields) -> tuple[str, ...]:
        self.is_submitted = True
        return ()

    # --- fields ---------------------------------------------------------------------------------------------

    def _id(self, fields: Fields) -> str:
        for name in _ID_FIELDS if self.notes.is_lenient else _ID_FIELDS[:1]:
            given = fields.get(name)
            if isinstance(given, str):
                if name != "id":
                    self.notes.repair("repaired-id")
                self._check_known(given)
                return given
        raise self._refuse("op-fields", "an operation has no `id` that is a string")

    def _check_known(self, object_id: str) -> None:
        if object_id not in self._known:
            raise self._refuse("unknown-id", f"the scene has no object {show(object_id)}", clean(object_id))

    def _pose(self, object_id: str) -> Pose:
        if object_id not in self.poses:
            raise self._refuse("not-placed", f"{object_id} has no place yet; place it first", object_id)
        return self.poses[object_id]

    def _number(self, object_id: str, fields: Fields, name: str, op: str) -> float:
        number = self.notes.number(fields.get(name))
        if number is None:
            given = show(fields[name]) if name in fields else "missing"
            unit = "degrees" if name in ("yaw", "dyaw", "z_angle") else "metres"
            raise self._refuse(
                "op-fields",
                f"{op} of {object_id}: `{name}` is {given}; it must be a finite number of {unit}",
                object_id,
            )
        return number

    def _angle(self, object_id: str, fields: Fields, op: str) -> float | None:
        """Return the yaw in radians that `yaw` or `z_angle` states, or None where neither does."""
        has_yaw, has_bearing = (fields.get(name) is not None for name in ("yaw", "z_angle"))
        if has_yaw and has_bearing:
            self.notes.add("yaw-and-z_angle", f"{object_id} gives both yaw and z_angle; yaw is used", object_id)
        if not (has_yaw or has_bearing):
            return None
        degrees = self._number(object_id, fields, "yaw" if has_yaw else "z_angle", op)
        return math.radians((degrees if has_yaw else -degrees) % 360.0 % 360.0)

    def _refuse(self, code: str, message: str, object_id: str | None = None) -> _RefusedError:
        self.notes.add(code, message, object_id)
        return _RefusedError(code)


class _RefusedError(Exception):
    """An operation cannot be made; why is among the issues."""


def _word(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _guess(names: set[str]) -> str | None:
    """Return the operation that fields of these names state, or None."""
    if not names.isdisjoint(_STEPS):
        return "move"
    if "with" in names:
        return "swap"
    if names.issuperset(_AXES) or "position" in names:
        return "place"
    return "rotate" if not names.isdisjoint(("yaw", "dyaw")) else None
