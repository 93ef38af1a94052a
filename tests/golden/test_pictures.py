"""Pictures compared with ones that a person has looked at; redraw them with `--update-golden`.

Two processors may round differently, so a few pixels at edges may differ; text also differs between versions of
Pillow's font library, hence its own tolerance. That the comparison rejects pictures of scenes that are wrong in
small ways is tested below, fault by fault.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import Violation
from spatialenv.renderers import Annotations, draw_annotated
from spatialenv.renderers.camera import CameraSpec, FreeCamera, OrbitCamera
from spatialenv.renderers.fast import FastRenderer, picture, stage
from spatialenv.tasks import example_rooms

PICTURES = Path(__file__).parent / "pictures"

Picture = npt.NDArray[np.uint8]

ROUNDING, CLEAR = 3, 24
"""Levels by which a pixel may be off without counting, and by which one is clearly off."""

OFF, CLEARLY_OFF = 0.0015, 0.0003
"""Greatest share of pixels that are off, and that are clearly off."""

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


class Case(NamedTuple):
    """One golden picture."""

    scene: str
    camera: str
    size: tuple[int, int]
    labels: bool = False
    look: str = "furniture"

    @property
    def name(self) -> str:
        """File name without its ending."""
        look = "" if self.look == "furniture" else f"-{self.look}"
        labels = "-labels" if self.labels else ""
        return f"fast-{self.scene}{look}-{self.camera}-{self.size[0]}x{self.size[1]}{labels}"


RENDERERS = {
    "furniture": FastRenderer(),
    "boxes": FastRenderer(furniture=False),
    "identity": FastRenderer(colours="identity"),
    "plain": FastRenderer(shadows=False, supersampling=1),
}
CAMERAS: dict[str, CameraSpec] = {
    "free": FreeCamera(eye=(0.6, 0.5, 1.6), target=(3.2, 3.0, 0.7), fov=70.0),
    "around": OrbitCamera(azimuth=300.0, elevation=35.0, name="around"),
}
"""Cameras that are no names."""

MIDDLE, SMALL, LARGE = (192, 144), (64, 64), (256, 256)
CASES = [Case(scene, view, MIDDLE) for scene in ("empty", "furnished", "wrong", "marked") for view in ("corner", "top")]
CASES += [Case("furnished", view, SMALL) for view in ("corner", "top")]
CASES += [Case("furnished", "corner", LARGE, True), Case("marked", "top", LARGE, True)]
CASES += [Case(scene, "corner", LARGE, True) for scene in ("ell", "bay", "slanted")]
CASES += [Case("ell-marked", view, LARGE, True) for view in ("corner", "top")]
CASES += [Case(scene, view, MIDDLE) for scene in ("ell", "bay", "slanted", "swings") for view in ("corner", "top")]
CASES += [Case("bedroom", view, MIDDLE) for view in ("corner", "top", "front", "walk", "orbit", "free", "around")]
CASES += [Case("bathroom", view, MIDDLE) for view in ("corner", "walk")]
CASES += [Case("kitchen", "front", MIDDLE), Case("library", "corner", MIDDLE), Case("living_room", "orbit", MIDDLE)]
CASES += [Case("childrens_room", "corner", LARGE, True), Case("studio_flat", "corner", SMALL)]
CASES += [Case("bedroom", "corner", (128, 96), look=look) for look in ("boxes", "identity", "plain")]


def furnished(changes: dict[str, tuple[float, float, float]] | None = None) -> PlacedScene:
    objects = tuple(SceneObject(id=key, category="gizmo", size=size) for key, (_, size, _) in BOXES.items())
    poses = {key: (*spot, math.radians(yaw)) for key, (spot, _, yaw) in BOXES.items()}
    for key, spot in (changes or {}).items():
        poses[key] = (*spot, poses[key][3])
    return Scene(room=Room.rectangle(5, 4, 2.6, OPENINGS), objects=objects).place(poses)


def furnished_polygon(name: str, changes: dict[str, tuple[float, float, float]] | None = None) -> PlacedScene:
    """Place the boxes on the floor of a room that is no rectangle, at ``(x, y, yaw in degrees)``."""
    objects = tuple(SceneObject(id=key, category="gizmo", size=size) for key, (_, size, _) in BOXES.items())
    spots = POLYGON_SPOTS[name] | (changes or {})
    poses = {key: (x, y, BOXES[key][1][2] / 2, math.radians(yaw)) for key, (x, y, yaw) in spots.items()}
    return Scene(room=POLYGONS[name], objects=objects).place(poses)


def scene_of(name: str) -> tuple[PlacedScene, tuple[Violation, ...]]:
    rooms = example_rooms()
    if name in rooms:
        return rooms[name].place(rooms[name].witness or {}), ()
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


def draw(case: Case, placed: PlacedScene | None = None, renderer: FastRenderer | None = None) -> Picture:
    drawn, violations = scene_of(case.scene)
    camera = CAMERAS.get(case.camera, case.camera)
    marks = Annotations(labels=case.labels, violations=violations)
    return draw_annotated(
        renderer or RENDERERS[case.look], drawn if placed is None else placed, (camera,), case.size, marks
    ).image


def golden(case: Case) -> Picture:
    path = PICTURES / f"{case.name}.png"
    if not path.exists():
        pytest.fail(f"there is no golden picture {path}; look at what --update-golden draws, then commit it")
    return np.asarray(Image.open(path).convert("RGB"))


def difference(expected: Picture, actual: Picture, labels: bool = False) -> str:
    """Return how two pictures differ, empty where that is no more than rounding on another processor."""
    if expected.shape != actual.shape:
        return f"its shape is {actual.shape}, expected {expected.shape}"
    apart = np.abs(expected.astype(int) - actual.astype(int)).max(axis=2)
    off, clearly = float((apart > ROUNDING).mean()), float((apart > CLEAR).mean())
    allowed = (0.06, 0.03) if labels else (OFF, CLEARLY_OFF)
    if off <= allowed[0] and clearly <= allowed[1]:
        return ""
    return f"{100 * off:.3f} % of pixels are off, {100 * clearly:.3f} % clearly"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_picture(case: Case, update_golden: bool, tmp_path: Path) -> None:
    actual = draw(case)
    if update_golden:
        PICTURES.mkdir(exist_ok=True)
        Image.fromarray(actual).save(PICTURES / f"{case.name}.png", optimize=True)
    expected = golden(case)
    found = difference(expected, actual, case.labels)
    if not found:
        return
    Image.fromarray(expected).save(tmp_path / f"{case.name}-expected.png")
    Image.fromarray(actual).save(tmp_path / f"{case.name}-actual.png")
    if expected.shape == actual.shape:
        apart = np.abs(expected.astype(int) - actual.astype(int)).max(axis=2)
        shown = np.repeat(np.minimum(apart * 4, 255).astype(np.uint8)[..., None], 3, axis=2)
        Image.fromarray(shown).save(tmp_path / f"{case.name}-difference.png")
    pytest.fail(f"{case.name}: {found}; look at {tmp_path}, and if it is right run pytest tests/golden --update-golden")


def test_no_picture_is_left_over() -> None:
    assert {path.stem for path in PICTURES.glob("*.png")} == {case.name for case in CASES}


# Faults: each is drawn as a golden picture is and has to be told from it.

BEDROOM = Case("bedroom", "corner", MIDDLE)


@cache
def bedroom() -> PlacedScene:
    return scene_of("bedroom")[0]


def with_pose(placed: PlacedScene, object_id: str, dx: float = 0.0, dy: float = 0.0, turn: float = 0.0) -> PlacedScene:
    poses = dict(placed.layout.poses)
    pose = poses[object_id]
    assert pose.yaw is not None
    poses[object_id] = replace(pose, x=pose.x + dx, y=pose.y + dy, yaw=pose.yaw + turn)
    return placed.scene.place(poses)


def mirrored(placed: PlacedScene) -> PlacedScene:
    """The furniture as a mirror from south to north shows it; openings have faults of their own."""
    poses = {
        key: replace(pose, x=placed.room.length - pose.x, yaw=-(pose.yaw or 0.0)) for key, pose in placed.layout.poses
    }
    return placed.scene.place(poses)


def quarter_turned(placed: PlacedScene) -> PlacedScene:
    """Everything turned by 90 degrees counter-clockwise about the room's middle."""
    poses = {
        key: replace(pose, x=placed.room.width - pose.y, y=pose.x, yaw=(pose.yaw or 0.0) + math.pi / 2)
        for key, pose in placed.layout.poses
    }
    turned = {
        "south_wall": "east_wall",
        "east_wall": "north_wall",
        "north_wall": "west_wall",
        "west_wall": "south_wall",
    }
    openings = tuple(replace(opening, wall=turned[opening.wall]) for opening in placed.room.openings)
    room = Room.rectangle(placed.room.width, placed.room.length, placed.room.height, openings)
    plain = tuple(replace(item, relations=()) for item in placed.scene.objects)
    return Scene(room=room, objects=plain).place(poses)


def with_openings(placed: PlacedScene, change: Callable[[Opening], Opening]) -> PlacedScene:
    openings = tuple(change(opening) if opening.kind == "window" else opening for opening in placed.room.openings)
    return replace(placed.scene, room=replace(placed.room, openings=openings)).place(placed.layout)


def with_material(placed: PlacedScene, object_id: str, material: str) -> PlacedScene:
    objects = tuple(replace(item, material=material) if item.id == object_id else item for item in placed.scene.objects)
    return replace(placed.scene, objects=objects).place(placed.layout)


FAULTS: dict[str, Callable[[PlacedScene], PlacedScene]] = {
    "the room mirrored": mirrored,
    "the room turned by a quarter": quarter_turned,
    "an object turned by a quarter": lambda placed: with_pose(placed, "armchair_1", turn=math.pi / 2),
    "an object turned about": lambda placed: with_pose(placed, "dresser_1", turn=math.pi),
    "an object moved by 5 cm east": lambda placed: with_pose(placed, "bench_1", dx=0.05),
    "an object moved by 5 cm north": lambda placed: with_pose(placed, "nightstand_2", dy=-0.05),
    "the window in another wall": lambda placed: with_openings(placed, lambda item: replace(item, wall="north_wall")),
    "the window moved by 5 cm": lambda placed: with_openings(
        placed, lambda item: replace(item, offset=item.offset + 0.05)
    ),
    "a window for a door": lambda placed: with_openings(
        placed, lambda item: replace(item, kind="door", sill=0.0, height=2.0)
    ),
    "another material": lambda placed: with_material(placed, "armchair_1", "mint linen, oak"),
    "another wood": lambda placed: with_material(placed, "dresser_1", "pine"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_scene_is_seen(fault: str) -> None:
    assert difference(golden(BEDROOM), draw(BEDROOM, FAULTS[fault](bedroom())))


@pytest.mark.parametrize("view", ["top", "front", "walk", "orbit"])
def test_a_moved_object_is_seen_from_everywhere(view: str) -> None:
    case = BEDROOM._replace(camera=view)
    moved = "wardrobe_1" if view == "walk" else "dresser_1"
    assert difference(golden(case), draw(case, with_pose(bedroom(), moved, dx=-0.05, dy=-0.05)))


def test_a_mirrored_picture_is_seen() -> None:
    for case in CASES:
        expected = golden(case)
        assert difference(expected, expected[:, ::-1], case.labels), case.name
        assert difference(expected, expected[::-1], case.labels), case.name


def test_shadows_that_are_missing_are_seen() -> None:
    assert difference(golden(BEDROOM), draw(BEDROOM, renderer=FastRenderer(shadows=False)))
    assert difference(golden(BEDROOM), draw(BEDROOM, renderer=FastRenderer(supersampling=1)))


def test_a_moved_light_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = math.radians(2.0)
    x, y, z = stage.LIGHT
    light = np.array([math.cos(turn) * x - math.sin(turn) * y, math.sin(turn) * x + math.cos(turn) * y, z])
    right = np.array([-light[1], light[0], 0.0]) / math.hypot(light[0], light[1])
    for module in (stage, picture):
        monkeypatch.setattr(module, "LIGHT", light)
    monkeypatch.setattr(stage, "AXES", np.stack([right, -np.cross(light, right), light]))
    # A scene of its own: what is worked out once for each scene holds the light.
    fresh = replace(bedroom().scene, id="another light").place(bedroom().layout)
    assert difference(golden(BEDROOM), draw(BEDROOM, fresh))


@pytest.mark.parametrize("turn", [-2.0, 2.0])
def test_a_camera_moved_by_two_degrees_is_seen(turn: float, monkeypatch: pytest.MonkeyPatch) -> None:
    around = BEDROOM._replace(camera="around")
    monkeypatch.setitem(CAMERAS, "around", OrbitCamera(azimuth=300.0 + turn, elevation=35.0, name="around"))
    assert difference(golden(around), draw(around))
    monkeypatch.setitem(CAMERAS, "around", OrbitCamera(azimuth=300.0, elevation=35.0 + turn, name="around"))
    assert difference(golden(around), draw(around))


def test_labels_of_others_and_no_labels_are_seen() -> None:
    case = Case("childrens_room", "corner", LARGE, True)
    assert difference(golden(case), draw(case._replace(labels=False)), labels=True)
    placed = scene_of("childrens_room")[0]
    renamed = {item.id: f"thing_{number}" for number, item in enumerate(placed.scene.objects)}
    objects = tuple(replace(item, id=renamed[item.id], relations=()) for item in placed.scene.objects)
    poses = {renamed[key]: pose for key, pose in placed.layout.poses}
    others = Scene(room=placed.room, objects=objects).place(poses)
    assert difference(golden(case), draw(case, others), labels=True)


def test_marks_that_are_missing_are_seen() -> None:
    for case in (Case("marked", "corner", MIDDLE), Case("marked", "top", MIDDLE)):
        assert difference(golden(case), draw(case._replace(scene="wrong")))
