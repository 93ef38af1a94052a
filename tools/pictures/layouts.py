"""Boxes by hand for the pictures that show mistakes, first turns and rooms of any shape."""

from __future__ import annotations

import math

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject

SIZES = {
    "armchair": (0.85, 0.85, 0.85),
    "bathtub": (1.7, 0.75, 0.55),
    "bed": (1.6, 2.05, 0.5),
    "bench": (1.2, 0.4, 0.45),
    "bookshelf": (1.0, 0.32, 1.9),
    "cabinet": (1.2, 0.45, 0.9),
    "chair": (0.5, 0.55, 0.9),
    "coffee_table": (1.1, 0.6, 0.42),
    "crib": (0.75, 1.3, 0.9),
    "desk": (1.4, 0.7, 0.75),
    "dining_table": (1.8, 0.9, 0.75),
    "dresser": (1.2, 0.5, 0.85),
    "filing_cabinet": (0.45, 0.6, 1.1),
    "floor_lamp": (0.35, 0.35, 1.6),
    "fridge": (0.7, 0.7, 1.85),
    "lamp": (0.25, 0.25, 0.45),
    "nightstand": (0.45, 0.4, 0.55),
    "office_chair": (0.62, 0.62, 1.0),
    "ottoman": (0.6, 0.6, 0.4),
    "piano": (1.5, 0.6, 1.2),
    "plant": (0.4, 0.4, 1.1),
    "rug": (2.4, 1.7, 0.02),
    "side_table": (0.45, 0.45, 0.55),
    "sideboard": (1.6, 0.45, 0.8),
    "sofa": (2.0, 0.9, 0.8),
    "stool": (0.4, 0.4, 0.6),
    "toy_box": (0.8, 0.45, 0.45),
    "tv_stand": (1.6, 0.4, 0.5),
    "wardrobe": (1.5, 0.6, 2.05),
    "whiteboard": (1.5, 0.25, 1.8),
}

STACKED = {("lamp_1", "nightstand_1")}

Spot = tuple[float, ...]


def furnish(room: Room, spots: dict[str, Spot]) -> PlacedScene:
    """Place ``(x, y, yaw in degrees)`` or ``(x, y, yaw, height of its underside)`` by id."""
    objects, poses = [], {}
    for object_id, spot in spots.items():
        category = object_id.rsplit("_", 1)[0]
        size = SIZES[category]
        stands_on = tuple(Relation(object_id, "on", spots_id) for spots_id in spots if (object_id, spots_id) in STACKED)
        objects.append(
            SceneObject(
                id=object_id,
                category=category,
                size=size,
                is_rug=category == "rug",
                on_floor=not stands_on,
                relations=stands_on,
            )
        )
        low = spot[3] if len(spot) > 3 else 0.0
        poses[object_id] = (spot[0], spot[1], low + size[2] / 2, math.radians(spot[2]))
    return Scene(room=room, objects=tuple(objects)).place(poses)


LIVING = Room.rectangle(
    5.6, 4.4, 2.6, (Opening("door", "south_wall", 0.3, 0.9, 2.05), Opening("window", "north_wall", 1.9, 1.8, 1.3, 0.9))
)
LIVING_SPOTS: dict[str, Spot] = {
    "sofa_1": (2.8, 3.9, 180),
    "rug_1": (2.8, 2.5, 0),
    "coffee_table_1": (2.8, 2.55, 0, 0.02),
    "tv_stand_1": (2.8, 0.25, 0),
    "armchair_1": (0.75, 2.5, 270),
    "floor_lamp_1": (4.2, 4.1, 180),
    "bookshelf_1": (5.4, 2.6, 90),
    "side_table_1": (1.4, 4.05, 180),
    "plant_1": (5.2, 0.5, 0),
    "ottoman_1": (4.5, 1.6, 60),
}

BEDROOM = Room.rectangle(
    4.0, 3.6, 2.5, (Opening("door", "south_wall", 2.9, 0.85, 2.0), Opening("window", "east_wall", 1.0, 1.4, 1.2, 0.9))
)
BEDROOM_SPOTS: dict[str, Spot] = {
    "bed_1": (2.0, 2.5, 180),
    "nightstand_1": (0.9, 3.35, 180),
    "nightstand_2": (3.1, 3.35, 180),
    "lamp_1": (0.9, 3.35, 180, 0.55),
    "wardrobe_1": (0.35, 1.2, 270),
    "dresser_1": (1.7, 0.3, 0),
    "armchair_1": (3.4, 1.5, 100),
}

OFFICE = Room.rectangle(
    6.4, 4.8, 2.8, (Opening("door", "west_wall", 0.5, 0.9, 2.1), Opening("window", "north_wall", 1.0, 4.0, 1.4, 0.9))
)
OFFICE_SPOTS: dict[str, Spot] = {
    "desk_1": (1.2, 4.2, 180),
    "desk_2": (3.2, 4.2, 180),
    "desk_3": (5.2, 4.2, 180),
    "office_chair_1": (1.2, 3.4, 0),
    "office_chair_2": (3.2, 3.4, 0),
    "office_chair_3": (5.2, 3.4, 15),
    "dining_table_1": (3.2, 1.4, 0),
    "chair_1": (2.7, 2.2, 180),
    "chair_2": (3.7, 2.2, 180),
    "chair_3": (2.7, 0.6, 0),
    "chair_4": (3.7, 0.6, 0),
    "filing_cabinet_1": (6.05, 2.6, 90),
    "whiteboard_1": (6.2, 1.0, 90),
    "plant_1": (0.4, 0.4, 0),
}

DINING = Room.rectangle(4.6, 4.2, 2.6, (Opening("window", "east_wall", 1.2, 1.8, 1.3, 0.9),))
DINING_SPOTS: dict[str, Spot] = {
    "dining_table_1": (2.2, 2.1, 35),
    "chair_1": (1.95, 2.95, 215),
    "chair_2": (2.75, 1.35, 35),
    "chair_3": (1.25, 2.35, 215),
    "chair_4": (2.15, 0.95, 35),
    "sideboard_1": (2.2, 3.92, 180),
    "fridge_1": (4.2, 3.8, 180),
    "plant_1": (4.25, 0.4, 45),
}

NURSERY = Room.rectangle(3.2, 5.4, 2.5, (Opening("window", "north_wall", 0.9, 1.4, 1.2, 0.9),))
NURSERY_SPOTS: dict[str, Spot] = {
    "crib_1": (2.5, 4.7, 90),
    "dresser_1": (0.3, 3.9, 270),
    "armchair_1": (0.62, 2.4, 290),
    "rug_1": (1.7, 2.6, 90),
    "toy_box_1": (2.9, 2.4, 90),
    "bookshelf_1": (0.2, 0.9, 270),
    "floor_lamp_1": (0.35, 4.95, 180),
    "stool_1": (1.3, 0.5, 20),
    "wardrobe_1": (2.4, 0.35, 0),
}

FIRST_TURN: dict[str, Spot] = {
    "sofa_1": (2.8, 3.4, 180),
    "coffee_table_1": (2.3, 2.9, 0),
    "tv_stand_1": (2.8, 0.25, 0),
    "armchair_1": (0.3, 2.5, 270),
    "floor_lamp_1": (4.2, 4.1, 180, 0.5),
    "bookshelf_1": (5.4, 2.6, 90),
}
REPAIRED = FIRST_TURN | {
    "sofa_1": (2.8, 3.9, 180),
    "coffee_table_1": (2.8, 2.6, 0),
    "armchair_1": (0.75, 2.5, 270),
    "floor_lamp_1": (4.2, 4.1, 180),
}

ELL = Room(
    floor=((0, 0), (6.4, 0), (6.4, 2.8), (3.4, 2.8), (3.4, 5.2), (0, 5.2)),
    height=2.6,
    openings=(
        Opening("door", "wall_0", 5.2, 0.9, 2.05, swing="in"),
        Opening("window", "wall_1", 0.1, 1.4, 1.3, 0.9),
        Opening("window", "wall_4", 0.9, 1.6, 1.3, 0.9),
    ),
)
ELL_SPOTS: dict[str, Spot] = {
    "bed_1": (1.7, 4.1, 180),
    "nightstand_1": (0.6, 4.95, 180),
    "nightstand_2": (2.8, 4.95, 180),
    "wardrobe_1": (0.35, 2.3, 270),
    "rug_1": (1.9, 1.9, 0),
    "armchair_1": (0.8, 0.8, 315),
    "desk_1": (4.2, 2.4, 180),
    "office_chair_1": (4.2, 1.6, 0),
    "bookshelf_1": (6.2, 2.1, 90),
    "plant_1": (3.7, 0.35, 0),
}

BAY = Room(
    floor=((0, 0), (7, 0), (7, 5), (4.8, 5), (4.8, 2.2), (2.2, 2.2), (2.2, 5), (0, 5)),
    height=2.6,
    openings=(
        Opening("door", "wall_0", 3.0, 1.0, 2.05, swing="out"),
        Opening("door", "wall_2", 0.4, 0.9, 2.05, swing="in"),
        Opening("window", "wall_1", 3.5, 1.2, 1.3, 0.9),
        Opening("window", "wall_6", 0.5, 1.2, 1.3, 0.9),
    ),
)
BAY_SPOTS: dict[str, Spot] = {
    "sofa_1": (3.5, 1.72, 180),
    "tv_stand_1": (1.1, 0.25, 0),
    "armchair_1": (0.6, 2.0, 290),
    "dining_table_1": (1.1, 3.5, 90),
    "chair_1": (0.35, 3.5, 270),
    "chair_2": (1.87, 3.5, 90),
    "sideboard_1": (5.8, 0.25, 0),
    "piano_1": (6.65, 2.6, 90),
    "stool_1": (5.95, 2.6, 270),
    "plant_1": (5.1, 3.0, 0),
}

SLANTED = Room.polygon(
    ((0, 0), (5.4, 0), (6.6, 2.4), (4.6, 5.0), (0.8, 4.2)),
    2.6,
    (
        Opening("door", "wall_2", 1.6, 0.9, 2.05, swing="in"),
        Opening("window", "wall_3", 1.2, 1.8, 1.3, 0.9),
        Opening("door", "wall_0", 0.6, 0.9, 2.05, swing="none"),
    ),
)
# Furniture along walls is turned as they are.
SLANTED_SPOTS: dict[str, Spot] = {
    "sofa_1": (2.5, 4.0, 191.9),
    "coffee_table_1": (2.7, 2.9, 191.9),
    "rug_1": (2.7, 2.7, 11.9),
    "tv_stand_1": (3.2, 0.25, 0),
    "armchair_1": (1.1, 2.5, 280),
    "bookshelf_1": (5.55, 0.75, 63.4),
    "plant_1": (5.7, 2.4, 0),
    "floor_lamp_1": (1.0, 3.85, 200),
}
