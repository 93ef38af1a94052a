"""Witnesses in rooms of any shape."""

from __future__ import annotations

import math
import random
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.tasks.placing import Placing, blocked_boxes, find_placing

SLANTED = Room(((0, 0), (5, 0), (5, 2), (3, 4), (0, 4)), 2.5, (Opening("door", "wall_2", 0.5, 0.9, 2.0, swing="in"),))


def thing(category: str, size: tuple[float, float, float], on_floor: bool = True, number: int = 1) -> SceneObject:
    return SceneObject(id=f"{category}_{number}", category=category, size=size, on_floor=on_floor)


def placing(room: Room, yaw: Literal["zero", "quarter", "free"] = "quarter", is_packed: bool = False) -> Placing:
    return Placing(random.Random(3), room, yaw, None, is_beside=False, is_packed=is_packed)


def test_what_stands_at_a_slanted_wall_takes_its_direction() -> None:
    wall = SLANTED.wall("wall_2")
    box = placing(SLANTED)._against(thing("sofa", (1.0, 0.5, 0.8)), wall, 0.4)
    assert box.yaw == pytest.approx(wall.backing_yaw)
    back = box.footprint[:2]
    depths = [(x - wall.start[0]) * wall.inward[0] + (y - wall.start[1]) * wall.inward[1] for x, y in back]
    assert all(0 < depth < 5e-4 for depth in depths)


def test_the_zone_of_a_door_is_kept_free() -> None:
    (zone,) = blocked_boxes(SLANTED)
    assert zone.size == (0.9, 0.9, 2.0)
    assert zone.degrees == pytest.approx(135.0)
    for seed in range(40):
        found = find_placing(
            random.Random(seed),
            SLANTED,
            [thing("bed", (1.5, 2.0, 0.6)), thing("desk", (1.2, 0.6, 0.75))],
            yaw="quarter",
            yaw_given=True,
            grid=None,
            relation_depth=1,
            is_packed=False,
        )
        assert found is not None
        scene = Scene(SLANTED, found[0])
        assert not find_violations(scene.place(found[1]))
        assert all(item.yaw is not None for item in found[0])


@given(st.integers(0, 2**32), st.sampled_from(["zero", "quarter", "free"]), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_layouts_are_sound(
    seed: int, yaw: Literal["zero", "quarter", "free"], yaw_given: bool, is_packed: bool
) -> None:
    objects = [
        thing("dining_table", (1.4, 0.9, 0.75)),
        thing("sofa", (1.6, 0.8, 0.8)),
        thing("chair", (0.5, 0.5, 0.9)),
        thing("vase", (0.1, 0.1, 0.3), on_floor=False),
        thing("bowl", (0.2, 0.15, 0.1), on_floor=False),
    ]
    found = find_placing(
        random.Random(seed),
        SLANTED,
        objects,
        yaw=yaw,
        yaw_given=yaw_given,
        grid=None,
        relation_depth=2,
        is_packed=is_packed,
    )
    if found is None:
        return
    scene = Scene(SLANTED, found[0])
    placed = scene.place(found[1])
    status = layout_status(placed, is_complete=True)
    assert status.valid
    assert status.clean
    hosts = {item.id: item.relations[0].target for item in found[0] if not item.on_floor}
    assert hosts == {"vase_1": "dining_table_1", "bowl_1": "dining_table_1"}
    yaws = [pose.yaw for pose in found[1].values()]
    assert all((given is None) == yaw_given for given in yaws)
    if yaw == "zero":
        assert set(placed.yaws.tolist()) == {0.0}
    if yaw_given or yaw != "free":
        assert all(item.facing is None for item in found[0])


def test_packed_objects_touch_each_other_and_the_walls() -> None:
    room = Room.rectangle(3, 2, 2.5)
    packed = placing(room, yaw="zero", is_packed=True)
    assert packed.add_all([thing("desk", (1.0, 1.0, 0.7), number=k) for k in range(6)]), "six fill the floor"
    assert not packed.add(thing("stool", (0.3, 0.3, 0.4)))
    assert {box.center[:2] for box in packed.boxes} == {(x, y) for x in (0.5, 1.5, 2.5) for y in (0.5, 1.5)}


def test_free_objects_look_at_each_other_at_any_angle() -> None:
    degrees = set()
    room = Room.rectangle(6, 6, 2.5)
    for seed in range(30):
        free = Placing(random.Random(seed), room, "free", None, is_beside=False, is_packed=False)
        assert free.add_all([thing("footstool", (0.4, 0.4, 0.4), number=k) for k in range(4)])
        degrees |= {box.degrees for box in free.boxes}
        assert all(box.degrees == round(box.degrees) and 0 <= box.degrees < 360 for box in free.boxes)
    assert len(degrees) > 60


def test_an_object_in_a_corner_touches_two_walls() -> None:
    corner = placing(Room.rectangle(4, 3, 2.5))
    corner.items.append(thing("safe", (0.4, 0.4, 0.4)))
    box = corner._against(corner.items[0], corner.room.wall("south_wall"), 0.2, in_corner=True)
    corner.boxes.append(box)
    walls = corner.touched_walls(0)
    assert "south_wall" in walls
    assert len(walls) == 2
    assert math.isclose(box.center[1], 0.2)
