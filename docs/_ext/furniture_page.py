"""Writes the page of furniture from the table of categories, the table of sizes, and the docstrings of designs."""

from __future__ import annotations

import inspect

import numpy as np

from spatialenv.core.furniture_sizes import typical_sizes
from spatialenv.renderers.furniture.registry import CATEGORIES, Category, furniture_mesh

ORDINARY = (1.0, 0.6, 0.8)
"""Size that stands in for those of a category without a source, metres."""


def furniture_page() -> str:
    """Return the page, as Markdown."""
    rows = [_row(category) for category in CATEGORIES]
    return "\n".join(
        [
            "# Furniture",
            "",
            f"What the renderers draw for {len(CATEGORIES)} categories; [Pictures](../pictures.md) shows them from "
            "four sides. A mesh fills its object's box, whatever the size, with its front at +y. Words on style and "
            "material colour it. A category is found whatever its case, number and separators, by its name or another "
            'wording; of several words the longest known end counts ("modern leather sofa" is a sofa). What no '
            "category fits is drawn as a box whose front is marked.",
            "",
            "Typical sizes are of real pieces (`spatialenv.core.furniture_sizes.load_sizes` names the source of each); "
            "a dash: no public source was found.",
            "",
            "| category | what is drawn | typical size, m | triangles | also |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _row(category: Category) -> str:
    sizes = typical_sizes(category.name)
    middle = sizes[len(sizes) // 2] if sizes else None
    mesh = furniture_mesh(category.name, middle or _within(category))
    shown = "–" if middle is None else " x ".join(f"{side:.3g}" for side in middle)
    drawn = (inspect.getdoc(category.design) or "").split("\n", 1)[0].rstrip(".")
    also = ", ".join(category.also)
    return f"| `{category.name}` | {drawn} | {shown} | {0 if mesh is None else len(mesh)} | {also} |"


def _within(category: Category) -> tuple[float, float, float]:
    length, width, height = np.clip(ORDINARY, category.least, category.most).tolist()
    return length, width, height
