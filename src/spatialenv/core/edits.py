"""Read changes of a layout out of what a model wrote: any text, in linear time, without ever raising."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.answer_text import answer_regions, check_request, outside_repairs, read_front
from spatialenv.core.edit_reading import EditReading, is_operation
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.lenient_json import Found, ListNode, ObjectNode, Scan, Value, scan
from spatialenv.core.parse import Mode, YawMode
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError

Operation = Mapping[str, Any]
"""An operation as its JSON states it: ``{"op": "move", "id": "sofa_1", "dx": 0.5}``."""


def parse_edits(
    text: str, scene: Scene, layout: Layout, mode: Mode = "lenient", yaw: YawMode = "fixed"
) -> ParsedAnswer:
    r"""Return the layout that `text` makes of `layout`.

    The answer is a JSON list of operations, made in order over the layout as it stands:

    - ``{"op": "place", "id": ..., "x": ..., "y": ..., "z": ...}``: stand with the centre there, whether the
      object has a place yet or not; where yaws are free also ``"yaw"`` (or ``"z_angle"``), else it keeps its own;
    - ``{"op": "move", "id": ..., "dx": ..., "dy": ..., "dz": ...}``: by so many metres, 0 where left out;
    - ``{"op": "rotate", "id": ..., "yaw": ...}`` to so many degrees, or ``"dyaw"`` by so many;
    - ``{"op": "swap", "id": ..., "with": ...}``: the two exchange x and y; each keeps its height and yaw;
    - ``{"op": "submit"}``: the last one; the episode ends.

    An empty list changes nothing, which is allowed. An operation that cannot be made is passed over, with an
    issue. ``format_level`` is 0 unless the whole text is ``<think>...</think><answer>...</answer>``; 0.1 unless
    its *first* answer block is plain JSON; 0.5 where that is no list or some operation could not be made; else 1.

    Mode ``"strict"`` reads that block only, with the fields named as above. Mode ``"lenient"`` repairs what
    `parse_answer` repairs, and also reads: the id under ``new_object_id`` or ``object_id``; the operation under
    ``operation``, ``action`` or ``type``, or from its fields; ``x``, ``y`` and ``z`` of a move as where to. It
    uses the *last complete* answer block that holds an operation, and of several lists in it the last one.

    Args:
        text: What the model wrote.
        scene: The scene it was asked about.
        layout: Where the objects stand before.
        mode: ``"lenient"`` or ``"strict"``.
        yaw: ``"free"`` lets objects be turned; ``"fixed"`` refuses ``rotate`` and reads no yaw.

    Returns:
        The layout after all operations that could be made (None when nothing could be read or made), level and
        issues. ``spans`` has the last operation of each object that was changed. ``is_complete``: every
        operation could be made and every object is then placed. ``is_submitted``: there was a ``submit``.

    Raises:
        InputError: If `text` is no string, `layout` no `Layout`, or `mode` or `yaw` none of those named:
            never for what the text says.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> scene = Scene(Room.rectangle(6, 4, 3), (SceneObject("sofa_1", "sofa", (1.8, 0.9, 0.8)),))
        >>> before = Layout.of({"sofa_1": (3, 2, 0.4)})
        >>> text = write_edits([{"op": "move", "id": "sofa_1", "dy": -0.5}, {"op": "submit"}])
        >>> after = parse_edits(text, scene, before)
        >>> after.layout["sofa_1"], after.is_complete, after.is_submitted
        (Pose(x=3.0, y=1.5, z=0.4, yaw=None), True, True)
    """
    check_request(text, mode, yaw)
    if not isinstance(layout, Layout):
        raise InputError(f"`layout` is {type(layout).__name__}; give the Layout as it stands: Layout.of(...)")
    reading = EditReading(scene, layout, is_lenient=mode == "lenient", is_free=yaw == "free")
    notes = reading.notes
    text, level, block = read_front(text, len(scene.objects), notes)
    if mode == "strict":
        if level >= 0.5:
            _read_strict(text, block, reading)
    else:
        _read_lenient(text, level, block, reading)
    return reading.finish(level)


def write_edits(operations: Sequence[Operation], think: str = "") -> str:
    """Return the text of an answer that makes `operations`, numbers in full.

    Args:
        operations: As `parse_edits` reads them.
        think: What stands between the think tags.

    Example:
        >>> write_edits([{"op": "submit"}])
        '<think></think><answer>[{"op": "submit"}]</answer>'
    """
    answer = json.dumps([dict(operation) for operation in operations], ensure_ascii=False)
    return f"<think>{think}</think><answer>{answer}</answer>"


def edits_between(before: Layout, after: Layout) -> tuple[dict[str, Any], ...]:
    """Return operations that turn `before` into `after`, to the last bit but for yaws, and few of them.

    Objects that merely exchange places are swapped, those that change only in yaw rotated, new ones placed, and
    the others moved (or placed anew, where no move meets the place to the last bit). A yaw of None in `after`
    leaves the object's yaw as it is.

    Raises:
        InputError: If `after` leaves out what `before` places: no operation takes an object away.

    Example:
        >>> before = Layout.of({"a": (1, 1, 0.5), "b": (3, 1, 0.25)})
        >>> edits_between(before, Layout.of({"a": (3, 1, 0.5), "b": (1, 1.5, 0.25)}))
        ({'op': 'move', 'id': 'a', 'dx': 2.0}, {'op': 'move', 'id': 'b', 'dx': -2.0, 'dy': 0.5})
    """
    gone = [object_id for object_id in before if object_id not in after]
    if gone:
        raise InputError(f"`after` leaves out {gone!r}; no operation takes an object away: place it in `after` too")
    operations = _swaps(before, after)
    swapped = {name for operation in operations for name in (operation["id"], operation["with"])}
    for object_id, new in after.poses:
        old = before.get(object_id)
        if old is None:
            operations.append(_place(object_id, new, new.yaw))
            continue
        turn = new.yaw if new.yaw != old.yaw else None
        move = {} if object_id in swapped else _move(old, new)
        if move is None or (move and turn is not None):
            operations.append(_place(object_id, new, turn))
        elif move:
            operations.append({"op": "move", "id": object_id, **move})
        elif turn is not None:
            operations.append({"op": "rotate", "id": object_id, "yaw": math.degrees(turn)})
    return tuple(operations)


def _swaps(before: Layout, after: Layout) -> list[dict[str, Any]]:
    """Return swaps of all objects that exchange x and y in pairs or larger circles and keep their heights."""
    successor: dict[str, str] = {}  # where an object goes: to the place of which other one
    places = {(pose.x, pose.y): object_id for object_id, pose in before.poses}
    for object_id, old in before.poses:
        new = after[object_id]
        if (new.x, new.y) != (old.x, old.y) and new.z == old.z and (new.x, new.y) in places:
            successor[object_id] = places[new.x, new.y]
    operations: list[dict[str, Any]] = []
    seen: set[str] = set()
    for first in successor:
        circle: list[str] = []
        following: str | None = first
        while following is not None and following not in seen:
            seen.add(following)
            circle.append(following)
            following = successor.get(following)
        if circle and following in circle:
            circle = circle[circle.index(following) :]
            operations += [{"op": "swap", "id": one, "with": other} for one, other in pairwise(circle)]
    return operations


def _move(old: Pose, new: Pose) -> dict[str, float] | None:
    """Return the steps from one place to another, or None where no steps lead there to the last bit."""
    steps: dict[str, float] = {}
    for name in ("x", "y", "z"):
        start, end = getattr(old, name), getattr(new, name)
        if start != end:
            exact = (step for step in (round(end - start, 6), end - start) if start + step == end)
            step = next(exact, None)
            if step is None:
                return None
            steps[f"d{name}"] = step
    return steps


def _place(object_id: str, pose: Pose, yaw: float | None) -> dict[str, Any]:
    operation = {"op": "place", "id": object_id, "x": pose.x, "y": pose.y, "z": pose.z}
    return operation if yaw is None else {**operation, "yaw": math.degrees(yaw)}


def _read_strict(text: str, block: tuple[int, int], reading: EditReading) -> None:
    result = scan(text, *block)
    for code in result.limits:
        reading.notes.limit(code)
    node = result.found[0].node if result.found else None
    if not isinstance(node, ListNode):
        reading.notes.add("not-a-list")
        return
    reading.read(node.items)


def _read_lenient(text: str, level: float, block: tuple[int, int], reading: EditReading) -> None:
    regions = answer_regions(text)
    for start, end in regions:
        result = scan(text, start, end)
        used = _used(result)
        if used or result.limits:
            break
    else:
        start, end = regions[0]
        result = scan(text, start, end)
        used = [_Used(found, [], []) for found in result.found if isinstance(found.node, ListNode)]
        is_bare = len(used) == 1 and not used[0].found.node.items
        if not is_bare or "repaired-text" in outside_repairs(text, start, end, [used[0].found.node]):
            used = []
    for code in result.limits:
        reading.notes.limit(code)
    if not used:
        reading.notes.add("tags" if level == 0 else "not-a-list" if level >= 0.5 else "json")
        return
    codes: dict[str, None] = {}
    for found, _, repairs in used:
        codes |= dict.fromkeys((*found.repairs, *repairs))
    codes |= dict.fromkeys(outside_repairs(text, start, end, [found.node for found, _, _ in used]))
    if level == 0 or (start, end) != block or (start, end) != regions[0]:
        codes["repaired-tags"] = None
    elif level < 0.5 and not codes:
        codes["repaired-text"] = None
    for code in codes:
        reading.notes.repair(code)
    reading.read([operation for _, operations, _ in used for operation in operations])


class _Used(NamedTuple):
    """A value of the answer that holds operations, those operations, and what was repaired to get at them."""

    found: Found
    operations: list[Value]
    repairs: list[str]


def _used(result: Scan) -> list[_Used]:
    """Return the last list of operations, else all operations that stand alone."""
    every = [_Used(found, *_collect(found.node)) for found in result.found]
    holding = [used for used in every if any(isinstance(item, ObjectNode) for item in used.operations)]
    alone = [used for used in holding if used.operations[0] is used.found.node]
    lists = [used for used in holding if used.operations[0] is not used.found.node]
    return lists[-1:] if lists else alone


def _collect(root: ListNode | ObjectNode) -> tuple[list[Value], list[str]]:
    """Return the operations of a list, of an object around one or of one that stands alone, and what was repaired."""
    operations: list[Value] = []
    repairs: dict[str, None] = {}
    holds = False
    pending: list[tuple[Value, bool]] = [(root, False)]
    while pending:
        node, is_item = pending.pop()
        if isinstance(node, ListNode):
            if is_item:
                repairs["repaired-brackets"] = None
            pending.extend((item, True) for item in reversed(node.items))
        elif not isinstance(node, ObjectNode):
            operations.append(node)
        elif is_operation(node):
            if node is root:
                repairs["repaired-brackets"] = None
            operations.append(node)
            holds = True
        else:
            inner = [value for _, value in node.items if isinstance(value, (ListNode, ObjectNode))]
            if inner:
                repairs["repaired-wrapper"] = None
                pending.extend((value, False) for value in reversed(inner))
            elif is_item:
                operations.append(node)
    return (operations if holds else []), list(repairs)
