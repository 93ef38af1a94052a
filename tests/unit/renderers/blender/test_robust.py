"""Blender's processes are killed, stopped and worn: pictures are those of an undisturbed run, and nothing is left."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import spatialenv  # noqa: F401  (registers the environments)
from spatialenv.core.placed import PlacedScene
from spatialenv.errors import MissingExtraError, RendererError
from spatialenv.renderers.base import Frames, Picture
from spatialenv.renderers.blender import BlenderRenderer
from spatialenv.renderers.blender.command import VARIABLE, find_blender
from spatialenv.tasks import make_tasks
from spatialenv.testing.samples import witness

LACKS = ""
try:
    find_blender()
except MissingExtraError as error:
    LACKS = str(error)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(LACKS), reason=LACKS)]

SIZE = (32, 32)
QUICK = {"samples": 1, "denoise": False, "workers": 2}


@pytest.fixture(scope="module")
def rooms() -> list[PlacedScene]:
    return [witness(make_tasks("procedural").sample(seed)) for seed in range(5)]


@pytest.fixture
def renderer() -> Iterator[BlenderRenderer]:
    made = BlenderRenderer(**QUICK)  # type: ignore[arg-type]
    yield made
    pids = made.pids
    made.close()
    assert made.pids == ()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.fixture(scope="module")
def expected(rooms: list[PlacedScene]) -> list[Picture]:
    undisturbed = BlenderRenderer(**{**QUICK, "workers": 1})  # type: ignore[arg-type]
    pictures = images(undisturbed.render_batch(rooms, ("corner",), SIZE))
    undisturbed.close()
    assert len({picture.tobytes() for picture in pictures}) == len(rooms)
    return pictures


def images(frames: Sequence[Frames]) -> list[Picture]:
    return [frame.views["corner"] for frame in frames]


def assert_same(drawn: Sequence[Picture], expected: Sequence[Picture]) -> None:
    """Each frame is the one of its room, to the last pixel."""
    for i, picture in enumerate(drawn):
        assert np.array_equal(picture, expected[i % len(expected)]), f"frame {i}"


def test_killed_at_random_through_a_long_job(
    renderer: BlenderRenderer, rooms: list[PlacedScene], expected: list[Picture]
) -> None:
    """After some pictures, or while it starts; never so often that a picture cannot be drawn."""
    count, rng, done, killed = 200, random.Random(0), threading.Event(), set()
    renderer.render(rooms[0], ("corner",), SIZE)
    pool = renderer._processes._pool
    assert pool is not None
    due: dict[int, tuple[int, float]] = {}

    def kill() -> None:
        while not done.wait(0.005):
            for worker in tuple(pool._workers):
                if worker.pid not in due:
                    is_early = len(due) % 3 == 2
                    due[worker.pid] = (0 if is_early else rng.randint(2, 40), time.monotonic() + rng.uniform(0, 1))
                calls, moment = due[worker.pid]
                if worker.pid not in killed and worker.calls >= calls and time.monotonic() >= moment:
                    killed.add(worker.pid)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker.pid, rng.choice([signal.SIGKILL, signal.SIGSEGV]))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        drawn = images(renderer.render_batch([rooms[i % len(rooms)] for i in range(count)], ("corner",), SIZE))
    finally:
        done.set()
        killer.join()
    assert len(drawn) == count
    assert_same(drawn, expected)
    assert len(killed) >= 5
    renderer.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in killed)


def test_one_that_prints_megabytes(tmp_path: Path, rooms: list[PlacedScene], expected: list[Picture]) -> None:
    """A real Blender, with a thread beside it that prints all the time, also in the middle of replies."""
    blender = find_blender()
    if blender.kind != "python":
        pytest.skip("needs bpy: spatialenv blender install")
    script, told = tmp_path / "loud.py", tmp_path / "told"
    script.write_text(
        f"""
import os, runpy, sys, threading, time
def shout():
    for _ in range(32):
        os.write(1, b"x" * 65536)
        os.write(2, b"\\0\\0\\0 not a message\\n")
        time.sleep(0.02)
    open({str(told)!r}, "w").close()
    while True:
        os.write(1, b"y" * 65536)
        time.sleep(0.002)
threading.Thread(target=shout, daemon=True).start()
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{blender.path}" "{script}" "$@"\n')
    python.chmod(0o755)
    with BlenderRenderer(**QUICK, blender=str(python)) as renderer:  # type: ignore[arg-type]
        for _ in range(20):
            assert_same(images(renderer.render_batch(rooms, ("corner",), SIZE)), expected)
            if told.exists():
                break
        assert told.exists()


def test_one_that_stands_still_is_replaced(rooms: list[PlacedScene], expected: list[Picture]) -> None:
    renderer = BlenderRenderer(**QUICK, time_limit=5.0)  # type: ignore[arg-type]
    renderer.render_batch(rooms[:2], ("corner",), SIZE)
    stopped = renderer.pids[0]
    os.kill(stopped, signal.SIGSTOP)
    assert_same(images(renderer.render_batch(rooms * 2, ("corner",), SIZE)), expected)
    assert stopped not in renderer.pids
    assert not Path(f"/proc/{stopped}").exists()
    renderer.close()


def test_processes_that_hold_too_much_are_replaced(rooms: list[PlacedScene], expected: list[Picture]) -> None:
    renderer = BlenderRenderer(**{**QUICK, "workers": 1}, memory_limit_mb=64.0)  # type: ignore[arg-type]
    assert_same(images(renderer.render_batch(rooms[:2], ("corner",), SIZE)), expected)
    assert renderer.pids == ()  # Blender alone holds more
    renderer.close()


def test_memory_is_flat(renderer: BlenderRenderer, rooms: list[PlacedScene]) -> None:
    """Two workers, 120 frames; docs/renderers/blender.md tells of 1,000 through one."""
    held = []
    for turn in range(6):
        renderer.render_batch(rooms * 4, ("corner",), SIZE)
        if turn:
            held.append(sum(resident(pid) for pid in renderer.pids))
    assert held[-1] < held[0] + 40


def resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def test_a_closed_environment_leaves_nothing_behind() -> None:
    before = children()
    env = gym.make("spatialenv/RoomLayout-v0", renderer={"name": "blender", **QUICK}, size=SIZE)
    env.reset(seed=0)
    during = children() - before
    assert during
    env.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in during)
    env.reset(seed=1)  # an environment that is used again starts others
    env.close()
    gc.collect()
    assert children() <= before


def children() -> set[int]:
    return {
        int(pid) for thread in Path("/proc/self/task").iterdir() for pid in (thread / "children").read_text().split()
    }


DRAWS = """
import sys, time
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.renderers.blender import BlenderRenderer
renderer = BlenderRenderer(samples=1, denoise=False, workers=1)
renderer.render(Scene(room=Room.rectangle(3, 3, 2.5), objects=()).place({}), ("corner",), (16, 16))
print(*renderer.pids, flush=True)
time.sleep(float(sys.argv[1]))
"""


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_program_that_ends_without_closing_leaves_nothing_behind(tmp_path: Path, *, is_killed: bool) -> None:
    """Be it killed, or run from a folder whose modules have the names of others."""
    home, places, here = tmp_path / "home", tmp_path / "places", tmp_path / "here"
    for folder in (home, places, here):
        folder.mkdir()
    for name in ("bpy.py", "mathutils.py", "wire.py", "inside.py"):
        (here / name).write_text("raise ImportError('not this one')")
    variables = {
        **os.environ,
        "HOME": str(home),
        "TMPDIR": str(places),
        "PYTHONPATH": str(here),
        VARIABLE: str(find_blender().path),
    }
    command = [sys.executable, "-W", "error", "-c", DRAWS, "60" if is_killed else "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=variables, cwd=here) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        pid = int(program.stdout.readline())
        if is_killed:
            assert len(list(places.glob("spatialenv-worker-*"))) == 1
            program.kill()
        assert program.stderr.read() == ""
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()
    assert list(places.iterdir()) == []
    assert not (home / ".config").exists()


def test_a_renderer_that_nobody_holds_ends_its_processes(rooms: list[PlacedScene]) -> None:
    renderer = BlenderRenderer(**QUICK)  # type: ignore[arg-type]
    renderer.render(rooms[0], ("corner",), SIZE)
    pids = renderer.pids
    assert pids
    del renderer
    gc.collect()
    time.sleep(0.1)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_blender_that_always_fails_is_an_error_that_says_so(tmp_path: Path, rooms: list[PlacedScene]) -> None:
    crashes = tmp_path / "blender"
    crashes.write_text("#!/bin/sh\necho 'Segmentation fault in the sofa'\nexit 139\n")
    crashes.chmod(0o755)
    with pytest.raises(RendererError, match=r"Blender ended with status 139 \(Segmentation fault in the sofa\)"):
        BlenderRenderer(blender=str(crashes)).render(rooms[0], ("corner",), SIZE)
