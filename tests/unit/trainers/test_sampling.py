"""What engines are told about tokens that are banned and tokens that end an answer."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spatialenv.trainers.sampling import NEVER, transformers_options, vllm_options

IDS = st.lists(st.integers(0, 50), max_size=5)


@given(IDS, IDS, st.lists(st.integers(0, 50), min_size=1, max_size=3))
def test_what_the_user_banned_stays_banned(asked: list[int], banned: list[int], ends: list[int]) -> None:
    found = transformers_options({"suppress_tokens": asked, "temperature": 2.0}, banned, ends)
    assert set(found["suppress_tokens"] or []) == {*asked, *banned}
    assert found["eos_token_id"] == ends
    assert set(found) == {"suppress_tokens", "eos_token_id"}


def test_nothing_banned_is_no_list_for_transformers() -> None:
    assert transformers_options({}, [], [2]) == {"suppress_tokens": None, "eos_token_id": [2]}


def test_the_users_options_for_vllm_stay_but_may_not_allow_what_is_banned() -> None:
    asked: dict[str, Any] = {"logit_bias": {3: 5.0, 7: 5.0}, "stop_token_ids": [9], "seed": 4}
    found = vllm_options(asked, [7, 8], [2])
    assert found == {"logit_bias": {3: 5.0, 7: NEVER, 8: NEVER}, "stop_token_ids": [2, 9], "seed": 4}
    assert asked == {"logit_bias": {3: 5.0, 7: 5.0}, "stop_token_ids": [9], "seed": 4}
    assert "logit_bias" not in vllm_options({}, [], [2])
