"""Hugging Face models by folder or hub name: vision-language models, models of words alone, and adapters on either.

Code that a model brings along is never run: transformers' ``trust_remote_code`` stays off.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spatialenv.errors import InputError, MissingExtraError, require
from spatialenv.evaluation.chat import Chat

_PROCESSOR_FILES = ("processor_config.json", "preprocessor_config.json")
_ADAPTER = "adapter_config.json"
_INDEX = "model.safetensors.index.json"
_WITHOUT = "set pictures: false (--no-pictures) to show it words alone"


def check_model(name: str | Path, *, pictures: bool = True) -> Any:
    """Check that `name` is a chat model that can play episodes, without loading its weights.

    Args:
        name: A folder written by ``save_pretrained``, a folder of peft's adapters, or a name on the Hugging Face hub.
        pictures: Whether it is to be shown pictures.

    Returns:
        Its processor, or its tokenizer where it is a model of words alone; padding on the left.

    Raises:
        MissingExtraError: If transformers, torch or what this model's processor needs is not installed.
        InputError: If it is not such a model, or its chat template cannot carry an episode.
    """
    require("torch", "train", "a model as policy")
    transformers = require("transformers", "train", "a model as policy")
    base, adapter = _places(name)
    with _plain_errors(base, pictures=pictures):
        config = transformers.AutoConfig.from_pretrained(base, trust_remote_code=False)
        takes_pictures = type(config) in transformers.AutoModelForImageTextToText._model_mapping
        if pictures and not takes_pictures:
            raise InputError(
                f"the model '{base}' is a {config.model_type!r} model, which takes no pictures; {_WITHOUT}, or "
                "give a vision-language model (one that AutoModelForImageTextToText loads)"
            )
        if not takes_pictures and type(config) not in transformers.AutoModelForCausalLM._model_mapping:
            raise InputError(f"the model '{base}' is a {config.model_type!r} model, which writes no text; give another")
        own = adapter if adapter is not None and _has_processor(adapter, takes_pictures) else base
        if Path(own).is_dir() and takes_pictures and not _has_processor(own, takes_pictures):
            raise InputError(
                f"the model folder '{own}' holds no processor ({' or '.join(_PROCESSOR_FILES)}); "
                "save it beside the weights: processor.save_pretrained(folder)"
            )
        loader = transformers.AutoProcessor if takes_pictures else transformers.AutoTokenizer
        processor = loader.from_pretrained(own, trust_remote_code=False)
    if takes_pictures and not (hasattr(processor, "image_processor") and hasattr(processor, "tokenizer")):
        raise InputError(
            f"the model '{base}' has no processor for pictures and text beside it; "
            "save its processor there, too: processor.save_pretrained(folder)"
        )
    getattr(processor, "tokenizer", processor).padding_side = "left"
    Chat(processor, pictures=pictures)
    return processor


def load_model(
    name: str | Path,
    *,
    pictures: bool = True,
    dtype: str = "float32",
    quantization_config: Any = None,
    attn_implementation: str | None = None,
    device_map: Any = None,
) -> tuple[Any, Any]:
    """Return a chat model and its processor or tokenizer.

    Args:
        name: A folder written by ``save_pretrained``, a folder of peft's adapters (they are put on their base, and
            are what can be trained), or a name on the Hugging Face hub.
        pictures: Whether it is to be shown pictures; without, models of words alone are loaded, too.
        dtype: Weights' type: ``"float32"``, ``"bfloat16"``, ``"float16"`` or ``"auto"``.
        quantization_config: A `transformers.BitsAndBytesConfig`, or None for whole weights.
        attn_implementation: ``"sdpa"``, ``"eager"``, ``"flash_attention_2"`` or None for transformers' choice.
        device_map: Where the weights go, as transformers takes it; None leaves them on the CPU.

    Raises:
        MissingExtraError: If transformers, torch or what this model's processor needs is not installed.
        InputError: If it is not such a model, its chat template cannot carry an episode, or its weights cannot be read.
    """
    processor = check_model(name, pictures=pictures)
    transformers = require("transformers", "train", "a model as policy")
    base, adapter = _places(name)
    _check_shards(base)
    kind = transformers.AutoModelForCausalLM
    if hasattr(processor, "image_processor"):
        kind = transformers.AutoModelForImageTextToText
    options = {"quantization_config": quantization_config, "device_map": device_map}
    options["attn_implementation"] = attn_implementation
    with _plain_errors(base, pictures=pictures):
        given = {key: value for key, value in options.items() if value is not None}
        model = kind.from_pretrained(base, dtype=dtype, trust_remote_code=False, **given)
    if adapter is not None:
        peft = require("peft", "train", "a model with adapters")
        with _plain_errors(adapter, pictures=pictures):
            model = peft.PeftModel.from_pretrained(model, adapter, is_trainable=True)
    return model, processor


def check_vlm(name: str | Path) -> Any:
    """Check that `name` is a vision-language model made for chat: `check_model` with pictures."""
    return check_model(name)


def load_vlm(name: str | Path, **options: Any) -> tuple[Any, Any]:
    """Return a vision-language model and its processor: `load_model` with pictures, and its options."""
    return load_model(name, **options)


def _places(name: str | Path) -> tuple[str, str | None]:
    """Return the base model of `name`, and the folder of adapters if it is one."""
    if not str(name).strip():
        raise InputError("the model's name is empty; give a folder made by save_pretrained(), or a hub name")
    path = Path(name)
    if path.exists() and not path.is_dir():
        raise InputError(f"the model '{name}' is a file; give a folder made by save_pretrained(), or a hub name")
    if not path.exists() or (path / "config.json").is_file():
        return str(name), None
    if not (path / _ADAPTER).is_file():
        raise InputError(f"the model folder '{name}' holds no config.json; give a folder made by save_pretrained()")
    try:
        base = json.loads((path / _ADAPTER).read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (ValueError, AttributeError) as error:
        raise InputError(f"the file '{path / _ADAPTER}' is not what peft writes: {error}") from error
    if not base:
        raise InputError(
            f"the adapters in '{name}' do not say which model they belong to; set base_model_name_or_path in {_ADAPTER}"
        )
    if (Path(base) / _ADAPTER).is_file() and not (Path(base) / "config.json").is_file():
        raise InputError(
            f"the adapters in '{name}' lie on other adapters, '{base}'; merge those into their model first"
        )
    if Path(base).is_absolute() and not Path(base).is_dir():
        raise InputError(
            f"the adapters in '{name}' belong to the model folder '{base}', which does not exist; put it back, or "
            f"set base_model_name_or_path in {_ADAPTER}"
        )
    return str(base), str(name)


def _has_processor(folder: str, takes_pictures: bool) -> bool:
    files = _PROCESSOR_FILES if takes_pictures else ("tokenizer_config.json",)
    return any((Path(folder) / file).is_file() for file in files)


def _check_shards(folder: str) -> None:
    """Make sure that every part of a model in several files is there."""
    index = Path(folder) / _INDEX
    if not index.is_file():
        return
    try:
        parts = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"the file '{index}' is not an index of weights: {error}") from error
    missing = sorted(part for part in parts if not (index.parent / str(part)).is_file())
    if missing:
        raise InputError(
            f"the model folder '{folder}' lacks {len(missing)} of {len(parts)} files of weights ({missing[0]}"
            f"{', ...' if len(missing) > 1 else ''}); copy the whole folder again"
        )


@contextlib.contextmanager
def _plain_errors(name: str, *, pictures: bool) -> Iterator[None]:
    """Say in one line why transformers could not load `name`."""
    try:
        yield
    except InputError:
        raise
    except ImportError as error:
        raise MissingExtraError(f"the model '{name}' needs a package that is missing: {_first_line(error)}") from error
    except Exception as error:  # whatever transformers, safetensors or a broken file raise
        kinds = {type(each).__name__ for each in _causes(error)}
        if "GatedRepoError" in kinds:
            reason = "is gated: accept its terms on its page of the hub, then log in with `hf auth login`"
        elif "RepositoryNotFoundError" in kinds:
            reason = "is on no hub that was asked: check the spelling, or log in with `hf auth login` if it is private"
        elif kinds & {"OfflineModeIsEnabled", "LocalEntryNotFoundError"}:
            reason = (
                "could not be downloaded, and is not in the cache: check the connection and HF_HUB_OFFLINE, "
                "or give a folder"
            )
        elif "trust_remote_code" in str(error):
            reason = (
                "brings its own code, which is never run here (trust_remote_code stays off); "
                "give a model that transformers itself knows"
            )
        else:
            kind = "a vision-language model" if pictures else "a chat model"
            reason = f"could not be loaded as {kind}: {_first_line(error)} ({type(error).__name__})"
        raise InputError(f"the model '{name}' {reason}") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return next((line.strip() for line in lines if line.strip()), "no reason given")
