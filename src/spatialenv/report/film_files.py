"""Films as files: GIF by Pillow, MP4 by PyAV."""

from __future__ import annotations

import io
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from spatialenv.errors import BackendError, InputError, require
from spatialenv.formats.atomic import write_atomically
from spatialenv.renderers.palette import INK, MET, MOVED, WRONG

Picture = npt.NDArray[np.uint8]
Progress = Callable[[int, int], None]
"""Called with how many frames are done, and of how many."""

ENDINGS = (".gif", ".mp4")

FRAME_RATE = 25
"""Frames a second of an MP4; frames that are shown for longer are repeated."""

COLOURS = 255
"""Colours of a GIF: one of its 256 numbers stands for what is as in the frame before."""

PALETTE_FRAMES = 12
"""Frames of which a GIF's colours are taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """Pictures that are shown one after another.

    Attributes:
        frames: The pictures, each ``(H, W, 3)`` uint8, all of one size.
        durations: How long each is shown, milliseconds, multiples of 10 as GIF counts time; 20 or more.

    Raises:
        InputError: If there is no frame, or sizes, kinds or numbers do not fit.
    """

    frames: tuple[Picture, ...]
    durations: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", tuple(self.frames))
        object.__setattr__(self, "durations", tuple(self.durations))
        if not self.frames or len(self.frames) != len(self.durations):
            raise InputError(
                f"a film of {len(self.frames)} frames has {len(self.durations)} durations; give one for each frame, "
                "and at least one"
            )
        for frame in self.frames:
            if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or frame.shape != self.frames[0].shape:
                raise InputError(
                    f"a film holds a frame {frame.dtype} {frame.shape}; all must be uint8 (H, W, 3) of one size"
                )
        for duration in self.durations:
            if duration < 20 or duration % 10:
                raise InputError(f"a film shows a frame for {duration!r} ms; give a multiple of 10, 20 or more")

    @property
    def seconds(self) -> float:
        """How long it runs."""
        return sum(self.durations) / 1000


def check_film_path(path: Path) -> None:
    """Raise InputError if `path` does not end as a film does, or MissingExtraError if what writes it is missing."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"`output` is {str(path)!r}; films are GIF or MP4: give a name that ends in .gif or .mp4")
    if path.suffix.lower() == ".mp4":
        require("av", "films", "writing MP4 films")


def write_film(path: str | Path, film: Film) -> None:
    """Write a film, as GIF or MP4 by the file's ending; whole or not at all.

    Raises:
        InputError: If the ending is another, or the file cannot be written.
        MissingExtraError: If PyAV, which writes MP4, is not installed.
        BackendError: If it fails.
    """
    path = Path(path)
    write_atomically(path, film_bytes(film, path), is_durable=False)


def film_bytes(film: Film, path: Path) -> bytes:
    """Return what `write_film` would write to `path`."""
    check_film_path(path)
    return gif_bytes(film) if path.suffix.lower() == ".gif" else mp4_bytes(film)


def gif_bytes(film: Film) -> bytes:
    """Return a film as an endless GIF with one palette; the same film gives the same bytes.

    Example:
        >>> frames = tuple(np.full((20, 30, 3), shade, np.uint8) for shade in (0, 255))
        >>> with Image.open(io.BytesIO(gif_bytes(Film(frames, (500, 500))))) as image:
        ...     image.size, image.n_frames
        ((30, 20), 2)
    """
    palette = _palette(film.frames)
    images = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in film.frames]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=list(film.durations),
        loop=0,
        # Each frame is laid over the one before; what has not changed is left transparent, which packs well.
        disposal=1,
        optimize=True,
    )
    return buffer.getvalue()


def mp4_bytes(film: Film) -> bytes:
    """Return a film as MP4 (H.264), its sides rounded up to even numbers; the same film gives the same bytes.

    Raises:
        MissingExtraError: If PyAV is not installed.
        BackendError: If PyAV fails, as where its build has no H.264.
    """
    av: Any = require("av", "films", "writing MP4 films")
    height, width, _ = film.frames[0].shape
    try:
        # The index goes to the front of the file in a second pass, which needs a file.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "film.mp4"
            with av.open(str(path), mode="w", format="mp4", options={"movflags": "faststart"}) as container:
                _encode(av, container, film, width + width % 2, height + height % 2)
            return path.read_bytes()
    except (av.FFmpegError, OSError, ValueError) as error:
        raise BackendError(f"PyAV could not write the film: {error}; write a GIF instead") from error


def _encode(av: Any, container: Any, film: Film, width: int, height: int) -> None:
    # One thread, so that the bytes do not depend on the machine's cores.
    options = {"crf": "18", "preset": "medium", "tune": "animation", "threads": "1"}
    if platform.machine().lower() in ("x86_64", "amd64"):
        # With AVX-512, x264 (build 165) gives other bytes for the same film about once in a hundred times.
        options["x264-params"] = "asm=SSE2"
    stream = container.add_stream("libx264", rate=FRAME_RATE, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    written = elapsed = 0
    for picture, duration in zip(film.frames, film.durations, strict=True):
        elapsed += duration
        rows, columns, _ = picture.shape
        even = np.pad(picture, ((0, height - rows), (0, width - columns), (0, 0)), mode="edge")
        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        # Left to the encoder, colours would be converted anew each time that the frame is repeated.
        frame = rgb.reformat(format="yuv420p", threads=1)
        # Rounded over the whole, so that short frames do not add up to a drift.
        until = max(round(elapsed * FRAME_RATE / 1000), written + 1)
        for at in range(written, until):
            frame.pts, frame.time_base = at, Fraction(1, FRAME_RATE)
            container.mux(stream.encode(frame))
        written = until
    container.mux(stream.encode())


def _palette(frames: Sequence[Picture]) -> Image.Image:
    """Return an image whose colours serve all frames, and those of marks, however few pixels they have."""
    chosen = [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, PALETTE_FRAMES).round().astype(int))]
    # One palette for all keeps what stands still from flickering, and lets only changes be stored.
    montage = np.concatenate([frame[::2, ::2] if min(frame.shape[:2]) > 64 else frame for frame in chosen], axis=0)
    kept = _mark_colours()
    count = COLOURS - len(kept)
    found = Image.fromarray(montage).quantize(count, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(found.getpalette() or [])[: 3 * count], *(part for colour in kept for part in colour)])
    return palette


def _mark_colours() -> list[tuple[int, int, int]]:
    """Return the colours of what is written over pictures, with those of their edges over light and dark things."""
    mixed = [
        tuple(round(value + share * (towards - value)) for value in colour)
        for colour in (WRONG, MET, MOVED, INK)
        for towards, share in ((0.0, 0.0), (255.0, 0.25), (255.0, 0.5), (255.0, 0.75), (0.0, 0.3), (0.0, 0.55))
    ]
    return [(colour[0], colour[1], colour[2]) for colour in mixed]
