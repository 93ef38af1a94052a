import json

import pytest

from spatialenv.core.schema import FILES, LayoutFile, build_json_schema, validate
from spatialenv.errors import FileFormatError
from spatialenv.formats import json_schema


@pytest.mark.parametrize("kind", list(FILES))
def test_the_published_schema_is_what_the_models_say(kind: str) -> None:
    made = json.loads(json.dumps(build_json_schema(kind)))
    assert json_schema(kind) == made, "run tools/write_schemas.py; a change of meaning needs a new version"
    assert made["$id"] == f"spatialenv/{kind}/1"
    assert made["additionalProperties"] is False


def test_how_many_things_are_wrong_is_said() -> None:
    data = {"format": "spatialenv/layout", "version": 1, "poses": [{"id": "a", "x": "1", "y": None, "z": 0}]}
    with pytest.raises(FileFormatError) as caught:
        validate(LayoutFile, data, "here")
    assert str(caught.value) == "here: `poses[0].x` is '1'; it must be a valid number (1 more)"


def test_long_values_are_shortened() -> None:
    data = {"format": "spatialenv/layout", "version": 1, "poses": [{"id": "a", "x": "9" * 1000, "y": 0, "z": 0}]}
    with pytest.raises(FileFormatError) as caught:
        validate(LayoutFile, data, "here")
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("data", [None, 5, [], "text"])
def test_what_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(FileFormatError, match=r"^here: "):
        validate(LayoutFile, data, "here")
