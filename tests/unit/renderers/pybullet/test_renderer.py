"""Options of the renderer, its processes, and what it says when something is missing or fails."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError, MissingExtraError, RendererError, UnknownNameError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.pybullet import PyBulletRenderer, drawing, processes, worker
from spatialenv.workers.process import Worker as WorkerProcess
from spatialenv.workers.wire import Message


def scenes(count: int) -> list[PlacedScene]:
    scene = Scene(room=Room.rectangle(4, 3, 2.5), objects=(SceneObject("chair_1", "chair", (0.5, 0.5, 0.9)),))
    return [scene.place({"chair_1": (0.5 + 3 * k / count, 1.5, 0.45)}) for k in range(count)]


@pytest.mark.parametrize(
    "options",
    [
        {"backend": "vulkan"}, {"supersampling": 5}, {"supersampling": True}, {"shadows": 1}, {"furniture": "yes"},
        {"colours": "pink"}, {"workers": 0}, {"settle": -1}, {"settle": 61}, {"settle": "long"}, {"time_limit": 0},
        {"room": "lava"},
    ],
)  # fmt: skip
def test_options_that_are_not_allowed(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        PyBulletRenderer(**options)


def test_the_nearest_backend_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'tiny'"):
        PyBulletRenderer(backend="tinny")  # type: ignore[arg-type]


def test_equal_options_make_equal_renderers() -> None:
    one = make_renderer({"name": "pybullet", "workers": 2, "room": "tiles"})
    assert one == PyBulletRenderer(workers=2, room="tiles")
    assert pickle.loads(pickle.dumps(one)) == one
    assert one != PyBulletRenderer()


def test_without_pybullet_it_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "find_spec", lambda _: None)
    for backend in ("tiny", "egl", "auto"):
        with pytest.raises(MissingExtraError, match=r"pip install 'spatialenv\[physics\]'"):
            PyBulletRenderer(backend=backend).render(scenes(1)[0])  # type: ignore[arg-type]


@pytest.mark.usefixtures("_needs_pybullet")
def test_without_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "egl_problem", lambda: "no device")
    with pytest.raises(MissingExtraError, match=r"no device.*: apt-get install .*libegl1"):
        PyBulletRenderer(backend="egl").render(scenes(1)[0])
    assert processes.drawer_for("auto") == "tiny"
    monkeypatch.setattr(processes, "egl_problem", lambda: "")
    assert processes.drawer_for("auto") == "egl"


@pytest.mark.usefixtures("_needs_pybullet")
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "status -11"),
        ("print('no device'); raise SystemExit(3)", "no device"),
    ],
)
def test_a_plugin_that_ends_its_process_is_a_problem(
    script: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "worker.py"
    path.write_text(script)
    monkeypatch.setattr(worker, "__file__", str(path))
    assert said in processes.egl_problem.__wrapped__()


@pytest.mark.usefixtures("_needs_pybullet")
def test_killed_processes_lose_nothing() -> None:
    """While two processes draw 24 pictures, they are killed again and again: each comes once, in order."""
    renderer = PyBulletRenderer(supersampling=1, shadows=False, workers=2)
    placed = scenes(24)
    wanted = [renderer.render(scene, ["top"], (48, 48)).image for scene in placed]
    is_done = threading.Event()

    def kill() -> None:
        rng = np.random.default_rng(0)
        for _ in range(3):
            if is_done.wait(0.08):
                return
            pids = renderer._processes.pool("tiny", 2).pids
            if pids:
                os.kill(int(rng.choice(pids)), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        frames = renderer.render_batch(placed * 4, ["top"], (48, 48))
    finally:
        is_done.set()
        killer.join()
        renderer.close()
    assert len(frames) == 96
    assert all(np.array_equal(one.image, wanted[k % 24]) for k, one in enumerate(frames))


@pytest.mark.usefixtures("_needs_pybullet")
def test_a_simulator_that_is_killed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the objects of a scene settle, it is killed twice."""
    renderer = PyBulletRenderer(supersampling=1, shadows=False, settle=0.2)
    request, killed = WorkerProcess.request, []

    def kill(self: WorkerProcess, header: dict[str, Any], *given: Any, **options: Any) -> Message:
        if "world" in header and len(killed) < 2:
            killed.append(self.pid)
            os.kill(self.pid, signal.SIGKILL)
        return request(self, header, *given, **options)

    monkeypatch.setattr(WorkerProcess, "request", kill)
    try:
        assert np.ptp(renderer.render(scenes(1)[0], ["corner"], (32, 32)).image) > 0
        assert len(set(killed)) == 2
    finally:
        renderer.close()


@pytest.mark.usefixtures("_needs_pybullet")
def test_what_draws(egl: PyBulletRenderer) -> None:
    renderer = PyBulletRenderer()
    assert renderer.describe_device()[::2] == ("TinyRenderer", True)
    assert len(renderer.pids) == 1
    renderer.close()
    assert renderer.pids == ()
    assert egl.describe_device().name
    assert "Mesa" in egl.describe_device().version or not egl.describe_device().is_software


def test_what_lies_in_one_plane_is_seen_in_one_order(egl: PyBulletRenderer) -> None:
    """OpenGL draws in the order in which it holds bodies, also when those of another view have gone."""
    kinds = ("chair", "potted plant", "sofa", "table", "desk", "bookshelf", "mirror", "vase", "aquarium")
    numbers = np.random.default_rng(0).uniform((0.3, 0.3, 0.0), (11.7, 11.7, 6.0), (300, 3)).tolist()
    objects = tuple(SceneObject(f"o{k}", kinds[k % 9], (0.5, 0.5, 0.6)) for k in range(300))
    placed = Scene(room=Room.rectangle(12, 12, 2.6), objects=objects).place(
        {f"o{k}": (x, y, 0.3, yaw) for k, (x, y, yaw) in enumerate(numbers)}
    )
    drawn = []
    for cameras in (["corner", "top"], ["top", "corner"]):
        renderer = replace(egl, colours="identity")
        drawn.append(renderer.render(placed, cameras, (128, 128)).views)
        renderer.close()
    assert all(np.array_equal(drawn[1][name], picture) for name, picture in drawn[0].items())


@pytest.mark.usefixtures("_needs_pybullet")
def test_close_leaves_nothing_behind_and_it_starts_anew() -> None:
    renderer = PyBulletRenderer(supersampling=1, shadows=False, settle=0.1)
    first = renderer.render(scenes(1)[0], size=(32, 32)).image
    pids = renderer.pids
    assert len(pids) == 2  # one that simulates, one that draws
    renderer.close()
    renderer.close()
    end = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert np.array_equal(renderer.render(scenes(1)[0], size=(32, 32)).image, first)
    renderer.close()


@pytest.mark.usefixtures("_needs_pybullet")
def test_what_the_engine_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "LIGHT", ("south", "east", "up"))
    renderer = PyBulletRenderer(supersampling=1)
    with pytest.raises(RendererError, match=r"could not draw .*: PyBullet: \w+Error"):
        renderer.render(scenes(1)[0], size=(32, 32))
    monkeypatch.undo()
    assert renderer.render(scenes(1)[0], size=(32, 32)).image.shape == (32, 64, 3)
    renderer.close()
