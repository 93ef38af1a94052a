import math

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.core.usability.balance import free_floor_in
from spatialenv.core.violations import find_violations
from spatialenv.rewards import BalanceReward, make_reward, violations_of
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import mended

ROOM = Room.rectangle(6, 4, 3)
SPREAD = math.sqrt((36 + 16) / 12)


def furnish(places: dict[str, tuple], sizes: dict[str, tuple], **more) -> PlacedScene:
    objects = tuple(SceneObject(name, name[:-2], size, yaw=0.0) for name, size in sizes.items())
    return Scene(ROOM, objects, **more).place(places)


def test_the_value_is_that_of_the_free_floor():
    score = BalanceReward()(Transition.of(furnish({"bed_1": (1, 2, 0.5)}, {"bed_1": (2, 4, 1)})))
    assert score.value == pytest.approx(1 - 1 / SPREAD)
    assert score.per_object == pytest.approx([1 - 1 / SPREAD])
    assert score.details == pytest.approx(
        {"offset": 1.0, "spread": SPREAD, "balance": 1 - 1 / SPREAD, "free_area": 16.0, "inside": 1.0}
    )


def test_each_object_answers_for_what_it_adds():
    placed = furnish({"a_1": (0.5, 2, 0.5), "b_1": (5, 2, 0.5)}, {"a_1": (1, 4, 1), "b_1": (2, 4, 1)})
    score = BalanceReward()(Transition.of(placed))
    assert score.value == pytest.approx(1 - 0.5 / SPREAD)
    assert score.per_object == pytest.approx([1.0, 1.0])
    alone = furnish({"a_1": (0.5, 2, 0.5), "b_1": (2, 2, 0.5)}, {"a_1": (1, 4, 1), "b_1": (2, 4, 1)})
    assert BalanceReward()(Transition.of(alone)).per_object == pytest.approx([1 - 1.0 / SPREAD, 1 - 1.0 / SPREAD])


def test_what_is_outside_or_not_placed_does_not_pay():
    sizes = {"a_1": (1, 1, 1), "b_1": (1, 1, 1)}
    reward = BalanceReward()
    assert reward(Transition.of(furnish({}, sizes))).value == 0.0
    assert reward(Transition.of(furnish({"a_1": (20, 2, 0.5), "b_1": (3, 2, -1)}, sizes))).value == 0.0
    assert reward(Transition.of(furnish({"a_1": (3, 2, 0.5)}, sizes))).value == pytest.approx(0.5)
    half = reward(Transition.of(furnish({"a_1": (3, 2, 0.5), "b_1": (3, 2, 0.0)}, sizes)))
    assert half.value == pytest.approx(0.75)
    assert half.per_object == pytest.approx([1.0, 0.5])
    assert reward(Transition.of(Scene(ROOM, ()).place({}))).value == 1.0


def test_a_floor_without_a_free_place_scores_nothing():
    full = furnish({"bed_1": (3, 2, 0.5)}, {"bed_1": (6, 4, 1)})
    assert BalanceReward()(Transition.of(full)).value == 0.0
    assert [wrong.move for wrong in BalanceReward().violations(full)] == []


def test_a_small_offset_is_not_told():
    assert BalanceReward().violations(furnish({"bed_1": (2.5, 2, 0.5)}, {"bed_1": (1, 1, 1)})) == ()


def test_what_lies_askew_is_told_with_the_shortest_move_that_halves_it():
    placed = furnish({"bed_1": (1, 2, 0.5)}, {"bed_1": (2, 4, 1)})
    (wrong,) = violations_of(make_reward("balance"), placed)
    assert (wrong.kind, wrong.objects, wrong.unit) == ("unbalanced", ("bed_1",), "m")
    assert wrong.amount == pytest.approx(1.0)
    assert wrong.text == "bed_1 puts the middle of the free floor 1.00 m further off the middle of the room"
    # The offset is half of the bed's distance from the middle, 2 m: 1 m closer halves it.
    assert wrong.move == (1.0, 0.0, 0.0)
    assert free_floor_in(mended(placed, wrong)).imbalance == pytest.approx(0.5)


def test_the_one_or_two_that_add_most_are_told():
    sizes = {"a_1": (1, 1, 1), "b_1": (2, 1.4, 1), "c_1": (2, 1.4, 1), "d_1": (2, 1.2, 1)}
    places = {"a_1": (5, 0.5, 0.5), "b_1": (1, 0.7, 0.5), "c_1": (1, 2.1, 0.5), "d_1": (1, 3.4, 0.5)}
    placed = furnish(places, sizes)
    found = BalanceReward().violations(placed)
    assert 1 <= len(found) <= 2
    assert found[0].objects[0] in ("b_1", "c_1", "d_1")
    settled = placed
    for wrong in found:
        assert free_floor_in(mended(placed, wrong)).imbalance < free_floor_in(placed).imbalance
        before, settled = free_floor_in(settled).imbalance, mended(settled, wrong)
        assert free_floor_in(settled).imbalance < before
    assert not [wrong for wrong in find_violations(settled) if wrong.kind in ("collision", "out_of_room")]


def test_what_cannot_move_is_told_without_a_move():
    start = Layout.of({"bed_1": (1, 2, 0.5)})
    placed = furnish({"bed_1": (1, 2, 0.5)}, {"bed_1": (2, 4, 1)}, start=start, fixed=("bed_1",))
    assert [(wrong.objects, wrong.move) for wrong in BalanceReward().violations(placed)] == [(("bed_1",), None)]


def test_a_move_along_the_wall_is_preferred_to_one_off_it():
    wall = (Relation("bed_1", "on", "south_wall"),)
    scene = Scene(ROOM, (SceneObject("bed_1", "bed", (2.5, 2.5, 0.5), relations=wall),))
    (wrong,) = BalanceReward().violations(scene.place({"bed_1": (1.25, 1.25, 0.25)}))
    assert wrong.move[1] == 0.0
    assert wrong.move[0] > 0.5


@pytest.mark.parametrize("suite", ["hard", "polygons"])
def test_every_move_evens_out(suite):
    reward, source, moves = BalanceReward(), make_tasks(suite), 0
    for seed in range(12):
        scene = source.sample(seed)
        placed = scene.place(scene.witness)
        for wrong in reward.violations(placed):
            if wrong.move is not None:
                moves += 1
                better = mended(placed, wrong)
                assert free_floor_in(better).imbalance < free_floor_in(placed).imbalance
                assert reward(Transition.of(better)).value > reward(Transition.of(placed)).value
                kinds = {other.kind for other in find_violations(better)}
                assert not kinds & {"collision", "out_of_room"}
    assert moves > 5


def test_values_are_the_same_in_any_order():
    rng = np.random.default_rng(0)
    names = [f"box_{i}" for i in range(8)]
    sizes = {name: tuple(rng.uniform(0.3, 1.2, 3)) for name in names}
    places = {name: tuple(rng.uniform((0, 0, 0.2), (6, 4, 1))) for name in names}
    first = BalanceReward()(Transition.of(furnish(places, sizes)))
    second = BalanceReward()(Transition.of(furnish(places, dict(reversed(sizes.items())))))
    assert first.value == second.value
    assert np.array_equal(first.per_object, second.per_object[::-1])
