"""Pictures compared with ones that a person has looked at; redraw them with `--update-golden`.

Two processors may round differently, so a few pixels at edges may differ; text also differs
between versions of Pillow's font library, hence its own tolerance.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import Violation
from spatialenv.renderers.fast import FastRenderer

PICTURES = Path(__file__).parent / "pictures"

OPENINGS = (
    Opening("door", "south_wall", 0.4, 0.9, 2.0),
    Opening("window", "north_wall", 1.6, 1.6, 1.2, 0.9),
)
BOXES = {
    "sofa_1": ((2.5, 3.4, 0.4), (1.9, 0.9, 0.8), 180.0),
    "table_1": ((2.5, 2.0, 0.21), (1.1, 0.6, 0.42), 0.0),
    "bookshelf_1": ((4.8, 1.5, 0.9), (1.0, 0.32, 1.8), 90.0),
    "armchair_1": ((0.9, 2.1, 0.42), (0.8, 0.8, 0.84), 250.0),
    "stand_1": ((2.6, 0.25, 0.25), (1.4, 0.4, 0.5), 0.0),
}
MARKS = (
    Violation("collision", ("sofa_1", "table_1"), 0.1, "m3"),
    Violation("out_of_room", ("bookshelf_1",), 0.2, "m3"),
    Violation("unsupported", ("armchair_1",), 0.5, "m", (0.0, 0.0, -0.5)),
)

POLYGONS = {
    "ell": Room(
        floor=((0, 0), (6, 0), (6, 2.5), (3, 2.5), (3, 5), (0, 5)),
        height=2.6,
        openings=(
            Opening("door", "wall_0", 4.6, 0.9, 2.05, swing="in"),
            Opening("window", "wall_1", 0.5, 1.4, 1.2, 0.9),
            Opening("window", "wall_4", 0.7, 1.6, 1.2, 0.9),
            Opening("door", "wall_5", 3.0, 0.9, 2.05, swing="out"),
        ),
    ),
    "bay": Room(
        floor=((0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)),
        height=2.6,
        openings=(
            Opening("door", "wall_2", 0.5, 0.9, 2.05, swing="in"),
            Opening("window", "wall_1", 1.6, 1.4, 1.2, 0.9),
            Opening("window", "wall_3", 1.0, 1.2, 1.2, 0.9),
            Opening("door", "wall_0", 2.5, 0.9, 2.05, swing="out"),
        ),
    ),
    "slanted": Room.polygon(
        ((0, 0), (5, 0), (6.2, 2.2), (4.4, 4.8), (0.8, 4.2)),
        2.6,
        (
            Opening("door", "wall_2", 1.2, 0.9, 2.05, swing="in"),
            Opening("window", "wall_3", 1.2, 1.6, 1.2, 0.9),
            Opening("door", "wall_0", 0.4, 0.9, 2.05, swing="none"),
        ),
    ),
}
SWINGS = Room.rectangle(
    5,
    4,
    2.6,
    (
        Opening("door", "south_wall", 0.5, 0.9, 2.05, swing="in"),
        Opening("door", "north_wall", 0.6, 0.9, 2.05, swing="in"),
        Opening("door", "east_wall", 1.2, 0.8, 2.05, swing="out"),
        Opening("door", "west_wall", 1.5, 0.8, 2.05, swing="out"),
        Opening("window", "north_wall", 2.6, 1.6, 1.2, 0.9),
    ),
)
POLYGON_SPOTS: dict[str, dict[str, tuple[float, float, float]]] = {
    "ell": {
        "sofa_1": (1.5, 4.5, 180.0),
        "table_1": (1.5, 3.2, 0.0),
        "bookshelf_1": (5.75, 0.8, 90.0),
        "armchair_1": (0.6, 1.0, 300.0),
        "stand_1": (3.2, 2.25, 180.0),
    },
    "bay": {
        "sofa_1": (3.0, 1.5, 180.0),
        "table_1": (3.0, 0.5, 0.0),
        "bookshelf_1": (5.8, 2.6, 90.0),
        "armchair_1": (1.0, 4.2, 200.0),
        "stand_1": (5.2, 0.4, 0.0),
    },
    "slanted": {
        "sofa_1": (2.4, 3.4, 210.0),
        "table_1": (2.6, 1.9, 30.0),
        "bookshelf_1": (4.6, 0.9, 30.0),
        "armchair_1": (1.0, 2.2, 300.0),
        "stand_1": (4.6, 2.6, 120.0),
    },
}
POLYGON_MARKS = (
    Violation("out_of_room", ("sofa_1",), 0.2, "m3"),
    Violation("blocked_opening", ("bookshelf_1", "door_0"), 0.2, "m3"),
    Violation("facing", ("armchair_1",), 120.0, "deg", turn=math.radians(-120)),
    Violation("moved", ("table_1",), 1.0, "m", (0.8, -0.9, 0.0)),
)


def furnished(changes: dict[str, tuple[float, float, float]] | None = None) -> PlacedScene:
    objects = tuple(SceneObject(id=key, category="box", size=size) for key, (_, size, _) in BOXES.items())
    poses = {key: (*spot, math.radians(yaw)) for key, (spot, _, yaw) in BOXES.items()}
    for key, spot in (changes or {}).items():
        poses[key] = (*spot, poses[key][3])
    return Scene(room=Room.rectangle(5, 4, 2.6, OPENINGS), objects=objects).place(poses)


def furnished_polygon(name: str, changes: dict[str, tuple[float, float, float]] | None = None) -> PlacedScene:
    """Place the boxes on the floor of a room that is no rectangle, at ``(x, y, yaw in degrees)``."""
    objects = tuple(SceneObject(id=key, category="box", size=size) for key, (_, size, _) in BOXES.items())
    spots = POLYGON_SPOTS[name] | (changes or {})
    poses = {key: (x, y, BOXES[key][1][2] / 2, math.radians(yaw)) for key, (x, y, yaw) in spots.items()}
    return Scene(room=POLYGONS[name], objects=objects).place(poses)


def scene_of(name: str) -> tuple[PlacedScene, tuple[Violation, ...]]:
    if name == "empty":
        return furnished().scene.place({}), ()
    if name in POLYGONS:
        return furnished_polygon(name), ()
    if name == "ell-marked":
        return furnished_polygon("ell", {"sofa_1": (2.6, 3.6, 240.0), "bookshelf_1": (5.2, 0.6, 70.0)}), POLYGON_MARKS
    if name == "swings":
        return Scene(room=SWINGS, objects=()).place({}), ()
    if name == "furnished":
        return furnished(), ()
    wrong = furnished({"table_1": (2.5, 2.8, 0.21), "bookshelf_1": (5.1, 1.5, 0.9), "armchair_1": (0.9, 2.1, 0.92)})
    return wrong, MARKS if name == "marked" else ()


CASES = [
    (scene, view, size, False)
    for scene in ("empty", "furnished", "wrong", "marked")
    for view in ("corner", "top")
    for size in ((192, 144),)
]
CASES += [("furnished", "corner", (64, 64), False), ("furnished", "top", (64, 64), False)]
CASES += [("furnished", "corner", (256, 256), True), ("marked", "top", (256, 256), True)]
CASES += [
    (scene, view, (256, 256), True) for scene in ("ell", "bay", "slanted", "ell-marked") for view in ("corner", "top")
]
CASES += [
    (scene, view, (192, 144), False) for scene in ("ell", "bay", "slanted", "swings") for view in ("corner", "top")
]


@pytest.mark.parametrize(("scene", "view", "size", "labels"), CASES)
def test_picture(
    scene: str, view: str, size: tuple[int, int], labels: bool, update_golden: bool, tmp_path: Path
) -> None:
    placed, violations = scene_of(scene)
    actual = FastRenderer().render(placed, views=[view], size=size, labels=labels, violations=violations).image
    name = f"fast-{scene}-{view}-{size[0]}x{size[1]}{'-labels' if labels else ''}"
    path = PICTURES / f"{name}.png"
    if update_golden:
        PICTURES.mkdir(exist_ok=True)
        Image.fromarray(actual).save(path, optimize=True)
    if not path.exists():
        pytest.fail(f"there is no golden picture {path}; look at what --update-golden draws, then commit it")
    expected = np.asarray(Image.open(path).convert("RGB"))
    if expected.shape == actual.shape:
        difference = np.abs(expected.astype(int) - actual.astype(int)).max(axis=2)
        root_mean_square = math.sqrt(float(np.mean((expected.astype(float) - actual.astype(float)) ** 2)))
        differing = float(np.mean(difference > 24))
        if labels and root_mean_square < 12.0 and differing < 0.03:
            return
        if root_mean_square < 1.0 and differing < 0.0005:
            return
        shown = np.repeat(np.minimum(difference * 4, 255).astype(np.uint8)[..., None], 3, axis=2)
        Image.fromarray(shown).save(tmp_path / f"{name}-difference.png")
        summary = f"root mean square {root_mean_square:.2f}, {100 * differing:.2f} % of pixels differ"
    else:
        summary = f"its shape is {actual.shape}, expected {expected.shape}"
    Image.fromarray(expected).save(tmp_path / f"{name}-expected.png")
    Image.fromarray(actual).save(tmp_path / f"{name}-actual.png")
    pytest.fail(f"{name}: {summary}; look at {tmp_path}, and if it is right run pytest tests/golden --update-golden")
