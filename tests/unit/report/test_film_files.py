from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from spatialenv.errors import InputError, MissingExtraError
from spatialenv.renderers.palette import MET, MOVED, WRONG
from spatialenv.report.film_files import Film, gif_bytes, mp4_bytes, write_film


def moving(count: int = 9, size: tuple[int, int] = (48, 64), duration: int = 80) -> Film:
    """A bright square that goes from left to right over a grey page."""
    frames = []
    for number in range(count):
        frame = np.full((*size, 3), 120, np.uint8)
        left = number * (size[1] - 12) // max(count - 1, 1)
        frame[20:32, left : left + 12] = (250, 40, 40)
        frames.append(frame)
    return Film(tuple(frames), (duration,) * (count - 1) + (1500,))


def test_a_gif_read_back_is_the_film() -> None:
    film = moving()
    with Image.open(io.BytesIO(gif_bytes(film))) as image:
        assert (image.size, image.n_frames) == ((64, 48), 9)  # type: ignore[attr-defined]
        assert image.info["loop"] == 0
        shown = [(frame.info["duration"], np.asarray(frame.convert("RGB"))) for frame in ImageSequence.Iterator(image)]
    assert tuple(duration for duration, _ in shown) == film.durations
    for (_, seen), frame in zip(shown, film.frames, strict=True):
        assert np.abs(seen.astype(int) - frame).max() <= 4


def test_the_same_film_gives_the_same_bytes() -> None:
    assert gif_bytes(moving()) == gif_bytes(moving())
    assert gif_bytes(moving()) != gif_bytes(moving(8))
    pytest.importorskip("av")
    assert mp4_bytes(moving()) == mp4_bytes(moving())


def test_only_what_changes_is_stored() -> None:
    rng = np.random.default_rng(0)
    page = rng.integers(0, 255, (200, 200, 3)).astype(np.uint8)
    frames = []
    for number in range(12):
        frame = page.copy()
        # Two corners change, so that all of the picture is between them.
        frame[:8, :8] = frame[-8:, -8:] = 20 * number
        frames.append(frame)
    one = len(gif_bytes(Film(tuple(frames[:1]), (50,))))
    assert one > 30_000
    assert len(gif_bytes(Film(tuple(frames), (50,) * 12))) < 1.6 * one


def test_many_colours_stay_close() -> None:
    x, y = np.meshgrid(np.linspace(90, 240, 96), np.linspace(60, 220, 96))
    frame = np.stack([x, y, (x + y) / 2], axis=-1).astype(np.uint8)
    with Image.open(io.BytesIO(gif_bytes(Film((frame,), (100,))))) as image:
        seen = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(seen - frame).mean() < 6


@pytest.mark.parametrize("colour", [WRONG, MET, MOVED])
def test_marks_of_few_pixels_keep_their_colour(colour: tuple[float, ...]) -> None:
    rng = np.random.default_rng(3)
    frame = np.clip(rng.normal((170, 140, 105), 30, (300, 300, 3)), 0, 255).astype(np.uint8)
    marked = frame.copy()
    marked[100:103, 40:60] = np.array(colour)
    with Image.open(io.BytesIO(gif_bytes(Film((frame, marked), (100, 100))))) as image:
        image.seek(1)
        seen = np.asarray(image.convert("RGB"))[100:103, 40:60].astype(int)
    assert np.abs(seen - np.array(colour)).max() <= 2


@pytest.mark.parametrize(("size", "even"), [((48, 64), (48, 64)), ((47, 63), (48, 64))])
def test_an_mp4_read_back_is_the_film(size: tuple[int, int], even: tuple[int, int], tmp_path: Path) -> None:
    av: Any = pytest.importorskip("av")
    film = moving(size=size)
    path = tmp_path / "film.mp4"
    write_film(path, film)
    assert [item.name for item in tmp_path.iterdir()] == ["film.mp4"]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.height, stream.width) == ("h264", *even)
        assert stream.average_rate == 25
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    # 8 frames of 80 ms are two pictures each at 25 a second, the last one of 1.5 s is shown by rounding to the whole.
    assert len(frames) == round(film.seconds * 25)
    for number in range(8):
        seen = frames[2 * number][: size[0], : size[1]].astype(float)
        assert np.abs(seen - film.frames[number]).mean() < 6
    assert np.abs(frames[-1][: size[0], : size[1]].astype(float) - film.frames[-1]).mean() < 6
    # The index stands before the pictures, so that it plays while it loads.
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_short_frames_do_not_drift() -> None:
    av: Any = pytest.importorskip("av")
    film = Film(moving(20).frames, (50,) * 20)
    with av.open(io.BytesIO(mp4_bytes(film))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 25


def test_without_pyav_there_is_a_hint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"spatialenv\[films\]"):
        write_film(tmp_path / "film.mp4", moving())
    write_film(tmp_path / "film.gif", moving())
    assert [item.name for item in tmp_path.iterdir()] == ["film.gif"]


@pytest.mark.parametrize("name", ["film.avi", "film", "film.png"])
def test_other_endings(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"ends in \.gif or \.mp4"):
        write_film(tmp_path / name, moving())
    assert not list(tmp_path.iterdir())


FRAME = np.zeros((8, 8, 3), np.uint8)


@pytest.mark.parametrize(
    ("frames", "durations", "says"),
    [
        ((), (), "at least one"),
        ((FRAME,), (50, 50), "2 durations"),
        ((FRAME, FRAME[:4]), (50, 50), "one size"),
        ((FRAME.astype(float),), (50,), "uint8"),
        ((FRAME,), (15,), "multiple of 10"),
        ((FRAME,), (10,), "20 or more"),
    ],
)
def test_no_such_film(frames: Any, durations: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Film(frames, durations)
