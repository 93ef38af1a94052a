"""Settings: what is refused before any work, and how it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spatialenv.errors import FileFormatError, InputError
from spatialenv.trainers.algorithms import resolve
from spatialenv.trainers.settings import load_settings, preset_names


def test_the_presets_load() -> None:
    assert "demo" in preset_names()
    for name in preset_names():
        assert resolve(load_settings(name)).rl.extra
    assert load_settings("demo").tasks == "demo/train"


def test_overrides_win_and_reach_inside() -> None:
    settings = load_settings("demo", {"rl.steps": 3, "seed": 4, "model": None})
    assert (settings.rl.steps, settings.seed, settings.model) == (3, 4, "tiny")


def test_a_preset_of_the_tiny_model_leaves_other_models_their_own_rates() -> None:
    demo, other = load_settings("demo"), load_settings("demo", {"model": "some/model", "rl.steps": 3})
    assert demo.rl.max_new_tokens < 64
    assert (other.tasks, other.env) == (demo.tasks, demo.env)
    fields = {"tiny", "warm_start", "rl", "threads"}
    assert other.model_fields_set & fields == {"rl"}
    resolved = resolve(other)
    assert (resolved.rl.steps, resolved.rl.learning_rate, resolved.warm_start.steps) == (3, 1e-6, 0)
    assert load_settings("demo", {"model": "tiny"}) == demo
    named = load_settings("qwen2_5_vl_3b", {"model": "some/model"})  # made for any model of its size
    assert named.rl == load_settings("qwen2_5_vl_3b").rl


def test_batches_are_whole_groups_where_there_are_groups() -> None:
    assert resolve(load_settings({"rl": {"group_size": 12}})).rl.batch_size == 60
    assert resolve(load_settings({"rl": {"group_size": 3}, "model": "some/model"})).rl.batch_size == 6
    assert resolve(load_settings({"rl": {"batch_size": 1}, "algorithm": "sft"})).rl.batch_size == 1
    with pytest.raises(InputError, match="give 8, or another group_size"):
        load_settings({"rl": {"batch_size": 4}, "algorithm": "rft"})


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"rl.stepz": 3}, "unknown setting `rl.stepz`; did you mean 'steps'?"),
        ({"rl.steps": -3}, "setting `rl.steps` is -3"),
        ({"rl.batch_size": 50}, "batch_size 50 must be a multiple of group_size 8; give 48 or 56"),
        (
            {"warm_start.batch_size": 1, "warm_start.feedback": ["names", "none"]},
            "would never be shown; give batch_size 2",
        ),
        ({"algorithm": "gpso"}, "did you mean 'gspo'?"),
        ({"dtype": "floot"}, "'float32'"),
        ({"env.views": "top"}, "a list, such as"),
        ({"held_out": "demo/train"}, "held_out must name other rooms than tasks"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_without_blaming_the_file(overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as told:
        load_settings("demo", overrides)
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert "demo.yaml" not in str(told.value)


def test_a_wrong_value_of_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("rl: {steps: -3}\n")
    with pytest.raises(InputError, match=r"mine\.yaml: setting `rl\.steps` is -3"):
        load_settings(path)


def test_unreadable_files_say_where_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("rl: {steps: 3\nseed: [")
    with pytest.raises(FileFormatError, match="line 2"):
        load_settings(path)
    with pytest.raises(FileFormatError, match="or a preset: demo"):
        load_settings(tmp_path / "missing.yaml")
