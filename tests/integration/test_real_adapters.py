"""The adapters in the trainers' own code, each in a process of its own with the packages of build/adapters.

`make adapters` installs verl, verifiers and OpenRLHF there. EasyR1 is on no package index: its test runs where a
checkout's folder ``verl`` was put at ``build/adapters/easyr1/verl`` (beside ``build/adapters/verl``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import spatialenv
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.rewards.adapters import scene_text

pytest.importorskip("torch", reason="the extra `train` is not installed")
pytestmark = pytest.mark.slow

SCENE = Scene(
    Room.rectangle(6, 4, 3), tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
)
MADE = "from spatialenv.rewards.adapters import to_openrlhf\nreward_func = to_openrlhf('collision')\n"
FAILING = """
from spatialenv.errors import JudgeError
from spatialenv.rewards import MetaSpatialReward
from spatialenv.rewards.adapters import to_openrlhf
def judge(pictures, scene):
    raise JudgeError("not at home")
reward_func = to_openrlhf(MetaSpatialReward(judge=judge), on_failure="nan")
"""


def answer(x: float) -> str:
    records = [{"new_object_id": f"cube_{i}", "x": at, "y": 1, "z": 0.5} for i, at in ((1, 1), (2, x))]
    return f"<think>é</think><answer>{json.dumps(records)}</answer>"


TEXTS = [answer(3), answer(1.5), "no idea"]


def value(text: str, reward: Any) -> float:
    """Return what the package itself says of a text."""
    layout = parse_answer(text, SCENE).layout
    return spatialenv.score(SCENE, layout or {}, reward).value


@pytest.fixture
def run(repository: Path, tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """Run one of the scripts beside this file with the packages that it needs, and return what it found."""
    (tmp_path / "made.py").write_text(MADE)
    (tmp_path / "failing.py").write_text(FAILING)
    rows = [{"text": text, "scene": scene_text(SCENE)} for text in TEXTS]
    given = {"rows": rows, "broken": [{"text": "x", "scene": "42 apples"}]}
    given |= {"file": str(tmp_path / "made.py"), "failing": str(tmp_path / "failing.py")}
    (tmp_path / "given.json").write_text(json.dumps(given))

    def call(name: str) -> dict[str, Any]:
        root = repository / "build" / "adapters"
        folders = [root / "easyr1", root / "verl"] if name == "easyr1" else [root / name]
        if name == "easyr1" and not (root / "easyr1" / "verl").is_dir():
            pytest.skip("EasyR1's folder `verl` is not at build/adapters/easyr1")
        if not (folders[-1] / ".installed").is_file():
            pytest.skip(f"{folders[-1].name} is not in build/adapters: make adapters")
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name(f"real_{name}.py")), "given.json", "found.json"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "OMP_NUM_THREADS": "1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        found: dict[str, Any] = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
        return found

    return call


def test_verl(run) -> None:
    found = run("verl")
    summed = {"weighted_sum": {"collision": 0.5, "boundary": 0.5}}
    for name, reward in (("package", "physics"), ("file", "collision"), ("summed", summed)):
        scores = found[name]["scores"]
        assert [one["reward_score"] for one in scores] == [value(text, reward) for text in TEXTS]
        assert all(one["reward_extra_info"]["score"] == one["reward_score"] for one in scores)
        assert len({tuple(one["reward_extra_info"]) for one in scores}) == 1  # verl takes the first row's names
    assert found["package"]["scores"][1]["reward_extra_info"]["collision"] == 0.5
    assert "FileFormatError: ground_truth of row 0 of 'rooms'" in found["broken"]["error"]
    assert "did you mean 'collision'" in found["misnamed"]["error"]
    assert found["nan"] == [True, True, False, False]  # why there is no NaN for verl: it spoils its whole group


def test_easyr1(run) -> None:
    found = run("easyr1")
    for reward in ("physics", "collision"):
        values = [value(text, reward) for text in TEXTS]
        assert found[reward]["metrics"]["overall"] == values
        assert found[reward]["rewards"] == pytest.approx(values, abs=1e-7)
        assert all(len(column) == len(TEXTS) for column in found[reward]["metrics"].values())
    assert "FileFormatError: ground_truth of row 0" in found["broken"]["error"]


def test_openrlhf(run) -> None:
    found = run("openrlhf")
    values = [value(text, "physics") for text in TEXTS]
    assert [one["reward"] for one in found["file"]] == [[pytest.approx(one, abs=1e-7)] for one in values]
    assert [one["score"] for one in found["file"]] == [one["reward"] for one in found["file"]]
    assert [one["logs"]["format"] for one in found["file"]] == [[1.0], [1.0], [0.0]]
    assert found["made"]["reward"] == [value(TEXTS[1], "collision")]
    assert found["broken"]["reward"] is found["broken"]["score"] is None  # it catches what a reward raises
    assert any("label of row 0: the scene is not JSON" in message for message in found["messages"])
    assert found["failed"] == [True, True]
    # the group with the failed answer was dropped, and a third prompt drawn in its place
    assert found["filtered"] == {"kept": pytest.approx([*values[:2], *values[:2]], abs=1e-7), "prompts": 3}


def test_verifiers(run) -> None:
    found = run("verifiers")
    repaired, never, nonsense, single = (found[name] for name in ("repaired", "never", "nonsense", "single"))
    for episode, text in ((repaired, TEXTS[0]), (never, TEXTS[1]), (nonsense, TEXTS[2]), (single, TEXTS[1])):
        assert episode["ok"], episode["errors"]
        assert episode["rewards"] == {"physics": value(text, "physics")}
        assert episode["reward"] == value(text, "physics")
    assert repaired["env"] == "RoomGame"
    assert single["env"] == "SingleAgentEnv"
    assert repaired["roles"] == ["user", "assistant", "user"]  # over after the second answer, which was clean
    assert never["roles"] == nonsense["roles"] == ["user", "assistant", "user", "assistant", "user"]
    assert (repaired["pictures"], never["pictures"], single["pictures"]) == (2, 3, 1)
    assert "cube_2 overlaps cube_1 by 0.50 m3" in repaired["texts"][-1]
    assert repaired["metrics"]["clean"] == 1.0
    assert never["metrics"]["collision"] == 0.5
    judged = found["judged"]
    assert not judged["ok"]
    assert judged["rewards"] == {"metaspatial": None}
    assert "JudgeError: the judge is not at home" in judged["errors"][0]
    assert found["tasks"] == [{"idx": 0, "name": "two cubes"}]
