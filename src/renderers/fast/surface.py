"""Kernels that pixels and blocks of pixels share: what a facet says at a place, and its texture."""

from __future__ import annotations

import math

from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.facets import FOOT, M_HEIGHT, M_LEVELS, M_OFFSET, M_WIDTH, SKY

SKY_SHARE = 0.5
"""How much darker a place is whose whole surroundings stand higher."""

FLOOR_REACH = 0.35
"""Metres above the floor up to which it darkens what stands on it."""

GLOW = 1.06
"""Brightness of what shines by itself."""

DIM = 0.004
"""Brightness by the light up to which nobody asks for shadows."""


@kernel(inline=True)
def plane(facets, face, at, x, y, z):  # type: ignore[no-untyped-def]
    """Return what columns `at` to ``at + 3`` of a facet say at a place."""
    return facets[face, at] * x + facets[face, at + 1] * y + facets[face, at + 2] * z + facets[face, at + 3]


@kernel(inline=True)
def texel_at(u, v, density, look, materials, texels):  # type: ignore[no-untyped-def]
    """Return a texture's colour, 0 to 1 each, between the four nearest texels of the level that fits.

    Args:
        u: Place in repeats.
        v: Likewise.
        density: Texels of the finest level for each pixel.
        look: Row of the table of materials.
        materials: That table.
        texels: All textures.
    """
    start, width, height = int(materials[look, M_OFFSET]), int(materials[look, M_WIDTH]), int(materials[look, M_HEIGHT])
    level, last = 0, int(materials[look, M_LEVELS]) - 1
    while density > 1.4 and level < last:
        start += 3 * width * height
        width, height = max(width >> 1, 1), max(height >> 1, 1)
        density *= 0.5
        level += 1
    across = (u - math.floor(u)) * width - 0.5
    down = (math.ceil(v) - v) * height - 0.5
    left, top = math.floor(across), math.floor(down)
    fx, fy = across - left, down - top
    x0, x1 = (left & (width - 1)), ((left + 1) & (width - 1))
    y0, y1 = (top & (height - 1)), ((top + 1) & (height - 1))
    a, b = start + 3 * (y0 * width + x0), start + 3 * (y0 * width + x1)
    c, d = start + 3 * (y1 * width + x0), start + 3 * (y1 * width + x1)
    wa, wb = (1.0 - fx) * (1.0 - fy) / 255.0, fx * (1.0 - fy) / 255.0
    wc, wd = (1.0 - fx) * fy / 255.0, fx * fy / 255.0
    red = wa * texels[a] + wb * texels[b] + wc * texels[c] + wd * texels[d]
    green = wa * texels[a + 1] + wb * texels[b + 1] + wc * texels[c + 1] + wd * texels[d + 1]
    blue = wa * texels[a + 2] + wb * texels[b + 2] + wc * texels[c + 2] + wd * texels[d + 2]
    return red, green, blue


@kernel(inline=True)
def free_share(facets, face, hidden, z):  # type: ignore[no-untyped-def]
    """Return what is left of the light where `hidden` of the surroundings stand higher, `z` metres above the floor."""
    return (1.0 - SKY_SHARE * facets[face, SKY] * hidden) * foot_share(facets[face, FOOT], z)


@kernel(inline=True)
def foot_share(foot, z):  # type: ignore[no-untyped-def]
    """Return what the floor leaves of the light, `z` metres above it, where it takes `foot` at the bottom."""
    low = max(1.0 - max(z, 0.0) * (1.0 / FLOOR_REACH), 0.0)
    return 1.0 - foot * low * low
