"""Checkpoints that are whole or not there, and that hold what a step depends on beside the weights.

transformers writes a checkpoint in its place, file by file: a process killed meanwhile leaves half of one, and the
next start takes it for the latest. Here it is written to a folder beside and moved when it is complete.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from transformers.trainer_utils import rotate_checkpoints

from spatialenv.errors import InputError
from spatialenv.formats.atomic import replace_folder, write_atomically

WRITING = ".writing"
"""Folder, beside the checkpoints, that one is written to."""

_LAST_WRITTEN = "trainer_state.json"


@runtime_checkable
class Memory(Protocol):
    """Something that learns during training, as a `CurriculumTasks` does."""

    def state(self) -> dict[str, Any]:
        """Return where it stands, in JSON types."""
        ...

    def restore(self, state: Any) -> None:
        """Go on from a `state`."""
        ...


def last_checkpoint(folder: str | Path) -> Path | None:
    """Return the whole checkpoint of most steps in a trainer's folder, or None.

    Folders named like checkpoints that lack what is written last are passed over.

    Args:
        folder: The trainer's ``output_dir``; it need not exist.
    """
    found = []
    for path in Path(folder).glob("checkpoint-*"):
        step = path.name.removeprefix("checkpoint-")
        if step.isdigit() and (path / _LAST_WRITTEN).is_file():
            found.append((int(step), path))
    return max(found)[1] if found else None


def step_of(checkpoint: Path | None) -> int:
    """Return the number of steps that a checkpoint was made after; 0 for None."""
    return 0 if checkpoint is None else int(checkpoint.name.removeprefix("checkpoint-"))


class ExactCheckpoints:
    """Mixin of transformers' `Trainer`, named before it: exact, whole checkpoints.

    What `remember` was given is saved with each checkpoint and restored from it. On several processes each saves
    and restores its own.
    """

    # what the Trainer gives
    args: Any
    accelerator: Any
    state: Any

    _memories: dict[str, Memory]
    _is_saving = False

    def remember(self, name: str, memory: Any) -> None:
        """Save and restore the state of `memory`, if it has one.

        Args:
            name: Its name in checkpoints; the same each time.
            memory: Anything; what has no ``state()`` and ``restore(state)`` is left out.
        """
        if isinstance(memory, Memory):
            self._held()[name] = memory

    def train(
        self,
        resume_from_checkpoint: str | Path | bool | None = None,
        trial: Any = None,
        ignore_keys_for_eval: list[str] | None = None,
    ) -> Any:
        """Train as the Trainer does; True goes on from the last whole checkpoint, if there is one."""
        found = resume_from_checkpoint or None
        if found is True:
            found = last_checkpoint(self.args.output_dir)
        if found is not None:
            self._restore(Path(found))
        start = None if found is None else str(found)
        return super().train(start, trial, ignore_keys_for_eval)  # type: ignore[misc]

    def _get_output_dir(self, trial: Any) -> str:
        folder: str = super()._get_output_dir(trial=trial)  # type: ignore[misc]
        return str(Path(folder) / WRITING) if self._is_saving else folder

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = Path(self._get_output_dir(trial))
        temporary = folder / WRITING
        if self.args.should_save:
            shutil.rmtree(temporary, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self._is_saving = True
        try:
            super()._save_checkpoint(model, trial)  # type: ignore[misc]
        finally:
            self._is_saving = False
        written = temporary / f"checkpoint-{self.state.global_step}"
        states = {name: memory.state() for name, memory in self._held().items()}
        if states:
            write_atomically(written / self._memory_file(), json.dumps(states))
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            replace_folder(written, folder / written.name)
            shutil.rmtree(temporary, ignore_errors=True)
            # by step, not by time: the folder that was just moved is the newest whatever the clock says
            rotate_checkpoints(str(folder), self.args.save_total_limit, self.state.best_model_checkpoint)
        self.accelerator.wait_for_everyone()

    def _restore(self, checkpoint: Path) -> None:
        held = self._held()
        if not held:
            return
        path = checkpoint / self._memory_file()
        states = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        for name, memory in held.items():
            if name not in states:
                raise InputError(
                    f"the checkpoint '{checkpoint}' holds no state of {name!r}, which learns during training; "
                    "go on with the settings that it was made with, or start anew"
                )
            memory.restore(states[name])

    def _memory_file(self) -> str:
        return f"memory_{self.accelerator.process_index}.json"

    def _held(self) -> dict[str, Memory]:
        if "_memories" not in self.__dict__:
            self._memories = {}
        return self._memories
