"""Load on `spatialenv serve`: ``python -m benchmarks.serve [--seconds 60] [--clients 8] [--json FILE]``.

Starts the real command on a free loopback port. Clients send it batches of mixed sizes and rewards, whose every answer
is compared with the score of this process; one request in ten is malformed or oversized, some are slow, some are given
up half way. Exits with 1 when an answer is lost or wrong, a status is not what it should be, or memory grows.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.serve.clients import LoadClient
from benchmarks.serve.questions import REWARDS, Question, make_questions
from benchmarks.serve.server import ServerProcess
from benchmarks.speed.__main__ import describe_machine
from spatialenv.serving import ScoreClient

WARM_SCENES = 1500
"""Scenes that each worker sees first: what it keeps of scenes, it keeps of the latest thousand."""

GROWTH = 1.03
"""What the memory may be at the end, as a multiple of what it is after a tenth of the time."""

MAX_BYTES = 2 * 2**20
WAIT_SECONDS = 120.0


def main(arguments: list[str] | None = None) -> int:
    """Put load on a server, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description="Load on spatialenv serve.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=8, help="clients at a time (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="the server's workers (default: %(default)s)")
    parser.add_argument("--queue", type=int, default=4, help="requests that may wait there (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    given = parser.parse_args(arguments)
    figures = run(given.seconds, given.clients, given.workers, given.queue)
    print(json.dumps(figures, indent=2))
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if figures["holds"] else 1


def run(
    seconds: float, clients: int, workers: int = 1, queue: int = 4, warm_scenes: int = WARM_SCENES
) -> dict[str, Any]:
    """Return what came of a load.

    Args:
        seconds: How long.
        clients: Clients at a time.
        workers: The server's workers.
        queue: Requests that may wait; fewer than there are clients, so that some are sent away and come again.
        warm_scenes: Scenes that each worker sees before memory counts.
    """
    questions = make_questions(64)
    server = ServerProcess("--workers", str(workers), "--queue", str(queue), "--max-bytes", str(MAX_BYTES))
    try:
        at_start = server.resident()
        _warm_up(server.url, questions, warm_scenes * workers)
        threads = [LoadClient(server.url, questions, seed) for seed in range(clients)]
        memory = _watch(server, threads, seconds)
        with ScoreClient(server.url) as client:
            health = client.health()
    finally:
        code = server.end()
    return _figures(threads, {"start": at_start, **memory}, health, seconds, code)


def _warm_up(url: str, questions: Sequence[Question], scenes: int) -> None:
    """Have every reward score, and so many scenes, that all that is kept of them is there."""
    sent = 0
    while sent < scenes:
        for reward in REWARDS:
            with ScoreClient(url, reward=reward, max_items=64) as client:
                client.score_batch([(question.scene, question.text) for question in questions])
                sent += len({id(question.scene) for question in questions})


def _watch(server: ServerProcess, threads: Sequence[LoadClient], seconds: float) -> dict[str, float]:
    """Let the clients ask, and return the memory on the way."""
    memory = {"after warm-up": server.resident()}
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        for name, share in (("after a tenth", 0.1), ("middle", 0.5), ("end", 1.0)):
            time.sleep(max(0.0, begun + share * seconds - time.monotonic()))
            memory[name] = server.resident()
    finally:
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(WAIT_SECONDS)
    return memory


def _figures(
    threads: Sequence[LoadClient], memory: dict[str, float], health: dict[str, Any], seconds: float, code: int
) -> dict[str, Any]:
    tallies = [thread.tally for thread in threads]
    requests = sum((tally.requests for tally in tallies), Counter[str]())
    at_once = [taken for tally in tallies for taken in tally.seconds]
    with_waits = [taken for tally in tallies for taken in tally.seconds_with_waits]
    sent, answered = sum(tally.sent for tally in tallies), sum(tally.answered for tally in tallies)
    wrong = sum(tally.wrong for tally in tallies)
    unexpected = [line for tally in tallies for line in tally.unexpected]
    unexpected += [f"{thread.name} did not end" for thread in threads if thread.is_alive()]
    is_flat = memory["end"] <= GROWTH * memory["after a tenth"]
    return {
        "holds": sent == answered and wrong == 0 and not unexpected and is_flat and code == 0,
        "seconds": seconds,
        "clients": len(threads),
        "requests": dict(requests),
        "requests_per_second": sum(requests.values()) / seconds,
        "items": {"sent": sent, "answered": answered, "wrong": wrong, "per_second": answered / seconds},
        "milliseconds": {"at_once": _times(at_once), "all": _times(at_once + with_waits)},
        "answers": health["answers"],
        "sent_away": health["answers"].get("503", 0),
        "came_again": len(with_waits),
        "worker_restarts": health["restarts"],
        "memory_mib": {name: round(value, 1) for name, value in memory.items()},
        "memory_is_flat": is_flat,
        "exit_code": code,
        "unexpected": unexpected[:20],
        "machine": describe_machine(),
    }


def _times(seconds: Sequence[float]) -> dict[str, float | int | None]:
    shares = (
        {f"p{share}": round(1000 * float(np.percentile(seconds, share)), 1) for share in (50, 90, 99)}
        if seconds
        else {}
    )
    return {"requests": len(seconds), **shares}


if __name__ == "__main__":
    sys.exit(main())
