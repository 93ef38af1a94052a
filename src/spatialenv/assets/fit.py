"""Meshes put into an object's box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spatialenv.core.mesh import TriangleMesh
from spatialenv.errors import AssetError, InputError

_FLAT = 1e-6
"""Least thickness, as a share of the greatest coordinate: single precision tells no smaller ones apart."""


def fit(mesh: TriangleMesh, size: Sequence[float]) -> TriangleMesh:
    """Return a mesh stretched along each axis so that it fills a box around the origin, as furniture does.

    The box is what is scored, so the picture shows the box's sizes, even where they are not the asset's proportions.

    Args:
        mesh: Front +y, up +z, in any units; see `read_mesh`.
        size: ``(length, width, height)`` in metres.

    Raises:
        AssetError: If the mesh is flat or empty; the message ends a sentence.
        InputError: If `size` is not three positive numbers.

    Example:
        >>> from spatialenv.core.mesh import Material, box_mesh
        >>> box = box_mesh((10, 20, 5), Material((200, 200, 200)), (3, 3, 3))
        >>> fit(box, (1.0, 0.5, 0.8)).bounds.tolist()
        [[-0.5, -0.25, -0.4], [0.5, 0.25, 0.4]]
    """
    wanted = np.asarray(size, dtype=np.float64)
    if wanted.shape != (3,) or not np.all(np.isfinite(wanted) & (wanted > 0)):
        raise InputError(f"`size` is {size!r}; it must be (length, width, height), each above 0 metres")
    low, high = mesh.bounds
    extents = high - low
    if not np.all(extents > _FLAT * max(float(np.abs(mesh.bounds).max()), 1e-30)):
        shape = " x ".join(f"{extent:.3g}" for extent in extents)
        raise AssetError(f"is {shape}, which is flat, and cannot fill a box; give it thickness")
    vertices = (mesh.vertices - (low + high) / 2) * (wanted / extents)
    half = wanted / 2
    return replace(mesh, vertices=vertices.clip(-half, half))
