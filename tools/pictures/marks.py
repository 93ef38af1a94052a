"""What is written over pictures: names, fronts, relations, moves, and what is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pictures import layouts
from pictures.rooms import placed_room
from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import find_violations
from spatialenv.renderers import Annotations, draw_annotated, make_renderer
from spatialenv.report.sheet import contact_sheet

Picture = npt.NDArray[np.uint8]

SIZE = (512, 512)


def draw(placed: PlacedScene, annotations: Annotations | None = None, views: tuple[str, ...] = ("corner",)) -> Picture:
    """Return views side by side; what is wrong is marked unless `annotations` are given."""
    wanted = Annotations(violations=find_violations(placed)) if annotations is None else annotations
    return draw_annotated(make_renderer("fast"), placed, views, SIZE, wanted).image


def written_sheet() -> Picture:
    """Return one room with each thing that can be written over it."""
    placed = placed_room("home_office")
    moved = dict(placed.layout.poses)
    for name, dx, dy in (("armchair_1", -1.3, 0.4), ("floor_lamp_1", -0.6, 0.5), ("side_table_1", -1.2, 0.6)):
        moved[name] = replace(moved[name], x=moved[name].x + dx, y=moved[name].y + dy)
    before = placed.scene.place(moved)
    pictures = {
        "names, fronts, axes": Annotations(),
        "fronts alone": Annotations(labels=False, fronts=True),
        "relations: met ones are teal": Annotations(labels=False, relations=True),
        "where things stood before": Annotations(labels=False, previous=before),
    }
    return contact_sheet([draw(placed, wanted) for wanted in pictures.values()], tuple(pictures), 2)


def wrong_sheet() -> Picture:
    """Return layouts with their mistakes marked, and what a mended one looks like."""
    living, bedroom = (layouts.LIVING, layouts.LIVING_SPOTS), (layouts.BEDROOM, layouts.BEDROOM_SPOTS)
    crowded = {"coffee_table_1": (2.4, 3.4, 20, 0.02), "ottoman_1": (4.2, 3.7, 60), "armchair_1": (1.7, 2.6, 270)}
    leaving = {"wardrobe_1": (-0.15, 1.2, 270), "dresser_1": (1.7, -0.35, 0), "armchair_1": (4.1, 1.5, 100)}
    blocked = {"bookshelf_1": (5.6, 0.8, 90), "desk_1": (3.9, 2.75, 150), "wardrobe_1": (2.7, 3.0, 230)}
    pictures = {
        "collisions": layouts.furnish(living[0], living[1] | crowded),
        "out of the room": layouts.furnish(bedroom[0], bedroom[1] | leaving),
        "a blocked door, a desk through walls": layouts.furnish(layouts.ELL, layouts.ELL_SPOTS | blocked),
        "a first turn": layouts.furnish(layouts.LIVING, layouts.FIRST_TURN),
        "the same, repaired": layouts.furnish(layouts.LIVING, layouts.REPAIRED),
        "the empty room": layouts.furnish(*living).scene.place({}),
    }
    return contact_sheet([draw(placed) for placed in pictures.values()], tuple(pictures), 2)


def shapes_sheet() -> Picture:
    """Return rooms that are no rectangles."""
    rooms = {
        "L": (layouts.ELL, layouts.ELL_SPOTS),
        "U": (layouts.BAY, layouts.BAY_SPOTS),
        "slanted": (layouts.SLANTED, layouts.SLANTED_SPOTS),
    }
    pictures = [draw(layouts.furnish(*room), views=("corner", "top")) for room in rooms.values()]
    return contact_sheet(pictures, tuple(rooms), 1)
