"""Furniture by category: one line for each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.metadata import entry_points
from types import MappingProxyType

from spatialenv.core.category_names import CategoryNames
from spatialenv.core.mesh import TriangleMesh
from spatialenv.renderers.furniture import (
    appliances,
    bathroom,
    beds,
    building,
    cabinets,
    chairs,
    cooking,
    decor,
    desks,
    games,
    household,
    kitchen,
    lighting,
    media,
    plants,
    seating,
    shelves,
    storage,
    tables,
    textiles,
    wall_decor,
)
from spatialenv.renderers.furniture.builder import Builder
from spatialenv.renderers.furniture.category import Category

# fmt: off
CATEGORIES: tuple[Category, ...] = (
    Category("bed", beds.bed, ("double bed", "single bed", "king size bed", "king bed", "queen bed", "twin bed",
             "platform bed", "kids bed", "canopy bed", "four poster bed", "mattress", "futon bed"), (0.7, 1.2, 0.3),
             (3.0, 3.2, 2.6)),
    Category("bunk_bed", beds.bunk_bed, ("loft bed",), (0.7, 1.2, 1.1), (2.6, 3.0, 2.8)),
    Category("daybed", beds.daybed, ("day bed", "sofa bed", "sleeper sofa"), (1.0, 0.6, 0.6), (3.2, 2.0, 1.6)),
    Category("crib", beds.crib, ("baby crib", "cot", "baby bed", "cradle", "bassinet"), (0.5, 0.5, 0.6),
             (1.8, 1.8, 1.6)),
    Category("sofa", seating.sofa, ("couch", "loveseat", "love seat", "settee", "sectional", "sectional sofa",
             "corner sofa", "chesterfield", "futon", "multi seat sofa", "lazy sofa"), (0.9, 0.6, 0.5),
             (5.0, 3.2, 1.4)),
    Category("chaise", seating.chaise, ("chaise longue", "chaise lounge"), (0.5, 0.8, 0.5), (2.0, 2.4, 1.3)),
    Category("armchair", seating.armchair, ("arm chair", "recliner", "lounge chair", "easy chair", "wing chair",
             "accent chair", "club chair", "reading chair", "nursing chair", "egg chair",
             "wingback chair", "barrel chair", "glider"), (0.5, 0.5, 0.55), (1.8, 1.6, 1.6)),
    Category("chair", chairs.chair, ("dining chair", "side chair", "kitchen chair", "folding chair", "seat"),
             (0.3, 0.3, 0.55), (1.0, 1.0, 1.5)),
    Category("office_chair", chairs.office_chair, ("desk chair", "swivel chair", "task chair", "gaming chair",
             "computer chair"), (0.4, 0.4, 0.6), (1.1, 1.1, 1.6)),
    Category("rocking_chair", chairs.rocking_chair, ("rocker",), (0.45, 0.5, 0.7), (1.2, 1.5, 1.6)),
    Category("stool", chairs.stool, ("bar stool", "barstool", "counter stool", "bar chair", "step stool",
             "piano stool"),
             (0.25, 0.25, 0.25), (0.8, 0.8, 1.4)),
    Category("high_chair", chairs.high_chair, ("highchair", "baby chair", "feeding chair"), (0.35, 0.35, 0.6),
             (1.0, 1.0, 1.5)),
    Category("bench", seating.bench, ("dining bench", "entryway bench", "hall bench", "shoe bench", "piano bench",
             "storage bench", "bed end stool", "bedroom bench", "window seat", "pew"), (0.5, 0.25, 0.3),
             (4.0, 1.0, 1.2)),
    Category("ottoman", seating.ottoman, ("pouf", "pouffe", "footstool", "foot stool", "foot rest", "hassock"),
             (0.3, 0.3, 0.2), (2.0, 2.0, 0.7)),
    Category("bean_bag", seating.bean_bag, ("beanbag", "bean bag chair"), (0.4, 0.4, 0.3), (1.6, 1.6, 1.3)),
    Category("dining_table", tables.dining_table, ("dinner table", "kitchen table", "breakfast table", "dinette",
             "round table", "table", "conference table", "meeting table", "picnic table"), (0.5, 0.5, 0.4),
             (6.0, 3.0, 1.2)),
    Category("desk", desks.desk, ("writing desk", "computer desk", "office desk", "study desk", "work desk",
             "writing table", "study table", "workstation", "computer table", "secretary", "drafting table",
             "standing desk"), (0.6, 0.4, 0.5), (3.2, 1.6, 2.2)),
    Category("coffee_table", tables.coffee_table, ("cocktail table", "tea table", "center table", "centre table",
             "low table"), (0.35, 0.35, 0.25), (2.4, 2.0, 0.7)),
    Category("side_table", tables.side_table, ("end table", "accent table", "corner table", "occasional table",
             "lamp table", "sofa table", "corner side table", "plant stand"), (0.25, 0.25, 0.3), (1.2, 1.2, 1.0)),
    Category("console_table", tables.console_table, ("console", "hall table", "entryway table"), (0.5, 0.2, 0.5),
             (3.0, 0.8, 1.3)),
    Category("vanity", desks.vanity, ("dressing table", "makeup table", "vanity table", "vanity desk",
             "makeup vanity"), (0.6, 0.35, 0.6), (2.2, 0.9, 2.0)),
    Category("workbench", desks.workbench, ("work bench", "work table", "craft table", "sewing table"),
             (0.7, 0.45, 0.6), (3.5, 1.5, 2.2)),
    Category("pool_table", games.pool_table, ("billiard table", "snooker table", "foosball table", "game table",
             "table football", "air hockey table"), (1.0, 0.7, 0.5), (4.0, 2.4, 1.1)),
    Category("table_tennis", games.table_tennis, ("table tennis table", "ping pong table", "ping pong"),
             (1.0, 0.7, 0.5), (4.0, 3.0, 1.3)),
    Category("arcade_machine", games.arcade_machine, ("arcade cabinet", "pinball machine", "jukebox"),
             (0.4, 0.4, 0.8), (1.2, 1.4, 2.4)),
    Category("nightstand", cabinets.nightstand, ("night stand", "night table", "bedside table", "bedside cabinet"),
             (0.3, 0.25, 0.35), (1.0, 0.8, 1.0)),
    Category("dresser", cabinets.dresser, ("chest of drawers", "chest", "drawer chest", "drawer unit", "tallboy",
             "commode", "bureau"), (0.4, 0.3, 0.5), (3.0, 1.0, 1.8)),
    Category("changing_table", cabinets.changing_table, ("diaper table", "baby changing table"), (0.5, 0.35, 0.5),
             (2.0, 1.0, 1.5)),
    Category("wardrobe", cabinets.wardrobe, ("closet", "armoire", "clothes closet"), (0.5, 0.35, 1.0),
             (5.0, 1.2, 3.0)),
    Category("cabinet", cabinets.cabinet, ("storage cabinet", "cupboard", "storage unit", "locker", "display cabinet",
             "china cabinet", "curio cabinet", "glass cabinet", "hutch", "pantry", "larder", "wine cabinet",
             "liquor cabinet"), (0.35, 0.25, 0.4), (4.0, 1.0, 3.0)),
    Category("sideboard", cabinets.sideboard, ("buffet", "credenza", "buffet cabinet"), (0.6, 0.3, 0.5),
             (3.5, 0.9, 1.5)),
    Category("shoe_cabinet", cabinets.shoe_cabinet, ("shoe rack", "shoe storage", "shoe shelf"), (0.4, 0.2, 0.4),
             (2.4, 0.7, 2.0)),
    Category("filing_cabinet", cabinets.filing_cabinet, ("file cabinet",), (0.35, 0.35, 0.4), (2.0, 1.0, 1.8)),
    Category("safe", storage.safe, ("strongbox", "gun safe"), (0.25, 0.25, 0.25), (1.2, 1.2, 2.0)),
    Category("toy_box", storage.toy_box, ("toy chest", "trunk", "treasure chest", "blanket box", "hope chest",
             "storage box", "storage chest", "toy storage"), (0.4, 0.25, 0.3), (2.0, 1.0, 1.0)),
    Category("coat_rack", storage.coat_rack, ("coat stand", "hat stand", "clothes rack", "garment rack",
             "clothes rail", "hall tree"), (0.3, 0.3, 1.0), (2.5, 0.9, 2.4)),
    Category("bookcase", shelves.bookcase, ("bookshelf", "book shelf", "book case", "shelf", "shelving",
             "shelving unit", "shelf unit", "standing shelf", "display shelf", "etagere", "ladder shelf",
             "wine rack", "cd rack"),
             (0.35, 0.18, 0.4), (3.2, 0.8, 2.8)),
    Category("tv_stand", shelves.tv_stand, ("television stand", "tv cabinet", "tv unit", "tv console",
             "media console", "media unit", "media cabinet", "entertainment center", "entertainment unit"),
             (0.5, 0.3, 0.3), (3.5, 0.9, 1.0)),
    Category("piano", shelves.piano, ("upright piano", "grand piano", "organ", "digital piano"), (1.0, 0.4, 0.8),
             (2.2, 3.0, 1.9)),
    Category("kitchen_cabinet", kitchen.kitchen_cabinet, ("base cabinet", "counter", "kitchen counter",
             "counter top", "countertop", "worktop", "kitchen unit", "kitchen", "kitchenette", "bar counter"),
             (0.3, 0.3, 0.5), (6.0, 1.2, 1.3)),
    Category("kitchen_island", kitchen.kitchen_island, ("island", "breakfast bar", "home bar"), (0.6, 0.5, 0.6),
             (4.0, 2.0, 1.3)),
    Category("wall_cabinet", kitchen.wall_cabinet, ("upper cabinet", "wall unit", "hanging cabinet",
             "overhead cabinet", "medicine cabinet", "bathroom cabinet"), (0.25, 0.12, 0.25), (5.0, 0.7, 1.4)),
    Category("kitchen_sink", kitchen.kitchen_sink, ("sink cabinet", "sink unit", "utility sink"), (0.4, 0.35, 0.3),
             (3.0, 1.0, 1.4)),
    Category("stove", cooking.stove, ("range", "cooker", "gas stove", "electric stove", "stove oven", "hob",
             "cooktop", "kitchen stove"), (0.4, 0.4, 0.5), (1.5, 0.9, 1.3)),
    Category("oven", cooking.oven, ("wall oven", "built in oven"), (0.35, 0.3, 0.3), (1.2, 0.9, 1.4)),
    Category("range_hood", cooking.range_hood, ("hood", "cooker hood", "extractor hood", "vent hood"),
             (0.4, 0.3, 0.25), (1.8, 0.9, 1.4)),
    Category("dishwasher", cooking.dishwasher, ("dish washer",), (0.35, 0.35, 0.4), (1.0, 0.9, 1.2)),
    Category("fridge", cooking.fridge, ("refrigerator", "freezer", "mini fridge", "fridge freezer", "icebox",
             "wine fridge", "wine cooler"), (0.4, 0.4, 0.5), (1.6, 1.2, 2.4)),
    Category("toilet", bathroom.toilet, ("lavatory", "water closet", "wc", "toilet seat"), (0.3, 0.45, 0.38),
             (0.9, 1.1, 1.3)),
    Category("bidet", bathroom.bidet, (), (0.25, 0.4, 0.25), (0.6, 0.9, 0.7)),
    Category("washbasin", bathroom.washbasin, ("sink", "basin", "wash basin", "bathroom sink", "pedestal sink",
             "hand basin", "bathroom vanity", "sink vanity", "vanity unit", "vanity sink", "double vanity",
             "washstand"), (0.3, 0.25, 0.15), (2.4, 0.9, 1.3)),
    Category("bathtub", bathroom.bathtub, ("bath", "tub", "bath tub", "hot tub", "jacuzzi"), (0.9, 0.5, 0.35),
             (2.6, 1.8, 1.1)),
    Category("shower", bathroom.shower, ("shower cabin", "shower stall", "shower enclosure", "shower cubicle",
             "shower cabinet"), (0.5, 0.5, 1.2), (2.4, 2.0, 2.6)),
    Category("towel_rail", bathroom.towel_rail, ("towel rack", "towel holder", "towel bar", "towel stand",
             "towel warmer", "towel"), (0.25, 0.05, 0.25), (1.4, 0.5, 2.0)),
    Category("laundry_hamper", bathroom.laundry_hamper, ("hamper", "laundry basket", "laundry bin",
             "clothes hamper"), (0.2, 0.2, 0.25), (1.0, 0.8, 1.1)),
    Category("floor_lamp", lighting.floor_lamp, ("standing lamp", "standard lamp", "torchiere", "arc lamp"),
             (0.15, 0.15, 0.7), (1.8, 1.8, 2.4)),
    Category("table_lamp", lighting.table_lamp, ("bedside lamp", "nightstand lamp", "night lamp", "lamp"),
             (0.1, 0.1, 0.15), (0.9, 0.9, 1.1)),
    Category("desk_lamp", lighting.desk_lamp, ("reading lamp", "task lamp", "study lamp", "work lamp"),
             (0.1, 0.1, 0.2), (0.8, 0.9, 1.1)),
    Category("ceiling_lamp", lighting.ceiling_lamp, ("pendant lamp", "pendant light", "pendant", "hanging lamp",
             "ceiling light", "flush mount light", "light fixture", "light"), (0.12, 0.12, 0.06), (1.6, 1.6, 1.8)),
    Category("chandelier", lighting.chandelier, (), (0.3, 0.3, 0.25), (2.0, 2.0, 2.0)),
    Category("wall_lamp", lighting.wall_lamp, ("sconce", "wall light", "wall sconce"), (0.08, 0.08, 0.12),
             (0.6, 0.6, 0.9)),
    Category("washing_machine", appliances.washing_machine, ("washer", "laundry machine", "washer dryer"),
             (0.35, 0.35, 0.4), (1.0, 1.0, 1.4)),
    Category("clothes_dryer", appliances.clothes_dryer, ("dryer", "tumble dryer"), (0.35, 0.35, 0.4),
             (1.0, 1.0, 1.4)),
    Category("microwave", appliances.microwave, ("microwave oven", "toaster oven"), (0.25, 0.2, 0.15),
             (0.9, 0.7, 0.6)),
    Category("coffee_machine", appliances.coffee_machine, ("coffee maker", "espresso machine"), (0.12, 0.15, 0.18),
             (0.6, 0.6, 0.7)),
    Category("toaster", appliances.toaster, (), (0.15, 0.1, 0.1), (0.6, 0.5, 0.4)),
    Category("kettle", appliances.kettle, ("tea kettle", "teapot", "tea pot", "jug", "pitcher", "watering can"),
             (0.12, 0.1, 0.12), (0.5, 0.4, 0.5)),
    Category("fan", appliances.fan, ("standing fan", "floor fan", "pedestal fan", "desk fan"), (0.15, 0.12, 0.25),
             (0.9, 0.8, 1.8)),
    Category("heater", appliances.heater, ("air purifier", "space heater", "humidifier", "dehumidifier",
             "air conditioner", "air cooler", "water dispenser"), (0.12, 0.12, 0.2), (1.0, 0.8, 1.8)),
    Category("television", media.television, ("tv", "tv screen", "flat screen tv", "smart tv", "tv set"),
             (0.3, 0.02, 0.2), (2.6, 0.6, 1.6)),
    Category("monitor", media.monitor, ("computer monitor", "computer screen", "screen", "display"),
             (0.2, 0.08, 0.2), (1.4, 0.6, 0.9)),
    Category("laptop", media.laptop, ("notebook computer", "laptop computer"), (0.2, 0.15, 0.12),
             (0.6, 0.6, 0.5)),
    Category("computer", media.computer, ("computer tower", "pc", "desktop computer", "desktop", "server"),
             (0.1, 0.2, 0.2), (0.5, 0.8, 0.9)),
    Category("speaker", media.speaker, ("loudspeaker", "subwoofer", "stereo", "sound system", "radio"),
             (0.08, 0.08, 0.12), (0.9, 0.7, 1.6)),
    Category("printer", media.printer, ("scanner", "copier", "photocopier"), (0.2, 0.2, 0.12), (1.0, 0.9, 1.1)),
    Category("game_console", media.game_console, ("games console", "gaming console", "dvd player", "router",
             "set top box", "amplifier", "record player", "turntable"), (0.1, 0.08, 0.03), (0.7, 0.6, 0.3)),
    Category("telephone", media.telephone, ("phone", "landline"), (0.08, 0.08, 0.05), (0.4, 0.4, 0.3)),
    Category("house_plant", plants.house_plant, ("plant", "potted plant", "houseplant", "indoor plant", "tree",
             "bush", "fern", "palm", "palm tree", "fiddle leaf fig", "cactus", "succulent", "bonsai", "snake plant",
             "planter", "plant pot", "flower pot", "flowerpot"), (0.06, 0.06, 0.1), (2.0, 2.0, 3.0)),
    Category("flowers", plants.flowers, ("flower", "bouquet", "flower vase", "flower arrangement"),
             (0.08, 0.08, 0.12), (0.8, 0.8, 1.4)),
    Category("rug", textiles.rug, ("carpet", "area rug", "round rug", "runner", "doormat", "door mat", "bath mat",
             "mat", "floor mat", "yoga mat", "throw rug"), (0.3, 0.3, 0.004), (8.0, 8.0, 0.1)),
    Category("curtain", textiles.curtain, ("drape", "drapery", "window curtain", "shower curtain"),
             (0.3, 0.05, 0.5), (6.0, 0.5, 4.0)),
    Category("blind", textiles.blind, ("window blind", "roller blind", "venetian blind", "roman blind",
             "window shade", "shutter"), (0.3, 0.03, 0.3), (4.0, 0.3, 3.0)),
    Category("cushion", textiles.cushion, ("pillow", "throw pillow", "seat cushion", "bed pillow", "floor cushion",
             "stuffed animal", "plush toy", "teddy bear"), (0.15, 0.06, 0.06), (1.2, 1.2, 0.8)),
    Category("blanket", textiles.blanket, ("throw", "throw blanket", "quilt", "duvet", "comforter", "bedding",
             "folded towel", "linen", "cloth"), (0.15, 0.15, 0.03), (2.4, 2.4, 0.6)),
    Category("dog_bed", textiles.pet_bed, ("pet bed", "cat bed", "dog basket", "cat basket"), (0.3, 0.3, 0.08),
             (1.6, 1.4, 0.5)),
    Category("vase", decor.vase, ("urn", "jar", "bottle", "wine bottle", "decanter", "carafe"), (0.04, 0.04, 0.06),
             (0.8, 0.8, 1.6)),
    Category("bowl", decor.bowl, ("fruit bowl", "salad bowl", "mixing bowl", "dish", "pet bowl", "dog bowl"),
             (0.06, 0.06, 0.03), (0.7, 0.7, 0.4)),
    Category("plate", decor.plate, ("tray", "serving tray", "platter", "saucer", "dinner plate"),
             (0.08, 0.08, 0.008), (0.8, 0.8, 0.15)),
    Category("cup", decor.cup, ("mug", "coffee cup", "tea cup", "teacup", "glass", "tumbler", "wine glass",
             "pencil holder", "pen holder"), (0.04, 0.04, 0.05), (0.3, 0.3, 0.4)),
    Category("book", decor.book, ("stack of book", "book stack", "magazine", "notebook", "novel", "pile of book",
             "newspaper", "tablet", "folder"), (0.05, 0.05, 0.008), (1.2, 0.6, 0.6)),
    Category("candle", decor.candle, ("candlestick", "candle holder", "tealight", "candelabra"),
             (0.03, 0.03, 0.04), (0.4, 0.4, 0.8)),
    Category("painting", wall_decor.painting, ("picture", "art", "artwork", "wall art", "poster", "print", "canvas",
             "framed picture", "wall picture", "wall decor", "tapestry", "wall hanging", "whiteboard",
             "bulletin board", "blackboard", "chalkboard"), (0.1, 0.01, 0.1), (4.0, 0.3, 3.0)),
    Category("mirror", wall_decor.mirror, ("wall mirror", "floor mirror", "standing mirror", "full length mirror",
             "bathroom mirror", "vanity mirror", "round mirror"), (0.12, 0.01, 0.12), (3.0, 1.0, 2.6)),
    Category("picture_frame", wall_decor.picture_frame, ("photo frame", "photo", "photograph", "framed photo"),
             (0.06, 0.01, 0.08), (0.8, 0.4, 1.0)),
    Category("clock", wall_decor.clock, ("wall clock", "grandfather clock", "mantel clock"), (0.1, 0.02, 0.1),
             (1.5, 0.8, 2.6)),
    Category("alarm_clock", wall_decor.alarm_clock, ("digital clock", "desk clock", "table clock"),
             (0.05, 0.03, 0.05), (0.4, 0.3, 0.3)),
    Category("sculpture", decor.sculpture, ("statue", "statuette", "figurine", "ornament", "decoration", "decor",
             "bust", "trophy", "toy", "globe"), (0.04, 0.03, 0.06), (1.2, 1.2, 2.4)),
    Category("basket", decor.basket, ("storage basket", "wicker basket", "bread basket", "magazine rack",
             "toy basket"), (0.12, 0.12, 0.1), (1.2, 1.0, 0.9)),
    Category("garbage_can", household.garbage_can, ("trash can", "trash bin", "waste bin", "rubbish bin", "bin",
             "waste basket", "wastebasket", "dustbin", "garbage bin", "recycling bin", "trash", "bucket", "pail"),
             (0.12, 0.12, 0.15), (0.9, 0.9, 1.2)),
    Category("cart", household.cart, ("trolley", "bar cart", "serving cart", "kitchen cart", "utility cart",
             "kitchen trolley", "serving trolley", "tea trolley"), (0.3, 0.25, 0.4), (1.4, 1.0, 1.5)),
    Category("room_divider", building.room_divider, ("folding screen", "divider", "privacy screen", "partition",
             "screen divider", "dressing screen"), (0.5, 0.1, 0.6), (5.0, 1.0, 2.8)),
    Category("aquarium", household.aquarium, ("fish tank", "terrarium"), (0.2, 0.15, 0.18), (3.0, 1.2, 2.0)),
    Category("treadmill", household.treadmill, ("running machine", "elliptical", "rowing machine"),
             (0.4, 0.8, 0.6), (1.4, 2.6, 2.0)),
    Category("exercise_bike", household.exercise_bike, ("bicycle", "bike", "stationary bike", "spin bike"),
             (0.3, 0.6, 0.6), (1.2, 2.0, 1.8)),
    Category("crate", household.crate, ("box", "carton", "cardboard box", "moving box", "wooden crate", "package",
             "storage bin", "litter box", "drawer organizer"), (0.1, 0.1, 0.06), (2.0, 1.6, 1.6)),
    Category("suitcase", household.suitcase, ("luggage", "trolley case", "backpack", "bag", "duffel bag", "handbag"),
             (0.2, 0.12, 0.25), (1.0, 0.6, 1.1)),
    Category("umbrella_stand", household.umbrella_stand, ("umbrella holder",), (0.12, 0.12, 0.3), (0.6, 0.6, 1.2)),
    Category("radiator", building.radiator, ("heating", "towel radiator"), (0.3, 0.06, 0.2), (3.0, 0.4, 2.0)),
    Category("fireplace", building.fireplace, ("fire place", "hearth", "mantel", "mantelpiece", "wood stove"),
             (0.6, 0.2, 0.5), (3.0, 1.2, 2.6)),
    Category("door", building.door, ("interior door", "front door", "double door", "glass door", "sliding door",
             "french door"), (0.4, 0.04, 1.0), (3.0, 0.4, 3.0)),
    Category("window", building.window, (), (0.3, 0.04, 0.3), (5.0, 0.5, 3.0)),
    Category("stairs", building.stairs, ("staircase", "stairway", "step"), (0.4, 0.4, 0.2), (3.0, 6.0, 4.5)),
    Category("column", building.column, ("pillar",), (0.1, 0.1, 0.5), (1.5, 1.5, 5.0)),
    Category("ladder", building.ladder, ("step ladder", "stepladder"), (0.25, 0.3, 0.4), (1.0, 1.8, 3.0)),
)
# fmt: on
"""All of them; a new one is a function in the module of its family and a line here."""


GROUP = "spatialenv.furniture"
"""Entry points under which other distributions offer categories."""


@cache
def all_categories() -> Mapping[str, Category]:
    """Return the categories of this package and of other distributions, by name; looked for once.

    Names of this package cannot be taken. What cannot be loaded is left out with a warning, since it must not keep
    rooms from being drawn.
    """
    known = {category.name: category for category in CATEGORIES}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            category = point.load()
        except Exception as error:  # somebody else's module may raise anything
            category, problem = None, f"{type(error).__name__}: {error}"
        else:
            problem = (
                f"{point.value!r} is a {type(category).__name__}; it must be a Category whose wordings are strings"
            )
        if not isinstance(category, Category) or not all(isinstance(w, str) for w in (category.name, *category.also)):
            warnings.warn(f"the furniture {point.name!r} is left out: {problem}", RuntimeWarning, stacklevel=2)
        else:
            known.setdefault(category.name, category)
    return MappingProxyType(known)


MAX_WORDS = 1000
"""So many characters of a category, a style or a material are read; the rest is passed over, here and in caches."""


@cache
def _names() -> CategoryNames:
    return CategoryNames.of({name: category.also for name, category in all_categories().items()})


def find_category(category: str) -> str | None:
    """Return the name of the category that a wording means, or None where there is none; see `CategoryNames`.

    Example:
        >>> find_category("Glass Coffee Tables"), find_category("gizmo")
        ('coffee_table', None)
    """
    return _find(category[:MAX_WORDS])


@lru_cache(maxsize=4096)
def _find(category: str) -> str | None:
    return _names().find(category)


def furniture_mesh(
    category: str, size: tuple[float, float, float], style: str = "", material: str = ""
) -> TriangleMesh | None:
    """Return the mesh of a category of furniture, or None where there is no such category.

    The same mesh for the same arguments, made once. Of each text, `MAX_WORDS` characters are read.

    Args:
        category: What it is: ``"dining chair"``; case, plurals, numbers and joining signs do not matter.
        size: ``(length, width, height)`` of its box in metres; the mesh touches all six sides, its front is at +y.
        style: Words on its style.
        material: Words on its material.

    Example:
        >>> table = furniture_mesh("coffee table", (1.2, 0.6, 0.4), "modern", "oak")
        >>> table.bounds.tolist()
        [[-0.6, -0.3, -0.2], [0.6, 0.3, 0.2]]
    """
    return _mesh(category[:MAX_WORDS], size, style[:MAX_WORDS], material[:MAX_WORDS])


@lru_cache(maxsize=1024)
def _mesh(category: str, size: tuple[float, float, float], style: str, material: str) -> TriangleMesh | None:
    name = _find(category)
    if name is None:
        return None
    known, said = all_categories()[name], _names().rest(category)
    make = Builder(size, category, style, material, said=said, least=known.least, most=known.most)
    try:
        known.design(make)
        return make.mesh()
    except Exception as error:  # somebody else's design may raise anything
        if any(known is own for own in CATEGORIES):
            raise
        text = f"the furniture {name!r} is drawn as a box: {type(error).__name__}: {error}"
        warnings.warn(text, RuntimeWarning, stacklevel=3)
        return None
