"""Policies without effort earn next to nothing."""

from __future__ import annotations

import json
import math

import pytest

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import write_answer
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.rewards import make_reward
from spatialenv.testing.damage import damaged
from spatialenv.testing.samples import sample_scenes
from spatialenv.testing.tricks import ROTE, TRICKS, score_texts
from spatialenv.testing.trust import Rooms, measure_tricks

PHYSICS = make_reward("physics")
PLACING_ONE_OBJECT = ("one point", "one corner", "stacked")
"""Tricks that put one object where it may stand, for which `physics` pays one of n."""


def play(texts: list[str], **options: object) -> tuple[float, list[float]]:
    """Return the return and the rewards of an episode with these answers."""
    env = RoomLayoutEnv(renderer="blank", max_turns=len(texts), **options)  # type: ignore[arg-type]
    env.reset(seed=0)
    rewards = []
    for text in texts:
        _, reward, terminated, _, _ = env.step(text)
        rewards.append(float(reward))
        if terminated:
            break
    return sum(rewards), rewards


def test_tricks_earn_at_most_a_fifth_of_the_witness(few_rooms: Rooms) -> None:
    found = measure_tricks(PHYSICS, few_rooms)
    assert found["witness"] == pytest.approx(1.0)
    shares = {name: trick["share"] for name, trick in found["tricks"].items()}
    assert len(shares) == len(TRICKS)
    assert {name: share for name, share in shares.items() if share > 0.2 and name not in PLACING_ONE_OBJECT} == {}


def test_strict_pays_no_trick_more_than_a_fifth_in_any_suite(rooms: Rooms) -> None:
    found = measure_tricks(make_reward("strict"), rooms)
    assert found["witness"] == pytest.approx(1.0)
    for name, trick in found["tricks"].items():
        assert max(trick["suites"].values()) <= 0.2, name


def test_placing_one_object_of_many_earns_at_most_a_fifth(rooms: Rooms) -> None:
    crowded = [scene for scene in rooms.scenes if len(scene.objects) >= 8]
    assert len(crowded) >= 500
    for trick in TRICKS:
        earned = score_texts(PHYSICS, crowded, [trick.answer(scene) for scene in crowded])
        assert sum(earned) / len(earned) <= 0.2, trick.name


def test_placing_one_object_of_n_is_paid_as_one_of_n(few_rooms: Rooms) -> None:
    # The tower's lowest object stands, the others float 0.5 m or more above the floor, or less: those earn a part.
    tower = next(trick for trick in TRICKS if trick.name == "stacked")
    for scene in few_rooms.scenes:
        earned = score_texts(PHYSICS, [scene], [tower.answer(scene)])[0]
        floating = sum(
            item.on_floor and not item.relations and sum(other.size[2] for other in scene.objects[:i]) >= 0.5
            for i, item in enumerate(scene.objects)
        )
        assert earned <= 0.1 + 0.9 * (len(scene.objects) - floating) / len(scene.objects) + 1e-9


def test_answers_that_are_not_layouts_earn_exactly_nothing(few_rooms: Rooms) -> None:
    useless = ("nothing", "empty list", "tags only", "prompt copied", "praise", "half missing", "renamed")
    useless += ("one id repeated", "every id twice", "huge numbers", "not numbers")
    by_name = {trick.name: trick for trick in TRICKS}
    for name in useless:
        texts = [by_name[name].answer(scene) for scene in few_rooms.scenes]
        assert set(score_texts(PHYSICS, few_rooms.scenes, texts)) == {0.0}, name


def test_a_row_along_the_wall_earns_what_it_is_worth() -> None:
    row = ROTE[0]
    boxes = tuple(SceneObject(f"box_{i}", "box", (1.0, 0.5, 0.5), yaw=yaw) for i, yaw in enumerate((0.0, math.pi / 2)))
    roomy, short = (Scene(Room.rectangle(4, width, 2.5), boxes) for width in (3.0, 1.25))
    places = json.loads(row.answer(roomy).split("<answer>")[1].removesuffix("</answer>"))
    assert [(place["x"], place["y"], place["z"]) for place in places] == [(0.5, 0.25, 0.25), (0.25, 1.0, 0.25)]
    # In the short room a quarter of the second box is beyond the north wall.
    scores = score_texts(PHYSICS, [roomy, short], [row.answer(roomy), row.answer(short)])
    assert scores == [pytest.approx(1.0), pytest.approx(0.1 + 0.9 * (1 + 0.75) / 2)]


def test_guesses_are_not_scored_by_the_best_of_them() -> None:
    scene = sample_scenes()[1]
    assert scene.witness is not None
    good = write_answer(dict(scene.witness.poses), digits=9)
    poor = write_answer({name: Pose(-5, -5, 0.1) for name in scene.ids})
    assert score_texts(PHYSICS, [scene, scene], [good, good + poor]) == [pytest.approx(1.0), pytest.approx(0.1)]


def test_a_sound_layout_in_the_thoughts_is_not_an_answer() -> None:
    scene = sample_scenes()[1]
    assert scene.witness is not None
    inner = write_answer(dict(scene.witness.poses), digits=9).split("<answer>")[1].removesuffix("</answer>")
    texts = [f"<think>{inner}</think><answer></answer>", f"<think><answer>{inner}</think><answer>[]</answer>"]
    assert score_texts(PHYSICS, [scene] * 2, texts) == [0.0, 0.0]


def test_submitting_at_once_and_again_earns_nothing() -> None:
    submit = '<think></think><answer>[{"op": "submit"}]</answer>'
    assert play([submit] * 3, tasks="medium/train", actions="edits") == (0.0, [0.0])
    assert play([f"{submit}{submit}"] * 3, tasks="medium/train", actions="edits")[0] == 0.0


def test_the_same_answer_again_earns_nothing_more() -> None:
    scene = sample_scenes()[5]
    slightly_off = damaged(scene, 0)[1]
    text = write_answer(dict(slightly_off.layout.poses), digits=9)
    total, rewards = play([text] * 3, tasks=[scene], yaw="free")
    assert rewards[1:] == [0.0, 0.0]
    assert total == pytest.approx(rewards[0])


def test_a_poor_start_does_not_pay() -> None:
    """A policy cannot earn more by being worse first: the return is the last score."""
    scene = sample_scenes()[5]
    good, worse = (write_answer(dict(p.layout.poses), digits=9) for p in (damaged(scene, 0)[1], damaged(scene, 0)[3]))
    straight, _ = play([good, good, good], tasks=[scene], yaw="free")
    detour, _ = play([worse, worse, good], tasks=[scene], yaw="free")
    assert detour == pytest.approx(straight)


def test_ending_on_rubbish_loses_what_was_earned() -> None:
    scene = sample_scenes()[5]
    good = write_answer(dict(damaged(scene, 0)[1].layout.poses), digits=9)
    assert play([good, good, "no idea"], tasks=[scene], yaw="free")[0] == pytest.approx(0.0)


def test_flooding_the_answer_with_entries_does_not_pay() -> None:
    scene = sample_scenes()[0]
    assert scene.witness is not None
    right = json.loads(write_answer(dict(scene.witness.poses)).split("<answer>")[1].removesuffix("</answer>"))
    flood = [{"new_object_id": f"thing_{i}", "x": 1, "y": 1, "z": 1} for i in range(3000)]
    text = f"<think></think><answer>{json.dumps(flood + right)}</answer>"
    assert score_texts(PHYSICS, [scene], [text]) == [0.0]


def test_a_trick_never_looks_at_the_witness() -> None:
    for scene in sample_scenes():
        blind = scene.with_witness(None)
        moved = scene.with_witness(Layout())
        for trick in TRICKS:
            assert trick.answer(blind) == trick.answer(moved) == trick.answer(scene)
