from __future__ import annotations

import json
from typing import Any

import pytest

from spatialenv.errors import InputError
from spatialenv.serving import ScoreClient
from spatialenv.serving.settings import ServerSettings, check_token


def test_settings_survive_json() -> None:
    settings = ServerSettings(rewards={"mine": "a.yaml", "other": "format"}, seconds=0.5, max_items=3)
    again = ServerSettings(**json.loads(json.dumps(settings.to_dict())))
    assert again == settings
    assert list(again.rewards) == ["mine", "other"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"workers": 0}, "`workers` is 0; it must be a whole number of at least 1"),
        ({"queue": True}, "`queue` is True"),
        ({"max_items": 1.5}, r"`max_items` is 1\.5"),
        ({"seconds": 0}, "`seconds` is 0; it must be a finite number above 0 seconds"),
        ({"body_seconds": float("nan")}, "`body_seconds` is nan"),
        ({"seconds": "1"}, "`seconds` is '1'"),
        ({"max_bytes": 10, "max_buffered": 9}, "`max_buffered` is 9; it must be at least `max_bytes`, 10"),
    ],
)
def test_mistakes_raise(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ServerSettings(**given)


@pytest.mark.parametrize(
    ("token", "message"),
    [(" ", "is empty"), ("two words", "visible ASCII"), ("geh\u00e4im", "visible ASCII"), ("a\nb", "ASCII")],
)
def test_tokens_that_no_header_holds_are_mistakes_and_are_not_told(token: str, message: str) -> None:
    for ask in (check_token, lambda secret: ScoreClient(token=secret)):
        with pytest.raises(InputError, match=message) as caught:
            ask(token)
        assert token not in str(caught.value) or not token.strip()
