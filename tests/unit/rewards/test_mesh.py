from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.errors import InputError
from spatialenv.rewards import make_reward
from spatialenv.rewards.base import violations_of
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import shuffled

trimesh = pytest.importorskip("trimesh")
pytest.importorskip("manifold3d")

ROOM = Room.rectangle(4, 3, 2.5)


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A box; a table of a top and four legs, each a tenth of its sides, 0.136 of its box."""
    folder = tmp_path_factory.mktemp("assets")
    top = [((-0.5, -0.5, 0.4), (0.5, 0.5, 0.5))]
    legs = [((x, y, -0.5), (x + 0.1, y + 0.1, 0.4)) for x in (-0.5, 0.4) for y in (-0.5, 0.4)]
    cube = [((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))]
    for name, parts in (("table", top + legs), ("cube", cube)):
        mesh = trimesh.util.concatenate([trimesh.creation.box(bounds=part) for part in parts])
        (folder / f"{name}.ply").write_bytes(mesh.export(file_type="ply"))
    bowl = trimesh.creation.icosphere(2)
    bowl.update_faces(bowl.triangles_center[:, 2] < 0)
    (folder / "bowl.stl").write_bytes(bowl.export(file_type="stl"))
    return folder


def dining(table: tuple[float, float, float], stool: tuple[float, float, float]) -> PlacedScene:
    objects = (
        SceneObject("table_1", "table", (2.0, 1.0, 1.0), yaw=0.0, asset="table.ply"),
        SceneObject("stool_1", "stool", (0.4, 0.4, 0.4), yaw=0.0),
    )
    return Scene(ROOM, objects).place({"table_1": table, "stool_1": stool})


def test_a_stool_under_a_table_shares_nothing(assets: Path) -> None:
    placed = dining((2, 1.5, 0.5), (2, 1.5, 0.2))
    assert make_reward("collision")(Transition.of(placed)).value < 1.0
    score = make_reward({"name": "mesh_collision", "assets": str(assets)})(Transition.of(placed))
    assert score.value == 1.0
    assert score.details == {"shared_volume": 0.0, "approximated": 0.0}
    assert violations_of(make_reward({"name": "mesh_collision", "assets": str(assets)}), placed) == ()


def test_a_stool_in_a_leg_shares_it(assets: Path) -> None:
    """The south-west leg, 0.2 x 0.1, from (1, 1); the stool's box covers it whole and is 0.4 high."""
    placed = dining((2, 1.5, 0.5), (1.0, 1.0, 0.2))
    reward = make_reward({"name": "mesh_collision", "assets": str(assets)})
    score = reward(Transition.of(placed))
    shared, own = 0.2 * 0.1 * 0.4, 2.0 * (0.1 + 4 * 0.009)
    assert score.details["shared_volume"] == pytest.approx(shared, abs=1e-7)
    assert score.per_object == pytest.approx([1 - shared / own, 1 - shared / 0.064], abs=1e-6)
    (wrong,) = violations_of(reward, placed)
    assert (wrong.kind, wrong.objects, wrong.text) == (
        "collision", ("stool_1", "table_1"), "stool_1 overlaps table_1 by 0.008 m3",
    )  # fmt: skip
    assert wrong.move is not None
    dx, dy, dz = wrong.move
    assert reward(Transition.of(dining((2, 1.5, 0.5), (1.0 + dx, 1.0 + dy, 0.2 + dz)))).value == 1.0


def test_a_table_with_its_legs_outside(assets: Path) -> None:
    """Its west quarter is outside: a quarter of the top and two legs."""
    placed = dining((0.5, 1.5, 0.5), (3, 2.5, 0.2))
    reward = make_reward({"name": "mesh_boundary", "assets": str(assets)})
    score = reward(Transition.of(placed))
    own, outside = 2.0 * (0.1 + 4 * 0.009), 2.0 * (0.025 + 2 * 0.009)
    assert score.details["outside_volume"] == pytest.approx(outside, abs=1e-6)
    assert score.per_object == pytest.approx([1 - outside / own, 1.0], abs=1e-6)
    (wrong,) = violations_of(reward, placed)
    assert (wrong.kind, wrong.objects, wrong.move) == ("out_of_room", ("table_1",), pytest.approx((0.5, 0, 0)))
    assert wrong.text == "table_1 has 0.086 m3 outside the room"


def test_meshes_that_are_not_closed_are_flagged(assets: Path) -> None:
    bowl = SceneObject("bowl_1", "bowl", (1, 1, 0.5), asset="bowl.stl")
    placed = Scene(ROOM, (bowl,)).place({"bowl_1": (2, 1.5, 0.25)})
    for name in ("mesh_collision", "mesh_boundary"):
        score = make_reward({"name": name, "assets": str(assets)})(Transition.of(placed))
        assert (score.value, score.details["approximated"]) == (1.0, 1.0)


@pytest.mark.parametrize("name", ["collision", "boundary"])
def test_meshes_of_boxes_score_as_boxes(name: str, assets: Path) -> None:
    """Two hundred shuffled rooms of all kinds, each object a mesh of a box: within 1e-6."""
    rng = np.random.default_rng(0)
    plain, meshed = [], []
    for suite in ("hard", "polygons", "rotation", "dense"):
        for seed in range(50):
            placed = shuffled(make_tasks(suite).sample(seed), rng)
            objects = tuple(replace(item, asset="cube.ply") for item in placed.scene.objects)
            plain.append(Transition.of(placed))
            meshed.append(Transition.of(replace(placed.scene, objects=objects, witness=None).place(placed.layout)))
    boxes = make_reward(name).batch(plain)
    meshes = make_reward({"name": f"mesh_{name}", "assets": str(assets)}).batch(meshed)
    for first, second in zip(boxes, meshes, strict=True):
        assert second.per_object == pytest.approx(first.per_object, abs=1e-6)


def test_rugs_share_space_with_nothing(assets: Path) -> None:
    rug = SceneObject("rug_1", "rug", (2.0, 1.5, 0.02), yaw=0.0, is_rug=True, asset="cube.ply")
    table = SceneObject("table_1", "table", (1.0, 0.6, 0.7), yaw=0.0, asset="table.ply")
    placed = Scene(ROOM, (rug, table)).place({"rug_1": (2, 1.5, 0.01), "table_1": (2, 1.5, 0.35)})
    assert make_reward({"name": "mesh_collision", "assets": str(assets)})(Transition.of(placed)).value == 1.0


def test_what_must_stay_is_not_told_to_move(assets: Path) -> None:
    placed = dining((2, 1.5, 0.5), (1.0, 1.0, 0.2))
    start = Layout.of({"stool_1": (1.0, 1.0, 0.2)})
    scene = replace(placed.scene, start=start, fixed=("stool_1",))
    reward = make_reward({"name": "mesh_collision", "assets": str(assets)})
    assert violations_of(reward, scene.place(placed.layout))[0].objects == ("table_1", "stool_1")


@pytest.mark.parametrize("name", ["mesh_collision", "mesh_boundary"])
def test_pickles_as_its_options_and_needs_a_folder(name: str, assets: Path) -> None:
    placed = dining((2, 1.5, 0.5), (1.0, 1.0, 0.2))
    reward = make_reward({"name": name, "assets": str(assets)})
    again = pickle.loads(pickle.dumps(reward))
    assert again(Transition.of(placed)).value == reward(Transition.of(placed)).value
    with pytest.raises(InputError, match="say in which folder it is by the option `assets`"):
        make_reward(name)(Transition.of(placed))


@pytest.mark.parametrize("name", ["mesh_collision", "mesh_boundary"])
def test_which_axis_is_up_is_in_the_version(name: str) -> None:
    assert make_reward(name).version == f"{name}-1"
    assert make_reward({"name": name, "up": "y"}).version == f"{name}-1(up=y)"
