"""Materials by words: "walnut", "green velvet", "modern white oak", "light grey linen", "dark oak herringbone"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

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
    Kind,
)
from spatialenv.renderers.textures import mean_shade, repeat_of, texture

__all__ = ["Kind", "material_for", "plain", "repeat_of", "style_of", "without_style"]

MAX_TEXT = 4000
"""So many characters of a text are read; the rest is passed over."""

_TOKEN = re.compile(r"#[0-9a-f]{6}\b|[a-z]+")
_DYED: tuple[Kind, ...] = ("fabric", "leather")
"""What says little about its colour: a style has colours for these."""
_STAINS = frozenset({"grey", "brown", "chocolate", "espresso", "honey", "caramel", "camel", "tan", "greige", "taupe"})


class _Found(NamedTuple):
    """What the words say: a material (or family), its colour, how it is laid, changes of tone, a style."""

    finish: str = ""
    family: str = ""
    pattern: str = ""
    colour: str = ""
    shifts: tuple[str, ...] = ()


class _Reading(NamedTuple):
    materials: tuple[_Found, ...]
    loose: _Found
    style: str


@lru_cache(maxsize=4096)
def material_for(words: str, default: str, only: Kind | tuple[Kind, ...] = (), *, trim: bool = False) -> Material:
    """Return the material that words ask for.

    A colour word wins over the material's own colour, a material word over the style, a style over `default`; cloth and
    leather without a colour word take that of the style. A colour belongs to the material word that follows it; one
    that no material follows belongs to the thing as a whole. Unknown words mean nothing.

    Args:
        words: A thing's style and material, in any order and case: ``"modern"``, ``"dark green velvet"``,
            ``"#aabbcc wool"``, ``"oak parquet"``.
        default: What the part is made of where the words do not say, in the same words: ``"white ceramic"``.
        only: Families that the part can be made of; other materials in the words are of other parts. Empty for all.
        trim: Whether the part is a lesser one, such as legs: it does not take the colour of the thing as a whole.

    Returns:
        The same object for the same arguments.

    Example:
        >>> material_for("green velvet with walnut legs", "oak", only="wood") is material_for("walnut", "pine")
        True
        >>> material_for("nothing known", "oak") is material_for("", "oak")
        True
    """
    kinds: Sequence[Kind] = (only,) if isinstance(only, str) else only
    read, base = _read(words), _read(default)
    basic = base.materials[0] if base.materials else _Found(finish="paint")
    basic_kind = _kind(basic)
    found = next((one for one in read.materials if not kinds or _kind(one) in kinds), None)
    loose = _Found() if trim or (found is None and read.materials and not kinds) else read.loose
    is_own = found is not None
    if found is None or not (found.finish or found.pattern):
        wanted = _kind(found) if found is not None else basic_kind
        styled = STYLES.get(read.style, {}).get(wanted)
        chosen = _read(styled).materials[0] if styled else basic
        if found is not None and _kind(chosen) != wanted:
            chosen = _Found(finish=next(name for kind, name in FAMILIES.values() if kind == wanted))
        is_own = found is not None and bool(found.colour)
        if found is not None:
            chosen = chosen._replace(
                colour=found.colour or chosen.colour,
                shifts=found.shifts or chosen.shifts,
                pattern=found.pattern or chosen.pattern,
            )
        elif basic.pattern and not chosen.pattern:
            chosen = chosen._replace(pattern=basic.pattern)
        found = chosen
    elif basic.pattern and not found.pattern and _kind(found) == basic_kind:
        found = found._replace(pattern=basic.pattern)  # "walnut" for a floor of "oak parquet"
    elif not trim and not found.colour and not found.shifts and _kind(found) in _DYED:
        styled = STYLES.get(read.style, {}).get(_kind(found))
        shade = _read(styled).materials[0] if styled else basic if basic.finish == found.finish else _Found()
        found = found._replace(colour=shade.colour, shifts=shade.shifts)
        is_own = False
    if loose.colour and not (is_own and found.colour):
        found = found._replace(colour=loose.colour, shifts=loose.shifts)
    elif loose.shifts and not (is_own and found.shifts):
        found = found._replace(shifts=loose.shifts)
    return _make(found)


@lru_cache(maxsize=1024)
def plain(colour: Colour, roughness: float = 0.8, emission: float = 0.0, opacity: float = 1.0) -> Material:
    """Return a material of one colour, the same object for the same arguments: screens, lamp shades, marks."""
    return Material(colour, None, opacity, roughness, 0.0, emission)


def style_of(words: str) -> str:
    """Return the first style that words name, of `STYLES`; empty where there is none.

    Example:
        >>> style_of("a Mid-century sofa"), style_of("sofa")
        ('midcentury', '')
    """
    return _read(words).style


def without_style(words: str) -> str:
    """Return the words but for those that name a style: for things whose styles have colours of their own.

    Example:
        >>> without_style("Modern navy wool")
        'navy wool'
    """
    return " ".join(t for t in _TOKEN.findall(words[:MAX_TEXT].lower()) if STYLE_SYNONYMS.get(t, t) not in STYLES)


@lru_cache(maxsize=4096)
def _read(words: str) -> _Reading:
    materials: list[_Found] = []
    pending = _Found()
    style = ""
    tokens = _TOKEN.findall(words[:MAX_TEXT].lower())
    for token, following in pairwise([*tokens, ""]):
        stem = token[:-1] if token.endswith("s") and token[:-1] in FINISHES else token
        name = SYNONYMS.get(stem, stem)
        ahead = COLOUR_SYNONYMS.get(token, token)
        if token in PATTERNS:
            if materials and not pending.colour and not materials[-1].pattern:
                materials[-1] = materials[-1]._replace(pattern=PATTERNS[token])
            else:
                materials.append(pending._replace(pattern=PATTERNS[token]))
                pending = _Found()
        elif name in FINISHES and not (name in COLOURS and _names_surface(following)):
            previous = materials[-1] if materials else None
            if previous is not None and previous.pattern and not previous.finish and not pending.colour:
                materials[-1] = previous._replace(finish=name)
            else:
                materials.append(pending._replace(finish=name))
            pending = _Found()
        elif token in FAMILIES:
            # "oak wood" and "brass metal" name the material twice.
            last = materials[-1] if materials else None
            if last is None or _kind(last) != FAMILIES[token][0] or pending.colour:
                materials.append(pending._replace(family=token))
            pending = _Found()
        elif ahead in COLOURS or token.startswith("#"):
            pending = pending._replace(colour=ahead)
        elif token in SHIFTS:
            pending = pending._replace(shifts=(*pending.shifts, token))
        elif not style and STYLE_SYNONYMS.get(token, token) in STYLES:
            style = STYLE_SYNONYMS.get(token, token)
    return _Reading(tuple(materials), pending, style)


def _names_surface(token: str) -> bool:
    """Tell whether a word is a material or a colour: "slate" is a colour before one, else it is a material."""
    return any(word in table for word in (token, SYNONYMS.get(token)) for table in (FINISHES, FAMILIES, COLOURS))


def _kind(found: _Found) -> Kind:
    if found.finish:
        return FINISHES[found.finish].kind
    return FAMILIES[found.family][0] if found.family else FINISHES[PATTERN_FINISH[found.pattern]].kind


@lru_cache(maxsize=4096)
def _make(found: _Found) -> Material:
    finish = FINISHES[found.finish or (FAMILIES[found.family][1] if found.family else PATTERN_FINISH[found.pattern])]
    colour, metallic, name = finish.colour, finish.metallic, found.pattern or finish.texture
    roughness, opacity = finish.roughness, finish.opacity
    if found.colour:
        colour = _colour(found.colour)
        if finish.kind == "metal" and found.colour not in ("gold", "golden", "silver"):
            metallic, name, roughness = 0.0, "", 0.5  # powder-coated
        if finish.kind == "wood" and not found.pattern and found.colour not in _STAINS and found.colour != "black":
            name = ""  # painted
        if finish.kind == "wood" and found.colour in _STAINS:
            colour = _mix(colour, finish.colour, 0.25)
        if finish.kind == "mirror":
            colour = finish.colour
    for shift in found.shifts:
        colour = _shifted(colour, *SHIFTS[shift])
        if shift == "frosted" and finish.kind == "glass":
            opacity, roughness = 0.75, 0.6
    if not name:
        return Material(colour, None, opacity, roughness, metallic)
    if name in ("checks", "stripes"):
        return Material(colour, texture(name), opacity, roughness, metallic)
    lifted = [channel / mean for channel, mean in zip(colour, mean_shade(name), strict=True)]
    fall = min(255.0 / max(lifted), 1.0)  # a pale colour cannot be lifted enough: it keeps its hue and darkens
    red, green, blue = (fall * channel for channel in lifted)
    return Material((red, green, blue), texture(name), opacity, roughness, metallic)


def _colour(name: str) -> Colour:
    if name.startswith("#"):
        red, green, blue = bytes.fromhex(name[1:])
        return float(red), float(green), float(blue)
    return COLOURS[name]


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = ((1 - share) * a + share * b for a, b in zip(one, other, strict=True))
    return red, green, blue


def _shifted(colour: Colour, tone: float, saturation: float) -> Colour:
    grey = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    end = 250.0 if tone > 0 else 14.0
    red, green, blue = (
        min(max((1 - abs(tone)) * (grey + saturation * (c - grey)) + abs(tone) * end, 0.0), 255.0) for c in colour
    )
    return red, green, blue
