"""Names of categories as people write them: which name of a table a wording means.

Case, plurals, numbers and separators do not matter (``"Dining Tables"``). Of several words the longest end that is
known counts, because the last word says what a thing is (``"modern leather sofa"`` is a sofa, ``"dining table chair"``
a chair). What is behind words such as *with* does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_CASES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_ADDITIONS = frozenset(("with", "without", "for", "in", "on", "from", "at", "by"))
_PLURALS = (("ies", "y"), ("lves", "lf"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss"))


def normalised(category: str) -> str:
    """Return the words of a category in lower case and the singular, with single blanks between them.

    Example:
        >>> normalised("KitchenShelves_2"), normalised("TVStand")
        ('kitchen shelf', 'tv stand')
    """
    return " ".join(_singular(word) for word in _NOT_LETTERS.sub(" ", _CASES.sub(" ", category)).lower().split())


@dataclass(frozen=True, slots=True)
class CategoryNames:
    """The wordings that a table of categories knows.

    Attributes:
        names: The name for each known wording: normalised names and synonyms, also as one word.
        longest: Most words that a wording has.
    """

    names: Mapping[str, str]
    longest: int

    @classmethod
    def of(cls, wordings: Mapping[str, Iterable[str]]) -> CategoryNames:
        """Return the wordings of a table.

        Args:
            wordings: The synonyms of each name. A wording of two names means the first.

        Example:
            >>> CategoryNames.of({"sofa": ("love seat",)}).find("Red Loveseats")
            'sofa'
        """
        names: dict[str, str] = {}
        for name, also in wordings.items():
            for wording in (name, *also):
                words = normalised(wording)
                names.setdefault(words, name)
                names.setdefault(words.replace(" ", ""), name)
        return cls(names, max((len(words.split()) for words in names), default=0))

    def find(self, category: str) -> str | None:
        """Return the name that a category means, or None where the table does not know it."""
        return self.names.get(self._known(category)[1])

    def rest(self, category: str) -> str:
        """Return the words of a category that are not those by which it is known.

        Example:
            >>> CategoryNames.of({"coffee_table": ("tea table",)}).rest("Round Tea Table with a glass top")
            'round with a glass top'
        """
        before, _, behind = self._known(category)
        return " ".join((before, behind)).strip()

    def _known(self, category: str) -> tuple[str, str, str]:
        """Return a category's words in three pieces: those before the wording that is known, it, those behind it."""
        words = normalised(category).split()
        if " ".join(words) in self.names:
            return "", " ".join(words), ""
        added = next((place for place, word in enumerate(words) if place and word in _ADDITIONS), len(words))
        for start in range(max(0, added - self.longest), added):  # a category may be as long as its author likes
            wording = " ".join(words[start:added])
            if wording in self.names:
                return " ".join(words[:start]), wording, " ".join(words[added:])
        return " ".join(words), "", ""


def _singular(word: str) -> str:
    for ending, singular in _PLURALS:
        if word.endswith(ending):
            return word[: -len(ending)] + singular
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us"))
    return word[:-1] if is_plural else word
