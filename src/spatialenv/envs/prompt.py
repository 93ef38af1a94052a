"""The words of an episode: the prompt, which never changes within it, and the feedback after a turn."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Literal, get_args

from spatialenv.core.answer import Issue
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.violations import Violation
from spatialenv.core.write import write_records

FeedbackMode = Literal["targets", "moves", "names", "none"]
FEEDBACK_MODES: tuple[str, ...] = get_args(FeedbackMode)
"""What feedback says of a layout: ``none`` nothing; ``names`` each violation; ``moves`` each violation with its signed
mending move; ``targets`` where all objects would stand after these moves, in the form of an answer."""

YawMode = Literal["fixed", "free"]


def make_prompt(scene: Scene, yaw: YawMode = "fixed", views: Sequence[str] = ("corner", "top")) -> str:
    """Return the prompt of a scene: wish, room, objects, relations, conventions, form of the answer.

    Args:
        scene: The scene; its witness is not used.
        yaw: ``"free"`` asks for a yaw with every object.
        views: Names of the views that the picture shows.
    """
    room = scene.room
    lines = [f"Furnish this room: {scene.description.strip() or 'place every object.'}"]
    lines.append(
        f"Room: length {_number(room.length)}, width {_number(room.width)}, height {_number(room.height)}. "
        "Metres; x grows east along the length, y grows north along the width, z grows up; "
        "the south-west corner of the floor is the origin."
    )
    lines.append(
        "Objects; size is length along x, width along y and height along z when yaw is 0; "
        "yaw in degrees, counter-clockwise, 0 looks north:"
    )
    lines += [_object_line(scene, item, yaw) for item in scene.objects]
    if scene.relations:
        lines.append("Relations:")
        lines += [relation_text(relation) for relation in scene.relations]
    shown = " and ".join(views)
    lines.append(f"The picture shows the room from: {shown}.")
    example = '{"new_object_id": "...", "x": ..., "y": ..., "z": ...' + (', "yaw": ...}' if yaw == "free" else "}")
    lines.append(
        "Give the centre of every object so that nothing overlaps, floats or leaves the room. "
        f"Write <think>your reasoning</think><answer>[{example}, ...]</answer>"
    )
    return "\n".join(lines)


def make_feedback(
    placed: PlacedScene,
    violations: Sequence[Violation],
    issues: Sequence[Issue],
    *,
    mode: FeedbackMode,
    is_used: bool,
    is_clean: bool,
    is_over: bool = False,
) -> str:
    """Return what the policy is told after a turn.

    Args:
        placed: The scene as it stands.
        violations: What is wrong with it.
        issues: What was wrong with the answer's text; repairs are left out.
        mode: How much is told (`FEEDBACK_MODES`).
        is_used: Whether the answer could be used.
        is_clean: Whether nothing is wrong.
        is_over: Whether no further answer is read.
    """
    lines: list[str] = []
    faults = [issue.message for issue in issues if not issue.is_repair]
    if not is_used:
        lines.append(f"The answer could not be used: {_joined(faults) or 'no object was placed'}.")
    elif faults:
        lines.append(f"The answer has faults: {_joined(faults)}.")
    if is_used and is_clean:
        lines.append("Everything is in place.")
    elif is_used and mode == "targets":
        lines.append(f"Move to: {write_records(targets(placed, violations))}")
    elif is_used and mode != "none":
        lines += [_violation_line(violation, mode) for violation in violations]
    if not (is_over or (is_used and is_clean)):
        lines.append("Answer again with all objects.")
    return "\n".join(lines)


def targets(placed: PlacedScene, violations: Sequence[Violation]) -> Layout:
    """Return where the placed objects stand once each has made the first move that a violation tells it."""
    moves: dict[str, tuple[float, float, float]] = {}
    for violation in violations:
        if violation.move is not None:
            moves.setdefault(violation.objects[0], violation.move)
    poses: dict[str, Pose] = {}
    for object_id, (x, y, z) in zip(placed.ids, placed.centers.tolist(), strict=True):
        dx, dy, dz = moves.get(object_id, (0.0, 0.0, 0.0))
        poses[object_id] = Pose(x + dx, y + dy, z + dz, placed.layout[object_id].yaw)
    return Layout.from_mapping(poses)


def relation_text(relation: Relation) -> str:
    """Return a relation in words.

    Example:
        >>> relation_text(Relation("desk_1", "on", "north_wall"))
        'desk_1 is on north_wall, touching it'
    """
    words = {"in front": "in front of", "in the corner": "in the corner of"}
    touching = ", touching it" if relation.is_adjacent else ""
    return f"{relation.subject} is {words.get(relation.preposition, relation.preposition)} {relation.target}{touching}"


def _object_line(scene: Scene, item: SceneObject, yaw: YawMode) -> str:
    size = ", ".join(_number(value) for value in item.size)
    line = f'{{"new_object_id": {json.dumps(item.id)}, "size": [{size}]'
    if yaw == "fixed":
        degrees = math.degrees(scene.default_yaw(item.id)) % 360
        line += f', "yaw": {_number(degrees)}'
    elif item.yaw is not None:
        line += f', "yaw": {_number(math.degrees(item.yaw) % 360)}'
    elif item.facing is not None:
        line += f', "facing": {json.dumps(item.facing)}'
    return line + "}"


def _violation_line(violation: Violation, mode: FeedbackMode) -> str:
    line = violation.text
    if mode == "moves" and violation.move is not None:
        dx, dy, dz = violation.move
        line += f"; move {violation.objects[0]} by dx {_signed(dx)}, dy {_signed(dy)}, dz {_signed(dz)}"
    return line + "."


def _number(value: float) -> str:
    return json.dumps(round(float(value), 4) + 0.0)


def _signed(value: float) -> str:
    return f"{round(value, 4) + 0.0:+}"


def _joined(messages: Sequence[str], most: int = 5) -> str:
    shown = [message.rstrip(".") for message in messages[:most]]
    more = len(messages) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
