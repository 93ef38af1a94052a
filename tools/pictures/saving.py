"""Pictures as small PNG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"

Picture = npt.NDArray[np.uint8]


def save(name: str, picture: Picture, colours: int = 256) -> None:
    """Write a PNG of at most `colours` colours to the folder of the documentation's pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    image = Image.fromarray(np.ascontiguousarray(picture))
    palette = image.quantize(colours, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
    palette.save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1024} kB")
