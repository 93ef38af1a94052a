"""Advantages by hand, against a plain second reading of the definition, and token by token."""

from __future__ import annotations

import json
import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.layout import Pose
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import write_answer
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.trainers.credit import CreditConfig, TurnCredit, TurnScores, token_advantages, assign_credit

CONFIG = CreditConfig(level="parts")


def formed(valid: bool = False, **objects: float) -> TurnScores:
    return TurnScores(True, valid, objects)


MALFORMED = TurnScores(False, False, {"a": 9.0, "b": 9.0})


def test_each_object_has_its_own_baseline():
    episodes = [[formed(True, a=1.0, b=0.25)], [formed(False, a=0.0, b=0.25)]]
    first, second = assign_credit(episodes, 2, CONFIG)
    # centred scores: a +-0.5, b 0; their deviation over the batch is sqrt(0.5 / 4); that of validity is 0.5
    assert first[0].numbers == pytest.approx({"a": 0.5 / math.sqrt(0.125) + 0.5, "b": 0.5})
    assert second[0].numbers == pytest.approx({"a": -0.5 / math.sqrt(0.125) - 0.5, "b": -0.5})
    assert first[0].other == second[0].other == 0.5


def test_answers_that_are_not_well_formed_count_in_the_format_term_only():
    episodes = [[formed(a=1.0)], [formed(a=0.0)], [formed(a=0.5)], [MALFORMED]]
    credits = [credit for (credit,) in assign_credit(episodes, 4, CONFIG)]
    deviation = math.sqrt(0.5 / 3)
    assert [credit.other for credit in credits] == pytest.approx([0.75, 0.75, 0.75, -0.75])
    assert [credit.numbers.get("a") for credit in credits[:3]] == pytest.approx(
        [0.25 + 0.5 / deviation, 0.25 - 0.5 / deviation, 0.25]
    )
    assert credits[3].numbers == {}


def test_the_second_turn_is_not_paid_for_what_the_first_explains():
    first, second = [1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.6, 0.4]
    episodes = [[formed(a=one), formed(a=two)] for one, two in zip(first, second, strict=True)]
    credits = assign_credit(episodes, 4, CONFIG)
    # slope (0.25 + 0.25 + 0.05 + 0.05) / 1 = 0.6; what is left is +-0.2, divided by the floor of 0.25
    assert [row[1].numbers["a"] for row in credits] == pytest.approx([0.8, -0.8, -0.8, 0.8])
    assert [row[0].numbers["a"] for row in credits] == pytest.approx([1.0, -1.0, 1.0, -1.0])


def test_small_differences_are_divided_by_the_floor():
    episodes = [[formed(a=0.51)], [formed(a=0.49)]]
    (high,), (low,) = assign_credit(episodes, 2, CreditConfig(level="parts", floor=0.5, anchor=0.0))
    assert (high.numbers["a"], low.numbers["a"]) == pytest.approx((0.02, -0.02))
    assert high.other == 0.0


def test_groups_do_not_share_baselines_or_ids():
    episodes = [[formed(a=5.0)], [formed(a=5.0)], [formed(b=1.0, c=2.0)], [formed(b=1.0, c=2.0)]]
    credits = assign_credit(episodes, 2, CONFIG)
    assert [dict(row[0].numbers) for row in credits] == [
        {"a": 0.0},
        {"a": 0.0},
        {"b": 0.0, "c": 0.0},
        {"b": 0.0, "c": 0.0},
    ]


def test_episodes_may_end_early_or_have_failed():
    episodes = [[formed(a=1.0)], [formed(a=0.0), formed(a=1.0)], [formed(a=0.0), formed(a=0.0)], []]
    credits = assign_credit(episodes, 4, CONFIG)
    assert [len(row) for row in credits] == [1, 2, 2, 0]
    # the failed episode is in no mean: all others are well-formed, so that format moves nothing
    assert {credit.other for row in credits for credit in row} == {0.5}
    assert sum(row[0].numbers["a"] for row in credits[:3]) == pytest.approx(0.0)


def test_no_episodes_give_no_credits():
    assert assign_credit([], 4, CONFIG) == []


def test_whole_groups_are_asked_for():
    with pytest.raises(InputError, match="3 episodes do not fill groups of 2"):
        assign_credit([[], [], []], 2, CONFIG)


def test_configuration_is_checked():
    with pytest.raises(UnknownNameError, match="objet"):
        CreditConfig(level="objet")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="floor"):
        CreditConfig(floor=0.0)
    assert CreditConfig(level="trajectory").level == "trajectory"


# --- a second reading of the definition -----------------------------------------------------------


def reference(episodes, group_size, config):
    """The docstring's formula with loops and dicts."""

    def groups():
        return [range(start, start + group_size) for start in range(0, len(episodes), group_size)]

    def centre(values):  # {(row, key): value} -> the same, less the mean of the group and key
        out = {}
        for rows in groups():
            for key in {key for row, key in values if row in rows}:
                there = [row for row in rows if (row, key) in values]
                mean = statistics.fmean(values[row, key] for row in there)
                out.update({(row, key): values[row, key] - mean for row in there})
        return out

    def scaled(values, before):
        power = sum(before[cell] ** 2 for cell in values if cell in before)
        slope = sum(before[cell] * values[cell] for cell in values if cell in before) / power if power > 1e-6 else 0.0
        left = {cell: value - slope * before.get(cell, 0.0) for cell, value in values.items()}
        deviation = statistics.pstdev(left.values()) if left else 0.0
        return {cell: value / max(deviation, config.floor) for cell, value in left.items()}

    result = [[] for _ in episodes]
    scores_before, valid_before = {}, {}
    for turn in range(max((len(episode) for episode in episodes), default=0)):
        played = {row: episode[turn] for row, episode in enumerate(episodes) if turn < len(episode)}
        good = {row: scores for row, scores in played.items() if scores.is_well_formed}
        form = centre({(row, ""): float(scores.is_well_formed) for row, scores in played.items()})
        scores = centre({(row, key): value for row, turn_ in good.items() for key, value in turn_.objects.items()})
        valid = centre({(row, ""): float(turn_.is_valid) for row, turn_ in good.items()})
        own, whole = scaled(scores, scores_before), scaled(valid, valid_before)
        scores_before, valid_before = scores, valid
        for row in played:
            base, numbers = form[row, ""], {}
            if row in good:
                numbers = {k: base + own[row, k] + config.layout_weight * whole[row, ""] for k in good[row].objects}
            result[row].append((numbers, base + (config.anchor if row in good else 0.0)))
    return result


SCORES = st.sampled_from([0.0, 0.3, 0.5, 1.0, 1.7])
TURNS = st.builds(
    lambda is_formed, valid, a, b: TurnScores(is_formed, valid, {"a": a, "b": b}),
    st.booleans(),
    st.booleans(),
    SCORES,
    SCORES,
)


@given(st.lists(st.lists(TURNS, max_size=3), min_size=6, max_size=6), st.sampled_from([2, 3, 6]))
def test_credits_equal_a_second_reading_of_the_definition(episodes, group_size):
    config = CreditConfig(level="parts", layout_weight=0.3, anchor=0.2, floor=0.1)
    expected = reference(episodes, group_size, config)
    for row, (credits, wanted) in enumerate(zip(assign_credit(episodes, group_size, config), expected, strict=True)):
        assert len(credits) == len(episodes[row])
        for credit, (numbers, other) in zip(credits, wanted, strict=True):
            assert credit.other == pytest.approx(other)
            assert dict(credit.numbers) == pytest.approx(numbers)


@given(st.lists(st.lists(TURNS, min_size=1, max_size=2), min_size=4, max_size=4), st.floats(-3, 3))
def test_an_object_that_is_easy_for_all_is_worth_no_more(episodes, easier):
    shifted = [
        [TurnScores(t.is_well_formed, t.is_valid, {**t.objects, "a": t.objects["a"] + easier}) for t in episode]
        for episode in episodes
    ]
    for one, two in zip(assign_credit(episodes, 4, CONFIG), assign_credit(shifted, 4, CONFIG), strict=True):
        for before, after in zip(one, two, strict=True):
            assert dict(after.numbers) == pytest.approx(dict(before.numbers), abs=1e-6)


# --- tokens ---------------------------------------------------------------------------------------

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
