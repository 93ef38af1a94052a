from __future__ import annotations

import os
import sys

import pytest

from spatialenv.errors import MissingExtraError, RendererError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.base import Device
from spatialenv.renderers.gl import GlRenderer, device
from spatialenv.renderers.gl.device import describe_device, read_device


class Context:
    """Tells what a driver would."""

    def __init__(self, name: str) -> None:
        self.info = {"GL_RENDERER": name, "GL_VERSION": "4.6.0"}


@pytest.mark.parametrize(
    ("name", "is_software"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", True),
        ("softpipe", True),
        ("Software Rasterizer", True),
        ("NVIDIA H200/PCIe/SSE2", False),
        ("AMD Radeon Pro W6600 (navi23, LLVM 15.0.7)", False),
        ("Mesa Intel(R) UHD Graphics 770 (ADL-S GT1)", False),
    ],
)
def test_software_is_told_by_its_name(name: str, is_software: bool) -> None:
    assert read_device(Context(name)) == Device(name, "4.6.0", is_software)


def test_what_draws_is_told(renderer: GlRenderer) -> None:
    found = describe_device()
    assert found.name
    assert int(found.version[0]) >= 4
    assert renderer.describe_device() == found


def test_no_such_device(has_gl: None) -> None:
    with pytest.raises(RendererError, match=r"EGL device 63: .*libegl1"):
        describe_device(63)


def test_a_renderer_on_no_device_fails_again_and_again(has_gl: None, placed: object) -> None:
    renderer = GlRenderer(device=63)
    for _ in range(2):
        with pytest.raises(RendererError, match="EGL device 63"):
            renderer.render(placed)  # type: ignore[arg-type]
    renderer.close()


@pytest.mark.parametrize("package", ["moderngl", "glcontext"])
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, placed: object, package: str) -> None:
    pytest.importorskip("moderngl", reason="the other package must be there: pip install 'spatialenv[gl]'")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"{package}.*pip install 'spatialenv\[gl\]'"):
        make_renderer("gl").render(placed)  # type: ignore[arg-type]


@pytest.mark.parametrize("library", ["libegl", "libgl"])
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, placed: object, library: str) -> None:
    pytest.importorskip("moderngl", reason="pip install 'spatialenv[gl]'")
    monkeypatch.setitem(device.LIBRARIES, library, ("libNowhere.so.1", "libNorThere.so.0"))
    with pytest.raises(MissingExtraError, match=r"libNowhere.so.1 or libNorThere.so.0, .*: apt-get install libegl1"):
        GlRenderer().render(placed)  # type: ignore[arg-type]


def test_another_library_will_do(has_gl: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(device.LIBRARIES, "libgl", ("libNowhere.so.1", *device.LIBRARIES["libgl"]))
    assert describe_device().name


def test_a_forked_process_is_told(has_gl: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent's number stands for having been forked from it; a test of programs forks in earnest."""
    monkeypatch.setattr(device, "_first_process", os.getppid())
    with pytest.raises(RendererError, match="'spawn' or 'forkserver'"):
        describe_device()
