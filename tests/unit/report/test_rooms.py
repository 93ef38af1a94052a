"""Rooms of the page: badges, matching by scene, turns left out."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from spatialenv.core.episode import Episode
from spatialenv.errors import RendererError
from spatialenv.renderers import make_renderer
from spatialenv.report.rooms import badges_of, data_uri, mean_components, room_views

MakeEpisode = Callable[..., Episode]


class NoRenderer:
    name = "none"
    version = "none-1"

    def render(self, *_: object, **__: object) -> None:
        raise RendererError("none")


@pytest.mark.parametrize(
    ("true", "expected"),
    [
        ((), ["✕ not well-formed"]),
        (("well_formed", "collides", "out_of_room"), ["✕ collides", "✕ out of room"]),
        (("well_formed", "valid"), ["✓ valid", "not clean"]),
        (("well_formed", "valid", "clean"), ["★ clean"]),
        (("collides",), ["✕ not well-formed", "✕ collides"]),
    ],
)
def test_badges(true: tuple[str, ...], expected: list[str]) -> None:
    assert [badge.text for badge in badges_of(dict.fromkeys(true, True))] == expected


def test_rows_are_matched_by_scene_not_by_index(fake_episode: MakeEpisode) -> None:
    before = [fake_episode(0, 0.0), fake_episode(1, 0.0)]
    after = [fake_episode(1, 1.0), fake_episode(0, 1.0)]
    rooms = room_views({"Before": before, "After": after}, NoRenderer(), 2)  # type: ignore[arg-type]
    assert [room.name for room in rooms] == ["fake-0", "fake-1"]
    assert [row.turns[0].score for row in rooms[0].rows] == [before[0].turns[0].score, after[1].turns[0].score]
    only = room_views({"Before": before, "After": after[:1]}, NoRenderer(), 2)  # type: ignore[arg-type]
    assert [len(room.rows) for room in only] == [1, 2]


def test_long_episodes_show_the_first_five_turns_and_the_last(fake_episode: MakeEpisode) -> None:
    episode = fake_episode(0, 0.0)
    turns = tuple(dataclasses.replace(episode.turns[0], score=index / 10) for index in range(9))
    row = room_views({"X": [dataclasses.replace(episode, turns=turns)]}, NoRenderer(), 1)[0].rows[0]  # type: ignore[arg-type]
    assert [turn.number for turn in row.turns] == [1, 2, 3, 4, 5, 9]
    assert "Turns 6 to 8 of 9 are not shown." in row.note


def test_a_failed_episode_says_so_and_counts_in_no_mean(fake_episode: MakeEpisode) -> None:
    good, failed = fake_episode(0, 1.0), dataclasses.replace(fake_episode(1, 0.0), failure="judge timed out")
    rooms = room_views({"X": [good, failed]}, NoRenderer(), 2)  # type: ignore[arg-type]
    assert "judge timed out" in rooms[1].rows[0].note
    assert mean_components([good, failed]) == {name: pytest.approx(v) for name, v in good.turns[-1].components.items()}
    assert mean_components([]) == {}


def test_the_kept_picture_stands_in_for_one_that_cannot_be_drawn(fake_episode: MakeEpisode) -> None:
    kept = np.full((30, 40, 3), 7, np.uint8)
    episode = dataclasses.replace(fake_episode(0, 1.0), image=kept)
    room = room_views({"X": [episode]}, NoRenderer(), 1)[0]  # type: ignore[arg-type]
    assert room.pictures["top"].startswith("data:image/webp;base64,")
    assert room.rows[0].turns[0].pictures == {}


def test_a_data_uri_holds_the_picture() -> None:
    uri = data_uri(np.full((30, 40, 3), (200, 40, 90), np.uint8))
    picture = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
    assert picture.size == (40, 30)
    assert np.abs(np.asarray(picture.convert("RGB")).mean((0, 1)) - (200, 40, 90)).max() < 4


def test_rooms_whose_pictures_would_make_the_page_heavy_are_left_out(
    fake_episode: MakeEpisode, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = {"X": [fake_episode(0, 1.0)] * 4}
    renderer = make_renderer("blank")
    room = room_views(played, renderer, 1)[0]
    views = [room.pictures, *(turn.pictures for row in room.rows for turn in row.turns)]
    weight = sum(len(picture) for pictures in views for picture in pictures.values())
    for budget, shown in ((4 * weight, 4), (4 * weight - 1, 3), (2 * weight, 2), (1, 1)):
        monkeypatch.setattr("spatialenv.report.rooms.MOST_PICTURES", budget)
        assert len(room_views(played, renderer, 4)) == shown
