"""The XML by itself; `tests/oracles/test_exports.py` has MuJoCo read it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from spatialenv import Room, Scene, SceneObject
from spatialenv.core.placed import PlacedScene
from spatialenv.export import export_scene
from spatialenv.export.files import MARK


def _written(placed: PlacedScene, folder: Path) -> ET.Element:
    export_scene(placed, folder / "room.xml")
    return ET.parse(folder / "room.xml").getroot()


def test_every_file_that_is_named_is_there_and_no_other(tmp_path: Path, placed: PlacedScene) -> None:
    root = _written(placed, tmp_path)
    named = {asset.get("file") for asset in root.find("asset") or () if asset.get("file")}
    assert named == {path.name for path in (tmp_path / "room_xml").iterdir()} - {MARK}
    compiler = root.find("compiler")
    assert compiler is not None
    assert compiler.get("meshdir") == compiler.get("texturedir") == "room_xml"


def test_objects_that_look_alike_share_their_files(tmp_path: Path) -> None:
    items = tuple(SceneObject(id=f"chair_{i}", category="chair", size=(0.5, 0.5, 0.9)) for i in range(9))
    scene = Scene(Room.rectangle(4, 3, 2.5), items)
    counts = []
    for some in (items[:1], items):
        poses = {item.id: (0.4 + 0.4 * k, 1, 0.45) for k, item in enumerate(some)}
        counts.append(len(export_scene(scene.place(poses), tmp_path / "room.xml").files))
    assert counts[0] == counts[1]


def test_bodies_joints_and_true_ids(tmp_path: Path) -> None:
    items = tuple(
        SceneObject(id=name, category="box", size=(0.5, 0.5, 0.5)) for name in ("a b", "a/b", "world", "ground")
    )
    placed = Scene(Room.rectangle(4, 3, 2.5), items).place(
        {"a b": (1, 1, 0.25), "a/b": (2, 1, 1), "ground": (9, 9, 1), "world": (3, 1, 1)}
    )
    root = _written(placed, tmp_path)
    texts = {text.get("name"): text.get("data") for text in root.iter("text")}
    assert texts == {"a_b": "a b", "a_b_2": "a/b", "world_2": "world", "ground": "ground"}
    bodies = {body.get("name"): body for body in root.iter("body")}
    assert len(bodies) == len(list(root.iter("body")))
    assert [name for name, body in bodies.items() if body.find("freejoint") is not None] == list(texts)
    assert bodies["a_b"].get("pos") == "1.0 1.0 0.25"
    # What is outside falls: the floor of the world and it pass through each other.
    excluded = {(item.get("body1"), item.get("body2")) for item in root.iter("exclude")}
    assert ("ground", "ground_2") in excluded


def test_numbers_are_read_back_to_the_last_bit(tmp_path: Path) -> None:
    box = SceneObject(id="box_1", category="box", size=(1 / 3, 0.1, 0.7))
    placed = Scene(Room.rectangle(4, 3, 2.5), (box,)).place({"box_1": (4 / 3, 0.1 + 0.2, 0.35, 1e-17)})
    root = _written(placed, tmp_path)
    (body,) = (body for body in root.iter("body") if body.get("name") == "box_1")
    assert np.array_equal(np.array(body.get("pos", "").split(), dtype=float), placed.centers[0])
    (geom,) = (geom for geom in body.iter("geom") if geom.get("type") == "box")
    assert np.array_equal(np.array(geom.get("size", "").split(), dtype=float), placed.sizes[0] / 2)
    assert float(geom.get("mass", "0")) == pytest.approx(200 / 3 * 0.07)
