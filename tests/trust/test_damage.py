"""Damage costs, and the more of it the more; near misses are seen."""

from __future__ import annotations

import numpy as np
import pytest

from spatialenv.rewards import REWARDS, make_reward
from spatialenv.testing.damage import LEVELS, damaged, near_misses
from spatialenv.testing.trust import Rooms, measure_damage, measure_near_misses

SEES_THE_TEXT_ALONE = ("format",)
SIMULATED = ("stability",)
PUBLISHED = ("il3d", "metaspatial", "physcene", "respace", "sceneeval", "scenerevis", "sceneweaver")
"""Definitions of others; what they miss is theirs (docs/presets.md)."""

OURS = sorted(set(REWARDS) - {*SEES_THE_TEXT_ALONE, *SIMULATED, *PUBLISHED})


def test_physics_ranks_two_thousand_rooms_by_damage(rooms: Rooms) -> None:
    found = measure_damage({"physics": make_reward("physics")}, rooms)["physics"]
    assert found["all_in_order"] >= 0.99
    assert found["in_order"][0] == 1.0
    assert list(found["mean"].values()) == sorted(found["mean"].values(), reverse=True)


@pytest.mark.parametrize("name", OURS)
def test_no_component_rises_with_damage(name: str, rooms: Rooms) -> None:
    found = measure_damage({name: make_reward(name)}, rooms)[name]
    assert found["reversal"] <= 0.01
    assert found["mean"]["witness"] >= found["mean"]["random"]


def test_levels_are_what_they_say(few_rooms: Rooms) -> None:
    shifts: dict[str, list[float]] = {level: [] for level in LEVELS}
    for seed, scene in enumerate(few_rooms.scenes):
        witness, *others = damaged(scene, seed)
        for level, placed in zip(LEVELS[1:], others, strict=True):
            shifts[level] += (placed.centers - witness.centers).ravel().tolist()
    assert np.std(shifts["slightly off"]) == pytest.approx(0.02, rel=0.05)
    assert np.std(shifts["strongly off"]) == pytest.approx(0.10, rel=0.05)
    np.testing.assert_allclose(np.array(shifts["strongly off"]), 5 * np.array(shifts["slightly off"]), atol=1e-9)


def test_near_misses_cost_and_are_named(few_rooms: Rooms) -> None:
    found = measure_near_misses(make_reward("physics"), few_rooms)
    assert len(found) == 6
    for name, row in found.items():
        assert row["n"] >= 100, name
        assert row["costs"] == 1.0, name
        assert row["named"] == 1.0, name


def test_near_misses_touch_one_object(few_rooms: Rooms) -> None:
    for seed, scene in enumerate(few_rooms.scenes[:50]):
        assert scene.witness is not None
        before = dict(scene.witness.poses)
        for miss in near_misses(scene, seed):
            after = dict(miss.placed.layout.poses)
            assert [name for name in before if before[name] != after[name]] == [miss.placed.ids[miss.victim]]
