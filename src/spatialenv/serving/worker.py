"""A process that scores: it reads requests from its standard input and writes answers to its standard output.

It ends when its input does, so that it never outlives its server.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.errors import BackendError
from spatialenv.serving import frame
from spatialenv.serving.refusal import Answer, Job, RefusalError
from spatialenv.serving.scorer import Scorer
from spatialenv.serving.settings import ServerSettings


def main() -> None:
    """Serve the process that started this one."""
    requests = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whatever prints must not write between the answers
        run(requests, answers)


def run(requests: BinaryIO, answers: BinaryIO, make_scorer: Callable[[ServerSettings], Scorer] = Scorer) -> None:
    """Answer requests until there are no more.

    Args:
        requests: Frames: first the settings, then requests.
        answers: Where frames are written: first that it is ready, then answers in the order of the requests.
        make_scorer: Makes what answers.
    """
    first = frame.read(requests)
    if first is None:
        return
    scorer = make_scorer(ServerSettings(**first[0]))
    warm_up(scorer)
    _write(answers, {"ready": True})
    while (found := frame.read(requests)) is not None:
        record, body = found
        answer = _answer(scorer, Job(record["form"], record["options"], body), record["seconds"])
        record = {"status": answer.status, "items": answer.items, "failures": answer.failures}
        _write(answers, record, answer.body)


def warm_up(scorer: Scorer) -> None:
    """Load what the default reward needs: its kernels take a second, which no request is to wait for."""
    cubes = tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2))
    placed = Scene(Room.rectangle(6, 4, 3), cubes).place({"cube_1": (1, 1, 0.5), "cube_2": (3, 1, 0.5)})
    try:
        scorer.offer.reward(None)(Transition.of(placed))
    except BackendError as error:
        print(f"spatialenv serve: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201


def _answer(scorer: Scorer, job: Job, seconds: float) -> Answer:
    try:
        return scorer.answer(job, seconds)
    except Exception:  # a defect, ours or of somebody's reward, costs one request and not the worker
        traceback.print_exc()
        refusal = RefusalError(
            500, "internal", "the server failed; its log says where: report it if the reward is not yours"
        )
        return Answer(500, refusal.body())


def _write(answers: BinaryIO, record: dict[str, Any], body: bytes = b"") -> None:
    answers.write(frame.pack(record, body))
    answers.flush()


if __name__ == "__main__":
    main()
