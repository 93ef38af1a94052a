"""Films of rooms: once around, and an episode turn by turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout, Pose
from spatialenv.core.numeric import as_number
from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError
from spatialenv.renderers import Annotations, Renderer, draw_annotated
from spatialenv.renderers.base import check_size
from spatialenv.renderers.camera import VIEWS, CameraSpec
from spatialenv.renderers.camera_specs import OrbitCamera
from spatialenv.renderers.registry import open_renderer
from spatialenv.report.captions import caption_font, caption_strip
from spatialenv.report.film_files import Film, Progress

Picture = npt.NDArray[np.uint8]
RendererSpec = str | Mapping[str, Any] | Renderer

START_MS, TURN_MS, END_MS = 1600, 1800, 2600
"""How long the start, a turn and the last turn are shown."""

STEP_MS = 60
"""How long a frame of a movement is shown."""

STEPS = 10
"""Frames of a movement, without the one where it ends."""

DROP = 0.9
"""Height in metres from which an object is set down that was not there before."""

MAX_FRAMES = 1000


def turntable(
    placed: PlacedScene,
    renderer: RendererSpec = "fast",
    frames: int = 60,
    size: tuple[int, int] = (512, 512),
    annotations: Annotations | None = None,
    *,
    seconds: float = 6.0,
    elevation: float = 34.0,
    progress: Progress | None = None,
) -> Film:
    """Return a film of a room from all around; its end meets its start.

    Args:
        placed: The scene.
        renderer: What draws it.
        frames: How many pictures go once around, 2 to 1000.
        size: ``(width, height)`` in pixels.
        annotations: What is written over the pictures; None for nothing.
        seconds: How long once around takes.
        elevation: How far the camera looks down, degrees.
        progress: Told how many pictures are done.

    Raises:
        InputError: If an argument is not allowed.
        RendererError: If a picture could not be made.
    """
    if type(frames) is not int or not 2 <= frames <= MAX_FRAMES:
        raise InputError(f"`frames` is {frames!r}; a turntable has 2 to {MAX_FRAMES} frames")
    duration = _frame_time(seconds, frames)
    wanted = Annotations(labels=False) if annotations is None else annotations
    pictures = []
    with open_renderer(renderer) as drawer:
        for number in range(frames):
            camera = OrbitCamera(azimuth=33.0 + 360.0 * number / frames, elevation=elevation)
            pictures.append(draw_annotated(drawer, placed, (camera,), size, wanted).image)
            if progress is not None:
                progress(number + 1, frames)
    return Film(tuple(pictures), (duration,) * frames)


def _frame_time(seconds: object, frames: int) -> int:
    """Return the time of each frame in milliseconds, as GIF counts it."""
    number = as_number(seconds)
    if not 0.02 * frames <= number <= 600.0:
        raise InputError(f"`seconds` is {seconds!r}; with {frames} frames allowed are {0.02 * frames:g} to 600")
    return max(round(100 * number / frames), 2) * 10


def film_of_turns(
    episode: Episode,
    renderer: RendererSpec = "fast",
    cameras: Sequence[CameraSpec] = VIEWS,
    size: tuple[int, int] = (384, 384),
    *,
    labels: bool = True,
    steps: int = STEPS,
    progress: Progress | None = None,
) -> Film:
    """Return a film of an episode: where it starts, then turn after turn, objects moving to their new places.

    Under the pictures stand the wish, then each turn's score and what is wrong, which is marked. What was not
    there before is set down from above; what is gone is lifted away.

    Args:
        episode: The episode.
        renderer: What draws it.
        cameras: The views, side by side.
        size: ``(width, height)`` of each view in pixels.
        labels: Whether objects are named while nothing moves.
        steps: Frames of a movement, 0 to 100; 0 shows none.
        progress: Told how many pictures are done.

    Raises:
        InputError: If the episode has no turn, or an argument is not allowed.
        RendererError: If a picture could not be made.
    """
    if not episode.turns:
        raise InputError("the episode has no turns; a film of turns needs one that was played")
    if type(steps) is not int or not 0 <= steps <= 100:
        raise InputError(f"`steps` is {steps!r}; a movement has 0 to 100 frames")
    plain = check_size(size)
    shots = list(_shots(episode, labels, steps))
    pictures = []
    with open_renderer(renderer) as drawer:
        for number, (layout, written, caption, _) in enumerate(shots):
            image = draw_annotated(drawer, episode.scene.place(layout), cameras, plain, written).image
            width = image.shape[1]
            pictures.append(np.concatenate([image, caption_strip(width, *caption, caption_font(width))]))
            if progress is not None:
                progress(number + 1, len(shots))
    return Film(tuple(pictures), tuple(duration for *_, duration in shots))


def turn_caption(number: int, count: int, turn: Turn) -> tuple[str, str]:
    """Return a turn's title and what is wrong in it.

    Example:
        >>> turn = Turn("", Layout(), 0.5, 0.5, {}, {}, ({"kind": "collision"},) * 2, (), "", {"valid": False})
        >>> turn_caption(1, 3, turn)
        ('turn 1 of 3: score 0.50', '2 collisions')
    """
    title = f"turn {number} of {count}"
    if math.isfinite(turn.score):
        title += f": score {turn.score:.2f}"
    if turn.status.get("clean"):
        return title, "clean: nothing is wrong"
    counts: dict[str, int] = {}
    kinds = sorted((held["kind"] for held in turn.violations), key=_rank)
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
    wrong = ", ".join(f"{counted} {_spoken(kind, counted)}" for kind, counted in counts.items())
    return title, wrong or ("valid" if turn.status.get("valid") else "no layout could be read")


_SPOKEN = {
    "missing": ("object missing", "objects missing"),
    "collision": ("collision", "collisions"),
    "out_of_room": ("out of the room", "out of the room"),
    "unsupported": ("unsupported", "unsupported"),
    "relation": ("relation not met", "relations not met"),
    "facing": ("faces the wrong way", "face the wrong way"),
    "moved": ("moved from its place", "moved from their places"),
    "blocked_opening": ("blocks a door or window", "block a door or window"),
}


def _rank(kind: str) -> int:
    """Return where a kind of violation stands in captions: as `_SPOKEN` orders them, others last."""
    return list(_SPOKEN).index(kind) if kind in _SPOKEN else len(_SPOKEN)


def _spoken(kind: str, count: int) -> str:
    one, many = _SPOKEN.get(kind, (kind.replace("_", " "),) * 2)
    return one if count == 1 else many


_Shot = tuple[Layout, Annotations, tuple[str, str], int]


def _shots(episode: Episode, labels: bool, steps: int) -> Iterator[_Shot]:
    """Yield what each frame shows: layout, annotations, caption, milliseconds."""
    scene, count = episode.scene, len(episode.turns)
    layout = Layout() if scene.start is None else scene.start
    wish = scene.description or f"{len(scene.objects)} objects to place"
    yield layout, Annotations(labels=labels), ("start", wish), START_MS
    for number, turn in enumerate(episode.turns, start=1):
        title, wrong = turn_caption(number, count, turn)
        before, after = scene.place(layout), scene.place(turn.layout)
        moving = Annotations(labels=False, axes=labels, previous=before)
        for step in range(steps):
            between = moved_layout(before, after, (step + 1) / (steps + 1))
            yield between, moving, (f"turn {number} of {count}", wish), STEP_MS
        marked = Annotations(labels=labels, violations=tuple(map(Violation.from_dict, turn.violations)))
        yield turn.layout, marked, (title, wrong), END_MS if number == count else TURN_MS
        layout = turn.layout


def moved_layout(before: PlacedScene, after: PlacedScene, share: float) -> Layout:
    """Return where objects are on their way from one layout to another.

    They start and stop softly, and turn the shorter way. What is only in `after` comes down from above, what is
    only in `before` goes up and is gone in the middle of the way.

    Args:
        before: The scene as it was.
        after: The same scene as it will be.
        share: How much of the time has gone, 0 to 1.

    Example:
        >>> from spatialenv import Room, Scene, SceneObject
        >>> scene = Scene(Room.rectangle(4, 3, 2.5), (SceneObject(id="a", category="box", size=(1, 1, 1)),))
        >>> moved_layout(scene.place({"a": (1, 1, 0.5)}), scene.place({"a": (3, 1, 0.5)}), 0.5)["a"].x
        2.0
    """
    eased = share * share * (3.0 - 2.0 * share)
    old, new = _poses(before), _poses(after)
    poses = []
    for object_id in before.scene.ids:
        start, end = old.get(object_id), new.get(object_id)
        if start is not None and end is not None:
            place = start[:3] + eased * (end[:3] - start[:3])
            yaw = start[3] + eased * math.remainder(end[3] - start[3], math.tau)
        elif end is not None:
            place, yaw = end[:3] + np.array([0.0, 0.0, DROP * (1.0 - eased)]), end[3]
        elif start is not None and share < 0.5:
            place, yaw = start[:3] + np.array([0.0, 0.0, 2.0 * DROP * eased]), start[3]
        else:
            continue
        poses.append((object_id, Pose(float(place[0]), float(place[1]), float(place[2]), float(yaw))))
    return Layout(tuple(poses))


def _poses(placed: PlacedScene) -> dict[str, npt.NDArray[np.float64]]:
    # Answers may place things anywhere; the way between two such places must stay a number.
    rows = np.clip(np.column_stack([placed.centers, placed.yaws]), -1e9, 1e9)
    return dict(zip(placed.ids, rows, strict=True))
