"""Any text gives a parsed answer: properties, a hundred thousand mutations, ten megabytes."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.answer import ISSUE_CODES, ParsedAnswer
from spatialenv.core.answer_text import MAX_LENGTH
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject, is_element_name


def make_scene(*ids: str) -> Scene:
    return Scene(Room.rectangle(6, 4, 3), tuple(SceneObject(i, "thing", (1, 1, 1)) for i in ids))


SCENE = make_scene("a", "b")
Level = Callable[[str, int], float]
A = '{"new_object_id": "a", "x": 1, "y": 2, "z": 3}'
B = '{"new_object_id": "b", "x": 4, "y": 5.5, "z": 0.5}'


def tagged(content: str) -> str:
    return f"<think>I think.</think>\n<answer>{content}</answer>"


numbers = st.floats(-1e6, 1e6)
layouts = st.dictionaries(
    st.text(min_size=1, max_size=12).filter(lambda id: id.strip() and "<" not in id and not is_element_name(id)),
    st.tuples(numbers, numbers, numbers, st.none() | st.integers(0, 359)),
    min_size=1,
    max_size=8,
)


@given(layouts, st.sampled_from(["lenient", "strict"]), st.booleans())
def test_what_a_layout_writes_is_read_back(entries: dict[str, Any], mode: Any, ascii_only: bool) -> None:
    scene = make_scene(*entries)
    layout = Layout(
        tuple((i, Pose(x, y, z, None if yaw is None else math.radians(yaw))) for i, (x, y, z, yaw) in entries.items())
    )
    text = tagged(json.dumps(layout.to_records(with_yaw=True), ensure_ascii=ascii_only))
    parsed = parse_answer(text, scene, mode, yaw="free")
    assert parsed.layout is not None
    assert parsed.issues == ()
    assert parsed.is_complete
    assert parsed.layout.ids == layout.ids
    for object_id, pose in layout.items():
        read = parsed.layout[object_id]
        assert (read.x, read.y, read.z) == (pose.x, pose.y, pose.z)
        assert (read.yaw is None) == (pose.yaw is None)
        assert read.yaw is None or read.yaw == pytest.approx(pose.yaw, abs=1e-12)
    without_yaw = parse_answer(text, scene, mode)
    assert without_yaw.layout == Layout(tuple((i, Pose(p.x, p.y, p.z)) for i, p in layout.items()))


@given(text=st.text(alphabet=st.sampled_from('<>/thinkaswer[]{}",:0.x \n'), max_size=80))
def test_the_format_level_is_the_published_one_on_random_texts(text: str, published_level: Level) -> None:
    for candidate in (text, tagged(text), f"<think>{text}</think><answer>[]</answer>", f" {tagged('[1, 2]')}{text}"):
        assert parse_answer(candidate, SCENE).format_level == published_level(candidate, 2)


PIECES = [
    "<think>", "</think>", "<answer>", "</answer>", "```json\n", "```", "[", "]", "{", "}", ",", ":", '"', "'",
    "\\", "\n", " ", "NaN", "-Infinity", "1e400", "null", "true", "9" * 400, "-", "0.5", '"new_object_id"',
    '"a"', '"b"', '"x": 1', '"yaw": 90',
    '"z_angle": 90', "//", "“", "\ud83d", "\u0000", "é", A, B, f"[{A}, {B}]", "[" * 150,
]  # fmt: skip


def mutated(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return "".join(rng.choices(PIECES, k=rng.randrange(25)))
    text = tagged(f"[{A}, {B}]")
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(text) + 1)
        kind = rng.random()
        if kind < 0.4:
            text = text[:at] + text[at + rng.randrange(1, 10) :]
        elif kind < 0.8:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        else:
            other = rng.randrange(len(text) + 1)
            text = text[:at] + text[min(at, other) : max(at, other)] + text[at:]
    return text


def check_invariants(text: str, parsed: ParsedAnswer) -> None:
    assert parsed.format_level in (0.0, 0.1, 0.5, 1.0)
    assert {issue.code for issue in parsed.issues} <= ISSUE_CODES.keys()
    assert set(parsed.spans) == set(parsed.layout or ())
    assert all(text[start] in "{[" and start < end <= len(text) for start, end in parsed.spans.values())
    assert parsed.layout is None or all(abs(v) <= 1e6 for p in parsed.layout.values() for v in (p.x, p.y, p.z))
    assert not parsed.is_complete or (parsed.layout is not None and parsed.layout.ids == ("a", "b"))
    assert parsed.is_complete or parsed.issues


def test_a_hundred_thousand_random_and_mutated_texts_never_raise(published_level: Level) -> None:
    rng = random.Random(20240)
    modes: list[Any] = ["lenient", "lenient", "strict"]
    yaws: list[Any] = ["fixed", "free"]
    placed = 0
    for number in range(100_000):
        text = mutated(rng)
        parsed = parse_answer(text, SCENE, modes[number % 3], yaws[number % 2])
        check_invariants(text, parsed)
        placed += parsed.layout is not None
        if number % 10 == 0 and text.count("[") < 100:
            assert parsed.format_level == published_level(text, 2), text
    assert 20_000 < placed < 80_000  # the texts are neither all broken nor all whole


UNITS = [
    "[", "]", "{", "[]", "{}", "[{", "}{", '"', "'", "\\", '\\"', '{"', "“", "<answer>", "</answer>", "</think> ",
    "1", "-", "1,", '{"a":', "//", "/*", ",", ":", "```", "a ", " ", A + ",", '{"new_object_id":"a","x":',
    "\n", "<", "\ud800", "{'\"", "<answer></answer>", f"<answer>[{A}", f"[{A}]", '{"a":[1,2,3]}', '{"position":',
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("size", [MAX_LENGTH - 60, 10_000_000])
def test_ten_megabytes_of_anything_are_read(unit: str, size: int) -> None:
    """The limit is far above what is needed and far below what more than linear time would take."""
    body = unit * (size // len(unit))
    texts = [tagged(f"[{body}"), f"<think>t</think><answer>{body}"] if size < MAX_LENGTH else [body]
    for text in texts:
        for mode in ("lenient", "strict"):
            start = time.process_time()
            parsed = parse_answer(text, SCENE, mode, yaw="free")
            assert time.process_time() - start < 30
            assert {issue.code for issue in parsed.issues} <= ISSUE_CODES.keys()
            assert parsed.issues
