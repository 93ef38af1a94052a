"""Episodes played by actors of a Ray cluster, on this machine or others."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from spatialenv import __version__
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError, require
from spatialenv.tasks import TaskSpec
from spatialenv.trainers.executors.lanes import ONE_THREAD, TIME_LIMIT, Connection, PooledExecutor
from spatialenv.trainers.executors.packing import pack, pack_call, pack_recipe, unpack, unpack_call
from spatialenv.trainers.executors.player import Job, Player
from spatialenv.workers.process import WorkerHungError, WorkerLostError, WorkerStartError

LOCAL = "local"
"""The address that starts a cluster of this machine alone."""

START_LIMIT = 120.0
"""Seconds that a cluster has to give a worker."""

_GRACE = 5.0
_STORE = 256 << 20  # bytes; a local cluster passes one picture at a time


class RayExecutor(PooledExecutor):
    """Plays in actors of a Ray cluster; scores and pictures equal `SerialExecutor`'s.

    An actor is one worker with one CPU. It needs this version of the package, and what the environment imports, on
    its machine. A lost one is replaced, and its episodes are played again from their texts. `close` ends the actors,
    and what was started for them: a local cluster, or the connection to one.

    Args:
        env: Keyword arguments of `RoomLayoutEnv` without ``tasks``, or a function that makes one and can be sent.
        tasks: Where scenes come from; None takes those of the environment.
        workers: How many actors; None for one a core of *this* machine.
        address: ``"local"`` starts a cluster on this machine; ``"auto"``, ``"host:port"`` and ``"ray://host:port"``
            connect to one. None is the variable RAY_ADDRESS, else ``"local"``. Where the process is connected
            already, that cluster is used and None or its address may be given.
        limit: Seconds that a worker has for a job.

    Raises:
        InputError: If an argument is not allowed, or the environment cannot be sent to workers.
        MissingExtraError: If Ray is not installed.
        BackendError: If there is no cluster at the address.
    """

    def __init__(
        self,
        env: Mapping[str, Any] | Callable[[], RoomLayoutEnv],
        tasks: TaskSpec | None = None,
        workers: int | None = None,
        address: str | None = None,
        *,
        limit: float = TIME_LIMIT,
    ) -> None:
        require("ray", "ray", "the executor 'ray'")
        from ray import cloudpickle

        super().__init__(env, tasks, workers)
        self._recipe = pack_recipe(self.make, cloudpickle.dumps)
        self._limit = limit
        self._address = address or os.environ.get("RAY_ADDRESS") or LOCAL
        self._join()

    def _join(self) -> None:
        if not self._afterwards:
            _CLUSTER.join(self._address, self.workers)
            self._afterwards.append(_CLUSTER.leave)

    def _connector(self) -> Callable[[], Connection]:
        self._join()
        return partial(_RayConnection, self._recipe, self._limit)


class _Cluster:
    """The connection of this process to Ray, shared by its executors: the last to leave ends what the first began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._is_ours = False
        self._folder: str | None = None

    def join(self, address: str, workers: int) -> None:
        import ray

        with self._lock:
            if not ray.is_initialized():
                self._users = 0  # another has ended it
                self._begin(address, workers)
                self._is_ours = True
            self._users += 1

    def leave(self) -> None:
        import ray

        with self._lock:
            self._users -= 1
            if self._users == 0 and self._is_ours:
                ray.shutdown()
                self._is_ours = False
                self._clean()

    def _begin(self, address: str, workers: int) -> None:
        import ray

        options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": "ERROR"}
        if address == LOCAL:
            self._folder = tempfile.mkdtemp(prefix="spatialenv-ray-")
            options |= {
                "num_cpus": workers,
                "include_dashboard": False,
                "object_store_memory": _STORE,
                "_temp_dir": self._folder,
            }
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            _knock(address)
            ray.init(**options)
        except (OSError, RuntimeError, ValueError) as error:
            self._clean()
            told = " ".join(str(error).split())[:500]
            raise BackendError(
                f"no Ray cluster could be used at {address!r} ({type(error).__name__}: {told}); "
                "start one with `ray start --head`, or give the address 'local'"
            ) from error

    def _clean(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _knock(address: str) -> None:
    """See whether anything listens at an address with a port: Ray itself would try for minutes.

    Raises:
        OSError: If nothing does.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_GRACE).close()


_CLUSTER = _Cluster()


class _RayPlayer:
    """The actor."""

    def __init__(self) -> None:
        self._player: Player | None = None

    def version(self) -> tuple[str, int]:
        return __version__, os.getpid()

    def make(self, paths: list[str], recipe: bytes) -> list[bytes]:
        return _flat(pack_call(lambda: self._make(paths, recipe)))

    def play(self, job: list[bytes]) -> list[bytes]:
        player = self._player
        if player is None:
            raise InputError("make() was not called")
        return _flat(pack_call(lambda: player.play(unpack(job))))

    def close(self) -> None:
        if self._player is not None:
            self._player.close()

    def _make(self, paths: list[str], recipe: bytes) -> None:
        from ray import cloudpickle

        # those of the training process last: on another machine they may be none, or others'
        sys.path.extend(path for path in paths if path not in sys.path)
        self._player = Player(cloudpickle.loads(recipe))


class _RayConnection:
    """An actor that has been asked for."""

    def __init__(self, recipe: bytes, limit: float) -> None:
        import ray

        variables = {"env_vars": ONE_THREAD}
        actor = ray.remote(_RayPlayer).options(
            num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD", runtime_env=variables
        )
        self._actor: Any = actor.remote()
        self._recipe: bytes | None = recipe
        self._limit = limit
        self._is_sound = True
        self.pid: int | None = None

    def play(self, job: Job) -> Any:
        if self._recipe is not None:
            self._start(self._recipe)
            self._recipe = None
        limit = self._limit * max(1, len(job.texts))  # a fresh worker plays all of them
        return unpack_call(self._get(self._actor.play.remote(_flat(pack(job))), limit))

    def kill(self) -> None:
        import ray

        self._is_sound = False
        if ray.is_initialized():
            ray.kill(self._actor)

    def close(self) -> None:
        if self._is_sound:
            with contextlib.suppress(WorkerLostError):
                self._get(self._actor.close.remote(), _GRACE)
        self.kill()

    def forget(self) -> None:
        _FORGOTTEN.append(self._actor)  # freeing it would speak to the cluster

    def _start(self, recipe: bytes) -> None:
        import ray

        try:
            version, self.pid = self._get(self._actor.version.remote(), START_LIMIT)
        except WorkerHungError as error:
            raise WorkerStartError(
                f"the Ray cluster gave no worker for {START_LIMIT:g} s: of {ray.cluster_resources().get('CPU', 0):g} "
                f"CPUs {ray.available_resources().get('CPU', 0):g} are free; ask for fewer workers",
                "",
            ) from error
        if version != __version__:
            raise WorkerStartError(
                f"a worker of the Ray cluster has spatialenv {version}, this process {__version__}; install the same",
                "",
            )
        unpack_call(self._get(self._actor.make.remote(sys.path, recipe), self._limit))

    def _get(self, reference: Any, limit: float) -> Any:
        import ray
        from ray import exceptions

        try:
            return ray.get(reference, timeout=limit)
        except exceptions.GetTimeoutError as error:
            self._is_sound = False
            raise WorkerHungError(f"the actor that plays took more than {limit:g} s") from error
        except exceptions.RayActorError as error:
            self._is_sound = False
            told = " ".join(str(error).split())
            if error.actor_init_failed:
                raise WorkerStartError(f"the actor that plays cannot start: {told}", told) from error
            raise WorkerLostError(f"the actor that plays has ended: {told[:500]}") from error
        except (exceptions.ObjectLostError, exceptions.OutOfMemoryError, exceptions.WorkerCrashedError) as error:
            self._is_sound = False
            raise WorkerLostError(f"the actor that plays was lost ({type(error).__name__})") from error


_FORGOTTEN: list[Any] = []


def _flat(parts: Any) -> list[bytes]:
    """Return parts as bytes of their own: what Ray gives back of arrays dies with its store."""
    return [bytes(part) for part in parts]
