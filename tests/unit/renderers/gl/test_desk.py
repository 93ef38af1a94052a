"""Threads, processes, and ends of the context."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.renderers.gl import GlRenderer

FORK = """
import os
from spatialenv import Room, Scene
from spatialenv.errors import RendererError
from spatialenv.renderers.gl import GlRenderer

placed = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
renderer = GlRenderer()

def child(expected):
    try:
        renderer.render(placed, ["top"], (16, 16))
        said = "drew"
    except RendererError as error:
        said = "forked" if "was forked" in str(error) else str(error)
    renderer.close()
    os._exit(0 if said == expected else 1)

for expected in ("drew", "forked"):
    pid = os.fork()
    if pid == 0:
        child(expected)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, expected
    before = renderer.render(placed, ["top"], (16, 16)).image
renderer.close()
assert (renderer.render(placed, ["top"], (16, 16)).image == before).all()
"""

UNCLOSED = """
from spatialenv import Room, Scene
from spatialenv.renderers.gl import GlRenderer

placed = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})
renderer = GlRenderer()
renderer.render(placed, ["top"], (16, 16))
"""


def gl_threads() -> int:
    return sum(thread.name.startswith("spatialenv-gl") for thread in threading.enumerate())


def test_any_thread_may_draw(renderer: GlRenderer, placed: PlacedScene) -> None:
    expected = renderer.render(placed, ["top"], (48, 48)).image
    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(lambda _: renderer.render(placed, ["top"], (48, 48)).image, range(24)))
    assert all(np.array_equal(one, expected) for one in drawn)


def test_close_frees_the_thread_and_may_be_used_again(has_gl: None, placed: PlacedScene) -> None:
    before = gl_threads()
    renderer = GlRenderer()
    renderer.close()
    assert gl_threads() == before
    first = renderer.render(placed, ["top"], (32, 32)).image
    assert gl_threads() == before + 1
    renderer.close()
    renderer.close()
    assert gl_threads() == before
    assert np.array_equal(renderer.render(placed, ["top"], (32, 32)).image, first)
    renderer.close()


def test_closing_while_others_draw_harms_none(has_gl: None, placed: PlacedScene) -> None:
    renderer = GlRenderer(shadows=False)
    expected = renderer.render(placed, ["top"], (16, 16)).image
    with ThreadPoolExecutor(4) as pool:
        drawn = [pool.submit(renderer.render, placed, ["top"], (16, 16)) for _ in range(30)]
        for _ in range(4):
            renderer.close()
            time.sleep(0.01)
        assert all(np.array_equal(one.result().image, expected) for one in drawn)
    renderer.close()


def test_a_renderer_that_is_forgotten_ends_its_thread(has_gl: None, placed: PlacedScene) -> None:
    before = gl_threads()
    renderer = GlRenderer()
    renderer.render(placed, ["top"], (16, 16))
    del renderer
    gc.collect()
    for _ in range(100):
        if gl_threads() == before:
            break
        time.sleep(0.05)
    assert gl_threads() == before


def test_pickles_go_without_the_context(renderer: GlRenderer, placed: PlacedScene) -> None:
    expected = renderer.render(placed, ["top"], (32, 32)).image
    with pickle.loads(pickle.dumps(renderer)) as copy:
        assert copy == renderer
        assert hash(copy) == hash(renderer)
        assert np.array_equal(copy.render(placed, ["top"], (32, 32)).image, expected)


def draw(renderer: GlRenderer, placed: PlacedScene) -> np.ndarray:  # type: ignore[type-arg]
    with renderer:
        return renderer.render(placed, ["top"], (32, 32)).image


@pytest.mark.slow
def test_processes_that_are_spawned_draw_too(renderer: GlRenderer, placed: PlacedScene) -> None:
    expected = renderer.render(placed, ["top"], (32, 32)).image
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert np.array_equal(pool.apply(draw, (renderer, placed)), expected)


@pytest.mark.parametrize("script", [FORK, UNCLOSED], ids=["forked", "unclosed"])
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_programs_end_well(has_gl: None, script: str) -> None:
    """One draws in a forked process before and after the parent drew; the other forgets to close."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def memory_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_thousand_frames_leave_memory_flat(has_gl: None, placed: PlacedScene) -> None:
    scenes = [placed, placed.scene.place({}), placed.scene.place({"sofa_1": (2.0, 1.0, 0.4)})]
    with GlRenderer() as renderer:
        for k in range(100):
            renderer.render(scenes[k % 3], ["corner"], (24 + k % 3, 24))
        before = memory_kb()
        for k in range(1000):
            renderer.render(scenes[k % 3], ["corner"], (24 + k % 3, 24))
        assert memory_kb() - before < 20_000


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_contexts_opened_and_closed_leave_memory_flat(has_gl: None, placed: PlacedScene) -> None:
    renderer = GlRenderer(shadows=False)
    for k in range(30):
        renderer.render(placed, ["top"], (16, 16))
        renderer.close()
        if k == 14:  # until then the driver fills what it keeps
            before = memory_kb()
    assert memory_kb() - before < 60_000
