"""Parts that other people publish: found by their entry points, checked by our checkers, used by the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STRANGERS = Path(__file__).parent.parent / "data" / "strangers"
SCENE = {
    "format": "spatialenv/scene",
    "version": 1,
    "room": {"floor": [[0, 0], [4, 0], [4, 3], [0, 3]], "height": 2.5},
    "objects": [{"id": "sofa_1", "category": "sofa", "size": [1.8, 0.9, 0.8], "yaw": 0}],
    "layout": [{"id": "sofa_1", "x": 2.0, "y": 1.0, "z": 0.4}],
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that has the three packages installed beside ours."""
    folder = tmp_path_factory.mktemp("strangers")
    sources = []
    for name in ("reward", "renderer", "tasks"):
        copy = tmp_path_factory.mktemp(name)  # pip builds in the source folder
        for file in (STRANGERS / name).iterdir():
            if file.is_file():
                (copy / file.name).write_bytes(file.read_bytes())
        sources.append(str(copy))
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*install, "--target", str(folder), *sources], check=True, timeout=300)
    return {**os.environ, "PYTHONPATH": str(folder)}


def command(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spatialenv", *arguments], env=env, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize(
    ("kind", "name"), [("reward", "elbow_room"), ("renderer", "shadow_map"), ("tasks", "corridors")]
)
def test_the_checkers_find_and_pass_them(installed: dict[str, str], kind: str, name: str) -> None:
    done = command(installed, "check", kind, name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks passed" in done.stdout


def test_the_command_scores_draws_and_evaluates_with_them(installed: dict[str, str], tmp_path: Path) -> None:
    room = tmp_path / "room.json"
    room.write_text(json.dumps(SCENE))
    scored = command(installed, "score", str(room), "--reward", "elbow_room", "--json", str(tmp_path / "score.json"))
    assert scored.returncode == 0, scored.stderr
    assert "elbow_room-1" in (tmp_path / "score.json").read_text()
    picture = tmp_path / "room.png"
    drawn = command(installed, "render", str(room), "-o", str(picture), "--renderer", "shadow_map")
    assert drawn.returncode == 0, drawn.stderr
    assert picture.stat().st_size > 0
    parts = ("--tasks", "corridors/test", "--reward", "elbow_room", "--renderer", "shadow_map")
    played = command(installed, "eval", "solver", *parts, "--n", "3", "--output", str(tmp_path / "run"))
    assert played.returncode == 0, played.stderr
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert "corridors/test" in json.dumps(results)


def test_without_them_their_names_are_unknown() -> None:
    done = command(dict(os.environ), "check", "reward", "elbow_room")
    assert done.returncode == 2
    assert "unknown reward 'elbow_room'" in done.stderr
