"""The model card of a run: README.md beside its final weights, as the Hugging Face hub reads it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from spatialenv.errors import InputError
from spatialenv.formats.atomic import write_atomically
from spatialenv.report import wording
from spatialenv.report.environment import make_environment
from spatialenv.report.plain import flatten
from spatialenv.report.run_folder import RunFolder
from spatialenv.report.watching import find_gaming

SHOWN = (
    "valid_layout_rate",
    "clean_rate",
    "mean_score",
    "format_rate",
    "collision_rate_of_well_formed",
    "commonest_layout_share",
)
"""Metrics in the card's table."""

_LISTED = ("tiny", "warm_start", "rl", "env", "rounds", "peft", "quantization", "dtype", "seed", "pictures", "route")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)
_PACKAGES = ("spatialenv", "torch", "transformers", "trl", "peft", "accelerate")


def write_model_card(run: RunFolder | str | os.PathLike[str], checkpoint: str = "final") -> Path:
    """Write ``README.md`` into a checkpoint of a run folder and return its path; one that is there is replaced.

    The front matter names library, task, base model (where it has a name on the hub) and results, so that the hub
    shows them. No license is stated: it is that of the base model, which is for the author to say.

    Args:
        run: The run folder, or its path.
        checkpoint: Name of the checkpoint.

    Raises:
        InputError: If it is no run folder, or has no such checkpoint.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder(run)
    state, summary, settings = folder.state(), folder.summary(), folder.config()
    place = folder.checkpoint(checkpoint)
    if not place.is_dir():
        raise InputError(
            f"the run folder {str(folder.path)!r} has no checkpoint {checkpoint!r}; let the run finish first"
        )
    name = folder.path.resolve().name
    rows = [row for row in folder.metrics() if row["phase"] == "rl"]
    patience = (settings.get("watch") or {}).get("patience") or 3
    chosen = {key: value for key, value in settings.items() if key in _LISTED and value is not None}
    text = (
        make_environment()
        .get_template("model_card.md.j2")
        .render(
            front_matter=yaml.safe_dump(front_matter(name, settings, summary), sort_keys=False, allow_unicode=True),
            name=name,
            has_pictures=settings.get("pictures", True) or any(place.glob("*processor_config.json")),
            code=code,
            base=_base(settings.get("model")),
            headline=wording.headline(summary, is_checked=state["stages"].get("held_out", {}).get("shared") == 0),
            algorithm=settings.get("algorithm", "dr_grpo"),
            steps=(settings.get("rl") or {}).get("steps"),
            credit=_credit((settings.get("rl") or {}).get("credit")),
            tasks=settings.get("tasks"),
            held_out=settings.get("held_out"),
            seed=settings.get("seed"),
            reward=(settings.get("env") or {}).get("reward"),
            max_turns=(settings.get("env") or {}).get("max_turns"),
            checked=state["stages"].get("held_out"),
            columns=[wording.METRICS[metric][0] for metric in SHOWN],
            results=_results(summary),
            warnings=[gaming.text for gaming in find_gaming(rows, patience)],
            changes=state.get("changes") or (),
            does_not_show=list(summary.get("does_not_show") or ()),
            settings=yaml.safe_dump(chosen, sort_keys=False, allow_unicode=True),
            options=_options(settings),
            packages={key: value for key, value in folder.versions()["packages"].items() if key in _PACKAGES},
            python=folder.versions()["python"],
            command=state.get("command", ""),
        )
    )
    return write_atomically(place / "README.md", text)


def front_matter(name: str, settings: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the hub reads of a card.

    Args:
        name: The model's name.
        settings: The run's.
        summary: Its results.
    """
    algorithm = str(settings.get("algorithm", "dr_grpo"))
    has_pictures = settings.get("pictures", True)
    card: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": "image-text-to-text" if has_pictures else "text-generation",
        "tags": ["spatialenv", "reinforcement-learning", "room-layout", algorithm.replace("_", "-")],
    }
    base = settings.get("model")
    if isinstance(base, str) and _HUB_NAME.fullmatch(base) and not Path(base).exists():
        card["base_model"] = base
    final = (summary.get("after") or {}).get("final") or {}
    results = [
        {"type": metric, "name": wording.METRICS[metric][0], "value": round(float(final[metric]), 6)}
        for metric in SHOWN
        if final.get(metric) is not None
    ]
    if results:
        held_out = settings.get("held_out")
        tasks = held_out if isinstance(held_out, str) else str((held_out or {}).get("name", "held-out rooms"))
        card["model-index"] = [
            {
                "name": name,
                "results": [
                    {
                        "task": {"type": "reinforcement-learning", "name": "Room layout"},
                        "dataset": {"type": "spatialenv", "name": f"spatialenv {tasks}"},
                        "metrics": results,
                    }
                ],
            }
        ]
    return card


def code(value: Any) -> str:
    """Return any text as Markdown's inline code that may stand in a table.

    Example:
        >>> print(code("a b"), code("a `b`"))
        `a b` `` a `b` ``
    """
    text = " ".join(str(value).split()).replace("|", "\\|")
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (max(len(run) for run in re.findall("`+", text)) + 1)
    return f"{fence} {text} {fence}"


def _base(model: Any) -> str:
    return "a tiny model of random weights, made for this run" if model in ("tiny", None) else code(model)


def _credit(credit: Any) -> dict[str, Any]:
    """Return the options of credit; runs before there were such options named the level alone."""
    return {"level": credit} if isinstance(credit, str) else flatten(credit or {})


def _options(settings: Mapping[str, Any]) -> str:
    """Return options of ``spatialenv eval`` that play the rooms as the run did, where they are names and numbers."""
    env = settings.get("env") or {}
    options = {
        "tasks": settings.get("held_out"),
        "n": (settings.get("evaluate") or {}).get("n"),
        "max-turns": env.get("max_turns"),
        "feedback": env.get("feedback"),
        "reward": env.get("reward"),
    }
    plain = {name: value for name, value in options.items() if isinstance(value, (str, int))}
    words = [f"--{name} {shlex.quote(str(value))}" for name, value in plain.items()]
    return " ".join([*words, *(() if settings.get("pictures", True) else ("--no-pictures",))])


def _results(summary: Mapping[str, Any]) -> list[tuple[str, Any, list[str]]]:
    rows = []
    for name in wording.policies_in(summary):
        final = summary[name]["final"]
        cells = []
        for metric in SHOWN:
            interval = wording.interval(final, metric)
            cell = wording.show(metric, final.get(metric))
            if interval is not None:
                cell += f" ({wording.show(metric, interval[0])} – {wording.show(metric, interval[1])})"
            cells.append(cell)
        rows.append((wording.label_of(name), summary[name].get("n", "–"), cells))
    return rows
