"""The page on trust shows the figures that lie beside it."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.trust.page import trust_page


def test_the_page_is_made_of_the_figures(repository: Path) -> None:
    results = json.loads((repository / "benchmarks" / "results" / "trust.json").read_text(encoding="utf-8"))
    assert (repository / "docs" / "trust.md").read_text(encoding="utf-8") == trust_page(results)


def test_what_a_trick_earns_above_the_limit_is_bold(repository: Path) -> None:
    results = json.loads((repository / "benchmarks" / "results" / "trust.json").read_text(encoding="utf-8"))
    for reward in results["tricks"].values():
        for trick in reward["tricks"].values():
            trick["share"] = 0.1
            trick["suites"] = dict.fromkeys(trick["suites"], 0.1)
    assert "**" not in trust_page(results).partition("## Near misses")[0].replace("**bold**", "")
    assert trust_page(results).count("No policy earns more than 20% in any suite.") == 2
    results["tricks"]["physics"]["tricks"]["origin"]["suites"]["easy"] = 0.3
    assert "**30.0%**" in trust_page(results)
    assert "More than 20% in some suite: origin." in trust_page(results)
