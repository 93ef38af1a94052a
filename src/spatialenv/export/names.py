"""Names and texts that any file may hold: ids come from files and models, so anything may be in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 64
"""Most characters of a name."""

_NOT_WORD = re.compile(r"[^A-Za-z0-9_]+")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


def unique_names(texts: Iterable[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Return a name for each text: letters, digits and underscores of ASCII, not a digit first, at most `LONGEST`.

    Names differ in more than the case of their letters, so that they can be those of files too.

    Args:
        texts: Anything.
        taken: Names that are used already.

    Example:
        >>> unique_names(["sofa_1", "Sofa 1", "../../etc", "café", "椅子", "2nd"])
        ('sofa_1', 'Sofa_1_2', '_etc', 'cafe', 'object', '_2nd')
    """
    used = {name.lower() for name in taken}
    names = []
    for text in texts:
        plain = unicodedata.normalize("NFKD", text[:LONGEST]).encode("ascii", "ignore").decode("ascii")
        stem = _NOT_WORD.sub("_", plain) if plain.strip() else "object"
        stem = (f"_{stem}" if stem[0].isdigit() else stem)[:LONGEST]
        name, count = stem, 1
        while name.lower() in used:
            count += 1
            name = f"{stem[: LONGEST - 1 - len(str(count))]}_{count}"
        used.add(name.lower())
        names.append(name)
    return tuple(names)


def printable(text: str) -> str:
    """Return a text with U+FFFD in place of what XML cannot hold: control characters and halves of pairs.

    Example:
        >>> printable("a lamp")
        'a lamp'
    """
    return _UNPRINTABLE.sub("\ufffd", text)
