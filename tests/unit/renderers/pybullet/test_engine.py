"""What is done with the engine's numbers and pictures, without the engine."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.renderers.pybullet.engine import checked, cut


def test_parts_of_a_picture_fit_together() -> None:
    """A point of the whole lands on the same pixel of the part that holds it."""
    rng = np.random.default_rng(1)
    projection = rng.normal(size=(4, 4))
    columns = projection.T.ravel().tolist()
    size, corner, part = (100, 80), (30, 50), (40, 20)
    inner = np.reshape(cut(columns, size, corner, part), (4, 4)).T
    for point in rng.normal(size=(20, 4)):
        pixels = []
        for matrix, (width, height) in ((projection, size), (inner, part)):
            clip = matrix @ point
            pixels.append(((clip[0] / clip[3] + 1) / 2 * width, (1 - clip[1] / clip[3]) / 2 * height))
        assert np.allclose(np.array(pixels[0]) - corner, pixels[1])
    assert cut(columns, size, (0, 0), size) is columns


def test_what_pybullet_refuses_is_said() -> None:
    assert checked(3, "a shape") == 3
    with pytest.raises(ValueError, match="does not take a texture"):
        checked(-1, "a texture")
