"""A reward that a server computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from spatialenv.core.placed import FloatArray
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.formats.native import poses_to_json
from spatialenv.serving.client import RemoteScore, ScoreClient


class RemoteReward:
    """A reward that a server computes, for environments, adapters and compositions of this process.

    Range: that of the server's reward.
    Zero means: what it means there.
    Best means: what it means there.
    Cannot see: pictures and meshes, which are not sent; what the server's reward cannot.

    Args:
        client: Asks the server; made with ``include=["details"]``. What it asks for is the reward.

    Raises:
        InputError: If the client does not ask for details.
        ServerError: If the server cannot be reached.

    Example:
        >>> from spatialenv.serving import RemoteReward, ScoreClient
        >>> client = ScoreClient("http://127.0.0.1:8765", reward="physics", include=["details"])  # doctest: +SKIP
        >>> env = spatialenv.envs.RoomLayoutEnv(reward=RemoteReward(client))  # doctest: +SKIP
    """

    def __init__(self, client: ScoreClient) -> None:
        if "details" not in client.include:
            raise InputError("the client does not ask for details; make it with ScoreClient(url, include=['details'])")
        self._client = client
        self.name, self.version = client.reward()

    def __call__(self, transition: Transition) -> Score:
        """Return the score of one transition."""
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        """Return the score of each transition.

        Raises:
            BackendError: If there is no score for one of them.
        """
        found = self._client.post([(transition.placed.scene, _record(transition)) for transition in transitions])
        return [_score(transition, item) for transition, item in zip(transitions, found, strict=True)]


def _record(transition: Transition) -> dict[str, Any]:
    parsed = transition.parsed
    record: dict[str, Any] = {
        "layout": poses_to_json(transition.placed.layout),
        "answer": {
            "format_level": parsed.format_level,
            "is_complete": parsed.is_complete,
            "issues": [issue.to_dict() for issue in parsed.issues],
        },
        "turn": transition.turn,
    }
    if transition.previous is not None:
        record["previous"] = poses_to_json(transition.previous.layout)
    return record


def _score(transition: Transition, item: RemoteScore) -> Score:
    if item.failure is not None or item.score is None:
        raise item.failure or InputError("the server gave neither a score nor a failure")
    per_object: FloatArray | None = None
    if item.per_object is not None:
        values = [item.per_object[object_id] for object_id in transition.placed.scene.ids]
        per_object = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return Score(item.score, per_object, item.details or {}, item.version)
