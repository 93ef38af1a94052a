"""What a piece of furniture is built with: its size, what is said about it, and the parts collected so far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from spatialenv.core.category_names import normalised
from spatialenv.core.mesh import TriangleMesh, join
from spatialenv.errors import InputError
from spatialenv.renderers.textures import repeat_of

Size = tuple[float, float, float]


class Builder:
    """Collects the parts of one piece of furniture.

    Parts stand in a frame whose origin is the middle of the box's floor: x from ``-length / 2`` to ``length / 2``,
    y from ``-width / 2`` (the back) to ``width / 2`` (the front), z from 0 to ``height``. What a design leaves free
    towards the sides of the box, or goes beyond, is stretched away at the end: the mesh fills the box.

    Attributes:
        length: Metres along x, of the size that is designed for.
        width: Metres along y.
        height: Metres along z.
        words: Normalised words of the category, the style and the material.
        style: Normalised words of the style.
        material: Normalised words of the material.
        text: What `surfaces.material_for` reads: style, material and what the category says beside what the thing is.

    Example:
        >>> from spatialenv.core.mesh import Material
        >>> from spatialenv.renderers.furniture.parts import box
        >>> make = Builder((1.0, 0.6, 0.7), "desk")
        >>> make.add(box((-0.5, -0.3, 0.66), (0.5, 0.3, 0.7), Material((180.0, 140.0, 100.0))))
        >>> make.mesh().bounds.tolist()
        [[-0.5, -0.3, -0.35], [0.5, 0.3, 0.35]]
    """

    def __init__(
        self,
        size: Size,
        category: str = "",
        style: str = "",
        material: str = "",
        *,
        said: str | None = None,
        least: Size = (0.0, 0.0, 0.0),
        most: Size = (math.inf, math.inf, math.inf),
    ) -> None:
        """Begin a piece of furniture.

        Args:
            size: ``(length, width, height)`` of its box in metres.
            category: What it is.
            style: Words on its style.
            material: Words on its material.
            said: What the category says beside what the thing is, such as ``"glass"``; None for all of it.
            least: Least size to design for: what is smaller is a small model of that.
            most: Greatest size to design for.
        """
        self._size = size
        self.length, self.width, self.height = (min(max(s, a), b) for s, a, b in zip(size, least, most, strict=True))
        self.style, self.material = frozenset(normalised(style).split()), frozenset(normalised(material).split())
        self.words = frozenset(normalised(category).split()) | self.style | self.material
        self.text = f"{style} {material} {category.replace('_', ' ') if said is None else said}"
        self._parts: list[TriangleMesh] = []

    @property
    def size(self) -> Size:
        """``(length, width, height)`` that is designed for, in metres."""
        return self.length, self.width, self.height

    def says(self, *words: str) -> bool:
        """Return whether category, style or material use one of these words (normalised: lower case, singular)."""
        return not self.words.isdisjoint(words)

    def add(self, *parts: TriangleMesh) -> None:
        """Add parts."""
        self._parts.extend(parts)

    @property
    def parts(self) -> tuple[TriangleMesh, ...]:
        """The parts added so far, as they were added."""
        return tuple(self._parts)

    def mesh(self) -> TriangleMesh:
        """Return the parts as one mesh that touches all six sides of the box, whose middle is the origin.

        Raises:
            InputError: If the parts have no extent along an axis.
        """
        if not self._parts:
            raise InputError("furniture has no parts; a design must add some")
        whole = join(self._parts)
        used = whole.vertices[whole.faces.ravel()]
        low, high = used.min(axis=0), used.max(axis=0)
        if not np.all(high > low):
            raise InputError(f"furniture spans {low.tolist()} to {high.tolist()}; its parts must have a volume")
        size = np.array(self._size)
        fitted = np.clip((whole.vertices - low) / (high - low), 0.0, 1.0) * size - size / 2
        mesh = replace(whole, vertices=fitted)
        return replace(mesh, uvs=_laid(mesh, self._parts))


def spread(start: float, stop: float, count: int) -> list[float]:
    """Return `count` + 1 even steps from `start` to `stop`: where columns of drawers or cushions begin and end."""
    return [start + (stop - start) * k / count for k in range(count + 1)]


def fitting(room: float, wish: float, least: int = 1, most: int = 12) -> int:
    """Return how many things of `wish` metres best fill `room` metres: drawers, seat cushions, shelves."""
    return int(min(max(round(room / max(wish, 1e-9)), least), most))


def mirrored(values: Iterable[float]) -> list[float]:
    """Return each value and its opposite: the x of what stands left and right."""
    return [sign * value for value in values for sign in (-1.0, 1.0)]


def _laid(mesh: TriangleMesh, parts: Sequence[TriangleMesh]) -> npt.NDArray[np.float32] | None:
    """Return where textures lie: along each part's longest side in metres, seen square to each face.

    Each part begins elsewhere on its texture, so that boards that lie side by side differ. Parts that have coordinates
    of their own keep them.
    """
    repeats = np.array([repeat_of(material) for material in mesh.materials])
    if all(material.texture is None for material in mesh.materials):
        return mesh.uvs
    counts = [len(part) for part in parts]
    corners = mesh.corners
    starts = np.cumsum([0, *counts[:-1]])
    spans = np.maximum.reduceat(corners.max(axis=1), starts) - np.minimum.reduceat(corners.min(axis=1), starts)
    along = np.repeat(np.argmax(spans, axis=1), counts)
    facing = np.argmax(np.abs(mesh.normals), axis=1)
    u_axis = np.where(facing == along, (along == 0).astype(np.int64), along)
    v_axis = 3 - facing - u_axis
    flat = [np.take_along_axis(corners, axis[:, None, None], axis=2)[..., 0] for axis in (u_axis, v_axis)]
    begin = np.outer(np.arange(len(parts)), [0.37, 0.61]) % 1.0
    uvs = np.stack(flat, axis=-1) / repeats[mesh.material_of][:, None, None] + np.repeat(begin, counts, axis=0)[:, None]
    if mesh.uvs is not None:
        own = np.repeat([part.uvs is not None for part in parts], counts)
        uvs[own] = mesh.uvs[own]
    laid: npt.NDArray[np.float32] = uvs.astype(np.float32)
    return laid
