"""The package's error types.

They form a tree::

    SpatialEnvError
    +-- InputError            the caller's mistake; also a ValueError
    |   +-- UnknownNameError  a name that is in no registry
    |   +-- SceneError        a scene, room, object or layout that cannot exist
    |   +-- FileFormatError   a file that is not what it should be
    |   +-- AssetError        a mesh of an object that cannot be had or used
    +-- MissingExtraError     an optional package is not installed; also an ImportError
    +-- BackendError          something outside the package failed; never a score of 0
        +-- RendererError     no picture could be made
        +-- JudgeError        no grade could be had
        +-- SimulationError   physics could not be simulated
        +-- PolicyError       no answer could be had
        +-- ServerError       a server that scores could not be reached, or failed

What a *model* writes never raises: it becomes coded issues (`spatialenv.core.answer`).
Every message says what was given, what is allowed and what to do, in one line.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType


class SpatialEnvError(Exception):
    """Root of every error that this package raises on purpose."""


class InputError(SpatialEnvError, ValueError):
    """The caller gave something that is not allowed."""


class UnknownNameError(InputError):
    """A name that is in no registry."""


class SceneError(InputError):
    """A scene, room, object or layout that cannot exist."""


class FileFormatError(InputError):
    """A file does not hold what it should."""


class AssetError(FileFormatError):
    """A mesh of an object that is not there, is not allowed, or cannot be used."""


class MissingExtraError(SpatialEnvError, ImportError):
    """An optional package is needed and not installed."""


class BackendError(SpatialEnvError, RuntimeError):
    """Something outside the package failed, so that there is no result (not a result of 0)."""


class RendererError(BackendError):
    """A renderer could not make the picture."""


class JudgeError(BackendError):
    """A judge could not give a grade."""


class SimulationError(BackendError):
    """Physics could not be simulated: the engine failed, crashed or took too long."""


class PolicyError(BackendError):
    """A policy's endpoint gave no answer (not: a bad one)."""


class ServerError(BackendError):
    """A server that scores could not be reached, or gave no scores."""


def nearest(given: str, known: Iterable[str]) -> str:
    """Return `` did you mean 'x'?`` for the known name nearest to `given`, or an empty string."""
    matches = difflib.get_close_matches(given, list(known), n=1, cutoff=0.5)
    return f" did you mean {matches[0]!r}?" if matches else ""


def unknown_name(kind: str, given: object, known: Iterable[str]) -> UnknownNameError:
    """Return the error for a `kind` (``"reward"``, ``"renderer"``, ...) called `given`.

    Example:
        >>> str(unknown_name("reward", "colision", ["collision", "format"]))
        "unknown reward 'colision'; did you mean 'collision'? Known: collision, format"
    """
    names = sorted(known)
    hint = nearest(given, names) if isinstance(given, str) else ""
    return UnknownNameError(f"unknown {kind} {given!r};{hint} Known: {', '.join(names)}")


def require(module: str, extra: str, what: str) -> ModuleType:
    """Import and return an optional `module`.

    Args:
        module: Dotted name of the module to import.
        extra: The extra of this package that installs it.
        what: What needs it, for the message: ``"the trainer"``.

    Raises:
        MissingExtraError: If the module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name.split(".")[0]):
            raise
        raise MissingExtraError(
            f"{what} needs the package {error.name!r}, which is not installed: pip install 'spatialenv[{extra}]'"
        ) from error
