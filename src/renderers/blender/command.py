"""Which Blender draws: an interpreter that has bpy, or a Blender executable."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from spatialenv.errors import InputError, MissingExtraError

VARIABLE = "SPATIALENV_BLENDER"
"""The environment variable that names the Blender to use."""

MARK = "spatialenv-blender.json"
"""The file in a virtual environment that says that it was made here and is whole."""

INSTALL = "spatialenv blender install"
"""The line that installs what draws."""

_ALLOWED = "give a Python interpreter that has bpy, its virtual environment, or a Blender executable"


@dataclass(frozen=True, slots=True)
class BlenderCommand:
    """What starts Blender.

    Attributes:
        kind: ``"python"`` for an interpreter that has bpy, ``"blender"`` for an executable.
        path: The interpreter or the executable.
        source: Why this one: ``"given"``, the variable's name, ``"installed"``, ``"this interpreter"`` or ``"PATH"``.
    """

    kind: Literal["python", "blender"]
    path: Path
    source: str = "given"

    @property
    def argv(self) -> tuple[str, ...]:
        """The words before the path of a script."""
        if self.kind == "python":
            return str(self.path), "-I"
        return (
            str(self.path),
            "--background",
            "--factory-startup",
            "--disable-autoexec",
            "--python-exit-code",
            "1",
            "--python",
        )

    def script(self, path: Path, *arguments: str) -> list[str]:
        """Return the command that runs a script; what is put behind it is the script's last argument.

        Args:
            path: The script.
            arguments: What comes last in its ``sys.argv``.

        Example:
            >>> BlenderCommand("python", Path("/opt/bpy/bin/python")).script(Path("a.py"), "4")
            ['/opt/bpy/bin/python', '-I', 'a.py', '4']
        """
        between = ("--",) if self.kind == "blender" else ()
        return [*self.argv, str(path), *between, *arguments]


def find_blender(given: str | os.PathLike[str] | None = None) -> BlenderCommand:
    """Find the Blender to use.

    The first of these: what is given; the environment variable SPATIALENV_BLENDER; the virtual environment that
    ``spatialenv blender install`` makes; this interpreter, if bpy is installed in it; ``blender`` on the path.

    Args:
        given: A Python interpreter that has bpy, its virtual environment, a Blender executable, or the folder that
            holds one; or the name of a program on the path.

    Raises:
        InputError: If what is given, or named by the variable, is nothing of these.
        MissingExtraError: If there is no Blender.
    """
    if given is not None:
        return _read(given, "`blender`", "given")
    if named := os.environ.get(VARIABLE):
        return _read(named, f"the environment variable {VARIABLE}", VARIABLE)
    with contextlib.suppress(InputError):  # of a user without a home
        if (python := environment_python(environment_folder())) is not None:
            return BlenderCommand("python", python, "installed")
    if find_spec("bpy") is not None:
        return BlenderCommand("python", Path(sys.executable), "this interpreter")
    if (program := shutil.which("blender")) is not None:
        return BlenderCommand("blender", Path(program), "PATH")
    raise MissingExtraError(f"Blender is not installed: {INSTALL} (or put a Blender executable on the path)")


def environment_folder(variables: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the virtual environment that ``spatialenv blender install`` makes, there or not.

    Raises:
        InputError: If neither XDG_DATA_HOME nor a home folder is known.
    """
    named = (os.environ if variables is None else variables).get("XDG_DATA_HOME", "")
    if not os.path.isabs(named):
        try:
            named = str(Path.home() / ".local" / "share")
        except RuntimeError as error:
            raise InputError(
                "this user has no home folder: set XDG_DATA_HOME or HOME, or name a folder with `--path`"
            ) from error
    return Path(named) / "spatialenv" / "blender"


def environment_python(folder: Path) -> Path | None:
    """Return the interpreter of a virtual environment that was installed completely here; None otherwise."""
    python = folder / "bin" / "python"
    return python if os.path.isfile(folder / MARK) and os.access(python, os.X_OK) else None


def _read(given: str | os.PathLike[str], name: str, source: str) -> BlenderCommand:
    text = os.fspath(given)
    path = Path(text).expanduser()
    if path.is_dir():
        for kind, program in (("python", path / "bin" / "python"), ("blender", path / "blender")):
            if program.is_file() and os.access(program, os.X_OK):
                return BlenderCommand("python" if kind == "python" else "blender", program.absolute(), source)
        raise InputError(f"{name} is {text!r}, a folder without bin/python and without blender; {_ALLOWED}")
    if not path.exists() and os.sep not in text and (found := shutil.which(text)) is not None:
        path = Path(found)
    if not path.is_file():
        raise InputError(f"{name} is {text!r}, which is not there; {_ALLOWED}")
    if not os.access(path, os.X_OK):
        raise InputError(f"{name} is {text!r}, which cannot be executed; {_ALLOWED}")
    is_python = path.name.lower().startswith(("python", "pypy"))
    return BlenderCommand("python" if is_python else "blender", path.absolute(), source)
