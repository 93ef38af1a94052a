"""Every family of models through the one path: two steps of training on episodes of several turns with pictures.

Families whose processors need torchvision are tested by `test_any_vlm.py`, in a process of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

# GLM's processor of transformers 5.23 makes arrays in a way that numpy 2 will refuse one day
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from spatialenv.core.episode import Episode  # noqa: E402
from spatialenv.core.layout import Layout  # noqa: E402
from spatialenv.core.scene import Scene  # noqa: E402
from spatialenv.core.write import write_answer  # noqa: E402
from spatialenv.envs.room_layout import RoomLayoutEnv  # noqa: E402
from spatialenv.evaluation.model_policy import ModelPolicy, load_vlm  # noqa: E402
from spatialenv.evaluation.policy import RandomPolicy  # noqa: E402
from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset  # noqa: E402
from spatialenv.trainers.rollout import Rollout  # noqa: E402

GROUP, TURNS, NEW_TOKENS = 2, 3, 8
# what each row answers in each turn: a real sample, a random layout, or the witness, which ends the episode
PLAN = ("rrr", "srs", "w", "rw")
INPUTS = (
    "pixel_values",
    "pixel_attention_mask",
    "image_grid_thw",
    "image_sizes",
    "image_position_ids",
    "num_images",
    "num_tiles",
    "mm_token_type_ids",
    "token_type_ids",
)


@dataclass
class Step:
    """One step of training."""

    output: dict[str, Any]
    rollouts: list[Rollout]
    episodes: list[Episode]
    sampled: list[list[list[int]]]  # ids by row and turn


class PlannedTrainer(LayoutGRPOTrainer):
    """Plays by the plan and keeps what it trained on."""

    def _generate_and_score_completions(self, inputs):
        self.sampled: list[list[list[int]]] = [[] for _ in inputs]
        output = super()._generate_and_score_completions(inputs)
        episodes = [seat.episode() for seat in self.seats]
        self.steps = [*getattr(self, "steps", []), Step(dict(output), list(self.rollouts), episodes, self.sampled)]
        return output

    def _compute_loss(self, model, inputs):
        self.parts = [*getattr(self, "parts", []), dict(inputs)]
        return super()._compute_loss(model, inputs)

    def _generate_single_turn(self, histories, images, fields, num_generations):
        sampled, logprobs = super()._generate_single_turn(histories, images, fields, num_generations)
        rows = [row for row, rollout in enumerate(self.rollouts) if rollout.is_open]
        for index, row in enumerate(rows):
            seat = self.rollouts[row].seat
            turn = len(seat.episode().turns)
            if PLAN[row][turn] != "s":
                layout = seat.scene.witness if PLAN[row][turn] == "w" else colliding(seat.scene, row, turn)
                sampled[index] = self.chat.encode(write_answer(layout, think=f"turn {turn}"))
            self.sampled[row].append(list(sampled[index]))
        return sampled, logprobs


def colliding(scene: Scene, row: int, turn: int) -> Layout:
    """A random layout whose second object stands in the first."""
    poses = dict(RandomPolicy(seed=row).layout(scene, turn))
    first, second = scene.ids[:2]
    poses[second] = replace(poses[first], x=poses[first].x + 0.05)
    return Layout.from_mapping(poses)


def make_env() -> RoomLayoutEnv:
    return RoomLayoutEnv(
        tasks="easy", max_turns=TURNS, views=("top",), size=(48, 32), labels=False, feedback="targets", renderer="fast"
    )


@pytest.fixture(scope="module")
def trainer(family_folder, tmp_path_factory):
    torch.set_num_threads(1)
    model, processor = load_vlm(family_folder)
    trainer = PlannedTrainer(
        model=model,
        env_fn=make_env,
        args=LayoutGRPOConfig(
            output_dir=str(tmp_path_factory.mktemp("trainer")),
            per_device_train_batch_size=len(PLAN) // 2,  # a step's episodes and their pictures are dealt out in two
            gradient_accumulation_steps=2,
            num_generations=GROUP,
            max_completion_length=NEW_TOKENS,
            max_steps=2,
            learning_rate=1e-3,
            loss_type="dr_grpo",
            top_k=0,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            remove_unused_columns=False,
            shuffle_dataset=False,
        ),
        processing_class=processor,
        train_dataset=seed_dataset(4, 50),
    )
    trainer.before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    trainer.train()
    return trainer


def test_two_steps_train_words_and_pictures(trainer, family):
    assert trainer.state.global_step == len(trainer.steps) == 2
    logs = [row for row in trainer.state.log_history if "loss" in row]
    assert all(np.isfinite(row["loss"]) and row["grad_norm"] > 0 for row in logs)
    changed = {
        name for name, weight in trainer.model.named_parameters() if not torch.equal(weight, trainer.before[name])
    }
    assert any("vision" in name or "visual" in name for name in changed), "pictures take part in the loss"
    assert any("embed_tokens" in name for name in changed)


def test_trained_tokens_are_those_that_were_sampled(trainer):
    for step in trainer.steps:
        assert [len(episode.turns) for episode in step.episodes] == [len(plan) for plan in PLAN]
        for row, rollout in enumerate(step.rollouts):
            mask = np.array(rollout.mask)
            assert np.array(rollout.ids)[mask == 1].tolist() == [id for turn in step.sampled[row] for id in turn]
            turns = step.episodes[row].turns
            assert [turn.text for turn in turns] == [trainer.chat.decode(ids) for ids in step.sampled[row]]
            assert [turn.status["well_formed"] for turn in turns] == [letter != "s" for letter in PLAN[row]]
            length = len(rollout.ids)
            assert step.output["completion_ids"][row, :length].tolist() == rollout.ids
            assert step.output["tool_mask"][row, :length].tolist() == rollout.mask
            width = len(rollout.prompt_ids)
            assert step.output["prompt_ids"][row, -width:].tolist() == rollout.prompt_ids


def test_an_episode_is_what_the_template_writes_of_it(trainer):
    """The processor itself, given the whole conversation, writes the tokens that were put together turn by turn."""
    processor = trainer.processing_class
    for step in trainer.steps:
        for row, plan in enumerate(PLAN):
            if "s" in plan:
                continue
            episode, rollout = step.episodes[row], step.rollouts[row]
            messages = messages_of(episode, len(plan) - 1)
            encoded = processor.apply_chat_template(
                [messages], add_generation_prompt=True, tokenize=True, return_dict=True
            )
            # white space between a role and its words differs where a template's answer and prompt do
            whole = "".join(trainer.chat.tokenizer.decode(encoded["input_ids"][0]).split())
            answered = len(rollout.history) - len(step.sampled[row][-1])
            assert "".join(trainer.chat.tokenizer.decode(rollout.history[:answered]).split()) == whole


def messages_of(episode: Episode, turns: int) -> list[dict[str, Any]]:
    """The messages before answer number `turns`."""
    messages = []
    for turn in range(turns + 1):
        image = episode.image if turn == 0 else episode.turns[turn - 1].image
        text = episode.prompt if turn == 0 else episode.turns[turn - 1].feedback
        parts = [{"type": "image", "image": Image.fromarray(image)}, {"type": "text", "text": text}]
        if turn:
            answer = episode.turns[turn - 1].text
            messages.append({"role": "assistant", "content": [{"type": "text", "text": answer}]})
        messages.append({"role": "user", "content": parts})
    return messages


def alone(trainer, ids: list[int], images: list[Image.Image]) -> torch.Tensor:
    """Log-probabilities of an episode's tokens, its own forward without padding."""
    processor, model = trainer.processing_class, trainer.model
    content = [{"type": "image", "image": image} for image in images]
    encoded = processor.apply_chat_template(
        [[{"role": "user", "content": content}]], tokenize=True, return_dict=True, return_tensors="pt"
    )
    picture_ids = set(encoded["input_ids"][0].tolist()) & trainer.chat.image_ids
    inputs = {name: value for name, value in encoded.items() if name not in ("input_ids", "attention_mask")}
    row = torch.tensor([ids])
    for name in ("mm_token_type_ids", "token_type_ids"):
        if name in inputs:
            inputs[name] = torch.isin(row, torch.tensor(sorted(picture_ids))).long()
    with torch.no_grad():
        logits = model(input_ids=row, attention_mask=torch.ones_like(row), **inputs).logits[0, :-1]
    return logits.log_softmax(-1).gather(1, row[0, 1:, None])[:, 0]


@pytest.fixture
def evaluating(trainer):
    trainer.model.eval()
    yield
    trainer.model.train()


@pytest.mark.usefixtures("evaluating")
def test_log_probabilities_of_the_loss_are_those_of_each_episode_alone(trainer):
    """TRL shuffles a step's episodes and deals them out in parts; each must keep its own pictures."""
    rollouts = {tuple(rollout.history): rollout for rollout in trainer.steps[1].rollouts}
    parts = trainer.parts[-2:]
    assert [len(part["prompt_ids"]) for part in parts] == [2, 2]
    seen = set()
    for part in parts:
        ids = torch.cat([part["prompt_ids"], part["completion_ids"]], dim=1)
        mask = torch.cat([part["prompt_mask"], part["completion_mask"]], dim=1)
        fields = {name: part[name] for name in INPUTS if part.get(name) is not None}
        with torch.no_grad():
            batch = trainer._get_per_token_logps_and_entropies(
                trainer.model, ids, mask, part["completion_ids"].shape[1], **fields
            )[0]
        for row, each in enumerate(batch):
            history = tuple(ids[row][mask[row].bool()].tolist())
            rollout = rollouts[history]
            seen.add(history)
            single = alone(trainer, rollout.history, rollout.images)[len(rollout.prompt_ids) - 1 :]
            torch.testing.assert_close(each[: len(rollout.ids)], single, rtol=0, atol=1e-4)
    assert len(seen) == len(rollouts)


@pytest.mark.usefixtures("evaluating")
def test_an_answer_saw_the_picture_before_it_and_none_after(trainer):
    step = trainer.steps[0]
    for row, plan in enumerate(PLAN):
        rollout, episode = step.rollouts[row], step.episodes[row]
        shown = [episode.image, *(turn.image for turn in episode.turns)][: len(plan)]
        assert [np.asarray(image).tobytes() for image in rollout.images] == [image.tobytes() for image in shown]
        if len(plan) < 2:
            continue
        edges = np.flatnonzero(np.diff(rollout.mask)) + 1 + len(rollout.prompt_ids)
        start, end = edges[-2], edges[-1]  # the last reply of the environment
        other = [*rollout.images[:-1], Image.fromarray(255 - shown[-1])]
        seen, changed = (alone(trainer, rollout.history, images) for images in (rollout.images, other))
        torch.testing.assert_close(changed[: start - 1], seen[: start - 1], rtol=0, atol=1e-6)
        assert (changed[end - 1 :] - seen[end - 1 :]).abs().max() > 1e-4


@pytest.mark.usefixtures("evaluating")
def test_the_model_answers_as_a_policy(trainer, family_folder):
    policy = ModelPolicy(trainer.model, trainer.processing_class, max_new_tokens=4, seed=1)
    envs = [make_env(), make_env()]
    for seed, env in enumerate(envs):
        env.reset(seed=seed)
    for _ in range(2):
        for env, answer in zip(envs, policy.respond(envs), strict=True):
            assert not re.search("image|IMG", answer)
            env.step(answer)


def test_the_processor_is_saved_as_it_was_loaded(trainer, family_folder, tmp_path):
    trainer.processing_class.save_pretrained(tmp_path)
    again, first = load_processor(tmp_path), load_processor(family_folder)
    assert type(again) is type(first)
    image = Image.new("RGB", (48, 32), (200, 30, 30))
    message = {"role": "user", "content": [{"type": "image", "image": image}, {"type": "text", "text": "a bed"}]}
    rows = [
        each.apply_chat_template([[message]], tokenize=True, return_dict=True)["input_ids"][0]
        for each in (again, first)
    ]
    assert list(rows[0]) == list(rows[1])


def load_processor(folder):
    import transformers

    return transformers.AutoProcessor.from_pretrained(folder)
