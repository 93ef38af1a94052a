"""What names or describes a camera: a name, a free camera, one that goes around the room, or a mapping of these."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from spatialenv.core.numeric import as_number
from spatialenv.errors import InputError, UnknownNameError, nearest, unknown_name

NAMED_CAMERAS = ("corner", "top", "front", "walk", "orbit")
"""Names of the cameras that need nothing but the room; see `spatialenv.renderers.camera.make_camera`."""

VIEWS = ("corner", "top")
"""The cameras that are taken where none are named."""

MAX_COORDINATE = 1e5
"""Greatest coordinate of a free camera's eye and target in metres."""

FOV = (1.0, 150.0)
"""Least and greatest angle of view of a free camera in degrees."""

ZOOM = (0.1, 10.0)
"""Least and greatest zoom of a camera that goes around the room."""

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class FreeCamera:
    """A camera at any place, perspective; upright, and north is up where it looks straight up or down.

    Walls are shown as they are in other pictures: all of them and the ceiling from inside the room, from outside
    those that hide no floor.

    Attributes:
        eye: Where it is, ``(x, y, z)`` in metres.
        target: What is in the middle of the picture, ``(x, y, z)`` in metres.
        fov: Angle of view along the picture's shorter side, degrees, 1 to 150.
        name: Its name among the views: letters, digits, ``_`` and ``-``.

    Raises:
        InputError: If a value is not allowed.

    Example:
        >>> FreeCamera(eye=[1, 1, 1.6], target=[3, 2, 1]).fov
        60.0
    """

    eye: Vector
    target: Vector
    fov: float = 60.0
    name: str = "free"

    def __post_init__(self) -> None:
        for name in ("eye", "target"):
            object.__setattr__(self, name, _vector(name, getattr(self, name)))
        if math.dist(self.eye, self.target) < 1e-6:
            raise InputError(f"camera `eye` and `target` are both {self.eye!r}; it needs another point to look at")
        object.__setattr__(self, "fov", _within("fov", self.fov, *FOV, "degrees"))
        _check_name(self.name)


@dataclass(frozen=True, slots=True)
class OrbitCamera:
    """A camera that goes around the room and looks at its middle; how far away it is does not change on the way.

    Attributes:
        azimuth: Compass bearing in which it looks, degrees clockwise: 0 looks north, from the south; 90 looks east.
        elevation: How far it looks down, degrees, 0 to 90.
        zoom: 1 just shows the whole room from every side, 2 all twice as large; 0.1 to 10.
        name: Its name among the views: letters, digits, ``_`` and ``-``.

    Raises:
        InputError: If a value is not allowed.

    Example:
        >>> [OrbitCamera(azimuth=angle).azimuth for angle in (30, -90, 400)]
        [30.0, 270.0, 40.0]
    """

    azimuth: float = 320.0
    elevation: float = 32.0
    zoom: float = 1.0
    name: str = "orbit"

    def __post_init__(self) -> None:
        azimuth = as_number(self.azimuth)
        if not math.isfinite(azimuth):
            raise InputError(f"camera `azimuth` is {self.azimuth!r}; it must be a finite number of degrees")
        object.__setattr__(self, "azimuth", azimuth % 360.0 % 360.0)
        object.__setattr__(self, "elevation", _within("elevation", self.elevation, 0.0, 90.0, "degrees"))
        object.__setattr__(self, "zoom", _within("zoom", self.zoom, *ZOOM))
        _check_name(self.name)


CheckedCamera = str | FreeCamera | OrbitCamera
"""What `check_cameras` leaves: a name of `NAMED_CAMERAS`, or a camera with values."""

CameraSpec = CheckedCamera | Mapping[str, Any]
"""What names or describes a camera; see `check_camera` for mappings."""

_KINDS: dict[str, type[FreeCamera | OrbitCamera]] = {"free": FreeCamera, "orbit": OrbitCamera}


def check_camera(spec: CameraSpec) -> CheckedCamera:
    """Return what describes a camera in plain form.

    Args:
        spec: A name, a camera with values, or a mapping as JSON can hold it: ``{"name": "free", "eye": [1, 1, 1.6],
            "target": [3, 2, 1], "fov": 70}``, ``{"name": "orbit", "azimuth": 30, "elevation": 40, "zoom": 1}`` or
            ``{"name": "corner"}``; ``"view"`` gives a free or orbiting one another name among the views.

    Raises:
        UnknownNameError: If there is no such camera, or it has no such option.
        InputError: If a value is not allowed.

    Example:
        >>> check_camera({"name": "orbit", "azimuth": 30, "view": "left"})
        OrbitCamera(azimuth=30.0, elevation=32.0, zoom=1.0, name='left')
    """
    if isinstance(spec, (FreeCamera, OrbitCamera)):
        return spec
    if isinstance(spec, Mapping):
        return _from_mapping(spec)
    if spec == "free":
        raise InputError("the view 'free' needs a place: give {'name': 'free', 'eye': [x, y, z], 'target': [x, y, z]}")
    if not isinstance(spec, str) or spec not in NAMED_CAMERAS:
        raise unknown_name("view", spec, (*NAMED_CAMERAS, "free"))
    return spec


def check_cameras(cameras: CameraSpec | Sequence[CameraSpec]) -> tuple[CheckedCamera, ...]:
    """Return `cameras` in plain form as a tuple, one alone included, or raise InputError."""
    if isinstance(cameras, (str, FreeCamera, OrbitCamera, Mapping)):
        cameras = (cameras,)
    if not isinstance(cameras, Sequence):
        raise InputError(f"`views` is {cameras!r}; it must be a sequence of names: {', '.join(NAMED_CAMERAS)}")
    specs = tuple(check_camera(spec) for spec in cameras)
    names = [camera_name(spec) for spec in specs]
    if not names or len(set(names)) != len(names):
        raise InputError(
            f"`views` is {names!r}; name each of the wanted views once ({', '.join(NAMED_CAMERAS)}): "
            "`name` of a camera, or 'view' of a mapping, tells two of a kind apart"
        )
    return specs


def camera_name(spec: CheckedCamera) -> str:
    """Return a camera's name among the views.

    Example:
        >>> camera_name("top"), camera_name(OrbitCamera(30))
        ('top', 'orbit')
    """
    return spec if isinstance(spec, str) else spec.name


def describe_camera(spec: CheckedCamera) -> str | dict[str, Any]:
    """Return a camera as JSON can hold it; `check_camera` reads it back.

    Example:
        >>> describe_camera(FreeCamera((1, 1, 1.6), (3, 2, 1), name="door"))
        {'name': 'free', 'eye': [1.0, 1.0, 1.6], 'target': [3.0, 2.0, 1.0], 'fov': 60.0, 'view': 'door'}
    """
    if isinstance(spec, str):
        return spec
    kind = "free" if isinstance(spec, FreeCamera) else "orbit"
    values = {field.name: getattr(spec, field.name) for field in fields(spec) if field.name != "name"}
    told = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {"name": kind, **told, **({} if spec.name == kind else {"view": spec.name})}


def _from_mapping(spec: Mapping[str, Any]) -> CheckedCamera:
    options = dict(spec)
    kind = options.pop("name", None)
    if kind is None:
        raise InputError(f"the view {dict(spec)!r} has no `name`; allowed: {', '.join((*NAMED_CAMERAS, 'free'))}")
    if not isinstance(kind, str) or kind not in _KINDS:
        named = check_camera(kind)
        if options:
            raise InputError(
                f"the view {kind!r} takes no options, but has {sorted(map(str, options))!r}; leave them out"
            )
        return named
    known = [field.name for field in fields(_KINDS[kind]) if field.name != "name"] + ["view"]
    for name in options:
        if name not in known:
            raise UnknownNameError(
                f"unknown option {name!r} of the view {kind!r};{nearest(str(name), known)} Known: {', '.join(known)}"
            )
    for name in ("eye", "target") if kind == "free" else ():
        if name not in options:
            raise InputError(f"the view {dict(spec)!r} has no `{name}`; give it as [x, y, z] in metres")
    return _KINDS[kind](**{"name" if name == "view" else name: value for name, value in options.items()})


def _vector(name: str, given: object) -> Vector:
    parts = tuple(map(as_number, given)) if isinstance(given, Sequence) and not isinstance(given, str) else ()
    if len(parts) != 3 or not all(abs(part) <= MAX_COORDINATE for part in parts):
        raise InputError(
            f"camera `{name}` is {given!r}; it must be three finite numbers (x, y, z) in metres, "
            f"at most {MAX_COORDINATE:g} each"
        )
    return parts[0], parts[1], parts[2]


def _within(name: str, given: object, least: float, greatest: float, unit: str = "") -> float:
    value = as_number(given)
    if not least <= value <= greatest:
        raise InputError(
            f"camera `{name}` is {given!r}; it must be a number from {least:g} to {greatest:g}{' ' * bool(unit)}{unit}"
        )
    return value


def _check_name(name: object) -> None:
    if not isinstance(name, str) or re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) is None:
        raise InputError(f"a camera's name is {name!r}; it must be 1 to 40 letters, digits, '_' or '-'")
