"""Where scenes come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import FileFormatError, InputError, UnknownNameError
from spatialenv.formats import write_idesign, write_scene
from spatialenv.tasks import PRESETS, TaskSource, make_tasks

BOX = SceneObject(id="box_1", category="box", size=(1, 1, 1))
SCENES = tuple(Scene(Room.rectangle(3 + i, 3, 2.5), (BOX,)) for i in range(3))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_three_splits_and_begins_with_training(name: str) -> None:
    assert make_tasks(name).name == f"{name}/train"
    scenes = [make_tasks(f"{name}/{split}").sample(0) for split in ("train", "validation", "test")]
    assert scenes[0] == make_tasks(name).sample(0)
    assert len({repr(scene) for scene in scenes}) == 3


def test_difficulty_grows() -> None:
    def mean(name: str, value: Any) -> float:
        return sum(value(make_tasks(name).sample(seed)) for seed in range(30)) / 30

    counts = [mean(name, lambda scene: len(scene.objects)) for name in ("easy", "medium", "hard")]
    relations = [mean(name, lambda scene: len(scene.relations)) for name in ("easy", "medium", "hard")]
    assert counts == sorted(counts)
    assert relations == sorted(relations)
    assert relations[0] == 0


def test_a_dict_replaces_options_of_its_preset() -> None:
    source = make_tasks({"name": "easy", "split": "validation", "count": [5, 5]})
    assert source.name == "easy/endless/validation"
    assert len(source.sample(0).objects) == 5
    assert make_tasks({}).name == "procedural/train"


def test_presets_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        PRESETS["easy"]["count"] = (1, 1)  # type: ignore[index]


def test_a_sequence_goes_round() -> None:
    source = make_tasks(SCENES)
    assert isinstance(source, TaskSource)
    assert [source.sample(seed).room.length for seed in range(5)] == [3, 4, 5, 3, 4]


def test_a_function_and_a_source_are_taken_as_they_are() -> None:
    source = make_tasks(lambda seed: SCENES[seed % 2])
    assert source.sample(3) == SCENES[1]
    assert make_tasks(source) is source


def test_a_scene_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    write_scene(path, SCENES[1])
    for spec in (path, str(path)):
        source = make_tasks(spec)
        assert source.name == "study"
        assert source.sample(9) == SCENES[1]


def test_scene_files_of_every_kind_are_read(tmp_path: Path) -> None:
    graph, many = tmp_path / "graph.json", tmp_path / "many.json"
    graph.write_text(json.dumps(write_idesign(SCENES[0])))
    assert make_tasks(graph).sample(4).ids == SCENES[0].ids
    write_scene(many, SCENES[1])
    many.write_text(f"[{many.read_text()}, {graph.read_text()}]")
    source = make_tasks(str(many))
    assert source.sample(2) == SCENES[1]
    assert source.sample(3) == make_tasks(graph).sample(0)


def test_a_file_that_holds_no_scene_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.json"
    path.write_text("[1, 2")
    with pytest.raises(FileFormatError):
        make_tasks(path)


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("esy", UnknownNameError, "did you mean 'easy'"),
        ("easy/valid", UnknownNameError, "did you mean 'validation'"),
        ({"name": "easy", "cuont": [1, 2]}, UnknownNameError, "did you mean 'count'"),
        ({"name": 3}, UnknownNameError, "unknown tasks 3"),
        ([], InputError, "empty"),
        ([1], InputError, "int"),
        (3, InputError, "allowed"),
        (None, InputError, "allowed"),
    ],
)
def test_a_wrong_spec_is_told(spec: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make_tasks(spec)


def test_a_function_must_return_a_scene() -> None:
    with pytest.raises(InputError, match="returned a str"):
        make_tasks(lambda seed: "room").sample(0)  # type: ignore[arg-type, return-value]
