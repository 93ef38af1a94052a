"""How a run counts its processes, shares batches out and collects weights; two real processes: `test_ranks.py`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from spatialenv.errors import InputError, SpatialEnvError
from spatialenv.trainers.distributed import (
    Team,
    check_sharding,
    is_leader,
    process_count,
    rows_a_process,
    whole_weights,
)


@pytest.mark.parametrize(("size", "rank", "leads"), [(None, None, True), ("1", "0", True), ("4", "0", True)])
def test_the_first_process_leads(monkeypatch: pytest.MonkeyPatch, size: str, rank: str, leads: bool) -> None:
    for name, value in (("WORLD_SIZE", size), ("RANK", rank)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert is_leader() is leads
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "3")
    assert not is_leader()
    assert process_count() == 4


@pytest.mark.parametrize("text", ["0", "two", "-1", ""])
def test_a_number_of_processes_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WORLD_SIZE", text)
    with pytest.raises(InputError, match="WORLD_SIZE"):
        process_count()


def test_rows_are_those_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert rows_a_process("rl.batch_size", 64) == 16
    with pytest.raises(InputError, match=r"`rl.batch_size` is 6, .* a multiple of 4"):
        rows_a_process("rl.batch_size", 6)


class Followed(Team):
    """A process that is not the leader, which hears these calls."""

    def __init__(self, calls: list[dict[str, Any]]) -> None:
        super().__init__()
        self.calls = calls

    def _broadcast(self, value: Any) -> Any:
        return self.calls.pop(0)


def test_others_join_what_the_leader_calls_and_stop_when_it_says_so() -> None:
    seen: list[Any] = []
    calls = [{"stage": "rl", "started": "now"}, {"stage": None, "error": None}]
    Followed(calls).follow({"rl": seen.append})
    assert seen == [{"stage": "rl", "started": "now"}]
    with pytest.raises(SpatialEnvError, match="InputError: no such model"):
        Followed([{"stage": None, "error": "InputError: no such model"}]).follow({})


@pytest.mark.parametrize(
    ("kind", "gathered"), [("NO", False), ("MULTI_GPU", False), ("DEEPSPEED", True), ("FSDP", True)]
)
def test_weights_are_gathered_where_processes_hold_parts(kind: str, gathered: bool) -> None:
    accelerate = pytest.importorskip("accelerate")
    wrapped = object()
    accelerator = SimpleNamespace(
        distributed_type=accelerate.DistributedType(kind),
        get_state_dict=lambda model: {"weight": model},
    )
    found = whole_weights(SimpleNamespace(accelerator=accelerator, model_wrapped=wrapped))
    assert found == ({"weight": wrapped} if gathered else None)


@pytest.mark.parametrize(
    "launcher",
    [{"ACCELERATE_USE_FSDP": "true"}, {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3"}],
)
def test_supervised_stages_refuse_weights_in_parts(monkeypatch: pytest.MonkeyPatch, launcher: dict[str, str]) -> None:
    for name, value in launcher.items():
        monkeypatch.setenv(name, value)
    check_sharding("sft", is_online=False, warm_start_steps=5)  # one process holds all
    monkeypatch.setenv("WORLD_SIZE", "2")
    check_sharding("dr_grpo", is_online=True, warm_start_steps=0)
    with pytest.raises(InputError, match=r"`warm_start.steps` is 5"):
        check_sharding("dr_grpo", is_online=True, warm_start_steps=5)
    with pytest.raises(InputError, match="`algorithm` is 'sft'"):
        check_sharding("sft", is_online=False, warm_start_steps=0)
