"""Clients that ask until a time is over, and check every answer."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.serve import strangers
from benchmarks.serve.questions import REWARDS, Question
from spatialenv.serving import ScoreClient
from spatialenv.serving.client import scene_record

BATCHES = (1, 4, 8, 16, 32)
WRONG = 0.10
SLOW = 0.01
GIVEN_UP = 0.02
"""Shares of the requests that are wrong or oversized, dripped, and given up or half closed."""


@dataclass
class Tally:
    """What a client sent, and what came back.

    Attributes:
        requests: Requests by kind.
        sent: Items sent.
        answered: Items answered.
        wrong: Items whose answer is not what this process finds.
        unexpected: What else came back that should not have.
        seconds: Times of good requests that found a place at once.
        seconds_with_waits: Times of the others: they were sent away, waited as told, and came again.
    """

    requests: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    answered: int = 0
    wrong: int = 0
    unexpected: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    seconds_with_waits: list[float] = field(default_factory=list)


class LoadClient(threading.Thread):
    """Asks until it is told to stop.

    Args:
        url: Where the server is.
        questions: What to ask.
        seed: Of its choices.

    Attributes:
        tally: What it sent and got.
    """

    def __init__(self, url: str, questions: Sequence[Question], seed: int) -> None:
        super().__init__(name=f"client {seed}")
        self.tally = Tally()
        self._url = url
        self._questions = questions
        self._rng = random.Random(seed)
        self._is_over = threading.Event()
        self._clients = [ScoreClient(url, reward=reward, retries=60) for reward in REWARDS]

    def stop(self) -> None:
        """Finish the request in hand and ask no more."""
        self._is_over.set()

    def run(self) -> None:
        """Ask."""
        try:
            while not self._is_over.is_set():
                self._ask_something()
        except Exception as error:  # a thread's error would otherwise be printed and forgotten
            self.tally.unexpected.append(f"{type(error).__name__}: {error}")
        finally:
            for client in self._clients:
                client.close()

    def _ask_something(self) -> None:
        chance = self._rng.random()
        if chance < WRONG:
            self._ask_wrongly()
        elif chance < WRONG + SLOW:
            self._ask_slowly()
        elif chance < WRONG + SLOW + GIVEN_UP:
            self._give_up()
        else:
            self._ask_well()

    def _ask_well(self) -> None:
        number = self._rng.randrange(len(REWARDS))
        questions = self._choose(self._rng.choice(BATCHES))
        self.tally.sent += len(questions)
        client = self._clients[number]
        retried, begun = client.retried, time.perf_counter()
        found = client.score_batch([(question.scene, question.text) for question in questions])
        taken = time.perf_counter() - begun
        (self.tally.seconds if client.retried == retried else self.tally.seconds_with_waits).append(taken)
        self.tally.requests["good"] += 1
        self.tally.answered += len(found)
        self.tally.wrong += sum(
            not question.is_right(number, item) for question, item in zip(questions, found, strict=True)
        )

    def _ask_wrongly(self) -> None:
        make = self._rng.choice(list(strangers.REFUSED))
        status, body = strangers.ask(self._url, make(self._rng))
        self.tally.requests["refused"] += 1
        if status != strangers.REFUSED[make] or not _is_error(body):
            self.tally.unexpected.append(f"{make.__name__} got {status}: {body[:200]!r}")

    def _ask_slowly(self) -> None:
        questions = self._choose(4)
        self.tally.sent += len(questions)
        status, body = strangers.ask(self._url, self._request(questions), pieces=5, pause=0.2)
        self.tally.requests["slow"] += 1
        if status != 200:
            self.tally.unexpected.append(f"a slow request got {status}: {body[:200]!r}")
            return
        items = json.loads(body)["items"]
        self.tally.answered += len(items)
        self.tally.wrong += sum(
            item["score"] != question.expected[0].value for question, item in zip(questions, items, strict=True)
        )

    def _give_up(self) -> None:
        request, share = self._request(self._choose(4)), self._rng.choice((0.0, 0.3, 0.9, 1.0))
        if self._rng.random() < 0.5:
            strangers.half_close(self._url, request[: int(len(request) * share)], seconds=0.3)
            self.tally.requests["half closed"] += 1
        else:
            strangers.give_up(self._url, request, share)
            self.tally.requests["given up"] += 1

    def _choose(self, count: int) -> list[Question]:
        return self._rng.choices(self._questions, k=count)

    def _request(self, questions: Sequence[Question]) -> bytes:
        items = [{"scene": scene_record(question.scene), "text": question.text} for question in questions]
        return strangers.post(json.dumps({"items": items}).encode())


def _is_error(body: bytes) -> bool:
    """Whether a body is an error in the server's form."""
    try:
        error: Any = json.loads(body)["error"]
        return bool(error["code"] and error["message"])
    except (ValueError, KeyError, TypeError):
        return False
