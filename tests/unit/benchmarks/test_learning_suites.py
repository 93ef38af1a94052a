"""The study's suites: rooms that no training meets, with the property that each is named for, and a proof for each."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("trl")

from benchmarks.learning.arms import find_arm
from benchmarks.learning.study import STUDY, arm_settings, load_study

from spatialenv.core.furniture_sizes import typical_sizes
from spatialenv.core.scene import Scene
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.tasks import ProceduralTasks, load_suite, make_tasks, scene_key, split_of
from spatialenv.trainers.stages import first_seed

SUITES = load_study(STUDY).suites
EASY = load_suite("easy").config
CHANGED = {
    "larger-rooms": {"room_length", "room_width"},
    "more-objects": {"count"},
    "unseen-categories": {"categories"},
    "polygon-rooms": {"shapes"},
}
"""What each suite that is drawn for the study changes of easy."""

TRAINED = 300
"""Scenes that are compared of each stage and seed of the study."""

ENDLESS = 5000


@functools.cache
def rooms(name: str) -> tuple[Scene, ...]:
    source = load_study(STUDY).tasks(name)
    return tuple(source.sample(seed) for seed in range(SUITES[name].n))


@functools.cache
def training_keys() -> frozenset[str]:
    """Return the keys of the frozen rooms of easy and of the first that each seed of the study is trained on."""
    study = load_study(STUDY)
    keys = {scene_key(scene) for split in ("train", "validation") for scene in make_tasks(f"easy/{split}")}
    for seed in study.seeds:
        settings = arm_settings(study, find_arm("warm_start"), seed)
        source = make_tasks(settings.tasks)
        for stage in ("warm_start", "rl"):
            first = first_seed(settings, stage)
            keys |= {scene_key(source.sample(first + index)) for index in range(TRAINED)}
    return frozenset(keys)


def test_the_suites_are_these() -> None:
    assert set(SUITES) == {"easy/test", *CHANGED}
    assert {name: suite.n for name, suite in SUITES.items() if suite.n != 128} == {"easy/test": 256}


@pytest.mark.parametrize("name", SUITES)
def test_no_room_of_a_suite_is_trained_on(name: str) -> None:
    keys = {scene_key(scene) for scene in rooms(name)}
    assert len(keys) == SUITES[name].n, "nothing twice"
    assert not keys & training_keys()


@pytest.mark.parametrize("name", SUITES)
def test_rooms_and_sizes_are_of_the_split_that_no_training_seed_reaches(name: str) -> None:
    settings = load_study(STUDY).settings
    assert settings["tasks"] == "easy/endless"
    assert {split_of(scene.room, [item.size for item in scene.objects]) for scene in rooms(name)} == {"test"}
    trained = make_tasks(settings["tasks"])
    assert isinstance(trained, ProceduralTasks)
    assert trained.split == "train"


@pytest.mark.parametrize("name", SUITES)
def test_witnesses_are_clean(name: str) -> None:
    for scene in rooms(name):
        assert scene.witness is not None
        placed = scene.place(scene.witness)
        assert layout_status(placed, is_complete=True).clean
        assert not find_violations(placed)


@pytest.mark.parametrize(("name", "changed"), CHANGED.items())
def test_one_thing_is_changed_of_easy(name: str, changed: set[str]) -> None:
    source = load_study(STUDY).tasks(name)
    assert isinstance(source, ProceduralTasks)
    assert source.split == "test"
    options, easy = source.config.to_dict(), EASY.to_dict()
    assert {key for key in options if options[key] != easy[key]} == changed
    for scene in rooms(name):
        covered = sum(item.size[0] * item.size[1] for item in scene.objects) / scene.room.area
        assert EASY.density[0] - 1e-9 <= covered <= EASY.density[1] + 1e-9
        assert not scene.room.openings
        assert not scene.relations
        assert scene.start is None


def test_larger_rooms_are_longer_and_wider_than_any_of_easy() -> None:
    longest = max(EASY.room_length[1], EASY.room_width[1])
    assert longest == 6
    assert all(6.5 <= side <= 8.5 for scene in rooms("larger-rooms") for side in (scene.room.length, scene.room.width))


def test_more_objects_are_more_than_any_room_of_easy_has() -> None:
    assert EASY.count == (2, 4)
    assert {len(scene.objects) for scene in rooms("more-objects")} == {5, 6}


def test_polygon_rooms_are_no_rectangles() -> None:
    assert EASY.shapes == ("rectangle",)
    assert not any(scene.room.is_rectangle for scene in rooms("polygon-rooms"))
    assert {len(scene.room.floor) for scene in rooms("polygon-rooms")} >= {4, 6, 8}
    assert any(wall.inward[0] and wall.inward[1] for scene in rooms("polygon-rooms") for wall in scene.room.wall_lines)


@pytest.mark.slow
def test_unseen_categories_occur_in_no_training_room_and_have_known_sizes() -> None:
    seen = {
        item.category
        for split in ("train", "validation")
        for scene in make_tasks(f"easy/{split}")
        for item in scene.objects
    }
    endless = make_tasks("easy/endless")
    seen |= {item.category for seed in range(ENDLESS) for item in endless.sample(seed).objects}
    named = set(SUITES["unseen-categories"].tasks["categories"])
    assert not named & seen
    assert {item.category for scene in rooms("unseen-categories") for item in scene.objects} == named
    for scene in rooms("unseen-categories"):
        assert all(item.size in typical_sizes(item.category) for item in scene.objects)
