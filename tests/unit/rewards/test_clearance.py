from __future__ import annotations

import pytest

from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.rewards.clearance import ClearanceReward

ROOM = Room.rectangle(
    6, 4, 3, (Opening("door", "south_wall", 1, 1, 2, swing="in"), Opening("door", "wall_1", 1, 1, 2, swing="out"))
)


def thing(name: str, size: tuple[float, float, float], **more: object) -> SceneObject:
    return SceneObject(name, "thing", size, **more)  # type: ignore[arg-type]


def score(places: dict[str, tuple[float, ...]], *objects: SceneObject, room: Room = ROOM) -> Score:
    return ClearanceReward()(Transition.of(Scene(room, objects).place(places)))


@pytest.mark.parametrize(
    ("size", "at", "value"),
    [
        ((1, 1, 1), (4.0, 2.0, 0.5), 1.0),
        ((1, 1, 1), (1.5, 1.0, 0.5), 0.5),
        ((0.2, 0.2, 0.2), (1.5, 0.5, 0.1), 0.0),  # small, wholly in the zone
        ((2, 2, 2.5), (1.5, 1.0, 1.25), 0.0),  # large, fills the zone
        ((2, 2, 1), (1.5, 1.0, 0.5), 0.5),  # large, fills its lower half
        ((1, 1, 1), (5.7, 1.5, 0.5), 1 - 0.6 / 1),  # 0.6 m of passage before the second door
    ],
)
def test_by_hand(size: tuple[float, float, float], at: tuple[float, ...], value: float) -> None:
    assert score({"box": at}, thing("box", size)).value == pytest.approx(value)


def test_the_worst_zone_counts() -> None:
    corner = Room.rectangle(3, 3, 3, (Opening("door", "wall_0", 2, 1, 2), Opening("door", "wall_1", 0, 1, 2)))
    found = score({"box": (2.5, 0.5, 0.5)}, thing("box", (1, 1, 1)), room=corner)
    assert found.value == pytest.approx(1 - 0.6)
    assert found.details["blocked_volume"] == pytest.approx(1.2)
    assert found.details["blocked_openings"] == 2


def test_rugs_and_rooms_without_openings() -> None:
    rug = thing("rug", (1, 1, 0.02), is_rug=True)
    assert score({"rug": (1.5, 0.5, 0.01)}, rug).value == 1.0
    assert score({"box": (1.5, 0.5, 0.5)}, thing("box", (1, 1, 1)), room=Room.rectangle(6, 4, 3)).value == 1.0
    assert score({}, rug).value == 0.0
