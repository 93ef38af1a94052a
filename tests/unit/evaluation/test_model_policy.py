"""A model as policy: what is loaded, what is refused in one line, and the tokens it answers from."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, MissingExtraError, UnknownNameError
from spatialenv.evaluation import evaluate
from spatialenv.evaluation.policy import make_policy

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from spatialenv.evaluation.model_policy import ModelPolicy, check_vlm, fingerprint, load_vlm  # noqa: E402  # needs torch
from spatialenv.evaluation.sampling import sample_answers  # noqa: E402


@pytest.fixture(scope="module")
def loaded(tiny_vlm):
    return load_vlm(tiny_vlm)


@pytest.fixture
def policy(loaded):
    return ModelPolicy(*loaded, max_new_tokens=6)


def make_env(seed: int = 0, max_turns: int = 3) -> RoomLayoutEnv:
    env = RoomLayoutEnv(tasks="easy", max_turns=max_turns, views=("top",), size=(32, 32), labels=False)
    env.reset(seed=seed)
    return env


@pytest.fixture
def prompts(policy, monkeypatch):
    """What the policy's model was asked to go on from, call by call."""
    seen = []

    def record(model, chat, histories, fields, **options):
        sampled = sample_answers(model, chat, histories, fields, **options)
        seen.append((histories, fields, sampled))
        return sampled

    monkeypatch.setattr("spatialenv.evaluation.model_policy.sample_answers", record)
    return seen


def test_a_second_turn_goes_on_from_the_very_tokens_of_the_first(policy, prompts):
    envs = [make_env(0), make_env(1)]
    for env, answer in zip(envs, policy.respond(envs), strict=True):
        env.step(answer)
    policy.respond(envs)
    (first, _, sampled), (second, fields, _) = prompts
    for row, env in enumerate(envs):
        closing = [] if sampled[row][-1] in policy.chat.eos_ids else policy.chat.eos_ids[:1]
        reply = policy.chat.replies([env.to_messages()[-1]])[0]
        assert second[row] == first[row] + sampled[row] + closing + reply
    assert fields["pixel_values"].shape[:2] == (2, 2)


def test_an_env_that_another_policy_played_is_read_from_its_messages(policy, prompts):
    env = make_env()
    env.step("no answer")
    policy.respond([env])
    assert prompts[0][0] == policy.chat.opening([env.to_messages()])
    env.reset(seed=1)
    policy.respond([env])
    env.step("something that the policy did not say")
    policy.respond([env])
    assert prompts[2][0] == policy.chat.opening([env.to_messages()])


def test_answers_are_the_text_of_what_was_sampled_and_hold_no_placeholders(policy, prompts):
    (answer,) = policy.respond([make_env()])
    ((_, _, (ids,)),) = prompts
    assert answer == policy.chat.decode(ids)
    assert not set(ids) & policy.chat.image_ids
    assert len(ids) <= 6


def test_same_seed_same_answers_and_the_global_generator_is_left_alone(loaded):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, two, other = (
        ModelPolicy(*loaded, max_new_tokens=6, seed=seed).respond([make_env(), make_env(1)]) for seed in (3, 3, 4)
    )
    assert one == two != other
    assert torch.equal(torch.rand(1), expected)


def test_answers_depend_on_the_rooms_and_not_on_how_often_it_was_asked(loaded):
    policy = ModelPolicy(*loaded, max_new_tokens=6)
    first = policy.respond([make_env(0), make_env(1)])
    policy.respond([make_env(2)])
    assert policy.respond([make_env(0), make_env(1)]) == first
    assert policy.sample([make_env(0), make_env(1)], 0) == first
    assert policy.sample([make_env(0), make_env(1)], 1) != first
    assert ModelPolicy(*loaded, max_new_tokens=6).respond([make_env(0), make_env(1)]) == first, "as after a resume"


def test_a_stream_of_random_numbers_goes_on_from_call_to_call(loaded):
    def answers():
        policy = ModelPolicy(*loaded, max_new_tokens=6, seeding="stream")
        return [policy.respond([make_env(0), make_env(1)]) for _ in range(3)]

    (one, two, three), again = answers(), answers()
    assert [one, two, three] == again
    assert not one == two == three


def test_a_stopped_evaluation_of_a_model_goes_on_and_ends_the_same(loaded, tiny_vlm, tmp_path):
    options = {"n": 5, "batch_size": 2, "env": {"views": ("top",), "size": (32, 32), "labels": False, "max_turns": 2}}

    def load():
        return make_policy(tiny_vlm, max_new_tokens=6)

    evaluate(load(), "easy/validation", output=tmp_path / "whole", **options)
    evaluate(load(), "easy/validation", output=tmp_path / "stopped", **options)
    (tmp_path / "stopped" / "shards" / "00001.jsonl").unlink()
    evaluate(load(), "easy/validation", output=tmp_path / "stopped", **options)
    results = [(tmp_path / name / "results.json").read_bytes() for name in ("whole", "stopped")]
    assert results[0] == results[1]
    with pytest.raises(InputError, match=r"`policy.temperature` was 1.0, is 0.5"):
        evaluate(make_policy(tiny_vlm, max_new_tokens=6, temperature=0.5), "easy/validation",
                 output=tmp_path / "whole", **options)  # fmt: skip


def test_other_weights_are_another_policy(tiny_vlm, tmp_path):
    copied = tmp_path / "model"
    shutil.copytree(tiny_vlm, copied)
    assert fingerprint(copied) == fingerprint(tiny_vlm)
    weights = copied / "model.safetensors"
    held = bytearray(weights.read_bytes())
    held[-1] ^= 1
    weights.write_bytes(held)
    assert fingerprint(copied) != fingerprint(tiny_vlm)
    assert fingerprint(tmp_path / "nothing") is None


def test_large_files_count_by_their_size_and_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("spatialenv.evaluation.model_policy._WHOLE", 10)
    monkeypatch.setattr("spatialenv.evaluation.model_policy._PART", 4)
    (tmp_path / "weights").write_bytes(b"aaaabbbbcccc")
    first = fingerprint(tmp_path)
    (tmp_path / "weights").write_bytes(b"aaaabXbbcccc")
    assert fingerprint(tmp_path) == first
    for other in (b"aaaXbbbbcccc", b"aaaabbbbXccc", b"aaaabbbbbcccc"):
        (tmp_path / "weights").write_bytes(other)
        assert fingerprint(tmp_path) != first


def test_temperature_zero_takes_the_likeliest_token_whatever_the_seed_and_batch(loaded):
    def answers(**options):
        policy = ModelPolicy(*loaded, max_new_tokens=6, temperature=0, **options)
        return policy.respond([make_env(seed) for seed in (0, 1, 2)])

    assert answers(seed=0) == answers(seed=9) == answers(batch_size=2)


def test_the_model_stays_in_the_mode_it_was_in(loaded):
    model, processor = loaded
    model.train()
    ModelPolicy(model, processor, max_new_tokens=1).respond([make_env()])
    assert model.training
    model.eval()
    ModelPolicy(model, processor, max_new_tokens=1).respond([make_env()])
    assert not model.training


def test_make_policy_takes_a_model_folder(tiny_vlm):
    policy = make_policy(tiny_vlm, max_new_tokens=4, seed=2)
    assert isinstance(policy, ModelPolicy)
    assert (policy.name, policy.max_new_tokens) == (tiny_vlm.name, 4)
    assert isinstance(make_policy(str(tiny_vlm)), ModelPolicy)
    with pytest.raises(UnknownNameError, match=r"unknown option of the policy .* 'grid'"):
        make_policy(tiny_vlm, grid=0.5)


@pytest.mark.parametrize("name", ["randon", "no_such_folder", ""])
def test_a_name_that_is_neither_policy_nor_folder_is_unknown(name):
    with pytest.raises(UnknownNameError, match="a model folder"):
        make_policy(name)


# --- what is refused ------------------------------------------------------------------------------


def text_only(folder, tiny_vlm):
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
    transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=32, **sizes)).save_pretrained(folder)


def without_processor(folder, tiny_vlm):
    for name in ("config.json", "model.safetensors"):
        shutil.copy(tiny_vlm / name, folder)


def without_template(folder, tiny_vlm):
    shutil.copytree(tiny_vlm, folder, dirs_exist_ok=True)
    (folder / "chat_template.jinja").unlink()


def broken_config(folder, tiny_vlm):
    (folder / "config.json").write_text("{nope")


def unknown_type(folder, tiny_vlm):
    (folder / "config.json").write_text('{"model_type": "nothing_known"}')


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder, tiny_vlm: None, "holds no config.json; give a folder made by save_pretrained"),
        (
            text_only,
            "is a 'llama' model, which takes no pictures; set pictures: false .* or give a vision-language model",
        ),
        (without_processor, "holds no processor .* save it beside the weights"),
        (without_template, "no chat template; give a model made for chat"),
        (broken_config, "not a valid JSON file"),
        (unknown_type, "could not be loaded as a vision-language model: .*nothing_known"),
    ],
    ids=["empty folder", "text only", "no processor", "no template", "broken config", "unknown type"],
)
@pytest.mark.parametrize("load", [check_vlm, load_vlm, make_policy])
def test_a_folder_that_is_no_vlm_is_refused_in_one_line(tmp_path, tiny_vlm, make, message, load):
    make(tmp_path, tiny_vlm)
    with pytest.raises(InputError, match=message) as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"not safetensors"], ids=["missing", "broken"])
def test_weights_that_cannot_be_read_are_refused_in_one_line(tmp_path, tiny_vlm, content):
    shutil.copytree(tiny_vlm, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.safetensors").unlink()
    if content is not None:
        (tmp_path / "model.safetensors").write_bytes(content)
    check_vlm(tmp_path)  # the check does not read weights
    with pytest.raises(InputError, match="could not be loaded as a vision-language model") as caught:
        load_vlm(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"), [("owner/no-such-model", "could not"), ("", "empty"), ("a b", "could not")]
)
def test_a_name_that_cannot_be_found_is_refused_in_one_line(name, message):
    with pytest.raises(InputError, match=message) as caught:
        load_vlm(name)
    assert "\n" not in str(caught.value)


def test_a_file_is_no_model(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(InputError, match="is a file"):
        check_vlm(tmp_path / "model.bin")


def test_a_processor_that_needs_a_missing_package_says_which(tiny_vlm, monkeypatch):
    def fail(*_, **__):
        raise ImportError("\nQwen2VLVideoProcessor requires the Torchvision library\nmore")

    monkeypatch.setattr(transformers.AutoProcessor, "from_pretrained", fail)
    with pytest.raises(MissingExtraError, match=r"needs a package that is missing: .*Torchvision library$"):
        check_vlm(tiny_vlm)


def test_without_transformers_the_extra_is_named():
    code = (
        "import sys; sys.modules['transformers'] = None\n"
        "from spatialenv.evaluation.policy import make_policy\n"
        "try: make_policy('owner/model')\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert "spatialenv[train]" in done.stdout
