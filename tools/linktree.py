"""Link every source file to build/tree/spatialenv/... so that type checkers see one package.

The four folders under src/ are mapped into one package by setuptools (`package-dir`); tools that
read files rather than import them need that shape on disk.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path


def main() -> None:
    """Remake build/tree from the `package-dir` table of pyproject.toml."""
    root = Path(__file__).resolve().parent.parent
    config = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    tree = root / "build" / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for package, folder in config["package-dir"].items():
        target = tree / package.replace(".", "/")
        for source in sorted((root / folder).rglob("*")):
            if source.is_file() and "__pycache__" not in source.parts:
                link = target / source.relative_to(root / folder)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(source)


if __name__ == "__main__":
    main()
