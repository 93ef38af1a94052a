"""A scene with objects in their places, as arrays: what rewards score and renderers draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from spatialenv.core.display import Displayed
from spatialenv.core.layout import Layout
from spatialenv.core.per_scene import per_scene
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


class SceneArrays(NamedTuple):
    """What a scene says of its ``n`` objects, whatever their places.

    Attributes:
        ids: Ids in order.
        sizes: Sizes in metres, shape ``(n, 3)``.
        yaws: Default yaws in radians, length ``n``.
        room: ``(length, width, height)`` of the room, shape ``(3,)``.
        floor: Corners of the floor, shape ``(c, 2)``, or None where it is a rectangle.
    """

    ids: tuple[str, ...]
    sizes: FloatArray
    yaws: tuple[float, ...]
    room: FloatArray
    floor: FloatArray | None


class _Rows(NamedTuple):
    """The arrays of the placed objects, made together because they are wanted together."""

    indices: IntArray
    centers: FloatArray
    sizes: FloatArray
    yaws: FloatArray


@per_scene
def scene_arrays(scene: Scene) -> SceneArrays:
    """Return the arrays of a scene, worked out once for each scene."""
    ids = scene.ids
    sizes = np.array([item.size for item in scene.objects], dtype=np.float64).reshape(-1, 3)
    yaws = tuple(scene.default_yaw(object_id) for object_id in ids)
    room = np.array((scene.room.length, scene.room.width, scene.room.height), dtype=np.float64)
    floor = None if scene.room.is_rectangle else _frozen(np.array(scene.room.floor, dtype=np.float64))
    return SceneArrays(ids, _frozen(sizes), yaws, _frozen(room), floor)


class PlacedScene(Displayed):
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
        unknown = sorted(set(layout.ids).difference(scene_arrays(scene).ids))
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

    @property
    def indices(self) -> IntArray:
        """Indices into ``scene.objects`` of the placed objects, shape ``(m,)``, ascending."""
        return self._rows.indices

    @cached_property
    def objects(self) -> tuple[SceneObject, ...]:
        """The placed objects, length ``m``."""
        return tuple(self.scene.objects[i] for i in self.indices.tolist())

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the placed objects, length ``m``."""
        return tuple(item.id for item in self.objects)

    @property
    def centers(self) -> FloatArray:
        """Centres of the boxes in metres, shape ``(m, 3)``."""
        return self._rows.centers

    @property
    def sizes(self) -> FloatArray:
        """Sizes ``(length, width, height)`` in metres, shape ``(m, 3)``."""
        return self._rows.sizes

    @property
    def yaws(self) -> FloatArray:
        """Yaws in radians, shape ``(m,)``: the layout's, else the scene's own."""
        return self._rows.yaws

    @cached_property
    def _rows(self) -> _Rows:
        known = scene_arrays(self.scene)
        poses = dict(self.layout.poses)
        found = [(i, poses[object_id]) for i, object_id in enumerate(known.ids) if object_id in poses]
        indices = np.array([i for i, _ in found], dtype=np.int64)
        centers = np.array([(pose.x, pose.y, pose.z) for _, pose in found], dtype=np.float64).reshape(-1, 3)
        yaws = [known.yaws[i] if pose.yaw is None else pose.yaw for i, pose in found]
        return _Rows(
            _frozen(indices),
            _frozen(centers),
            _frozen(known.sizes[indices]),
            _frozen(np.array(yaws, dtype=np.float64)),
        )

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
        floors: Corners ``(c, 2)`` of each room's floor, None for a rectangle; None where all are rectangles.
            What `geometry.inside_volumes` takes.
    """

    centers: FloatArray
    sizes: FloatArray
    yaws: FloatArray
    mask: BoolArray
    rooms: FloatArray
    floors: tuple[FloatArray | None, ...] | None = None


def stack(placed: Sequence[PlacedScene]) -> PlacedBatch:
    """Return the arrays of several placed scenes, padded to the largest."""
    n = max((len(scene.layout) for scene in placed), default=0)
    b = len(placed)
    known = [scene_arrays(scene.scene) for scene in placed]
    floors = tuple(arrays.floor for arrays in known)
    batch = PlacedBatch(
        np.zeros((b, n, 3)),
        np.zeros((b, n, 3)),
        np.zeros((b, n)),
        np.zeros((b, n), dtype=np.bool_),
        np.array([arrays.room for arrays in known], dtype=np.float64).reshape(b, 3),
        None if all(floor is None for floor in floors) else floors,
    )
    if n > 0:
        batch.mask[:] = np.arange(n) < np.array([len(scene.layout) for scene in placed])[:, None]
        batch.centers[batch.mask] = np.concatenate([scene.centers for scene in placed])
        batch.sizes[batch.mask] = np.concatenate([scene.sizes for scene in placed])
        batch.yaws[batch.mask] = np.concatenate([scene.yaws for scene in placed])
    return batch


def _frozen(array: npt.NDArray[Generic]) -> npt.NDArray[Generic]:
    array.flags.writeable = False
    return array
