"""Which tokens the loss is made of: ratios of episodes, answers cut off, failures beside other rewards."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is missing: pip install 'spatialenv[train]'")
trl = pytest.importorskip("trl", reason="TRL is missing: pip install 'spatialenv[train]'")

from scripted import ScriptedTrainer, colliding, logged, make_scripted  # noqa: E402  # a module beside this one

from spatialenv.errors import InputError, RendererError  # noqa: E402
from spatialenv.renderers import Renderer, make_renderer  # noqa: E402
from spatialenv.trainers.credit import CreditConfig  # noqa: E402
from spatialenv.trainers.executors import Seat  # noqa: E402
from spatialenv.trainers.grpo import episode_return  # noqa: E402
from spatialenv.trainers.rollout import Rollout  # noqa: E402


class Uneven(ScriptedTrainer):
    """Row 0 solves at once, row 1 in its second turn, the others never."""

    @staticmethod
    def script(seat: Seat, turn: int) -> Any:
        assert seat.scene.witness is not None
        return seat.scene.witness if turn == seat.row else colliding(seat, turn)


# --- one ratio an episode ---------------------------------------------------------------------------


@pytest.mark.parametrize("has_old", [False, True])
def test_a_ratio_of_episodes_keeps_the_advantage_of_each_token(tmp_path, tiny_vlm, has_old):
    options: dict[str, Any] = {"importance_sampling_level": "sequence", "loss_type": "grpo", "epsilon": 3e-4}
    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, credit=CreditConfig(level="object"), **options)
    trainer.train()
    (output,) = trainer.outputs
    mask, advantages = output["completion_mask"] * output["tool_mask"], output["advantages"]
    assert max(len(row[kept == 1].unique()) for row, kept in zip(advantages, mask, strict=True)) > 2
    logps = torch.full(mask.shape, -1.0, requires_grad=True)
    ratio = torch.ones(len(mask), 1)
    if has_old:
        noise = 2e-4 * torch.randn(mask.shape, generator=torch.Generator().manual_seed(0))
        output["old_per_token_logps"] = logps.detach() + noise
        ratio = torch.exp(-(noise * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True))

    def found(*_: Any, **__: Any) -> Any:
        return logps, torch.zeros_like(logps), None

    given = dict(output)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trl.GRPOTrainer, "_get_per_token_logps_and_entropies", found)
        loss = trainer._compute_loss(trainer.model, output)
    loss.backward()
    # the ratios' own values, and GSPO-token's gradient, by hand; within the clip or beyond it
    low, high = ratio < 1 - 3e-4, ratio > 1 + 3e-4
    passes = ~((high & (advantages > 0)) | (low & (advantages < 0)))
    weight = mask / mask.sum(1, keepdim=True) / len(mask)
    clipped = torch.where(passes, ratio, ratio.clamp(1 - 3e-4, 1 + 3e-4))
    assert loss.item() == pytest.approx(-(clipped * advantages * weight).sum().item(), rel=1e-4, abs=1e-7)
    torch.testing.assert_close(logps.grad, -ratio * advantages * weight * passes, rtol=1e-4, atol=1e-9)
    assert trainer.importance_sampling_level == "sequence"
    assert output.keys() == given.keys()  # what TRL keeps for later steps is as it was


# --- answers that were cut off ----------------------------------------------------------------------


class CutOff(Uneven):
    """The first answer of row 2 and the last of row 3 are cut off."""

    def say(self, rollout: Rollout) -> list[int]:
        ids = super().say(rollout)
        return ids[:5] if (rollout.seat.row, rollout.turns) in ((2, 0), (3, 2)) else ids


@pytest.mark.parametrize(("train_turns", "left_out"), [("first", [2]), ("all", [3])])
def test_the_answer_that_is_learned_from_must_be_whole(tmp_path, tiny_vlm, train_turns, left_out):
    credit = CreditConfig(level="turn", train_turns=train_turns)
    options: dict[str, Any] = {"mask_truncated_completions": True, "loss_type": "dapo"}
    trainer = make_scripted(tmp_path, tiny_vlm, kind=CutOff, credit=credit, **options)
    trainer.train()
    (output,) = trainer.outputs
    kept = (output["completion_mask"] * output["tool_mask"]).sum(1)
    count = [sum(each.lengths[: 1 if train_turns == "first" else 3]) for each in trainer.rollouts]
    assert kept.tolist() == [0 if row in left_out else count[row] for row in range(4)]
    assert output["num_items_in_batch"] == kept.sum()


def test_an_empty_answer_is_closed_and_played_on(tmp_path, tiny_vlm):
    class Silent(Uneven):
        def say(self, rollout: Rollout) -> list[int]:
            return [] if rollout.seat.row == 3 or rollout.turns == 1 else super().say(rollout)

    trainer = make_scripted(tmp_path, tiny_vlm, kind=Silent)
    trainer.train()
    silent = trainer.rollouts[3]
    assert (silent.lengths, silent.cut_off, sum(silent.mask)) == ([0, 0, 0], [True] * 3, 0)
    text = trainer.chat.tokenizer.decode(silent.history)
    assert text.count("<|im_start|>user") == 3
    assert math.isfinite(logged(trainer, "loss")[0])
    assert not (trainer.outputs[0]["completion_mask"] * trainer.outputs[0]["tool_mask"])[3].any()


# --- failures ---------------------------------------------------------------------------------------


class Fails(Renderer):
    """Fails at the pictures of these numbers, counted from 0."""

    name, version = "fails", "0"

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.drawn = 0

    def render(self, placed: Any, *request: Any, **options: Any) -> Any:
        self.drawn += 1
        if self.drawn - 1 in self.numbers:
            raise RendererError("the renderer is away")
        return make_renderer("fast").render(placed, *request, **options)


def longest(completions: Any, **_: Any) -> list[float]:
    """Another reward, which has a value for a failed episode, too."""
    return [10.0 * len(turns) for turns in completions]


def test_a_failed_episode_moves_no_other_reward_either(tmp_path, tiny_vlm):
    """Without its return a failed episode would be held against the others with the rest of its rewards."""
    credit = CreditConfig(level="trajectory")
    options: dict[str, Any] = {"num_generations": 4, "reward_funcs": [longest], "scale_rewards": "none"}
    trainer = make_scripted(tmp_path, tiny_vlm, env={"renderer": Fails(7)}, credit=credit, **options)
    trainer.train()
    failed = [rollout.seat.episode().failure is not None for rollout in trainer.rollouts]
    assert sum(failed) == 1
    (output,) = trainer.outputs
    totals = torch.tensor(
        [
            0.0 if has_failed else earned + 10.0 * rollout.turns
            for has_failed, earned, rollout in zip(
                failed,
                episode_return([rollout.seat for rollout in trainer.rollouts]),
                trainer.rollouts,
                strict=True,
            )
        ]
    )
    there = ~torch.tensor(failed)
    expected = torch.where(there, totals - totals[there].mean(), 0.0)
    torch.testing.assert_close(output["advantages"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("first", [0, 4])
def test_a_step_whose_episodes_all_failed_changes_nothing(tmp_path, tiny_vlm, first):
    """At their first pictures, and after their first answers."""
    trainer = make_scripted(tmp_path, tiny_vlm, env={"renderer": Fails(*range(first, 99))}, weight_decay=0.0)
    before = {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}
    trainer.train()
    assert logged(trainer, "episodes/failed") == [1.0]
    assert logged(trainer, "loss") == [0.0]
    assert all(torch.equal(weight, before[name]) for name, weight in trainer.model.named_parameters())


def test_a_reward_of_trajectories_that_would_not_be_used_is_refused(tmp_path, tiny_vlm):
    credit = CreditConfig(level="trajectory", trajectory="last")
    with pytest.raises(InputError, match=r"`credit\.trajectory` is 'last', which is not used beside `reward_funcs`"):
        make_scripted(tmp_path, tiny_vlm, credit=credit, reward_funcs=[longest])
