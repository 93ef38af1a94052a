"""Kernels that find out what each pixel sees: one surface, mostly, or shares of several.

What is seen is a list of *looks* at triangles: the pixel, the triangle, where in the picture, and what share of the
pixel it fills. A pixel that shows one triangle alone takes one look at its middle; where one fills 2 x 2 pixels, these
are a *block*, over which places, light and textures change evenly.
"""

from __future__ import annotations

import numpy as np

from spatialenv.renderers.fast.compiled import kernel

GHOST_SHARE = 0.22
"""How much of an object shows through a wall or the floor that it stands behind."""

LAYERS = 2
"""Things that one sample may show: glass, and what is behind it."""


@kernel()
def gather_rows(  # type: ignore[no-untyped-def]
    start, keys, faces, ghosts, glass_keys, glass_faces, looks, parts, surfaces, widths, materials, objects,
    background, line, scale, cut, pixel_cut, seen, pixels, table, sums, mixed, blocks, block_columns, block_keys, out,
):  # fmt: skip
    """List what two rows of pixels see.

    Args:
        start: The first of the rows.
        keys: Depth keys, ``(h, w)`` float32.
        faces: Triangle of each sample, ``(h, w)`` int32.
        ghosts: Covered triangle of each sample or -1; shape ``(0, 0)`` for none.
        glass_keys: Depth keys of glass; shape ``(0, 0)`` for none.
        glass_faces: Nearest glass triangle of each sample.
        looks: Material of each triangle.
        parts: Part of each triangle.
        surfaces: Triangles with equal numbers have no line between them, ``(f,)`` int32.
        widths: How wide each triangle is in samples, ``(f,)`` float32.
        materials: Table of materials.
        objects: How many parts are objects; the next is the room.
        background: Colour where nothing is, ``(3,)``.
        line: How many samples wide lines are; 0 for none.
        scale: Samples a pixel in each direction.
        cut: See `find_cuts`.
        pixel_cut: Likewise.
        seen: Triangle of each look; changed.
        pixels: Its pixel, counted over both rows; changed.
        table: Place in the picture, depth key and share of the pixel of each look, ``(4 or more, n)``; changed.
        sums: Colour of pixels outside blocks that is known already, ``(2 W, 3)``; changed.
        mixed: The pixels outside blocks; changed.
        blocks: Triangle of each block of 2 x 2 pixels that one triangle fills; it is not looked at otherwise; changed.
        block_columns: Its first column; changed.
        block_keys: Key in its middle, and how that changes from pixel to pixel, right and down, ``(3, n)``; changed.
        out: The picture; blocks without anything are painted. Changed.

    Returns:
        How many looks, blocks and pixels outside blocks there are.
    """
    width, start = pixel_cut.shape[1], max(start, 0)
    last = min(start + 2, pixel_cut.shape[0])
    top, bottom = start * scale, 2 * scale - 1
    step = 1.0 / bottom
    count, block_count, mixed_count = 0, 0, 0
    for left in range(0, width, 2):
        right = min(left + 2, width)
        is_cut = np.uint8(1)
        if last - start == 2 and right - left == 2:
            is_cut = pixel_cut[start, left] | pixel_cut[start, left + 1]
            is_cut |= pixel_cut[start + 1, left] | pixel_cut[start + 1, left + 1]
        if not is_cut:
            column = left * scale
            face, key = faces[top, column], keys[top, column]
            if face >= 0:
                along, down = step * (keys[top, column + bottom] - key), step * (keys[top + bottom, column] - key)
                blocks[block_count], block_columns[block_count] = face, left
                block_keys[0, block_count] = key + (scale - 0.5) * (along + down)
                block_keys[1, block_count], block_keys[2, block_count] = scale * along, scale * down
                block_count += 1
            else:
                for k in range(3):
                    out[start, left, k] = out[start, left + 1, k] = np.uint8(background[k] + 0.5)
                    out[start + 1, left, k] = out[start + 1, left + 1, k] = np.uint8(background[k] + 0.5)
            continue
        for pixel_row in range(start, last):
            for column in range(left, right):
                pixel = (pixel_row - start) * width + column
                row0, column0 = pixel_row * scale, column * scale
                sums[pixel, 0], sums[pixel, 1], sums[pixel, 2] = 0.0, 0.0, 0.0
                mixed[mixed_count] = pixel
                mixed_count += 1
                if pixel_cut[pixel_row, column]:
                    count = _gather_pixel(
                        pixel, row0, column0, keys, faces, ghosts, glass_keys, glass_faces, looks, parts, surfaces,
                        widths, materials, objects, background, line, scale, cut, seen, pixels, table, sums, count,
                    )  # fmt: skip
                    continue
                face = faces[row0, column0]
                if face < 0:
                    for k in range(3):
                        sums[pixel, k] = background[k]
                else:
                    seen[count], pixels[count] = face, pixel
                    table[0, count], table[1, count] = column0 + 0.5 * scale, row0 + 0.5 * scale
                    table[2, count] = 0.5 * (keys[row0, column0] + keys[row0 + scale - 1, column0 + scale - 1])
                    table[3, count] = 1.0
                    count += 1
    return count, block_count, mixed_count


@kernel(inline=True)
def _gather_pixel(  # type: ignore[no-untyped-def]
    pixel, row0, column0, keys, faces, ghosts, glass_keys, glass_faces, looks, parts, surfaces, widths, materials,
    objects, background, line, scale, cut, seen, pixels, table, sums, count,
):  # fmt: skip
    """List what a pixel sees that one triangle does not fill; one look at each of its surfaces is enough."""
    with_ghosts, with_glass = ghosts.shape[0] > 0, glass_faces.shape[0] > 0
    weight = 1.0 / (scale * scale)
    first, last = count, count
    for row in range(row0, row0 + scale):
        for column in range(column0, column0 + scale):
            face = faces[row, column]
            rest = weight
            if line > 0 and cut[row, column] & 1:
                rest *= _line_shade(keys, faces, parts, surfaces, widths, objects, row, column, line)
            if with_ghosts:
                ghost = ghosts[row, column]
                if ghost >= 0 and parts[face] == objects:
                    for k in range(3):
                        sums[pixel, k] += rest * GHOST_SHARE * materials[looks[ghost], k]
                    rest *= 1.0 - GHOST_SHARE
            pane, behind = -1, rest
            if with_glass:
                pane = glass_faces[row, column]
                if pane >= 0:
                    behind = rest * (1.0 - materials[looks[pane], 3])
            if face < 0:
                for k in range(3):
                    sums[pixel, k] += behind * background[k]
            for layer in range(LAYERS):
                this, key, share = face, keys[row, column], behind
                if layer == 1:
                    if pane < 0:
                        break
                    this, key, share = pane, glass_keys[row, column], rest - behind
                if this < 0:
                    continue
                at = last
                if at >= count or seen[at] != this:
                    at = first
                    while at < count and surfaces[seen[at]] != surfaces[this]:
                        at += 1
                last = at
                if at < count:
                    table[3, at] += share
                else:
                    seen[at], pixels[at] = this, pixel
                    table[0, at], table[1, at], table[2, at] = column + 0.5, row + 0.5, key
                    table[3, at] = share
                    count += 1
    return count


@kernel(inline=True)
def _line_shade(keys, faces, parts, surfaces, widths, objects, row, column, line):  # type: ignore[no-untyped-def]
    """Return by how much a sample is darkened because another surface begins beside it.

    The line is the fainter, the narrower the nearer of the two triangles, so that small parts do not turn black.
    """
    rows, columns = faces.shape
    here = faces[row, column]
    shade, per_width = 1.0, 0.125 / line
    for step in range(2):
        y = min(row + line, rows - 1) if step == 0 else row
        x = min(column + line, columns - 1) if step == 1 else column
        there = faces[y, x]
        if there != here and here >= 0 and there >= 0 and surfaces[there] != surfaces[here]:
            front = here if keys[row, column] >= keys[y, x] else there
            wide = min(widths[front] * per_width, 1.0)
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
def find_cuts(first, last, faces, ghosts, glass_faces, line, scale, cut, pixel_cut):  # type: ignore[no-untyped-def]
    """Mark samples that another triangle is beside (bit 0), those with a ghost or glass (bit 1), and their pixels.

    Rows `first` to ``last - 1`` of the samples are marked.
    """
    rows, columns = faces.shape
    for row in range(first, last):
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
