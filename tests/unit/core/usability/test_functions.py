"""What furniture is used from: the table itself, and how categories are matched."""

from __future__ import annotations

import json
import time
from importlib import resources

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.category_names import normalised
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.usability.functions import (
    UNKNOWN,
    function_of,
    load_functions,
    placed_functions,
    scene_functions,
)
from spatialenv.tasks.furniture import load_furniture

INCH = 0.0254


def raw() -> dict[str, object]:
    text = resources.files("spatialenv.core.usability").joinpath("data/functions.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return]


def test_the_table_is_whole() -> None:
    table = raw()
    categories, groups = table["categories"], table["groups"]
    assert sum("sides" in row for row in categories.values()) >= 50  # type: ignore[attr-defined]
    welcome = set()
    for name, row in categories.items():  # type: ignore[attr-defined]
        assert set(row) <= {"also", "sides", "together", "group", "partners", "turns", "source"}, name
        assert ("sides" in row) == ("source" in row), name
        assert set(row.get("sides", {})) <= {"front", "back", "left", "right", "all"}, name
        assert row.get("source", "general") in table["sources"], name  # type: ignore[operator]
        assert {row.get("group", groups[0]), *row.get("partners", ())} <= set(groups), name  # type: ignore[index, call-overload]
        welcome |= set(row.get("partners", ()))
    given_ = {row["group"] for row in categories.values() if "group" in row}  # type: ignore[attr-defined]
    assert welcome <= given_ <= set(groups)  # type: ignore[call-overload]


def test_depths_are_those_of_their_sources() -> None:
    inches = {
        "hud": (36, 22, 32, 30, 24), "nkba_kitchen": (42, 32), "nkba_bath": (30,), "ada": (30,), "nfpa": (36,),
        "general": (24,),
    }  # fmt: skip
    for name, function in load_functions().categories.items():
        for depth in {depth for depth in function.depths if depth}:
            assert any(abs(depth - inch * INCH) < 0.0105 for inch in inches[function.source]), name


def test_no_wording_stands_for_two_things() -> None:
    seen: dict[str, str] = {}
    for name, row in raw()["categories"].items():  # type: ignore[attr-defined]
        for wording in (name, *row.get("also", ())):
            assert seen.setdefault(normalised(wording), name) == name, wording


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("bed", "bed"),
        ("Dining Table", "dining_table"),
        ("dining table chair", "chair"),
        ("kitchen_sink", "kitchen_sink"),
        ("KitchenSinks", "kitchen_sink"),
        ("sink", "sink"),
        ("TVStand", "tv_stand"),
        ("tv-stand_2", "tv_stand"),
        ("book shelves", "bookshelf"),
        ("Bookcases", "bookshelf"),
        ("chest of drawers", "dresser"),
        ("modern leather sofa", "sofa"),
        ("couches", "sofa"),
        ("table with a lamp", "dining_table"),
        ("table lamp", "lamp"),
        ("diningtable", "dining_table"),
        ("washing machines", "washing_machine"),
        ("sofa bed", "daybed"),
        ("double bed", "bed"),
        ("glass coffee table", "coffee_table"),
        ("wall art", "painting"),
        ("boxes", "soft_thing"),
    ],
)
def test_matching(category: str, name: str) -> None:
    found = function_of(category)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("category", ["", "gizmo", "  ", "7", "with", "for sale", "sofaish"])
def test_unknown_categories(category: str) -> None:
    assert function_of(category) is None


@given(st.text(max_size=40))
def test_any_text_is_a_category(category: str) -> None:
    function = function_of(category)
    assert function is None or function.name in load_functions().categories
    assert function_of(category.upper() if category.islower() else category) == function


def test_every_category_of_the_generator_is_known() -> None:
    unknown = [name for name in load_furniture().categories if function_of(name) is None]
    assert unknown == []


def test_most_types_of_real_assets_are_known(shared_data) -> None:  # type: ignore[no-untyped-def]
    types = json.loads((shared_data / "furniture_sizes.json").read_text())["sizes"]
    assert np.mean([function_of(kind) is not None for kind in types]) > 0.7


def scene() -> Scene:
    objects = (
        SceneObject("sofa_1", "sofa", (2, 1, 1)),
        SceneObject("rug_1", "bed", (2, 1, 0.02), is_rug=True),
        SceneObject("gizmo_1", "gizmo", (1, 1, 1)),
        SceneObject("gizmo_2", "gizmo", (0.1, 0.1, 0.1), on_floor=False),
        SceneObject("lamp_1", "lamp", (0.2, 0.2, 0.5), relations=(Relation("lamp_1", "on", "gizmo_1"),)),
    )
    return Scene(Room.rectangle(6, 4, 3), objects)


def test_the_arrays_of_a_scene() -> None:
    found = scene_functions(scene())
    assert found.sides[:, 0].tolist() == [True, False, True, False, False]
    assert not found.sides[:, 1:].any()
    assert found.depths[:, 0].tolist() == [0.61, 0, UNKNOWN.depths[0], 0, 0]
    assert found.turns_freely.tolist() == [False, True, False, True, True]
    assert np.asarray(found.around.on_floor).tolist() == [True, True, True, False, False]
    assert np.asarray(found.around.obstacles).tolist() == [True, False, True, True, True]


def test_the_arrays_of_what_is_placed() -> None:
    whole = scene()
    some = whole.place({"gizmo_1": (1, 1, 0.5), "lamp_1": (1, 1, 1.25)})
    found = placed_functions([whole.place({item.id: (1, 1, 1) for item in whole.objects}), some, whole.place({})])
    assert found.sides.shape == (3, 5, 4)
    assert found.sides[1, :, 0].tolist() == [True, False, False, False, False]
    assert np.asarray(found.around.obstacles)[1].tolist() == [True, True, False, False, False]
    assert found.together[2].tolist() == [1] * 5
    assert placed_functions([]).sides.shape == (0, 0, 4)


def test_what_belongs_together_is_not_in_the_way() -> None:
    pairs = {
        ("desk", "office chair"): True, ("dining table", "chair"): True, ("bed", "nightstand"): True,
        ("sofa", "coffee table"): True, ("piano", "stool"): True, ("wardrobe", "chair"): False,
        ("fridge", "kitchen island"): False, ("bed", "wardrobe"): False,
    }  # fmt: skip
    for (owner, guest), is_welcome in pairs.items():
        first, second = function_of(owner), function_of(guest)
        assert first is not None
        assert second is not None
        assert bool(first.partners & second.group) == is_welcome, (owner, guest)


def test_a_category_of_a_hundred_thousand_words_takes_no_time() -> None:
    begun = time.perf_counter()
    assert function_of("gadget " * 100_000) is None
    known = function_of("gadget " * 100_000 + "dining table chair")
    assert known is not None
    assert known.name == "chair"
    assert time.perf_counter() - begun < 10
