"""Kernel that turns samples into pixels."""

from __future__ import annotations

import math

import numpy as np

from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.facets import (
    AMBIENT,
    DENSITY,
    DIRECT,
    EMISSION,
    FACET,
    FOOT,
    GLOSS,
    M_HEIGHT,
    M_LEVELS,
    M_OFFSET,
    M_WIDTH,
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
    make_facet,
)
from spatialenv.renderers.fast.occlusion import hidden_at
from spatialenv.renderers.fast.shadow import light_at

MOST = 48
"""Most things that can be seen in one pixel: three layers of 4 x 4 samples."""

GHOST_SHARE = 0.22
"""How much of an object shows through a wall or the floor that it stands behind."""

SKY_SHARE = 0.5
"""How much darker a place is whose whole surroundings stand higher."""

FLOOR_REACH = 0.35
"""Metres above the floor up to which it darkens what stands on it."""


@kernel()
def shade(  # type: ignore[no-untyped-def]
    keys,
    faces,
    ghosts,
    glass_keys,
    glass_faces,
    points,
    corners,
    looks,
    parts,
    surfaces,
    normals,
    uvs,
    widths,
    poses,
    materials,
    texels,
    eye,
    to_world,
    pixel,
    light,
    axes,
    to_light,
    cell,
    light_keys,
    light_tiles,
    light_most,
    light_least,
    field_place,
    field,
    outside,
    background,
    line,
    scale,
    out,
):
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
        light_tiles: See `shadow.find_tiles`, as the two that follow.
        light_most: Likewise.
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
    with_ghosts, with_glass = ghosts.shape[0] == rows, glass_faces.shape[0] == rows
    with_shadows, with_sky = light_keys.shape[0] > 0, field.shape[0] > 0
    objects = len(poses) - 1
    field_rows, field_columns, flat_field = field.shape[0], field.shape[1], field.ravel()
    per_metre = 1.0 / field_place[2] if with_sky else 0.0
    facets = np.empty((len(corners), FACET))
    is_made = np.zeros(len(corners), np.bool_)
    cut, pixel_cut = np.empty((rows, columns), np.uint8), np.zeros((rows // scale, columns // scale), np.uint8)
    find_cuts(faces, ghosts, glass_faces, line, scale, cut, pixel_cut)
    # What is seen in a pixel: its triangle, place, key and share; the triangle -1 is the background.
    face_of, surface_of = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    place = np.empty((MOST, 3))
    share_of = np.empty(MOST)
    weight = 1.0 / (scale * scale)
    for pixel_row in range(rows // scale):
        row0 = pixel_row * scale
        for pixel_column in range(columns // scale):
            column0 = pixel_column * scale
            red, green, blue = 0.0, 0.0, 0.0
            count = 0
            if pixel_cut[pixel_row, pixel_column] == 0:
                face = faces[row0, column0]
                if face < 0:
                    red, green, blue = background[0], background[1], background[2]
                else:
                    count = 1
                    face_of[0], share_of[0] = face, 1.0
                    place[0, 0], place[0, 1] = column0 + 0.5 * scale, row0 + 0.5 * scale
                    place[0, 2] = 0.5 * (keys[row0, column0] + keys[row0 + scale - 1, column0 + scale - 1])
            else:
                for row in range(row0, row0 + scale):
                    for column in range(column0, column0 + scale):
                        face = faces[row, column]
                        rest = weight
                        if line > 0 and cut[row, column] & 1:
                            rest *= line_shade(keys, faces, parts, surfaces, widths, objects, row, column, line)
                        if with_glass:
                            pane = glass_faces[row, column]
                            if pane >= 0:
                                opacity = materials[looks[pane], 3]
                                count = _add(
                                    face_of, surface_of, place, share_of, count, pane, surfaces[pane],
                                    column, row, glass_keys[row, column], rest * opacity,
                                )  # fmt: skip
                                rest *= 1.0 - opacity
                        if with_ghosts:
                            ghost = ghosts[row, column]
                            if ghost >= 0 and parts[face] == objects:
                                look, part_share = looks[ghost], rest * GHOST_SHARE
                                red += part_share * materials[look, 0]
                                green += part_share * materials[look, 1]
                                blue += part_share * materials[look, 2]
                                rest -= part_share
                        if face < 0:
                            red += rest * background[0]
                            green += rest * background[1]
                            blue += rest * background[2]
                        else:
                            count = _add(
                                face_of, surface_of, place, share_of, count, face, surfaces[face],
                                column, row, keys[row, column], rest,
                            )  # fmt: skip
            for k in range(count):
                face = face_of[k]
                if not is_made[face]:
                    is_made[face] = True
                    make_facet(
                        face, points, corners, looks, parts, normals, uvs, poses, materials, eye, light, axes, cell,
                        field_place, outside, facets[face],
                    )  # fmt: skip
                sx, sy, key, share = place[k, 0], place[k, 1], place[k, 2], share_of[k]
                w = 1.0 / (to_world[3, 0] * sx + to_world[3, 1] * sy + to_world[3, 2] * key + to_world[3, 3])
                x = w * (to_world[0, 0] * sx + to_world[0, 1] * sy + to_world[0, 2] * key + to_world[0, 3])
                y = w * (to_world[1, 0] * sx + to_world[1, 1] * sy + to_world[1, 2] * key + to_world[1, 3])
                z = w * (to_world[2, 0] * sx + to_world[2, 1] * sy + to_world[2, 2] * key + to_world[2, 3])
                direct = (
                    facets[face, DIRECT] * x
                    + facets[face, DIRECT + 1] * y
                    + facets[face, DIRECT + 2] * z
                    + facets[face, DIRECT + 3]
                )
                ambient = (
                    facets[face, AMBIENT] * x
                    + facets[face, AMBIENT + 1] * y
                    + facets[face, AMBIENT + 2] * z
                    + facets[face, AMBIENT + 3]
                )
                gloss = (
                    facets[face, GLOSS] * x
                    + facets[face, GLOSS + 1] * y
                    + facets[face, GLOSS + 2] * z
                    + facets[face, GLOSS + 3]
                )
                if with_shadows and direct > 0.004:
                    u = to_light[0, 0] * x + to_light[0, 1] * y + to_light[0, 2] * z + to_light[0, 3]
                    v = to_light[1, 0] * x + to_light[1, 1] * y + to_light[1, 2] * z + to_light[1, 3]
                    near = to_light[2, 0] * x + to_light[2, 1] * y + to_light[2, 2] * z
                    direct *= light_at(
                        u, v, near, facets[face, SLOPE_U], facets[face, SLOPE_V], cell,
                        light_keys, light_tiles, light_most, light_least,
                    )  # fmt: skip
                open_share = 1.0
                if with_sky and facets[face, SKY] > 0.0:
                    hidden = hidden_at(
                        x + facets[face, PUSH_X], y + facets[face, PUSH_Y], z + facets[face, PUSH_Z],
                        field_place[0], field_place[1], per_metre, field_rows, field_columns, flat_field,
                    )  # fmt: skip
                    low = max(1.0 - max(z, 0.0) / FLOOR_REACH, 0.0)
                    open_share = (1.0 - SKY_SHARE * hidden) * (1.0 - facets[face, FOOT] * low * low)
                bright = ambient * open_share + max(direct, 0.0) * (0.5 + 0.5 * open_share)
                if facets[face, EMISSION] > 0.0:
                    bright += facets[face, EMISSION] * max(1.06 - bright, 0.0)
                white = 255.0 * max(gloss, 0.0) * open_share
                r, g, b = facets[face, RED], facets[face, RED + 1], facets[face, RED + 2]
                if facets[face, TEXTURE] >= 0.0:
                    tu = facets[face, U] * x + facets[face, U + 1] * y + facets[face, U + 2] * z + facets[face, U + 3]
                    tv = facets[face, V] * x + facets[face, V + 1] * y + facets[face, V + 2] * z + facets[face, V + 3]
                    tr, tg, tb = texel_at(
                        tu, tv, facets[face, DENSITY] * w * pixel, int(facets[face, TEXTURE]), materials, texels
                    )
                    r, g, b = r * tr, g * tg, b * tb
                red += share * min(r * bright + white, 255.0)
                green += share * min(g * bright + white, 255.0)
                blue += share * min(b * bright + white, 255.0)
            out[pixel_row, pixel_column, 0] = np.uint8(min(red, 255.0) + 0.5)
            out[pixel_row, pixel_column, 1] = np.uint8(min(green, 255.0) + 0.5)
            out[pixel_row, pixel_column, 2] = np.uint8(min(blue, 255.0) + 0.5)


@kernel(inline=True)
def _add(face_of, surface_of, place, share_of, count, face, surface, column, row, key, share):  # type: ignore[no-untyped-def]
    """Note what a sample sees; one surface of a pixel is noted once. Return how many are noted."""
    found = -1
    for k in range(count):
        if surface_of[k] == surface:
            found = k
    if found >= 0:
        share_of[found] += share
    else:
        found = count
        face_of[found], surface_of[found], share_of[found] = face, surface, share
        place[found, 0], place[found, 1], place[found, 2] = column + 0.5, row + 0.5, key
        count += 1
    return count


@kernel(inline=True)
def line_shade(keys, faces, parts, surfaces, widths, objects, row, column, line):  # type: ignore[no-untyped-def]
    """Return by how much a sample is darkened because another surface begins beside it.

    The line is the fainter, the narrower the nearer of the two triangles, so that small parts do not turn black.
    """
    rows, columns = faces.shape
    here = faces[row, column]
    shade = 1.0
    for step in range(2):
        y = min(row + line, rows - 1) if step == 0 else row
        x = min(column + line, columns - 1) if step == 1 else column
        there = faces[y, x]
        if there != here and here >= 0 and there >= 0 and surfaces[there] != surfaces[here]:
            front = here if keys[row, column] >= keys[y, x] else there
            wide = min(widths[front] / (8.0 * line), 1.0)
            if parts[here] != parts[there]:
                strength = 0.15 + 0.45 * wide
            elif parts[here] < objects:
                strength = 0.05 + 0.25 * wide
            else:
                strength = 0.22 * wide
            shade = min(shade, 1.0 - strength)
        elif (there < 0) != (here < 0):
            shade = min(shade, 0.6)
    return shade


@kernel()
def find_cuts(faces, ghosts, glass_faces, line, scale, cut, pixel_cut):  # type: ignore[no-untyped-def]
    """Mark samples that another triangle is beside (bit 0), those with a ghost or glass (bit 1), and their pixels."""
    rows, columns = faces.shape
    for row in range(rows):
        below, under = min(row + 1, rows - 1), min(row + max(line, 1), rows - 1)
        marks, here, lower, low = cut[row], faces[row], faces[below], faces[under]
        for column in range(columns - 1):
            marks[column] = np.uint8((here[column] != here[column + 1]) | (here[column] != lower[column]))
        marks[columns - 1] = np.uint8(here[columns - 1] != lower[columns - 1])
        if line > 1:
            for column in range(columns - line):
                marks[column] |= np.uint8((here[column] != here[column + line]) | (here[column] != low[column]))
        if ghosts.shape[0] == rows:
            for column in range(columns):
                marks[column] |= np.uint8(2 * (ghosts[row, column] >= 0))
        if glass_faces.shape[0] == rows:
            for column in range(columns):
                marks[column] |= np.uint8(2 * (glass_faces[row, column] >= 0))
        pixels = pixel_cut[row // scale]
        for step in range(scale):
            for column in range(len(pixels)):
                pixels[column] |= marks[column * scale + step]


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
