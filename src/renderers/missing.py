"""What a renderer lacks, and the line for the shell that installs it."""

from __future__ import annotations

import re

_LINE = re.compile(
    r"(?P<line>(?:sudo )?(?:apt-get|apt|pip|python -m pip|spatialenv blender) install\b[^;`\n]*)", re.ASCII
)


def split_install(message: str) -> tuple[str, str]:
    """Divide an error message into what is wrong and what would mend it.

    Args:
        message: As the package's errors are worded: what is missing, and a command that installs it.

    Returns:
        The message without its command where that stands at the end behind a colon, else as it is; and the command,
        the last of several, empty where there is none.

    Example:
        >>> split_install("'gl' needs the package 'moderngl', which is not installed: pip install 'spatialenv[gl]'")
        ("'gl' needs the package 'moderngl', which is not installed", "pip install 'spatialenv[gl]'")
        >>> split_install("no light")
        ('no light', '')
    """
    lines = [found["line"].strip(" .,") for found in _LINE.finditer(message)]
    if not lines:
        return message, ""
    head, colon, tail = message.rpartition(": ")
    is_all = bool(colon) and tail.strip(" .`") == lines[-1]
    return head if is_all else message, lines[-1]
