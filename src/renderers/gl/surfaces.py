"""What pictures are drawn on: samples, the light's map, and sheets of pictures side by side."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from spatialenv.renderers.fast.shadow import TILE

Made = TypeVar("Made", "Samples", "LightMap", "Sheet")

MOST_PICTURES = 256
"""Most pictures that are drawn at once."""

Layer = Literal["solid", "ghosts", "glass"]
"""Of samples: what is seen, objects without the room, and the nearest glass before what is seen."""


class Samples:
    """Samples of one picture.

    Args:
        context: The `moderngl.Context`.
        size: Samples across and down.
    """

    def __init__(self, context: Any, size: tuple[int, int]) -> None:
        self._context, self._size = context, size
        self._depth = context.depth_renderbuffer(size)
        self._layers: dict[str, tuple[Any, Any]] = {}

    def texture(self, layer: Layer) -> Any:
        """Return a layer."""
        return self._layer(layer)[0]

    def clear(self, layer: Layer, *, keep_depth: bool = False) -> None:
        """Draw on a layer from now on, which shows nothing yet."""
        frame = self._layer(layer)[1]
        frame.use()
        frame.depth_mask = not keep_depth
        frame.clear(-1.0, 0.0, depth=0.0)
        frame.depth_mask = True

    @property
    def nbytes(self) -> int:
        """Bytes on the device, if all layers are made."""
        return 28 * self._size[0] * self._size[1]

    def release(self) -> None:
        """Free it."""
        for texture, frame in self._layers.values():
            frame.release()
            texture.release()
        self._depth.release()

    def _layer(self, layer: Layer) -> tuple[Any, Any]:
        if layer not in self._layers:
            texture = self._context.texture(self._size, 2, dtype="f4")
            self._layers[layer] = (texture, self._context.framebuffer([texture], self._depth))
        return self._layers[layer]


class LightMap:
    """The light's map, and what its tiles hold (`fast.shadow.find_tiles`).

    Attributes:
        keys: Triangle and depth key of each cell.
        cells: To draw these.
        tile_keys: Greatest and least key of each tile.
        tiles: To draw these.
        around_keys: Those of each tile and the eight around it.
        around: To draw these.
    """

    def __init__(self, context: Any, side: int) -> None:
        self._nbytes = 13 * side * side
        self._depth = context.depth_renderbuffer((side, side))
        self.keys = context.texture((side, side), 2, dtype="f4")
        self.tile_keys, self.around_keys = (context.texture((side // TILE,) * 2, 2, dtype="f4") for _ in range(2))
        self.cells = context.framebuffer([self.keys], self._depth)
        self.tiles = context.framebuffer([self.tile_keys])
        self.around = context.framebuffer([self.around_keys])

    @property
    def nbytes(self) -> int:
        """Bytes on the device."""
        return self._nbytes

    def release(self) -> None:
        """Free it."""
        for part in (self.cells, self.tiles, self.around, self.keys, self.tile_keys, self.around_keys, self._depth):
            part.release()


@dataclass(frozen=True, slots=True)
class Grid:
    """Pictures of one size side by side.

    Attributes:
        size: Width and height of each.
        count: How many there are.
        side: Greatest width and height of all together.

    Example:
        >>> grid = Grid((100, 50), 5, 1000)
        >>> grid.whole, grid.corner(4)
        ((300, 100), (100, 50))
    """

    size: tuple[int, int]
    count: int
    side: int

    @staticmethod
    def most(size: tuple[int, int], side: int, memory: int, channels: bool) -> int:
        """Return how many pictures fit into a square of `side` pixels and `memory` bytes: 1 to `MOST_PICTURES`."""
        room = (side // size[0]) * (side // size[1])
        return max(1, min(room, memory // (size[0] * size[1] * _pixel_bytes(channels)), MOST_PICTURES))

    @property
    def columns(self) -> int:
        """How many stand in a row: about as many as rows, where that many rows fit."""
        return min(
            max(math.isqrt(self.count - 1) + 1, math.ceil(self.count / (self.side // self.size[1]))),
            self.side // self.size[0],
        )

    @property
    def whole(self) -> tuple[int, int]:
        """Width and height of all together."""
        return self.columns * self.size[0], math.ceil(self.count / self.columns) * self.size[1]

    def corner(self, number: int) -> tuple[int, int]:
        """Return the upper left corner of a picture."""
        row, column = divmod(number, self.columns)
        return column * self.size[0], row * self.size[1]

    def cut(self, array: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
        """Return a picture as a fresh array."""
        (x, y), (width, height) = self.corner(number), self.size
        return array[y : y + height, x : x + width].copy()


class Sheet:
    """Pictures side by side; see `Grid`.

    Args:
        context: The `moderngl.Context`.
        size: Width and height.
        channels: Whether there are ids, depths and normals beside the colours.
    """

    def __init__(self, context: Any, size: tuple[int, int], channels: bool) -> None:
        self._parts = [context.texture(size, 4)]
        if channels:
            self._parts += [
                context.texture(size, 1, dtype="i4"),
                context.texture(size, 1, dtype="f4"),
                context.texture(size, 4, dtype="f4"),
            ]
        self.frame = context.framebuffer(self._parts)
        self.nbytes = size[0] * size[1] * _pixel_bytes(channels)

    def read(self, part: int, components: int, kind: type[np.generic]) -> npt.NDArray[Any]:
        """Return what was drawn, ``(H, W, components)``."""
        width, height = self.frame.size
        dtype = np.dtype(kind)
        name = {"u": "f1"}.get(dtype.kind, f"{dtype.kind}{dtype.itemsize}")
        data = self.frame.read((0, 0, width, height), components, part, dtype=name)
        return np.frombuffer(data, dtype).reshape(height, width, components)

    def release(self) -> None:
        """Free it."""
        self.frame.release()
        for part in self._parts:
            part.release()


class Kept:
    """Keeps what was drawn on last for the next pictures, up to a number of bytes.

    Args:
        context: The `moderngl.Context`.
        most: Bytes up to which things are kept that the next picture may not need.
    """

    def __init__(self, context: Any, most: int) -> None:
        self._context, self._most = context, most
        self._held: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def samples(self, size: tuple[int, int]) -> Samples:
        """Return samples, with whatever they hold."""
        return self._find(("samples", size), lambda: Samples(self._context, size))

    def light(self, side: int) -> LightMap:
        """Return a light's map, with whatever it holds."""
        return self._find(("light", side), lambda: LightMap(self._context, side))

    def sheet(self, grid: Grid, channels: bool) -> Sheet:
        """Return a sheet, with whatever it holds."""
        return self._find(("sheet", grid.whole, channels), lambda: Sheet(self._context, grid.whole, channels))

    def release(self) -> None:
        """Free all."""
        while self._held:
            self._held.popitem()[1].release()

    def _find(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        if key in self._held:
            self._held.move_to_end(key)
            held: Made = self._held[key]
            return held
        made = make()
        # The last of each kind stays in any case: it is what a picture is drawn on.
        for old in [old for old in self._held if old[0] == key[0]]:
            if sum(one.nbytes for one in self._held.values()) + made.nbytes <= self._most:
                break
            self._held.pop(old).release()
        self._held[key] = made
        return made


def _pixel_bytes(channels: bool) -> int:
    return 28 if channels else 4
