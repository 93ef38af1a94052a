"""The study's controls: each changes what it says and nothing else."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

pytest.importorskip("trl")

from benchmarks.learning import controls as controls_module
from benchmarks.learning.control_plays import GREY, LEAST_APART, other_scene
from benchmarks.learning.controls import CONTROLS, NO_CONTROL, ShuffledTrainer, make_control

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.evaluation import RandomPolicy
from spatialenv.tasks import make_tasks
from spatialenv.trainers.credit import TurnScores
from spatialenv.trainers.grpo import LayoutGRPOTrainer

ROOMS = range(20)
ENV: dict[str, Any] = {
    "tasks": "easy/validation",
    "renderer": {"name": "fast", "colours": "identity", "room": "plain", "furniture": False},
    "max_turns": 4,
    "views": ["top"],
    "size": [48, 48],
    "labels": False,
    "feedback": "names",
}
AGAIN = "Answer again with all objects."
PICTURES = ("blank_pictures", "other_room", "empty_later")
WORDS = ("no_words", "false_words")
BOXES = tuple(SceneObject(id=f"box_{i}", category="box", size=(1, 1, 1)) for i in (1, 2, 3, 4))


def make(name: str | None, **changes: Any) -> RoomLayoutEnv:
    return make_control(name).env_class(**{**ENV, **changes})


def played(env: RoomLayoutEnv, seed: int, texts: Sequence[str]) -> list[tuple[Any, ...]]:
    """Play texts and return, of the opening and each turn: observation, reward, terminated, truncated, info."""
    observation, info = env.reset(seed=seed)
    found: list[tuple[Any, ...]] = [(observation, 0.0, False, False, info)]
    for text in texts:
        if env.is_over:
            break
        found.append(env.step(text))
    return found


def texts_for(seed: int) -> list[str]:
    """Return an answer at random, one that cannot be used, and two more at random."""
    scene = make_tasks(ENV["tasks"]).sample(seed)
    first, second, third = (write_answer(RandomPolicy(draw).layout(scene)) for draw in (0, 1, 2))
    return [first, "I would rather not.", second, third]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return bool(one.keys() == other.keys()) and all(same(one[key], other[key]) for key in one)
    return bool(np.array_equal(one, other)) if isinstance(one, np.ndarray) else bool(one == other)


@functools.cache
def runs(name: str) -> list[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
    """Return what is played of each room without and with a control."""
    plain, changed = make(None), make(name)
    return [(played(plain, seed, texts_for(seed)), played(changed, seed, texts_for(seed))) for seed in ROOMS]


@pytest.mark.parametrize("name", [*PICTURES, *WORDS, "shuffled_rewards"])
def test_scores_ends_and_infos_are_those_without_it(name: str) -> None:
    turns = 0
    for before, after in runs(name):
        assert len(before) == len(after)
        turns += len(after)
        for one, other in zip(before, after, strict=True):
            assert one[1:4] == other[1:4]
            assert same(one[4], other[4])
            assert (one[0]["prompt"], one[0]["turn"]) == (other[0]["prompt"], other[0]["turn"])
    assert turns > 3 * len(ROOMS), "most rooms are played for several turns"


@pytest.mark.parametrize("name", PICTURES)
def test_controls_of_pictures_leave_the_words(name: str) -> None:
    for before, after in runs(name):
        assert [step[0]["feedback"] for step in before] == [step[0]["feedback"] for step in after]


@pytest.mark.parametrize("name", [*WORDS, "shuffled_rewards"])
def test_other_controls_leave_the_pictures(name: str) -> None:
    for before, after in runs(name):
        assert all(same(one[0]["image"], other[0]["image"]) for one, other in zip(before, after, strict=True))


def test_blank_pictures_are_grey() -> None:
    for _, after in runs("blank_pictures"):
        assert all((step[0]["image"] == GREY).all() for step in after)


def test_empty_later_shows_the_opening_again() -> None:
    for before, after in runs("empty_later"):
        assert same(before[0][0]["image"], after[0][0]["image"])
        assert all(same(before[0][0]["image"], step[0]["image"]) for step in after)
        assert all(not same(before[0][0]["image"], step[0]["image"]) for step in before[1:])


def test_the_other_room_is_another_size_and_is_drawn_as_any_room() -> None:
    source, plain = make_tasks(ENV["tasks"]), make(None)
    for seed, (before, after) in zip(ROOMS, runs("other_room"), strict=True):
        scene = source.sample(seed)
        other = other_scene(source, scene)
        assert other == other_scene(source, scene)
        assert abs(other.room.length - scene.room.length) >= LEAST_APART - 1e-9
        assert abs(other.room.width - scene.room.width) >= LEAST_APART - 1e-9
        opening, _ = plain.reset(options={"scene": other})
        assert same(opening["image"], after[0][0]["image"])
        layout = RandomPolicy(grid=0.1).layout(other, 1)
        later = plain.step(write_answer(layout))[0]
        assert same(later["image"], after[1][0]["image"])
        for one, two in zip(before, after, strict=True):
            assert not same(one[0]["image"], two[0]["image"])


def test_what_is_shown_of_the_other_room_says_nothing_of_the_answer() -> None:
    env, (first, _, second, _) = make("other_room"), texts_for(3)
    shown = [played(env, 3, [text])[1][0]["image"] for text in (first, second)]
    assert first != second
    assert same(*shown)


def test_another_size_is_asked_for_in_vain_of_a_source_of_one_room() -> None:
    one = make_tasks("easy").sample(0)
    with pytest.raises(InputError, match="no room of another size"):
        make("other_room", tasks=[one]).reset(seed=0)


@pytest.mark.parametrize("name", [*PICTURES, *WORDS])
def test_records_and_messages_hold_what_was_shown_and_told(name: str) -> None:
    env = make(name)
    steps = played(env, 5, texts_for(5))
    episode = env.episode()
    shown = [episode.image, *(turn.image for turn in episode.turns)]
    sent = [np.asarray(env.message(turn)["content"][0]["image"]) for turn in range(len(steps))]
    for step, kept, image in zip(steps, shown, sent, strict=True):
        assert same(step[0]["image"], kept)
        assert same(step[0]["image"], image)
    assert [turn.feedback for turn in episode.turns] == [step[0]["feedback"] for step in steps[1:]]


def test_no_words_only_ask_for_the_next_answer() -> None:
    told = [step[0]["feedback"] for _, after in runs("no_words") for step in after[1:]]
    ended = [after[-1][0]["feedback"] for _, after in runs("no_words")]
    assert set(told) == {AGAIN, ""}
    assert set(ended) == {""}
    assert told.count("") == len(ended)


@pytest.mark.parametrize("mode", ["names", "moves"])
def test_false_words_have_the_form_of_true_ones_and_name_objects_of_the_scene(mode: str) -> None:
    true, false = make(None, feedback=mode), make("false_words", feedback=mode)
    number = r"[+-]?\d+(\.\d+)?"
    changed = wrong = 0
    for seed in ROOMS:
        one, two = (played(env, seed, texts_for(seed)) for env in (true, false))
        ids = "|".join(false.scene.ids)
        for before, after in zip(one, two, strict=True):
            forms = []
            for step in (before, after):
                lines = step[0]["feedback"].splitlines()
                forms.append([re.sub(number, "0", re.sub(rf"\b({ids})\b", "object", line)) for line in lines])
            assert forms[0] == forms[1]
            changed += before[0]["feedback"] != after[0]["feedback"]
            wrong += re.search("overlaps|outside|floats|sinks", before[0]["feedback"]) is not None
    assert changed == wrong > 10


def one_wrong(wrong: int, height: float) -> tuple[Scene, str]:
    """Return a scene of four boxes and an answer in which only one of them reaches through the western wall."""
    places = {box.id: Pose(1.0 + 1.5 * i, 2.0, 0.5) for i, box in enumerate(BOXES)}
    places[BOXES[wrong].id] = Pose(0.2, 3.4, 0.5)
    return Scene(Room.rectangle(7, 4, height), BOXES), write_answer(Layout.from_mapping(places))


def told_of(wrong: int, height: float, mode: str, control: str | None = "false_words") -> str:
    env = make(control, feedback=mode, renderer="blank")
    scene, text = one_wrong(wrong, height)
    env.reset(options={"scene": scene})
    return str(env.step(text)[0]["feedback"])


@pytest.mark.parametrize("mode", ["names", "moves", "targets"])
def test_false_words_do_not_depend_on_which_object_is_wrong(mode: str) -> None:
    assert len({told_of(wrong, 2.5, mode, None) for wrong in range(4)}) == 4
    assert len({told_of(wrong, 2.5, mode) for wrong in range(4)}) == 1


def test_false_words_name_each_object_of_the_scene_alike() -> None:
    named: Counter[str] = Counter()
    for step in range(200):
        text = told_of(0, 2.5 + step / 100, "names")
        match = re.fullmatch(rf"(box_\d) has (\d\.\d\d) m3 outside the room\.\n{AGAIN}", text)
        assert match, text
        named[match[1]] += 1
    assert set(named) == {box.id for box in BOXES}
    assert all(25 <= count <= 75 for count in named.values()), "50 each are expected; 4 standard deviations are 24"


def test_false_words_are_seeded_by_scene_and_turn() -> None:
    env = make("false_words", renderer="blank")
    scene, text = one_wrong(0, 2.5)
    told = []
    for _ in range(2):
        env.reset(options={"scene": scene})
        told.append([env.step(text)[0]["feedback"] for _ in range(3)])
    assert told[0] == told[1]
    assert len(set(told[0])) == 3


def trainer(rows: Sequence[list[TurnScores]], *, seed: int = 0, step: int = 0, group: int = 4, rank: int = 0) -> Any:
    """Return a trainer that has just played episodes with those scores, without a model."""
    made = cast("Any", object.__new__(ShuffledTrainer))
    made.args = SimpleNamespace(seed=seed)
    made.model = SimpleNamespace(training=True)
    made.num_generations = group
    made.accelerator = SimpleNamespace(process_index=rank)
    made._step = step
    made.rows = list(rows)
    return made


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch) -> list[list[TurnScores]]:
    """Scores of three groups of four episodes; one episode failed."""
    monkeypatch.setattr(LayoutGRPOTrainer, "episode_scores", lambda self: self.rows)
    rows = [[TurnScores(True, True, {}, score=float(k), reward=float(k))] * (1 + k % 2) for k in range(12)]
    rows[5] = []
    return rows


def test_shuffled_scores_are_those_of_the_group_in_another_order(scores: list[list[TurnScores]]) -> None:
    given = trainer(scores).episode_scores()
    assert given != scores
    for start in (0, 4, 8):
        assert sorted(map(repr, given[start : start + 4])) == sorted(map(repr, scores[start : start + 4]))


def test_shuffling_is_seeded_by_the_run_and_the_step(scores: list[list[TurnScores]]) -> None:
    assert trainer(scores).episode_scores() == trainer(scores).episode_scores()
    drawn = [trainer(scores, seed=seed, step=step).episode_scores() for seed in range(3) for step in range(3)]
    assert len({repr(rows) for rows in drawn}) == 9


def test_each_score_of_a_group_comes_to_each_episode_alike(scores: list[list[TurnScores]]) -> None:
    came = np.zeros((4, 4))
    for step in range(800):
        for row, given in enumerate(trainer(scores[:4], step=step).episode_scores()):
            came[row, int(given[0].score)] += 1
    assert (abs(came - 200) < 60).all(), "200 each are expected; 5 standard deviations are 61"


def test_processes_share_one_permutation_of_groups_that_span_them(
    scores: list[list[TurnScores]], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = trainer(scores).episode_scores()
    monkeypatch.setattr(controls_module, "gather_object", lambda own: scores)
    parts = [trainer(scores[6 * rank : 6 * rank + 6], rank=rank).episode_scores() for rank in (0, 1)]
    assert parts[0] + parts[1] == alone


def test_controls_by_name() -> None:
    assert make_control(None) is NO_CONTROL
    assert (NO_CONTROL.trainer_class, NO_CONTROL.env_class) == (LayoutGRPOTrainer, RoomLayoutEnv)
    assert {make_control(name).name for name in CONTROLS} == {*PICTURES, *WORDS, "shuffled_rewards"}
    with pytest.raises(UnknownNameError, match="did you mean 'other_room'"):
        make_control("other_rom")


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_changes_one_thing(name: str) -> None:
    control = make_control(name)
    assert (control.trainer_class is LayoutGRPOTrainer) != (control.env_class is RoomLayoutEnv)
