"""What a viewer is asked to show: a run, an evaluation, episodes or scenes, read as episodes by title."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene
from spatialenv.core.score import Transition
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.envs.result import read_score
from spatialenv.errors import InputError
from spatialenv.formats import load_episodes, read_any
from spatialenv.report.run_folder import RunFolder
from spatialenv.rewards import make_reward
from spatialenv.rewards.base import further_violations

RUN_TITLES = {"before": "Before RL", "after": "After RL"}
"""Episodes that a finished run has, in the order in which they are shown."""


def read_played(path: str | os.PathLike[str], *, reward: str = "physics") -> dict[str, list[Episode]]:
    """Return what a path holds as episodes by the title of their group.

    Args:
        path: A run folder, the folder of an evaluation, a file of episodes (``.jsonl``), or a scene file that
            `spatialenv.formats.read_any` reads.
        reward: Scores the layouts of scene files; records keep their own reward.

    Raises:
        InputError: If it is none of these, or holds nothing to show.
        FileFormatError: If a file is damaged.
    """
    given = Path(path)
    if not given.exists():
        raise InputError(f"{str(given)!r} is not there; give a run folder, episodes (.jsonl) or a scene file (.json)")
    if given.is_dir():
        return _read_folder(given)
    if given.suffix.lower() == ".jsonl":
        return {given.stem: load_episodes(given, pictures=False)}
    return {"Layout": [scene_episode(scene, layout, reward=reward) for scene, layout in read_any(given)]}


def scene_episode(scene: Scene, layout: Layout | None, *, reward: str = "physics") -> Episode:
    """Return a scene and a layout of it as an episode of one turn, without a text.

    Args:
        scene: The scene.
        layout: The layout; None for the scene's witness, where it has one, else for no turn.
        reward: Scores the layout.

    Example:
        >>> from spatialenv.tasks import make_tasks
        >>> episode = scene_episode(make_tasks("easy").sample(0), None)
        >>> len(episode.turns), episode.turns[0].status["clean"]
        (1, True)
    """
    shown = scene.witness if layout is None else layout
    turns = []
    if shown is not None:
        made, transition = make_reward(reward), Transition.of(scene.place(shown))
        placed, parsed = transition.placed, transition.parsed
        result = read_score(made(transition), made.name, placed, parsed)
        violations = find_violations(placed) + further_violations(made, placed)
        status = layout_status(placed, parsed.is_complete)
        turns.append(
            Turn(
                text="",
                layout=placed.layout,
                reward=result.score,
                score=result.score,
                components=result.components,
                per_object=result.per_object,
                violations=tuple(violation.to_dict() for violation in violations),
                issues=(),
                feedback="",
                status=status.to_dict(),
            )
        )
    return Episode(scene=scene, prompt="", turns=tuple(turns), settings={"reward": reward})


def _read_folder(folder: Path) -> dict[str, list[Episode]]:
    shards = sorted((folder / "shards").glob("*.jsonl"))
    if shards:
        return {
            folder.resolve().name: [episode for shard in shards for episode in load_episodes(shard, pictures=False)]
        }
    run = RunFolder(folder)
    names = run.episode_names()
    if not names:
        raise InputError(
            f"{str(folder)!r} holds no episodes (episodes/*.jsonl or shards/*.jsonl); give a run that does"
        )
    first = [name for name in RUN_TITLES if name in names]
    files: Mapping[str, Path] = {name: folder / "episodes" / f"{name}.jsonl" for name in first or names}
    return {RUN_TITLES.get(name, name): load_episodes(file, pictures=False) for name, file in files.items()}
