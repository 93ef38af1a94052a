"""Pictures that hang on walls, lie on floors and shine on screens: drawn by arithmetic, a few dozen in all."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from zlib import crc32

import numpy as np

from spatialenv.core.mesh import Colour, Texture
from spatialenv.core.placed import FloatArray
from spatialenv.renderers.textures import noise

_PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((240, 232, 218), (198, 104, 72), (64, 88, 104), (222, 176, 106), (46, 52, 60)),
    ((236, 234, 226), (108, 134, 118), (196, 168, 130), (58, 76, 72), (216, 200, 180)),
    ((238, 230, 224), (196, 142, 132), (120, 96, 108), (226, 196, 184), (72, 66, 78)),
    ((232, 236, 238), (96, 136, 166), (214, 198, 168), (44, 70, 100), (170, 194, 206)),
    ((242, 236, 224), (214, 164, 74), (92, 104, 88), (178, 92, 62), (52, 54, 52)),
    ((234, 230, 222), (62, 62, 64), (172, 160, 144), (206, 196, 182), (120, 114, 106)),
)

VARIANTS = 24
"""How many paintings there are."""


def variant_of(*words: object, count: int = VARIANTS) -> int:
    """Return a number below `count` that depends on the words alone."""
    return crc32(repr(words).encode()) % count


@lru_cache(maxsize=VARIANTS)
def painting_texture(variant: int) -> Texture:
    """Return an abstract painting: hills, blocks, discs or strokes in one of six palettes, 128 texels square."""
    rng = np.random.default_rng([7, variant])
    palette = np.array(_PALETTES[variant % len(_PALETTES)], dtype=np.float64)
    draw = (_hills, _blocks, _discs, _strokes)[variant // len(_PALETTES) % 4]
    side = 128
    v, u = np.meshgrid((np.arange(side) + 0.5) / side, (np.arange(side) + 0.5) / side, indexing="ij")
    picture = draw(u, v, palette, rng)
    picture *= (0.95 + 0.07 * noise((side, side), (48, 48), variant))[..., None]
    return Texture(np.clip(np.floor(picture + 0.5), 0, 255).astype(np.uint8))


def _hills(u: FloatArray, v: FloatArray, palette: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A low sun over layers of land."""
    picture: FloatArray = palette[0] * (1 - 0.12 * v[..., None])
    at, high, size = rng.uniform(0.25, 0.75), rng.uniform(0.22, 0.4), rng.uniform(0.08, 0.14)
    picture[np.hypot(u - at, v - high) < size] = palette[1] if rng.random() < 0.5 else palette[3]
    order = [3, 2, 1, 4]
    for k, colour in enumerate(order):
        a, b, c, d = rng.uniform(0, 2 * math.pi, 2).tolist() + rng.uniform(0.02, 0.07, 2).tolist()
        edge = 0.42 + 0.14 * k + c * np.sin(5.0 * u + a) + d * np.sin(11.0 * u + b)
        picture[v > edge] = palette[colour]
    return picture


def _blocks(u: FloatArray, v: FloatArray, palette: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Soft fields of colour, one above the other."""
    picture = np.broadcast_to(palette[0], (*u.shape, 3)).copy()
    top = 0.08
    for k, share in enumerate(rng.dirichlet((4.0, 3.0, 4.0)) * 0.80):
        left, right = 0.08 + 0.02 * rng.random(), 0.92 - 0.02 * rng.random()
        wave = 0.006 * np.sin(40 * u + k) + 0.006 * np.sin(23 * v + 2 * k)
        field = (u + wave > left) & (u + wave < right) & (v + wave > top) & (v + wave < top + share)
        picture[field] = palette[1 + (k + int(rng.integers(4))) % 4]
        top += share + 0.025
    return picture


def _discs(u: FloatArray, v: FloatArray, palette: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Discs, half discs and a line, as on a poster."""
    picture = np.broadcast_to(palette[0], (*u.shape, 3)).copy()
    for k in range(4):
        x, y, size = rng.uniform(0.25, 0.75), rng.uniform(0.2, 0.8), rng.uniform(0.12, 0.26)
        near = np.hypot(u - x, v - y) < size
        if k % 2:
            near &= (u - x) * math.cos(2.0 * k) + (v - y) * math.sin(2.0 * k) > 0
        picture[near] = palette[1 + k]
    slope, rise = rng.uniform(-0.6, 0.6), rng.uniform(0.3, 0.7)
    picture[np.abs(v - rise - slope * (u - 0.5)) < 0.008] = palette[4]
    return picture


def _strokes(u: FloatArray, v: FloatArray, palette: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Broad strokes of a brush across a pale ground."""
    picture = np.broadcast_to(palette[0], (*u.shape, 3)).copy()
    for k in range(5):
        slope, rise, wide = rng.uniform(-0.7, 0.7), rng.uniform(0.15, 0.85), rng.uniform(0.03, 0.09)
        bow = rng.uniform(-0.5, 0.5)
        away = v - rise - slope * (u - 0.5) - bow * (u - 0.5) ** 2
        ends = (u > rng.uniform(0.05, 0.25)) & (u < rng.uniform(0.75, 0.95))
        hair = noise(u.shape, (4, 4), 50 + k) * 0.02 + noise((128, 128), (64, 3), 60 + k) * 0.03
        picture[(np.abs(away) + hair < wide) & ends] = palette[1 + k % 4]
    return picture


RUG_PATTERNS = ("bordered", "striped", "diamonds", "medallion", "plain")
"""How rugs are patterned."""


@lru_cache(maxsize=32)
def rug_texture(pattern: str, is_long: bool = False) -> Texture:
    """Return the pattern of a rug, 128 texels square, pale so that it takes the colour of the rug.

    Args:
        pattern: One of `RUG_PATTERNS`.
        is_long: Whether the rug is about half as wide as it is long, so that borders keep one width.
    """
    side = 128
    v, u = np.meshgrid((np.arange(side) + 0.5) / side, (np.arange(side) + 0.5) / side, indexing="ij")
    across = np.minimum(u, 1 - u) * (1.6 if is_long else 1.0)
    edge = np.minimum(across, np.minimum(v, 1 - v))
    shade = np.full((side, side), 1.0)
    if pattern == "striped":
        shade = np.where((u * 9) % 1 < 0.36, 0.74, 1.0)
        shade = np.where((u * 9 + 0.32) % 1 < 0.08, 0.55, shade)
    elif pattern == "diamonds":
        a, b = (u * 5) % 1 - 0.5, (v * 4) % 1 - 0.5
        shade = np.where(np.abs(np.abs(a) + np.abs(b) - 0.42) < 0.05, 0.55, 1.0)
    elif pattern == "medallion":
        far = np.hypot((u - 0.5) * (1.6 if is_long else 1.0), v - 0.5)
        petals = 0.2 + 0.05 * np.cos(8 * np.arctan2(v - 0.5, (u - 0.5) * (1.6 if is_long else 1.0)))
        shade = np.where(far < petals, 0.66, 1.0)
        shade = np.where(far < 0.6 * petals, 0.95, shade)
        shade = np.where(far < 0.3 * petals, 0.5, shade)
        lattice = (np.abs(((u + v) * 10) % 1 - 0.5) < 0.07) | (np.abs(((u - v) * 10) % 1 - 0.5) < 0.07)
        shade = np.where(lattice & (far > petals + 0.03), 0.84, shade)
    if pattern in ("bordered", "medallion"):
        shade = np.where(edge < 0.11, 0.62, shade)
        shade = np.where(edge < 0.085, 0.95, shade)
        shade = np.where(edge < 0.035, 0.55, shade)
    shade = shade * (0.90 + 0.10 * noise((side, side), (64, 64), 171))
    return Texture(np.floor(np.repeat(shade[..., None], 3, axis=2) * 255 + 0.5).astype(np.uint8))


@lru_cache(maxsize=8)
def screen_texture(kind: str) -> Texture:
    """Return what a screen shows: ``"film"``, a dusk over hills; ``"desk"``, windows on a calm ground."""
    side = 128
    v, u = np.meshgrid((np.arange(side) + 0.5) / side, (np.arange(side) + 0.5) / side, indexing="ij")
    if kind == "film":
        sky = np.array((52.0, 74.0, 118.0)) + (np.array((232.0, 158.0, 120.0)) - np.array((52.0, 74.0, 118.0))) * (
            np.clip(v / 0.62, 0, 1)[..., None] ** 1.4
        )
        picture = sky
        for k, colour in enumerate(((96, 84, 112), (62, 62, 88), (34, 40, 58))):
            edge = 0.56 + 0.12 * k + 0.05 * np.sin(7 * u + 2 * k) + 0.025 * np.sin(17 * u + k)
            picture = np.where((v > edge)[..., None], np.array(colour, dtype=np.float64), picture)
    else:
        ground = np.array((74.0, 104.0, 142.0)) * (1 - 0.25 * v[..., None]) + 22.0 * u[..., None]
        picture = ground
        for x0, y0, x1, y1 in ((0.10, 0.14, 0.62, 0.80), (0.50, 0.34, 0.92, 0.88)):
            inside = (u > x0) & (u < x1) & (v > y0) & (v < y1)
            picture = np.where(inside[..., None], np.array((238.0, 240.0, 242.0)), picture)
            title = inside & (v < y0 + 0.06)
            picture = np.where(title[..., None], np.array((206.0, 212.0, 220.0)), picture)
            lines = inside & (v > y0 + 0.1) & (((v - y0) * 16) % 1 < 0.4) & (u > x0 + 0.04) & (u < x1 - 0.08)
            picture = np.where(lines[..., None], np.array((168.0, 176.0, 188.0)), picture)
    return Texture(np.clip(np.floor(picture + 0.5), 0, 255).astype(np.uint8))


@cache
def mirror_texture() -> Texture:
    """Return what a mirror seems to show: a pale room, brighter in two slanted bands, 64 texels square."""
    side = 64
    v, u = np.meshgrid((np.arange(side) + 0.5) / side, (np.arange(side) + 0.5) / side, indexing="ij")
    slant = u + 0.6 * v
    bright = np.maximum(
        np.clip(1 - np.abs(slant - 0.55) / 0.16, 0, 1), 0.7 * np.clip(1 - np.abs(slant - 0.95) / 0.07, 0, 1)
    )
    shade = 0.80 + 0.10 * (1 - v) + 0.12 * np.minimum(1.6 * bright, 1.0)
    tint = np.array((222.0, 234.0, 242.0))
    return Texture(np.clip(np.floor(shade[..., None] * tint + 0.5), 0, 255).astype(np.uint8))
