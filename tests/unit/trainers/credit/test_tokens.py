"""Token by token: which tokens of an answer carry which advantage."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.edits import parse_edits
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import write_answer
from spatialenv.trainers.credit import TurnCredit, token_advantages
from spatialenv.trainers.credit.tokens import number_spans

IDS = ("side_table_2", "3", "bed_10", "x")
SCENE = Scene(Room.rectangle(6, 4, 3), tuple(SceneObject(name, "box", (0.5, 0.5, 0.5)) for name in IDS))
CREDIT = TurnCredit({name: 10.0 + index for index, name in enumerate(IDS)}, -1.0, scope="numbers")


def characters(text: str) -> list[tuple[int, int]]:
    return [(index, index + 1) for index in range(len(text))]


def painted(text: str, yaw: str = "fixed") -> str:
    """The answer with every character that carries an object's credit replaced by its letter."""
    spans = parse_answer(text, SCENE, yaw=yaw).spans
    values = token_advantages(characters(text), text, spans, CREDIT)
    letters = {10.0: "A", 11.0: "B", 12.0: "C", 13.0: "D"}
    return "".join(letters.get(value, character) for character, value in zip(text, values, strict=True))


def test_only_the_numbers_that_place_an_object_carry_its_credit():
    records = [{"new_object_id": name, "x": 1.25, "y": 0.5, "z": 10.0} for name in IDS]
    text = f"<think>5 boxes, x: 3</think><answer>{json.dumps(records)}</answer>"
    expected = text
    for name, letter in zip(IDS, "ABCD", strict=True):
        head = f'{{"new_object_id": "{name}", '
        numbers = '"x": 1.25, "y": 0.5, "z": 10.0'
        marked = f'"x": {letter * 4}, "y": {letter * 3}, "z": {letter * 4}'
        expected = expected.replace(head + numbers, head + marked)
    assert painted(text) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('{"new_object_id": "3", "x": -1e0, "y": +.5, "z": 2}', '{"new_object_id": "3", "x": BBBB, "y": BBB, "z": B}'),
        ('{"new_object_id":"3","x":1,"y":2,"z":0.5}', '{"new_object_id":"3","x":B,"y":B,"z":BBB}'),
        ('{"new_object_id": "3", "x": "1", "y": 2, "z": 3}', '{"new_object_id": "3", "x": "B", "y": B, "z": B}'),
        (
            '{"new_object_id": "3", "size": 9, "x": 1, "y": 2, "z": 3, "z_angle": 90}',
            '{"new_object_id": "3", "size": 9, "x": B, "y": B, "z": B, "z_angle": BB}',
        ),
        ("{'new_object_id': '3', 'x': 1, 'y': 2, 'z': 3}", "{'new_object_id': '3', 'x': B, 'y': B, 'z': B}"),
        ('{"3": {"x": 1, "y": 2, "z": 3}}', '{"3": {"x": B, "y": B, "z": B}}'),
        ("no answer, x: 3", "no answer, x: 3"),
    ],
)
def test_numbers_are_found_as_models_write_them(entry, expected):
    assert painted(entry) == expected


def test_an_object_without_credit_keeps_the_structural_advantage():
    text = '[{"new_object_id": "3", "x": 1, "y": 2, "z": 3}]'
    spans = parse_answer(text, SCENE).spans
    assert set(token_advantages(characters(text), text, spans, TurnCredit({}, 0.5))) == {0.5}


def test_the_second_entry_of_an_id_placed_nothing_and_gets_no_credit():
    text = '[{"new_object_id": "x", "x": 1, "y": 2, "z": 3}, {"new_object_id": "x", "x": 7, "y": 8, "z": 9}]'
    assert painted(text) == text.replace('1, "y": 2, "z": 3', 'D, "y": D, "z": D')


def test_a_token_that_holds_a_part_of_a_number_counts_as_a_number():
    text = '[{"new_object_id": "3", "x": 1.25, "y": 2, "z": 3}]'
    start = text.index(": 1.25")
    spans = [(0, start), (start, start + 3), (start + 3, start + 5), (start + 5, len(text)), (len(text), len(text))]
    values = token_advantages(spans, text, parse_answer(text, SCENE).spans, CREDIT)
    assert values == [-1.0, 11.0, 11.0, 11.0, -1.0]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=80))
def test_any_cut_into_tokens_gives_each_token_the_credit_of_what_it_overlaps(lengths):
    text = write_answer({name: Pose(1.5, 2.0, 0.25) for name in IDS})
    ends = [0]
    for length in lengths:
        ends.append(min(ends[-1] + length, len(text)))
    spans = list(pairwise(ends))
    object_spans = parse_answer(text, SCENE).spans
    by_character = token_advantages(characters(text), text, object_spans, CREDIT)
    for (start, end), value in zip(spans, token_advantages(spans, text, object_spans, CREDIT), strict=True):
        covered = set(by_character[start:end]) - {-1.0}
        assert (value in covered) if covered else (value == -1.0)


def test_numbers_of_written_answers_are_those_of_the_first_release():
    pattern = re.compile(r"""\b(?:x|y|z|yaw|z_angle)\b\s*["'”]?\s*:\s*["'“]?\s*([+-]?\.?\d[\d.eE+-]*)""")
    text = write_answer({name: Pose(1.5, -2.0, 0.25, 1.0) for name in IDS})
    for span in parse_answer(text, SCENE).spans.values():
        found = list(number_spans(text, span))
        assert found == [match.span(1) for match in pattern.finditer(text, *span)]
        assert len(found) == 4


# --- whole entries ----------------------------------------------------------------------------------

WHOLE = TurnCredit(CREDIT.numbers, CREDIT.other)
LETTERS = {10.0: "A", 11.0: "B", 12.0: "C", 13.0: "D"}


def outlined(text: str, spans: dict[str, tuple[int, int]], credit: TurnCredit = WHOLE) -> str:
    """The answer with every character that carries an object's credit replaced by its letter."""
    values = token_advantages(characters(text), text, spans, credit)
    return "".join(LETTERS.get(value, character) for character, value in zip(text, values, strict=True))


def test_an_entry_carries_its_objects_credit_from_brace_to_brace():
    first, second = '{"new_object_id": "3", "x": 1, "y": 2, "z": 3}', '{"new_object_id": "x", "x": 4, "y": 5, "z": 6}'
    text = f"<think>{first}</think><answer>[{first}, {second}]</answer>"
    wanted = f"<think>{first}</think><answer>[{'B' * len(first)}, {'D' * len(second)}]</answer>"
    assert outlined(text, parse_answer(text, SCENE).spans) == wanted


@pytest.mark.parametrize(
    ("entry", "around"),
    [
        ('{"new_object_id": "3", "position": {"x": 1, "y": 2, "z": 3}}', "[{}]"),
        ('{"new_object_id": "3", "size": [1, 2], "position": [1, 2, 3], "rotation": {"yaw": 90}}', "[{}]"),
        ('{"new_object_id": "3", "note": "Sofa für zwei, 沙发 🛋", "x": 1, "y": 2, "z": 3}', "schön: <answer>[{}]"),
        ("{'new_object_id': '3', 'x': 1, 'y': 2, 'z': 3,}", "```json\n[{},]\n```"),
        ('{"new_object_id": "3", "x": "1", "y": 2, "z": 3}', "{}"),
        ('{"x": 1, "y": 2, "z": 3}', '{{"3": {}}}'),
        ("[1, 2, 3]", '{{"3": {}}}'),
        ('{"object_id": "3", "x": 1, "y": 2, "z": 3}', 'I think {{x: 3}} <answer>{{"objects": [{}]}}'),
    ],
)
def test_entries_are_found_where_they_stand_in_the_text_as_written(entry, around):
    text = around.format(entry)
    assert outlined(text, parse_answer(text, SCENE).spans) == around.format("B" * len(entry))


@pytest.mark.parametrize(
    ("entry", "numbers"),
    [
        ('{"new_object_id": "3", "size": [7, 8], "position": [1, 2.5, -3]}', ["1", "2.5", "-3"]),
        ('{"new_object_id": "3", "position": {"x": 1, "y": 2, "z": 3}}', ["1", "2", "3"]),
        ("[1, 2.5, 3, 90]", ["1", "2.5", "3", "90"]),
        ('{"new_object_id": "x: 3", "x": "1", "y": .5, "z": +2}', ["1", ".5", "+2"]),
        ('{"id": "x_1", "note": "z: 4", "max": 3, "x": 1}', ["1"]),
        ("{“id”: “it's”, “x”: 1, y: 2}", ["1", "2"]),
        ('{"op": "move", "id": "3", "dx": 0.5, "dy": -1e-1}', ["0.5", "-1e-1"]),
        ('{"op": "rotate", "id": "3", "dyaw": 45}', ["45"]),
        ('{"op": "swap", "id": "3", "with": "x"}', []),
    ],
)
def test_numbers_that_place_an_object(entry, numbers):
    text = f"x: 9 {entry} y: 9"
    start = text.index(entry)
    assert [text[slice(*span)] for span in number_spans(text, (start, start + len(entry)))] == numbers


def test_a_missing_or_repeated_entry_of_an_id_carries_the_rest_of_the_answers_credit():
    kept = '{"new_object_id": "x", "x": 1, "y": 2, "z": 3}'
    text = f'[{kept}, {{"new_object_id": "x", "x": 7, "y": 8, "z": 9}}, {{"new_object_id": "3", "x": 7}}]'
    assert outlined(text, parse_answer(text, SCENE).spans) == text.replace(kept, "D" * len(kept))


def test_a_token_of_two_entries_carries_their_mean_by_characters():
    one, two = '{"new_object_id": "3", "x": 1, "y": 2, "z": 3}', '{"new_object_id": "x", "x": 4, "y": 5, "z": 6}'
    text = f"[{one},{two}]"
    border = 1 + len(one)
    tokens = [
        (0, 3),
        (border - 1, border + 2),
        (border - 2, border + 2),
        (border - 1, border + 1),
        (border, border + 1),
    ]
    values = token_advantages(tokens, text, parse_answer(text, SCENE).spans, WHOLE)
    assert values == pytest.approx([11.0, 12.0, (2 * 11 + 13) / 3, 11.0, -1.0])


def test_a_token_without_characters_counts_as_where_it_stands():
    text = '[{"new_object_id": "3", "note": "🛋", "x": 1, "y": 2, "z": 3}]'
    couch, last = text.index("🛋"), len(text) - 1
    tokens = [(0, 0), (1, 1), (couch, couch), (couch, couch), (couch, couch + 1), (last, last), (last + 1, last + 1)]
    values = token_advantages(tokens, text, parse_answer(text, SCENE).spans, WHOLE)
    assert values == [-1.0, -1.0, 11.0, 11.0, 11.0, -1.0, -1.0]


def test_the_last_edit_of_an_object_carries_its_credit_and_a_swap_that_of_both():
    layout = Layout.of({name: (1.0 + index, 1.0, 0.25) for index, name in enumerate(IDS)})
    edits = [
        '{"op": "move", "id": "3", "dx": 0.5}',
        '{"op": "move", "id": "3", "dx": 0.25}',
        '{"op": "swap", "id": "x", "with": "bed_10"}',
        '{"op": "submit"}',
    ]
    text = f"<answer>[{', '.join(edits)}]</answer>"
    spans = parse_edits(text, SCENE, layout).spans
    whole = token_advantages([(text.index(edit), text.index(edit) + len(edit)) for edit in edits], text, spans, WHOLE)
    assert whole == pytest.approx([-1.0, 11.0, 12.5, -1.0])
    numbers = [(text.index(number), text.index(number) + len(number)) for number in ("0.5", "0.25")]
    assert token_advantages(numbers, text, spans, WHOLE, scope="numbers") == [-1.0, 11.0]
    swap = (text.index(edits[2]), text.index(edits[2]) + len(edits[2]))
    assert token_advantages([swap], text, spans, CREDIT) == [-1.0]


@given(st.data())
def test_tokens_equal_a_second_reading_character_by_character(data):
    text = data.draw(st.text("ab1{}[]:, é沙", max_size=30))
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(lambda pair: tuple(sorted(pair)))
    object_spans = data.draw(st.dictionaries(st.sampled_from(IDS), places))
    tokens = data.draw(st.lists(places, max_size=12))
    credit = TurnCredit(data.draw(st.dictionaries(st.sampled_from(IDS), st.floats(-5, 5))), -1.0)
    held = [
        [
            credit.numbers[name]
            for name, (start, end) in object_spans.items()
            if name in credit.numbers and start <= i < end
        ]
        for i in range(len(text))
    ]
    values = token_advantages(tokens, text, object_spans, credit)
    assert len(values) == len(tokens)
    for (start, end), value in zip(tokens, values, strict=True):
        carried = [each for character in held[start:end] for each in character]
        if start == end:
            around = [name for name, (first, last) in object_spans.items() if first < start < last]
            carried = [credit.numbers[name] for name in around if name in credit.numbers]
        assert value == pytest.approx(sum(carried) / len(carried) if carried else -1.0)


@given(st.text(max_size=60))
def test_any_text_has_numbers_within_it(text):
    for start, end in number_spans(text, (0, len(text))):
        assert 0 <= start < end <= len(text)
        assert any(character.isdigit() for character in text[start:end])
