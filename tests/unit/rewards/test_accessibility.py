from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.core.violations import find_violations
from spatialenv.errors import InputError
from spatialenv.rewards import AccessibilityReward, make_reward
from spatialenv.rewards.base import violations_of
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import mended, shuffled, witness

ROOM = Room.rectangle(6, 4, 3)
DESK = SceneObject("desk_1", "desk", (1, 1, 0.8))


def thing(name: str, category: str, size: tuple[float, float, float] = (1, 1, 1), **more: object) -> SceneObject:
    return SceneObject(name, category, size, **more)  # type: ignore[arg-type]


def score(places: dict[str, tuple[float, ...]], *objects: SceneObject, room: Room = ROOM) -> Score:
    return AccessibilityReward()(Transition.of(Scene(room, objects).place(places)))


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ((3, 2, 0.4), 1.0),
        ((3, 3.2, 0.4), 0.5),  # 0.3 m to the wall
        ((3, 3.5, 0.4), 0.0),
        ((3, 3.5, 0.4, math.pi), 1.0),  # its front looks into the room
        ((3, 3.2, 0.4, math.pi / 2), 1.0),
        ((3, 2, 0.95), 0.0),  # floats
        ((3, 4.2, 0.4), 0.0),
    ],
)
def test_by_hand(at: tuple[float, ...], value: float) -> None:
    assert score({"desk_1": at}, DESK).value == pytest.approx(value)


def test_what_stands_before_it() -> None:
    places = {"desk_1": (3, 1, 0.4), "other": (3.5, 2.3, 0.5)}  # half of the front, 0.3 m away
    found = score(places, DESK, thing("other", "box"))
    assert found.per_object == pytest.approx([0.75, 1.0])
    assert found.details == pytest.approx({"missing_depth": 0.15, "inaccessible": 1})
    assert score(places, DESK, thing("other", "office chair")).per_object[0] == 1.0  # type: ignore[index]
    rug = thing("other", "rug", (1, 1, 0.02), is_rug=True)
    assert score({**places, "other": (3.5, 2.3, 0.01)}, DESK, rug).value == 1.0


def test_the_best_side_counts() -> None:
    table = thing("table_1", "table")
    assert score({"table_1": (0.5, 0.5, 0.5)}, table, room=Room.rectangle(1, 1.3, 3)).value == pytest.approx(0.5)


def test_what_is_used_from_no_side_and_what_is_not_placed() -> None:
    plant = thing("plant_1", "plant")
    assert score({"plant_1": (0.5, 3.5, 2)}, plant).value == 1.0
    assert score({}, plant).value == 0.0


def test_another_depth() -> None:
    reward = make_reward({"name": "accessibility", "depth": 1.2})
    assert reward.version == "accessibility-1(depth=1.2)"
    assert reward(Transition.of(Scene(ROOM, (DESK,)).place({"desk_1": (3, 2.9, 0.4)}))).value == pytest.approx(0.5)
    assert make_reward({"name": "accessibility", "depth": 0.6}).version == "accessibility-1"
    for wrong in (0, -1, math.inf, "deep", None, True):
        with pytest.raises(InputError, match="`depth`"):
            AccessibilityReward(wrong)  # type: ignore[arg-type]


def test_violations_by_hand() -> None:
    placed = Scene(ROOM, (DESK,)).place({"desk_1": (3, 3.2, 0.4)})
    (wrong,) = violations_of(AccessibilityReward(), placed)
    assert (wrong.kind, wrong.objects, wrong.unit) == ("inaccessible", ("desk_1",), "m")
    assert wrong.amount == pytest.approx(0.3)
    assert wrong.text == "desk_1 has 0.30 m free at its front, 0.6 m are needed"
    assert wrong.move == pytest.approx((0, -0.3, 0))
    assert violations_of(AccessibilityReward(), mended(placed, wrong)) == ()
    (wrong,) = violations_of(AccessibilityReward(), Scene(ROOM, (DESK,)).place({"desk_1": (3, 2, 2)}))
    assert wrong.text == "desk_1 cannot be used: its middle is off the floor or in another object, or it floats"
    assert wrong.move == pytest.approx((0, 0, -1.6))
    assert AccessibilityReward().violations(Scene(ROOM, (DESK,)).place({})) == ()


def test_a_fixed_object_has_no_move() -> None:
    start = Layout.of({"desk_1": (3, 3.2, 0.4)})
    (wrong,) = AccessibilityReward().violations(Scene(ROOM, (DESK,), start=start, fixed=("desk_1",)).place(start))
    assert wrong.move is None


def test_moves_mend_or_ease() -> None:
    rng, reward, told = np.random.default_rng(5), AccessibilityReward(), 0
    for source in (make_tasks("hard"), make_tasks("polygons")):
        for seed in range(4):
            sound = witness(source.sample(seed))
            for placed in (sound, shuffled(source.sample(seed), rng)):
                for wrong in reward.violations(placed):
                    if wrong.move is None:
                        continue
                    told += 1
                    after = mended(placed, wrong)
                    left = {again.objects[0]: again.amount for again in reward.violations(after)}
                    assert left.get(wrong.objects[0], 0.0) < wrong.amount - 1e-9
                    if placed is sound:  # else it may be told to move for other reasons
                        assert reward(Transition.of(after)).value > reward(Transition.of(placed)).value
                        assert len(find_violations(after)) == 0
    assert told > 10
