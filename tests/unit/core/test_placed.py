import math
import pickle

import numpy as np
import pytest

from spatialenv.core import placed as placed_module
from spatialenv.core.geometry import inside_volumes
from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene, register_picture, stack
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import SceneError


def scene(n: int = 3) -> Scene:
    objects = tuple(SceneObject(id=f"t{i}", category="thing", size=(1 + i, 2, 3), yaw=0.1 * i) for i in range(n))
    return Scene(Room.rectangle(6, 4, 3), objects)


def test_arrays_follow_the_scene_whatever_the_order_of_the_layout() -> None:
    placed = scene().place({"t2": (7, 8, 9), "t0": (1, 2, 3, 0.5)})
    assert placed.ids == ("t0", "t2")
    assert placed.indices.tolist() == [0, 2]
    np.testing.assert_array_equal(placed.centers, [(1, 2, 3), (7, 8, 9)])
    np.testing.assert_array_equal(placed.sizes, [(1, 2, 3), (3, 2, 3)])
    np.testing.assert_allclose(placed.yaws, [0.5, 0.2])  # the layout's, else the scene's
    assert [item.id for item in placed.objects] == ["t0", "t2"]
    assert not placed.is_complete


def test_arrays_cannot_be_written_to() -> None:
    placed = scene().place({"t0": (1, 2, 3)})
    for array in (placed.centers, placed.sizes, placed.yaws, placed.indices):
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_layout_of_nothing_gives_empty_arrays() -> None:
    placed = scene().place({})
    assert placed.centers.shape == placed.sizes.shape == (0, 3)
    assert placed.yaws.shape == placed.indices.shape == (0,)
    assert (placed.centers.dtype, placed.indices.dtype) == (np.float64, np.int64)
    assert scene(0).place({}).is_complete


def test_an_unknown_id_is_refused_with_the_nearest() -> None:
    with pytest.raises(SceneError, match=r"places \['t7'\], which are not in the scene; did you mean"):
        scene().place({"t7": (1, 2, 3)})


def test_placed_scenes_compare_by_value_and_pickle() -> None:
    layout = Layout.from_mapping({"t0": (1, 2, 3)})
    placed = PlacedScene(scene(), layout)
    placed.centers  # noqa: B018 - what is cached must not matter
    assert placed == scene().place(layout) == pickle.loads(pickle.dumps(placed))
    assert placed != scene().place({"t0": (1, 2, 4)})
    assert placed != "placed"
    assert repr(placed) == "PlacedScene(1 of 3 objects, room 6 x 4 x 3 m)"


def test_the_notebook_picture_is_what_was_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placed_module, "_picture", None)
    placed = scene().place({"t0": (1, 2, 3)})
    assert placed._repr_png_() is None
    register_picture(lambda given: repr(given).encode())
    assert placed._repr_png_() == repr(placed).encode()


def test_a_stack_pads_to_the_largest_and_masks_the_padding() -> None:
    first = scene().place({"t1": (1, 2, 3)})
    second = Scene(Room.rectangle(5, 3, 2.5), scene(2).objects).place({"t0": (4, 5, 6, math.pi), "t1": (7, 8, 9)})
    batch = stack([first, second])
    assert batch.centers.shape == batch.sizes.shape == (2, 2, 3)
    assert batch.mask.tolist() == [[True, False], [True, True]]
    np.testing.assert_array_equal(batch.rooms, [(6, 4, 3), (5, 3, 2.5)])
    np.testing.assert_array_equal(batch.centers[0], [(1, 2, 3), (0, 0, 0)])
    np.testing.assert_array_equal(batch.sizes[1], second.sizes)
    np.testing.assert_array_equal(batch.yaws, [(0.1, 0), (math.pi, 0.1)])


def test_a_stack_carries_the_floors_that_are_no_rectangles() -> None:
    corner = Room.polygon([(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)], 2.5)
    in_corner = Scene(corner, scene(1).objects).place({"t0": (1, 1, 1.5)})
    batch = stack([in_corner, scene().place({}), in_corner])
    assert batch.floors is not None
    assert batch.floors[1] is None
    np.testing.assert_array_equal(batch.floors[0], corner.floor)
    np.testing.assert_array_equal(batch.rooms, [(4, 4, 2.5), (6, 4, 3), (4, 4, 2.5)])
    assert stack([scene().place({})] * 2).floors is None
    with pytest.raises(ValueError, match="read-only"):
        batch.floors[0][0] = 1  # type: ignore[index]
    inside = inside_volumes(batch.centers, batch.sizes, batch.yaws, batch.rooms, batch.mask, batch.floors)
    np.testing.assert_array_equal(inside, [[5.0], [0.0], [5.0]])  # 2.5 of its 3 m are under the ceiling


def test_a_stack_of_nothing_has_the_right_axes() -> None:
    assert stack([]).centers.shape == (0, 0, 3)
    assert stack([]).rooms.shape == (0, 3)
    assert stack([scene().place({})]).mask.shape == (1, 0)
