"""Suites: scenes that do not change, in three splits each, so that results can be compared and cited.

A suite is data that ships with the package: a compressed file of scenes for each split, its hash, and a datasheet
made from it. The generator that wrote it ships too, and draws more of the same kind (``"easy/endless"``).
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Literal

from spatialenv.core.scene import Scene
from spatialenv.errors import FileFormatError, unknown_name
from spatialenv.tasks.procedural import SPLITS, ProceduralConfig, check_seed

ENDLESS = "endless"
"""Named like a split, it asks for the generator of a suite."""


@dataclass(frozen=True, slots=True)
class SplitFile:
    """The file of a split.

    Attributes:
        count: How many scenes it holds.
        sha256: Hash of its content before compression, one JSON object a line.
        skipped: Seeds of the generator left out because their scene equals an earlier one but for words.
    """

    count: int
    sha256: str
    skipped: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """A set of frozen scenes.

    Attributes:
        name: ``"easy"``.
        description: What it asks for, in a sentence.
        options: Options of `ProceduralConfig` that it was drawn with.
        yaw: Whether turning the objects is part of the answer (``"free"``) or given (``"fixed"``).
        limits: What results on it do not show.
    """

    name: str
    description: str
    options: Mapping[str, Any]
    yaw: Literal["fixed", "free"] = "fixed"
    limits: str = ""

    @property
    def config(self) -> ProceduralConfig:
        """What the generator drew."""
        return ProceduralConfig.from_dict(self.options)

    @property
    def splits(self) -> Mapping[str, SplitFile]:
        """The file of each split by the split's name."""
        table = _index()["suites"][self.name]["splits"]
        return {name: SplitFile(row["count"], row["sha256"], tuple(row["skipped"])) for name, row in table.items()}

    @property
    def datasheet(self) -> dict[str, Any]:
        """What its scenes are like, in numbers: a fresh dict of JSON types."""
        sheet: dict[str, Any] = json.loads(json.dumps(_index()["suites"][self.name]["datasheet"]))
        return sheet

    @property
    def baselines(self) -> dict[str, Any]:
        """Results of reference policies, by split and policy; empty where none are recorded."""
        results: dict[str, Any] = json.loads(json.dumps(_baselines().get(self.name, {})))
        return results

    def tasks(self, split: str = SPLITS[0]) -> SuiteTasks:
        """Return the scenes of a split."""
        return SuiteTasks(self.name, split)


class SuiteTasks:
    """The frozen scenes of a split; seed ``s`` gives scene ``s`` modulo their number.

    Args:
        suite: Name of a suite.
        split: One of `SPLITS`.

    Attributes:
        name: ``"easy/test"``.
        yaw: As in `Suite`.

    Raises:
        UnknownNameError: If there is no such suite or split.

    Example:
        >>> tasks = SuiteTasks("easy", "test")
        >>> len(tasks), tasks.sample(0).id, tasks.sample(256) == tasks.sample(0)
        (256, 'easy/test/0', True)
    """

    def __init__(self, suite: str, split: str = SPLITS[0]) -> None:
        self.suite = load_suite(suite)
        if split not in SPLITS:
            raise unknown_name(f"split of {suite!r}", split, (*SPLITS, ENDLESS))
        self.split = split
        self.name = f"{suite}/{split}"
        self.yaw = self.suite.yaw

    def __len__(self) -> int:
        return self.suite.splits[self.split].count

    def __reduce__(self) -> tuple[type[SuiteTasks], tuple[str, str]]:
        """Return how it is made again from its names, as a copy in another process is."""
        return type(self), (self.suite.name, self.split)

    def __iter__(self) -> Iterator[Scene]:
        return (self.sample(index) for index in range(len(self)))

    def sample(self, seed: int) -> Scene:
        """Return the scene of a seed, a whole number in ``[0, 2**63)``.

        Raises:
            InputError: If the seed is out of range.
            FileFormatError: If the file is not the one that was shipped.
        """
        return _scene(self.suite.name, self.split, check_seed(seed) % len(self))


def load_suite(name: str) -> Suite:
    """Return the suite of that name.

    Raises:
        UnknownNameError: If there is none.

    Example:
        >>> load_suite("rotation").yaw, load_suite("easy").splits["test"].count
        ('free', 256)
    """
    if not isinstance(name, str) or name not in SUITES:
        raise unknown_name("suite", name, SUITES)
    return SUITES[name]


@functools.lru_cache(maxsize=1024)
def _scene(suite: str, split: str, index: int) -> Scene:
    from spatialenv.formats.native import scene_and_layout_from_json

    return scene_and_layout_from_json(json.loads(_lines(suite, split)[index]), f"scene {index} of {suite}/{split}")[0]


@functools.cache
def _lines(suite: str, split: str) -> tuple[bytes, ...]:
    """Return the scenes of a split, each as a line of JSON."""
    file = _folder() / suite / f"{split}.jsonl.gz"
    try:
        text = gzip.decompress(file.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(f"the file of {suite}/{split} cannot be read ({error}); install the package again") from (
            error
        )
    if hashlib.sha256(text).hexdigest() != _index()["suites"][suite]["splits"][split]["sha256"]:
        raise FileFormatError(f"the file of {suite}/{split} was changed after it was frozen; install the package again")
    return tuple(text.splitlines())


@functools.cache
def _index() -> dict[str, Any]:
    index: dict[str, Any] = json.loads((_folder() / "suites.json").read_text(encoding="utf-8"))
    return index


@functools.cache
def _baselines() -> dict[str, Any]:
    file = _folder() / "baselines.json"
    results: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return results


def _folder() -> Traversable:
    return resources.files("spatialenv.tasks") / "data" / "suites"


def _suite(
    name: str,
    description: str,
    options: Mapping[str, Any],
    *,
    yaw: Literal["fixed", "free"] = "fixed",
    limits: str,
) -> tuple[str, Suite]:
    return name, Suite(name, description, MappingProxyType(dict(options)), yaw, limits)


SUITES: Mapping[str, Suite] = MappingProxyType(
    dict(
        (
            _suite(
                "easy",
                "A few objects in a plain room, much free floor and no relations.",
                {"count": (2, 4), "density": (0.05, 0.25), "relation_depth": 0},
                limits="The best constant layout, blind to the room, is valid in about nine of ten rooms.",
            ),
            _suite(
                "medium",
                "A handful of objects in a room with a door and a window, with relations to walls.",
                {
                    "count": (4, 7),
                    "density": (0.15, 0.4),
                    "relation_depth": 1,
                    "doors": (1, 1),
                    "windows": (1, 1),
                },
                limits="Objects refer to walls only, never to each other.",
            ),
            _suite(
                "hard",
                "Many objects in a room with doors and windows, in chains of up to three relations.",
                {
                    "count": (8, 14),
                    "room_length": (3.5, 7.0),
                    "room_width": (3.5, 7.0),
                    "density": (0.2, 0.45),
                    "relation_depth": 3,
                    "doors": (1, 2),
                    "windows": (1, 2),
                },
                limits="Relations are those that a random layout happens to meet, not what people want.",
            ),
            _suite(
                "polygons",
                "Rooms in the shape of an L, T or U, or with slanted walls, with a door and windows.",
                {
                    "count": (4, 9),
                    "shapes": ("L", "T", "U", "slanted"),
                    "room_length": (4.0, 8.0),
                    "room_width": (4.0, 8.0),
                    "density": (0.1, 0.4),
                    "relation_depth": 2,
                    "doors": (1, 1),
                    "windows": (1, 2),
                },
                limits="Floors have at most eight corners; curved walls, columns and several rooms do not occur.",
            ),
            _suite(
                "dense",
                "Half to two thirds of the floor is covered, so that objects must be packed.",
                {
                    "count": (8, 14),
                    "room_length": (3.0, 5.5),
                    "room_width": (3.0, 5.5),
                    "density": (0.5, 0.65),
                    "packed": True,
                },
                limits="A test of packing, not of rooms that one could live in: nothing keeps a way through free.",
            ),
            _suite(
                "small-objects",
                "Many small things on tables, desks, dressers and shelves.",
                {
                    "count": (10, 16),
                    "on_top": (6, 11),
                    "density": (0.05, 0.35),
                    "relation_depth": 2,
                },
                limits="Things stand on tops only: nothing is inside shelves, or on a thing that stands on another.",
            ),
            _suite(
                "rotation",
                "Objects must be turned, by any angle, to what they face; some walls are slanted.",
                {
                    "count": (3, 7),
                    "shapes": ("rectangle", "slanted", "slanted"),
                    "density": (0.05, 0.3),
                    "relation_depth": 1,
                    "doors": (0, 1),
                    "windows": (0, 1),
                    "yaw": "free",
                    "yaw_given": False,
                },
                yaw="free",
                limits="Something always faces a wall that is not to the north, so that a yaw of 0 is no answer.",
            ),
        )
    )
)
"""The suites by name."""
