"""Rewards as EasyR1 calls them: a batch of inputs, from the file of the module."""

from __future__ import annotations

import importlib.util
import math
import sys
import time
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spatialenv.rewards.adapters.easyr1 as module
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import FileFormatError, InputError, JudgeError
from spatialenv.rewards.adapters import to_easyr1

SCENE = Scene(room=Room.rectangle(6, 4, 3), objects=(SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))


def row(response: str, ground_truth) -> dict:
    return {"response": response, "response_length": len(response), "ground_truth": ground_truth}


def test_a_batch_is_scored_together(exam) -> None:
    figures = to_easyr1("physics")([row(text, exam.text) for text in (exam.apart, exam.half, "no idea")])
    assert [one["overall"] for one in figures] == pytest.approx([1.0, 0.55, 0.0])
    assert [one["collision"] for one in figures] == [1.0, 0.5, 0.0]
    assert to_easyr1("physics")([]) == []
    assert to_easyr1("physics")(row(exam.apart, exam.text)) == figures[0]  # REWARD_TYPE = "sequential"


def test_the_file_can_be_loaded_by_its_path(exam, monkeypatch) -> None:
    spec = importlib.util.spec_from_file_location("custom_reward_fn", module.__file__)  # as EasyR1 does
    loaded = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "custom_reward_fn", loaded)
    spec.loader.exec_module(loaded)
    assert (loaded.REWARD_NAME, loaded.REWARD_TYPE) == ("spatialenv", "batch")
    function = partial(loaded.compute_score, reward="collision", yaw="fixed", on_failure="nan")
    assert function([row(exam.half, exam.text)])[0]["overall"] == 0.5
    assert loaded.compute_score([row(exam.half, exam.text)])[0]["overall"] == pytest.approx(0.55)


def test_a_thousand_answers_are_scored_in_a_moment(exam) -> None:
    function = to_easyr1("physics")
    inputs = [row(text, exam.text) for text in (exam.apart, exam.half, "", "<answer>[]</answer>")] * 250
    function(inputs[:4])  # compiles
    started = time.perf_counter()
    figures = function(inputs)
    assert time.perf_counter() - started < 5.0
    assert [one["overall"] for one in figures] == [one["overall"] for one in function(inputs[:4])] * 250


def test_rows_without_a_scene_are_named(exam) -> None:
    good = row(exam.half, exam.text)
    for value in (None, ""):
        with pytest.raises(InputError, match=r"row 1 has no scene: put what write_scene writes"):
            to_easyr1("physics")([good, row(exam.half, value)])
    with pytest.raises(InputError, match=r"row 1 has no scene"):
        to_easyr1("physics")([good, {"response": exam.half}])
    with pytest.raises(FileFormatError, match=r"ground_truth of row 1: the scene is not JSON"):
        to_easyr1("physics")([good, row(exam.half, "42 apples")])


def test_what_a_failed_judge_means_can_be_chosen(exam, judged) -> None:
    inputs = [row(exam.apart, exam.scene), row(exam.apart, replace(exam.scene, id="bad"))]
    with pytest.raises(JudgeError, match="no answer"):
        to_easyr1(judged)(inputs)
    good, failed = to_easyr1(judged, on_failure="nan")(inputs)
    assert good["overall"] == pytest.approx(1.3)
    assert math.isnan(failed["overall"])
    with pytest.raises(InputError, match=r"`on_failure` is 'zero'; allowed: 'raise', 'nan'"):
        to_easyr1("physics", on_failure="zero")


@given(text=st.one_of(st.none(), st.text(), st.text(alphabet='<>/answerthink[]{}":,.0123456789 ecub_x\n')))
def test_nothing_that_a_model_writes_raises(text: str | None) -> None:
    assert to_easyr1("physics")([{"response": text, "ground_truth": SCENE}])[0]["overall"] == 0.0
