"""The virtual environment of Blender: made, found whole or made anew, and removed."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import json
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spatialenv.errors import BackendError, InputError, MissingExtraError
from spatialenv.renderers.blender.command import MARK, environment_folder, environment_python

VERSION = "5.0.1"
"""The version of bpy that is installed when no other is asked for."""

NEEDED_BYTES = 1_500_000_000
"""Free space that an installation needs: the environment takes 1 GB, and pip its download for a while."""

PARTIAL = "spatialenv-blender.partial"
"""The file in an environment that is being made, or that was left unfinished."""

NUMPY = "numpy<2"
"""What bpy asks of numpy."""

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_OLDEST, _NEWEST, _PYTHON = (4, 2), (5, 0), (3, 11)
_LOOK = "import ensurepip, sys, venv; print(*sys.version_info[:2])"
_ADVICE = (
    "with `uv python install 3.11`, `pyenv install 3.11`, on Debian 12 and Ubuntu 22.04 `apt-get install -y "
    "python3.11-venv`, on Fedora `dnf install -y python3.11`; or name one with `--python`. A Blender executable on the "
    "path serves too"
)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Installed:
    """A virtual environment that has bpy.

    Attributes:
        folder: Where it is.
        python: Its interpreter.
        version: Of bpy.
        is_new: Whether it was made now, not found.
    """

    folder: Path
    python: Path
    version: str
    is_new: bool


def install_blender(
    folder: Path | None = None,
    *,
    python: str | None = None,
    version: str = VERSION,
    report: Report | None = None,
) -> Installed:
    """Make a virtual environment that has bpy, unless it is there.

    One that was left unfinished is made anew; one with another version of bpy is replaced.

    Args:
        folder: Where; `environment_folder()` by default, where renderers look for it.
        python: The interpreter that it is made with; one is looked for by default.
        version: Of bpy, ``"4.2.0"`` to ``"5.0.1"``; another one needs `python` to be given.
        report: Is called with a line for each thing that is done.

    Raises:
        InputError: If the folder holds something else, the version is none, or `python` is not what bpy needs.
        MissingExtraError: If there is no Python of the version that bpy needs.
        BackendError: If there is too little space, pip fails, or another installation is at work.
    """
    say = report or (lambda _: None)
    folder = (environment_folder() if folder is None else folder).expanduser().absolute()
    wanted = _python_for(version, python)
    _check_place(folder)
    with _alone(folder):
        if (found := installed(folder)) is not None and found.version == version:
            return found
        chosen = find_python(wanted, python)
        _check_space(folder)
        say(f"making a virtual environment in {folder} with {chosen}")
        _clear(folder)
        _run([chosen, "-I", "-m", "venv", str(folder)], "the virtual environment could not be made", say)
        made = folder / "bin" / "python"
        (folder / PARTIAL).touch()
        say(f"installing bpy {version}: 0.4 GB are loaded, 1 GB is taken")
        pip = [str(made), "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        _run([*pip, "--progress-bar", "off", f"bpy=={version}", NUMPY], f"bpy {version} could not be installed", say)
        mark = folder / f"{MARK}.new"
        mark.write_text(json.dumps({"bpy": version, "python": ".".join(map(str, _look(str(made)) or ()))}) + "\n")
        mark.replace(folder / MARK)
        (folder / PARTIAL).unlink()
    return Installed(folder, made, version, is_new=True)


def installed(folder: Path | None = None) -> Installed | None:
    """Return the virtual environment in a folder if it was made here and is whole.

    Args:
        folder: Where; `environment_folder()` by default.
    """
    folder = environment_folder() if folder is None else folder
    python = environment_python(folder)
    if python is None or (folder / PARTIAL).exists():
        return None
    try:
        version = json.loads((folder / MARK).read_text())["bpy"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Installed(folder, python, str(version), is_new=False)


def uninstall_blender(folder: Path | None = None) -> bool:
    """Remove a virtual environment that was made here, whole or not; return whether there was one.

    Raises:
        InputError: If the folder holds something else.
        BackendError: If it is being made.
    """
    folder = (environment_folder() if folder is None else folder).expanduser().absolute()
    if not folder.exists():
        return False
    _check_place(folder)
    with _alone(folder):
        shutil.rmtree(folder)
    return True


def find_python(wanted: tuple[int, int] | None, given: str | None = None) -> str:
    """Return an interpreter that a virtual environment can be made with.

    Args:
        wanted: Its version; None for any, when one is given.
        given: The one to use.

    Raises:
        InputError: If the given one is not there, or of another version.
        MissingExtraError: If there is none.
    """
    if given is not None:
        found = shutil.which(os.path.expanduser(given))
        version = _look(found) if found is not None else None
        if found is None or version is None:
            raise InputError(
                f"`--python` is {given!r}; give a Python interpreter that has the modules venv and ensurepip"
            )
        if wanted is not None and version != wanted:
            needed = ".".join(map(str, wanted))
            raise InputError(f"`--python` is {given!r}, Python {version[0]}.{version[1]}; bpy needs Python {needed}")
        return found
    for candidate in _candidates(".".join(map(str, wanted or _PYTHON))):
        if _look(candidate) == (wanted or _PYTHON):
            return candidate
    raise MissingExtraError(
        f"bpy needs Python {'.'.join(map(str, wanted or _PYTHON))} and none was found: get it {_ADVICE}"
    )


def _python_for(version: str, python: str | None) -> tuple[int, int] | None:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise InputError(f"`--version` is {version!r}; give three numbers, such as {VERSION}")
    if _OLDEST <= (int(found[1]), int(found[2])) <= _NEWEST:
        return _PYTHON
    if python is None:
        raise InputError(
            f"which Python bpy {version} needs is not known here: name one with `--python`, or take {VERSION}"
        )
    return None


def _candidates(version: str) -> Iterator[str]:
    """Yield where such an interpreter may be, the likeliest first."""
    yield sys.executable
    if (on_path := shutil.which(f"python{version}")) is not None:
        yield on_path
    homes = (
        os.environ.get("PYENV_ROOT", "~/.pyenv"),
        os.environ.get("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python"),
    )
    patterns = (f"versions/{version}*/bin/python", f"cpython-{version}*/bin/python{version}")
    for home, pattern in zip(homes, patterns, strict=True):
        yield from sorted(glob.glob(os.path.join(os.path.expanduser(home), pattern)), reverse=True)


def _look(python: str) -> tuple[int, int] | None:
    """Return the version of an interpreter that can make virtual environments; None if it is none."""
    try:
        done = subprocess.run([python, "-I", "-c", _LOOK], capture_output=True, text=True, timeout=30, check=False)
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _check_place(folder: Path) -> None:
    """Refuse a folder that is somebody else's: what is in it would be removed."""
    if folder.is_file():
        raise InputError(f"{str(folder)!r} is a file; name a folder with `--path`")
    if folder.is_dir() and any(folder.iterdir()) and not any((folder / name).exists() for name in (MARK, PARTIAL)):
        raise InputError(f"{str(folder)!r} holds other things; name another folder with `--path`")


def _check_space(folder: Path) -> None:
    place = folder
    while not place.exists():
        place = place.parent
    old = sum(file.lstat().st_size for file in folder.rglob("*")) if folder.exists() else 0
    free = shutil.disk_usage(place).free + old
    if free < NEEDED_BYTES:
        raise BackendError(
            f"{free / 1e9:.1f} GB are free where {str(folder)!r} is, and bpy needs {NEEDED_BYTES / 1e9:.1f}: make "
            "room, or name a folder elsewhere with `--path`"
        )


def _clear(folder: Path) -> None:
    """Make the folder empty but for the sign that it is unfinished, which is there from first to last."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PARTIAL).touch()
        (folder / MARK).unlink(missing_ok=True)
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != PARTIAL:
                entry.unlink()
    except OSError as error:
        raise InputError(
            f"cannot write {str(folder)!r}: {error.strerror}; name another folder with `--path`"
        ) from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold what only one process may: the work on a folder."""
    lock = folder.parent / f".{folder.name}.lock"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise InputError(
            f"cannot write {str(folder.parent)!r}: {error.strerror}; name another folder with `--path`"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackendError(
                f"another `spatialenv blender` is at work in {str(folder)!r}: wait until it is done"
            ) from error
        yield  # the file stays: one that is removed while another opens it locks nothing


def _run(command: Sequence[str], failure: str, say: Report) -> None:
    """Run a program and hand on what it prints.

    Raises:
        BackendError: If it fails, with the most telling of its last lines.
    """
    last: deque[str] = deque(maxlen=50)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.strip():
                    last.append(line.strip())
                    say(last[-1])
        except BaseException:
            process.kill()
            raise
    if process.returncode == 0:
        return
    if any("No space left" in line for line in last):
        raise BackendError(f"{failure}: no space is left: make room, or name a folder elsewhere with `--path`")
    errors = [line for line in last if line.lower().startswith("error")]
    said = (errors or list(last) or [f"status {process.returncode}"])[0 if errors else -1]
    raise BackendError(f"{failure} ({said}): look at the lines above; what is there already is kept, try again")
