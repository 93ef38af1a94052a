"""Rewards as verl calls them: by keyword, one answer at a time, from the file of the module."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spatialenv.rewards.adapters.verl as module
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import FileFormatError, InputError, JudgeError
from spatialenv.rewards.adapters import to_verl

SCENE = Scene(room=Room.rectangle(6, 4, 3), objects=(SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))


def test_it_is_called_as_verl_calls_it(exam) -> None:
    figures = to_verl("physics")(
        data_source="rooms",
        solution_str=exam.half,
        ground_truth=exam.text,
        extra_info={"num_turns": None, "rollout_reward_scores": {}},
        reward_router_address="localhost:1",
        reward_model_tokenizer=None,
    )
    assert figures == {
        "score": pytest.approx(0.55),
        "collision": 0.5,
        "boundary": 1.0,
        "support": 1.0,
        "constraint": 1.0,
        "format": 1.0,
        "valid": 0.0,
        "clean": 0.0,
    }
    assert next(iter(figures)) == "score"


def test_the_file_can_be_loaded_by_its_path(exam) -> None:
    spec = importlib.util.spec_from_file_location("custom_module_1", module.__file__)  # as verl does, in no sys.modules
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    function = partial(loaded.compute_score, reward={"weighted_sum": {"collision": 1.0}}, yaw="fixed")
    assert function(data_source="d", solution_str=exam.half, ground_truth=exam.text, extra_info={})["score"] == 0.5


def test_the_scene_may_stand_in_extra_info(exam) -> None:
    extra = {"scene": exam.text, "index": 4}
    for ground_truth in (None, ""):
        assert to_verl("collision")("rooms", exam.half, ground_truth, extra)["score"] == 0.5
    assert to_verl("collision")("rooms", exam.half, json.loads(exam.text))["score"] == 0.5


def test_rows_without_a_scene_are_named(exam) -> None:
    with pytest.raises(InputError, match=r"row 4 of 'rooms' has no scene: put what write_scene writes"):
        to_verl("physics")("rooms", exam.half, None, {"index": 4})
    with pytest.raises(FileFormatError, match=r"ground_truth of row 4 of 'rooms': the scene is not JSON"):
        to_verl("physics")("rooms", exam.half, "42 apples", {"index": 4})
    with pytest.raises(FileFormatError, match=r"extra_info.scene of 'rooms': "):
        to_verl("physics")("rooms", exam.half, None, {"scene": {"room": None}})


def test_a_failed_judge_raises(exam, judged) -> None:
    function = to_verl(judged)
    assert function("rooms", exam.apart, exam.scene)["score"] == pytest.approx(1.3)
    with pytest.raises(JudgeError, match="no answer"):
        function("rooms", exam.apart, replace(exam.scene, id="bad"))


@given(text=st.one_of(st.text(), st.text(alphabet='<>/answerthink[]{}":,.0123456789 ecub_x\n')))
def test_nothing_that_a_model_writes_raises(text: str) -> None:
    assert to_verl("physics")("rooms", text, SCENE)["score"] == 0.0


def test_yaw_is_read_when_free() -> None:
    table = SceneObject(id="cube_1", category="table", size=(2, 1, 1), yaw=0.0)
    scene = Scene(room=Room.rectangle(6, 4, 3), objects=(table,))
    text = '<think></think><answer>[{"new_object_id": "cube_1", "x": 0.5, "y": 2, "z": 0.5, "yaw": 90}]</answer>'
    assert to_verl("boundary", yaw="free")("rooms", text, scene)["score"] == 1.0
    assert module.compute_score("rooms", text, scene, reward="boundary", yaw="free")["score"] == 1.0
    assert module.compute_score("rooms", text, scene, reward="boundary")["score"] == 0.75
