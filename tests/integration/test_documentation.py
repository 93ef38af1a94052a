"""That the examples of the documentation run, and that its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = ("README.md", "docs/guide.md", "docs/definitions.md", "CONTRIBUTING.md", "docs/adapters.md")

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)\)")


def _blocks(page: Path) -> list[str]:
    return _BLOCK.findall(page.read_text())


def test_the_readme_example_says_what_is_wrong(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = _blocks(repository / "README.md")
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    score = float(re.match(r"score (\S+)", printed)[1])  # type: ignore[index]
    assert 0.1 < score < 1
    assert "sofa_1" in printed
    assert "table_1" in printed
    assert "dx" in printed


def test_the_guide_runs_from_top_to_bottom(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    blocks = _blocks(repository / "docs/guide.md")
    assert len(blocks) > 5
    for block in blocks:
        exec(compile(block, "docs/guide.md", "exec"), names)
    assert "bed_2" in capsys.readouterr().out


def test_the_page_of_adapters_runs(repository: Path) -> None:
    pytest.importorskip("torch")
    from spatialenv.rewards.adapters.easyr1 import compute_score

    names: dict[str, object] = {}
    blocks = [block for block in _blocks(repository / "docs/adapters.md") if "to_verifiers" not in block]
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, "docs/adapters.md", "exec"), names)
    row = {"response": "no idea", "ground_truth": names["row"]["reward_model"]["ground_truth"]}  # type: ignore[index]
    assert compute_score([row])[0]["overall"] == 0.0


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(repository: Path, name: str) -> None:
    page = repository / name
    targets = [target for target in _LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_command_of_the_readme_exists(repository: Path) -> None:
    """`make` targets, and subcommands of `spatialenv`, that the pages name."""
    from spatialenv.cli.app import COMMANDS

    makefile = (repository / "Makefile").read_text()
    for name in PAGES:
        text = (repository / name).read_text()
        for target in re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{name} names `make {target}`"
        for subcommand in re.findall(r"(?:`|^    )spatialenv ([a-z]+)", text, re.MULTILINE):
            assert subcommand in COMMANDS, f"{name} names `spatialenv {subcommand}`"
