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
    FOOT,
    GLOSS,
    PUSH_X,
    PUSH_Y,
    PUSH_Z,
    RED,
    SKY,
    SLOPE_U,
    SLOPE_V,
    TEXTURE,
    U,
    V,
)
from spatialenv.renderers.fast.occlusion import hidden_at
from spatialenv.renderers.fast.shadow import light_at, light_over
from spatialenv.renderers.fast.surface import DIM, GLOW, SKY_SHARE, foot_share, plane, texel_at


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
    k = 0
    while k < count:
        # What belongs to the triangle is read once for all its blocks that follow each other.
        face = blocks[k]
        facet = facets[face]
        direct_x, direct_y, direct_z, direct_1 = facet[DIRECT], facet[DIRECT + 1], facet[DIRECT + 2], facet[DIRECT + 3]
        ambient_x, ambient_y, ambient_z = facet[AMBIENT], facet[AMBIENT + 1], facet[AMBIENT + 2]
        gloss_x, gloss_y, gloss_z = facet[GLOSS], facet[GLOSS + 1], facet[GLOSS + 2]
        ambient_1, gloss_1, emission = facet[AMBIENT + 3], facet[GLOSS + 3], facet[EMISSION]
        plain_red, plain_green, plain_blue = facet[RED], facet[RED + 1], facet[RED + 2]
        slope_u, slope_v = facet[SLOPE_U], facet[SLOPE_V]
        push_x, push_y, push_z = facet[PUSH_X], facet[PUSH_Y], facet[PUSH_Z]
        sky_share, foot = SKY_SHARE * facet[SKY], facet[FOOT]
        asks_sky = with_sky and sky_share > 0.0
        look, density = int(facet[TEXTURE]), facet[DENSITY] * pixel
        while k < count and blocks[k] == face:
            column = block_columns[k]
            sx, sy = (column + 1.0) * scale, (row + 1.0) * scale
            key, along, down = block_keys[0, k], block_keys[1, k], block_keys[2, k]
            k += 1
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
            # What the middle has, and what a step right and a step down add.
            direct_a = direct_x * ax + direct_y * ay + direct_z * az
            direct_b = direct_x * bx + direct_y * by + direct_z * bz
            direct_0 = direct_x * x + direct_y * y + direct_z * z + direct_1
            ambient_a = ambient_x * ax + ambient_y * ay + ambient_z * az
            ambient_b = ambient_x * bx + ambient_y * by + ambient_z * bz
            ambient_0 = ambient_x * x + ambient_y * y + ambient_z * z + ambient_1
            gloss_a = gloss_x * ax + gloss_y * ay + gloss_z * az
            gloss_b = gloss_x * bx + gloss_y * by + gloss_z * bz
            gloss_0 = gloss_x * x + gloss_y * y + gloss_z * z + gloss_1
            hidden_0, hidden_a, hidden_b = 0.0, 0.0, 0.0
            if asks_sky:
                hidden_0, hx, hy, hz = hidden_at(
                    x + push_x, y + push_y, z + push_z, place[0], place[1], per_metre, field_rows, field_columns, field
                )
                hidden_a, hidden_b = hx * ax + hy * ay + hz * az, hx * bx + hy * by + hz * bz
            reach = 1.0
            if with_shadows and direct_0 + 0.5 * (abs(direct_a) + abs(direct_b)) > DIM:
                u = to_light[0, 0] * x + to_light[0, 1] * y + to_light[0, 2] * z + to_light[0, 3]
                v = to_light[1, 0] * x + to_light[1, 1] * y + to_light[1, 2] * z + to_light[1, 3]
                near = to_light[2, 0] * x + to_light[2, 1] * y + to_light[2, 2] * z
                u_a = to_light[0, 0] * ax + to_light[0, 1] * ay + to_light[0, 2] * az
                u_b = to_light[0, 0] * bx + to_light[0, 1] * by + to_light[0, 2] * bz
                v_a = to_light[1, 0] * ax + to_light[1, 1] * ay + to_light[1, 2] * az
                v_b = to_light[1, 0] * bx + to_light[1, 1] * by + to_light[1, 2] * bz
                near_a = to_light[2, 0] * ax + to_light[2, 1] * ay + to_light[2, 2] * az
                near_b = to_light[2, 0] * bx + to_light[2, 1] * by + to_light[2, 2] * bz
                reach = light_over(
                    u, v, near, 0.5 * (abs(u_a) + abs(u_b)), 0.5 * (abs(v_a) + abs(v_b)),
                    0.5 * (abs(near_a) + abs(near_b)), abs(slope_u) + abs(slope_v), most, least,
                )  # fmt: skip
            for corner in range(4):
                i, j = corner & 1, corner >> 1
                right, under = i - 0.5, j - 0.5
                direct = max(direct_0 + right * direct_a + under * direct_b, 0.0)
                if reach != 1.0:
                    if reach < 0.0:
                        direct *= light_at(
                            u + right * u_a + under * u_b, v + right * v_a + under * v_b,
                            near + right * near_a + under * near_b, slope_u, slope_v, cell, keys, most, least,
                        )  # fmt: skip
                    else:
                        direct = 0.0
                bright = ambient_0 + right * ambient_a + under * ambient_b
                white = 255.0 * max(gloss_0 + right * gloss_a + under * gloss_b, 0.0)
                if with_sky:
                    free = 1.0 - sky_share * (hidden_0 + right * hidden_a + under * hidden_b)
                    if foot > 0.0:
                        free *= foot_share(foot, z + right * az + under * bz)
                    bright *= free
                    direct *= 0.5 + 0.5 * free
                    white *= free
                bright += direct
                bright += emission * max(GLOW - bright, 0.0)
                red, green, blue = plain_red, plain_green, plain_blue
                if look >= 0:
                    px, py, pz = x + right * ax + under * bx, y + right * ay + under * by, z + right * az + under * bz
                    r, g, b = texel_at(
                        plane(facets, face, U, px, py, pz), plane(facets, face, V, px, py, pz), density * w, look,
                        materials, texels,
                    )  # fmt: skip
                    red, green, blue = red * r, green * g, blue * b
                out[row + j, column + i, 0] = np.uint8(min(red * bright + white, 255.0) + 0.5)
                out[row + j, column + i, 1] = np.uint8(min(green * bright + white, 255.0) + 0.5)
                out[row + j, column + i, 2] = np.uint8(min(blue * bright + white, 255.0) + 0.5)
