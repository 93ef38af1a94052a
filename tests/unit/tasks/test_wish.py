"""The wish in words."""

from __future__ import annotations

import random

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, SceneObject
from spatialenv.tasks import make_tasks
from spatialenv.tasks.wish import place_words, spoken_names, write_wish

ROOM = Room.rectangle(4.5, 3, 2.5)


def thing(name: str, *relations: Relation) -> SceneObject:
    return SceneObject(id=name, category=name.rpartition("_")[0], size=(1, 1, 1), relations=relations)


def test_every_object_and_relation_is_told() -> None:
    sofa = thing("sofa_1", Relation("sofa_1", "on", "north_wall"))
    table = thing("side_table_1", Relation("side_table_1", "left of", "sofa_1"))
    chair = thing("chair_1", Relation("chair_1", "in front", "sofa_1", False))
    wish = write_wish(random.Random(0), ROOM, "living_room", "industrial", [sofa, table, chair], has_size=True)
    assert "an industrial" in wish
    assert "living room" in wish
    assert "4.5 by 3 m" in wish
    assert "a sofa, a side table and a chair" in wish
    assert "against the north wall." in wish
    assert "to the left of the sofa." in wish
    assert "somewhere in front of the sofa." in wish


def test_several_of_a_kind_are_counted_and_numbered() -> None:
    objects = [thing("stool_1"), thing("stool_2"), thing("bed_1")]
    assert "two stools and a bed" in write_wish(random.Random(0), ROOM, "bedroom", "coastal", objects)
    assert spoken_names(objects) == {"stool_1": "stool 1", "stool_2": "stool 2", "bed_1": "bed"}


def test_wording_varies_with_the_seed() -> None:
    wishes = {make_tasks("medium").sample(seed).description.split(" ")[0] for seed in range(60)}
    assert len(wishes) >= 4


@pytest.mark.parametrize("seed", range(20))
def test_wishes_are_whole_sentences(seed: int) -> None:
    wish = make_tasks("hard").sample(seed).description
    assert wish.endswith(".")
    assert "{" not in wish
    assert "_" not in wish
    assert "  " not in wish


@pytest.mark.parametrize(
    ("preposition", "target", "words"),
    [
        ("near", "bed_1", "near the bed"),
        ("near", "south_wall", "near the south wall"),
        ("far", "wall_3", "well away from wall 3"),
        ("face to", "bed_1", "so that it faces the bed"),
        ("aligned", "north_wall", "parallel to the north wall"),
        ("against wall", "north_wall", "with its back against the north wall"),
        ("around", "middle of the room", "around the middle of the room"),
        ("centred", "wall_0", "at the middle of wall 0"),
        ("symmetric", "bed_1", "symmetrically about the bed"),
    ],
)
def test_arrangements_in_words(preposition: str, target: str, words: str) -> None:
    for is_adjacent in (True, False):
        assert place_words(Relation("lamp_1", preposition, target, is_adjacent), {"bed_1": "bed"}) == words
