"""One-call forms of the rewards and the renderers, for notebooks and the command."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from spatialenv.core.layout import LayoutLike
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.core.violations import Violation
from spatialenv.renderers import Annotations, Renderer, draw_annotated
from spatialenv.renderers.camera import CameraSpec, check_cameras
from spatialenv.renderers.registry import open_renderer
from spatialenv.rewards import make_reward

NOTEBOOK_SIZE = (384, 384)
"""``(width, height)`` in pixels of each view that a notebook shows."""


def score(
    scene: Scene,
    layout: LayoutLike,
    reward: str | Mapping[str, Any] | Path = "physics",
) -> Score:
    """Return how good a layout is.

    Args:
        scene: The scene.
        layout: Where the objects stand: a `Layout`, or a mapping from id to ``(x, y, z)`` or
            ``(x, y, z, yaw)`` in metres and radians. It counts as a well-formed answer when it
            places every object.
        reward: Name of a reward or preset, a dict that describes one, or the path of a YAML file.

    Returns:
        The score: `value`, `per_object` and `details` as the reward defines them.

    Raises:
        SceneError: If `layout` names an id that is not in the scene.
        UnknownNameError: If there is no such reward.

    Example:
        >>> from spatialenv import Room, Scene, SceneObject
        >>> lamp = SceneObject(id="lamp_1", category="lamp", size=(0.4, 0.4, 1.6))
        >>> scene = Scene(room=Room.rectangle(4, 3, 2.5), objects=(lamp,))
        >>> score(scene, {"lamp_1": (1.0, 1.0, 0.8)}, reward="metaspatial").details["collision_ratio"]
        0.0
    """
    return make_reward(reward)(Transition.of(scene.place(layout)))


def render(
    placed: PlacedScene,
    size: tuple[int, int] = (512, 512),
    views: CameraSpec | Sequence[CameraSpec] = ("corner", "top"),
    labels: bool = True,
    violations: Sequence[Violation] = (),
    renderer: str | Mapping[str, Any] | Renderer = "fast",
    *,
    relations: bool = False,
    previous: PlacedScene | None = None,
) -> npt.NDArray[np.uint8]:
    """Return a picture of a placed scene.

    Args:
        placed: The scene with its objects in place.
        size: ``(width, height)`` in pixels of each view.
        views: Cameras, shown side by side from left to right: names, `FreeCamera` or `OrbitCamera`, or mappings
            (``{"name": "free", "eye": [1, 1, 1.6], "target": [3, 2, 1]}``); see `make_camera`.
        labels: Whether ids are written on the objects, with a ruler and marks of their fronts.
        violations: What to mark as wrong, from `spatialenv.core.violations.find_violations`.
        renderer: Name of the renderer, a dict that describes one, or a renderer; what is made here is closed again.
        relations: Whether each relation has an arrow, teal when it is met and red when not.
        previous: The scene as it was: what has moved since has an arrow from its old place.

    Returns:
        The views side by side, shape ``(height, len(views) * width, 3)``, uint8.

    Raises:
        InputError: If `size` or `views` is not allowed.
        UnknownNameError: If there is no such renderer.
        RendererError: If no picture could be made.

    Example:
        >>> from spatialenv import Room, Scene
        >>> render(Scene(room=Room.rectangle(4, 3, 2.5), objects=()).place({}), size=(96, 64)).shape
        (64, 192, 3)
    """
    annotations = Annotations(labels, tuple(violations), relations=relations, previous=previous)
    with open_renderer(renderer) as drawer:
        return draw_annotated(drawer, placed, check_cameras(views), size, annotations).image


def png(image: npt.NDArray[np.uint8]) -> bytes:
    """Return `image`, shape ``(H, W, 3)`` uint8, as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def picture(placed: PlacedScene) -> bytes:
    """Return the PNG that a notebook shows for a placed scene."""
    return png(render(placed, size=NOTEBOOK_SIZE))
