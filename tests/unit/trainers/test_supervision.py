"""The warm start: what is taught, what is not, and that weights move."""

from __future__ import annotations

import math
import random

import pytest

torch = pytest.importorskip("torch")

from spatialenv.core.parse import parse_answer  # noqa: E402
from spatialenv.core.room import Room  # noqa: E402
from spatialenv.core.scene import Scene, SceneObject  # noqa: E402
from spatialenv.core.write import write_answer  # noqa: E402
from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError, UnknownNameError  # noqa: E402
from spatialenv.evaluation.chat import Chat  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.trainers.demonstrate import UnskilledDemonstrator, make_demonstrator  # noqa: E402
from spatialenv.trainers.settings import load_settings  # noqa: E402
from spatialenv.trainers.stages import warm_start_envs  # noqa: E402
from spatialenv.trainers.supervision import (  # noqa: E402
    IGNORED,
    Demonstrations,
    WarmStartConfig,
    demonstration_batch,
    warm_start,
)


def make_env(tasks: str = "easy") -> RoomLayoutEnv:
    return RoomLayoutEnv(
        tasks=tasks, max_turns=3, views=("top",), size=(32, 32), labels=False, feedback="targets", renderer="fast"
    )


@pytest.fixture(scope="module")
def loaded(tiny_vlm):
    torch.set_num_threads(1)
    return load_vlm(tiny_vlm)


def test_only_answers_and_their_ends_are_taught(loaded):
    _, processor = loaded
    chat = Chat(processor)
    envs = [make_env() for _ in range(6)]
    inputs, labels = demonstration_batch(
        envs, range(6), chat, UnskilledDemonstrator(), [random.Random(i) for i in range(6)]
    )
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


# --- any demonstration by its index ----------------------------------------------------------------


def batches(processor, seed: int = 3) -> Demonstrations:
    return Demonstrations(make_env, Chat(processor), UnskilledDemonstrator(), seed=seed, first_seed=100)


def rows_of(batch) -> list[list[int]]:
    return [ids[mask == 1].tolist() for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True)]


def test_a_demonstration_depends_on_its_index_alone(loaded):
    _, processor = loaded
    make = batches(processor)
    together = rows_of(make(range(4)))
    assert [rows_of(make([index]))[0] for index in (3, 1, 0, 2)] == [together[index] for index in (3, 1, 0, 2)]
    assert rows_of(batches(processor)([2, 0])) == [together[2], together[0]]
    assert rows_of(batches(processor, seed=4)(range(4))) != together


def test_a_stopped_warm_start_goes_on_to_the_weights_of_one_with_its_seed(tiny_vlm, tmp_path):
    config = WarmStartConfig(steps=4, batch_size=2, save_steps=2)

    def run(folder, on_step=None):
        model, processor = load_vlm(tiny_vlm)
        warm_start(model, processor, make_env, config, on_step=on_step, folder=folder)
        return list(model.parameters())

    def stop(step, figures):
        losses.append(figures["loss"])
        if step == 3:
            raise KeyboardInterrupt

    losses: list[float] = []
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "halves", stop)
    assert [path.name for path in (tmp_path / "halves").glob("checkpoint-*")] == ["checkpoint-2"]
    later: list[int] = []
    resumed = run(tmp_path / "halves", lambda step, figures: later.append(step))
    assert later == [3, 4]
    whole = run(None)
    assert all(torch.equal(one, two) for one, two in zip(whole, resumed, strict=True))


# --- what is optimised -----------------------------------------------------------------------------


def taught_loss(model, batch) -> torch.Tensor:
    """Mean over all taught tokens of the negative log-likelihood, from the whole logits."""
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    logps = model(**inputs).logits[:, :-1].log_softmax(-1)
    targets = batch["labels"][:, 1:]
    taught = targets != IGNORED
    return -logps.gather(-1, targets.clamp(min=0)[..., None])[..., 0][taught].mean()


@pytest.mark.parametrize(("rows", "parts"), [(4, 1), (2, 2), (1, 4)])
def test_each_token_weighs_the_same_however_a_step_is_split(tiny_vlm, rows, parts):
    """A step of plain SGD with rate 1 moves weights by the gradient, which is held against the definition."""
    model, processor = load_vlm(tiny_vlm)
    model.eval()
    batch = batches(processor, seed=0)(range(4))
    counts = (batch["labels"] != IGNORED).sum(1)
    assert counts.min() < counts.max()  # else a mean of means would do
    expected = taught_loss(model, batch)
    gradients = torch.autograd.grad(expected, list(model.parameters()))
    before = [weight.detach().clone() for weight in model.parameters()]
    seen = []
    config = WarmStartConfig(
        steps=1,
        batch_size=rows,
        gradient_accumulation_steps=parts,
        learning_rate=1.0,
        first_seed=100,
        max_grad_norm=1e9,
        schedule="constant",
        extra={"optim": "sgd", "weight_decay": 0.0},
    )
    warm_start(model, processor, make_env, config, on_step=lambda step, figures: seen.append(figures))
    assert seen[0]["loss"] == pytest.approx(expected.item(), rel=1e-5)
    for old, new, gradient in zip(before, model.parameters(), gradients, strict=True):
        assert torch.allclose(old - new.detach(), gradient, rtol=1e-3, atol=2e-6)


def test_adapters_are_trained_alone_and_merged(tiny_vlm):
    peft = pytest.importorskip("peft", reason="pip install peft")
    model, processor = load_vlm(tiny_vlm)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    lora = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    warm_start(model, processor, make_env, WarmStartConfig(steps=2, batch_size=2), peft_config=lora)
    after = dict(model.named_parameters())
    assert after.keys() == before.keys()
    changed = {name for name, weight in after.items() if not torch.equal(weight, before[name])}
    assert changed
    assert all("q_proj" in name or "v_proj" in name for name in changed)


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_the_loss_falls_and_the_learning_rate_goes_up_and_down(tiny_vlm, schedule):
    model, processor = load_vlm(tiny_vlm)
    rows: list[tuple[int, dict[str, float]]] = []
    config = WarmStartConfig(steps=6, batch_size=1, learning_rate=2e-2, schedule=schedule, warmup_steps=1)
    assert warm_start(model, processor, make_env, config, on_step=lambda *row: rows.append(row)) == 6
    assert [step for step, _ in rows] == list(range(1, 7))
    assert rows[-1][1]["loss"] < rows[0][1]["loss"] - 0.5
    assert all(0 <= figures["token_accuracy"] <= 1 for _, figures in rows)
    rates = [figures["learning_rate"] for _, figures in rows]
    assert max(rates) == pytest.approx(2e-2, rel=0.2)
    assert rates[-1] < 0.2 * 2e-2


def test_a_scene_without_an_answer_is_named(loaded):
    def mute(env, rng):
        raise InputError("nothing to show")

    with pytest.raises(InputError, match="scene of seed 7: nothing to show; name another"):
        demonstration_batch([make_env()], [7], Chat(loaded[1]), mute, [random.Random(0)])


def test_unknown_names_are_told():
    with pytest.raises(UnknownNameError, match="did you mean 'cosine'"):
        WarmStartConfig(schedule="cosin")
    with pytest.raises(UnknownNameError, match="did you mean 'witness'"):
        make_demonstrator("witnes")


@pytest.mark.parametrize("name", ["witness", "solver"])
def test_skilled_demonstrators_furnish_soundly(name):
    env, rng = make_env(), random.Random(0)
    for seed in range(3):
        env.reset(seed=seed)
        assert env.step(make_demonstrator(name)(env, rng))[4]["status"]["valid"]


# --- the unskilled demonstrator --------------------------------------------------------------------


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


@pytest.mark.parametrize(("tasks", "grid"), [("easy", 0.1), ("demo", 0.25)])
def test_places_lie_on_the_grid_and_heights_are_rounded_up_within_what_counts_as_standing(tasks, grid):
    env, rng = make_env(tasks), random.Random(2)
    demonstrate, ends = UnskilledDemonstrator(grid=grid, inside=1.0, follow=1.0), 0
    for seed in range(30):
        env.reset(seed=seed)
        while not env.is_over:
            layout = parse_answer(demonstrate(env, rng), env.scene).layout
            assert layout is not None
            for item in env.scene.objects:
                pose = layout[item.id]
                assert 0 <= pose.z - item.size[2] / 2 < 0.01
                for value in (pose.x, pose.y):
                    assert value / grid == pytest.approx(round(value / grid), abs=1e-6)
            *_, info = env.step(write_answer(layout))
            assert not [v for v in info["violations"] if v["kind"] in ("floating",)]
        ends += info["status"]["clean"]
    assert ends >= 27  # nearly all that is told is made, on the grid


def test_the_reach_is_that_of_the_turned_box_rounded_up_to_the_grid():
    env = make_env("easy")
    demonstrate = UnskilledDemonstrator(grid=0.1, think="reach")
    scene = Scene(
        room=Room.rectangle(4, 3, 2.5),
        objects=(
            SceneObject(id="bed_1", category="bed", size=(2.01, 0.9, 0.5), yaw=math.pi / 2),
            SceneObject(id="desk_1", category="desk", size=(1.2, 0.6, 0.75), yaw=0.0),
        ),
    )
    env.reset(options={"scene": scene})
    text = demonstrate(env, random.Random(0))
    assert "<think>The room is 4.0 by 3.0. Reach: bed_1 0.5 1.1; desk_1 0.6 0.3.</think>" in text


def test_demonstrations_take_turns_in_their_modes_of_feedback():
    settings = load_settings("demo", {"warm_start.feedback": ["names", "none"], "env.renderer": "blank"})
    make = warm_start_envs(lambda: make_env("demo"), settings)
    assert [make().rules.settings["feedback"] for _ in range(5)] == ["names", "none", "names", "none", "names"]
    plain = load_settings("demo", {"env.renderer": "blank"})
    assert warm_start_envs(make_env, plain) is make_env


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
