"""Hypothesis strategies: rooms, objects, scenes, layouts and the texts of answers.

Needs the package hypothesis (the extra ``testing``). Examples shrink to small rooms with few objects.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import PREPOSITIONS, Relation, Scene, SceneObject, is_element_name, takes_target
from spatialenv.core.write import write_answer
from spatialenv.errors import require

if TYPE_CHECKING:
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
else:
    st = require("hypothesis", "testing", "spatialenv.testing.strategies").strategies
    DrawFn = Any


def lengths(low: float = 0.1, high: float = 3.0) -> SearchStrategy[float]:
    """Return lengths in whole centimetres, in metres."""
    return st.integers(round(low * 100), round(high * 100)).map(lambda n: n / 100)


def object_ids() -> SearchStrategy[str]:
    """Return ids that an object may have: any text but blanks and names of room elements."""
    return st.text(min_size=1, max_size=12).filter(lambda name: name.strip() != "" and not is_element_name(name))


@st.composite
def rectangles(draw: DrawFn) -> Room:
    """Return rectangular rooms of 1 to 8 m."""
    return Room.rectangle(draw(lengths(1, 8)), draw(lengths(1, 8)), draw(lengths(2, 4)))


@st.composite
def polygon_rooms(draw: DrawFn) -> Room:
    """Return rooms over rectangles with pieces cut from their corners, upright or slanted: L, T, U, and worse."""
    length, width = draw(lengths(3, 8)), draw(lengths(3, 8))
    corners: list[tuple[float, float]] = []
    for index, (x, y) in enumerate(((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))):
        cut = draw(st.sampled_from(("none", "slanted", "upright")))
        inner_x = x + draw(lengths(0.2, 1.2)) * (1 if x == 0 else -1)
        inner_y = y + draw(lengths(0.2, 1.2)) * (1 if y == 0 else -1)
        ends = [(x, inner_y), (inner_x, y)]
        if index % 2:  # walking counter-clockwise, these corners are reached along x
            ends.reverse()
        inner = [(inner_x, inner_y)] if cut == "upright" else []
        corners += [(x, y)] if cut == "none" else [ends[0], *inner, ends[1]]
    return Room.polygon(corners, draw(lengths(2, 4)))


@st.composite
def with_openings(draw: DrawFn, room_strategy: SearchStrategy[Room]) -> Room:
    """Return rooms with up to two doors and windows in walls that are long enough."""
    room = draw(room_strategy)
    openings = []
    for wall in draw(st.lists(st.sampled_from(room.wall_lines), max_size=2, unique_by=lambda wall: wall.name)):
        if wall.length < 0.6:
            continue
        width = draw(lengths(0.5, min(1.2, wall.length - 0.05)))
        offset = draw(st.floats(0, 1)) * (wall.length - width)
        if draw(st.booleans()):
            swing: Literal["in", "out", "none"] = draw(st.sampled_from(("in", "out", "none")))
            openings.append(Opening("door", wall.name, offset, width, 1.9, 0.0, swing))
        else:
            openings.append(Opening("window", wall.name, offset, width, 1.0, 0.8))
    return Room(room.floor, room.height, tuple(openings))


def rooms() -> SearchStrategy[Room]:
    """Return rooms of any shape, some with doors and windows."""
    return with_openings(st.one_of(rectangles(), polygon_rooms()))


def yaws() -> SearchStrategy[float]:
    """Return yaws in radians: quarter turns, whole degrees, and any."""
    quarter = st.integers(-4, 4).map(lambda n: n * math.pi / 2)
    return st.one_of(quarter, st.integers(0, 359).map(math.radians), st.floats(-7, 7))


@st.composite
def scenes(draw: DrawFn, room_strategy: SearchStrategy[Room] | None = None, max_objects: int = 5) -> Scene:
    """Return scenes: a room, objects with and without yaws, rugs among them, and relations among all of these."""
    room = draw(rooms() if room_strategy is None else room_strategy)
    ids = draw(st.lists(object_ids(), max_size=max_objects, unique=True))
    objects = []
    for object_id in ids:
        targets = [name for name in (*ids, *room.elements) if name != object_id]
        pairs = [(preposition, name) for preposition in PREPOSITIONS for name in targets]
        related = st.sampled_from([pair for pair in pairs if takes_target(*pair)])
        relations = [
            Relation(object_id, preposition, target, is_adjacent)
            for (preposition, target), is_adjacent in draw(st.lists(st.tuples(related, st.booleans()), max_size=2))
        ]
        is_rug = draw(st.booleans()) and draw(st.booleans())
        objects.append(
            SceneObject(
                id=object_id,
                category=draw(st.sampled_from(("sofa", "table", "lamp", "rug"))),
                size=(draw(lengths()), draw(lengths()), 0.02 if is_rug else draw(lengths())),
                yaw=draw(st.none() | yaws()),
                on_floor=draw(st.booleans()),
                facing=draw(st.none() | st.sampled_from(targets)),
                relations=tuple(relations),
                is_rug=is_rug,
            )
        )
    return Scene(room, tuple(objects), description=draw(st.text(max_size=30)))


@st.composite
def layouts(draw: DrawFn, scene: Scene, is_complete: bool = True) -> Layout:
    """Return layouts of a scene: anywhere in and a little around the room, some objects turned.

    Args:
        draw: Given by hypothesis.
        scene: The scene.
        is_complete: Whether every object is placed.
    """
    poses = []
    for object_id in scene.ids:
        if not is_complete and draw(st.booleans()):
            continue
        extents = (scene.room.length, scene.room.width, scene.room.height)
        x, y, z = (draw(st.integers(-20, round(extent * 100) + 20)) / 100 for extent in extents)
        poses.append((object_id, Pose(x, y, z, draw(st.none() | yaws()))))
    return Layout(tuple(poses))


@st.composite
def placed_scenes(
    draw: DrawFn, scene_strategy: SearchStrategy[Scene] | None = None, is_complete: bool = True
) -> PlacedScene:
    """Return scenes with layouts of them."""
    scene = draw(scenes() if scene_strategy is None else scene_strategy)
    return scene.place(draw(layouts(scene, is_complete)))


@st.composite
def answers(draw: DrawFn, scene: Scene) -> str:
    """Return texts that a model may write: sound answers, damaged ones, and anything at all."""
    text = write_answer(draw(layouts(scene, is_complete=False)), draw(st.text(max_size=10)))
    kind = draw(st.sampled_from(("whole", "cut", "spoilt", "any")))
    if kind == "cut":
        return text[: draw(st.integers(0, len(text)))]
    if kind == "spoilt":
        at = draw(st.integers(0, len(text)))
        return text[:at] + draw(st.text(max_size=5)) + text[at:]
    return draw(st.text(max_size=80)) if kind == "any" else text
