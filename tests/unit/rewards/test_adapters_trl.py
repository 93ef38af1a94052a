"""Rewards as TRL calls them."""

from __future__ import annotations

import inspect
import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score
from spatialenv.errors import FileFormatError, InputError, JudgeError, RendererError
from spatialenv.formats import write_scene
from spatialenv.rewards import CollisionReward, MetaSpatialReward
from spatialenv.rewards.adapters import to_trl

SCENE = Scene(
    room=Room.rectangle(6, 4, 3),
    objects=tuple(SceneObject(id=f"cube_{i}", category="cube", size=(1, 1, 1)) for i in (1, 2)),
)
TRL_EXTRAS = {
    "completion_ids": [[1]],
    "trainer_state": None,
    "log_extra": lambda column, values: None,
    "log_metric": lambda name, value: None,
}


def answer(*places: tuple[float, float, float]) -> str:
    records = [{"new_object_id": f"cube_{i}", "x": x, "y": y, "z": z} for i, (x, y, z) in enumerate(places, start=1)]
    return f"<think>Apart.</think><answer>{json.dumps(records)}</answer>"


APART = answer((1, 1, 0.5), (3, 1, 0.5))
HALF = answer((1, 1, 0.5), (1.5, 1, 0.5))


@pytest.fixture
def scene_json(tmp_path: Path) -> str:
    write_scene(tmp_path / "scene.json", SCENE)
    return (tmp_path / "scene.json").read_text(encoding="utf-8")


def test_it_is_named_for_the_logs_and_pickles() -> None:
    function = to_trl("collision", scenes="scene")
    assert function.__name__ == "collision"
    again = pickle.loads(pickle.dumps(function))
    assert again(prompts=[""], completions=[HALF], scene=[SCENE]) == [0.5]


def test_trl_takes_it_for_an_ordinary_function() -> None:
    trainer = pytest.importorskip("trl.trainer.grpo_trainer", reason="the extra `train` is not installed")
    function = to_trl("collision", scenes="scene")
    assert trainer.get_callable_name(function) == "collision"
    assert not trainer.is_async_callable(function)
    assert not inspect.isclass(function)


def test_trls_own_code_calls_it(scene_json: str) -> None:
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
    trl = pytest.importorskip("trl", reason="the extra `train` is not installed")
    functions = [to_trl("physics", scenes="scene"), to_trl("collision", scenes="scene")]
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(device=torch.device("cpu"), is_main_process=True),
        reward_funcs=functions,
        reward_processing_classes=[None, None],
        reward_func_names=[function.__name__ for function in functions],
        state=SimpleNamespace(global_step=0),
        environments=None,
        _log_completion_extra=None,
        _log_metric=None,
        args=SimpleNamespace(report_to=[]),
    )
    inputs = [{"prompt": [{"role": "user", "content": "Furnish."}], "scene": scene_json, "image": None}] * 2
    prompts = [row["prompt"] for row in inputs]
    completions = [[{"role": "assistant", "content": text}] for text in (APART, HALF)]
    rewards = trl.GRPOTrainer._calculate_rewards(trainer, inputs, prompts, completions, [[1], [2]])
    assert rewards.tolist() == [[1.0, 1.0], [pytest.approx(0.55), 0.5]]


@pytest.mark.parametrize(
    "as_column", [lambda text: text, json.loads, lambda text: SCENE], ids=["text", "dict", "scene"]
)
def test_scenes_of_a_column(scene_json: str, as_column) -> None:
    function = to_trl("physics", scenes="scene")
    values = function(
        prompts=["p"] * 3, completions=[APART, HALF, "no idea"], scene=[as_column(scene_json)] * 3, **TRL_EXTRAS
    )
    assert values == pytest.approx([1.0, 0.1 + 0.9 * 0.5, 0.0])


@pytest.mark.parametrize(
    "completion",
    [
        APART,
        [{"role": "assistant", "content": APART}],
        [{"role": "assistant", "content": [{"type": "text", "text": APART}]}],
        [
            {"role": "assistant", "content": HALF},
            {"role": "user", "content": "Move cube_2."},
            {"role": "assistant", "content": APART},
            {"role": "user", "content": [{"type": "image"}]},
        ],
    ],
    ids=["text", "message", "blocks", "turns"],
)
def test_completions_as_text_or_messages(completion) -> None:
    assert to_trl("collision", scenes="scene")(prompts=[""], completions=[completion], scene=[SCENE]) == [1.0]


@given(
    completion=st.one_of(
        st.text(),
        st.lists(st.dictionaries(st.sampled_from(["role", "content"]), st.one_of(st.none(), st.text(), st.integers()))),
        st.none(),
        st.lists(
            st.fixed_dictionaries({"content": st.lists(st.one_of(st.text(), st.dictionaries(st.text(), st.text())))})
        ),
    )
)
def test_nothing_that_a_model_writes_raises(completion) -> None:
    (value,) = to_trl("physics", scenes="scene")(prompts=[""], completions=[completion], scene=[SCENE])
    assert value == 0.0


def test_published_levels_are_paid() -> None:
    function = to_trl("metaspatial", scenes="scene")
    one = answer((1, 1, 0.5))
    values = function(prompts=[""] * 3, completions=["", "<think></think><answer>[</answer>", one], scene=[SCENE] * 3)
    assert values == [0.0, 0.05, 0.25]


def test_yaw_is_read_when_free() -> None:
    table = SceneObject(id="cube_1", category="table", size=(2, 1, 1), yaw=0.0)
    scene = Scene(room=Room.rectangle(6, 4, 3), objects=(table,))
    text = '<think></think><answer>[{"new_object_id": "cube_1", "x": 0.5, "y": 2, "z": 0.5, "yaw": 90}]</answer>'
    assert to_trl("boundary", scenes="scene", yaw="free")(prompts=[""], completions=[text], scene=[scene]) == [1.0]
    assert to_trl("boundary", scenes="scene")(prompts=[""], completions=[text], scene=[scene]) == [0.75]


def test_a_failed_judge_leaves_its_row_out() -> None:
    def judge(pictures, scene) -> int:
        if scene.id == "bad":
            raise JudgeError("no answer")
        return 50

    bad = Scene(room=SCENE.room, objects=SCENE.objects, id="bad")
    function = to_trl(MetaSpatialReward(judge=judge), scenes="scene")
    values = function(prompts=["", ""], completions=[APART, APART], scene=[SCENE, bad])
    assert values == [pytest.approx(1.3), None]


@pytest.mark.parametrize("column", ["{", '{"version": 1}', {"room": 1}, 7])
def test_scenes_that_cannot_be_read_are_named(column) -> None:
    with pytest.raises(FileFormatError, match="row 0 of the column 'scene'"):
        to_trl("physics", scenes="scene")(prompts=[""], completions=[APART], scene=[column])


def test_missing_columns_and_environments_say_what_to_do() -> None:
    with pytest.raises(InputError, match="does not have; it has: room"):
        to_trl("physics", scenes="scene")(prompts=[""], completions=[APART], room=[1])
    with pytest.raises(InputError, match="scenes='scene'"):
        to_trl("physics")(prompts=[""], completions=[APART])
    with pytest.raises(InputError, match="object, which keep no episode"):
        to_trl("physics")(prompts=[""], completions=[APART], environments=[object()])


class Failing:
    name, version = "failing", "failing-1"

    def __call__(self, transition) -> Score:
        raise RendererError("no picture")

    def batch(self, transitions):
        return [self(transition) for transition in transitions]


def play(*texts: str, **options):
    from spatialenv.envs import RoomLayoutEnv

    env = RoomLayoutEnv(tasks=[SCENE], max_turns=3, size=(32, 32), views=("top",), **options)
    env.reset(seed=0)
    for text in texts:
        env.step(text)
    return env


def test_environments_give_their_last_score() -> None:
    environments = [play(), play(HALF), play(HALF, APART), play(HALF, "no idea")]
    completions = [[{"role": "assistant", "content": "whatever"}]] * 4
    values = to_trl("physics")(prompts=[""] * 4, completions=completions, environments=environments, **TRL_EXTRAS)
    assert values == pytest.approx([0.0, 0.55, 1.0, 0.0])


def test_the_turns_of_an_environment_are_put_together_by_a_rule() -> None:
    environments = [play(HALF, APART), play(HALF, "no idea")]
    rows = {"prompts": [""] * 2, "completions": [""] * 2, "environments": environments}
    half = to_trl("physics")(prompts=[""], completions=[""], environments=[play(HALF)])[0]
    assert half is not None
    assert to_trl("physics", trajectory="mean")(**rows) == pytest.approx([(half + 1) / 2, half / 2])
    discounted = to_trl("physics", trajectory={"name": "discounted_mean", "discount": 0.5})
    assert discounted(**rows) == pytest.approx([(half + 0.5) / 1.5, half / 1.5])


def test_environments_give_components_by_name() -> None:
    environments = [play(HALF), play("no idea")]
    assert to_trl("collision")(prompts=[""] * 2, completions=[""] * 2, environments=environments) == [0.5, 0.0]
    with pytest.raises(InputError, match="play for 'physics', which has no component 'metaspatial'"):
        to_trl("metaspatial")(prompts=[""], completions=[""], environments=environments[:1])


def test_environments_that_were_cut_off_are_left_out() -> None:
    environments = [play(APART, reward=Failing())]
    assert to_trl(Failing())(prompts=[""], completions=[""], environments=environments) == [None]


def test_any_reward_will_do() -> None:
    assert to_trl(CollisionReward(), scenes="s")(prompts=[""], completions=[HALF], s=[SCENE]) == [0.5]
