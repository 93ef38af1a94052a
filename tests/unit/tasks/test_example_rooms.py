from __future__ import annotations

import math

import pytest

from spatialenv.core.openings import blocked_volumes
from spatialenv.core.score import Transition
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.errors import InputError
from spatialenv.rewards import make_reward
from spatialenv.tasks import example_rooms, make_tasks
from spatialenv.tasks.example_rooms import NAMES

ROOMS = example_rooms()


@pytest.mark.parametrize("name", NAMES)
def test_every_witness_is_clean_and_scores_one(name: str) -> None:
    scene = ROOMS[name]
    assert scene.witness is not None
    placed = scene.place(scene.witness)
    assert find_violations(placed) == ()
    assert layout_status(placed, is_complete=True).clean
    assert make_reward("physics")(Transition.of(placed)).value == 1.0
    assert blocked_volumes(placed).max() == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_every_room_has_what_a_picture_needs(name: str) -> None:
    scene = ROOMS[name]
    assert scene.id == name
    assert 10 <= len(scene.objects) <= 24
    assert scene.description.endswith(".")
    assert any(opening.kind == "door" for opening in scene.room.openings)
    assert all(item.material and item.style for item in scene.objects)
    assert scene.relations
    # A policy that may not turn objects must still be able to build the witness.
    assert scene.witness is not None
    for item in scene.objects:
        assert scene.witness[item.id].yaw == pytest.approx(scene.default_yaw(item.id))


def test_the_rooms_are_various() -> None:
    assert tuple(ROOMS) == NAMES
    assert len(ROOMS) == 12
    assert sum(not scene.room.is_rectangle for scene in ROOMS.values()) >= 2
    assert len({item.category for scene in ROOMS.values() for item in scene.objects}) >= 50
    assert len({item.material for scene in ROOMS.values() for item in scene.objects}) >= 30
    assert sum(any(item.is_rug for item in scene.objects) for scene in ROOMS.values()) >= 8
    turns = [scene.witness[i].yaw for scene in ROOMS.values() if scene.witness for i in scene.ids]
    assert sum(turn is not None and abs(math.sin(2 * turn)) > 0.1 for turn in turns) >= 5


def test_they_are_tasks() -> None:
    source = make_tasks("rooms")
    assert source.name == "rooms"
    assert [source.sample(seed).id for seed in range(14)] == [*NAMES, *NAMES[:2]]
    with pytest.raises(InputError, match="rooms"):
        make_tasks("rooms/test")


def test_a_change_of_the_mapping_stays_with_its_owner() -> None:
    changed = example_rooms()
    changed.clear()
    assert len(example_rooms()) == 12
