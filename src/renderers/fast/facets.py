"""Kernel that works out how a triangle looks, as functions of the place in the world that are affine over it.

It runs once for each triangle that is seen; pixels then only evaluate what it wrote.
"""

from __future__ import annotations

import math

from spatialenv.renderers.fast.compiled import kernel

DIRECT, AMBIENT, GLOSS = 0, 4, 8
"""Columns of a facet: brightness in full light, brightness without, share of white; each ``(x, y, z, 1)``."""

U, V = 12, 16
"""Columns: texture coordinates in repeats, each ``(x, y, z, 1)``."""

RED, EMISSION, OPACITY = 20, 23, 24
"""Columns: colour 0 to 255 (three), share that shines by itself, opacity."""

TEXTURE, DENSITY = 25, 26
"""Columns: row of the table of materials or -1, texels of the finest level for each metre across the picture."""

SLOPE_U, SLOPE_V = 27, 28
"""Columns: how the key changes from cell to cell of the light's map."""

PUSH_X, PUSH_Y, PUSH_Z, SKY = 29, 30, 31, 32
"""Columns: where the sky's field is asked, from the surface, in metres; how much its answer counts."""

FOOT = 33
"""Column: how much the floor darkens what stands on it."""

NORMAL = 34
"""Columns: outward unit normal, towards the camera (three)."""

FACET = 37
"""Columns of a facet."""

M_RED, M_OPACITY, M_ROUGHNESS, M_METALLIC, M_EMISSION, M_OFFSET, M_WIDTH, M_HEIGHT, M_LEVELS = (
    0,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
)
"""Columns of the table of materials: colour (three), ...; where the texture lies (-1: none), its size and levels."""

MATERIAL = 11
"""Columns of the table of materials."""

AMBIENT_LEVEL = 0.64
"""Brightness of what no light reaches."""

DIRECT_LEVEL = 0.42
"""Brightness that light adds where it falls straight on."""

PALE = 1.0
"""Least brightness of walls, but for shadows: they are a stage, so that things stand out from them."""


@kernel()
def make_facet(  # type: ignore[no-untyped-def]
    face,
    points,
    corners,
    looks,
    parts,
    normals,
    uvs,
    poses,
    materials,
    eye,
    light,
    axes,
    cell,
    field_place,
    outside,
    out,
):
    """Write how triangle `face` looks to `out` ``(FACET,)``.

    Args:
        face: Which triangle.
        points: Vertices in metres, ``(v, 3)``.
        corners: Vertices of each triangle, ``(f, 3)``.
        looks: Material of each triangle.
        parts: Part of each triangle: a row of `poses`, the last of which is the room.
        normals: Normals at corners in the part's frame, ``(f, 3, 3)`` float32.
        uvs: Texture coordinates at corners, ``(f, 3, 2)`` float32; length 0 where no triangle has a texture.
        poses: Cosine and sine of each part's yaw, ``(n, 2)``.
        materials: Table of materials, ``(m, MATERIAL)``.
        eye: ``(x, y, z, 1)`` of the eye, or ``(x, y, z, 0)``: the direction towards a parallel view's.
        light: Direction towards the light.
        axes: Axes of the light's map, metres to cells along u and v, and the light; ``(3, 3)``.
        cell: Metres of a cell of that map.
        field_place: ``(left, top, cell, push)`` of the sky's field; a cell of 0 for none.
        outside: Cells of that field outside the floor.
        out: Changed.
    """
    material = materials[looks[face]]
    part = parts[face]
    is_room = part == len(poses) - 1
    cosine, sine = poses[part, 0], poses[part, 1]
    p, q, r = points[corners[face, 0]], points[corners[face, 1]], points[corners[face, 2]]
    ex, ey, ez = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    fx, fy, fz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
    nx, ny, nz = ey * fz - ez * fy, ez * fx - ex * fz, ex * fy - ey * fx
    area = math.sqrt(nx * nx + ny * ny + nz * nz)
    scale = 1.0 / area if area > 0.0 else 0.0
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    # The view from the triangle's first corner; backs are seen of what has two sides.
    vx, vy, vz = eye[0] - eye[3] * p[0], eye[1] - eye[3] * p[1], eye[2] - eye[3] * p[2]
    away = math.sqrt(vx * vx + vy * vy + vz * vz)
    towards = (nx * vx + ny * vy + nz * vz) / away
    side = 1.0 if towards >= 0.0 else -1.0
    nx, ny, nz = side * nx, side * ny, side * nz
    # Gradients of the second and third corner's weight.
    gx, gy, gz = (
        (fy * nz - fz * ny) * scale * side,
        (fz * nx - fx * nz) * scale * side,
        (fx * ny - fy * nx) * scale * side,
    )
    hx, hy, hz = (
        (ez * ny - ey * nz) * scale * side,
        (ex * nz - ez * nx) * scale * side,
        (ey * nx - ex * ny) * scale * side,
    )

    roughness, metallic = material[M_ROUGHNESS], material[M_METALLIC]
    shine = (1.0 - roughness) ** 2
    exponent = 6.0 + 60.0 * shine
    for corner in range(3):
        mx, my, mz = normals[face, corner, 0], normals[face, corner, 1], normals[face, corner, 2]
        mx, my, mz = side * (cosine * mx - sine * my), side * (sine * mx + cosine * my), side * mz
        facing = mx * light[0] + my * light[1] + mz * light[2]
        ambient = AMBIENT_LEVEL + 0.06 * mx + 0.05 * mz
        if is_room:
            ambient = max(ambient, PALE - DIRECT_LEVEL * max(facing, 0.0))
        gloss = 0.0
        if shine > 0.02 or metallic > 0.0:
            point = points[corners[face, corner]]
            vx, vy, vz = eye[0] - eye[3] * point[0], eye[1] - eye[3] * point[1], eye[2] - eye[3] * point[2]
            away = 1.0 / math.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx * away, vy * away, vz * away
            seen = 2.0 * (mx * vx + my * vy + mz * vz)
            # What the surface mirrors: the sky above, the ground below, and the light itself.
            up = seen * mz - vz
            straight = max((seen * mx - vx) * light[0] + (seen * my - vy) * light[1] + up * light[2], 0.0)
            gloss = (0.04 + 0.3 * metallic) * shine * (0.5 + 0.5 * up) + 0.5 * shine * straight**exponent
            ambient += metallic * (0.22 * up - 0.06)
        direct = DIRECT_LEVEL * max(facing, 0.0)
        if corner == 0:
            first_direct, first_ambient, first_gloss = direct, ambient, gloss
            for k in range(3):
                out[DIRECT + k], out[AMBIENT + k], out[GLOSS + k] = 0.0, 0.0, 0.0
        else:
            bx, by, bz = (gx, gy, gz) if corner == 1 else (hx, hy, hz)
            for k in range(3):
                along = bx if k == 0 else by if k == 1 else bz
                out[DIRECT + k] += along * (direct - first_direct)
                out[AMBIENT + k] += along * (ambient - first_ambient)
                out[GLOSS + k] += along * (gloss - first_gloss)
    out[DIRECT + 3] = first_direct - out[DIRECT] * p[0] - out[DIRECT + 1] * p[1] - out[DIRECT + 2] * p[2]
    out[AMBIENT + 3] = first_ambient - out[AMBIENT] * p[0] - out[AMBIENT + 1] * p[1] - out[AMBIENT + 2] * p[2]
    out[GLOSS + 3] = first_gloss - out[GLOSS] * p[0] - out[GLOSS + 1] * p[1] - out[GLOSS + 2] * p[2]

    for k in range(3):
        out[RED + k] = material[M_RED + k]
    out[EMISSION], out[OPACITY] = material[M_EMISSION], material[M_OPACITY]
    out[TEXTURE] = -1.0
    if material[M_OFFSET] >= 0.0 and len(uvs) > 0:
        out[TEXTURE] = looks[face]
        for axis in range(2):
            first = uvs[face, 0, axis]
            one, two = uvs[face, 1, axis] - first, uvs[face, 2, axis] - first
            at = U if axis == 0 else V
            out[at], out[at + 1], out[at + 2] = one * gx + two * hx, one * gy + two * hy, one * gz + two * hz
            out[at + 3] = first - out[at] * p[0] - out[at + 1] * p[1] - out[at + 2] * p[2]
        wide = math.sqrt(out[U] ** 2 + out[U + 1] ** 2 + out[U + 2] ** 2) * material[M_WIDTH]
        high = math.sqrt(out[V] ** 2 + out[V + 1] ** 2 + out[V + 2] ** 2) * material[M_HEIGHT]
        # Seen at a slant, one direction shrinks; half of that is made up for.
        out[DENSITY] = max(wide, high) / math.sqrt(max(abs(towards), 0.05))

    # The key of the plane at a point of the light's map: what is left over along the light.
    facing = nx * light[0] + ny * light[1] + nz * light[2]
    steep = max(facing, 0.05)
    along_u = nx * axes[0, 0] + ny * axes[0, 1] + nz * axes[0, 2]
    along_v = nx * axes[1, 0] + ny * axes[1, 1] + nz * axes[1, 2]
    out[SLOPE_U], out[SLOPE_V] = -cell * along_u / steep, -cell * along_v / steep
    out[PUSH_X], out[PUSH_Y], out[PUSH_Z] = field_place[3] * nx, field_place[3] * ny, 0.0
    if not is_room:
        out[PUSH_Z] = field_place[3] * max(nz, 0.0)
    out[SKY] = 1.0 if field_place[2] > 0.0 else 0.0
    out[FOOT] = (1.0 - abs(nz)) * 0.22 * out[SKY]
    if is_room and nz > 0.5 and field_place[2] > 0.0:
        column = int(((p[0] + q[0] + r[0]) / 3.0 - field_place[0]) / field_place[2])
        row = int((field_place[1] - (p[1] + q[1] + r[1]) / 3.0) / field_place[2])
        rows, columns = outside.shape
        if not (0 <= row < rows and 0 <= column < columns) or outside[row, column]:
            out[SKY] = 0.0
    out[NORMAL], out[NORMAL + 1], out[NORMAL + 2] = nx, ny, nz
