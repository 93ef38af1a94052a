"""What writes one format."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Protocol

from spatialenv.export.contents import Contents


class Exporter(Protocol):
    """Writes rooms in one format.

    Attributes:
        endings: Endings of its files in lower case, with their dot; the first is the usual one.
        has_strays: Whether it writes objects that are too far from the room to be drawn in pictures.
    """

    endings: ClassVar[tuple[str, ...]]
    has_strays: ClassVar[bool] = True

    def write(self, contents: Contents, path: Path) -> list[Path]:
        """Write a room.

        Args:
            contents: The room.
            path: The file; its folder exists, and its ending is one of `endings`.

        Returns:
            What was written: the file, then what belongs to it.

        Raises:
            InputError: If it cannot be written; then nothing of it is left behind.
            MissingExtraError: If a package is not installed that it needs.
        """
        ...
