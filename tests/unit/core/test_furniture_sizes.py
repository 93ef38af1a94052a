from __future__ import annotations

import json
from importlib import resources

import pytest

from spatialenv.core.furniture_sizes import load_sizes, typical_sizes
from spatialenv.tasks import load_furniture


def test_sizes_are_those_of_their_sources() -> None:
    assert typical_sizes("wardrobe")[-1] == (2.5, 0.66, 2.36)  # PAX 250x66x236 cm
    assert (0.8, 0.28, 2.02) in typical_sizes("bookcase")  # BILLY 80x28x202 cm
    assert typical_sizes("piano") == ((1.53, 0.62, 1.21), (1.53, 0.65, 1.31))  # Yamaha U1, U3
    assert typical_sizes("rug")[3] == (2.438, 1.524, 0.013)  # 8 by 5 feet, half an inch
    assert typical_sizes("stove")[0] == (0.762, 0.635, 0.914)  # 30 by 25 by 36 inches
    assert typical_sizes("curtain")[0] == (0.61, 0.102, 2.134)  # 48 inches at twice fullness, 4 off the wall, 84 long


def test_sizes_of_the_generator_are_of_one_source_and_stand_once() -> None:
    text = (resources.files("spatialenv.tasks") / "data" / "furniture.json").read_text(encoding="utf-8")
    assert not any("sizes" in row for row in json.loads(text)["categories"].values())
    for name, category in load_furniture().categories.items():
        assert typical_sizes(name) == category.sizes
        assert all("ProcTHOR" in source for source in load_sizes()[name].sources)


def test_the_table_is_read_from_its_own_package_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    files = resources.files
    monkeypatch.setattr(resources, "files", lambda package: (read.append(package), files(package))[1])
    load_sizes.__wrapped__()
    assert read == ["spatialenv.core"]


@pytest.mark.parametrize(
    ("wording", "name"),
    [
        ("Wardrobes", "wardrobe"),
        ("bedside_table", "nightstand"),
        ("bedside table_2", "nightstand"),
        ("Trash Can", "garbage_can"),
        ("couch", "sofa"),
        ("Dining Chair", "chair"),
        ("tv", "television"),
        ("modern oak bookcase", "bookcase"),
        ("cot", "crib"),
    ],
)
def test_wordings(wording: str, name: str) -> None:
    assert typical_sizes(wording) == load_sizes()[name].sizes != ()


def test_what_no_source_knows_has_no_size() -> None:
    assert typical_sizes("chandelier") == typical_sizes("") == ()


def test_every_category_has_plausible_sizes_and_a_named_source() -> None:
    records = load_sizes()
    assert len(records) >= 80
    for name, record in records.items():
        assert record.sizes, name
        assert all(0.005 <= side <= 4.5 for size in record.sizes for side in size), name
        assert all("(http" in source for source in record.sources), name
        assert len(set(record.sizes)) == len(record.sizes), name


def test_pages_go_with_sizes() -> None:
    table = json.loads(
        (resources.files("spatialenv.core") / "data" / "furniture_sizes.json").read_text(encoding="utf-8")
    )
    for name, row in table["categories"].items():
        pages = row.get("pages")
        assert pages is None or len(pages) == len(row["sizes"]), name
        assert "ikea" not in row["sources"] or pages, name


def test_no_wording_is_of_two_categories() -> None:
    wordings = [wording for name, record in load_sizes().items() for wording in (name.replace("_", " "), *record.also)]
    assert len(set(wordings)) == len(wordings)
