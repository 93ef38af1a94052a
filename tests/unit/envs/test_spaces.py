from __future__ import annotations

import pickle

import pytest
from gymnasium import spaces

from spatialenv.envs.spaces import MAX_SAMPLE, UnicodeText


@pytest.mark.parametrize("text", ["", '[{"x": 1.5}]\n', "日本語 été", "\ud800", "\x00", "a" * 20])
def test_contains_any_characters(text: str) -> None:
    assert text in UnicodeText(20)


@pytest.mark.parametrize("value", ["a" * 21, None, 3, b"text", ["text"]])
def test_refuses_what_is_too_long_or_no_text(value: object) -> None:
    assert value not in UnicodeText(20)


def test_samples_are_short_equal_by_seed_and_contained() -> None:
    space, same = UnicodeText(1_000_000, seed=3), UnicodeText(1_000_000, seed=3)
    drawn = [space.sample() for _ in range(50)]
    assert drawn == [same.sample() for _ in range(50)]
    assert len(set(drawn)) > 40
    assert max(map(len, drawn)) <= MAX_SAMPLE
    assert all(text in space for text in drawn)


def test_samples_keep_to_a_small_length_and_to_a_mask() -> None:
    space = UnicodeText(5, seed=0)
    assert all(len(space.sample()) <= 5 for _ in range(50))
    assert len(space.sample(mask=(4, None))) == 4


def test_is_batched_and_pickled_like_gymnasium_s_text() -> None:
    space = UnicodeText(10)
    assert isinstance(space, spaces.Text)
    assert repr(pickle.loads(pickle.dumps(space))) == "UnicodeText(10)"
