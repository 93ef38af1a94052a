"""Draw the picture of README.md: a first answer with its mistakes marked, and the room once they are mended."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from spatialenv import Relation, Room, Scene, SceneObject, render, score
from spatialenv.api import png
from spatialenv.core.room import Opening
from spatialenv.core.violations import find_violations

SIZE = (480, 440)


def main() -> None:
    """Write docs/pictures/readme.png and print both scores."""
    scene = Scene(
        room=Room.rectangle(
            4.2,
            3.6,
            2.6,
            (Opening("door", "south_wall", 3.1, 0.9, 2.05), Opening("window", "north_wall", 1.2, 1.6, 1.2, 1.0)),
        ),
        objects=(
            SceneObject(
                "bed_1",
                "bed",
                (1.6, 2.0, 1.0),
                yaw=math.pi,
                material="oak, sage linen",
                relations=(Relation("bed_1", "on", "north_wall"),),
            ),
            SceneObject("nightstand_1", "nightstand", (0.5, 0.4, 0.5), yaw=math.pi, material="oak"),
            SceneObject("wardrobe_1", "wardrobe", (1.4, 0.6, 2.0), yaw=math.pi / 2, material="white"),
            SceneObject("desk_1", "desk", (1.2, 0.6, 0.75), yaw=0.0, material="walnut"),
            SceneObject("chair_1", "chair", (0.5, 0.5, 0.9), yaw=math.pi, material="walnut, mustard wool"),
            SceneObject("rug_1", "rug", (1.4, 1.2, 0.02), yaw=0.0, material="teal wool", is_rug=True),
            SceneObject(
                "lamp_1",
                "table lamp",
                (0.25, 0.25, 0.4),
                on_floor=False,
                relations=(Relation("lamp_1", "on", "desk_1"),),
            ),
        ),
    )
    places = {
        "bed_1": (1.2, 2.6, 0.5),
        "nightstand_1": (2.3, 3.38, 0.25),
        "wardrobe_1": (3.88, 2.7, 1.0),
        "desk_1": (1.0, 0.32, 0.375),
        "chair_1": (1.0, 0.95, 0.45),
        "rug_1": (2.75, 1.75, 0.01),
        "lamp_1": (0.6, 0.3, 0.95),
    }
    first = places | {"nightstand_1": (1.8, 3.3, 0.25), "wardrobe_1": (4.05, 2.5, 1.0), "chair_1": (1.3, 0.6, 0.45)}
    pictures = []
    for layout in (first, places):
        placed = scene.place(layout)
        pictures.append(render(placed, size=SIZE, views=("corner",), violations=find_violations(placed)))
        print(
            f"score {score(scene, placed.layout).value:.3f}",
            *(item.text for item in find_violations(placed)),
            sep="\n  ",
        )
    folder = Path(__file__).resolve().parent.parent / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "readme.png").write_bytes(png(np.concatenate(pictures, axis=1)))


if __name__ == "__main__":
    main()
