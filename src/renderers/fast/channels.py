"""Kernel that reads depth, ids and normals off samples."""

from __future__ import annotations

import math

import numpy as np

from spatialenv.renderers.fast.compiled import kernel


@kernel()
def read_channels(  # type: ignore[no-untyped-def]
    keys, faces, glass_keys, glass_faces, points, corners, parts, owners, to_world, eye, plane, scale,
    depth, ids, directions,
):  # fmt: skip
    """Write what the sample at, or just right of and below, the middle of each pixel sees.

    Args:
        keys: Depth keys, ``(h, w)`` float32.
        faces: Triangle of each sample.
        glass_keys: Depth keys of glass; shape ``(0, 0)`` for none.
        glass_faces: Nearest glass triangle of each sample.
        points: As `facets.make_facet`.
        corners: Likewise.
        parts: Likewise.
        owners: What `Frames.ids` holds for each part, ``(n,)`` int32.
        to_world: ``(X, Y, K, 1)`` of a sample to world.
        eye: As `facets.make_facet`.
        plane: Depth of a world point: its product with ``(x, y, z, 1)``.
        scale: Samples a pixel in each direction.
        depth: ``(H, W)`` float32; changed. Shape ``(0, 0)``: not wanted.
        ids: ``(H, W)`` int32; changed. Shape ``(0, 0)``: not wanted.
        directions: ``(H, W, 3)`` float32; changed. Shape ``(0, 0, 0)``: not wanted.
    """
    rows, columns = keys.shape
    with_glass = glass_faces.shape[0] == rows
    with_depth, with_ids, with_normals = depth.shape[0] > 0, ids.shape[0] > 0, directions.shape[0] > 0
    for pixel_row in range(rows // scale):
        row = pixel_row * scale + scale // 2
        for pixel_column in range(columns // scale):
            column = pixel_column * scale + scale // 2
            face, key = faces[row, column], keys[row, column]
            if with_glass and glass_faces[row, column] >= 0:
                face, key = glass_faces[row, column], glass_keys[row, column]
            if face < 0:
                if with_depth:
                    depth[pixel_row, pixel_column] = np.float32(np.inf)
                if with_ids:
                    ids[pixel_row, pixel_column] = -1
                if with_normals:
                    directions[pixel_row, pixel_column] = np.float32(0.0)
                continue
            if with_ids:
                ids[pixel_row, pixel_column] = owners[parts[face]]
            if with_depth:
                sx, sy = column + 0.5, row + 0.5
                w = to_world[3, 0] * sx + to_world[3, 1] * sy + to_world[3, 2] * key + to_world[3, 3]
                total = plane[3]
                for k in range(3):
                    level = to_world[k, 0] * sx + to_world[k, 1] * sy + to_world[k, 2] * key + to_world[k, 3]
                    total += plane[k] * level / w
                depth[pixel_row, pixel_column] = np.float32(total)
            if with_normals:
                p, q, r = points[corners[face, 0]], points[corners[face, 1]], points[corners[face, 2]]
                ex, ey, ez = q[0] - p[0], q[1] - p[1], q[2] - p[2]
                fx, fy, fz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
                nx, ny, nz = ey * fz - ez * fy, ez * fx - ex * fz, ex * fy - ey * fx
                size = math.sqrt(nx * nx + ny * ny + nz * nz)
                vx, vy, vz = eye[0] - eye[3] * p[0], eye[1] - eye[3] * p[1], eye[2] - eye[3] * p[2]
                if nx * vx + ny * vy + nz * vz < 0.0:
                    size = -size
                directions[pixel_row, pixel_column, 0] = np.float32(nx / size)
                directions[pixel_row, pixel_column, 1] = np.float32(ny / size)
                directions[pixel_row, pixel_column, 2] = np.float32(nz / size)
