"""What holds each object up: the floor, another object, a wall or the ceiling.

An object that stands on the floor is held by the floor alone (a rug on the way counts as floor). Any other
is held by the best of: the floor; the top of objects under it, where its centre of mass lies over the convex
hull of what it touches; a wall or the ceiling, where one of its relations says ``on`` that, or ``against wall``. The
score is 1 up to a gap, sinking depth or overhang of 1 cm, and falls linearly to 0 at a gap or depth of 0.5 m, or with
the centre of mass 0.25 m outside the support; where both are off, the two factors multiply. The floor goes on
beyond the walls here, and so do the walls of a rectangle: what lies outside the room is counted elsewhere. A wall of
another floor holds what has its centre of mass between the wall's ends. The constants are
`SUPPORT_TOLERANCE` in `spatialenv.core.kernels`, `SUPPORT_REACH` and `OVERHANG_REACH` in `support_kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.room import WALLS, Room
from spatialenv.core.scene import Scene, SceneObject


@dataclass(frozen=True, slots=True)
class SupportState:
    """What holds an object, and how well.

    Attributes:
        score: 1 when held, falling to 0 with the gap, the sinking depth or the overhang.
        gap: Metres between the object and what should hold it; positive: it floats, negative: it sinks in.
        is_supported: Whether gap and overhang are within 1 cm.
        move: ``(dx, dy, dz)`` that mends it, or None when nothing needs mending.
        surface: ``"floor"``, the id of the object under it, the wall's name or ``"ceiling"``.
        overhang: Metres by which the centre of mass lies outside what holds it.
    """

    score: float
    gap: float
    is_supported: bool
    move: tuple[float, float, float] | None
    surface: str = "floor"
    overhang: float = 0.0


def support_states(placed: PlacedScene) -> tuple[SupportState, ...]:
    """Return the support of each placed object, in the order of ``placed.objects``.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene
        >>> stool = SceneObject(id="stool_1", category="stool", size=(0.4, 0.4, 0.5))
        >>> placed = Scene(Room.rectangle(4, 3, 2.5), (stool,)).place({"stool_1": (1, 1, 0.5)})
        >>> state = support_states(placed)[0]
        >>> state.gap, round(state.score, 3), state.move
        (0.25, 0.51, (0.0, 0.0, -0.25))
    """
    states = []
    surfaces = ("floor", *_mounts(placed.room))
    for score, gap, overhang, dx, dy, dz, code in _supports(placed).tolist():
        is_supported = score == 1.0
        states.append(
            SupportState(
                score=score,
                gap=gap,
                is_supported=is_supported,
                move=None if is_supported else (dx + 0.0, dy + 0.0, dz + 0.0),
                surface=placed.ids[int(code)] if code >= 0 else surfaces[-1 - int(code)],
                overhang=overhang,
            )
        )
    return tuple(states)


def support_scores(placed: PlacedScene) -> FloatArray:
    """Return the scores of `support_states` alone, shape ``(m,)``."""
    scores: FloatArray = _supports(placed)[:, 0]
    return scores


def stands_on_floor(placed: PlacedScene) -> BoolArray:
    """Return which placed objects must stand on the floor, shape ``(m,)``.

    Those whose `on_floor` is set, but for objects that a relation puts ``on`` another one, unless that is a
    rug that lies flat.
    """
    return support_traits(placed.scene).on_floor[placed.indices]


def lies_flat(placed: PlacedScene) -> BoolArray:
    """Return which placed objects are rugs that others may stand on, shape ``(m,)``."""
    return support_traits(placed.scene).flat[placed.indices]


class SupportTraits(NamedTuple):
    """What a scene says of how its ``n`` objects are held.

    Attributes:
        on_floor: Whether each must stand on the floor, shape ``(n,)``.
        flat: Whether each is a rug that lies flat, shape ``(n,)``.
        mounts: Whether each may hang on each wall and on the ceiling, shape ``(n, w + 1)``.
        walls: ``x, y, inward x, inward y, length`` of each wall, shape ``(w, 5)``; ``(0, 5)`` for a rectangle.
    """

    on_floor: BoolArray
    flat: BoolArray
    mounts: BoolArray
    walls: FloatArray


@per_scene
def support_traits(scene: Scene) -> SupportTraits:
    """Return the traits of a scene, worked out once for each scene."""
    above_floor = {item.id for item in scene.objects if not item.lies_flat}
    surfaces = {name: i for i, name in enumerate(_mounts(scene.room))}
    mounts = np.zeros((len(scene.objects), len(surfaces)), dtype=np.bool_)
    for i, item in enumerate(scene.objects):
        for relation in item.relations:
            if relation.preposition in ("on", "against wall") and relation.target in surfaces:
                mounts[i, surfaces[relation.target]] = True
    walls = () if scene.room.is_rectangle else scene.room.wall_lines
    return SupportTraits(
        np.array([item.on_floor and not _is_stacked(item, above_floor) for item in scene.objects], dtype=np.bool_),
        np.array([item.lies_flat for item in scene.objects], dtype=np.bool_),
        mounts,
        np.array([(*wall.start, *wall.inward, wall.length) for wall in walls], dtype=np.float64).reshape(-1, 5),
    )


def _mounts(room: Room) -> tuple[str, ...]:
    """Return the surfaces that something may hang on, in the order of the kernel's codes."""
    return (*(WALLS if room.is_rectangle else room.walls), "ceiling")


def _is_stacked(item: SceneObject, above_floor: set[str]) -> bool:
    return any(r.preposition == "on" and r.target in above_floor for r in item.relations)


def _supports(placed: PlacedScene) -> FloatArray:
    from spatialenv.core import support_kernels

    room, traits = placed.room, support_traits(placed.scene)
    table: FloatArray = support_kernels.supports(
        placed.centers,
        placed.sizes,
        placed.yaws,
        stands_on_floor(placed),
        lies_flat(placed),
        traits.mounts[placed.indices],
        np.array((room.length, room.width, room.height)),
        traits.walls,
    )
    return table
