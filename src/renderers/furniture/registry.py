"""Furniture by category."""

from __future__ import annotations

from spatialenv.core.mesh import TriangleMesh


def furniture_mesh(
    category: str, size: tuple[float, float, float], style: str = "", material: str = ""
) -> TriangleMesh | None:
    """Return the mesh of a category of furniture, or None where there is no such category.

    Args:
        category: What it is: ``"dining chair"``; case, plurals, numbers and joining signs do not matter.
        size: ``(length, width, height)`` of its box in metres; the mesh touches all six sides.
        style: Words on its style.
        material: Words on its material.
    """
    return None
