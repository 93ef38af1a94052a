"""A reward that a user might write: things must not be pushed into each other."""

import numpy as np

from spatialenv.core import geometry
from spatialenv.core.score import Score


class ElbowRoomReward:
    """1 for an object that nothing is pushed into, falling to 0 where one reaches `distance` metres into it."""

    name = "elbow_room"
    version = "elbow_room-1"

    def __init__(self, distance: float = 0.5) -> None:
        self.distance = distance

    def __call__(self, transition):
        placed = transition.placed
        values = np.full(len(placed.scene.objects), np.nan)
        if len(placed.ids):
            gaps = geometry.separations(placed.centers, placed.sizes, placed.yaws).min(axis=1)
            inside = geometry.inside_volumes(
                placed.centers, placed.sizes, placed.yaws, (placed.room.length, placed.room.width, placed.room.height)
            )
            shares = np.clip(inside / placed.sizes.prod(axis=1), 0.0, 1.0)
            values[placed.indices] = shares * (1.0 + np.clip(gaps / self.distance, -1.0, 0.0))
        is_complete = transition.parsed.is_complete and placed.is_complete
        value = float(np.nanmean(values)) if is_complete and len(placed.ids) else 0.0
        return Score(value, values, {"distance": self.distance}, self.version)

    def batch(self, transitions):
        return [self(transition) for transition in transitions]
