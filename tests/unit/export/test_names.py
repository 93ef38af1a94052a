"""Names are legal and different whatever they are made of."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.export.names import LONGEST, printable, unique_names

TEXTS = st.text(st.characters(), max_size=200)


@given(st.lists(TEXTS, max_size=12), st.lists(TEXTS, max_size=3))
def test_names_are_legal_and_differ_even_without_case(texts: list[str], before: list[str]) -> None:
    taken = unique_names(before)
    names = unique_names(texts, taken)
    assert len(names) == len(texts)
    assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) and len(name) <= LONGEST for name in names)
    assert len({name.lower() for name in (*names, *taken)}) == len(names) + len(taken)


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["sofa_1", "chair_2"], ("sofa_1", "chair_2")),
        (["a b", "a/b", "A.B"], ("a_b", "a_b_2", "A_B_3")),
        (["a b", "a_b", "A_B"], ("a_b_2", "a_b", "A_B_3")),  # what is legal stays
        (["..", "/", "\\", "\0"], ("_", "__2", "__3", "__4")),
        (["Ä", "über", "ﬁn"], ("A", "uber", "fin")),
        (["🛋", " ", "椅"], ("object", "object_2", "object_3")),
        (["x" * 1_000_000] * 3, ("x" * 64, "x" * 62 + "_2", "x" * 62 + "_3")),
        (["1", "_1"], ("_1_2", "_1")),
    ],
)
def test_names_of_odd_ids(texts: list[str], names: tuple[str, ...]) -> None:
    assert unique_names(texts) == names


@given(TEXTS)
def test_printable_text_goes_through_xml_and_utf8(text: str) -> None:
    clean = printable(text)
    assert len(clean) == len(text)
    read = ET.fromstring(ET.tostring(ET.Element("a", b=clean), encoding="utf-8")).get("b")
    assert read is not None
    assert read == clean


def test_printable_keeps_what_can_be_kept() -> None:
    assert printable('椅子 №1 🛋 <&">') == '椅子 №1 🛋 <&">'
    assert printable("a\0b\ud800c\x1b") == "a\ufffdb\ufffdc\ufffd"
