"""Options, and what the renderer is."""

from __future__ import annotations

import copy
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError, MissingExtraError, UnknownNameError
from spatialenv.renderers import make_renderer
from spatialenv.renderers.blender import BlenderRenderer
from spatialenv.renderers.blender.renderer import SAMPLES
from spatialenv.renderers.room import RoomStyle

EMPTY = Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quality": "best"}, "unknown value of the renderer option `quality` 'best'"),
        ({"engine": "cycle"}, "did you mean 'cycles'"),
        ({"device": "cuda"}, "Known: auto, cpu, gpu"),
        ({"colours": "red"}, "`colours`"),
        ({"denoise": 1}, "must be true or false"),
        ({"furniture": None}, "must be true or false"),
        ({"samples": 0}, "1 to 65,536, or None"),
        ({"samples": 4.0}, "`samples` is 4.0"),
        ({"workers": True}, "`workers` is True"),
        ({"threads": None}, "`threads` is None; it must be 1 to 256"),
        ({"time_limit": 0}, "above 0"),
        ({"memory_limit_mb": float("nan")}, "above 0"),
        ({"blender": 5}, "`blender` is 5"),
        ({"room": "lava"}, "floor"),
    ],
)
def test_options_that_are_not_allowed(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(")) as error:
        BlenderRenderer(**options)
    assert isinstance(error.value, UnknownNameError) == str(error.value).startswith("unknown")


def test_by_name() -> None:
    made = make_renderer({"name": "blender", "quality": "showcase", "room": {"floor": "tiles"}})
    assert made == BlenderRenderer(quality="showcase", room=RoomStyle(floor="tiles"))
    assert SAMPLES == {"training": 4, "showcase": 192}


def test_copies_have_the_options_and_no_processes() -> None:
    renderer = BlenderRenderer(samples=7, room="carpet")
    for made in (pickle.loads(pickle.dumps(renderer)), copy.copy(renderer), copy.deepcopy(renderer)):
        assert made == renderer
        assert hash(made) == hash(renderer)
        assert made._processes is not renderer._processes
    assert "processes" not in repr(renderer)


def test_nothing_starts_before_it_is_needed() -> None:
    renderer = BlenderRenderer(blender="/nowhere/python")
    assert renderer.render_batch([]) == []
    with pytest.raises(InputError, match="view"):
        renderer.render(EMPTY, ["inside"])  # type: ignore[list-item]
    assert renderer.pids == ()
    renderer.close()


def test_a_blender_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="/nowhere/python"):
        BlenderRenderer(blender="/nowhere/python").render(EMPTY)
    with pytest.raises(InputError, match="folder that is not there"):
        BlenderRenderer().save_blend(EMPTY, tmp_path / "no" / "room.blend")


@pytest.mark.parametrize(
    ("path", "said"),
    [("/dev/null", "is no file"), ("\ud800.blend", "cannot be written"), ("a\0b", "cannot be written")],
)
def test_paths_that_are_no_files(path: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        BlenderRenderer(blender="/nowhere/python").save_blend(EMPTY, path)


def test_an_interpreter_without_bpy() -> None:
    with pytest.raises(MissingExtraError, match="spatialenv blender install"):
        BlenderRenderer(blender=sys.executable).render(EMPTY)


def test_pictures_of_more_samples_may_take_longer() -> None:
    small, large = BlenderRenderer(), BlenderRenderer(quality="showcase")
    assert small._limit((256, 256)) == pytest.approx(60 + 256 * 256 * 4 * 3e-5)
    assert large._limit((512, 512)) == pytest.approx(60 + 512 * 512 * 192 * 3e-5)
    assert BlenderRenderer(engine="eevee")._limit((256, 256)) > 120
    assert BlenderRenderer(time_limit=5)._limit((2048, 2048)) == 5
