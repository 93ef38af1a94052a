"""Datasheets say what is in the files."""

from __future__ import annotations

import json

import pytest

from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.tasks import SPLITS, SUITES, SuiteTasks, load_suite
from spatialenv.tasks.datasheet import datasheet_markdown, describe
from spatialenv.tasks.procedural import VERSION


@pytest.mark.parametrize("name", SUITES)
def test_a_datasheet_is_made_from_the_files(name: str) -> None:
    suite = load_suite(name)
    scenes = {split: list(SuiteTasks(name, split)) for split in SPLITS}
    assert json.loads(json.dumps(describe(suite, scenes))) == suite.datasheet


def test_the_numbers_of_two_scenes_worked_out_by_hand() -> None:
    desk = SceneObject(id="desk_1", category="desk", size=(1, 1, 1), relations=(Relation("desk_1", "on", "wall_0"),))
    vase = SceneObject(
        id="vase_1",
        category="vase",
        size=(0.1, 0.1, 0.2),
        on_floor=False,
        relations=(Relation("vase_1", "on", "desk_1"),),
    )
    door = Opening("door", "wall_1", 0.5, 0.8, 2.0, swing="in")
    first = Scene(Room.rectangle(4, 2, 2.5, openings=(door,)), (desk, vase))
    second = Scene(
        Room(((0, 0), (4, 0), (0, 2)), 2.5),
        (SceneObject(id="desk_1", category="desk", size=(2, 1, 1), facing="wall_1"),),
    )
    sheet = describe(load_suite("easy"), {"train": [first, second]})
    numbers = sheet["splits"]["train"]
    assert numbers["scenes"] == 2
    assert numbers["objects"] == [1, 1.5, 2]
    assert numbers["histogram"] == {"1": 1, "2": 1}
    assert numbers["on_floor"] == [1, 1, 1]
    assert numbers["area"] == [4, 6, 8]
    assert numbers["density"] == [0.125, 0.3125, 0.5]
    assert numbers["relations"] == [0, 1, 2]
    assert numbers["depth"] == [0, 1, 2]
    assert (numbers["doors"], numbers["windows"]) == ([0, 0.5, 1], [0, 0, 0])
    assert sheet["categories"] == {"desk": 2, "vase": 1}
    assert sheet["relations"] == {"on a wall": 1, "on an object": 1}
    assert sheet["facing"] == {"a wall": 1}
    assert sheet["corners"] == {"3": 1, "4": 1}
    assert sheet["openings"] == {"door, swings in": 1}
    assert sheet["generator"] == VERSION


@pytest.mark.parametrize("name", SUITES)
def test_the_page_has_every_section(name: str) -> None:
    page = datasheet_markdown(load_suite(name))
    assert page.startswith(f"# Suite `{name}`\n")
    for title in ("Splits", "Categories", "Intended use", "How it was made", "Source and licence", "Known limits"):
        assert f"\n## {title}\n" in page
    for file in load_suite(name).splits.values():
        assert file.sha256 in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def test_a_datasheet_can_be_changed_by_its_reader_alone() -> None:
    load_suite("easy").datasheet["splits"].clear()
    assert load_suite("easy").datasheet["splits"]


def test_arrangements_are_counted_in_words() -> None:
    relations = (
        Relation("vase_1", "near", "desk_1", is_adjacent=False),
        Relation("vase_1", "face to", "middle of the room"),
        Relation("vase_1", "against wall", "wall_0"),
    )
    desk = SceneObject(id="desk_1", category="desk", size=(1, 1, 1))
    vase = SceneObject(id="vase_1", category="vase", size=(0.2, 0.2, 0.4), relations=relations)
    scenes = [Scene(Room.rectangle(4, 3, 2.5), (desk, vase))]
    sheet = describe(load_suite("easy"), {"test": scenes})
    assert set(sheet["relations"]) == {"near an object", "facing the middle of the room", "backed against a wall"}
