"""What fills in the templates of this package's pages."""

from __future__ import annotations

import math

from jinja2 import Environment, PackageLoader, StrictUndefined


def make_environment() -> Environment:
    """Return what fills in the templates of this package's pages."""
    environment = Environment(
        loader=PackageLoader("spatialenv.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["score"] = lambda value: "–" if value is None or not math.isfinite(value) else f"{value:.3f}"
    return environment
