"""The strategies make what they say: every kind of room, scene, layout and answer, and nothing that cannot be."""

from __future__ import annotations

from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from spatialenv.core.parse import parse_answer
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.core.violations import find_violations
from spatialenv.testing import strategies

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@few
@given(strategies.rooms())
def test_rooms_fill_their_bounding_box_and_no_more(room: Room) -> None:
    assert 0 < room.area <= room.length * room.width + 1e-9
    assert len(room.wall_lines) == len(room.floor)


def test_rooms_of_every_kind_occur() -> None:
    for wanted in (
        lambda room: room.is_rectangle,
        lambda room: len(room.floor) >= 8,
        lambda room: any(opening.kind == "window" for opening in room.openings),
        lambda room: any(opening.swing == "in" for opening in room.openings),
    ):
        find(strategies.rooms(), wanted, settings=settings(max_examples=2000, database=None))


@few
@given(strategies.placed_scenes())
def test_placed_scenes_are_complete_and_can_be_looked_at(placed: PlacedScene) -> None:
    assert placed.is_complete
    find_violations(placed)


@few
@given(st.data())
def test_layouts_may_leave_objects_out(data: st.DataObject) -> None:
    scene = data.draw(strategies.scenes())
    layout = data.draw(strategies.layouts(scene, is_complete=False))
    assert set(layout.ids) <= set(scene.ids)


@few
@given(st.data())
def test_answers_are_read_without_raising(data: st.DataObject) -> None:
    scene: Scene = data.draw(strategies.scenes())
    parse_answer(data.draw(strategies.answers(scene)), scene)
