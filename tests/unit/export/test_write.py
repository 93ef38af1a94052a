"""`export_scene` finds the format, makes folders, and says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from spatialenv import Room, Scene, SceneObject
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import InputError, MissingExtraError, UnknownNameError
from spatialenv.export import export_scene, format_names
from spatialenv.export.base import Exporter
from spatialenv.export.contents import Contents
from spatialenv.export.registry import ENDINGS, EXPORTERS, REGISTRY
from spatialenv.export.write import find_exporter


def test_every_format_is_in_the_table() -> None:
    assert set(EXPORTERS) <= set(format_names())
    assert set(ENDINGS.values()) == set(EXPORTERS)
    for ending, name in ENDINGS.items():
        assert ending in REGISTRY.load(name, {}).endings


@pytest.mark.parametrize(
    ("path", "format_", "name"),
    [
        ("a/room.glb", None, "room.glb"),
        ("a/room.GLB", None, "room.GLB"),
        ("a/room", "mjcf", "room.xml"),
        ("a/room", "usd", "room.usda"),
        ("a/b.c/room", "glb", "room.glb"),
    ],
)
def test_the_file_is_named_by_ending_or_format(path: str, format_: str | None, name: str) -> None:
    assert find_exporter(path, format_)[0].name == name


@pytest.mark.parametrize(
    ("path", "options", "error", "message"),
    [
        ("room.txt", {}, InputError, "no known ending"),
        ("room", {}, InputError, "no known ending"),
        ("room.glb", {"format": "gbl"}, UnknownNameError, "did you mean 'glb'"),
        ("room.xml", {"format": "glb"}, InputError, "must end in .glb"),
        ("a\x01.glb", {}, InputError, "rename it"),
        ("a\\b.xml", {}, InputError, "rename it"),
        ("..", {"format": "glb"}, InputError, "has no name"),
        ("room.glb", {"furniture": 1}, InputError, "must be true or false"),
        ("room.glb", {"ceiling": "no"}, InputError, "must be true or false"),
        ("room.glb", {"colours": "red"}, UnknownNameError, "identity"),
        ("room.glb", {"room": "lava"}, UnknownNameError, "planks"),
        ("folder.glb", {}, InputError, "it is a folder"),
        ("file/room.glb", {}, InputError, "cannot be written"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    tmp_path: Path, placed: PlacedScene, path: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    (tmp_path / "folder.glb").mkdir()
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error, match=message):
        export_scene(placed, tmp_path / path, **options)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_file_needs_a_name(path: str) -> None:
    with pytest.raises(InputError, match="has no name"):
        find_exporter(path, "glb")


def test_only_placed_scenes_are_written(tmp_path: Path, placed: PlacedScene) -> None:
    with pytest.raises(InputError, match=r"scene\.place"):
        export_scene(placed.scene, tmp_path / "room.glb")  # type: ignore[arg-type]


def test_folders_are_made_and_files_replaced(tmp_path: Path, placed: PlacedScene, empty: PlacedScene) -> None:
    path = tmp_path / "new" / "folder" / "room.glb"
    assert export_scene(placed, path).files == (path,)
    large = path.stat().st_size
    export_scene(empty, path)
    assert path.stat().st_size < large
    assert [item.name for item in path.parent.iterdir()] == ["room.glb"]


def test_the_same_room_gives_the_same_bytes(tmp_path: Path, placed: PlacedScene) -> None:
    for name in ("a", "b"):
        export_scene(placed, tmp_path / name / "room.glb")
        export_scene(placed, tmp_path / name / "room.xml")
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) > 10
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_what_is_very_far_away_is_left_out(tmp_path: Path) -> None:
    items = tuple(SceneObject(id=f"box_{i}", category="box", size=(1, 1, 1)) for i in range(4))
    poses = {"box_0": (1e300, 1, 0.5), "box_1": (-999, 1, 0.5), "box_2": (1, 1, -1001), "box_3": (2, 1, 0.5)}
    placed = Scene(Room.rectangle(4, 3, 2.5), items).place(poses)
    exported = export_scene(placed, tmp_path / "room.glb")
    assert exported.left_out == ("box_0", "box_2")
    content = (tmp_path / "room.glb").read_bytes()
    assert [f'"box_{i}"'.encode() in content for i in range(4)] == [False, True, False, True]


def test_an_asset_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    item = SceneObject(id="box_1", category="box", size=(1, 1, 1), asset="missing.glb")
    placed = Scene(Room.rectangle(4, 3, 2.5), (item,)).place({"box_1": (1, 1, 0.5)})
    (tmp_path / "assets").mkdir()
    exported = export_scene(placed, tmp_path / "room.glb", assets=tmp_path / "assets")
    assert "missing.glb" in exported.fallbacks["box_1"]


class Notes(Exporter):
    """A format of somebody else."""

    endings: ClassVar[tuple[str, ...]] = (".notes",)

    def write(self, contents: Contents, path: Path) -> list[Path]:
        """Write the names of what is there."""
        path.write_text(" ".join(part.name for part in contents.room))
        return [path]


def test_formats_of_other_packages(tmp_path: Path, placed: PlacedScene, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    point = EntryPoint("notes", f"{__name__}:Notes", "spatialenv.exports")
    monkeypatch.setattr(EntryPoint, "load", lambda _: Notes)
    monkeypatch.setattr("spatialenv.core.part.entry_points", lambda group: [point] if group == point.group else [])
    assert "notes" in format_names()
    export_scene(placed, tmp_path / "room.notes", ceiling=True)
    assert (tmp_path / "room.notes").read_text() == (
        "floor south_wall east_wall north_wall west_wall ceiling door_0 window_1"
    )


def test_a_missing_package_is_named(tmp_path: Path, placed: PlacedScene, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == "pxr"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(MissingExtraError, match=r"spatialenv\[export\]"):
        export_scene(placed, tmp_path / "room.usda")
    assert not list(tmp_path.iterdir())
