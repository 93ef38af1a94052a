"""Warnings that a reward is gamed: by hand, and never on noise alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spatialenv.report.watching import TRUST, find_gaming, fit_trend, gaming_now

VALID = "watch/final/valid_layout_rate"


def rows(
    valid: list[float], reward_rises: float = 0.4, *, rooms: int = 100, every: int = 10, **more: list[float]
) -> list[Any]:
    """A run whose reward rises in a straight line, but for a wobble, and whose watches found these rates."""
    steps = every * len(valid)
    found = []
    for step in range(1, steps + 1):
        row = {"step": step, "reward": 0.3 + reward_rises * step / steps + 0.01 * (-1) ** step}
        if step % every == 0:
            index = step // every - 1
            row |= {"watch/rooms": rooms, "watch/final/format_rate": 1.0, VALID: valid[index]}
            row |= {f"watch/final/{name}": values[index] for name, values in more.items()}
        found.append(row)
    return found


def test_a_line_and_how_sure_its_slope_is() -> None:
    # slope -0.3 a step; its error is sqrt(0.01) / sqrt(1 + 0 + 1)
    trend = fit_trend([0, 1, 2], [0.9, 0.6, 0.3], [0.01] * 3)
    assert (trend.first, trend.last) == pytest.approx((0.9, 0.3))
    assert trend.deviations == pytest.approx(-0.3 / (0.1 / math.sqrt(2)))
    # left over beside the line: 1/6, -1/3, 1/6, so a variance of 1/6 with one degree of freedom
    assert fit_trend([0, 1, 2], [0, 0, 1]).deviations == pytest.approx(0.5 / math.sqrt((1 / 6) / 2))
    assert fit_trend([0, 1], [1, 1], [0, 0]).deviations == 0
    assert fit_trend([0, 1, 2], [0, 1, 2]).deviations == math.inf


def test_falling_validity_beside_a_rising_reward_is_told_once() -> None:
    # slope over 3 watches is (0.3 - 0.6) / 2 a watch; the pooled share is (135 + 1) / 302
    found = find_gaming(rows([0.6, 0.45, 0.3, 0.3]), 3)
    assert [gaming.metric for gaming in found] == [VALID]
    share = 136 / 302
    assert found[0].trust.deviations == pytest.approx(-0.15 / math.sqrt(share * (1 - share) / 100 / 2))
    assert (found[0].start, found[0].end, found[0].rooms) == (10, 30, 100)
    assert found[0].text.startswith("From step 10 to step 30 the training reward rose from 0.4")
    assert "on 100 held-out rooms valid layouts fell from 0.6 to 0.3" in found[0].text


@pytest.mark.parametrize(
    ("valid", "options"),
    [
        ([0.6, 0.45, 0.3], {"reward_rises": 0.0}),  # the reward does not rise
        ([0.6, 0.45, 0.3], {"reward_rises": -0.4}),
        ([0.3, 0.45, 0.6], {}),  # rooms get better
        ([0.6, 0.55, 0.5], {"rooms": 20}),  # too few rooms to tell
        ([0.6, 0.3], {}),  # too few watches
        ([0.60, 0.58, 0.57], {"rooms": 100_000}),  # sure, but too little to speak of
        ([0.0, 0.0, 0.0], {}),
        ([1.0, 1.0, 1.0], {}),
    ],
)
def test_nothing_is_told_without_reason(valid: list[float], options: dict[str, Any]) -> None:
    assert find_gaming(rows(valid, **options), 3) == []


def test_a_slow_decline_is_found_over_more_watches() -> None:
    valid = [0.6, 0.56, 0.52, 0.48, 0.44, 0.40]
    assert gaming_now(rows(valid[:3]), 3) == []
    [found] = find_gaming(rows(valid), 3)
    assert (found.start, found.end) == (10, 60)


def test_one_answer_for_ever_more_rooms_is_told() -> None:
    [found] = find_gaming(rows([0.5, 0.5, 0.5], commonest_layout_share=[0.1, 0.3, 0.5]), 3)
    assert "the share of the commonest layout rose from 0.1 to 0.5" in found.text


def test_a_metric_that_is_missing_at_a_watch_is_not_judged() -> None:
    held = rows([0.6, 0.45, 0.3])
    del held[19][VALID]
    assert find_gaming(held, 3) == []
    assert set(TRUST) >= {VALID}


def test_noise_alone_is_rarely_told() -> None:
    """Rates that do not change, 20 watches of 32 rooms: of 100 runs fewer than one in ten is warned of."""
    rng = np.random.default_rng(0)
    warned = 0
    for _ in range(100):
        shares = [float(hits) / 32 for hits in rng.binomial(32, 0.5, size=20)]
        clean = [share * 0.7 for share in shares]
        warned += bool(find_gaming(rows(shares, rooms=32, every=6, clean_rate=clean), 3))
    assert warned < 10


def test_long_runs_are_rarely_warned_of_by_chance() -> None:
    """200 watches: with the same threshold at each, most runs would be."""
    rng = np.random.default_rng(0)
    warned = 0
    for _ in range(6):
        shares = [float(hits) / 64 for hits in rng.binomial(64, 0.5, size=200)]
        clean = [float(hits) / 64 for hits in rng.binomial(64, 0.3, size=200)]
        warned += bool(find_gaming(rows(shares, rooms=64, every=6, clean_rate=clean), 3))
    assert warned < 2
