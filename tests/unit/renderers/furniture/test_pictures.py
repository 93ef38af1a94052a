"""Pictures: all different, made once, of the size that textures may have."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.renderers.furniture.pictures import (
    RUG_PATTERNS,
    VARIANTS,
    mirror_texture,
    painting_texture,
    rug_texture,
    screen_texture,
    variant_of,
)


def test_paintings_are_colourful_and_no_two_alike() -> None:
    made = [painting_texture(variant).pixels for variant in range(VARIANTS)]
    assert {pixels.shape for pixels in made} == {(128, 128, 3)}
    for k, one in enumerate(made):
        assert painting_texture(k) is painting_texture(k)
        assert one.reshape(-1, 3).astype(float).std(axis=0).max() > 15.0, "more than a plain ground"
        for other in made[:k]:
            assert np.mean(np.abs(one.astype(int) - other.astype(int)) > 12) > 0.1


def test_paintings_do_not_depend_on_what_was_drawn_before() -> None:
    again = painting_texture.__wrapped__(5)
    assert np.array_equal(again.pixels, painting_texture(5).pixels)


def test_variants_depend_on_the_words_alone() -> None:
    assert variant_of("oak", 1.0) == variant_of("oak", 1.0)
    assert {variant_of("oak", size) for size in range(300)} == set(range(VARIANTS))
    assert all(0 <= variant_of(k, count=5) < 5 for k in range(40))


@pytest.mark.parametrize("pattern", RUG_PATTERNS)
def test_rugs_are_pale_greys(pattern: str) -> None:
    pixels = rug_texture(pattern).pixels
    assert np.array_equal(pixels[..., 0], pixels[..., 2])
    assert pixels.mean() > 150
    assert (np.quantile(pixels, 0.02) < 200) == (pattern != "plain")


def test_the_border_of_a_long_rug_has_one_width() -> None:
    """Laid on a rug 1.6 times as long as wide, the border is as wide at its ends as at its sides."""
    dark = rug_texture("bordered", is_long=True).pixels[..., 0] < 150
    middle = 64
    at_the_end = np.argmin(dark[middle, :]) * 1.6
    at_the_side = np.argmin(dark[:, middle])
    assert at_the_end == pytest.approx(at_the_side, abs=2.0)


def test_screens_and_mirrors_are_shared() -> None:
    assert screen_texture("film") is screen_texture("film")
    assert not np.array_equal(screen_texture("film").pixels, screen_texture("desk").pixels)
    assert mirror_texture() is mirror_texture()
    assert mirror_texture().pixels.mean() > 180
