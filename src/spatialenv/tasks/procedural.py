"""A seeded generator of rooms that can be furnished, with a layout kept as proof.

Everything is drawn from ``random.Random(seed).random()``, whose sequence Python guarantees, so the
same seed gives the same scene on every platform, whatever the hash seed.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any, Literal

from spatialenv.core.facing import TOLERANCE as FACING_TOLERANCE
from spatialenv.core.facing import signed_turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.furniture import ROOM_TYPES, Category, load_furniture
from spatialenv.tasks.placing import find_placing
from spatialenv.tasks.shapes import SHAPES, draw_floor, draw_openings
from spatialenv.tasks.wish import write_wish
from spatialenv.tasks.witness import find_witness, turn_of

SPLITS = ("train", "validation", "test")
"""Parts of a task source; no room with the same sizes in it is in two of them."""

MAX_SEED = 2**63
"""Seeds lie in ``[0, MAX_SEED)``."""

VERSION = "2"
"""Version of the generator: the same options and seed give the same scene for as long as it stays.

Options that version 1 had give the same scenes as they did then.
"""

_ATTEMPTS = 20_000


@dataclass(frozen=True, slots=True)
class ProceduralConfig:
    """What the generator draws; JSON-able (`to_dict`, `from_dict`). Metres.

    Attributes:
        count: Least and greatest number of objects.
        shapes: Shapes of the floor to draw from, of `spatialenv.tasks.shapes.SHAPES`.
        doors: Least and greatest number of doors.
        windows: Least and greatest number of windows.
        room_length: Least and greatest extent of the room along x.
        room_width: Least and greatest extent along y.
        room_step: Room extents are the least plus a multiple of this.
        room_height: Height of the ceiling.
        aspect: Least and greatest ratio of the room's longer side to its shorter.
        density: Least and greatest share of the floor that the footprints of floor objects cover.
        packed: Whether the witness puts objects flush with each other and with walls, as a high density needs.
        on_top: Least and greatest number of the objects that stand on others; None: as they come.
        categories: Categories to draw from; None: those that belong in the type of room drawn.
        relation_depth: 0: no relations. 1: relations to walls. 2 and more: also to objects, in
            chains of at most that many relations.
        size_step: None keeps the measured sizes; else they are rounded up to multiples of it.
        max_side: Greatest length or width of an object, after rounding.
        exchange_sides: Whether length and width are exchanged at random, as if the box had been
            made the other way round: for variety where no object is turned.
        grid: None, or the step of the grid that all centres of the witness (x and y) lie on.
        distinct: Whether the categories within a scene differ.
        yaw: ``"zero"``: nothing is turned; ``"quarter"``: quarter turns, and the direction of a slanted wall at
            it; ``"free"``: any whole degree away from walls.
        yaw_given: Whether the scene states each yaw; otherwise only the witness does, and where yaw is free
            most objects state what they face.

    Raises:
        InputError: If a value is not allowed.
    """

    count: tuple[int, int] = (3, 6)
    shapes: tuple[str, ...] = ("rectangle",)
    doors: tuple[int, int] = (0, 0)
    windows: tuple[int, int] = (0, 0)
    room_length: tuple[float, float] = (3.0, 6.0)
    room_width: tuple[float, float] = (3.0, 6.0)
    room_step: float = 0.1
    room_height: float = 2.7
    aspect: tuple[float, float] = (1.0, 4.0)
    density: tuple[float, float] = (0.05, 0.4)
    packed: bool = False
    on_top: tuple[int, int] | None = None
    categories: tuple[str, ...] | None = None
    relation_depth: int = 0
    size_step: float | None = None
    max_side: float = 3.5
    exchange_sides: bool = False
    grid: float | None = None
    distinct: bool = False
    yaw: Literal["zero", "quarter", "free"] = "quarter"
    yaw_given: bool = True

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("room_length", 0), ("room_width", 0), ("aspect", 1), ("density", 0)):
            self._check_range(name, least)
        for name, least in (("doors", 0), ("windows", 0), ("on_top", 0)):
            if name != "on_top" or self.on_top is not None:
                self._check_range(name, least)
        for name in ("count", "doors", "windows", "on_top"):
            if not all(isinstance(value, int) for value in getattr(self, name) or ()):
                raise InputError(f"`{name}` is {getattr(self, name)!r}; it must be two whole numbers (least, greatest)")
        self._check_shapes()
        if self.room_length[0] <= 0 or self.room_width[0] <= 0:
            raise InputError("`room_length` and `room_width` must begin above 0 metres")
        if self.density[0] >= 1:
            raise InputError(f"`density` is {self.density!r}; footprints cover a share below 1 of the floor")
        for name in ("room_step", "room_height", "max_side"):
            if not getattr(self, name) > 0:
                raise InputError(f"`{name}` is {getattr(self, name)!r}; it must be more than 0 metres")
        for name in ("size_step", "grid"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"`{name}` is {value!r}; it must be None or more than 0 metres")
        if not isinstance(self.relation_depth, int) or self.relation_depth < 0:
            raise InputError(f"`relation_depth` is {self.relation_depth!r}; it must be a whole number, 0 or more")
        if self.yaw not in ("zero", "quarter", "free"):
            raise InputError(f"`yaw` is {self.yaw!r}; allowed: 'zero', 'quarter', 'free'")
        if self.packed and self.grid is not None:
            raise InputError(
                "`packed` puts objects flush with each other, which a `grid` does not allow; give one of them"
            )
        if self.on_top is not None and (self.relation_depth < 2 or self.on_top[0] >= self.count[0]):
            raise InputError(
                f"`on_top` is {self.on_top!r}; what stands on others needs `relation_depth` 2 or more and at least "
                f"one object of `count` {self.count!r} on the floor"
            )
        if self.categories is not None:
            object.__setattr__(self, "categories", tuple(self.categories))
            known = load_furniture().categories
            for name in self.categories or ():
                if name not in known:
                    raise unknown_name("category", name, known)
            if not any(known[name].on_floor for name in self.categories or ()):
                raise InputError(f"`categories` is {self.categories!r}; at least one must stand on the floor")
            if self.distinct and len(self.categories or ()) < self.count[1]:
                raise InputError(
                    f"`categories` has {len(self.categories or ())} names and `count` asks for up to {self.count[1]} "
                    "distinct ones; give more categories or set distinct=False"
                )

    def _check_shapes(self) -> None:
        shapes = (self.shapes,) if isinstance(self.shapes, str) else tuple(self.shapes)
        if not shapes:
            raise InputError(f"`shapes` is empty; give at least one of {', '.join(SHAPES)}")
        for shape in shapes:
            if shape not in SHAPES:
                raise unknown_name("shape", shape, SHAPES)
        object.__setattr__(self, "shapes", shapes)

    @property
    def is_plain(self) -> bool:
        """Whether rooms are rectangles without doors and windows, and objects stand as they come in them."""
        has_openings = self.doors[1] > 0 or self.windows[1] > 0
        is_usual = self.yaw != "free" and not self.packed and self.on_top is None
        return self.shapes == ("rectangle",) and not has_openings and is_usual

    def _check_range(self, name: str, least: float) -> None:
        value = getattr(self, name)
        try:
            low, high = value
            is_range = least <= low <= high
        except (TypeError, ValueError):
            is_range = False
        if not is_range:
            raise InputError(f"`{name}` is {value!r}; it must be (least, greatest), from {least} upwards")
        object.__setattr__(self, name, (low, high))

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict of JSON types."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> ProceduralConfig:
        """Return the config with the given options, the rest at their defaults.

        Raises:
            InputError: If an option is unknown or a value is not allowed.
        """
        known = [item.name for item in fields(cls)]
        for key in options:
            if key not in known:
                raise unknown_name("procedural option", key, known)
        return cls(**options)


class ProceduralTasks:
    """Scenes from seeds.

    A scene belongs to a split by a hash of its room and sizes, besides the seeds being apart: no
    room of the test split, with the same sizes to place, occurs in the training split, whatever
    seeds are used.

    Args:
        config: What to draw.
        split: One of `SPLITS`.
        name: Name for records.

    Attributes:
        yaw: ``"free"`` where scenes leave yaws of any angle to the answer, else ``"fixed"``.

    Example:
        >>> tasks = ProceduralTasks(ProceduralConfig(count=(3, 3)))
        >>> tasks.sample(7) == tasks.sample(7), len(tasks.sample(7).objects)
        (True, 3)
    """

    def __init__(self, config: ProceduralConfig, split: str = "train", name: str = "procedural") -> None:
        if split not in SPLITS:
            raise unknown_name("split", split, SPLITS)
        self.config = config
        self.split = split
        self.name = f"{name}/{split}"
        self.yaw: Literal["fixed", "free"] = "free" if config.yaw == "free" and not config.yaw_given else "fixed"

    def sample(self, seed: int) -> Scene:
        """Return the scene of `seed`, a whole number in ``[0, 2**63)``.

        Raises:
            InputError: If the seed is out of range, or the options leave nothing that fits.
        """
        seed = check_seed(seed)
        rng = random.Random(SPLITS.index(self.split) * MAX_SEED + seed)
        for _ in range(_ATTEMPTS):
            scene = self._draw(rng)
            if scene is not None:
                return scene
        raise InputError(
            f"no room of {self.name!r} fits the options {self.config.to_dict()!r} after {_ATTEMPTS} attempts; "
            "allow larger rooms, a wider `density` or a smaller `count`"
        )

    def _draw(self, rng: random.Random) -> Scene | None:
        config = self.config
        room = self._room(rng)
        room_type = pick(rng, ROOM_TYPES)
        chosen = self._categories(rng, room_type)
        if room is None or chosen is None:
            return None
        boxes = [(category, self._size(rng, category)) for category in chosen]
        floor = [size for category, size in boxes if category.on_floor]
        density = sum(size[0] * size[1] for size in floor) / room.area
        if not config.density[0] <= density <= config.density[1]:
            return None
        if any(max(size[:2]) > config.max_side or size[2] > room.height for _, size in boxes):
            return None
        if split_of(room, [size for _, size in boxes]) != self.split:
            return None
        boxes.sort(key=lambda box: (not box[0].on_floor, -box[1][0] * box[1][1]))
        if config.categories is not None:
            room_type = max(ROOM_TYPES, key=lambda kind: sum(category.rooms[kind] for category in chosen))
        style = pick(rng, load_furniture().styles)
        objects = tuple(
            SceneObject(
                id=f"{category.name}_{sum(other is category for other, _ in boxes[: i + 1])}",
                category=category.name,
                size=size,
                style=style,
                material=pick(rng, category.materials),
                on_floor=category.on_floor,
            )
            for i, (category, size) in enumerate(boxes)
        )
        found = self._witness(rng, room, objects)
        if found is None:
            return None
        objects, witness = found
        wish = write_wish(rng, room, room_type, style, objects)
        scene = Scene(room=room, objects=objects, description=wish, witness=witness)
        placed = scene.place(witness)
        if not layout_status(placed, is_complete=True).clean:
            return None
        return scene if config.is_plain or (self._asks_to_turn(scene) and not find_violations(placed)) else None

    def _witness(
        self, rng: random.Random, room: Room, objects: tuple[SceneObject, ...]
    ) -> tuple[tuple[SceneObject, ...], Layout] | None:
        config = self.config
        if config.is_plain:
            return find_witness(
                rng,
                room,
                objects,
                grid=config.grid,
                turns=(0, 1, 2, 3) if config.yaw == "quarter" else (0,),
                relation_depth=config.relation_depth,
                yaw_given=config.yaw_given,
            )
        return find_placing(
            rng,
            room,
            objects,
            yaw=config.yaw,
            yaw_given=config.yaw_given,
            grid=config.grid,
            relation_depth=config.relation_depth,
            is_packed=config.packed,
        )

    def _asks_to_turn(self, scene: Scene) -> bool:
        """Whether yaw is given or not free, or an object must face a wall that it does not face at yaw 0."""
        if self.config.yaw != "free" or self.config.yaw_given:
            return True
        faced = [scene.room.wall(item.facing) for item in scene.objects if item.facing in scene.room.walls]
        return any(abs(signed_turn(wall.facing_yaw)) > 2 * FACING_TOLERANCE for wall in faced)

    def _room(self, rng: random.Random) -> Room | None:
        config = self.config
        sides = []
        for low, high in (config.room_length, config.room_width):
            steps = int((high - low) / config.room_step + 1e-9)
            sides.append(round(low + config.room_step * int(rng.random() * (steps + 1)), 6))
        length, width = sides
        aspect = max(sides) / min(sides)
        if not config.aspect[0] - 1e-9 <= aspect <= config.aspect[1] + 1e-9:
            return None
        room = Room.rectangle(length, width, config.room_height)
        if config.shapes != ("rectangle",):
            room = Room(draw_floor(rng, pick(rng, config.shapes), length, width), config.room_height)
        doors, windows = (
            low + int(rng.random() * (high - low + 1)) if high > 0 else 0
            for low, high in (config.doors, config.windows)
        )
        return draw_openings(rng, room, doors, windows) if doors or windows else room

    def _categories(self, rng: random.Random, room_type: str) -> list[Category] | None:
        config = self.config
        table = load_furniture().categories
        names = config.categories if config.categories is not None else tuple(table)
        low, high = config.count
        count = low + int(rng.random() * (high - low + 1))
        on_floor = count if config.on_top is None else count - self._on_top(rng, count)
        chosen: list[Category] = []
        for index in range(count):
            taken = {category.name for category in chosen}
            choices = []
            for name in names:
                category = table[name]
                weight = 1 if config.categories is not None else category.rooms[room_type]
                if (config.distinct and name in taken) or not self._has_place(category, taken):
                    weight = 0
                if config.on_top is not None and category.on_floor != (index < on_floor):
                    weight = 0
                choices += [category] * weight
            if not choices:
                return None
            chosen.append(pick(rng, choices))
        return chosen

    def _on_top(self, rng: random.Random, count: int) -> int:
        """Return how many of `count` objects stand on others: at least one is on the floor."""
        low, high = self.config.on_top or (0, 0)
        return min(low + int(rng.random() * (high - low + 1)), count - 1)

    def _has_place(self, category: Category, taken: set[str]) -> bool:
        """Whether it stands on the floor, or relations can say what it stands on or hangs at."""
        if category.on_floor:
            return True
        if category.stands_on == ("wall",):
            return self.config.relation_depth >= 1 and self.config.yaw != "zero" and self.config.on_top is None
        return self.config.relation_depth >= 2 and not taken.isdisjoint(category.stands_on)

    def _size(self, rng: random.Random, category: Category) -> tuple[float, float, float]:
        length, width, height = pick(rng, category.sizes)
        if self.config.exchange_sides and rng.random() < 0.5:
            length, width = width, length
        step = self.config.size_step
        if step is None:
            return length, width, height
        length, width, height = (
            round(step * -int(-(value / step - 1e-9) // 1), 6) for value in (length, width, height)
        )
        return length, width, height


def split_of(room: Room, sizes: list[tuple[float, float, float]]) -> str:
    """Return the split that a room with objects of those sizes belongs to, whatever their order.

    One room in ten is for validation and one in ten for test. What stands there at the start does not matter,
    so that tasks made from a room stay in its split.
    """
    text = _room_text(room) + ";"
    text += ";".join(sorted(f"{x:.4f} {y:.4f} {z:.4f}" for x, y, z in sizes))
    digit = hashlib.sha256(text.encode("ascii")).digest()[0] % 10
    return {0: "validation", 1: "test"}.get(digit, "train")


def scene_key(scene: Scene) -> str:
    """Return a hash of the room, the sizes, yaws, facings, relations and start, whatever the ids and the wish are.

    Scenes with equal keys ask for the same placement, so a run can prove that no held-out room was
    in a training batch. The order of the objects does not matter.

    Example:
        >>> tasks = ProceduralTasks(ProceduralConfig())
        >>> scene_key(tasks.sample(1)) == scene_key(tasks.sample(2))
        False
    """
    room = scene.room
    looks = {
        item.id: f"{item.size[0]:.4f} {item.size[1]:.4f} {item.size[2]:.4f} {turn_of(scene.default_yaw(item.id)):.4f} "
        f"{item.on_floor:d}"
        for item in scene.objects
    }
    rows = []
    for item in scene.objects:
        relations = sorted(
            f"{relation.preposition} [{looks.get(relation.target, relation.target)}] {relation.is_adjacent:d}"
            for relation in item.relations
        )
        row = f"{looks[item.id]} {relations}"
        # On a rectangle the yaw says which wall is faced.
        if item.yaw is None and item.facing is not None and (item.facing in looks or not room.is_rectangle):
            row += f" faces [{looks.get(item.facing, item.facing)}]"
        if scene.start is not None and item.id in scene.start.ids:
            pose = scene.start[item.id]
            turn = turn_of(scene.default_yaw(item.id) if pose.yaw is None else pose.yaw)
            row += f" {item.id in scene.fixed:d} at {pose.x:.4f} {pose.y:.4f} {pose.z:.4f} {turn:.4f}"
        rows.append(row)
    text = _room_text(room) + "\n" + "\n".join(sorted(rows))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _room_text(room: Room) -> str:
    """Return the room in words that are equal for equal rooms."""
    text = f"{room.length:.4f} {room.width:.4f} {room.height:.4f}"
    if not room.is_rectangle:
        text += " floor " + " ".join(f"{x:.4f},{y:.4f}" for x, y in room.floor)
    for item in sorted(room.openings, key=astuple):
        numbers = (item.offset, item.width, item.height, item.sill)
        text += f" {item.kind} {item.wall} {item.swing} " + " ".join(f"{value:.4f}" for value in numbers)
    return text


def check_seed(seed: int) -> int:
    """Return `seed` as an int, or raise InputError when it is not in ``[0, 2**63)``."""
    try:
        number = int(seed)
    except (TypeError, ValueError):
        number = -1
    if number != seed or not 0 <= number < MAX_SEED:
        raise InputError(f"`seed` is {seed!r}; it must be a whole number from 0 to 2**63 - 1")
    return number


def pick(rng: random.Random, items: Any) -> Any:
    """Return one of `items`, each as likely."""
    return items[int(rng.random() * len(items))]
