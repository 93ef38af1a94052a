"""Algorithms: how rows join settings, and each online loss and its gradient by its definition."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv.errors import InputError, UnknownNameError
from spatialenv.trainers.algorithms import (
    ALGORITHMS,
    LORA_FACTOR,
    REAL_MODELS,
    algorithms_table,
    make_algorithm,
    resolve,
    rounds_of,
    scenes_used,
)
from spatialenv.trainers.settings import RunSettings, load_settings

ONLINE = [name for name, row in ALGORITHMS.items() if row.kind == "online"]
PAGE = Path(__file__).parents[3] / "docs" / "training" / "algorithms.md"


# --- the table ------------------------------------------------------------------------------------


def test_the_names_are_those_that_are_promised():
    assert set(ALGORITHMS) == {
        "grpo", "dr_grpo", "dapo", "gspo", "cispo", "rloo", "reinforce_pp", "rft", "dpo", "sft"
    }  # fmt: skip
    assert [row.kind for row in ALGORITHMS.values()].count("rounds") == 2
    assert all(row.name == name and row.summary and row.source for name, row in ALGORITHMS.items())


def test_the_documented_table_is_that_of_the_code():
    text = PAGE.read_text(encoding="utf-8")
    start, end = text.index("<!-- table -->"), text.index("<!-- end of table -->")
    assert text[start + len("<!-- table -->") : end].strip() == algorithms_table()


def test_an_unknown_algorithm_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'rloo'"):
        make_algorithm("rlo")
    with pytest.raises(InputError, match="did you mean 'gspo'"):
        load_settings("demo", {"algorithm": "gspoo"})


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("model", ["tiny", "some/model"])
def test_resolving_twice_changes_nothing_nor_does_a_file_between(name, model):
    resolved = resolve(RunSettings(algorithm=name, model=model))
    assert resolve(resolved) == resolved
    assert resolve(RunSettings.model_validate(resolved.model_dump(mode="json"))) == resolved


def test_what_is_set_wins_over_the_row_and_extra_over_all():
    plain = resolve(RunSettings(algorithm="reinforce_pp"))
    assert (plain.rl.beta, plain.rl.credit["baseline"]) == (0.01, "group_batch")
    mine = resolve(
        RunSettings(
            algorithm="reinforce_pp",
            rl={"beta": 0.0, "credit": {"baseline": "group"}, "extra": {"epsilon": 0.3, "beta": 0.5}},
        )
    )
    assert (mine.rl.beta, mine.rl.credit["baseline"]) == (0.0, "group")
    assert mine.rl.extra == {**ALGORITHMS["reinforce_pp"].trl, "epsilon": 0.3, "beta": 0.5}


def test_real_models_get_other_rates_than_the_tiny_one():
    tiny, real = resolve(RunSettings(algorithm="dapo")), resolve(RunSettings(algorithm="dapo", model="some/model"))
    assert tiny.rl.learning_rate == RunSettings().rl.learning_rate
    assert {name: getattr(real.rl, name) for name in REAL_MODELS} == dict(REAL_MODELS)
    assert real.warm_start.steps == 0
    adapted = resolve(RunSettings(algorithm="dapo", model="some/model", peft={"r": 8}))
    assert adapted.rl.learning_rate == pytest.approx(LORA_FACTOR * real.rl.learning_rate)
    chosen = resolve(RunSettings(algorithm="sft", model="some/model", rl={"learning_rate": 3e-5, "group_size": 16}))
    assert (chosen.rl.learning_rate, chosen.rl.batch_size) == (3e-5, 16)
    warmed = resolve(RunSettings(model="some/model", warm_start={"steps": 7}))
    assert (warmed.warm_start.steps, warmed.warm_start.learning_rate) == (7, 1e-5)


def test_scenes_are_counted_as_they_are_drawn():
    # 6 steps of 16 rows in groups of 4: 24 scenes; four steps a generation draw 2 generations of 16 scenes
    rl = {"steps": 6, "batch_size": 16, "group_size": 4}
    assert scenes_used(RunSettings(algorithm="grpo", rl=rl)) == 24
    assert scenes_used(RunSettings(algorithm="gspo", rl=rl)) == 32
    assert scenes_used(RunSettings(algorithm="grpo", rl={**rl, "extra": {"num_iterations": 2}})) == 12
    assert scenes_used(RunSettings(algorithm="grpo", rl={**rl, "gradient_accumulation_steps": 2})) == 48
    assert scenes_used(RunSettings(algorithm="sft", rl=rl)) == 96
    assert scenes_used(RunSettings(algorithm="rft", rl=rl, rounds={"count": 2})) == 24
    assert rounds_of(RunSettings(algorithm="dpo", rl=rl, rounds={"count": 4, "scenes": 5})) == [
        (2, 5),
        (2, 5),
        (1, 5),
        (1, 5),
    ]


# --- the losses -----------------------------------------------------------------------------------

GROUP, GROUPS, LONGEST = 4, 3, 40
RL = {"batch_size": GROUP * GROUPS, "group_size": GROUP, "max_new_tokens": LONGEST, "warmup_steps": 0, "steps": 8}


def settings(name: str, **rl: Any) -> RunSettings:
    return load_settings(
        {
            "tasks": "easy/train",
            "held_out": "easy/test",
            "env": {"views": ["top"], "size": [32, 32], "labels": False, "feedback": "targets", "max_turns": 2},
            "algorithm": name,
            "rl": {**RL, "credit": {"level": "trajectory"}, **rl},
        }
    )


@pytest.fixture(scope="module")
def scripted(tiny_vlm, tmp_path_factory):
    """A trainer whose policy has moved away from its reference, and that answers by script."""
    torch = pytest.importorskip("torch", reason="pip install 'spatialenv[train]'")
    pytest.importorskip("trl", reason="pip install 'spatialenv[train]'")
    from spatialenv.core.write import write_answer
    from spatialenv.envs.room_layout import RoomLayoutEnv
    from spatialenv.evaluation.model_policy import load_vlm
    from spatialenv.evaluation.policy import RandomPolicy
    from spatialenv.trainers.grpo import LayoutGRPOTrainer
    from spatialenv.trainers.stages import make_trainer, trainer_config

    class Scripted(LayoutGRPOTrainer):
        """Random layouts of differing lengths; the second group only talks; one answer is cut off."""

        def _generate_single_turn(self, histories, images, fields, num_generations):
            rows = []
            for rollout in [each for each in self.rollouts if each.is_open]:
                row = rollout.seat.row
                layout = RandomPolicy(seed=100 * rollout.turns + row).layout(rollout.seat.scene)
                text = "no" if row // GROUP == 1 else f"<think>{'hm ' * row}</think>{write_answer(layout)}"
                ids = self.chat.encode(text)
                rows.append(ids[:-1] if row == 0 else ids)
            return rows, None

    torch.set_num_threads(1)
    chosen = settings("reinforce_pp")
    model, processor = load_vlm(tiny_vlm)
    tasks = chosen.env.model_dump()
    folder = tmp_path_factory.mktemp("trainer")
    # made before the trainer: transformers' arguments start accelerate's shared state anew
    configs = {name: trainer_config(settings(name), folder) for name in ONLINE}
    made = make_trainer(
        model, processor, lambda: RoomLayoutEnv(tasks="easy/train", **tasks), chosen, folder, trainer_class=Scripted
    )
    with torch.no_grad():
        for number, weight in enumerate(made.model.parameters()):
            weight += 0.02 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(number))
    made.current_gradient_accumulation_steps = 1
    made.model.train()
    return made, configs


def use(trainer: Any, configs: dict[str, Any], name: str) -> None:
    """Let the trainer follow another configuration, without making it anew."""
    args = trainer.args = configs[name]
    for each in (field.name for field in fields(args)):
        if each in vars(trainer) and len({repr(getattr(config, each)) for config in configs.values()}) > 1:
            setattr(trainer, each, getattr(args, each))
    trainer.epsilon_low = args.epsilon
    trainer.epsilon_high = args.epsilon if args.epsilon_high is None else args.epsilon_high


def by_hand(returns: np.ndarray, baseline: str) -> np.ndarray:
    """Advantages of episodes, by their definitions."""
    groups = returns.reshape(GROUPS, GROUP)
    centred = groups - groups.mean(1, keepdims=True)
    if baseline == "group_std":
        centred = centred / (groups.std(1, ddof=1, keepdims=True) + 1e-4)
    elif baseline == "leave_one_out":
        others = (groups.sum(1, keepdims=True) - groups) / (GROUP - 1)
        centred = groups - others
    elif baseline == "group_batch":
        centred = centred / (centred.std(ddof=1) + 1e-4)
    return centred.reshape(-1)


BASELINES = {
    "grpo": "group_std",
    "dr_grpo": "group",
    "dapo": "group_std",
    "gspo": "group_std",
    "cispo": "group_std",
    "rloo": "leave_one_out",
    "reinforce_pp": "group_batch",
}


def definition(name: str, logp: Any, old: Any, ref: Any, advantage: Any, mask: Any, steps: int) -> Any:
    """The loss of each algorithm as its paper has it; all of shape (rows, tokens)."""
    import torch

    ratio = torch.exp(logp - old)

    def clipped(ratio: Any, low: float, high: float) -> Any:
        return torch.minimum(ratio * advantage, ratio.clamp(1 - low, 1 + high) * advantage)

    if name == "grpo":
        return -((clipped(ratio, 0.2, 0.2) * mask).sum(1) / mask.sum(1)).mean()
    if name in ("dr_grpo", "rloo"):
        return -(clipped(ratio, 0.2, 0.2) * mask).sum() / (GROUP * GROUPS * LONGEST)
    if name == "dapo":
        return -(clipped(ratio, 0.2, 0.28) * mask).sum() / mask.sum()
    if name == "gspo":
        ratio = torch.exp(((logp - old) * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True))
        return -((clipped(ratio, 3e-4, 4e-4) * mask).sum(1) / mask.sum(1)).mean()
    if name == "cispo":
        tokens_a_step = mask.sum() / steps
        return -(ratio.clamp(max=5.0).detach() * advantage * logp * mask).sum() / tokens_a_step
    assert name == "reinforce_pp"
    kl = ratio * (torch.exp(ref - logp) - (ref - logp) - 1)
    return -((clipped(ratio, 0.2, 0.2) - 0.01 * kl) * mask).sum() / mask.sum()


@pytest.mark.parametrize("name", ONLINE)
def test_loss_and_gradient_are_those_of_the_definition(scripted, name):
    import torch

    trainer, configs = scripted
    use(trainer, configs, name)
    batch = trainer._generate_and_score_completions([{"seed": 40 + row // GROUP} for row in range(GROUP * GROUPS)])
    returns = np.array([sum(turn.reward for turn in seat.episode().turns) for seat in trainer.seats])
    expected = by_hand(returns, BASELINES[name])
    assert np.ptp(returns[:GROUP]) > 0
    assert np.ptp(returns[GROUP : 2 * GROUP]) == 0  # the group that only talks

    # which tokens count: those of the model, and of them what the algorithm takes
    model_tokens = torch.zeros_like(batch["completion_ids"])
    for row, rollout in enumerate(trainer.rollouts):
        model_tokens[row, : len(rollout.mask)] = torch.tensor(rollout.mask)
    if name == "dapo":  # not the one cut off at its end, nor groups without spread
        cut_off = [row for row, rollout in enumerate(trainer.rollouts) if rollout.cut_off[-1]]
        assert cut_off == [0]
        level = [group for group in range(GROUPS) if np.ptp(returns.reshape(GROUPS, GROUP)[group]) == 0]
        model_tokens[cut_off] = 0
        model_tokens.view(GROUPS, GROUP, -1)[level] = 0
    mask = batch["completion_mask"] * batch["tool_mask"]
    assert torch.equal(mask, model_tokens)
    advantages = batch["advantages"]
    for row in range(len(expected)):
        found = (advantages[row] if advantages.dim() > 1 else advantages[row].expand(mask.shape[1]))[mask[row] == 1]
        assert torch.allclose(found, torch.tensor(expected[row], dtype=torch.float32), atol=2e-5)

    # the policy has moved since the answers were sampled: some ratios are beyond the clip, some within
    model = trainer.model
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], 1)
    pictures = {key: batch[key] for key in ("pixel_values", "pixel_attention_mask") if key in batch}
    attention = torch.cat([batch["prompt_mask"], batch["completion_mask"]], 1)

    def logps(which: Any) -> Any:
        logits = which(input_ids=ids, attention_mask=attention, **pictures).logits[:, :-1].log_softmax(-1)
        return logits.gather(-1, ids[:, 1:, None])[..., 0][:, -mask.shape[1] :]

    current = logps(model)
    noise = torch.randn(current.shape, generator=torch.Generator().manual_seed(1))
    old = (current.detach() + (2e-3 if name == "gspo" else 0.4) * noise).detach()
    with torch.no_grad():
        reference = logps(trainer.ref_model)
    batch["old_per_token_logps"] = old
    loss = trainer._compute_loss(model, batch)
    advantage = torch.tensor(expected, dtype=torch.float32)[:, None]
    wanted = definition(name, current, old, reference, advantage, mask, ALGORITHMS[name].updates)
    assert loss.item() == pytest.approx(wanted.item(), rel=2e-4, abs=1e-6)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    ours = torch.autograd.grad(loss, weights, allow_unused=True)
    theirs = torch.autograd.grad(wanted, weights, allow_unused=True)
    norm = math.sqrt(sum(float((each**2).sum()) for each in theirs if each is not None))
    assert norm > 0
    both = [(one, two) for one, two in zip(ours, theirs, strict=True) if one is not None and two is not None]
    apart = sum(float(((one - two) ** 2).sum()) for one, two in both)
    assert math.sqrt(apart) < 1e-3 * norm
