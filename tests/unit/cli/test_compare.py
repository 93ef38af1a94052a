from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spatialenv.rewards.definitions import DEFINITIONS


def test_every_definition_has_a_row_and_differences_are_told(command: Any, save: Any, collision: Any) -> None:
    result = command("compare", save("room.json", collision))
    assert result.code == 0
    lines = result.out.splitlines()
    for name in DEFINITIONS:
        assert any(line.strip().startswith(name) for line in lines)
    out = " ".join(result.out.split())
    assert "room.json: 2 of 2 objects placed" in out
    assert "box_1 + box_2 50 cm 500 litres" in out
    assert "metaspatial counts 6 room elements among its 8 entries: 1 colliding pair of 28 = 0.0357" in out
    assert "scenerevis gives -1 to every layout of fewer than 4 objects; this one has 2." in out


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_terminal(
    command: Any, save: Any, collision: Any, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = command("compare", save("room.json", collision)).out.splitlines()
    assert max(len(line) for line in lines) <= width
    assert "…" not in "".join(lines)


def test_the_report_holds_everything(command: Any, save: Any, collision: Any, tmp_path: Path) -> None:
    output = tmp_path / "comparison.json"
    assert command("compare", save("room.json", collision), "--json", output).code == 0
    report = json.loads(output.read_text())
    assert list(report["definitions"]) == list(DEFINITIONS)
    assert report["definitions"]["il3d"]["details"]["oor_ratio"] == pytest.approx(0.25)
    assert report["pairs"][0]["objects"] == ["box_1", "box_2"]
    assert report["definitions"]["il3d"]["words"]["source"].startswith("IL3D")
    assert report["reasons"]


def test_definitions_are_printed_in_words_where_asked_for(command: Any, save: Any, collision: Any) -> None:
    file = save("room.json", collision)
    said = " ".join(command("compare", file, "--definitions").out.split())
    assert "filled voxels of 5 cm that two objects share" in said
    assert "without doors the first component counts, not the largest" in said
    assert "filled voxels" not in command("compare", file).out


def test_a_file_that_holds_many_scenes(command: Any, save: Any, scene: Any, collision: Any) -> None:
    many = save("many.json", [scene, collision])
    refused = command("compare", many)
    assert refused.code == 2
    assert "holds 2 scenes; choose one: --index 0 to 1" in refused.err
    assert "box_1 + box_2" in command("compare", many, "--index", 1).out
    assert "box_1 + box_2" not in command("compare", many, "--index", 0).out
    assert "0 to 1" in command("compare", many, "--index", 2).err


def test_mistakes_exit_with_2(command: Any, save: Any, scene: Any, entry: Any) -> None:
    bare = [{key: value for key, value in item.items() if key != "position"} for item in scene["scene_graph"]]
    result = command("compare", save("question.json", scene | {"scene_graph": bare}))
    assert result.code == 2
    assert "holds no layout" in result.err
    assert command("compare", "nowhere.json").code == 2


def test_long_lists_are_cut_and_say_so(command: Any, save: Any, entry: Any) -> None:
    entries = [entry(f"box_{i}", 1.0 + 0.001 * i, 1.0) for i in range(7)]
    out = command("compare", save("heap.json", {"room_dimensions": [4.0, 3.0, 2.5], "scene_graph": entries})).out
    assert "... and 9 more pairs: --json writes all" in out  # 21 pairs, 12 of them shown
