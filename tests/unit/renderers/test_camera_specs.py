from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.errors import InputError, UnknownNameError
from spatialenv.renderers.camera_specs import (
    NAMED_CAMERAS,
    FreeCamera,
    OrbitCamera,
    camera_name,
    check_camera,
    check_cameras,
    describe_camera,
)

EYE, TARGET = (1.0, 1.0, 1.6), (3.0, 2.0, 1.0)
METRES = st.floats(-100, 100)


@given(
    st.tuples(METRES, METRES, METRES),
    st.floats(1, 150),
    st.floats(-1e6, 1e6),
    st.floats(0, 90),
    st.floats(0.1, 10),
    st.sampled_from(["free", "orbit", "by_the_door-2"]),
)
def test_descriptions_survive_json(
    eye: tuple[float, float, float], fov: float, azimuth: float, elevation: float, zoom: float, name: str
) -> None:
    target = (eye[0] + 1.0, eye[1], eye[2])
    for spec in (FreeCamera(eye, target, fov, name), OrbitCamera(azimuth, elevation, zoom, name)):
        described = json.loads(json.dumps(describe_camera(spec)))
        assert check_camera(described) == spec
    for named in NAMED_CAMERAS:
        assert check_camera(describe_camera(named)) == named


def test_values_are_plain_numbers_and_hashable() -> None:
    camera = FreeCamera(np.array(EYE).tolist(), [np.float32(3), 2, True + 1.0], np.int64(50))  # type: ignore[arg-type]
    assert camera == FreeCamera((1.0, 1.0, 1.6), (3.0, 2.0, 2.0), 50.0)
    assert hash(camera) == hash(FreeCamera((1.0, 1.0, 1.6), (3.0, 2.0, 2.0), 50.0))
    assert OrbitCamera(-30).azimuth == 330.0
    assert 0 <= OrbitCamera(-1e-20).azimuth < 360


def test_one_camera_alone_counts_as_a_sequence() -> None:
    assert check_cameras("top") == ("top",)
    assert check_cameras({"name": "orbit"}) == (OrbitCamera(),)
    assert check_cameras(FreeCamera(EYE, TARGET)) == (FreeCamera(EYE, TARGET),)
    specs = check_cameras(["corner", {"name": "walk"}, {"name": "orbit", "azimuth": 90, "view": "west"}])
    assert [camera_name(spec) for spec in specs] == ["corner", "walk", "west"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"eye": (math.nan, 0, 1), "target": TARGET}, "`eye` is (nan, 0, 1); it must be three finite numbers"),
        ({"eye": EYE, "target": (0, math.inf, 1)}, "`target` is (0, inf, 1); it must be three finite numbers"),
        ({"eye": (1, 2), "target": TARGET}, "`eye` is (1, 2); it must be three"),
        ({"eye": "111", "target": TARGET}, "`eye` is '111'; it must be three"),
        ({"eye": (1e6, 0, 0), "target": TARGET}, "at most 100000 each"),
        ({"eye": EYE, "target": EYE}, "are both (1.0, 1.0, 1.6); it needs another point to look at"),
        ({"eye": EYE, "target": TARGET, "fov": 0.5}, "`fov` is 0.5; it must be a number from 1 to 150 degrees"),
        ({"eye": EYE, "target": TARGET, "fov": 180}, "`fov` is 180; it must be a number from 1 to 150 degrees"),
        ({"eye": EYE, "target": TARGET, "fov": "wide"}, "`fov` is 'wide'; it must be a number from 1 to 150 degrees"),
        ({"eye": EYE, "target": TARGET, "fov": math.nan}, "`fov` is nan; it must be a number"),
        ({"eye": EYE, "target": TARGET, "name": "../x"}, "'../x'; it must be 1 to 40 letters, digits, '_' or '-'"),
        ({"eye": EYE, "target": TARGET, "name": ""}, "''; it must be 1 to 40 letters"),
    ],
)
def test_what_a_free_camera_refuses(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        FreeCamera(**values)
    assert message in str(caught.value)
    if "name" not in values:
        with pytest.raises(InputError):
            check_camera({"name": "free", **values})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"azimuth": math.inf}, "`azimuth` is inf; it must be a finite number of degrees"),
        ({"elevation": -5}, "`elevation` is -5; it must be a number from 0 to 90 degrees"),
        ({"elevation": 91}, "`elevation` is 91; it must be a number from 0 to 90 degrees"),
        ({"zoom": 0}, "`zoom` is 0; it must be a number from 0.1 to 10"),
        ({"zoom": True}, "`zoom` is True; it must be a number from 0.1 to 10"),
    ],
)
def test_what_an_orbiting_camera_refuses(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        OrbitCamera(**values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("wlak", UnknownNameError, "unknown view 'wlak'; did you mean 'walk'? Known: corner, free, front, orbit, top"),
        (7, UnknownNameError, "unknown view 7;"),
        ("free", InputError, "the view 'free' needs a place: give {'name': 'free', 'eye'"),
        ({"name": "oribt"}, UnknownNameError, "did you mean 'orbit'?"),
        ({"azimuth": 30}, InputError, "the view {'azimuth': 30} has no `name`; allowed: corner"),
        (
            {"name": "orbit", "azimut": 30},
            UnknownNameError,
            "unknown option 'azimut' of the view 'orbit'; did you mean",
        ),
        ({"name": "free", "eye": [1, 1, 1]}, InputError, "has no `target`; give it as [x, y, z] in metres"),
        ({"name": "corner", "fov": 30}, InputError, "the view 'corner' takes no options, but has ['fov']"),
        ({"name": ["corner"]}, UnknownNameError, "unknown view ['corner']"),
    ],
)
def test_what_is_no_camera(spec: Any, error: type[InputError], message: str) -> None:
    with pytest.raises(error) as caught:
        check_camera(spec)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "views",
    [
        [],
        ["top", "top"],
        ["orbit", {"name": "orbit", "azimuth": 3}],
        [FreeCamera(EYE, TARGET), FreeCamera(TARGET, EYE)],
    ],
)
def test_views_are_told_apart_by_name(views: list[Any]) -> None:
    with pytest.raises(InputError, match="name each of the wanted views once"):
        check_cameras(views)


def test_views_are_a_sequence() -> None:
    with pytest.raises(InputError, match="it must be a sequence of names: corner, top, front, walk, orbit"):
        check_cameras(3)  # type: ignore[arg-type]
