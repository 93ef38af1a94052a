"""What a renderer lacks, and the line for the shell that installs it."""

from __future__ import annotations

import re
import sys

_LINE = re.compile(
    r"(?P<line>(?:sudo )?(?:apt-get|apt|dnf|pip|python -m pip|spatialenv blender) install\b[^;(`\n]*)", re.ASCII
)

_PHYSICS = "spatialenv[physics]"


def split_install(message: str, python: tuple[int, int] = sys.version_info[:2]) -> tuple[str, str]:
    """Divide an error message into what is wrong and what would mend it.

    Args:
        message: As the package's errors are worded: what is missing, and a command that installs it.
        python: The version of Python that is to have it: PyBullet has wheels for none after 3.11.

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
    reason, line = head[:-2] if head.endswith(": ") else message, found[-1]["line"].strip(" .,")
    if _PHYSICS in line and python >= (3, 12):
        reason = f"{reason}; it has no wheels for Python 3.12 and later"
        line = f"python3.11 -m pip install '{_PHYSICS}'"
    return reason, line
