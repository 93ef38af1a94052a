"""That the examples of the page on assets run, and that its table of limits is true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from spatialenv.assets import files, gltf, raw, textures
from spatialenv.assets.index import AssetIndex

BOX = "".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 2) for z in (0, 3))
BOX += "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"


def blocks(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = repository / "docs/assets.md"
    (index,) = blocks(page, "json")
    AssetIndex.model_validate(json.loads(index))
    (tmp_path / "meshes" / "chairs").mkdir(parents=True)
    (tmp_path / "meshes" / "chairs" / "oak.obj").write_text(BOX)
    (tmp_path / "meshes" / "assets.json").write_text(index)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)
    assert capsys.readouterr().out.splitlines() == ["{}", "oak chair", "oak chair", "1 {}", "{}"]


def test_the_limits_are_those_of_the_code(repository: Path) -> None:
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", (repository / "docs/assets.md").read_text(), re.MULTILINE))
    assert rows["file"] == f"{files.MAX_BYTES >> 20} MiB"
    assert rows["triangles"] == f"{raw.MAX_FACES:,}"
    assert rows["nodes, parts"] == f"{gltf.MAX_NODES:,}"
    assert rows["materials in use"] == f"{raw.MAX_MATERIALS:,}"
    assert rows["coordinates"] == "1e9"
    assert raw.MAX_COORDINATE == 1e9
    pixels = f"{textures.MAX_PIXELS >> 20} million pixels; {textures.MAX_PIXELS_OF_FILE >> 20} million together"
    assert rows["picture inside"] == pixels
