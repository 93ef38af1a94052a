"""From light to colours on a screen and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NEUTRAL, STANDARD = "Khronos PBR Neutral", "Standard"
"""View transforms, best first: the first keeps the colours of surfaces and does not clip what is bright."""

_START = 0.76
_LIFT = 0.04


def linear(value: float) -> float:
    """Return a part of a colour, 0 to 255 in sRGB, as light, 0 to 1.

    Example:
        >>> linear(0.0), round(linear(188.0), 3), linear(255.0)
        (0.0, 0.503, 1.0)
    """
    share = value / 255.0
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def light_of(colour: Sequence[float], transform: str) -> tuple[float, ...]:
    """Return the light that a view transform shows as a bright colour that is nearly grey.

    Args:
        colour: Red, green, blue, 0 to 255 each, the brightest of them above 230.
        transform: `NEUTRAL` or `STANDARD`.

    Example:
        >>> [round(part, 3) for part in light_of((255, 255, 255), STANDARD)]
        [1.0, 1.0, 1.0]
    """
    parts = [linear(part) for part in colour]
    if transform != NEUTRAL:
        return tuple(parts)
    # Its curve for the brightest part, 1 - d^2 / (peak + d - start) with d = 1 - start, turned around; the others
    # follow in proportion.
    depth = 1.0 - _START
    shown = max(parts)
    peak = depth * depth / (1.0 - shown) - depth + _START
    return tuple(part * peak / shown + _LIFT for part in parts)


def set_tones(scene: Any) -> str:
    """Choose the best view transform that this Blender has, and return its name."""
    for transform in (NEUTRAL, STANDARD):
        try:
            scene.view_settings.view_transform = transform
        except TypeError:
            continue
        return transform
    raise ValueError(f"this Blender has no view transform {STANDARD!r}")
