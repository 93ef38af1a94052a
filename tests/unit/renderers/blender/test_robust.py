"""Blender's processes are killed, stopped and worn: pictures are those of an undisturbed run, and nothing is left."""

from __future__ import annotations

import gc
import os
import random
import signal
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
from spatialenv.renderers.blender.command import find_blender
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
    count, rng, done, killed = 200, random.Random(0), threading.Event(), set()

    def kill() -> None:
        while not done.wait(rng.uniform(0.5, 2.5)):
            if pids := renderer.pids:
                pid = rng.choice(pids)
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        drawn = images(renderer.render_batch([rooms[i % len(rooms)] for i in range(count)], ("corner",), SIZE))
    finally:
        done.set()
        killer.join()
    assert len(drawn) == count
    assert_same(drawn, expected)
    assert len(killed) >= 2
    renderer.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in killed)


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
