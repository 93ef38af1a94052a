from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.violations import find_violations
from spatialenv.formats import read_any, write_scene
from spatialenv.formats.episode import save_episodes
from spatialenv.renderers.base import check_request
from spatialenv.renderers.fast import FastRenderer


def _pixels(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_views_stand_side_by_side(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    output = tmp_path / "room.png"
    assert command("render", save("room.json", scene), "-o", output, "--size", 64).code == 0
    assert _pixels(output).shape == (64, 128, 3)


def test_one_view(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    output = tmp_path / "room.png"
    arguments = ("render", save("room.json", scene), "-o", output, "--size", 64, "--view", "top", "--no-labels")
    assert command(*arguments).code == 0
    assert _pixels(output).shape == (64, 64, 3)


@pytest.mark.parametrize("renderer", ["auto", '{"name": "auto", "order": ["fast"]}'])
def test_the_best_renderer_that_works(
    command: Any, save: Any, scene: Any, tmp_path: Path, renderer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spatialenv.renderers.auto.has_graphics_device", lambda: False)
    path, outputs = save("room.json", scene), [tmp_path / name for name in ("auto.png", "fast.png")]
    for output, name in zip(outputs, (renderer, "fast"), strict=True):
        assert command("render", path, "-o", output, "--size", 64, "--renderer", name).code == 0
    assert np.array_equal(*map(_pixels, outputs))


@pytest.mark.parametrize("option", ["--violations", "--no-labels"])
def test_an_option_changes_the_picture(command: Any, save: Any, collision: Any, tmp_path: Path, option: str) -> None:
    path = save("room.json", collision)
    plain, changed = tmp_path / "plain.png", tmp_path / "changed.png"
    assert command("render", path, "-o", plain, "--size", 128).code == 0
    assert command("render", path, "-o", changed, "--size", 128, option).code == 0
    assert not np.array_equal(_pixels(plain), _pixels(changed))


def test_a_scene_of_many(command: Any, save: Any, scene: Any, collision: Any, tmp_path: Path) -> None:
    many = save("many.json", [scene, collision])
    outputs = [tmp_path / f"{name}.png" for name in ("first", "second", "alone")]
    for number in (0, 1):
        assert command("render", many, "-o", outputs[number], "--size", 64, "--scene", number).code == 0
    assert command("render", save("alone.json", collision), "-o", outputs[2], "--size", 64).code == 0
    first, second, alone = map(_pixels, outputs)
    assert np.array_equal(second, alone)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("--scene", "1"), "holds 1", id="there is no second scene"),
        pytest.param(("--view", "topp"), "did you mean 'top'", id="no such view"),
        pytest.param(("--size", "3"), "size", id="too small to see"),
        pytest.param(("--renderer", "fats"), "did you mean 'fast'", id="no such renderer"),
        pytest.param(("--output", "room.jpg"), ".png", id="not a PNG"),
        pytest.param(("--output", "room.png", "--film", "turntable"), ".gif or .mp4", id="a film as a PNG"),
        pytest.param(("--output", "room.gif", "--film", "spin"), "turntable", id="no such film"),
        pytest.param(("--output", "room.gif", "--film", "turns"), ".jsonl", id="scenes have no turns"),
        pytest.param(("--output", "room.gif", "--view", "top"), "camera", id="a turntable has its own camera"),
        pytest.param(("--output", "room.gif", "--frames", "1"), "frames", id="one frame is no film"),
        pytest.param(("--output", "room.gif", "--depth", "depth.png"), "--depth", id="depths of a film"),
        pytest.param(("--output", "room.gif", "--sheet", "scenes"), "--sheet", id="a sheet as a film"),
        pytest.param(("--sheet", "before-afer"), "did you mean 'before-after'", id="no such sheet"),
        pytest.param(("--sheet", "before-after"), ".jsonl", id="scenes have no before"),
        pytest.param(("--depth", "depth.exr"), ".png", id="depths as something else"),
        pytest.param(("--output", "a.png", "--depth", "a.png"), "give two names", id="depths over the picture"),
        pytest.param(("--camera", "{"), "JSON", id="no JSON"),
        pytest.param(("--camera", "[1]"), "object", id="no object"),
        pytest.param(("--camera", '{"name": "free", "eye": [1, 1]}'), "eye", id="half a camera"),
        pytest.param(("--view", "corner", "--view", "corner"), "once", id="a view twice"),
        pytest.param(("--size", "64x"), "640x360", id="half a size"),
        pytest.param(("--renderer", '{"name": "fast", "shadow": 1}'), "shadow", id="no such option"),
    ],
)
def test_a_mistake_leaves_no_picture(
    command: Any, save: Any, scene: Any, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    path = save("room.json", scene)
    result = command("render", path, "-o", tmp_path / "room.png", *arguments)
    assert result.code == 2
    assert says in result.err
    assert list(tmp_path.iterdir()) == [path]


def test_cameras_and_sizes(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    output = tmp_path / "room.png"
    camera = json.dumps({"name": "free", "eye": [2, 1.5, 1.5], "target": [0, 0, 0.5], "fov": 80})
    arguments = ("--view", "front", "--view", "walk", "--camera", camera, "--size", "80x48")
    assert command("render", save("room.json", scene), "-o", output, *arguments).code == 0
    assert _pixels(output).shape == (48, 240, 3)


def test_depths_in_millimetres(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    output, depth = tmp_path / "room.png", tmp_path / "depth.png"
    boxes = json.dumps({"name": "fast", "furniture": False})
    arguments = ("--depth", depth, "--size", "64", "--view", "top", "--no-labels", "--renderer", boxes)
    assert command("render", save("room.json", scene), "-o", output, *arguments).code == 0
    with Image.open(depth) as image:
        assert image.mode.startswith("I")
        metres = np.asarray(image).astype(float) / 1000
    assert metres.shape == (64, 64)
    room = Scene(Room.rectangle(4, 3, 2.5), ()).place({})
    (camera,) = check_request(room, ["top"], (64, 64)).cameras
    column, row = camera.project(np.array([0.5, 0.5, 1.0])).astype(int)
    # The top of the box is 1 m high, the floor 0 m; around the room is nothing.
    assert metres[row, column] == pytest.approx(camera.origin[2] - 1.0, abs=2e-3)
    column, row = camera.project(np.array([2.0, 2.5, 0.0])).astype(int)
    assert metres[row, column] == pytest.approx(camera.origin[2], abs=0.02)
    assert metres[0, 0] == 0


@pytest.mark.parametrize("ending", ["gif", "mp4"])
def test_a_film_of_a_room(command: Any, save: Any, scene: Any, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"room.{ending}"
    if ending == "mp4":
        pytest.importorskip("av")
    arguments = ("--frames", 5, "--seconds", 1, "--size", 64)
    result = command("render", save("room.json", scene), "-o", output, *arguments)
    assert result.code == 0
    assert "5 frames, 1 s" in result.out
    if ending == "gif":
        with Image.open(output) as image:
            assert (image.size, image.n_frames) == ((64, 64), 5)  # type: ignore[attr-defined]
    first = output.read_bytes()
    assert command("render", tmp_path / "room.json", "-o", output, *arguments).code == 0
    assert output.read_bytes() == first


SCENE = Scene(
    Room.rectangle(4, 3, 2.5),
    (
        SceneObject(id="a", category="box", size=(1, 1, 1), relations=(Relation("a", "on", "north_wall"),)),
        SceneObject(id="b", category="box", size=(1, 1, 1)),
    ),
    "Two boxes.",
)


@pytest.fixture
def episodes(tmp_path: Path) -> Path:
    """A file of two episodes, the second of which has three turns."""

    def turn(layout: dict[str, Any]) -> Turn:
        told = tuple(violation.to_dict() for violation in find_violations(SCENE.place(layout)))
        return Turn("", Layout.of(layout), 0.5, 0.5, {}, {}, told, (), "", {"valid": not told, "clean": not told})

    turns = tuple(turn({"a": (0.8 + x, 1.0, 0.5), "b": (1.4, 1.0, 0.5)}) for x in (0.0, 1.0, 2.2))
    path = tmp_path / "played.jsonl"
    save_episodes(path, [Episode(SCENE, "", turns[:1], {}), Episode(SCENE, "", turns, {})])
    return path


def test_an_episode_after_a_turn(command: Any, episodes: Path, tmp_path: Path) -> None:
    output = tmp_path / "turn.png"
    options = ("--episode", 1, "--size", 64, "--view", "top", "--no-labels")
    for number, x in ((1, 0.8), (2, 1.8), (3, 3.0)):
        assert command("render", episodes, "-o", output, *options, "--turn", number).code == 0
        placed = SCENE.place({"a": (x, 1.0, 0.5), "b": (1.4, 1.0, 0.5)})
        assert np.array_equal(_pixels(output), FastRenderer().render(placed, ["top"], (64, 64)).image)
    last = _pixels(output)
    assert command("render", episodes, "-o", output, *options).code == 0
    assert np.array_equal(_pixels(output), last)
    assert command("render", episodes, "-o", output, *options, "--turn", 0).code == 0
    empty = FastRenderer().render(SCENE.place({}), ["top"], (64, 64)).image
    assert np.array_equal(_pixels(output), empty)


@pytest.mark.parametrize("option", ["--violations", "--relations", "--moves"])
def test_what_is_drawn_over_a_turn(command: Any, episodes: Path, tmp_path: Path, option: str) -> None:
    plain, marked = tmp_path / "plain.png", tmp_path / "marked.png"
    options = ("--episode", 1, "--turn", 2, "--size", 64, "--no-labels")
    assert command("render", episodes, "-o", plain, *options).code == 0
    assert command("render", episodes, "-o", marked, *options, option).code == 0
    assert not np.array_equal(_pixels(plain), _pixels(marked))


def test_a_turntable_is_labelled_on_request(command: Any, save: Any, scene: Any, tmp_path: Path) -> None:
    path = save("room.json", scene)
    films = [tmp_path / f"{name}.gif" for name in ("default", "bare", "labelled")]
    for film, options in zip(films, ((), ("--no-labels",), ("--labels",)), strict=True):
        arguments = ("--frames", 2, "--seconds", 1, "--size", 128, *options)
        assert command("render", path, "-o", film, *arguments).code == 0
    default, bare, labelled = (film.read_bytes() for film in films)
    assert default == bare != labelled


def test_a_film_of_turns(command: Any, episodes: Path, tmp_path: Path) -> None:
    output = tmp_path / "turns.gif"
    result = command("render", episodes, "-o", output, "--episode", 1, "--size", 64, "--view", "top")
    assert result.code == 0
    assert "3 turns" in result.out
    assert "drawing" in result.err
    with Image.open(output) as image:
        assert image.size[0] == 64
        assert image.n_frames == 1 + 3 * 11  # type: ignore[attr-defined]


@pytest.mark.parametrize("sheet", ["before-after", "turns"])
def test_sheets_of_an_episode(command: Any, episodes: Path, tmp_path: Path, sheet: str) -> None:
    output = tmp_path / "sheet.png"
    options = ("--episode", 1, "--size", 64, "--view", "top", "--no-labels", "--sheet", sheet)
    assert command("render", episodes, "-o", output, *options).code == 0
    height, width, _ = _pixels(output).shape
    assert width == 2 * 64 + 3 * 12 if sheet == "before-after" else width >= 64 + 24
    assert height > 64


def test_a_sheet_of_scenes(command: Any, save: Any, scene: Any, collision: Any, tmp_path: Path) -> None:
    output = tmp_path / "sheet.png"
    path = save("many.json", [scene, collision, scene])
    options = ("--size", 64, "--view", "top", "--no-labels", "--sheet", "scenes")
    assert command("render", path, "-o", output, *options).code == 0
    pixels = _pixels(output)
    assert pixels.shape[1] == 2 * 64 + 3 * 12
    # The first and the third are alike, the second is not.
    cell = (pixels.shape[0] - 12) // 2
    assert np.array_equal(pixels[12:76, 12:76], pixels[12 + cell : 76 + cell, 12:76])
    assert not np.array_equal(pixels[12:76, 12:76], pixels[12:76, 88:152])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--episode", "2"), "holds 2"),
        (("--turn", "2"), "has 1 turns"),
        (("--turn", "-1"), "`--turn` is -1"),
        (("--sheet", "scenes"), "holds episodes"),
        (("--output", "x.gif", "--relations"), "leave --relations"),
        (("--output", "x.gif", "--turn", "1"), "leave --relations and --turn"),
    ],
)
def test_a_mistake_about_episodes(
    command: Any, episodes: Path, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    result = command("render", episodes, "-o", tmp_path / "x.png", *options)
    assert result.code == 2
    assert says in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "x.png").exists()


def test_a_scene_without_a_layout_is_as_it_starts(command: Any, tmp_path: Path) -> None:
    from spatialenv.formats.native import write_scene

    start = Layout.of({"a": (1.0, 1.0, 0.5)})
    scene = Scene(SCENE.room, SCENE.objects, start=start)
    write_scene(tmp_path / "start.json", scene)
    output = tmp_path / "start.png"
    options = ("--size", 64, "--view", "top", "--no-labels")
    assert command("render", tmp_path / "start.json", "-o", output, *options).code == 0
    assert np.array_equal(_pixels(output), FastRenderer().render(scene.place(start), ["top"], (64, 64)).image)


@pytest.mark.parametrize(
    ("output", "options"),
    [("a.png", ()), ("a.png", ("--sheet", "scenes")), ("a.gif", ("--frames", 3, "--seconds", 1))],
)
def test_assets_that_cannot_be_used_are_told_once(
    command: Any, save: Any, entry: Any, tmp_path: Path, output: str, options: tuple[object, ...]
) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "box.glb").write_bytes(b"no mesh")
    record = {"room_dimensions": [4.0, 3.0, 2.5], "scene_graph": [entry("box_1", 1, 1), entry("box_2", 3, 1)]}
    path = save("room.json", record)
    scene, layout = read_any(path)[0]
    first = replace(scene.objects[0], asset="box.glb")
    write_scene(path, replace(scene, objects=(first, *scene.objects[1:])), layout)
    renderer = json.dumps({"name": "fast", "assets": str(folder)})
    done = command("render", path, "-o", tmp_path / output, "--size", 64, "--renderer", renderer, *options)
    assert done.code == 0, done.err
    assert [line for line in done.err.splitlines() if "box_1 is drawn as its box: " in line] == done.err.splitlines()
    assert done.err.count("box_1") == 1


def test_moves_are_shown_on_sheets_of_turns(command: Any, episodes: Path, tmp_path: Path) -> None:
    plain, moved = tmp_path / "plain.png", tmp_path / "moved.png"
    for output, options in ((plain, ()), (moved, ("--moves",))):
        arguments = ("--episode", 1, "--size", 128, "--sheet", "turns", *options)
        assert command("render", episodes, "-o", output, *arguments).code == 0
    assert not np.array_equal(_pixels(plain), _pixels(moved))
