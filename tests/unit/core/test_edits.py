"""Each operation, each issue, and what is repaired, by hand; and the shortest way from one layout to another."""

from __future__ import annotations

import json
import math
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.answer import ISSUE_CODES
from spatialenv.core.answer_text import MAX_LENGTH
from spatialenv.core.edits import edits_between, parse_edits, write_edits
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError

SCENE = Scene(
    Room.rectangle(6, 4, 3),
    (
        SceneObject("sofa_1", "sofa", (1.8, 0.9, 0.8), yaw=math.pi / 2),
        SceneObject("desk_1", "desk", (1.2, 0.6, 0.7)),
        SceneObject("lamp_1", "lamp", (0.4, 0.4, 1.6)),
    ),
)
BEFORE = Layout.of({"sofa_1": (1, 2, 0.4), "desk_1": (4, 1, 0.35)})


def read(*operations: Any, **options: Any) -> Any:
    return parse_edits(write_edits(operations), SCENE, BEFORE, **options)


def codes(parsed: Any) -> list[str]:
    return [issue.code for issue in parsed.issues]


@pytest.mark.parametrize(
    ("operation", "places"),
    [
        ({"op": "place", "id": "lamp_1", "x": 5, "y": 3, "z": 0.8}, {"lamp_1": (5, 3, 0.8)}),
        ({"op": "place", "id": "sofa_1", "x": 2, "y": 3, "z": 0.5}, {"sofa_1": (2, 3, 0.5)}),
        ({"op": "move", "id": "sofa_1", "dx": 0.5, "dy": -1, "dz": 0.25}, {"sofa_1": (1.5, 1, 0.65)}),
        ({"op": "move", "id": "sofa_1", "dy": 0.5}, {"sofa_1": (1, 2.5, 0.4)}),
        ({"op": "swap", "id": "sofa_1", "with": "desk_1"}, {"sofa_1": (4, 1, 0.4), "desk_1": (1, 2, 0.35)}),
    ],
)
def test_operations_change_what_they_name(operation: dict[str, Any], places: dict[str, Any]) -> None:
    text = write_edits([operation], think="so")
    parsed = parse_edits(text, SCENE, BEFORE)
    assert dict(parsed.layout or {}) == {**BEFORE, **Layout.of(places)}
    assert parsed.format_level == 1.0
    assert parsed.issues == ()
    assert set(parsed.spans) == set(places)
    for start, end in parsed.spans.values():
        assert json.loads(text[start:end]) == operation
    assert parsed.is_complete == ("lamp_1" in places)
    assert parse_edits(text, SCENE, BEFORE, mode="strict") == parsed


def test_operations_are_made_in_order_and_the_last_span_counts() -> None:
    operations = [
        {"op": "place", "id": "lamp_1", "x": 1, "y": 1, "z": 0.8},
        {"op": "move", "id": "lamp_1", "dx": 1},
        {"op": "swap", "id": "lamp_1", "with": "desk_1"},
        {"op": "move", "id": "desk_1", "dx": 0.5},
        {"op": "submit"},
    ]
    text = write_edits(operations)
    parsed = parse_edits(text, SCENE, BEFORE)
    assert parsed.layout == Layout.of({"sofa_1": (1, 2, 0.4), "desk_1": (2.5, 1, 0.35), "lamp_1": (4, 1, 0.8)})
    assert parsed.is_complete
    assert parsed.is_submitted
    made_by = {object_id: json.loads(text[start:end])["op"] for object_id, (start, end) in parsed.spans.items()}
    assert made_by == {"desk_1": "move", "lamp_1": "swap"}


@pytest.mark.parametrize(
    ("operation", "yaw"),
    [
        ({"op": "rotate", "id": "sofa_1", "yaw": 180}, math.pi),
        ({"op": "rotate", "id": "sofa_1", "yaw": -90}, 1.5 * math.pi),
        ({"op": "rotate", "id": "sofa_1", "z_angle": 90}, 1.5 * math.pi),
        ({"op": "rotate", "id": "sofa_1", "dyaw": 45}, 0.75 * math.pi),  # from the scene's own 90 degrees
        ({"op": "place", "id": "sofa_1", "x": 1, "y": 2, "z": 0.4, "yaw": 30}, math.pi / 6),
    ],
)
def test_free_yaws_turn(operation: dict[str, Any], yaw: float) -> None:
    parsed = read(operation, yaw="free")
    pose = parsed.layout["sofa_1"]
    assert (pose.x, pose.y, pose.z, pose.yaw) == (1, 2, 0.4, pytest.approx(yaw))
    assert parsed.issues == ()


def test_a_turned_object_keeps_its_yaw_when_placed_or_moved() -> None:
    operations = (
        {"op": "rotate", "id": "desk_1", "yaw": 90},
        {"op": "place", "id": "desk_1", "x": 3, "y": 3, "z": 0.35},
        {"op": "move", "id": "desk_1", "dx": 1},
        {"op": "rotate", "id": "desk_1", "dyaw": 30},
    )
    pose = read(*operations, yaw="free").layout["desk_1"]
    assert (pose.x, pose.y, pose.z, pose.yaw) == (4, 3, 0.35, pytest.approx(math.radians(120)))


REFUSED = [
    ("unknown-op", {"op": "delete", "id": "sofa_1"}),
    ("unknown-op", {"op": None, "id": "sofa_1"}),
    ("unknown-op", {"id": "sofa_1"}),
    ("op-fields", {"op": "place", "id": "lamp_1", "x": 1, "y": 1}),
    ("op-fields", {"op": "place", "id": "lamp_1", "x": 1, "y": 1, "z": math.nan}),
    ("op-fields", {"op": "place", "id": "lamp_1", "x": 1, "y": 1, "z": 1e7}),
    ("op-fields", {"op": "place", "id": "lamp_1", "x": True, "y": 1, "z": 1}),
    ("op-fields", {"op": "place", "x": 1, "y": 1, "z": 1}),
    ("op-fields", {"op": "move", "id": "sofa_1"}),
    ("op-fields", {"op": "move", "id": "sofa_1", "dx": math.inf}),
    ("op-fields", {"op": "move", "id": "sofa_1", "dx": "far"}),
    ("op-fields", {"op": "swap", "id": "sofa_1"}),
    ("op-fields", {"op": "swap", "id": "sofa_1", "with": "sofa_1"}),
    ("unknown-id", {"op": "move", "id": "sofa_2", "dx": 1}),
    ("unknown-id", {"op": "swap", "id": "sofa_1", "with": "sofa_2"}),
    ("not-placed", {"op": "move", "id": "lamp_1", "dx": 1}),
    ("not-placed", {"op": "swap", "id": "sofa_1", "with": "lamp_1"}),
    ("yaw-fixed", {"op": "rotate", "id": "sofa_1", "yaw": 90}),
    ("entry", "move sofa_1"),
]


@pytest.mark.parametrize(("code", "operation"), REFUSED)
def test_what_cannot_be_made_is_passed_over(code: str, operation: Any) -> None:
    good = {"op": "place", "id": "lamp_1", "x": 5, "y": 3, "z": 0.8}
    text = f"<think></think><answer>{json.dumps([operation, good])}</answer>"
    parsed = parse_edits(text, SCENE, BEFORE)
    assert codes(parsed) == [code]
    assert parsed.layout == Layout.of({**BEFORE, "lamp_1": (5, 3, 0.8)})
    assert parsed.format_level == 0.5
    assert not parsed.is_complete
    alone = parse_edits(f"<think></think><answer>{json.dumps([operation])}</answer>", SCENE, BEFORE, mode="strict")
    assert alone.layout is None
    assert code in codes(alone)
    assert alone.format_level == 0.5


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        ("op-fields", {"op": "rotate", "id": "sofa_1"}),
        ("op-fields", {"op": "rotate", "id": "sofa_1", "yaw": 1, "dyaw": 2}),
        ("op-fields", {"op": "rotate", "id": "sofa_1", "yaw": math.nan}),
        ("op-fields", {"op": "place", "id": "sofa_1", "x": 1, "y": 1, "z": 1, "yaw": "north"}),
        ("not-placed", {"op": "rotate", "id": "lamp_1", "dyaw": 2}),
    ],
)
def test_turns_that_cannot_be_made(code: str, operation: dict[str, Any]) -> None:
    parsed = read(operation, yaw="free")
    assert (codes(parsed), parsed.layout) == ([code], None)


def test_both_angles_leave_an_issue_and_yaw_counts() -> None:
    parsed = read({"op": "rotate", "id": "sofa_1", "yaw": 180, "z_angle": 90}, yaw="free")
    assert codes(parsed) == ["yaw-and-z_angle"]
    assert parsed.layout["sofa_1"].yaw == pytest.approx(math.pi)


def test_nothing_is_done_after_submit() -> None:
    parsed = read({"op": "submit"}, {"op": "move", "id": "sofa_1", "dx": 1})
    assert codes(parsed) == ["after-submit"]
    assert (parsed.layout, parsed.is_submitted, parsed.format_level) == (BEFORE, True, 0.5)


def test_an_empty_list_changes_nothing() -> None:
    parsed = read()
    assert (parsed.layout, parsed.format_level, parsed.issues, parsed.is_submitted) == (BEFORE, 1.0, (), False)
    assert not parsed.is_complete
    whole = Layout.of({**BEFORE, "lamp_1": (5, 3, 0.8)})
    assert parse_edits(write_edits([]), SCENE, whole).is_complete
    assert parse_edits("<answer>```json\n[]\n```</answer>", SCENE, whole).layout == whole
    assert parse_edits("I see nothing [] wrong", SCENE, whole).layout is None


MOVE = '{"op": "move", "id": "sofa_1", "dx": 1}'
MOVED = {**BEFORE, "sofa_1": Pose(2, 2, 0.4)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"[{MOVE}]", "repaired-tags"),
        (f"<answer>[{MOVE}]", "repaired-tags"),
        (f"<think>[{MOVE}, {MOVE}]</think><answer>[{MOVE}]</answer> done", "repaired-tags"),
        (f"<think></think><answer>```json\n[{MOVE}]\n```</answer>", "repaired-fence"),
        (f"<think></think><answer>[{MOVE},]</answer>", "repaired-comma"),
        (f"<think></think><answer>{MOVE}</answer>", "repaired-brackets"),
        (f"<think></think><answer>[[{MOVE}]]</answer>", "repaired-brackets"),
        (f"<think></think><answer>[{MOVE}</answer>", "repaired-brackets"),
        (f'<think></think><answer>{{"edits": [{MOVE}]}}</answer>', "repaired-wrapper"),
        (f"<think></think><answer>{MOVE.replace(chr(34), chr(39))}</answer>", "repaired-quotes"),
        (f"<think></think><answer>First [{MOVE}, {MOVE}], better: [{MOVE}]</answer>", "repaired-text"),
        ('<think></think><answer>[{"op": "move", "id": "sofa_1", "dx": "1"}]</answer>', "repaired-number"),
        ('<think></think><answer>[{"op": "move", "object_id": "sofa_1", "dx": 1}]</answer>', "repaired-id"),
        ('<think></think><answer>[{"op": "move", "new_object_id": "sofa_1", "dx": 1}]</answer>', "repaired-id"),
        ('<think></think><answer>[{"op": "Move", "id": "sofa_1", "dx": 1}]</answer>', "repaired-op"),
        ('<think></think><answer>[{"action": "move", "id": "sofa_1", "dx": 1}]</answer>', "repaired-op"),
        ('<think></think><answer>[{"id": "sofa_1", "dx": 1}]</answer>', "repaired-op"),
        ('<think></think><answer>[{"op": "move", "id": "sofa_1", "x": 2}]</answer>', "repaired-op"),
        ('<think></think><answer>[{"id": "sofa_1", "x": 2, "y": 2, "z": 0.4}]</answer>', "repaired-op"),
        (
            '<think></think><answer>[{"op": "place", "id": "sofa_1", "position": {"x": 2, "y": 2, "z": 0.4}}]</answer>',
            "repaired-wrapper",
        ),
        (
            '<think></think><answer>[{"op": "place", "id": "sofa_1", "position": [2, 2, 0.4]}]</answer>',
            "repaired-wrapper",
        ),
    ],
)
def test_what_models_write_is_repaired_and_strictly_refused(text: str, code: str) -> None:
    parsed = parse_edits(text, SCENE, BEFORE)
    assert dict(parsed.layout or {}) == MOVED
    assert code in codes(parsed)
    assert all(issue.is_repair for issue in parsed.issues)
    strict = parse_edits(text, SCENE, BEFORE, mode="strict")
    assert strict.layout is None
    assert strict.format_level < 1.0


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("", 0.0, "tags"),
        ("I would move the sofa.", 0.0, "tags"),
        ("<think></think><answer>move sofa_1</answer>", 0.1, "json"),
        ("<think></think><answer>[[[</answer>", 0.1, "json"),
        ('<think></think><answer>"submit"</answer>', 0.5, "not-a-list"),
        ("<think></think><answer>[1, 2]</answer>", 0.5, "not-a-list"),
        ("<think></think><answer>" + "[" * 200 + "]" * 200 + "</answer>", 0.1, "too-deep"),
        ("x" * (MAX_LENGTH + 1), 0.0, "too-long"),
    ],
)
def test_nothing_to_use(text: str, level: float, code: str) -> None:
    parsed = parse_edits(text, SCENE, BEFORE)
    assert (parsed.layout, parsed.format_level, parsed.spans) == (None, level, {})
    assert code in codes(parsed)


def test_many_moves_stay_finite_and_are_capped() -> None:
    parsed = read(*[{"op": "move", "id": "sofa_1", "dx": 400_000}] * 1500)
    assert parsed.layout["sofa_1"].x == 800_001
    assert codes(parsed)[0] == "too-many"
    assert codes(parsed).count("op-fields") == 998
    assert not parsed.is_complete


def test_callers_mistakes_raise() -> None:
    for arguments, options in [
        ((None, SCENE, BEFORE), {}),
        (("", SCENE, {}), {}),
        (("", SCENE, BEFORE), {"mode": "exact"}),
        (("", SCENE, BEFORE), {"yaw": "any"}),
    ]:
        with pytest.raises(InputError):
            parse_edits(*arguments, **options)  # type: ignore[arg-type]


def test_few_operations_lead_from_one_layout_to_another() -> None:
    before = Layout.of({"sofa_1": (1, 2, 0.4), "desk_1": (4, 1, 0.35), "lamp_1": (5, 3, 0.8)})
    around = Layout.of({"sofa_1": (4, 1, 0.4), "desk_1": (5, 3, 0.35), "lamp_1": (1, 2, 0.8)})
    assert edits_between(before, before) == ()
    assert edits_between(before, around) == (
        {"op": "swap", "id": "sofa_1", "with": "desk_1"},
        {"op": "swap", "id": "desk_1", "with": "lamp_1"},
    )
    assert edits_between(BEFORE, before) == ({"op": "place", "id": "lamp_1", "x": 5.0, "y": 3.0, "z": 0.8},)
    turned = Layout.of({**before, "sofa_1": (1, 2, 0.4, math.pi)})
    assert edits_between(before, turned) == ({"op": "rotate", "id": "sofa_1", "yaw": 180.0},)
    with pytest.raises(InputError, match="lamp_1"):
        edits_between(before, BEFORE)


NUMBERS = st.floats(-10, 10) | st.sampled_from([0.1, 0.2, 0.7, 1.0, 2.5])
POSES = st.builds(Pose, NUMBERS, NUMBERS, NUMBERS, st.none() | st.floats(0, 6.28))


@st.composite
def two_layouts(draw: st.DrawFn) -> tuple[Layout, Layout]:
    before = {object_id: draw(POSES) for object_id in SCENE.ids if draw(st.booleans())}
    after = {object_id: draw(POSES) for object_id in SCENE.ids if object_id in before or draw(st.booleans())}
    places = draw(st.permutations(list(before)))
    if draw(st.booleans()):  # objects exchange places
        for object_id, other in zip(before, places, strict=True):
            old, there = before[object_id], before[other]
            after[object_id] = Pose(there.x, there.y, old.z, old.yaw)
    return Layout.from_mapping(before), Layout.from_mapping(after)


@given(two_layouts())
def test_the_operations_between_two_layouts_lead_from_one_to_the_other(layouts: tuple[Layout, Layout]) -> None:
    before, after = layouts
    operations = edits_between(before, after)
    assert len(operations) <= len(after)
    parsed = parse_edits(write_edits(operations), SCENE, before, mode="strict", yaw="free")
    assert parsed.issues == ()
    assert parsed.is_complete == (len(after) == len(SCENE.objects))
    found = parsed.layout or Layout()
    assert set(found) == set(after)
    for object_id, pose in after.items():
        made = found[object_id]
        assert (made.x, made.y, made.z) == (pose.x, pose.y, pose.z)
        if pose.yaw is not None:
            assert math.cos(made.yaw - pose.yaw) == pytest.approx(1)  # type: ignore[operator]


ATOMS = ["<think>", "</think>", "<answer>", "</answer>", "[", "]", "{", "}", ",", ":", '"', "'", "```", '"op"', "NaN"]
ATOMS += ['"id"', '"sofa_1"', '"move"', '"swap"', '"with"', '"dx"', "1e999", "-1", MOVE, '{"op": "submit"}', "\n", "é"]


@given(
    st.text(max_size=200) | st.lists(st.sampled_from(ATOMS), max_size=40).map("".join),
    st.sampled_from(["fixed", "free"]),
)
def test_any_text_gives_an_answer(text: str, yaw: Any) -> None:
    for mode in ("lenient", "strict"):
        parsed = parse_edits(text, SCENE, BEFORE, mode=mode, yaw=yaw)
        assert parsed.format_level in (0.0, 0.1, 0.5, 1.0)
        assert all(issue.code in ISSUE_CODES for issue in parsed.issues)
        if parsed.layout is None:
            assert not parsed.is_submitted
            assert not parsed.is_complete
        for start, end in parsed.spans.values():
            assert text[start] == "{"
            assert 0 <= start < end <= len(text)


@given(st.integers(0, 300), st.integers(0, 300), st.text(max_size=4))
def test_damaged_answers_give_an_answer(start: int, length: int, put: str) -> None:
    text = write_edits([json.loads(MOVE), {"op": "place", "id": "lamp_1", "x": 5, "y": 3, "z": 0.8}, {"op": "submit"}])
    parsed = parse_edits(text[:start] + put + text[start + length :], SCENE, BEFORE)
    for pose in (parsed.layout or {}).values():
        assert max(abs(pose.x), abs(pose.y), abs(pose.z)) <= 1e6


PIECES = [
    *ATOMS,
    "\\",
    "“",
    "\ud83d",
    "\u0000",
    "9" * 400,
    "[" * 150,
    "null",
    '"op": "place"',
    '"x": 1',
    '"yaw": 90',
    "-",
]
WHOLE = write_edits(
    [
        {"op": "swap", "id": "sofa_1", "with": "desk_1"},
        {"op": "place", "id": "lamp_1", "x": 5, "y": 3, "z": 0.8, "yaw": 30},
        {"op": "rotate", "id": "desk_1", "dyaw": 90},
        {"op": "move", "id": "sofa_1", "dx": 1, "dz": -0.5},
        {"op": "submit"},
    ]
)


def mutated(rng: random.Random) -> str:
    text = WHOLE
    for _ in range(rng.randrange(1, 6)):
        at, other = rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)
        kind = rng.random()
        if kind < 0.4:
            text = text[:at] + text[at + rng.randrange(1, 10) :]
        elif kind < 0.8:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        else:
            text = text[:at] + text[min(at, other) : max(at, other)] + text[at:]
    return text


def test_ten_thousand_mutated_texts_never_raise() -> None:
    rng = random.Random(7)
    usable = 0
    for number in range(10_000):
        text = mutated(rng)
        mode, yaw = ("lenient", "strict")[number % 3 == 0], ("fixed", "free")[number % 2]
        parsed = parse_edits(text, SCENE, BEFORE, mode, yaw)  # type: ignore[arg-type]
        assert {issue.code for issue in parsed.issues} <= ISSUE_CODES.keys()
        assert set(parsed.spans) <= set(parsed.layout or ())
        for start, end in parsed.spans.values():
            assert text[start] == "{"
            assert start < end <= len(text)
        layout = parsed.layout or Layout()
        assert all(abs(value) <= 1e6 for pose in layout.values() for value in (pose.x, pose.y, pose.z))
        changed = {name for name, pose in layout.items() if pose != BEFORE.get(name)}
        assert changed <= set(parsed.spans)
        assert not parsed.is_complete or set(layout) == set(SCENE.ids)
        assert parsed.layout is not None or parsed.issues
        usable += parsed.layout is not None
    assert 4_000 < usable < 9_900


@pytest.mark.parametrize(
    "piece", ["<answer>[]</answer>", "[", '{"op":', MOVE, '\\"', '[{"op": "submit"}]', "{'op' 'x'"]
)
def test_long_texts_take_no_more_than_linear_time(piece: str) -> None:
    """The limit is far above what is needed and far below what more than linear time would take."""
    for before in ("", "<think></think><answer>["):
        start = time.process_time()
        parse_edits((before + piece * (MAX_LENGTH // len(piece)))[:MAX_LENGTH], SCENE, BEFORE)
        assert time.process_time() - start < 30
