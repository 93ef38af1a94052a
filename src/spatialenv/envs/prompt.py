"""The words of an episode: the prompt, which never changes within it, and the feedback after a turn."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from spatialenv.core.answer import Issue
from spatialenv.core.arrangement import FAR, NEAR
from spatialenv.core.edits import edits_between
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room, Wall
from spatialenv.core.scene import Relation, Scene, SceneObject, spoken_preposition, takes_target
from spatialenv.core.violations import Violation
from spatialenv.core.write import write_records
from spatialenv.renderers.camera import CheckedCamera, FreeCamera, OrbitCamera

FeedbackMode = Literal["targets", "moves", "names", "none"]
FEEDBACK_MODES: tuple[str, ...] = get_args(FeedbackMode)
"""What feedback says of a layout: ``none`` nothing; ``names`` each violation; ``moves`` each violation with its signed
mending move; ``targets`` where all objects would stand after these moves, in the form of an answer."""

YawMode = Literal["fixed", "free"]

ActionMode = Literal["layout", "edits"]
ACTION_MODES: tuple[str, ...] = get_args(ActionMode)
"""What an answer is: the whole ``layout``, or ``edits`` of the layout as it stands."""

AGAIN: Mapping[ActionMode, str] = {
    "layout": "Answer again with all objects.",
    "edits": "Answer again with further edits.",
}
"""What feedback ends with while the episode goes on."""

MENDING = "Edits that mend it: "
"""What a line of feedback begins with that tells edits, as JSON."""

_RULES = {
    "near": f", at most {NEAR:g} m from it",
    "far": f", at least {FAR:g} m from it",
    "face to": ", its front towards it",
    "aligned": ", its sides parallel to it, on a line through its middle",
    "against wall": ", its back touching it",
    "around": f", at most {NEAR:g} m from it, spread evenly with all that are around it",
    "centred": ", in line with its middle",
    "symmetric": ", mirroring another of its kind or in line with its middle",
}
"""What the prompt says of arrangements, with their figures."""

_VIEW_WORDS = {
    "front": " (from the south, looking north)",
    "walk": " (from inside, at eye level)",
}
"""What the prompt adds to names of cameras that say too little."""


def make_prompt(
    scene: Scene,
    yaw: YawMode = "fixed",
    views: Sequence[CheckedCamera] = ("corner", "top"),
    actions: ActionMode = "layout",
) -> str:
    """Return the prompt of a scene: wish, room, objects, relations, start, conventions, form of the answer.

    Args:
        scene: The scene; its witness is not used.
        yaw: ``"free"`` asks for a yaw with every object.
        views: Cameras of the picture, from left to right.
        actions: ``"edits"`` asks for operations instead of the whole layout.
    """
    lines = _edit_lines(yaw) if actions == "edits" else [_layout_line(yaw)]
    return "\n".join([describe_scene(scene, yaw, views), *lines])


def describe_scene(scene: Scene, yaw: YawMode = "fixed", views: Sequence[CheckedCamera] = ("corner", "top")) -> str:
    """Return the prompt of a scene without the form of the answer, for those who ask for another one.

    Args:
        scene: The scene; its witness is not used.
        yaw: As in `make_prompt`.
        views: Cameras of the picture, from left to right; with none, no picture is spoken of.
    """
    room = scene.room
    lines = [f"{_task(scene)} this room: {scene.description.strip() or 'place every object.'}"]
    corner = "the south-west corner of the floor" + ("" if room.is_rectangle else "'s bounding box")
    lines.append(
        f"Room: length {_number(room.length)}, width {_number(room.width)}, height {_number(room.height)}. "
        "Metres; x grows east along the length, y grows north along the width, z grows up; "
        f"{corner} is the origin."
    )
    lines += _floor_lines(room) + _opening_lines(room)
    lines.append(
        "Objects; size is length along x, width along y and height along z when yaw is 0; "
        "yaw in degrees, counter-clockwise, 0 looks north:"
    )
    lines += [_object_line(scene, item, yaw) for item in scene.objects]
    if scene.relations:
        lines.append("Relations:")
        lines += [relation_text(relation) for relation in scene.relations]
    lines += _start_lines(scene, yaw)
    if views:
        shown = " and ".join(_view_words(view) for view in views)
        lines.append(f"The picture shows the room from: {shown}.")
    return "\n".join(lines)


def _view_words(view: CheckedCamera) -> str:
    """Return a camera's name and, where that says too little, from where it shows the room."""
    if view == "orbit":
        view = OrbitCamera()
    if isinstance(view, OrbitCamera):
        return f"{view.name} (looking {view.azimuth:g} degrees clockwise from north, {view.elevation:g} degrees down)"
    if isinstance(view, FreeCamera):
        eye, target = (", ".join(f"{value:g}" for value in point) for point in (view.eye, view.target))
        return f"{view.name} (from x, y, z {eye} towards {target})"
    return view + _VIEW_WORDS.get(view, "")


def make_feedback(
    placed: PlacedScene,
    violations: Sequence[Violation],
    issues: Sequence[Issue],
    *,
    mode: FeedbackMode,
    is_used: bool,
    is_clean: bool,
    is_over: bool = False,
    actions: ActionMode = "layout",
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
        actions: What the next answer is to be.
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
        lines.append(_target_line(placed, violations, actions))
    elif is_used and mode != "none":
        lines += [_violation_line(violation, mode) for violation in violations]
    if not (is_over or (is_used and is_clean)):
        lines.append(AGAIN[actions])
    return "\n".join(lines)


def targets(placed: PlacedScene, violations: Sequence[Violation]) -> Layout:
    """Return where the placed objects stand once each has made the first move and turn that a violation tells it."""
    moves: dict[str, tuple[float, float, float]] = {}
    turns: dict[str, float] = {}
    for violation in violations:
        if violation.move is not None:
            moves.setdefault(violation.objects[0], violation.move)
        if violation.turn is not None:
            turns.setdefault(violation.objects[0], violation.turn)
    poses: dict[str, Pose] = {}
    for object_id, (x, y, z), yaw in zip(placed.ids, placed.centers.tolist(), placed.yaws.tolist(), strict=True):
        dx, dy, dz = moves.get(object_id, (0.0, 0.0, 0.0))
        turned = (yaw + turns[object_id]) % math.tau if object_id in turns else placed.layout[object_id].yaw
        poses[object_id] = Pose(x + dx, y + dy, z + dz, turned)
    return Layout.from_mapping(poses)


def relation_text(relation: Relation) -> str:
    """Return a relation in words.

    Example:
        >>> relation_text(Relation("desk_1", "on", "north_wall"))
        'desk_1 is on north_wall, touching it'
    """
    touching = ", touching it" if relation.is_adjacent else ""
    rule = _RULES.get(relation.preposition, touching)
    if relation.preposition == "aligned" and takes_target("against wall", relation.target):
        rule = ", its sides parallel to it"
    return f"{relation.subject} is {spoken_preposition(relation.preposition)} {relation.target}{rule}"


def _task(scene: Scene) -> str:
    if not scene.start:
        return "Furnish"
    return "Change" if len(scene.start) == len(scene.objects) else "Complete"


def _floor_lines(room: Room) -> list[str]:
    """Return the floor's corners and walls where it is no rectangle."""
    if room.is_rectangle:
        return []
    corners = ", ".join(map(_point, room.floor))
    return [
        f"Corners of the floor (x, y), counter-clockwise: {corners}.",
        f"Walls: {'; '.join(map(_wall_text, room.wall_lines))}.",
    ]


def _wall_text(wall: Wall) -> str:
    text = f"{wall.name} from {_point(wall.start)} to {_point(wall.end)}"
    if 0.0 in wall.inward:
        return text
    return f"{text} (slanted: an object whose back is to it has yaw {_number(math.degrees(wall.backing_yaw))})"


def _opening_lines(room: Room) -> list[str]:
    if not room.openings:
        return []
    rule = (
        "Doors and windows; offset is from the wall's first corner, given in brackets. Keep free inside: a square as "
        "wide as a door that opens in, 0.6 m at any other door, 0.3 m at a window between its sill and its top:"
    )
    return [rule, *(_opening_text(room, index, opening) for index, opening in enumerate(room.openings))]


def _opening_text(room: Room, index: int, opening: Opening) -> str:
    figures = ", ".join(f"{name} {_number(getattr(opening, name))}" for name in ("offset", "width", "height", "sill"))
    swing = {"in": "opens in", "out": "opens out", "none": "does not swing"}[opening.swing]
    start = _point(room.wall(opening.wall).start)
    return f"{opening.kind}_{index} in {opening.wall} {start}: {figures}" + (
        f", {swing}" if opening.kind == "door" else ""
    )


def _start_lines(scene: Scene, yaw: YawMode) -> list[str]:
    """Return where objects stand at the start, and which must stay there."""
    if not scene.start:
        return []
    layout = scene.start
    if yaw == "free":
        placed = scene.place(layout)
        yaws = dict(zip(placed.ids, placed.yaws.tolist(), strict=True))
        layout = Layout(tuple((i, Pose(pose.x, pose.y, pose.z, yaws[i] % math.tau)) for i, pose in layout.poses))
    lines = [f"At the start there stand: {write_records(layout)}"]
    if scene.fixed:
        lines.append(f"These must stay where they are: {', '.join(scene.fixed)}.")
    return lines


def _layout_line(yaw: YawMode) -> str:
    example = '{"new_object_id": "...", "x": ..., "y": ..., "z": ...' + (', "yaw": ...}' if yaw == "free" else "}")
    return (
        "Give the centre of every object so that nothing overlaps, floats or leaves the room. "
        f"Write <think>your reasoning</think><answer>[{example}, ...]</answer>"
    )


def _edit_lines(yaw: YawMode) -> list[str]:
    turn = ', "yaw": ...}' if yaw == "free" else "}"
    lines = [
        "Change the layout as it stands by operations, made in order, until every object has its place and nothing "
        "overlaps, floats or leaves the room. [] changes nothing. The operations:",
        '{"op": "place", "id": "...", "x": ..., "y": ..., "z": ...' + turn + " puts the object's centre there",
        '{"op": "move", "id": "...", "dx": ..., "dy": ..., "dz": ...} moves it by metres',
        '{"op": "rotate", "id": "...", "yaw": ...} turns it to degrees; "dyaw" turns it by degrees',
        '{"op": "swap", "id": "...", "with": "..."} exchanges x and y of two objects',
        '{"op": "submit"} says that you are done',
        'Write <think>your reasoning</think><answer>[{"op": ...}, ...]</answer>',
    ]
    return [line for line in lines if yaw == "free" or '"rotate"' not in line]


def _target_line(placed: PlacedScene, violations: Sequence[Violation], actions: ActionMode) -> str:
    wanted = targets(placed, violations)
    if actions == "layout":
        return f"Move to: {write_records(wanted)}"
    operations = [
        {name: round(value, 4) + 0.0 if isinstance(value, float) else value for name, value in operation.items()}
        for operation in edits_between(placed.layout, wanted)
    ]
    return f"{MENDING}{json.dumps(operations, ensure_ascii=False)}"


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
    if mode == "moves" and violation.turn is not None:
        # A box turned against a wall leaves the room by the rounding.
        digits = 4 if violation.kind == "relation" else 1
        line += f"; turn {violation.objects[0]} by {round(math.degrees(violation.turn), digits) + 0.0:+} degrees"
    return line + "."


def _point(point: Sequence[float]) -> str:
    return f"({', '.join(map(_number, point))})"


def _number(value: float) -> str:
    return json.dumps(round(float(value), 4) + 0.0)


def _signed(value: float) -> str:
    return f"{round(value, 4) + 0.0:+}"


def _joined(messages: Sequence[str], most: int = 5) -> str:
    shown = [message.rstrip(".") for message in messages[:most]]
    more = len(messages) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
