"""TRL's log-probabilities are held against the model's own before anything is learned."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is missing: pip install 'spatialenv[train]'")
pytest.importorskip("trl", reason="TRL is missing: pip install 'spatialenv[train]'")

from families import Family, family_tokenizer  # noqa: E402  # modules beside this one
from family_models import SIGLIP, text_settings  # noqa: E402
from family_templates import chatml  # noqa: E402
from scripted import ScriptedTrainer, colliding, make_scripted  # noqa: E402

from spatialenv.errors import InputError  # noqa: E402
from spatialenv.evaluation.model_policy import load_vlm  # noqa: E402
from spatialenv.trainers import agreement  # noqa: E402
from spatialenv.trainers.executors import Seat  # noqa: E402
from spatialenv.trainers.grpo import LayoutGRPOConfig  # noqa: E402


def uneven(seat: Seat, turn: int) -> Any:
    """Rows end at different turns, so that there is padding."""
    assert seat.scene.witness is not None
    return seat.scene.witness if turn == seat.row else colliding(seat, turn)


class Uneven(ScriptedTrainer):
    script = staticmethod(uneven)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The differences that were found, one entry a comparison."""
    found: list[Any] = []
    differences = agreement.differences

    def keep(trainer: Any, inputs: Any) -> Any:
        found.append(differences(trainer, inputs))
        return found[-1]

    monkeypatch.setattr(agreement, "differences", keep)
    return found


def scaled_after_the_fact(model: Any, factor: float) -> None:
    """Let a model scale its logits where TRL does not look, as Aya Vision's does not where TRL thinks it does."""
    forward = model.forward

    def tampered(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        output.logits = output.logits * factor
        return output

    model.forward = tampered


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_a_sound_model_is_compared_once_on_an_episode_of_several_pictures(tmp_path, tiny_vlm, kept, temperature):
    trainer = make_scripted(
        tmp_path,
        tiny_vlm,
        kind=Uneven,
        steps=2,
        temperature=temperature,
        beta=0.1,
        gradient_accumulation_steps=2,
        per_device_train_batch_size=2,
        num_iterations=2,
    )
    trainer.train()
    assert len(kept) == 1
    (found,) = kept
    longest = max(trainer.played[0], key=lambda rollout: len(rollout.images))
    assert len(longest.images) == 3
    assert 0 < len(found) <= min(agreement.WINDOW, sum(longest.lengths))
    assert found.max() < 1e-4
    assert trainer.model.training


@pytest.mark.parametrize("options", [{}, {"peft": True}])
def test_a_model_whose_own_head_says_otherwise_is_refused_before_it_learns(tmp_path, tiny_vlm, kept, options):
    model, processor = load_vlm(tiny_vlm)
    scaled_after_the_fact(model, 1.5)
    if options:
        peft = pytest.importorskip("peft", reason="peft is missing: pip install 'spatialenv[train]'")
        model = peft.get_peft_model(model, peft.LoraConfig(target_modules=["q_proj"], r=2, lora_dropout=0.5))
    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, loaded=(model, processor))
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    with pytest.raises(InputError, match=r"log-probabilities .* are not those of the model .* at most 0\.001 can be"):
        trainer.train()
    assert kept[0].mean() > agreement.TOLERANCE
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())


def test_pictures_that_go_to_another_episode_are_found(tmp_path, tiny_vlm, kept):
    class Swapped(Uneven):
        def _prepare_inputs(self, inputs: Any) -> Any:
            part = super()._prepare_inputs(inputs)
            return {**part, "pixel_values": part["pixel_values"].flip(0)}

    with pytest.raises(InputError, match="not those of the model"):
        make_scripted(tmp_path, tiny_vlm, kind=Swapped).train()


def test_adapters_with_dropout_agree(tmp_path, tiny_vlm, kept):
    peft = pytest.importorskip("peft", reason="peft is missing: pip install 'spatialenv[train]'")
    model, processor = load_vlm(tiny_vlm)
    model = peft.get_peft_model(model, peft.LoraConfig(target_modules=["q_proj"], r=2, lora_dropout=0.5))
    make_scripted(tmp_path, tiny_vlm, kind=Uneven, loaded=(model, processor), beta=0.1).train()
    assert kept[0].max() < 1e-4


def test_half_the_digits_are_given_more_room(tmp_path, tiny_vlm, kept):
    model, processor = load_vlm(tiny_vlm, dtype="bfloat16")
    make_scripted(tmp_path, tiny_vlm, kind=Uneven, loaded=(model, processor)).train()
    assert 0 < kept[0].mean() < agreement.HALF_TOLERANCE


def test_the_tolerance_can_be_set_and_the_check_left_out(tmp_path, tiny_vlm, kept):
    model, processor = load_vlm(tiny_vlm)
    scaled_after_the_fact(model, 1.5)
    make_scripted(tmp_path, tiny_vlm, kind=Uneven, loaded=(model, processor), logprob_tolerance=float("inf")).train()
    assert not kept
    with pytest.raises(InputError, match=r"at most 1e-09 can be"):
        make_scripted(tmp_path, tiny_vlm, kind=Uneven, logprob_tolerance=1e-9).train()
    with pytest.raises(InputError, match="`logprob_tolerance` is 0; it must be above 0"):
        LayoutGRPOConfig(output_dir=str(tmp_path), logprob_tolerance=0)


def test_a_part_in_which_nothing_is_learned_is_no_proof(tmp_path, tiny_vlm, kept):
    class Silent(Uneven):
        def _generate_and_score_completions(self, inputs: Any) -> Any:
            output = super()._generate_and_score_completions(inputs)
            if len(self.outputs) == 1:
                output["tool_mask"] = output["tool_mask"] * 0
            return output

    make_scripted(tmp_path, tiny_vlm, kind=Silent, steps=2).train()
    assert kept[0] is None
    assert kept[1].max() < 1e-4
    assert len(kept) == 2


@pytest.mark.parametrize("scale", [1.0, 0.0625])
def test_aya_vision_is_refused_for_the_scale_that_only_trl_knows(tmp_path, tiny_vlm, kept, scale):
    """Its text model scales logits, and so does TRL; the whole model does not. At 1 nothing is wrong."""
    model, processor = build_aya_vision(family_tokenizer(AYA, tiny_vlm), scale)
    trainer = make_scripted(tmp_path, tiny_vlm, kind=Uneven, loaded=(model, processor))
    if scale == 1.0:
        trainer.train()
        assert kept[0].max() < 1e-4
        return
    with pytest.raises(InputError, match=r"nats a token.*'aya_vision'"):
        trainer.train()


AYA = Family(
    "aya_vision",
    lambda tokenizer: build_aya_vision(tokenizer, 1.0),
    chatml("<image>"),
    (
        *("<|im_end|>", "<|im_start|>", "<image>", "<|START_OF_IMG|>", "<|END_OF_IMG|>", "<|IMG_PATCH|>"),
        *("<|IMG_LINE_BREAK|>", "TILE", "TILE_GLOBAL"),
    ),
)


def build_aya_vision(tokenizer: Any, logit_scale: float) -> tuple[Any, Any]:
    import transformers

    text = text_settings(tokenizer, model_type="cohere2", logit_scale=logit_scale, layer_types=["full_attention"])
    torch.manual_seed(0)
    config = transformers.AyaVisionConfig(
        image_token_id=tokenizer.convert_tokens_to_ids("<|IMG_PATCH|>"),
        downsample_factor=2,
        alignment_intermediate_size=64,
        vision_feature_layer=-1,
        tie_word_embeddings=True,
        vision_config={**SIGLIP, "patch_size": 8},
        text_config=text,
    )
    model = transformers.AyaVisionForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    sizes = {"height": 32, "width": 32}
    processor = transformers.AyaVisionProcessor(
        image_processor=transformers.GotOcr2ImageProcessorPil(size=sizes, min_patches=1, max_patches=1),
        tokenizer=tokenizer,
        patch_size=8,
        img_size=32,
        downsample_factor=2,
        chat_template=AYA.template,
    )
    return model, processor
