"""Rewards from names, descriptions and files."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from spatialenv.core import part
from spatialenv.errors import FileFormatError, InputError, UnknownNameError
from spatialenv.rewards import REWARDS, CollisionReward, MetaSpatialReward, make_reward


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_every_name(name: str) -> None:
    reward = make_reward(name)
    assert reward.name == name
    assert reward.version.startswith(f"{name}-1")


def test_a_reward_is_returned_as_it_is() -> None:
    reward = CollisionReward()
    assert make_reward(reward) is reward


def test_options() -> None:
    reward = make_reward({"name": "metaspatial", "on_failure": "published"})
    assert isinstance(reward, MetaSpatialReward)


@pytest.mark.parametrize(
    "spec",
    [
        {"weighted_sum": {"collision": 0.5, "boundary": 0.5}},
        {"weighted_sum": [{"reward": "collision", "weight": 0.5}, {"reward": {"name": "boundary"}, "weight": 0.5}]},
    ],
)
def test_sums(spec, clean) -> None:
    reward = make_reward(spec)
    assert reward.version == "weighted_sum-1(0.5 * collision-1, 0.5 * boundary-1)"
    assert reward(clean).value == 1.0


def test_gates_nest(clean) -> None:
    spec = {"gate": {"condition": "format", "reward": {"weighted_sum": {"collision": 1}}, "at_least": 0.5}}
    reward = make_reward(spec)
    assert reward.version == "gate-1(format-1 >= 0.5, weighted_sum-1(1 * collision-1))"
    assert reward(clean).details["components"] == {"format": 1.0, "weighted_sum": 1.0}


@pytest.mark.parametrize("as_path", [Path, str])
def test_files(tmp_path: Path, as_path) -> None:
    file = tmp_path / "reward.yaml"
    file.write_text("weighted_sum:\n  collision: 0.5\n  boundary: 0.5\n", encoding="utf-8")
    assert make_reward(as_path(file)).name == "weighted_sum"
    file.write_text("physics\n", encoding="utf-8")
    assert make_reward(as_path(file)).name == "physics"


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("colision", UnknownNameError, "did you mean 'collision'"),
        ({"name": "colision"}, UnknownNameError, "did you mean 'collision'"),
        ({"name": ["physics"]}, UnknownNameError, "unknown reward"),
        ({"weighted_sum": {"colision": 1}}, UnknownNameError, "did you mean 'collision'"),
        ({"weighted_sum": {"collision": "much"}}, InputError, "finite number"),
        ({"weighted_sum": 3}, InputError, "name: weight"),
        ({"weighted_sum": {"collision": 1}, "gate": {}}, InputError, "only one of 'weighted_sum', 'gate', 'clip'"),
        ({"gate": {"condition": "format"}}, InputError, "needs 'condition' and 'reward'"),
        ({"clip": {"reward": "physics"}}, InputError, "needs 'reward', and 'low' or 'high'"),
        ({"clip": {"reward": "physics", "low": 1, "high": 0}}, InputError, "a range that is not empty"),
        ({}, InputError, "give 'name'"),
        (3, InputError, "give a name"),
        ({"name": "metaspatial", "on_failur": "raise"}, InputError, "did you mean 'on_failure'"),
        ({"name": "physics", "weight": 2}, InputError, "has no option 'weight'"),
        ({"name": "collision", "weight": 2}, InputError, "has no option 'weight'"),
        ("missing/reward.yaml", FileFormatError, "cannot read"),
    ],
)
def test_mistakes_are_named(spec, error, says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        make_reward(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2\n", "", "other.yaml"])
def test_files_that_hold_something_else(tmp_path: Path, text: str) -> None:
    file = tmp_path / "reward.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError) as caught:
        make_reward(file)
    assert "\n" not in str(caught.value)


def test_a_reward_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("theirs", "spatialenv.rewards.metaspatial:MetaSpatialReward", "spatialenv.rewards")
    taken = EntryPoint("physics", "nowhere:Reward", "spatialenv.rewards")
    monkeypatch.setattr(part, "entry_points", lambda group: [point, taken] if group == "spatialenv.rewards" else [])
    assert isinstance(make_reward({"name": "theirs", "on_failure": "published"}), MetaSpatialReward)
    assert make_reward({"weighted_sum": {"theirs": 1, "physics": 1}}).name == "weighted_sum"
    file = tmp_path / "reward.yaml"
    file.write_text("theirs\n", encoding="utf-8")
    assert isinstance(make_reward(file), MetaSpatialReward)
    with pytest.raises(UnknownNameError, match=r"did you mean 'theirs'\? Known: .*physics, .*theirs"):
        make_reward("thiers")
