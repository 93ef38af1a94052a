"""What was read out of a model's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spatialenv.core.layout import Layout

ISSUE_CODES = {
    "tags": "the text does not match <think>...</think><answer>...</answer>",
    "json": "the answer is not JSON",
    "not-a-list": "the answer is JSON but holds no list of objects",
    "entry": "an entry of the list is not an object with an id and x, y, z",
    "number": "a coordinate is missing, not a number, NaN or infinite",
    "missing-id": "an object of the scene has no entry",
    "unknown-id": "an entry names an object that the scene does not have",
    "duplicate-id": "an object has more than one entry; the first is used",
    "duplicate-key": "an entry states a field twice; the first is used",
    "yaw-and-z_angle": "an entry gives both yaw and z_angle; yaw is used",
    "too-long": "the text is longer than is read",
    "too-deep": "the JSON is nested deeper than is read",
    "too-many": "the list has more entries than are read",
    "unknown-op": "an operation is none of place, move, rotate, swap and submit",
    "op-fields": "an operation lacks something that it needs, or a number of it is not finite",
    "not-placed": "an operation changes an object that has no place yet",
    "yaw-fixed": "an operation turns an object where each keeps its yaw",
    "after-submit": "an operation stands after submit",
    "repaired-tags": "text around the tags, or a tag, was repaired",
    "repaired-fence": "a code fence was removed",
    "repaired-comma": "a trailing or missing comma was repaired",
    "repaired-brackets": "missing list brackets were added",
    "repaired-quotes": "quotes were repaired",
    "repaired-wrapper": "the list was found inside an object",
    "repaired-mapping": "a mapping by id was read as a list",
    "repaired-number": "a number in quotes, or written in a way that JSON does not allow, was read as a number",
    "repaired-id": "the id was read from a field of another name",
    "repaired-op": "an operation was read from another spelling or from its fields",
    "repaired-text": "words or characters that are not JSON were skipped",
}
"""Every code that an `Issue` may carry, and what it means."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Something wrong, or repaired, in an answer.

    Attributes:
        code: A key of `ISSUE_CODES`; codes that begin with ``repaired-`` cost nothing but format.
        message: One sentence for people and for the model.
        object_id: The object it is about, or None.
    """

    code: str
    message: str
    object_id: str | None = None

    @property
    def is_repair(self) -> bool:
        """Whether the parser mended it."""
        return self.code.startswith("repaired-")

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict."""
        return {"code": self.code, "message": self.message, "object_id": self.object_id}


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """What `parse_answer` read.

    Attributes:
        layout: Finite poses of known objects, in the scene's order; None when not one could be read.
        format_level: The published level of the text as written: 0 tags wrong; 0.1 JSON
            unreadable; 0.5 the number of objects differs; 1 otherwise (whatever the ids).
        issues: What was wrong or repaired.
        spans: Characters ``[start, end)`` of the text that placed each object.
        is_complete: Whether every id of the scene appears exactly once with finite numbers; of edits: whether
            all of them could be made and every object is then placed.
        is_submitted: Whether the answer ends the episode (`submit`, one of the edits).
    """

    layout: Layout | None
    format_level: float
    issues: tuple[Issue, ...] = ()
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    is_complete: bool = False
    is_submitted: bool = False
