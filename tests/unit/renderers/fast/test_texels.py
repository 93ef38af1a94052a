from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.mesh import Texture
from spatialenv.renderers.fast import texels as module
from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.facets import M_OFFSET, MATERIAL
from spatialenv.renderers.fast.surface import texel_at
from spatialenv.renderers.fast.texels import TextureStore, make_levels


@kernel()
def look(u, v, density, row, materials, texels):  # type: ignore[no-untyped-def]
    return texel_at(u, v, density, row, materials, texels)


def texture(seed: int, height: int = 4, width: int = 8) -> Texture:
    return Texture(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_levels_are_means() -> None:
    pixels = texture(0).pixels
    levels = make_levels(pixels)
    assert [level.shape[:2] for level in levels] == [(4, 8), (2, 4), (1, 2), (1, 1)]
    assert levels[1][0, 1] == pytest.approx(pixels[0:2, 2:4].astype(float).mean(axis=(0, 1)), abs=0.51)
    assert levels[3][0, 0] == pytest.approx(pixels.astype(float).mean(axis=(0, 1)), abs=0.51)


def test_textures_stay_where_they_are_while_others_come() -> None:
    store = TextureStore()
    first = texture(1)
    texels, places = store.find([first])
    held = texels[: 3 * 32].copy()
    for seed in range(2, 40):
        grown, later = store.find([texture(seed, 64, 64), first])
        assert later[1] == places[0]
        assert np.array_equal(grown[: 3 * 32], held)
    assert held.tolist() == first.pixels.ravel().tolist()


def test_a_full_store_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    store = TextureStore()
    store.find([texture(1, 32, 32)])
    fresh = texture(2)
    texels, places = store.find([fresh])
    assert places[0][0] == 0
    assert texels[:96].tolist() == fresh.pixels.ravel().tolist()


def test_the_texel_at_a_place() -> None:
    store = TextureStore()
    given = texture(3)
    texels, places = store.find([texture(4), given])
    materials = np.zeros((2, MATERIAL))
    materials[1, M_OFFSET:] = places[1]
    # The middle of texel (row 1, column 6): v runs up from the last row.
    u, v = 6.5 / 8, 1 - 1.5 / 4
    for shift in (0.0, 3.0, -2.0):
        assert look(u + shift, v + shift, 0.5, 1, materials, texels) == pytest.approx(given.pixels[1, 6] / 255)
    between = (given.pixels[1, 6].astype(float) + given.pixels[1, 7]) / 2 / 255
    assert look(7.0 / 8, v, 1.0, 1, materials, texels) == pytest.approx(between)
    # It repeats: half a texel left of the first column lies the last.
    around = (given.pixels[1, 0].astype(float) + given.pixels[1, 7]) / 2 / 255
    assert look(0.0, v, 1.0, 1, materials, texels) == pytest.approx(around)
    coarse = make_levels(given.pixels)[1]
    assert look(0.5 / 4, 1 - 0.5 / 2, 2.0, 1, materials, texels) == pytest.approx(coarse[0, 0] / 255)
    assert look(0.3, 0.7, 1e9, 1, materials, texels) == pytest.approx(make_levels(given.pixels)[-1][0, 0] / 255)
