from __future__ import annotations

import numpy as np
import pytest

from spatialenv.renderers.fast.compiled import kernel
from spatialenv.renderers.fast.shadow import TILE, find_tiles, light_at, light_over


@kernel()
def look(u, v, key, slope_u, slope_v, cell, keys, most, least):  # type: ignore[no-untyped-def]
    return light_at(u, v, key, slope_u, slope_v, cell, keys, most, least)


@kernel()
def look_over(u, v, key, reach_u, reach_v, reach_key, tilt, most, least):  # type: ignore[no-untyped-def]
    return light_over(u, v, key, reach_u, reach_v, reach_key, tilt, most, least)


def light(keys: np.ndarray, u: float, v: float, key: float, slope: float = 0.0) -> float:
    keys = keys.astype(np.float32)
    most, least = (np.empty((keys.shape[0] // TILE, keys.shape[1] // TILE), np.float32) for _ in range(2))
    find_tiles(keys, most, least)
    found: float = look(u, v, key, slope, 0.0, 0.02, keys, most, least)
    return found


def half(height: float) -> np.ndarray:
    """Return a map of which the right half, from cell 32 on, is that high."""
    keys = np.full((64, 64), -1e30)
    keys[:, 32:] = height
    return keys


def test_full_light_full_shadow_and_beyond_the_map() -> None:
    assert light(half(1.0), 12.0, 30.0, 0.0) == 1.0
    assert light(half(1.0), 50.0, 30.0, 0.0) == 0.0
    assert light(half(1.0), 50.0, 30.0, 1.5) == 1.0
    assert light(half(1.0), 500.0, 30.0, 0.0) == 1.0
    assert light(half(1.0), 30.0, -9.0, 0.0) == 1.0


def test_the_edge_is_half_lit_and_wider_the_farther_what_casts_it() -> None:
    for height in (0.1, 2.0):
        assert light(half(height), 32.0, 30.0, 0.0) == pytest.approx(0.5, abs=0.13)
    near, far = ([light(half(h), 28.0 + 0.25 * k, 30.0, 0.0) for k in range(33)] for h in (0.1, 2.0))
    assert np.all(np.diff(near) <= 0)
    assert np.all(np.diff(far) <= 0)
    soft = [sum(0.01 < value < 0.99 for value in values) for values in (near, far)]
    # One cell, and 1.5 * 3.5 cells (the outermost looks lie within the edge's width), in quarters.
    assert 2 <= soft[0] <= 5
    assert 18 <= soft[1] <= 24


def test_a_slanted_surface_does_not_shade_itself() -> None:
    keys = np.broadcast_to(0.03 * (np.arange(64) + 0.5), (64, 64))
    for u in np.linspace(10, 54, 30):
        assert light(keys, u, 30.3, 0.03 * u, slope=0.03) == 1.0
    assert light(keys, 30.0, 30.3, 0.03 * 30.0 - 0.1, slope=0.03) == 0.0


def test_tiles_hold_the_greatest_and_least_around_them() -> None:
    rng = np.random.default_rng(0)
    keys = rng.random((32, 32)).astype(np.float32)
    most, least = np.empty((8, 8), np.float32), np.empty((8, 8), np.float32)
    find_tiles(keys, most, least)
    assert most[3, 5] == keys[8:20, 16:28].max()
    assert least[0, 0] == keys[:8, :8].min()


def test_one_look_over_a_block_says_what_each_of_its_points_does() -> None:
    rng = np.random.default_rng(1)
    keys = np.kron(np.where(rng.random((8, 8)) < 0.4, rng.random((8, 8)), -1e30), np.ones((16, 16))).astype(np.float32)
    most, least = np.empty((32, 32), np.float32), np.empty((32, 32), np.float32)
    find_tiles(keys, most, least)
    counts = {-1.0: 0, 0.0: 0, 1.0: 0}
    for _ in range(3000):
        u, v, key, slope = (
            rng.uniform(-10, 138),
            rng.uniform(-10, 138),
            rng.uniform(-0.5, 0.8),
            rng.uniform(-0.02, 0.02),
        )
        reach = rng.uniform(0.0, 1.5)
        said = look_over(u, v, key, reach, reach, abs(slope) * reach, abs(slope), most, least)
        counts[said] += 1
        if said >= 0.0:
            for du in (-reach, reach):
                for dv in (-reach, 0.0, reach):
                    assert look(u + du, v + dv, key + slope * du, slope, 0.0, 0.02, keys, most, least) == said
    assert min(counts.values()) > 100
