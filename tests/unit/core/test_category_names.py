"""Which name of a table a wording means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.category_names import CategoryNames, normalised

NAMES = CategoryNames.of(
    {"sofa": ("love seat", "couch"), "dining_table": ("table",), "tv_stand": (), "shelf": ("bookshelf",), "seat": ()}
)


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("KitchenShelves_2", "kitchen shelf"),
        ("TVStand", "tv stand"),
        ("boxes", "box"),
        ("Glasses", "glass"),
        ("bodies", "body"),
        ("benches", "bench"),
        ("bus", "bus"),
        ("  ", ""),
    ],
)
def test_normalised(category: str, words: str) -> None:
    assert normalised(category) == words


@pytest.mark.parametrize(
    ("category", "name", "rest"),
    [
        ("Love Seats", "sofa", ""),
        ("loveseat", "sofa", ""),
        ("red leather couch", "sofa", "red leather"),
        ("table with a glass top", "dining_table", "with a glass top"),
        ("table seat", "seat", "table"),
        ("round dining_table 3", "dining_table", "round"),
        ("seat with table", "seat", "with table"),
        ("gizmo", None, "gizmo"),
        ("", None, ""),
        ("with", None, "with"),
    ],
)
def test_names_and_the_rest(category: str, name: str | None, rest: str) -> None:
    assert NAMES.find(category) == name
    assert NAMES.rest(category) == rest


def test_the_first_claim_counts() -> None:
    assert CategoryNames.of({"one": ("thing",), "two": ("thing",)}).find("thing") == "one"
    assert CategoryNames.of({}).find("thing") is None


def test_long_categories_are_looked_up_at_once() -> None:
    assert NAMES.find("very " * 20_000 + "couch") == "sofa"


@given(st.text(max_size=60))
def test_any_text_is_allowed(category: str) -> None:
    name = NAMES.find(category)
    assert name is None or name in NAMES.names.values()
    assert len(NAMES.rest(category).split()) <= len(normalised(category).split())
