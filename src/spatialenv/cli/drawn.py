"""What of a file is drawn: a scene with its layout, or an episode at one of its turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spatialenv.core.episode import Episode
from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.violations import Violation, find_violations
from spatialenv.errors import InputError
from spatialenv.renderers.base import Channel, Frames, Renderer, close_renderer
from spatialenv.renderers.camera_specs import VIEWS, CameraSpec


class Watched(Renderer):
    """A renderer that remembers which objects' assets could not be used: films and sheets do not tell.

    Attributes:
        fallbacks: Why, by object id, over all pictures so far.
    """

    def __init__(self, renderer: Renderer) -> None:
        self.fallbacks: dict[str, str] = {}
        self._renderer = renderer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._renderer, name)

    @property
    def name(self) -> str:
        """Key in the registry."""
        return self._renderer.name

    @property
    def version(self) -> str:
        """Changes when its pictures do."""
        return self._renderer.version

    def render(
        self,
        placed: PlacedScene,
        cameras: Sequence[CameraSpec] = VIEWS,
        size: tuple[int, int] = (256, 256),
        *,
        channels: Sequence[Channel] = (),
    ) -> Frames:
        """Draw as the renderer does."""
        frames = self._renderer.render(placed, cameras, size, channels=channels)
        self.fallbacks.update(frames.fallbacks)
        return frames

    def close(self) -> None:
        """Close the renderer."""
        close_renderer(self._renderer)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A placed scene to draw.

    Attributes:
        placed: The scene.
        title: What it is called on a sheet.
        previous: The scene as it was before, or None.
        told: What the episode says is wrong, or None: it is looked for.
    """

    placed: PlacedScene
    title: str
    previous: PlacedScene | None = None
    told: tuple[Violation, ...] | None = None

    def violations(self) -> tuple[Violation, ...]:
        """Return what is wrong."""
        return find_violations(self.placed) if self.told is None else self.told


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """An episode of a file.

    Attributes:
        episode: The episode.
        name: How messages call it.
    """

    episode: Episode
    name: str

    def at_turn(self, turn: int | None) -> Drawn:
        """Return the room after a turn, from 1; 0: at the start; None: after the last."""
        episode, count = self.episode, len(self.episode.turns)
        number = count if turn is None else turn
        if not 0 <= number <= count:
            raise InputError(f"`--turn` is {turn}; {self.name} has {count} turns, numbered from 1; 0 is the start")
        scene = episode.scene
        layouts = [Layout() if scene.start is None else scene.start, *(played.layout for played in episode.turns)]
        if number == 0:
            return Drawn(scene.place(layouts[0]), "start")
        from spatialenv.report.film import turn_caption

        played = episode.turns[number - 1]
        title, _ = turn_caption(number, count, played)
        told = tuple(map(Violation.from_dict, played.violations))
        return Drawn(scene.place(layouts[number]), title, scene.place(layouts[number - 1]), told)

    def turns(self) -> list[Drawn]:
        """Return the room after each turn."""
        if not self.episode.turns:
            raise InputError(f"{self.name} has no turns; choose another")
        return [self.at_turn(number) for number in range(1, len(self.episode.turns) + 1)]


def scenes_of(file: Path) -> list[Drawn]:
    """Return every scene of a file, placed as it says, else as at the start."""
    from spatialenv.formats import read_any

    _check_kind(file, wants_episodes=False)
    shown = []
    for number, (scene, layout) in enumerate(read_any(file)):
        start = Layout() if scene.start is None else scene.start
        placed = scene.place(start if layout is None else layout)
        shown.append(Drawn(placed, scene.id or f"scene {number}", scene.place(start)))
    return shown


def scene_of(file: Path, number: int) -> Drawn:
    """Return one scene of a file, from 0."""
    shown = scenes_of(file)
    if not 0 <= number < len(shown):
        raise InputError(f"`--scene` is {number}; {str(file)!r} holds {len(shown)}, numbered from 0")
    return shown[number]


def episode_of(file: Path, number: int) -> Played:
    """Return one episode of a file, from 0."""
    from spatialenv.formats.episode import load_episodes

    _check_kind(file, wants_episodes=True)
    episodes = load_episodes(file, pictures=False)
    if not 0 <= number < len(episodes):
        raise InputError(f"`--episode` is {number}; {str(file)!r} holds {len(episodes)}, numbered from 0")
    return Played(episodes[number], f"episode {number} of {str(file)!r}")


def _check_kind(file: Path, *, wants_episodes: bool) -> None:
    is_episodes = file.suffix.lower() == ".jsonl"
    if wants_episodes and not is_episodes:
        raise InputError(f"{str(file)!r} holds scenes, which have no turns; give an episode file, which ends in .jsonl")
    if is_episodes and not wants_episodes:
        raise InputError(f"{str(file)!r} holds episodes; give a file of scenes, or ask for turns")
