"""The warm start: what is taught, what is not, and that weights move."""

from __future__ import annotations

import random

import pytest

torch = pytest.importorskip("torch")

from spatialenv.core.parse import parse_answer  # noqa: E402
from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError  # noqa: E402
from spatialenv.evaluation.chat import Chat  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.trainers.demonstrate import UnskilledDemonstrator  # noqa: E402
from spatialenv.trainers.supervision import (  # noqa: E402
    IGNORED,
    WarmStartConfig,
    demonstration_batch,
    warm_start,
)


def make_env() -> RoomLayoutEnv:
    return RoomLayoutEnv(
        tasks="easy", max_turns=3, views=("top",), size=(32, 32), labels=False, feedback="targets", renderer="fast"
    )


@pytest.fixture(scope="module")
def loaded(tiny_vlm):
    torch.set_num_threads(1)
    return load_vlm(tiny_vlm)


def test_only_answers_and_their_ends_are_taught(loaded):
    _, processor = loaded
    chat = Chat(processor)
    envs = [make_env() for _ in range(6)]
    inputs, labels = demonstration_batch(envs, range(6), chat, UnskilledDemonstrator(), [random.Random(i) for i in range(6)])
    assert inputs["input_ids"].shape == labels.shape == inputs["attention_mask"].shape
    for row, env in enumerate(envs):
        turns = env.episode().turns
        taught = labels[row] != IGNORED
        assert torch.equal(labels[row][taught], inputs["input_ids"][row][taught])
        assert labels[row][taught].tolist() == [id for turn in turns for id in chat.encode(turn.text)]
        ids = inputs["input_ids"][row][inputs["attention_mask"][row] == 1].tolist()
        # the whole row is what the chat template writes for the episode, up to the last answer
        whole = chat.opening([env.to_messages()])[0]
        assert whole[: len(ids)] == ids
        shown = sum(id in chat.image_ids for id in ids)
        assert shown == len(turns) * processor.image_seq_len
        assert not inputs["pixel_values"][row][len(turns) :].any()
    assert (labels[inputs["attention_mask"] == 0] == IGNORED).all()


def test_a_warm_start_lowers_the_loss_and_reports_each_step(loaded, tiny_vlm):
    model, processor = load_vlm(tiny_vlm)
    rows: list[tuple[int, dict[str, float]]] = []
    config = WarmStartConfig(steps=8, batch_size=2, learning_rate=1e-2)
    assert warm_start(model, processor, make_env, config, on_step=lambda *row: rows.append(row)) == 8
    assert [step for step, _ in rows] == list(range(1, 9))
    assert rows[-1][1]["loss"] < rows[0][1]["loss"] - 0.5
    assert all(0 <= figures["token_accuracy"] <= 1 for _, figures in rows)


def test_the_same_seed_teaches_the_same(tiny_vlm):
    def trained() -> list[torch.Tensor]:
        model, processor = load_vlm(tiny_vlm)
        warm_start(model, processor, make_env, WarmStartConfig(steps=2, batch_size=2), seed=4)
        return list(model.parameters())

    assert all(torch.equal(one, two) for one, two in zip(trained(), trained(), strict=True))


def test_no_steps_change_nothing_and_time_may_end_it(tiny_vlm):
    model, processor = load_vlm(tiny_vlm)
    before = [weight.detach().clone() for weight in model.parameters()]
    assert warm_start(model, processor, make_env, WarmStartConfig(steps=0)) == 0
    assert all(torch.equal(one, two) for one, two in zip(before, model.parameters(), strict=True))
    assert warm_start(model, processor, make_env, WarmStartConfig(steps=5, batch_size=1, seconds=1e-9)) == 1


@pytest.mark.parametrize("wrong", [{"steps": -1}, {"batch_size": 0}])
def test_configuration_is_checked(wrong):
    with pytest.raises(InputError, match="warm start"):
        WarmStartConfig(**wrong)


@pytest.mark.parametrize("follow", [0.0, 1.0])
def test_later_answers_follow_the_told_moves_as_often_as_asked(follow):
    env, rng = make_env(), random.Random(1)
    demonstrate = UnskilledDemonstrator(follow=follow)
    for seed in range(6):
        env.reset(seed=seed)
        first = demonstrate(env, rng)
        assert parse_answer(first, env.scene).is_complete
        env.step(first)
        if env.is_over:
            continue
        told = {v["objects"][0]: v["move"] for v in reversed(env.episode().turns[-1].violations) if v["move"]}
        stood = env.placed.layout
        said = parse_answer(demonstrate(env, rng), env.scene).layout
        assert said is not None
        for name, pose in stood.items():
            moved = abs(said[name].x - pose.x) + abs(said[name].y - pose.y) + abs(said[name].z - pose.z) > 1e-3
            if follow == 0.0 or name not in told:
                assert not moved
            else:
                assert moved == any(abs(step) > 1e-3 for step in told[name])


@pytest.mark.parametrize("actions", ["layout", "edits"])
@pytest.mark.parametrize("tasks", ["rotation", "completion", "repair"])
def test_demonstrations_are_in_the_form_that_the_env_reads(tasks, actions):
    env = RoomLayoutEnv(tasks=tasks, max_turns=3, size=(16, 16), renderer="blank", actions=actions)
    rng = random.Random(3)
    for seed in range(4):
        env.reset(seed=seed)
        while not env.is_over:
            _, _, _, _, info = env.step(UnskilledDemonstrator()(env, rng))
            assert [issue for issue in info["issues"] if not issue["code"].startswith("repaired")] == []
            assert info["status"]["well_formed"]
            assert not [v for v in info["violations"] if v["kind"] == "moved"]
