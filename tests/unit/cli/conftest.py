"""Scene files to give to the command, and a way to run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from spatialenv.cli.app import run


class Outcome(NamedTuple):
    """What running the command gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command in this process."""

    def call(*arguments: object) -> Outcome:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def entry() -> Callable[..., dict[str, Any]]:
    """Make an object of an IDesign scene graph: a box of 1 m that stands on the floor."""

    def make(object_id: str, x: float, y: float, **changes: Any) -> dict[str, Any]:
        return {
            "new_object_id": object_id,
            "style": "plain",
            "material": "wood",
            "size_in_meters": {"length": 1.0, "width": 1.0, "height": 1.0},
            "is_on_the_floor": True,
            "facing": "north_wall",
            "rotation": {"z_angle": 0.0},
            "placement": {"room_layout_elements": [], "objects_in_room": []},
            "position": {"x": x, "y": y, "z": 0.5},
        } | changes

    return make


@pytest.fixture
def scene(entry: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Two boxes apart from each other in a room of 4 x 3 x 2.5 m."""
    return {"room_dimensions": [4.0, 3.0, 2.5], "scene_graph": [entry("box_1", 0.5, 0.5), entry("box_2", 3.0, 1.0)]}


@pytest.fixture
def collision(entry: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Two boxes that share half of their volume."""
    return {"room_dimensions": [4.0, 3.0, 2.5], "scene_graph": [entry("box_1", 1.0, 1.0), entry("box_2", 1.5, 1.0)]}


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Write JSON, or text as it is, into the test's folder."""

    def write(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write
