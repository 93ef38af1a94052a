"""What the solver knows of a scene before it starts: boxes, what binds them, walls, and what must be kept free."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import BoolArray, FloatArray
from spatialenv.core.relations import Region, feasible_regions
from spatialenv.core.scene import Relation, Scene
from spatialenv.tasks.solver_lines import Lines, touching_walls, turn

_QUARTER = math.pi / 2
_DIRECTIONS = 12
"""Most walls, the longest ones, along which an object that may be turned is tried."""


class Model:
    """A scene as the solver sees it; objects go by their index in ``scene.objects``.

    Attributes:
        scene: The scene.
        sizes: Shape ``(n, 3)``.
        flat: Whether each is a rug that others may stand on, shape ``(n,)``.
        hung: Whether each hangs on a wall or the ceiling.
        yaws: Directions that each may have: one where the scene or the mode fixes it.
        needs: Objects that must stand before each: targets of its relations and what it faces.
        users: Objects that need each.
        zones: Boxes to keep free, rows as of the kernels, shape ``(z, 8)``.
        floor: Corners of the floor, shape ``(c, 2)``.
        stays: Poses of the objects that are fixed.
        starts: Poses at the start, as far as there is one.
    """

    def __init__(self, scene: Scene, yaw: Literal["fixed", "free"]) -> None:
        self.scene = scene
        self.is_free = yaw == "free"
        self.count = len(scene.objects)
        self.sizes = np.array([item.size for item in scene.objects], dtype=np.float64).reshape(-1, 3)
        self.flat: BoolArray = np.array([item.lies_flat for item in scene.objects], dtype=np.bool_)
        mounts = {*scene.room.walls, "ceiling"}
        self.hung = [
            not item.on_floor
            and any(r.preposition in ("on", "against wall") and r.target in mounts for r in item.relations)
            for item in scene.objects
        ]
        self.index = {object_id: i for i, object_id in enumerate(scene.ids)}
        self.yaws = [self._directions(i) for i in range(self.count)]
        self.needs = [self._needs(i) for i in range(self.count)]
        self.users = [{j for j in range(self.count) if i in self.needs[j]} for i in range(self.count)]
        self.floor: FloatArray = np.array(scene.room.floor, dtype=np.float64)
        self.zones = _zones(scene)
        start = {} if scene.start is None else dict(scene.start.poses)
        self.starts = {self.index[object_id]: pose for object_id, pose in start.items()}
        self.stays = {self.index[object_id]: start[object_id] for object_id in scene.fixed}
        self._regions: dict[tuple[object, ...], list[Region]] = {}
        self._walls: dict[tuple[int, float], Lines] = {}

    def row(self, i: int, x: float, y: float, z: float, yaw: float) -> FloatArray:
        """Return the box of object `i` as a row of the kernels."""
        length, width, height = self.scene.objects[i].size
        return np.array((x, y, z, length, width, height, *turn(yaw)))

    def start_yaw(self, i: int, pose: Pose) -> float:
        """Return the yaw that a pose gives to object `i`."""
        return self.scene.default_yaw(self.scene.ids[i]) if pose.yaw is None else pose.yaw

    def must_face(self, i: int) -> str | None:
        """Return what an object must be turned to face: None where its yaw is given or it faces nothing."""
        item = self.scene.objects[i]
        if not self.is_free or item.yaw is not None:
            return None
        return item.facing or next((r.target for r in item.relations if r.preposition == "face to"), None)

    def regions(
        self, i: int, relation: Relation, yaw: float, target: FloatArray | None, target_yaw: float
    ) -> list[Region]:
        """Return where object `i`, turned by `yaw`, meets `relation` to a target that stands at the row `target`."""
        place = None if target is None else (*target[:3].tolist(), target_yaw)
        key = (relation, yaw, place)
        found = self._regions.get(key)
        if found is None:
            poses = {relation.subject: Pose(0.0, 0.0, self.scene.objects[i].size[2] / 2, yaw)}
            if place is not None:
                poses[relation.target] = Pose(*place)
            regions = feasible_regions(self.scene.place(poses), relation)
            found = [region for region in regions if region.is_reachable]
            if len(self._regions) > 20_000:
                self._regions.clear()
            self._regions[key] = found
        return found

    def wall_lines(self, i: int, yaw: float) -> Lines:
        """Return where the centre of object `i` may be for it to touch a wall, or a corner that juts into the room."""
        key = (i, yaw)
        if key not in self._walls:
            self._walls[key] = touching_walls(self.scene.room, yaw, self.sizes[i])
        return self._walls[key]

    def _directions(self, i: int) -> tuple[float, ...]:
        scene, item = self.scene, self.scene.objects[i]
        if not self.is_free or item.yaw is not None:
            return (scene.default_yaw(item.id),)
        faced = self.must_face(i)
        if faced in scene.room.walls:
            return (scene.room.wall(faced).facing_yaw,)
        backed = [r.target for r in item.relations if r.preposition == "against wall"]
        if backed:
            return (scene.room.wall(backed[0]).backing_yaw,)
        walls = sorted(scene.room.wall_lines, key=lambda wall: -wall.length)[:_DIRECTIONS]
        behind = [wall.backing_yaw for wall in scene.room.wall_lines if wall in walls]
        related = [scene.room.wall(r.target).backing_yaw for r in item.relations if r.target in scene.room.walls]
        quarters = [k * _QUARTER for k in range(4)]
        return tuple(dict.fromkeys((*related, *behind, *quarters)))

    def _needs(self, i: int) -> set[int]:
        item = self.scene.objects[i]
        needs = {self.index[relation.target] for relation in item.relations if relation.target in self.index}
        faced = self.must_face(i)
        if faced is not None and faced in self.index:
            needs.add(self.index[faced])
        return needs - {i}


class State:
    """Where objects stand while the solver works.

    Attributes:
        model: The scene.
        rows: Boxes as rows of the kernels, shape ``(n, 8)``; those of objects that do not stand mean nothing.
        yaws: Their yaws.
        stands: Whether each object stands, shape ``(n,)``.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.rows: FloatArray = np.zeros((model.count, 8))
        self.yaws = [0.0] * model.count
        self.stands: BoolArray = np.zeros(model.count, dtype=np.bool_)
        for i, pose in model.stays.items():
            yaw = model.start_yaw(i, pose)
            self.put(i, model.row(i, pose.x, pose.y, pose.z, yaw), yaw)

    def copy(self) -> State:
        """Return a copy that can be changed apart."""
        other = State.__new__(State)
        other.model, other.rows, other.yaws, other.stands = (
            self.model, self.rows.copy(), list(self.yaws), self.stands.copy()
        )  # fmt: skip
        return other

    def put(self, i: int, row: FloatArray, yaw: float) -> None:
        """Let object `i` stand at a row."""
        self.rows[i], self.yaws[i], self.stands[i] = row, yaw, True

    def obstacles(self, i: int) -> list[int]:
        """Return the standing objects that object `i` must not overlap."""
        if self.model.flat[i]:
            return []
        in_the_way = self.stands & ~self.model.flat
        in_the_way[i] = False
        return [int(k) for k in np.flatnonzero(in_the_way)]

    def watchers(self, i: int) -> list[int]:
        """Return the standing objects that must look at object `i`."""
        model, name = self.model, self.model.scene.ids[i]
        return [k for k in sorted(model.users[i]) if self.stands[k] and model.must_face(k) == name]

    def layout(self) -> Layout:
        """Return where everything stands; fixed objects keep the pose of the start as it is written."""
        model, poses = self.model, []
        for i, object_id in enumerate(model.scene.ids):
            if i in model.stays:
                poses.append((object_id, model.stays[i]))
            elif self.stands[i]:
                x, y, z = self.rows[i, :3].tolist()
                poses.append((object_id, Pose(x, y, z, self.yaws[i] if model.is_free else None)))
        return Layout(tuple(poses))


def _zones(scene: Scene) -> FloatArray:
    """Return the boxes that openings need free, as rows of the kernels."""
    if not scene.room.openings:
        return np.zeros((0, 8))
    from spatialenv.core.openings import opening_zones

    rows = [(*zone.center, *zone.size, *turn(zone.yaw)) for zone in opening_zones(scene.room)]
    return np.array(rows, dtype=np.float64).reshape(-1, 8)
