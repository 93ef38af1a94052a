from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from spatialenv.core import part
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.renderers.base import close_renderer, is_renderer
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.registry import REGISTRY, RENDERERS, open_renderer, renderer_names


def test_by_name_by_mapping_and_as_it_is() -> None:
    assert make_renderer("fast") == FastRenderer()
    made = make_renderer({"name": "fast", "shadows": False})
    assert made == FastRenderer(shadows=False)
    assert make_renderer(made) is made
    assert is_renderer(made)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("fsat", "unknown renderer 'fsat'; did you mean 'fast'\\? Known: auto, blank, "),
        ({"name": "raytracer"}, "unknown renderer 'raytracer'; Known: auto, blank, "),
        ({"name": 3}, "unknown renderer 3"),
    ],
)
def test_unknown_names(spec: Any, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        make_renderer(spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "has no `name`"),
        (7, "must be a name or a mapping"),
        ({"name": "fast", "shadow": True}, "no option 'shadow'; did you mean 'shadows'"),
        ({"name": "fast", "shadows": "yes"}, "`shadows` is 'yes'"),
        ({"name": "fast", "supersampling": 9}, "`supersampling` is 9"),
        ({"name": "fast", "supersampling": True}, "`supersampling` is True"),
    ],
)
def test_bad_specs(spec: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_renderer(spec)


def test_a_renderer_of_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("theirs", "spatialenv.renderers.fast:FastRenderer", "spatialenv.renderers")
    monkeypatch.setattr(part, "entry_points", lambda group: [point] if group == "spatialenv.renderers" else [])
    assert REGISTRY.names() == (*sorted([*RENDERERS, "auto"]), "theirs")
    assert renderer_names() == (*sorted(RENDERERS), "theirs")
    assert make_renderer({"name": "theirs", "shadows": False}) == FastRenderer(shadows=False)


class Theirs:
    """A renderer of before there was `close`."""

    def __init__(self) -> None:
        self.name, self.version = "theirs", "theirs-1"

    def render(self, *request: Any, **options: Any) -> Frames:
        raise NotImplementedError

    def render_batch(self, *request: Any, **options: Any) -> list[Frames]:
        raise NotImplementedError


class Counting(Renderer):
    name = "counting"
    version = "counting-1"

    def __init__(self) -> None:
        self.closed = 0

    def render(self, *request: Any, **options: Any) -> Frames:
        raise NotImplementedError

    def close(self) -> None:
        self.closed += 1


def test_a_renderer_without_close_is_one_too() -> None:
    theirs: Any = Theirs()
    assert make_renderer(theirs) is theirs
    close_renderer(theirs)


def test_close_does_nothing_unless_a_renderer_says_otherwise() -> None:
    class Plain(Counting):
        close = Renderer.close

    plain = Plain()
    plain.close()
    assert plain.closed == 0


def test_what_is_opened_here_is_closed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Counting] = []

    def make(spec: Any) -> Any:
        if isinstance(spec, Counting):
            return spec
        made.append(Counting())
        return made[-1]

    monkeypatch.setattr("spatialenv.renderers.registry.make_renderer", make)
    with open_renderer("counting") as renderer:
        assert renderer is made[0]
        assert made[0].closed == 0
    assert made[0].closed == 1
    with pytest.raises(ValueError, match="inside"), open_renderer("counting"):
        raise ValueError("inside")
    assert made[1].closed == 1
    mine = Counting()
    with open_renderer(mine) as renderer:
        assert renderer is mine
    assert mine.closed == 0
