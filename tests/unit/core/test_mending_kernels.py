"""Mending moves in rooms whose floor is no rectangle; for rectangles see `test_violations`."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core import geometry, kernels, mending_kernels, place_kernels
from spatialenv.core.openings import zone_arrays
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import find_violations, layout_status, mending_moves

FLOORS = {
    "L": Room.polygon([(0, 0), (6, 0), (6, 3), (3, 3), (3, 6), (0, 6)], 2.7),
    "T": Room.polygon([(2, 0), (4, 0), (4, 3), (6, 3), (6, 5), (0, 5), (0, 3), (2, 3)], 2.7),
    "U": Room.polygon([(0, 0), (6, 0), (6, 5), (4, 5), (4, 2), (2, 2), (2, 5), (0, 5)], 2.7),
    "cut corner": Room.polygon([(0, 0), (4, 0), (4, 1), (1, 4), (0, 4)], 2.7),
    "triangle": Room.polygon([(0, 0), (4, 0), (2, 4)], 2.7),
    "slanted": Room.polygon([(0, 1), (3, 0), (6.3, 1.2), (5.5, 3.1), (6.5, 5), (3.1, 4.2), (0.4, 5.6), (1.2, 3)], 2.7),
}
EIGHTH = math.pi / 4
ROOT = math.sqrt(0.5)


def scene(room: Room, *boxes: tuple[float, ...], floor_only: bool = True) -> PlacedScene:
    """Boxes ``(x, y, length, width, height, yaw)`` or with z after y; `floor_only` or every other one on the floor."""
    objects, places = [], {}
    for i, box in enumerate(boxes):
        x, y, *z, length, width, height, yaw = box
        size, name = (length, width, height), f"t{i}"
        objects.append(SceneObject(id=name, category="thing", size=size, on_floor=floor_only or i % 2 == 0))
        places[name] = (x, y, z[0] if z else height / 2, yaw)
    return Scene(room, tuple(objects)).place(places)


def after(placed: PlacedScene, decimals: int | None = None) -> PlacedScene:
    """The layout after all moves, as told with so many decimals."""
    moves, poses = mending_moves(placed), {}
    for name, center, yaw in zip(placed.ids, placed.centers.tolist(), placed.yaws.tolist(), strict=True):
        move = moves.get(name, (0.0, 0.0, 0.0))
        told = move if decimals is None else (*(round(step, decimals) for step in move[:2]), move[2])
        poses[name] = (*(a + b for a, b in zip(center, told, strict=True)), yaw)
    return placed.scene.place(poses)


@pytest.mark.parametrize(
    ("floor", "at", "yaw", "expected", "why"),
    [
        ("L", (2, 2), 0.0, None, "wholly inside"),
        ("L", (2.5, 3.25), 0.0, None, "flush with the inner wall"),
        ("L", (2.75, 3.5), 0.0, (-0.25, 0.0), "back from the inner wall"),
        ("L", (3.5, 2.75), math.pi, (0.0, -0.25), "back from the other inner wall"),
        ("L", (4.5, 4.25), 0.0, (0.0, -1.75), "to the nearer arm, not into the bounding rectangle"),
        ("L", (4, 4), 0.0, (-1.5, 0.0), "of two equal ones the more western"),
        ("L", (7, -1), 0.0, (-1.5, 1.5), "into the room from outside it"),
        ("L", (3, 2.6), EIGHTH, (0.4 - ROOT, 0.0), "a side of the box touches the inner corner"),
        ("cut corner", (1.25, 2.75), 0.0, None, "a corner of the box touches the slanted wall"),
        ("cut corner", (3, 2), 0.0, (-1.0, 0.0), "until its corner touches"),
        ("cut corner", (2.5, 2.5), EIGHTH, (-ROOT, 0.0), "until its side lies on the slanted wall"),
        ("cut corner", (3.75, 1), 0.0, (-0.75, 0.0), "of equal ways the one along one axis"),
        ("triangle", (2, 3.5), 0.0, (0.0, -1.0), "down to where it fits"),
        ("triangle", (2.25, 3.5), 0.0, (-0.25, -1.0), "into the corner of two slanted walls"),
    ],
)
def test_moves_by_hand(
    floor: str, at: tuple[float, float], yaw: float, expected: tuple[float, float] | None, why: str
) -> None:
    moves = mending_moves(scene(FLOORS[floor], (*at, 1, 1, 1, yaw)))
    if expected is None:
        assert moves == {}, why
    else:
        # Where it ends on a slanted wall, a step of 0.1 mm more lets four decimals tell the move.
        assert moves["t0"] == pytest.approx((*expected, 0.0), abs=2e-4), why
    if yaw % (math.pi / 2) == 0 and expected:
        assert moves["t0"][:2] == pytest.approx(expected, abs=1e-12), why


def test_a_box_in_the_bounding_rectangle_only_is_out_of_the_room() -> None:
    placed = scene(FLOORS["L"], (4.5, 4.25, 1, 1, 1, 0.0))
    (wrong,) = find_violations(placed)
    assert (wrong.kind, wrong.objects, wrong.amount) == ("out_of_room", ("t0",), 1.0)
    assert wrong.move == (0.0, -1.75, 0.0)
    assert wrong.text == "t0 has 1.00 m3 outside the room"
    status = layout_status(placed, True)
    assert status.out_of_room
    assert not status.valid
    half = scene(FLOORS["cut corner"], (2.5, 2.5, 1, 1, 1, EIGHTH))  # the wall is its middle line
    assert find_violations(half)[0].amount == pytest.approx(0.5, abs=1e-12)


def test_a_box_goes_past_settled_ones_around_the_inner_corner() -> None:
    # The south arm is full from wall to wall, so that the next free place is in the north arm.
    placed = scene(FLOORS["L"], (3, 1.5, 6, 3, 1, 0.0), (5, 2, 1, 1, 1, 0.0))
    assert mending_moves(placed) == {"t1": (-2.5, 1.5, 0.0)}


def test_a_box_larger_than_any_arm_has_no_place() -> None:
    placed = scene(FLOORS["U"], (1, 4, 2.5, 2.5, 1, 0.0), (1, 4, 2, 2, 1, math.pi / 2))
    (wrong,) = (w for w in find_violations(placed) if w.kind == "out_of_room")
    assert (wrong.objects, wrong.move) == (("t0",), None)


def test_a_box_is_free_exactly_where_no_volume_above_the_tolerance_is_shared() -> None:
    """The quick bound on the volume shared by deep boxes must never call one blocked that clipping finds free."""
    rng = np.random.default_rng(9)
    pairs, tolerance = 20_000, 5e-7
    centers, yaws = rng.uniform(0, 1, (pairs, 2, 3)), rng.uniform(-7, 7, (pairs, 2))
    sizes = 10.0 ** rng.uniform(-3, 0.5, (pairs, 2, 3))  # slabs and sticks too
    yaws[::3] = rng.integers(0, 4, (len(yaws[::3]), 2)) * math.pi / 2
    centers[: pairs // 2, 1] = centers[: pairs // 2, 0] + rng.normal(0, 0.003, (pairs // 2, 3))
    shared = geometry.overlap_volumes(centers, sizes, yaws)[:, 0, 1]
    buffers, boxes = np.empty((2, kernels.CORNERS, 2)), np.empty((2, 8))
    free = np.empty(pairs, dtype=bool)
    for k in range(pairs):
        kernels.describe(centers[k], sizes[k], yaws[k], boxes)
        free[k] = place_kernels.is_free(0, tolerance, boxes, np.array([False, True]), *buffers)
    np.testing.assert_array_equal(free, shared <= tolerance)
    assert 0.1 < free.mean() < 0.9


quarter = st.sampled_from([0.0, math.pi / 2, math.pi, 3 * math.pi / 2])
step = st.integers(-4, 28).map(lambda n: n * 0.25)
half_side = st.sampled_from([0.5, 1.0, 1.5, 2.0])
grid_box = st.tuples(step, step, st.sampled_from([0.25, 0.5, 1.5]), half_side, half_side, half_side, quarter)
written = st.floats(-1, 7).map(lambda value: round(value, 4))  # finer numbers cannot be mended in four decimals
free_box = st.tuples(written, written, st.floats(-0.5, 3), *[st.floats(0.05, 2)] * 3, st.floats(-7, 7))


@given(st.lists(grid_box, min_size=1, max_size=6), st.sampled_from([3.0, 4.5, 6.0]))
def test_a_rectangle_drawn_with_more_corners_gets_the_moves_of_a_rectangle(
    boxes: list[tuple[float, ...]], width: float
) -> None:
    drawn = Room.polygon([(0, 0), (2, 0), (4, 0), (4, width), (1, width), (0, width), (0, 1)], 3)
    assert not drawn.is_rectangle
    rectangle = Room.rectangle(4, width, 3)
    expected = mending_moves(scene(rectangle, *boxes, floor_only=False))
    assert mending_moves(scene(drawn, *boxes, floor_only=False)) == expected


def homeless(placed: PlacedScene) -> set[str]:
    """Objects for which there is no place; also one that merely floats is in the way of others then."""
    flags, room = np.array([item.on_floor for item in placed.objects]), placed.room
    arrays = placed.centers, placed.sizes, placed.yaws, flags, np.zeros_like(flags), np.zeros_like(flags)
    size, floor = np.array((room.length, room.width, room.height)), np.array(room.floor)
    _, fate = mending_kernels.mend(*arrays, size, floor, *zone_arrays(placed.scene))
    return {name for name, code in zip(placed.ids, fate.tolist(), strict=True) if code == -1}


def check_mended(placed: PlacedScene) -> bool:
    """Check what moves promise; return whether every object has a place."""
    moves, stuck = mending_moves(placed), homeless(placed)
    for decimals in (None, 4):  # as they are, and as they are told
        mended = after(placed, decimals)
        wrong = [w for w in find_violations(mended) if w.kind in ("collision", "out_of_room")]
        assert all(stuck & set(w.objects) for w in wrong), (decimals, wrong)
        if not stuck:
            assert layout_status(mended, True).valid
    if not stuck:
        assert mending_moves(after(placed)) == {}
    for w in find_violations(placed):
        if w.kind in ("collision", "out_of_room"):
            assert w.move == moves.get(w.objects[0])
            assert w.move is not None or stuck & set(w.objects)
    return not stuck


@given(st.sampled_from(sorted(FLOORS)), st.lists(grid_box | free_box, min_size=1, max_size=6), st.booleans())
def test_moves_make_the_layout_valid(name: str, boxes: list[tuple[float, ...]], floor_only: bool) -> None:
    check_mended(scene(FLOORS[name], *boxes, floor_only=floor_only))


@pytest.mark.parametrize("name", FLOORS)
def test_moves_make_random_layouts_valid(name: str) -> None:
    rng, whole = random.Random(name), 0
    for _ in range(60):
        boxes = [
            (
                *(round(rng.uniform(-1, 6), 3) for _ in range(2)),
                rng.uniform(-0.5, 3),
                *(rng.uniform(0.1, 1.2) for _ in range(3)),
                rng.choice([rng.uniform(-7, 7), rng.randrange(4) * math.pi / 2]),
            )
            for _ in range(rng.randint(1, 8))
        ]
        whole += check_mended(scene(FLOORS[name], *boxes, floor_only=False))
    assert whole > 40


@pytest.mark.parametrize("name", FLOORS)
def test_no_free_place_on_a_grid_is_nearer_than_the_move(name: str) -> None:
    """An independent search over many places, judged by `overlap_volumes` and `inside_volumes`."""
    rng, moved = random.Random(len(name)), 0
    room = FLOORS[name]
    offsets = np.array(list(itertools.product(np.arange(-3, 3.01, 0.06), repeat=2)))
    for _ in range(8):
        boxes = [
            (rng.uniform(0, 6), rng.uniform(0, 5), *(rng.uniform(0.3, 1.5) for _ in range(2)), 1.0, rng.uniform(0, 7))
            for _ in range(4)
        ]
        placed = scene(room, *boxes)
        moves, settled = mending_moves(placed), after(placed)
        at_home = [n not in moves for n in placed.ids]
        for i, object_id in enumerate(placed.ids):
            if object_id not in moves or abs(moves[object_id][0]) > 3 or abs(moves[object_id][1]) > 3:
                continue
            moved += 1
            around = [j for j in range(len(boxes)) if j != i and (j < i or at_home[j])]
            distance = sum(map(abs, moves[object_id]))
            nearer = offsets[np.abs(offsets).sum(axis=1) < distance - 1e-3]
            rows = [*around, i]
            centers = np.tile(settled.centers[rows], (len(nearer), 1, 1))
            centers[:, -1, :2] = placed.centers[i, :2] + nearer
            sizes, yaws = placed.sizes[rows], placed.yaws[rows]
            inside = geometry.inside_volumes(centers, sizes, yaws, (1, 1, room.height), floors=np.array(room.floor))[
                :, -1
            ]
            shared = geometry.overlap_volumes(centers, sizes, yaws)[:, -1].max(axis=1)
            free = (inside >= sizes[-1].prod() - 1e-7) & (shared <= 1e-7)
            assert not free.any(), (object_id, nearer[free])
    assert moved > 8
