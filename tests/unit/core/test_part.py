from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from spatialenv.core import part
from spatialenv.core.part import Registry
from spatialenv.errors import InputError, UnknownNameError

REGISTRY = Registry("fraction", {"half": "fractions:Fraction"}, "some.group")


def test_names_of_the_table_do_not_look_through_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(group: str) -> None:
        raise AssertionError(group)

    monkeypatch.setattr(part, "entry_points", refuse)
    assert REGISTRY.make("half", {"numerator": 1, "denominator": 2}) == 0.5


def test_entry_points_add_names_and_take_none(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint(name, "decimal:Decimal", "some.group") for name in ("half", "whole")]
    monkeypatch.setattr(part, "entry_points", lambda group: points if group == "some.group" else [])
    assert REGISTRY.names() == ("half", "whole")
    assert type(REGISTRY.make("whole", {"value": "1"})).__name__ == "Decimal"
    assert type(REGISTRY.make("half", {})).__name__ == "Fraction"


@pytest.mark.parametrize("name", ["hlaf", 3, ["half"]])
def test_unknown_names(name: object) -> None:
    assert not REGISTRY.knows(name)
    with pytest.raises(UnknownNameError, match=r"unknown fraction .* Known: half"):
        REGISTRY.make(name, {})


def test_an_option_that_is_not_there() -> None:
    with pytest.raises(InputError, match="fraction 'half' has no option 'numrator'; did you mean 'numerator'"):
        REGISTRY.make("half", {"numrator": 1})
    empty = Registry("thing", {"plain": "builtins:object"}, "some.group")
    with pytest.raises(InputError, match="thing 'plain' has no option 'a'; it has none"):
        empty.make("plain", {"a": 1})


def test_a_maker_that_takes_any_option() -> None:
    assert Registry("mapping", {"dict": "collections:UserDict"}, "some.group").make("dict", {"a": 1}) == {"a": 1}
