"""The tiny model reads ids and numbers whole, and near numbers look alike to it from the start."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("trl")

import torch

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.evaluation.model_policy import load_vlm
from spatialenv.trainers.demonstrate import UnskilledDemonstrator
from spatialenv.trainers.tiny_vlm import TinyVLMConfig, build_tiny_vlm, sample_texts

SIZES = {
    "hidden_size": 32,
    "layers": 1,
    "heads": 2,
    "vision_hidden_size": 16,
    "vision_layers": 1,
    "image_size": 16,
    "vocabulary": 300,
}


def make_env(tasks: str = "easy/endless") -> RoomLayoutEnv:
    return RoomLayoutEnv(tasks=tasks, renderer="blank", size=(16, 16), views=["top"], feedback="names", max_turns=2)


def build(folder, **options):
    texts = sample_texts(make_env(), UnskilledDemonstrator(grid=0.1), range(40), random.Random(0))
    build_tiny_vlm(folder, texts, TinyVLMConfig(**SIZES, **options))
    return load_vlm(folder)


@pytest.fixture(scope="module")
def smooth(tmp_path_factory):
    return build(tmp_path_factory.mktemp("smooth"), names="ids", numbers="all", smooth_numbers=True)


def test_ids_and_numbers_are_single_tokens_wherever_they_stand(smooth):
    tokenizer = smooth[1].tokenizer
    known = 0
    for seed in range(2000, 2010):  # not among the texts
        env = make_env()
        prompt = env.reset(seed=seed)[0]["prompt"]
        tokens = tokenizer.tokenize(prompt)
        assert "".join(tokens) == prompt
        for item in env.scene.objects:
            if item.id in tokenizer.get_vocab():  # seen in the texts
                known += 1
                assert tokens.count(item.id) == 1
            for value in item.size:
                assert str(round(value, 4) + 0.0) in tokens
    assert known >= 20


@given(st.one_of(st.integers(0, 2999).map(lambda v: v / 1000), st.integers(0, 1499).map(lambda v: v / 100)))
def test_any_millimetre_of_a_size_and_any_centimetre_of_a_room_is_one_token(smooth, value):
    assert str(value) in smooth[1].tokenizer.tokenize(f"x {value}, y")


def test_the_head_of_a_record_is_one_token_with_its_id(tmp_path):
    tokenizer = build(tmp_path)[1].tokenizer
    env = make_env("easy/train")
    tokens = tokenizer.tokenize(env.reset(seed=0)[0]["prompt"])
    heads = [f'{{"new_object_id": "{item.id}"' for item in env.scene.objects]
    assert [token for token in tokens if token in heads] == heads


def test_numbers_that_were_not_seen_are_spelled(tmp_path):
    tokenizer = build(tmp_path)[1].tokenizer
    assert "2.9876" not in tokenizer.get_vocab()
    pieces = tokenizer.tokenize("2.9876")
    assert len(pieces) > 1
    assert "".join(pieces) == "2.9876"


def test_near_numbers_look_alike_and_far_ones_do_not(smooth, tmp_path):
    def likeness(model, processor, first, second):
        weight = model.get_input_embeddings().weight
        rows = weight[processor.tokenizer.convert_tokens_to_ids([first, second])]
        return float(torch.nn.functional.cosine_similarity(rows[0], rows[1], dim=0).detach())

    near = likeness(*smooth, "1.52", "1.53")
    assert near > 0.9
    assert near > likeness(*smooth, "1.52", "1.62") > likeness(*smooth, "1.52", "4.12")
    assert likeness(*smooth, "1.52", "1.521") < near  # another number of decimals
    plain = build(tmp_path, numbers="all")
    assert abs(likeness(*plain, "1.52", "1.53")) < 0.7
    # of the usual size: the rest of the model expects it
    spread = [float(model.get_input_embeddings().weight.detach().std()) for model, _ in (smooth, plain)]
    assert spread[0] == pytest.approx(spread[1], rel=0.15)
