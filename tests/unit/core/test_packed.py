"""Layouts over packed scenes: the same as from each part's own function, in any order and company."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from spatialenv.core import geometry
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.packed import PARTS, PackedScenes, PhysicsArrays, pack
from spatialenv.core.placed import PlacedScene, scene_arrays
from spatialenv.core.relations import relation_batch
from spatialenv.core.room import WALLS, Opening, Room
from spatialenv.core.scene import ARRANGEMENTS, REGION_PREPOSITIONS, Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.core.shares import share_of, total
from spatialenv.core.soundness_kernels import ordered_sum
from spatialenv.core.support import lies_flat, support_scores
from spatialenv.errors import InputError
from spatialenv.rewards import make_reward
from spatialenv.tasks import make_tasks

FloatArray = npt.NDArray[np.float64]
DOOR = Opening("door", "wall_0", 0.5, 0.9, 2.0, swing="in")
ROOMS = (
    Room.rectangle(6, 5, 2.8),
    Room(((0, 0), (5, 0), (5, 2), (2, 2), (2, 4), (0, 4)), 2.6, (DOOR,)),
    Room.polygon([(0, 0), (6, 0), (6, 3), (3, 6), (0, 3)], 3),
    Room.polygon([(0, 0), (6, 0), (6, 6)], 3),
)


def draw(rng: np.random.Generator, count: int, is_complete: bool = True) -> PlacedScene:
    """Return a layout with rugs, things that hang or stand on others, turned boxes and relations of all regions."""
    room = ROOMS[int(rng.integers(len(ROOMS)))]
    spread = max(1.0, math.sqrt(count / 12))
    objects, poses = [], []
    for i in range(count):
        name, is_rug = f"box_{i}", rng.random() < 0.1
        size = (*rng.uniform(0.2, 1.5, 2).tolist(), 0.02 if is_rug else float(rng.uniform(0.1, 1.8)))
        targets = [*room.walls, "middle of the room", "ceiling", *(f"box_{k}" for k in range(count) if k != i)]
        relations = tuple(
            Relation(name, str(rng.choice(REGION_PREPOSITIONS)), str(rng.choice(targets)), bool(rng.random() < 0.5))
            for _ in range(int(rng.integers(0, 3)))
        )
        on_floor = bool(rng.random() < 0.7)
        objects.append(SceneObject(name, "box", size, on_floor=on_floor, is_rug=is_rug, relations=relations))
        if is_complete or rng.random() < 0.8:
            x, y = rng.uniform(-0.2, (room.length * spread, room.width * spread)).tolist()
            z = size[2] / 2 if rng.random() < 0.6 else float(rng.uniform(-0.2, 2))
            yaw = float(rng.uniform(-4, 4)) if rng.random() < 0.5 else int(rng.integers(4)) * math.pi / 2
            poses.append((name, Pose(x, y, z, yaw)))
    return Scene(room, tuple(objects)).place(Layout(tuple(poses)))


def as_arrays(placed: list[PlacedScene]) -> tuple[PackedScenes, FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Return what `measure` takes, in the order of each scene's objects."""
    packed = pack([one.scene for one in placed])
    shape = packed.mask.shape
    centers, yaws, mask = np.zeros((*shape, 3)), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for row, one in enumerate(placed):
        centers[row, one.indices], yaws[row, one.indices], mask[row, one.indices] = one.centers, one.yaws, True
    return packed, centers, yaws, mask


def measured(placed: list[PlacedScene]) -> PhysicsArrays:
    packed, centers, yaws, mask = as_arrays(placed)
    return packed.measure(centers, yaws, mask)


def by_itself(one: PlacedScene) -> dict[str, FloatArray]:
    """Return the same for one layout by the function of each part."""
    volumes = one.sizes.prod(axis=1)
    solid = ~lies_flat(one)
    shared = geometry.overlap_volumes(one.centers, one.sizes, one.yaws, solid).sum(axis=1)
    known = scene_arrays(one.scene)
    floors = None if known.floor is None else known.floor
    inside = geometry.inside_volumes(one.centers, one.sizes, one.yaws, known.room, floors=floors)
    found = relation_batch([one])
    scores: list[list[float]] = [[] for _ in one.scene.objects]
    for subject, score in zip(found.subjects, found.scores, strict=True):
        scores[subject].append(score)
    means = np.array([sum(one) / len(one) if one else 1.0 for one in scores])
    boundary = share_of(inside, volumes)
    return {
        "collision": share_of(volumes - shared, volumes),
        "boundary": boundary,
        "support": support_scores(one),
        "constraint": means[one.indices],
        "shared": shared,
        "outside": np.where(boundary < 1.0, volumes - inside, 0.0),
        "relations": np.array(float(len(found.scores))),
        "relations_met": np.array(float((found.scores >= 1.0).sum())),
    }


def test_two_thousand_scenes_are_measured_as_by_each_parts_own_function() -> None:
    rng = np.random.default_rng(4)
    counts = [*rng.integers(1, 20, 1900).tolist(), *rng.integers(20, 61, 100).tolist()]
    placed = [draw(rng, count, is_complete=k % 3 > 0) for k, count in enumerate(counts)]
    for start in range(0, len(placed), 500):
        part = placed[start : start + 500]
        found = measured(part)
        for row, one in enumerate(part):
            for name, expected in by_itself(one).items():
                value = getattr(found, name)[row]
                value = value[one.indices] if value.ndim else value
                np.testing.assert_allclose(value, expected, rtol=0, atol=1e-12, err_msg=f"{name} of {start + row}")
            assert found.unsupported[row] == (by_itself(one)["support"] < 1.0).sum()
            assert found.mask[row].sum() == len(one.ids)


@pytest.mark.parametrize("suite", ["easy", "hard", "polygons", "dense", "rotation"])
def test_the_reward_is_the_same_to_the_last_bit(suite: str) -> None:
    source, rng = make_tasks(suite), np.random.default_rng(2)
    placed = []
    for seed in range(20):
        scene = source.sample(seed)
        assert scene.witness is not None
        moved = [
            (name, replace(pose, x=pose.x + rng.normal(0, 0.3), z=pose.z + rng.choice([0.0, 0.2])))
            for name, pose in scene.witness.poses
        ]
        placed += [scene.place(scene.witness), scene.place(Layout(tuple(moved)))]
        placed.append(scene.place(Layout(tuple(moved[1:]))))
    packed, centers, yaws, mask = as_arrays(placed)
    values, shares = packed.physics(centers, yaws, mask)
    for row, score in enumerate(make_reward("physics").batch([Transition.of(one) for one in placed])):
        assert score.value == values[row]
        assert score.per_object is not None
        assert np.array_equal(score.per_object, shares[row, : packed.counts[row]], equal_nan=True)


def test_a_scene_alone_is_measured_to_the_last_bit_as_in_company() -> None:
    rng = np.random.default_rng(8)
    placed = [draw(rng, count, is_complete=False) for count in (1, 3, 40, 12, 9, 140)]
    together = measured(placed)
    for row, one in enumerate(placed):
        alone = measured([one])
        for name in PhysicsArrays._fields:
            a, b = getattr(together, name)[row], getattr(alone, name)[0]
            assert np.array_equal(a[: len(b)] if b.ndim else a, b), name


def test_a_quarter_turn_of_the_room_and_all_in_it_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    for one in (draw(rng, 8) for _ in range(100)):
        if not one.room.is_rectangle:
            continue
        sided = {"middle of the room", "ceiling"}  # their sides are those of the compass, whatever the room's turn
        items = [
            replace(item, relations=tuple(r for r in item.relations if r.target not in sided))
            for item in one.scene.objects
        ]
        before = measured([Scene(one.room, tuple(items)).place(one.layout)])
        room = Room.rectangle(one.room.width, one.room.length, one.room.height)
        around = dict(zip(WALLS, (*WALLS[1:], WALLS[0]), strict=True))
        objects = tuple(
            replace(item, relations=tuple(replace(r, target=around.get(r.target, r.target)) for r in item.relations))
            for item in items
        )
        places = {
            name: (one.room.width - pose.y, pose.x, pose.z, (pose.yaw or 0.0) + math.pi / 2)
            for name, pose in one.layout.poses
        }
        after = measured([Scene(room, objects).place(places)])
        for name in (*PARTS, "shared", "outside"):
            np.testing.assert_allclose(getattr(after, name), getattr(before, name), atol=1e-9, err_msg=name)


def test_the_order_of_objects_does_not_matter() -> None:
    rng = np.random.default_rng(6)
    for count in (4, 12, 45):
        one = draw(rng, count)
        order = rng.permutation(count)
        shuffled = Scene(one.room, tuple(one.scene.objects[i] for i in order)).place(one.layout)
        before, after = measured([one]), measured([shuffled])
        for name in (*PARTS, "shared", "outside"):
            np.testing.assert_allclose(getattr(after, name)[0], getattr(before, name)[0, order], atol=1e-12)


def test_parts_that_are_not_asked_for_are_best() -> None:
    rng = np.random.default_rng(7)
    packed, centers, yaws, mask = as_arrays([draw(rng, 20) for _ in range(10)])
    whole = packed.measure(centers, yaws, mask)
    for part in PARTS:
        only = packed.measure(centers, yaws, mask, parts=(part,))
        assert np.array_equal(getattr(only, part), getattr(whole, part))
        assert all((getattr(only, other) == 1.0).all() for other in PARTS if other != part)


@pytest.mark.parametrize("preposition", ARRANGEMENTS)
def test_relations_without_regions_are_measured_too(preposition: str) -> None:
    target = "west_wall" if preposition == "against wall" else "table_1"
    chair = SceneObject("chair_1", "chair", (0.5, 0.5, 0.9), relations=(Relation("chair_1", preposition, target),))
    scene = Scene(Room.rectangle(5, 4, 3), (SceneObject("table_1", "table", (1, 1, 0.7)), chair))
    placed = [
        scene.place({"table_1": (3, 2, 0.35), "chair_1": (1, 1, 0.45, 0.5)}),
        scene.place({"chair_1": (0.25, 1, 0.45, -math.pi / 2)}),
        draw(np.random.default_rng(1), 7),
    ]
    found = measured(placed)
    for row, one in enumerate(placed):
        expected = by_itself(one)
        np.testing.assert_allclose(found.constraint[row, one.indices], expected["constraint"], atol=1e-12)
        assert found.relations_met[row] == expected["relations_met"]
    assert (found.constraint[~found.mask] == 1.0).all()


def test_yaws_are_those_of_the_scene_unless_given() -> None:
    sofa = SceneObject("sofa_1", "sofa", (2, 1, 1), yaw=math.pi / 2)
    packed = pack([Scene(Room.rectangle(4, 3, 2.5), (sofa,)), Scene(Room.rectangle(4, 3, 2.5), ())])
    assert packed.default_yaws().tolist() == [[math.pi / 2], [0.0]]
    values, shares = packed.physics([[(0.5, 1.5, 0.5)], [(0, 0, 0)]])
    assert values.tolist() == [1.0, 1.0]
    assert shares[0].tolist() == [1.0]
    assert np.isnan(shares[1]).all()
    assert packed.physics([[(0.5, 1.5, 0.5)], [(0, 0, 0)]], [[0.0], [0.0]])[1][0, 0] == pytest.approx(0.75)


def test_nothing_packed_measures_nothing() -> None:
    assert len(pack([])) == 0
    values, shares = pack([]).physics(np.zeros((0, 0, 3)))
    assert (values.shape, shares.shape) == ((0,), (0, 0))
    empty = Scene(Room.rectangle(1, 1, 1), ())
    assert pack([empty, empty]).physics(np.zeros((2, 0, 3)))[0].tolist() == [1.0, 1.0]


def test_mistakes_are_told() -> None:
    packed = pack([Scene(Room.rectangle(4, 3, 2.5), (SceneObject("a", "a", (1, 1, 1)),)) for _ in range(2)])
    centers = np.zeros((2, 1, 3))
    with pytest.raises(InputError, match=r"`centers` has the shape \(2, 3\); it must be \(2, 1, 3\)"):
        packed.measure(np.zeros((2, 3)))
    with pytest.raises(InputError, match="`yaws` has the shape"):
        packed.measure(centers, np.zeros(2))
    with pytest.raises(InputError, match="`centers` holds NaN or infinity"):
        packed.measure(centers + np.nan)
    with pytest.raises(InputError, match="`centers` is not an array of numbers"):
        packed.measure([["a"]])
    with pytest.raises(InputError, match="`mask` is float64"):
        packed.measure(centers, mask=np.ones((2, 1)))
    with pytest.raises(InputError, match=r"`parts` holds \['colision'\]"):
        packed.measure(centers, parts=("colision",))
    mixed = pack([packed.scenes[0], Scene(Room.rectangle(4, 3, 2.5), ())])
    with pytest.raises(InputError, match="`mask` is True where a scene has no object"):
        mixed.measure(centers, mask=np.ones((2, 1), dtype=np.bool_))


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 100, 128, 129, 136, 300, 513, 1100])
def test_sums_are_rounded_as_by_numpy(length: int) -> None:
    rng = np.random.default_rng(length)
    for share in (0.05, 0.5, 1.0):
        row = np.where(rng.random(length) < share, rng.random(length) * 10.0 ** rng.uniform(-6, 3, length), 0.0)
        places = np.flatnonzero(row)
        assert ordered_sum(places, row[places], length) == row.sum()


def test_totals_leave_out_what_is_not_there() -> None:
    rng = np.random.default_rng(3)
    values = rng.random((40, 20))
    mask = rng.random((40, 20)) < rng.random((40, 1))
    assert total(values, mask).tolist() == [row[here].sum() for row, here in zip(values, mask, strict=True)]
    pairs = rng.random((40, 6, 20))
    expected = [[line[here].sum() for line in row] for row, here in zip(pairs, mask, strict=True)]
    assert total(pairs, mask).tolist() == expected
