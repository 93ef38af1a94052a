from __future__ import annotations

import pickle
import warnings
from dataclasses import replace
from typing import Any

import gymnasium as gym
import hypothesis
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import strategies as st

import spatialenv
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.envs import ArrayActionWrapper, RoomLayoutEnv
from spatialenv.errors import InputError, UnknownNameError

ENV_ID = f"{spatialenv.__name__}/RoomLayout-v0"
PLAIN: dict[str, Any] = {"renderer": "blank", "size": [16, 16], "views": ["top"]}


def wrap(scene: Scene, max_objects: int = 4, env: dict[str, Any] | None = None, **options: Any) -> ArrayActionWrapper:
    made = ArrayActionWrapper(RoomLayoutEnv(tasks=[scene], **PLAIN, **(env or {})), max_objects, **options)
    made.reset(seed=0)
    return made


class TestActions:
    @pytest.mark.parametrize(
        ("row", "place"),
        [
            ((0, 0), (2.0, 1.5, 0.4)),
            ((-1, -1), (1.0, 0.5, 0.4)),
            ((1, 1), (3.0, 2.5, 0.4)),
            ((9, -9), (3.0, 0.5, 0.4)),
            ((0.5, 0), (2.5, 1.5, 0.4)),
        ],
    )
    def test_a_coordinate_spans_where_the_box_touches_the_room(
        self, scene: Scene, row: tuple[float, float], place: tuple[float, float, float]
    ) -> None:
        env = wrap(scene)
        poses = env.layout(np.array([row, (0, 0), (0, 0), (0.3, 0.3)]))
        assert (poses["sofa_1"].x, poses["sofa_1"].y, poses["sofa_1"].z) == pytest.approx(place)
        assert poses["sofa_1"].yaw is None

    def test_objects_rest_on_what_bears_them(self, scene: Scene) -> None:
        poses = wrap(scene).layout(np.zeros((4, 2)))
        assert poses["lamp_1"].z == pytest.approx(0.8 + 0.25)

    def test_free_heights_span_floor_and_ceiling(self, scene: Scene) -> None:
        env = wrap(scene, heights="free")
        for value, z in ((-1, 0.4), (0, 1.25), (1, 2.1)):
            assert env.layout(np.full((4, 3), value))["sofa_1"].z == pytest.approx(z)

    def test_a_turned_box_touches_as_it_is_turned(self, scene: Scene) -> None:
        env = wrap(scene, env={"yaw": "free"})
        pose = env.layout(np.array([(-1, -1, 0, 5)] * 4))["sofa_1"]
        assert (pose.x, pose.y, pose.yaw) == pytest.approx((0.5, 1.0, np.pi / 2))
        assert env.layout(np.zeros((4, 4)))["sofa_1"].yaw == 0.0

    def test_what_is_too_large_stands_in_the_middle(self) -> None:
        env = wrap(Scene(Room.rectangle(2, 2, 2.5), (SceneObject("slab_1", "slab", (3.0, 1.0, 0.5)),)))
        pose = env.layout(np.ones((4, 2)))["slab_1"]
        assert (pose.x, pose.y) == (1.0, 1.5)

    @hypothesis.settings(max_examples=60, deadline=None)
    @hypothesis.given(
        side=st.tuples(*[st.floats(0.1, 1.4)] * 2),
        room=st.tuples(*[st.floats(2.1, 5)] * 2),
        row=st.tuples(*[st.floats(-1, 1)] * 4),
        corner=st.tuples(*[st.sampled_from([-1.0, 1.0])] * 2),
    )
    def test_nothing_ever_leaves_a_rectangle(
        self, side: tuple[float, float], room: tuple[float, float], row: tuple[float, ...], corner: tuple[float, float]
    ) -> None:
        scene = Scene(Room.rectangle(*room, 2.5), (SceneObject("box_1", "box", (*side, 1.0)),))
        env = wrap(scene, 1, env={"yaw": "free", "max_turns": 9})
        for action in (row, (*corner, *row[2:])):
            *_, info = env.step(np.array([action]))
            assert not info["status"]["out_of_room"]
            if info["status"]["clean"]:
                env.reset(seed=0)

    def test_fixed_objects_stay_and_their_rows_are_ignored(self, scene: Scene) -> None:
        start = Layout.from_mapping({"desk_1": (2.0, 2.7, 0.4)})
        env = wrap(replace(scene, start=start, fixed=("desk_1",)))
        assert env.layout(np.full((4, 2), 0.1))["desk_1"] == start["desk_1"]
        observation, _ = env.reset(seed=0)
        assert observation["objects"][:, 9].tolist() == [0, 1, 0, 0]
        assert observation["layout"][:, 5].tolist() == [0, 1, 0, 0]

    @pytest.mark.parametrize(
        "action", [np.zeros((3, 2)), np.zeros(8), np.full((4, 2), np.nan), np.full((4, 2), np.inf), "left", None]
    )
    def test_other_shapes_and_numbers_are_refused(self, scene: Scene, action: Any) -> None:
        with pytest.raises(InputError, match=r"^an action is .* given[^\n]*$"):
            wrap(scene).step(action)

    def test_rewards_infos_and_ends_are_those_of_the_text(self) -> None:
        options = {"tasks": "medium", "max_turns": 3, **PLAIN}
        env, plain = ArrayActionWrapper(RoomLayoutEnv(**options), 12), RoomLayoutEnv(**options)
        env.action_space.seed(0)
        for seed in range(4):
            env.reset(seed=seed)
            plain.reset(seed=seed)
            over = False
            while not over:
                action = env.action_space.sample()
                text = env.text(action)
                _, reward, terminated, truncated, info = env.step(action)
                _, *wanted, wanted_info = plain.step(text)
                assert [reward, terminated, truncated] == wanted
                assert info["score"] == wanted_info["score"]
                assert info["violations"] == wanted_info["violations"]
                over = terminated or truncated


class TestObservations:
    def test_figures_by_hand(self, scene: Scene) -> None:
        env = wrap(scene, max_corners=5)
        seen, _ = env.reset(seed=0)
        assert seen["room"].tolist() == [4.0, 3.0, 2.5]
        assert seen["corners"].tolist() == [[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1], [0, 0, 0]]
        sofa = [2.0, 1.0, 0.8, 2 / 4, 1 / 3, 0.8 / 2.5, 1.0, 0.0, 1.0, 0.0, 1.0]
        assert seen["objects"][0].tolist() == pytest.approx(sofa)
        assert seen["objects"][3].tolist() == [0.0] * 11
        on_north = [1, 1, 1, *[0] * 16, 0, 0, 1, 0, -1, 0, 1, *[0] * 4]
        on_desk = [1, 1, 1, *[0] * 16, 0, 0, *[0] * 5, 0, 1, 0, 0]
        assert seen["relations"][:, 0].tolist() == [[0] * 30, on_north, on_desk, [0] * 30]
        assert not seen["relations"][:, 1:].any()
        assert not seen["layout"].any()
        assert seen["turn"].tolist() == [0.0]
        seen, *_ = env.step(np.array([(-1, 0), (1, 1), (0, 0), (0, 0)]))
        assert seen["layout"][0].tolist() == pytest.approx([-0.5, 0.0, 2 * 0.4 / 2.5 - 1, 1.0, 0.0, 1.0])
        assert seen["turn"].tolist() == [pytest.approx(1 / 3)]

    def test_ceiling_middle_and_facing(self) -> None:
        lamp = SceneObject(
            "lamp_1",
            "lamp",
            (0.3, 0.3, 0.3),
            on_floor=False,
            facing="west_wall",
            relations=(Relation("lamp_1", "on", "ceiling"), Relation("lamp_1", "under", "middle of the room", False)),
        )
        seen, _ = wrap(Scene(Room.rectangle(2, 2, 2.5), (lamp,)), 1).reset(seed=0)
        ceiling, middle, facing = seen["relations"][0]
        assert ceiling.tolist() == [1, 1, 1, *[0] * 16, 0, 1, *[0] * 5, 0]
        assert middle.tolist() == [1, 0, 0, 1, *[0] * 15, 1, 0, *[0] * 5, 0]
        assert facing.tolist() == [1, 0, *[0] * 16, 1, 0, 0, 1, 1, 0, -1, 0, 0]

    def test_arrangements_have_places_of_their_own(self) -> None:
        relations = (Relation("lamp_1", "near", "middle of the room"), Relation("lamp_1", "centred", "west_wall"))
        lamp = SceneObject("lamp_1", "lamp", (0.3, 0.3, 0.3), relations=relations)
        seen, _ = wrap(Scene(Room.rectangle(2, 2, 2.5), (lamp,)), 1).reset(seed=0)
        assert np.flatnonzero(seen["relations"][0, 0, 2:19]).tolist() == [8]
        assert np.flatnonzero(seen["relations"][0, 1, 2:19]).tolist() == [14]

    def test_relations_beyond_the_rows_are_left_out(self, scene: Scene) -> None:
        seen, _ = wrap(scene, max_relations=0).reset(seed=0)
        assert seen["relations"].shape == (4, 1, 30)
        assert not seen["relations"].any()

    def test_far_starts_are_cut_to_the_space(self, scene: Scene) -> None:
        far = replace(scene, start=Layout.from_mapping({"sofa_1": (1e6, -1e6, 0.4)}))
        env = wrap(far)
        seen, _ = env.reset(seed=0)
        assert seen in env.observation_space
        assert seen["layout"][0, :2].tolist() == [10.0, -10.0]

    def test_flat_is_the_same_in_one_row(self, scene: Scene) -> None:
        flat, parts = wrap(scene, flat=True), wrap(scene)
        row, _ = flat.reset(seed=0)
        seen, _ = parts.reset(seed=0)
        assert row.tolist() == np.asarray(gym.spaces.flatten(parts.observation_space, seen)).tolist()
        assert row in flat.observation_space
        action = parts.action_space.sample()
        assert action.ravel() in flat.action_space
        assert flat.text(action.ravel()) == parts.text(action)

    def test_the_picture_when_asked_for(self, scene: Scene) -> None:
        env = wrap(scene, image=True)
        seen, _ = env.reset(seed=0)
        assert seen["image"].shape == (16, 16, 3)
        assert seen in env.observation_space

    def test_scenes_that_do_not_fit_are_refused(self, scene: Scene) -> None:
        with pytest.raises(InputError, match="has 3 objects; make `max_objects`"):
            wrap(scene, 2)
        with pytest.raises(InputError, match="has 4 corners; make `max_corners`"):
            wrap(scene, max_corners=3)


CHECKED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_turns": 1}, {"flat": True}),
    ({"max_turns": 3}, {"image": True, "heights": "free"}),
    ({"yaw": "free"}, {"yaw": None}),
    ({"tasks": "medium"}, {}),
]


@pytest.mark.parametrize(("env", "options"), CHECKED, ids=str)
def test_the_checkers_have_nothing_to_say(env: dict[str, Any], options: dict[str, Any]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(ArrayActionWrapper(gym.make(ENV_ID, **{"tasks": "easy", **PLAIN, **env}), **options))
    # It says of every wrapper that it is one.
    assert [text for text in map(str, (w.message for w in caught)) if "unwrapped version" not in text] == []


def test_stable_baselines_checker_has_nothing_to_say() -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra sb3")
    from stable_baselines3.common.env_checker import check_env as check

    check(ArrayActionWrapper(RoomLayoutEnv(tasks="easy", **PLAIN), 4, flat=True), warn=True)


def test_is_made_again_from_its_spec_and_pickles() -> None:
    env = ArrayActionWrapper(gym.make(ENV_ID, tasks="easy", **PLAIN), 4, flat=True)
    assert env.spec is not None
    again = gym.make(env.spec)
    assert again.action_space == env.action_space
    assert np.array_equal(env.reset(seed=3)[0], again.reset(seed=3)[0])
    copy = pickle.loads(pickle.dumps(env))
    action = np.full(8, 0.25, np.float32)
    assert np.array_equal(env.step(action)[0], copy.step(action)[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_objects": 0}, "`max_objects` is 0"),
        ({"max_corners": 2}, "`max_corners` is 2"),
        ({"max_relations": True}, "`max_relations` is True"),
        ({"heights": "up"}, "`heights`"),
        ({"yaw": "loose"}, "`yaw`"),
        ({"yaw": "free"}, "make it with yaw='free'"),
        ({"flat": True, "image": True}, "`flat` holds no picture"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises((InputError, UnknownNameError), match=message):
        ArrayActionWrapper(RoomLayoutEnv(tasks="easy", **PLAIN), **options)


def test_wraps_a_room_that_is_answered_by_layouts() -> None:
    with pytest.raises(InputError, match="actions='layout'"):
        ArrayActionWrapper(RoomLayoutEnv(tasks="easy", actions="edits", **PLAIN))
    with pytest.raises(InputError, match="wraps a RoomLayoutEnv"):
        ArrayActionWrapper(gym.make("CartPole-v1"))
