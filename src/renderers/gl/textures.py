"""Textures on the device, each with its smaller levels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Texture
from spatialenv.errors import RendererError
from spatialenv.renderers.fast.texels import make_levels
from spatialenv.renderers.gl.tables import Place

FIRST, MOST = 1 << 20, 1 << 25
"""Texels that there is room for at first, and at most: 128 MB, as much as any driver must offer."""


class Textures:
    """Keeps textures on the device; all are forgotten when there is no room for another.

    Args:
        context: The `moderngl.Context`.
        most: Most texels that are kept.
    """

    def __init__(self, context: Any, most: int = MOST) -> None:
        self._context = context
        self._most = most
        self._places: dict[Texture, Place] = {}
        self._used = 0
        self.buffer = context.buffer(reserve=4 * min(FIRST, most))

    def find(self, textures: Iterable[Texture]) -> dict[Texture, Place]:
        """Return where each of `textures` lies in `buffer`, having put those there that are not.

        Places hold until the next call.

        Raises:
            RendererError: If they do not fit together.
        """
        wanted = list(dict.fromkeys(textures))
        try:
            return {texture: self._places.get(texture) or self._add(texture) for texture in wanted}
        except _FullError:
            self._places, self._used = {}, 0
        try:
            return {texture: self._places.get(texture) or self._add(texture) for texture in wanted}
        except _FullError:
            raise RendererError(
                f"the {len(wanted)} textures of a scene have more than {self._most} texels; the renderer 'gl' keeps no "
                "more: use smaller ones, or the option `textures=False`"
            ) from None

    def release(self) -> None:
        """Free the device's memory."""
        self.buffer.release()

    def _add(self, texture: Texture) -> Place:
        levels = make_levels(texture.pixels)
        flat = np.concatenate([_with_alpha(level) for level in levels])
        end = self._used + len(flat)
        if end > self._most:
            raise _FullError
        if 4 * end > self.buffer.size:
            grown = self._context.buffer(reserve=4 * min(2 * end, self._most))
            if self._used:
                self._context.copy_buffer(grown, self.buffer, 4 * self._used)
            self.buffer.release()
            self.buffer = grown
        self.buffer.write(flat.tobytes(), offset=4 * self._used)
        height, width = texture.pixels.shape[:2]
        place = self._places[texture] = Place(self._used, width, height, len(levels))
        self._used = end
        return place


class _FullError(Exception):
    """There is no room for another texture."""


def _with_alpha(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return pixels as rows of four bytes."""
    flat = np.full((pixels.shape[0] * pixels.shape[1], 4), 255, np.uint8)
    flat[:, :3] = pixels.reshape(-1, 3)
    return flat
