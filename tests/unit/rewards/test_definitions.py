"""The table of definitions: its names, its figures, and the page that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from spatialenv.core.score import Transition
from spatialenv.rewards import REWARDS, make_reward
from spatialenv.rewards.definitions import DEFINITIONS, Definition
from spatialenv.testing.samples import l_shaped, witness


@pytest.fixture(params=DEFINITIONS.values(), ids=list(DEFINITIONS))
def definition(request: pytest.FixtureRequest) -> Definition:
    return request.param


def test_names_are_of_rewards(definition: Definition) -> None:
    assert definition.name in REWARDS
    assert make_reward(definition.name).name == definition.name


def test_every_figure_is_in_the_details(definition: Definition) -> None:
    score = make_reward(definition.name)(Transition.of(witness(l_shaped())))
    for figure in definition.figures:
        found = score.details
        for part in figure.key.split("."):
            found = found[part]
        assert isinstance(found, (int, float))
        assert figure.unit in ("", "count", "%", "m", "m3", "l")


def test_public_ones_name_their_source_and_their_defects(definition: Definition) -> None:
    assert definition.is_ours == (definition.name == "physics")
    assert definition.source
    assert bool(definition.defects) == (not definition.is_ours)
    assert definition.blind_spots


def test_the_page_says_what_the_table_says(definition: Definition, repository: Path) -> None:
    page = (repository / "docs" / "presets.md").read_text(encoding="utf-8")
    section = page.split(f"### `{definition.name}`")[1].split("\n## ")[0].split("\n### ")[0]
    rows = [f"| {concern} | {text} |" for concern, text in definition.words().items()]
    assert rows == section.strip().splitlines()[2 : 2 + len(rows)]
    assert f"Does not see: {'; '.join(definition.blind_spots)}." in section
    assert [line[2:] for line in section.splitlines() if line.startswith("- ")] == list(definition.defects)
    overview = (
        f"| `{definition.name}` | {definition.collision} | {definition.out_of_bounds} | {definition.aggregation} |"
    )
    assert overview in page


def test_the_page_is_among_the_pages(repository: Path) -> None:
    assert "\npresets\n" in (repository / "docs" / "index.md").read_text(encoding="utf-8")
