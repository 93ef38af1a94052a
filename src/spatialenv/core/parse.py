"""Read a layout out of what a model wrote: any text, in linear time, without ever raising."""

from __future__ import annotations

from typing import Literal, NamedTuple

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.answer_text import answer_regions, check_request, outside_repairs, read_front
from spatialenv.core.entries import Entry, Reading, collect
from spatialenv.core.lenient_json import Found, ListNode, Scan, scan
from spatialenv.core.scene import Scene

Mode = Literal["lenient", "strict"]
YawMode = Literal["fixed", "free"]


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
    uses the *last complete* answer block that holds an entry for an object of the scene; what stands
    in the think block is never taken when there is an answer block. Of several lists in that block
    that name the same objects, it uses the last that names every object of the scene once. It also
    reads a mapping from id to ``[x, y, z]`` or ``[x, y, z, yaw]``, and ``position`` and ``rotation``
    around the numbers. A number that the end of the text may have cut is not read.

    Where an id has several entries, or an entry repeats a field, the first is used. An object whose
    coordinates are not all finite numbers of at most 1e6 metres is not placed.

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
    check_request(text, mode, yaw)
    reading = Reading(scene, is_lenient=mode == "lenient", reads_yaw=yaw == "free")
    text, level, block = read_front(text, len(scene.objects), reading)
    if mode == "strict":
        if level >= 0.5:
            _read_strict(text, block, reading)
    else:
        _read_lenient(text, level, block, reading)
    return reading.finish(level)


def _read_strict(text: str, block: tuple[int, int], reading: Reading) -> None:
    found = scan(text, *block)
    for code in found.limits:
        reading.limit(code)
    node = found.found[0].node if found.found else None
    if not isinstance(node, ListNode):
        reading.add("not-a-list")
        return
    reading.read([Entry(item) for item in node.items])


def _read_lenient(text: str, level: float, block: tuple[int, int], reading: Reading) -> None:
    known = frozenset(reading.scene.ids)
    regions = answer_regions(text)
    start, end = regions[0]
    result = scan(text, start, end)
    used = _used(result, known)
    if not result.limits and not _names(used, known):
        for region in regions[1:]:
            other = scan(text, *region)
            others = _used(other, known)
            if _names(others, known):
                (start, end), result, used = region, other, others
                break
    for code in result.limits:
        reading.limit(code)
    used = _last_whole(used, known)
    if not used:
        lists = [found for found in result.found if isinstance(found.node, ListNode)]
        if not lists or (level < 0.5 and lists[0].node.items):
            reading.add("tags" if level == 0 else "not-a-list" if level >= 0.5 else "json")
            return
        used = [_Used(lists[0], *collect(lists[0].node))]
    codes: dict[str, None] = {}
    for found, _, repairs in used:
        codes |= dict.fromkeys((*found.repairs, *repairs))
    if len(used) > 1:
        codes["repaired-brackets"] = None
    codes |= dict.fromkeys(outside_repairs(text, start, end, [found.node for found, _, _ in used]))
    if level == 0 or (start, end) != block or (start, end) != regions[0]:
        codes["repaired-tags"] = None
    elif level < 0.5 and not codes:
        codes["repaired-text"] = None
    for code in codes:
        reading.repair(code)
    reading.read([entry for _, entries, _ in used for entry in entries])


class _Used(NamedTuple):
    """A value of the answer that holds entries, those entries, and what was repaired to get at them."""

    found: Found
    entries: list[Entry]
    repairs: list[str]


def _used(result: Scan, known: frozenset[str]) -> list[_Used]:
    every = (_Used(found, *collect(found.node, known)) for found in result.found)
    return [used for used in every if any(entry.is_readable for entry in used.entries)]


def _names(used: list[_Used], known: frozenset[str]) -> list[str]:
    """Return the scene's ids that the entries name, once for each entry."""
    ids = (entry.object_id() for _, entries, _ in used for entry in entries if entry.is_readable)
    return [object_id for object_id in ids if object_id in known]


def _last_whole(used: list[_Used], known: frozenset[str]) -> list[_Used]:
    """Return the last list that names every object once where lists repeat each other, else all that is `used`."""
    names = [_names([one], known) for one in used]
    if sum(map(len, names)) <= len(known):
        return used
    for one, ids in zip(reversed(used), reversed(names), strict=True):
        is_entry = any(entry.value is one.found.node for entry in one.entries)
        if not is_entry and len(ids) == len(known) == len(set(ids)):
            return [one]
    return used
