"""Whether objects look where they should: only those whose yaw the layout itself states.

An object with `facing` and no yaw of its own gets its yaw from the policy where the answer states one. It faces a
wall when its front is opposite to the wall's inward normal; an object when the ray from its centre along its front
meets that object's footprint; the middle of the room when it looks at the middle of the floor's bounding box. Nothing
faces the ceiling, so that is never called wrong. A yaw that the scene or its default gives is never called wrong
either.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene, SceneObject

TOLERANCE = math.radians(5.0)
"""Angle in radians up to which an object counts as facing its target."""

SCALE = math.radians(90.0)
"""Angle in radians at which the score has fallen to 0."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class FacingState:
    """How an object's front stands to what it should look at.

    Attributes:
        object_id: The object.
        target: The wall, object or room element that it should face.
        turn: Smallest signed turn in radians, counter-clockwise, after which it does; 0 where it does, None where
            the target is not placed.
        is_met: Whether that is at most `TOLERANCE`.
        score: 1 when met, falling linearly to 0 at `SCALE`; 0 where the target is not placed.
    """

    object_id: str
    target: str
    turn: float | None
    is_met: bool
    score: float


def facing_states(placed: PlacedScene) -> tuple[FacingState, ...]:
    """Return the state of each placed object that has `facing` and whose yaw the layout states.

    Example:
        >>> from spatialenv.core.room import Room
        >>> chair = SceneObject(id="chair_1", category="chair", size=(0.5, 0.5, 1.0), facing="north_wall")
        >>> placed = Scene(Room.rectangle(4, 3, 2.5), (chair,)).place({"chair_1": (2, 1, 0.5, math.radians(-30))})
        >>> state = facing_states(placed)[0]
        >>> round(math.degrees(state.turn), 6), state.is_met, round(state.score, 3)
        (30.0, False, 0.706)
    """
    return tuple(_states(placed))


def _states(placed: PlacedScene) -> Iterator[FacingState]:
    concerned = _concerned(placed.scene)
    if not concerned:
        return
    poses = dict(placed.layout.poses)
    rows = {object_id: row for row, object_id in enumerate(placed.ids)}
    for item, target, is_object in concerned:
        if item.id not in poses or poses[item.id].yaw is None:
            continue
        if is_object and target not in rows:
            yield FacingState(item.id, target, None, False, 0.0)
            continue
        turn = _turn(placed, rows[item.id], target, rows.get(target))
        excess = abs(turn) - TOLERANCE
        is_met = excess <= _ROUNDING
        score = 1.0 if is_met else max(0.0, 1.0 - excess / (SCALE - TOLERANCE))
        yield FacingState(item.id, target, turn, is_met, score)


@per_scene
def _concerned(scene: Scene) -> tuple[tuple[SceneObject, str, bool], ...]:
    """Return the objects whose yaw a policy may choose and that should face something: what, and whether an object."""
    objects = set(scene.ids)
    return tuple(
        (item, item.facing, item.facing in objects)
        for item in scene.objects
        if item.yaw is None and item.facing is not None and item.facing != "ceiling"
    )


def _turn(placed: PlacedScene, row: int, target: str, target_row: int | None) -> float:
    room, yaw = placed.room, float(placed.yaws[row])
    x, y, _ = placed.centers[row].tolist()
    if target in room.walls:
        return signed_turn(room.wall(target).facing_yaw - yaw)
    if target_row is None:
        dx, dy = room.length / 2 - x, room.width / 2 - y
        return signed_turn(math.atan2(-dx, dy) - yaw) if math.hypot(dx, dy) > _ROUNDING else 0.0
    tx, ty, _ = placed.centers[target_row].tolist()
    length, width, _ = placed.sizes[target_row].tolist()
    c, s = math.cos(float(placed.yaws[target_row])), math.sin(float(placed.yaws[target_row]))
    dx, dy = x - tx, y - ty
    if abs(c * dx + s * dy) <= length / 2 and abs(c * dy - s * dx) <= width / 2:
        return 0.0  # it stands within the target's footprint, so that every ray meets it
    ahead = math.atan2(dx, -dy)  # the yaw that looks at the target's centre
    sides = []
    for u, v in ((-length, -width), (length, -width), (length, width), (-length, width)):
        corner_x, corner_y = (c * u - s * v) / 2 - dx, (s * u + c * v) / 2 - dy
        sides.append(signed_turn(math.atan2(-corner_x, corner_y) - ahead))
    off = signed_turn(yaw - ahead)
    if min(sides) <= off <= max(sides):
        return 0.0
    return min((signed_turn(side - off) for side in (min(sides), max(sides))), key=abs)


def signed_turn(angle: float) -> float:
    """Return an angle in radians as the turn in ``(-pi, pi]`` that comes to the same.

    Example:
        >>> round(math.degrees(signed_turn(math.radians(270))))
        -90
    """
    turn = math.remainder(angle, math.tau)
    return math.pi if turn == -math.pi else turn + 0.0
