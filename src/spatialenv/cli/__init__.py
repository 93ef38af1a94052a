"""The command `spatialenv`."""

from __future__ import annotations

from spatialenv.cli.app import main

__all__ = ["main"]
