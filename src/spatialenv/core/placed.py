"""A scene with objects in their places, as arrays: what rewards score and renderers draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import SceneError, nearest

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Generic = TypeVar("Generic", bound=np.generic)

_picture: Callable[[PlacedScene], bytes] | None = None


def register_picture(draw: Callable[[PlacedScene], bytes]) -> None:
    """Set what makes the PNG that notebooks show for a `PlacedScene`."""
    global _picture
    _picture = draw


class PlacedScene:
    """A scene and a layout as read-only arrays over the ``m`` objects that the layout places.

    The arrays follow the scene's order of objects; objects that the layout leaves out are absent
    (`indices` says which are there).

    Attributes:
        scene: The scene.
        layout: The layout.

    Raises:
        SceneError: If the layout names an id that is not in the scene.
    """

    def __init__(self, scene: Scene, layout: Layout) -> None:
        unknown = sorted(set(layout.ids) - set(scene.ids))
        if unknown:
            raise SceneError(
                f"the layout places {unknown!r}, which are not in the scene;"
                f"{nearest(unknown[0], scene.ids)} Known: {', '.join(scene.ids)}"
            )
        self.scene = scene
        self.layout = layout

    @property
    def room(self) -> Room:
        """The scene's room."""
        return self.scene.room

    @cached_property
    def indices(self) -> IntArray:
        """Indices into ``scene.objects`` of the placed objects, shape ``(m,)``, ascending."""
        placed = set(self.layout.ids)
        chosen = [i for i, object_id in enumerate(self.scene.ids) if object_id in placed]
        return _frozen(np.array(chosen, dtype=np.int64))

    @cached_property
    def objects(self) -> tuple[SceneObject, ...]:
        """The placed objects, length ``m``."""
        return tuple(self.scene.objects[i] for i in self.indices)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the placed objects, length ``m``."""
        return tuple(item.id for item in self.objects)

    @cached_property
    def centers(self) -> FloatArray:
        """Centres of the boxes in metres, shape ``(m, 3)``."""
        poses = dict(self.layout.poses)
        rows = [(poses[i].x, poses[i].y, poses[i].z) for i in self.ids]
        return _frozen(np.array(rows, dtype=np.float64).reshape(-1, 3))

    @cached_property
    def sizes(self) -> FloatArray:
        """Sizes ``(length, width, height)`` in metres, shape ``(m, 3)``."""
        return _frozen(np.array([item.size for item in self.objects], dtype=np.float64).reshape(-1, 3))

    @cached_property
    def yaws(self) -> FloatArray:
        """Yaws in radians, shape ``(m,)``: the layout's, else the scene's own."""
        poses = dict(self.layout.poses)
        rows = []
        for object_id in self.ids:
            yaw = poses[object_id].yaw
            rows.append(self.scene.default_yaw(object_id) if yaw is None else yaw)
        return _frozen(np.array(rows, dtype=np.float64))

    @property
    def is_complete(self) -> bool:
        """Whether every object of the scene is placed."""
        return len(self.layout) == len(self.scene.objects)

    def _repr_png_(self) -> bytes | None:
        return None if _picture is None else _picture(self)

    def __repr__(self) -> str:
        room = self.room
        return (
            f"PlacedScene({len(self.layout)} of {len(self.scene.objects)} objects, "
            f"room {room.length:g} x {room.width:g} x {room.height:g} m)"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlacedScene):
            return NotImplemented
        return self.scene == other.scene and self.layout == other.layout

    __hash__ = None  # type: ignore[assignment]  # compared by value, never a key


class PlacedBatch(NamedTuple):
    """Several placed scenes as padded arrays.

    Attributes:
        centers: Shape ``(b, n, 3)``, 0 where padded.
        sizes: Shape ``(b, n, 3)``.
        yaws: Shape ``(b, n)``.
        mask: Shape ``(b, n)``, True where there is an object.
        rooms: ``(length, width, height)`` of each room, shape ``(b, 3)``.
    """

    centers: FloatArray
    sizes: FloatArray
    yaws: FloatArray
    mask: BoolArray
    rooms: FloatArray


def stack(placed: Sequence[PlacedScene]) -> PlacedBatch:
    """Return the arrays of several placed scenes, padded to the largest."""
    n = max((len(scene.layout) for scene in placed), default=0)
    b = len(placed)
    batch = PlacedBatch(
        np.zeros((b, n, 3)),
        np.zeros((b, n, 3)),
        np.zeros((b, n)),
        np.zeros((b, n), dtype=np.bool_),
        np.array([(s.room.length, s.room.width, s.room.height) for s in placed], dtype=np.float64).reshape(b, 3),
    )
    for row, scene in enumerate(placed):
        m = len(scene.layout)
        batch.centers[row, :m] = scene.centers
        batch.sizes[row, :m] = scene.sizes
        batch.yaws[row, :m] = scene.yaws
        batch.mask[row, :m] = True
    return batch


def _frozen(array: npt.NDArray[Generic]) -> npt.NDArray[Generic]:
    array.flags.writeable = False
    return array
