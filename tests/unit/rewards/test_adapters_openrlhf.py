"""Rewards as OpenRLHF calls them: whole queries, from the file of the module."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import spatialenv.rewards.adapters.openrlhf as module
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import FileFormatError, InputError, JudgeError
from spatialenv.rewards.adapters import to_openrlhf
from spatialenv.rewards.adapters.openrlhf import END_TOKENS, response_of

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

SCENE = Scene(room=Room.rectangle(6, 4, 3), objects=(SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),))
PROMPT = "<|im_start|>user\nFurnish. For example <answer>[]</answer><|im_end|>\n<|im_start|>assistant\n"


def test_queries_are_scored_by_their_responses(exam) -> None:
    queries = [PROMPT + text + "<|im_end|>" for text in (exam.apart, exam.half, "no idea")]
    result = to_openrlhf("physics")(queries, [PROMPT] * 3, [exam.text] * 3)
    assert result["rewards"].shape == result["scores"].shape == (3,)
    assert result["rewards"].tolist() == result["scores"].tolist() == pytest.approx([1.0, 0.55, 0.0])
    logs = result["extra_logs"]
    assert list(logs) == ["collision", "boundary", "support", "constraint", "format", "valid", "clean"]
    assert logs["collision"].tolist() == [1.0, 0.5, 0.0]
    assert logs["format"].tolist() == [1.0, 1.0, 0.0]  # the end token is no part of the answer
    assert to_openrlhf("physics")([], [], [])["rewards"].shape == (0,)


def test_one_answer_is_read_as_openrlhf_reads_it(exam) -> None:
    result = to_openrlhf("collision")([PROMPT + exam.half], [PROMPT], [exam.text])
    assert torch.tensor([result["rewards"]]).tolist() == [0.5]  # what its SamplesGenerator makes of it
    assert {name: value.flatten()[0].item() for name, value in result["extra_logs"].items()}["collision"] == 0.5


def test_the_file_can_be_loaded_by_its_path(exam) -> None:
    spec = importlib.util.spec_from_file_location("reward_func", module.__file__)  # as OpenRLHF does
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert loaded.reward_func([PROMPT + exam.half], [PROMPT], [exam.text])["rewards"].tolist() == [pytest.approx(0.55)]


@pytest.mark.parametrize(
    ("query", "prompt", "response"),
    [
        ("Furnish the room: [1]", "Furnish the room:", "[1]"),
        ("<s> Furnish the room: [1]</s>", "Furnish the room:", "[1]"),
        ("the room, dear Assistant: [1]<|im_end|>\n<|endoftext|>", "Furnish the room, dear Assistant:", "[1]"),
        ("<pic><pic><pic> Furnish the room: [1]", "<pic> Furnish the room:", "[1]"),
        ("Furnish the room: Furnish the room: [1]", "Furnish the room:", "Furnish the room: [1]"),
        ("A: [1] A:", "A:", "[1] A:"),
        ("[1] a: [2]", "Something else altogether a: ", "[1] a: [2]"),
        ("[1]", "", "[1]"),
        ("", "Furnish the room:", ""),
        ("Furnish the room:</s></s>", "Furnish the room:", ""),
    ],
)
def test_the_response_is_found(query: str, prompt: str, response: str) -> None:
    assert response_of(query, prompt) == response


@given(
    start=st.text(),
    cut=st.integers(min_value=0, max_value=100),
    response=st.text(),
    ended=st.sampled_from(["", *END_TOKENS]),
)
def test_the_response_is_found_behind_any_prompt(start: str, cut: int, response: str, ended: str) -> None:
    turn = "<|im_start|>assistant\n"
    assume(turn not in response and not any(response.rstrip().endswith(token) for token in END_TOKENS))
    query = start[cut:] + turn + response + ended  # as a prompt too long is cut at its left
    assert response_of(query, start + turn) == response.strip()


def test_rows_without_a_scene_are_named(exam) -> None:
    query = PROMPT + exam.half
    with pytest.raises(InputError, match=r"row 1 has no scene: put what write_scene writes"):
        to_openrlhf("physics")([query] * 2, [PROMPT] * 2, [exam.text, ""])
    with pytest.raises(FileFormatError, match=r"label of row 1: the scene is not JSON"):
        to_openrlhf("physics")([query] * 2, [PROMPT] * 2, [exam.text, "42 apples"])


def test_what_a_failed_judge_means_can_be_chosen(exam, judged) -> None:
    arguments = [PROMPT + exam.apart] * 2, [PROMPT] * 2, [exam.scene, replace(exam.scene, id="bad")]
    with pytest.raises(JudgeError, match="no answer"):
        to_openrlhf(judged)(*arguments)
    good, failed = to_openrlhf(judged, on_failure="nan")(*arguments)["rewards"].tolist()
    assert good == pytest.approx(1.3)
    assert math.isnan(failed)
    with pytest.raises(InputError, match=r"`on_failure` is 'zero'"):
        to_openrlhf("physics", on_failure="zero")


@given(text=st.one_of(st.text(), st.text(alphabet='<>/answerthink[]{}":,.0123456789 ecub_x\n')))
def test_nothing_that_a_model_writes_raises(text: str) -> None:
    assert to_openrlhf("physics")([PROMPT + text], [PROMPT], [SCENE])["rewards"].tolist() == [0.0]
