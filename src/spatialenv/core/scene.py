"""The question: a room, the objects to place, and a wish in words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from spatialenv.core.layout import Layout, LayoutLike
from spatialenv.core.numeric import as_number
from spatialenv.core.room import ELEMENTS, WALL_NAMES, Room
from spatialenv.errors import SceneError, nearest

if TYPE_CHECKING:
    from spatialenv.core.placed import PlacedScene

Noun = TypeVar("Noun")

PREPOSITIONS = (
    "on",
    "under",
    "above",
    "in front",
    "behind",
    "left of",
    "right of",
    "in the corner",
)
"""Prepositions that a relation may use."""

FACING_YAW = {
    "north_wall": 0.0,
    "west_wall": math.pi / 2,
    "south_wall": math.pi,
    "east_wall": 3 * math.pi / 2,
}
"""Yaw in radians of an object whose front looks at the wall."""

MAX_RUG_HEIGHT = 0.03
"""Height in metres up to which an object flagged as a rug may lie under others."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`subject` stands `preposition` `target`.

    Attributes:
        subject: Id of the object that is constrained.
        preposition: One of `PREPOSITIONS`.
        target: Id of another object or a room element (`ELEMENTS`); ``wall_0`` to ``wall_3`` become the
            long names.
        is_adjacent: Whether the two should touch.
    """

    subject: str
    preposition: str
    target: str
    is_adjacent: bool = True

    def __post_init__(self) -> None:
        for name in ("subject", "target"):
            if not isinstance(getattr(self, name), str):
                raise SceneError(f"relation `{name}` is {getattr(self, name)!r}; it must be a string")
        object.__setattr__(self, "target", WALL_NAMES.get(self.target, self.target))
        if self.preposition not in PREPOSITIONS:
            raise SceneError(
                f"relation of {self.subject!r} has the preposition {self.preposition!r};"
                f"{nearest(str(self.preposition), PREPOSITIONS)} Known: {', '.join(PREPOSITIONS)}"
            )
        if self.subject == self.target:
            raise SceneError(f"relation of {self.subject!r} names itself as its target; name another object")


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
        facing: A wall or object that its front looks at; walls also by ``wall_0`` to ``wall_3``.
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
        if len(size) != 3 or not all(0 < value < math.inf for value in size):
            raise SceneError(
                f"object {self.id!r} has the `size` {self.size!r}; it must be (length, width, height), "
                "each a finite number above 0 metres"
            )
        object.__setattr__(self, "size", size)
        if self.facing is not None:
            if not isinstance(self.facing, str):
                raise SceneError(
                    f"object {self.id!r} has the `facing` {self.facing!r}; it must be a wall, an object's id or None"
                )
            object.__setattr__(self, "facing", WALL_NAMES.get(self.facing, self.facing))
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
class Scene:
    """A room, the objects to place and a wish: what a policy is asked.

    Attributes:
        room: The room.
        objects: The objects, in the order that per-object arrays follow.
        description: The wish in words.
        witness: A layout known to be sound, or None. Never shown to a policy.
        id: A name for records; empty when unnamed.

    Raises:
        SceneError: If ids repeat, or a relation, facing or witness names something unknown.

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

    def __post_init__(self) -> None:
        if not isinstance(self.room, Room):
            raise SceneError(f"`room` is {self.room!r}; give a Room, such as Room.rectangle(6, 4, 3)")
        form = "SceneObject(id, category, size)"
        object.__setattr__(self, "objects", _nouns("the scene has the `objects`", self.objects, SceneObject, form))
        for name in ("description", "id"):
            if not isinstance(getattr(self, name), str):
                raise SceneError(f"scene `{name}` is {getattr(self, name)!r}; it must be a string")
        if not isinstance(self.witness, (Layout, type(None))):
            raise SceneError(f"scene `witness` is {self.witness!r}; give a Layout (Layout.of) or None")
        ids = self.ids
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise SceneError(f"object ids {repeated!r} appear more than once; each id must be unique")
        clash = sorted(set(ids) & {*ELEMENTS, *WALL_NAMES})
        if clash:
            raise SceneError(f"object ids {clash!r} are names of room elements; choose others")
        known = (*ids, *ELEMENTS)
        for item in self.objects:
            names = [relation.target for relation in item.relations]
            names += [item.facing] if item.facing is not None else []
            for name in names:
                if name not in known:
                    raise SceneError(
                        f"object {item.id!r} refers to {name!r}, which is not in the scene;"
                        f"{nearest(name, known)} Known: {', '.join(known)}"
                    )
        if self.witness is not None:
            unknown = sorted(set(self.witness.ids) - set(ids))
            if unknown:
                raise SceneError(f"the witness places {unknown!r}, which are not in the scene")

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

        Its own `yaw`; else the wall that it faces; else the yaw of the first object that it is
        placed by; else 0 (north).
        """
        seen: set[str] = set()
        item = self.object(object_id)
        while item.id not in seen:
            seen.add(item.id)
            if item.yaw is not None:
                return item.yaw
            if item.facing in FACING_YAW:
                return FACING_YAW[item.facing]
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


def _nouns(what: str, given: object, kind: type[Noun], form: str) -> tuple[Noun, ...]:
    """Return `given` as a tuple of `kind`, or raise SceneError that says what `form` to give."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SceneError(f"{what} {given!r}; give a sequence of {form}")
    found = tuple(given)
    for item in found:
        if not isinstance(item, kind):
            raise SceneError(f"{what} with {item!r}, a {type(item).__name__}, in them; each must be {form}")
    return found
