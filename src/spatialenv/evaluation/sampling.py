"""Answers drawn from a model by transformers' own generation, from a seed of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch


class TokenSource(Protocol):
    """What built the ids of conversations: a `Chat`, or one with tools."""

    tokenizer: Any
    eos_ids: list[int]
    type_field: str | None

    def type_ids(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return the token types of ids."""
        ...


def sample_answers(
    model: Any,
    chat: TokenSource,
    histories: Sequence[Sequence[int]],
    fields: Mapping[str, Any],
    *,
    max_new_tokens: int,
    temperature: float,
    seed: int,
    suppressed: Sequence[int] | None = None,
) -> list[list[int]]:
    """Return the ids of an answer to each history, the end of the turn included where it was reached.

    Args:
        model: A model that generates from ``input_ids`` and picture tensors.
        chat: What built the ids.
        histories: Ids of each conversation so far, of any lengths.
        fields: Picture tensors of all conversations (`Chat.pictures`).
        max_new_tokens: Longest answer in tokens.
        temperature: 0 takes the likeliest token.
        seed: Seed of the draw; torch's own generators are left as they were.
        suppressed: Ids that must not be drawn: what stands for pictures.
    """
    import torch

    pad = chat.tokenizer.pad_token_id if chat.tokenizer.pad_token_id is not None else chat.eos_ids[0]
    width = max(map(len, histories))
    input_ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in histories])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in histories])
    inputs: dict[str, torch.Tensor] = {"input_ids": input_ids, "attention_mask": mask, **fields}
    if chat.type_field is not None:
        inputs[chat.type_field] = chat.type_ids(input_ids)
    inputs = {name: value.to(model.device) for name, value in inputs.items()}
    was_training = model.training
    model.eval()
    # generate() draws from the global generator: lend it one, so that nothing else is disturbed
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        output = model.generate(
            **inputs,
            max_new_tokens=max_new_tokens,
            do_sample=temperature > 0,
            **({"temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature > 0 else {}),
            repetition_penalty=1.0,
            suppress_tokens=None if suppressed is None else list(suppressed),
            pad_token_id=pad,
            eos_token_id=chat.eos_ids,
        )
    model.train(was_training)
    rows = []
    for row in output[:, width:].tolist():
        ends = [index for index, token in enumerate(row) if token in chat.eos_ids]
        rows.append(row[: ends[0] + 1] if ends else row)
    return rows
