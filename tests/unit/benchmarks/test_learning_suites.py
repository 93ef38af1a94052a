"""The study's suites: rooms that no training meets, with the property that each is named for, and a proof for each."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("trl")

from benchmarks.learning.study import STUDY, load_study

from spatialenv.core.furniture_sizes import typical_sizes
from spatialenv.core.scene import Scene
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.tasks import ProceduralConfig, ProceduralTasks, make_tasks, scene_key, split_of
from spatialenv.tasks.source import PRESETS

SUITES = load_study(STUDY).suites
DEMO = ProceduralConfig.from_dict(PRESETS["demo"])
CHANGED = {
    "larger-rooms": {"room_length"},
    "more-objects": {"count"},
    "unseen-categories": {"categories"},
    "polygon-rooms": {"shapes"},
}
"""What each suite that is drawn for the study changes of demo."""

ON_GRID = ("demo/test", *CHANGED)
TRAINED = {"demo/train": 3000, "easy/endless": 3000}
"""Scenes that are compared of each source that arms are trained on."""

FEW = 200
"""As many of each where little time is spent."""


@functools.cache
def rooms(name: str) -> tuple[Scene, ...]:
    source = load_study(STUDY).tasks(name)
    return tuple(source.sample(seed) for seed in range(SUITES[name].n))


@functools.cache
def trained(name: str, number: int) -> tuple[Scene, ...]:
    source = make_tasks(name)
    return tuple(source.sample(seed) for seed in range(number))


def keys_of(scenes: tuple[Scene, ...]) -> set[str]:
    return {scene_key(scene) for scene in scenes}


def test_the_suites_are_these() -> None:
    assert list(SUITES) == ["demo/test", "easy/test", *CHANGED]
    assert {name: suite.n for name, suite in SUITES.items() if suite.n != 128} == {"demo/test": 256, "easy/test": 256}


@pytest.mark.parametrize("name", SUITES)
def test_hardly_a_room_of_a_suite_is_there_twice(name: str) -> None:
    assert len(keys_of(rooms(name))) > 0.95 * SUITES[name].n


@pytest.mark.parametrize("number", [FEW, pytest.param(0, marks=pytest.mark.slow)])
def test_no_room_of_a_suite_is_trained_on(number: int) -> None:
    for source, many in TRAINED.items():
        seen = keys_of(trained(source, number or many))
        assert len(seen) > 0.8 * (number or many)
        for name in SUITES:
            assert not keys_of(rooms(name)) & seen, (source, name)


@pytest.mark.parametrize("name", SUITES)
def test_rooms_and_sizes_are_of_the_split_that_no_training_seed_reaches(name: str) -> None:
    assert {split_of(scene.room, [item.size for item in scene.objects]) for scene in rooms(name)} == {"test"}
    for source in TRAINED:
        tasks = make_tasks(source)
        assert isinstance(tasks, ProceduralTasks)
        assert tasks.split == "train"


@pytest.mark.parametrize("name", SUITES)
def test_witnesses_are_clean(name: str) -> None:
    for scene in rooms(name):
        assert scene.witness is not None
        placed = scene.place(scene.witness)
        assert layout_status(placed, is_complete=True).clean
        assert not find_violations(placed)


@pytest.mark.parametrize("name", ON_GRID)
def test_witnesses_lie_on_the_quarter_grid(name: str) -> None:
    for scene in rooms(name):
        assert scene.witness is not None
        centres = [value for _, pose in scene.witness.items() for value in (pose.x, pose.y)]
        assert centres == [round(4 * value) / 4 for value in centres]
        assert all(4 * value == round(4 * value) for value in (scene.room.length, scene.room.width))


@pytest.mark.parametrize(("name", "changed"), CHANGED.items())
def test_one_thing_is_changed_of_demo(name: str, changed: set[str]) -> None:
    source = load_study(STUDY).tasks(name)
    assert isinstance(source, ProceduralTasks)
    assert source.split == "test"
    options, demo = source.config.to_dict(), DEMO.to_dict()
    assert {key for key in options if options[key] != demo[key]} == changed
    for scene in rooms(name):
        covered = sum(item.size[0] * item.size[1] for item in scene.objects) / scene.room.area
        assert DEMO.density[0] - 1e-9 <= covered <= DEMO.density[1] + 1e-9
        assert DEMO.aspect[0] - 1e-9 <= _aspect(scene) <= DEMO.aspect[1] + 1e-9
        assert not scene.room.openings
        assert not scene.relations
        assert scene.start is None
        assert not any(scene.default_yaw(item.id) for item in scene.objects)


def test_larger_rooms_are_longer_than_any_of_demo() -> None:
    assert (DEMO.room_length, DEMO.room_width, DEMO.room_step) == ((2.0, 6.0), (2.0, 6.0), 0.5)
    assert {scene.room.length for scene in rooms("larger-rooms")} == {6.5, 7.0, 7.5, 8.0}
    assert all(2.0 <= scene.room.width <= 5.0 for scene in rooms("larger-rooms"))
    assert all(max(scene.room.length, scene.room.width) <= 6 for scene in trained("demo/train", FEW))


def test_more_objects_are_more_than_any_room_of_demo_has() -> None:
    assert DEMO.count == (3, 4)
    assert {len(scene.objects) for scene in trained("demo/train", FEW)} == {3, 4}
    assert {len(scene.objects) for scene in rooms("more-objects")} == {5, 6}


def test_polygon_rooms_are_no_rectangles() -> None:
    assert DEMO.shapes == ("rectangle",)
    assert not any(scene.room.is_rectangle for scene in rooms("polygon-rooms"))
    assert {len(scene.room.floor) for scene in rooms("polygon-rooms")} == {6, 8}
    assert {scene.room.is_rectangle for scene in trained("demo/train", FEW)} == {True}


@pytest.mark.parametrize("number", [FEW, pytest.param(0, marks=pytest.mark.slow)])
def test_unseen_categories_occur_in_no_training_room(number: int) -> None:
    named = set(SUITES["unseen-categories"].tasks["categories"])
    assert {item.category for scene in rooms("unseen-categories") for item in scene.objects} == named
    for source, many in TRAINED.items():
        seen = {item.category for scene in trained(source, number or many) for item in scene.objects}
        assert len(seen) >= 10
        assert not named & seen
    assert len(DEMO.categories or ()) == 10
    assert not named & set(DEMO.categories or ())


def test_unseen_categories_have_known_sizes_rounded_up_to_half_metres() -> None:
    for scene in rooms("unseen-categories"):
        for item in scene.objects:
            rounded = {tuple(_halves(side) for side in size) for size in typical_sizes(item.category)}
            length, width, height = item.size
            assert {(length, width, height), (width, length, height)} & rounded, item


def _aspect(scene: Scene) -> float:
    sides = scene.room.length, scene.room.width
    return max(sides) / min(sides)


def _halves(side: float) -> float:
    """Return the least multiple of half a metre that is no less."""
    return next(steps / 2 for steps in range(1, 20) if steps / 2 >= side)
