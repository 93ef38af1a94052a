"""The study's page and figures: what they say is what the numbers say."""

from __future__ import annotations

import copy
import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from benchmarks.learning.figures import figures
from benchmarks.learning.findings import answer, findings, sign
from benchmarks.learning.page import PICTURES, results_page, write_page
from benchmarks.learning.plots import WIDTH, Cell, Column, Mark, Panel, Row, dot_plot, panel_plot
from benchmarks.learning.results import study_results

sys.path.insert(0, str(Path(__file__).parent))
from made_up_study import ARMS, OTHER, STUDY, SUITE, write_study  # a module beside this one

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("jobs")
    write_study(folder)
    return study_results(folder, STUDY, ARMS)


def compared(results: dict[str, Any], before: str, after: str, metric: str, turn: int) -> dict[str, Any]:
    wanted = (before, after, metric, turn, "teaching")
    (row,) = [r for r in results["comparisons"] if (r["from"], r["to"], r["metric"], r["turn"], r["section"]) == wanted]
    found: dict[str, Any] = row
    return found


def test_a_sentence_is_chosen_by_its_interval_alone(study: dict[str, Any]) -> None:
    for interval, words in (
        ([0.001, 0.9], "**more than** *warm start* (0.375; +0.50 [+0.00, +0.90])"),
        ([-0.9, -0.001], "**fewer than** *warm start* (0.375; +0.50 [-0.90, -0.00])"),
        ([0.0, 0.9], "**not told apart from** *warm start* (0.375; +0.50 [+0.00, +0.90])"),
    ):
        results = copy.deepcopy(study)
        compared(results, "warm_start", "grpo", "valid_layout_rate", -1)["interval"] = interval
        line = next(line for line in findings(results) if line.startswith("- *GRPO*, **valid last answers"))
        assert words in line


def test_a_question_about_less_is_answered_by_a_fall() -> None:
    assert answer({"interval": [-0.4, -0.1], "yes": -1}) == "yes"
    assert answer({"interval": [0.1, 0.4], "yes": -1}) == "no, the opposite"
    assert answer({"interval": [0.1, 0.4], "yes": 1}) == "yes"
    assert answer({"interval": [-0.1, 0.4], "yes": 1}) == "not told apart"
    assert [sign(interval) for interval in ([0.0, 0.1], [-0.1, 0.0], [0.0, 0.0])] == [0, 0, 0]


def test_the_best_arm_is_stated_with_its_start(study: dict[str, Any]) -> None:
    first = findings(study)[0]
    assert "Of 1 trained arms" in first
    assert "*GRPO* has the most valid last answers on `easy/test`: 0.875" in first
    assert first.endswith("That is 2.3 times the warm start's 0.375.")  # 7 of 8 rooms, 3 of 8


def test_repair_counts_arms_that_are_not_told_places_alone(study: dict[str, Any]) -> None:
    results = copy.deepcopy(study)
    gain = results["arms"]["grpo"]["test"][SUITE]["second_minus_first"]
    gain["interval"] = [0.1, 0.6]
    line = next(line for line in findings(results) if "**Repair.**" in line)
    assert line.startswith("- **Repair.** In 1 of these 1 arms with two answers the last is valid more often")
    results["arms"]["grpo"]["settings"]["env.feedback"] = "moves"
    assert any("No arm has been given two answers yet" in line for line in findings(results))


def test_what_failed_or_is_missing_is_on_the_page(study: dict[str, Any]) -> None:
    page = results_page(study)
    table, _, rest = page.partition("## Failures and what is missing")
    assert "| DAPO | failed |" in table
    assert "| blank pictures | no result |" in table
    assert "Of 7 finished jobs 1 failed." in rest
    assert "- DAPO, seed 0: RuntimeError: the loss is \\| not finite" in rest
    assert "- DAPO: seeds 1\n" in rest
    assert "- blank pictures: seeds 0, 1\n" in rest
    assert "Folders of arms that the table lacks: of_old." in rest
    assert "| Does Dr. GRPO give more valid last answers than GRPO? |" in rest
    assert "**Algorithms and curriculum.** No results yet." in page


def test_what_a_layout_learnt_by_heart_reaches_is_said_where_it_is_much(study: dict[str, Any]) -> None:
    def told(first: float, other: float) -> list[str]:
        results = copy.deepcopy(study)
        tests = results["arms"]["constant"]["test"]
        tests[OTHER] = {**tests[SUITE], "valid_layout_rate": other}
        tests[SUITE]["valid_layout_rate"] = first
        return [line for line in results_page(results).splitlines() if line.startswith("The best constant layout")]

    begin = "The best constant layout reaches {}, so a high rate here does not show that a room was looked at; "
    begin += "last less first, the probes and the controls"
    assert told(0.945, 0.5) == [begin.format("0.945") + " do."]
    less = ", and the suites where it reaches less (`more-objects` 0.125), do."
    assert told(0.5, 0.125) == [begin.format("0.500") + less]
    assert told(0.499, 0.125) == []


def test_the_page_stands_without_any_result(tmp_path: Path) -> None:
    results = study_results(tmp_path, STUDY, ARMS)
    page = results_page(results)
    assert "No arm that is never told where things should stand has been trained" in page
    assert "![" not in page
    assert figures(results) == {}


def test_every_table_is_rectangular(study: dict[str, Any]) -> None:
    widths: list[set[int]] = [set()]
    for line in results_page(study).splitlines():
        if line.startswith("|"):
            widths[-1].add(len(re.findall(r"(?<!\\)\|", line)))
        elif widths[-1]:
            widths.append(set())
    assert len(widths) > 5
    assert all(len(found) <= 1 for found in widths)


def test_page_and_figures_are_written_together(study: dict[str, Any], tmp_path: Path) -> None:
    write_page(study, tmp_path / "results.md")
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    linked = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)
    assert linked == [f"pictures/learning/{name}.svg" for name in ("rates", "curves", "probes", "suites")]
    assert all((tmp_path / name).is_file() for name in linked)


def test_the_page_in_docs_is_made_of_the_committed_numbers(repository: Path) -> None:
    committed = repository / "benchmarks" / "results" / "learning.json"
    if not committed.exists():
        pytest.skip("the study has not been run to its end: benchmarks/results/learning.json is not there")
    results = json.loads(committed.read_text(encoding="utf-8"))
    assert (repository / "docs" / "results.md").read_text(encoding="utf-8") == results_page(results)
    drawn = figures(results)
    folder = repository / "docs" / PICTURES
    assert {path.stem for path in folder.glob("*.svg")} == set(drawn)
    for name, picture in drawn.items():
        assert (folder / f"{name}.svg").read_text(encoding="utf-8") == picture


def test_a_dot_stands_where_its_number_is() -> None:
    cell = Cell(Mark(0.25, (0.0, 0.5), [0.0, 0.5]), Mark(1.0, None, [1.0]))
    root = ET.fromstring(dot_plot([Row("arm", [cell])], [Column()], title="t"))
    grid = [float(found["d"].split()[0][1:]) for found in paths(root) if found["stroke"] == "#dfe3e8"]
    low, high = min(grid), max(grid)
    legend, dots = [c for c in circles(root) if float(c["cy"]) < 30], [c for c in circles(root) if float(c["cy"]) > 30]
    assert [c["fill"] == "#ffffff" for c in legend] == [True, False]
    assert [float(c["cx"]) for c in dots] == pytest.approx([low, (low + high) / 2, high], abs=0.11)
    assert [c["fill"] == "#ffffff" for c in dots] == [True, True, False]  # hollow first, filled last
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[-2:] == ["0.250", "1.000"]


def test_curves_share_their_axes() -> None:
    rows = [[0.0, 0.1, 0.2], [0.4, 0.5, 0.6]]
    panels = [
        Panel("one", [0.0, 100.0], rows, rows),
        Panel("two", [0.0, 50.0], rows, rows, other=([0, 100], [0.0, 1.0])),
    ]
    root = ET.fromstring(panel_plot(panels, title="t", x_label="answers", y_label="valid"))
    ends = [(float(c["cx"]), float(c["cy"])) for c in circles(root)]
    assert len(ends) == 4  # a hollow and a filled end in each
    assert len({y for _, y in ends}) == 1  # all at 0.5
    inner = (WIDTH - 44 - 12 - 14 * 3) / 4
    assert ends[0][0] == pytest.approx(44 + inner, abs=0.1)
    assert ends[2][0] == pytest.approx(44 + inner + 14 + inner / 2, abs=0.1)


def test_labels_stay_on_the_card_and_off_each_other(study: dict[str, Any]) -> None:
    results = copy.deepcopy(study)
    results["arms"]["grpo"]["title"] = "a rather long title of an arm, such as nobody would like to read twice in a row"
    for name, picture in figures(results).items():
        boxes = []
        for text in ET.fromstring(picture).iter(f"{SVG}text"):
            size, words = float(text.attrib["font-size"]), text.text or ""
            width = 0.53 * size * len(words)
            shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.attrib.get("text-anchor", "start")]
            x, y = float(text.attrib["x"]) - shift * width, float(text.attrib["y"])
            assert x >= 0, (name, words)
            assert x + width <= WIDTH, (name, words)
            boxes.append((x, y - 0.7 * size, x + width, y, words))
        for index, one in enumerate(boxes):
            for other in boxes[:index]:
                is_apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                assert is_apart, (name, one[4], other[4])


def circles(root: ET.Element) -> list[dict[str, str]]:
    return [found.attrib for found in root.iter(f"{SVG}circle")]


def paths(root: ET.Element) -> list[dict[str, str]]:
    return [found.attrib for found in root.iter(f"{SVG}path")]
