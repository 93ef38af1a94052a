"""The executor that settings describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, require
from spatialenv.tasks import TaskSpec
from spatialenv.trainers.executors.base import Executor
from spatialenv.trainers.executors.serial import SerialExecutor

if TYPE_CHECKING:
    from spatialenv.trainers.settings import ExecutorSettings


def make_executor(
    settings: ExecutorSettings,
    env: Mapping[str, Any] | Callable[[], RoomLayoutEnv],
    tasks: TaskSpec | None = None,
) -> Executor:
    """Return the executor that the settings describe; its workers start with the first batch.

    Args:
        settings: Which, how many workers, where.
        env: Keyword arguments of `RoomLayoutEnv` without ``tasks``, or a function that makes one. A function must
            be one that other processes can import, unless the kind is ``"serial"``.
        tasks: Where scenes come from: drawn in this process, whatever the kind, so that a curriculum learns here;
            None takes those of the environment.

    Raises:
        InputError: If a setting or argument is not allowed, or the environment cannot be sent to workers.
        MissingExtraError: If the kind is ``"ray"`` and Ray is not installed.

    Example:
        >>> from spatialenv.trainers.settings import ExecutorSettings
        >>> executor = make_executor(ExecutorSettings(), {"size": (32, 32), "views": ("top",)}, "easy")
        >>> [seat] = executor.reset([0])
        >>> executor.step([seat], ["I would rather not."]).wait()["draw"] >= 0
        True
        >>> seat.episode().turns[0].score
        0.0
        >>> executor.close()
    """
    check_executor(settings)
    if settings.kind == "serial":
        return SerialExecutor(env, tasks)
    if settings.kind == "processes":
        from spatialenv.trainers.executors.processes import ProcessExecutor

        return ProcessExecutor(env, tasks, settings.workers)
    from spatialenv.trainers.executors.ray_actors import RayExecutor

    return RayExecutor(env, tasks, settings.workers, settings.address)


def check_executor(settings: ExecutorSettings) -> None:
    """See whether there can be such an executor, without starting one.

    Raises:
        InputError: If its settings contradict each other.
        MissingExtraError: If the kind is ``"ray"`` and Ray is not installed.
    """
    if settings.address is not None and settings.kind != "ray":
        raise InputError(
            f"the executor {settings.kind!r} takes no address, but {settings.address!r} was given; use kind 'ray'"
        )
    if settings.kind == "serial" and settings.workers not in (None, 1):
        raise InputError(
            f"the executor 'serial' has no workers, but {settings.workers} were asked for; use 'processes'"
        )
    if settings.kind == "ray":
        require("ray", "ray", "the executor 'ray'")
