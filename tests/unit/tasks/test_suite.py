"""Frozen suites: files that do not change, splits that share nothing, witnesses without fault."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import math
import pickle
import subprocess
import sys
from importlib import resources
from itertools import combinations, product

import pytest

from spatialenv.core.facing import facing_states
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.scene import Scene
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.errors import FileFormatError, InputError, UnknownNameError
from spatialenv.formats import read_scene
from spatialenv.tasks import (
    PRESETS,
    SPLITS,
    SUITES,
    ProceduralTasks,
    SuiteTasks,
    TaskSource,
    load_suite,
    make_tasks,
    scene_key,
    split_of,
)
from spatialenv.tasks import suite as suite_module

# Papers cite these scenes: a change here is a new suite under another name.
SHA256 = {
    "easy/train": "9a05de87111c317f523d05b7bfeb3b08343591e101723b36d4dbe1c0a5a966f2",
    "easy/validation": "e2a80b429920419a9b49ee77b0b33246544e2815744b64d2ffed2e1aacb91f16",
    "easy/test": "551483ef736c6a24152ce711b625ca2449a67de5ac27d8f6fcf10cbb120d5c72",
    "medium/train": "43adbb681ddaecf941d83523cc4244b1da85c916df53f998249e96c9175b4605",
    "medium/validation": "506fe420b19e3d81afac6a81484466859959f9a620b37d832c8de71bb871f37d",
    "medium/test": "f3e55f4d29113c24bad253ff76da7bae3950479e46d8a637512b216d1a0ba2c8",
    "hard/train": "d8f7ad2a4741f0ee71e654a6463f26947ff1c09213923e7f49e30a57a9094bac",
    "hard/validation": "c8ae2c7fd0678162444eafa7f164da28897f3dd1c5a4566876f48762a01ae7eb",
    "hard/test": "f9c98a6bb55b0ff41f1e03621bb35a99808c12dc8361a74cf9dadb182970fd1f",
    "polygons/train": "f9b0d1314e5f4a37c87ea77d37a033da8d73727b8a2b9e50be8f6a6cb6fd6423",
    "polygons/validation": "3ee58687b372a81b75027260a28b0a45438c90707ab2fbf0450f0e3882d35f56",
    "polygons/test": "979adf4e4abedf90613c5c68f090901b9973433607069271e51fe334dd0532a6",
    "dense/train": "252dae53bad8c820803b205ad8c7e58682c85ea006a25ccacfc77205cc56950c",
    "dense/validation": "33432b5432fc1337d128c797269b6fc1d580228f2dd7348a31204ad740dad678",
    "dense/test": "50e712ae294740b53aa3198929ff20e0a97c8f62a91de16b7c0e9e289eb56e31",
    "small-objects/train": "a7faf4626e51c7448d4ca12cc9401e57a9de533b670ad390766aff81da91dfd9",
    "small-objects/validation": "f6769e23347357628194c8a6a088e1f422bd775a02b9a69ed329c96e7f6c83b6",
    "small-objects/test": "ccd45c4f1ae3b06ec9265f5f093d701725e66dffe81de85dcff4ef5cc64a5506",
    "rotation/train": "40e6b620c7d10511866be2d1a076c79aed206049f9f17f18acea715ec8484b60",
    "rotation/validation": "b7d9e6a2c7bb05e9dc7d8ddb9ac335c0ef03f02bbc8a65994e8bfd7aaa129513",
    "rotation/test": "1fda8458becba9ad6d460e9cc87267f163501fd089f5fc5f1bcdd7ed5b6295f8",
}
COUNTS = {"train": 512, "validation": 128, "test": 256}
NAMES = list(product(SUITES, SPLITS))
FOLDER = resources.files("spatialenv.tasks") / "data" / "suites"


@functools.cache
def scenes(name: str, split: str) -> list[Scene]:
    return list(SuiteTasks(name, split))


@pytest.mark.parametrize(("name", "split"), NAMES)
def test_the_files_are_the_published_ones(name: str, split: str) -> None:
    file = FOLDER / name / f"{split}.jsonl.gz"
    text = gzip.decompress(file.read_bytes())
    assert hashlib.sha256(text).hexdigest() == SHA256[f"{name}/{split}"] == load_suite(name).splits[split].sha256
    assert file.read_bytes()[4:8] == bytes(4), "no time of writing in the file"
    assert len(text.splitlines()) == load_suite(name).splits[split].count == COUNTS[split]


def test_the_suites_are_small() -> None:
    files = [FOLDER / name / f"{split}.jsonl.gz" for name, split in NAMES]
    assert sum(len(file.read_bytes()) for file in files) < 6_000_000


@pytest.mark.parametrize("name", SUITES)
def test_no_scene_and_no_room_with_its_sizes_is_in_two_splits(name: str) -> None:
    keys, rooms = {}, {}
    for split in SPLITS:
        found = scenes(name, split)
        keys[split] = {scene_key(scene) for scene in found}
        assert len(keys[split]) == len(found), "nothing twice"
        sizes = [(scene.room, [item.size for item in scene.objects]) for scene in found]
        assert {split_of(*pair) for pair in sizes} == {split}
        rooms[split] = {(room, tuple(sorted(few))) for room, few in sizes}
    for first, second in combinations(SPLITS, 2):
        assert not keys[first] & keys[second]
        assert not rooms[first] & rooms[second]


@pytest.mark.parametrize(("name", "split"), [pair for pair in NAMES if pair[1] != "train"])
def test_witnesses_are_clean_and_nothing_is_wrong_with_them(name: str, split: str) -> None:
    for index, scene in enumerate(scenes(name, split)):
        assert scene.id == f"{name}/{split}/{index}"
        assert scene.witness is not None
        placed = scene.place(scene.witness)
        assert layout_status(placed, is_complete=True).clean, scene.id
        assert not find_violations(placed), scene.id


@pytest.mark.parametrize(("name", "split"), NAMES)
def test_the_generator_draws_the_first_scenes_again(name: str, split: str) -> None:
    source = ProceduralTasks(load_suite(name).config, split)
    assert not load_suite(name).splits[split].skipped
    for seed in range(2):
        drawn, frozen = source.sample(seed), SuiteTasks(name, split).sample(seed)
        assert (drawn.room, drawn.objects, drawn.description) == (frozen.room, frozen.objects, frozen.description)
        assert drawn.witness == frozen.witness


@pytest.mark.parametrize("name", SUITES)
def test_scenes_keep_the_options_of_their_suite(name: str) -> None:
    config = load_suite(name).config
    for scene in scenes(name, "validation"):
        assert config.count[0] <= len(scene.objects) <= config.count[1]
        covered = sum(item.size[0] * item.size[1] for item in scene.objects if item.on_floor) / scene.room.area
        assert config.density[0] <= covered <= config.density[1]
        for kind, (low, high) in (("door", config.doors), ("window", config.windows)):
            assert low <= sum(opening.kind == kind for opening in scene.room.openings) <= high
        assert scene.room.is_rectangle or "rectangle" not in config.shapes or len(config.shapes) > 1


def test_suites_ask_for_what_they_are_named_after() -> None:
    polygons = scenes("polygons", "test")
    assert not any(scene.room.is_rectangle for scene in polygons)
    assert {len(scene.room.floor) for scene in polygons} >= {4, 5, 6, 8}
    assert any(relation.target.startswith("wall_") for scene in polygons for relation in scene.relations)
    small = scenes("small-objects", "test")
    assert all(sum(not item.on_floor for item in scene.objects) >= 6 for scene in small)
    assert {scene.object(r.target).category for scene in small for r in scene.relations if r.target in scene.ids} >= {
        "desk", "dining_table", "shelving_unit", "side_table"
    }  # fmt: skip


@pytest.mark.parametrize("split", SPLITS)
def test_no_layout_with_all_yaws_zero_answers_a_scene_of_rotation(split: str) -> None:
    for scene in scenes("rotation", split):
        assert all(item.yaw is None for item in scene.objects)
        assert scene.witness is not None
        assert all(pose.yaw is not None for pose in scene.witness.values())
        assert all(state.is_met for state in facing_states(scene.place(scene.witness)))
        unturned = Layout(tuple((name, Pose(pose.x, pose.y, pose.z, 0.0)) for name, pose in scene.witness.poses))
        # Whether a wall is faced depends on the yaw alone, so that no place helps.
        walls = [state for state in facing_states(scene.place(unturned)) if state.target in scene.room.walls]
        assert any(not state.is_met for state in walls), scene.id


def test_rotation_asks_for_angles_that_are_no_quarters() -> None:
    degrees = [
        math.degrees(pose.yaw or 0.0)
        for scene in scenes("rotation", "test")
        if scene.witness is not None
        for pose in scene.witness.values()
    ]
    odd = [angle for angle in degrees if min(angle % 90, 90 - angle % 90) > 1]
    assert len(odd) > 0.3 * len(degrees)
    assert len({round(angle) for angle in odd}) > 150


def test_a_seed_goes_round_and_length_and_yaw_are_known() -> None:
    tasks = make_tasks("rotation/test")
    assert isinstance(tasks, SuiteTasks)
    assert isinstance(tasks, TaskSource)
    assert (tasks.name, tasks.yaw, len(tasks)) == ("rotation/test", "free", 256)
    assert tasks.sample(0) == tasks.sample(256) == next(iter(tasks))
    assert tasks.sample(2**63 - 1).id == "rotation/test/255"
    assert SuiteTasks("easy").yaw == "fixed"
    assert pickle.loads(pickle.dumps(tasks)).sample(5) == tasks.sample(5)
    with pytest.raises(InputError, match="seed"):
        tasks.sample(-1)


def test_a_line_of_a_file_is_a_scene_file_of_its_own(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "scene.json"
    path.write_bytes(gzip.decompress((FOLDER / "polygons" / "test.jsonl.gz").read_bytes()).splitlines()[3])
    assert read_scene(path) == make_tasks("polygons/test").sample(3)


def test_names_ask_for_frozen_scenes_or_for_the_generator() -> None:
    assert isinstance(make_tasks("easy"), SuiteTasks)
    assert isinstance(make_tasks({"name": "easy", "split": "test"}), SuiteTasks)
    for spec, name in (
        ("easy/endless", "easy/endless/train"),
        ("easy/endless/test", "easy/endless/test"),
        ({"name": "hard", "count": [9, 9]}, "hard/endless/train"),
        ("demo/test", "demo/test"),
        ({}, "procedural/train"),
    ):
        source = make_tasks(spec)
        assert isinstance(source, ProceduralTasks)
        assert source.name == name
    assert getattr(make_tasks("rotation/endless"), "yaw", None) == "free"
    assert {name: PRESETS[name] for name in SUITES} == {name: suite.options for name, suite in SUITES.items()}
    drawn, frozen = make_tasks("easy/endless/test").sample(7), make_tasks("easy/test").sample(7)
    assert (drawn.objects, drawn.witness) == (frozen.objects, frozen.witness)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("polygon", "did you mean 'polygons'"),
        ("easy/tset", "did you mean 'test'"),
        ("easy/endles", "did you mean 'endless'"),
        ("easy/endless/tran", "did you mean 'train'"),
        ("demo/endless", "unknown split of 'demo'"),
    ],
)
def test_a_wrong_name_is_told(spec: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        make_tasks(spec)
    with pytest.raises(UnknownNameError, match="did you mean 'dense'"):
        load_suite("dens")


def test_a_changed_file_is_refused(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "easy").mkdir()
    monkeypatch.setattr(suite_module, "_folder", lambda: folder)
    index = json.loads((FOLDER / "suites.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(suite_module, "_index", lambda: index)
    lines = suite_module._lines.__wrapped__
    with pytest.raises(FileFormatError, match="cannot be read"):
        lines("easy", "test")
    whole = (FOLDER / "easy" / "test.jsonl.gz").read_bytes()
    for broken in (whole[:-100], whole[:10] + b"\xff" * 100 + whole[110:], b"no gzip"):
        (folder / "easy" / "test.jsonl.gz").write_bytes(broken)
        with pytest.raises(FileFormatError, match="cannot be read"):
            lines("easy", "test")
    (folder / "easy" / "test.jsonl.gz").write_bytes(gzip.compress(b"{}\n"))
    with pytest.raises(FileFormatError, match="changed after it was frozen"):
        lines("easy", "test")


def test_importing_and_making_tasks_reads_no_scene() -> None:
    code = (
        "import spatialenv; from spatialenv.tasks import make_tasks, suite; make_tasks('easy'); "
        "print(suite._lines.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_baselines_are_results_by_split_or_empty() -> None:
    for suite in SUITES.values():
        assert set(suite.baselines) <= set(SPLITS)
