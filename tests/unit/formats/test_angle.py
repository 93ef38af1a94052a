import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.errors import FileFormatError
from spatialenv.formats.angle import read_yaw, to_degrees, yaw_fields


@pytest.mark.parametrize("degrees", [*range(0, 361), -90, 33.5, 0.125, 12.345])
def test_round_degrees_stay_round(degrees: float) -> None:
    assert to_degrees(math.radians(degrees)) == degrees


@given(st.floats(-100, 100))
def test_no_bit_of_a_yaw_is_lost(yaw: float) -> None:
    fields = yaw_fields(yaw)
    assert read_yaw(fields["yaw"], fields.get("yaw_radians"), "file") == yaw


@given(st.floats(-1000, 1000))
def test_an_angle_that_came_from_degrees_needs_no_radians(degrees: float) -> None:
    assert "yaw_radians" not in yaw_fields(math.radians(degrees))


def test_the_two_fields_must_agree() -> None:
    assert read_yaw(None, None, "file") is None
    for degrees, radians in ((90.0, 1.0), (None, 1.0)):
        with pytest.raises(FileFormatError, match="remove `yaw_radians`"):
            read_yaw(degrees, radians, "file")


def test_a_yaw_of_many_turns_agrees_with_its_own_degrees() -> None:
    for yaw in (123456789.123, -987654321.987):
        fields = yaw_fields(yaw)
        assert read_yaw(fields["yaw"], fields.get("yaw_radians"), "here") == yaw
