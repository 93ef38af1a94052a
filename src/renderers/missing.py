"""What a renderer lacks, and the line for the shell that installs it."""

from __future__ import annotations

import re

_LINE = re.compile(
    r"(?P<line>(?:sudo )?(?:apt-get|apt|dnf|pip|python -m pip|spatialenv blender) install\b[^;(`\n]*)", re.ASCII
)


def split_install(message: str) -> tuple[str, str]:
    """Divide an error message into what is wrong and what would mend it.

    Args:
        message: As the package's errors are worded: what is missing, and a command that installs it.

    Returns:
        The message without its command where that stands behind a colon, else as it is; and the command, the last of
        several, empty where there is none.

    Example:
        >>> split_install("'gl' needs the package 'moderngl', which is not installed: pip install 'spatialenv[gl]'")
        ("'gl' needs the package 'moderngl', which is not installed", "pip install 'spatialenv[gl]'")
        >>> split_install("no light")
        ('no light', '')
    """
    found = list(_LINE.finditer(message))
    if not found:
        return message, ""
    head = message[: found[-1].start()]
    return head[:-2] if head.endswith(": ") else message, found[-1]["line"].strip(" .,")
