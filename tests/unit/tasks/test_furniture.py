"""The table of furniture: sane numbers, carried unchanged."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from spatialenv.core.furniture_sizes import load_sizes, typical_sizes
from spatialenv.tasks import ROOM_TYPES, load_furniture, make_tasks

TABLE = load_furniture()


def test_table_has_about_thirty_categories_with_a_source() -> None:
    assert len(TABLE.categories) >= 30
    assert "ProcTHOR" in TABLE.source
    assert "Apache-2.0" in TABLE.source


@pytest.mark.parametrize("name", TABLE.categories)
def test_category_is_sane(name: str) -> None:
    category = TABLE.categories[name]
    assert all(0 < value < 3.6 for size in category.sizes for value in size)
    assert len(set(category.sizes)) == len(category.sizes)
    assert set(category.rooms) == set(ROOM_TYPES)
    assert any(category.rooms.values()), "belongs nowhere, so it would never be drawn"
    assert category.materials
    assert category.on_floor == (not category.stands_on)
    for host in category.stands_on:
        assert host == "wall" or TABLE.categories[host].on_floor


@pytest.mark.parametrize("name", TABLE.further)
def test_further_category_is_sane_and_has_sizes_with_a_source(name: str) -> None:
    category = TABLE.further[name]
    assert name not in TABLE.categories
    assert category.sizes == typical_sizes(name) == load_sizes()[name].sizes
    assert load_sizes()[name].sources
    assert all(0 < value < 3.6 for size in category.sizes for value in size)
    assert set(category.rooms) == set(ROOM_TYPES)
    assert any(category.rooms.values())
    assert category.materials
    assert category.on_floor
    assert not category.stands_on


def test_further_categories_are_drawn_only_where_they_are_named() -> None:
    assert set(TABLE.known) == {*TABLE.categories, *TABLE.further}
    plain, named = make_tasks("procedural"), make_tasks({"categories": ["piano", "wardrobe"]})
    assert not {item.category for seed in range(300) for item in plain.sample(seed).objects} & set(TABLE.further)
    assert {item.category for seed in range(20) for item in named.sample(seed).objects} == {"piano", "wardrobe"}


def test_beds_are_longer_along_their_front_axis_and_sofas_across_it() -> None:
    assert all(length < width for length, width, _ in TABLE.categories["bed"].sizes), "the head is at the back"
    sofas = TABLE.categories["sofa"].sizes
    assert sum(length > width for length, width, _ in sofas) == len(sofas)


def test_sizes_are_those_of_the_shared_data(shared_data: Path) -> None:
    measured = json.loads((shared_data / "furniture_sizes.json").read_text())["sizes"]
    text = (resources.files("spatialenv.tasks") / "data" / "furniture.json").read_text(encoding="utf-8")
    for name, row in json.loads(text)["categories"].items():
        known = {(x, depth, height) for x, height, depth in measured[row["asset_type"]]}
        assert set(TABLE.categories[name].sizes) <= known, name
