import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.answer_text import MAX_LENGTH
from spatialenv.core.entries import MAX_ENTRIES
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError


def make_scene(*ids: str) -> Scene:
    return Scene(Room.rectangle(6, 4, 3), tuple(SceneObject(i, "thing", (1, 1, 1)) for i in ids))


SCENE = make_scene("a", "b")
Level = Callable[[str, int], float]
A = '{"new_object_id": "a", "x": 1, "y": 2, "z": 3}'
B = '{"new_object_id": "b", "x": 4, "y": 5.5, "z": 0.5}'
BOTH = Layout.from_mapping({"a": (1, 2, 3), "b": (4, 5.5, 0.5)})


def tagged(content: str) -> str:
    return f"<think>I think.</think>\n<answer>{content}</answer>"


def codes(parsed: ParsedAnswer) -> list[str]:
    return [issue.code for issue in parsed.issues]


def test_a_plain_answer() -> None:
    text = tagged(f"[{A}, {B}]")
    for mode in ("lenient", "strict"):
        parsed = parse_answer(text, SCENE, mode)
        assert parsed.layout == BOTH
        assert (parsed.format_level, parsed.issues, parsed.is_complete) == (1.0, (), True)
        assert [text[start:end] for start, end in parsed.spans.values()] == [A, B]


def test_the_layout_follows_the_scene_and_spans_the_text() -> None:
    text = tagged(f"[{B}, {A}]")
    parsed = parse_answer(text, SCENE)
    assert parsed.layout is not None
    assert parsed.layout.ids == ("a", "b")
    assert list(parsed.spans) == ["a", "b"]
    assert [text[start:end] for start, end in parsed.spans.values()] == [A, B]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"[{A}, {B}]", "repaired-tags"),
        (f"Sure!\n{tagged(f'[{A}, {B}]')}\nDone.", "repaired-tags"),
        (f"<think>no end <answer>[{A}, {B}]</answer>", "repaired-tags"),
        (f"<think>t</think>[{A}, {B}]", "repaired-tags"),
        (f"<think>t</think><answer>[{A}, {B}]", "repaired-tags"),
        (f"<think>t</think>[{A}, {B}]</answer>", "repaired-tags"),
        (f"<Think>t</Think><Answer>[{A}, {B}]</Answer>", "repaired-tags"),
        (tagged(f"```json\n[{A}, {B}]\n```"), "repaired-fence"),
        (tagged(f"```\n[{A}, {B}]```"), "repaired-fence"),
        (tagged(f"[{A}, {B},]"), "repaired-comma"),
        (tagged(f"[{A} {B}]"), "repaired-comma"),
        (tagged(f"{A}, {B}"), "repaired-brackets"),
        (tagged(f"{A}\n{B}"), "repaired-brackets"),
        (tagged(f"[{A}], [{B}]"), "repaired-brackets"),
        (tagged(f"[[{A}, {B}]]"), "repaired-brackets"),
        (tagged(f"[{A}, {B}"), "repaired-brackets"),
        (tagged(f"{{{A}, {B}}}"), "repaired-brackets"),
        (tagged(f"[{A}, {B}]".replace('"', "'")), "repaired-quotes"),
        (tagged(f"[{A}, {B}]".replace('"', "")), "repaired-quotes"),
        (tagged(f'{{"objects": [{A}, {B}]}}'), "repaired-wrapper"),
        (tagged(f'{{"note": ["x"], "plan": {{"objects": [{A}, {B}]}}}}'), "repaired-wrapper"),
        (tagged('{"a": {"x": 1, "y": 2, "z": 3}, "b": {"x": 4, "y": 5.5, "z": 0.5}}'), "repaired-mapping"),
        (tagged('[{"a": {"x": 1, "y": 2, "z": 3}}, {"b": {"x": 4, "y": 5.5, "z": 0.5}}]'), "repaired-mapping"),
        (tagged('{"objects": {"a": {"x": 1, "y": 2, "z": 3}, "b": {"x": 4, "y": 5.5, "z": 0.5}}}'), "repaired-mapping"),
        (tagged(f"[{A}, {B}]".replace("5.5", '"5.5"')), "repaired-number"),
        (tagged(f"[{A}, {B}]".replace("0.5", ".5")), "repaired-number"),
        (tagged(f"[{A}, {B}]".replace("new_object_id", "object_id")), "repaired-id"),
        (tagged(f"[{A}, {B}]".replace("new_object_id", "id")), "repaired-id"),
        (tagged(f"Here is [my] answer: [{A}, {B}]. Enjoy {{it}}!"), "repaired-text"),
        (tagged(f"[{A}, // first\n {B}]"), "repaired-text"),
        (tagged(f"[{A},\u00a0{B}]"), "repaired-text"),
    ],
)
def test_lenient_repairs_what_strict_refuses(text: str, code: str, published_level: Level) -> None:
    parsed = parse_answer(text, SCENE, "lenient")
    assert parsed.layout == BOTH
    assert parsed.is_complete
    assert code in codes(parsed)
    assert all(issue.is_repair for issue in parsed.issues)
    assert parsed.format_level == published_level(text, 2)
    strict = parse_answer(text, SCENE, "strict")
    assert not strict.is_complete
    assert strict.layout != BOTH
    assert strict.issues
    assert strict.format_level == parsed.format_level


@pytest.mark.parametrize("mode", ["lenient", "strict"])
@pytest.mark.parametrize(
    ("content", "code", "placed", "is_complete"),
    [
        (f"[{A}]", "missing-id", ["a"], False),
        ("[]", "missing-id", [], False),
        (f'[{A}, {B}, {{"new_object_id": "ghost", "x": 1, "y": 1, "z": 1}}]', "unknown-id", ["a", "b"], True),
        (f"[{A}, {B}, {A}]", "duplicate-id", ["a", "b"], False),
        (f"[{A}, {B}, 5]", "entry", ["a", "b"], True),
        (f'[{A}, {B}, {{"x": 1}}]', "entry", ["a", "b"], True),
        (f"[{A}, {B}, {{}}]", "entry", ["a", "b"], True),
        ("[1, 2]", "entry", [], False),
        (f'[{A}, {{"new_object_id": 7, "x": 1, "y": 1, "z": 1}}]', "entry", ["a"], False),
        (f'[{A}, {B[:-1]}, "x": 9}}]', "duplicate-key", ["a", "b"], True),
        (f"[{A}, {B.replace('5.5', 'NaN')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', '-Infinity')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', '1e400')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', '1000001')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', 'true')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', 'null')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', '[5.5]')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', '{}')}]", "number", ["a"], False),
        (f"[{A}, {B.replace('5.5', json.dumps('5.5 m'))}]", "number", ["a"], False),
        (f'[{A}, {{"new_object_id": "b", "x": 1, "z": 1}}]', "number", ["a"], False),
        ('{"a": 1}', "not-a-list", [], False),
        ('"text"', "not-a-list", [], False),
    ],
)
def test_mistakes_are_coded_in_both_modes(
    mode: Any,
    content: str,
    code: str,
    placed: list[str],
    is_complete: bool,
    published_level: Level,
) -> None:
    parsed = parse_answer(tagged(content), SCENE, mode)
    assert codes(parsed)[0] == code or code in codes(parsed)
    assert list(parsed.layout or {}) == placed
    assert list(parsed.spans) == placed
    assert parsed.is_complete is is_complete
    assert parsed.format_level == published_level(tagged(content), 2)


def test_the_first_of_two_entries_and_of_two_fields_is_used() -> None:
    again = A.replace("1", "9")
    for mode in ("lenient", "strict"):
        text = tagged(f"[{A}, {again}, {B}]")
        parsed = parse_answer(text, SCENE, mode)
        assert parsed.layout == BOTH
        assert text[slice(*parsed.spans["a"])] == A
        parsed = parse_answer(tagged(f'[{A[:-1]}, "x": 9, "new_object_id": "b"}}, {B}]'), SCENE, mode)
        assert parsed.layout == BOTH
        assert codes(parsed) == ["duplicate-key"]


def test_a_bad_first_entry_is_not_replaced_by_a_second_one() -> None:
    parsed = parse_answer(tagged(f"[{A.replace('1', 'NaN')}, {A}, {B}]"), SCENE)
    assert list(parsed.layout or {}) == ["b"]
    assert {"number", "duplicate-id"} == set(codes(parsed))


def test_numbers_in_quotes_are_read_in_lenient_only() -> None:
    text = tagged(f"[{A}, {B}]".replace("5.5", '" 5.5 "'))
    assert parse_answer(text, SCENE).layout == BOTH
    strict = parse_answer(text, SCENE, "strict")
    assert list(strict.layout or {}) == ["a"]
    assert codes(strict) == ["number"]


def test_large_but_finite_numbers_are_kept() -> None:
    parsed = parse_answer(tagged(f"[{A.replace('1', '-1e6')}, {B}]"), SCENE)
    assert parsed.layout is not None
    assert parsed.layout["a"].x == -1e6
    assert parsed.is_complete


@pytest.mark.parametrize(
    ("fields", "degrees", "expected_codes"),
    [
        ("", None, []),
        (', "yaw": 90', 90, []),
        (', "yaw": -90', 270, []),
        (', "yaw": 360', 0, []),
        (', "yaw": -1e-20', 0, []),
        (', "z_angle": 90', 270, []),
        (', "z_angle": 0', 0, []),
        (', "yaw": null, "z_angle": 270', 90, []),
        (', "z_angle": 90, "yaw": 10', 10, ["yaw-and-z_angle"]),
    ],
)
def test_yaw_is_read_when_free(fields: str, degrees: float | None, expected_codes: list[str]) -> None:
    text = tagged(f"[{A[:-1]}{fields}}}, {B}]")
    parsed = parse_answer(text, SCENE, yaw="free")
    assert parsed.layout is not None
    assert parsed.layout["a"].yaw == (None if degrees is None else math.radians(degrees))
    assert parsed.layout["b"].yaw is None
    assert codes(parsed) == expected_codes
    fixed = parse_answer(text, SCENE)
    assert fixed.layout == BOTH
    assert fixed.issues == ()


@pytest.mark.parametrize("value", ["NaN", "true", '"north"', "[90]", "1e400"])
def test_a_yaw_that_is_no_number_takes_the_object_out(value: str) -> None:
    text = tagged(f'[{A[:-1]}, "yaw": {value}}}, {B}]')
    parsed = parse_answer(text, SCENE, yaw="free")
    assert list(parsed.layout or {}) == ["b"]
    assert codes(parsed) == ["number"]
    assert parse_answer(text, SCENE).layout == BOTH


def test_the_last_complete_answer_block_counts(published_level: Level) -> None:
    draft = A.replace("1", "9")
    text = f"<think>t</think><answer>[{draft}]</answer> Or rather <answer>[{A}, {B}]</answer><answer>[{draft}"
    assert parse_answer(text, SCENE).layout == BOTH
    text = f"<think>t</think><answer>[{draft}]</answer><answer>[{A}, {B}]</answer>"
    parsed = parse_answer(text, SCENE)
    assert parsed.layout == BOTH
    assert parsed.format_level == published_level(text, 2) == 0.5
    assert codes(parsed) == ["repaired-tags"]
    strict = parse_answer(text, SCENE, "strict")
    assert strict.layout is not None
    assert strict.layout["a"].x == 9


@pytest.mark.parametrize("content", ["", "[]", "no JSON", '[{"new_object_id": "zz"}]'])
def test_what_is_thought_is_not_taken_for_the_answer(content: str) -> None:
    text = f"<think>Maybe ```json\n[{A}, {B}]\n```</think><answer>{content}</answer>"
    for mode in ("lenient", "strict"):
        assert parse_answer(text, SCENE, mode).layout is None
    assert parse_answer(f"<think>[{A}]</think>", SCENE).layout is None


def test_an_answer_cut_off_keeps_its_whole_entries() -> None:
    text = f'<think>t</think><answer>[{A}, {{"new_object_id": "b", "x": 4, "y"'
    parsed = parse_answer(text, SCENE)
    assert list(parsed.layout or {}) == ["a"]
    assert "number" in codes(parsed)


def test_a_missing_brace_does_not_swallow_the_next_entry() -> None:
    parsed = parse_answer(tagged(f"[{A[:-1]}, {B}]"), SCENE)
    assert parsed.layout == BOTH


@pytest.mark.parametrize("text", ["", " ", "hello", "<think></think>", "<answer></answer>", "}{", "\x00", "\ud800"])
def test_texts_without_an_answer(text: str) -> None:
    for mode in ("lenient", "strict"):
        parsed = parse_answer(text, SCENE, mode)
        assert (parsed.layout, parsed.format_level, parsed.is_complete, dict(parsed.spans)) == (None, 0.0, False, {})
        assert codes(parsed) == ["tags"]


@pytest.mark.parametrize("tail", ["0.", "0", "0.5", "-", "tru", '"0.', "'0.", "“0"])
@pytest.mark.parametrize("before", ["", "<answer>", "<think></think><answer>"])
def test_a_number_that_the_end_of_the_text_may_have_cut_places_nothing(before: str, tail: str) -> None:
    parsed = parse_answer(f'{before}[{A}, {{"new_object_id": "b", "x": 4, "y": 5.5, "z": {tail}', SCENE)
    assert list(parsed.layout or {}) == ["a"]
    assert not parsed.is_complete
    assert [(issue.code, issue.object_id) for issue in parsed.issues if not issue.is_repair] == [("number", "b")]


@pytest.mark.parametrize("tail", ["}", " ", "\n", ",", "</answer>"])
def test_a_number_that_something_follows_is_whole(tail: str) -> None:
    text = f'<think></think><answer>[{A}, {{"new_object_id": "b", "x": 4, "y": 5.5, "z": 0.5{tail}'
    parsed = parse_answer(text, SCENE)
    assert parsed.layout == BOTH
    assert parsed.is_complete


def test_no_prefix_of_an_answer_reads_a_wrong_number() -> None:
    for content in (f"[{A}, {B}]", '{"a": [1, 2, 3], "b": [4, 5.5, 0.5]}', '[{"id": "b", "position": [4, 5.5, 0.5]}]'):
        text = f"<think>t</think><answer>{content}</answer>"
        for end in range(len(text)):
            layout = parse_answer(text[:end], SCENE).layout
            assert layout is None or all(layout[i] == BOTH[i] for i in layout), text[:end]


@pytest.mark.parametrize(
    "entry",
    [
        '{"new_object_id": "b", "x": 4, "y": 5.5, "z": 0,4}',
        '{"new_object_id": "b", "x": 4,5, "y": 5, "z": 0}',
        '{"new_object_id": "b", "x": 4, "y": 5, "z": 0,4m}',
        '{"new_object_id": "b", "x": 4, "y": 5, "z": 0 4}',
        '{"new_object_id": "b", "position": {"x": 4, "y": 5, "z": 0,4}}',
        '{"new_object_id": "b", "position": [4, 5, 0,4]}',
        '{"b": {"x": 4, "y": 5, "z": 0,4}}',
        '{"b": [4, 5, 0,4, 90]}',
    ],
)
def test_a_decimal_comma_takes_the_object_out(entry: str) -> None:
    parsed = parse_answer(tagged(f"[{A}, {entry}]"), SCENE)
    assert list(parsed.layout or {}) == ["a"]
    assert not parsed.is_complete
    assert [(issue.code, issue.object_id) for issue in parsed.issues if not issue.is_repair] == [("number", "b")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"a": [1, 2, 3], "b": [4, 5.5, 0.5]}', "repaired-mapping"),
        ('{"a": [1, 2, 3, 90], "b": ["4", 5.5, 0.5, 0]}', "repaired-mapping"),
        ('{"room": [6, 4, 3], "objects": {"a": [1, 2, 3], "b": [4, 5.5, 0.5]}}', "repaired-mapping"),
        ('[{"a": [1, 2, 3]}, {"b": [4, 5.5, 0.5]}]', "repaired-mapping"),
        ('{"a": [{"x": 1, "y": 2, "z": 3}], "b": [{"x": 4, "y": 5.5, "z": 0.5}]}', "repaired-mapping"),
        (f'[{A}, {{"new_object_id": "b", "position": {{"x": 4, "y": 5.5, "z": 0.5}}}}]', "repaired-wrapper"),
        (f'[{A}, {{"new_object_id": "b", "position": [4, 5.5, 0.5], "size": {{"x": 1}}}}]', "repaired-wrapper"),
        ('{"a": {"position": [1, 2, 3]}, "b": {"position": {"x": 4, "y": 5.5, "z": 0.5}}}', "repaired-wrapper"),
    ],
)
def test_other_shapes_that_models_write(content: str, code: str, published_level: Level) -> None:
    text = tagged(content)
    parsed = parse_answer(text, SCENE)
    assert parsed.layout == BOTH
    assert parsed.is_complete
    assert code in codes(parsed)
    assert all(issue.is_repair for issue in parsed.issues)
    assert parsed.format_level == published_level(text, 2)
    assert all(text[start] in "{[" and text[end - 1] in "}]" for start, end in parsed.spans.values())
    assert (parse_answer(text, SCENE, "strict").layout or {}) != BOTH


def test_an_array_gives_the_yaw_and_must_be_whole() -> None:
    parsed = parse_answer(tagged('{"a": [1, 2, 3, 90], "b": [4, 5.5]}'), SCENE, yaw="free")
    assert parsed.layout == Layout((("a", Pose(1, 2, 3, math.radians(90))),))
    assert [(issue.code, issue.object_id) for issue in parsed.issues if not issue.is_repair] == [("number", "b")]


@pytest.mark.parametrize(
    ("fields", "degrees"),
    [
        ('"rotation": {"z_angle": 90}', 270),
        ('"rotation": {"yaw": 90}', 90),
        ('"rotation": {"z_angle": 90}, "yaw": 10', 10),
        ('"rotation": {"x": 90}', None),
        ('"rotation": 90', None),
    ],
)
def test_a_rotation_is_read_when_yaw_is_free(fields: str, degrees: float | None) -> None:
    text = tagged(f"[{A[:-1]}, {fields}}}, {B}]")
    parsed = parse_answer(text, SCENE, yaw="free")
    assert parsed.layout is not None
    assert parsed.layout["a"].yaw == (None if degrees is None else math.radians(degrees))
    assert codes(parsed) == (["repaired-wrapper"] if "{" in fields and degrees not in (None, 10) else [])
    assert parse_answer(text, SCENE).layout == BOTH
    assert parse_answer(text, SCENE).issues == ()
    assert parse_answer(text, SCENE, "strict", yaw="free").issues == ()


@pytest.mark.parametrize(
    "text",
    [
        f"<think>t</think><answer>[{A}, {B}]</answer> I gave <answer>[]</answer> tags",
        f"<think>t</think><answer>[{A}, {B}]</answer><answer></answer>",
        f"<answer>[{A}, {B}]</answer><answer>see above</answer><answer>",
        f'<answer>[{A}, {B}]</answer> as <answer>[{{"new_object_id": "id", "x": 0, "y": 0, "z": 0}}]</answer>',
        f"<think>t</think>[{A}, {B}]<answer></answer>",
        f"[{A}, {B}]\n<answer></answer>",
        f"<think>t</think>In <answer></answer> tags: <answer>[{A}, {B}]",
    ],
)
def test_the_last_block_that_holds_an_entry_counts(text: str, published_level: Level) -> None:
    parsed = parse_answer(text, SCENE)
    assert parsed.layout == BOTH
    assert parsed.is_complete
    assert "repaired-tags" in codes(parsed)
    assert parsed.format_level == published_level(text, 2)


@pytest.mark.parametrize(
    "text",
    [
        f"<think>Maybe <answer>[{A}, {B}]</answer>?</think><answer></answer>",
        f"Maybe <answer>[{A}, {B}]</answer>?</think><answer>[]</answer>",
        f"<think>Maybe [{A}, {B}] <answer>[]</answer>",
        f"<answer></answer><think>Maybe <answer>[{A}, {B}]",
    ],
)
def test_a_block_in_a_thought_does_not_stand_in_for_an_empty_answer(text: str) -> None:
    assert parse_answer(text, SCENE).layout is None


@pytest.mark.parametrize("join", ["\nWait, final:\n", "\n```\nBetter:\n```json\n", " or "])
@pytest.mark.parametrize("shape", ["[{}]", '{{"objects": [{}]}}'])
def test_the_last_whole_list_replaces_a_draft(join: str, shape: str) -> None:
    draft = A.replace("1", "9")
    for first in (f"{draft}, {B}", draft):
        text = tagged(shape.format(first) + join + shape.format(f"{A}, {B}"))
        parsed = parse_answer(text, SCENE)
        assert parsed.layout == BOTH
        assert parsed.is_complete
        assert "repaired-text" in codes(parsed)
        assert all(text.rindex(join) < start for start, _ in parsed.spans.values())
    parsed = parse_answer(tagged(f"[{A}, {B}]{join}[{draft}]"), SCENE)
    assert parsed.layout == BOTH
    assert parsed.is_complete


def test_separate_objects_are_not_lists() -> None:
    one = make_scene("a")
    parsed = parse_answer(tagged(f"{A}\n{A.replace('1', '9')}"), one)
    assert parsed.layout == Layout.from_mapping({"a": (1, 2, 3)})
    assert "duplicate-id" in codes(parsed)


def test_unreadable_json_in_right_tags() -> None:
    for mode in ("lenient", "strict"):
        parsed = parse_answer(tagged("the sofa goes left"), SCENE, mode)
        assert parsed.format_level == 0.1
        assert codes(parsed) == ["json"]


def test_depth_length_and_number_are_capped(published_level: Level) -> None:
    nested = tagged("[" * 5000 + "]" * 5000)
    for mode in ("lenient", "strict"):
        parsed = parse_answer(nested, SCENE, mode)
        assert parsed.format_level == published_level(nested, 2) == 0.1
        assert "too-deep" in codes(parsed)
        deep = tagged(f'[{A[:-1]}, "m": {"[" * 99}{"]" * 99}}}, {B}]')
        parsed = parse_answer(deep, SCENE, mode)
        assert "too-deep" in codes(parsed)
        assert not parsed.is_complete
        many = tagged(f"[{A}, {B}{', {}' * MAX_ENTRIES}]")
        parsed = parse_answer(many, SCENE, mode)
        assert codes(parsed)[0] == "too-many"
        assert parsed.layout == BOTH
        assert not parsed.is_complete
        assert len(parsed.issues) <= MAX_ENTRIES + 1
        long = tagged(f"[{A}, {B}]") + " " * MAX_LENGTH
        parsed = parse_answer(long, SCENE, mode)
        assert codes(parsed)[0] == "too-long"
        assert (parsed.format_level, parsed.is_complete) == (0.0, False)
    assert parse_answer("<think>t</think>" + " " * (MAX_LENGTH - 80) + f"<answer>[{A}]</answer>", SCENE).layout


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    text = tagged(f'[{A[:-1]}, "note": "{"[" * 500}\\""}}, {B}]')
    parsed = parse_answer(text, SCENE)
    assert parsed.layout == BOTH
    assert (parsed.format_level, parsed.issues) == (1.0, ())


def test_ids_that_a_model_makes_up_are_safe_to_record() -> None:
    text = tagged('[{"new_object_id": "\\ud800' + "x" * 500 + '", "x": 1, "y": 1, "z": 1}]')
    issue = parse_answer(text, SCENE).issues[0]
    assert issue.code == "unknown-id"
    assert issue.object_id is not None
    assert len(issue.object_id) <= 80
    assert len(issue.message) < 200
    f"{issue.object_id}{issue.message}".encode()


def test_ids_with_escapes_and_any_script_are_found() -> None:
    scene = make_scene('so"fa', "диван_1", "椅子")
    content = json.dumps([{"new_object_id": i, "x": 1, "y": 1, "z": 1} for i in scene.ids])
    assert parse_answer(tagged(content), scene, "strict").is_complete


def test_a_scene_without_objects() -> None:
    parsed = parse_answer(tagged("[]"), make_scene())
    assert (parsed.layout, parsed.format_level, parsed.is_complete, parsed.issues) == (None, 1.0, True, ())


def test_only_the_callers_own_mistakes_raise() -> None:
    with pytest.raises(InputError, match=r"`mode` is 'Strict'; allowed: 'lenient', 'strict'"):
        parse_answer("", SCENE, "Strict")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"`yaw` is 'none'; allowed"):
        parse_answer("", SCENE, yaw="none")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`text` is NoneType"):
        parse_answer(None, SCENE)  # type: ignore[arg-type]


def test_answers_that_a_real_model_wrote(shared_data: Path) -> None:
    answers = json.loads((shared_data / "real_model_answers.json").read_text())
    levels = []
    for number, answer in enumerate(answers):
        text = answer["answer_text"]
        ids = list(dict.fromkeys(re.findall(r'"new_object_id":\s*"(\w+)"', text)))
        extra = ["chandelier_1"] if number == 2 else []  # the scene had more objects than the answer
        scene = make_scene(*ids, *extra)
        parsed = parse_answer(text, scene)
        levels.append(parsed.format_level)
        assert 0.5 * parsed.format_level == pytest.approx(answer["published_reward"], abs=1e-6)
        assert list(parsed.layout or {}) == ids
        assert parsed.is_complete is (number != 2)
        for object_id, (start, end) in parsed.spans.items():
            entry = json.loads(text[start:end])
            assert entry["new_object_id"] == object_id
            assert start > text.rindex("<answer>")
        strict = parse_answer(text, scene, "strict")
        assert (strict.layout is None) is (parsed.format_level < 0.5)
    assert levels == [0.1, 0.1, 0.5, 0.1]
