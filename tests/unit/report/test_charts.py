"""Charts put their marks where the numbers say, and escape what they are given."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.report.charts import MAX_POINTS, Bar, Line, bar_chart, line_chart, smoothed, thinned, ticks


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def test_a_bar_ends_and_its_whiskers_lie_where_the_numbers_are() -> None:
    svg = parse(bar_chart([Bar("A", 0.5, 0.25, 1.0, "after")], name="b", title="T", text="D"))
    rect = svg.find("rect")
    assert rect is not None
    assert float(rect.attrib["width"]) == pytest.approx(126)  # half of the 252 that 100% takes
    whisker = svg.find("path")
    assert whisker is not None
    # 112 is 0%: 25% at 112 + 63, 100% at 112 + 252
    assert [float(x) for x in re.findall(r"(?:M|H)(\d+\.\d)", whisker.attrib["d"])] == [175.0, 175.0, 364.0, 364.0]
    assert "50.0%" in [text.text for text in svg.iter("text")]


def test_a_bar_without_an_interval_has_no_whisker_and_the_mark_is_at_its_bar() -> None:
    svg = parse(bar_chart([Bar("A", 0.25), Bar("B", 0.75)], name="b", title="T", text="D", mark="A"))
    assert svg.find("path") is None
    mark = next(line for line in svg.iter("line") if line.attrib["class"] == "mark")
    assert float(mark.attrib["x1"]) == pytest.approx(175)


def test_text_is_escaped_and_named_for_screen_readers() -> None:
    svg = bar_chart([Bar("<script>&", 0.5, kind='x" onload="y')], name="n", title="<T>", text="a & b")
    root = parse(svg)
    assert "<script>" not in svg
    assert root.attrib["role"] == "img"
    assert [element.text for element in (root.find("title"), root.find("desc")) if element is not None] == [
        "<T>",
        "a & b",
    ]
    assert root.attrib["aria-labelledby"] == "n-t n-d"
    rect = root.find("rect")
    assert rect is not None
    assert "onload" not in rect.attrib


def test_a_curve_goes_through_its_points() -> None:
    svg = parse(line_chart([Line("a", [0, 10], [0.0, 1.0])], name="c", title="T", text="D", share=True))
    raw = next(path for path in svg.iter("path") if path.attrib["class"] == "raw s0")
    assert raw.attrib["d"] == "M44.0 168.0L348.0 10.0"  # from the lower left corner to the upper right


def test_gaps_and_single_points_and_nothing() -> None:
    svg = parse(line_chart([Line("a", [1, 2], [float("nan"), 3.0])], name="c", title="T", text="D"))
    assert svg.find("circle") is not None
    assert line_chart([Line("a", [1], [float("inf")])], name="c", title="T", text="D") == ""
    assert line_chart([], name="c", title="T", text="D") == ""


def test_two_curves_have_a_legend_and_one_has_none() -> None:
    one, two = Line("first", [1, 2], [0, 1]), Line("second", [1, 2], [1, 0])
    assert ">second<" in line_chart([one, two], name="c", title="T", text="D")
    assert ">first<" not in line_chart([one], name="c", title="T", text="D")


def test_thinning_keeps_the_mean_of_each_run() -> None:
    x = np.arange(3 * MAX_POINTS, dtype=float)
    xs, ys = thinned(list(x), list(2 * x))
    assert len(xs) == MAX_POINTS
    assert xs[:2].tolist() == [1.0, 4.0]
    assert ys[:2].tolist() == [2.0, 8.0]
    assert thinned([1, 2], [5, 6])[1].tolist() == [5, 6]


def test_smoothing_is_a_centred_mean_with_its_deviation() -> None:
    y = np.zeros(40)
    y[20] = 5.0
    mean, deviation = smoothed(y)  # window of 2 * (40 // 20) + 1 = 5
    assert mean[18:23].tolist() == [1.0] * 5
    assert mean[17] == mean[23] == 0
    assert deviation[20] == pytest.approx(2.0)  # sqrt((4² + 4 * 1²) / 5)
    assert smoothed(np.array([1.0, 3.0]))[0].tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("low", "high", "inside", "expected"),
    [
        (0.03, 0.87, False, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (1, 170, True, [50, 100, 150]),
        (-3, 5, False, [-4, -2, 0, 2, 4, 6]),
        (7, 7, True, [7]),
    ],
)
def test_ticks_by_hand(low: float, high: float, inside: bool, expected: list[float]) -> None:
    assert ticks(low, high, 4, inside=inside) == pytest.approx(expected)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_enclose_are_few_and_even(low: float, span: float) -> None:
    high = low + span
    found = ticks(low, high, 4)
    if high > low:
        slack = 1e-9 * max(abs(low), abs(high), 1.0)
        assert found[0] <= low + slack
        assert found[-1] >= high - slack
        assert 2 <= len(found) <= 9


def test_steps_are_counted_in_whole_numbers() -> None:
    for steps in ([3.0, 6.0], [1.0, 2.0]):
        svg = parse(line_chart([Line("a", steps, [0.5] * 2)], name="c", title="T", text="D", share=True))
        shown = [text.text for text in svg.iter("text") if text.attrib.get("y") == "185"]
        assert shown == [str(step) for step in range(int(steps[0]), int(steps[1]) + 1)]


def test_what_is_always_nothing_is_drawn_from_nothing_up() -> None:
    assert ticks(0.0, 0.0, 4)[0] == 0.0
    assert ticks(0.0, 0.0, 4)[-1] == 1.0
