import math
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import spatialenv
from spatialenv.core.episode import Episode
from spatialenv.core.layout import Layout
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.core.score import Score
from spatialenv.envs import RoomLayoutEnv
from spatialenv.report.notebook import MAX_ROWS, show

VOID = {"img", "br"}


class Reader(HTMLParser):
    """Collects the text, and fails where tags are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.images: list[dict[str, str | None]] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


@pytest.fixture
def scene() -> Scene:
    sofa = SceneObject(
        "sofa_1", "sofa", (1.8, 0.9, 0.8), facing="wall_0", relations=(Relation("sofa_1", "on", "north_wall"),)
    )
    lamp = SceneObject("lamp_1", "lamp", (0.4, 0.4, 1.6), yaw=math.pi / 2)
    door = Opening("door", "south_wall", 0.2, 0.9, 2.0)
    return Scene(
        Room.rectangle(4, 3, 2.5, (door,)),
        (sofa, lamp),
        description="A <b>calm</b> room & more",
        start=Layout.of({"lamp_1": (3, 1, 0.8)}),
        fixed=("lamp_1",),
        id="s/1",
    )


def test_a_scene_shows_its_room_wish_and_objects(scene: Scene) -> None:
    found = Reader(scene._repr_html_() or "")
    assert "Scene s/1: 2 objects in 4 × 3 × 2.5 m" in found.text
    assert "A <b>calm</b> room & more" in found.text  # escaped, so it is text
    assert "on north_wall; faces south_wall" in found.text
    assert "90°" in found.text
    assert "stays" in found.text
    assert "1 opening." in found.text
    assert len(found.images) == 1


def test_a_polygon_says_how_many_walls_it_has() -> None:
    room = Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 2.5)
    assert "(6 walls)" in Reader(show(Scene(room, ()))).text


def test_a_placed_scene_says_what_is_wrong(scene: Scene) -> None:
    good = Reader(show(scene.place({"sofa_1": (2.0, 2.55, 0.4), "lamp_1": (3, 1, 0.8)})))
    assert "2 of 2 objects placed" in good.text
    bad = Reader(show(scene.place({"sofa_1": (3.0, 1.0, 0.4), "lamp_1": (3, 1, 0.8)})))
    assert "overlaps" in bad.text
    assert "nothing is wrong" not in bad.text
    assert scene.place({})._repr_png_() is not None


def test_a_score_lists_parts_and_objects(scene: Scene) -> None:
    score = spatialenv.score(scene, {"sofa_1": (2.0, 2.55, 0.4), "lamp_1": (3, 1, 0.8)})
    found = Reader(score._repr_html_() or "")
    assert f"Score {score.value:.4g}" in found.text
    assert "collision" in found.text
    assert "object 1" in found.text
    assert "not placed" in Reader(show(Score(0.5, np.array([0.5, math.nan])))).text
    assert Reader(show(Score(math.nan))).text


def test_an_episode_shows_every_turn_and_escapes_what_the_model_wrote(scene: Scene) -> None:
    env = RoomLayoutEnv(tasks=[scene], size=(32, 32), max_turns=2)
    env.reset(seed=3)
    env.step("<script>alert(1)</script>")
    env.step("no answer")
    found = Reader(env.episode()._repr_html_() or "")
    assert "Episode of 2 turns, seed 3" in found.text
    assert "Turn 2: score 0.000" in found.text
    assert "<script>alert(1)</script>" in found.text  # as text
    assert len(found.images) == 2


def test_half_characters_of_a_model_fit_a_page(scene: Scene) -> None:
    env = RoomLayoutEnv(tasks=[scene], size=(32, 32), max_turns=1)
    env.reset(seed=3)
    env.step("half \ud800 a character")
    assert b"half ? a character" in show(env.episode()).encode("utf-8")


def test_parts_of_a_score_that_are_no_numbers_are_shown_too() -> None:
    found = Reader(show(Score(0.5, details={"components": {"judge": None, "tone": "kind", "form": 0.25}})))
    assert [word for word in ("None", "kind", "0.25") if word not in found.text] == []


def test_long_things_are_cut_and_counted(scene: Scene) -> None:
    many = tuple(SceneObject(f"box_{i}", "box", (0.1, 0.1, 0.1)) for i in range(MAX_ROWS + 5))
    assert "and 5 more" in Reader(show(Scene(scene.room, many, description="x" * 5000))).text


def test_a_failed_episode_says_why(scene: Scene) -> None:
    env = RoomLayoutEnv(tasks=[scene], size=(32, 32))
    env.reset(seed=0)
    episode: Episode = replace(env.episode(), failure="RendererError: no picture")
    assert "failed: RendererError: no picture" in Reader(show(episode)).text


def test_other_things_have_no_form() -> None:
    with pytest.raises(TypeError, match="a str has no form for notebooks"):
        show("text")
