"""The same rooms before and after training, turn by turn, ready for the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene
from spatialenv.core.violations import Violation
from spatialenv.errors import RendererError
from spatialenv.renderers import Annotations, Renderer, draw_annotated

VIEWS = ("corner", "top")
SIZE = (400, 300)
"""Width and height of each picture in the page, in pixels."""

PICTURE_QUALITY = 72
"""Of WebP: floors and fabrics have grain, and there are a hundred pictures or more."""

MOST_PICTURES = 1_400_000
"""Characters that the pictures of all rooms may take, so that a page stays below 3 MB; the first room always shows."""

MAX_TURNS = 6
"""Turns shown of an episode: the first five and the last."""

MAX_TEXT = 4000
"""Characters shown of an answer or of a feedback."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A word on a turn; `kind` is ``good``, ``fair`` or ``bad``."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object's score in a turn, and what is wrong with it."""

    id: str
    score: float | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn as the page shows it; `pictures` are data URIs by view."""

    number: int
    pictures: Mapping[str, str]
    score: float
    badges: tuple[Badge, ...]
    text: str
    feedback: str
    issues: tuple[str, ...]
    components: Mapping[str, float]
    objects: tuple[ObjectRow, ...]
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowView:
    """An episode of one policy: its turns, and how it ended."""

    title: str
    turns: tuple[TurnView, ...]
    note: str


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room with its wish, its empty picture, and a row for each policy."""

    number: int
    name: str
    size: str
    description: str
    objects: tuple[str, ...]
    pictures: Mapping[str, str]
    rows: tuple[RowView, ...]


def room_views(played: Mapping[str, Sequence[Episode]], renderer: Renderer, count: int) -> list[RoomView]:
    """Return the first `count` rooms by index, or as many as `MOST_PICTURES` holds, each with its episodes.

    Args:
        played: Episodes by the row's title. The first policy's episodes give the rooms; the others'
            are matched by scene.
        renderer: Draws the layouts anew, with what is wrong marked.
        count: Number of rooms.
    """
    titles = [title for title, episodes in played.items() if episodes]
    if not titles:
        return []
    views: list[RoomView] = []
    taken = 0
    for index, first in enumerate(played[titles[0]][:count]):
        if taken * (index + 1) > MOST_PICTURES * index:  # one more like these would not fit
            break
        scene = first.scene
        rows = []
        for title in titles:
            episode = _same_room(played[title], index, scene)
            if episode is not None:
                rows.append(_row(title, episode, renderer))
        room = scene.room
        views.append(
            RoomView(
                number=index + 1,
                name=scene.id,
                size=f"{room.length:g} × {room.width:g} × {room.height:g} m",
                description=scene.description,
                objects=tuple(
                    f"{item.id} ({' × '.join(f'{side:g}' for side in item.size)} m)" for item in scene.objects
                ),
                pictures=_pictures(scene, Layout(), (), renderer, first.image),
                rows=tuple(rows),
            )
        )
        shown = [views[-1].pictures, *(turn.pictures for row in rows for turn in row.turns)]
        taken += sum(len(picture) for pictures in shown for picture in pictures.values())
    return views


def mean_components(episodes: Sequence[Episode]) -> dict[str, float]:
    """Return the mean of each reward component over the last turns; failed episodes are left out."""
    values: dict[str, list[float]] = {}
    for episode in episodes:
        if episode.failure is None and episode.turns:
            for name, value in episode.turns[-1].components.items():
                values.setdefault(name, []).append(float(value))
    return {name: float(np.mean(found)) for name, found in values.items()}


def data_uri(picture: npt.NDArray[np.uint8], quality: int = 84) -> str:
    """Return a picture ``(H, W, 3)`` as a WebP in a ``data:`` address."""
    held = io.BytesIO()
    Image.fromarray(picture).save(held, format="WEBP", quality=quality, method=4)
    return f"data:image/webp;base64,{base64.b64encode(held.getvalue()).decode('ascii')}"


def badges_of(status: Mapping[str, bool]) -> tuple[Badge, ...]:
    """Return the badges of a turn: what is wrong, else how good it is."""
    wrong = [
        Badge(text, "bad")
        for text, is_shown in (
            ("✕ not well-formed", not status.get("well_formed", False)),
            ("✕ collides", status.get("collides", False)),
            ("✕ out of room", status.get("out_of_room", False)),
        )
        if is_shown
    ]
    if wrong:
        return tuple(wrong)
    if status.get("clean", False):
        return (Badge("★ clean", "good"),)
    return (Badge("✓ valid", "good"), Badge("not clean", "fair")) if status.get("valid", False) else ()


def _same_room(episodes: Sequence[Episode], index: int, scene: Scene) -> Episode | None:
    if index < len(episodes) and episodes[index].scene == scene:
        return episodes[index]
    return next((episode for episode in episodes if episode.scene == scene), None)


def _row(title: str, episode: Episode, renderer: Renderer) -> RowView:
    turns = list(enumerate(episode.turns, start=1))
    shown = turns if len(turns) <= MAX_TURNS else [*turns[: MAX_TURNS - 1], turns[-1]]
    notes = []
    if len(shown) < len(turns):
        notes.append(f"Turns {MAX_TURNS} to {len(turns) - 1} of {len(turns)} are not shown.")
    planned = episode.settings.get("max_turns")
    if isinstance(planned, int) and 0 < len(turns) < planned and episode.failure is None:
        is_clean = episode.turns[-1].status.get("clean", False)
        notes.append(f"Ended after turn {len(turns)} of {planned}{': the layout is clean' if is_clean else ''}.")
    if episode.failure is not None:
        notes.append(f"Stopped by a failure, and left out of every number: {episode.failure}")
    views = tuple(_turn(number, turn, episode.scene, renderer) for number, turn in shown)
    return RowView(title=title, turns=views, note=" ".join(notes))


def _turn(number: int, turn: Turn, scene: Scene, renderer: Renderer) -> TurnView:
    violations = tuple(map(Violation.from_dict, turn.violations))
    return turn_view(number, turn, scene, _pictures(scene, turn.layout, violations, renderer, turn.image))


def turn_view(number: int, turn: Turn, scene: Scene, pictures: Mapping[str, str]) -> TurnView:
    """Return a turn as a page shows it.

    Args:
        number: Its number, from 1.
        turn: The record.
        scene: The scene played.
        pictures: Addresses of its pictures by view.
    """
    problems: dict[str, list[str]] = {}
    for held in turn.violations:
        for object_id in held["objects"]:
            problems.setdefault(object_id, []).append(str(held.get("text") or held["kind"]))
    return TurnView(
        number=number,
        pictures=pictures,
        score=turn.score,
        badges=badges_of(turn.status),
        text=_cut(turn.text),
        feedback=_cut(turn.feedback),
        issues=tuple(str(issue.get("message") or issue.get("code")) for issue in turn.issues[:20]),
        components=turn.components,
        objects=tuple(
            ObjectRow(object_id, turn.per_object.get(object_id), tuple(problems.get(object_id, ())))
            for object_id in scene.ids
        ),
        violations=tuple(str(held.get("text") or held["kind"]) for held in turn.violations),
    )


def _pictures(
    scene: Scene,
    layout: Layout,
    violations: Sequence[Violation],
    renderer: Renderer,
    kept: npt.NDArray[np.uint8] | None,
) -> dict[str, str]:
    try:
        frames = draw_annotated(renderer, scene.place(layout), VIEWS, SIZE, Annotations(True, tuple(violations)))
    except RendererError:
        # The page is worth having without a fresh picture; the one that the model saw stands in.
        return {} if kept is None else dict.fromkeys(VIEWS, data_uri(kept))
    return {view: data_uri(picture, PICTURE_QUALITY) for view, picture in frames.views.items()}


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} … ({len(text) - MAX_TEXT:,} characters more)"
