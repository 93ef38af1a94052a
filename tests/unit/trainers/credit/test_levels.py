"""Advantages of turns at each level: by hand, against a plain second reading, and what must not change them."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.errors import InputError
from spatialenv.trainers.credit import (
    BASELINES,
    CreditConfig,
    TurnScores,
    assign_credit,
    token_advantages,
    trajectory_rewards,
    turn_values,
)

PLAIN = {"baseline": "group", "object_baseline": "group"}


def played(score=0.0, reward=None, formed=True, **objects):
    return TurnScores(formed, False, objects, score, score if reward is None else reward)


def others(credits):
    return [[credit.other for credit in row] for row in credits]


def numbers(credits):
    return [[dict(credit.numbers) for credit in row] for row in credits]


# --- trajectories -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("return", [0.75, 0.5]),
        ("last", [1.0, 0.5]),
        ("mean", [0.6, 0.5]),
        ({"name": "discounted_mean", "discount": 0.5}, [(0.2 + 0.5) / 1.5, 0.5]),
        ({"name": "improvement", "weight": 0.5}, [1.4, 0.5]),
        ("scenerevis", [-1.0, -1.0]),
    ],
)
def test_the_reward_of_a_trajectory_follows_its_rule(rule, wanted):
    episodes = [[played(0.2, reward=0.25), played(1.0, reward=0.5)], [played(0.5)], []]
    found = trajectory_rewards(episodes, CreditConfig(trajectory=rule))
    assert found[:2].tolist() == pytest.approx(wanted)
    assert math.isnan(found[2])


@pytest.mark.parametrize(
    ("baseline", "wanted"),
    [
        ("group", [-0.25, 0.25, 0.0]),
        ("group_std", [-0.25 / (math.sqrt(0.125 / 2) + 1e-4), 0.25 / (math.sqrt(0.125 / 2) + 1e-4), 0.0]),
        ("leave_one_out", [-0.375, 0.375, 0.0]),
        ("batch", [-0.25 / (math.sqrt(0.125 / 2) + 1e-4), 0.25 / (math.sqrt(0.125 / 2) + 1e-4), 0.0]),
    ],
)
def test_all_tokens_of_an_episode_carry_its_advantage(baseline, wanted):
    episodes = [[played(0.25)], [played(0.25), played(0.75, reward=0.5)], [played(0.5, bed=1.0)], []]
    credits = assign_credit(episodes, 4, CreditConfig(level="trajectory", baseline=baseline))
    assert others(credits) == [pytest.approx(row) for row in ([wanted[0]], [wanted[1]] * 2, [wanted[2]], [])]
    assert numbers(credits) == [[{}], [{}, {}], [{}], []]


def test_a_batch_is_compared_across_its_groups():
    episodes = [[played(1.0)], [played(1.0)], [played(0.0)], [played(0.0)]]
    spread = math.sqrt(1 / 3) + 1e-4
    config = CreditConfig(level="trajectory", baseline="batch")
    half = 0.5 / spread
    assert others(assign_credit(episodes, 2, config)) == [[pytest.approx(each)] for each in (half, half, -half, -half)]
    assert others(assign_credit(episodes, 2, replace(config, baseline="group_batch"))) == [[0.0]] * 4


# --- turns --------------------------------------------------------------------------------------------


def test_each_turn_has_its_own_baseline_among_those_that_played_it():
    episodes = [[played(0.5), played(1.0, reward=0.5)], [played(0.25), played(0.5, reward=0.25)], [played(0.75)], []]
    config = CreditConfig(level="turn", alpha=0.25, **PLAIN)
    # returns 1, 0.5, 0.75 with mean 0.75; first turns 0.5, 0.25, 0.75 with mean 0.5; second 0.5, 0.25, mean 0.375
    wanted = [
        [0.25 * 0.25 + 0.75 * 0.0, 0.25 * 0.25 + 0.75 * 0.125],
        [0.25 * -0.25 + 0.75 * -0.25, 0.25 * -0.25 + 0.75 * -0.125],
        [0.25 * 0.0 + 0.75 * 0.25],
        [],
    ]
    credits = assign_credit(episodes, 4, config)
    assert others(credits) == [pytest.approx(row) for row in wanted]
    assert numbers(credits) == [[{}, {}], [{}, {}], [{}], []]


def test_a_turn_may_be_paid_for_what_comes_later():
    episodes = [[played(0.5), played(0.75, reward=0.25), played(1.0, reward=0.25)], [played(0.5)]]
    values = turn_values(episodes, CreditConfig(turn_discount=0.5))
    assert values[0].tolist() == [0.5 + 0.5 * (0.25 + 0.5 * 0.25), 0.25 + 0.5 * 0.25, 0.25]
    assert values[1, 0] == 0.5
    assert [math.isnan(value) for value in values[1]] == [False, True, True]
    assert turn_values(episodes, CreditConfig())[0].tolist() == [0.5, 0.25, 0.25]
    assert turn_values(episodes, CreditConfig(turn_value="score"))[0].tolist() == [0.5, 0.75, 1.0]
    assert turn_values(episodes, CreditConfig(turn_discount=1.0))[0, 0] == 1.0  # the return from there


def test_a_turn_that_one_episode_alone_played_has_its_trajectorys_share_only():
    episodes = [[played(0.0), played(1.0, reward=1.0)], [played(0.0)]]
    credits = assign_credit(episodes, 2, CreditConfig(level="turn", alpha=0.5, **PLAIN))
    assert others(credits) == [[0.25, 0.25], [-0.25]]


# --- objects ------------------------------------------------------------------------------------------


def test_a_good_bed_is_not_blamed_for_a_bad_desk():
    episodes = [[played(0.5, bed=1.0, desk=0.0)], [played(0.5, bed=0.0, desk=1.0)], [played(0.2, bed=0.5, desk=0.5)]]
    config = CreditConfig(level="object", alpha=0.25, eps=0.1)
    deviation = math.sqrt(0.06 / 2) + 0.1  # of the returns 0.5, 0.5, 0.2 about their mean 0.4
    high, low = 0.1 / deviation, -0.2 / deviation
    own = 0.5 / (math.sqrt(0.5 / 2) + 0.1)
    credits = assign_credit(episodes, 3, config)
    assert others(credits) == [[pytest.approx(high)], [pytest.approx(high)], [pytest.approx(low)]]
    wanted = [
        {"bed": 0.25 * high + 0.75 * own, "desk": 0.25 * high - 0.75 * own},
        {"bed": 0.25 * high - 0.75 * own, "desk": 0.25 * high + 0.75 * own},
        {"bed": 0.25 * low, "desk": 0.25 * low},
    ]
    assert numbers(credits) == [[pytest.approx(each)] for each in wanted]


def test_objects_of_malformed_answers_count_in_no_mean_and_carry_the_trajectorys():
    episodes = [
        [played(1.0, bed=0.75)],
        [played(0.5, bed=0.25)],
        [played(0.0, formed=False, bed=9.0)],
        [],
    ]
    credits = assign_credit(episodes, 4, CreditConfig(level="object", alpha=0.0, **PLAIN))
    assert numbers(credits) == [[{"bed": 0.25}], [{"bed": -0.25}], [{}], []]
    assert others(credits) == [[0.5], [0.0], [-0.5], []]


def test_an_object_that_one_whole_answer_alone_placed_has_its_trajectorys_share_only():
    episodes = [[played(1.0, bed=0.75)], [played(0.0, formed=False, bed=0.1)]]
    (only,), (malformed,) = assign_credit(episodes, 2, CreditConfig(level="object", alpha=0.25, baseline="group"))
    assert dict(only.numbers) == {"bed": 0.25 * 0.5}
    assert (dict(malformed.numbers), malformed.other) == ({}, -0.5)


def test_turns_and_groups_have_their_own_objects():
    episodes = [
        [played(0.0, bed=0.0, desk=0.0), played(1.0, bed=1.0, desk=0.5)],
        [played(0.0, bed=1.0, desk=0.0), played(1.0, bed=1.0, desk=0.0)],
        [played(0.0, bed=5.0, sofa=1.0)],
        [played(0.0, bed=7.0, sofa=1.0)],
    ]
    credits = assign_credit(episodes, 2, CreditConfig(level="object", alpha=0.0, **PLAIN))
    assert numbers(credits) == [
        [{"bed": -0.5, "desk": 0.0}, {"bed": 0.0, "desk": 0.25}],
        [{"bed": 0.5, "desk": 0.0}, {"bed": 0.0, "desk": -0.25}],
        [{"bed": -1.0, "sofa": 0.0}],
        [{"bed": 1.0, "sofa": 0.0}],
    ]


# --- training of first answers ------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["trajectory", "turn", "object", "parts"])
def test_first_answers_alone_may_be_trained_by_what_whole_episodes_earned(level):
    episodes = [
        [played(0.5, bed=1.0), played(1.0, reward=0.5, bed=1.0)],
        [played(0.5, bed=0.0), played(0.5, reward=0.0, bed=0.0)],
    ]
    every = assign_credit(episodes, 2, CreditConfig(level=level))
    first = assign_credit(episodes, 2, CreditConfig(level=level, train_turns="first"))
    assert [[credit.is_trained for credit in row] for row in every] == [[True, True]] * 2
    assert [[credit.is_trained for credit in row] for row in first] == [[True, False]] * 2
    assert [row[0] for row in first] == [row[0] for row in every]
    assert [(dict(row[1].numbers), row[1].other) for row in first] == [({}, 0.0)] * 2
    if level != "parts":
        assert first[0][0].other > 0 > first[1][0].other  # equal first answers, told apart by what came of them


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["trajectory", "turn", "object", "parts"])
def test_batches_without_turns_give_none(level):
    config = CreditConfig(level=level)
    assert assign_credit([], 4, config) == []
    assert assign_credit([[], []], 2, config) == [[], []]
    assert numbers(assign_credit([[played(0.5)], [played(0.25)]], 2, config)) == [[{}], [{}]]


def test_whole_groups_are_asked_for():
    for size in (2, 0):
        with pytest.raises(InputError, match=f"3 episodes do not fill groups of {size}"):
            assign_credit([[], [], []], size, CreditConfig())


@pytest.mark.parametrize(
    ("level", "turn"), [("trajectory", played(math.nan)), ("turn", played(math.inf)), ("object", played(bed=math.nan))]
)
def test_scores_that_are_not_finite_are_told(level, turn):
    with pytest.raises(InputError, match="episode 1 of the batch earned"):
        assign_credit([[played(0.5, bed=1.0)], [turn]], 2, CreditConfig(level=level))


# --- a second reading of the definitions ------------------------------------------------------------------


def over(rows, baseline, config):
    """``{(group, key...): {row: value}}`` to ``{(row, key...): advantage}``, with sums as they are written down."""

    def spread(values, about):
        squares = [(value - about) ** 2 for value in values]
        divisor = len(values) - 1 if config.deviation == "sample" else len(values)
        return math.sqrt(sum(squares) / divisor) if divisor else 0.0

    found = {}
    if baseline in ("batch", "group_batch"):
        for key in {key[1:] for key in rows}:
            cells = {}
            for full, values in rows.items():
                if full[1:] == key:
                    mean = statistics.fmean(values.values()) if baseline == "group_batch" else 0.0
                    cells |= {row: value - mean for row, value in values.items()}
            mean = statistics.fmean(cells.values())
            deviation = spread(list(cells.values()), mean)
            found |= {(row, *key): (value - mean) / (deviation + config.eps) for row, value in cells.items()}
        return found
    for (_, *key), values in rows.items():
        for row, value in values.items():
            rest = [other for member, other in values.items() if member != row]
            mean = statistics.fmean(values.values())
            if baseline == "leave_one_out":
                advantage = value - statistics.fmean(rest) if rest else 0.0
            else:
                divisor = spread(list(values.values()), mean) + config.eps if baseline == "group_std" else 1.0
                advantage = (value - mean) / divisor
            found[row, *key] = advantage
    return found


def reference(episodes, size, config):
    """What each turn's tokens carry: ``(by object, other)``."""
    whole, turns, objects = {}, {}, {}
    for row, episode in enumerate(episodes):
        group = row // size
        if episode:
            whole.setdefault((group,), {})[row] = sum(turn.reward for turn in episode)
        for index, turn in enumerate(episode):
            value = sum(config.turn_discount**k * later.reward for k, later in enumerate(episode[index:]))
            turns.setdefault((group, index), {})[row] = value
            if turn.is_well_formed:
                for name, score in turn.objects.items():
                    objects.setdefault((group, index, name), {})[row] = score
    whole, turns = over(whole, config.baseline, config), over(turns, config.baseline, config)
    objects, alpha = over(objects, config.object_baseline, config), config.alpha
    result = []
    for row, episode in enumerate(episodes):
        result.append([])
        for index, turn in enumerate(episode):
            other, own = whole[row,], {}
            if config.level == "turn":
                other = alpha * other + (1 - alpha) * turns[row, index]
            if config.level == "object" and turn.is_well_formed:
                own = {name: alpha * other + (1 - alpha) * objects[row, index, name] for name in turn.objects}
            result[-1].append((own, other))
    return result


SCORE = st.integers(-4, 8).map(lambda value: value / 4)
TURN = st.builds(
    TurnScores,
    is_well_formed=st.sampled_from([True, True, False]),
    is_valid=st.booleans(),
    objects=st.dictionaries(st.sampled_from("abc"), SCORE, min_size=1),
    score=SCORE,
    reward=SCORE,
)
EPISODES = st.lists(st.lists(TURN, max_size=3), min_size=6, max_size=6)
CONFIGS = st.builds(
    CreditConfig,
    level=st.sampled_from(["trajectory", "turn", "object"]),
    alpha=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    baseline=st.sampled_from(BASELINES),
    object_baseline=st.sampled_from(["group", "group_std", "leave_one_out"]),
    deviation=st.sampled_from(["sample", "population"]),
    eps=st.sampled_from([1e-2, 0.5]),
    turn_discount=st.sampled_from([0.0, 0.5, 1.0]),
)


def same(found, wanted):
    for row, expected in zip(found, wanted, strict=True):
        for credit, (own, other) in zip(row, expected, strict=True):
            assert credit.other == pytest.approx(other, abs=1e-9)
            assert dict(credit.numbers) == pytest.approx(own, abs=1e-9)


def pairs(credits):
    return [[(dict(credit.numbers), credit.other) for credit in row] for row in credits]


@given(EPISODES, st.sampled_from([1, 2, 3, 6]), CONFIGS)
def test_credits_equal_a_second_reading_of_the_definitions(episodes, size, config):
    same(assign_credit(episodes, size, config), reference(episodes, size, config))


# --- what must not change credits -----------------------------------------------------------------------


@given(EPISODES, CONFIGS, st.integers(-8, 8))
def test_an_object_that_is_easy_for_all_is_worth_no_more(episodes, config, easier):
    def shift(turn):
        return replace(turn, objects={name: score + easier * (name == "a") for name, score in turn.objects.items()})

    shifted = [[shift(turn) for turn in episode] for episode in episodes]
    same(assign_credit(shifted, 3, config), pairs(assign_credit(episodes, 3, config)))


@given(EPISODES, CONFIGS, st.permutations(range(3)))
def test_samples_in_another_order_have_their_credits_in_that_order(episodes, config, order):
    order = [3 + index for index in order] + [0, 1, 2]
    permuted = assign_credit([episodes[index] for index in order], 3, config)
    credits = assign_credit(episodes, 3, config)
    same(permuted, pairs([credits[index] for index in order]))


@given(EPISODES, CONFIGS)
def test_with_alpha_one_objects_carry_their_trajectorys_advantage(episodes, config):
    whole = assign_credit(episodes, 3, replace(config, level="trajectory"))
    for level in ("turn", "object"):
        blended = assign_credit(episodes, 3, replace(config, level=level, alpha=1.0))
        assert others(blended) == others(whole)
        for row in blended:
            for credit in row:
                assert list(credit.numbers.values()) == pytest.approx([credit.other] * len(credit.numbers))
    text, spans = "bed desk", {"a": (0, 3), "b": (4, 8)}
    for row in assign_credit(episodes, 3, replace(config, level="object", alpha=1.0)):
        for credit in row:
            assert token_advantages([(0, 2), (3, 5)], text, spans, credit) == pytest.approx([credit.other] * 2)


@given(EPISODES, EPISODES, CONFIGS)
def test_groups_are_independent_without_a_batch(episodes, rest, config):
    config = replace(config, baseline=config.baseline if not config.baseline.endswith("batch") else "group")
    together = assign_credit([*episodes[:3], *rest[:3]], 3, config)
    same(together[:3], pairs(assign_credit(episodes[:3], 3, config)))


@given(EPISODES, st.sampled_from([0.25, 4.0, 100.0]))
def test_the_scale_of_a_reward_is_taken_out_by_deviations(episodes, factor):
    config = CreditConfig(level="object", eps=1e-9)
    scaled = [
        [
            replace(t, reward=factor * t.reward, objects={name: factor * score for name, score in t.objects.items()})
            for t in episode
        ]
        for episode in episodes
    ]
    for row, expected in zip(assign_credit(scaled, 3, config), assign_credit(episodes, 3, config), strict=True):
        for credit, wanted in zip(row, expected, strict=True):
            assert credit.other == pytest.approx(wanted.other, abs=1e-6)
            assert dict(credit.numbers) == pytest.approx(dict(wanted.numbers), abs=1e-6)
