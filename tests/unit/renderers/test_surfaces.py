"""Materials by words: what wins, what a word belongs to, what keeps its colour."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.mesh import Colour, Material
from spatialenv.renderers.finishes import (
    COLOUR_SYNONYMS,
    COLOURS,
    FAMILIES,
    FINISHES,
    PATTERN_FINISH,
    PATTERNS,
    SHIFTS,
    STYLE_SYNONYMS,
    STYLES,
    SYNONYMS,
)
from spatialenv.renderers.surfaces import MAX_TEXT, Kind, material_for, plain, repeat_of, style_of, without_style
from spatialenv.renderers.textures import TEXTURES, texture

WORDS = st.lists(
    st.sampled_from(
        [*FINISHES, *SYNONYMS, *FAMILIES, *PATTERNS, *COLOURS, *SHIFTS, *STYLES, "#12ab9f", "chair", "éà", "7"]
    ),
    max_size=6,
).map(" ".join)


def seen(material: Material) -> Colour:
    """Return the mean colour that a surface of a material shows."""
    mean = np.ones(3) if material.texture is None else material.texture.pixels.reshape(-1, 3).mean(axis=0) / 255
    red, green, blue = (np.array(material.colour) * mean).tolist()
    return red, green, blue


@pytest.mark.parametrize(
    ("words", "default", "colour"),
    [
        ("walnut", "oak", FINISHES["walnut"].colour),  # a material wins over the default
        ("", "walnut", FINISHES["walnut"].colour),
        ("modern", "wool", COLOURS["grey"]),  # a style wins over the default: grey wool
        ("modern walnut", "oak", FINISHES["walnut"].colour),  # a material wins over a style
        ("green velvet", "oak", COLOURS["green"]),  # a colour wins over the material's own
        ("modern green", "wool", COLOURS["green"]),  # and over the style's
        ("NAVY Blue wool", "oak", COLOURS["blue"]),  # the nearest to the material counts
        ("#336699 wool", "oak", (51, 102, 153)),
        ("offwhite silk", "oak", COLOURS["ivory"]),
        ("classic", "brass", FINISHES["brass"].colour),
        ("classic", "steel", FINISHES["brass"].colour),
        ("contemporary", "wool", COLOURS["grey"]),
        ("wooden", "steel", FINISHES["oak"].colour),
        ("midcentury wood", "steel", FINISHES["walnut"].colour),
        ("stainless steel", "oak", FINISHES["steel"].colour),
        ("gizmo", "oak", FINISHES["oak"].colour),
        ("slate grey wool", "oak", COLOURS["grey"]),
        ("slate", "oak", FINISHES["slate"].colour),
        ("classic wool", "linen", COLOURS["burgundy"]),  # cloth is dyed as the style has it
        ("coastal leather", "linen", COLOURS["sand"]),
        ("classic green wool", "linen", COLOURS["green"]),
        ("wool", "navy wool", COLOURS["navy"]),  # the default's own shade of that cloth
        ("velvet", "navy wool", FINISHES["velvet"].colour),
    ],
)
def test_colours_are_what_the_words_say(words: str, default: str, colour: Colour) -> None:
    assert seen(material_for(words, default)) == pytest.approx(colour, abs=2.0)


def test_a_colour_belongs_to_the_material_that_follows() -> None:
    words = "green velvet with walnut legs"
    assert seen(material_for(words, "grey wool", "fabric")) == pytest.approx(COLOURS["green"], abs=2.0)
    assert material_for(words, "oak", "wood") is material_for("walnut", "oak")
    assert material_for(words, "brass", "metal") is material_for("brass", "oak")


def test_a_colour_by_itself_is_that_of_the_whole_and_not_of_trim() -> None:
    assert seen(material_for("red", "grey wool", "fabric")) == pytest.approx(COLOURS["red"], abs=2.0)
    assert material_for("red", "oak", "wood", trim=True) is material_for("", "oak")


def test_long_texts_are_read_in_no_time() -> None:
    start = time.perf_counter()
    material_for("slate gold brick " * 20_000, "oak")
    assert time.perf_counter() - start < 2.0


def test_trim_is_not_dyed_by_the_style() -> None:
    assert seen(material_for("classic linen", "oak", "fabric", trim=True)) == pytest.approx(
        FINISHES["linen"].colour, abs=2
    )


def test_families_that_a_part_cannot_be_made_of_are_passed_over() -> None:
    assert material_for("oak and brass", "steel", ("metal", "glass")) is material_for("brass", "oak")
    assert material_for("oak", "ceramic", ("ceramic",)) is material_for("", "ceramic")


def test_wood_is_stained_or_painted() -> None:
    oak, white, black = (material_for(words, "pine") for words in ("oak", "white oak", "black oak"))
    assert oak.texture is texture("grain")
    assert white.texture is None, "paint hides the grain"
    assert black.texture is texture("grain"), "a stain does not"


def test_coated_metal_is_no_longer_metal() -> None:
    assert material_for("steel", "oak").metallic == 1.0
    assert material_for("black metal", "oak").metallic == 0.0
    assert material_for("gold metal", "oak").metallic == 1.0


def test_glass_is_seen_through() -> None:
    assert material_for("glass", "oak").opacity < 0.5 < material_for("frosted glass", "oak").opacity < 1.0
    assert all((material_for(name, "oak").opacity < 1.0) == (FINISHES[name].kind == "glass") for name in FINISHES)


def test_light_and_dark_are_lighter_and_darker() -> None:
    for name in ("oak", "grey wool", "navy velvet", "green paint"):
        light, as_it_is, dark = (sum(seen(material_for(f"{tone} {name}", "pine"))) for tone in ("light", "", "dark"))
        assert light > as_it_is + 20 > dark + 40, name


def test_floors_keep_their_pattern_in_another_wood() -> None:
    assert material_for("walnut", "oak parquet").texture is texture("planks")
    assert seen(material_for("walnut", "oak parquet")) == pytest.approx(FINISHES["walnut"].colour, abs=2.0)
    assert material_for("dark oak herringbone", "carpet").texture is texture("herringbone")
    assert material_for("marble tiles", "oak parquet").texture is texture("tiles")
    assert material_for("tiled marble", "oak parquet").texture is texture("tiles")
    assert material_for("concrete", "oak parquet").texture is texture("cast")


@given(WORDS, st.sampled_from(["oak", "grey wool", "white ceramic", "oak parquet", "glass"]), st.booleans())
def test_any_words_give_one_sound_material(words: str, default: str, trim: bool) -> None:
    material = material_for(words, default, trim=trim)
    assert material is material_for(words, default, trim=trim)
    assert all(0.0 <= channel <= 255.0 for channel in material.colour)
    assert all(0.0 <= share <= 1.0 for share in (material.opacity, material.roughness, material.metallic))
    assert material.opacity > 0.2
    assert repeat_of(material) > 0.0


@given(WORDS, st.sampled_from(["fabric", "wood", "metal", "glass", "ceramic"]))
def test_a_part_is_of_a_family_that_it_can_be(words: str, kind: Kind) -> None:
    default = {"fabric": "wool", "wood": "oak", "metal": "steel", "glass": "glass", "ceramic": "ceramic"}[kind]
    material = material_for(words, default, kind)
    assert (material.opacity < 1.0) == (kind == "glass")
    if kind != "metal":
        assert material.metallic == 0.0


def test_tables_name_what_there_is() -> None:
    assert set(SYNONYMS.values()) <= set(FINISHES)
    assert set(COLOUR_SYNONYMS.values()) <= set(COLOURS)
    assert set(STYLE_SYNONYMS.values()) <= set(STYLES)
    assert set(PATTERNS.values()) == set(PATTERN_FINISH) <= set(TEXTURES)
    assert set(PATTERN_FINISH.values()) | {name for _, name in FAMILIES.values()} <= set(FINISHES)
    assert {finish.texture for finish in FINISHES.values()} - {""} <= set(TEXTURES)
    for style, parts in STYLES.items():
        for kind, words in parts.items():
            name = words.split()[-1]
            assert kind == (FAMILIES[name][0] if name in FAMILIES else FINISHES[name].kind), (style, kind)


def test_pale_colours_keep_their_hue_under_a_texture() -> None:
    shown = seen(material_for("cream cotton", "oak"))
    share = shown[0] / COLOURS["cream"][0]
    assert 0.9 < share < 1.0
    assert shown == pytest.approx([share * channel for channel in COLOURS["cream"]], abs=2.0)


def test_styles() -> None:
    assert style_of("a Scandi chair") == style_of("nordic") == "scandinavian"
    assert style_of("armchair") == ""
    assert without_style("Modern navy wool, rustic") == "navy wool"
    assert material_for(without_style("modern"), "red wool") is material_for("", "red wool")


def test_plain_materials_are_shared() -> None:
    assert plain((1.0, 2.0, 3.0)) is plain((1.0, 2.0, 3.0))
    assert plain((1.0, 2.0, 3.0), 0.5, 0.25, 0.5) == Material((1.0, 2.0, 3.0), None, 0.5, 0.5, 0.0, 0.25)
    assert repeat_of(plain((1.0, 2.0, 3.0))) == 1.0


@pytest.mark.parametrize("words", ["dark " * 200_000, "dark #ff00ff " * 80_000, "#" * 1_000_000])
def test_long_texts_are_read_to_a_limit(words: str) -> None:
    begin = time.perf_counter()
    material_for(words, "oak")
    style_of(words)
    without_style(words)
    assert time.perf_counter() - begin < 0.5
    assert material_for(words[:MAX_TEXT], "oak") == material_for(words, "oak")
