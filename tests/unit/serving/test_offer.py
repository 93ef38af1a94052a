from __future__ import annotations

from pathlib import Path

import pytest

from spatialenv.errors import InputError, UnknownNameError
from spatialenv.rewards import REWARDS
from spatialenv.rewards.base import leaves
from spatialenv.serving.offer import Offer, open_rewards


def test_by_default_what_needs_nothing_is_offered() -> None:
    names = list(open_rewards({}))
    assert names[0] == "physics"
    assert len(names) == len(set(names))
    assert {"collision", "format", "metaspatial", "editing"} <= set(names) <= set(REWARDS)
    assert not any(name.startswith("mesh") for name in names)


def test_what_is_not_installed_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialenv.serving.offer.find_spec", lambda name: object())
    assert "stability" in open_rewards({})
    monkeypatch.setattr("spatialenv.serving.offer.find_spec", lambda name: None)
    assert "stability" not in open_rewards({})
    assert "collision" in open_rewards({})


def test_a_file_is_offered_by_its_name_only(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: metaspatial\non_failure: published\n")
    offer = Offer(open_rewards({"mine": str(file), "collision": "collision"}))
    assert offer.default == "mine"
    assert offer.reward(None) is offer.reward("mine") is offer.reward({"name": "mine"})
    assert offer.versions() == {"mine": "metaspatial-1", "collision": "collision-1"}
    for spec in (str(file), {"name": str(file)}, {"clip": {"reward": str(file), "low": 0}}, "physics"):
        with pytest.raises(UnknownNameError, match="Known: collision, mine"):
            offer.reward(spec)


def test_parts_of_descriptions_are_those_that_are_offered() -> None:
    rewards = open_rewards({"mine": "collision", "other": "boundary"})
    made = Offer(rewards).reward({"gate": {"condition": "mine", "reward": {"clip": {"reward": "other", "high": 0.5}}}})
    assert set(map(id, leaves(made))) == {id(rewards["mine"]), id(rewards["other"])}


def test_descriptions_are_made_once_and_few_are_kept() -> None:
    offer = Offer(open_rewards({"collision": "collision"}))
    spec = {"clip": {"reward": "collision", "high": 0.5}}
    made = offer.reward(spec)
    assert offer.reward({"clip": {"high": 0.5, "reward": "collision"}}) is made
    for number in range(100):
        offer.reward({"clip": {"reward": "collision", "high": 1 + number}})
    assert offer.reward(spec) is not made
    assert len(offer._made) <= 33


def test_a_wrong_reward_is_told_when_the_server_is_made() -> None:
    with pytest.raises(InputError, match="did you mean 'collision'"):
        open_rewards({"mine": "colision"})
