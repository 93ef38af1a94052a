"""What is wrong with a layout, by how much, and the move that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ViolationKind = Literal["missing", "collision", "out_of_room", "unsupported", "relation"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong.

    Attributes:
        kind: ``missing``, ``collision``, ``out_of_room``, ``unsupported`` or ``relation``.
        objects: Ids; the first is the one that `move` moves.
        amount: How much, in `unit`.
        unit: ``"m3"``, ``"m"`` or ``""``.
        move: Signed ``(dx, dy, dz)`` in metres by which moving the first object mends it, or None
            when no move does.
        text: One short clause for people and for the model, without the move:
            ``"sofa_1 overlaps desk_1 by 0.32 m3"``.
    """

    kind: ViolationKind
    objects: tuple[str, ...]
    amount: float
    unit: str
    move: tuple[float, float, float] | None = None
    text: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict."""
        return {
            "kind": self.kind,
            "objects": list(self.objects),
            "amount": self.amount,
            "unit": self.unit,
            "move": None if self.move is None else list(self.move),
            "text": self.text,
        }
