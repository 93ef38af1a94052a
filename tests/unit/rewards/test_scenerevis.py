"""SceneReVis's terms, stages and tolerances by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards.scenerevis import (
    MAPS,
    SceneReVisReward,
    outside_volumes,
    piecewise,
    supported,
)

ROOM = Room.rectangle(8, 4, 3)


def row_of_cubes(n: int, gap: float = 0.5, shift: float = 0.0) -> Transition:
    """Cubes of 1 m in a row; the first two are `gap` apart, the others 0.5 m."""
    objects = tuple(SceneObject(f"cube_{i}", "cube", (1, 1, 1)) for i in range(n))
    places = {f"cube_{i}": (0.5 + 1.5 * i - (0.5 - gap if i else 0) + shift, 2, 0.5) for i in range(n)}
    return Transition.of(Scene(ROOM, objects).place(places))


@pytest.mark.parametrize(
    ("figure", "value", "term"),
    [
        ("collision_rate", 0, 1.0),
        ("collision_rate", 20, 0.5),
        ("collision_rate", 72.5, -0.5),
        ("out_of_bounds_rate", 5, 0.75),
        ("out_of_bounds_rate", 30, 0.0),
        ("total_penetration_depth", 0.2, 0.25),
        ("total_penetration_depth", 5.0, -1.0),
        ("total_oob_volume", 1.5, -0.75),
        ("unsupported_rate", 5, 0.5),
        ("unsupported_rate", 55, -0.5),
    ],
)
def test_maps(figure: str, value: float, term: float) -> None:
    assert piecewise(value, MAPS[figure]) == pytest.approx(term)


def test_the_last_turn_by_hand() -> None:
    # Two of four collide, 5 cm deep: a rate of 50 % is 5 / 55 of the way from 0 to -1; 0.05 m is half-way from 1 to
    # 0.5.
    score = SceneReVisReward()(row_of_cubes(4, gap=-0.05))
    assert score.details["components"] == pytest.approx(
        {
            "format": 1.0,
            "collision_rate": -1 / 11,
            "out_of_bounds_rate": 1.0,
            "total_penetration_depth": 0.75,
            "total_oob_volume": 1.0,
            "unsupported_rate": 1.0,
        }
    )
    assert score.value == pytest.approx(0.1 - 0.08 / 11 + 0.07 + 0.05 * 0.75 + 0.05 + 0.05)
    assert score.details["mean_penetration_depth"] == pytest.approx(0.05)


def test_stages() -> None:
    turn = row_of_cubes(4, gap=-0.05)
    unread = replace(turn, parsed=replace(turn.parsed, format_level=0.5))
    assert SceneReVisReward(stage="first")(turn).value == 1.0
    assert SceneReVisReward(stage="first")(unread).value == 0.0
    middle = 0.1 * (1 - 1 / 11 + 1 + 0.75 + 1)
    assert SceneReVisReward(stage="middle")(turn).value == pytest.approx(middle)
    last = SceneReVisReward()(turn).value
    three = SceneReVisReward(stage="auto", turns=3)
    assert [three(replace(turn, turn=k)).value for k in range(3)] == pytest.approx([1.0, middle, last])
    assert SceneReVisReward(stage="auto")(replace(turn, turn=9)).details["stage"] == "middle"


def test_fewer_than_four_objects_are_worth_nothing_at_the_end() -> None:
    assert SceneReVisReward()(row_of_cubes(3)).value == -1.0
    assert SceneReVisReward()(row_of_cubes(4)).value == pytest.approx(0.4)
    assert SceneReVisReward(stage="middle")(row_of_cubes(3)).value == pytest.approx(0.5)
    assert SceneReVisReward(least_objects=3)(row_of_cubes(3)).value == pytest.approx(0.4)


@pytest.mark.parametrize(("tolerance", "depth", "counts"), [(0.01, 0.009, 0), (0.01, 0.011, 2), (0.0, 0.001, 2)])
def test_the_tolerance_of_a_contact(tolerance: float, depth: float, counts: int) -> None:
    score = SceneReVisReward(tolerance=tolerance)(row_of_cubes(4, gap=-depth))
    assert score.details["collision_rate"] == pytest.approx(100 * counts / 4)


def test_the_volume_out_of_bounds_is_that_of_the_surface() -> None:
    # 0.1 m beyond the west wall: one face of 1 m2 and 4 x 0.1 m2 of 6 m2, 0.233 of 1 m3; of 500 points one standard
    # deviation is 0.019.
    placed = row_of_cubes(4, shift=-0.1).placed
    assert outside_volumes(placed) == pytest.approx([1.4 / 6, 0, 0, 0], abs=0.04)
    assert SceneReVisReward()(Transition.of(placed)).details["out_of_bounds_rate"] == 25.0


@pytest.mark.parametrize(("z", "outside"), [(0.5, False), (0.4995, False), (0.49, True), (2.5, False), (2.51, True)])
def test_floor_and_ceiling_bound_it_too(z: float, outside: bool) -> None:
    placed = Scene(ROOM, (SceneObject("cube", "cube", (1, 1, 1)),)).place({"cube": (4, 2, z)})
    assert (outside_volumes(placed)[0] > 0) == outside


def test_support() -> None:
    on = {
        name: (Relation(name, "on", target),)
        for name, target in (("lamp", "table"), ("shelf", "west_wall"), ("light", "ceiling"))
    }
    objects = (
        SceneObject("table", "table", (2, 1, 0.8)),
        SceneObject("lamp", "lamp", (0.2, 0.2, 0.4), on_floor=False, relations=on["lamp"]),
        SceneObject("shelf", "shelf", (1, 0.2, 0.5), on_floor=False, relations=on["shelf"]),
        SceneObject("light", "light", (0.4, 0.4, 0.3), on_floor=False, relations=on["light"]),
    )
    scene = Scene(ROOM, objects)

    def held(**changes: tuple[float, ...]) -> list[bool]:
        places = {"table": (3, 2, 0.4), "lamp": (3, 2, 1.0), "shelf": (0.1, 2, 1.5), "light": (3, 2, 2.85)}
        return supported(scene.place(places | changes)).tolist()

    assert held() == [True] * 4
    assert held(table=(3, 2, 0.449)) == [True] * 4
    assert held(table=(3, 2, 0.451))[0] is False
    assert held(lamp=(3, 2, 1.049))[1] is True
    assert held(lamp=(3, 2, 1.051))[1] is False
    assert held(lamp=(4.09, 2, 1.0))[1] is True  # by its edge
    assert held(lamp=(4.11, 2, 1.0))[1] is False
    # Turned by a quarter the table is 2 m wide along y, but is looked at as if it were not turned.
    assert held(table=(3, 2, 0.4, math.pi / 2), lamp=(3, 2.9, 1.0))[1] is False
    assert held(shelf=(0.149, 2, 1.5))[2] is True
    assert held(shelf=(0.151, 2, 1.5))[2] is False  # though it may be 0.3 m deep and touch the wall
    assert held(light=(3, 2, 2.26))[3] is True  # its top is above 2.4 m
    assert held(light=(3, 2, 2.24))[3] is False


def test_values_stay_in_their_ranges() -> None:
    rng = np.random.default_rng(0)
    scene = row_of_cubes(5).placed.scene
    bounds = {"first": 1.0, "middle": 0.5, "final": 0.4}
    for _ in range(30):
        placed = scene.place({name: rng.uniform(-2, 6, 3) for name in scene.ids})
        for stage, bound in bounds.items():
            assert abs(SceneReVisReward(stage=stage)(Transition.of(placed)).value) <= bound + 1e-9  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"stage": "last"}, {"turns": 1}, {"tolerance": -1}, {"least_objects": math.inf}])
def test_wrong_options_are_refused(options: dict) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        SceneReVisReward(**options)
