"""Which split a room belongs to, and whether two scenes ask for the same."""

from __future__ import annotations

import hashlib
import math
from dataclasses import astuple

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene

SPLITS = ("train", "validation", "test")
"""Parts of a task source; no room with the same sizes in it is in two of them."""


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
        >>> from spatialenv.tasks.procedural import ProceduralConfig, ProceduralTasks
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


def turn_of(yaw: float) -> float:
    """Return a yaw in radians as quarter turns in ``[0, 4)``."""
    turns = round(yaw / (math.pi / 2), 6) % 4
    return turns + 0.0
