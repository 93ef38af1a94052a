from __future__ import annotations

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.core.usability.access import side_shares
from spatialenv.core.violations import find_violations
from spatialenv.rewards import FunctionalClearanceReward
from spatialenv.rewards.base import violations_of
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import mended, shuffled, witness

ROOM = Room.rectangle(6, 4, 3)


def thing(name: str, category: str, size: tuple[float, float, float] = (1, 1, 1), **more: object) -> SceneObject:
    return SceneObject(name, category, size, **more)  # type: ignore[arg-type]


def score(places: dict[str, tuple[float, ...]], *objects: SceneObject, room: Room = ROOM) -> Score:
    return FunctionalClearanceReward()(Transition.of(Scene(room, objects).place(places)))


@pytest.mark.parametrize(
    ("category", "value"),
    [
        ("fridge", 0.5 / 1.07),  # 0.5 m to the north wall
        ("wardrobe", 0.5 / 0.91),
        ("desk", 0.5 / 0.76),
        ("gizmo", 0.5 / 0.6),
        ("bed", 1.0),  # a long side is free
        ("dining table", 1.0),  # two of four sides are
        ("plant", 1.0),
    ],
)
def test_by_category(category: str, value: float) -> None:
    assert score({"it": (3, 3, 0.5)}, thing("it", category)).value == pytest.approx(value)


def test_a_bed_needs_one_long_side() -> None:
    bed = thing("bed_1", "bed", (1, 2, 0.5))
    assert score({"bed_1": (0.5, 1, 0.25)}, bed).value == 1.0
    tight = Room.rectangle(1.38, 4, 3)  # 0.1 m at its left, 0.28 m at its right, of 0.56
    assert score({"bed_1": (0.6, 1, 0.25)}, bed, room=tight).value == pytest.approx(0.5)


def test_a_table_needs_two_sides() -> None:
    table = thing("table_1", "dining table")
    nook = Room.rectangle(1.4, 1.1, 3)  # 0.2 m at each end, 0.05 m along the others, of 0.81
    assert score({"table_1": (0.7, 0.55, 0.5)}, table, room=nook).value == pytest.approx(0.2 / 0.81)


def test_what_belongs_there_is_not_in_the_way() -> None:
    desk = thing("desk_1", "desk")
    places = {"desk_1": (3, 1, 0.5), "other": (3, 2.4, 0.5)}  # 0.4 m before it, right across
    assert score(places, desk, thing("other", "chair")).per_object[0] == 1.0  # type: ignore[index]
    found = score(places, desk, thing("other", "plant"))
    assert found.per_object == pytest.approx([0.4 / 0.76, 1.0])
    assert found.details == pytest.approx({"missing_area": 0.36, "cramped": 1})


def test_violations_by_hand() -> None:
    desk, plant = thing("desk_1", "desk"), thing("plant_1", "plant")
    placed = Scene(ROOM, (desk, plant)).place({"desk_1": (3, 1, 0.5), "plant_1": (3, 2.4, 0.5)})
    (wrong,) = violations_of(FunctionalClearanceReward(), placed)
    assert (wrong.kind, wrong.objects, wrong.unit) == ("cramped", ("desk_1", "plant_1"), "m2")
    assert wrong.amount == pytest.approx(0.36)
    assert wrong.text == "desk_1 lacks 0.36 m2 of the 0.76 m2 it needs at its front, mostly because of plant_1"
    placed = Scene(ROOM, (desk,)).place({"desk_1": (3, 3.5, 0.5)})
    (wrong,) = violations_of(FunctionalClearanceReward(), placed)
    assert wrong.objects == ("desk_1",)
    assert wrong.text == "desk_1 lacks 0.76 m2 of the 0.76 m2 it needs at its front"
    assert wrong.move == pytest.approx((0, -0.8, 0))
    assert FunctionalClearanceReward().violations(Scene(ROOM, (desk,)).place({})) == ()


def test_moves_mend_or_ease() -> None:
    rng, reward, told = np.random.default_rng(5), FunctionalClearanceReward(), 0
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


def test_who_is_in_the_way_is_found_by_looking_at_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, ...]] = []

    def counted(centers: np.ndarray, *arrays: object, **more: object) -> np.ndarray:
        sizes.append(np.shape(centers))
        return side_shares(centers, *arrays, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("spatialenv.rewards.functional_clearance.side_shares", counted)
    rng = np.random.default_rng(0)
    planks = tuple(thing(f"desk_{i}", "desk", (6, 0.05, 1)) for i in range(40))
    places = {plank.id: (*rng.uniform(0, 4, 2), 0.5, rng.uniform(0, 3)) for plank in planks}
    wrong = FunctionalClearanceReward().violations(Scene(ROOM, planks).place(places))
    assert len(sizes) == len(wrong) > 10
    assert set(sizes) == {(41, 2, 3)}
