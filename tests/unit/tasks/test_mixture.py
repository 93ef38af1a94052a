import math
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError
from spatialenv.tasks.mixture import MixtureTasks, common_yaw, unit_hash, with_split


class Source:
    """A source that says what it was asked for."""

    def __init__(self, name: str, yaw: str = "fixed") -> None:
        self.name = name
        self.yaw = yaw

    def sample(self, seed: int) -> Scene:
        return Scene(Room.rectangle(3, 3, 2.5), (), id=f"{self.name}/{seed}")


def test_scenes_come_from_the_sources_by_their_weights() -> None:
    tasks = MixtureTasks({"easy": 3, "medium": 1})
    seeds = range(4000)
    share = sum(tasks.part(seed) == "easy" for seed in seeds) / len(seeds)
    assert abs(share - 0.75) < 4 * math.sqrt(0.75 * 0.25 / len(seeds))
    for seed in range(6):
        assert tasks.sample(seed) == tasks.sources[tasks.part(seed)].sample(seed)


def test_another_seed_mixes_anew_and_the_same_one_alike() -> None:
    first, again, other = (MixtureTasks({"easy": 1, "hard": 1}, seed=seed) for seed in (0, 0, 1))
    parts = [[tasks.part(seed) for seed in range(64)] for tasks in (first, again, other)]
    assert parts[0] == parts[1] != parts[2]


def test_a_split_goes_to_the_names_that_have_none() -> None:
    tasks = MixtureTasks({"easy": 1, "hard/train": 1}, split="test")
    assert [source.name for source in tasks.sources.values()] == ["easy/test", "hard/train"]
    assert tasks.name == "mixture(1 easy/test, 1 hard/train)"
    assert with_split("easy", None) == "easy"


def test_the_generator_of_a_suite_gets_the_split_too() -> None:
    assert MixtureTasks({"easy/endless": 1}, split="test").sources["easy/endless"].name == "easy/endless/test"
    assert with_split({"name": "easy", "split": "endless"}, "test") == {"name": "easy", "split": "endless/test"}
    assert with_split({"name": "easy", "split": "train"}, "test") == {"name": "easy", "split": "train"}
    assert with_split({"name": "easy"}, "test") == {"name": "easy", "split": "test"}


@pytest.mark.parametrize("spec", ["rooms.json", Path("rooms.json"), [Scene(Room.rectangle(3, 3, 2.5), ())], Scene])
def test_what_has_no_splits_is_asked_for_none(spec: Any) -> None:
    assert with_split(spec, None) is spec
    with pytest.raises(InputError, match=r"`split` is 'test', but `of` is .* no splits"):
        with_split(spec, "test")


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ({}, "`of` is {}"),
        (["easy"], "give weights by source"),
        ({"easy": 0}, "weight of 'easy' is 0"),
        ({"easy": math.nan}, "weight of 'easy' is nan"),
        ({"easy": "much"}, "weight of 'easy' is 'much'"),
        ({"eazy": 1}, "did you mean 'easy'"),
        ({5: 1}, "names the source 5"),
        ({"easy": 1e308, "hard": 1e308}, "sum to inf"),
    ],
)
def test_what_is_no_mixture_is_refused(of: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MixtureTasks(of)  # type: ignore[arg-type]


def test_sources_must_agree_on_who_chooses_yaws() -> None:
    assert common_yaw({"a": Source("a"), "b": Source("b")}) == "fixed"
    assert common_yaw({"a": Source("a", "free")}) == "free"
    with pytest.raises(InputError, match="'b' leaves yaws to the answer and 'a' does not"):
        common_yaw({"a": Source("a"), "b": Source("b", "free")})


def test_unit_hashes_are_spread_evenly() -> None:
    values = [unit_hash(7, seed) for seed in range(4000)]
    assert all(0 <= value < 1 for value in values)
    counts = [sum(k / 10 <= value < (k + 1) / 10 for value in values) for k in range(10)]
    assert sum((count - 400) ** 2 / 400 for count in counts) < 27.9  # chi squared with 9 degrees, 0.1 %
