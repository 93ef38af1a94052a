"""PhyScene's walkable rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from spatialenv.core.numeric import as_number
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.rewards import rasters
from spatialenv.rewards.published import PublishedReward, placed_share

WALKED_UNDER = 1.5
ROBOT_WIDTH = 0.3


class PhySceneReward(PublishedReward):
    """PhyScene's walkable rate on boxes.

    ``placed * walkable_rate``, with `placed` the share of the scene's objects that are placed, which is ours.

    The floor is drawn on 256 x 256 pixels, whose scale is the farthest that a corner is from the middle along an axis
    plus 0.2 m, and eroded by the robot's width. Boxes whose centre is below 1.5 m are drawn filled, with an outline of
    the robot's width; what is left is cut into 8-connected components. In a room with doors the rate is the mean over
    the doors of the nearest component's pixels over all free pixels, 0 for a door with none within the robot's width
    and 1 pixel. In a room without doors it is that of the *first* component.

    Defects of the public code that are kept: without doors the first component is taken, the one met first from the
    north-west, not the largest; free floor hidden under a table counts as taken, however high the table is; crowded
    rooms may have a rate of 1, as it is relative to the free floor. (There, no free floor at all gives no number with
    doors; here it is 0.)

    `details`: ``walkable_rate, walkable_rate_by_door`` (by name), ``component_pixels`` (in their order),
    ``robot_width_pixels, colliding_pairs`` and ``outside_objects`` (empty: it judges neither). No values by object.

    Range: [0, 1].
    Zero means: nothing is placed, or a robot can stand nowhere, or at no door.
    Best means: everything is placed, and all free floor is one and is reached from every door.
    Cannot see: collisions, what is out of the room, support, relations; how much floor is free.

    Args:
        robot_width: Metres; 0.3 as in the published example.

    Raises:
        InputError: If `robot_width` is no finite number above 0.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> shelf = SceneObject(id="shelf_1", category="shelf", size=(0.4, 4, 1))
        >>> scene = Scene(Room.rectangle(6, 4, 3), (shelf,))
        >>> score = PhySceneReward()(Transition.of(scene.place({"shelf_1": (2, 2, 0.5)})))
        >>> round(score.details["walkable_rate"], 2)  # the smaller part: it is the first
        0.3
    """

    name = "physcene"
    version = "physcene-1"

    def __init__(self, robot_width: float = ROBOT_WIDTH) -> None:
        if not 0 < as_number(robot_width) < math.inf:
            raise InputError(f"`robot_width` is {robot_width!r}; it must be a finite number above 0, in metres")
        self.robot_width = as_number(robot_width)

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        placed = transition.placed
        frame = rasters.Frame.of(placed.room)
        width = frame.pixels(self.robot_width)
        labels = rasters.labels(walkable(placed, self.robot_width))
        counts = np.bincount(labels.ravel())[1:]
        by_door = {
            f"{opening.kind}_{index}": _rate(placed, index, frame, labels, counts, width)
            for index, opening in enumerate(placed.room.openings)
            if opening.kind == "door"
        }
        if by_door:
            rate = sum(by_door.values()) / len(by_door)
        else:
            rate = float(counts[0] / counts.sum()) if len(counts) else 0.0
        details: dict[str, Any] = {
            "walkable_rate": rate,
            "walkable_rate_by_door": by_door,
            "component_pixels": counts.tolist(),
            "robot_width_pixels": width,
            "colliding_pairs": [],
            "outside_objects": [],
        }
        return Score(placed_share(placed) * rate, None, details, self.version)


def walkable(placed: PlacedScene, robot_width: float) -> BoolArray:
    """Return the pixels on which the middle of the robot can be, shape ``(256, 256)``."""
    frame = rasters.Frame.of(placed.room)
    width = frame.pixels(robot_width)
    free = rasters.eroded_floor(placed.room, width).copy()
    for row in np.flatnonzero(placed.centers[:, 2] < WALKED_UNDER).tolist():
        x, y, _ = placed.centers[row].tolist()
        size = tuple(2 * frame.pixels(extent / 2) for extent in placed.sizes[row, :2].tolist())
        corners: FloatArray = rasters.rectangle(frame.place(x, y), (size[0], size[1]), float(placed.yaws[row]))
        rasters.draw(free, corners, rasters.reach_of(width))
    return free


def _rate(placed: PlacedScene, index: int, frame: rasters.Frame, labels: Any, counts: Any, width: int) -> float:
    """Return the share of the free floor that hangs together with a door."""
    opening = placed.room.openings[index]
    x, y = placed.room.wall(opening.wall).point(opening.offset + opening.width / 2)
    column, row = frame.place(x, y)
    rows, columns = np.nonzero(labels)
    if len(rows) == 0:
        return 0.0
    distances = np.hypot(rows - row, columns - column)
    nearest = int(np.argmin(distances))
    if distances[nearest] > width + 1:
        return 0.0
    return float(counts[labels[rows[nearest], columns[nearest]] - 1] / counts.sum())
