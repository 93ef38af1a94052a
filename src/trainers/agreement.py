"""Whether the log-probabilities that are learned from are those of the model: compared once, before the first update.

TRL makes log-probabilities with a head of its own, on a padded batch whose pictures it has dealt out. Where that is
not what the model itself says of an episode, such as for a model whose own head scales otherwise, a run would train
on something else than what was sampled and never say so.
"""

from __future__ import annotations

import inspect
import logging
from typing import Any

import torch
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled
from trl import GRPOTrainer

from spatialenv.errors import InputError
from spatialenv.trainers.rollout import Rollout
from spatialenv.trainers.trl_contract import FIRST_LOGPS_PARAMETERS

TOLERANCE = 1e-3
"""Largest mean difference of log-probabilities that float32 explains; a padded batch makes some 1e-6."""

HALF_TOLERANCE = 0.1
"""The same for bfloat16, float16 and quantised weights, whose kernels round apart by about 0.01."""

WINDOW = 256
"""Tokens, at most, that are compared: the last ones of an episode, which have seen all of its pictures."""

_log = logging.getLogger(__name__)


def check_agreement(trainer: Any, inputs: dict[str, Any], tolerance: float | None = None) -> bool:
    """Compare TRL's log-probabilities of one episode of a part with those of a plain pass of the model.

    All processes call this together; each compares an episode of its own. The model is in evaluation mode meanwhile,
    and no random number is drawn.

    Args:
        trainer: A `LayoutGRPOTrainer` whose last batch `inputs` is a part of.
        inputs: What TRL's loss is given.
        tolerance: Largest mean difference, in nats, over the tokens that the model wrote; None chooses by the type
            of the weights: 0.001 for float32, 0.1 for others.

    Returns:
        Whether there was anything to compare, or weights that are shared out speak against it.

    Raises:
        InputError: If the difference is larger on any process.
    """
    if trainer.is_fsdp_enabled or is_deepspeed_zero3_enabled():
        _log.warning("TRL's log-probabilities are not compared with the model's: its weights are shared out")
        return True
    allowed = tolerance if tolerance is not None else TOLERANCE if _is_exact(trainer) else HALF_TOLERANCE
    found = differences(trainer, inputs)
    own = -1.0 if found is None else float(found.mean())
    everywhere = trainer.accelerator.gather(torch.tensor([own], device=trainer.accelerator.device))
    worst = float(everywhere.max())
    if worst < 0:
        return False
    if not worst <= allowed:  # not a number is refused, too
        raise InputError(
            "TRL's log-probabilities of an episode are not those of the model itself: they differ by "
            f"{worst:.3g} nats a token, at most {allowed:g} can be rounding, so that what is trained would not be what "
            f"was sampled (model type {trainer.model.config.model_type!r}); use a model that docs/training/models.md "
            "lists or another version of transformers, or set logprob_tolerance if you know why"
        )
    return True


def differences(trainer: Any, inputs: dict[str, Any]) -> torch.Tensor | None:
    """Return by how much log-probabilities differ at tokens that the model wrote, shape ``(tokens,)``.

    None if no row of the part holds any that are learned from.
    """
    chosen = _choose(trainer, inputs)
    if chosen is None:
        return None
    row, rollout = chosen
    written = [at for at, sampled in enumerate(rollout.mask) if sampled]
    first = max(0, written[-1] + 1 - WINDOW)
    was_training = trainer.model.training
    trainer.model.eval()
    try:
        with torch.no_grad():
            batch = _batched(trainer, inputs)[row, first : len(rollout.ids)]
            alone = _plain(trainer, rollout, len(rollout.ids) - first)
    finally:
        trainer.model.train(was_training)
    sampled = torch.tensor(rollout.mask[first:], dtype=torch.bool, device=batch.device)
    return (batch.float() - alone).abs()[sampled]


def _choose(trainer: Any, inputs: dict[str, Any]) -> tuple[int, Rollout] | None:
    """Return the row that is hardest to get right, of most pictures and most padding, and its episode."""
    rollouts = {tuple(rollout.history): rollout for rollout in trainer.rollouts}
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1).bool()
    learned = (inputs["completion_mask"] * inputs["tool_mask"]).any(dim=1)
    found = []
    for row in range(len(ids)):
        rollout = rollouts.get(tuple(ids[row][mask[row]].tolist()))
        if learned[row] and rollout is not None:
            found.append((len(rollout.images), int((~mask[row]).sum()), row, rollout))
    if not found:
        return None
    *_, row, rollout = max(found, key=lambda each: each[:3])
    return row, rollout


def _batched(trainer: Any, inputs: dict[str, Any]) -> torch.Tensor:
    """Return TRL's log-probabilities of a part, as its loss asks for them."""
    known = inspect.signature(GRPOTrainer._get_per_token_logps_and_entropies).parameters
    fields = {name: inputs[name] for name in known if name in inputs and name not in FIRST_LOGPS_PARAMETERS}
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
    width = inputs["completion_ids"].shape[1]
    logps: torch.Tensor = trainer._get_per_token_logps_and_entropies(trainer.model, ids, mask, width, **fields)[0]
    return logps


def _plain(trainer: Any, rollout: Rollout, count: int) -> torch.Tensor:
    """Return the log-probabilities of the last `count` tokens of an episode, alone and with its own pictures."""
    ids = torch.tensor([rollout.history], device=trainer.accelerator.device)
    fields = dict(trainer.chat.pictures([rollout.images])) if trainer.args.pictures else {}
    fields = trainer._prepare_input(fields)
    if trainer.chat.type_field is not None:
        fields[trainer.chat.type_field] = trainer.chat.type_ids(ids)
    model = trainer.accelerator.unwrap_model(trainer.model)
    model = model.get_base_model() if hasattr(model, "get_base_model") else model
    if "logits_to_keep" in inspect.signature(type(model).forward).parameters:
        fields["logits_to_keep"] = count + 1  # all of them, over a whole vocabulary, may not fit
    with trainer.accelerator.autocast():
        logits = trainer.model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False, **fields).logits[
            0, -count - 1 : -1
        ]
    logps = (logits.float() / trainer.temperature).log_softmax(dim=-1)
    chosen: torch.Tensor = logps.gather(1, ids[0, -count:, None].to(logps.device))[:, 0].to(ids.device)
    return chosen


def _is_exact(trainer: Any) -> bool:
    """Return whether the model computes in float32."""
    is_half = trainer.args.bf16 or trainer.args.fp16
    return not is_half and all(weight.dtype == torch.float32 for weight in trainer.model.parameters())
