"""Time the hot path: ``python -m benchmarks.speed [--json FILE] [--quick]``."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from spatialenv.errors import MissingExtraError

SECTIONS = ("geometry", "physics", "parse", "rewards", "components", "pictures", "renderers", "env")
"""Modules of this folder with ``run(quick) -> (ratios, figures)``, in the order in which they are run."""

PACKAGES = ("numba", "numpy", "pybullet", "shapely", "spatialenv")


def main(arguments: list[str] | None = None) -> int:
    """Run the sections, print a table and write the JSON file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="Time the hot path.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write ratios and figures to this file")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, to see that it runs")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="run this section alone; may be repeated")
    given = parser.parse_args(arguments)
    console = Console()
    ratios: dict[str, float] = {}
    figures: dict[str, Any] = {"machine": describe_machine(), "quick": given.quick, "left_out": {}}
    for name in given.only or SECTIONS:
        with console.status(f"timing {name}"):
            section = importlib.import_module(f"benchmarks.speed.{name}")
            try:
                more_ratios, more_figures = section.run(given.quick)
            except MissingExtraError as error:
                figures["left_out"][name] = str(error)
                continue
        if clash := ratios.keys() & more_ratios.keys():
            raise RuntimeError(f"section {name} gives ratios that another gave: {sorted(clash)}; rename them")
        ratios |= more_ratios
        figures |= more_figures
    console.print(show(ratios, figures))
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"ratios": ratios, "figures": figures}, indent=2, sort_keys=True)
        given.json.write_text(text + "\n", encoding="utf-8")
    return 0


def describe_machine() -> dict[str, Any]:
    """Return what the times were measured on."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def show(ratios: Mapping[str, float], figures: Mapping[str, Any]) -> Table:
    """Return a table of all numbers, ratios first."""
    table = Table("what", "value", title="Speed")
    table.columns[1].justify = "right"
    for name, value in ratios.items():
        table.add_row(f"[bold]{name}[/bold]", f"[bold]{value:.2f} x[/bold]")
    table.add_section()
    for name, value in _leaves(figures):
        table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    return table


def _leaves(figures: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows = []
    for name, value in figures.items():
        rows += _leaves(value, f"{prefix}{name} ") if isinstance(value, Mapping) else [(prefix + name, value)]
    return rows


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
