"""The folder of an evaluation: what was played so far, so that a stopped one goes on where it was.

    manifest.json        what is evaluated: policy, rooms, settings, versions
    shards/00000.jsonl   the episodes of a batch, with their pictures in shards/00000/
    results.json         the outcome, made from the shards alone

A shard is there whole or not at all. What is there is not played again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from spatialenv.core.episode import Episode
from spatialenv.core.scene import Scene
from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats.atomic import write_atomically
from spatialenv.formats.episode import load_episodes, save_episodes
from spatialenv.formats.native import scene_to_json

KIND = "spatialenv-evaluation"
VERSION = 1
RESULTS = "results.json"
_MANIFEST = "manifest.json"
_SHARDS = "shards"


class EvaluationFolder:
    """The folder at `path`.

    Args:
        path: Where it is, or shall be.
        manifest: What is evaluated, of JSON types.
        sizes: Number of rooms of each shard.

    Raises:
        InputError: If the folder holds another evaluation or other files, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], manifest: Mapping[str, Any], sizes: Sequence[int]) -> None:
        self.path = Path(path)
        self.sizes = tuple(sizes)
        try:
            self.manifest: dict[str, Any] = json.loads(json.dumps(manifest, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise InputError(f"the policy's settings cannot be kept as JSON: {error}; use JSON types") from error
        self._open()

    def has(self, index: int) -> bool:
        """Return whether a shard was played."""
        return self._shard(index).is_file()

    def has_failures(self, index: int) -> bool:
        """Return whether an episode of a shard that was played is a failure."""
        return any(episode.failure is not None for episode in self.load(index))

    def save(self, index: int, episodes: Sequence[Episode]) -> None:
        """Write a shard with its pictures."""
        save_episodes(self._shard(index), episodes)

    def load(self, index: int) -> list[Episode]:
        """Return the episodes of a shard without their pictures.

        Raises:
            FileFormatError: If the file is damaged.
        """
        path = self._shard(index)
        episodes = load_episodes(path, pictures=False)
        if len(episodes) != self.sizes[index]:
            raise FileFormatError(
                f"{str(path)!r} holds {len(episodes)} episodes, not {self.sizes[index]}; delete it to play them again"
            )
        return episodes

    def write_results(self, summary: Mapping[str, Any], episodes: Sequence[Episode]) -> Path:
        """Write ``results.json`` and return its path."""
        head = {**self.manifest, "result": summary}
        rooms = ",\n    ".join(json.dumps(_room(episode), allow_nan=False) for episode in episodes)
        text = json.dumps(head, indent=2, allow_nan=False, ensure_ascii=False).removesuffix("\n}")
        return write_atomically(self.path / RESULTS, f'{text},\n  "rooms": [\n    {rooms}\n  ]\n}}\n')

    def _shard(self, index: int) -> Path:
        return self.path / _SHARDS / f"{index:05d}.jsonl"

    def _open(self) -> None:
        shards = self.path / _SHARDS
        manifest = self.path / _MANIFEST
        if manifest.is_file():
            self._check_same(manifest)
        elif self.path.is_dir():
            held = sorted(entry.name for entry in self.path.iterdir() if not entry.name.startswith(f".{_MANIFEST}"))
            if held and held != [_SHARDS]:
                raise InputError(
                    f"the folder {str(self.path)!r} holds files of something else ({', '.join(held[:3])}); "
                    "give an empty or new folder"
                )
        try:
            shards.mkdir(parents=True, exist_ok=True)
            for half in [*shards.glob(".*.tmp"), *shards.glob("*/.*.tmp")]:
                half.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"the folder {str(self.path)!r} cannot be written ({error.strerror or error}); give one that can"
            ) from error
        if not manifest.is_file():
            write_atomically(manifest, json.dumps(self.manifest, indent=2, ensure_ascii=False) + "\n")

    def _check_same(self, path: Path) -> None:
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise FileFormatError(f"{str(path)!r} is not JSON ({error}); give a new folder") from error
        was, now = _flat(before), _flat(self.manifest)
        differing = [key for key in {**was, **now} if was.get(key) != now.get(key)]
        if differing:
            told = ", ".join(f"`{key}` was {was.get(key)!r}, is {now.get(key)!r}" for key in differing[:3])
            raise InputError(
                f"the folder {str(self.path)!r} holds another evaluation ({told}); "
                "ask for the same one to go on with it, or give a new folder"
            )


def make_manifest(
    policy: Mapping[str, Any],
    tasks: Mapping[str, Any],
    settings: Mapping[str, Any],
    versions: Mapping[str, str],
    **options: Any,
) -> dict[str, Any]:
    """Return what pins an evaluation.

    Args:
        policy: What `describe_policy` gives.
        tasks: Name of the source, number and first seed of its rooms, and `hash_scenes` of them.
        settings: The env's keyword arguments.
        versions: Versions of the reward and the renderer.
        options: How it is played: batch size, pictures kept.
    """
    return {
        "format": KIND,
        "version": VERSION,
        "policy": dict(policy),
        "tasks": dict(tasks),
        "env": dict(settings),
        "versions": {"spatialenv": metadata.version("spatialenv"), **versions},
        **options,
    }


def hash_scenes(scenes: Sequence[Scene]) -> str:
    """Return a SHA-256 of scenes as our JSON states them, witnesses and wishes included."""
    digest = hashlib.sha256()
    for scene in scenes:
        digest.update(json.dumps(scene_to_json(scene), sort_keys=True).encode("utf-8") + b"\n")
    return digest.hexdigest()


def _room(episode: Episode) -> dict[str, Any]:
    """Return a room's row of the results."""
    return {
        "seed": episode.seed,
        "scene": episode.scene.id,
        "failure": episode.failure,
        "turns": [{"score": turn.score, **turn.status} for turn in episode.turns],
    }


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one with dotted keys."""
    if not isinstance(value, Mapping) or not value:
        return {prefix: value}
    flat = {}
    for name, part in value.items():
        flat.update(_flat(part, f"{prefix}.{name}" if prefix else name))
    return flat
