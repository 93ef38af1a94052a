"""Where an env's scenes come from: a suite, the generator, another source, a file, a list or a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, cast, runtime_checkable

from spatialenv.core.scene import Scene
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.procedural import SPLITS, ProceduralConfig, ProceduralTasks, check_seed
from spatialenv.tasks.registry import REGISTRY
from spatialenv.tasks.suite import ENDLESS, SUITES, SuiteTasks

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "procedural": MappingProxyType({}),
        **{name: suite.options for name, suite in SUITES.items()},
        "demo": MappingProxyType(
            {
                "count": (3, 4),
                "room_length": (2.0, 6.0),
                "room_width": (2.0, 6.0),
                "room_step": 0.5,
                "room_height": 2.5,
                "aspect": (1.6, 3.0),
                "density": (0.25, 0.5),
                "categories": (
                    "bed",
                    "sofa",
                    "armchair",
                    "desk",
                    "dining_table",
                    "coffee_table",
                    "dresser",
                    "fridge",
                    "tv_stand",
                    "dog_bed",
                ),
                "size_step": 0.5,
                "max_side": 2.5,
                "exchange_sides": True,
                "grid": 0.25,
                "distinct": True,
                "yaw": "zero",
            }
        ),
    }
)
"""Options of `ProceduralConfig` by preset: those of the suites, the defaults, and ``demo``.

``demo`` is for a model of a million parameters: few numbers (multiples of half a metre), no turns,
rooms long enough in one direction or the other that no fixed layout fits half of them.
"""


@runtime_checkable
class TaskSource(Protocol):
    """Anything that gives scenes by seed.

    It may have an attribute `yaw`: ``"free"`` where turning the objects is part of the answer, else ``"fixed"``.

    Attributes:
        name: For records: ``"easy/train"``.
    """

    name: str

    def sample(self, seed: int) -> Scene:
        """Return the scene of a seed (0 or more), the same one each time."""
        ...


class SceneList:
    """A fixed sequence of scenes; seed ``s`` gives scene ``s`` modulo their number.

    Raises:
        InputError: If there is none, or one is not a `Scene`.
    """

    def __init__(self, scenes: Iterable[Scene], name: str = "scenes") -> None:
        self.scenes = tuple(scenes)
        self.name = name
        if not self.scenes:
            raise InputError("`tasks` is an empty sequence; give at least one Scene")
        for item in self.scenes:
            if not isinstance(item, Scene):
                raise InputError(f"`tasks` holds a {type(item).__name__}; every entry must be a Scene")

    def sample(self, seed: int) -> Scene:
        """Return the scene of a seed."""
        return self.scenes[check_seed(seed) % len(self.scenes)]


class SceneFunction:
    """Scenes made by the caller's function of a seed, which must be a pure function."""

    def __init__(self, function: Callable[[int], Scene], name: str = "") -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", type(function).__name__)

    def sample(self, seed: int) -> Scene:
        """Return the scene of a seed.

        Raises:
            InputError: If the function gives something else.
        """
        scene = self.function(check_seed(seed))
        if not isinstance(scene, Scene):
            raise InputError(f"tasks function {self.name!r} returned a {type(scene).__name__}; it must return a Scene")
        return scene


TaskSpec = TaskSource | str | Path | Mapping[str, Any] | Sequence[Scene] | Callable[[int], Scene]
"""What `make_tasks` takes."""


def make_tasks(spec: TaskSpec) -> TaskSource:
    """Return the source of scenes that `spec` describes.

    Args:
        spec: A suite (`SUITES`), alone or with a split: ``"easy"`` (its training split), ``"easy/validation"``,
            ``"easy/test"``: frozen scenes. ``"easy/endless"``, ``"easy/endless/test"``: the generator that drew
            them, without end. ``"demo"``, ``"procedural"``, with or without a split: the generator.
            A source of `REGISTRY`, perhaps with a split, such as ``"repair/test"``.
            A dict with such a ``name``, perhaps a ``split``, and options: of `ProceduralConfig`, which replace
            those of the suite or preset and ask for the generator, or of the registered source.
            The path of a file of scenes (``.json``: our own, IDesign / MetaSpatial scene graphs, or a list of
            either); a sequence of scenes; a function of a seed; or a source.

    Raises:
        InputError: If it is none of these, or a name or option is unknown.
        FileFormatError: If the file holds no scene.

    Example:
        >>> make_tasks("easy").name, make_tasks({"name": "easy", "count": [2, 2], "split": "test"}).name
        ('easy/train', 'easy/endless/test')
    """
    if isinstance(spec, str):
        if spec.endswith(".json"):
            return _read(Path(spec))
        name, _, split = spec.partition("/")
        return _named(name, split or None, {})
    if isinstance(spec, Path):
        return _read(spec)
    if isinstance(spec, Mapping):
        options = dict(spec)
        return _named(options.pop("name", "procedural"), options.pop("split", None), options)
    if isinstance(spec, Sequence):
        return SceneList(cast("Sequence[Scene]", spec))
    if isinstance(spec, TaskSource):
        return spec
    if callable(spec):
        return SceneFunction(spec)
    raise InputError(
        f"`tasks` is {spec!r}; allowed: a name ({', '.join(task_names())}), a dict, a scene file, scenes, "
        "or a function of a seed"
    )


def task_names() -> tuple[str, ...]:
    """Return the names that `make_tasks` knows: suites, presets, and registered sources.

    Example:
        >>> {"easy", "rotation", "demo", "repair"} <= set(task_names())
        True
    """
    return tuple(dict.fromkeys((*SUITES, *PRESETS, *REGISTRY.names())))


def _named(name: object, split: object, options: Mapping[str, Any]) -> TaskSource:
    if isinstance(name, str) and name in PRESETS:
        return _preset(name, split, options)
    if not REGISTRY.knows(name):
        raise unknown_name("tasks", name, task_names())
    source = REGISTRY.make(name, dict(options) if split is None else {"split": split, **options})
    if not isinstance(source, TaskSource):
        raise InputError(
            f"tasks {name!r} made an object of type {type(source).__name__}; it must have a `name` and `sample(seed)`"
        )
    return source


def _preset(name: str, split: object, options: Mapping[str, Any]) -> TaskSource:
    part = SPLITS[0] if split is None else split
    endless, _, further = str(part).partition("/")
    is_endless = endless == ENDLESS and name in SUITES
    if is_endless:
        part = further or SPLITS[0]
    if not isinstance(part, str) or part not in SPLITS:
        raise unknown_name(f"split of {name!r}", part, (*SPLITS, ENDLESS) if name in SUITES else SPLITS)
    if name in SUITES and not options and not is_endless:
        return SuiteTasks(name, part)
    config = ProceduralConfig.from_dict({**PRESETS[name], **options})
    return ProceduralTasks(config, part, f"{name}/{ENDLESS}" if name in SUITES else name)


def _read(path: Path) -> SceneList:
    from spatialenv.formats import read_any

    return SceneList([scene for scene, _ in read_any(path)], name=path.stem)
