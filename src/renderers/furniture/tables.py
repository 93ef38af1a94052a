"""Tables."""

from __future__ import annotations

from spatialenv.core.mesh import Material
from spatialenv.renderers.furniture.builder import Builder, mirrored
from spatialenv.renderers.furniture.parts import box, taper


def coffee_table(make: Builder) -> None:
    """A low table with a shelf."""
    wood = Material((178.0, 138.0, 98.0))
    x, y, z = make.length / 2, make.width / 2, make.height
    top = min(0.04, 0.15 * z)
    leg = min(0.05, 0.12 * min(make.length, make.width))
    make.add(box((-x, -y, z - top), (x, y, z), wood))
    for cx in mirrored([x - 1.2 * leg]):
        for cy in mirrored([y - 1.2 * leg]):
            thin = 0.3 * leg
            foot = (cx - thin, cy - thin, cx + thin, cy + thin)
            make.add(taper(foot, (cx - leg / 2, cy - leg / 2, cx + leg / 2, cy + leg / 2), 0.0, z - top, wood))
