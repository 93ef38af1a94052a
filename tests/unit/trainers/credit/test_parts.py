"""The rule of parts by hand, as it was when the demo first learned by it, and against a plain second reading."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.trainers.credit import CreditConfig, TurnScores, assign_credit

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


def test_the_demo_learns_by_the_numbers_that_it_always_learned_by():
    # computed by the implementation of the first release (0001) with its defaults
    episodes = [
        [formed(a=0.9, b=0.2), formed(True, a=1.0, b=1.0)],
        [formed(a=0.4, b=0.6), TurnScores(False, False, {"a": 0.4, "b": 0.6})],
        [TurnScores(False, False, {"a": 0.0, "b": 0.0})],
        [formed(True, c=0.5), formed(True, c=0.8)],
        [formed(c=0.1), formed(c=0.3)],
        [],
    ]
    wanted = [
        [({"a": 1.333333333, "b": -0.466666667}, 0.833333333), ({"a": -0.047945205, "b": 0.938356164}, 1.0)],
        [({"a": -0.666666667, "b": 1.133333333}, 0.833333333), ({}, -0.5)],
        [({}, -0.666666667)],
        [({"c": 1.507106781}, 0.5), ({"c": 0.561643836}, 0.5)],
        [({"c": -1.507106781}, 0.5), ({"c": -0.561643836}, 0.5)],
        [],
    ]
    for credits, expected in zip(assign_credit(episodes, 3, CONFIG), wanted, strict=True):
        assert [credit.scope for credit in credits] == ["numbers"] * len(expected)
        assert [credit.other for credit in credits] == pytest.approx([other for _, other in expected])
        for credit, (numbers, _) in zip(credits, expected, strict=True):
            assert dict(credit.numbers) == pytest.approx(numbers)


def test_a_reward_of_no_objects_leaves_format_and_validity():
    credits = assign_credit([[formed(True)], [TurnScores(False, False)]], 2, CONFIG)
    assert [(dict(row[0].numbers), row[0].other) for row in credits] == [({}, 1.0), ({}, -0.5)]


def test_an_answer_that_runs_on_is_not_paid_for_its_form_but_for_its_places():
    ends = TurnScores(True, True, {"bed": 1.0})
    runs_on = TurnScores(True, True, {"bed": 2.0}, repairs=1)
    (first,), (second,) = assign_credit([[ends], [runs_on]], 2, CONFIG)
    assert first.other == 0.5 + CONFIG.anchor
    assert second.other == -0.5
    # scores 1 and 2: half below and above the mean, over a deviation of a half
    assert first.numbers["bed"] == pytest.approx(0.5 - 1.0)
    assert second.numbers["bed"] == pytest.approx(-0.5 + 1.0)


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
        clean = {row for row, scores in good.items() if scores.repairs == 0}
        form = centre({(row, ""): float(row in clean) for row in played})
        scores = centre({(row, key): value for row, turn_ in good.items() for key, value in turn_.objects.items()})
        valid = centre({(row, ""): float(turn_.is_valid) for row, turn_ in good.items()})
        own, whole = scaled(scores, scores_before), scaled(valid, valid_before)
        scores_before, valid_before = scores, valid
        for row in played:
            base, numbers = form[row, ""], {}
            if row in good:
                numbers = {k: base + own[row, k] + config.layout_weight * whole[row, ""] for k in good[row].objects}
            result[row].append((numbers, base + (config.anchor if row in clean else 0.0)))
    return result


SCORES = st.sampled_from([0.0, 0.3, 0.5, 1.0, 1.7])
TURNS = st.builds(
    lambda is_formed, valid, a, b, repairs: TurnScores(is_formed, valid, {"a": a, "b": b}, repairs=repairs),
    st.booleans(),
    st.booleans(),
    SCORES,
    SCORES,
    st.sampled_from([0, 0, 1, 3]),
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
        [replace(t, objects={**t.objects, "a": t.objects["a"] + easier}) for t in episode] for episode in episodes
    ]
    for one, two in zip(assign_credit(episodes, 4, CONFIG), assign_credit(shifted, 4, CONFIG), strict=True):
        for before, after in zip(one, two, strict=True):
            assert dict(after.numbers) == pytest.approx(dict(before.numbers), abs=1e-6)
