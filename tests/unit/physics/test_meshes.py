from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from spatialenv.assets import raw
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import FileFormatError, InputError
from spatialenv.physics.meshes import read_solid, solids_of
from spatialenv.physics.solids import shared_volumes

trimesh = pytest.importorskip("trimesh")
pytest.importorskip("manifold3d")


def step() -> trimesh.Trimesh:
    """Two boxes in our axes: a low one and, on its front half (+y) and right half (+x), a high one."""
    low, high = trimesh.creation.box((2, 2, 1)), trimesh.creation.box((1, 1, 2))
    low.apply_translation((0, 0, 0.5))
    high.apply_translation((0.5, 0.5, 1))
    return trimesh.util.concatenate([low, high])


def write(folder: Path, name: str, mesh: trimesh.Trimesh) -> None:
    content = mesh.export(file_type=name.rpartition(".")[2])
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def octants(shape: object) -> dict[tuple[int, int, int], float]:
    """Share of each eighth of the box that a solid fills."""
    filled = {}
    for corner in np.ndindex(2, 2, 2):
        centers = np.array([(0.0, 0.0, 0.0), np.array(corner) - 0.5])
        sizes = np.array([(2.0, 2.0, 2.0), (1.0, 1.0, 1.0)])
        filled[corner] = float(shared_volumes([shape, None], centers, sizes, np.zeros(2))[1].sum())  # type: ignore[list-item]
    return filled


EXPECTED = {corner: 1.0 if corner[2] == 0 or corner == (1, 1, 1) else 0.0 for corner in np.ndindex(2, 2, 2)}


@pytest.mark.parametrize("ending", ["obj", "ply", "stl"])
def test_files_with_z_up_are_taken_as_they_are(tmp_path: Path, ending: str) -> None:
    write(tmp_path, f"step.{ending}", step())
    assert octants(read_solid(tmp_path, f"step.{ending}")) == pytest.approx(EXPECTED, abs=1e-6)


@pytest.mark.parametrize(("name", "up"), [("step.glb", "auto"), ("step.glb", "y"), ("step.obj", "y")])
def test_files_with_y_up_are_turned_so_that_their_front_is_ours(tmp_path: Path, name: str, up: str) -> None:
    """Ours (x, y, z) is (-x, z, y) there: so theirs is (-x, z, y) of ours."""
    mesh = step()
    mesh.vertices = np.stack([-mesh.vertices[:, 0], mesh.vertices[:, 2], mesh.vertices[:, 1]], axis=1)
    write(tmp_path, name, mesh)
    assert octants(read_solid(tmp_path, name, up)) == pytest.approx(EXPECTED, abs=1e-6)  # type: ignore[arg-type]


def test_the_parts_of_a_scene_stand_where_it_puts_them(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((1, 1, 1)))
    scene.add_geometry(trimesh.creation.box((1, 1, 1)), transform=trimesh.transformations.translation_matrix((2, 0, 0)))
    (tmp_path / "two.glb").write_bytes(scene.export(file_type="glb"))
    assert read_solid(tmp_path, "two.glb").volume == pytest.approx(2 / 3, abs=1e-6)


def test_a_file_is_kept_until_it_changes(tmp_path: Path) -> None:
    write(tmp_path, "a.stl", step())
    first = read_solid(tmp_path, "a.stl")
    assert read_solid(str(tmp_path), "a.stl") is first
    write(tmp_path, "a.stl", trimesh.creation.box((1, 1, 1)))
    os.utime(tmp_path / "a.stl", ns=(1, 1))
    assert read_solid(tmp_path, "a.stl").volume == pytest.approx(1.0)


def test_folders_in_the_folder_are_reached(tmp_path: Path) -> None:
    (tmp_path / "chairs").mkdir()
    write(tmp_path / "chairs", "a.ply", step())
    assert read_solid(tmp_path, "chairs/a.ply").volume == pytest.approx(5 / 8)


@pytest.mark.parametrize("asset", ["../a.stl", "chairs/../../a.stl", "/etc/a.stl", "chairs/../a.stl"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, asset: str) -> None:
    write(tmp_path, "a.stl", step())
    (tmp_path / "inside").mkdir()
    with pytest.raises(InputError, match="leads out of its folder"):
        read_solid(tmp_path / "inside", asset)


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    write(tmp_path, "a.stl", step())
    write(inside, "b.stl", step())
    (inside / "link.stl").symlink_to(tmp_path / "a.stl")
    (inside / "folder").symlink_to(tmp_path)
    (inside / "good.stl").symlink_to(inside / "b.stl")
    for asset in ("link.stl", "folder/a.stl"):
        with pytest.raises(InputError, match="leads out of its folder"):
            read_solid(inside, asset)
    assert read_solid(inside, "good.stl").volume == pytest.approx(5 / 8)


def test_what_a_file_names_is_not_read(tmp_path: Path) -> None:
    """An OBJ's material library, were it read, would be found missing or decide the picture; a mesh needs none."""
    write(tmp_path, "a.obj", step())
    path = tmp_path / "a.obj"
    path.write_text("mtllib ../../../etc/passwd\nusemtl x\n" + path.read_text())
    assert read_solid(tmp_path, "a.obj").volume == pytest.approx(5 / 8)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.glb", b"nonsense", "is cut off after 8 bytes"),
        ("a.glb", b"", "is cut off after 0 bytes"),
        ("a.obj", b"nonsense", "has 0 triangles"),
        ("a.obj", b"v 1 2 3\nf 1 2 9\n", "cannot be read: it names vertex 9 of 1"),
        ("a.ply", b"ply\n", "cannot be read"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "cannot be used: the mesh is 1 x 1 x 0"),
        ("a.exe", b"MZ", r"is no mesh that can be read; give a path that ends in \.glb, \.gltf, \.obj, \.ply, \.stl"),
    ],
)
def test_a_file_that_is_no_mesh_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=message):
        read_solid(tmp_path, name)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileFormatError, match=r"the asset 'a\.stl' cannot be read: No such file"):
        read_solid(tmp_path, "a.stl")
    write(tmp_path, "a.stl", step())
    (tmp_path / "b.stl").touch()
    os.truncate(tmp_path / "b.stl", 2 << 30)
    with pytest.raises(FileFormatError, match="MB; at most"):
        read_solid(tmp_path, "b.stl")
    monkeypatch.setattr(raw, "MAX_FACES", 3)
    with pytest.raises(FileFormatError, match="triangles or more; allowed: 1 to 3"):
        read_solid(tmp_path, "a.stl")


@pytest.mark.parametrize("asset", ["", None, 3, "a\0.stl"])
def test_an_asset_is_a_path(tmp_path: Path, asset: object) -> None:
    with pytest.raises(InputError, match="give the path of a mesh"):
        read_solid(tmp_path, asset)  # type: ignore[arg-type]


def test_the_index_of_the_folder_says_how_a_mesh_stands(tmp_path: Path) -> None:
    """As pictures show it: turned by a quarter, its front is what was its right side."""
    write(tmp_path, "step.stl", step())
    row = {"id": "a step", "file": "step.stl", "front": "+x", "up": "+z"}
    (tmp_path / "assets.json").write_text(json.dumps({"version": 1, "assets": [row]}))
    expected = {corner: EXPECTED[corner[1], 1 - corner[0], corner[2]] for corner in np.ndindex(2, 2, 2)}
    for asset in ("a step", "step.stl"):
        assert octants(read_solid(tmp_path, asset)) == pytest.approx(expected, abs=1e-6)
        assert octants(read_solid(tmp_path, asset, "z")) == pytest.approx(EXPECTED, abs=1e-6)
    (tmp_path / "assets.json").unlink()
    assert octants(read_solid(tmp_path, "step.stl")) == pytest.approx(EXPECTED, abs=1e-6)
    with pytest.raises(FileFormatError, match="is no mesh"):
        read_solid(tmp_path, "a step")


def test_up_is_one_of_three(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`up` is 'x'"):
        read_solid(tmp_path, "a.stl", "x")  # type: ignore[arg-type]


def test_objects_without_an_asset_are_boxes_and_assets_need_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "a.stl", step())
    objects = (SceneObject("box_1", "box", (1, 1, 1)), SceneObject("step_1", "step", (1, 1, 1), asset="a.stl"))
    placed = Scene(Room.rectangle(4, 3, 2.5), objects).place({"box_1": (1, 1, 0.5), "step_1": (3, 1, 0.5)})
    first, second = solids_of(placed, tmp_path)
    assert first is None
    assert second is not None
    with pytest.raises(InputError, match=r"has the asset 'a\.stl'; say in which folder"):
        solids_of(placed, None)
