"""What `LayoutGRPOTrainer` does beside the tokens of one step: text alone, credit, parts, vLLM, failures, resuming."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is missing: pip install 'spatialenv[train]'")
transformers = pytest.importorskip("transformers", reason="transformers is missing: pip install 'spatialenv[train]'")
pytest.importorskip("trl", reason="TRL is missing: pip install 'spatialenv[train]'")

from scripted import ENV, ScriptedTrainer, colliding, logged, make_scripted  # noqa: E402  # a module beside this one

from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.errors import InputError, RendererError  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.renderers import Renderer  # noqa: E402
from spatialenv.trainers.credit import CreditConfig, assign_credit  # noqa: E402
from spatialenv.trainers.executors import Seat, SerialExecutor  # noqa: E402
from spatialenv.trainers.grpo import LayoutGRPOConfig, episode_return  # noqa: E402
from spatialenv.trainers.rollout import Rollout  # noqa: E402
from spatialenv.trainers.sampling import NEVER  # noqa: E402

TRAJECTORY = CreditConfig(level="trajectory", baseline="group")


def colliding_then_solved(seat: Seat, turn: int) -> Any:
    """Rows end at different turns: row 0 solves at once, row 1 in its second turn, the others never."""
    assert seat.scene.witness is not None
    return seat.scene.witness if turn == seat.row else colliding(seat, turn)


class Uneven(ScriptedTrainer):
    script = staticmethod(colliding_then_solved)


# --- text alone -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def text_model(tiny_vlm):
    """A language model of no pictures, with a bare tokenizer."""
    processor = transformers.AutoProcessor.from_pretrained(tiny_vlm)
    tokenizer = processor.tokenizer
    tokenizer.chat_template = processor.chat_template
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=2048,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return transformers.LlamaForCausalLM(config), tokenizer


def test_a_model_of_text_alone_trains_without_pictures(tmp_path, text_model):
    class Engine(Uneven):
        is_engine_run = True

    trainer = make_scripted(tmp_path, tmp_path, kind=Engine, loaded=text_model, pictures=False, steps=2)
    before = {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}
    trainer.train()
    assert trainer.state.global_step == 2
    assert all(value > 0 for value in logged(trainer, "grad_norm"))
    assert any(not torch.equal(weight, before[name]) for name, weight in trainer.model.named_parameters())
    for output, rollouts in zip(trainer.outputs, trainer.played, strict=True):
        assert not [name for name in output if "pixel" in name or "image" in name]
        assert [len(rollout.lengths) for rollout in rollouts] == [1, 2, 3, 3]
        for rollout in rollouts:
            assert not rollout.images
            text = trainer.chat.tokenizer.decode(rollout.history)
            assert "<image>" not in text
            assert text.count("<|im_start|>user") == len(rollout.lengths)


def test_a_vlm_trains_without_pictures_too(tmp_path, tiny_vlm):
    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, pictures=False)
    trainer.train()
    assert "pixel_values" not in trainer.outputs[0]
    assert all("<image>" not in trainer.chat.tokenizer.decode(rollout.history) for rollout in trainer.rollouts)
    assert logged(trainer, "grad_norm")[0] > 0


# --- credit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", ["leave_one_out", "batch"])
def test_trajectories_are_held_against_the_baseline_that_was_chosen(tmp_path, tiny_vlm, baseline):
    credit = CreditConfig(level="trajectory", baseline=baseline)
    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, credit=credit, scale_rewards="none")
    trainer.train()
    (output,) = trainer.outputs
    earned = torch.tensor(episode_return([rollout.seat for rollout in trainer.rollouts])).double()
    groups = earned.view(2, 2)
    expected = {
        "leave_one_out": groups - groups.flip(1),
        "batch": (groups - groups.mean()) / (groups.std() + credit.eps),
    }[baseline].flatten()
    assert expected.abs().max() > 1e-3
    for row, rollout in enumerate(trainer.rollouts):
        mask = torch.tensor(rollout.mask, dtype=torch.bool)
        found = output["advantages"][row, : len(mask)]
        torch.testing.assert_close(found[mask], expected[row].float().expand(int(mask.sum())), rtol=1e-5, atol=1e-6)
        assert not found[~mask].any()


def test_rewards_of_the_caller_keep_trls_advantages(tmp_path, tiny_vlm):
    def length(completions: Any, **_: Any) -> list[float]:
        return [float(len(turns)) for turns in completions]

    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, credit=TRAJECTORY, reward_funcs=[length])
    trainer.train()
    (output,) = trainer.outputs
    totals = torch.tensor(episode_return([rollout.seat for rollout in trainer.rollouts])) + torch.tensor([1, 2, 3, 3])
    groups = totals.view(2, 2)
    expected = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)
    torch.testing.assert_close(output["advantages"], expected.flatten(), rtol=1e-4, atol=1e-5)
    assert logged(trainer, "rewards/length/mean") == [9 / 4]


def test_turns_that_are_only_played_stay_out_of_the_loss(tmp_path, tiny_vlm):
    credit = CreditConfig(level="turn", baseline="group", train_turns="first")
    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, credit=credit)
    trainer.train()
    (output,) = trainer.outputs
    first = [rollout.lengths[0] for rollout in trainer.rollouts]
    mask = output["completion_mask"] * output["tool_mask"]
    assert mask.sum(1).tolist() == first
    assert all(row[:count].all() for row, count in zip(mask, first, strict=True))
    assert output["num_items_in_batch"] == sum(first)
    assert [len(rollout.lengths) for rollout in trainer.rollouts] == [1, 2, 3, 3]
    assert logged(trainer, "length/turn_3")  # later turns are played and told of
    # the later turns count in the trajectory's reward: the credit is that of all turns
    credits = assign_credit(trainer.episode_scores(), 2, credit)
    for row in range(4):
        assert output["advantages"][row, 0] == pytest.approx(credits[row][0].other, abs=1e-6)
        assert not output["advantages"][row, first[row] :].any()
    # the gradient of each token by the normaliser of each loss
    weights = {
        "grpo": mask / mask.sum(1, keepdim=True) / 4,
        "dapo": mask / mask.sum(),
        "dr_grpo": mask / (4 * trainer.max_completion_length),
    }
    for loss_type, weight in weights.items():
        logps = torch.full(output["completion_ids"].shape, -1.0, requires_grad=True)
        trainer._get_per_token_logps_and_entropies = lambda *_, made=logps, **__: (made, torch.zeros_like(made), None)
        trainer.loss_type = loss_type
        trainer._compute_loss(trainer.model, output).backward()
        torch.testing.assert_close(logps.grad, -output["advantages"] * weight, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", ["generation_chunks", "max_episode_tokens"])
def test_options_that_cannot_be_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=f"`{name}` is 0; it must be at least 1"):
        LayoutGRPOConfig(output_dir=str(tmp_path), **{name: 0})


# --- a batch in parts -------------------------------------------------------------------------------


class Background:
    """Plays in a thread; the first part of each turn waits until the next part is being generated."""

    def __init__(self, next_part: threading.Event) -> None:
        self.inner = SerialExecutor(lambda: RoomLayoutEnv(**ENV))
        self.thread = ThreadPoolExecutor(1)
        self.next_part = next_part
        self.sizes: list[int] = []
        self.overlapped: list[bool] = []

    def reset(self, seeds: Sequence[int]) -> list[Seat]:
        return self.inner.reset(seeds)

    def step(self, seats: Sequence[Seat], texts: Sequence[str]) -> Background.Waiting:
        self.sizes.append(len(seats))
        is_first = len(self.sizes) % 2 == 1
        return Background.Waiting(self.thread.submit(self._play, seats, texts, is_first))

    def _play(self, seats: Sequence[Seat], texts: Sequence[str], is_first: bool) -> Mapping[str, float]:
        if is_first:
            self.overlapped.append(self.next_part.wait(timeout=30))
            self.next_part.clear()
        return self.inner.step(seats, texts).wait()

    def close(self) -> None:
        self.thread.shutdown()
        self.inner.close()

    class Waiting:
        def __init__(self, future: Future[Mapping[str, float]]) -> None:
            self.future = future

        def wait(self) -> Mapping[str, float]:
            return self.future.result()


class InParts(ScriptedTrainer):
    """Tells when the second part of a turn is generated."""

    next_part: threading.Event

    def _generate_single_turn(self, histories: Any, images: Any, fields: Any, num_generations: int) -> Any:
        if len(self.calls) % 2 == 0:
            self.next_part.set()
        return super()._generate_single_turn(histories, images, fields, num_generations)


def test_one_part_is_scored_while_the_next_is_generated(tmp_path, tiny_vlm):
    whole = make_scripted(tmp_path / "whole", tiny_vlm)
    whole.train()
    next_part = threading.Event()
    executor = Background(next_part)
    try:
        parts = make_scripted(tmp_path / "parts", tiny_vlm, kind=InParts, executor=executor, generation_chunks=2)
        parts.next_part = next_part
        parts.train()
    finally:
        executor.close()
    assert executor.overlapped == [True] * 3
    assert whole.calls == [4, 4, 4]
    assert parts.calls == executor.sizes == [2, 2] * 3
    for one, two in zip(whole.rollouts, parts.rollouts, strict=True):
        assert one.history == two.history
        assert (one.mask, one.segments, one.lengths) == (two.mask, two.segments, two.lengths)
        assert [image.tobytes() for image in one.images] == [image.tobytes() for image in two.images]
    assert torch.equal(whole.outputs[0]["advantages"], parts.outputs[0]["advantages"])
    assert logged(whole, "reward") == logged(parts, "reward")


@pytest.mark.parametrize(("others", "calls"), [(3, [1, 2]), (4, [2, 2]), (1, [1, 1]), (0, [1, 1])])
def test_all_ranks_make_as_many_calls_with_as_many_rows(tmp_path, tiny_vlm, monkeypatch, others, calls):
    trainer = make_scripted(tmp_path, tiny_vlm, generation_chunks=2)
    trainer.seats = trainer.executor.reset([50, 51])
    openings = trainer.chat.opening([seat.to_messages() for seat in trainer.seats])
    trainer.rollouts = [
        Rollout(seat, ids, [seat.message(0)["content"][0]["image"]])
        for seat, ids in zip(trainer.seats, openings, strict=True)
    ]
    trainer.seconds = dict.fromkeys(("generate", "draw", "score", "wait"), 0.0)
    gather = lambda counts: torch.cat([counts, torch.tensor([others])])  # noqa: E731  # another rank's open episodes
    monkeypatch.setattr(trainer.accelerator, "gather", gather)
    assert trainer.play_turn()
    assert trainer.calls == calls
    assert [rollout.turns for rollout in trainer.rollouts] == [1, 1]
    # a rank whose episodes are all over keeps pace, and throws away what it generates
    for rollout in trainer.rollouts:
        rollout.is_open = False
    held = [list(rollout.ids) for rollout in trainer.rollouts]
    trainer.calls.clear()
    assert trainer.play_turn() is (others > 0)
    assert sum(trainer.calls) == others
    assert [rollout.ids for rollout in trainer.rollouts] == held


# --- vLLM -------------------------------------------------------------------------------------------


class FakeVLLM:
    """Stands where TRL's vLLM engine stands, and answers by the trainer's script."""

    def __init__(self, trainer: ScriptedTrainer) -> None:
        self.trainer = trainer
        self.generation_kwargs: dict[str, Any] = {"seed": 3, "logit_bias": {1: 2.0}}
        self.syncs = 0
        self.asked: list[tuple[list[list[int]], list[int] | None, int]] = []

    def sync_weights(self) -> None:
        self.syncs += 1

    def generate(self, prompts: Any, images: Any, num_generations: int, profiler: Any) -> Any:
        shown = None if images is None else [len(row) for row in images]
        self.asked.append((prompts, shown, num_generations))
        ids = [self.trainer.say(rollout) for rollout in self.trainer.asked]
        logprobs: list[list[list[float | None]]] = [[[-0.25 - at / 1000] for at in range(len(row))] for row in ids]
        logprobs[0][0] = [None]  # what TRL makes of a log-probability that vLLM could not tell
        return prompts, ids, logprobs, None


class WithVLLM(Uneven):
    def _generate_single_turn(self, *args: Any) -> Any:
        return super(ScriptedTrainer, self)._generate_single_turn(*args)  # TRL's own


def make_vllm(folder: Any, tiny_vlm: Any, mode: str = "server", **options: Any) -> tuple[ScriptedTrainer, FakeVLLM]:
    trainer = make_scripted(folder, tiny_vlm, kind=WithVLLM, **options)
    engine = FakeVLLM(trainer)
    trainer.use_vllm, trainer.vllm_generation, trainer._last_loaded_step = True, engine, -1
    trainer.vllm_mode = mode
    trainer._set_sampling()
    return trainer, engine


def test_vllm_is_given_whole_histories_with_the_pictures_of_each_sample(tmp_path, tiny_vlm):
    trainer, engine = make_vllm(tmp_path, tiny_vlm, credit=TRAJECTORY)
    trainer.train()
    (output,) = trainer.outputs
    rollouts = trainer.rollouts
    assert engine.syncs == 1
    assert [(shown, each) for _, shown, each in engine.asked] == [([1] * 4, 1), ([2] * 3, 1), ([3] * 2, 1)]
    image_ids = trainer.chat.image_ids
    for prompts, shown, _ in engine.asked:
        for prompt, count in zip(prompts, shown or (), strict=True):
            assert sum(id in image_ids for id in prompt) == count * trainer.processing_class.image_seq_len
    # what was asked is what is trained on, up to the answer
    assert engine.asked[2][0][1] == rollouts[3].history[: len(engine.asked[2][0][1])]
    for row, rollout in enumerate(rollouts):
        sampled, start = [], 0
        for length in rollout.lengths:
            sampled += [-0.25 - at / 1000 for at in range(length)]
        found = output["sampling_per_token_logps"][row, : len(rollout.mask)]
        mask = torch.tensor(rollout.mask, dtype=torch.bool)
        assert not found[~mask].any()
        assert not output["sampling_per_token_logps"][row, len(rollout.mask) :].any()
        told = ~torch.isnan(found[mask])
        torch.testing.assert_close(found[mask][told], torch.tensor(sampled)[told])
        start += int((~told).sum())
        assert start == {0: 1, 1: 1, 2: 1, 3: 0}[row]  # the first of each call was not told
    assert torch.isfinite(output["importance_sampling_ratio"]).all()
    assert all(math.isfinite(value) for value in logged(trainer, "loss") + logged(trainer, "grad_norm"))


def test_vllm_may_not_write_placeholders_and_stops_where_the_template_does(tmp_path, tiny_vlm):
    trainer, engine = make_vllm(tmp_path, tiny_vlm)
    options = engine.generation_kwargs
    banned = trainer.chat.suppressed_ids(trainer.model.config)
    assert set(trainer.chat.tokenizer.convert_tokens_to_ids(["<image>", "<fake_token_around_image>"])) <= set(banned)
    assert options["logit_bias"] == {1: 2.0, **dict.fromkeys(banned, NEVER)}
    assert options["seed"] == 3
    assert set(options["stop_token_ids"]) == set(trainer.chat.eos_ids) == set(trainer.eos_token_ids)


def test_an_engine_that_cannot_take_back_the_tokens_of_pictures_is_refused(tmp_path, tiny_vlm):
    with pytest.raises(InputError, match="more than one run of picture tokens"):
        make_vllm(tmp_path, tiny_vlm, mode="colocate")


@pytest.mark.parametrize("mode", ["server", "colocate"])
def test_vllm_is_shown_no_pictures_where_there_are_none(tmp_path, text_model, mode):
    trainer, engine = make_vllm(tmp_path, tmp_path, mode, loaded=text_model, pictures=False)
    trainer.train()
    assert [shown for _, shown, _ in engine.asked] == [None] * 3


# --- failures and figures ---------------------------------------------------------------------------


class NeverDraws(Renderer):
    """Fails from the first picture on, at the scenes of the first group."""

    name, version = "never", "0"

    def __init__(self) -> None:
        self.drawn = 0

    def render(self, placed: Any, *request: Any, **options: Any) -> Any:
        self.drawn += 1
        if self.drawn <= 2:
            raise RendererError("the renderer is away")
        from spatialenv.renderers import make_renderer

        return make_renderer("fast").render(placed, *request, **options)


def test_an_episode_that_fails_before_its_first_answer_is_left_out(tmp_path, tiny_vlm):
    renderer = NeverDraws()
    trainer = make_scripted(tmp_path, tiny_vlm, env={"renderer": renderer}, beta=0.0)
    trainer.train()
    (output,) = trainer.outputs
    failed = [rollout.seat.episode().failure is not None for rollout in trainer.rollouts]
    assert sum(failed) == 2
    for row, has_failed in enumerate(failed):
        assert bool((output["tool_mask"] * output["completion_mask"])[row].any()) is not has_failed
        assert bool(trainer.rollouts[row].lengths) is not has_failed
    assert logged(trainer, "episodes/failed") == [0.5]
    assert all(math.isfinite(value) for value in logged(trainer, "loss"))


def test_entropy_divergence_time_and_speed_are_logged(tmp_path, tiny_vlm):
    model, processor = load_vlm(tiny_vlm)
    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, loaded=(model, processor), beta=0.1, steps=2)
    trainer.train()
    rows = [row for row in trainer.state.log_history if "loss" in row]
    assert len(rows) == 2
    for row in rows:
        assert 0 < row["entropy"] < math.log(len(processor.tokenizer))
        for kind in ("generate", "draw", "score", "wait", "logprobs", "forward", "backward"):
            assert row[f"seconds/{kind}"] > 0, kind
        assert row["step_time"] > row["seconds/forward"] + row["seconds/backward"]
        assert row["speed/generate"] > 0
        assert row["speed/train"] > 0
        assert row["episodes/turns"] == 9 / 4
        assert row["final/format_rate"] == 1.0
        assert {"final/component/collision", "first/component/boundary", "objects/1-4/score"} <= set(row)
        assert row["task/easy/valid_layout_rate"] >= 1 / 2
    assert rows[0]["kl"] == pytest.approx(0.0, abs=1e-6)  # the reference is where it began
    assert rows[1]["kl"] > 0
    assert rows[1]["num_tokens"] > rows[0]["num_tokens"] > 0


def test_answers_that_are_cut_off_are_counted_by_turn(tmp_path, tiny_vlm):
    class CutOff(ScriptedTrainer):
        def say(self, rollout: Rollout) -> list[int]:
            ids = super().say(rollout)
            return ids[:5] if rollout.turns == 1 and rollout.seat.row < 3 else ids

    trainer = make_scripted(tmp_path, tiny_vlm, kind=CutOff)
    trainer.train()
    assert [logged(trainer, f"cut_off/turn_{turn}") for turn in (1, 2, 3)] == [[0.0], [3 / 4], [0.0]]
    (short,) = logged(trainer, "length/turn_2")
    assert short == (15 + trainer.rollouts[3].lengths[1]) / 4


# --- going on ---------------------------------------------------------------------------------------

TIMES = ("seconds/", "speed/", "step_time", "train_", "total_flos")


def curves(trainer: ScriptedTrainer) -> list[dict[str, float]]:
    return [
        {name: value for name, value in row.items() if not name.startswith(TIMES)}
        for row in trainer.state.log_history
        if "loss" in row
    ]


def test_a_run_whose_steps_share_answers_goes_on_as_if_it_had_not_stopped(tmp_path, tiny_vlm):
    class Engine(Uneven):
        is_engine_run = True

    options: dict[str, Any] = {
        "kind": Engine,
        "steps": 4,
        "steps_per_generation": 2,
        "save_strategy": "steps",
        "save_steps": 1,  # rounded up: answers are left over after one step
        "env": {
            "tasks": {"name": "curriculum", "of": ["easy", "medium"], "window": 3, "raise_at": 0.1, "lower_at": 0.0}
        },
    }
    whole = make_scripted(tmp_path / "run", tiny_vlm, **options)
    assert whole.args.save_steps == 2
    whole.train()
    after = make_scripted(tmp_path / "other", tiny_vlm, **options)
    after.train(resume_from_checkpoint=str(tmp_path / "run" / "checkpoint-2"))
    assert len(curves(whole)) == len(curves(after)) == 4
    for one, two in zip(curves(whole)[2:], curves(after)[2:], strict=True):
        assert one == pytest.approx(two, rel=1e-5, abs=1e-7)
    assert [len(output["advantages"]) for output in after.outputs] == [8]  # one generation, for the two steps left
    assert {level for _, level in whole.executor.tasks.state()["drawn"]} == {0, 1}
    assert after.executor.tasks.state() == whole.executor.tasks.state()
    for (name, one), (_, two) in zip(whole.model.named_parameters(), after.model.named_parameters(), strict=True):
        assert torch.allclose(one, two, rtol=1e-5, atol=1e-7), name
