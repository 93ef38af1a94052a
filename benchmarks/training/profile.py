"""Where the time of a training step goes: ``python -m benchmarks.training.profile [--json FILE]``.

Real steps of `LayoutGRPOTrainer` on models of random weights. Answers are really generated, as many tokens as an
answer has, and then replaced by random layouts, as a trained model would write: so there is a room to draw and to
score. The parts are timed from inside; what is left of the step is `rest`.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import transformers
from rich.console import Console
from rich.table import Table
from transformers import PrinterCallback, ProgressCallback, TrainerCallback

from benchmarks.speed.__main__ import describe_machine
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.model_policy import load_vlm
from spatialenv.evaluation.policy import RandomPolicy
from spatialenv.trainers.demonstrate import UnskilledDemonstrator
from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset
from spatialenv.trainers.tiny_vlm import TinyVLMConfig, build_tiny_vlm, sample_texts

PARTS = ("open", "generate", "draw", "score", "tensors", "forward", "backward", "optimizer")
"""Scenes and first pictures; tokens; rooms; rewards; ids and picture tensors; the loss; its gradient; the weights."""

SIZES = {
    "tiny": TinyVLMConfig(vocabulary=800),
    "100m": TinyVLMConfig(hidden_size=768, layers=12, heads=12, vision_hidden_size=384, vision_layers=4),
    "500m": TinyVLMConfig(hidden_size=1280, layers=24, heads=20, vision_hidden_size=768, vision_layers=12),
    "3b": TinyVLMConfig(hidden_size=2560, layers=36, heads=20, vision_hidden_size=1024, vision_layers=24),
}

ENV: dict[str, Any] = {"max_turns": 2, "views": ("top",), "size": (224, 224), "feedback": "targets"}


@dataclass
class Work:
    """What is timed.

    Attributes:
        size: A name of `SIZES`.
        rows: Episodes a step.
        group: Episodes of the same scene.
        steps: Steps, of which the first does not count.
        dtype: Type of the weights.
        lora: Whether an adapter of rank 16 is trained instead of all weights.
    """

    size: str = "tiny"
    rows: int = 48
    group: int = 8
    steps: int = 6
    dtype: str = "float32"
    lora: bool = False
    env: dict[str, Any] = field(default_factory=lambda: dict(ENV))


class ProfiledTrainer(LayoutGRPOTrainer):
    """Times the parts of each step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = dict.fromkeys(PARTS, 0.0)
        self.tokens = {"generated": 0, "trained": 0}
        self._wrap(self.executor, "reset", "open")
        for method in ("opening", "replies", "pictures", "decode", "spans"):
            self._wrap(self.chat, method, "tensors")
        self._wrap(self.accelerator, "backward", "backward")
        self._answers = 0

    def _wrap(self, owner: Any, method: str, part: str) -> None:
        call: Callable[..., Any] = getattr(owner, method)
        setattr(owner, method, lambda *args, **kwargs: self._timed(part, call, *args, **kwargs))

    def _timed(self, part: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        _wait_for_device()
        began = time.perf_counter()
        result = call(*args, **kwargs)
        _wait_for_device()
        self.parts[part] += time.perf_counter() - began
        return result

    def _generate_single_turn(self, histories: Any, images: Any, fields: Any, num_generations: int) -> Any:
        call = super()._generate_single_turn
        sampled, logprobs = self._timed("generate", call, histories, images, fields, num_generations)
        self.tokens["generated"] += sum(map(len, sampled))
        for index, rollout in enumerate([rollout for rollout in self.rollouts if rollout.is_open]):
            self._answers += 1
            layout = RandomPolicy(seed=self._answers).layout(rollout.seat.scene)
            sampled[index] = self.chat.encode(write_answer(layout))
        return sampled, logprobs

    def _get_per_token_logps_and_entropies(self, model: Any, input_ids: Any, *args: Any, **kwargs: Any) -> Any:
        self.tokens["trained"] += input_ids.numel()
        return self._timed("forward", super()._get_per_token_logps_and_entropies, model, input_ids, *args, **kwargs)

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        for part in ("draw", "score"):
            self.parts[part] += self.seconds[part]
        return super()._calculate_rewards(*args, **kwargs)


class _Steps(TrainerCallback):
    """Keeps the parts of each step."""

    def __init__(self) -> None:
        self.trainer: Any = None
        self.rows: list[dict[str, float]] = []

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock of a step."""
        self.trainer.parts = dict.fromkeys(PARTS, 0.0)
        self.trainer.tokens = dict.fromkeys(self.trainer.tokens, 0)

    def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
        """Start the clock of the optimizer."""
        _wait_for_device()
        self.began = time.perf_counter()

    def on_optimizer_step(self, *_: Any, **__: Any) -> None:
        """Stop the clock of the optimizer."""
        _wait_for_device()
        self.trainer.parts["optimizer"] += time.perf_counter() - self.began

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Keep the step."""
        self.rows.append({**self.trainer.parts, **self.trainer.tokens, "end": time.perf_counter()})


def profile(work: Work, folder: Path) -> dict[str, Any]:
    """Return milliseconds and shares of the parts of a step, tokens a second and, on a GPU, peak memory."""
    env = RoomLayoutEnv(tasks="demo/train", **work.env)
    texts = sample_texts(env, UnskilledDemonstrator(), range(100), random.Random(0))
    weights = build_tiny_vlm(folder / "model", texts, SIZES[work.size])
    model, processor = load_vlm(folder / "model", dtype=work.dtype)
    on_gpu = torch.cuda.is_available()
    steps = _Steps()
    peft_config = None
    if work.lora:
        import peft

        peft_config = peft.LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    longest = _longest_answer(processor, env)
    trainer = ProfiledTrainer(
        model=model,
        env_fn=lambda: RoomLayoutEnv(tasks="demo/train", **work.env),
        args=LayoutGRPOConfig(
            output_dir=str(folder / "out"),
            per_device_train_batch_size=work.rows,
            num_generations=work.group,
            max_completion_length=longest,
            max_steps=work.steps,
            learning_rate=1e-6,
            loss_type="dr_grpo",
            top_k=0,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            use_cpu=not on_gpu,
            bf16=on_gpu and work.dtype == "bfloat16",
            gradient_checkpointing=False,
            disable_tqdm=True,
            remove_unused_columns=False,
            shuffle_dataset=False,
        ),
        processing_class=processor,
        train_dataset=seed_dataset(work.rows // work.group * work.steps),
        peft_config=peft_config,
        callbacks=[steps],
    )
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    steps.trainer = trainer
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    trainer.train()
    return _figures(work, weights, longest, steps.rows)


def _figures(work: Work, weights: int, answer: int, rows: list[dict[str, float]]) -> dict[str, Any]:
    totals = [later["end"] - earlier["end"] for earlier, later in pairwise(rows)]
    total = statistics.median(totals)
    parts = {part: statistics.median(row[part] for row in rows[1:]) for part in PARTS}
    parts["rest"] = max(total - sum(parts.values()), 0.0)
    return {
        "size": work.size,
        "weights": weights,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "dtype": work.dtype,
        "lora": work.lora,
        "episodes": work.rows,
        "turns": work.env["max_turns"],
        "answer_tokens": answer,
        "steps_timed": len(totals),
        "step_ms": 1000 * total,
        "ms": {part: 1000 * seconds for part, seconds in parts.items()},
        "shares": {part: seconds / total for part, seconds in parts.items()},
        "generated_tokens_per_second": statistics.median(row["generated"] for row in rows[1:]) / parts["generate"],
        "tokens_per_second": statistics.median(row["trained"] for row in rows[1:]) / total,
        "peak_memory_gb": torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else None,
    }


def _longest_answer(processor: Any, env: RoomLayoutEnv) -> int:
    """Return the tokens of the longest of some answers."""
    lengths = []
    for seed in range(20):
        env.reset(seed=seed)
        answer = write_answer(RandomPolicy(seed=seed).layout(env.scene))
        lengths.append(len(processor.tokenizer(answer)["input_ids"]) + 1)
    return max(lengths)


def _wait_for_device() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def table(results: list[Mapping[str, Any]]) -> Table:
    """Return milliseconds and shares, a column a model."""
    shown = Table("part of a step", title="Where the time of a training step goes")
    for result in results:
        heads = f"{result['size']}, {result['weights'] / 1e6:.1f} M weights\n{result['episodes']} episodes"
        shown.add_column(heads, justify="right")
    for part in (*PARTS, "rest"):
        cells = [f"{result['ms'][part]:.0f} ms  {100 * result['shares'][part]:4.1f} %" for result in results]
        shown.add_row(part, *cells)
    shown.add_section()
    shown.add_row("step", *[f"{result['step_ms']:.0f} ms" for result in results])
    shown.add_row("tokens sampled a second", *[f"{result['generated_tokens_per_second']:.0f}" for result in results])
    shown.add_row("tokens trained a second", *[f"{result['tokens_per_second']:.0f}" for result in results])
    memory = [f"{result['peak_memory_gb']:.1f} GB" if result["peak_memory_gb"] else "-" for result in results]
    shown.add_row("peak memory of the GPU", *memory)
    return shown


def main(arguments: list[str] | None = None) -> int:
    """Profile the sizes that were asked for, print a table and write the JSON file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training.profile", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument("--size", choices=SIZES, action="append", help="a model size; may be repeated (tiny, 100m)")
    parser.add_argument("--rows", type=int, help="episodes a step (48 for tiny, 16 else)")
    parser.add_argument("--steps", type=int, default=6, help="steps; the first does not count")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--lora", action="store_true", help="train an adapter of rank 16")
    parser.add_argument("--threads", type=int, help="threads of torch on the CPU")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.")
    results = []
    console = Console()
    for size in given.size or ("tiny", "100m"):
        rows = given.rows or (48 if size == "tiny" else 16)
        work = Work(size, rows=rows, steps=given.steps, dtype=given.dtype, lora=given.lora)
        with console.status(f"profiling {size}"), tempfile.TemporaryDirectory() as folder:
            results.append(profile(work, Path(folder)))
    console.print(table(results))
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": describe_machine(), "profiles": results}, indent=2, sort_keys=True)
        given.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
