"""Refuse files above 1 MB: pre-commit calls it with the staged paths."""

from __future__ import annotations

import sys
from pathlib import Path

LIMIT = 1_000_000


def main(paths: list[str]) -> int:
    """Name each path above the limit; return 1 when there is one."""
    large = [path for path in paths if Path(path).is_file() and Path(path).stat().st_size > LIMIT]
    for path in large:
        print(f"{path}: {Path(path).stat().st_size:,} bytes; the limit is {LIMIT:,}: make it smaller or keep it out")
    return int(bool(large))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
