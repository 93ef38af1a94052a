import itertools
import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core import geometry, mending_kernels
from spatialenv.core.layout import Layout
from spatialenv.core.openings import zone_arrays
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.violations import KINDS, LayoutStatus, Violation, find_violations, layout_status, mending_moves
from spatialenv.errors import InputError
from spatialenv.testing.strategies import placed_scenes

ROOM = Room.rectangle(6, 4, 3)
Place = tuple[float, ...]


def thing(name: str, size: tuple[float, float, float], **more: object) -> SceneObject:
    return SceneObject(id=name, category="thing", size=size, **more)  # type: ignore[arg-type]


def place(places: dict[str, Place], *objects: SceneObject, room: Room = ROOM) -> PlacedScene:
    return Scene(room, objects).place(places)


def cube(name: str, **more: object) -> SceneObject:
    return thing(name, (1, 1, 1), **more)


def after(placed: PlacedScene) -> PlacedScene:
    """The layout after all mending moves."""
    moves = mending_moves(placed)
    poses = {}
    for i, name in enumerate(placed.ids):
        x, y, z = (float(a + b) for a, b in zip(placed.centers[i], moves.get(name, (0, 0, 0)), strict=True))
        poses[name] = (x, y, z, float(placed.yaws[i]))
    return placed.scene.place(poses)


def kinds(placed: PlacedScene) -> list[tuple[str, tuple[str, ...]]]:
    return [(wrong.kind, wrong.objects) for wrong in find_violations(placed)]


def test_a_sound_layout_has_no_violations() -> None:
    placed = place({"a": (0.5, 0.5, 0.5), "b": (1.5, 0.5, 0.5)}, cube("a"), cube("b"))
    assert find_violations(placed) == ()
    assert mending_moves(placed) == {}
    assert layout_status(placed, True) == LayoutStatus(True, True, True, False, False)


def test_a_collision_names_the_object_that_moves_first() -> None:
    placed = place({"a": (1, 1, 0.5), "b": (1.5, 1, 0.5)}, cube("a"), cube("b"))
    (wrong,) = find_violations(placed)
    assert wrong == Violation("collision", ("b", "a"), 0.5, "m3", (0.5, 0.0, 0.0), "b overlaps a by 0.50 m3")
    assert json.loads(json.dumps(wrong.to_dict()))["move"] == [0.5, 0.0, 0.0]


def test_the_earlier_object_of_a_collision_moves_where_only_it_can() -> None:
    # b fills the room from wall to wall, so that a, which comes first and leaves the room, is the one with a move.
    wide = thing("b", (7, 1, 1))
    placed = place({"a": (1, -0.25, 0.5), "b": (3, 0.5, 0.5)}, cube("a"), wide)
    assert mending_moves(placed) == {"a": (0.0, 0.75, 0.0)}
    collision = next(wrong for wrong in find_violations(placed) if wrong.kind == "collision")
    assert (collision.objects, collision.move) == (("a", "b"), (0.0, 0.75, 0.0))


def test_what_cannot_be_mended_has_no_move() -> None:
    placed = place({"a": (3, 2, 0.5), "b": (3, 2, 0.5)}, thing("a", (5, 3.5, 1)), thing("b", (5, 3.5, 1)))
    (wrong,) = find_violations(placed)
    assert (wrong.objects, wrong.move) == (("b", "a"), None)
    assert mending_moves(placed) == {}


@pytest.mark.parametrize(
    ("at", "amount", "move", "text"),
    [
        ((-0.25, 2, 0.5), 0.75, (0.75, 0, 0), "a has 0.75 m3 outside the room"),
        ((6, 4, 0.5), 0.75, (-0.5, -0.5, 0), "a has 0.75 m3 outside the room"),
        ((3, 2, 0.25), 0.25, (0, 0, 0.25), "a has 0.25 m3 outside the room"),
        ((9, 2, 0.5), 1.0, (-3.5, 0, 0), "a has 1.00 m3 outside the room"),
        ((0.499, 2, 0.5), 0.001, (0.001, 0, 0), "a has 0.001 m3 outside the room"),
    ],
)
def test_leaving_the_room(at: Place, amount: float, move: Place, text: str) -> None:
    wrong = find_violations(place({"a": at}, cube("a")))[0]
    assert (wrong.kind, wrong.objects, wrong.unit) == ("out_of_room", ("a",), "m3")
    assert wrong.amount == pytest.approx(amount)
    assert wrong.move == pytest.approx(move)
    assert wrong.text == text


def test_missing_objects_are_named() -> None:
    placed = place({"b": (1, 1, 0.5)}, cube("a"), cube("b"))
    (wrong,) = find_violations(placed)
    assert (wrong.kind, wrong.objects, wrong.amount, wrong.unit, wrong.move) == ("missing", ("a",), 1.0, "", None)
    assert wrong.text == "a is not placed"
    assert layout_status(placed, True) == LayoutStatus(False, False, False, False, False)


def test_an_incomplete_answer_is_not_well_formed_even_when_everything_stands() -> None:
    assert layout_status(place({"a": (1, 1, 0.5)}, cube("a")), False) == LayoutStatus(False, False, False, False, False)


@pytest.mark.parametrize(
    ("item", "at", "text", "amount", "move"),
    [
        (cube("a"), (3, 2, 0.75), "a floats 0.25 m above the floor", 0.25, (0, 0, -0.25)),
        (cube("a"), (3, 2, 0.48), "a sinks 0.02 m into the floor", 0.02, (0, 0, 0.02)),
        (cube("a", on_floor=False), (5, 3, 1.6), "a floats 0.10 m above table", 0.1, (0, 0, -0.1)),
        (
            cube("a", on_floor=False),
            (5, 3.6, 1.5),
            "a has its centre 0.10 m beyond the edge of table",
            0.1,
            (0, -0.1, 0),
        ),
        (
            cube("a", on_floor=False, relations=(Relation("a", "on", "ceiling"),)),
            (3, 1, 2.25),
            "a floats 0.25 m away from the ceiling",
            0.25,
            (0, 0, 0.25),
        ),
        (
            cube("a", on_floor=False, relations=(Relation("a", "on", "south_wall"),)),
            (3, 0.75, 1),
            "a floats 0.25 m away from south_wall",
            0.25,
            (0, -0.25, 0),
        ),
    ],
)
def test_what_is_not_supported(item: SceneObject, at: Place, text: str, amount: float, move: Place) -> None:
    placed = place({"table": (5, 3, 0.5), "a": at}, thing("table", (1, 1, 1)), item, room=Room.rectangle(6, 6, 3))
    wrong = next(wrong for wrong in find_violations(placed) if wrong.kind == "unsupported")
    assert (wrong.text, wrong.objects, wrong.unit) == (text, ("a",), "m")
    assert wrong.amount == pytest.approx(amount)
    assert wrong.move == pytest.approx(move, abs=1e-12)
    status = layout_status(placed, True)
    assert not status.clean


def test_a_relation_that_is_not_met() -> None:
    on_wall = Relation("a", "on", "south_wall")
    placed = place({"a": (3, 1, 0.5)}, cube("a", relations=(on_wall,)))
    (wrong,) = find_violations(placed)
    assert wrong == Violation(
        "relation", ("a", "south_wall"), 0.5, "m", (0.0, -0.5, 0.0), "a is not on south_wall by 0.50 m"
    )
    assert layout_status(placed, True) == LayoutStatus(True, True, False, False, False)


def test_a_relation_to_a_missing_object_stands_with_the_missing_one() -> None:
    beside = Relation("a", "left of", "b", is_adjacent=True)
    placed = place({"a": (3, 1, 0.5)}, cube("a", relations=(beside,)), cube("b"))
    wrong = find_violations(placed)
    assert [w.kind for w in wrong] == ["relation", "missing"]
    assert wrong[0].text == "a is not left of b (touching)"
    assert (wrong[0].amount, wrong[0].move) == (math.inf, None)
    assert kinds(place({"b": (3, 1, 0.5)}, cube("a", relations=(beside,)), cube("b"))) == [("missing", ("a",))]


def test_violations_are_in_the_order_of_the_scene_then_of_the_kinds() -> None:
    placed = place(
        {"d": (3, 2, 1.5), "a": (-1, 2, 0.5), "c": (3.5, 2, 1.5)}, cube("a"), cube("b"), cube("c"), cube("d")
    )
    assert kinds(placed) == [
        ("out_of_room", ("a",)),
        ("missing", ("b",)),
        ("unsupported", ("c",)),
        ("collision", ("d", "c")),
        ("unsupported", ("d",)),
    ]


def test_rugs_that_lie_flat_collide_with_nothing_but_must_be_in_the_room() -> None:
    rug, thick = thing("rug", (2, 2, 0.03), is_rug=True), thing("rug", (2, 2, 0.04), is_rug=True)
    assert layout_status(place({"rug": (2, 2, 0.015), "a": (2, 2, 0.5)}, rug, cube("a")), True).clean
    assert kinds(place({"rug": (2, 2, 0.02), "a": (2, 2, 0.5)}, thick, cube("a"))) == [("collision", ("a", "rug"))]
    outside = place({"a": (1, 2, 0.5), "rug": (0.5, 2, 0.015)}, cube("a"), rug)
    assert kinds(outside) == [("out_of_room", ("rug",))]
    assert mending_moves(outside) == {"rug": (0.5, 0.0, 0.0)}


@pytest.mark.parametrize(
    ("shift", "collides"), [(1e-7, False), (9e-7, False), (2e-6, True), (0.0, False), (-0.1, False)]
)
def test_sharing_up_to_a_cubic_centimetre_is_no_collision(shift: float, collides: bool) -> None:
    placed = place({"a": (1, 1, 0.5), "b": (2 - shift, 1, 0.5)}, cube("a"), cube("b"))
    assert layout_status(placed, True).collides == collides
    assert bool(find_violations(placed)) == collides == bool(mending_moves(placed))
    outside = place({"a": (0.5 - shift, 1, 0.5)}, cube("a"))
    assert layout_status(outside, True).out_of_room == collides == bool(mending_moves(outside))


@pytest.mark.parametrize(
    ("places", "expected", "why"),
    [
        ({"a": (1, 1, 0.5), "b": (1.25, 1, 0.5)}, {"b": (0.75, 0, 0)}, "the nearest side"),
        ({"a": (1, 1, 0.5), "b": (1, 0.75, 0.5)}, {"b": (1, 0, 0)}, "the nearest that is in the room"),
        ({"a": (2, 2, 0.5), "b": (2, 2, 0.5)}, {"b": (-1, 0, 0)}, "of four equal ones the most western"),
        ({"a": (2, 2, 0.5), "b": (2.25, 2.25, 0.5)}, {"b": (0, 0.75, 0)}, "of two equal ones the more western"),
        ({"a": (0.5, 0.5, 0.5), "b": (0.25, 0.25, 0.5)}, {"b": (0.25, 1.25, 0)}, "into the room and past the other"),
        ({"a": (-1, -1, 0.5), "b": (0.5, 0.5, 0.5)}, {"a": (1.5, 2.5, 0)}, "what is in its place stays"),
        ({"a": (1, 1, 2), "b": (3, 1, 0.5)}, {"a": (0, 0, -1.5)}, "what floats comes down"),
        ({"a": (1, 1, 2), "b": (1.5, 1, 0.5)}, {"a": (-0.5, 0, -1.5)}, "but not on what is in its place"),
        ({"a": (1, 1, 0.5), "b": (1, 1, 2.0)}, {"b": (0, 1, -1.5)}, "down and aside"),
    ],
)
def test_moves_by_hand(places: dict[str, Place], expected: dict[str, Place], why: str) -> None:
    moves = mending_moves(place(places, cube("a"), cube("b")))
    assert moves == expected, why


def test_a_lamp_that_sinks_into_a_table_goes_up_and_one_at_its_side_aside() -> None:
    table, lamp = thing("table", (2, 1, 0.75)), thing("lamp", (0.5, 0.5, 0.5), on_floor=False)
    assert mending_moves(place({"table": (3, 2, 0.375), "lamp": (3, 2, 0.875)}, table, lamp)) == {"lamp": (0, 0, 0.125)}
    assert mending_moves(place({"table": (3, 2, 0.375), "lamp": (4.125, 2, 0.25)}, table, lamp)) == {
        "lamp": (0.125, 0, 0)
    }


@pytest.mark.parametrize(("z", "dz"), [(-1.0, 1.25), (3.5, -0.75), (0.1, 0.15), (1.3, 0.0)])
def test_an_object_off_the_floor_keeps_its_height_unless_it_leaves_the_room(z: float, dz: float) -> None:
    lamp = thing("lamp", (0.5, 0.5, 0.5), on_floor=False)
    moves = mending_moves(place({"lamp": (3, 2, z)}, lamp))
    assert moves.get("lamp", (0, 0, 0)) == pytest.approx((0, 0, dz))


@pytest.mark.parametrize("z", [0.5, 0.505, 0.52])
def test_an_object_on_the_floor_or_a_rug_is_not_brought_down(z: float) -> None:
    rug = thing("rug", (2, 2, 0.02), is_rug=True)
    assert mending_moves(place({"rug": (2, 2, 0.01), "a": (2, 2, z)}, rug, cube("a"))) == {}


def test_an_object_larger_than_the_room_has_no_place() -> None:
    long, tall = thing("long", (7, 1, 1)), thing("tall", (1, 1, 4))
    assert mending_moves(place({"long": (3, 2, 0.5), "tall": (3, 2, 2)}, long, tall)) == {}
    exact = thing("exact", (6, 4, 3))
    assert mending_moves(place({"exact": (0, 0, 0)}, exact)) == {"exact": (3, 2, 1.5)}


def test_a_turned_object_goes_flush_with_its_bounding_rectangle() -> None:
    moves = mending_moves(place({"a": (0.5, 2, 0.5)}, cube("a", yaw=math.pi / 4)))
    assert moves["a"] == pytest.approx((math.sqrt(0.5) - 0.5, 0, 0))


quarter = st.sampled_from([0.0, math.pi / 2, math.pi, 3 * math.pi / 2])
step = st.integers(-4, 28).map(lambda n: n * 0.25)
half_side = st.sampled_from([0.5, 1.0, 1.5, 2.0])
grid_box = st.tuples(step, step, st.sampled_from([None, 0.25, 1.5]), half_side, half_side, half_side, quarter)


def scene_of(boxes: list[tuple[float, ...]], room: Room, floor_only: bool = True) -> PlacedScene:
    objects, places = [], {}
    for i, (x, y, z, length, width, height, yaw) in enumerate(boxes):
        objects.append(thing(f"t{i}", (length, width, height), on_floor=floor_only or i % 2 == 0))
        places[f"t{i}"] = (x, y, height / 2 if z is None else z, yaw)
    return Scene(room, tuple(objects)).place(places)


def fates(placed: PlacedScene) -> dict[str, int]:
    """Whether each object stays (0), moves (1) or has no place (-1)."""
    flags = np.array([item.on_floor for item in placed.objects])
    room = np.array((placed.room.length, placed.room.width, placed.room.height))
    floor = np.zeros((0, 2)) if placed.room.is_rectangle else np.array(placed.room.floor)
    none, zones = np.zeros_like(flags), zone_arrays(placed.scene)
    _, fate = mending_kernels.mend(placed.centers, placed.sizes, placed.yaws, flags, none, none, room, floor, *zones)
    return dict(zip(placed.ids, fate.tolist(), strict=True))


def check_mended(placed: PlacedScene) -> bool:
    """Check what moves promise; return whether every object had a place."""
    fate = fates(placed)
    assert [name for name, code in fate.items() if code == 1] == list(mending_moves(placed))
    mended = after(placed)
    homeless = {name for name, code in fate.items() if code == -1}
    wrong = [w for w in find_violations(mended) if w.kind in ("collision", "out_of_room")]
    assert all(homeless & set(w.objects) for w in wrong)
    if not homeless:
        assert layout_status(mended, True).valid
        assert mending_moves(mended) == {}
    told: dict[str, set[object]] = {}
    for w in find_violations(placed):
        told.setdefault(w.objects[0], set()).add(w.move)
    for name, move in mending_moves(placed).items():  # each move is told, and no other for that object
        assert told[name] == {move}
    for w in find_violations(placed):
        if w.kind in ("collision", "out_of_room"):
            assert fate[w.objects[0]] != 0
    return not homeless


@given(st.lists(grid_box, min_size=1, max_size=6), st.sampled_from([3, 4, 6]), st.sampled_from([3.0, 4.5]))
def test_moves_keep_a_grid_and_make_the_layout_valid(boxes: list[tuple[float, ...]], x: float, y: float) -> None:
    placed = scene_of(boxes, Room.rectangle(x, y, 3))
    check_mended(placed)
    on_grid = after(placed).centers[:, :2] * 4
    assert (on_grid == np.round(on_grid)).all()


def test_moves_make_random_layouts_valid() -> None:
    rng, whole = random.Random(3), 0
    for _ in range(400):
        boxes = [
            (
                *(rng.uniform(-1, 6) for _ in range(2)),
                rng.uniform(-0.5, 3),
                *(rng.uniform(0.1, 2) for _ in range(3)),
                rng.choice([rng.uniform(-7, 7), rng.randrange(4) * math.pi / 2]),
            )
            for _ in range(rng.randint(1, 8))
        ]
        whole += check_mended(scene_of(boxes, Room.rectangle(5, 4.3, 2.7), floor_only=False))
    assert whole > 300


def test_no_free_place_on_a_fine_grid_is_nearer_than_the_move() -> None:
    """An independent search over all places on the grid, judged by `overlap_volumes`."""
    rng = random.Random(4)
    room = Room.rectangle(3, 3, 3)
    for _ in range(60):
        boxes = [(rng.randint(1, 11) / 4, rng.randint(1, 11) / 4, None, 1.0, rng.choice([0.5, 1.0]), 1.0, 0.0)]
        boxes += [(rng.randint(0, 12) / 4, rng.randint(0, 12) / 4, None, 1.0, 0.5, 1.0, 0.0) for _ in range(3)]
        placed = scene_of(boxes, room)
        fate, moves = fates(placed), mending_moves(placed)
        settled = after(placed)
        for i, name in enumerate(placed.ids):
            x0, y0, _ = placed.centers[i]
            ex, ey = placed.sizes[i, :2] / 2
            best = math.inf
            if fate[name] == 0:
                continue
            around = [j for j, other in enumerate(placed.ids) if j < i or fate[other] == 0]
            for x, y in itertools.product(np.arange(0, 3.001, 0.25), repeat=2):
                if not (ex <= x <= 3 - ex and ey <= y <= 3 - ey):
                    continue
                centers = np.vstack([settled.centers[around], (x, y, 0.5)])
                chosen = [*around, i]
                shared = geometry.overlap_volumes(centers, placed.sizes[chosen], placed.yaws[chosen])
                if shared[-1].max() <= 1e-6:
                    best = min(best, abs(x - x0) + abs(y - y0))
            found = sum(map(abs, moves.get(name, (0, 0, 0))))
            assert fate[name] == -1 if best == math.inf else found == best


def test_feeding_a_layout_in_another_order_changes_nothing() -> None:
    objects = (cube("a"), cube("b"), cube("c"))
    places = {"a": (1, 1, 0.5), "b": (1.5, 1, 0.5), "c": (1.25, 1.5, 0.5)}
    scene = Scene(ROOM, objects)
    reverse = Layout.from_mapping(dict(reversed(places.items())))
    assert find_violations(scene.place(places)) == find_violations(scene.place(reverse))


def test_an_empty_layout() -> None:
    placed = place({}, cube("a"))
    assert mending_moves(placed) == {}
    assert kinds(placed) == [("missing", ("a",))]
    assert layout_status(Scene(ROOM, ()).place({}), True).clean


@given(placed_scenes(is_complete=False))
def test_a_layout_is_clean_when_all_that_is_wrong_is_in_the_way_of_doors(placed: PlacedScene) -> None:
    wrong = find_violations(placed)
    status = layout_status(placed, is_complete=True)
    assert status.clean == all(one.kind == "blocked_opening" for one in wrong)
    order = [(placed.scene.ids.index(one.objects[0]), KINDS.index(one.kind)) for one in wrong]
    assert order == sorted(order)
    turning = ("facing", "moved", "relation")
    assert all(one.text and one.amount >= 0 and (one.turn is None or one.kind in turning) for one in wrong)


@pytest.mark.parametrize(
    "violation",
    [
        Violation("collision", ("a", "b"), 0.25, "m3", (0.1, 0.0, -0.2), "a overlaps b by 0.25 m3"),
        Violation("missing", ("a",), 1.0, "", None, "a is not placed"),
        Violation("facing", ("a",), 90.0, "deg", turn=math.radians(45)),
        Violation("relation", ("a", "b"), math.inf, "m"),
    ],
)
def test_a_violation_is_read_back(violation: Violation) -> None:
    told = json.loads(json.dumps(violation.to_dict()))
    assert Violation.from_dict(told) == violation


@pytest.mark.parametrize(
    "change",
    [
        {"kind": None},
        {"objects": "ab"},
        {"objects": [1]},
        {"objects": None},
        {"amount": "much"},
        {"unit": 3},
        {"text": ["a"]},
        {"move": [1.0, 2.0]},
        {"move": "abc"},
        {"move": [1.0, 2.0, "up"]},
        {"turn": "left"},
    ],
    ids=str,
)
def test_a_record_that_tells_no_violation_is_refused(change: dict[str, object]) -> None:
    told = Violation("collision", ("a", "b"), 0.25, "m3", (0.1, 0.0, -0.2), "a overlaps b").to_dict() | change
    with pytest.raises(InputError, match=r"a violation is told as \{'kind'"):
        Violation.from_dict(told)
    told = Violation("collision", ("a", "b"), 0.25, "m3", (0.1, math.inf, -0.2), "a overlaps b").to_dict()
    assert Violation.from_dict(told | {"move": [0.1, None, -0.2]}).move is None  # as files hold what is not finite
    del told["amount"]
    with pytest.raises(InputError, match="`amount`"):
        Violation.from_dict(told)
