"""A run folder refuses what it must, survives being stopped, and resumes."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from pathlib import Path

import numpy as np
import pytest

from spatialenv.errors import FileFormatError, InputError
from spatialenv.report.run_folder import RunFolder, versions

CONFIG = {"seed": 3, "rl": {"steps": 10, "lr": 5e-4}, "tasks": "easy", "out": Path("runs/x"), "sizes": (64, 48)}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run").create(CONFIG, command="spatialenv train demo.yaml")


def test_a_new_folder_holds_config_versions_and_state(folder: RunFolder) -> None:
    assert folder.exists
    assert folder.config() == {
        "seed": 3,
        "rl": {"steps": 10, "lr": 0.0005},
        "tasks": "easy",
        "out": "runs/x",
        "sizes": [64, 48],
    }
    assert folder.versions()["packages"]["numpy"] == np.__version__
    assert folder.state()["command"] == "spatialenv train demo.yaml"
    assert sorted(entry.name for entry in folder.path.iterdir()) == ["config.yaml", "state.json", "versions.json"]


def test_making_it_again_resumes_and_other_settings_are_refused(folder: RunFolder) -> None:
    folder.mark_done("warm_start", seconds=1.5)
    again = RunFolder(folder.path).create(CONFIG)
    assert again.stage_done("warm_start")
    assert again.state()["stages"]["warm_start"]["seconds"] == 1.5
    with pytest.raises(InputError, match=r"`rl\.steps` was 10, is 20"):
        RunFolder(folder.path).create({**CONFIG, "rl": {"steps": 20, "lr": 5e-4}})
    assert folder.config()["rl"]["steps"] == 10


def test_restart_deletes_what_the_run_wrote_and_nothing_else(folder: RunFolder) -> None:
    folder.mark_done("warm_start")
    folder.append_metrics({"phase": "rl", "step": 1, "seconds": 0.1})
    folder.checkpoint("last").mkdir()
    (folder.path / "notes.txt").write_text("mine")
    RunFolder(folder.path).create({"seed": 4}, restart=True)
    assert not folder.stage_done("warm_start")
    assert folder.metrics() == []
    assert folder.config() == {"seed": 4}
    assert (folder.path / "notes.txt").read_text() == "mine"
    assert not (folder.path / "checkpoints").exists()


def test_a_folder_of_something_else_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match=r"thesis\.tex.*empty or new folder"):
        RunFolder(tmp_path).create({})
    with pytest.raises(InputError):
        RunFolder(tmp_path).create({}, restart=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_start_that_was_interrupted_can_be_repeated(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("seed: 0\n")
    (tmp_path / ".versions.json.k2j3").write_text("{")
    assert RunFolder(tmp_path).create({"seed": 1}).config() == {"seed": 1}


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written") as error:
        RunFolder(tmp_path / "file" / "run").create({})
    assert "\n" not in str(error.value)


def test_a_config_that_json_cannot_hold_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.reward` is a object"):
        RunFolder(tmp_path / "run").create({"reward": object()})
    assert not (tmp_path / "run").exists()


def test_reading_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run folder"):
        RunFolder(tmp_path).state()
    assert RunFolder(tmp_path).summary() == {}
    assert RunFolder(tmp_path).metrics() == []


def test_a_half_written_last_row_is_left_out_and_cut_off_by_the_next_process(folder: RunFolder) -> None:
    folder.append_metrics({"phase": "rl", "step": 1, "seconds": 0.1, "reward": np.float32(0.5)})
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"phase": "rl", "step": 2, "sec')
    assert [row["step"] for row in folder.metrics()] == [1]
    resumed = RunFolder(folder.path)
    resumed.append_metrics({"phase": "rl", "step": 2, "seconds": 0.2, "reward": float("nan")})
    assert resumed.metrics() == [
        {"phase": "rl", "step": 1, "seconds": 0.1, "reward": 0.5},
        {"phase": "rl", "step": 2, "seconds": 0.2, "reward": None},
    ]


def test_a_broken_row_in_the_middle_is_an_error(folder: RunFolder) -> None:
    (folder.path / "metrics.jsonl").write_text('{"phase": "rl", "st\n{"phase": "rl", "step": 2}\n')
    with pytest.raises(FileFormatError, match="line 1"):
        folder.metrics()


def test_rows_written_anew_after_a_resume_replace_the_old(folder: RunFolder) -> None:
    for phase, step, loss in [("a", 1, 1), ("a", 2, 2), ("b", 1, 5), ("a", 3, 3), ("a", 2, 20), ("a", 3, 30)]:
        folder.append_metrics({"phase": phase, "step": step, "seconds": 0.0, "loss": loss})
    assert [(row["phase"], row["loss"]) for row in folder.metrics()] == [("a", 1), ("b", 5), ("a", 20), ("a", 30)]
    assert [row["loss"] for row in folder.metrics("a")] == [1, 20, 30]


@pytest.mark.parametrize("row", [{"step": 1}, {"phase": "rl"}, {"phase": "rl", "step": "1"}])
def test_a_row_without_phase_or_step_is_refused(folder: RunFolder, row: dict[str, object]) -> None:
    with pytest.raises(InputError, match="needs `phase`"):
        folder.append_metrics(row)


def test_summary_is_strict_json_and_complete_only_with_after(folder: RunFolder) -> None:
    folder.write_summary({"random": {"n": np.int64(4), "final": {"collision_rate_of_well_formed": float("nan")}}})
    text = (folder.path / "summary.json").read_text()
    assert "NaN" not in text
    assert json.loads(text) == {"random": {"n": 4, "final": {"collision_rate_of_well_formed": None}}}
    assert not folder.is_complete
    folder.write_summary({"after": {}})
    assert folder.is_complete


def test_a_write_that_fails_keeps_the_old_file_and_leaves_nothing(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_summary({"after": {"n": 1}})

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    before = sorted(entry.name for entry in folder.path.iterdir())
    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(FileFormatError, match="disk full"):
        folder.write_summary({"after": {"n": 2}})
    assert folder.summary() == {"after": {"n": 1}}
    assert sorted(entry.name for entry in folder.path.iterdir()) == before


@pytest.mark.parametrize("name", ["../up", "", "a/b", ".hidden", "x" * 101])
def test_names_cannot_leave_the_folder(folder: RunFolder, name: str) -> None:
    with pytest.raises(InputError, match="not allowed"):
        folder.checkpoint(name)
    with pytest.raises(InputError, match="not allowed"):
        folder.load_episodes(name)


def test_missing_episodes_are_named(folder: RunFolder) -> None:
    with pytest.raises(InputError, match="has no episodes 'after'; it has: none"):
        folder.load_episodes("after")


def test_versions_import_nothing_and_skip_what_is_not_installed() -> None:
    recorded = versions()
    assert set(recorded) == {"python", "platform", "cpu_count", "packages"}
    assert "spatialenv" in recorded["packages"]


def test_one_process_works_on_a_folder_at_a_time(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.lock():
        with (
            pytest.raises(InputError, match=rf"process {os.getpid()} works on the run folder"),
            RunFolder(folder.path).lock(),
        ):
            pass
        folder.create({"seed": 0})
    with folder.lock():
        assert folder.exists


def test_changed_settings_are_kept_with_what_they_were(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run").create({"rl": {"steps": 6}, "seed": 0})
    folder.mark_done("prepare")
    folder.mark_done("rl")
    now = {"rl": {"steps": 8}, "seed": 0}
    assert folder.differences(now) == {"rl.steps": (6, 8)}
    folder.change(now, repeat=("rl",))
    assert folder.stage_done("prepare")
    assert not folder.stage_done("rl")
    assert folder.differences(now) == {}
    [change] = folder.state()["changes"]
    assert (change["setting"], change["before"], change["now"]) == ("rl.steps", 6, 8)


def test_a_checkpoint_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run").create({})
    for text in ("first", "second"):
        with folder.writing_checkpoint("final") as place:
            (place / "weights").write_text(text)
        assert (folder.checkpoint("final") / "weights").read_text() == text
    with pytest.raises(FileNotFoundError), folder.writing_checkpoint("final") as place:
        (place / "no folder" / "weights").write_text("half")
    assert (folder.checkpoint("final") / "weights").read_text() == "second"


def test_a_file_system_without_locks_is_told_of_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match="cannot be locked"), RunFolder(tmp_path / "run").lock():
        pass


def test_what_a_process_killed_between_two_moves_left_goes_away(folder: RunFolder) -> None:
    place = folder.checkpoint("final")
    with folder.writing_checkpoint("final") as first:
        (first / "weights").write_text("old")
    place.rename(place.with_name(".final.0a1b.old"))  # killed before the new one took its place
    with folder.writing_checkpoint("final") as second:
        (second / "weights").write_text("new")
    assert [path.name for path in place.parent.iterdir()] == ["final"]
    assert (place / "weights").read_text() == "new"


def test_numbers_that_are_none_do_not_keep_a_run_from_going_back(folder: RunFolder) -> None:
    (folder.path / "metrics.jsonl").write_text(
        '{"phase": "rl", "step": 1, "reward": NaN}\n{"phase": "rl", "step": 2, "reward": Infinity}\n'
    )
    folder.go_back("rl", 1)
    assert folder.metrics() == [{"phase": "rl", "step": 1, "reward": None}]


def test_a_run_of_an_earlier_version_says_so_when_settings_are_not_the_same(folder: RunFolder) -> None:
    held = folder.versions()
    held["packages"]["spatialenv"] = "0.0.1"
    (folder.path / "versions.json").write_text(json.dumps(held))
    with pytest.raises(InputError, match=r"`algorithm` was not set, is 'grpo', made with spatialenv 0\.0\.1; this is"):
        RunFolder(folder.path).create({**CONFIG, "algorithm": "grpo"})
    with pytest.raises(InputError, match=r"`seed` was 3, is 4, made with"):
        RunFolder(folder.path).create({**CONFIG, "algorithm": "grpo", "seed": 4})


def test_a_full_disk_is_told_and_leaves_what_was_there(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mark_done("check")
    before = (folder.path / "state.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFormatError, match="No space left on device"):
        folder.mark_done("rl")
    assert (folder.path / "state.json").read_bytes() == before
    assert not list(folder.path.glob(".state*"))
