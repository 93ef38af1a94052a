"""Baselines in rooms of any floor, with yaws, in edits, and with what stands there at the start."""

from __future__ import annotations

import math
from typing import Any

import pytest
from shapely.affinity import rotate, translate
from shapely.geometry import Polygon, box  # an independent oracle

from spatialenv.core.layout import Layout
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation import RandomPolicy, make_policy
from spatialenv.evaluation.baselines import write_layout
from spatialenv.tasks import make_tasks

OPTIONS: dict[str, Any] = {"views": ["top"], "size": [16, 16], "renderer": "blank", "max_turns": 2}
L_SHAPE = Room.polygon([(0, 0), (6, 0), (6, 2), (2, 2), (2, 6), (0, 6)], 3)
TRIANGLE = Room.polygon([(0, 0), (6, 0), (0, 5)], 3)


def boxes(*sides: float, **options: Any) -> tuple[SceneObject, ...]:
    return tuple(SceneObject(f"box_{i}", "box", (side, side / 2, 1), **options) for i, side in enumerate(sides))


def footprint(scene: Scene, layout: Layout, object_id: str) -> Polygon:
    length, width, _ = scene.object(object_id).size
    pose = layout[object_id]
    yaw = scene.default_yaw(object_id) if pose.yaw is None else pose.yaw
    flat = rotate(box(-length / 2, -width / 2, length / 2, width / 2), math.degrees(yaw), origin=(0, 0))
    return translate(flat, pose.x, pose.y)


@pytest.mark.parametrize("room", [L_SHAPE, TRIANGLE], ids=["L", "triangle"])
@pytest.mark.parametrize("yaw", ["fixed", "free"])
def test_random_places_lie_on_any_floor(room: Room, yaw: Any) -> None:
    floor = Polygon(room.floor)
    xs = []
    for seed in range(60):
        scene = Scene(room, boxes(1.0, 0.5, 1.5))
        layout = RandomPolicy(seed).layout(scene, yaw=yaw)
        for object_id in layout:
            assert footprint(scene, layout, object_id).difference(floor).area < 1e-6
        xs.append(layout["box_1"].x)
    assert min(xs) < room.length / 4
    assert max(xs) > room.length / 2, "places spread"


def test_what_fits_nowhere_is_placed_where_most_of_it_is_inside() -> None:
    scene = Scene(TRIANGLE, boxes(5.5))
    pose = RandomPolicy().layout(scene)["box_0"]
    assert footprint(scene, RandomPolicy().layout(scene), "box_0").intersection(Polygon(TRIANGLE.floor)).area > 7
    assert 0 < pose.x < 6


def test_yaws_are_drawn_where_they_are_asked_for() -> None:
    scene = Scene(Room.rectangle(6, 6, 3), (*boxes(1.0, 2.0), SceneObject("own", "box", (1, 1, 1), yaw=1.0)))
    fixed, free = (RandomPolicy(2).layout(scene, yaw=yaw) for yaw in ("fixed", "free"))
    assert [pose.yaw for pose in fixed.values()] == [None, None, None]
    assert free["own"].yaw == 1.0
    turns = [RandomPolicy(seed).layout(scene, yaw="free")["box_0"].yaw for seed in range(200)]
    assert all(0 <= turn < math.tau for turn in turns)
    assert sum(turns) / 200 == pytest.approx(math.pi, abs=0.4)


def test_rectangles_are_answered_as_they_always_were() -> None:
    layout = RandomPolicy(3).layout(make_tasks("demo").sample(5))
    places = [(round(pose.x, 6), round(pose.y, 6)) for pose in layout.values()]
    assert places == [(0.615284, 1.966195), (0.596093, 2.078269), (0.83908, 4.493172)], "as version 0.1.0 gave"


@pytest.mark.parametrize("name", ["random", "solver", "witness"])
@pytest.mark.parametrize("tasks", ["polygons/test", "rotation/test", "repair/test", "completion/test", "edit/test"])
@pytest.mark.parametrize("actions", ["layout", "edits"])
def test_every_baseline_answers_every_kind_of_room(name: str, tasks: str, actions: Any) -> None:
    policy = make_policy(name)
    envs = [RoomLayoutEnv(tasks=tasks, actions=actions, **OPTIONS) for _ in range(4)]
    for seed, env in enumerate(envs):
        env.reset(seed=seed)
    for env, text in zip(envs, policy.respond(envs), strict=True):
        env.step(text)
        turn = env.episode().turns[0]
        assert turn.status["well_formed"]
        assert not turn.issues
        for object_id in env.scene.fixed:
            start, now = env.scene.start[object_id], turn.layout[object_id]
            assert (now.x, now.y, now.z) == pytest.approx((start.x, start.y, start.z), abs=1e-4)
        if name == "witness":
            assert turn.status["clean"]


@pytest.mark.parametrize(("tasks", "seeds"), [("polygons/validation", (1, 83, 109)), ("rotation/validation", (13, 18))])
def test_what_stands_askew_is_still_sound_when_it_is_written(tasks: str, seeds: tuple[int, ...]) -> None:
    for seed in seeds:
        env = RoomLayoutEnv(tasks=tasks, **OPTIONS)
        env.reset(seed=seed)
        env.step(make_policy("solver").respond([env])[0])
        assert env.episode().turns[0].status["valid"]


def test_a_layout_is_written_as_the_env_reads_it() -> None:
    scene = Scene(Room.rectangle(4, 4, 3), boxes(1.0), start=Layout.of({"box_0": (1, 1, 0.5, 0.5)}))
    target = Layout.of({"box_0": (2, 1, 0.5, math.pi / 2)})
    fixed, free, edits, turns = (
        RoomLayoutEnv(tasks=[scene], yaw=yaw, actions=actions, **OPTIONS)
        for yaw, actions in (("fixed", "layout"), ("free", "layout"), ("fixed", "edits"), ("free", "edits"))
    )
    for env in (fixed, free, edits, turns):
        env.reset(seed=0)
    assert "yaw" not in write_layout(fixed, target)
    assert parse_answer(write_layout(free, target), scene, yaw="free").layout["box_0"].yaw == pytest.approx(math.pi / 2)
    assert write_layout(edits, target) == '<think></think><answer>[{"op": "move", "id": "box_0", "dx": 1.0}]</answer>'
    assert '"yaw": 90.0' in write_layout(turns, target)
