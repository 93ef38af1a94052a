"""The solver."""

from __future__ import annotations

import math
import random
import time
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.facing import facing_states
from spatialenv.core.layout import Layout
from spatialenv.core.openings import blocked_volumes
from spatialenv.core.relations import relation_states
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.errors import InputError
from spatialenv.tasks import make_tasks, solve
from spatialenv.tasks.procedural import ProceduralTasks
from spatialenv.tasks.solver_model import Model
from spatialenv.tasks.suite import SUITES


@pytest.mark.parametrize(("name", "least"), [("demo", 1.0), ("easy", 1.0), ("medium", 0.98), ("hard", 0.95)])
def test_rate_on_presets(name: str, least: float) -> None:
    scenes = [make_tasks(f"{name}/validation").sample(seed) for seed in range(60)]
    layouts = [solve(scene.with_witness(None)) for scene in scenes]
    found = [(scene, layout) for scene, layout in zip(scenes, layouts, strict=True) if layout is not None]
    assert len(found) / len(scenes) >= least
    assert all(layout_status(scene.place(layout), is_complete=True).clean for scene, layout in found)


def test_same_seed_same_layout_and_the_witness_is_not_used() -> None:
    scene = make_tasks("medium").sample(4)
    assert solve(scene, 1) == solve(scene, 1) == solve(scene.with_witness(None), 1)


def test_a_room_with_no_place_to_spare_is_filled() -> None:
    boxes = tuple(SceneObject(id=f"box_{i}", category="box", size=(2, 1, 1)) for i in range(4))
    layout = solve(Scene(Room.rectangle(4, 2, 2.5), boxes))
    assert layout is not None
    assert sorted((pose.x, pose.y) for pose in layout.values()) == [(1, 0.5), (1, 1.5), (3, 0.5), (3, 1.5)]


@pytest.mark.parametrize("yaw", ["fixed", "free"])
def test_a_room_without_objects_is_solved(yaw: Literal["fixed", "free"]) -> None:
    assert solve(Scene(Room.rectangle(3, 3, 2.5), ()), yaw=yaw) == Layout()


def test_what_cannot_fit_is_given_up() -> None:
    boxes = tuple(SceneObject(id=f"box_{i}", category="box", size=(2, 1, 1)) for i in range(5))
    assert solve(Scene(Room.rectangle(4, 2, 2.5), boxes)) is None
    assert solve(Scene(Room.rectangle(4, 2, 0.5), boxes[:1])) is None


def test_relations_and_supports_are_met() -> None:
    objects = (
        SceneObject(id="lamp_1", category="lamp", size=(0.3, 0.3, 0.5), on_floor=False,
                    relations=(Relation("lamp_1", "on", "desk_1"),)),
        SceneObject(id="chair_1", category="chair", size=(0.5, 0.5, 0.9),
                    relations=(Relation("chair_1", "in front", "desk_1"),)),
        SceneObject(id="desk_1", category="desk", size=(1.4, 0.7, 0.75), yaw=math.pi,
                    relations=(Relation("desk_1", "on", "north_wall"),
                               Relation("desk_1", "in the corner", "east_wall"))),
        SceneObject(id="picture_1", category="picture", size=(0.8, 0.03, 0.6), on_floor=False, yaw=math.pi,
                    relations=(Relation("picture_1", "on", "north_wall"),)),
    )  # fmt: skip
    scene = Scene(Room.rectangle(3, 3, 2.5), objects)
    layout = solve(scene)
    assert layout is not None
    assert layout_status(scene.place(layout), is_complete=True).clean
    assert (layout["desk_1"].x, layout["desk_1"].y) == pytest.approx((2.3, 2.65))
    assert layout["chair_1"].y < layout["desk_1"].y, "the desk's front looks south"


def test_a_circle_of_relations_ends() -> None:
    objects = tuple(
        SceneObject(id=a, category="box", size=(1, 1, 1), relations=(Relation(a, "left of", b),))
        for a, b in (("box_1", "box_2"), ("box_2", "box_1"))
    )
    scene = Scene(Room.rectangle(4, 4, 2.5), objects)
    layout = solve(scene)
    assert layout is not None
    status = layout_status(scene.place(layout), is_complete=True)
    assert (status.valid, status.clean) == (True, False), "each left of the other cannot be, but both can stand"
    assert sum(state.is_met for state in relation_states(scene.place(layout))) == 1, "one of the two can be met"


def test_turned_objects_stay_apart_and_inside() -> None:
    objects = tuple(SceneObject(id=f"box_{i}", category="box", size=(1.2, 0.8, 1), yaw=0.4 + i) for i in range(4))
    scene = Scene(Room.rectangle(4, 4, 2.5), objects)
    layout = solve(scene)
    assert layout is not None
    assert layout_status(scene.place(layout), is_complete=True).clean


def is_well_placed(scene: Scene, layout: Layout | None) -> bool:
    """Whether nothing at all is wrong with a layout, blocked openings included."""
    return layout is not None and not find_violations(scene.place(layout))


@pytest.mark.parametrize("name", sorted(SUITES))
def test_what_is_returned_for_suites_is_valid_and_mostly_clean(name: str) -> None:
    suite = SUITES[name]
    source = ProceduralTasks(suite.config, "validation", name)
    scenes = [source.sample(seed).with_witness(None) for seed in range(12)]
    layouts = [solve(scene, 3, suite.yaw) for scene in scenes]
    assert all(
        layout is None or layout_status(scene.place(layout), is_complete=True).valid
        for scene, layout in zip(scenes, layouts, strict=True)
    )
    assert sum(is_well_placed(scene, layout) for scene, layout in zip(scenes, layouts, strict=True)) >= 11


@given(st.integers(0, 10**6), st.integers(2, 9), st.sampled_from(("fixed", "free")))
@settings(max_examples=25, deadline=None)
def test_whatever_is_returned_is_valid(seed: int, count: int, yaw: Literal["fixed", "free"]) -> None:
    rng = random.Random(seed)
    objects = tuple(
        SceneObject(id=f"box_{k}", category="box", on_floor=rng.random() < 0.8,
                    size=(0.2 + 1.3 * rng.random(), 0.2 + rng.random(), 0.2 + rng.random()),
                    yaw=None if rng.random() < 0.5 else 7 * rng.random())
        for k in range(count)
    )  # fmt: skip
    floor = ((0, 0), (4, 0), (4, 2 + rng.random()), (2 + rng.random(), 3), (1, 4), (0, 3))
    scene = Scene(Room(floor, height=2.4), objects)
    layout = solve(scene, seed, yaw)
    assert layout == solve(scene, seed, yaw)
    if layout is not None:
        assert layout_status(scene.place(layout), is_complete=True).valid
        assert all((pose.yaw is None) == (yaw == "fixed") for pose in layout.values())


def test_a_tiled_floor_is_filled() -> None:
    sizes = [(1.2, 2.0), (0.8, 0.7), (0.8, 1.3), (1.5, 0.9), (0.5, 0.9), (2.0, 1.1)]
    objects = tuple(
        SceneObject(id=f"box_{k}", category="box", size=(*size, 1), yaw=0.0) for k, size in enumerate(sizes)
    )
    scene = Scene(Room.rectangle(4, 2, 2.5), objects)
    assert scene.room.area == pytest.approx(sum(x * y for x, y in sizes))
    assert is_well_placed(scene, solve(scene))


def test_a_slanted_wall_is_touched() -> None:
    room = Room(((0, 0), (4, 0), (4, 2), (2, 4), (0, 4)), height=2.5)
    wall = room.wall("wall_2")
    objects = (
        SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8), yaw=wall.backing_yaw,
                    relations=(Relation("sofa_1", "on", "wall_2"),)),
        SceneObject(id="table_1", category="table", size=(0.8, 0.6, 0.5), yaw=wall.backing_yaw,
                    relations=(Relation("table_1", "in front", "sofa_1"),)),
        SceneObject(id="shelf_1", category="shelf", size=(0.9, 0.3, 1.8), yaw=0.0,
                    relations=(Relation("shelf_1", "on", "wall_0"),)),
        SceneObject(id="picture_1", category="picture", size=(0.9, 0.03, 0.6), yaw=wall.backing_yaw, on_floor=False,
                    relations=(Relation("picture_1", "on", "wall_2"),)),
    )  # fmt: skip
    scene = Scene(room, objects)
    layout = solve(scene)
    assert is_well_placed(scene, layout)
    assert layout is not None
    depth = [(layout[i].x + layout[i].y - 6) / -math.sqrt(2) for i in ("sofa_1", "picture_1")]
    assert depth == pytest.approx([0.45, 0.015], abs=0.01)


def test_free_yaw_looks_at_walls_and_objects() -> None:
    def thing(name: str, facing: str, *relations: tuple[str, str]) -> SceneObject:
        bound = tuple(Relation(name, preposition, target) for preposition, target in relations)
        return SceneObject(id=name, category="chair", size=(0.7, 0.5, 0.9), facing=facing, relations=bound)

    objects = (
        thing("tv_1", "sofa_1", ("on", "south_wall")),
        thing("sofa_1", "tv_1"),
        thing("desk_1", "west_wall", ("in the corner", "north_wall")),
        thing("chair_1", "middle of the room"),
        thing("stool_1", "chair_1", ("on", "east_wall")),
        thing("plant_1", "stool_1", ("in the corner", "west_wall")),
    )
    scene = Scene(Room.rectangle(4.5, 3.7, 2.5), objects)
    layout = solve(scene, yaw="free")
    assert layout is not None
    assert is_well_placed(scene, layout)
    states = facing_states(scene.place(layout))
    assert [state.is_met for state in states] == [True] * 6
    assert layout["desk_1"].yaw == pytest.approx(math.pi / 2)


def test_given_yaws_stay_when_yaw_is_free() -> None:
    objects = (
        SceneObject(id="box_1", category="box", size=(1, 0.5, 1), yaw=0.4),
        SceneObject(id="box_2", category="box", size=(1, 0.5, 1)),
    )
    layout = solve(Scene(Room.rectangle(3, 3, 2.5), objects), yaw="free")
    assert layout is not None
    assert layout["box_1"].yaw == 0.4
    assert layout["box_2"].yaw is not None


def test_an_object_is_turned_where_it_would_not_fit_otherwise() -> None:
    bed = SceneObject(id="bed_1", category="bed", size=(2, 1, 0.5))
    scene = Scene(Room.rectangle(1.2, 2.1, 2.5), (bed,))
    assert solve(scene) is None
    layout = solve(scene, yaw="free")
    assert layout is not None
    assert math.sin(2 * (layout["bed_1"].yaw or 0)) == pytest.approx(0, abs=1e-9)


def test_an_object_stands_askew_where_nothing_else_fits() -> None:
    pole = SceneObject(id="pole_1", category="pole", size=(2.4, 0.2, 0.2))
    scene = Scene(Room.rectangle(2, 2, 2.5), (pole,))
    assert solve(scene) is None
    layout = solve(scene, yaw="free")
    assert layout is not None
    assert is_well_placed(scene, layout)


def test_only_two_ways_of_yaw() -> None:
    with pytest.raises(InputError, match="`yaw` is 'any'; allowed: 'fixed', 'free'"):
        solve(Scene(Room.rectangle(2, 2, 2), ()), yaw="any")  # type: ignore[arg-type]


def test_fixed_objects_stay_and_sound_ones_too() -> None:
    boxes = tuple(SceneObject(id=f"box_{k}", category="box", size=(1, 1, 1), yaw=0.0) for k in range(4))
    start = Layout.of({"box_0": (1.3, 1.7, 0.5), "box_1": (2.9, 3.1, 0.5), "box_2": (1.5, 2.0, 0.5)})
    scene = Scene(Room.rectangle(4, 4, 2.5), boxes, start=start, fixed=("box_0",))
    layout = solve(scene)
    assert layout is not None
    assert is_well_placed(scene, layout)
    assert layout["box_0"] == start["box_0"]
    assert (layout["box_1"].x, layout["box_1"].y) == (2.9, 3.1), "nothing is wrong with it"
    assert layout["box_2"] != start["box_2"], "it stood in the fixed one"


def test_a_sound_object_moves_when_it_has_to() -> None:
    long = SceneObject(id="long_1", category="box", size=(3, 1, 1), yaw=0.0)
    small = SceneObject(id="small_1", category="box", size=(1, 1, 1), yaw=0.0)
    scene = Scene(Room.rectangle(4, 1, 2.5), (small, long), start=Layout.of({"small_1": (2.0, 0.5, 0.5)}))
    layout = solve(scene)
    assert layout is not None
    assert is_well_placed(scene, layout)


def test_fixed_objects_that_collide_leave_no_valid_layout() -> None:
    boxes = tuple(SceneObject(id=f"box_{k}", category="box", size=(1, 1, 1)) for k in range(2))
    start = Layout.of({"box_0": (1, 1, 0.5), "box_1": (1.5, 1, 0.5)})
    assert solve(Scene(Room.rectangle(4, 4, 2.5), boxes, start=start, fixed=("box_0", "box_1"))) is None


def test_doors_and_windows_are_kept_free_but_for_rugs() -> None:
    door = Opening("door", "south_wall", offset=0.2, width=0.9, height=2.0, swing="in")
    window = Opening("window", "east_wall", offset=0.3, width=1.0, height=1.0, sill=1.0)
    tall = SceneObject(id="shelf_1", category="shelf", size=(0.9, 0.4, 1.8), yaw=0.0)
    low = SceneObject(id="chest_1", category="chest", size=(0.4, 1.0, 0.6), yaw=0.0,
                      relations=(Relation("chest_1", "in the corner", "east_wall"),))  # fmt: skip
    rug = SceneObject(id="rug_1", category="rug", size=(1.9, 1.9, 0.02), yaw=0.0, is_rug=True)
    scene = Scene(Room.rectangle(2, 2, 2.5, openings=(door, window)), (tall, low, rug))
    for seed in range(6):
        layout = solve(scene, seed)
        assert layout is not None
        assert is_well_placed(scene, layout)
        assert not blocked_volumes(scene.place(layout)).any()


def test_a_door_is_blocked_rather_than_no_layout_given() -> None:
    door = Opening("door", "south_wall", offset=0.5, width=0.9, height=2.0, swing="in")
    bed = SceneObject(id="bed_1", category="bed", size=(1.9, 0.9, 0.5), yaw=0.0)
    scene = Scene(Room.rectangle(2, 1, 2.5, openings=(door,)), (bed,))
    layout = solve(scene)
    assert layout is not None
    assert layout_status(scene.place(layout), is_complete=True).valid
    assert blocked_volumes(scene.place(layout)).any()


def test_what_is_hopeless_is_given_up_soon() -> None:
    boxes = tuple(SceneObject(id=f"box_{k}", category="box", size=(1.1, 1.1, 1)) for k in range(10))
    began = time.process_time()
    assert solve(Scene(Room.rectangle(4, 4, 2.5), boxes)) is None, "3 x 3 fit, but not 10"
    assert time.process_time() - began < 15


def test_a_floor_of_64_corners_does_not_take_minutes() -> None:
    angles = [2 * math.pi * k / 64 for k in range(64)]
    reach = [3.0 if k % 2 else 5.0 for k in range(64)]
    room = Room.polygon([(r * math.cos(a), r * math.sin(a)) for r, a in zip(reach, angles, strict=True)], 2.7)
    on_wall = (Relation("shelf_1", "on", "wall_9"),)
    shelf = SceneObject("shelf_1", "shelf", (1.5, 0.3, 1.0), facing="wall_40", relations=on_wall)
    boxes = tuple(SceneObject(f"box_{k}", "box", (0.6, 0.5, 0.5)) for k in range(3))
    scene = Scene(room, (shelf, *boxes))
    model = Model(scene, "free")
    assert max(map(len, model.yaws)) <= 16
    start = time.process_time()
    layout = solve(scene, yaw="free")
    assert time.process_time() - start < 20
    assert layout is not None
    assert layout_status(scene.place(layout), is_complete=True).valid
