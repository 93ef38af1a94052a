import math
import pickle

import numpy as np
import pytest

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.core.usability.walking import walk_in
from spatialenv.core.violations import find_violations
from spatialenv.errors import InputError
from spatialenv.rewards import WalkabilityReward, make_reward, violations_of
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import mended

DOOR = Opening("door", "west_wall", 1, 1, 2)
ROOM = Room.rectangle(4, 3, 2.5, (DOOR,))


def furnish(room: Room, places: dict[str, tuple], sizes: dict[str, tuple], **more) -> PlacedScene:
    objects = tuple(SceneObject(name, name[:-2], size, yaw=0.0) for name, size in sizes.items())
    return Scene(room, objects, **more).place(places)


def cut_off() -> PlacedScene:
    """A shelf from wall to wall, and a bed behind it."""
    sizes = {"shelf_1": (0.2, 3, 1), "bed_1": (1, 1, 0.5)}
    return furnish(ROOM, {"shelf_1": (2, 1.5, 0.5), "bed_1": (3.5, 1.5, 0.25)}, sizes)


def test_values_fall_with_the_distance_out_of_reach():
    score = WalkabilityReward()(Transition.of(cut_off()))
    assert score.per_object == pytest.approx([1.0, 1 - (3 - 1.745 - 0.65)])
    assert score.value == pytest.approx(score.per_object.mean())
    assert score.details == {
        "walkable_rate": pytest.approx(1.6 * 2.7 / score.details["free_area"]),
        "free_area": pytest.approx(2 * 1.6 * 2.7 - 1.0 * 1.3 + 2 * 0.15**2 * (1 - math.pi / 4), abs=1e-3),
        "reached_area": pytest.approx(1.6 * 2.7),
        "blocked_doors": 0.0,
    }


def test_nothing_is_reached_where_no_way_leads_in():
    placed = furnish(ROOM, {"bed_1": (0.5, 1.5, 0.25)}, {"bed_1": (1, 1.5, 0.5)})
    score = WalkabilityReward()(Transition.of(placed))
    assert (score.value, score.details["blocked_doors"], score.details["walkable_rate"]) == (0.0, 1.0, 0.0)


def test_things_out_of_the_room_earn_no_more_than_what_is_in_it():
    sizes = {"a_1": (1, 1, 0.5), "b_1": (1, 1, 0.5), "c_1": (1, 1, 0.5), "d_1": (1, 1, 0.5)}
    places = {"a_1": (3.75, 0.5, 0.25), "b_1": (2, 2.5, -0.25), "c_1": (3, 1.5, 2.375), "d_1": (2, 2, 0.125)}
    score = WalkabilityReward()(Transition.of(furnish(ROOM, places, sizes)))
    assert score.per_object == pytest.approx([0.75, 0.0, 0.75, 0.75])


def test_things_on_others_and_on_walls_are_reached_over_what_stands_below():
    table = SceneObject("table_1", "table", (2.4, 0.6, 0.7), yaw=0.0)
    lamp = SceneObject(
        "lamp_1", "lamp", (0.2, 0.2, 0.4), on_floor=False, relations=(Relation("lamp_1", "on", "table_1"),)
    )
    picture = SceneObject("picture_1", "picture", (0.6, 0.04, 0.4), on_floor=False)
    scene = Scene(ROOM, (table, lamp, picture))
    placed = scene.place({"table_1": (2, 2.7, 0.35), "lamp_1": (2, 2.7, 0.9), "picture_1": (2, 2.98, 1.5)})
    assert WalkabilityReward()(Transition.of(placed)).per_object == pytest.approx([1, 1, 1 - (2.96 - 2.245 - 0.65)])


def test_an_object_that_is_not_placed_counts_nothing():
    placed = cut_off()
    partly = placed.scene.place({"shelf_1": (2, 1.5, 0.5)})
    score = WalkabilityReward()(Transition.of(partly))
    assert score.value == 0.5
    assert np.isnan(score.per_object[1])
    assert WalkabilityReward()(Transition.of(placed.scene.place({}))).value == 0.0


def test_options_are_in_the_version():
    assert make_reward("walkability").version == "walkability-1"
    wide = make_reward({"name": "walkability", "radius": 0.3, "cell": 0.02})
    assert wide.version == "walkability-1(radius=0.3, cell=0.02)"
    assert pickle.loads(pickle.dumps(wide)).version == wide.version
    assert wide(Transition.of(cut_off())).details["reached_area"] == pytest.approx(1.3 * 2.4, abs=0.05)
    with pytest.raises(InputError, match="`radius` is -1"):
        make_reward({"name": "walkability", "radius": -1})


def test_what_is_out_of_reach_is_told_with_the_move_that_brings_it_there():
    placed = cut_off()
    found = violations_of(make_reward("walkability"), placed)
    assert [(wrong.kind, wrong.objects, wrong.unit) for wrong in found] == [("unreachable", ("bed_1",), "m")]
    assert found[0].text == "bed_1 is 0.60 m out of reach"
    assert found[0].amount == pytest.approx(3 - 1.745 - 0.65)
    # Over the shelf the robot reaches 0.5 m, so that 0.7 m towards it will do (0.6 lacks half a cell).
    assert found[0].move == (-0.7, 0.0, 0.0)
    better = mended(placed, found[0])
    assert WalkabilityReward().violations(better) == ()
    assert find_violations(better) == ()


def test_no_move_is_told_where_none_helps():
    room = Room.rectangle(4, 1, 2.5, (Opening("door", "west_wall", 0.1, 0.8, 2),))
    sizes = {"wardrobe_1": (1.2, 1, 2), "bed_1": (1.5, 1, 0.5)}
    placed = furnish(room, {"wardrobe_1": (1.4, 0.5, 1), "bed_1": (3.2, 0.5, 0.25)}, sizes)
    found = WalkabilityReward().violations(placed)
    assert [(wrong.objects, wrong.move) for wrong in found] == [(("bed_1",), None)]


def test_what_blocks_a_door_is_told_with_the_move_that_opens_it():
    placed = furnish(
        ROOM, {"bed_1": (0.5, 1.5, 0.25), "box_1": (3, 1, 0.2)}, {"bed_1": (1, 1, 0.5), "box_1": (1, 1, 0.4)}
    )
    first, second, third = WalkabilityReward().violations(placed)
    assert first.objects == ("bed_1", "door_0")
    assert first.text == "bed_1 blocks the way in at door_0 by 0.15 m"
    assert first.amount == pytest.approx(0.15)
    # Half of the robot's way in is enough: 0.3 m of the doorway.
    assert first.move == (0.0, -0.4, 0.0)
    for other in (second, third):
        assert (other.amount, other.move) == (np.inf, None)
        assert other.text.endswith("is out of reach: no way leads in")
    better = mended(placed, first)
    assert walk_in(better).is_open.all()
    assert WalkabilityReward()(Transition.of(better)).value == 1.0


def test_what_blocks_a_door_together_is_told_of_each():
    sizes = {"a_1": (1, 0.6, 0.5), "b_1": (1, 0.6, 0.5), "c_1": (0.5, 0.5, 0.5)}
    placed = furnish(ROOM, {"a_1": (0.5, 1.2, 0.25), "b_1": (0.5, 1.8, 0.25), "c_1": (3, 1, 0.25)}, sizes)
    at_door = [wrong for wrong in WalkabilityReward().violations(placed) if "door_0" in wrong.objects]
    # Each alone would leave the robot a way in beside the other.
    assert [wrong.objects[0] for wrong in at_door] == ["a_1", "b_1"]
    assert walk_in(mended(placed, at_door[0])).is_open.all()
    # A screen in the doorway and a bed behind it: neither alone is what blocks it.
    sizes = {"screen_1": (0.1, 1, 1), "bed_1": (1, 1, 0.5)}
    both = furnish(ROOM, {"screen_1": (0.05, 1.5, 0.5), "bed_1": (0.7, 1.5, 0.25)}, sizes)
    at_door = [wrong for wrong in WalkabilityReward().violations(both) if "door_0" in wrong.objects]
    assert [(wrong.objects[0], wrong.move) for wrong in at_door] == [("screen_1", None), ("bed_1", None)]
    assert [wrong.amount for wrong in at_door] == pytest.approx([0.1, 0.1])


def test_a_fixed_object_has_no_move():
    start = Layout.of({"bed_1": (0.5, 1.5, 0.25)})
    placed = furnish(ROOM, {"bed_1": (0.5, 1.5, 0.25)}, {"bed_1": (1, 1, 0.5)}, start=start, fixed=("bed_1",))
    assert [wrong.move for wrong in WalkabilityReward().violations(placed)] == [None, None]


def test_a_move_rather_keeps_what_stands_on_it_and_its_relations():
    wall = Relation("bed_1", "on", "east_wall")
    shelf, bed = (
        SceneObject("shelf_1", "shelf", (0.2, 2, 1)),
        SceneObject("bed_1", "bed", (1, 1, 0.5), relations=(wall,)),
    )
    side = SceneObject("chest_1", "chest", (0.4, 1, 1))
    scene = Scene(Room.rectangle(5, 3, 2.5, (DOOR,)), (shelf, bed, side))
    placed = scene.place({"shelf_1": (2.5, 1, 0.5), "bed_1": (4.5, 0.5, 0.25), "chest_1": (2.5, 2.5, 0.5)})
    (wrong,) = WalkabilityReward().violations(placed)
    assert wrong.objects == ("bed_1",)
    assert {other.kind for other in find_violations(mended(placed, wrong))} <= {"relation"}


@pytest.mark.parametrize("suite", ["hard", "polygons", "dense"])
def test_every_move_mends(suite):
    reward, rng = WalkabilityReward(), np.random.default_rng(3)
    source = make_tasks(suite)
    moves = 0
    for seed in range(25):
        scene = source.sample(seed)
        poses = dict(scene.witness.poses)
        for item in scene.objects:
            if item.on_floor and rng.random() < 0.5:
                x, y = rng.uniform(0.5, (scene.room.length - 0.5, scene.room.width - 0.5))
                poses[item.id] = Pose(x, y, poses[item.id].z, poses[item.id].yaw)
        placed = scene.place(Layout(tuple(poses.items())))
        before = {wrong.objects for wrong in find_violations(placed) if wrong.kind in ("collision", "out_of_room")}
        for wrong in reward.violations(placed):
            if wrong.move is None:
                continue
            moves += 1
            better = mended(placed, wrong)
            assert all(wrong.objects != other.objects for other in reward.violations(better))
            assert reward(Transition.of(better)).value >= reward(Transition.of(placed)).value
            now = [other.objects for other in find_violations(better) if other.kind in ("collision", "out_of_room")]
            assert not [pair for pair in now if wrong.objects[0] in pair]
            assert {frozenset(pair) for pair in now} <= {frozenset(pair) for pair in before}
    assert moves > 5
