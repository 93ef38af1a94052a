"""One context of OpenGL for all tests of `gl`; where there is none they are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import MissingExtraError, RendererError
from spatialenv.renderers.gl import GlRenderer
from spatialenv.renderers.gl.device import describe_device


@pytest.fixture(scope="session")
def has_gl() -> None:
    """Skips what needs a context where there is none."""
    try:
        describe_device()
    except (MissingExtraError, RendererError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def renderer(has_gl: None) -> Iterator[GlRenderer]:
    """The renderer `gl` with its defaults."""
    with GlRenderer() as made:
        yield made


@pytest.fixture(scope="session")
def placed() -> PlacedScene:
    """A furnished room with a window, glass and a thing that reaches through the wall."""
    objects = (
        SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8)),
        SceneObject(id="shower_1", category="shower", size=(0.9, 0.9, 2.0)),
        SceneObject(id="lamp_1", category="floor lamp", size=(0.4, 0.4, 1.5)),
        SceneObject(id="rug_1", category="rug", size=(2.0, 1.4, 0.02)),
    )
    room = Room(
        floor=((0, 0), (4, 0), (4, 3), (0, 3)),
        height=2.5,
        openings=(Opening("window", "north_wall", 1.0, 1.2, 1.2, 0.9),),
    )
    return Scene(room=room, objects=objects).place(
        {"sofa_1": (2, 2.5, 0.4), "shower_1": (0.5, 0.5, 1.0), "lamp_1": (4.3, 1.5, 0.75), "rug_1": (2.2, 1.3, 0.01)}
    )
