"""More of a fault never scores more: penetration, overhang, gap, distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.rewards import make_reward

ROOM = Room.rectangle(6, 4, 3)
SIDES = st.floats(0.2, 1.5)
STEPS = 25


def falls(name: str, scene: Scene, places: list[dict[str, tuple[float, ...]]]) -> np.ndarray:
    """Return the scores of layouts, known to fall or stay, and to fall altogether."""
    reward = make_reward(name)
    values = np.array([score.value for score in reward.batch([Transition.of(scene.place(p)) for p in places])])
    assert (np.diff(values) <= 1e-12).all()
    assert values[-1] < values[0]
    return values


@pytest.mark.parametrize("name", ["collision", "physics"])
@given(st.tuples(SIDES, SIDES, SIDES), st.tuples(SIDES, SIDES, SIDES), st.floats(-3, 3))
def test_penetration(name: str, first: tuple[float, ...], second: tuple[float, ...], yaw: float) -> None:
    boxes = (SceneObject("box_1", "box", first, yaw=0.0), SceneObject("box_2", "box", second, yaw=yaw))  # type: ignore[arg-type]
    reach = (first[0] + float(np.hypot(second[0], second[1]))) / 2
    places = [
        {"box_1": (3.0, 2.0, first[2] / 2), "box_2": (3.0 + reach * (1 - share), 2.0, second[2] / 2)}
        for share in np.linspace(0, 1, STEPS)
    ]
    values = falls(name, Scene(ROOM, boxes), places)
    assert values[0] == 1.0


@pytest.mark.parametrize("name", ["boundary", "physics"])
@given(st.tuples(SIDES, SIDES, SIDES), st.floats(-3, 3))
def test_leaving_the_room(name: str, size: tuple[float, float, float], yaw: float) -> None:
    reach = float(np.hypot(size[0], size[1])) / 2
    scene = Scene(ROOM, (SceneObject("box_1", "box", size, yaw=yaw),))
    falls(name, scene, [{"box_1": (x, 2.0, size[2] / 2)} for x in np.linspace(reach, -reach, STEPS)])


@pytest.mark.parametrize("name", ["support", "physics"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_gap_over_the_floor_and_sinking(name: str, sign: int) -> None:
    scene = Scene(ROOM, (SceneObject("box_1", "box", (0.5, 0.5, 1.0)),))
    values = falls(name, scene, [{"box_1": (3.0, 2.0, 0.5 + sign * gap)} for gap in np.linspace(0, 0.6, STEPS)])
    assert len(set(values.round(9).tolist())) > STEPS // 2


@pytest.mark.parametrize("name", ["support", "physics"])
def test_overhang(name: str) -> None:
    table = SceneObject("table_1", "table", (1.0, 1.0, 0.8))
    vase = SceneObject("vase_1", "vase", (0.2, 0.2, 0.3), on_floor=False)
    places = [{"table_1": (2.0, 2.0, 0.4), "vase_1": (2.0 + x, 2.0, 0.95)} for x in np.linspace(0.3, 0.59, STEPS)]
    falls(name, Scene(ROOM, (table, vase)), places)


@pytest.mark.parametrize("name", ["constraint", "physics"])
@pytest.mark.parametrize(
    ("preposition", "target"), [("on", "west_wall"), ("right of", "table_1"), ("in front", "table_1")]
)
def test_distance_to_where_a_relation_holds(name: str, preposition: str, target: str) -> None:
    table = SceneObject("table_1", "table", (1.0, 1.0, 0.8), yaw=0.0)
    stool = SceneObject("stool_1", "stool", (0.4, 0.4, 0.4), relations=(Relation("stool_1", preposition, target),))
    direction = {"on": (1, 0), "right of": (1, 0), "in front": (0, 1)}[preposition]
    start = {"on": (0.2, 3.0), "right of": (2.7, 2.0), "in front": (2.0, 2.7)}[preposition]
    places = [
        {"table_1": (2.0, 2.0, 0.4), "stool_1": (start[0] + d * direction[0], start[1] + d * direction[1], 0.2)}
        for d in np.linspace(0, 1.0, STEPS)
    ]
    values = falls(name, Scene(ROOM, (table, stool)), places)
    assert values[0] == 1.0


def test_touching_by_an_epsilon_is_free_and_a_millimetre_is_not() -> None:
    boxes = tuple(SceneObject(f"box_{i}", "box", (1.0, 1.0, 1.0)) for i in (1, 2))
    scene, reward = Scene(ROOM, boxes), make_reward("physics")

    def value(gap: float) -> float:
        return reward(Transition.of(scene.place({"box_1": (1.0, 2.0, 0.5), "box_2": (2.0 + gap, 2.0, 0.5)}))).value

    assert value(0.0) == value(1e-9) == value(0.5) == 1.0
    assert value(-1e-9) == pytest.approx(1.0, abs=1e-8)
    assert value(-1e-3) < 1.0
    assert value(-1e-3) == pytest.approx(0.1 + 0.9 * (1 - 1e-3), abs=1e-9)
