"""Generation by vLLM: what TRL is told, and what can be known to be impossible before a model is loaded.

``colocate`` runs vLLM inside the training processes; ``server`` asks one that was started with ``vllm serve``. Both
get the weights of each step from TRL. Nothing here imports vLLM.
"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Sequence, Set
from itertools import groupby
from typing import Any

from spatialenv.errors import InputError, MissingExtraError
from spatialenv.trainers.distributed import process_count
from spatialenv.trainers.settings import RunSettings

SERVER_SECONDS = 10.0
"""How long a server may take to accept a connection."""


def engine_options(settings: RunSettings) -> dict[str, Any]:
    """Return the options of TRL's `GRPOConfig` that choose the engine; none where transformers generates.

    Example:
        >>> engine_options(RunSettings(vllm={"mode": "server", "port": 8001}))["vllm_server_port"]
        8001
    """
    chosen = settings.vllm
    if chosen.mode == "off":
        return {}
    if chosen.mode == "server":
        return {
            "use_vllm": True,
            "vllm_mode": "server",
            "vllm_server_host": chosen.host,
            "vllm_server_port": chosen.port,
        }
    return {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": chosen.memory_share,
        "vllm_tensor_parallel_size": chosen.tensor_parallel,
        "vllm_enable_sleep_mode": chosen.sleep,
        "vllm_max_model_length": settings.rl.max_episode_tokens,
    }


def check_engine(settings: RunSettings) -> None:
    """Find what speaks against vLLM before a model is loaded.

    Raises:
        MissingExtraError: If vLLM is not installed.
        InputError: If there is no GPU, nothing answers at a server's address, or the processes cannot be shared out
            among engines.
    """
    chosen = settings.vllm
    if chosen.mode == "off":
        return
    if importlib.util.find_spec("vllm") is None:
        raise MissingExtraError(
            f"`vllm.mode` is {chosen.mode!r}, but vLLM is not installed here (the server mode needs it, too, to send "
            "weights): pip install 'spatialenv[vllm]', or set vllm.mode=off"
        )
    import torch

    if not torch.cuda.is_available():
        raise InputError(f"`vllm.mode` is {chosen.mode!r}, but torch finds no GPU here; set vllm.mode=off on a CPU")
    if chosen.mode == "colocate" and process_count() % chosen.tensor_parallel:
        raise InputError(
            f"`vllm.tensor_parallel` is {chosen.tensor_parallel}, which does not divide the {process_count()} "
            "processes of this run; engines are made of whole groups of processes"
        )
    if chosen.mode == "server":
        _check_server(chosen.host, chosen.port)


def _check_server(host: str, port: int) -> None:
    """Find that nothing listens at an address, before TRL waits for minutes."""
    try:
        socket.create_connection((host, port), timeout=SERVER_SECONDS).close()
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"no vLLM server answers at {host}:{port} ({error}); start it first, and wait until it has loaded its "
            "model, or set vllm.host and vllm.port to where it is"
        ) from error


def one_placeholder_a_picture(ids: Sequence[int], image_ids: Set[int]) -> list[int]:
    """Return ids in which each run of a picture's tokens has become one.

    An engine in this process expands placeholders itself: given ids that a processor has expanded before, it expands
    each token of a picture again (TRL's issue 6294, open as of TRL 1.16). A server is given features instead, and
    finds their places by the runs.

    Args:
        ids: Token ids of a history.
        image_ids: Ids that stand for a part of a picture.

    Example:
        >>> one_placeholder_a_picture([1, 9, 9, 9, 2, 9, 9], {9})
        [1, 9, 2, 9]
    """
    kept: list[int] = []
    for token, run in groupby(ids):
        kept += [token] if token in image_ids else list(run)
    return kept


def check_pictures(chat: Any) -> None:
    """Make sure that an engine in this process can be given pictures of this model's family.

    Args:
        chat: The model's `spatialenv.evaluation.chat.Chat`.

    Raises:
        InputError: If the processor writes a picture as more than one run of one token, so that the run cannot be
            taken back.
    """
    from PIL import Image

    parts = [{"type": "image", "image": Image.new("RGB", (64, 64))}, {"type": "text", "text": "a"}]
    conversation = [{"role": "user", "content": parts}]
    renderer = chat.renderer
    text = renderer.processing_class.apply_chat_template(
        conversation,
        chat_template=renderer.template,
        add_generation_prompt=True,
        tokenize=False,
        **renderer.options,
    )
    unexpanded = chat.tokenizer(text, add_special_tokens=False)["input_ids"]
    expanded = one_placeholder_a_picture(chat.opening([conversation])[0], chat.image_ids)
    if expanded != unexpanded:
        raise InputError(
            "this model's processor writes a picture as more than one run of picture tokens, which vLLM cannot be "
            "given from within the trainer; use vllm.mode=off, or a model such as Qwen2.5-VL or Qwen3-VL"
        )
