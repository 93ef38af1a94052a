"""Kernel that colours blocks of 2 x 2 pixels which one triangle fills.

Over so few pixels the place in the world, and with it all that is affine in it, changes evenly from pixel to pixel.
"""

from __future__ import annotations

import numpy as np

from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.facets import (
    AMBIENT,
    DENSITY,
    DIRECT,
    EMISSION,
    GLOSS,
    PUSH_X,
    PUSH_Y,
    PUSH_Z,
    RED,
    SLOPE_U,
    SLOPE_V,
    TEXTURE,
    U,
    V,
)
from spatialenv.renderers.fast.occlusion import hidden_at
from spatialenv.renderers.fast.shadow import light_at
from spatialenv.renderers.fast.surface import DIM, GLOW, free_share, plane, texel_at


@kernel()
def shade_blocks(  # type: ignore[no-untyped-def]
    row, count, blocks, block_columns, block_keys, facets, to_world, to_light, pixel, cell, keys, most, least,
    place, field_rows, field_columns, field, materials, texels, scale, out,
):  # fmt: skip
    """Colour blocks of two rows of pixels.

    Args:
        row: The first of the rows.
        count: How many blocks there are.
        blocks: See `gather.gather_rows`.
        block_columns: Likewise.
        block_keys: Likewise.
        facets: See `facets.make_facet`.
        to_world: See `shading.shade`, as the others that are not described here.
        to_light: Likewise.
        pixel: Likewise.
        cell: Likewise.
        keys: The light's map; shape ``(0, 0)`` for no shadows.
        most: See `shadow.find_tiles`.
        least: Likewise.
        place: Likewise.
        field_rows: Cells of the sky's field from north to south.
        field_columns: Cells from west to east.
        field: Its values, flat; length 0 for none.
        materials: Likewise.
        texels: Likewise.
        scale: Samples a pixel in each direction.
        out: The picture; changed.
    """
    with_shadows, with_sky = len(keys) > 0, len(field) > 0
    per_metre = 1.0 / place[2] if with_sky else 0.0
    for k in range(count):
        face, column = blocks[k], block_columns[k]
        sx, sy, key, along, down = (
            (column + 1.0) * scale, (row + 1.0) * scale, block_keys[0, k], block_keys[1, k], block_keys[2, k]
        )  # fmt: skip
        # The middle of the block in the world, and the steps from pixel to pixel.
        w = 1.0 / (to_world[3, 0] * sx + to_world[3, 1] * sy + to_world[3, 2] * key + to_world[3, 3])
        wx = scale * to_world[3, 0] + along * to_world[3, 2]
        wy = scale * to_world[3, 1] + down * to_world[3, 2]
        x = w * (to_world[0, 0] * sx + to_world[0, 1] * sy + to_world[0, 2] * key + to_world[0, 3])
        y = w * (to_world[1, 0] * sx + to_world[1, 1] * sy + to_world[1, 2] * key + to_world[1, 3])
        z = w * (to_world[2, 0] * sx + to_world[2, 1] * sy + to_world[2, 2] * key + to_world[2, 3])
        ax = w * (scale * to_world[0, 0] + along * to_world[0, 2] - x * wx)
        ay = w * (scale * to_world[1, 0] + along * to_world[1, 2] - y * wx)
        az = w * (scale * to_world[2, 0] + along * to_world[2, 2] - z * wx)
        bx = w * (scale * to_world[0, 1] + down * to_world[0, 2] - x * wy)
        by = w * (scale * to_world[1, 1] + down * to_world[1, 2] - y * wy)
        bz = w * (scale * to_world[2, 1] + down * to_world[2, 2] - z * wy)
        hidden, hx, hy, hz = 0.0, 0.0, 0.0, 0.0
        if with_sky:
            hidden, hx, hy, hz = hidden_at(
                x + facets[face, PUSH_X], y + facets[face, PUSH_Y], z + facets[face, PUSH_Z],
                place[0], place[1], per_metre, field_rows, field_columns, field,
            )  # fmt: skip
        has_texture = facets[face, TEXTURE] >= 0.0
        for corner in range(4):
            i, j = corner & 1, corner >> 1
            right, under = i - 0.5, j - 0.5
            dx, dy, dz = right * ax + under * bx, right * ay + under * by, right * az + under * bz
            px, py, pz = x + dx, y + dy, z + dz
            direct = max(plane(facets, face, DIRECT, px, py, pz), 0.0)
            if with_shadows and direct > DIM:
                u = to_light[0, 0] * px + to_light[0, 1] * py + to_light[0, 2] * pz + to_light[0, 3]
                v = to_light[1, 0] * px + to_light[1, 1] * py + to_light[1, 2] * pz + to_light[1, 3]
                near = to_light[2, 0] * px + to_light[2, 1] * py + to_light[2, 2] * pz
                direct *= light_at(u, v, near, facets[face, SLOPE_U], facets[face, SLOPE_V], cell, keys, most, least)
            bright = plane(facets, face, AMBIENT, px, py, pz)
            white = 255.0 * max(plane(facets, face, GLOSS, px, py, pz), 0.0)
            if with_sky:
                free = free_share(facets, face, hidden + hx * dx + hy * dy + hz * dz, pz)
                bright *= free
                direct *= 0.5 + 0.5 * free
                white *= free
            bright += direct
            bright += facets[face, EMISSION] * max(GLOW - bright, 0.0)
            red, green, blue = facets[face, RED], facets[face, RED + 1], facets[face, RED + 2]
            if has_texture:
                r, g, b = texel_at(
                    plane(facets, face, U, px, py, pz),
                    plane(facets, face, V, px, py, pz),
                    facets[face, DENSITY] * w * pixel,
                    int(facets[face, TEXTURE]),
                    materials,
                    texels,
                )
                red, green, blue = red * r, green * g, blue * b
            out[row + j, column + i, 0] = np.uint8(min(red * bright + white, 255.0) + 0.5)
            out[row + j, column + i, 1] = np.uint8(min(green * bright + white, 255.0) + 0.5)
            out[row + j, column + i, 2] = np.uint8(min(blue * bright + white, 255.0) + 0.5)
