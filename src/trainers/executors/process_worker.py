"""The program of a worker process: ``python -m spatialenv.trainers.executors.process_worker SOCKET``."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from typing import Any

from spatialenv.trainers.executors.packing import Part, pack_call, unpack
from spatialenv.trainers.executors.player import Player
from spatialenv.workers import inside


class _Program:
    """What a worker answers: first a request to make its player, then jobs."""

    def __init__(self) -> None:
        self.player: Player | None = None

    def answer(self, header: dict[str, Any], blobs: Sequence[Part]) -> tuple[dict[str, Any], Sequence[Part]]:
        return {}, pack_call(lambda: self._do(header["ask"], unpack(blobs)))

    def _do(self, ask: str, given: Any) -> Any:
        if ask == "make":
            paths, recipe = given
            sys.path[:] = paths  # so that what the training process can import can be imported here
            self.player = Player(pickle.loads(recipe))
            return None
        assert self.player is not None
        return self.player.play(given)


def main() -> None:
    """Answer until the training process hangs up."""
    connection = inside.connect()
    program = _Program()
    try:
        inside.serve(connection, program.answer)
    finally:
        if program.player is not None:
            program.player.close()


if __name__ == "__main__":
    main()
