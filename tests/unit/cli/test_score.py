from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spatialenv.cli.score import columns
from spatialenv.core.score import Score


def test_a_row_a_scene_and_their_mean(command: Any, save: Any, scene: Any, collision: Any) -> None:
    result = command("score", save("apart.json", scene), save("colliding.json", collision))
    assert result.code == 0
    lines = result.out.splitlines()
    apart, colliding, mean = ([line for line in lines if name in line] for name in ("apart", "colliding", "mean"))
    assert "1.0000" in apart[0]
    # Each box shares half of its volume: 0.1 + 0.9 * 0.5 by the formula of `physics`.
    assert "0.5500" in colliding[0]
    assert "0.7750" in mean[0]


def test_a_file_that_holds_many_scenes(command: Any, save: Any, scene: Any, collision: Any, tmp_path: Path) -> None:
    many = save("many.json", [scene | {"expected": {"collision_ratio": 0}}, collision | {"expected": {}}])
    output = tmp_path / "scores.json"
    assert command("score", many, "--reward", "metaspatial", "--json", output).code == 0
    report = json.loads(output.read_text())
    first, second = report["scenes"]
    assert (first["index"], second["index"]) == (0, 1)
    assert first["details"]["collision_ratio"] == 0
    # One pair of the 28 that two boxes and six room elements make.
    assert second["details"]["collision_ratio"] == pytest.approx(1 / 28, abs=1e-12)
    # Neither box has a relation, so both count as violating: 0.5 - 0.2 * 1 - 0.2 * ratio.
    assert first["score"] == pytest.approx(0.5 - 0.2)
    assert report["mean"]["score"] == pytest.approx((first["score"] + second["score"]) / 2)


def test_rows_are_named_by_what_tells_them_apart(command: Any, save: Any, scene: Any) -> None:
    many, single = save("many.json", [scene, scene]), save("single.json", scene)
    names = [
        [line.split()[:2] for line in command("score", *files).out.splitlines()] for files in ((many,), (many, single))
    ]
    assert ["0", "2"] in names[0]
    assert ["1", "2"] in names[0]
    assert ["many", "0"] in names[1]
    assert ["single", "2"] in names[1]


def test_why_names_what_lowers_a_score_and_what_mends_it(
    command: Any, save: Any, scene: Any, collision: Any, tmp_path: Path
) -> None:
    output = tmp_path / "scores.json"
    result = command("score", save("colliding.json", collision), "--why", "--json", output)
    assert result.code == 0
    violations = json.loads(output.read_text())["scenes"][0]["violations"]
    assert [wrong["kind"] for wrong in violations] == ["collision"]
    assert violations[0]["text"] in " ".join(result.out.split())
    assert "move by (" in result.out
    assert "nothing" in command("score", save("apart.json", scene), "--why").out


def test_the_reference_scenes_agree_with_the_published_answers(command: Any, shared_data: Path, tmp_path: Path) -> None:
    reference = shared_data / "metaspatial_reference_public.json"
    output = tmp_path / "scores.json"
    assert command("score", reference, "--reward", "metaspatial", "--json", output).code == 0
    expected = [item["expected"] for item in json.loads(reference.read_text())]
    scenes = json.loads(output.read_text())["scenes"]
    assert len(scenes) == len(expected) == 150
    for got, want in zip(scenes, expected, strict=True):
        assert got["details"]["collision_ratio"] == pytest.approx(want["collision_ratio"], abs=1e-9)
        assert got["details"]["constraint_ratio"] == pytest.approx(want["constraint_violation_ratio"], abs=1e-9)
        assert sorted(got["details"]["violating_objects"]) == want["violating_objects"]


def test_the_report_has_a_value_for_every_object(
    command: Any, save: Any, scene: Any, collision: Any, tmp_path: Path
) -> None:
    output = tmp_path / "new" / "folder" / "scores.json"
    assert command("score", save("room.json", collision), "--json", output).code == 0
    (row,) = json.loads(output.read_text())["scenes"]
    assert set(row["per_object"]) == {"box_1", "box_2"}
    assert [path.name for path in output.parent.iterdir()] == ["scores.json"]


def test_columns_keep_what_every_score_states() -> None:
    scores = [Score(1.0, details={"components": {"a": 1, "b": 0.5}}), Score(0.0, details={"components": {"a": 0.0}})]
    assert columns(scores) == {"a": [1.0, 0.0]}


def test_columns_of_no_scores() -> None:
    assert columns([]) == {}


def test_a_file_without_a_layout_is_refused(
    command: Any, save: Any, scene: Any, entry: Callable[..., dict[str, Any]]
) -> None:
    bare = entry("box_1", 0, 0)
    del bare["position"]
    result = command("score", save("room.json", scene | {"scene_graph": [bare]}))
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert "position" in result.err
