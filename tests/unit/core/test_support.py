import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import WALLS, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.support import SupportState, lies_flat, stands_on_floor, support_scores, support_states

ROOM = Room.rectangle(6, 4, 3)
Place = tuple[float, ...]


def thing(name: str, size: tuple[float, float, float], *, on: str | None = None, **more: object) -> SceneObject:
    relations = () if on is None else (Relation(name, "on", on),)
    return SceneObject(id=name, category="thing", size=size, relations=relations, **more)  # type: ignore[arg-type]


def state(places: dict[str, Place], *objects: SceneObject) -> SupportState:
    """The support of the last object."""
    return support_states(Scene(ROOM, objects).place(places))[-1]


TABLE = thing("table", (2, 1, 0.75))
LAMP = thing("lamp", (0.4, 0.4, 0.5), on_floor=False)


@pytest.mark.parametrize(
    ("z", "score", "gap", "why"),
    [
        (0.5, 1.0, 0.0, "it stands"),
        (0.51, 1.0, 0.01, "a centimetre counts as standing"),
        (0.49, 1.0, -0.01, "and so does one of sinking"),
        (0.755, 0.5, 0.255, "half way from 1 cm to 50 cm"),
        (0.245, 0.5, -0.255, "sinking costs the same"),
        (1.0, 0.0, 0.5, "half a metre is the end"),
        (2.5, 0.0, 2.0, "and stays so"),
    ],
)
def test_an_object_on_the_floor_by_height(z: float, score: float, gap: float, why: str) -> None:
    found = state({"box": (3, 2, z)}, thing("box", (1, 1, 1)))
    assert found.score == pytest.approx(score, abs=1e-6), why
    assert found.gap == pytest.approx(gap)
    assert found.is_supported == (score == 1.0)
    assert found.surface == "floor"
    assert found.move is None if score == 1.0 else found.move == pytest.approx((0, 0, 0.5 - z))


def test_an_object_that_stands_on_the_floor_is_not_held_by_a_table() -> None:
    found = state({"table": (3, 2, 0.375), "box": (3, 2, 1.25)}, TABLE, thing("box", (1, 1, 1)))
    assert (found.score, found.gap, found.surface) == (0.0, 0.75, "floor")


@pytest.mark.parametrize(("z", "is_supported"), [(0.5, True), (0.51, True), (0.52, True), (0.53, True), (0.54, False)])
def test_a_rug_on_the_way_counts_as_floor(z: float, is_supported: bool) -> None:
    rug = thing("rug", (2, 2, 0.02), is_rug=True)
    assert state({"rug": (3, 2, 0.01), "box": (3, 2, z)}, rug, thing("box", (1, 1, 1))).is_supported == is_supported


def test_a_rug_elsewhere_or_too_thick_does_not_lift_the_floor() -> None:
    box = thing("box", (1, 1, 1))
    thin, thick = thing("rug", (1, 1, 0.03), is_rug=True), thing("rug", (1, 1, 0.04), is_rug=True)
    assert state({"rug": (3, 2, 0.015), "box": (3, 2, 0.53)}, thin, box).is_supported
    assert not state({"rug": (1, 1, 0.015), "box": (3, 2, 0.53)}, thin, box).is_supported
    assert not state({"rug": (3, 2, 0.02), "box": (3, 2, 0.54)}, thick, box).is_supported
    assert list(lies_flat(Scene(ROOM, (thin, box)).place({"rug": (1, 1, 0.015), "box": (3, 2, 0.5)}))) == [True, False]


@pytest.mark.parametrize(
    ("place", "score", "gap", "overhang", "move", "why"),
    [
        ((3, 2, 1.0), 1.0, 0.0, 0.0, None, "on the table"),
        ((4, 2, 1.0), 1.0, 0.0, 0.0, None, "half over the edge its centre is still held"),
        ((4.13, 2, 1.0), 0.5, 0.0, 0.13, (-0.13, 0, 0), "half way from 1 cm to 25 cm"),
        ((3, 2, 1.255), 0.5, 0.255, 0.0, (0, 0, -0.255), "floats above the table"),
        ((3, 2, 0.9), 1 - 0.09 / 0.49, -0.1, 0.0, (0, 0, 0.1), "sinks into the table"),
        ((4.13, 2, 1.255), 0.25, 0.255, 0.13, (-0.13, 0, -0.255), "both: the factors multiply"),
    ],
)
def test_a_lamp_on_a_table(
    place: Place, score: float, gap: float, overhang: float, move: Place | None, why: str
) -> None:
    found = state({"table": (3, 2, 0.375), "lamp": place}, TABLE, LAMP)
    assert found.score == pytest.approx(score, abs=1e-6), why
    assert found.gap == pytest.approx(gap, abs=1e-12)
    assert found.overhang == pytest.approx(overhang, abs=1e-12)
    assert found.surface == "table"
    assert found.move == (None if move is None else pytest.approx(move, abs=1e-12))


def test_an_object_off_the_floor_may_stand_on_the_floor_and_falls_to_it_where_nothing_is_below() -> None:
    assert state({"lamp": (3, 2, 0.25)}, LAMP).is_supported
    found = state({"table": (3, 2, 0.375), "lamp": (5, 2, 1.0)}, TABLE, LAMP)
    assert (found.score, found.gap, found.move, found.surface) == (0.0, 0.75, (0.0, 0.0, -0.75), "floor")


def test_two_tops_of_one_height_bear_what_lies_across_the_gap_between_them() -> None:
    left, right, low = (thing(name, (1, 1, h)) for name, h in (("left", 0.5), ("right", 0.5), ("low", 0.4)))
    plank = thing("plank", (3, 0.5, 0.1), on_floor=False)
    bridge = {"left": (2, 2, 0.25), "right": (4, 2, 0.25), "plank": (3, 2, 0.55)}
    assert state(bridge, left, right, plank).is_supported
    lop_sided = {"left": (2.35, 2, 0.25), "low": (4, 2, 0.2), "plank": (3, 2, 0.55)}
    found = state(lop_sided, left, low, plank)
    assert (found.surface, found.overhang) == ("left", pytest.approx(0.15))  # the left one ends 15 cm away


def test_three_legs_hold_what_is_over_their_hull_only() -> None:
    names = ("a", "b", "c")
    legs = [thing(name, (0.2, 0.2, 0.5)) for name in names]
    top = thing("top", (2, 2, 0.1), on_floor=False)
    corners = dict(zip(names, [(2.1, 1.1, 0.25), (3.9, 1.1, 0.25), (2.1, 2.9, 0.25)], strict=True))
    # The hull's slanted edge runs from (4, 1.2) to (2.2, 3): x + y = 5.2, and the centre is at (3, 2).
    assert state({**corners, "top": (3, 2, 0.55)}, *legs, top).is_supported
    shifted = {**corners, "a": (3.9, 2.9, 0.25), "top": (3, 2, 0.55)}
    assert state(shifted, *legs, top).is_supported
    outside = dict(zip(names, [(3.2, 1.7, 0.25), (3.6, 1.7, 0.25), (3.6, 2.1, 0.25)], strict=True))
    found = state({**outside, "top": (3, 2, 0.55)}, *legs, top)
    # The hull's slanted edge runs from (3.1, 1.8) to (3.5, 2.2), on y = x - 1.3; the nearest point is (3.15, 1.85).
    assert found.overhang == pytest.approx(math.hypot(0.15, 0.15))
    assert found.move == pytest.approx((0.15, -0.15, 0))


def test_a_turned_table_holds_by_its_turned_top() -> None:
    turned = thing("table", (2, 1, 0.75), yaw=math.pi / 4)
    along = 0.9 * math.sqrt(0.5)
    assert state({"table": (3, 2, 0.375), "lamp": (3 + along, 2 + along, 1)}, turned, LAMP).is_supported
    across = 0.6 * math.sqrt(0.5)
    found = state({"table": (3, 2, 0.375), "lamp": (3 - across, 2 + across, 1)}, turned, LAMP)
    assert found.overhang == pytest.approx(0.1)
    back = 0.1 * math.sqrt(0.5)
    assert found.move == pytest.approx((back, -back, 0))


@pytest.mark.parametrize(
    ("wall", "touching", "inward"),
    [
        ("south_wall", (3, 0.05, 1.5), (0, 1, 0)),
        ("east_wall", (5.95, 2, 1.5), (-1, 0, 0)),
        ("north_wall", (3, 3.95, 1.5), (0, -1, 0)),
        ("west_wall", (0.05, 2, 1.5), (1, 0, 0)),
    ],
)
def test_a_picture_hangs_on_the_wall_that_its_relation_names(wall: str, touching: Place, inward: Place) -> None:
    yaw = 0.0 if wall in ("south_wall", "north_wall") else math.pi / 2
    picture = thing("picture", (1, 0.1, 0.5), on=wall, on_floor=False, yaw=yaw)
    assert state({"picture": touching}, picture).is_supported
    away = tuple(a + 0.2 * b for a, b in zip(touching, inward, strict=True))
    found = state({"picture": away}, picture)
    assert (found.surface, found.gap) == (wall, pytest.approx(0.2))
    assert found.score == pytest.approx(1 - 0.19 / 0.49, abs=1e-6)
    assert found.move == pytest.approx(tuple(-0.2 * b for b in inward), abs=1e-12)
    inside_the_wall = tuple(a - 0.1 * b for a, b in zip(touching, inward, strict=True))
    assert state({"picture": inside_the_wall}, picture).gap == pytest.approx(-0.1)
    other = WALLS[(WALLS.index(wall) + 2) % 4]
    assert not state({"picture": touching}, thing("picture", (1, 0.1, 0.5), on=other, on_floor=False)).is_supported


def test_a_wall_that_is_far_off_still_shows_the_way_to_what_hangs_on_it() -> None:
    picture = thing("picture", (1, 0.1, 0.5), on="south_wall", on_floor=False)
    found = state({"picture": (3, 2, 1.0)}, picture)
    assert (found.score, found.surface) == (0.0, "south_wall")
    assert found.move == pytest.approx((0, -1.95, 0))


def test_a_chandelier_hangs_from_the_ceiling() -> None:
    chandelier = thing("chandelier", (1, 1, 0.6), on="ceiling", on_floor=False)
    assert state({"chandelier": (3, 2, 2.7)}, chandelier).is_supported
    found = state({"chandelier": (3, 2, 2.5)}, chandelier)
    assert (found.surface, found.gap, found.move) == ("ceiling", pytest.approx(0.2), pytest.approx((0, 0, 0.2)))
    assert not state({"lamp": (3, 2, 2.75)}, LAMP).is_supported  # nothing says that the lamp hangs


def test_a_relation_on_another_object_takes_an_object_off_the_floor_but_not_off_a_rug() -> None:
    rug = thing("rug", (2, 2, 0.02), is_rug=True)
    vase, stool = thing("vase", (0.2, 0.2, 0.3), on="table"), thing("stool", (0.4, 0.4, 0.5), on="rug")
    shelf = thing("shelf", (1, 0.3, 2), on="south_wall")
    scene = Scene(ROOM, (rug, TABLE, vase, stool, shelf, LAMP))
    places = {item.id: (1.0, 1.0, 1.0) for item in scene.objects}
    assert list(stands_on_floor(scene.place(places))) == [True, True, False, True, True, False]


def test_an_empty_layout_has_no_states() -> None:
    assert support_states(Scene(ROOM, (LAMP,)).place({})) == ()


@given(st.floats(0, 3), st.floats(0.001, 1), st.booleans())
def test_support_never_rises_with_the_distance_from_rest(distance: float, more: float, downwards: bool) -> None:
    sign = -1 if downwards else 1
    box = thing("box", (1, 1, 1))

    def score(offset: float) -> float:
        return state({"box": (3, 2, 0.5 + sign * offset)}, box).score

    assert 0 <= score(distance + more) <= score(distance) <= 1


coordinate = st.floats(-1, 7)
any_place = st.tuples(coordinate, coordinate, st.floats(-0.5, 3), st.floats(-4, 4))


@given(st.lists(any_place, min_size=1, max_size=5))
def test_states_are_finite_agree_with_the_scores_and_their_moves_help(places: list[Place]) -> None:
    objects = [thing(f"t{i}", (1, 0.5, 0.5), on_floor=i % 2 == 0) for i in range(len(places))]
    scene = Scene(ROOM, tuple(objects))
    layout = {item.id: place for item, place in zip(objects, places, strict=True)}
    placed: PlacedScene = scene.place(layout)
    states = support_states(placed)
    assert [found.score for found in states] == list(support_scores(placed))
    for i, found in enumerate(states):
        assert 0 <= found.score <= 1
        assert math.isfinite(found.gap)
        assert (found.move is None) == found.is_supported == (found.score == 1.0)
        if found.move is not None:
            x, y, z, yaw = places[i]
            dx, dy, dz = found.move
            mended = scene.place({**layout, f"t{i}": (x + dx, y + dy, z + dz, yaw)})
            assert support_states(mended)[i].is_supported
