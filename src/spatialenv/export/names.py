"""Names and texts that any file may hold: ids come from files and models, so anything may be in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable

LONGEST = 64
"""Most characters of a name."""

WORLD = "world"
"""What MuJoCo calls the body, and trimesh the node, that holds all others: nothing else may be called so."""

_NAME = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{LONGEST - 1}}}")
_NOT_WORD = re.compile(r"[^A-Za-z0-9_]+")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


def unique_names(texts: Iterable[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Return a name for each text: letters, digits and underscores of ASCII, not a digit first, at most `LONGEST`.

    Texts that are such names already keep them. Names differ in more than the case of their letters, so that they can
    be those of files too.

    Args:
        texts: Anything.
        taken: Names that are used already.

    Example:
        >>> unique_names(["Sofa 1", "sofa_1", "../../etc", "café", "椅子", "2nd"])
        ('Sofa_1_2', 'sofa_1', '_etc', 'cafe', 'object', '_2nd')
    """
    texts = list(texts)
    used = {name.lower() for name in taken}
    names: list[str] = []
    for text in texts:
        is_kept = _NAME.fullmatch(text) is not None and text.lower() not in used
        names.append(text if is_kept else "")
        used.add(names[-1].lower())
    for place, text in enumerate(texts):
        names[place] = names[place] or _fresh_name(text, used)
        used.add(names[place].lower())
    return tuple(names)


def _fresh_name(text: str, used: Container[str]) -> str:
    plain = unicodedata.normalize("NFKD", text[:LONGEST]).encode("ascii", "ignore").decode("ascii")
    stem = _NOT_WORD.sub("_", plain) if plain.strip() else "object"
    name = stem = (f"_{stem}" if stem[0].isdigit() else stem)[:LONGEST]
    count = 1
    while name.lower() in used:
        count += 1
        name = f"{stem[: LONGEST - 1 - len(str(count))]}_{count}"
    return name


def printable(text: str) -> str:
    """Return a text with U+FFFD in place of what XML cannot hold: control characters and halves of pairs.

    Example:
        >>> printable("a lamp")
        'a lamp'
    """
    return _UNPRINTABLE.sub("\ufffd", text)
