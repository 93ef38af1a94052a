import math
import pickle

import pytest

from spatialenv.core.layout import Layout, Pose
from spatialenv.errors import SceneError


def test_poses_are_floats_and_compare_by_value() -> None:
    pose = Pose(1, 2, 3)
    assert (type(pose.x), pose.yaw) == (float, None)
    assert pose == Pose(1.0, 2.0, 3.0, None)
    assert pose != Pose(1, 2, 3, 0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "1", None])
@pytest.mark.parametrize("name", ["x", "y", "z", "yaw"])
def test_a_pose_is_finite(name: str, bad: object) -> None:
    values: dict[str, object] = {"x": 1.0, "y": 2.0, "z": 3.0, "yaw": 0.5, name: bad}
    if name == "yaw" and bad is None:
        assert Pose(**values).yaw is None  # type: ignore[arg-type]
        return
    with pytest.raises(SceneError, match=f"pose `{name}` is {bad!r}; it must be a finite number"):
        Pose(**values)  # type: ignore[arg-type]


def test_a_layout_is_a_mapping_in_the_order_given() -> None:
    layout = Layout.from_mapping({"b": (1, 2, 3), "a": (4, 5, 6, math.pi / 2), "c": Pose(7, 8, 9)})
    assert list(layout) == ["b", "a", "c"] == list(layout.ids)
    assert len(layout) == 3
    assert "a" in layout
    assert layout["a"] == Pose(4, 5, 6, math.pi / 2)
    assert dict(layout)["c"] == Pose(7, 8, 9)
    assert layout.get("d") is None
    with pytest.raises(KeyError):
        layout["d"]


def test_layouts_pickle_and_compare_by_value() -> None:
    layout = Layout.from_mapping({"a": (1, 2, 3)})
    assert pickle.loads(pickle.dumps(layout)) == layout == Layout((("a", Pose(1, 2, 3)),))
    assert layout != Layout.from_mapping({"a": (1, 2, 3.5)})


def test_records_give_yaw_in_degrees_only_when_asked_for_and_there_is_one() -> None:
    layout = Layout.from_mapping({"a": (1, 2, 3, math.pi / 2), "b": (4, 5, 6)})
    place = {"new_object_id": "a", "x": 1.0, "y": 2.0, "z": 3.0}
    assert layout.to_records()[0] == place
    with_yaw = layout.to_records(with_yaw=True)
    assert with_yaw[0] == {**place, "yaw": 90.0}
    assert "yaw" not in with_yaw[1]


@pytest.mark.parametrize("pose", [(1, 2), (1, 2, 3, 4, 5), ()])
def test_a_tuple_of_another_length_is_refused(pose: tuple[float, ...]) -> None:
    with pytest.raises(SceneError, match=r"pose of 'a' is .*must be"):
        Layout.from_mapping({"a": pose})


def test_an_id_appears_once() -> None:
    with pytest.raises(SceneError, match=r"\['a'\] more than once"):
        Layout((("a", Pose(1, 2, 3)), ("a", Pose(1, 2, 4))))
