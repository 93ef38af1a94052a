"""What a request is answered when it cannot be served, and the work that is handed to workers."""

from __future__ import annotations

import json
from typing import NamedTuple

MAX_MESSAGE = 600
"""Characters of a message; what was given may be as long as a request."""


class RefusalError(Exception):
    """A request that is not served.

    Attributes:
        status: HTTP status.
        code: Short name of the reason, for programs: ``"too-large"``.
        message: What was given, what is allowed, what to do.
        retry_after: Whole seconds after which to try again, or None.
    """

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message if len(message) <= MAX_MESSAGE else f"{message[: MAX_MESSAGE - 3]}..."
        self.retry_after = retry_after

    def body(self) -> bytes:
        """Return the JSON that says so."""
        error: dict[str, str | int] = {"code": self.code, "message": self.message}
        if self.retry_after is not None:
            error["retry_after"] = self.retry_after
        return json.dumps({"error": error}).encode()


class Job(NamedTuple):
    """A request on its way to a worker.

    Attributes:
        form: ``"score"`` or ``"openrlhf"``.
        options: What the query string says, by name.
        body: The request's body, not yet read as JSON.
    """

    form: str
    options: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """What a worker answers.

    Attributes:
        status: HTTP status.
        body: JSON.
        items: Items that were scored or failed.
        failures: How many of them failed.
    """

    status: int
    body: bytes
    items: int = 0
    failures: int = 0
