from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spatialenv.cli.app import run

BOX = "".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 2) for z in (0, 3))
BOX += "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "meshes"
    folder.mkdir()
    (folder / "chair_1.obj").write_text("usemtl gone\n" + BOX)
    return folder


def test_sources_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assets"]) == 0
    out = capsys.readouterr().out
    assert "folder" in out
    assert "objaverse" in out


def test_an_index_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad[red].glb").write_bytes(b"no")
    arguments = ["assets", "index", str(folder), "--licence", "CC0-1.0", "--front", "-x", "--up", "+z"]
    assert run(arguments) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1 assets; files that cannot be used: 1" in out
    assert "bad[red].glb" in out
    rows = json.loads((folder / "assets.json").read_text())["assets"]
    assert rows == [
        {
            "id": "chair_1",
            "file": "chair_1.obj",
            "category": "chair",
            "words": "chair 1",
            "size": [2.0, 1.0, 3.0],
            "front": "-x",
            "up": "+z",
            "licence": "CC0-1.0",
        }
    ]


def test_check_lists_assets_and_exits_with_1_for_broken_ones(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assets", "check", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "1 x 2 x 3" in out
    assert "its material 'gone' is in no file that is read" in out
    assert "1 of 1 assets can be used" in out
    (folder / "flat.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert run(["assets", "check", str(folder), "--problems"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "which is flat" in out
    assert "1 of 2 assets can be used" in out
    assert "1 x 2 x 3" not in out


def test_show_draws_a_sheet(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (folder / "broken.glb").write_bytes(b"no")
    sheet = tmp_path / "sheet.png"
    assert run(["assets", "show", str(folder), "-o", str(sheet), "--size", "48"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "2 assets" in out
    assert "is cut off after 2 bytes" in out
    picture = np.asarray(Image.open(sheet))
    assert picture.shape[1] == 2 * 4 * 48 + 3 * 8
    assert run(["assets", "show", str(folder), "-o", str(sheet), "--size", "48", "--asset", "chair_1.obj"]) == 0
    assert np.asarray(Image.open(sheet)).shape[1] == 4 * 48 + 2 * 8


def test_render_draws_assets_and_tells_which_it_could_not_use(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from spatialenv.core.layout import Layout
    from spatialenv.core.room import Room
    from spatialenv.core.scene import Scene, SceneObject
    from spatialenv.formats.native import write_scene

    objects = [SceneObject(name, "chair", (1, 1, 1), yaw=0.0, asset=f"{name}.obj") for name in ("chair_1", "chair_2")]
    layout = Layout.of({"chair_1": (1, 1.5, 0.5), "chair_2": (3, 1.5, 0.5)})
    write_scene(tmp_path / "room.json", Scene(Room.rectangle(4, 3, 2.5), tuple(objects)), layout)
    renderer = json.dumps({"name": "fast", "assets": str(folder)})
    arguments = ["render", str(tmp_path / "room.json"), "-o", str(tmp_path / "a.png"), "--size", "64"]
    assert run([*arguments, "--renderer", renderer]) == 0
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("chair_2 is drawn as its box: the asset 'chair_2.obj' cannot be read")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index", "nowhere"], "is no folder"),
        (["check", "nowhere"], "is no folder"),
        (["show", "nowhere", "-o", "a.png"], "is no folder"),
        (["index", "meshes", "--front", "north"], "unknown direction for `--front` 'north'"),
        (["index", "meshes", "--front", "+z"], "right angle"),
        (["show", "meshes", "-o", "a.gif"], "ends in .png"),
        (["show", "meshes", "-o", "a.png", "--asset", "chair_2"], "did you mean 'chair_1.obj'"),
        (["show", "empty", "-o", "a.png"], "holds no meshes"),
    ],
)
def test_mistakes_exit_with_2(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folder.parent)
    (folder.parent / "empty").mkdir()
    assert run(["assets", *arguments]) == 2
    assert message in capsys.readouterr().err
