from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.rewards import AlignmentReward
from spatialenv.rewards.base import violations_of
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import mended, shuffled

ROOM = Room.rectangle(6, 4, 3)
HOUSE = Room.polygon([(0, 0), (6, 0), (6, 3), (3, 6), (0, 3)], 3)


def thing(name: str, category: str, size: tuple[float, float, float] = (1, 1, 1), **more: object) -> SceneObject:
    return SceneObject(name, category, size, **more)  # type: ignore[arg-type]


def score(places: dict[str, tuple[float, ...]], *objects: SceneObject, room: Room = ROOM) -> Score:
    return AlignmentReward()(Transition.of(Scene(room, objects).place(places)))


def test_by_hand() -> None:
    desk, chair = thing("desk_1", "desk"), thing("chair_1", "chair")
    found = score({"desk_1": (3, 2, 0.5, math.radians(23.5)), "chair_1": (4.3, 2, 0.5, 0.3)}, desk, chair)
    assert found.per_object == pytest.approx([0.5, 1.0])
    assert found.details == pytest.approx({"mean_turn": 23.5, "misaligned": 1})
    assert score({}, desk).value == 0.0
    assert score({"chair_1": (3, 2, 0.5, 0.3)}, chair).details == {"mean_turn": 0.0, "misaligned": 0.0}


def test_a_slanted_wall() -> None:
    desk = thing("desk_1", "desk")
    assert score({"desk_1": (4, 4, 0.5, math.radians(135))}, desk, room=HOUSE).value == 1.0
    assert score({"desk_1": (4, 4, 0.5, math.radians(180))}, desk, room=HOUSE).value == pytest.approx(0, abs=1e-9)


def test_violations_by_hand() -> None:
    desk = thing("desk_1", "desk")
    placed = Scene(ROOM, (desk,)).place({"desk_1": (3, 2, 0.5, math.radians(100))})
    (wrong,) = violations_of(AlignmentReward(), placed)
    assert (wrong.kind, wrong.objects, wrong.unit, wrong.move) == ("misaligned", ("desk_1",), "deg", None)
    assert wrong.amount == pytest.approx(10)
    assert wrong.turn == pytest.approx(math.radians(-10))
    assert wrong.text == "desk_1 stands 10 degrees askew to the nearest wall"
    assert violations_of(AlignmentReward(), mended(placed, wrong)) == ()
    assert AlignmentReward().violations(Scene(ROOM, (desk,)).place({})) == ()
    assert AlignmentReward().violations(Scene(ROOM, (desk,)).place({"desk_1": (3, 2, 0.5, 0.03)})) == ()


def test_no_turn_for_what_stays_or_has_a_yaw_of_its_own() -> None:
    desk = thing("desk_1", "desk", yaw=0.3)
    (wrong,) = AlignmentReward().violations(Scene(ROOM, (desk,)).place({"desk_1": (3, 2, 0.5)}))
    assert wrong.turn is None
    start = Layout.of({"desk_1": (3, 2, 0.5, 0.3)})
    (wrong,) = AlignmentReward().violations(Scene(ROOM, (desk,), start=start, fixed=("desk_1",)).place(start))
    assert wrong.turn is None


def test_turns_mend() -> None:
    rng, reward, told = np.random.default_rng(5), AlignmentReward(), 0
    for name in ("rotation", "polygons"):
        for seed in range(6):
            placed = shuffled(make_tasks(name).sample(seed), rng)
            for wrong in reward.violations(placed):
                if wrong.turn is None:
                    continue
                told += 1
                after = mended(placed, wrong)
                assert wrong.objects[0] not in [again.objects[0] for again in reward.violations(after)]
    assert told > 10
