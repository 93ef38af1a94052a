"""Models by folder: words alone, adapters, weights in parts, code of their own, names that no hub has."""

from __future__ import annotations

import json
import shutil

import pytest

from spatialenv.errors import InputError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from spatialenv.evaluation.loading import check_model, load_model  # noqa: E402  # needs torch

TEMPLATE = (
    "{%- for m in messages -%}<|im_start|>{{ m.role + '\n' + m.content }}<|im_end|>{{ '\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|im_start|>assistant{{ '\n' }}{%- endif -%}"
)


@pytest.fixture(scope="module")
def text_model(tiny_vlm, tmp_path_factory):
    """The folder of a model of words alone, its weights in several files."""
    folder = tmp_path_factory.mktemp("text_model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_vlm)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = transformers.LlamaConfig(vocab_size=len(tokenizer), **sizes)
    transformers.LlamaForCausalLM(config).save_pretrained(folder, max_shard_size="30KB")
    return folder


@pytest.fixture
def copied(text_model, tmp_path):
    shutil.copytree(text_model, tmp_path / "model")
    return tmp_path / "model"


def check_one_line(caught) -> None:
    assert "\n" not in str(caught.value)


def test_a_model_of_words_alone_is_loaded_where_no_pictures_are_wanted(text_model):
    model, tokenizer = load_model(text_model, pictures=False, dtype="bfloat16", attn_implementation="eager")
    assert model.config.model_type == "llama"
    assert (model.dtype, model.config._attn_implementation) == (torch.bfloat16, "eager")
    assert (tokenizer.padding_side, hasattr(tokenizer, "image_processor")) == ("left", False)
    with pytest.raises(InputError, match=r"takes no pictures; set pictures: false \(--no-pictures\)") as caught:
        load_model(text_model)
    check_one_line(caught)


def test_a_vlm_without_pictures_keeps_its_processor(tiny_vlm):
    model, processor = load_model(tiny_vlm, pictures=False)
    assert model.config.model_type == "idefics3"
    assert processor.tokenizer.padding_side == "left"


def test_a_model_that_writes_no_text_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "vit"}))
    with pytest.raises(InputError, match="'vit' model, which writes no text"):
        check_model(tmp_path, pictures=False)


def test_weights_in_parts_must_all_be_there(copied):
    parts = sorted(copied.glob("model-*.safetensors"))
    assert len(parts) > 1
    load_model(copied, pictures=False)
    parts[0].unlink()
    with pytest.raises(InputError, match=rf"lacks 1 of {len(parts)} files of weights \({parts[0].name}\)") as caught:
        load_model(copied, pictures=False)
    check_one_line(caught)
    (copied / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(InputError, match="not an index of weights"):
        load_model(copied, pictures=False)


# --- adapters ---------------------------------------------------------------------------------------


def adapters_on(base, folder, **config):
    peft = pytest.importorskip("peft")
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=2, init_lora_weights=False, target_modules=["q_proj"]))
    adapted.save_pretrained(folder)
    return adapted


def test_adapters_are_put_on_their_base_and_can_be_trained_on(text_model, tmp_path):
    adapted = adapters_on(text_model, tmp_path)
    model, tokenizer = load_model(tmp_path, pictures=False)
    ids = torch.tensor([tokenizer("a bed by the wall")["input_ids"]])
    with torch.no_grad():
        adapted.eval()
        plain = load_model(text_model, pictures=False)[0](input_ids=ids).logits
        given = model.eval()(input_ids=ids).logits
        assert torch.equal(given, adapted(input_ids=ids).logits)
    assert not torch.equal(given, plain)
    trained = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert trained
    assert all("lora" in name for name in trained)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"base_model_name_or_path": None}, "do not say which model they belong to"),
        ({"base_model_name_or_path": "/no/such/folder"}, "'/no/such/folder', which does not exist"),
        (None, "is not what peft writes"),
    ],
)
def test_adapters_without_their_base_are_refused(text_model, tmp_path, change, says):
    adapters_on(text_model, tmp_path)
    config = tmp_path / "adapter_config.json"
    config.write_text("{nope" if change is None else json.dumps({**json.loads(config.read_text()), **change}))
    with pytest.raises(InputError, match=says) as caught:
        load_model(tmp_path, pictures=False)
    check_one_line(caught)


def test_adapters_on_adapters_are_refused(text_model, tmp_path):
    adapters_on(text_model, tmp_path / "first")
    adapters_on(text_model, tmp_path / "second")
    config = tmp_path / "second" / "adapter_config.json"
    changed = {**json.loads(config.read_text()), "base_model_name_or_path": str(tmp_path / "first")}
    config.write_text(json.dumps(changed))
    with pytest.raises(InputError, match="lie on other adapters"):
        load_model(tmp_path / "second", pictures=False)


# --- hubs and code ----------------------------------------------------------------------------------


def test_code_that_a_model_brings_is_not_run(copied):
    (copied / "config.json").write_text(
        json.dumps({"model_type": "newest", "auto_map": {"AutoConfig": "configuring.Config"}})
    )
    (copied / "configuring.py").write_text("raise SystemExit('run')")
    with pytest.raises(InputError, match=r"brings its own code, which is never run here") as caught:
        load_model(copied, pictures=False)
    check_one_line(caught)


def hub_error(name):
    from huggingface_hub import errors

    kind = getattr(errors, name)
    error = kind.__new__(kind)  # their constructors want a server's answer
    Exception.__init__(error, "403 Client Error\nmore")
    return error


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("GatedRepoError", "is gated: accept its terms"),
        ("RepositoryNotFoundError", "is on no hub that was asked: check the spelling"),
        ("OfflineModeIsEnabled", "is not in the cache: check the connection and HF_HUB_OFFLINE"),
        ("LocalEntryNotFoundError", "is not in the cache: check the connection"),
    ],
)
def test_what_a_hub_refuses_is_told_with_what_to_do(monkeypatch, name, says):
    def refuse(*_, **__):
        raise OSError("see the hub's page\nmore") from hub_error(name)

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", refuse)
    with pytest.raises(InputError, match=f"the model 'owner/model' .*{says}") as caught:
        load_model("owner/model")
    check_one_line(caught)
