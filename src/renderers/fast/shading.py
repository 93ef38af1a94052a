"""Kernels that turn samples into pixels.

Two rows of pixels at a time go through short passes, each over all that the row sees: what is seen, where in the world,
how bright the light makes it, what colour it has.
"""

from __future__ import annotations

import numpy as np

from spatialenv.renderers.fast.blocks import shade_blocks
from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.facets import (
    AMBIENT,
    DENSITY,
    DIRECT,
    EMISSION,
    FACET,
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
    make_facet,
)
from spatialenv.renderers.fast.gather import LAYERS, find_cuts, gather_rows
from spatialenv.renderers.fast.occlusion import hidden_at
from spatialenv.renderers.fast.shadow import light_at
from spatialenv.renderers.fast.surface import DIM, GLOW, free_share, plane, texel_at

X, Y, KEY, SHARE, DEEP, BRIGHT, LIT, WHITE = range(8)
"""Rows of the table of looks: place in the picture and key, later place in the world; share of the pixel; W; brightness
without the light and by it; share of white."""


@kernel()
def shade(  # type: ignore[no-untyped-def]
    keys, faces, ghosts, glass_keys, glass_faces, points, corners, looks, parts, surfaces, normals, uvs, widths, poses,
    materials, texels, eye, to_world, pixel, light, axes, to_light, cell, light_keys, light_most,
    light_least, field_place, field, outside, background, line, scale, out,
):  # fmt: skip
    """Colour what is seen, draw the lines between surfaces, and average samples into pixels.

    Args:
        keys: Depth keys, ``(h, w)`` float32.
        faces: Triangle of each sample, ``(h, w)`` int32.
        ghosts: Covered triangle of each sample or -1; shape ``(0, 0)`` for none.
        glass_keys: Depth keys of glass; shape ``(0, 0)`` for none.
        glass_faces: Nearest glass triangle of each sample.
        points: See `make_facet`, as the others that are not described here.
        corners: Likewise.
        looks: Likewise.
        parts: Likewise.
        surfaces: Triangles with equal numbers have no line between them, ``(f,)`` int32.
        normals: Likewise.
        uvs: Likewise.
        widths: How wide each triangle is in samples, ``(f,)`` float32.
        poses: Likewise.
        materials: Likewise.
        texels: All textures, uint8.
        eye: Likewise.
        to_world: ``(X, Y, K, 1)`` of a sample to world, ``(4, 4)``; what it divides by is 1 / W.
        pixel: Metres of a pixel where W is 1.
        light: Likewise.
        axes: Likewise.
        to_light: World to ``(u, v, key, 1)`` of the light's map.
        cell: Likewise.
        light_keys: The light's map; shape ``(0, 0)`` for no shadows.
        light_most: See `shadow.find_tiles`.
        light_least: Likewise.
        field_place: Likewise.
        field: The sky's field.
        outside: Likewise.
        background: Colour where nothing is, ``(3,)``.
        line: How many samples wide lines are; 0 for none.
        scale: Samples a pixel in each direction.
        out: The picture, ``(h / scale, w / scale, 3)`` uint8; changed.
    """
    rows, columns = keys.shape
    facets = np.empty((len(corners), FACET))
    is_made = np.zeros(len(corners), np.bool_)
    cut, pixel_cut = np.empty((rows, columns), np.uint8), np.zeros((rows // scale, columns // scale), np.uint8)
    most, width = 2 * LAYERS * scale * columns, columns // scale
    seen, pixels, table = np.empty(most, np.int32), np.empty(most, np.int32), np.empty((8, most))
    sums, mixed = np.empty((2 * width, 3)), np.empty(2 * width, np.int32)
    blocks, block_columns, block_keys = np.empty(width, np.int32), np.empty(width, np.int32), np.empty((3, width))
    flat_field = field.ravel()
    for start in range(0, rows // scale, 2):
        first, last = start * scale, min((start + 2) * scale, rows)
        find_cuts(first, last, faces, ghosts, glass_faces, line, scale, cut, pixel_cut)
        count, block_count, mixed_count = gather_rows(
            start, keys, faces, ghosts, glass_keys, glass_faces, looks, parts, surfaces, widths, materials,
            len(poses) - 1, background, line, scale, cut, pixel_cut, seen, pixels, table, sums, mixed,
            blocks, block_columns, block_keys, out,
        )  # fmt: skip
        for group in range(2):
            for k in range(count if group == 0 else block_count):
                face = seen[k] if group == 0 else blocks[k]
                if not is_made[face]:
                    is_made[face] = True
                    make_facet(
                        face, points, corners, looks, parts, normals, uvs, poses, materials, eye, light, axes, cell,
                        field_place, outside, facets[face],
                    )  # fmt: skip
        shade_blocks(
            start, block_count, blocks, block_columns, block_keys, facets, to_world, to_light, pixel, cell, light_keys,
            light_most, light_least, field_place, field.shape[0], field.shape[1], flat_field, materials,
            texels, scale, out,
        )  # fmt: skip
        _place(count, to_world, table[X], table[Y], table[KEY], table[DEEP])
        _light(count, seen, facets, table)
        if len(light_keys):
            _cast_shadows(
                count, seen, facets, to_light, cell, light_keys, light_most, light_least, table
            )  # fmt: skip
        if len(flat_field):
            _hide_sky(count, seen, facets, field_place, field.shape[0], field.shape[1], flat_field, table)
        _colour(count, seen, pixels, facets, pixel, materials, texels, table, sums)
        for k in range(mixed_count):
            at = mixed[k]
            for channel in range(3):
                out[start + at // width, at % width, channel] = np.uint8(min(sums[at, channel], 255.0) + 0.5)


@kernel()
def _place(count, to_world, xs, ys, zs, deep):  # type: ignore[no-untyped-def]
    """Turn places in the picture and keys into metres, in place; write W to `deep`."""
    for k in range(count):
        x, y, key = xs[k], ys[k], zs[k]
        w = 1.0 / (to_world[3, 0] * x + to_world[3, 1] * y + to_world[3, 2] * key + to_world[3, 3])
        xs[k] = w * (to_world[0, 0] * x + to_world[0, 1] * y + to_world[0, 2] * key + to_world[0, 3])
        ys[k] = w * (to_world[1, 0] * x + to_world[1, 1] * y + to_world[1, 2] * key + to_world[1, 3])
        zs[k] = w * (to_world[2, 0] * x + to_world[2, 1] * y + to_world[2, 2] * key + to_world[2, 3])
        deep[k] = w


@kernel()
def _light(count, seen, facets, table):  # type: ignore[no-untyped-def]
    """Write how bright each look is without the light and by it, and its share of white."""
    for k in range(count):
        face, x, y, z = seen[k], table[X, k], table[Y, k], table[KEY, k]
        table[BRIGHT, k] = plane(facets, face, AMBIENT, x, y, z)
        table[LIT, k] = max(plane(facets, face, DIRECT, x, y, z), 0.0)
        table[WHITE, k] = max(plane(facets, face, GLOSS, x, y, z), 0.0)


@kernel()
def _cast_shadows(count, seen, facets, to_light, cell, keys, most, least, table):  # type: ignore[no-untyped-def]
    """Take away the light that does not reach a look."""
    for k in range(count):
        if table[LIT, k] > DIM:
            face, x, y, z = seen[k], table[X, k], table[Y, k], table[KEY, k]
            u = to_light[0, 0] * x + to_light[0, 1] * y + to_light[0, 2] * z + to_light[0, 3]
            v = to_light[1, 0] * x + to_light[1, 1] * y + to_light[1, 2] * z + to_light[1, 3]
            key = to_light[2, 0] * x + to_light[2, 1] * y + to_light[2, 2] * z
            table[LIT, k] *= light_at(u, v, key, facets[face, SLOPE_U], facets[face, SLOPE_V], cell, keys, most, least)


@kernel()
def _hide_sky(count, seen, facets, place, rows, columns, field, table):  # type: ignore[no-untyped-def]
    """Darken what other things surround."""
    per_metre = 1.0 / place[2]
    for k in range(count):
        face, x, y, z = seen[k], table[X, k], table[Y, k], table[KEY, k]
        hidden, _, _, _ = hidden_at(
            x + facets[face, PUSH_X], y + facets[face, PUSH_Y], z + facets[face, PUSH_Z],
            place[0], place[1], per_metre, rows, columns, field,
        )  # fmt: skip
        free = free_share(facets, face, hidden, z)
        table[BRIGHT, k] *= free
        table[LIT, k] *= 0.5 + 0.5 * free
        table[WHITE, k] *= free


@kernel()
def _colour(count, seen, pixels, facets, pixel, materials, texels, table, sums):  # type: ignore[no-untyped-def]
    """Add the colour of each look to its pixel."""
    for k in range(count):
        face, x, y, z = seen[k], table[X, k], table[Y, k], table[KEY, k]
        bright = table[BRIGHT, k] + table[LIT, k]
        bright += facets[face, EMISSION] * max(GLOW - bright, 0.0)
        red, green, blue = facets[face, RED], facets[face, RED + 1], facets[face, RED + 2]
        if facets[face, TEXTURE] >= 0.0:
            r, g, b = texel_at(
                plane(facets, face, U, x, y, z),
                plane(facets, face, V, x, y, z),
                facets[face, DENSITY] * table[DEEP, k] * pixel,
                int(facets[face, TEXTURE]),
                materials,
                texels,
            )
            red, green, blue = red * r, green * g, blue * b
        white, share, at = 255.0 * table[WHITE, k], table[SHARE, k], pixels[k]
        sums[at, 0] += share * min(red * bright + white, 255.0)
        sums[at, 1] += share * min(green * bright + white, 255.0)
        sums[at, 2] += share * min(blue * bright + white, 255.0)
