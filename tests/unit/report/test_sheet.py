from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import InputError
from spatialenv.renderers.text import glyphs
from spatialenv.report.captions import caption_strip, fit_line, plain_line, wrap_lines
from spatialenv.report.sheet import before_after, contact_sheet

SCENE = Scene(Room.rectangle(4, 3, 2.5), (SceneObject(id="box_1", category="box", size=(0.8, 0.8, 0.8)),), "A box.")


def shade(value: int, size: tuple[int, int] = (20, 30)) -> np.ndarray[Any, Any]:
    return np.full((*size, 3), value, np.uint8)


def test_pictures_stand_in_rows() -> None:
    sheet = contact_sheet([shade(value) for value in (10, 20, 30, 40, 50)], columns=3, gap=4)
    assert sheet.shape == (2 * 24 + 4, 3 * 34 + 4, 3)
    assert [int(sheet[14, 10 + 34 * i, 0]) for i in range(3)] == [10, 20, 30]
    assert [int(sheet[38, 10 + 34 * i, 0]) for i in range(3)] == [40, 50, 255]
    assert (sheet[:4] == 255).all()


def test_titles_stand_under_their_pictures() -> None:
    pictures = [shade(0, (60, 90)), shade(0, (60, 90))]
    sheet = contact_sheet(pictures, ["one", "two"], columns=2, gap=5)
    again = contact_sheet(pictures, ["one", "one"], columns=2, gap=5)
    changed = np.nonzero((sheet != again).any(axis=2))
    assert changed[0].min() >= 5 + 60
    assert changed[1].min() >= 5 + 90 + 5
    assert (sheet[65:, :95] < 120).any()


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (12, 4), (3, 2)])
def test_a_sheet_is_about_four_by_three(count: int, columns: int) -> None:
    assert contact_sheet([shade(1, (40, 40))] * count, gap=0).shape[1] == columns * 40


@pytest.mark.parametrize(
    ("pictures", "options", "says"),
    [
        ([], {}, "no pictures"),
        ([shade(1), shade(1, (20, 31))], {}, "differ in size"),
        ([shade(1)], {"titles": ["a", "b"]}, "2 titles"),
        ([shade(1)], {"columns": 0}, "`columns` is 0"),
        ([shade(1, (2000, 2000))] * 9, {"columns": 9}, "16384"),
    ],
)
def test_no_such_sheet(pictures: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        contact_sheet(pictures, **options)


def turn(x: float, score: float) -> Turn:
    layout = Layout.of({"box_1": (x, 1.0, 0.4)})
    return Turn("", layout, score, score, {}, {}, (), (), "", {"valid": True, "clean": True})


def test_the_first_turn_stands_beside_the_last() -> None:
    turns = (turn(0.6, 0.2), turn(2.0, 0.5), turn(3.4, 1.0))
    sheet = before_after(Episode(SCENE, "", turns, {}), "fast", ("top",), (120, 120), labels=False)
    pair = before_after(Episode(SCENE, "", (turns[0], turns[2]), {}), "fast", ("top",), (120, 120), labels=False)
    # What is between does not count, but for the number of turns in the titles.
    assert sheet.shape == pair.shape
    assert np.array_equal(sheet[-132:], pair[-132:])
    left, right = sheet[-132:-12, 12:132].astype(int), sheet[-132:-12, 144:264].astype(int)
    assert np.abs(left - right).max() > 40
    # One turn stands beside the start.
    alone = before_after(Episode(SCENE, "", turns[2:], {}), "fast", ("top",), (120, 120), labels=False)
    assert np.array_equal(alone[-132:-12, 144:264], sheet[-132:-12, 144:264])
    assert not np.array_equal(alone[-132:-12, 12:132], sheet[-132:-12, 12:132])
    with pytest.raises(InputError, match="no turns"):
        before_after(Episode(SCENE, "", (), {}))


def test_lines_are_cut_to_their_width() -> None:
    text = "a long wish that does not fit"
    for width in (10, 40, 80, 120, 1000):
        line = fit_line(text, width, 10)
        assert line == "" or glyphs(line, 10).shape[1] <= width
    assert fit_line(text, 1000, 10) == text
    assert fit_line(text, 80, 10).endswith(" ...")


def test_words_go_to_the_next_line() -> None:
    lines = wrap_lines("one two three four five six seven eight", 60, 10, 3)
    assert len(lines) == 3
    assert all(glyphs(line, 10).shape[1] <= 60 for line in lines)
    assert lines[2].endswith("...")
    assert " ".join(wrap_lines("one two three", 60, 10, 9)) == "one two three"
    assert wrap_lines("one", 60, 10, 2) == ["one"]
    assert wrap_lines("", 60, 10, 2) == [""]
    assert plain_line("长 \n a") == "\\u957f a"


def test_strips_of_a_film_are_alike() -> None:
    shapes = {caption_strip(200, "turn 1", text, 12).shape for text in ("", "short", "a very long line " * 20)}
    assert len(shapes) == 1
    assert (caption_strip(200, "turn 1", "", 12) < 100).any()
