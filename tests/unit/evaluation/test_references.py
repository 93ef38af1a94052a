"""Reference results of suites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spatialenv.errors import InputError, UnknownNameError
from spatialenv.evaluation import evaluate
from spatialenv.evaluation.references import SETTINGS, reference_results, references_markdown, versions

SMALL: dict[str, Any] = {"suites": ("easy", "rotation"), "splits": ("validation", "test"), "n": 6}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return reference_results(tmp_path_factory.mktemp("references"), **SMALL)


def test_every_policy_plays_every_split(results: dict[str, Any]) -> None:
    assert list(results) == ["versions", "easy", "rotation"]
    assert list(results["easy"]) == ["validation", "test"]
    assert list(results["easy"]["test"]) == ["random", "solver", "witness"]
    for suite in ("easy", "rotation"):
        for split in ("validation", "test"):
            assert results[suite][split]["witness"]["clean_rate"] == 1
            scores = [results[suite][split][name]["mean_score"] for name in ("random", "solver", "witness")]
            assert scores == sorted(scores)
            assert scores[2] == pytest.approx(1)
    assert results["versions"] == versions()


def test_they_are_the_numbers_of_an_evaluation(results: dict[str, Any]) -> None:
    one = evaluate("random", "rotation/test", n=6, env=SETTINGS).summary
    assert results["rotation"]["test"]["random"] == {"n": 6, **one["final"]}
    assert set(one["final"]["interval"]) > {"mean_score", "valid_layout_rate"}


def test_processes_and_stops_change_nothing(tmp_path: Path, results: dict[str, Any]) -> None:
    told: list[tuple[str, int, int]] = []

    def stop_after_two(suite: str, done: int, total: int) -> None:
        told.append((suite, done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reference_results(tmp_path, **SMALL, progress=stop_after_two)
    assert told == [("easy", 1, 6), ("easy", 2, 6)]
    assert reference_results(tmp_path, **SMALL, jobs=2) == results


def test_another_number_of_rooms_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    options: dict[str, Any] = {"suites": ["easy"], "splits": ["test"], "policies": ["witness"]}
    reference_results(tmp_path, **options, n=2)
    with pytest.raises(InputError, match=r"`tasks.n` was 2, is 3"):
        reference_results(tmp_path, **options, n=3)
    with pytest.raises(UnknownNameError, match="did you mean 'easy'"):
        reference_results(tmp_path, suites=["esy"])


def test_tables(results: dict[str, Any]) -> None:
    rates = {
        "n": 200,
        "mean_score": 0.5,
        "valid_layout_rate": 0.25,
        "clean_rate": 0.0,
        "interval": {"valid_layout_rate": [0.19, 0.314], "clean_rate": [0.0, 0.018]},
        "bootstrap": {"mean_score": [0.4, 0.6]},
    }
    text = references_markdown({"easy": {"test": {"random": rates}}, "versions": {"spatialenv": "1"}})
    assert "### easy" in text
    assert "| test | random | 200 | 25.0 (19.0–31.4) | 0.0 (0.0–1.8) | 0.500 (0.400–0.600) |" in text.splitlines()
    assert "spatialenv 1" in text
    assert references_markdown(results).count("| 6 |") == 12
    json.dumps(results, allow_nan=False)
