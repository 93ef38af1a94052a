"""`spatialenv export` writes rooms for other programs."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.formats import write_scene
from spatialenv.formats.episode import save_episodes
from spatialenv.tasks import make_tasks


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A scene of the suite `easy` with its witness as layout."""
    scene = make_tasks("easy").sample(0)
    write_scene(tmp_path / "room.json", scene, scene.witness)
    return tmp_path / "room.json"


def _ids(path: Path) -> list[str]:
    content = path.read_bytes()
    (length,) = struct.unpack_from("<I", content, 12)
    nodes = json.loads(content[20 : 20 + length])["nodes"]
    return [node["extras"]["id"] for node in nodes if node["extras"]["kind"] == "object"]


def test_several_files_at_once(command: Callable[..., Any], room: Path) -> None:
    folder = room.parent / "new"
    done = command("export", room, "-o", folder / "a.glb", "-o", folder / "b.xml")
    assert done.code == 0, done.err
    assert _ids(folder / "a.glb") == list(make_tasks("easy").sample(0).ids)
    assert sorted(path.name for path in folder.iterdir()) == ["a.glb", "b.xml", "b_xml"]
    rows = [line.split() for line in done.out.splitlines() if str(folder) in line]
    assert [row[0] for row in rows] == [str(folder / "a.glb"), str(folder / "b.xml"), f"{folder / 'b_xml'}/"]
    files = [path for path in (folder / "b_xml").iterdir() if path.suffix != ".json"]
    assert rows[2][1:] == [str(len(files)), f"{sum(path.stat().st_size for path in files) / 1e3:.1f}", "kB"]


def test_formats_name_the_files(command: Callable[..., Any], room: Path) -> None:
    assert command("export", room, "-o", room.parent / "a", "--format", "glb", "--format", "mjcf").code == 0
    assert (room.parent / "a.glb").is_file()
    assert (room.parent / "a.xml").is_file()


def test_rooms_of_a_suite_and_options(command: Callable[..., Any], tmp_path: Path) -> None:
    def export(*options: str) -> int:
        done = command("export", "hard/validation", "--scene", "2", "-o", tmp_path / "a.glb", *options)
        assert done.code == 0, done.err
        assert _ids(tmp_path / "a.glb") == list(make_tasks("hard/validation").sample(2).ids)
        return (tmp_path / "a.glb").stat().st_size

    plain = export()
    assert export("--no-furniture") < 0.8 * plain
    assert export("--ceiling") > plain
    assert export("--room", '{"floor": "plain"}') < plain
    assert export("--colours", "identity") != plain


def test_turns_of_an_episode(command: Callable[..., Any], tmp_path: Path) -> None:
    scene = make_tasks("easy").sample(0)
    assert scene.witness is not None
    turns = tuple(
        Turn("", Layout(scene.witness.poses[:count]), 0.5, 0.5, {}, {}, (), (), "", {"valid": True, "clean": False})
        for count in (1, 2)
    )
    save_episodes(tmp_path / "played.jsonl", [Episode(scene, "", turns, {})])
    for options, count in ((("--turn", "0"), 0), (("--turn", "1"), 1), ((), 2)):
        done = command("export", tmp_path / "played.jsonl", "-o", tmp_path / "a.glb", *options)
        assert done.code == 0, done.err
        assert sorted(_ids(tmp_path / "a.glb")) == sorted(scene.witness.ids[:count])
    for option, message in (("--turn", "has 2 turns"), ("--episode", "holds 1"), ("--scene", "choose by `--episode`")):
        done = command("export", tmp_path / "played.jsonl", "-o", tmp_path / "a.glb", option, "9")
        assert (done.code, message in done.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "page.png"), "has no known ending"),
        (("-o", "a.glb", "--format", "gltf"), "unknown export format 'gltf'"),
        (("-o", "a.xml", "--format", "glb"), "must end in .glb"),
        (("-o", "a.glb", "-o", "a.glb"), "more than once"),
        (("-o", "/proc/none/a.glb"), "cannot be written"),
        (("-o", "a.glb", "--scene", "9"), "holds 1"),
        (("-o", "a.glb", "--turn", "1"), "holds no episodes"),
        (("-o", "a.glb", "--episode", "1"), "holds no episodes"),
        (("-o", ".", "--format", "glb"), "has no name"),
        (("-o", "a.glb", "--room", "lava"), "lava"),
        (("-o", "a.glb", "--room", "{lava"), "which is no JSON"),
        (("-o", "a.glb", "--assets", "/none"), "/none"),
        (("-o", "a.glb", "--colours", "red"), "identity"),
    ],
)
def test_mistakes_are_told_in_a_line(
    command: Callable[..., Any], room: Path, arguments: tuple[str, ...], message: str
) -> None:
    given = [str(room.parent / part) if part.startswith(("a.", "page.")) else part for part in arguments]
    done = command("export", room, *given)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert [path.name for path in room.parent.iterdir()] == ["room.json"]


def test_a_source_that_is_not_there(command: Callable[..., Any], tmp_path: Path) -> None:
    for source, message in (("hrad", "did you mean 'hard'"), ("none.json", "cannot be read")):
        done = command("export", source, "-o", tmp_path / "a.glb")
        assert (done.code, message in done.err) == (2, True)


def test_boxes_in_place_of_assets_are_told(command: Callable[..., Any], tmp_path: Path) -> None:
    from spatialenv import Room, Scene, SceneObject

    item = SceneObject(id="sofa_1", category="sofa", size=(1, 1, 1), asset="none.glb")
    scene = Scene(Room.rectangle(4, 3, 2.5), (item,))
    write_scene(tmp_path / "room.json", scene, scene.place({"sofa_1": (1, 1, 0.5)}).layout)
    (tmp_path / "meshes").mkdir()
    done = command("export", tmp_path / "room.json", "-o", tmp_path / "a.glb", "--assets", tmp_path / "meshes")
    assert done.code == 0
    assert done.err.startswith("sofa_1 is a box: ")
