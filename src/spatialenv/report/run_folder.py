"""The run folder: what a training or evaluation run leaves behind, written so that it can resume.

    config.yaml            the resolved settings, seeds included
    versions.json          Python, platform, packages
    state.json             stages done, each with its facts, and how it goes; marks the folder as ours
    metrics.jsonl          a row a step: {"phase", "step", "seconds", ...}
    episodes/<name>.jsonl  episodes, with their pictures in episodes/<name>/
    samples/<step>.jsonl   training episodes of a step, likewise
    trackers/              what trackers keep on disk
    checkpoints/<name>     model folders
    summary.json           the results
    report.html            the page

Whole files are written beside their place and then moved there, so a reader never sees half of one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
import shlex
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from spatialenv.core.episode import Episode
from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats.atomic import replace_folder, write_atomically
from spatialenv.formats.episode import load_episodes, save_episodes
from spatialenv.report.plain import flatten, read_object, to_plain, write_json

KIND = "spatialenv-run"
VERSION = 1
PACKAGES = (
    "spatialenv",
    "gymnasium",
    "numpy",
    "numba",
    "pillow",
    "pydantic",
    "scipy",
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "datasets",
    "pybullet",
    "openai",
)
"""Packages whose versions are recorded where they are installed."""

_OURS = (
    "config.yaml",
    "versions.json",
    "state.json",
    "metrics.jsonl",
    "summary.json",
    "report.html",
    "episodes",
    "samples",
    "trackers",
    "checkpoints",
)
_LOCK = ".lock"
MOST_SAMPLE_BYTES = 8_000_000
"""Bytes that the samples of a run may take together; the first and the last stay whatever they take."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class RunFolder:
    """A run folder at `path`; nothing is read or written until asked.

    Args:
        path: Where it is, or shall be.

    Example:
        >>> import tempfile
        >>> folder = RunFolder(Path(tempfile.mkdtemp()) / "demo").create({"seed": 0})
        >>> folder.append_metrics({"phase": "rl", "step": 1, "seconds": 0.5, "reward": 0.25})
        >>> folder.metrics("rl")[0]["reward"]
        0.25
        >>> folder.mark_done("rl", seconds=0.5)
        >>> folder.stage_done("rl"), folder.is_complete
        (True, False)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._tail_checked = False

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    def create(self, config: Mapping[str, Any], *, command: str | None = None, restart: bool = False) -> RunFolder:
        """Make the folder, or open it to resume, and return it.

        Args:
            config: The resolved settings: mappings, sequences, strings, numbers, booleans, paths.
            command: The command that started the run; the process's own by default.
            restart: Delete an earlier run of ours in this folder instead of resuming it. Files
                that a run does not write stay.

        Raises:
            InputError: If the folder cannot be written, holds other files and no run of ours, or
                holds a run with other settings. Nothing has been changed then.
        """
        settings = to_plain(config, "config")
        text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
        self._check_writable()
        if not self.exists:
            self._check_empty()
        elif restart:
            self._delete()
        else:
            self._check_same(settings)
            return self
        write_atomically(self.path / "config.yaml", text)
        write_json(self.path / "versions.json", versions())
        started = _now()
        # Written last: a folder without it is not yet a run, so an interrupted start can be repeated.
        self._write_state({"command": command or _own_command(), "started": started, "stages": {}})
        return self

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from writing to the folder; the system ends it with the process.

        On a file system that knows no locks a warning is all there is.

        Raises:
            InputError: If the folder cannot be written, holds other files and no run of ours, or another process works
                on it.
        """
        self._check_writable()
        if not self.exists:
            self._check_empty()
        with (self.path / _LOCK).open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                raise InputError(
                    f"process {file.read().strip() or '?'} works on the run folder {str(self.path)!r}; "
                    "wait for it, or end it"
                ) from error
            except OSError as error:
                warnings.warn(
                    f"the run folder {str(self.path)!r} cannot be locked ({error.strerror or error}); make sure that "
                    "no other process works on it",
                    UserWarning,
                    stacklevel=2,
                )
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def differences(self, config: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Return the settings, by dotted name, in which `config` differs from the run's: ``(before, now)``."""
        before, now = flatten(self.config()), flatten(to_plain(config, "config"))
        names = sorted({*before, *now})
        return {name: (before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)}

    def change(self, config: Mapping[str, Any], *, repeat: Sequence[str] = ()) -> None:
        """Go on with other settings; ``state.json`` keeps what was changed and when.

        Args:
            config: The settings from now on.
            repeat: Stages that are not done any more.
        """
        state = self.state()
        for name, (before, now) in self.differences(config).items():
            change = {"setting": name, "before": before, "now": now}
            told = [{key: value for key, value in held.items() if key != "at"} for held in state.get("changes", ())]
            if change not in told[-1:]:  # else it was stopped between the two files, and is repeated
                state.setdefault("changes", []).append({"at": _now(), **change})
        for name in repeat:
            state["stages"].pop(name, None)
        self._write_state(state)
        text = yaml.safe_dump(to_plain(config, "config"), sort_keys=False, allow_unicode=True)
        write_atomically(self.path / "config.yaml", text)

    @property
    def exists(self) -> bool:
        """Whether there is a run of ours."""
        state = self.path / "state.json"
        return state.is_file() and read_object(state).get("kind") == KIND

    @property
    def is_complete(self) -> bool:
        """Whether the run ended: its summary holds results after training (``"after"``)."""
        return "after" in self.summary()

    def config(self) -> dict[str, Any]:
        """Return the settings."""
        loaded = yaml.safe_load(self._existing("config.yaml").read_text(encoding="utf-8"))
        return loaded if isinstance(loaded, dict) else {}

    def versions(self) -> dict[str, Any]:
        """Return what `versions` recorded when the run began."""
        return read_object(self._existing("versions.json"))

    def state(self) -> dict[str, Any]:
        """Return ``{"kind", "version", "command", "started", "stages": {name: facts}}`` and what was noted."""
        return read_object(self._existing("state.json"))

    def note(self, **facts: Any) -> None:
        """Keep facts of the run in ``state.json``: ``note(status={"state": "failed", ...})``."""
        state = self.state()
        self._write_state({**state, **facts})

    def stage_done(self, name: str) -> bool:
        """Return whether the stage was marked done."""
        return name in self.state()["stages"]

    def mark_done(self, name: str, **facts: Any) -> None:
        """Record that the stage is done, with facts such as ``seconds=12.5``."""
        state = self.state()
        state["stages"][name] = {"done": _now(), **facts}
        self._write_state(state)

    def append_metrics(self, row: Mapping[str, Any]) -> None:
        """Append a row ``{"phase": str, "step": int, "seconds": float, name: number, ...}``.

        Numbers that are not finite are written as null.

        Raises:
            InputError: If `phase` or `step` is missing.
        """
        if not isinstance(row.get("phase"), str) or not isinstance(row.get("step"), int):
            raise InputError(f"the metrics row {dict(row)!r} needs `phase` (a string) and `step` (an integer)")
        line = json.dumps(to_plain(row, "row"), allow_nan=False, ensure_ascii=False)
        path = self.path / "metrics.jsonl"
        if not self._tail_checked:
            _drop_half_line(path)
            self._tail_checked = True
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def metrics(self, phase: str | None = None) -> list[dict[str, Any]]:
        """Return the rows in order, of one phase where given; empty when there are none.

        A half-written last line is left out. Where a resumed run went back to an earlier step of a
        phase, the rows that it wrote anew replace the old ones.

        Raises:
            FileFormatError: If another line is not a row.
        """
        path = self.path / "metrics.jsonl"
        if not path.exists():
            return []
        lines = path.read_bytes().split(b"\n")
        rows: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for number, line in enumerate(lines, start=1):
            row = _parse_row(line)
            if row is not None:
                kept = rows.setdefault(row["phase"], [])
                while kept and kept[-1][1]["step"] >= row["step"]:
                    kept.pop()
                kept.append((number, row))
            elif number < len(lines):
                raise FileFormatError(f"{str(path)!r} line {number} is not a row of metrics; delete the line")
        chosen = [item for name, kept in rows.items() if phase in (None, name) for item in kept]
        return [row for _, row in sorted(chosen, key=lambda item: item[0])]

    def save_episodes(self, name: str, episodes: Sequence[Episode]) -> Path:
        """Write episodes and their pictures under `name` and return the path of the JSONL file."""
        path = self._episodes(name)
        path.parent.mkdir(exist_ok=True)
        save_episodes(path, episodes)
        return path

    def load_episodes(self, name: str) -> list[Episode]:
        """Return the episodes saved under `name`.

        Raises:
            InputError: If there are none; the message lists the names that there are.
        """
        path = self._episodes(name)
        if not path.is_file():
            known = ", ".join(self.episode_names()) or "none"
            raise InputError(f"the run folder {str(self.path)!r} has no episodes {name!r}; it has: {known}")
        return list(load_episodes(path))

    def episode_names(self) -> list[str]:
        """Return the names under which episodes were saved, sorted."""
        return sorted(path.stem for path in (self.path / "episodes").glob("*.jsonl"))

    def checkpoint(self, name: str) -> Path:
        """Return the path for a model folder of that name; its parent exists, it need not."""
        parent = self.path / "checkpoints"
        parent.mkdir(parents=True, exist_ok=True)
        return parent / _checked(name, "checkpoint")

    @contextlib.contextmanager
    def writing_checkpoint(self, name: str) -> Iterator[Path]:
        """Yield a new folder that takes the place of the checkpoint `name` once all is written to it."""
        place = self.checkpoint(name)
        temporary = place.with_name(f".{name}.writing")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        yield temporary
        replace_folder(temporary, place)
        for left in place.parent.glob(f".{name}.*.old"):  # by a process that was killed between two moves
            shutil.rmtree(left, ignore_errors=True)

    def save_samples(self, step: int, episodes: Sequence[Episode], *, most_bytes: int = MOST_SAMPLE_BYTES) -> None:
        """Keep training episodes of a step; where all take more than `most_bytes`, steps between others go."""
        folder = self.path / "samples"
        folder.mkdir(exist_ok=True)
        save_episodes(folder / f"{step:06d}.jsonl", episodes)
        sizes = {held: self._sample_bytes(held) for held in self.sample_steps()}
        while len(sizes) > 2 and sum(sizes.values()) > most_bytes:
            steps = sorted(sizes)
            # the one whose neighbours are closest together, so that what is left spans the run evenly
            crowded = min(range(1, len(steps) - 1), key=lambda index: (steps[index + 1] - steps[index - 1], index))
            self._drop_sample(steps[crowded])
            del sizes[steps[crowded]]

    def sample_steps(self) -> list[int]:
        """Return the steps of which there are samples, ascending."""
        names = [path.stem for path in (self.path / "samples").glob("*.jsonl")]
        return sorted(int(name) for name in names if name.isdigit())

    def load_samples(self, step: int) -> list[Episode]:
        """Return the episodes kept of a step.

        Raises:
            InputError: If there are none.
        """
        path = self.path / "samples" / f"{step:06d}.jsonl"
        if not path.is_file():
            known = ", ".join(map(str, self.sample_steps())) or "none"
            raise InputError(f"the run folder {str(self.path)!r} has no samples of step {step}; it has: {known}")
        return load_episodes(path)

    def go_back(self, phase: str, step: int) -> None:
        """Forget what a phase recorded after a step, because the run goes on from there.

        Args:
            phase: The phase whose rows of ``metrics.jsonl`` and, for ``"rl"``, samples go.
            step: The last step that stays.
        """
        rows = self.metrics()
        kept = [row for row in rows if row["phase"] != phase or row["step"] <= step]
        if len(kept) < len(rows):
            lines = [json.dumps(to_plain(row, "row"), allow_nan=False, ensure_ascii=False) + "\n" for row in kept]
            write_atomically(self.path / "metrics.jsonl", "".join(lines))
        if phase == "rl":
            for held in self.sample_steps():
                if held > step:
                    self._drop_sample(held)

    def write_summary(self, summary: Mapping[str, Any]) -> Path:
        """Write ``summary.json`` and return its path; numbers that are not finite become null."""
        return write_json(self.path / "summary.json", to_plain(summary, "summary"))

    def summary(self) -> dict[str, Any]:
        """Return the results, an empty dict when none are written yet."""
        path = self.path / "summary.json"
        return read_object(path) if path.exists() else {}

    def _sample_bytes(self, step: int) -> int:
        path = self.path / "samples" / f"{step:06d}.jsonl"
        pictures = path.with_suffix("")
        held = [path, *(pictures.iterdir() if pictures.is_dir() else ())]
        return sum(file.stat().st_size for file in held)

    def _drop_sample(self, step: int) -> None:
        path = self.path / "samples" / f"{step:06d}.jsonl"
        path.unlink(missing_ok=True)
        shutil.rmtree(path.with_suffix(""), ignore_errors=True)

    def _episodes(self, name: str) -> Path:
        return self.path / "episodes" / f"{_checked(name, 'episodes')}.jsonl"

    def _existing(self, name: str) -> Path:
        if not self.exists:
            raise InputError(f"{str(self.path)!r} is no run folder; give a folder that `spatialenv train` has made")
        return self.path / name

    def _write_state(self, state: Mapping[str, Any]) -> None:
        stamped = {"kind": KIND, "version": VERSION, **state}
        write_json(self.path / "state.json", to_plain(stamped, "state"))

    def _check_writable(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise InputError(
                f"the run folder {str(self.path)!r} cannot be written ({error.strerror or error}); "
                "give a folder that you may write"
            ) from error

    def _check_empty(self) -> None:
        held = sorted(entry.name for entry in self.path.iterdir() if entry.name != _LOCK)
        if any(not name.lstrip(".").startswith(_OURS[:3]) for name in held):
            raise InputError(
                f"the run folder {str(self.path)!r} holds files of something else ({', '.join(held[:3])}); "
                "give an empty or new folder"
            )

    def _check_same(self, settings: Any) -> None:
        changed = self.differences(settings)
        if not changed:
            return
        known = flatten(self.config())
        key = next((name for name in changed if name in known), next(iter(changed)))
        before, now = changed[key]
        was = repr(before) if key in known else "not set"
        will = repr(now) if key in flatten(settings) else "not set"
        made, own = self.versions().get("packages", {}).get("spatialenv"), metadata.version("spatialenv")
        by = "" if made in (None, own) else f", made with spatialenv {made}; this is {own}"
        raise InputError(
            f"the run folder {str(self.path)!r} holds a run with other settings (`{key}` was {was}, is {will}{by}); "
            "give a new folder or start it anew"
        )

    def _delete(self) -> None:
        # The marker goes last, so that an interrupted deletion can be repeated.
        for name in sorted(_OURS, key=lambda name: name == "state.json"):
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self._tail_checked = False


def versions() -> dict[str, Any]:
    """Return Python, platform, processors and installed packages, importing none of them."""
    packages: dict[str, str] = {}
    for name in PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "packages": packages,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _own_command() -> str:
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _checked(name: str, what: str) -> str:
    if not _NAME.fullmatch(name):
        raise InputError(f"{what} name {name!r} is not allowed; use letters, digits, '.', '_' and '-', at most 100")
    return name


def _parse_row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    is_row = isinstance(row, dict) and isinstance(row.get("phase"), str) and isinstance(row.get("step"), int)
    return row if is_row else None


def _drop_half_line(path: Path) -> None:
    """Cut off a last line without its line end: an earlier process was stopped while writing it."""
    if not path.exists():
        return
    held = path.read_bytes()
    whole = held.rfind(b"\n") + 1
    if whole < len(held):
        with path.open("r+b") as file:
            file.truncate(whole)
