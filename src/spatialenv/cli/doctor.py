"""`spatialenv doctor`: what is installed, what works, and what to install for the rest."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spatialenv.cli import packages
from spatialenv.cli.output import check_writable, write
from spatialenv.cli.progress import show_progress

if TYPE_CHECKING:
    from spatialenv.renderers.probe import Probe

EXAMPLES = (
    "spatialenv doctor",
    "spatialenv doctor --json > doctor.json",
    "spatialenv doctor --pictures runs/doctor",
)

CORE = "fast"
"""The renderer that must work; all others are optional."""

SHEET = "all.png"


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Write here what each renderer drew, NAME.png, and all of them side by side, all.png."),
    ] = None,
) -> None:
    """Say what is installed, which renderers work, and what to install for the rest.

    Every renderer draws a small furnished room, in a process of its own. Exits with 1 when the core does not work;
    what is optional may be missing.
    """
    if pictures is not None:
        check_writable(pictures / SHEET)
    probes = try_renderers()
    findings = examine(probes)
    if as_json:
        typer.echo(json.dumps(findings, indent=2))
    else:
        _show(findings)
    for path in [] if pictures is None else write_pictures(pictures, probes):
        typer.echo(f"wrote {path}", err=as_json)
    if not findings["ok"]:
        raise typer.Exit(1)


def try_renderers() -> list[Probe]:
    """Try every renderer, telling on stderr how far that is."""
    from spatialenv.renderers.probe import probe_renderers
    from spatialenv.renderers.registry import renderer_names

    names = renderer_names()
    with show_progress() as report:
        report("trying renderers", 0, len(names), {})
        done: list[Probe] = []

        def tell(probe: Probe) -> None:
            done.append(probe)
            report("trying renderers", len(done), len(names), {})

        return probe_renderers(names, progress=tell)


def examine(probes: Sequence[Probe]) -> dict[str, Any]:
    """Return what `doctor` prints, as JSON types.

    Keys: `ok`, `spatialenv`, `python`, `executable`, `platform`, `cpus`, `packages` (version by name, None when
    missing), `extras` (what each lacks and the line that installs it), `renderers` (a list of `name`, `works`,
    `reason`, `install`, `ms_per_frame`, `device`; None where there is nothing to say) and `numba_cache` (folder and
    whether it can be written).
    """
    needs = packages.requirements()
    versions = {name: packages.installed(name) for name in sorted({name for names in needs.values() for name in names})}
    extras = {}
    for extra, names in needs.items():
        missing = [name for name in names if versions[name] is None]
        if extra:
            extras[extra] = {
                "missing": missing,
                "install": f"pip install 'spatialenv[{extra}]'" if missing else None,
            }
    is_whole = all(versions[name] is not None for name in needs[""])
    return {
        "ok": is_whole and any(probe.works for probe in probes if probe.name == CORE),
        "spatialenv": metadata.version("spatialenv"),
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": versions,
        "extras": extras,
        "renderers": [
            {
                "name": probe.name,
                "works": probe.works,
                "reason": probe.reason or None,
                "install": probe.install,
                "ms_per_frame": probe.ms_per_frame,
                "device": probe.device or None,
            }
            for probe in probes
        ],
        "numba_cache": packages.probe_cache(),
    }


def write_pictures(folder: Path, probes: Sequence[Probe]) -> list[Path]:
    """Write the picture of each renderer that works, and those that show something on one sheet; return the files."""
    from spatialenv.api import png
    from spatialenv.report.sheet import contact_sheet

    drawn = [(probe, probe.picture) for probe in probes if probe.picture is not None]
    written = []
    for probe, picture in drawn:
        written.append(folder / f"{probe.name}.png")
        write(written[-1], png(picture))
    shown = [(probe, picture) for probe, picture in drawn if picture.min() < picture.max()]
    if shown:
        titles = [f"{probe.name}, {_milliseconds(probe.ms_per_frame)} ms" for probe, _ in shown]
        written.append(folder / SHEET)
        columns = 2 if len(shown) == 2 else None  # side by side
        write(written[-1], png(contact_sheet([picture for _, picture in shown], titles, columns)))
    return written


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _show(findings: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(
        f"spatialenv {findings['spatialenv']}, Python {findings['python']}, {findings['cpus']} CPUs", highlight=False
    )
    versions = Table("package", "version", title="Packages")
    for name, version in findings["packages"].items():
        versions.add_row(name, version or "not installed")
    extras = Table("extra", "state", title="Extras")
    for extra, state in findings["extras"].items():
        text = f"lacks {', '.join(state['missing'])}: {state['install']}" if state["missing"] else "installed"
        extras.add_row(extra, escape(text))
    renderers = Table("renderer", "works", "ms a picture", "drawn by", title="Renderers")
    for probe in findings["renderers"]:
        works = "[green]yes[/]" if probe["works"] else "[yellow]no[/]"
        renderers.add_row(probe["name"], works, _milliseconds(probe["ms_per_frame"]), escape(probe["device"] or ""))
    for table in (versions, extras, renderers):
        console.print(table)
    for probe in findings["renderers"]:
        if not probe["works"]:
            # Whole lines, so that they can be copied to a shell.
            for line in (f"{probe['name']} does not work: {probe['reason']}", probe["install"]):
                if line:
                    console.print(line if line != probe["install"] else f"    {line}", **_PLAIN)
    cache = findings["numba_cache"]
    state = "can be written" if cache["writable"] else cache["advice"]
    console.print(f"compiled kernels: {cache['folder']} ({state})", **_PLAIN)
    console.print("[bold]ok[/]" if findings["ok"] else "[bold red]the core does not work[/]")


_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
