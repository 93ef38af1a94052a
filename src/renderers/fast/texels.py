"""Textures of all meshes in one array, each with its smaller levels."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Texture

Texels = npt.NDArray[np.uint8]
Place = tuple[int, int, int, int]
"""First byte, width and height in texels, number of levels."""

START, MOST = 1 << 22, 1 << 29
"""Bytes that are set aside at first, and beyond which what is no longer drawn is forgotten."""


class TextureStore:
    """Keeps textures where kernels find them; may be used by several threads at once.

    Example:
        >>> store = TextureStore()
        >>> plain = Texture(np.full((2, 4, 3), 9, np.uint8))
        >>> texels, places = store.find([plain])
        >>> places, texels[:33].tolist() == [9] * 33
        ([(0, 4, 2, 3)], True)
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._lock = threading.Lock()
        self._texels = np.zeros(0, np.uint8)
        self._used = 0
        self._places: dict[Texture, Place] = {}

    def find(self, textures: Sequence[Texture]) -> tuple[Texels, list[Place]]:
        """Return an array that holds all of `textures`, and where each lies: level after level, row after row.

        The array's bytes at those places never change.
        """
        with self._lock:
            if self._used > MOST and any(texture not in self._places for texture in textures):
                self._texels, self._used, self._places = np.zeros(0, np.uint8), 0, {}
            places = [self._places.get(texture) or self._add(texture) for texture in textures]
            return self._texels, places

    def _add(self, texture: Texture) -> Place:
        levels = make_levels(texture.pixels)
        flat = np.concatenate([level.ravel() for level in levels])
        end = self._used + len(flat)
        if end > len(self._texels):
            grown = np.zeros(max(START, 2 * end), np.uint8)
            grown[: self._used] = self._texels[: self._used]
            self._texels = grown
        self._texels[self._used : end] = flat
        height, width = texture.pixels.shape[:2]
        place = self._places[texture] = (self._used, width, height, len(levels))
        self._used = end
        return place


def make_levels(pixels: Texels) -> list[Texels]:
    """Return a picture and its halves down to one texel, each texel the mean of those that it stands for.

    Example:
        >>> [level[0, 0, 0].item() for level in make_levels(np.array([[[10] * 3, [30] * 3]], np.uint8))]
        [10, 20]
    """
    levels = [pixels]
    exact = pixels.astype(np.float64)
    while exact.shape[0] > 1 or exact.shape[1] > 1:
        if exact.shape[0] > 1:
            exact = (exact[0::2] + exact[1::2]) / 2
        if exact.shape[1] > 1:
            exact = (exact[:, 0::2] + exact[:, 1::2]) / 2
        levels.append(np.floor(exact + 0.5).astype(np.uint8))
    return levels


STORE = TextureStore()
"""The textures that all renderers of this process share."""

if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=STORE.reset)
