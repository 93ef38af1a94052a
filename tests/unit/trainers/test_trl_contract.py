"""The TRL that is installed is the one that the trainer was written against; another one is told apart, in words."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest

trl = pytest.importorskip("trl", reason="TRL is missing: pip install 'spatialenv[train]'")

from spatialenv.errors import MissingExtraError  # noqa: E402
from spatialenv.trainers.trl_contract import changes, check_trl  # noqa: E402


def test_the_installed_trl_keeps_the_contract() -> None:
    assert changes(trl.GRPOTrainer) == []
    check_trl(trl.GRPOTrainer)


class SixTuple(trl.GRPOTrainer):  # type: ignore[misc]
    def _generate(self, prompts: Any) -> Any:
        prompt_ids = completion_ids = prompts
        return prompt_ids, completion_ids


class MovedArgument(trl.GRPOTrainer):  # type: ignore[misc]
    def _generate_single_turn(self, prompt_ids: Any, num_generations: Any, images: Any) -> Any:
        return None


class RowAdvantages(trl.GRPOTrainer):  # type: ignore[misc]
    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        return inputs["advantages"]


class NoTypes(trl.GRPOTrainer):  # type: ignore[misc]
    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: Any
    ) -> Any:
        return None


class Gone(trl.GRPOTrainer):  # type: ignore[misc]
    _calculate_rewards = None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (SixTuple, "`_generate` does not return"),
        (MovedArgument, "`_generate_single_turn` takes"),
        (RowAdvantages, "`_compute_loss` says nothing of `advantages.dim\\(\\)`"),
        (NoTypes, "takes no token_type_ids or mm_token_type_ids"),
        (Gone, "there is no `_calculate_rewards`"),
    ],
)
def test_a_trl_that_changed_is_refused_in_words(changed: type[Any], words: str) -> None:
    with pytest.raises(MissingExtraError, match=words) as caught:
        check_trl(changed)
    assert "\n" not in str(caught.value)


def test_another_release_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.17.0")
    with pytest.raises(MissingExtraError, match=r"trl 1\.17\.0 is installed, but .* trl 1\.16"):
        check_trl(trl.GRPOTrainer)
