"""The numbers of the page on credit, and those of its picture."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "training" / "credit.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here; run from a checkout")


def test_the_example_gives_what_it_says():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 5
    assert failed == 0


def test_the_picture_is_what_the_package_gives(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    from pictures.credit import credit_svg

    drawn = credit_svg()
    assert drawn == (ROOT / "docs" / "pictures" / "credit.svg").read_text(encoding="utf-8")
    # the desk of the first answer, as in the example of the page
    assert "-0.22" in re.findall(r">([+-]\d\.\d\d)<", drawn)
