"""How a room's surfaces look, and which look suits a scene."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from spatialenv.core.mesh import Colour
from spatialenv.core.numeric import as_number
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError, unknown_name

FloorKind = Literal["auto", "planks", "herringbone", "tiles", "carpet", "concrete", "plain"]
"""What lies on the floor; ``auto`` is tiles where the furniture says kitchen or bath, else planks."""

FLOORS: tuple[FloorKind, ...] = get_args(FloorKind)

WET_WORDS = frozenset({
    "basin", "bath", "bathroom", "bathtub", "bidet", "cooker", "cooktop", "dishwasher", "dryer", "freezer", "fridge",
    "hob", "kitchen", "microwave", "oven", "refrigerator", "shower", "sink", "stove", "toilet", "tub", "urinal",
    "washbasin", "washer", "washing", "washstand",
})  # fmt: skip
"""Words of categories that stand on tiles."""


@dataclass(frozen=True, slots=True)
class RoomStyle:
    """How a room's surfaces look.

    Attributes:
        floor: What lies on the floor; one of `FLOORS`.
        wall: Colour of the walls, red, green and blue, 0 to 255 each.
        grid: Whether the floor shows a line every metre.
        skirting: Whether walls have skirting boards.

    Raises:
        InputError: If a value is not allowed.

    Example:
        >>> RoomStyle(floor="tiles", grid=False).floor
        'tiles'
    """

    floor: FloorKind = "auto"
    wall: Colour = (241.0, 240.0, 236.0)
    grid: bool = True
    skirting: bool = True

    def __post_init__(self) -> None:
        if self.floor not in FLOORS:
            raise unknown_name("floor of a room style", self.floor, FLOORS)
        for name in ("grid", "skirting"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"room style `{name}` is {getattr(self, name)!r}; it must be true or false")
        wall: Sequence[object] = self.wall if isinstance(self.wall, Sequence) else ()
        if len(wall) != 3 or not all(0 <= as_number(part) <= 255 for part in wall):
            raise InputError(f"room style `wall` is {self.wall!r}; it must be red, green and blue, 0 to 255 each")
        object.__setattr__(self, "wall", tuple(as_number(part) for part in wall))


def make_room_style(spec: str | Mapping[str, Any] | RoomStyle) -> RoomStyle:
    """Return a room style.

    Args:
        spec: What lies on the floor (`FLOORS`; ``"auto"`` goes by the scene), a mapping of what `RoomStyle` has
            (``{"floor": "tiles", "grid": False}``), or a style, which is returned as it is.

    Raises:
        UnknownNameError: If there is no such floor or option.
        InputError: If a value is not allowed.

    Example:
        >>> make_room_style("carpet").floor, make_room_style({"grid": False}).grid
        ('carpet', False)
    """
    if isinstance(spec, RoomStyle):
        return spec
    if isinstance(spec, str):
        return RoomStyle(floor=spec)  # type: ignore[arg-type]  # the style checks it
    if not isinstance(spec, Mapping):
        raise InputError(f"the room style is {spec!r}; it must be a name ({', '.join(FLOORS)}) or a mapping")
    known = [field.name for field in fields(RoomStyle)]
    for name in spec:
        if name not in known:
            raise unknown_name("option of a room style", name, known)
    return RoomStyle(**spec)


def room_style_for(scene: Scene, style: RoomStyle | None = None) -> RoomStyle:
    """Return a style whose floor suits the scene where it is ``"auto"``.

    Args:
        scene: The scene; its objects' categories decide.
        style: What is asked for; None for the default.

    Example:
        >>> from spatialenv import Room, Scene, SceneObject
        >>> oven = SceneObject(id="oven_1", category="oven", size=(0.6, 0.6, 0.9))
        >>> room_style_for(Scene(room=Room.rectangle(4, 3, 2.5), objects=(oven,))).floor
        'tiles'
    """
    asked = RoomStyle() if style is None else style
    if asked.floor != "auto":
        return asked
    words = {word for item in scene.objects for word in re.findall("[a-z]+", item.category.lower())}
    return replace(asked, floor="planks" if words.isdisjoint(WET_WORDS) else "tiles")
