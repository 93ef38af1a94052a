import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats import json_schema, load_episodes, save_episodes

SCENE = Scene(
    Room.rectangle(6, 4, 3),
    (SceneObject("sofa_1", "sofa", (1.8, 0.9, 0.8), yaw=0.1),),
    "A place to sit.",
    Layout.from_mapping({"sofa_1": (3, 0.45, 0.4)}),
    id="s",
)


def picture(seed: int) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (8, 12, 3), dtype=np.uint8)


def turn(text: str = "<answer>[]</answer>", image: Any = None) -> Turn:
    return Turn(
        text=text,
        layout=Layout((("sofa_1", Pose(0.1 + 0.2, 1 / 3, 0.4, 1.234)),)),
        reward=0.25,
        score=0.5,
        components={"collision": 1.0, "judge": math.nan},
        per_object={"sofa_1": 0.75},
        violations=({"kind": "relation", "objects": ["sofa_1"], "amount": 1.5, "move": None},),
        issues=({"code": "tags", "message": "m", "object_id": None},),
        feedback="Move sofa_1.",
        status={"valid": False, "clean": False},
        image=image,
    )


def episode(pictures: bool = True, **changes: Any) -> Episode:
    turns = (
        turn(image=picture(1) if pictures else None),
        turn("second \u2028 \ud800 text", picture(2) if pictures else None),
    )
    made = Episode(SCENE, "Place it.", turns, {"max_turns": 3, "views": ["top"]}, 7, picture(0) if pictures else None)
    return replace(made, **changes)


def same(a: Episode, b: Episode) -> bool:
    def flat(item: Episode) -> list[Any]:
        rows = [item.scene, item.prompt, item.settings, item.seed, item.failure, image(item.image)]
        for t in item.turns:
            rows += [t.text, t.layout, t.reward, t.score, repr(dict(t.components)), t.per_object]
            rows += [t.violations, t.issues, t.feedback, t.status, image(t.image)]
        return rows

    def image(array: Any) -> Any:
        return None if array is None else (array.shape, array.dtype, array.tobytes())

    return flat(a) == flat(b)


def test_episodes_come_back_with_their_pictures(tmp_path: Path) -> None:
    path = tmp_path / "held_out.jsonl"
    episodes = [episode(), episode(pictures=False, seed=None, failure="the renderer failed"), episode(turns=())]
    save_episodes(path, episodes)
    loaded = load_episodes(path)
    assert len(loaded) == 3
    assert all(same(a, b) for a, b in zip(episodes, loaded, strict=True))
    assert sorted(item.name for item in (tmp_path / "held_out").iterdir()) == [
        "0_0.png", "0_1.png", "0_start.png", "2_start.png",
    ]  # fmt: skip
    without = load_episodes(str(path), pictures=False)
    assert all(item.image is None and all(t.image is None for t in item.turns) for item in without)


def test_no_folder_is_made_without_pictures(tmp_path: Path) -> None:
    save_episodes(tmp_path / "a.jsonl", [episode(pictures=False)])
    assert [item.name for item in tmp_path.iterdir()] == ["a.jsonl"]
    save_episodes(tmp_path / "a.jsonl", [])
    assert load_episodes(tmp_path / "a.jsonl") == []


def test_lines_are_strict_json_that_the_published_schema_allows(tmp_path: Path) -> None:
    save_episodes(tmp_path / "a.jsonl", [episode(settings={"limit": math.inf, "n": np.int64(3), "t": (1, 2)})])
    text = (tmp_path / "a.jsonl").read_text(encoding="ascii")
    assert "NaN" not in text
    assert "Infinity" not in text
    data = json.loads(text)
    assert data["settings"] == {"limit": None, "n": 3, "t": [1, 2]}
    jsonschema.Draft202012Validator(json_schema("episode")).validate(data)
    assert math.isnan(load_episodes(tmp_path / "a.jsonl")[0].turns[0].components["judge"])


def test_a_second_save_replaces_the_first_and_leaves_other_files_alone(tmp_path: Path) -> None:
    path = tmp_path / "demo.jsonl"
    save_episodes(path, [episode(), episode()])
    (tmp_path / "demo" / "summary.json").write_text("{}")
    (tmp_path / "demo" / "room.png").write_text("not ours")
    save_episodes(path, [episode()])
    names = sorted(item.name for item in (tmp_path / "demo").iterdir())
    assert names == ["0_0.png", "0_1.png", "0_start.png", "room.png", "summary.json"]
    assert same(load_episodes(path)[0], episode())


def test_nothing_is_written_when_an_episode_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    save_episodes(path, [episode()])
    before = {item: item.read_bytes() for item in tmp_path.rglob("*") if item.is_file()}
    with pytest.raises(InputError, match="episode 1 cannot be written as JSON"):
        save_episodes(path, [episode(pictures=False), episode(settings={"tasks": object()})])
    with pytest.raises(InputError, match=r"a picture of episode 0 is float64 \(2, 2\)"):
        save_episodes(path, [episode(image=np.zeros((2, 2)))])
    assert {item: item.read_bytes() for item in tmp_path.rglob("*") if item.is_file()} == before
    with pytest.raises(FileFormatError, match="cannot be written"):
        save_episodes(tmp_path / "no" / "a.jsonl", [episode(pictures=False)])
    with pytest.raises(FileFormatError, match="cannot be made"):
        save_episodes(tmp_path / "no" / "a.jsonl", [episode()])
    with pytest.raises(InputError, match=r"must end in \.jsonl"):
        save_episodes(tmp_path / "name", [])


@pytest.mark.parametrize("cut", [1, 10, 200, 1000, -2])
def test_a_truncated_file_names_the_line(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.jsonl"
    save_episodes(path, [episode(pictures=False)] * 2)
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{second[:cut]}")
    with pytest.raises(FileFormatError, match=r"a\.jsonl' line 2 is not JSON") as caught:
        load_episodes(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("prompt", 5, "`prompt` is 5; it must be a string"),
        ("version", 9, "`version` is 9"),
        ("colour", 1, "has no field 'colour'"),
        ("seed", 1.5, "`seed` is 1.5"),
        ("image", "../../etc/passwd", "`image` is '../../etc/passwd'; it must be a name like"),
        ("image", "5_start.png", "the picture .* is missing"),
        ("image", "0_1.png", "the picture .* cannot be read"),
        ("turns", [{}], r"`turns\[0\].text` is missing"),
    ],
)
def test_damaged_lines_name_the_line_and_the_field(tmp_path: Path, field: str, value: Any, message: str) -> None:
    path = tmp_path / "a.jsonl"
    save_episodes(path, [episode()])
    whole = (tmp_path / "a" / "0_1.png").read_bytes()
    (tmp_path / "a" / "0_1.png").write_bytes(whole[: len(whole) // 2])
    data = json.loads(path.read_text())
    data["turns"] = []
    data[field] = value
    path.write_text("\n" + json.dumps(data) + "\n")
    with pytest.raises(FileFormatError, match=message) as caught:
        load_episodes(path)
    assert "line 2" in str(caught.value)


def test_what_is_wrong_must_be_told_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    save_episodes(path, [episode(pictures=False)])
    data = json.loads(path.read_text())
    data["turns"][0]["violations"] = [{"kind": "collision"}]
    path.write_text(json.dumps(data) + "\n")
    with pytest.raises(FileFormatError, match=r"a\.jsonl' line 1: a violation is told as \{'kind'"):
        load_episodes(path)


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=40), st.floats(-1, 1), st.floats(-7, 7))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, text: str, prompt: str, score: float, yaw: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    layout = Layout((("sofa_1", Pose(score, yaw, 1, yaw)),))
    made = episode(False, prompt=prompt, turns=(replace(turn(text), score=score, layout=layout, feedback=text),))
    save_episodes(path, [made])
    assert same(load_episodes(path)[0], made)
