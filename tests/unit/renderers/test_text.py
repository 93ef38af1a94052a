"""Labels are written in characters that the font has, and stay apart."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.renderers.text import MAX_CHARACTERS, glyphs, shorten


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("canapé_1", "canape_1"),
        ("canape\u0301_1", "canape_1"),
        ("ＡＢ_1", "AB_1"),
        ("长_1", "\\u957f_1"),
        ("straße", "stra\\u00dfe"),
        ("\U0001f6cb_1", "\\U0001f6cb_1"),
        ("20° sofa…", "20° sofa…"),
        ("a\u00a0b\nc", "a b c"),
        ("plain_1", "plain_1"),
    ],
)
def test_characters_without_a_glyph_are_written_otherwise(text: str, written: str) -> None:
    assert shorten(text) == written


def test_no_box_is_drawn() -> None:
    box = glyphs("\U0010fffe", 20)
    for character in "éß长Жα\u0301":
        assert not np.array_equal(glyphs(shorten(character), 20), box)


def test_long_ids_of_escapes_keep_their_number() -> None:
    first, second = shorten("长方形沙发_1"), shorten("长方形沙发_2")
    assert first != second
    assert first.endswith("_1")
    assert len(first) == len(second) == MAX_CHARACTERS
