"""Degrees in files, radians inside, without losing a bit where degrees can hold the angle."""

from __future__ import annotations

import math

from spatialenv.errors import FileFormatError

_AGREEMENT = 1e-9


def to_degrees(yaw: float) -> float:
    """Return degrees that `math.radians` turns back into `yaw`, the roundest there are, else the nearest.

    Example:
        >>> to_degrees(math.radians(6)), math.degrees(math.radians(6))
        (6.0, 6.000000000000001)
    """
    nearest = math.degrees(yaw)
    candidates = [round(nearest, digits) for digits in (0, 3, 9)]
    candidates += [nearest, math.nextafter(nearest, math.inf), math.nextafter(nearest, -math.inf)]
    return next((degrees for degrees in candidates if math.radians(degrees) == yaw), nearest)


def yaw_fields(yaw: float | None) -> dict[str, float | None]:
    """Return the fields that say a yaw in radians in a file: degrees, and radians where those cannot hold it."""
    if yaw is None:
        return {"yaw": None}
    degrees = to_degrees(yaw)
    fields: dict[str, float | None] = {"yaw": degrees}
    if math.radians(degrees) != yaw:
        fields["yaw_radians"] = yaw
    return fields


def read_yaw(degrees: float | None, radians: float | None, where: str) -> float | None:
    """Return the yaw in radians that both fields say.

    Raises:
        FileFormatError: If they differ.
    """
    if degrees is None and radians is None:
        return None
    if degrees is None or (radians is not None and not _agree(math.radians(degrees), radians)):
        raise FileFormatError(
            f"{where}: `yaw` is {degrees!r} degrees but `yaw_radians` is {radians!r}; remove `yaw_radians`"
        )
    return math.radians(degrees) if radians is None else radians


def bearing_to_yaw(bearing: float) -> float:
    """Return the yaw in radians, in [0, 2 pi), of a compass bearing in degrees.

    Example:
        >>> bearing_to_yaw(90.0) == math.radians(270)
        True
    """
    return math.radians(-bearing % 360.0 % 360.0)


def yaw_to_bearing(yaw: float) -> float:
    """Return the compass bearing in degrees, in [0, 360), of a yaw in radians."""
    return -to_degrees(yaw) % 360.0 % 360.0


def _agree(first: float, second: float) -> bool:
    """Whether two yaws in radians say the same; degrees hold a yaw of many turns less finely."""
    return math.isclose(first, second, rel_tol=1e-12, abs_tol=_AGREEMENT)
