"""Write docs/training/profile.md and its figure: ``python -m benchmarks.training.page``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "training.json"
PAGE = ROOT / "docs" / "training" / "profile.md"
PICTURE = ROOT / "docs" / "pictures" / "training_step.svg"

COLOURS = {
    "open": "#8a6d00",
    "generate": "#1f6f9f",
    "draw": "#b3541e",
    "score": "#d99a2b",
    "tensors": "#7a4b94",
    "forward": "#3f7d3a",
    "backward": "#7fb069",
    "optimizer": "#a3334d",
    "rest": "#b9bec4",
}
MEANING = {
    "open": "scenes, prompts and first pictures",
    "generate": "the model writes its answers",
    "draw": "the furnished rooms",
    "score": "answers read and placed; rewards, violations, feedback",
    "tensors": "ids and picture tensors of what was shown, spans of tokens",
    "forward": "log-probabilities for the loss",
    "backward": "gradients",
    "optimizer": "new weights",
    "rest": "TRL's own preparation, credit, figures, collating",
}


def main() -> None:
    """Write the page and the figure."""
    given = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text(profile_page(given), encoding="utf-8")
    PICTURE.write_text(step_figure(given["profiles"]), encoding="utf-8")


def profile_page(given: Mapping[str, Any]) -> str:
    """Return docs/training/profile.md."""
    machine, profiles = given["machine"], given["profiles"]
    heads = [f"{_weights(one)}, {one['episodes']} episodes" for one in profiles]
    lines = [
        "# Where a step's time goes",
        "",
        "Made by `python -m benchmarks.training.profile --json benchmarks/results/training.json` and "
        f"`python -m benchmarks.training.page`. Machine: {machine['processor']}, {machine['cores']} cores, Python "
        f"{machine['python']}. Medians of {profiles[0]['steps_timed']} steps, float32, all weights trained, two turns "
        "an episode, a picture of 224 x 224 a turn. Answers are really generated and then replaced by random layouts "
        "of the same form, so that there is a room to draw and to score. Nothing here was measured on a graphics card.",
        "",
        "![Shares of a step by part](../pictures/training_step.svg)",
        "",
        f"| part | what | {' | '.join(heads)} |",
        f"| --- | --- |{' ---: |' * len(profiles)}",
    ]
    for part, meaning in MEANING.items():
        cells = [f"{one['ms'][part]:,.0f} ms ({100 * one['shares'][part]:.1f} %)" for one in profiles]
        lines.append(f"| {part} | {meaning} | {' | '.join(cells)} |")
    lines.append("| **step** | | " + " | ".join(f"**{one['step_ms']:,.0f} ms**" for one in profiles) + " |")
    lines += ["", f"| | {' | '.join(heads)} |", f"| --- |{' ---: |' * len(profiles)}"]
    for told, name in (
        ("tokens of an answer", "answer_tokens"),
        ("tokens sampled a second while generating", "generated_tokens_per_second"),
        ("tokens of the loss a second of a step", "tokens_per_second"),
    ):
        lines.append(f"| {told} | " + " | ".join(f"{one[name]:,.0f}" for one in profiles) + " |")
    lines += [
        "",
        "What an environment costs (open, draw, score) is the same whatever the model: with a real model on a graphics "
        "card it is a few milliseconds an episode on the processor beside it, which [executors](executors.md) spend "
        "while the model writes. `python -m benchmarks.training.profile --size 3b --dtype bfloat16` measures a card, "
        "peak memory included.",
        "",
    ]
    return "\n".join(lines)


def step_figure(profiles: Sequence[Mapping[str, Any]]) -> str:
    """Return the shares of a step as an SVG: a bar a model, its parts named below."""
    width, left, bar, gap, top = 760, 170, 34, 22, 16
    inner = width - left - 20
    height = top + len(profiles) * (bar + gap) + 62
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for row, one in enumerate(profiles):
        y = top + row * (bar + gap)
        parts.append(f'<text x="{left - 12}" y="{y + 15}" text-anchor="end" fill="#1b1f24">{_weights(one)}</text>')
        parts.append(
            f'<text x="{left - 12}" y="{y + 31}" text-anchor="end" fill="#5c6670" font-size="11">'
            f"{one['step_ms'] / 1000:.2f} s a step</text>"
        )
        x = float(left)
        for part, colour in COLOURS.items():
            share = one["shares"][part] / sum(one["shares"].values())  # medians need not add up to the median step
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{share * inner:.1f}" height="{bar}" fill="{colour}"/>')
            if share > 0.06:
                parts.append(
                    f'<text x="{x + share * inner / 2:.1f}" y="{y + 21}" text-anchor="middle" fill="#ffffff">'
                    f"{100 * share:.0f} %</text>"
                )
            x += share * inner
    y = top + len(profiles) * (bar + gap) + 12
    step = inner / 5
    for index, (part, colour) in enumerate(COLOURS.items()):
        x, line = left + (index % 5) * step, y + (index // 5) * 22
        parts.append(f'<rect x="{x:.1f}" y="{line - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18:.1f}" y="{line}" fill="#1b1f24">{part}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _weights(one: Mapping[str, Any]) -> str:
    return f"{one['weights'] / 1e6:.1f} M weights"


if __name__ == "__main__":
    main()
