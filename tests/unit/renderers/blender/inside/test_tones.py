"""Light and the colours that it is shown as."""

from __future__ import annotations

import pytest

from spatialenv.renderers.blender.inside.tones import NEUTRAL, STANDARD, light_of, linear


def neutral(light: tuple[float, ...]) -> list[float]:
    """The view transform as its specification has it, for bright colours."""
    lifted = [part - 0.04 for part in light]
    peak = max(lifted)
    shown = 1.0 - 0.24**2 / (peak + 0.24 - 0.76)
    mixed = [part * shown / peak for part in lifted]
    grey = 1.0 - 1.0 / (0.15 * (peak - shown) + 1.0)
    return [part + grey * (shown - part) for part in mixed]


def srgb(light: float) -> float:
    return 255.0 * (1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("colour", [(247, 248, 250), (240, 240, 240), (250, 250, 252)])
def test_backgrounds_come_out_as_they_are(colour: tuple[float, ...]) -> None:
    assert [srgb(part) for part in neutral(light_of(colour, NEUTRAL))] == pytest.approx(colour, abs=0.6)
    assert [srgb(part) for part in light_of(colour, STANDARD)] == pytest.approx(colour, abs=1e-6)


def test_linear_is_the_inverse_of_srgb() -> None:
    for value in (20.0, 100.0, 255.0):
        assert srgb(linear(value)) == pytest.approx(value)
    assert linear(5.0) == pytest.approx(5 / 255 / 12.92)
