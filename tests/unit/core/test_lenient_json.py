import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.lenient_json import CUT, MAX_DEPTH, MAX_VALUES, ListNode, ObjectNode, read_number, scan

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=15,
)


def plain(value: Any) -> Any:
    """Turn nodes into what json.loads would give."""
    if isinstance(value, ListNode):
        return [plain(item) for item in value.items]
    if isinstance(value, ObjectNode):
        return {key: plain(item) for key, item in value.items}
    return value


def read(text: str) -> Any:
    result = scan(text, 0, len(text))
    assert len(result.found) == 1
    return plain(result.found[0].node)


@given(st.lists(JSON_VALUES, max_size=4) | st.dictionaries(st.text(max_size=6), JSON_VALUES, max_size=4), st.booleans())
def test_plain_json_reads_as_json_loads_reads_it_and_needs_no_repair(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1 if ascii_only else None)
    result = scan(text, 0, len(text))
    assert plain(result.found[0].node) == json.loads(text)
    assert result.found[0].repairs == []
    assert (result.found[0].node.start, result.found[0].node.end) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        ("[1, 2,]", [1, 2], {"repaired-comma"}),
        ("[1 2]", [1, 2], {"repaired-comma"}),
        ("[,1,,2]", [1, 2], {"repaired-comma"}),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}, {"repaired-comma"}),
        ('{"a" 1}', {"a": 1}, {"repaired-comma"}),
        ('{"a": }', {"a": None}, {"repaired-comma"}),
        ('{"a": , "b": 1}', {"a": None, "b": 1}, {"repaired-comma"}),
        ("{'a': 'it\\'s'}", {"a": "it's"}, {"repaired-quotes"}),
        ("{“a”: 1}", {"a": 1}, {"repaired-quotes"}),
        ("{a: 1}", {"a": 1}, {"repaired-quotes"}),
        ('{"a": "b\n}', {"a": "b"}, {"repaired-quotes"}),
        ('{"a": "\\q"}', {"a": "q"}, {"repaired-quotes"}),
        ('{"a": +.5, "b": 007}', {"a": 0.5, "b": 7}, {"repaired-number"}),
        ('[{"a": 1}', [{"a": 1}], {"repaired-brackets"}),
        ('[{"a": 1]', [{"a": 1}], {"repaired-brackets"}),
        ("[1}, 2]", [1, 2], {"repaired-brackets"}),
        ('[{"a": 1, {"a": 2}]', [{"a": 1}, {"a": 2}], {"repaired-brackets", "repaired-comma"}),
        ("[1, // one\n 2]", [1, 2], {"repaired-text"}),
        ("[True, None]", [True, None], {"repaired-text"}),
        ("```[1]```", [1], set()),
        ("[1 ```]", [1], {"repaired-fence"}),
    ],
)
def test_each_repair(text: str, value: Any, repairs: set[str]) -> None:
    result = scan(text, 0, len(text))
    assert plain(result.found[0].node) == value
    assert set(result.found[0].repairs) == repairs


def test_nan_and_infinity_are_read_as_json_loads_reads_them() -> None:
    value = read('[NaN, Infinity, -Infinity, 1e400, {"x": NaN}]')
    assert math.isnan(value[0])
    assert value[1:4] == [math.inf, -math.inf, math.inf]
    assert math.isnan(value[4]["x"])


def test_words_between_values_are_passed_over() -> None:
    text = 'He said "go": [1] and then {"a": "]"}.'
    result = scan(text, 0, len(text))
    assert [plain(found.node) for found in result.found] == [[1], {"a": "]"}]
    assert [text[found.node.start : found.node.end] for found in result.found] == ["[1]", '{"a": "]"}']


@pytest.mark.parametrize("scalar", ["3", "3.4", "tru", '"so', "'so", "“so"])
def test_a_scalar_that_the_end_of_the_text_may_have_cut_is_a_string(scalar: str) -> None:
    text = f"[1, {scalar}"
    cut = read(text)[1]
    assert cut == scalar.lstrip("\"'“") + CUT
    assert plain(scan(text + "]", 0, len(text)).found[0].node)[1] != cut


def test_a_number_in_the_place_of_a_key_is_marked() -> None:
    for text, stray in (('{"z": 0,4}', "4"), ('{"z": 0,4m}', "4m"), ('{"z": 0, 4m: 1}', ""), ('{"z": 0,}', "")):
        node = scan(text, 0, len(text)).found[0].node
        assert isinstance(node, ObjectNode)
        assert node.stray == stray


def test_only_the_stretch_is_read() -> None:
    result = scan("[1][2][3]", 3, 6)
    assert [plain(found.node) for found in result.found] == [[2]]


def test_repeated_keys_are_all_kept_in_order() -> None:
    for text in ('{"a": 1, "a": 2}', '{"a": 1, "a": 2,}'):
        node = scan(text, 0, len(text)).found[0].node
        assert isinstance(node, ObjectNode)
        assert node.items == [("a", 1.0), ("a", 2.0)]


def test_depth_is_capped() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert scan(text, 0, len(text)).limits == []
    text = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    assert scan(text, 0, len(text)).limits == ["too-deep"]
    text = "[" * MAX_DEPTH + "{}" + "]" * MAX_DEPTH
    assert scan(text, 0, len(text)).limits == ["too-deep"]


def test_the_number_of_values_is_capped() -> None:
    text = "[" + "1," * (MAX_VALUES + 5) + "1]"
    result = scan(text, 0, len(text))
    assert result.limits == ["too-many"]
    assert len(plain(result.found[0].node)) <= MAX_VALUES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", (0.0, True)),
        ("-1.5e-3", (-0.0015, True)),
        ("01", (1.0, False)),
        ("1.", (1.0, False)),
        ("+2", (2.0, False)),
        ("1_000", (None, False)),
        ("٣", (None, False)),  # an Arabic digit, which float() would take
        ("0x10", (None, False)),
        ("inf", (None, False)),
        ("", (None, False)),
        ("1" * 100_000 + "x", (None, False)),
    ],
)
def test_numbers(text: str, expected: tuple[float | None, bool]) -> None:
    assert read_number(text) == expected
