"""One picture of a scene, from its stage and a camera."""

from __future__ import annotations

import math
import threading
from collections.abc import Set
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.renderers.base import Channel, Picture
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.fast.channels import read_channels
from spatialenv.renderers.fast.raster import EMPTY_KEY, draw_faces, project
from spatialenv.renderers.fast.shading import shade
from spatialenv.renderers.fast.soup import Floats, Ints, Soup
from spatialenv.renderers.fast.stage import LIGHT, NO_FACES, NO_KEYS, Stage
from spatialenv.renderers.fast.strays import keep_strays
from spatialenv.renderers.fast.texels import Texels

BACKGROUND = np.array([247.0, 248.0, 250.0])

KEPT_SAMPLES = 1 << 21
"""Greatest number of samples for which a thread keeps its arrays."""

_local = threading.local()


class Lens(NamedTuple):
    """A camera as kernels want it.

    Attributes:
        matrix: World to ``(X, Y, K, W)`` in samples, ``(4, 4)``.
        to_world: ``(X, Y, K, 1)`` of a sample to world, ``(4, 4)``.
        eye: ``(x, y, z, 1)`` of the eye, or ``(x, y, z, 0)``: the direction towards that of a parallel view.
        plane: What gives the depth of ``(x, y, z, 1)``, ``(4,)``.
        pixel: Metres of a pixel where W is 1.
    """

    matrix: FloatArray
    to_world: FloatArray
    eye: FloatArray
    plane: FloatArray
    pixel: float


@lru_cache(maxsize=512)
def lens_of(camera: Camera, scale: int) -> Lens:
    """Return a camera as kernels want it, for `scale` samples a pixel in each direction."""
    matrix = camera.matrix * np.array([[scale], [scale], [1.0], [1.0]])
    across, deep = camera.matrix[0, :3], camera.matrix[3, :3]
    if camera.is_perspective:
        across = across - (across @ deep) / (deep @ deep) * deep
    return Lens(
        matrix=matrix,
        to_world=np.linalg.inv(matrix),
        eye=np.append(camera.origin, 1.0) if camera.is_perspective else np.append(-camera.ahead, 0.0),
        plane=np.append(camera.ahead, -camera.ahead @ camera.origin),
        pixel=1.0 / math.sqrt(across @ across),
    )


class Samples(NamedTuple):
    """What is seen at each sample; valid until the thread draws again.

    Attributes:
        keys: Depth keys, ``(h, w)``.
        faces: Triangle or -1, ``(h, w)``.
        ghosts: Triangle of an object outside the room that it covers, or -1; shape ``(0, 0)`` where there is none.
        glass_keys: Depth keys of glass; shape ``(0, 0)`` where there is none.
        glass_faces: Nearest triangle of glass or -1; likewise.
        widths: How wide each triangle is in samples, ``(f,)``.
        lens: What took them.
    """

    keys: Floats
    faces: Ints
    ghosts: Ints
    glass_keys: Floats
    glass_faces: Ints
    widths: Floats
    lens: Lens


class Channels(NamedTuple):
    """What was asked for beside the picture; see `Frames`."""

    depth: Floats
    ids: Ints
    normals: Floats


def draw_samples(soup: Soup, stage: Stage, camera: Camera, scale: int) -> Samples:
    """Return what `camera` sees of the triangles of a stage, which come first in `soup`, and of the room."""
    columns, rows = camera.size[0] * scale, camera.size[1] * scale
    lens = lens_of(camera, scale)
    keys, faces, ghosts = _buffers(rows, columns)
    keys.fill(EMPTY_KEY)
    faces.fill(-1)
    places = np.empty((len(soup.points), 4))
    project(soup.points, lens.matrix, places)
    widths = np.zeros(len(soup.corners), np.float32)
    near, objects, end = camera.near, len(stage.objects.corners), len(soup.corners)
    common = (places, near, soup.corners, soup.looks, soup.kinds, soup.panels)
    draw_faces(*common, 0, 0, objects, keys, faces, NO_FACES, widths)
    is_haunted = False
    if len(stage.strays):
        ghosts.fill(-1)
        is_haunted = draw_faces(*common, 0, objects, end, keys, faces, ghosts, widths)
        is_haunted = is_haunted and keep_strays(ghosts, soup.parts, stage.strays)
    else:
        draw_faces(*common, 0, objects, end, keys, faces, NO_FACES, widths)
    glass_keys, glass_faces = NO_KEYS, NO_FACES
    if np.any(soup.kinds & 2):
        glass_keys, glass_faces = keys.copy(), np.full((rows, columns), -1, np.int32)
        draw_faces(*common, 1, 0, end, glass_keys, glass_faces, NO_FACES, widths)
    return Samples(keys, faces, ghosts if is_haunted else NO_FACES, glass_keys, glass_faces, widths, lens)


def shade_samples(
    soup: Soup, texels: Texels, stage: Stage, camera: Camera, samples: Samples, scale: int, *, line: int
) -> Picture:
    """Return the picture of `samples`; `line` is the width of lines in samples, 0 for none."""
    width, height = camera.size
    out = np.empty((height, width, 3), dtype=np.uint8)
    light, sky = stage.light, stage.sky
    shade(
        samples.keys, samples.faces, samples.ghosts, samples.glass_keys, samples.glass_faces,
        soup.points, soup.corners, soup.looks, soup.parts, soup.surfaces, soup.normals, soup.uvs, samples.widths,
        soup.poses, soup.materials, texels,
        samples.lens.eye, samples.lens.to_world, samples.lens.pixel, LIGHT, light.axes, light.matrix, light.cell,
        light.keys, light.most, light.least, sky.place, sky.field, sky.outside,
        BACKGROUND, line, scale, out,
    )  # fmt: skip
    return out


def draw_channels(
    soup: Soup, stage: Stage, camera: Camera, samples: Samples, scale: int, wanted: Set[Channel]
) -> Channels:
    """Return what is wanted beside the picture; arrays of length 0 for the rest."""
    width, height = camera.size

    def shape(channel: Channel) -> tuple[int, int]:
        return (height, width) if channel in wanted else (0, 0)

    found = Channels(
        np.empty(shape("depth"), np.float32),
        np.empty(shape("ids"), np.int32),
        np.empty((*shape("normals"), 3), np.float32),
    )
    lens = samples.lens
    read_channels(
        samples.keys, samples.faces, samples.glass_keys, samples.glass_faces, soup.points, soup.corners, soup.parts,
        stage.owners, lens.to_world, lens.eye, lens.plane, scale, *found,
    )  # fmt: skip
    return found


def line_width(size: tuple[int, int], scale: int) -> int:
    """Return how many samples wide lines are."""
    return max(1, round(scale * min(size) / 768))


def _buffers(rows: int, columns: int) -> tuple[Floats, Ints, Ints]:
    """Return this thread's arrays of keys, faces and ghosts, with whatever they hold."""
    held: tuple[Floats, Ints, Ints] | None = getattr(_local, "held", None)
    if held is None or held[0].shape != (rows, columns):
        held = (
            np.empty((rows, columns), np.float32),
            np.empty((rows, columns), np.int32),
            np.empty((rows, columns), np.int32),
        )
        _local.held = held if rows * columns <= KEPT_SAMPLES else None
    return held
