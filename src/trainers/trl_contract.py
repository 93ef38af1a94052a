"""What `LayoutGRPOTrainer` relies on inside TRL, checked before it is relied on.

TRL has no public place for episodes with pictures, so the trainer overrides private methods. Their shape is checked
when a trainer is made: a TRL that changed them is refused in words, instead of training on something else.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import Any

from spatialenv.errors import MissingExtraError

TRL_VERSIONS = ("1.16",)
"""TRL releases whose internals this package is written against."""

SIGNATURES = {
    "_generate": ("self", "prompts"),
    "_generate_and_score_completions": ("self", "inputs"),
    "_generate_single_turn": (
        "self",
        "prompt_ids",
        "images",
        "multimodal_fields",
        "num_generations",
        "has_tool_images",
    ),
    "_calculate_rewards": ("self", "inputs", "prompts", "completions", "completion_ids_list"),
    "_compute_loss": ("self", "model", "inputs"),
    "compute_loss": ("self", "model", "inputs", "return_outputs", "num_items_in_batch"),
    "training_step": ("self", "model", "inputs", "num_items_in_batch"),
}
"""Parameters of TRL's methods that are overridden or called."""

FIRST_LOGPS_PARAMETERS = ("self", "model", "input_ids", "attention_mask", "logits_to_keep")
TOKEN_TYPES = ("token_type_ids", "mm_token_type_ids")

GENERATED = (
    "prompt_ids",
    "completion_ids",
    "tool_mask",
    "completions",
    "logprobs",
    "extra_fields",
    "images",
    "tool_images",
)
"""What `_generate` returns, in order."""

WORDS = {
    # the loss mask is made of the mask returned beside the ids, and counted over all processes
    "_generate_and_score_completions": ("completion_mask * tool_mask", 'output["tool_mask"]'),
    # advantages of one a token are taken as they are
    # and the ratios of sequences are taken from log-probabilities that are made before
    "_compute_loss": ("advantages.dim()", 'inputs.get("old_per_token_logps")', "self.importance_sampling_level"),
    # where a run begins to generate again, which `spatialenv.trainers.resuming` counts on
    "_prepare_inputs": ("steps_per_generation * self.num_iterations",),
}
"""Words of TRL's methods that stand for what cannot be seen in a signature."""


def check_trl(trainer: type[Any]) -> None:
    """Make sure that TRL is one that `LayoutGRPOTrainer` was written against.

    Args:
        trainer: TRL's `GRPOTrainer`.

    Raises:
        MissingExtraError: If the release is another one, or the release is right but its methods are not.
    """
    installed = importlib.metadata.version("trl")
    if not installed.startswith(TRL_VERSIONS):
        raise MissingExtraError(
            f"trl {installed} is installed, but this trainer is written against trl {' or '.join(TRL_VERSIONS)}: "
            "pip install 'spatialenv[train]'"
        )
    found = changes(trainer)
    if found:
        raise MissingExtraError(
            f"trl {installed} is not the one that this trainer is written against: {'; '.join(found)}; "
            "install another of its releases: pip install 'spatialenv[train]'"
        )


def changes(trainer: type[Any]) -> list[str]:
    """Return in words what differs from the TRL that this package is written against; nothing if all is well."""
    found = []
    for name, expected in SIGNATURES.items():
        given = _parameters(trainer, name)
        if given != expected:
            found.append(_changed(name, expected, given))
    name = "_get_per_token_logps_and_entropies"
    given = _parameters(trainer, name)
    if given is None or given[: len(FIRST_LOGPS_PARAMETERS)] != FIRST_LOGPS_PARAMETERS:
        found.append(_changed(name, FIRST_LOGPS_PARAMETERS, given))
    elif not set(TOKEN_TYPES) <= set(given):
        found.append(f"`{name}` takes no {' or '.join(TOKEN_TYPES)}")
    source = _source(trainer, "_generate")
    if source is not None and source.rpartition("return ")[2].strip() != ", ".join(GENERATED):
        found.append(f"`_generate` does not return ({', '.join(GENERATED)})")
    for name, words in WORDS.items():
        source = _source(trainer, name)
        if source is not None:
            found += [f"`{name}` says nothing of `{word}`" for word in words if word not in source]
    return found


def _changed(name: str, expected: tuple[str, ...], given: tuple[str, ...] | None) -> str:
    if given is None:
        return f"there is no `{name}`"
    return f"`{name}` takes ({', '.join(given)}), not ({', '.join(expected)})"


def _parameters(trainer: type[Any], name: str) -> tuple[str, ...] | None:
    method = getattr(trainer, name, None)
    return None if method is None else tuple(inspect.signature(method).parameters)


def _source(trainer: type[Any], name: str) -> str | None:
    """Return the source of a method, or None where Python has none at hand."""
    method = getattr(trainer, name, None)
    try:
        return "" if method is None else inspect.getsource(inspect.unwrap(method))
    except OSError:
        return None
