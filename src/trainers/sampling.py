"""What a policy may write and what ends its answer, said to the engine that generates: transformers or vLLM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NEVER = -100.0
"""Added to the logit of a token that must not be sampled: the least that vLLM's servers take."""


def transformers_options(asked: Mapping[str, Any], banned: Sequence[int], ends: Sequence[int]) -> dict[str, Any]:
    """Return options of `generate` that ban tokens and name those that end an answer.

    Args:
        asked: Options so far; tokens banned there stay banned.
        banned: Ids that must never be sampled.
        ends: Ids that end an answer.

    Example:
        >>> transformers_options({"suppress_tokens": [3]}, [7, 5], [2])
        {'suppress_tokens': [3, 5, 7], 'eos_token_id': [2]}
    """
    suppressed = sorted({*(asked.get("suppress_tokens") or []), *banned})
    return {"suppress_tokens": suppressed or None, "eos_token_id": list(ends)}


def vllm_options(asked: Mapping[str, Any], banned: Sequence[int], ends: Sequence[int]) -> dict[str, Any]:
    """Return options of vLLM's `SamplingParams` that do the same, for an engine in this process and for a server.

    A bias is used rather than a list of what is allowed, which would send the whole vocabulary with each prompt.

    Example:
        >>> vllm_options({"seed": 1, "stop_token_ids": [4]}, [7, 5], [2])
        {'seed': 1, 'stop_token_ids': [2, 4], 'logit_bias': {5: -100.0, 7: -100.0}}
    """
    options = {**asked, "stop_token_ids": sorted({*(asked.get("stop_token_ids") or []), *ends})}
    bias = {**(asked.get("logit_bias") or {}), **dict.fromkeys(sorted(banned), NEVER)}
    return {**options, "logit_bias": bias} if bias else options
