"""What a server offers, and how much it takes on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from spatialenv.errors import InputError

TOKEN_VARIABLE = "SPATIALENV_SERVE_TOKEN"
"""Environment variable that holds the bearer token of a server and of its clients."""


def check_token(token: str) -> str:
    """Return a token without spaces around it.

    Raises:
        InputError: If it is empty, or a header cannot hold it; the message does not tell it.

    Example:
        >>> check_token(" s3cret ")
        's3cret'
    """
    token = token.strip()
    if not token:
        raise InputError(f"the token in {TOKEN_VARIABLE} is empty; set it to a secret, or unset it")
    if not all("!" <= character <= "~" for character in token):
        raise InputError(
            f"the token holds spaces, control characters or letters beyond ASCII; set {TOKEN_VARIABLE} to visible "
            "ASCII characters"
        )
    return token


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server offers, and how much it takes on.

    Attributes:
        rewards: What `make_reward` takes as text (a name, or the path of a YAML file) by the name that clients
            use. The first is the default. Empty: those of `spatialenv.serving.offer.open_rewards`, and no scene's
            `asset` is kept. Those chosen here see the names of meshes that clients send.
        workers: Processes that score.
        queue: Requests that may wait for a worker; one more is answered 503.
        seconds: Time limit of a request from its acceptance; then it is answered 504.
        body_seconds: Time within which the body of a request must have come; then it is answered 408.
        max_bytes: Largest body of a request.
        max_buffered: Bytes of all bodies held at a time; beyond them a request is answered 503.
        max_items: Most items of a request.
        max_objects: Most objects of a scene.

    Raises:
        InputError: If a number is not allowed.
    """

    rewards: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    queue: int = 64
    seconds: float = 30.0
    body_seconds: float = 10.0
    max_bytes: int = 8 * 2**20
    max_buffered: int = 128 * 2**20
    max_items: int = 1024
    max_objects: int = 500

    def __post_init__(self) -> None:
        for name in ("workers", "queue", "max_bytes", "max_buffered", "max_items", "max_objects"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"`{name}` is {value!r}; it must be a whole number of at least 1")
        for name in ("seconds", "body_seconds"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
                raise InputError(f"`{name}` is {value!r}; it must be a finite number above 0 seconds")
        if self.max_buffered < self.max_bytes:
            raise InputError(
                f"`max_buffered` is {self.max_buffered}; it must be at least `max_bytes`, {self.max_bytes}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict, from which ``ServerSettings(**...)`` makes the same again."""
        return asdict(self)
