from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.assets.index import AssetEntry
from spatialenv.assets.words import EmbeddedSearch, LexicalSearch, plain_words, sentence_embedder, size_likeness
from spatialenv.core.scene import SceneObject
from spatialenv.errors import InputError, MissingExtraError


def entry(name: str, category: str, words: str = "", size: tuple[float, float, float] | None = None) -> AssetEntry:
    return AssetEntry(id=name, file=f"{name}.glb", category=category, words=words, size=size)


def wanted(category: str, style: str = "", material: str = "", size: tuple[float, ...] = (1, 1, 1)) -> SceneObject:
    return SceneObject("x_1", category, size, style=style, material=material)  # type: ignore[arg-type]


SHOP = (
    entry("grey_sofa", "couch", "grey modern fabric", (2.0, 0.9, 0.8)),
    entry("oak_table", "dining_table", "oak wooden", (1.8, 0.9, 0.75)),
    entry("coffee_oak", "coffee table", "oak low", (1.1, 0.6, 0.4)),
    entry("coffee_glass", "coffee table", "glass modern", (1.1, 0.6, 0.4)),
    entry("coffee_machine", "coffee machine", "steel", (0.3, 0.3, 0.4)),
    entry("bed_side", "bedside table", "white", (0.45, 0.4, 0.5)),
    entry("lamp_table", "table lamp", "brass", (0.3, 0.3, 0.5)),
    entry("lamp_floor", "FloorLamp", "brass", (0.4, 0.4, 1.6)),
    entry("chair_small", "chair", "oak", (0.45, 0.5, 0.9)),
    entry("chair_large", "chair", "oak", (0.9, 1.0, 1.8)),
    entry("nameless", "", "a tall bookshelf of pine", (1.0, 0.3, 2.0)),
)


@pytest.mark.parametrize(
    ("item", "best"),
    [
        (wanted("sofa"), "grey_sofa"),
        (wanted("dining_table"), "oak_table"),
        (wanted("coffee_table", material="oak"), "coffee_oak"),
        (wanted("coffee_table", style="contemporary", material="glass"), "coffee_glass"),
        (wanted("nightstand"), "bed_side"),
        (wanted("table_lamp"), "lamp_table"),
        (wanted("floor_lamp"), "lamp_floor"),
        (wanted("lamp", size=(0.4, 0.4, 1.5)), "lamp_floor"),
        (wanted("lamp", size=(0.3, 0.3, 0.5)), "lamp_table"),
        (wanted("chair", size=(0.45, 0.5, 0.9)), "chair_small"),
        (wanted("chairs", size=(0.9, 1.0, 1.8)), "chair_large"),
        (wanted("bookcase"), "nameless"),
        (wanted("piano"), None),
        (wanted("coffee_grinder"), None),
        (wanted("123"), None),
    ],
)
def test_the_asset_that_suits_best(item: SceneObject, best: str | None) -> None:
    matches = LexicalSearch(SHOP)(item)
    assert (matches[0].entry.id if matches else None) == best


def test_a_table_lamp_is_no_table_and_a_desk_with_a_lamp_no_lamp() -> None:
    search = LexicalSearch((entry("a", "table lamp"), entry("b", "desk", "with a lamp"), entry("c", "bed, double")))
    assert search(wanted("table"), 5) == []
    assert [match.entry.id for match in search(wanted("lamp"), 5)] == ["a"]
    assert [match.entry.id for match in search(wanted("double_bed"), 5)] == ["c"]


def test_scores_are_shares_and_fall() -> None:
    matches = LexicalSearch(SHOP)(wanted("coffee_table", "modern", "glass", (1.1, 0.6, 0.4)), 10)
    assert [match.entry.id for match in matches][:2] == ["coffee_glass", "coffee_oak"]
    assert matches[0].score == pytest.approx(1.0)
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_equals_go_by_their_ids_whatever_the_order() -> None:
    rows = [entry(name, "chair") for name in ("b", "a", "c")]
    for order in (rows, rows[::-1]):
        assert [match.entry.id for match in LexicalSearch(order)(wanted("chair"), 3)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TVStand", ("tvstand",)),
        ("TV stands", ("television", "stand")),
        ("bookShelves", ("book", "shelf")),
        ("bookshelves", ("bookcase",)),
        ("glass", ("glass",)),
        ("Chest of Drawers!", ("dresser",)),
        ("gray   couches", ("grey", "couche")),
        ("lit à 2 places", ("lit", "à", "place")),
        ("", ()),
    ],
)
def test_plain_words(text: str, words: tuple[str, ...]) -> None:
    assert plain_words(text) == words


@given(st.text(max_size=60))
def test_any_text_has_words(text: str) -> None:
    words = plain_words(text)
    assert all(word and not word.isspace() for word in words)


@given(st.tuples(*[st.floats(0.01, 10)] * 3), st.tuples(*[st.floats(0.01, 10)] * 3), st.floats(0.1, 10))
def test_likeness_of_sizes_is_a_share_symmetric_and_free_of_scale(a: tuple, b: tuple, scale: float) -> None:
    likeness = size_likeness(a, b)
    assert 0 < likeness <= 1
    assert size_likeness(b, a) == pytest.approx(likeness)
    assert size_likeness([scale * x for x in a], [scale * x for x in b]) == pytest.approx(likeness)
    assert size_likeness(a, a) == 1


AXES_OF_WORDS = ("sofa", "couch", "table", "lamp", "glass", "oak")


def tiny_embedder(texts: Sequence[str]) -> np.ndarray:
    """A direction for each word; a sofa and a couch are the same."""
    rows = np.zeros((len(texts), len(AXES_OF_WORDS)))
    for row, text in zip(rows, texts, strict=True):
        for word in text.split():
            if word in AXES_OF_WORDS:
                row[max(AXES_OF_WORDS.index(word), 1)] += 1.0
    return rows


def test_embeddings_find_by_direction() -> None:
    search = EmbeddedSearch(SHOP, tiny_embedder)
    assert search(wanted("sofa"))[0].entry.id == "grey_sofa"
    assert search(wanted("table", material="glass"))[0].entry.id == "coffee_glass"
    assert search(wanted("piano")) == []
    assert EmbeddedSearch((), tiny_embedder)(wanted("sofa")) == []


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, 3)), np.full((len(SHOP), 2), np.nan)])
def test_an_embedder_gives_a_row_for_each_text(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"the embedder gives an array .* for 11 texts"):
        EmbeddedSearch(SHOP, lambda texts: wrong)


def test_models_of_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"spatialenv\[embeddings\]"):
        sentence_embedder("tiny")
    package = ModuleType("sentence_transformers")

    class SentenceTransformer:
        def __init__(self, model_name_or_path: str) -> None:
            assert model_name_or_path == "tiny"

        def encode(self, sentences: list[str], *, show_progress_bar: bool | None = None) -> np.ndarray:
            assert show_progress_bar is False
            return tiny_embedder(sentences).astype(np.float32)

    package.SentenceTransformer = SentenceTransformer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)
    assert EmbeddedSearch(SHOP, sentence_embedder("tiny"))(wanted("couch"))[0].entry.id == "grey_sofa"
