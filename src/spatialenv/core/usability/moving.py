"""Where an object may be moved to along the floor: the candidates for moves that mend how a room is used."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from spatialenv.core.facing import facing_states
from spatialenv.core.layout import Layout
from spatialenv.core.openings import blocked_volumes
from spatialenv.core.placed import FloatArray, PlacedScene, scene_arrays
from spatialenv.core.relations import relations_met
from spatialenv.core.support import lies_flat, support_scores

STEP = 0.1
"""Metres between the places that are tried."""

MOST_STEPS = 80
"""Most places along a side of the room: in greater rooms the steps are larger."""

_ROUNDING = 1e-9


def sound_moves(placed: PlacedScene, row: int) -> FloatArray:
    """Return the moves along the floor that leave an object wholly in the room and free of others, the shortest first.

    The object keeps its height and yaw, and is not moved where the scene fixes it.

    Args:
        placed: The scene with the layout.
        row: Row of the object in ``placed.ids``.

    Returns:
        ``(dx, dy)`` in metres, whole steps of `STEP`, shape ``(k, 2)``.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> scene = Scene(Room.rectangle(1.2, 1, 2.5), (SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
        >>> sound_moves(scene.place({"cube_1": (0.5, 0.5, 0.5)}), 0)
        array([[0.1, 0. ],
               [0.2, 0. ]])
    """
    from spatialenv.core.usability import moving_kernels

    if placed.ids[row] in placed.scene.fixed:
        return np.zeros((0, 2))
    known = scene_arrays(placed.scene)
    (length, width, _), (x, y) = known.room.tolist(), placed.centers[row, :2].tolist()
    step = STEP * math.ceil(max(length, width) / (STEP * MOST_STEPS) - _ROUNDING)
    along_x, along_y = (
        np.arange(math.ceil((0.0 - at) / step), math.floor((extent - at) / step) + 1)
        if 0.0 <= at <= extent
        else np.zeros(0)
        for at, extent in ((x, length), (y, width))
    )
    steps = np.stack(np.meshgrid(along_x, along_y, indexing="ij"), axis=-1).reshape(-1, 2)
    steps = steps[np.any(steps != 0, axis=1)]
    # By length, then by direction, so that the order is the same on every machine.
    steps = steps[np.lexsort((steps[:, 1], steps[:, 0], (steps**2).sum(axis=1)))]
    flat = lies_flat(placed)
    moves = np.round(steps * step, 4)
    is_sound = moving_kernels.sound_places(
        placed.centers,
        placed.sizes,
        placed.yaws,
        ~flat & ~flat[row],
        known.room,
        np.zeros((0, 2)) if known.floor is None else known.floor,
        row,
        placed.centers[row, :2] + moves,
    )
    found: FloatArray = moves[is_sound]
    return found


def to_try(moves: FloatArray, count: int) -> FloatArray:
    """Return the first so many of some moves, and of those along x and those along y, in their order.

    Moves along an axis are among the few that keep an object at its wall.
    """
    wanted = np.zeros(len(moves), dtype=np.bool_)
    wanted[:count] = True
    for axis in (0, 1):
        wanted[np.flatnonzero(moves[:, axis] == 0.0)[:count]] = True
    return moves[wanted]


def after_move(placed: PlacedScene, row: int, move: FloatArray) -> PlacedScene:
    """Return the scene with the object of that row moved by ``(dx, dy)`` metres."""
    dx, dy = move.tolist()
    name = placed.ids[row]
    poses = [
        (object_id, replace(pose, x=pose.x + dx, y=pose.y + dy) if object_id == name else pose)
        for object_id, pose in placed.layout.poses
    ]
    return placed.scene.place(Layout(tuple(poses)))


def upsets(before: PlacedScene, after: PlacedScene, row: int) -> tuple[bool, bool]:
    """Return whether a move took the support of the object of that row, and whether it spoilt anything.

    Spoilt is what was supported better before, every relation and facing that was met, and a door or window of which
    something now takes more.
    """
    from spatialenv.core.kernels import VOLUME_TOLERANCE

    fell = support_scores(after) < support_scores(before) - _ROUNDING
    spoils = bool(fell.any() or (relations_met(before) & ~relations_met(after)).any())
    spoils = spoils or bool((blocked_volumes(after) > blocked_volumes(before) + VOLUME_TOLERANCE).any())
    if not spoils:
        unmet = {state.object_id for state in facing_states(before) if not state.is_met}
        spoils = any(not state.is_met and state.object_id not in unmet for state in facing_states(after))
    return bool(fell[row]), spoils
