"""A run on several processes: the first one leads and writes, all train.

Start them with ``torchrun`` or ``accelerate launch``; both set ``WORLD_SIZE``, ``RANK`` and ``LOCAL_RANK``. The leader
plays the stages of a run in order and calls the others in for those that train; in between they wait. Batch sizes in
settings are those of all processes together, so that a run means the same on any number of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from spatialenv.errors import InputError, SpatialEnvError

PATIENCE = timedelta(days=7)
"""How long the others wait for the leader, which may be evaluating for hours."""


def process_count() -> int:
    """Return the number of processes of this run, 1 where no launcher has said otherwise.

    Raises:
        InputError: If ``WORLD_SIZE`` is no number of processes.
    """
    text = os.environ.get("WORLD_SIZE", "1")
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"WORLD_SIZE is {text!r}; launchers set it to the number of processes, 1 or more")
    return int(text)


def is_leader() -> bool:
    """Return whether this is the process that writes the run folder and tells how it goes."""
    return process_count() == 1 or os.environ.get("RANK", "0") == "0"


def rows_a_process(name: str, rows: int) -> int:
    """Return how many of `rows` each process takes.

    Args:
        name: The setting, for the message.
        rows: What it says, for all processes together.

    Raises:
        InputError: If they cannot be shared out evenly.

    Example:
        >>> rows_a_process("rl.batch_size", 64)  # one process here
        64
    """
    count = process_count()
    if rows % count:
        raise InputError(
            f"`{name}` is {rows}, which {count} processes cannot share evenly; it counts the rows of all processes "
            f"together: give a multiple of {count}"
        )
    return rows // count


def holds_parts() -> bool:
    """Return whether the launcher asks for weights that are shared out: ZeRO-3 or FSDP, as accelerate says it."""
    zero = os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true"
    shares = zero and os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE") == "3"
    return process_count() > 1 and (shares or os.environ.get("ACCELERATE_USE_FSDP") == "true")


def check_sharding(algorithm: str, *, is_online: bool, warm_start_steps: int) -> None:
    """Refuse supervised learning on weights that are shared out: it saves the weights that a process holds.

    Args:
        algorithm: Name of the algorithm.
        is_online: Whether it is one of TRL's policy gradients.
        warm_start_steps: Steps of the warm start.

    Raises:
        InputError: If a stage would be supervised.
    """
    if not holds_parts() or (is_online and not warm_start_steps):
        return
    what = f"`warm_start.steps` is {warm_start_steps}" if is_online else f"`algorithm` is {algorithm!r}"
    raise InputError(
        f"{what}, but the weights are shared out among processes (ZeRO-3, FSDP), which supervised stages cannot save; "
        "run that stage with every process holding the model (the file multi_gpu, adapters), and go on from its folder"
    )


class Team:
    """The processes of a run.

    With several, torch's process group is made here, if it is not there yet, and a second one on gloo, over which the
    leader is waited for: a collective on GPUs would be given up after minutes.

    Example:
        >>> team = Team()
        >>> team.size, team.is_leader
        (1, True)
    """

    def __init__(self) -> None:
        self.size = process_count()
        self.rank = 0
        self._group: Any = None
        if self.size == 1:
            return
        import torch
        import torch.distributed as dist
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available())
        self.rank = dist.get_rank()
        self._group = dist.new_group(backend="gloo", timeout=PATIENCE)

    @property
    def is_leader(self) -> bool:
        """Whether this process writes the run folder."""
        return self.rank == 0

    def call(self, stage: str, **facts: Any) -> None:
        """Call the others in for a stage; the leader only.

        Args:
            stage: Its name.
            **facts: What they are told with it; anything that pickles.
        """
        self._broadcast({"stage": stage, **facts})

    def dismiss(self, error: BaseException | None = None) -> None:
        """Tell the others that there is nothing more to do, and why if something went wrong; the leader only."""
        told = None if error is None else f"{type(error).__name__}: {' '.join(str(error).split())}"
        self._broadcast({"stage": None, "error": told})

    def follow(self, stages: Mapping[str, Callable[[Mapping[str, Any]], None]]) -> None:
        """Take part in the stages that the leader calls, until it dismisses this process.

        Args:
            stages: What to do by the stage's name; each is given the facts of the call.

        Raises:
            SpatialEnvError: If the leader stopped because of an error.
        """
        while True:
            call = self._broadcast(None)
            if call["stage"] is not None:
                stages[call["stage"]](call)
            elif call["error"] is not None:
                raise SpatialEnvError(f"process {self.rank} stops because the leading one did: {call['error']}")
            else:
                return

    def leave(self) -> None:
        """End the process group; every process must come here."""
        if self.size > 1:
            from accelerate import PartialState

            PartialState().destroy_process_group()

    def _broadcast(self, value: Any) -> Any:
        if self.size == 1:
            return value
        import torch
        import torch.distributed as dist

        held = [value]
        dist.broadcast_object_list(held, src=0, group=self._group, device=torch.device("cpu"))
        return held[0]


def whole_weights(trainer: Any) -> dict[str, Any] | None:
    """Return the weights of a trainer's model where its processes hold parts of them, None where each holds all.

    Every process must come here.

    Args:
        trainer: A transformers `Trainer`.
    """
    kind = trainer.accelerator.distributed_type
    if kind in ("DEEPSPEED", "FSDP"):
        return dict(trainer.accelerator.get_state_dict(trainer.model_wrapped))
    return None
