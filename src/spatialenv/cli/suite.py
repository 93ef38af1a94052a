"""`spatialenv suite`: the frozen suites, their datasheets, and their reference results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from spatialenv.cli.output import check_writable, write
from spatialenv.cli.progress import show_progress
from spatialenv.errors import unknown_name

EXAMPLES = ("spatialenv suite", "spatialenv suite show polygons", "spatialenv suite baselines easy --jobs 2")
SHOW_EXAMPLES = ("spatialenv suite show rotation", "spatialenv suite show dense --md dense.md")
BASELINES_EXAMPLES = (
    "spatialenv suite baselines --jobs 2 --json baselines.json --md baselines.md",
    "spatialenv suite baselines easy polygons --split test --policy solver",
)


def suite(context: typer.Context) -> None:
    """List the frozen suites, show one, or play the reference policies on them."""
    if context.invoked_subcommand is None:
        from rich.console import Console

        Console().print(_list())


def show(
    name: Annotated[str, typer.Argument(help="Name of a suite.")],
    markdown: Annotated[Path | None, typer.Option("--md", help="Write the datasheet to this file instead.")] = None,
) -> None:
    """Print the datasheet of a suite and its reference results."""
    from rich.console import Console
    from rich.markdown import Markdown

    from spatialenv.evaluation.references import references_markdown
    from spatialenv.tasks.datasheet import datasheet_markdown
    from spatialenv.tasks.suite import load_suite

    if markdown is not None:
        check_writable(markdown)
    chosen = load_suite(name)
    text = datasheet_markdown(chosen)
    if chosen.baselines:
        table = references_markdown({name: chosen.baselines}).replace(f"### {name}", "## Reference results")
        text = f"{text}\n{table}"
    if markdown is not None:
        write(markdown, text.encode())
        typer.echo(str(markdown))
        return
    console = Console()
    console.print(Markdown(text) if console.is_terminal else text, markup=False, highlight=False, soft_wrap=True)


def baselines(
    names: Annotated[list[str] | None, typer.Argument(help="Suites (default: all).")] = None,
    split: Annotated[list[str] | None, typer.Option(help="Split; repeat for several (default: all).")] = None,
    policy: Annotated[list[str] | None, typer.Option(help="Policy; repeat (default: random, solver, witness).")] = None,
    n: Annotated[int | None, typer.Option(min=1, help="Rooms of each split (default: all).")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the episodes; a stopped command goes on in it.")
    ] = Path("runs/baselines"),
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write the results to this file.")] = None,
    markdown: Annotated[Path | None, typer.Option("--md", help="Also write tables to this file.")] = None,
) -> None:
    """Play random, solver and witness on every split of suites and print their results."""
    from rich.console import Console

    from spatialenv.evaluation.references import POLICIES, reference_results, references_markdown
    from spatialenv.tasks.procedural import SPLITS

    for path in (json_output, markdown):
        if path is not None:
            check_writable(path)
    for name in split or ():
        if name not in SPLITS:
            raise unknown_name("split", name, SPLITS)
    for name in policy or ():
        if name not in POLICIES:
            raise unknown_name("reference policy", name, POLICIES)
    with show_progress() as report:
        results = reference_results(
            output,
            suites=names or (),
            splits=split or SPLITS,
            policies=policy or POLICIES,
            n=n,
            jobs=jobs,
            progress=lambda name, done, total: report(name, done, total, {}),
        )
    Console().print(_results(results))
    if json_output is not None:
        write(json_output, (json.dumps(results, indent=1) + "\n").encode())
    if markdown is not None:
        write(markdown, references_markdown(results).encode())


def _list() -> Any:
    from rich import box
    from rich.table import Table

    from spatialenv.tasks.suite import SUITES

    table = Table(
        box=box.SIMPLE_HEAD,
        caption="Scenes: train/validation/test. Spans: the least to the greatest of the test split.",
    )
    for column in ("suite", "scenes", "objects", "cover %", "relations", "walls", "yaw"):
        table.add_column(column, justify="left" if column == "suite" else "right", no_wrap=True)
    for name, chosen in SUITES.items():
        sheet = chosen.datasheet
        test = sheet["splits"]["test"]
        corners = sorted(int(count) for count in sheet["corners"])
        table.add_row(
            name,
            "/".join(str(file.count) for file in chosen.splits.values()),
            _span(test["objects"]),
            _span([100 * share for share in test["density"]]),
            _span(test["relations"]),
            _span([corners[0], corners[-1]]),
            chosen.yaw,
        )
    return table


def _span(figures: list[float]) -> str:
    """Return the first and the last of figures that go from the least to the greatest."""
    low, high = (f"{value:.0f}" for value in (figures[0], figures[-1]))
    return low if low == high else f"{low}–{high}"


def _results(results: dict[str, Any]) -> Any:
    from rich import box
    from rich.table import Table

    from spatialenv.cli.evaluate import share_cell

    table = Table(box=box.SIMPLE_HEAD, caption="Shares in % of answers (* of well-formed ones), 95 % intervals below.")
    for column in ("rooms", "policy", "score", "valid", "clean", "collides*"):
        table.add_column(column, justify="left" if column in ("rooms", "policy") else "right", no_wrap=True)
    for name, splits in results.items():
        for split, policies in splits.items() if name != "versions" else ():
            for policy, rates in policies.items():
                low, high = rates["bootstrap"]["mean_score"]
                score = f"{rates['mean_score']:.3f}\n[dim]{low:.2f}–{high:.2f}[/dim]"
                shares = ("valid_layout_rate", "clean_rate", "collision_rate_of_well_formed")
                cells = [share_cell(rates, rate) for rate in shares]
                table.add_row(f"{name}\n[dim]{split}, {rates['n']}[/dim]", policy, score, *cells)
    return table
