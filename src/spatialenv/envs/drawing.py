"""A room drawn by a renderer that may fail in any way: its picture, or RendererError."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spatialenv.core.placed import PlacedScene
from spatialenv.errors import RendererError, SpatialEnvError
from spatialenv.renderers import Annotations, Frames, Renderer, draw_annotated
from spatialenv.renderers.camera import CheckedCamera, camera_name


def draw_room(
    renderer: Renderer,
    placed: PlacedScene,
    cameras: Sequence[CheckedCamera],
    size: tuple[int, int],
    annotations: Annotations,
) -> Frames:
    """Draw `placed` as `draw_annotated` does; what a renderer does wrong becomes a RendererError.

    Raises:
        InputError: If an argument is not allowed.
        MissingExtraError: If the renderer needs something that is not installed.
        RendererError: If it raised anything else, or gave pictures of another form than those asked for.
    """
    try:
        frames = draw_annotated(renderer, placed, cameras, size, annotations)
        problem = _problem(frames, [camera_name(camera) for camera in cameras], size)
    except SpatialEnvError:
        raise
    except Exception as error:  # renderers come from other packages, and a long training must not end by one
        raise RendererError(f"the renderer {renderer.name!r} raised {type(error).__name__}: {error}") from error
    if problem:
        raise RendererError(f"the renderer {renderer.name!r} {problem}")
    return frames


def _problem(frames: Frames, names: Sequence[str], size: tuple[int, int]) -> str:
    """Return what is wrong with the form of pictures, empty where nothing is."""
    if list(frames.views) != list(names):
        return f"gave the views {list(frames.views)}; {list(names)} were asked for"
    shape = (size[1], size[0], 3)
    for name, view in frames.views.items():
        if not isinstance(view, np.ndarray):
            return f"gave a {type(view).__name__} as the {name} view; it must be an array"
        if view.shape != shape or view.dtype != np.uint8:
            return f"gave a {name} view of {view.dtype} {view.shape}; it must be uint8 {shape}"
    return ""
