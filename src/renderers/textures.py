"""Textures drawn by arithmetic: pale greys that multiply a colour, so that one grain serves every wood.

Each is made once, from fixed seeds, and repeats without a seam.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Material, Texture
from spatialenv.core.placed import FloatArray
from spatialenv.errors import unknown_name

_WARM = (1.0, 1.08, 1.2)
"""Powers for wood, earth and wicker: their dark lines are browner than their faces."""


class _Recipe(NamedTuple):
    draw: Callable[[], FloatArray]
    metres: float
    powers: tuple[float, float, float] = (1.0, 1.0, 1.0)


@cache
def texture(name: str) -> Texture:
    """Return a texture by name; see `TEXTURES`. Grain, brushing and planks run along u.

    Raises:
        InputError: If there is no such texture.

    Example:
        >>> texture("grain").pixels.shape, texture("grain") is texture("grain")
        ((128, 256, 3), True)
    """
    if name not in _RECIPES:
        raise unknown_name("texture", name, _RECIPES)
    recipe = _RECIPES[name]
    shade = np.clip(recipe.draw(), 0.0, 1.0)[..., None] ** np.array(recipe.powers)
    made = Texture(np.floor(shade * 255.0 + 0.5).astype(np.uint8))
    _METRES[made] = recipe.metres
    return made


def repeat_of(material: Material) -> float:
    """Return how many metres one repeat of a material's texture covers; 1 where it is not one of `TEXTURES`.

    Example:
        >>> repeat_of(Material((200.0, 160.0, 120.0), texture("grain")))
        0.8
    """
    return 1.0 if material.texture is None else _METRES.get(material.texture, 1.0)


@cache
def mean_shade(name: str) -> tuple[float, float, float]:
    """Return the mean of a texture's texels over 255, which surfaces divide by to keep their colour."""
    red, green, blue = (texture(name).pixels.reshape(-1, 3).mean(axis=0) / 255.0).tolist()
    return red, green, blue


def noise(shape: tuple[int, int], cells: tuple[int, int], seed: int) -> FloatArray:
    """Return smooth noise that repeats without a seam.

    Args:
        shape: Rows and columns of the result.
        cells: Bumps down and across.
        seed: Another seed gives other noise.

    Returns:
        ``(H, W)``, 0 to 1.
    """
    lattice = np.random.default_rng([seed, *cells]).random(cells)
    (low_y, high_y, part_y), (low_x, high_x, part_x) = (_steps(n, k) for n, k in zip(shape, cells, strict=True))
    upper = lattice[np.ix_(low_y, low_x)] * (1 - part_x) + lattice[np.ix_(low_y, high_x)] * part_x
    lower = lattice[np.ix_(high_y, low_x)] * (1 - part_x) + lattice[np.ix_(high_y, high_x)] * part_x
    mixed: FloatArray = upper * (1 - part_y)[:, None] + lower * part_y[:, None]
    return mixed


def _steps(count: int, cells: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray]:
    at = np.arange(count) * (cells / count)
    low = np.floor(at).astype(np.int64)
    part = at - low
    return low, (low + 1) % cells, part * part * (3 - 2 * part)


def _grid(rows: int, columns: int) -> tuple[FloatArray, FloatArray]:
    """Return v (down) and u (across) of texel middles, 0 to 1."""
    v, u = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    return v, u


def _grain() -> FloatArray:
    shape = (128, 256)
    v, _ = _grid(*shape)
    bend = noise(shape, (3, 1), 1) + 0.35 * noise(shape, (5, 2), 2)
    rings = 0.5 + 0.5 * np.sin(2 * math.pi * (9 * v + 2.0 * bend))
    pores = noise(shape, (64, 10), 3) * noise(shape, (64, 24), 4)
    bands = noise(shape, (11, 1), 5)
    return 1.0 - 0.07 * rings**2 - 0.10 * bands - 0.16 * pores


def _weave() -> FloatArray:
    shape = (64, 64)
    v, u = _grid(*shape)
    thread_u, thread_v = np.sin(2 * math.pi * 16 * u), np.sin(2 * math.pi * 16 * v)
    cross = 0.5 + 0.5 * thread_u * thread_v
    slubs = 0.5 * noise(shape, (32, 3), 11) + 0.5 * noise(shape, (3, 32), 12)
    return 1.0 - 0.07 * cross - 0.13 * slubs


def _wool() -> FloatArray:
    shape = (64, 64)
    return 1.0 - 0.10 * noise(shape, (32, 32), 21) - 0.08 * noise(shape, (12, 12), 22)


def _pile() -> FloatArray:
    shape = (64, 64)
    return 1.0 - 0.10 * noise(shape, (4, 3), 31) - 0.05 * noise(shape, (32, 16), 32)


def _hide() -> FloatArray:
    shape = (128, 128)
    points = np.random.default_rng(41).random((420, 2))
    v, u = _grid(*shape)
    nearest, second = np.full(shape, 9.0), np.full(shape, 9.0)
    for y, x in points:
        dy, dx = np.abs(v - y), np.abs(u - x)
        far = np.hypot(np.minimum(dy, 1 - dy), np.minimum(dx, 1 - dx))
        second = np.minimum(second, np.maximum(far, nearest))
        nearest = np.minimum(nearest, far)
    crease = np.clip((second - nearest) * 60.0, 0.0, 1.0)
    shade: FloatArray = 1.0 - 0.09 * (1 - crease) - 0.10 * noise(shape, (5, 4), 42)
    return shade


def _brushed() -> FloatArray:
    shape = (128, 64)
    return 1.0 - 0.03 * noise(shape, (128, 2), 51) - 0.03 * noise(shape, (24, 1), 52)


def _veins() -> FloatArray:
    shape = (256, 256)
    v, u = _grid(*shape)
    warp = noise(shape, (3, 3), 61) + 0.4 * noise(shape, (7, 7), 62) + 0.2 * noise(shape, (17, 17), 63)
    wide = np.abs(np.sin(math.pi * (u + 2 * v + 0.7 * warp)))
    fine = np.abs(np.sin(math.pi * (2 * u + 3 * v + 1.1 * warp + 0.5 * noise(shape, (5, 5), 64))))
    cloud = noise(shape, (4, 4), 65)
    shade: FloatArray = (
        1.0
        - 0.34 * np.clip(1 - 4 * wide, 0, 1) * cloud
        - 0.16 * np.clip(1 - 8 * fine, 0, 1) * (1 - cloud)
        - 0.07 * cloud
    )
    return shade


def _speckle() -> FloatArray:
    shape = (128, 128)
    dots = np.random.default_rng(71).random(shape)
    return 1.0 - 0.16 * noise(shape, (40, 40), 72) - 0.10 * (dots > 0.86) - 0.04 * noise(shape, (6, 6), 73)


def _chips() -> FloatArray:
    shape = (128, 128)
    coarse, fine = noise(shape, (22, 22), 81), noise(shape, (40, 40), 82)
    return 1.0 - 0.22 * (coarse > 0.74) - 0.12 * (fine > 0.78) - 0.03 * noise(shape, (5, 5), 83)


def _cast() -> FloatArray:
    shape = (128, 128)
    clouds = 0.6 * noise(shape, (3, 3), 91) + 0.3 * noise(shape, (7, 7), 92) + 0.1 * noise(shape, (32, 32), 93)
    return 1.0 - 0.16 * clouds - 0.12 * (noise(shape, (40, 40), 94) > 0.93)


def _wicker() -> FloatArray:
    v, u = _grid(64, 64)
    column, row = np.floor(8 * u), np.floor(16 * v)
    across, down = 8 * u - column, 16 * v - row
    over = (column + row) % 2 == 0
    round_strand = np.where(over, np.sin(math.pi * down) * (0.75 + 0.25 * np.sin(math.pi * across)), 0.45)
    upright = np.where(over, 0.0, 0.5 * np.sin(math.pi * across))
    shade: FloatArray = 0.62 + 0.38 * np.clip(round_strand + upright, 0, 1)
    return shade


def _tufts() -> FloatArray:
    shape = (128, 128)
    return 1.0 - 0.14 * noise(shape, (64, 64), 101) - 0.06 * noise(shape, (9, 9), 102)


def _squares(count: int, joint: float, seed: int, shift: bool = False, aspect: int = 1) -> FloatArray:
    """Tiles: `count` across, ``count * aspect`` down, joints of so many texels."""
    side = 256
    v, u = _grid(side, side)
    rows = count * aspect
    row = np.floor(v * rows).astype(np.int64)
    along = (u * count + (0.5 * (row % 2) if shift else 0.0)) % count
    column = np.floor(along).astype(np.int64)
    across, down = along - column, v * rows - row
    edge = np.minimum(np.minimum(across, 1 - across) * side / count, np.minimum(down, 1 - down) * side / rows)
    tone = np.random.default_rng(seed).random((rows, count))[row, column]
    face = 1.0 - 0.05 * tone - 0.03 * noise((side, side), (24, 24), seed)
    return np.where(edge < joint, 0.78, face)


def _checks() -> FloatArray:
    v, u = _grid(128, 128)
    dark = (np.floor(2 * u) + np.floor(2 * v)) % 2 == 1
    return np.where(dark, 0.42, 1.0) - 0.03 * noise((128, 128), (24, 24), 111)


def _planks() -> FloatArray:
    side, rows = 256, 16
    v, u = _grid(side, side)
    rng = np.random.default_rng(121)
    row = np.floor(v * rows).astype(np.int64)
    along = (u * 2 + rng.random(rows)[row] * 2) % 2
    half = np.floor(along).astype(np.int64)
    tone = rng.random((rows, 2))[row, half]
    grain = noise((side, side), (128, 6), 122) * 0.6 + noise((side, side), (64, 3), 123) * 0.4
    shade = 1.0 - 0.15 * tone - 0.09 * grain
    joint = (v * side - row * (side // rows) < 1.0) | ((along - half) * side / 2 < 1.0)
    return np.where(joint, shade - 0.20, shade)


def _herringbone() -> FloatArray:
    side, ratio = 256, 4
    v, u = _grid(side, side)
    i, j = 2 * ratio * (u + v), 2 * ratio * (v - u)
    column, row = np.floor(i), np.floor(j)
    offset = np.mod(column - row, 2 * ratio)
    flat = offset < ratio
    start_x = np.where(flat, column - offset, column)
    start_y = np.where(flat, row, row - (2 * ratio - 1 - offset))
    key = (np.mod(start_x, 2 * ratio) * 2 * ratio + np.mod(start_y, 2 * ratio)).astype(np.int64)
    tone = np.random.default_rng(131).random(4 * ratio * ratio)[key]
    across = np.where(flat, j - row, i - column)
    along = np.where(flat, i - start_x, j - start_y)
    lines = 0.5 + 0.5 * np.sin(2 * math.pi * (3 * across + tone))
    shade = 1.0 - 0.13 * tone - 0.06 * flat - 0.04 * lines
    laid: FloatArray = np.where((across < 0.06) | (along < 0.06), shade - 0.20, shade)
    return laid


def _stripes() -> FloatArray:
    v, _ = _grid(64, 64)
    return np.where((v * 4) % 1 < 0.5, 1.0, 0.72) - 0.06 * noise((64, 64), (32, 32), 151)


_RECIPES = {
    "grain": _Recipe(_grain, 0.8, _WARM),
    "weave": _Recipe(_weave, 0.2),
    "wool": _Recipe(_wool, 0.3),
    "pile": _Recipe(_pile, 0.6),
    "hide": _Recipe(_hide, 0.5),
    "brushed": _Recipe(_brushed, 0.6),
    "veins": _Recipe(_veins, 1.4),
    "speckle": _Recipe(_speckle, 0.6),
    "chips": _Recipe(_chips, 0.5),
    "cast": _Recipe(_cast, 1.6),
    "wicker": _Recipe(_wicker, 0.2, _WARM),
    "tufts": _Recipe(_tufts, 0.6),
    "tiles": _Recipe(lambda: _squares(4, 2.0, 161), 1.2),
    "slabs": _Recipe(lambda: _squares(2, 1.0, 162), 1.2),
    "metro": _Recipe(lambda: _squares(4, 2.0, 163, shift=True, aspect=2), 0.6),
    "bricks": _Recipe(lambda: _squares(4, 3.0, 164, shift=True, aspect=3), 0.9, _WARM),
    "checks": _Recipe(_checks, 0.8),
    "planks": _Recipe(_planks, 2.24, _WARM),
    "herringbone": _Recipe(_herringbone, 1.0, _WARM),
    "stripes": _Recipe(_stripes, 0.4),
}

TEXTURES = tuple(_RECIPES)
"""Names of the textures."""

_METRES: dict[Texture, float] = {}
