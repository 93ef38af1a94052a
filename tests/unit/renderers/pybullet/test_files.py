"""Files and textures that PyBullet reads."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from spatialenv.renderers.pybullet.files import SOLID, Shape, number_side, number_texture, targa, wavefront


def test_targa_is_read_by_pillow() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(targa(pixels)))), pixels)


def test_number_texture_counts_row_by_row() -> None:
    texels = np.asarray(Image.open(io.BytesIO(number_texture(64)))).astype(int)
    numbers = texels @ (1 << 16, 1 << 8, 1)
    assert numbers[0, :3].tolist() == [0, 1, 2]
    assert numbers[5, 7] == 5 * 64 + 7
    assert numbers[-1, -1] == 64 * 64 - 1


@pytest.mark.parametrize(("triangles", "side"), [(1, 16), (256, 16), (257, 64), (4096, 64), (4097, 256), (40_000, 256)])
def test_number_side_holds_all(triangles: int, side: int) -> None:
    assert number_side(triangles) == side


def test_wavefront_numbers_corners_from_one() -> None:
    shape = Shape(
        SOLID,
        np.arange(9, dtype=np.float32).reshape(3, 3),
        np.tile(np.array((0, 0, 1), np.float32), (3, 1)),
        None,
        (1, 1, 1),
        1.0,
    )
    lines = wavefront(shape).splitlines()
    assert lines[1] == "v 3 4 5"
    assert lines[3] == "vn 0 0 1"
    assert lines[-1] == "f 1/1/1 2/2/2 3/3/3"
