"""A seeded generator of rooms that can be furnished, with a layout kept as proof.

Everything is drawn from ``random.Random(seed).random()``, whose sequence Python guarantees, so the
same seed gives the same scene on every platform, whatever the hash seed.
"""

from __future__ import annotations

import random
from typing import Any, Literal

from spatialenv.core.facing import TOLERANCE as FACING_TOLERANCE
from spatialenv.core.facing import signed_turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.config import ProceduralConfig
from spatialenv.tasks.furniture import ROOM_TYPES, Category, load_furniture
from spatialenv.tasks.keys import SPLITS, scene_key, split_of
from spatialenv.tasks.placing import find_placing
from spatialenv.tasks.shapes import draw_floor, draw_openings
from spatialenv.tasks.wish import write_wish
from spatialenv.tasks.witness import find_witness

__all__ = [
    "MAX_SEED",
    "SPLITS",
    "VERSION",
    "ProceduralConfig",
    "ProceduralTasks",
    "check_seed",
    "pick",
    "scene_key",
    "split_of",
]

MAX_SEED = 2**63
"""Seeds lie in ``[0, MAX_SEED)``."""

VERSION = "2"
"""Version of the generator: the same options and seed give the same scene for as long as it stays.

Options that version 1 had give the same scenes as they did then.
"""

_ATTEMPTS = 20_000


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
        table = load_furniture().known
        names = config.categories if config.categories is not None else tuple(load_furniture().categories)
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
