"""The answer: where each object stands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spatialenv.core.numeric import as_number
from spatialenv.errors import SceneError


@dataclass(frozen=True, slots=True)
class Pose:
    """Centre of an object's box in metres, and its yaw in radians (None: the scene's own).

    Raises:
        SceneError: If a number is not finite.
    """

    x: float
    y: float
    z: float
    yaw: float | None = None

    def __post_init__(self) -> None:
        for name in ("x", "y", "z", "yaw"):
            value = getattr(self, name)
            if name == "yaw" and value is None:
                continue
            number = as_number(value)
            if not math.isfinite(number):
                raise SceneError(f"pose `{name}` is {value!r}; it must be a finite number")
            object.__setattr__(self, name, number)


@dataclass(frozen=True, slots=True)
class Layout(Mapping[str, Pose]):
    """Poses by object id; immutable, iterates in the order given.

    Example:
        >>> layout = Layout.from_mapping({"sofa_1": (1, 2, 0.4)})
        >>> layout["sofa_1"].y
        2.0
        >>> layout.to_records()
        [{'new_object_id': 'sofa_1', 'x': 1.0, 'y': 2.0, 'z': 0.4}]
    """

    poses: tuple[tuple[str, Pose], ...] = ()

    def __post_init__(self) -> None:
        try:
            poses = tuple((object_id, pose) for object_id, pose in self.poses)
        except (TypeError, ValueError) as error:
            raise SceneError(
                f"layout `poses` is {self.poses!r}; it must hold pairs of an id and a Pose: use Layout.of"
            ) from error
        for object_id, pose in poses:
            if not isinstance(object_id, str) or not isinstance(pose, Pose):
                raise SceneError(
                    f"the layout holds {object_id!r}: {pose!r}; it must be a string id and a Pose: "
                    "use Layout.of({id: (x, y, z)})"
                )
        object.__setattr__(self, "poses", poses)
        ids = self.ids
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise SceneError(f"the layout places {repeated!r} more than once; each id may appear once")

    @classmethod
    def of(cls, given: LayoutLike) -> Layout:
        """Return the layout that `given` states.

        Args:
            given: A layout; a mapping from id to what `from_mapping` takes; or records
                ``{"new_object_id", "x", "y", "z"[, "yaw" in degrees]}`` as `to_records` writes them.

        Raises:
            SceneError: If it is none of these.

        Example:
            >>> layout = Layout.of({"sofa_1": (1, 2, 0.4)})
            >>> Layout.of(layout.to_records()) == layout
            True
        """
        if isinstance(given, Layout):
            return given
        if isinstance(given, Mapping):
            return cls.from_mapping(given)
        if isinstance(given, Sequence) and not isinstance(given, str):
            return cls(tuple(_read_record(record) for record in given))
        raise SceneError(
            f"the layout is {given!r}; give a Layout, a mapping from id to (x, y, z[, yaw]), or a list of records "
            "with new_object_id, x, y and z"
        )

    @classmethod
    def from_mapping(cls, poses: Mapping[str, PoseLike]) -> Layout:
        """Return a layout from poses by id.

        Args:
            poses: Poses; tuples ``(x, y, z)`` or ``(x, y, z, yaw)`` in metres and radians; or mappings
                with ``x``, ``y``, ``z`` and, in degrees as in JSON, ``yaw``.

        Raises:
            SceneError: If a pose is none of these.
        """
        if not isinstance(poses, Mapping):
            raise SceneError(f"the poses are {poses!r}; they must be a mapping from id to (x, y, z[, yaw])")
        return cls(tuple((object_id, _read_pose(object_id, pose)) for object_id, pose in poses.items()))

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids in order."""
        return tuple(object_id for object_id, _ in self.poses)

    def __getitem__(self, object_id: str) -> Pose:
        for key, pose in self.poses:
            if key == object_id:
                return pose
        raise KeyError(object_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.poses)

    def to_records(self, with_yaw: bool = False) -> list[dict[str, Any]]:
        """Return the JSON form of an answer: a record an object, yaw in degrees when asked for."""
        records: list[dict[str, Any]] = []
        for object_id, pose in self.poses:
            record: dict[str, Any] = {"new_object_id": object_id, "x": pose.x, "y": pose.y, "z": pose.z}
            if with_yaw and pose.yaw is not None:
                record["yaw"] = math.degrees(pose.yaw)
            records.append(record)
        return records


PoseLike = Pose | Sequence[float] | Mapping[str, float]
LayoutLike = Layout | Mapping[str, PoseLike] | Sequence[Mapping[str, Any]]
"""What states a layout."""


def _read_pose(object_id: str, given: PoseLike) -> Pose:
    if isinstance(given, Pose):
        return given
    if isinstance(given, Mapping) and {"x", "y", "z"} <= given.keys():
        yaw = given.get("yaw")
        turn = None if yaw is None else math.radians(as_number(yaw))
        if turn is not None and not math.isfinite(turn):
            raise SceneError(f"pose `yaw` of {object_id!r} is {yaw!r}; it must be finite degrees")
        return Pose(given["x"], given["y"], given["z"], turn)
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes, Mapping)):
        values = tuple(given)
        if len(values) in (3, 4):
            return Pose(*values)
    raise SceneError(
        f"pose of {object_id!r} is {given!r}; it must be (x, y, z) or (x, y, z, yaw), or a mapping with x, y and z"
    )


def _read_record(record: Mapping[str, Any]) -> tuple[str, Pose]:
    if not isinstance(record, Mapping) or not isinstance(record.get("new_object_id"), str):
        raise SceneError(f"the layout holds the record {record!r}; a record has new_object_id, x, y and z")
    return record["new_object_id"], _read_pose(record["new_object_id"], record)
