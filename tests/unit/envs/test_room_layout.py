from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialenv.core.layout import Pose
from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.core.write import write_answer
from spatialenv.envs import FEEDBACK_MODES, RoomLayoutEnv
from spatialenv.errors import InputError, JudgeError, RendererError, UnknownNameError
from spatialenv.renderers import Annotations, Frames, Renderer, draw_annotated, make_renderer
from spatialenv.rewards import make_reward

SOUND: dict[str, tuple[float, ...]] = {"sofa_1": (2.0, 0.5, 0.4), "desk_1": (2.0, 2.7, 0.4), "lamp_1": (2.0, 2.7, 1.05)}
BETTER: dict[str, tuple[float, ...]] = SOUND | {"sofa_1": (2.0, 0.5, 0.5)}
BAD: dict[str, tuple[float, ...]] = SOUND | {"desk_1": (2.0, 0.5, 0.4)}
SMALL: dict[str, Any] = {"size": (32, 24), "labels": False}


def answer(places: Mapping[str, tuple[float, ...]]) -> str:
    return write_answer({object_id: Pose(*place) for object_id, place in places.items()})


def start(scene: Scene, **options: Any) -> RoomLayoutEnv:
    env = RoomLayoutEnv(tasks=[scene], **{**SMALL, **options})
    env.reset(seed=0)
    return env


class FailingRenderer(Renderer):
    """Draws `good` pictures, then fails `bad` times."""

    name = "failing"
    version = "failing-1"

    def __init__(self, good: int, bad: int = 1_000) -> None:
        self.calls, self.good, self.bad = 0, good, bad

    def render(self, placed: Any, *request: Any, **options: Any) -> Frames:
        self.calls += 1
        if self.good < self.calls <= self.good + self.bad:
            raise RendererError("no light")
        return make_renderer("fast").render(placed, *request, **options)


def drawn(placed: PlacedScene) -> Any:
    frames = draw_annotated(make_renderer("fast"), placed, size=SMALL["size"], annotations=Annotations(SMALL["labels"]))
    return frames.image


class GivenReward:
    """Returns the scores that it was given, and keeps what it was asked."""

    name = "given"
    version = "given-1"

    def __init__(self, *scores: Score | Exception) -> None:
        self.scores = list(scores)
        self.asked: list[Transition] = []

    def __call__(self, transition: Transition) -> Score:
        self.asked.append(transition)
        given = self.scores.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        return [self(transition) for transition in transitions]


class TestReset:
    def test_first_picture_is_the_empty_room(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene])
        obs, info = env.reset(seed=0)
        empty = draw_annotated(make_renderer("fast"), scene.place({}))
        assert np.array_equal(obs["image"], empty.image)
        assert obs["image"].shape == (256, 512, 3)
        assert (obs["feedback"], obs["turn"]) == ("", 0)
        assert (info["score"], info["layout"], sorted(info)) == (0.0, [], ["layout", "score", "views"])
        assert list(info["views"]) == ["corner", "top"]

    def test_plays_the_scene_that_is_given(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks="easy", **SMALL)
        env.reset(seed=0, options={"scene": scene})
        assert env.scene is scene

    def test_the_seed_gives_the_scene_of_the_tasks(self) -> None:
        env = RoomLayoutEnv(tasks="easy", **SMALL)
        env.reset(seed=5)
        assert env.scene == env.tasks.sample(5)
        assert env.episode().seed == 5

    def test_without_a_seed_the_env_s_own_generator_draws(self) -> None:
        drawn = []
        for _ in range(2):
            env = RoomLayoutEnv(tasks="easy", **SMALL)
            env.reset(seed=1)
            scenes = []
            for _ in range(3):
                env.reset()
                scenes.append(env.scene)
                assert env.scene == env.tasks.sample(env.episode().seed or 0)
            drawn.append(scenes)
        assert drawn[0] == drawn[1]
        assert drawn[0][0] != drawn[0][1]

    @pytest.mark.parametrize("options", [None, {}, {"scene": None}])
    def test_empty_options_change_nothing(self, scene: Scene, options: dict[str, Any] | None) -> None:
        env = RoomLayoutEnv(tasks=[scene], **SMALL)
        env.reset(seed=0, options=options)
        assert env.scene is scene

    def test_refuses_what_is_no_scene_or_no_option(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], **SMALL)
        with pytest.raises(InputError, match=r"`options\['scene'\]` is a str"):
            env.reset(options={"scene": "room"})
        with pytest.raises(UnknownNameError, match="did you mean 'scene'"):
            env.reset(options={"scnee": scene})


class TestStep:
    def test_a_clean_layout_ends_the_episode(self, scene: Scene) -> None:
        env = start(scene)
        obs, reward, terminated, truncated, info = env.step(answer(SOUND))
        assert (reward, terminated, truncated) == (1.0, True, False)
        assert info["status"]["clean"]
        assert obs["feedback"] == "Everything is in place."
        assert obs["turn"] == 1
        assert np.array_equal(obs["image"], drawn(scene.place(SOUND)))

    def test_a_layout_that_is_only_valid_does_not_end_it(self, scene: Scene) -> None:
        _, _, terminated, truncated, info = start(scene).step(answer(BETTER))
        assert (terminated, truncated) == (False, False)
        assert info["status"]["valid"]
        assert not info["status"]["clean"]

    def test_the_last_turn_is_observed_and_ends_the_episode(self, scene: Scene) -> None:
        env = start(scene, max_turns=2)
        assert env.step(answer(BAD))[2:4] == (False, False)
        obs, _, terminated, truncated, _ = env.step(answer(BETTER))
        assert (terminated, truncated, obs["turn"]) == (True, False, 2)
        assert np.array_equal(obs["image"], drawn(scene.place(BETTER)))
        with pytest.raises(InputError, match="call reset"):
            env.step(answer(SOUND))

    def test_an_unusable_answer_keeps_layout_and_picture_and_scores_zero(self, scene: Scene) -> None:
        env = start(scene, mark_violations=True)
        obs, _, _, _, info = env.step(answer(BAD))
        after, reward, terminated, truncated, told = env.step("I would rather not.")
        assert np.array_equal(after["image"], obs["image"])
        assert told["layout"] == info["layout"] != []
        assert (told["score"], reward) == (0.0, -info["score"])
        assert info["score"] > 0
        assert (terminated, truncated, after["turn"]) == (False, False, 2)
        assert set(told["per_object"].values()) == {0.0}
        assert told["components"] == {"format": 0.0}
        assert not told["status"]["well_formed"]
        assert after["feedback"].startswith("The answer could not be used:")
        assert env.step("Neither now.")[2]

    def test_an_unusable_first_answer_shows_the_empty_room(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], **SMALL)
        empty, _ = env.reset(seed=0)
        obs, reward, *_, info = env.step("")
        assert np.array_equal(obs["image"], empty["image"])
        assert (reward, info["score"], info["layout"]) == (0.0, 0.0, [])

    def test_unnamed_objects_are_taken_away(self, scene: Scene) -> None:
        env = start(scene)
        env.step(answer(BAD))
        *_, info = env.step(answer({"sofa_1": SOUND["sofa_1"]}))
        assert [record["new_object_id"] for record in info["layout"]] == ["sofa_1"]
        assert info["score"] == 0.0
        assert [wrong["kind"] for wrong in info["violations"]] == ["missing", "missing"]

    def test_info_holds_plain_values(self, scene: Scene) -> None:
        *_, info = start(scene).step(answer(BAD))
        assert sorted(info) == [
            "components",
            "issues",
            "layout",
            "per_object",
            "score",
            "status",
            "views",
            "violations",
        ]
        assert info["layout"][0] == {"new_object_id": "sofa_1", "x": 2.0, "y": 0.5, "z": 0.4}
        assert list(info["components"]) == ["format", "collision", "boundary", "support", "constraint"]
        assert list(info["per_object"]) == list(scene.ids)
        assert info["violations"][0]["kind"] == "collision"
        plain = {key: value for key, value in info.items() if key != "views"}
        assert _types(plain) <= {dict, list, str, float, bool, int, type(None)}

    def test_only_text_is_an_action_and_only_within_an_episode(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], **SMALL)
        with pytest.raises(InputError, match="call reset"):
            env.step("")
        env.reset(seed=0)
        with pytest.raises(InputError, match="text of an answer; a int was given"):
            env.step(3)  # type: ignore[arg-type]

    def test_a_scene_without_objects_is_answered_by_an_empty_list(self) -> None:
        env = start(Scene(Room.rectangle(4, 3, 2.5), ()))
        _, reward, terminated, _, info = env.step(answer({}))
        assert (reward, terminated, info["score"]) == (1.0, True, 1.0)
        env.reset(seed=0)
        assert env.step("no list")[1:3] == (0.0, False)

    def test_yaw_is_read_when_free_and_kept_when_fixed(self, scene: Scene) -> None:
        turned = SOUND | {"sofa_1": (2.0, 0.6, 0.4, 1.5)}
        free, fixed = start(scene, yaw="free"), start(scene, yaw="fixed")
        *_, info = free.step(answer(turned))
        assert info["layout"][0]["yaw"] == pytest.approx(np.degrees(1.5), abs=1e-3)
        assert free.placed.yaws[0] == pytest.approx(1.5, abs=1e-5)
        *_, info = fixed.step(answer(turned))
        assert "yaw" not in info["layout"][0]
        assert fixed.placed.yaws[0] == 0.0

    def test_strict_reading_repairs_nothing(self, scene: Scene) -> None:
        fenced = f"```json\n{answer(SOUND)}\n```"
        assert start(scene).step(fenced)[4]["score"] == 1.0
        *_, info = start(scene, parse_mode="strict").step(fenced)
        assert (info["score"], info["layout"]) == (0.0, [])

    def test_violations_are_marked_when_asked_for(self, scene: Scene) -> None:
        plain, marked = start(scene), start(scene, mark_violations=True)
        assert not np.array_equal(plain.step(answer(BAD))[0]["image"], marked.step(answer(BAD))[0]["image"])
        assert np.array_equal(plain.message(0)["content"][0]["image"], marked.message(0)["content"][0]["image"])

    def test_relations_and_moves_are_shown_when_asked_for(self, scene: Scene) -> None:
        large = {"size": (128, 128)}
        pictures = {}
        for mark in ("labels", "mark_relations", "mark_moves"):
            env = start(scene, **large, **{mark: mark != "labels"})
            pictures[mark] = [env.message(0)["content"][0]["image"], env.step(answer(BAD))[0]["image"]]
            pictures[mark].append(env.step(answer(BETTER))[0]["image"])
        plain, relations, moves = pictures.values()
        same = [[np.array_equal(a, b) for a, b in zip(plain, other, strict=True)] for other in (relations, moves)]
        # No relation can be met before something is placed, and nothing has moved before the second turn.
        assert same == [[True, not scene.relations, not scene.relations], [True, True, False]]

    @pytest.mark.parametrize("mode", FEEDBACK_MODES)
    def test_the_prompt_is_constant_whatever_the_feedback(self, scene: Scene, mode: str) -> None:
        env = RoomLayoutEnv(tasks=[scene], feedback=mode, **SMALL)  # type: ignore[arg-type]
        obs, _ = env.reset(seed=0)
        told = []
        for text in ("nothing", answer(BAD), answer(BETTER)):
            after, *_ = env.step(text)
            assert after["prompt"] == obs["prompt"]
            told.append(after["feedback"])
        assert ("sofa_1" in told[1]) == (mode != "none")
        assert "dx" in told[2] if mode == "moves" else "dx" not in told[2]


class TestRewardModes:
    TEXTS = (answer(BAD), "nothing", answer(BETTER))

    def play(self, scene: Scene, mode: str) -> tuple[list[float], list[float]]:
        env = start(scene, reward_mode=mode)
        steps = [env.step(text) for text in self.TEXTS]
        return [step[1] for step in steps], [step[4]["score"] for step in steps]

    def test_delta_adds_up_to_the_last_score(self, scene: Scene) -> None:
        rewards, scores = self.play(scene, "delta")
        assert rewards == [scores[0], scores[1] - scores[0], scores[2] - scores[1]]
        assert sum(rewards) == pytest.approx(scores[-1], abs=1e-12)
        assert 0 < scores[0] < scores[-1] < 1

    def test_score_is_the_score(self, scene: Scene) -> None:
        rewards, scores = self.play(scene, "score")
        assert rewards == scores

    def test_final_pays_at_the_end_only(self, scene: Scene) -> None:
        rewards, scores = self.play(scene, "final")
        assert rewards == [0.0, 0.0, scores[-1]]
        env = start(scene, reward_mode="final")
        assert env.step(answer(SOUND))[1:3] == (1.0, True)


class TestFailures:
    @pytest.mark.parametrize("mode", ["delta", "score", "final"])
    def test_a_renderer_that_fails_truncates(self, scene: Scene, mode: str) -> None:
        env = start(scene, renderer=FailingRenderer(good=2), reward_mode=mode)
        _, _, _, _, first = env.step(answer(BAD))
        obs, reward, terminated, truncated, info = env.step(answer(SOUND))
        assert (reward, terminated, truncated) == (0.0, False, True)
        assert info["failure"] == "RendererError: no light"
        assert info["score"] == first["score"]
        assert info["per_object"] == {}
        assert info["components"] == {"format": 1.0}
        assert obs in env.observation_space
        assert env.is_over
        assert env.episode().failure == info["failure"]

    def test_a_judge_that_fails_truncates(self, scene: Scene) -> None:
        env = start(scene, reward=GivenReward(JudgeError("no grade")))
        obs, reward, terminated, truncated, info = env.step(answer(BAD))
        assert (reward, terminated, truncated) == (0.0, False, True)
        assert info["failure"] == "JudgeError: no grade"
        assert obs in env.observation_space

    def test_a_first_picture_that_fails_truncates_at_the_first_answer(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], renderer=FailingRenderer(good=0, bad=1), **SMALL)
        obs, info = env.reset(seed=0)
        assert obs in env.observation_space
        assert info["failure"] == "RendererError: no light"
        assert not env.is_over
        _, reward, terminated, truncated, info = env.step(answer(SOUND))
        assert (reward, terminated, truncated) == (0.0, False, True)
        assert info["failure"] == "RendererError: no light"
        _, info = env.reset(seed=0)
        assert "failure" not in info
        assert env.step(answer(SOUND))[1:4] == (1.0, True, False)

    def test_other_errors_of_a_reward_are_raised(self, scene: Scene) -> None:
        env = start(scene, reward=GivenReward(ZeroDivisionError("a mistake")))
        with pytest.raises(ZeroDivisionError):
            env.step(answer(BAD))

    @pytest.mark.parametrize(
        "score",
        [
            Score(float("nan")),
            Score(float("inf")),
            Score(1.0, np.ones(2)),
            Score(1.0, np.array([1.0, np.inf, 0.0])),
        ],
    )
    def test_a_reward_must_be_finite_and_by_object(self, scene: Scene, score: Score) -> None:
        env = start(scene, reward=GivenReward(score))
        with pytest.raises(InputError, match="reward 'given' gave"):
            env.step(answer(BAD))


class TestWhatARewardIsGiven:
    def test_transitions_say_what_was_before(self, scene: Scene) -> None:
        reward = GivenReward(Score(0.25), Score(0.5))
        env = start(scene, reward=reward, max_turns=3)
        env.step(answer(BAD))
        env.step("nothing")
        obs, *_ = env.step(answer(BETTER))
        first, second = reward.asked
        assert first.previous is None
        assert (first.turn, second.turn) == (0, 2)
        assert second.previous == scene.place(BAD)
        assert second.placed == scene.place(BETTER)
        assert second.pictures is not None
        assert np.array_equal(np.concatenate(second.pictures, axis=1), obs["image"])

    def test_pictures_cannot_be_written_to(self, scene: Scene) -> None:
        reward = GivenReward(Score(0.25))
        start(scene, reward=reward).step(answer(BAD))
        assert reward.asked[0].pictures is not None
        with pytest.raises(ValueError, match="read-only"):
            reward.asked[0].pictures[0][0] = 0

    def test_an_undivided_score_is_each_placed_object_s(self, scene: Scene) -> None:
        env = start(scene, reward=GivenReward(Score(0.25)))
        *_, info = env.step(answer({"sofa_1": SOUND["sofa_1"]}))
        assert info["per_object"] == {"sofa_1": 0.25, "desk_1": 0.0, "lamp_1": 0.0}
        assert info["components"] == {"format": 0.5, "given": 0.25}

    def test_an_object_not_placed_has_zero(self, scene: Scene) -> None:
        env = start(scene, reward=GivenReward(Score(0.5, np.array([0.5, np.nan, 1.0]))))
        *_, info = env.step(answer(BAD))
        assert info["per_object"] == {"sofa_1": 0.5, "desk_1": 0.0, "lamp_1": 1.0}

    def test_published_reward(self, scene: Scene) -> None:
        *_, info = start(scene, reward="metaspatial").step(answer(SOUND))
        assert info["components"]["collision_ratio"] == 0.0
        assert info["score"] == make_reward("metaspatial")(Transition.of(scene.place(SOUND))).value


class TestRecords:
    def test_nothing_returned_is_shared_with_the_env(self, scene: Scene) -> None:
        env = start(scene)
        obs, _, _, _, info = env.step(answer(BAD))
        before = copy.deepcopy((info, obs["image"]))
        record = env.episode()
        obs["image"][:] = 0
        for view in info["views"].values():
            view[:] = 0
        for wrong in info["violations"]:
            wrong["move"] = None
            wrong["objects"].append("x")
        for part in (info["components"], info["per_object"], info["status"]):
            part.clear()
        info["issues"].append("x")
        info["layout"].clear()
        env.render()[:] = 0
        record.settings["views"].append("x")
        turn = env.episode().turns[0]
        assert turn.image is not None
        assert np.array_equal(turn.image, before[1])
        assert np.array_equal(env.render(), before[1])
        assert list(turn.violations) == before[0]["violations"]
        assert turn.components == before[0]["components"]
        assert turn.per_object == before[0]["per_object"]
        assert turn.status == before[0]["status"]
        assert turn.layout.to_records() == before[0]["layout"]
        assert env.episode().settings["views"] == ["corner", "top"]

    def test_pictures_of_a_record_are_read_only(self, scene: Scene) -> None:
        env = start(scene)
        env.step(answer(BAD))
        record = env.episode()
        assert record.image is not None
        assert record.turns[0].image is not None
        assert not record.image.flags.writeable
        assert not record.turns[0].image.flags.writeable

    def test_a_record_outlives_the_next_reset(self, scene: Scene) -> None:
        env = start(scene)
        env.step(answer(BAD))
        record = env.episode()
        env.reset(seed=0)
        assert len(record.turns) == 1
        assert env.episode().turns == ()

    def test_settings_say_how_the_env_was_made(self, scene: Scene, tmp_path: Path) -> None:
        file = tmp_path / "reward.yaml"
        file.write_text("name: metaspatial\n")
        spec = {"name": "fast", "shadows": False}
        env = RoomLayoutEnv(tasks=[scene], reward=file, renderer=spec, **SMALL)
        assert env.settings["reward"] == str(file)
        assert env.settings["renderer"] == spec
        assert env.settings["renderer"] is not spec
        assert RoomLayoutEnv(**env.settings).settings == env.settings

    def test_settings_name_objects_as_such(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], reward=make_reward("collision"), renderer=make_renderer("fast"))
        assert env.settings["reward"] == {"object": "collision", "version": "collision-1"}
        assert env.settings["renderer"]["object"] == "fast"

    def test_messages_alternate_and_end_with_the_one_to_answer(self, scene: Scene) -> None:
        env = start(scene)
        assert [message["role"] for message in env.to_messages()] == ["user"]
        obs, *_ = env.step(answer(BAD))
        messages = env.to_messages()
        assert [message["role"] for message in messages] == ["user", "assistant", "user"]
        assert messages[0]["content"][1] == {"type": "text", "text": obs["prompt"]}
        assert messages[1]["content"] == [{"type": "text", "text": answer(BAD)}]
        assert messages[2]["content"][1] == {"type": "text", "text": obs["feedback"]}
        assert np.array_equal(np.asarray(messages[2]["content"][0]["image"]), obs["image"])
        assert env.message(1)["content"][1] == messages[2]["content"][1]

    @pytest.mark.parametrize("turn", [-1, 2])
    def test_a_message_that_is_not_there(self, scene: Scene, turn: int) -> None:
        env = start(scene)
        env.step(answer(BAD))
        with pytest.raises(InputError, match="messages 0 to 1"):
            env.message(turn)

    def test_before_an_episode_there_is_nothing(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], **SMALL)
        assert env.is_over
        calls = (lambda: env.scene, lambda: env.placed, env.render, env.to_messages, env.episode)
        for call in calls:
            with pytest.raises(InputError, match="call reset"):
                call()

    @pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
    def test_a_copy_goes_on_where_the_env_stood(self, scene: Scene, duplicate: Any) -> None:
        env = start(scene)
        env.step(answer(BAD))
        other = duplicate(env)
        for text in ("nothing", answer(BETTER)):
            (obs, *rest, info), (obs_2, *rest_2, info_2) = env.step(text), other.step(text)
            assert rest == rest_2
            assert np.array_equal(obs.pop("image"), obs_2.pop("image"))
            assert obs == obs_2
            views, views_2 = info.pop("views"), info_2.pop("views")
            assert all(np.array_equal(views[name], views_2[name]) for name in views)
            assert info == info_2
        env.reset()
        other.reset()
        assert env.episode().seed == other.episode().seed


class TestArguments:
    @pytest.mark.parametrize(
        ("option", "value", "words"),
        [
            ("max_turns", 0, "`max_turns` is 0"),
            ("max_turns", True, "`max_turns` is True"),
            ("max_turns", 1.5, "whole number"),
            ("feedback", "move", "did you mean 'moves'"),
            ("reward_mode", "deltas", "did you mean 'delta'"),
            ("yaw", "any", "Known: fixed, free"),
            ("parse_mode", "strikt", "did you mean 'strict'"),
            ("views", ("top", "botom"), "unknown view 'botom'"),
            ("views", (), "name each of the wanted views once"),
            ("views", ("top", "top"), "name each of the wanted views once"),
            ("size", (4, 4), "`size` is \\(4, 4\\)"),
            ("size", (64,), "`size` is"),
            ("size", (64.0, 64.0), "whole pixels"),
            ("labels", "no", "`labels` is 'no'"),
            ("mark_violations", 1, "`mark_violations` is 1"),
            ("mark_relations", "yes", "`mark_relations` is 'yes'"),
            ("mark_moves", None, "`mark_moves` is None"),
            ("render_mode", "human", "allowed: 'rgb_array', None"),
            ("tasks", "eazy", "did you mean 'easy'"),
            ("reward", "physic", "did you mean 'physics'"),
            ("renderer", "fest", "did you mean 'fast'"),
        ],
    )
    def test_mistakes_are_told_at_once(self, option: str, value: object, words: str) -> None:
        with pytest.raises(InputError, match=words):
            RoomLayoutEnv(**{option: value})  # type: ignore[arg-type]

    def test_making_one_does_not_search_installed_packages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def search(**_: object) -> None:
            raise AssertionError("entry points were searched")

        monkeypatch.setattr("spatialenv.core.part.entry_points", search)
        RoomLayoutEnv(tasks="easy", renderer={"name": "fast", "shadows": False})

    def test_one_view_may_be_named_alone(self, scene: Scene) -> None:
        env = RoomLayoutEnv(tasks=[scene], views="top", **SMALL)
        obs, info = env.reset(seed=0)
        assert obs["image"].shape == (24, 32, 3)
        assert list(info["views"]) == ["top"]

    def test_views_stand_side_by_side(self, scene: Scene) -> None:
        obs, info = RoomLayoutEnv(tasks=[scene], views=["top", "corner"], **SMALL).reset(seed=0)
        assert np.array_equal(obs["image"], np.concatenate([info["views"]["top"], info["views"]["corner"]], axis=1))

    def test_scene_file(self, scene: Scene, tmp_path: Path) -> None:
        from spatialenv.formats import write_scene

        write_scene(tmp_path / "room.json", scene)
        env = RoomLayoutEnv(tasks=str(tmp_path / "room.json"), **SMALL)
        env.reset(seed=9)
        assert env.scene.ids == scene.ids


def _types(value: object) -> set[type]:
    if isinstance(value, dict):
        return {dict}.union(*map(_types, value.values()))
    if isinstance(value, list):
        return {list}.union(*map(_types, value))
    return {type(value)}
