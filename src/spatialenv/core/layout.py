"""The answer: where each object stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
            if not isinstance(value, (int, float)) or not math.isfinite(value):
                raise SceneError(f"pose `{name}` is {value!r}; it must be a finite number")
            object.__setattr__(self, name, float(value))


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
        ids = self.ids
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise SceneError(f"the layout places {repeated!r} more than once; each id may appear once")

    @classmethod
    def from_mapping(cls, poses: Mapping[str, Pose | tuple[float, ...]]) -> Layout:
        """Return a layout from poses, or tuples ``(x, y, z)`` or ``(x, y, z, yaw)``, by id."""
        items: list[tuple[str, Pose]] = []
        for object_id, pose in poses.items():
            if not isinstance(pose, Pose):
                if len(pose) not in (3, 4):
                    raise SceneError(f"pose of {object_id!r} is {pose!r}; it must be (x, y, z) or (x, y, z, yaw)")
                pose = Pose(*pose)
            items.append((object_id, pose))
        return cls(tuple(items))

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
