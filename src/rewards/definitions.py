"""How each preset understands a layout: the words beside the code, for `spatialenv compare` and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of `Score.details` that is worth showing.

    Attributes:
        label: What to call it.
        key: Where it is, with dots: ``"components.support"``.
        unit: Its unit; ``""`` for a ratio, ``"count"`` for a whole number, ``"%"``, ``"m"``, ``"m3"``, ``"l"``.
    """

    label: str
    key: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """How a preset understands collisions, bounds, support and free ways.

    Attributes:
        name: Its name in the registry.
        collision: When two objects collide.
        out_of_bounds: When an object is out of the room.
        support: When an object is held up.
        free_ways: When one can walk.
        aggregation: How one value comes of it.
        bounds: Least and greatest value of the preset as its name alone makes it.
        blind_spots: What it does not see.
        defects: Defects of the public code that are kept.
        source: Where the definition is from.
        figures: Figures of its details that are shown.
        is_ours: Whether it is no public definition but one of this package.
    """

    name: str
    collision: str
    out_of_bounds: str
    support: str
    free_ways: str
    aggregation: str
    bounds: tuple[float, float]
    blind_spots: tuple[str, ...]
    defects: tuple[str, ...]
    source: str
    figures: tuple[Figure, ...]
    is_ours: bool = False

    def words(self) -> dict[str, str]:
        """Return what it says of each concern, by the concern."""
        low, high = self.bounds
        return {
            "collision": self.collision,
            "out of the room": self.out_of_bounds,
            "support": self.support,
            "free ways": self.free_ways,
            "value": self.aggregation,
            "range": f"{low:g} to {high:g}",
            "source": self.source,
        }


_NONE = "-"

_TABLE = (
    Definition(
        name="physics",
        collision="boxes share more than 1e-6 m3; rugs that lie flat are exempt; paid by the share of volume",
        out_of_bounds="more than 1e-6 m3 is outside the floor's polygon, the floor or the ceiling; paid by the share",
        support="bottom within 1 cm of what should hold it, and the centre of mass over it",
        free_ways=_NONE,
        aggregation="0.1 + 0.9 mean over objects of collision * boundary * support * (0.5 + 0.5 relations); 0 if "
        "incomplete",
        bounds=(0.0, 1.0),
        blind_spots=("shapes inside their boxes", "ways and doors", "style"),
        defects=(),
        source="this package",
        figures=(
            Figure("collision", "components.collision"),
            Figure("boundary", "components.boundary"),
            Figure("support", "components.support"),
            Figure("relations", "components.constraint"),
        ),
        is_ours=True,
    ),
    Definition(
        name="metaspatial",
        collision="boxes along the axes overlap by more than 1 mm on each axis; length and width are swapped at "
        "quarter turns only; never where the longest side is 40 times the shortest",
        out_of_bounds="only where a relation's region, cut to the room, says so",
        support="only where a relation says so",
        free_ways=_NONE,
        aggregation="0.5 format - 0.2 collision ratio - 0.2 constraint ratio (and a judge's grades / 50)",
        bounds=(0.0, 0.5),
        blind_spots=("how deep a collision is", "what is outside without a relation", "yaws between quarter turns"),
        defects=(
            "pairs with the four walls, the floor and the ceiling count, which dilutes the collision ratio",
            "an adjacent relation is met by one exact number only",
            "a judge's sum of 0 or 10 drops both penalties",
        ),
        source="MetaSpatial, metaverse.py and metaverse_utils.py; IDesign, utils.py",
        figures=(
            Figure("collision ratio", "collision_ratio"),
            Figure("constraint ratio", "constraint_ratio"),
        ),
    ),
    Definition(
        name="sceneeval",
        collision="in contact, and still so after the smaller one moved 5 mm off the point of contact",
        out_of_bounds="under 99 % of max(1000, 5000 a m3) surface points have the floor below them",
        support="(full plan) bottom within 5 mm, centre over the hull of what it touches; wall and ceiling: 1 cm",
        free_ways="largest component of the free floor over all of it; robot 0.2 m; centres above 2 m do not count; "
        "openings by what is drawn before them",
        aggregation="four metrics; ours: their mean",
        bounds=(0.0, 1.0),
        blind_spots=("what is above the ceiling", "what hovers (short plan)", "relations without a language model"),
        defects=(
            "the nudge runs to the centroid and not along the parting axis: it undoes 2 mm between flush cubes, not 4",
            "no test of the ceiling",
            "one whole face beyond a wall is out at once, even by a millimetre",
            "doors play no part in navigability",
            "what goes through a whole door zone covers it by lines only",
            "sampling is not seeded there",
        ),
        source="SceneEval, metrics/ and configs/metrics.yaml",
        figures=(
            Figure("objects in collision", "num_obj_in_collision", "count"),
            Figure("out of bound", "num_out_of_bound", "count"),
            Figure("navigability", "navigability"),
            Figure("opening clearance", "components.opening_clearance"),
        ),
    ),
    Definition(
        name="respace",
        collision="filled voxels of 5 cm that two objects share, where their prisms share more than 1e-7 m3",
        out_of_bounds="voxels outside floor, walls and ceiling, where the prism leaves them by more than 1e-7 m3",
        support=_NONE,
        free_ways=_NONE,
        aggregation="PBL = OOB + MBL in m3, valid up to 0.1; ours: 1 - PBL / 0.1, at least 0",
        bounds=(0.0, 1.0),
        blind_spots=("what hovers", "relations", "doors and ways"),
        defects=(
            "boxes grow by up to a voxel on each axis, so 1 mm between two 1 m cubes counts as up to 0.11 m3",
            "where voxels cannot be made the loss is 0: a failure counts as perfect",
        ),
        source="ReSpace, src/eval.py",
        figures=(
            Figure("OOB", "OOB", "l"),
            Figure("MBL", "MBL", "l"),
            Figure("PBL", "PBL", "l"),
        ),
    ),
    Definition(
        name="scenerevis",
        collision="a contact deeper than 1 cm",
        out_of_bounds="over 1 % of 500 surface points are 1 mm beyond floor, walls or ceiling",
        support="bottom within 5 cm; on a wall: centre within 15 cm of it; from the ceiling: top above 80 % of the "
        "height",
        free_ways=_NONE,
        aggregation="weighted piecewise maps of rates and sums; the language model's terms are dropped; -1 below four "
        "objects",
        bounds=(-1.0, 0.4),
        blind_spots=("contacts up to 1 cm", "relations", "doors and ways"),
        defects=(
            "fewer than four objects are worth -1 however they stand",
            "support looks at rectangles as if nothing were turned; any touch of an edge supports",
            "a deep cabinet on a wall has its centre too far from it",
            "the tolerance of 1 cm stays where the comment says it was removed",
        ),
        source="SceneReVis, eval/myeval.py and script/RL",
        figures=(
            Figure("collision rate", "collision_rate", "%"),
            Figure("out of bounds", "out_of_bounds_rate", "%"),
            Figure("penetration", "total_penetration_depth", "m"),
            Figure("volume outside", "total_oob_volume", "m3"),
            Figure("unsupported", "unsupported_rate", "%"),
        ),
    ),
    Definition(
        name="sceneweaver",
        collision="a contact deeper than 1 mm that then holds more than 1e-4 m3; rugs are left out",
        out_of_bounds="the footprint is not within the floor grown by 1 cm; rugs are left out",
        support=_NONE,
        free_ways=_NONE,
        aggregation="counts BBL (pairs) and OOB (objects); ours: the mean of both shares of objects without trouble",
        bounds=(0.0, 1.0),
        blind_spots=("heights: what hovers, sinks in or is above the ceiling", "how bad a collision is", "rugs"),
        defects=(
            "bounds are looked at from above alone",
            "a wide contact may hold litres and still be less than 1 mm deep",
        ),
        source="SceneWeaver, infinigen_examples/steps/evaluate.py",
        figures=(Figure("BBL pairs", "BBL", "count"), Figure("OOB", "OOB", "count")),
    ),
    Definition(
        name="physcene",
        collision=_NONE,
        out_of_bounds=_NONE,
        support=_NONE,
        free_ways="mean over doors of the free component at the door over all free floor; robot 0.3 m; centres from "
        "1.5 m on do not count",
        aggregation="walkable rate",
        bounds=(0.0, 1.0),
        blind_spots=("collisions and bounds", "how much floor is free"),
        defects=(
            "without doors the first component counts, not the largest",
            "floor under a table counts as taken",
        ),
        source="PhyScene, scripts/eval/walkable_metric.py",
        figures=(Figure("walkable rate", "walkable_rate"),),
    ),
    Definition(
        name="il3d",
        collision="bounding boxes along the axes share volume",
        out_of_bounds="the bounding box leaves the floor's by more than 5 cm, or is wholly below it",
        support=_NONE,
        free_ways=_NONE,
        aggregation="OOR (shared volume over all volume) and OOB (share of objects); ours: the mean of 1 less each",
        bounds=(0.0, 1.0),
        blind_spots=("what is above the ceiling", "what hovers", "small collisions beside large objects"),
        defects=(
            "turned objects are larger than they are",
            "the missing corner of a floor counts as room",
            "the margin is 5 of the stage's units, whatever these are",
        ),
        source="IL3D, metrics/oobr.py",
        figures=(Figure("OOR", "oor_ratio"), Figure("OOB", "oob_ratio")),
    ),
)

DEFINITIONS = MappingProxyType({definition.name: definition for definition in _TABLE})
"""By name; `physics` first, then the presets of public definitions."""
