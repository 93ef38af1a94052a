"""The question: a room, the objects to place, and a wish in words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from spatialenv.core.display import Displayed
from spatialenv.core.layout import Layout, LayoutLike
from spatialenv.core.numeric import as_number
from spatialenv.core.room import ELEMENTS, MAX_EXTENT, Room
from spatialenv.errors import SceneError, nearest

if TYPE_CHECKING:
    from spatialenv.core.placed import PlacedScene

Noun = TypeVar("Noun")

REGION_PREPOSITIONS = (
    "on",
    "under",
    "above",
    "in front",
    "behind",
    "left of",
    "right of",
    "in the corner",
)
"""Prepositions that give regions for the subject's centre: those of IDesign (`spatialenv.core.relations`)."""

ARRANGEMENTS = ("near", "far", "face to", "aligned", "against wall", "around", "centred", "symmetric")
"""Prepositions that are measured as a distance, a turn or both (`spatialenv.core.arrangement`)."""

PREPOSITIONS = (*REGION_PREPOSITIONS, *ARRANGEMENTS)
"""Prepositions that a relation may use."""

_SPELLINGS = {"centered": "centred"}
_NO_TARGETS = {"against wall": ("object", "middle"), "around": ("wall",), "symmetric": ("middle",)}
"""Kinds of targets that an arrangement does not take, beside the ceiling, which none takes."""
_TURNING = ("face to", "aligned", "against wall", "symmetric")
_WORDS = {
    "in front": "in front of",
    "in the corner": "in the corner of",
    "far": "far from",
    "face to": "facing",
    "aligned": "aligned with",
    "against wall": "backed against",
    "centred": "centred on",
    "symmetric": "symmetric about",
}

MIN_SIZE = 1e-6
"""Least length, width or height of an object in metres; the greatest is that of a room."""

MAX_RUG_HEIGHT = 0.03
"""Height in metres up to which an object flagged as a rug may lie under others."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`subject` stands `preposition` `target`.

    Attributes:
        subject: Id of the object that is constrained.
        preposition: One of `PREPOSITIONS`; words may be joined by ``-`` or ``_`` (``"face-to"``), and
            ``"centered"`` is read as ``"centred"``.
        target: Id of another object or an element of the room (``room.elements``); a scene over a rectangle
            turns ``wall_0`` to ``wall_3`` into the names by compass.
        is_adjacent: Whether the two should touch; says nothing with one of `ARRANGEMENTS`.

    Raises:
        SceneError: If the preposition is unknown or does not take that target (`takes_target`), or the subject is
            its own target.
    """

    subject: str
    preposition: str
    target: str
    is_adjacent: bool = True

    def __post_init__(self) -> None:
        for name in ("subject", "target"):
            if not isinstance(getattr(self, name), str):
                raise SceneError(f"relation `{name}` is {getattr(self, name)!r}; it must be a string")
        if self.preposition not in PREPOSITIONS:
            spelt = str(self.preposition).replace("-", " ").replace("_", " ")
            spelt = _SPELLINGS.get(spelt, spelt)
            if spelt not in PREPOSITIONS:
                raise SceneError(
                    f"relation of {self.subject!r} has the preposition {self.preposition!r};"
                    f"{nearest(str(self.preposition), PREPOSITIONS)} Known: {', '.join(PREPOSITIONS)}"
                )
            object.__setattr__(self, "preposition", spelt)
        if self.subject == self.target:
            raise SceneError(f"relation of {self.subject!r} names itself as its target; name another object")
        if not takes_target(self.preposition, self.target):
            allowed = [
                name
                for kind, name in (("object", "an object"), ("wall", "a wall"), ("middle", "the middle of the room"))
                if kind not in _NO_TARGETS.get(self.preposition, ())
            ]
            raise SceneError(
                f"relation of {self.subject!r} is {self.preposition!r} the target {self.target!r}; "
                f"its target must be {' or '.join(allowed)}"
            )


@dataclass(frozen=True, slots=True)
class SceneObject:
    """An object to place; local axes: length along x, width along y, height along z, front at +y.

    Attributes:
        id: Unique in its scene.
        category: What it is: ``"sofa"``.
        size: ``(length, width, height)`` of its box in metres.
        yaw: Turn in radians, counter-clockwise from above, 0 looks north; None leaves it to
            `facing` or, where the env's yaw is free, to the policy.
        style: Words on its style.
        material: Words on its material.
        on_floor: Whether it stands on the floor.
        facing: A wall or object that its front looks at.
        relations: Where it should stand; each has this object as its subject.
        is_rug: Lies flat, so others may stand on it (at most `MAX_RUG_HEIGHT` high to count).
        asset: Path or name of a mesh.
    """

    id: str
    category: str
    size: tuple[float, float, float]
    yaw: float | None = None
    style: str = ""
    material: str = ""
    on_floor: bool = True
    facing: str | None = None
    relations: tuple[Relation, ...] = ()
    is_rug: bool = False
    asset: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id.strip():
            raise SceneError(f"object `id` is {self.id!r}; it must be a non-empty string")
        for name in ("category", "style", "material"):
            if not isinstance(getattr(self, name), str):
                raise SceneError(f"object {self.id!r} has the `{name}` {getattr(self, name)!r}; it must be a string")
        size = tuple(map(as_number, self.size)) if isinstance(self.size, Iterable) else ()
        if len(size) != 3 or not all(MIN_SIZE <= value <= MAX_EXTENT for value in size):
            raise SceneError(
                f"object {self.id!r} has the `size` {self.size!r}; it must be (length, width, height), "
                f"each a finite number above 0 metres, from {MIN_SIZE:g} to {MAX_EXTENT:g}"
            )
        object.__setattr__(self, "size", size)
        if self.facing is not None and not isinstance(self.facing, str):
            raise SceneError(
                f"object {self.id!r} has the `facing` {self.facing!r}; it must be a wall, an object's id or None"
            )
        if self.yaw is not None:
            if not math.isfinite(as_number(self.yaw)):
                raise SceneError(f"object {self.id!r} has the `yaw` {self.yaw!r}; it must be finite radians or None")
            object.__setattr__(self, "yaw", as_number(self.yaw))
        form = f"Relation({self.id!r}, preposition, target)"
        relations = _nouns(f"object {self.id!r} has the `relations`", self.relations, Relation, form)
        object.__setattr__(self, "relations", relations)
        for relation in self.relations:
            if relation.subject != self.id:
                raise SceneError(
                    f"object {self.id!r} holds a relation whose subject is {relation.subject!r}; "
                    "an object holds only its own relations"
                )

    @property
    def lies_flat(self) -> bool:
        """Whether it is a rug thin enough that others may stand on it."""
        return self.is_rug and self.size[2] <= MAX_RUG_HEIGHT


@dataclass(frozen=True, slots=True)
class Scene(Displayed):
    """A room, the objects to place and a wish: what a policy is asked.

    Attributes:
        room: The room.
        objects: The objects, in the order that per-object arrays follow.
        description: The wish in words.
        witness: A layout known to be sound, or None. Never shown to a policy.
        id: A name for records; empty when unnamed.
        start: Where objects stand when an episode begins: all of them, or those that are already there;
            None: the room is empty.
        fixed: Ids of objects that must stay where `start` puts them, in the scene's order.

    Raises:
        SceneError: If ids repeat; if a relation, facing, witness, start or fixed names something unknown; or if
            `start` does not place a fixed object.

    Example:
        >>> sofa = SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8))
        >>> scene = Scene(room=Room.rectangle(6, 4, 3), objects=(sofa,), description="A place to sit.")
        >>> scene.place({"sofa_1": (3.0, 0.45, 0.4)}).centers
        array([[3.  , 0.45, 0.4 ]])
    """

    room: Room
    objects: tuple[SceneObject, ...]
    description: str = ""
    witness: Layout | None = field(default=None, repr=False)
    id: str = ""
    start: Layout | None = field(default=None, repr=False)
    fixed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.room, Room):
            raise SceneError(f"`room` is {self.room!r}; give a Room, such as Room.rectangle(6, 4, 3)")
        form = "SceneObject(id, category, size)"
        object.__setattr__(self, "objects", _nouns("the scene has the `objects`", self.objects, SceneObject, form))
        for name in ("description", "id"):
            if not isinstance(getattr(self, name), str):
                raise SceneError(f"scene `{name}` is {getattr(self, name)!r}; it must be a string")
        for name in ("witness", "start"):
            if not isinstance(getattr(self, name), (Layout, type(None))):
                raise SceneError(f"scene `{name}` is {getattr(self, name)!r}; give a Layout (Layout.of) or None")
        ids = self.ids
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise SceneError(f"object ids {repeated!r} appear more than once; each id must be unique")
        clash = sorted(name for name in ids if is_element_name(name))
        if clash:
            raise SceneError(f"object ids {clash!r} are names of room elements; choose others")
        object.__setattr__(self, "objects", tuple(_with_wall_names(item, self.room) for item in self.objects))
        known = (*ids, *self.room.elements)
        for item in self.objects:
            names = [relation.target for relation in item.relations]
            names += [item.facing] if item.facing is not None else []
            for name in names:
                if name not in known:
                    raise SceneError(
                        f"object {item.id!r} refers to {name!r}, which is not in the scene;"
                        f"{nearest(name, known)} Known: {', '.join(known)}"
                    )
        for name, layout in (("witness", self.witness), ("start", self.start)):
            unknown = sorted(set(() if layout is None else layout.ids) - set(ids))
            if unknown:
                raise SceneError(
                    f"the {name} places {unknown!r}, which are not in the scene;"
                    f"{nearest(unknown[0], ids)} Known: {', '.join(ids)}"
                )
        object.__setattr__(self, "fixed", self._fixed(self.fixed))

    @property
    def ids(self) -> tuple[str, ...]:
        """Object ids in order."""
        return tuple(item.id for item in self.objects)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """Relations of all objects, in the objects' order."""
        return tuple(relation for item in self.objects for relation in item.relations)

    def object(self, object_id: str) -> SceneObject:
        """Return the object with that id, or raise SceneError."""
        for item in self.objects:
            if item.id == object_id:
                return item
        raise SceneError(f"no object {object_id!r};{nearest(str(object_id), self.ids)} Known: {', '.join(self.ids)}")

    def default_yaw(self, object_id: str) -> float:
        """Return the yaw in radians that an object has unless a layout says otherwise.

        The one that `start` states; else its own `yaw`; else the wall that it faces; else the wall that a relation
        turns it to or away from; else the yaw of the first object that it is placed by; else 0 (north).
        """
        turned = {} if self.start is None else {name: pose.yaw for name, pose in self.start.poses}
        seen: set[str] = set()
        item = self.object(object_id)
        while item.id not in seen:
            seen.add(item.id)
            started = turned.get(item.id)
            if started is not None:
                return started
            if item.yaw is not None:
                return item.yaw
            if item.facing in self.room.walls:
                return self.room.wall(item.facing).facing_yaw
            for relation in item.relations:
                if relation.preposition in _TURNING and relation.target in self.room.walls:
                    wall = self.room.wall(relation.target)
                    return wall.facing_yaw if relation.preposition == "face to" else wall.backing_yaw
            targets = [relation.target for relation in item.relations if relation.target in self.ids]
            if not targets:
                return 0.0
            item = self.object(targets[0])
        return 0.0

    def place(self, layout: LayoutLike) -> PlacedScene:
        """Return the scene with the objects where `layout` puts them.

        Args:
            layout: What `Layout.of` takes: a `Layout`; a mapping from id to ``(x, y, z)`` or
                ``(x, y, z, yaw)`` in metres and radians; or records as answers and infos hold
                them. Objects that it leaves out are not placed.

        Raises:
            SceneError: If it is none of these, or names an id that is not in the scene.
        """
        from spatialenv.core.placed import PlacedScene

        return PlacedScene(self, Layout.of(layout))

    def with_witness(self, witness: Layout | None) -> Scene:
        """Return a copy that keeps `witness`."""
        return replace(self, witness=witness)

    def _fixed(self, given: Iterable[str]) -> tuple[str, ...]:
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise SceneError(f"scene `fixed` is {given!r}; give a sequence of object ids")
        names = tuple(given)
        placed = () if self.start is None else self.start.ids
        for name in names:
            if name not in placed:
                raise SceneError(
                    f"scene `fixed` holds {name!r}, which `start` does not place;"
                    f"{nearest(str(name), placed)} Placed: {', '.join(placed) or 'nothing'}"
                )
        return tuple(object_id for object_id in self.ids if object_id in names)


def is_element_name(name: str) -> bool:
    """Return whether a name may be that of a wall, the middle or the ceiling of some room.

    Example:
        >>> is_element_name("wall_12"), is_element_name("wall_shelf")
        (True, False)
    """
    return name in ELEMENTS or (name.startswith("wall_") and name[5:].isdecimal())


def spoken_preposition(preposition: str) -> str:
    """Return a preposition as a sentence has it between "is" and the target.

    Example:
        >>> spoken_preposition("in front"), spoken_preposition("face to"), spoken_preposition("on")
        ('in front of', 'facing', 'on')
    """
    return _WORDS.get(preposition, preposition)


def takes_target(preposition: str, target: str) -> bool:
    """Return whether a relation with that preposition may have a target of that name.

    Regions take any target. Arrangements do not take the ceiling; ``against wall`` takes walls only, ``around`` no
    wall and ``symmetric`` not the middle of the room.

    Example:
        >>> takes_target("against wall", "north_wall"), takes_target("against wall", "sofa_1")
        (True, False)
    """
    if preposition not in ARRANGEMENTS:
        return True
    kind = "object"
    if is_element_name(target):
        kind = {"middle of the room": "middle", "ceiling": "ceiling"}.get(target, "wall")
    return kind != "ceiling" and kind not in _NO_TARGETS.get(preposition, ())


def _with_wall_names(item: SceneObject, room: Room) -> SceneObject:
    """Return the object with walls under the names that the room gives them."""
    names = room.aliases
    if item.facing not in names and not any(relation.target in names for relation in item.relations):
        return item
    relations = tuple(
        replace(relation, target=names.get(relation.target, relation.target)) for relation in item.relations
    )
    facing = None if item.facing is None else names.get(item.facing, item.facing)
    return replace(item, facing=facing, relations=relations)


def _nouns(what: str, given: object, kind: type[Noun], form: str) -> tuple[Noun, ...]:
    """Return `given` as a tuple of `kind`, or raise SceneError that says what `form` to give."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SceneError(f"{what} {given!r}; give a sequence of {form}")
    found = tuple(given)
    for item in found:
        if not isinstance(item, kind):
            raise SceneError(f"{what} with {item!r}, a {type(item).__name__}, in them; each must be {form}")
    return found
