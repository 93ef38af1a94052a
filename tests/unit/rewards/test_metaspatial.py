"""The published preset: the 150 reference scenes, and the formula with and without a judge."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from spatialenv.core.answer import ParsedAnswer
from spatialenv.core.parse import parse_answer
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.errors import InputError, JudgeError
from spatialenv.rewards import MetaSpatialReward
from spatialenv.rewards.metaspatial_check import z_angle

REFERENCE = Path(__file__).parents[2] / "data" / "metaspatial_reference.json"


def reference_transition(record) -> Transition:
    objects, poses = [], {}
    for object_id, size, place, angle, on_floor, relations in record["objects"]:
        objects.append(
            SceneObject(
                id=object_id,
                category=object_id.rsplit("_", 1)[0],
                size=tuple(size),
                yaw=-math.radians(angle) % (2 * math.pi),
                on_floor=on_floor,
                relations=tuple(Relation(object_id, *relation) for relation in relations),
            )
        )
        poses[object_id] = (place[0], place[1], place[2])
    scene = Scene(Room.rectangle(*record["room"]), tuple(objects))
    return Transition.of(scene.place(poses))


def reference_records() -> list[dict]:
    return json.loads(REFERENCE.read_text(encoding="utf-8"))["scenes"]


def test_agrees_with_every_reference_scene() -> None:
    records = reference_records()
    assert len(records) == 150
    for record, score in zip(
        records, MetaSpatialReward().batch([reference_transition(record) for record in records]), strict=True
    ):
        assert score.details["collision_ratio"] == pytest.approx(record["collision_ratio"], abs=1e-9)
        assert score.details["constraint_ratio"] == pytest.approx(record["constraint_ratio"], abs=1e-9)
        assert sorted(score.details["violating_objects"]) == sorted(record["violating_objects"])
        expected = 0.5 - 0.2 * record["collision_ratio"] - 0.2 * record["constraint_ratio"]
        assert score.value == pytest.approx(expected, abs=1e-9)


def test_the_committed_reference_is_the_shared_one(shared_data: Path) -> None:
    shared = json.loads((shared_data / "metaspatial_reference_public.json").read_text(encoding="utf-8"))
    for record, full in zip(reference_records(), shared, strict=True):
        assert record["room"] == full["room_dimensions"]
        assert record["violating_objects"] == full["expected"]["violating_objects"]
        assert record["collision_ratio"] == full["expected"]["collision_ratio"]
        assert record["constraint_ratio"] == full["expected"]["constraint_violation_ratio"]
        assert [entry[2] for entry in record["objects"]] == [
            [entry["position"][axis] for axis in "xyz"] for entry in full["scene_graph"][:-6]
        ]


def pair(first=(1.0, 2.0, 0.5), second=(4.0, 2.0, 0.5)) -> Transition:
    """Two cubes; the first is said to be on the west wall, the second has no relation."""
    on_wall = Relation("cube_1", "on", "west_wall")
    scene = Scene(
        Room.rectangle(6, 4, 3),
        (
            SceneObject(id="cube_1", category="cube", size=(1, 1, 1), relations=(on_wall,)),
            SceneObject(id="cube_2", category="cube", size=(1, 1, 1)),
        ),
    )
    return Transition.of(scene.place({"cube_1": first, "cube_2": second}))


def test_by_hand() -> None:
    score = MetaSpatialReward()(pair(first=(0.5, 2, 0.5), second=(1.25, 2, 0.5)))
    assert score.details["colliding_pairs"] == [["cube_1", "cube_2"]]
    assert score.details["collision_ratio"] == 1 / 28  # 8 entries make 28 pairs
    assert score.details["violating_objects"] == ["cube_2"]  # it has no relation, so none is met
    assert score.value == 0.5 - 0.2 * (1 / 28) - 0.2 * 0.5
    assert score.details["judge"] is None
    assert score.per_object.tolist() == [0.5, 0.0]


def test_adjacent_is_met_only_by_the_very_same_double() -> None:
    assert MetaSpatialReward()(pair(first=(0.5, 2, 0.5))).details["violating_objects"] == ["cube_2"]
    beside = (np.nextafter(0.5, 1), 2, 0.5)
    assert MetaSpatialReward()(pair(first=beside)).details["violating_objects"] == ["cube_1", "cube_2"]


def test_overlap_within_a_millimetre_is_no_collision() -> None:
    assert MetaSpatialReward()(pair((1, 2, 0.5), (1.9991, 2, 0.5))).details["colliding_pairs"] == []
    assert MetaSpatialReward()(pair((1, 2, 0.5), (1.9989, 2, 0.5))).details["colliding_pairs"] != []


def test_thin_objects_never_collide() -> None:
    scene = Scene(
        Room.rectangle(6, 4, 3),
        (
            SceneObject(id="sheet_1", category="sheet", size=(2, 2, 0.05)),
            SceneObject(id="cube_1", category="cube", size=(1, 1, 1)),
        ),
    )
    score = MetaSpatialReward()(Transition.of(scene.place({"sheet_1": (3, 2, 0.5), "cube_1": (3, 2, 0.5)})))
    assert score.details["colliding_pairs"] == []


@pytest.mark.parametrize(
    ("target", "violating"), [("middle of the room", ["cube_2"]), ("wall_0", ["cube_1", "cube_2"])]
)
def test_a_floor_that_is_no_rectangle_counts_as_its_bounding_rectangle(target: str, violating: list[str]) -> None:
    corner = Room.polygon([(0, 0), (6, 0), (6, 3), (3, 3), (3, 6), (0, 6)], 3)
    first = SceneObject(id="cube_1", category="cube", size=(1, 1, 1), relations=(Relation("cube_1", "on", target),))
    scene = Scene(corner, (first, SceneObject(id="cube_2", category="cube", size=(1, 1, 1))))
    score = MetaSpatialReward()(Transition.of(scene.place({"cube_1": (4.5, 4.5, 0.5), "cube_2": (1, 1, 0.5)})))
    assert score.details["violating_objects"] == violating


def test_no_objects() -> None:
    score = MetaSpatialReward()(Transition.of(Scene(Room.rectangle(6, 4, 3), ()).place({})))
    assert (score.value, score.details["collision_ratio"], score.details["constraint_ratio"]) == (0.5, 0.0, 0.0)


@pytest.mark.parametrize(
    ("yaw", "angle"),
    [(0.0, 0.0), (math.pi / 2, 270.0), (-math.pi / 2, 90.0), (math.pi, 180.0), (2 * math.pi, 0.0), (1e-9, 0.0)],
)
def test_z_angle_is_exact_at_quarter_turns(yaw: float, angle: float) -> None:
    assert z_angle(yaw) == angle


def test_z_angle_elsewhere() -> None:
    assert z_angle(math.radians(30)) == pytest.approx(330)


def ratios(transition: Transition) -> tuple[float, float]:
    details = MetaSpatialReward()(transition).details
    return details["collision_ratio"], details["constraint_ratio"]


@pytest.mark.parametrize(
    "grades",
    [
        [8, 7, 7, 9, 8],
        39,
        (8.0, 7.0, 7.0, 9.0, 8.0),
        39.0,
        np.array([8, 7, 7, 9, 8]),
        np.array([8, 7, 7, 9, 8], dtype=np.float32),
        np.int64(39),
        np.array(39),
    ],
)
def test_a_judges_grades_or_their_sum(grades) -> None:
    transition = pair(first=(1.2, 2, 0.5), second=(1.5, 2, 0.5))
    collision, constraint = ratios(transition)
    score = MetaSpatialReward(judge=lambda pictures, scene: grades)(transition)
    assert score.value == 39 / 50 + 0.5 * 1.0 - 0.2 * collision - 0.2 * constraint
    assert score.details["judge"] == 39
    assert score.details["components"]["judge"] == 39


@pytest.mark.parametrize(("grades", "value"), [(0, 0.5), (10, 0.7), ([2, 2, 2, 2, 2], 0.7)])
def test_sums_of_zero_and_ten_skip_the_penalties_as_published(grades, value: float) -> None:
    assert MetaSpatialReward(judge=lambda pictures, scene: grades)(pair()).value == value


def test_the_judge_is_given_pictures_and_scene() -> None:
    seen = []

    def judge(pictures, scene) -> int:
        seen.append((len(pictures), scene.ids))
        return 25

    transition = pair()
    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    MetaSpatialReward(judge=judge)(
        Transition(placed=transition.placed, parsed=transition.parsed, pictures=[picture, picture])
    )
    MetaSpatialReward(judge=judge)(transition)
    assert seen == [(2, ("cube_1", "cube_2")), (0, ("cube_1", "cube_2"))]


def failing(pictures, scene) -> int:
    raise TimeoutError("no answer in 30 s")


def test_a_failed_judge_raises() -> None:
    with pytest.raises(JudgeError, match="TimeoutError: no answer in 30 s"):
        MetaSpatialReward(judge=failing)(pair())


@pytest.mark.parametrize(
    "grades",
    [
        [1, 2, 3],
        [11, 5, 5, 5, 5],
        51,
        3,
        -1,
        True,
        7.5,
        "39",
        "55555",
        None,
        [1.5] * 5,
        [True] * 5,
        [5] * 6,
        ["5"] * 5,
        [[5] * 5],
        np.full((1, 5), 5),
        np.full(5, 5.5),
        np.full(5, np.nan),
        float("inf"),
        {1, 2, 3, 4, 5},
        dict.fromkeys(range(1, 6)),
    ],
)
def test_grades_that_cannot_be_are_a_failure(grades) -> None:
    with pytest.raises(JudgeError, match="five integers from 1 to 10"):
        MetaSpatialReward(judge=lambda pictures, scene: grades)(pair())


def test_the_published_free_pass_on_request() -> None:
    score = MetaSpatialReward(judge=failing, on_failure="published")(pair())
    assert (score.value, score.details["judge"]) == (0.5, 0)


@pytest.mark.parametrize("level", [0.0, 0.1, 0.5])
def test_below_full_format_only_half_the_level_counts_and_no_judge_is_asked(level: float) -> None:
    transition = pair()
    parsed = ParsedAnswer(layout=transition.placed.layout, format_level=level)
    score = MetaSpatialReward(judge=failing)(Transition(placed=transition.placed, parsed=parsed))
    assert score.value == 0.5 * level
    assert score.details["gate_closed"] is True


def test_not_everything_placed_is_half_format() -> None:
    scene = pair().placed.scene
    score = MetaSpatialReward()(Transition.of(scene.place({"cube_1": (0.5, 2, 0.5)})))
    assert (score.value, score.details["format"]) == (0.25, 0.5)
    wrong_ids = ParsedAnswer(layout=None, format_level=1.0)  # nothing is placed, so nothing can be checked
    assert MetaSpatialReward()(Transition(placed=scene.place({}), parsed=wrong_ids)).value == 0.25


def test_a_wrong_id_leaves_the_format_full_as_published_and_what_is_placed_is_checked() -> None:
    scene = pair().placed.scene
    text = (
        '<think>t</think><answer>[{"new_object_id": "cube_1", "x": 0.5, "y": 2, "z": 0.5},'
        ' {"new_object_id": "cube_9", "x": 4, "y": 2, "z": 0.5}]</answer>'
    )
    parsed = parse_answer(text, scene)
    score = MetaSpatialReward()(Transition(placed=scene.place(parsed.layout), parsed=parsed))
    assert (score.details["format"], score.details["gate_closed"]) == (1.0, False)
    assert (score.details["collision_ratio"], score.details["constraint_ratio"]) == (0.0, 0.0)
    assert score.value == 0.5


def test_wrong_arguments() -> None:
    with pytest.raises(InputError, match="allowed: 'raise', 'published'"):
        MetaSpatialReward(on_failure="ignore")
    with pytest.raises(InputError, match="callable"):
        MetaSpatialReward(judge="gpt")
