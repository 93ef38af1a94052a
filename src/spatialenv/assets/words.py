"""Which asset suits an object's words and size: by words, or by any function from text to a vector."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from spatialenv.assets.index import AssetEntry
from spatialenv.core.scene import SceneObject
from spatialenv.errors import InputError, require

_ALIKE = (
    ("sofa", "couch", "settee", "loveseat"),
    ("nightstand", "bedside table", "night table", "bedside cabinet"),
    ("television", "tv", "tv set"),
    ("wardrobe", "closet", "armoire"),
    ("lamp", "light"),
    ("rug", "carpet", "mat"),
    ("bookcase", "bookshelf"),
    ("shelf", "shelving unit", "shelving", "rack"),
    ("refrigerator", "fridge", "freezer"),
    ("stove", "cooker", "oven", "range"),
    ("desk", "writing table", "work table"),
    ("stool", "footstool", "ottoman", "pouf"),
    ("dresser", "chest of drawers", "commode", "bureau"),
    ("sideboard", "credenza", "buffet"),
    ("bin", "trash can", "garbage can", "wastebasket", "garbage bin"),
    ("painting", "picture", "artwork", "art", "poster"),
    ("plant", "houseplant", "potted plant"),
    ("curtain", "drape", "blind"),
    ("cupboard", "cabinet"),
    ("computer", "laptop", "pc"),
    ("toilet", "wc"),
    ("bathtub", "bath", "tub"),
    ("basin", "sink", "washbasin"),
    ("armchair", "easy chair", "lounge chair"),
    ("wood", "wooden", "timber"),
    ("metal", "metallic", "steel", "iron"),
    ("modern", "contemporary"),
    ("grey", "gray"),
)
"""Words for the same thing, the first standing for all."""

_FIRSTS = {word: row[0] for row in _ALIKE for word in row}
_PHRASES = sorted((word for word in _FIRSTS if " " in word), key=lambda word: -len(word))
_PHRASE = re.compile(r"\b(" + "|".join(_PHRASES) + r")s?\b")
_KEPT_S = ("glass", "ss", "us", "is")
_CATEGORY_WEIGHT = 3.0
_SIZE_SHARE = 0.3

Vector = npt.NDArray[np.float64]


class Embedder(Protocol):
    """Turns texts into vectors, ``(n, d)``; texts that mean the same have vectors of about the same direction."""

    def __call__(self, texts: Sequence[str]) -> npt.ArrayLike:
        """Return a row for each text."""
        ...


class Match(NamedTuple):
    """An asset and how well it suits, 0 to 1."""

    entry: AssetEntry
    score: float


class Words(NamedTuple):
    """The words of an object or asset, plain: what it is, and all that is said of it."""

    category: tuple[str, ...]
    others: tuple[str, ...]


def plain_words(text: str) -> tuple[str, ...]:
    """Return the words of a text: lower case, singular, one word for all that mean the same.

    Example:
        >>> plain_words("BedsideTables, wooden"), plain_words("couch_03")
        (('nightstand', 'wood'), ('sofa',))
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    joined = " ".join(re.findall(r"[^\W\d_]+", spaced.lower()))
    joined = _PHRASE.sub(lambda found: _FIRSTS[found[1]], joined)
    words = (_FIRSTS.get(word) or _FIRSTS.get(_singular(word)) or _singular(word) for word in joined.split())
    return tuple(words)


def size_likeness(first: Sequence[float], second: Sequence[float]) -> float:
    """Return how alike two sizes are, 1 for equal ones, 0.5 where each extent is half or double.

    Example:
        >>> size_likeness((1, 1, 1), (1, 1, 1)), round(size_likeness((1, 1, 1), (2, 2, 0.5)), 3)
        (1.0, 0.5)
    """
    gap = sum(abs(math.log2(a / b)) for a, b in zip(first, second, strict=True)) / 3
    likeness: float = 2.0**-gap
    return likeness


class LexicalSearch:
    """Finds assets by the words that they share with an object; rare words count more, the category's most.

    Args:
        entries: The assets.
    """

    def __init__(self, entries: Sequence[AssetEntry]) -> None:
        self._rows = [(entry, _entry_words(entry)) for entry in entries]
        counts = Counter(word for _, words in self._rows for word in {*words.category, *words.others})
        total = max(len(self._rows), 1)
        self._weights = {word: math.log(1.0 + total / count) for word, count in counts.items()}
        self._rarest = math.log(1.0 + total)
        self._by_word: dict[str, list[int]] = {}
        for row, (_, words) in enumerate(self._rows):
            for word in {*words.category, *words.others}:
                self._by_word.setdefault(word, []).append(row)

    def __call__(self, item: SceneObject, count: int = 1) -> list[Match]:
        """Return the assets that suit an object best, best first.

        Only those count whose category ends in the same word, as a table lamp is no table; where an asset has no
        category, any of its words.
        """
        category = plain_words(item.category)
        if not category:
            return []
        wanted = dict.fromkeys(plain_words(f"{item.style} {item.material}"), 1.0)
        wanted.update(dict.fromkeys(category, _CATEGORY_WEIGHT))
        weights = {word: share * self._weights.get(word, self._rarest) for word, share in wanted.items()}
        total = sum(weights.values())
        matches = []
        for row in self._by_word.get(category[-1], ()):
            entry, words = self._rows[row]
            if words.category and category[-1] != words.category[-1] and {*category} != {*words.category}:
                continue
            own = {*words.category, *words.others}
            said = sum(weight for word, weight in weights.items() if word in own) / total
            matches.append(Match(entry, _blend(said, entry, item)))
        return sorted(matches, key=lambda match: (-match.score, match.entry.id))[:count]


class EmbeddedSearch:
    """Finds assets by the direction of vectors of their words.

    Args:
        entries: The assets.
        embedder: Turns texts into vectors.
        least: Least cosine between an object's vector and its asset's.

    Raises:
        InputError: If the embedder gives no row of finite numbers for each text.
    """

    def __init__(self, entries: Sequence[AssetEntry], embedder: Embedder, least: float = 0.3) -> None:
        self._entries = tuple(entries)
        self._embedder = embedder
        self._least = least
        texts = [f"{entry.category} {entry.words}".replace("_", " ").strip() for entry in entries]
        self._vectors = self._embed(texts) if texts else np.zeros((0, 1))

    def __call__(self, item: SceneObject, count: int = 1) -> list[Match]:
        """Return the assets that suit an object best, best first."""
        if not self._entries:
            return []
        words = f"{item.style} {item.material} {item.category}".replace("_", " ").split()
        cosines = self._vectors @ self._embed([" ".join(words)])[0]
        near = np.flatnonzero(cosines >= self._least)
        matches = [Match(self._entries[row], _blend(float(cosines[row]), self._entries[row], item)) for row in near]
        return sorted(matches, key=lambda match: (-match.score, match.entry.id))[:count]

    def _embed(self, texts: Sequence[str]) -> Vector:
        vectors = np.asarray(self._embedder(texts), dtype=np.float64)
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise InputError(
                f"the embedder gives an array {vectors.shape} for {len(texts)} texts; it must be (n, d), finite numbers"
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vector = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        return unit


def sentence_embedder(model: str) -> Embedder:
    """Return the embedder of a sentence-transformers model, a name that is on this machine or a folder.

    Raises:
        MissingExtraError: If sentence-transformers is not installed.
    """
    package = require("sentence_transformers", "embeddings", "retrieval by embeddings")
    encoder = package.SentenceTransformer(model)

    def embed(texts: Sequence[str]) -> npt.ArrayLike:
        vectors: npt.ArrayLike = encoder.encode(list(texts), show_progress_bar=False)
        return vectors

    return embed


def _entry_words(entry: AssetEntry) -> Words:
    return Words(plain_words(entry.category), plain_words(entry.words))


def _blend(said: float, entry: AssetEntry, item: SceneObject) -> float:
    """Return one score of words and size; an unknown size counts as half alike."""
    alike = 0.5 if entry.size is None else size_likeness(entry.size, item.size)
    return (1.0 - _SIZE_SHARE) * said + _SIZE_SHARE * alike


def _singular(word: str) -> str:
    if word.endswith("shelves"):
        return word[:-3] + "f"
    if len(word) > 3 and word.endswith("s") and not word.endswith(_KEPT_S):
        return word[:-1]
    return word
