"""Run notebooks from top to bottom and keep what they show, without what changes from run to run."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TIMEOUT = 600
"""Seconds that a cell may take."""


def run(path: Path) -> None:
    """Run a notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("execution", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def main() -> None:
    """Run the notebooks named on the command line."""
    for name in sys.argv[1:]:
        run(Path(name))
        print(f"{name}: run")


if __name__ == "__main__":
    main()
