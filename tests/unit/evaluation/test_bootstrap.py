"""Intervals from resampled rooms."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.evaluation.bootstrap import bootstrap_intervals


def test_a_share_of_one_a_room_is_close_to_the_normal_interval() -> None:
    hits = np.zeros(400)
    hits[:100] = 1
    low, high = bootstrap_intervals({"a": (hits, np.ones(400))}, resamples=4000)["a"]
    reach = 1.96 * (0.25 * 0.75 / 400) ** 0.5
    assert (low, high) == pytest.approx((0.25 - reach, 0.25 + reach), abs=0.004)


def test_objects_of_one_room_stay_together() -> None:
    rng = np.random.default_rng(0)
    base = np.full(100, 10.0)
    alike = base * (rng.random(100) < 0.5)  # in a room all objects or none
    apart = np.full(100, 5.0)
    found = bootstrap_intervals({"alike": (alike, base), "apart": (apart, base)})
    assert found["apart"] == [0.5, 0.5]
    assert found["alike"][1] - found["alike"][0] == pytest.approx(2 * 1.96 * 0.5 / 10, abs=0.03)


def test_the_same_numbers_give_the_same_interval_however_many_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).random(50)
    share = {"mean": (values, np.ones(50))}
    whole = bootstrap_intervals(share)
    assert whole == bootstrap_intervals(share)
    assert whole != bootstrap_intervals(share, seed=1)
    monkeypatch.setattr("spatialenv.evaluation.bootstrap._MOST", 1)
    few = bootstrap_intervals(share)
    assert few["mean"] == pytest.approx(whole["mean"])


def test_rooms_without_a_base_do_not_count() -> None:
    hits, base = np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0])
    assert bootstrap_intervals({"a": (hits, base)})["a"] == [1.0, 1.0], "resamples without the first are left out"
    assert bootstrap_intervals({}) == {}
