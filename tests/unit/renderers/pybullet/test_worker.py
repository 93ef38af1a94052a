"""What the process does to arrays and files, without the engine."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from spatialenv.renderers.pybullet import worker


def test_targa_is_read_by_pillow() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(worker.targa(pixels)))), pixels)


def test_number_texture_counts_row_by_row() -> None:
    texels = np.asarray(Image.open(io.BytesIO(worker.number_texture(64)))).astype(int)
    numbers = texels @ (1 << 16, 1 << 8, 1)
    assert numbers[0, :3].tolist() == [0, 1, 2]
    assert numbers[5, 7] == 5 * 64 + 7
    assert numbers[-1, -1] == 64 * 64 - 1


@pytest.mark.parametrize(("triangles", "side"), [(1, 16), (256, 16), (257, 64), (4096, 64), (4097, 256), (40_000, 256)])
def test_number_side_holds_all(triangles: int, side: int) -> None:
    assert worker.number_side(triangles) == side


def test_average_of_four_samples() -> None:
    colours = np.zeros((2, 4, 3), np.float32)
    colours[:, :2] = ((10, 20, 30), (11, 20, 30))
    colours[0, 2:] = 300.0
    assert worker.average(colours, 2).tolist() == [[[11, 20, 30], [150, 150, 150]]]  # 10.5 is rounded up


def test_wavefront_numbers_corners_from_one() -> None:
    shape = worker.Shape(
        worker.SOLID,
        np.arange(9, dtype=np.float32).reshape(3, 3),
        np.tile(np.array((0, 0, 1), np.float32), (3, 1)),
        None,
        (1, 1, 1),
        1.0,
    )
    lines = worker.wavefront(shape).splitlines()
    assert lines[1] == "v 3 4 5"
    assert lines[3] == "vn 0 0 1"
    assert lines[-1] == "f 1/1/1 2/2/2 3/3/3"


def test_parts_of_a_picture_fit_together() -> None:
    """A point of the whole lands on the same pixel of the part that holds it."""
    rng = np.random.default_rng(1)
    projection = rng.normal(size=(4, 4))
    columns = projection.T.ravel().tolist()
    size, corner, part = (100, 80), (30, 50), (40, 20)
    inner = np.reshape(worker.cut(columns, size, corner, part), (4, 4)).T
    for point in rng.normal(size=(20, 4)):
        pixels = []
        for matrix, (width, height) in ((projection, size), (inner, part)):
            clip = matrix @ point
            pixels.append(((clip[0] / clip[3] + 1) / 2 * width, (1 - clip[1] / clip[3]) / 2 * height))
        assert np.allclose(np.array(pixels[0]) - corner, pixels[1])
    assert worker.cut(columns, size, (0, 0), size) is columns


def test_what_pybullet_refuses_is_said() -> None:
    assert worker.checked(3, "a shape") == 3
    with pytest.raises(ValueError, match="does not take a texture"):
        worker.checked(-1, "a texture")
