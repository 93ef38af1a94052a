"""Engines are told the same bodies and rules as `settle`."""

from __future__ import annotations

import pytest

from spatialenv import Relation, Room, Scene, SceneObject
from spatialenv.core.placed import PlacedScene
from spatialenv.export import physics
from spatialenv.export.physics import make_physics
from spatialenv.physics import settle, worker


def _boxes(*places: tuple[float, float, float], size: float = 1.0) -> PlacedScene:
    items = tuple(SceneObject(id=f"box_{i}", category="box", size=(size,) * 3) for i in range(len(places)))
    room = Room.polygon([(0, 0), (6, 0), (6, 3), (3, 3), (3, 6), (0, 6)], 2.5)
    return Scene(room, items).place({item.id: place for item, place in zip(items, places, strict=True)})


def test_the_figures_are_those_of_settle() -> None:
    assert physics.FRICTION == worker.FRICTION
    assert physics.SMALLEST == settle._SMALLEST


def test_masses_and_least_sizes() -> None:
    found = make_physics(_boxes((1, 1, 0.5), size=1.0)).objects
    assert found.masses.tolist() == [200.0]
    thin = make_physics(_boxes((1, 1, 0.5), size=1e-4)).objects
    assert thin.sizes.tolist() == [[0.002] * 3]
    assert thin.masses[0] == pytest.approx(200 * 0.002**3)


def test_what_hangs_has_no_mass() -> None:
    relation = Relation("painting_1", "on", "north_wall")
    item = SceneObject(
        id="painting_1", category="painting", size=(0.8, 0.04, 0.6), on_floor=False, relations=(relation,)
    )
    scene = Scene(Room.rectangle(4, 3, 2.5), (item,))
    assert make_physics(scene.place({"painting_1": (2, 2.98, 1.5, 3.141592653589793)})).objects.masses.tolist() == [0.0]
    assert make_physics(scene.place({"painting_1": (2, 1.5, 1.5)})).objects.masses[0] > 0.0


@pytest.mark.parametrize(
    ("places", "apart", "overlapping"),
    [
        (((1, 1, 0.5), (2, 1, 0.5)), (), ()),  # they touch
        (((1, 1, 0.5), (1.9995, 1, 0.5)), (), ()),  # a film of half a millimetre
        (((1, 1, 0.5), (1.9, 1, 0.5)), (), ((0, 1),)),
        (((1, 1, 0.5), (1, 1, 1.4)), (), ((0, 1),)),
        (((1, 1, 0.5), (1, 1, 1.4995)), (), ()),
        (((1, 1, 0.5), (1.4, 1, 0.5)), ((0, 1),), ()),  # more than half
    ],
)
def test_pairs(
    places: tuple[tuple[float, float, float], ...],
    apart: tuple[tuple[int, int], ...],
    overlapping: tuple[tuple[int, int], ...],
) -> None:
    found = make_physics(_boxes(*places))
    assert found.apart == apart
    assert found.overlapping == overlapping


def test_the_floor_bears_what_is_above_it_at_the_start() -> None:
    found = make_physics(_boxes((1, 1, 0.5), (4.5, 4.5, 0.5), (-3, 1, 0.5), (5, 1, -0.1), (1, 4, 0.3)))
    assert found.unborne == (1, 2, 3)  # the missing corner, outside, below the floor
    assert found.sunken == (4,)


def test_a_wall_lets_through_what_stands_in_it() -> None:
    found = make_physics(_boxes((1, 0.495, 0.5), (3, 0.4, 0.5)))
    assert [(i, found.walls.names[j]) for i, j in found.through] == [(1, "wall_0")]
