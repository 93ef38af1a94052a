"""What a turn earned, as credit sees it."""

from __future__ import annotations

import pytest

from spatialenv.core.episode import Turn
from spatialenv.core.layout import Layout
from spatialenv.trainers.credit import CreditConfig, turn_scores


def turn(violations, issues=()):
    return Turn(
        text="",
        layout=Layout.of({}),
        reward=0.25,
        score=0.75,
        components={},
        per_object={"bed": 1.0, "desk": 0.5, "lamp": 0.0},
        violations=tuple({"kind": kind, "objects": objects} for kind, objects in violations),
        issues=tuple({"code": code} for code in issues),
        feedback="",
        status={"well_formed": True, "valid": False},
    )


def test_scores_are_the_rewards_own_unless_soundness_is_paid_for():
    given = turn([("collision", ("bed", "desk")), ("out_of_room", ("desk",)), ("relation", ("lamp",))])
    plain = turn_scores(given, CreditConfig(level="object"))
    assert (plain.is_well_formed, plain.is_valid, plain.score, plain.reward) == (True, False, 0.75, 0.25)
    assert plain.objects == {"bed": 1.0, "desk": 0.5, "lamp": 0.0}
    paid = turn_scores(given, CreditConfig(level="object", soundness_bonus=0.2))
    assert paid.objects == pytest.approx({"bed": 1.2, "desk": 0.5, "lamp": 0.4})
    assert turn_scores(given, CreditConfig(level="parts")).objects == {"bed": 1.5, "desk": 0.5, "lamp": 1.0}


def test_repairs_of_the_text_are_counted_and_other_remarks_are_not():
    clean = turn_scores(turn([]), CreditConfig(level="parts"))
    assert (clean.repairs, clean.is_in_form) == (0, True)
    mended = turn_scores(turn([], ["repaired-tags", "extra-id", "repaired-text"]), CreditConfig(level="parts"))
    assert (mended.repairs, mended.is_well_formed, mended.is_in_form) == (2, True, False)
