"""vLLM by settings: names that TRL knows, what is refused early, one placeholder a picture."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.errors import InputError, MissingExtraError
from spatialenv.trainers import engines
from spatialenv.trainers.engines import check_engine, check_pictures, engine_options, one_placeholder_a_picture
from spatialenv.trainers.settings import RunSettings

PICTURE = 9


def settings(**vllm: Any) -> RunSettings:
    return RunSettings.model_validate({"vllm": vllm})


@pytest.mark.parametrize("mode", ["colocate", "server"])
def test_options_are_fields_of_trls_configuration(mode: str) -> None:
    trl = pytest.importorskip("trl")
    fields = {field.name for field in dataclasses.fields(trl.GRPOConfig)}
    assert set(engine_options(settings(mode=mode))) <= fields
    assert engine_options(settings(mode="off")) == {}


def test_each_setting_reaches_the_option_that_it_names() -> None:
    chosen = settings(mode="colocate", memory_share=0.5, tensor_parallel=2, sleep=False)
    assert engine_options(chosen) == {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": 0.5,
        "vllm_tensor_parallel_size": 2,
        "vllm_enable_sleep_mode": False,
        "vllm_max_model_length": chosen.rl.max_episode_tokens,
    }
    served = engine_options(settings(mode="server", host="10.0.0.7", port=8100))
    assert (served["vllm_server_host"], served["vllm_server_port"]) == ("10.0.0.7", 8100)


def test_trl_calls_an_engine_as_the_stand_in_of_the_ranks_test_is_called() -> None:
    pytest.importorskip("trl")
    from trl.generation.vllm_generation import VLLMGeneration
    from trl.trainer.grpo_trainer import GRPOTrainer

    assert list(inspect.signature(VLLMGeneration.generate).parameters) == [
        "self",
        "prompts",
        "images",
        "num_generations",
        "profiler",
    ]
    # weights are sent before the first answer of a step, in the method that this package calls
    source = inspect.getsource(GRPOTrainer._generate_single_turn)
    assert source.index("sync_weights()") < source.index("vllm_generation.generate(")


def test_vllm_that_is_not_there_is_told_early(monkeypatch: pytest.MonkeyPatch) -> None:
    check_engine(settings(mode="off"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'spatialenv\[vllm\]'"):
        check_engine(settings(mode="server"))


def test_a_cpu_and_processes_that_do_not_fill_engines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="no GPU"):
        check_engine(settings(mode="colocate"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check_engine(settings(mode="colocate"))
    monkeypatch.setattr(engines, "process_count", lambda: 6)
    with pytest.raises(InputError, match=r"`vllm.tensor_parallel` is 4.* 6 processes"):
        check_engine(settings(mode="colocate", tensor_parallel=4))
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_engine(settings(mode="server", tensor_parallel=4, port=server.getsockname()[1]))


def test_a_server_that_is_not_there_is_told_before_a_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for host in ("127.0.0.1", "no host at all", "a" * 70 + ".b"):
        with pytest.raises(InputError, match=rf"no vLLM server answers at {host}:{port} .* start it first") as told:
            check_engine(settings(mode="server", host=host, port=port))
        assert "\n" not in str(told.value)


@given(st.lists(st.tuples(st.lists(st.integers(0, 8), min_size=1), st.integers(1, 5))), st.lists(st.integers(0, 8)))
def test_expansion_is_taken_back(parts: list[tuple[list[int], int]], end: list[int]) -> None:
    expanded = [token for words, size in parts for token in [*words, *[PICTURE] * size]] + end
    unexpanded = [token for words, _ in parts for token in [*words, PICTURE]] + end
    assert one_placeholder_a_picture(expanded, {PICTURE}) == unexpanded
    assert one_placeholder_a_picture(unexpanded, {PICTURE}) == unexpanded


class OneRun:
    """A chat whose processor writes a picture as start, one run, end; `rows` runs for one that does not."""

    image_ids = frozenset({PICTURE})

    def __init__(self, rows: int = 1) -> None:
        self.rows = rows
        render = SimpleNamespace(apply_chat_template=lambda conversation, **options: "text")
        self.renderer = SimpleNamespace(processing_class=render, template=None, options={})

    def tokenizer(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [1, 7, PICTURE, 8, 2]}

    def opening(self, conversations: Any) -> list[list[int]]:
        return [[1, 7, *([PICTURE] * 4 + [6]) * (self.rows - 1), *[PICTURE] * 4, 8, 2]]


def test_families_whose_pictures_are_one_run_can_be_given_to_an_engine_in_the_process() -> None:
    check_pictures(OneRun())
    with pytest.raises(InputError, match="more than one run"):
        check_pictures(OneRun(rows=2))


def test_idefics3_writes_more_than_one_run(tiny_vlm: Path) -> None:
    pytest.importorskip("trl")
    from spatialenv.evaluation.chat import Chat
    from spatialenv.evaluation.model_policy import load_vlm

    with pytest.raises(InputError, match=r"vllm.mode=off"):
        check_pictures(Chat(load_vlm(tiny_vlm)[1]))
