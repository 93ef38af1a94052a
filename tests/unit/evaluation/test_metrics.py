"""Metrics against values worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError
from spatialenv.evaluation import paired_difference, repair_rates, summarize, turn_rates, wilson_interval

SCENE = Scene(
    Room.rectangle(4, 3, 2.5),
    (SceneObject(id="a_1", category="a", size=(2, 1, 1)), SceneObject(id="b_1", category="b", size=(1, 1, 1))),
)
GOOD = {"a_1": (1.0, 0.5, 0.5), "b_1": (2.5, 0.5, 0.5)}
SMALL = Scene(SCENE.room, SCENE.objects[:1])


def turn(
    kind: str = "valid",
    places: dict[str, tuple[float, ...]] | None = None,
    moves: dict[str, tuple[float, float, float] | None] | None = None,
    score: float = 0.0,
) -> Turn:
    """Return a turn: ``clean``, ``valid``, ``collides``, ``outside`` or ``malformed``."""
    violations = tuple(
        {"kind": "collision", "objects": [object_id, "x"], "amount": 1.0, "unit": "m3", "move": move, "text": ""}
        for object_id, move in (moves or {}).items()
    )
    return Turn(
        text="",
        layout=Layout.from_mapping(GOOD if places is None else places),  # type: ignore[arg-type]
        reward=0.0,
        score=score,
        components={},
        per_object={},
        violations=violations,
        issues=(),
        feedback="",
        status={
            "well_formed": kind != "malformed",
            "valid": kind in ("clean", "valid"),
            "clean": kind == "clean",
            "collides": kind == "collides",
            "out_of_room": kind == "outside",
        },
    )


def episode(
    *turns: Turn, scene: Scene = SCENE, max_turns: int = 2, failure: str | None = None, **settings: Any
) -> Episode:
    return Episode(scene, "", turns, {"max_turns": max_turns, "feedback": "moves", **settings}, failure=failure)


def test_rates_by_hand() -> None:
    played = [
        episode(turn("malformed", score=0.0), turn("clean", score=1.0)),
        episode(turn("collides", score=0.5), turn("valid", score=0.75)),
        episode(turn("outside", score=0.25), turn("collides", score=0.5)),
        episode(turn("clean", score=1.0)),
    ]
    first = turn_rates(played, 0)
    assert first["mean_score"] == pytest.approx(1.75 / 4)
    assert first["format_rate"] == 3 / 4
    assert first["valid_layout_rate"] == 1 / 4
    assert first["clean_rate"] == 1 / 4
    assert first["collision_rate_of_well_formed"] == 1 / 3
    assert first["out_of_room_rate_of_well_formed"] == 1 / 3
    final = turn_rates(played)
    assert final["valid_layout_rate"] == 3 / 4
    assert final["clean_rate"] == 2 / 4
    assert final["collision_rate_of_well_formed"] == 1 / 4
    summary = summarize(played)
    assert summary["n"] == 4
    assert summary["final"] == summary["by_turn"][1] == final, "the episode that ended early is carried forward"
    assert summary["by_turn"][0] == first
    assert len(summary["by_turn"]) == 2


def test_a_share_of_nothing_is_none() -> None:
    rates = turn_rates([episode(turn("malformed"))])
    assert rates["format_rate"] == 0
    for name in ("collision_rate_of_well_formed", "out_of_room_rate_of_well_formed", "commonest_layout_share"):
        assert rates[name] is None
        assert rates["interval"][name] is None
    repair = repair_rates([episode(turn("malformed"), max_turns=1)])
    assert all(repair[name] is None for name in ("repaired", "kept", "moves_followed", "right_objects_left_alone"))
    assert rates["interval"]["mean_score"] is None, "one value says nothing of its spread"


def test_intervals() -> None:
    # Newcombe (1998), table I: 81 of 263 and 0 of 20 by Wilson's method.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(0, 0) is None
    rates = turn_rates([episode(turn(score=score)) for score in (0.0, 0.5, 1.0)])
    # Mean 0.5, standard deviation 0.5: 0.5 -/+ 1.96 * 0.5 / sqrt(3).
    assert rates["interval"]["mean_score"] == pytest.approx([-0.0658, 1.0658], abs=1e-4)


def test_commonest_layout_is_counted_by_number_of_objects() -> None:
    moved = {**GOOD, "b_1": (3.0, 0.5, 0.5)}
    two = [episode(turn(places=places)) for places in (GOOD, GOOD, moved)]
    one = [episode(turn(places={"a_1": (x, 1.0, 0.5)}), scene=SMALL) for x in (1.0, 2.0)]
    bad = [episode(turn("malformed", places={}))]
    assert turn_rates(two + one + bad)["commonest_layout_share"] == (2 + 1) / 5


def test_fixed_corners_show_though_the_centres_move() -> None:
    played = []
    for length in (1.0, 2.0, 3.0):
        scene = Scene(SCENE.room, (SceneObject(id="a_1", category="a", size=(length, 1, 1)),))
        played.append(episode(turn(places={"a_1": (length / 2, 0.5, 0.5)}), scene=scene))
    rates = turn_rates(played)
    assert rates["commonest_layout_share"] == 1 / 3
    assert rates["commonest_corners_share"] == 1


def test_failed_episodes_are_counted_and_left_out() -> None:
    summary = summarize([episode(turn("clean")), episode(turn("collides"), failure="RendererError: no"), episode()])
    assert (summary["n"], summary["failures"]) == (1, 2)
    assert summary["final"]["valid_layout_rate"] == 1
    with pytest.raises(InputError, match="none of the 1 episodes"):
        summarize([episode()])


def test_repaired_and_kept_by_hand() -> None:
    played = [
        episode(turn("collides"), turn("valid")),
        episode(turn("malformed"), turn("collides")),
        episode(turn("outside"), turn("malformed")),
        episode(turn("valid"), turn("valid")),
        episode(turn("valid"), turn("collides")),
        episode(turn("clean")),
    ]
    repair = repair_rates(played)
    assert repair["repaired"] == 1 / 3
    assert repair["kept"] == 2 / 3
    assert repair["interval"]["kept"] == pytest.approx(wilson_interval(2, 3))


def test_moves_followed_and_objects_left_alone_by_hand() -> None:
    told = {"a_1": (0.5, 0.0, 0.0)}
    exact = {**GOOD, "a_1": (1.5, 0.5, 0.5)}
    near = {**GOOD, "a_1": (1.509, 0.491, 0.5)}
    far = {**GOOD, "a_1": (1.52, 0.5, 0.5)}
    both = {"a_1": (1.5, 0.5, 0.5), "b_1": (2.6, 0.5, 0.5)}
    first = turn("collides", moves=told)
    played = [episode(first, turn(places=places)) for places in (exact, near, far, both)]
    played.append(episode(first, turn("malformed", places=exact)))
    repair = repair_rates(played)
    assert repair["moves_followed"] == 3 / 5
    assert repair["right_objects_left_alone"] == 3 / 5


def test_only_the_first_move_of_an_object_counts_and_no_move_is_no_order() -> None:
    first = turn("collides", moves={"a_1": None})
    repair = repair_rates([episode(first, turn())])
    assert repair["moves_followed"] is None
    assert repair["right_objects_left_alone"] == 1


@pytest.mark.parametrize("feedback", ["names", "none"])
def test_feedback_without_moves_tells_none(feedback: str) -> None:
    first = turn("collides", moves={"a_1": (0.5, 0.0, 0.0)})
    repair = repair_rates([episode(first, turn(), feedback=feedback)])
    assert repair["moves_followed"] is None
    assert repair["right_objects_left_alone"] == 1, "the other object"


def test_every_pair_of_turns_counts_for_moves() -> None:
    first = turn("collides", moves={"a_1": (0.0, 0.0, 0.0)})
    repair = repair_rates([episode(first, first, turn(), max_turns=3)])
    assert repair["interval"]["moves_followed"] == pytest.approx(wilson_interval(2, 2))


def test_paired_difference() -> None:
    before = [episode(turn("collides")) for _ in range(40)]
    after = [episode(turn("valid" if i < 20 else "collides")) for i in range(40)]
    found = paired_difference(before, after)
    assert (found["n"], found["before"], found["after"], found["difference"]) == (40, 0, 0.5, 0.5)
    # The standard error of a share of 20 of 40 is 0.079.
    assert found["interval"] == pytest.approx([0.5 - 1.96 * 0.079, 0.5 + 1.96 * 0.079], abs=0.02)
    assert found == paired_difference(before, after), "seeded"
    same = paired_difference(after, after)
    assert same["interval"] == [0, 0], "paired: rooms that are hard for both do not widen it"


def test_paired_difference_of_a_share_among_well_formed() -> None:
    before = [episode(turn(kind)) for kind in ("collides", "collides", "malformed", "valid")]
    after = [episode(turn(kind)) for kind in ("valid", "collides", "valid", "valid")]
    found = paired_difference(before, after, "collision_rate_of_well_formed")
    assert (found["before"], found["after"]) == (2 / 3, 1 / 4)
    none = paired_difference([episode(turn("malformed"))], [episode(turn())], "collision_rate_of_well_formed")
    assert none["difference"] is None


def test_paired_difference_refuses_other_rooms_and_metrics() -> None:
    with pytest.raises(InputError, match="same scenes"):
        paired_difference([episode(turn())], [episode(turn(places={}), scene=SMALL)])
    with pytest.raises(InputError, match="same scenes"):
        paired_difference([episode(turn())], [])
    with pytest.raises(InputError, match="valid_layout_rate"):
        paired_difference([episode(turn())], [episode(turn())], "valid")
