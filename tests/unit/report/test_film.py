from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spatialenv.core.episode import Episode, Turn
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import find_violations
from spatialenv.errors import InputError
from spatialenv.renderers import Annotations, Renderer
from spatialenv.renderers.blank import BlankRenderer
from spatialenv.renderers.camera import CameraSpec
from spatialenv.renderers.camera_specs import OrbitCamera
from spatialenv.report.film import (
    END_MS,
    START_MS,
    STEP_MS,
    TURN_MS,
    film_of_turns,
    moved_layout,
    turn_caption,
    turntable,
)
from spatialenv.report.film_files import gif_bytes

SCENE = Scene(
    Room.rectangle(4, 3, 2.5),
    (
        SceneObject(id="desk_1", category="desk", size=(1.2, 0.6, 0.7)),
        SceneObject(id="box_1", category="box", size=(0.8, 0.8, 0.8)),
    ),
    description="A place to work.",
)
FIRST = {"desk_1": (1.0, 1.0, 0.35), "box_1": (1.4, 1.0, 0.4)}
LAST = {"desk_1": (1.0, 1.0, 0.35), "box_1": (3.0, 2.0, 0.4)}


def turn(layout: dict[str, Any], score: float) -> Turn:
    placed = SCENE.place(layout)
    wrong = find_violations(placed)
    told = tuple(violation.to_dict() for violation in wrong)
    status = {"valid": not wrong, "clean": not wrong}
    return Turn("", Layout.of(layout), score, score, {}, {}, told, (), "", status)


EPISODE = Episode(SCENE, "prompt", (turn(FIRST, 0.4), turn(LAST, 1.0)), {})


class Watched(Renderer):
    """Keeps what it was asked to draw; each camera has its own shade."""

    name = "watched"
    version = "watched-1"

    def __init__(self) -> None:
        self.asked: list[tuple[Layout, CameraSpec]] = []

    def render(self, placed: Any, cameras: Any = ("top",), size: Any = (256, 256), *, channels: Any = ()) -> Any:
        self.asked.append((placed.layout, cameras[0]))
        return BlankRenderer(shade=len(self.asked) % 250).render(placed, cameras, size, channels=channels)


def test_a_turntable_goes_once_around() -> None:
    renderer, told = Watched(), []
    film = turntable(
        SCENE.place(FIRST), renderer, 8, (64, 48), seconds=2.0, progress=lambda done, total: told.append((done, total))
    )
    assert len(film.frames) == 8
    assert all(frame.shape == (48, 64, 3) for frame in film.frames)
    assert film.durations == (250,) * 8
    cameras = [camera for _, camera in renderer.asked]
    assert all(isinstance(camera, OrbitCamera) for camera in cameras)
    angles = [camera.azimuth for camera in cameras if isinstance(camera, OrbitCamera)]
    steps = np.diff([*angles, angles[0]]) % 360
    np.testing.assert_allclose(steps, 45.0)
    assert told == [(number, 8) for number in range(1, 9)]


def test_a_turntable_of_a_room_changes_and_is_the_same_again() -> None:
    film, again = (turntable(SCENE.place(FIRST), frames=6, size=(48, 48), seconds=1.0) for _ in range(2))
    assert gif_bytes(film) == gif_bytes(again)
    for number in range(6):
        assert not np.array_equal(film.frames[number], film.frames[number - 1])


def test_labels_may_go_around_too() -> None:
    bare, labelled = (
        turntable(SCENE.place(FIRST), frames=2, size=(160, 160), seconds=1.0, annotations=annotations)
        for annotations in (None, Annotations())
    )
    assert not np.array_equal(bare.frames[0], labelled.frames[0])


def test_a_film_of_turns_starts_moves_and_rests() -> None:
    film = film_of_turns(EPISODE, Watched(), ("top",), (96, 96), steps=4)
    assert film.durations == (START_MS, *(STEP_MS,) * 4, TURN_MS, *(STEP_MS,) * 4, END_MS)
    height, width, _ = film.frames[0].shape
    assert width == 96
    assert height > 96
    assert {frame.shape for frame in film.frames} == {(height, width, 3)}


def test_objects_move_from_turn_to_turn() -> None:
    renderer = Watched()
    film_of_turns(EPISODE, renderer, ("top",), (64, 64), steps=3)
    layouts = [layout for layout, _ in renderer.asked]
    assert layouts[0] == Layout()
    assert layouts[4] == Layout.of(FIRST)
    assert layouts[8] == Layout.of(LAST)
    # From the start they come down, from the first turn to the last the box goes its way.
    heights = [layout["box_1"].z for layout in layouts[1:5]]
    assert heights == sorted(heights, reverse=True)
    ways = [layout["box_1"].x for layout in layouts[4:9]]
    assert ways == sorted(ways)
    assert ways[2] == pytest.approx((1.4 + 3.0) / 2)
    assert all(layout["desk_1"].x == 1.0 for layout in layouts[4:])


def test_what_is_wrong_is_marked_and_told() -> None:
    film = film_of_turns(EPISODE, "fast", ("top",), (160, 160), labels=False, steps=0)

    def red(frame: np.ndarray[Any, Any]) -> int:
        values = frame.astype(int)
        return int(((values[..., 0] > 110) & (values[..., 1] < 75) & (values[..., 2] < 85)).sum())

    start, first, last = film.frames
    assert red(start) == red(last) == 0
    assert red(first) > 50
    # The lines under the pictures differ.
    assert not np.array_equal(first[160:], last[160:])
    assert (film.frames[0][160:] < 100).any()


def test_the_film_is_the_same_again() -> None:
    films = [film_of_turns(EPISODE, "fast", ("corner", "top"), (96, 96), steps=2) for _ in range(2)]
    assert gif_bytes(films[0]) == gif_bytes(films[1])


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_the_way_between_two_layouts(share: float) -> None:
    before = SCENE.place({"desk_1": (1.0, 1.0, 0.35, math.radians(170)), "box_1": (1.4, 1.0, 0.4)})
    after = SCENE.place({"desk_1": (2.0, 1.0, 0.35, math.radians(-170)), "box_1": (1.4, 1.0, 0.4)})
    eased = share**2 * (3 - 2 * share)
    between = moved_layout(before, after, share)
    assert between["desk_1"].x == pytest.approx(1.0 + eased)
    assert between["box_1"].x == 1.4
    # It turns the shorter way, over south.
    assert between["desk_1"].yaw == pytest.approx(math.radians(170 + 20 * eased))


def test_what_is_gone_is_lifted_away() -> None:
    before, after = SCENE.place(FIRST), SCENE.place({"desk_1": FIRST["desk_1"]})
    early, late = moved_layout(before, after, 0.3), moved_layout(before, after, 0.6)
    assert early["box_1"].z > 0.4
    assert "box_1" not in late


def test_places_out_of_this_world() -> None:
    before, after = SCENE.place({"box_1": (-1e308, 0, 0)}), SCENE.place({"box_1": (1e308, 0, 0)})
    assert abs(moved_layout(before, after, 0.5)["box_1"].x) <= 1e9


def test_captions() -> None:
    title, wrong = turn_caption(1, 2, EPISODE.turns[0])
    assert title == "turn 1 of 2: score 0.40"
    assert wrong == "1 collision"
    assert turn_caption(2, 2, EPISODE.turns[1]) == ("turn 2 of 2: score 1.00", "clean: nothing is wrong")
    unread = Turn("?", Layout(), 0.0, math.nan, {}, {}, (), (), "", {"valid": False})
    assert turn_caption(1, 1, unread) == ("turn 1 of 1", "no layout could be read")
    kinds = ("relation", "collision", "odd_one", "relation")
    many = Turn("", Layout(), 0.0, 0.1, {}, {}, tuple({"kind": kind} for kind in kinds), (), "", {"valid": False})
    assert turn_caption(1, 1, many)[1] == "1 collision, 2 relations not met, 1 odd one"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"frames": 1}, "`frames` is 1"),
        ({"frames": 2.5}, "`frames` is 2.5"),
        ({"frames": 5000}, "1000"),
        ({"seconds": math.nan}, "`seconds` is nan"),
        ({"seconds": 0.1}, "allowed are"),
        ({"size": (3, 3)}, "`size`"),
        ({"elevation": 120}, "elevation"),
    ],
)
def test_no_such_turntable(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        turntable(SCENE.place(FIRST), "blank", **options)


def test_no_such_film_of_turns() -> None:
    with pytest.raises(InputError, match="no turns"):
        film_of_turns(Episode(SCENE, "", (), {}))
    with pytest.raises(InputError, match="`steps` is -1"):
        film_of_turns(EPISODE, "blank", steps=-1)
