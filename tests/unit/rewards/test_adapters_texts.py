"""What the adapters share: scenes, texts, scores and figures."""

from __future__ import annotations

import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType

import pytest

import spatialenv
from spatialenv.core.parse import parse_answer
from spatialenv.errors import FileFormatError, InputError, JudgeError, UnknownNameError
from spatialenv.rewards import REWARDS, make_reward
from spatialenv.rewards.adapters import to_easyr1, to_openrlhf, to_trl, to_verl
from spatialenv.rewards.adapters.texts import TextScorer, component_names, read_scene, scorer_for


def test_a_text_scores_what_its_layout_scores(exam) -> None:
    for text in (exam.apart, exam.half):
        layout = parse_answer(text, exam.scene).layout
        expected = spatialenv.score(exam.scene, layout, "physics").value
        row = {"response": text, "ground_truth": exam.text}
        assert to_trl("physics", "scene")(prompts=[""], completions=[text], scene=[exam.text]) == [expected]
        assert to_verl("physics")("rooms", text, exam.text)["score"] == expected
        assert to_easyr1("physics")(row)["overall"] == expected


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_every_reward_gives_the_same_names_whatever_the_answer(name: str, exam) -> None:
    scorer = TextScorer(name)
    one = exam.apart.replace('"cube_2"', '"cube_7"')
    texts = ["", "no idea", "<think></think><answer>[</answer>", one, exam.half, exam.apart]
    rows = scorer.figures([scorer.transition(text, exam.scene) for text in texts], "score")
    assert len({tuple(row) for row in rows}) == 1
    assert next(iter(rows[0])) == "score"
    assert set(rows[0]) >= {"score", "format", "valid", "clean"} | set(scorer.names)
    assert all(type(value) is float for row in rows for value in row.values())
    assert all(math.isfinite(row["score"]) for row in rows)
    components = scorer.scores([scorer.transition(exam.apart, exam.scene)])[0].details.get("components", {})
    assert set(components) <= set(rows[0])  # nothing that is measured is left out


def test_figures_of_the_layout(exam) -> None:
    scorer = TextScorer({"weighted_sum": {"collision": 0.5, "boundary": 0.5}})
    texts = [exam.apart, exam.half, "no idea"]
    rows = scorer.figures([scorer.transition(text, exam.scene) for text in texts], "overall")
    assert rows[0] == {"overall": 1.0, "collision": 1.0, "boundary": 1.0, "format": 1.0, "valid": 1.0, "clean": 1.0}
    assert rows[1] == {"overall": 0.75, "collision": 0.5, "boundary": 1.0, "format": 1.0, "valid": 0.0, "clean": 0.0}
    assert rows[2]["format"] == rows[2]["valid"] == rows[2]["clean"] == 0.0


def test_only_those_that_fail_alone_are_lost(exam, judged) -> None:
    scorer = TextScorer(judged)
    bad = replace(exam.scene, id="bad")
    transitions = [scorer.transition(exam.apart, scene) for scene in (exam.scene, bad, exam.scene)]
    good, failed, again = scorer.figures(transitions, "score", "nan")
    assert good == again
    assert good["score"] == pytest.approx(1.3)
    assert set(failed) == set(good)
    assert math.isnan(failed["score"])
    assert math.isnan(failed["collision_ratio"])
    assert failed["format"] == failed["valid"] == 1.0  # that much is known
    with pytest.raises(JudgeError, match="no answer"):
        scorer.figures(transitions, "score")


def test_a_judge_is_not_asked_for_the_names() -> None:
    def judge(pictures, scene):
        raise AssertionError("asked")

    reward = make_reward("metaspatial").__class__(judge=judge)
    assert component_names(reward) == ("collision_ratio", "constraint_ratio")


def test_scorers_are_made_once_for_a_description() -> None:
    spec = {"weighted_sum": {"collision": 0.5, "boundary": 0.5}}
    assert scorer_for("physics") is scorer_for("physics")
    assert scorer_for("physics") is not scorer_for("physics", "free")
    assert scorer_for(MappingProxyType(spec)) is scorer_for(spec)  # as a configuration library gives it
    listed = {"weighted_sum": ({"reward": "collision", "weight": 1.0},)}
    assert scorer_for(listed).reward.version == "weighted_sum-1(1 * collision-1)"
    reward = make_reward("support")
    assert scorer_for(reward).reward is reward
    with pytest.raises(UnknownNameError, match="did you mean 'collision'"):
        scorer_for("colision")
    with pytest.raises(InputError, match="`yaw` is 'loose'"):
        scorer_for("physics", "loose")


def test_many_threads_score_alike(exam) -> None:
    texts = [exam.apart, exam.half, "no idea", ""] * 25
    function = to_verl("physics")
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda text: function("rooms", text, exam.text)["score"], texts))
    assert values == [1.0, pytest.approx(0.55), 0.0, 0.0] * 25


@pytest.mark.parametrize("make", [to_verl, to_easyr1, to_openrlhf, to_trl])
def test_they_are_named_for_the_logs_and_pickle(make) -> None:
    function = pickle.loads(pickle.dumps(make("collision")))
    assert function.__name__ == "collision"


@pytest.mark.parametrize("value", ["{", "[1]", '{"version": 1}', "[" * 100_000, {"room": 1}, 7, b"{}"])
def test_what_holds_no_scene_is_named(value) -> None:
    with pytest.raises(FileFormatError, match=r"row 3: .*; give what write_scene writes"):
        read_scene(value, "row 3")


def test_scenes_are_read_once(exam) -> None:
    assert read_scene(exam.text, "row 0") is read_scene(str(exam.text), "row 1")
    assert read_scene(exam.text, "row 0") == exam.scene
