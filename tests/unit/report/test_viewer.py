"""The viewer's page stands alone, runs its own scripts only, and holds untrusted text as data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.episode import Episode
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.errors import FileFormatError, InputError
from spatialenv.formats import save_episodes, write_scene
from spatialenv.report.viewer import SCRIPTS, TEMPLATES, page_viewer, write_viewer
from spatialenv.report.viewer_input import read_played, scene_episode

MakeEpisode = Callable[..., Episode]
HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>"
VENDOR = TEMPLATES / "vendor"


class Page(HTMLParser):
    """Tags with their attributes, and the text of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._is_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_script = tag == "script"
        if self._is_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def handle_data(self, data: str) -> None:
        if self._is_script:
            self.scripts[-1] += data


def held(html: str) -> dict[str, Any]:
    found = re.search(r'id="viewer-data">([^<]*)</script>', html)
    assert found is not None
    data: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(found[1])))
    return data


def hostile_episode() -> Episode:
    item = SceneObject(id=HOSTILE, category=HOSTILE, size=(1, 1, 1), style=HOSTILE)
    scene = Scene(Room.rectangle(4, 3, 2.5), (item,), description=HOSTILE, id=HOSTILE)
    return replace(scene_episode(scene, Layout.of({HOSTILE: (1, 1, 0.5)})), prompt=HOSTILE)


def test_the_page_needs_nothing_and_runs_only_what_its_policy_names(tmp_path: Path, fake_episode: MakeEpisode) -> None:
    path = write_viewer(tmp_path / "a.html", {"A": [fake_episode(0, 0.0)]}, title="A", pictures=False)
    html = path.read_text(encoding="utf-8")
    page = Page(html)
    policy = next(attributes["content"] or "" for tag, attributes in page.tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    allowed = re.findall(r"'sha256-([^']+)'", policy)
    running = [text for text, (_, attributes) in zip(
        page.scripts, [one for one in page.tags if one[0] == "script"], strict=True
    ) if attributes.get("type") is None]  # fmt: skip
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running]
    assert digests == allowed
    assert len(running) == len(SCRIPTS)
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert not {"src", "href", "srcset", "action"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert len(html) < 1_000_000


def test_what_others_wrote_ends_no_script_and_makes_no_tag(tmp_path: Path) -> None:
    html = write_viewer(tmp_path / "a.html", {HOSTILE: [hostile_episode()]}, title=HOSTILE, pictures=False).read_text()
    assert "onerror=alert" not in html.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert not [tag for tag, _ in Page(html).tags if tag == "img"]
    data = held(html)
    assert data["scenes"][0]["objects"][0]["id"] == HOSTILE
    assert data["groups"] == [HOSTILE]


def test_our_scripts_write_text_as_text() -> None:
    for name in SCRIPTS[1:]:
        script = (TEMPLATES / name).read_text(encoding="utf-8")
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert forbidden not in script, (name, forbidden)


def test_three_is_the_file_that_its_record_names() -> None:
    record = json.loads((VENDOR / "three.json").read_text(encoding="utf-8"))
    bundle = (VENDOR / "three.min.js").read_bytes()
    assert hashlib.sha256(bundle).hexdigest() == record["sha256"]
    assert len(bundle) == record["bytes"]
    assert record["version"] in bundle[:200].decode()
    assert b"MIT License" in bundle[:200]  # a page that carries the bundle must carry its licence
    scripts = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS[1:])
    used = set(re.findall(r"\bTHREE\.(\w+)", scripts))
    assert used <= set(record["exports"])
    assert b"</script" not in bundle


def test_pictures_are_there_when_asked_for(tmp_path: Path, fake_episode: MakeEpisode) -> None:
    episodes = {"A": [fake_episode(0, 0.0)]}
    with_pictures = held(write_viewer(tmp_path / "a.html", episodes, title="A").read_text())
    without = held(write_viewer(tmp_path / "b.html", episodes, title="A", pictures=False).read_text())
    assert all(turn["picture"].startswith("data:image/webp;base64,") for turn in with_pictures["episodes"][0]["turns"])
    assert not any(turn["picture"] for turn in without["episodes"][0]["turns"])


def test_nothing_to_show_is_told(tmp_path: Path, fake_episode: MakeEpisode) -> None:
    assert page_viewer({"A": []}) is None
    with pytest.raises(InputError, match="no episode to show"):
        write_viewer(tmp_path / "a.html", {"A": []}, title="A")
    for rooms in (0, -1, 1.5, True):
        with pytest.raises(InputError, match="`rooms` is"):
            write_viewer(tmp_path / "a.html", {"A": [fake_episode(0, 1.0)]}, title="A", rooms=rooms)  # type: ignore[arg-type]
    assert not (tmp_path / "a.html").exists()


def test_runs_evaluations_episodes_and_scenes_are_read(
    tmp_path: Path, fake_run: Callable[..., Any], fake_episode: MakeEpisode
) -> None:
    assert list(read_played(fake_run().path)) == ["Before RL", "After RL"]
    episodes = [fake_episode(0, 0.0), fake_episode(1, 1.0)]
    save_episodes(tmp_path / "some.jsonl", episodes)
    assert [len(found) for found in read_played(tmp_path / "some.jsonl").values()] == [2]
    (tmp_path / "eval" / "shards").mkdir(parents=True)
    save_episodes(tmp_path / "eval" / "shards" / "0.jsonl", episodes)
    assert {name: len(found) for name, found in read_played(tmp_path / "eval").items()} == {"eval": 2}
    scene = episodes[0].scene
    write_scene(tmp_path / "room.json", scene, Layout.of({"sofa_1": (1, 1, 0.4)}))
    (found,) = read_played(tmp_path / "room.json")["Layout"]
    assert found.turns[0].layout.ids == ("sofa_1",)
    assert not found.turns[0].status["well_formed"]
    assert scene_episode(scene, None).turns == ()


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there; give a run folder"):
        read_played(tmp_path / "none")
    with pytest.raises(InputError, match="holds no episodes"):
        read_played(tmp_path)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(FileFormatError, match=r"bad\.json"):
        read_played(tmp_path / "bad.json")
