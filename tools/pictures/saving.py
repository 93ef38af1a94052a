"""Pictures as small files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"

COLOURS, KEPT = 256, 24

Picture = npt.NDArray[np.uint8]


def save(name: str, picture: Picture) -> None:
    """Write a PNG of at most 256 colours to the folder of the documentation's pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.quantize(palette=choose_palette(picture), dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1024} kB")


def save_photographs(name: str, picture: Picture) -> None:
    """Write a JPEG: for sheets of many soft shades, which no palette holds."""
    path = FOLDER / f"{name}.jpg"
    Image.fromarray(np.ascontiguousarray(picture)).save(path, quality=88, subsampling=0, optimize=True)
    print(f"{path}: {path.stat().st_size // 1024} kB")


def choose_palette(picture: Picture) -> Image.Image:
    """Return an image with the palette for a picture.

    Its most frequent colours are kept as they are. Of the others, each counts as the root of how many pixels have it,
    so that one green plant in a sheet of walls stays green.
    """
    pixels = picture.reshape(-1, 3)
    codes = pixels.astype(np.int64) @ np.array([65536, 256, 1])
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    kept = pixels[first[np.argsort(-counts)[:KEPT]]]
    sample = np.repeat(pixels[first], np.ceil(np.sqrt(counts)).astype(int), axis=0)
    found = Image.fromarray(np.ascontiguousarray(sample[None])).quantize(
        COLOURS - KEPT, method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE
    )
    colours = (found.getpalette() or [])[: 3 * (COLOURS - KEPT)] + kept.ravel().tolist()
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours)
    return palette
