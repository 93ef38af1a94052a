"""`spatialenv doctor`: what is installed, what works, and what to install for the rest."""

from __future__ import annotations

import importlib
import json
import os
import platform
import re
import sys
import tempfile
import time
from importlib import metadata
from typing import Annotated, Any

import typer

EXAMPLES = (
    "spatialenv doctor",
    "spatialenv doctor --json > doctor.json",
)

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[(?P<extras>[^\]]*)\])?")
_EXTRA = re.compile(r"""extra == ['"](?P<extra>[^'"]+)['"]""")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Say what is installed, what works, and what to install for the rest.

    Exits with 1 when the core does not work.
    """
    findings = examine()
    if as_json:
        typer.echo(json.dumps(findings, indent=2))
    else:
        _show(findings)
    if not findings["ok"]:
        raise typer.Exit(1)


def examine() -> dict[str, Any]:
    """Return what `doctor` prints, as JSON types.

    Keys: `ok`, `python`, `platform`, `cpus`, `packages` (version by name, None when missing),
    `extras` (what each lacks and the line that installs it), `renderers` (milliseconds of a second
    picture, or the error) and `numba_cache` (folder and whether it can be written).
    """
    needs = requirements()
    packages = {name: installed(name) for name in sorted({name for names in needs.values() for name in names})}
    extras = {}
    for extra, names in needs.items():
        missing = [name for name in names if packages[name] is None]
        install = f"pip install 'spatialenv[{extra}]'" if missing else None
        if extra:
            extras[extra] = {"missing": missing, "install": install}
    core_missing = [name for name in needs[""] if packages[name] is None]
    renderers = probe_renderers()
    return {
        "ok": not core_missing and all(probe["error"] is None for probe in renderers.values()),
        "spatialenv": metadata.version("spatialenv"),
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": packages,
        "extras": extras,
        "renderers": renderers,
        "numba_cache": probe_cache(),
    }


def requirements() -> dict[str, list[str]]:
    """Return the packages that the core (key ``""``) and each extra need on this Python."""
    needs: dict[str, list[str]] = {"": []}
    for line in metadata.requires("spatialenv") or ():
        specifier, _, marker = line.partition(";")
        found = _REQUIREMENT.match(specifier.strip())
        extra = _EXTRA.search(marker)
        if found is None or found["name"] == "spatialenv":  # the extra `all` names this package
            continue
        if 'python_version < "3.12"' in marker and sys.version_info >= (3, 12):
            continue
        needs.setdefault(extra["extra"] if extra else "", []).append(found["name"])
    return needs


def installed(name: str) -> str | None:
    """Return the version of an installed distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def probe_renderers() -> dict[str, dict[str, Any]]:
    """Draw a small scene twice with each renderer: milliseconds of the second, or what went wrong."""
    from spatialenv.core.room import Room
    from spatialenv.core.scene import Scene, SceneObject
    from spatialenv.renderers.registry import REGISTRY, make_renderer

    box = SceneObject(id="box_1", category="box", size=(1.0, 1.0, 1.0))
    placed = Scene(room=Room.rectangle(3, 3, 2.5), objects=(box,)).place({"box_1": (1.5, 1.5, 0.5)})
    probes: dict[str, dict[str, Any]] = {}
    for name in REGISTRY.names():
        try:
            renderer = make_renderer(name)
            renderer.render(placed, size=(64, 64))  # compiles, or reads what was compiled before
            start = time.perf_counter()
            renderer.render(placed, size=(64, 64))
            probes[name] = {"milliseconds": round(1000 * (time.perf_counter() - start), 2), "error": None}
        except Exception as error:  # whatever it is, it is what a doctor is asked for
            probes[name] = {"milliseconds": None, "error": str(error)}
    return probes


def probe_cache() -> dict[str, Any]:
    """Say where compiled kernels are kept, and whether they can be written there."""
    try:
        kernels = importlib.import_module("spatialenv.core.kernels")
    except RuntimeError as error:  # numba found no folder that it may write to
        return {"folder": None, "writable": False, "advice": f"{error}; set NUMBA_CACHE_DIR to a folder of yours"}
    folders = {value.stats.cache_path for value in vars(kernels).values() if hasattr(value, "stats")}
    folder = next(iter(sorted(filter(None, folders))), None)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = f"{error.strerror}: set NUMBA_CACHE_DIR to a folder of yours, else each process compiles anew"
        return {"folder": folder, "writable": False, "advice": advice}
    return {"folder": folder, "writable": True, "advice": None}


def _show(findings: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(
        f"spatialenv {findings['spatialenv']}, Python {findings['python']}, {findings['cpus']} CPUs", highlight=False
    )
    extras = Table("extra", "state", title="Extras")
    for extra, state in findings["extras"].items():
        text = f"lacks {', '.join(state['missing'])}: {state['install']}" if state["missing"] else "installed"
        extras.add_row(extra, escape(text))
    packages = Table("package", "version", title="Packages")
    for name, version in findings["packages"].items():
        packages.add_row(name, version or "not installed")
    renderers = Table("renderer", "state", title="Renderers")
    for name, probe in findings["renderers"].items():
        renderers.add_row(name, escape(probe["error"] or f"works, {probe['milliseconds']} ms for a small picture"))
    for table in (packages, extras, renderers):
        console.print(table)
    cache = findings["numba_cache"]
    state = "can be written" if cache["writable"] else cache["advice"]
    console.print(f"compiled kernels: {cache['folder']} ({state})", highlight=False, markup=False)
    console.print("[bold]ok[/]" if findings["ok"] else "[bold red]the core does not work[/]")
