"""The sentences follow the numbers, also when these are bad."""

from __future__ import annotations

from typing import Any

import pytest

from spatialenv.report.wording import checks, compare, headline, policies_in, show


def rate(value: float | None, half: float | None = 0.04, **more: Any) -> dict[str, Any]:
    interval = {}
    if value is not None and half is not None:
        interval = {"valid_layout_rate": [value - half, value + half]}
    return {"valid_layout_rate": value, "interval": interval, **more}


def summary(before: float, after: float, constant: float | None = 0.44, half: float | None = 0.04) -> dict[str, Any]:
    made = {
        "warm_start": {"n": 128, "final": rate(before, half), "by_turn": [rate(0.1), rate(before)]},
        "after": {"n": 128, "final": rate(after, half), "by_turn": [rate(0.2), rate(after)]},
    }
    if constant is not None:
        made["constant"] = {"n": 128, "final": rate(constant, half)}
    return made


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            summary(0.34, 0.71),
            "the share of valid layouts rose from 34% to 71% with reinforcement learning. That beats",
        ),
        (summary(0.71, 0.34), "fell from 71% to 34%"),
        (summary(0.34, 0.40), "the 95% intervals do not tell the two apart, so this may be chance"),
        (summary(0.40, 0.34), "went from 40% to 34%"),
        (summary(0.34, 0.34), "is 34% after reinforcement learning, as before it"),
        (summary(0.34, 0.71, half=None), "went from 34% to 71%"),
        (summary(0.10, 0.30), "That is less than the best constant layout gets (44%)"),
        (summary(0.10, 0.46), "It is not clear that this beats the best constant layout (44%)"),
        (summary(0.10, 0.44), "The best constant layout, which answers every room alike, gets the same (44%)."),
        (summary(0.10, 0.44, constant=None), "It was not compared with the best constant layout."),
    ],
)
def test_headline(made: dict[str, Any], expected: str) -> None:
    assert expected in headline(made)


def test_never_trained_on_is_said_only_when_it_was_checked() -> None:
    assert "On 128 held-out rooms," in headline(summary(0.3, 0.7))
    assert "On 128 rooms that it never trained on," in headline(summary(0.3, 0.7), is_checked=True)


def test_headline_without_results_after_training() -> None:
    made = summary(0.34, 0.71)
    del made["after"]
    assert headline(made) == "This run has no results after training. Before it, 34% of the layouts were valid."
    assert headline({}) == "This run has no results after training."
    assert headline({"my_model": {"n": 9, "final": rate(0.5)}}) == "Share of valid layouts on 9 rooms: my model 50%."


def test_compare_needs_intervals_apart() -> None:
    assert compare(rate(0.5), rate(0.4), "valid_layout_rate") == "above"
    assert compare(rate(0.4), rate(0.5), "valid_layout_rate") == "below"
    assert compare(rate(0.45), rate(0.4), "valid_layout_rate") == "unclear"
    assert compare(rate(None), rate(0.4), "valid_layout_rate") is None


def test_policies_keep_the_order_of_the_page_and_skip_what_is_no_result() -> None:
    made = {"extra": {"final": {"x": 1}}, "does_not_show": ["a"], "after": {"final": {"x": 1}}, "random": {"n": 1}}
    assert policies_in(made) == ["after", "extra"]


def test_show() -> None:
    assert show("valid_layout_rate", 0.3436) == "34.4%"
    assert show("mean_score", 0.3436) == "0.344"
    assert show("mean_score", None) == "–"


def moods(made: dict[str, Any]) -> dict[str, str]:
    return {check.question.split()[0] + " " + check.question.split()[1]: check.mood for check in checks(made)}


def test_one_layout_for_every_room_is_a_warning() -> None:
    made = summary(0.34, 0.71)
    made["after"]["final"]["commonest_layout_share"] = 0.42
    made["warm_start"]["final"]["commonest_layout_share"] = 0.02
    assert moods(made)["Does it"] == "warn"
    assert "2.0% → 42.0%" in checks(made)[0].answer
    made["after"]["final"]["commonest_layout_share"] = 0.03
    assert moods(made)["Does it"] == "good"
    made["constant"]["final"]["valid_layout_rate"] = 0.97
    assert moods(made)["Does it"] == "warn"
    assert "can be solved without looking" in checks(made)[0].answer


def test_a_first_answer_that_got_worse_is_a_warning() -> None:
    made = summary(0.34, 0.71)
    assert moods(made)["Did the"] == "good"
    made["after"]["by_turn"][0] = rate(0.01, 0.005)
    assert moods(made)["Did the"] == "warn"


def test_following_every_move_is_named_as_copying() -> None:
    made = summary(0.34, 0.71)
    made["after"]["repair"] = {"repaired": 0.92, "kept": 1.0, "moves_followed": 0.99, "right_objects_left_alone": None}
    text = next(check.answer for check in checks(made) if "repair" in check.question)
    assert "Repaired 92.0%" in text
    assert "following the text" in text
    made["after"]["repair"]["moves_followed"] = 0.4
    assert "following the text" not in next(check.answer for check in checks(made) if "repair" in check.question)


def test_collisions_that_fall_because_objects_leave_are_a_warning() -> None:
    def final(collision: float, outside: float, formed: float) -> dict[str, Any]:
        values = {
            "collision_rate_of_well_formed": collision,
            "out_of_room_rate_of_well_formed": outside,
            "format_rate": formed,
        }
        return {**rate(0.5), **values, "interval": {k: [v - 0.02, v + 0.02] for k, v in values.items()}}

    made = summary(0.34, 0.71)
    made["warm_start"]["final"], made["after"]["final"] = final(0.7, 0.2, 0.95), final(0.3, 0.6, 0.95)
    assert moods(made)["Do collisions"] == "warn"
    made["after"]["final"] = final(0.3, 0.1, 0.95)
    assert moods(made)["Do collisions"] == "good"
    made["after"]["final"] = final(0.3, 0.1, 0.5)
    assert moods(made)["Do collisions"] == "warn"
