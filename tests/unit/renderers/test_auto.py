from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import spatialenv  # noqa: F401
from spatialenv.errors import InputError, MissingExtraError, RendererError, UnknownNameError
from spatialenv.renderers import Frames, Renderer, auto, make_renderer
from spatialenv.renderers.blank import BlankRenderer
from spatialenv.renderers.fast import FastRenderer
from spatialenv.renderers.probe import Probe


class Card(Renderer):
    """What stands for `gl`."""

    name = "gl"
    version = "gl-1"

    def __init__(self, furniture: bool = True) -> None:
        self.furniture = furniture

    def render(self, *request: Any, **options: Any) -> Frames:
        return BlankRenderer().render(*request, **options)


class Lacking(Card):
    name = "pybullet"

    def __init__(self, furniture: bool = True) -> None:
        raise MissingExtraError("it needs 'pybullet': pip install 'spatialenv[physics]'")


Machine = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make the machine one where `gl` is as the probe says; returns what was tried, as it goes on."""

    def make(probe: Probe | None, *, has_card: bool = True) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []

        def answer(spec: dict[str, Any]) -> Probe:
            asked.append(spec)
            assert probe is not None
            return probe

        table = {**auto.REGISTRY.table, "gl": f"{__name__}:Card", "pybullet": f"{__name__}:Lacking"}
        registry = type(auto.REGISTRY)("renderer", table, "spatialenv.renderers")
        monkeypatch.setattr(registry.__class__, "_load", _load(registry))
        monkeypatch.setattr(auto, "REGISTRY", registry)
        monkeypatch.setattr(auto, "_tried", {})
        monkeypatch.setattr(auto, "is_installed", lambda name: probe is not None)
        monkeypatch.setattr(auto, "has_graphics_device", lambda: has_card)
        monkeypatch.setattr(auto, "probe_renderer", answer)
        return asked

    return make


def _load(registry: Any) -> Any:
    known = {"gl": Card, "pybullet": Lacking}
    usual = type(registry)._load
    return lambda self, name: known.get(name) or usual(self, name)


ON_CARD = Probe("gl", works=True, ms_per_frame=1.0, device="a card")
IN_SOFTWARE = Probe("gl", works=True, ms_per_frame=90.0, device="llvmpipe", is_software=True)
FAILS = Probe("gl", works=False, reason="there is no EGL", install="apt-get install libegl1")


def test_a_graphics_card_is_preferred(machine: Machine) -> None:
    asked = machine(ON_CARD)
    assert isinstance(make_renderer("auto"), Card)
    assert asked == [{"name": "gl"}]


@pytest.mark.parametrize("probe", [IN_SOFTWARE, FAILS])
def test_without_one_it_is_fast(machine: Machine, probe: Probe) -> None:
    machine(probe)
    assert make_renderer("auto") == FastRenderer()


def test_nothing_is_tried_where_nothing_is_installed(machine: Machine) -> None:
    asked = machine(None)
    assert make_renderer("auto") == FastRenderer()
    assert asked == []


def test_nothing_is_tried_where_there_is_no_card(machine: Machine) -> None:
    asked = machine(ON_CARD, has_card=False)
    assert make_renderer("auto") == FastRenderer()
    assert asked == []


def test_each_is_tried_once(machine: Machine) -> None:
    asked = machine(ON_CARD)
    renderers = [make_renderer({"name": "auto", "furniture": False}) for _ in range(3)]
    assert asked == [{"name": "gl", "furniture": False}]
    assert all(isinstance(renderer, Card) and not renderer.furniture for renderer in renderers)


def test_options_that_are_objects_are_not_sent(machine: Machine) -> None:
    asked = machine(ON_CARD)
    made = make_renderer({"name": "auto", "furniture": np.bool_(False)})
    assert asked == [{"name": "gl"}]
    assert isinstance(made, Card)
    assert not made.furniture


def test_the_order_may_be_given(machine: Machine) -> None:
    asked = machine(ON_CARD)
    assert make_renderer({"name": "auto", "order": ["blank", "gl"]}) == BlankRenderer()
    assert asked == []
    assert make_renderer({"name": "auto", "order": ["pybullet", "fast"], "furniture": False}) == FastRenderer(
        furniture=False
    )


def test_when_none_works_all_reasons_are_told(machine: Machine) -> None:
    machine(FAILS)
    with pytest.raises(
        MissingExtraError,
        match=r"none of the renderers gl, pybullet works here; gl: there is no EGL; pybullet: it needs",
    ):
        make_renderer({"name": "auto", "order": ["gl", "pybullet"]})


def test_when_nothing_would_mend_it(machine: Machine) -> None:
    machine(IN_SOFTWARE)
    with pytest.raises(RendererError, match="gl: llvmpipe draws, which is software: name it to have it so; add 'fast'"):
        make_renderer({"name": "auto", "order": ["gl"]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": []}, "`order` is \\[\\]; it must be a list of names"),
        ({"order": "fast"}, "must be a list of names"),
        ({"order": ["auto"]}, "cannot stand in its own order"),
        ({"order": ["fsat"]}, "unknown renderer 'fsat'; did you mean 'fast'"),
        ({"order": [3]}, "unknown renderer 3"),
        ({"order": ["fast", "blank"], "shade": 3}, "renderer 'fast' has no option 'shade'"),
        ({"shadow": True}, "has no option 'shadow'"),
    ],
)
def test_mistakes_are_told_whatever_works_here(machine: Machine, options: dict[str, Any], message: str) -> None:
    machine(ON_CARD)
    with pytest.raises(InputError, match=message):
        make_renderer({"name": "auto", **options})


@pytest.mark.parametrize("file", ["dri/renderD128", "nvidia0", "dxg"])
def test_graphics_cards_are_known_by_their_files(tmp_path: Path, file: str) -> None:
    (tmp_path / "nvidiactl").touch()  # is there without a card, too
    (tmp_path / "dri").mkdir()
    assert not auto.has_graphics_device(tmp_path)
    (tmp_path / file).touch()
    assert auto.has_graphics_device(tmp_path)


def test_it_is_named_where_names_are_listed() -> None:
    with pytest.raises(UnknownNameError, match="Known: auto, blank, "):
        make_renderer("atuo")


def test_an_env_keeps_the_name_and_version_of_what_draws() -> None:
    env = gym.make(
        "spatialenv/RoomLayout-v0", tasks="easy", size=[32, 24], renderer={"name": "auto", "order": ["blank"]}
    )
    env.reset(seed=0)
    assert env.get_wrapper_attr("renderer") == BlankRenderer()
    assert env.get_wrapper_attr("episode")().settings["renderer"] == {"name": "blank"}
    env.close()
