"""What the scenes of a suite are like, in numbers, and as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from spatialenv.core.scene import ARRANGEMENTS, Relation, Scene, spoken_preposition
from spatialenv.tasks.furniture import load_furniture
from spatialenv.tasks.procedural import VERSION
from spatialenv.tasks.suite import Suite

INTENDED_USE = (
    "Training (train), choosing between runs (validation) and reporting (test) of policies that place objects in a "
    "room. Report the valid and the clean rate of the test split with intervals, beside the random policy, the best "
    "constant layout and the solver."
)
HOW_MADE = (
    "Drawn by the seeded generator of this package (version {version}) with the options below: scene i of a split "
    "comes from the i-th seed of that split that is not listed as skipped. Every scene keeps a witness, a layout "
    "without any violation, that no policy is shown. A scene belongs to a split by a hash of its room and of the "
    "sizes to place, so that no room with the same sizes is in two splits. Wishes are written from templates."
)
LIMITS = (
    "Objects are boxes; there are no meshes, and materials and styles are words only. Sizes are of real pieces; rooms "
    "and relations are drawn at random and follow no study of how people furnish. All words are English."
)


def describe(suite: Suite, scenes: Mapping[str, Sequence[Scene]]) -> dict[str, Any]:
    """Return the datasheet of a suite as a dict of JSON types.

    Args:
        suite: The suite.
        scenes: Its scenes by split.
    """
    everything = [scene for part in scenes.values() for scene in part]
    return {
        "name": suite.name,
        "description": suite.description,
        "yaw": suite.yaw,
        "options": suite.config.to_dict(),
        "generator": VERSION,
        "splits": {split: _numbers(part) for split, part in scenes.items()},
        "categories": _counts(item.category for scene in everything for item in scene.objects),
        "relations": _counts(_relation_kind(scene, r) for scene in everything for r in scene.relations),
        "facing": _counts(
            "an object" if item.facing in scene.ids else "a wall"
            for scene in everything
            for item in scene.objects
            if item.facing is not None
        ),
        "corners": _counts(str(len(scene.room.floor)) for scene in everything),
        "openings": _counts(
            item.kind if item.kind == "window" else f"door, {_SWINGS[item.swing]}"
            for scene in everything
            for item in scene.room.openings
        ),
        "intended_use": INTENDED_USE,
        "how_made": HOW_MADE.format(version=VERSION),
        "source": load_furniture().source,
        "licence": "Apache-2.0",
        "limits": f"{suite.limits} {LIMITS}".strip(),
    }


def datasheet_markdown(suite: Suite) -> str:
    """Return the datasheet of a suite as a page of Markdown.

    Example:
        >>> from spatialenv.tasks.suite import load_suite
        >>> datasheet_markdown(load_suite("easy")).splitlines()[0]
        '# Suite `easy`'
    """
    sheet = suite.datasheet
    splits = sheet["splits"]
    parts = [
        f"# Suite `{suite.name}`",
        sheet["description"],
        f"Yaw is `{sheet['yaw']}`: "
        + ("the answer turns each object." if sheet["yaw"] == "free" else "the scene turns each object."),
        "## Splits",
        _table(
            ("", *splits),
            [(label, *(_shown(numbers[key]) for numbers in splits.values())) for key, label in _ROWS.items()],
        ),
        "## Objects in a scene",
        _table(
            ("objects", *splits),
            [
                (count, *(numbers["histogram"].get(count, 0) for numbers in splits.values()))
                for count in sorted({key for numbers in splits.values() for key in numbers["histogram"]}, key=int)
            ],
        ),
    ]
    for key, title, label in (
        ("categories", "Categories", "category"),
        ("relations", "Relations", "relation"),
        ("facing", "Facing", "what is faced"),
        ("corners", "Corners of the floor", "corners"),
        ("openings", "Doors and windows", "opening"),
    ):
        if sheet[key]:
            parts += [f"## {title}", _table((label, "number"), list(sheet[key].items()))]
    parts += [
        "## Intended use",
        sheet["intended_use"],
        "## How it was made",
        sheet["how_made"],
        _table(("option", "value"), [(f"`{key}`", f"`{value}`") for key, value in sheet["options"].items()]),
        "## Source and licence",
        f"Licence: {sheet['licence']}. Source of the sizes: {sheet['source']}.",
        "## Known limits",
        sheet["limits"],
        "## Files",
        _table(
            ("split", "scenes", "SHA-256 of the uncompressed lines", "skipped seeds"),
            [
                (name, file.count, f"`{file.sha256}`", ", ".join(map(str, file.skipped)) or "none")
                for name, file in suite.splits.items()
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


_SWINGS = {"in": "swings in", "out": "swings out", "none": "slides or is a gap"}
_ROWS = {
    "scenes": "scenes",
    "objects": "objects in a scene (least, mean, greatest)",
    "on_floor": "of them on the floor",
    "area": "floor in m² (least, mean, greatest)",
    "density": "share of the floor covered (least, mean, greatest)",
    "relations": "relations in a scene",
    "depth": "longest chain of relations",
    "doors": "doors in a scene",
    "windows": "windows in a scene",
}


def _numbers(scenes: Sequence[Scene]) -> dict[str, Any]:
    counts = [len(scene.objects) for scene in scenes]
    areas = [scene.room.area for scene in scenes]
    covered = [
        sum(item.size[0] * item.size[1] for item in scene.objects if item.on_floor) / scene.room.area
        for scene in scenes
    ]
    return {
        "scenes": len(scenes),
        "objects": _range(counts),
        "histogram": {str(count): number for count, number in sorted(Counter(counts).items())},
        "on_floor": _range([sum(item.on_floor for item in scene.objects) for scene in scenes]),
        "area": _range(areas),
        "density": _range(covered),
        "relations": _range([len(scene.relations) for scene in scenes]),
        "depth": _range([max((_depth(scene, r.subject) for r in scene.relations), default=0) for scene in scenes]),
        "doors": _range([sum(item.kind == "door" for item in scene.room.openings) for scene in scenes]),
        "windows": _range([sum(item.kind == "window" for item in scene.room.openings) for scene in scenes]),
    }


def _depth(scene: Scene, object_id: str) -> int:
    """Return the length of the longest chain of relations from an object; relations refer to earlier objects."""
    if object_id not in scene.ids:
        return 0
    return max((1 + _depth(scene, relation.target) for relation in scene.object(object_id).relations), default=0)


def _relation_kind(scene: Scene, relation: Relation) -> str:
    target = "an object" if relation.target in scene.ids else "a wall"
    if relation.preposition in ARRANGEMENTS and relation.target == "middle of the room":
        target = "the middle of the room"
    is_apart = not relation.is_adjacent and relation.preposition not in ARRANGEMENTS
    return f"{spoken_preposition(relation.preposition)} {target}{', apart' if is_apart else ''}"


def _range(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in (min(values), fmean(values), max(values))]


def _counts(names: Iterable[str]) -> dict[str, int]:
    """Return how often each name comes, the most frequent first, equal ones by name."""
    return dict(sorted(Counter(names).items(), key=lambda row: (-row[1], row[0])))


def _shown(value: Any) -> str:
    return ", ".join(f"{number:.3g}" for number in value) if isinstance(value, list) else str(value)


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
