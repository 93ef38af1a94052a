from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from gymnasium import spaces
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory

from spatialenv.envs.spaces import MAX_SAMPLE, MAX_TEXT, SHARED_BYTES, UnicodeText
from spatialenv.errors import InputError


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


class TestSharedTexts:
    write: Any = staticmethod(write_to_shared_memory)  # its type knows arrays alone

    def test_tell_what_was_written_last(self) -> None:
        space = UnicodeText(100)
        memory = create_shared_memory(space, n=3)
        texts: Any = read_from_shared_memory(space, memory, n=3)
        assert list(texts) == ["", "", ""]
        for text in ("a longer text", "\ud800長い é", ""):
            self.write(space, 1, text, memory)
            assert tuple(texts) == ("", text, "")
            assert texts[1:] == (text, "")
            assert copy.deepcopy(texts) == ("", text, "")

    def test_a_text_that_does_not_fit_is_refused_by_name_of_the_way_out(self) -> None:
        space = UnicodeText(MAX_TEXT)
        memory = create_shared_memory(space, n=1)
        self.write(space, 0, "x" * SHARED_BYTES, memory)
        with pytest.raises(InputError, match="shared_memory"):
            self.write(space, 0, "x" * (SHARED_BYTES + 1), memory)
