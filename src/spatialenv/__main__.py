"""`python -m spatialenv` is the command `spatialenv`."""

from __future__ import annotations

from spatialenv.cli import main

if __name__ == "__main__":
    main()
