"""The program that draws ends when it should, leaves nothing behind, and loads only what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spatialenv.errors import MissingExtraError
from spatialenv.renderers.pybullet.processes import make_pool, worker_command
from spatialenv.workers.process import Worker

PARENT = """
import time
from spatialenv import Room, Scene
from spatialenv.core.scene import SceneObject
from spatialenv.renderers.pybullet import PyBulletRenderer

if __name__ == "__main__":
    chair = SceneObject("chair_1", "chair", (0.5, 0.5, 0.9))
    placed = Scene(room=Room.rectangle(4, 3, 2.5), objects=(chair,)).place({"chair_1": (1.5, 1.5, 0.45)})
    renderer = PyBulletRenderer(supersampling=1)
    renderer.render(placed, ["top"], (32, 32))
    print(*renderer.pids, flush=True)
    while IS_BUSY:
        renderer.render(placed, ["corner"], (400, 400))
    time.sleep(100)
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.usefixtures("_needs_pybullet")
@pytest.mark.parametrize("is_busy", [False, True])
def test_it_ends_when_its_parent_is_killed(tmp_path: Path, is_busy: bool) -> None:
    """Idle, and while it draws; its temporary folder goes with it."""
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", PARENT.replace("IS_BUSY", str(is_busy))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert is_alive(pid)
        assert len(list(tmp_path.glob("spatialenv-worker-*"))) == 1
        parent.kill()
    end = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(pid)
    assert list(tmp_path.glob("spatialenv-worker-*")) == []


@pytest.mark.usefixtures("_needs_pybullet")
def test_it_loads_little_and_prints_nothing() -> None:
    """What takes long to load, such as the package's own `__init__`, stays away."""
    worker = Worker([*worker_command("tiny")])
    try:
        worker.wait(60)
        maps = Path(f"/proc/{worker.pid}/maps").read_text()
        assert worker.info["device"][0] == "TinyRenderer"
        assert "pybullet" in maps
        assert not [name for name in ("scipy", "numba", "pydantic_core", "shapely") if f"/{name}/" in maps]
        assert worker.output == ""
        worker.hang_up()
    finally:
        worker.close(grace=5)


@pytest.mark.usefixtures("_needs_pybullet")
def test_what_cannot_be_loaded_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pybullet.py").write_text("raise ImportError('libthing.so is missing')")
    monkeypatch.syspath_prepend(str(tmp_path))
    pool = make_pool("egl")
    with pytest.raises(MissingExtraError, match=r"does not start \(ImportError: libthing\.so is missing\): apt-get"):
        pool.run([lambda worker: worker.pid])
    pool.close()
