"""Runs the adapter in OpenRLHF's own executor and sample generator: writes what came of it as JSON.

The engine is made up, and so are the packages that only its workers on GPUs need (ray, vllm, deepspeed); the
executor, the way it loads and calls the reward function, and what becomes of its result are OpenRLHF's.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import torch

import spatialenv.rewards.adapters.openrlhf as module

PROMPT = "<|im_start|>user\nFurnish, for example <answer>[]</answer>.<|im_end|>\n<|im_start|>assistant\n"


def package(name: str) -> Path:
    """Return the folder of a package without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is not installed")
    return Path(spec.origin).parent


def load(name: str, path: Path) -> ModuleType:
    """Import one file under the name that the package gives it."""
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def executor_and_generator() -> tuple[Any, Any]:
    """Return OpenRLHF's `SingleTurnAgentExecutor` and `SamplesGenerator`."""
    root = package("openrlhf")
    for name in ("vllm", "openrlhf.utils", "openrlhf.trainer.ray.vllm_engine"):
        sys.modules[name] = MagicMock()
    sys.modules["ray"] = SimpleNamespace(wait=lambda refs, **options: (refs[:1], refs[1:]), get=lambda ref: ref)
    sys.modules["openrlhf.utils.logging_utils"] = SimpleNamespace(init_logger=logging.getLogger)
    sys.modules["openrlhf.trainer.ppo_utils.experience"] = SimpleNamespace(Experience=SimpleNamespace)
    agent = load("openrlhf.utils.agent", root / "utils" / "agent.py")
    samples = load("samples_generator", root / "trainer" / "ppo_utils" / "samples_generator.py")
    return agent.SingleTurnAgentExecutor, samples.SamplesGenerator


class Characters:
    """A tokenizer whose tokens are characters."""

    def __call__(self, text: str, **options: Any) -> dict[str, torch.Tensor]:
        """Return the ids of a text."""
        return {"input_ids": torch.tensor([[ord(c) for c in text]])}

    def decode(self, ids: list[int], skip_special_tokens: bool = False) -> str:
        """Return the text of the ids."""
        return "".join(map(chr, ids))


class Engine:
    """An engine that always generates one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def generate(self, ids: list[int], params: Any, multi_modal_data: Any = None) -> Any:
        """Return the text as vLLM does."""
        output = SimpleNamespace(token_ids=[ord(c) for c in self.text], finish_reason="stop", logprobs=None)
        return SimpleNamespace(outputs=[output])


def main() -> None:
    """Score the rows of the file that is named."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    executor_class, generator_class = executor_and_generator()
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logging.getLogger("openrlhf.utils.agent").addHandler(handler)
    logging.getLogger("openrlhf.utils.agent").setLevel(logging.INFO)

    def answer(path: str, text: str, label: str) -> dict[str, Any]:
        params = SimpleNamespace(max_tokens=4000, logprobs=None)
        executor = executor_class(path)
        return asyncio.run(executor.execute(PROMPT, label, params, 8000, Characters(), Engine(text)))

    def run(path: str, text: str, label: str) -> dict[str, Any]:
        sample = generator_class._process_response_into_experience(None, answer(path, text, label), max_len=8000)
        return {
            "reward": None if sample.rewards is None else sample.rewards.tolist(),
            "score": None if sample.scores is None else sample.scores.tolist(),
            "logs": {name: value.tolist() for name, value in sample.info.items()},
        }

    ended = [{**row, "text": row["text"] + "<|im_end|>"} for row in given["rows"]]
    results: dict[str, Any] = {"file": [run(module.__file__, row["text"], row["scene"]) for row in ended]}
    results["made"] = run(given["file"], ended[1]["text"], ended[1]["scene"])
    results["broken"] = run(module.__file__, "x", "42 apples")
    failed = answer(given["failing"], ended[0]["text"], ended[0]["scene"])
    results["failed"] = [math.isnan(float(failed["reward"])), math.isnan(float(failed["scores"]))]

    good = [answer(module.__file__, row["text"], row["scene"]) for row in ended[:2]]
    groups = {"failed": [failed, good[0]], "good": good}

    class Generator(generator_class):
        """Has its answers already."""

        def __init__(self) -> None:
            self.args = SimpleNamespace(algo=SimpleNamespace(dynamic_filtering_range=(0, 1)))

        def _dispatch_prompts_to_vllm(self, prompts: list[str], labels: list[str], **options: Any) -> list[Any]:
            return [groups[prompt] for prompt in prompts]

    prompts = iter([([""], [name], [""], [None]) for name in ("failed", "good", "good")])
    kept, drawn, _ = Generator()._generate_vllm(prompts, 2, True, max_len=8000)
    results["filtered"] = {"kept": [sample.scores.item() for sample in kept], "prompts": drawn}
    results["messages"] = messages
    Path(sys.argv[2]).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
