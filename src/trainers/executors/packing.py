"""How jobs and what comes of them travel between processes: pickles, with arrays beside them rather than in them."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from spatialenv.errors import BackendError, InputError

Part = bytes | bytearray | memoryview


def pack(value: object) -> list[Part]:
    """Return a value as parts to send: its pickle, then the arrays that it holds.

    Example:
        >>> unpack(pack({"texts": ("a", "b")}))
        {'texts': ('a', 'b')}
    """
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=arrays.append)
    return [head, *(array.raw() for array in arrays)]


def unpack(parts: Sequence[Part]) -> Any:
    """Return the value of the parts; only for parts that a process of this run packed."""
    return pickle.loads(parts[0], buffers=parts[1:])


def pack_call(call: Callable[[], object]) -> list[Part]:
    """Return what a call gives, or the error that it raises, packed."""
    try:
        return pack((True, call()))
    except Exception as error:  # whatever it is, it is raised where the trainer is
        error.add_note("in a worker:\n" + "".join(traceback.format_exception(error)))
        try:
            packed = pack((False, error))
            unpack(packed)
        except Exception:  # an error of a type that cannot travel
            packed = pack((False, BackendError(f"{type(error).__name__}: {error}")))
        return packed


def unpack_call(parts: Sequence[Part]) -> Any:
    """Return what a packed call gave, or raise what it raised."""
    succeeded, value = unpack(parts)
    if succeeded:
        return value
    raise value


def pack_recipe(make: Callable[[], Any], dumps: Callable[[Any], bytes] = pickle.dumps) -> bytes:
    """Return what makes an environment, to be sent to a worker.

    Args:
        make: Makes an environment.
        dumps: How it is pickled.

    Raises:
        InputError: If it cannot be sent.
    """
    remedy = (
        "define it in a module that workers can import (no lambda, no function inside another, no script), "
        "give the env's keyword arguments as a mapping, or play in this process: kind 'serial'"
    )
    try:
        packed = dumps(make)
    except Exception as error:  # pickling runs the code of what it is given
        told = " ".join(str(error).split())
        raise InputError(
            f"the environment cannot be sent to workers ({type(error).__name__}: {told}); {remedy}"
        ) from error
    if dumps is pickle.dumps and b"__main__" in packed:
        raise InputError(f"the environment is made by the script that was started, which workers do not run; {remedy}")
    return packed
