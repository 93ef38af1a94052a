"""The study's file: what it may say, and the settings that arms get from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchmarks.learning.arms import ARMS, Arm, find_arm
from benchmarks.learning.study import QUICK_ROOMS, STUDY, Study, arm_settings, file_stem, load_study

from spatialenv.errors import FileFormatError, InputError


def written(tmp_path: Path, **changes: Any) -> Path:
    values = {"seeds": [0], "settings": {}, "suites": {"easy/test": {"title": "as trained", "n": 4}}, **changes}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_the_study_s_own_file_is_allowed_and_so_is_every_arm() -> None:
    study = load_study()
    assert {name: arm_settings(study, arm, 1).seed for name, arm in ARMS.items()} == dict.fromkeys(ARMS, 1)


def test_every_arm_starts_from_one_that_leaves_a_model() -> None:
    starts = {arm.start for arm in ARMS.values() if arm.start is not None}
    assert {find_arm(name).how for name in starts} <= {"warm_start", "train"}


def test_every_arm_is_played_on_suites_of_the_study() -> None:
    known = load_study().suites
    assert {arm.name: set(arm.suites or ()) - set(known) for arm in ARMS.values()} == {name: set() for name in ARMS}


def test_what_every_arm_trains_is_allowed(tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from spatialenv.trainers.stages import check_algorithm

    study = load_study()
    for arm in ARMS.values():
        if arm.how == "train":
            check_algorithm(arm_settings(study, arm, 0), tmp_path)


def test_every_control_is_known() -> None:
    pytest.importorskip("trl")
    from benchmarks.learning.controls import make_control

    assert all(make_control(arm.control) for arm in ARMS.values())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": []}, "`seeds`"),
        ({"seeds": [1, 1]}, "no two alike"),
        ({"seeds": [-1]}, "must be 0 or more"),
        ({"settings": {"rl": {"stepps": 1}}}, "unknown setting `rl.stepps`"),
        ({"suites": {}}, "`suites`"),
        ({"suites": {"easy/tset": {"title": "", "n": 1}}}, "easy/tset"),
        ({"suites": {"easy/test": {"title": "", "n": 0}}}, "suites.easy/test.n"),
        ({"suites": {"a": {"title": "", "n": 1, "tasks": {"name": "easy", "cuont": 1}}}}, "cuont"),
        (
            {
                "suites": {
                    "easy/test": {"title": "", "n": 1},
                    "easy-test": {"title": "", "n": 1, "tasks": "easy/test"},
                }
            },
            "would share a file",
        ),
        ({"rooms": 3}, "`rooms`"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        load_study(written(tmp_path, **changes))


def test_a_file_that_is_not_there_or_no_yaml_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="could not be read"):
        load_study(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("seeds: [", encoding="utf-8")
    with pytest.raises(FileFormatError, match="not YAML"):
        load_study(tmp_path / "broken.yaml")


def test_an_arm_states_what_differs() -> None:
    study = Study(seeds=(0,), settings={"rl": {"steps": 7, "batch_size": 16}}, suites=load_study().suites)
    arm = Arm("other", "other", "rewards", "train", settings={"rl.steps": 9, "env.feedback": "none"})
    settings = arm_settings(study, arm, 5)
    assert (settings.rl.steps, settings.rl.batch_size, settings.env.feedback, settings.seed) == (9, 16, "none", 5)
    assert study.settings == {"rl": {"steps": 7, "batch_size": 16}}


def test_an_arm_that_states_what_is_unknown_is_named() -> None:
    with pytest.raises(InputError, match=r"arm 'odd': .*rl.stepps"):
        arm_settings(load_study(), Arm("odd", "", "", "train", settings={"rl.stepps": 9}), 0)


def test_more_supervision_is_by_the_warm_start_s_demonstrator_unless_stated() -> None:
    study = load_study()
    settings = arm_settings(study, find_arm("more_supervision"), 0)
    assert settings.rl.learning_rate == 3e-4
    assert settings.rl.demonstrator == settings.warm_start.demonstrator == "unskilled"
    stated = {"algorithm": "sft", "rl.learning_rate": 1e-3, "rl.demonstrator": "witness"}
    settings = arm_settings(study, Arm("skilled", "", "", "train", settings=stated), 0)
    assert (settings.rl.learning_rate, settings.rl.demonstrator) == (1e-3, "witness")


def test_a_quick_study_has_few_rooms_and_wins_over_arms() -> None:
    study = load_study().quick()
    assert {suite.n for suite in study.suites.values()} == {QUICK_ROOMS}
    assert arm_settings(study, Arm("long", "", "", "train", settings={"rl.steps": 99}), 0).rl.steps == 2


def test_a_study_survives_json(tmp_path: Path) -> None:
    study = load_study().quick().model_copy(update={"settings": {"rl": {"extra": {"epsilon": 1e-05}}}})
    path = tmp_path / "study.json"
    path.write_text(json.dumps(study.model_dump(mode="json")), encoding="utf-8")
    assert load_study(path) == study


def test_files_of_suites_lie_in_one_folder() -> None:
    assert file_stem("easy/endless/test") == "easy-endless-test"
    assert STUDY.is_file()
