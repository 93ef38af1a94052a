"""The viewer in a real browser: opened from a file, drawn in software, moved by hand."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv
from spatialenv.report import RunFolder, write_report
from spatialenv.report.viewer import write_viewer

pytestmark = pytest.mark.slow


def _browser() -> ModuleType:
    path = Path(__file__).with_name("browser.py")
    spec = importlib.util.spec_from_file_location("viewer_browser", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


browser = _browser()
if browser.find_browser() is None:
    pytest.skip("there is no Chromium to open the page with", allow_module_level=True)

SIZE = (960, 620)
READY = "document.getElementById('viewer').dataset.state"
FRAME = """(({left, top, width, height}) => [left, top, width, height])(
    viewer.viewer.stage.canvas.getBoundingClientRect())"""
HOSTILE = "</script><img src=x onerror='window.wasHacked=1'>"


def play(seed: int, shifts: tuple[float, ...]) -> Any:
    env = RoomLayoutEnv(
        tasks="rooms", renderer="blank", views=["top"], size=(64, 64), max_turns=len(shifts), yaw="free"
    )
    env.reset(seed=seed)
    for shift in shifts:
        assert env.scene.witness is not None
        layout = Layout(tuple((n, Pose(p.x + shift, p.y, p.z, p.yaw)) for n, p in env.scene.witness.poses))
        if not env.is_over:
            env.step(write_answer(layout, think=HOSTILE))
    return env.episode()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("viewer") / "view.html"
    before, after = [[play(seed, shifts) for seed in (0, 6)] for shifts in ((0.7, 0.3), (0.4, 0.0))]
    return write_viewer(path, {"Before": before, "After": after}, title="A run", pictures=True)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser.Browser(tmp_path_factory.mktemp("profile"), size=SIZE) as opened:
        yield opened


@pytest.fixture
def tab(window: Any) -> Any:
    window.resize(*SIZE)
    window.move(1, 1)
    window.problems.clear()
    window.requests.clear()
    return window


def seen(tab: Any) -> npt.NDArray[np.int64]:
    """The canvas as it is on the screen, (H, W, 3)."""
    picture = np.asarray(Image.open(io.BytesIO(tab.shoot())).convert("RGB"), dtype=np.int64)
    left, top, width, height = map(round, tab.evaluate(FRAME))
    return picture[top : top + height, left : left + width]


def settle(tab: Any) -> None:
    """Wait until nothing moves and the last picture is drawn."""
    tab.wait("!viewer.viewer.stage.frame && !viewer.viewer.stage.movingSince && !viewer.viewer.stage.flight")
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")


def place_of(tab: Any, object_id: str) -> tuple[float, float]:
    """Where the middle of an object's top is on the screen."""
    script = """((id) => { const {scene, stage} = viewer.viewer;
        const index = scene.objects.findIndex((item) => item.id === id);
        const point = stage.room.items[index].holder.position.clone();
        point.z += 0.3 * scene.objects[index].size[2];
        point.project(stage.camera);
        const box = stage.canvas.getBoundingClientRect();
        return [box.left + (point.x + 1) / 2 * box.width, box.top + (1 - point.y) / 2 * box.height];
        })"""
    x, y = tab.evaluate(f"{script}({json.dumps(object_id)})")
    return x, y


def test_the_page_is_drawn_from_a_file_without_a_network(page: Path, tab: Any) -> None:
    assert page.stat().st_size < 3_000_000
    tab.open(page, READY)
    assert tab.evaluate(READY) == "ready"
    settle(tab)
    picture = seen(tab)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 1000  # a room, not a plain colour
    assert not tab.evaluate("window.wasHacked")
    assert tab.evaluate("document.querySelectorAll('img').length") == 0
    assert HOSTILE in tab.evaluate("document.querySelector('[data-part=answer]').textContent")
    assert [url for url in tab.requests if not url.startswith(("data:", "file:", "blob:"))] == []
    assert tab.problems == []


def test_the_slider_moves_the_furniture(page: Path, tab: Any) -> None:
    tab.open(page, READY)
    settle(tab)
    last = seen(tab)
    tab.evaluate("document.querySelector('[data-part=turn]').focus()")
    tab.press("ArrowLeft")
    settle(tab)
    assert tab.evaluate("viewer.viewer.at") == 1
    first = seen(tab)
    assert (np.abs(first - last).max(axis=2) > 8).mean() > 0.02
    tab.press("ArrowLeft")
    settle(tab)
    assert tab.evaluate("viewer.viewer.stage.room.items.filter(({holder}) => holder.visible).length") == 0
    assert "Nothing is placed yet" in tab.evaluate("document.querySelector('.v-checks').textContent")
    assert tab.problems == []


def test_hovering_an_object_tells_its_score_and_marks_its_answer(page: Path, tab: Any) -> None:
    tab.open(page, READY)
    settle(tab)
    tab.move(*place_of(tab, "bed_1"))
    tab.wait("!document.querySelector('.v-card').hidden")
    card = tab.evaluate("document.querySelector('.v-card').textContent")
    assert "bed_1" in card
    for part in ("collision", "boundary", "support", "constraint"):
        assert part in card
    marked = tab.evaluate("[...document.querySelectorAll('mark.is-chosen')].map((mark) => mark.textContent)")
    assert [json.loads(text)["new_object_id"] for text in marked] == ["bed_1"]
    tab.move(2, 2)
    tab.wait("document.querySelector('.v-card').hidden")
    assert tab.evaluate("document.querySelectorAll('mark.is-chosen').length") == 0
    tab.evaluate("document.querySelector('[data-part=objects] button').focus()")  # as a keyboard does
    assert "collision" in tab.evaluate("document.querySelector('.v-card').textContent")
    assert not tab.evaluate("document.querySelector('.v-card').hidden")
    assert tab.problems == []


def test_a_violation_points_at_its_objects(page: Path, tab: Any) -> None:
    tab.open(page, READY)
    settle(tab)
    x, y, text = tab.evaluate(
        """(() => { const row = [...document.querySelectorAll('[data-part=wrong] li')]
        .find((one) => JSON.parse(one.dataset.ids).length === 2 && one.textContent.includes('overlaps'))
        || document.querySelector('[data-part=wrong] li');
        row.scrollIntoView({block: 'center'});
        const box = row.getBoundingClientRect(); return [box.left + 20, box.top + 8, row.dataset.ids] })()"""
    )
    before = seen(tab)
    tab.move(x, y)
    tab.wait("viewer.viewer.stage.chosen.size > 0")
    assert tab.evaluate("[...viewer.viewer.stage.chosen]") == json.loads(text)
    settle(tab)
    changed = np.abs(seen(tab) - before).max(axis=2) > 8
    assert changed.any()
    red = seen(tab)[changed]
    assert ((red[:, 0] > 170) & (red[:, 1] < 80) & (red[:, 2] < 90)).any()
    assert tab.problems == []


def test_cameras_walls_labels_and_rooms(page: Path, tab: Any) -> None:
    tab.open(page, READY)
    settle(tab)
    tab.evaluate("document.querySelector('.v-stage canvas').focus()")
    hidden = "viewer.viewer.stage.room.walls.map(({visible}) => visible)"
    assert tab.evaluate(hidden) == [False, True, True, False]  # seen from the south-west
    x, y, width, height = tab.evaluate(FRAME)
    middle = (x + 0.5 * width, y + 0.08 * height)
    tab.drag(middle, (middle[0] - 0.42 * width, middle[1]))
    settle(tab)
    assert tab.evaluate(hidden) != [False, True, True, False]
    tab.press("2")
    settle(tab)
    assert tab.evaluate(hidden) == [True, True, True, True]
    above = tab.evaluate("viewer.viewer.stage.camera.position.toArray()")
    assert above[2] > 3 * max(above[:2])
    tab.press("3")
    settle(tab)
    start = tab.evaluate("viewer.viewer.stage.camera.position.toArray()")
    tab.press("w")
    settle(tab)
    moved = tab.evaluate("viewer.viewer.stage.camera.position.toArray()")
    assert 0.05 < np.hypot(moved[0] - start[0], moved[1] - start[1]) < 0.25
    assert moved[2] == start[2] <= 1.6
    tab.press("1")
    tab.press("l")
    settle(tab)
    assert tab.evaluate("[...document.querySelectorAll('.v-sign')].every((sign) => sign.hidden)")
    tab.evaluate("document.querySelector('[data-do=next]').click()")
    settle(tab)
    assert tab.evaluate("viewer.viewer.number") == 1
    tab.evaluate("[...document.querySelectorAll('[data-part=groups] button')][1].click()")
    settle(tab)
    assert "clean" in tab.evaluate("document.querySelector('[data-part=outcome]').textContent")
    assert tab.problems == []


def test_without_webgl_the_pictures_are_shown(page: Path, tmp_path: Path) -> None:
    with browser.Browser(tmp_path / "profile", options=browser.NO_GL) as tab:
        tab.open(page, READY)
        assert tab.evaluate(READY) == "flat"
        assert "no WebGL" in tab.evaluate("document.querySelector('.v-message').textContent")
        tab.wait("document.querySelector('.v-message img').naturalWidth > 100")
        shown = "document.querySelector('.v-message img').src"
        last = tab.evaluate(shown)
        tab.evaluate("document.querySelector('[data-part=turn]').focus()")
        tab.press("ArrowLeft")
        assert tab.evaluate(shown) != last
        assert tab.problems == []


def test_a_phone_has_no_sideways_scroll(page: Path, tab: Any) -> None:
    tab.resize(390, 844, 1, is_phone=True)
    tab.open(page, READY)
    settle(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    assert tab.problems == []


def test_the_report_opens_its_viewer_when_it_is_reached(tmp_path: Path, tab: Any) -> None:
    run = RunFolder(tmp_path / "run").create({"seed": 0}, command="spatialenv train x.yaml")
    run.save_episodes("before", [play(0, (0.7, 0.3))])
    run.save_episodes("after", [play(0, (0.0,))])
    report = write_report(run)
    assert report.stat().st_size < 3_000_000
    tab.resize(960, 200)
    tab.open(report)
    assert tab.evaluate(READY) is None  # it is further down
    tab.resize(*SIZE)
    tab.evaluate("document.getElementById('rooms').scrollIntoView({behavior: 'instant'})")
    tab.wait(READY)
    assert tab.evaluate(READY) == "ready"
    settle(tab)
    assert len(np.unique(seen(tab).reshape(-1, 3), axis=0)) > 500
    assert tab.problems == []
