import numpy as np
import pytest
from scipy import ndimage

from spatialenv.core.usability.walking_kernels import components


def _mask(*rows: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in rows])


def test_components_touch_at_corners_and_are_numbered_as_they_are_read():
    mask = _mask(
        ".##..#",
        "#....#",
        "....#.",
        "##.#..",
    )
    assert components(mask).tolist() == [
        [0, 1, 1, 0, 0, 2],
        [1, 0, 0, 0, 0, 2],
        [0, 0, 0, 0, 2, 0],
        [3, 3, 0, 2, 0, 0],
    ]


def test_arms_that_meet_late_are_one_component():
    mask = _mask(
        "#.#.#",
        "#.#.#",
        "#.###",
        "###..",
    )
    assert components(mask).max() == 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 1), (1, 7), (7, 1)])
def test_components_of_small_masks(shape):
    full = components(np.ones(shape, dtype=np.bool_))
    assert full.shape == shape
    assert full.dtype == np.int32
    assert np.all(full == 1)
    assert not components(np.zeros(shape, dtype=np.bool_)).any()


def test_components_are_those_of_scipy():
    rng = np.random.default_rng(0)
    for _ in range(500):
        mask = rng.random(rng.integers(0, 40, 2)) < rng.random()
        labels = components(mask)
        expected, count = ndimage.label(mask, structure=np.ones((3, 3)))
        pairs = np.unique(np.stack([labels.ravel(), expected.ravel()]), axis=1)
        assert np.array_equal(labels > 0, mask)
        assert len(np.unique(pairs[0])) == pairs.shape[1] == len(np.unique(pairs[1]))
        assert labels.max(initial=0) == count
        _, first_places = np.unique(labels[mask], return_index=True)
        assert np.all(np.diff(first_places) > 0)
