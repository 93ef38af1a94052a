"""Tables of what words on colour, material and style mean: a quiet palette, tuned to sit together in one room."""

from __future__ import annotations

from typing import Literal, NamedTuple

from spatialenv.core.mesh import Colour

Kind = Literal[
    "wood", "fabric", "leather", "metal", "glass", "ceramic", "stone", "plastic", "paint", "wicker", "paper", "mirror"
]
"""Families of materials: what style words and parts of furniture choose among."""


class Finish(NamedTuple):
    """A material as it comes, before a colour word changes it.

    Attributes:
        kind: Its family.
        colour: Mean colour, 0 to 255 each.
        texture: Name of its texture; empty for a plain one.
        roughness: 0 is a mirror, 1 is chalk.
        metallic: 0 or 1.
        opacity: Below 1 for glass.
    """

    kind: Kind
    colour: Colour
    texture: str = ""
    roughness: float = 0.8
    metallic: float = 0.0
    opacity: float = 1.0


def _wood(red: float, green: float, blue: float) -> Finish:
    return Finish("wood", (red, green, blue), "grain", 0.55)


def _fabric(red: float, green: float, blue: float, texture: str = "weave") -> Finish:
    return Finish("fabric", (red, green, blue), texture, 0.95)


def _metal(red: float, green: float, blue: float, roughness: float = 0.35, texture: str = "") -> Finish:
    return Finish("metal", (red, green, blue), texture, roughness, 1.0)


FINISHES: dict[str, Finish] = {
    "oak": _wood(196, 160, 116),
    "walnut": _wood(118, 82, 56),
    "pine": _wood(220, 186, 136),
    "birch": _wood(228, 206, 170),
    "beech": _wood(214, 176, 132),
    "ash": _wood(214, 194, 162),
    "maple": _wood(224, 194, 150),
    "mahogany": _wood(116, 58, 42),
    "cherry": _wood(158, 92, 60),
    "teak": _wood(168, 116, 68),
    "acacia": _wood(150, 100, 62),
    "ebony": _wood(58, 50, 45),
    "rosewood": _wood(100, 56, 42),
    "bamboo": _wood(214, 188, 128),
    "reclaimed": _wood(148, 118, 90),
    "driftwood": _wood(178, 166, 150),
    "plywood": _wood(216, 186, 144),
    "lacquer": Finish("wood", (236, 234, 229), "", 0.3),
    "linen": _fabric(206, 198, 184),
    "cotton": _fabric(222, 216, 206),
    "canvas": _fabric(222, 212, 194),
    "denim": _fabric(78, 100, 130),
    "silk": _fabric(216, 204, 190, ""),
    "wool": _fabric(176, 172, 166, "wool"),
    "felt": _fabric(150, 150, 150, "wool"),
    "boucle": _fabric(232, 226, 214, "wool"),
    "velvet": _fabric(78, 104, 100, "pile"),
    "suede": _fabric(164, 132, 102, "pile"),
    "microfibre": _fabric(158, 154, 148, "pile"),
    "carpet": _fabric(198, 190, 178, "tufts"),
    "jute": _fabric(194, 166, 124, "wicker"),
    "leather": Finish("leather", (134, 86, 56), "hide", 0.5),
    "steel": _metal(186, 190, 194, 0.32, "brushed"),
    "aluminium": _metal(200, 203, 206, 0.4, "brushed"),
    "chrome": _metal(212, 216, 220, 0.12),
    "nickel": _metal(190, 186, 178, 0.25),
    "iron": _metal(62, 61, 60, 0.6),
    "brass": _metal(196, 160, 92, 0.28),
    "gold": _metal(212, 172, 96, 0.22),
    "copper": _metal(190, 118, 84, 0.28),
    "bronze": _metal(128, 96, 66, 0.4),
    "silver": _metal(206, 206, 206, 0.2),
    "glass": Finish("glass", (206, 224, 226), "", 0.08, 0.0, 0.35),
    "mirror": Finish("mirror", (204, 216, 222), "", 0.03, 0.9),
    "ceramic": Finish("ceramic", (240, 239, 235), "", 0.25),
    "porcelain": Finish("ceramic", (244, 243, 240), "", 0.2),
    "enamel": Finish("ceramic", (238, 238, 236), "", 0.3),
    "terracotta": Finish("ceramic", (190, 112, 78), "cast", 0.85),
    "marble": Finish("stone", (230, 228, 224), "veins", 0.25),
    "granite": Finish("stone", (128, 126, 124), "speckle", 0.35),
    "quartz": Finish("stone", (226, 224, 218), "speckle", 0.3),
    "terrazzo": Finish("stone", (222, 216, 206), "chips", 0.35),
    "stone": Finish("stone", (178, 172, 162), "speckle", 0.7),
    "slate": Finish("stone", (88, 92, 96), "cast", 0.7),
    "travertine": Finish("stone", (216, 202, 178), "cast", 0.6),
    "concrete": Finish("stone", (174, 172, 168), "cast", 0.85),
    "brick": Finish("stone", (168, 98, 76), "bricks", 0.9),
    "plaster": Finish("paint", (236, 232, 224), "", 0.95),
    "paint": Finish("paint", (238, 234, 226), "", 0.9),
    "plastic": Finish("plastic", (232, 232, 230), "", 0.45),
    "acrylic": Finish("glass", (226, 232, 236), "", 0.1, 0.0, 0.4),
    "rubber": Finish("plastic", (58, 58, 60), "", 0.9),
    "wicker": Finish("wicker", (196, 156, 104), "wicker", 0.85),
    "cork": Finish("wicker", (190, 148, 104), "speckle", 0.95),
    "paper": Finish("paper", (240, 235, 222), "", 0.95),
    "cardboard": Finish("paper", (190, 152, 110), "", 0.95),
    "wax": Finish("paper", (240, 230, 208), "", 0.6),
    "soil": Finish("paper", (84, 64, 50), "tufts", 1.0),
    "leaves": Finish("fabric", (84, 124, 72), "", 0.8),
}
"""Materials by name."""

SYNONYMS = {
    "oaken": "oak", "elm": "teak", "cedar": "cherry", "spruce": "pine", "fir": "pine", "redwood": "mahogany",
    "wenge": "ebony", "mango": "acacia", "sheesham": "rosewood", "alder": "beech", "poplar": "birch",
    "barnwood": "reclaimed", "laminate": "oak", "veneer": "oak", "chipboard": "birch", "lacquered": "lacquer",
    "mdf": "lacquer", "melamine": "lacquer", "polyester": "linen", "nylon": "linen", "tweed": "wool",
    "cashmere": "wool", "sheepskin": "boucle", "fur": "boucle", "fleece": "boucle", "chenille": "velvet",
    "corduroy": "velvet", "satin": "silk", "microfiber": "microfibre", "sisal": "jute", "seagrass": "jute",
    "hemp": "jute", "leatherette": "leather", "faux": "leather", "stainless": "steel",
    "aluminum": "aluminium", "zinc": "nickel", "tin": "nickel", "pewter": "nickel", "chromed": "chrome",
    "brassy": "brass", "golden": "gold", "crystal": "glass", "mirrored": "mirror", "vitreous": "porcelain",
    "china": "porcelain", "stoneware": "ceramic", "earthenware": "terracotta", "clay": "terracotta",
    "limestone": "travertine", "sandstone": "travertine", "basalt": "slate", "cement": "concrete",
    "screed": "concrete", "stucco": "plaster", "painted": "paint", "wallpaper": "paint", "polypropylene": "plastic",
    "pvc": "plastic", "abs": "plastic", "resin": "plastic", "vinyl": "plastic", "plexiglass": "acrylic",
    "lucite": "acrylic", "rattan": "wicker", "cane": "wicker", "willow": "wicker", "woven": "wicker",
    "carton": "cardboard", "brickwork": "brick", "quartzite": "quartz", "onyx": "marble",
}  # fmt: skip
"""Other words for the materials."""

FAMILIES: dict[str, tuple[Kind, str]] = {
    "wood": ("wood", "oak"),
    "wooden": ("wood", "oak"),
    "timber": ("wood", "oak"),
    "hardwood": ("wood", "oak"),
    "softwood": ("wood", "pine"),
    "fabric": ("fabric", "linen"),
    "cloth": ("fabric", "linen"),
    "textile": ("fabric", "linen"),
    "upholstered": ("fabric", "linen"),
    "upholstery": ("fabric", "linen"),
    "metal": ("metal", "steel"),
    "metallic": ("metal", "steel"),
}
"""Words for a whole family, and what they mean where no style chooses."""

PATTERNS = {
    "parquet": "planks", "plank": "planks", "planks": "planks", "floorboards": "planks", "boards": "planks",
    "herringbone": "herringbone", "chevron": "herringbone", "tile": "tiles", "tiles": "tiles", "tiled": "tiles",
    "slabs": "slabs", "pavers": "slabs", "flagstone": "slabs", "metro": "metro", "subway": "metro",
    "checkered": "checks", "chequered": "checks", "checkerboard": "checks", "checked": "checks",
    "striped": "stripes", "stripes": "stripes", "bricks": "bricks",
}  # fmt: skip
"""Words for how pieces are laid; each names the texture that then takes the place of the material's own."""

PATTERN_FINISH = {
    "planks": "oak", "herringbone": "oak", "tiles": "ceramic", "slabs": "stone", "metro": "porcelain",
    "checks": "marble", "stripes": "cotton", "bricks": "brick",
}  # fmt: skip
"""What a pattern is made of where no word says."""

COLOURS: dict[str, Colour] = {
    "white": (242, 240, 236), "ivory": (240, 234, 218), "cream": (238, 228, 206), "beige": (216, 200, 174),
    "sand": (210, 192, 160), "oatmeal": (218, 206, 186), "taupe": (158, 144, 128), "greige": (188, 180, 168),
    "tan": (192, 150, 108), "camel": (186, 142, 92), "caramel": (176, 118, 70), "cognac": (154, 88, 50),
    "brown": (118, 84, 60), "chocolate": (84, 58, 44), "espresso": (66, 50, 42), "grey": (152, 152, 150),
    "silver": (200, 201, 202), "charcoal": (74, 76, 80), "graphite": (82, 84, 88), "anthracite": (62, 64, 68),
    "slate": (96, 106, 116), "black": (46, 45, 46), "red": (176, 62, 54), "burgundy": (110, 42, 52),
    "maroon": (106, 44, 46), "crimson": (160, 44, 56), "rust": (176, 92, 58), "terracotta": (190, 108, 78),
    "brick": (164, 90, 70), "coral": (226, 130, 108), "salmon": (228, 156, 134), "peach": (238, 190, 160),
    "orange": (218, 132, 62), "apricot": (236, 182, 132), "amber": (212, 152, 66), "mustard": (206, 162, 66),
    "ochre": (196, 148, 74), "yellow": (230, 196, 92), "gold": (206, 168, 96), "golden": (206, 168, 96),
    "lemon": (240, 222, 130), "olive": (122, 120, 74), "moss": (108, 118, 78), "sage": (164, 176, 150),
    "green": (94, 130, 94), "mint": (178, 212, 192), "forest": (56, 86, 64), "emerald": (40, 110, 86),
    "teal": (54, 116, 118), "turquoise": (96, 172, 172), "aqua": (150, 202, 202), "petrol": (44, 84, 98),
    "blue": (84, 120, 164), "sky": (164, 196, 220), "navy": (48, 62, 94), "indigo": (64, 68, 118),
    "cobalt": (52, 84, 160), "denim": (88, 112, 144), "lavender": (190, 180, 212), "lilac": (202, 184, 210),
    "purple": (118, 88, 138), "violet": (130, 104, 164), "plum": (108, 66, 92), "mauve": (178, 148, 164),
    "pink": (224, 172, 174), "blush": (228, 196, 186), "rose": (206, 146, 146), "magenta": (176, 74, 124),
    "fuchsia": (190, 74, 130), "wine": (108, 46, 58), "honey": (210, 160, 96),
}  # fmt: skip
"""Colours by name, 0 to 255 each: as a paint chart has them, not as a screen does."""

COLOUR_SYNONYMS = {"gray": "grey", "offwhite": "ivory", "ecru": "oatmeal", "khaki": "olive", "azure": "sky"}
"""Other words for the colours."""

SHIFTS: dict[str, tuple[float, float]] = {
    "light": (0.40, 1.0), "pale": (0.48, 0.85), "pastel": (0.45, 0.9), "soft": (0.18, 0.8), "dark": (-0.42, 1.0),
    "deep": (-0.30, 1.1), "smoked": (-0.45, 0.9), "stained": (-0.28, 1.0), "bright": (0.08, 1.4),
    "vivid": (0.0, 1.5), "muted": (0.05, 0.6), "dusty": (0.12, 0.6), "bleached": (0.45, 0.6),
    "whitewashed": (0.60, 0.5), "limed": (0.5, 0.5), "natural": (0.0, 1.0), "aged": (-0.12, 0.8),
    "weathered": (0.05, 0.45), "off": (0.0, 0.9), "frosted": (0.2, 0.8),
}  # fmt: skip
"""Words that change the colour after them: share of the way to white (below 0: to black), factor of saturation."""

STYLES: dict[str, dict[str, str]] = {
    "modern": {"wood": "oak", "fabric": "grey wool", "metal": "black metal", "leather": "black leather",
               "ceramic": "white ceramic"},
    "minimal": {"wood": "birch", "fabric": "oatmeal linen", "metal": "white metal", "leather": "beige leather",
                "ceramic": "ivory ceramic"},
    "scandinavian": {"wood": "ash", "fabric": "light grey wool", "metal": "white metal", "leather": "tan leather"},
    "japandi": {"wood": "ash", "fabric": "beige linen", "metal": "black metal", "leather": "camel leather"},
    "rustic": {"wood": "reclaimed", "fabric": "oatmeal linen", "metal": "iron", "leather": "cognac leather",
               "ceramic": "cream ceramic", "stone": "stone"},
    "classic": {"wood": "mahogany", "fabric": "burgundy velvet", "metal": "brass", "leather": "chocolate leather",
                "ceramic": "ivory ceramic", "stone": "marble"},
    "industrial": {"wood": "dark reclaimed", "fabric": "charcoal wool", "metal": "iron", "leather": "cognac leather",
                   "ceramic": "charcoal ceramic", "stone": "concrete"},
    "coastal": {"wood": "driftwood", "fabric": "light denim linen", "metal": "nickel", "leather": "sand leather",
                "ceramic": "aqua ceramic", "wicker": "light wicker"},
    "bohemian": {"wood": "acacia", "fabric": "rust cotton", "metal": "brass", "ceramic": "terracotta"},
    "midcentury": {"wood": "walnut", "fabric": "mustard wool", "metal": "brass", "leather": "cognac leather",
                   "ceramic": "teal ceramic"},
    "glamour": {"wood": "black lacquer", "fabric": "emerald velvet", "metal": "gold", "stone": "marble"},
    "tropical": {"wood": "teak", "fabric": "sage linen", "metal": "brass"},
}  # fmt: skip
"""What each style is made of, family by family; what it leaves out is as the category has it."""

STYLE_SYNONYMS = {
    "contemporary": "modern", "sleek": "modern", "minimalist": "minimal", "minimalistic": "minimal",
    "simple": "minimal", "nordic": "scandinavian", "scandi": "scandinavian", "japanese": "japandi", "zen": "japandi",
    "farmhouse": "rustic", "country": "rustic", "cottage": "rustic", "traditional": "classic", "antique": "classic",
    "victorian": "classic", "elegant": "classic", "vintage": "midcentury", "retro": "midcentury",
    "mid": "midcentury", "loft": "industrial", "urban": "industrial", "beach": "coastal", "nautical": "coastal",
    "hamptons": "coastal", "mediterranean": "coastal", "boho": "bohemian", "eclectic": "bohemian",
    "moroccan": "bohemian", "deco": "glamour", "luxury": "glamour", "luxurious": "glamour", "glam": "glamour",
    "hollywood": "glamour", "balinese": "tropical",
}  # fmt: skip
"""Other words for the styles."""
