"""Whether the objects that must stay are where the scene's start puts them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spatialenv.core.facing import signed_turn
from spatialenv.core.per_scene import per_scene
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene

TOLERANCE = 0.01
"""Metres by which the centre of a fixed object may be off its place."""

TURN_TOLERANCE = math.radians(1.0)
"""Angle in radians by which it may be turned."""

SCALE = 1.0
"""Distance in metres from its place at which the score has fallen to 0."""

TURN_SCALE = math.radians(90.0)
"""Angle in radians at which the score has fallen to 0."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class StayState:
    """How a fixed object stands to its place.

    Attributes:
        object_id: The object.
        distance: Metres from its place.
        turn: Signed turn back in radians.
        is_kept: Whether both are within their tolerances.
        score: 1 when kept; falls linearly to 0 with the distance and with the angle, and the two factors multiply.
        move: ``(dx, dy, dz)`` back to its place.
    """

    object_id: str
    distance: float
    turn: float
    is_kept: bool
    score: float
    move: tuple[float, float, float]


def stay_states(placed: PlacedScene) -> tuple[StayState, ...]:
    """Return the state of each fixed object that is placed, in the scene's order.

    Example:
        >>> from spatialenv.core.layout import Layout
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> box = SceneObject(id="box_1", category="box", size=(1, 1, 1))
        >>> start = Layout.of({"box_1": (1, 1, 0.5)})
        >>> scene = Scene(Room.rectangle(4, 3, 2.5), (box,), start=start, fixed=("box_1",))
        >>> state = stay_states(scene.place({"box_1": (1.505, 1, 0.5)}))[0]
        >>> state.is_kept, round(state.distance, 6), round(state.score, 6)
        (False, 0.505, 0.5)
    """
    places = _places(placed.scene)
    if not places:
        return ()
    states, rows = [], {object_id: row for row, object_id in enumerate(placed.ids)}
    for object_id, (x, y, z, yaw) in places.items():
        if object_id not in rows:
            continue
        row = rows[object_id]
        here_x, here_y, here_z = placed.centers[row].tolist()
        move = (x - here_x + 0.0, y - here_y + 0.0, z - here_z + 0.0)
        distance, turn = math.hypot(*move), signed_turn(yaw - float(placed.yaws[row]))
        score = _fade(distance, TOLERANCE, SCALE) * _fade(abs(turn), TURN_TOLERANCE, TURN_SCALE)
        states.append(StayState(object_id, distance, turn, score == 1.0, score, move))
    return tuple(states)


@per_scene
def _places(scene: Scene) -> dict[str, tuple[float, float, float, float]]:
    """Return place and yaw of each fixed object."""
    if scene.start is None:
        return {}
    places = {}
    for object_id in scene.fixed:
        pose = scene.start[object_id]
        yaw = scene.default_yaw(object_id) if pose.yaw is None else pose.yaw
        places[object_id] = (pose.x, pose.y, pose.z, yaw)
    return places


def _fade(value: float, tolerance: float, scale: float) -> float:
    """Return 1 up to the tolerance, falling linearly to 0 at the scale."""
    excess = value - tolerance
    return 1.0 if excess <= _ROUNDING else max(0.0, 1.0 - excess / (scale - tolerance))
