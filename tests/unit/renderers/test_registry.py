from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from spatialenv.core import part
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.renderers import Renderer, make_renderer
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.registry import REGISTRY


def test_by_name_by_mapping_and_as_it_is() -> None:
    assert make_renderer("fast") == FastRenderer()
    made = make_renderer({"name": "fast", "shadows": False})
    assert made == FastRenderer(shadows=False)
    assert make_renderer(made) is made
    assert isinstance(made, Renderer)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("fsat", "unknown renderer 'fsat'; did you mean 'fast'\\? Known: blank, fast"),
        ({"name": "raytracer"}, "unknown renderer 'raytracer'; Known: blank, fast"),
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
    assert REGISTRY.names() == ("blank", "fast", "theirs")
    assert make_renderer({"name": "theirs", "shadows": False}) == FastRenderer(shadows=False)
