"""A source of scenes that a user might write: shelves along a corridor."""

import random

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject


class CorridorTasks:
    """Corridors of random length with two to four shelves, each to stand on a long wall."""

    def __init__(self, width: float = 1.8, split: str = "train") -> None:
        self.width = width
        self.split = split
        self.name = f"corridors/{split}"

    def sample(self, seed: int) -> Scene:
        if seed < 0:
            raise ValueError(f"`seed` is {seed}; give 0 or more")
        rng = random.Random(f"{self.split} {seed}")
        room = Room.rectangle(round(rng.uniform(4, 9), 2), self.width, 2.5)
        shelves = tuple(
            SceneObject(
                id=f"shelf_{i}",
                category="shelf",
                size=(0.8, 0.3, 1.8),
                yaw=0.0,
                relations=(Relation(f"shelf_{i}", "on", "south_wall"),),
            )
            for i in range(rng.randint(2, 4))
        )
        return Scene(room, shelves, "Shelves along the south wall, and a clear way.")
