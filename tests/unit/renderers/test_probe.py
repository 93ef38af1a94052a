"""Renderers are tried in processes of their own: here are some that end theirs, hang, or print what they like."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from spatialenv.core.violations import find_violations
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.missing import split_install
from spatialenv.renderers.probe import (
    SIZE,
    Probe,
    is_installed,
    last_line,
    probe_renderer,
    probe_renderers,
    signal_name,
)
from spatialenv.renderers.probed import furnished_room

FAKES = """
import os, signal, subprocess, sys, time
from dataclasses import dataclass, replace
from spatialenv.errors import MissingExtraError, RendererError
from spatialenv.renderers import Renderer, make_renderer
from spatialenv.renderers.base import Device


@dataclass
class Fake(Renderer):
    how: str = os.environ.get("FAKE_HOW", "sound")
    where: str = os.environ.get("FAKE_WHERE", "")
    name = "fake"
    version = "fake-1"
    count = 0

    def __post_init__(self):
        if self.how == "lacking":
            raise MissingExtraError("'fake' needs the package 'paint': pip install 'spatialenv[paint]'")

    @property
    def describe_device(self):
        if self.how == "software":
            return lambda: Device("llvmpipe (LLVM 15.0.6, 256 bits)", "4.5", True)
        if self.how == "card":
            return lambda: Device("a card", "4.6", False)
        raise AttributeError("describe_device")

    def render(self, placed, *request, **options):
        self.count += 1
        if self.how == "crash":
            print("about to fall over", flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.how == "crash later" and self.count == 3:
            os.kill(os.getpid(), signal.SIGABRT)
        if self.how == "exit":
            sys.stderr.write("cannot open display\\\\n\\\\n")
            sys.stderr.flush()
            os._exit(3)
        if self.how == "hang":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
            with open(self.where, "w") as file:
                file.write(str(child.pid))
            time.sleep(300)
        if self.how == "odd":
            raise ZeroDivisionError("1 / 0\\\\nof light")
        if self.how == "no light":
            raise RendererError("no light")
        if self.how == "loud":
            os.write(1, b"x" * 2_000_000)
            os.write(2, b"y" * 2_000_000)
        frames = make_renderer("blank").render(placed, *request, **options)
        if self.how == "small":
            frames = replace(frames, views={name: view[::2] for name, view in frames.views.items()})
        if self.how == "list":
            frames = replace(frames, views={})
        return frames

    def close(self):
        if self.how == "crash at the end":
            os.kill(os.getpid(), signal.SIGKILL)
"""

Try = Callable[..., Probe]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Probe a renderer of a distribution that is installed for the test alone."""
    (tmp_path / "fakes_of_a_test.py").write_text(FAKES.replace("\\\\n", "\\n"))
    facts = tmp_path / "fakes_of_a_test-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes-of-a-test\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[spatialenv.renderers]\nfake = fakes_of_a_test:Fake\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def attempt(how: str, time_limit: float = 60.0, **options: Any) -> Probe:
        return probe_renderer({"name": "fake", "how": how, **options}, time_limit=time_limit)

    return attempt


def test_the_picture_is_the_renderer_s() -> None:
    probe = probe_renderer({"name": "fast", "furniture": False})
    assert (probe.name, probe.works, probe.reason, probe.install) == ("fast", True, "", None)
    assert probe.ms_per_frame is not None
    assert 0 < probe.ms_per_frame < 5000
    renderer = make_renderer({"name": "fast", "furniture": False})
    assert probe.picture is not None
    assert np.array_equal(probe.picture, renderer.render(furnished_room(), ("corner",), SIZE).image)


def test_nothing_is_wrong_with_the_room_that_is_drawn() -> None:
    assert find_violations(furnished_room()) == ()


def test_a_sound_one_works(fake: Try) -> None:
    probe = fake("sound")
    assert (probe.works, probe.device, probe.is_software) == (True, "", False)
    assert probe.picture is not None
    assert probe.picture.shape == (SIZE[1], SIZE[0], 3)


def test_what_draws_is_told(fake: Try) -> None:
    probe = fake("software")
    assert (probe.works, probe.device, probe.is_software) == (True, "llvmpipe (LLVM 15.0.6, 256 bits)", True)
    probe = fake("card")
    assert (probe.works, probe.device, probe.is_software) == (True, "a card", False)


@pytest.mark.parametrize(
    ("how", "reason", "install"),
    [
        (
            "crash",
            "its process was ended by SIGSEGV while drawing its first picture: about to fall over",
            None,
        ),
        ("crash later", "its process was ended by SIGABRT while drawing again", None),
        ("crash at the end", "its process was ended by SIGKILL while closing the renderer", None),
        ("exit", "its process ended with code 3 while drawing its first picture: cannot open display", None),
        ("odd", "raised ZeroDivisionError: 1 / 0 of light", None),
        ("no light", "no light", None),
        (
            "lacking",
            "'fake' needs the package 'paint'",
            "pip install 'spatialenv[paint]'",
        ),
        ("small", f"raised TypeError: it drew uint8 (144, 384, 3), not uint8 {(SIZE[1], SIZE[0], 3)}", None),
        ("list", "raised ValueError: need at least one array to concatenate", None),
    ],
)
def test_what_went_wrong_is_told_in_a_line(fake: Try, how: str, reason: str, install: str | None) -> None:
    probe = fake(how)
    assert (probe.works, probe.reason, probe.install) == (False, reason, install)
    assert (probe.picture, probe.ms_per_frame) == (None, None)


def test_output_is_in_nobody_s_way(fake: Try, capfd: pytest.CaptureFixture[str]) -> None:
    assert fake("loud").works
    assert capfd.readouterr() == ("", "")


def test_one_that_hangs_is_ended_with_what_it_started(fake: Try, tmp_path: Path) -> None:
    started = tmp_path / "pid"
    start = time.monotonic()
    probe = fake("hang", time_limit=5, where=str(started))
    assert time.monotonic() - start < 20
    assert probe.reason == "took longer than 5 seconds, while drawing its first picture"
    child = int(started.read_text())
    until = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < until, "what a renderer had started still runs"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_several_come_in_order(fake: Try) -> None:
    seen: list[str] = []
    probes = probe_renderers(["fake", "blank"], progress=lambda probe: seen.append(probe.name))
    assert [probe.name for probe in probes] == seen == ["fake", "blank"]
    assert all(probe.works for probe in probes)


def test_who_has_seen_enough_need_not_wait(fake: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialenv.renderers.probe.AT_ONCE", 2)
    monkeypatch.setenv("FAKE_HOW", "hang")
    monkeypatch.setenv("FAKE_WHERE", str(tmp_path / "pid"))

    def interrupt(probe: Probe) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        probe_renderers(["blank", "fake"], progress=interrupt)
    assert time.monotonic() - start < 20


def test_no_process_is_left_unwaited_for(fake: Try) -> None:
    before = set(psutil.Process().children())
    fake("crash")
    assert set(psutil.Process().children()) <= before


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("fsat", "unknown renderer 'fsat'; did you mean 'fast'"),
        ({"shadows": True}, "must be a renderer's name"),
        (7, "must be a renderer's name"),
        ("auto", "'auto' chooses among renderers; probe one of blank, "),
        ({"name": "fast", "assets": object()}, "must be JSON types"),
    ],
)
def test_mistakes_are_the_caller_s(spec: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        probe_renderer(spec)


def test_a_limit_is_seconds() -> None:
    with pytest.raises(InputError, match="`time_limit` is 0"):
        probe_renderer("blank", time_limit=0)


def test_an_option_that_there_is_not_is_a_reason_too() -> None:
    assert "has no option 'shine'" in probe_renderer({"name": "fast", "shine": 3}).reason


def test_what_needs_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialenv.renderers.probe.find_spec", lambda name: None)
    assert is_installed("fast")
    assert not is_installed("gl")


@pytest.mark.parametrize(
    ("message", "reason", "install"),
    [
        ("it needs EGL: apt-get install libegl1", "it needs EGL", "apt-get install libegl1"),
        (
            "it needs EGL: in a container ask for it, or `apt-get install libegl1 libgl1`; else use 'fast'",
            "it needs EGL: in a container ask for it, or `apt-get install libegl1 libgl1`; else use 'fast'",
            "apt-get install libegl1 libgl1",
        ),
        (
            "Blender is not there: spatialenv blender install (or put it on the path)",
            "Blender is not there",
            "spatialenv blender install",
        ),
        ("apt is missing", "apt is missing", ""),
    ],
)
def test_the_line_that_installs_it(message: str, reason: str, install: str) -> None:
    assert split_install(message) == (reason, install)


def test_pybullet_wants_an_older_python() -> None:
    message = "it needs 'pybullet', which is not installed: pip install 'spatialenv[physics]'"
    assert split_install(message, (3, 11)) == (
        "it needs 'pybullet', which is not installed",
        "pip install 'spatialenv[physics]'",
    )
    assert split_install(message, (3, 13)) == (
        "it needs 'pybullet', which is not installed; it has no wheels for Python 3.12 and later",
        "python3.11 -m pip install 'spatialenv[physics]'",
    )


def test_signals_and_last_words() -> None:
    assert [signal_name(9), signal_name(99)] == ["SIGKILL", "signal 99"]
    assert last_line(io.BytesIO(b"")) == ""
    assert last_line(io.BytesIO(b"x" * 9000 + b"\nlast\n \n")) == "last"
    assert len(last_line(io.BytesIO(b"z" * 9000))) == 300


def test_a_name_that_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        probe_renderers(["nobody"])
