"""The study's numbers from the jobs' folders: shares, differences, intervals, and what is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.learning.arms import ARMS as ALL
from benchmarks.learning.comparisons import Comparison, compare, comparisons
from benchmarks.learning.intervals import Share, difference, rate
from benchmarks.learning.records import read_records, share_of
from benchmarks.learning.results import results_text, study_results

sys.path.insert(0, str(Path(__file__).parent))
from made_up_study import ARMS, OTHER, STUDY, SUITE, episode, write_job, write_study  # a module beside this one


@pytest.fixture
def study(tmp_path: Path) -> dict[str, Any]:
    write_study(tmp_path)
    return study_results(tmp_path, STUDY, ARMS)


def test_rates_are_means_over_seeds(study: dict[str, Any]) -> None:
    tested = study["arms"]["warm_start"]["test"][SUITE]
    assert tested["valid_layout_rate"] == pytest.approx((2 / 4 + 1 / 4) / 2)
    assert tested["by_turn"][0]["valid_layout_rate"] == pytest.approx((1 / 4 + 0) / 2)
    assert tested["by_turn"][1]["valid_layout_rate"] == tested["valid_layout_rate"]
    assert tested["format_rate"] == pytest.approx((3 / 4 + 1) / 2)
    # of well-formed last answers: one of c v v, three of c c c v
    assert tested["collision_rate_of_well_formed"] == pytest.approx((1 / 3 + 3 / 4) / 2, abs=1e-5)
    assert tested["by_turn"][0]["out_of_room_rate_of_well_formed"] == pytest.approx((0 + 1 / 4) / 2)
    assert tested["per_seed"]["1"]["valid_layout_rate"] == 0.25
    assert tested["per_seed"]["0"]["first"]["valid_layout_rate"] == 0.25
    assert (tested["n"], tested["failures"]) == (4, 0)


def test_repair_is_counted_in_the_same_rooms(study: dict[str, Any]) -> None:
    tested = study["arms"]["warm_start"]["test"][SUITE]
    assert tested["second_minus_first"]["difference"] == pytest.approx((1 / 4 + 1 / 4) / 2)
    assert tested["repair"]["repaired"] == pytest.approx((1 / 3 + 1 / 4) / 2, abs=1e-5)
    assert tested["repair"]["kept"] == 1.0  # seed 0's one valid first answer; seed 1 had none
    low, high = tested["second_minus_first"]["interval"]
    assert low == 0 < 0.25 < high <= 0.75


def test_differences_pair_rooms_and_seeds(study: dict[str, Any]) -> None:
    told = [row for row in study["comparisons"] if row["suite"] == SUITE]
    rows = {(row["from"], row["to"], row["metric"], row["turn"]): row for row in told}
    row = rows[("warm_start", "grpo", "valid_layout_rate", -1)]
    assert row["difference"] == pytest.approx(((1 - 0.5) + (0.75 - 0.25)) / 2)
    assert (row["before"], row["after"]) == (0.375, 0.875)
    assert {seed: one["difference"] for seed, one in row["seeds"].items()} == {"0": 0.5, "1": 0.5}
    assert 0 <= row["interval"][0] < 0.5 < row["interval"][1] <= 1
    constant = rows[("constant", "grpo", "valid_layout_rate", -1)]
    assert constant["seeds"].keys() == {"0"}  # the one seed that both have
    assert (constant["difference"], constant["interval"]) == (0.0, [0.0, 0.0])


def test_every_suite_is_compared_for_itself(study: dict[str, Any]) -> None:
    found = {
        (row["from"], row["suite"]): row["difference"]
        for row in study["comparisons"]
        if row["section"] == "generalisation"
    }
    assert found == {
        ("warm_start", SUITE): 0.5,
        ("constant", SUITE): 0.0,
        ("warm_start", OTHER): pytest.approx((2 - 1) / 2 / 2 + (1 - 0) / 2 / 2),
    }


def test_what_is_missing_is_said(study: dict[str, Any]) -> None:
    dapo = study["arms"]["dapo"]
    assert dapo["failures"] == {"0": "RuntimeError: the loss is | not finite"}
    assert (dapo["seeds"], dapo["missing"], dapo["test"]) == ([0], [1], {})
    assert study["arms"]["probe_blank"]["missing"] == [0, 1]
    assert study["unknown_arms"] == ["of_old"]
    reasons = {(row["from"], row["to"]): row["reason"] for row in study["missing_comparisons"]}
    assert reasons[("grpo", "dapo")] == "no results of dapo"
    assert reasons[("grpo", "probe_blank")] == "no results of probe_blank"
    assert reasons[("redraw", "grpo")] == "no results of redraw"
    assert study["seconds_total"] == 8 * 90  # also of what failed and of what the table lacks


def test_curves_are_means_and_ranges_over_seeds(study: dict[str, Any]) -> None:
    curve = study["arms"]["grpo"]["curve"]
    assert curve["samples"] == [64, 128]
    assert np.allclose(curve["final"], [[0.2, 0.3, 0.4], [0.6, 0.7, 0.8]])  # least, mean, most
    assert study["arms"]["warm_start"]["curve"] is None


def test_the_same_folders_give_the_same_numbers(study: dict[str, Any], tmp_path: Path) -> None:
    assert study_results(tmp_path, STUDY, ARMS) == study
    assert json.loads(results_text(study)) == study


def test_a_room_that_failed_counts_for_neither_side(tmp_path: Path) -> None:
    before = [episode(0, "c"), episode(1, "v"), episode(2, "c", failure="TimeoutError: judge")]
    after = [episode(0, "v"), episode(1, "", failure="TimeoutError: judge"), episode(2, "v")]
    write_job(tmp_path, "warm_start", 0, {SUITE: before})
    write_job(tmp_path, "grpo", 0, {SUITE: after})
    records = {record.arm: [record] for record in read_records(tmp_path, [SUITE])}
    assert rate(share_of(records["grpo"], SUITE, "valid_layout_rate", -1)).value == 1.0
    table = [Comparison("warm_start", "grpo", "valid_layout_rate", -1, "?", "teaching")]
    (row,), missing = compare(table, records, [SUITE])
    assert (row["before"], row["after"], row["interval"]) == (0.0, 1.0, [1.0, 1.0])  # room 0 alone
    assert missing == []


def test_other_rooms_are_no_pairs(tmp_path: Path) -> None:
    write_job(tmp_path, "warm_start", 0, {SUITE: [episode(0, "v"), episode(1, "v")]})
    write_job(tmp_path, "grpo", 0, {SUITE: [episode(1, "v"), episode(0, "v")]})  # in another order
    records = {record.arm: [record] for record in read_records(tmp_path, [SUITE])}
    table = [Comparison("warm_start", "grpo", "valid_layout_rate", -1, "?", "teaching")]
    found, missing = compare(table, records, [SUITE])
    assert found == []
    assert missing[0]["reason"] == "nothing to share in one of them"


def test_one_answer_alone_repairs_nothing(tmp_path: Path) -> None:
    write_job(tmp_path, "grpo", 0, {SUITE: [episode(0, "v", turns_allowed=1), episode(1, "c", turns_allowed=1)]})
    tested = study_results(tmp_path, STUDY, ARMS)["arms"]["grpo"]["test"][SUITE]
    assert tested["second_minus_first"] == {"difference": None, "interval": None}
    assert tested["repair"]["repaired"] is None


def test_the_interval_resamples_seeds() -> None:
    # Two seeds that agree in every room: only the draw of seeds can move the mean, to 0, 0.5 or 1, the ends at 1/4.
    found = rate(Share(np.array([[1.0] * 4, [0.0] * 4]), np.ones((2, 4))))
    assert (found.value, found.interval, found.per_seed) == (0.5, (0.0, 1.0), (1.0, 0.0))


def test_the_interval_resamples_rooms_once_for_all_seeds() -> None:
    # Alike seeds say no more of the rooms than one does: 2 of 4 rooms, of the binomial's 2.5 % and 97.5 %, 0 and 1.
    one = np.array([[1.0, 1.0, 0.0, 0.0]])
    alone, twice = rate(Share(one, np.ones((1, 4)))), rate(Share(np.repeat(one, 2, 0), np.ones((2, 4))))
    assert alone.interval == twice.interval == (0.0, 1.0)
    many = np.tile([1.0, 0.0], 50)[None]
    low, high = rate(Share(many, np.ones((1, 100)))).interval or (0, 0)
    assert low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.011)  # the normal one: sqrt(0.25 / 100) is 0.05
    assert high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.011)


def test_the_interval_of_a_paired_difference_is_that_of_the_rooms_that_differ() -> None:
    before = np.tile([1.0, 0.0], 50)[None]
    after = before.copy()
    after[0, :2] = 1.0  # one of 100 rooms rose
    found = difference(Share(before, np.ones((1, 100))), Share(after, np.ones((1, 100))))
    assert found.value == pytest.approx(0.01)
    assert found.interval == pytest.approx((0.0, 0.03))  # Poisson of mean 1: 0 and 3 or 4


def test_a_seed_without_a_base_is_left_out() -> None:
    found = rate(Share(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [0.0, 0.0]])))
    assert (found.value, found.per_seed) == (0.5, (0.5, None))
    empty = rate(Share(np.zeros((2, 2)), np.zeros((2, 2))))
    assert (empty.value, empty.interval) == (None, None)


def test_every_probe_and_every_trained_arm_is_compared() -> None:
    pairs = {(row.before, row.after) for row in comparisons(ALL)}
    for name, arm in ALL.items():
        if arm.how in ("probe", "train"):
            assert any(name in pair for pair in pairs), name
        if arm.how == "probe":
            assert (arm.start, name) in pairs


def test_no_comparison_is_made_twice() -> None:
    rows = [(r.before, r.after, r.metric, r.turn, r.everywhere, r.section) for r in comparisons(ALL)]
    assert len(rows) == len(set(rows))
