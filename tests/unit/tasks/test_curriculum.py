import json
import random

import pytest

from spatialenv.errors import InputError
from spatialenv.tasks.curriculum import CurriculumTasks

LADDER = ("easy", "medium", "hard")


def play(tasks: CurriculumTasks, seeds: range, is_solved: bool) -> None:
    for seed in seeds:
        tasks.sample(seed)
        tasks.observe(seed, is_solved)


def test_success_leads_up_and_failure_down_one_level_a_window() -> None:
    tasks = CurriculumTasks(LADDER, window=4, review=0.0)
    play(tasks, range(3), True)
    assert tasks.level == 0  # the window is not full
    play(tasks, range(3, 4), True)
    assert tasks.level == 1
    play(tasks, range(4, 8), True)
    play(tasks, range(8, 40), True)
    assert tasks.level == 2  # the top
    play(tasks, range(40, 44), False)
    assert tasks.level == 1
    play(tasks, range(44, 100), False)
    assert tasks.level == 0  # the bottom


def test_between_the_rates_a_level_is_kept_and_the_window_slides() -> None:
    tasks = CurriculumTasks(LADDER, window=4, raise_at=0.75, lower_at=0.25, review=0.0)
    outcomes = [True, False, True, False, True, True]  # only the last four are three of four
    for seed, is_solved in enumerate(outcomes):
        assert tasks.level == 0
        tasks.sample(seed)
        tasks.observe(seed, is_solved)
    assert tasks.level == 1


def test_a_seed_keeps_its_scene_when_the_level_changes() -> None:
    tasks = CurriculumTasks(LADDER, window=2, review=0.0)
    before = tasks.sample(50)
    play(tasks, range(2), True)
    assert tasks.level == 1
    assert tasks.sample(50) == before
    assert tasks.sample(51) == tasks.levels[1].sample(51)
    tasks.observe(50, False)  # of an easier level
    tasks.observe(99, False)  # never drawn
    tasks.observe(51, True)
    tasks.sample(52)
    tasks.observe(52, True)
    assert tasks.level == 2


def test_review_draws_from_all_levels_below_by_its_share() -> None:
    tasks = CurriculumTasks(LADDER, window=1, review=0.4)
    while tasks.level < 2:
        seed = random.randrange(10**6, 2 * 10**6)
        tasks.sample(seed)
        tasks.observe(seed, True)
    levels = [tasks.level_of(seed) for seed in range(2000)]
    for level, share in ((0, 0.2), (1, 0.2), (2, 0.6)):
        assert abs(levels.count(level) / 2000 - share) < 0.05


def test_the_same_outcomes_give_the_same_scenes_also_over_a_break() -> None:
    outcome = random.Random(0)
    first, second = (CurriculumTasks(LADDER, window=3, raise_at=0.6) for _ in range(2))
    for seed in range(60):
        if seed == 30:
            state = json.loads(json.dumps(second.state()))
            second = CurriculumTasks(LADDER, window=3, raise_at=0.6)
            second.restore(state)
        assert first.sample(seed) == second.sample(seed)
        is_solved = outcome.random() < 0.6
        first.observe(seed, is_solved)
        second.observe(seed, is_solved)
    assert first.level > 0
    assert first.state() == second.state()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": "easy"}, "at least two sources"),
        ({"of": ["easy"]}, "at least two sources"),
        ({"of": LADDER, "window": 0}, "`window` is 0"),
        ({"of": LADDER, "window": True}, "`window` is True"),
        ({"of": LADDER, "raise_at": 1.5}, "`raise_at` is 1.5"),
        ({"of": LADDER, "raise_at": 0.2, "lower_at": 0.2}, "the first one lower"),
        ({"of": LADDER, "review": 1.0}, "`review` is 1.0"),
        ({"of": ["easy", "hrad"]}, "did you mean 'hard'"),
        ({"of": ["easy", 5], "split": "test"}, "names the source 5"),
    ],
)
def test_what_is_no_curriculum_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CurriculumTasks(**options)  # type: ignore[arg-type]


def test_a_split_goes_to_the_names_that_have_none() -> None:
    tasks = CurriculumTasks(["easy", "medium/endless", "hard/train"], split="test")
    assert [level.name for level in tasks.levels] == ["easy/test", "medium/endless/test", "hard/train"]
    assert tasks.name == "curriculum(easy/test < medium/endless/test < hard/train)"


def test_levels_may_be_sources_with_options() -> None:
    tasks = CurriculumTasks([{"name": "demo", "count": [2, 2]}, "demo"], window=1, review=0.0, split="train")
    assert tasks.name == 'curriculum({"name": "demo", "count": [2, 2], "split": "train"} < demo/train)'
    assert {len(tasks.sample(seed).objects) for seed in range(20)} == {2}
    tasks.observe(19, True)
    assert tasks.level == 1
    assert {len(tasks.sample(seed).objects) for seed in range(20, 60)} == {3, 4}


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"level": 9, "recent": [], "drawn": []},
        {"level": 0},
        {"level": "one", "recent": [], "drawn": []},
        {"level": 0, "recent": 5, "drawn": []},
        {"level": 0, "recent": [], "drawn": [[1, 9]]},
        {"level": 0, "recent": [], "drawn": [1]},
        None,
    ],
)
def test_what_is_no_state_is_refused(state: object) -> None:
    with pytest.raises(InputError, match="no state of this curriculum"):
        CurriculumTasks(LADDER).restore(state)  # type: ignore[arg-type]
