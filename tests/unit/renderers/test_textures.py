"""Textures: pale, seamless, made once, and of the scale that they claim."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from spatialenv.core.mesh import Material, Texture
from spatialenv.errors import InputError
from spatialenv.renderers.textures import TEXTURES, mean_shade, noise, repeat_of, texture

every_texture = pytest.mark.parametrize("name", TEXTURES)


@every_texture
def test_they_are_small_pale_and_shared(name: str) -> None:
    pixels = texture(name).pixels
    assert texture(name) is texture(name)
    assert all(64 <= side <= 256 for side in pixels.shape[:2])
    assert pixels.mean() > (150 if name == "checks" else 205), "they multiply a colour, which should stay"
    assert np.ptp(pixels) > 10, "they show something"
    assert mean_shade(name) == pytest.approx(pixels.reshape(-1, 3).mean(axis=0) / 255)


@every_texture
def test_they_have_no_seam(name: str) -> None:
    """The step from the last row to the first is one that occurs within: no greater than the greatest but one in 50."""
    grey = texture(name).pixels.mean(axis=2)
    for rows in (grey, grey.T):
        steps = np.abs(np.diff(rows, axis=0)).mean(axis=1)
        seam = np.abs(rows[0] - rows[-1]).mean()
        assert seam <= np.quantile(steps, 0.98) + 1e-9 or seam <= 1.15 * steps.max() + 0.5, name


@every_texture
def test_they_are_the_same_each_time(name: str) -> None:
    assert np.array_equal(texture.__wrapped__(name).pixels, texture(name).pixels)


def test_grain_and_planks_run_along_u() -> None:
    for name in ("grain", "brushed", "planks"):
        grey: npt.NDArray[np.float64] = texture(name).pixels.mean(axis=2)
        along, across = np.abs(np.diff(grey, axis=1)).mean(), np.abs(np.diff(grey, axis=0)).mean()
        assert across > 1.5 * along, name


def test_tiles_have_the_size_that_their_scale_says() -> None:
    """A repeat of 1.2 m holds four tiles of 0.3 m: four dark joints in a row of texels through their middles."""
    grey = texture("tiles").pixels[32, :, 0].astype(int)
    is_joint = grey < 0.8 * grey.max()
    joints = np.count_nonzero(is_joint & ~np.roll(is_joint, 1))
    assert repeat_of(Material((200.0, 200.0, 200.0), texture("tiles"))) / joints == pytest.approx(0.3)


def test_foreign_textures_repeat_each_metre() -> None:
    foreign = Texture(np.zeros((4, 4, 3), np.uint8))
    assert repeat_of(Material((1.0, 1.0, 1.0), foreign)) == 1.0


def test_noise_is_between_nought_and_one_and_meets_its_lattice() -> None:
    made = noise((40, 60), (4, 6), 3)
    assert made.shape == (40, 60)
    assert made.min() >= 0.0
    assert made.max() <= 1.0
    assert np.array_equal(made, noise((40, 60), (4, 6), 3))
    assert not np.array_equal(made, noise((40, 60), (4, 6), 4))
    lattice = np.random.default_rng([3, 4, 6]).random((4, 6))
    assert made[::10, ::10] == pytest.approx(lattice)
    assert made[5, 0] == pytest.approx((lattice[0, 0] + lattice[1, 0]) / 2)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="grain"):
        texture("grains")
