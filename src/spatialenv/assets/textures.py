"""Pictures inside assets, decoded within limits, as small textures."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

from spatialenv.core.mesh import Texture
from spatialenv.errors import AssetError

MAX_SIDE = 256
"""Greatest width and height of a texture that is kept, in texels."""

MAX_PIXELS = 1 << 25
"""Most pixels of a picture that is decoded: 8192 x 4096."""

MAX_PIXELS_OF_FILE = 3 * MAX_PIXELS
"""Most pixels of all pictures of a file together."""

MAX_PICTURES = 128
"""Most pictures of a file."""

Pixels = npt.NDArray[np.uint8]


class PictureReader:
    """Decodes the pictures of one file; what it raises is an AssetError that ends a sentence."""

    def __init__(self) -> None:
        self._left = MAX_PIXELS_OF_FILE
        self._count = 0

    def decode(self, content: bytes, has_alpha: bool = True) -> Pixels:
        """Return a PNG or JPEG as red, green, blue, alpha.

        Args:
            content: The file of the picture.
            has_alpha: Whether its alpha counts; else it is 255.

        Returns:
            ``(H, W, 4)`` uint8, H and W powers of two up to `MAX_SIDE`.
        """
        from PIL import Image, UnidentifiedImageError

        self._count += 1
        if self._count > MAX_PICTURES:
            raise AssetError(f"has more than {MAX_PICTURES} textures; join them into one")
        try:
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
                full = image.size
                self._check(full[0] * full[1], full)
                # A JPEG is decoded small, which takes about a quarter of the time.
                is_drafted = image.draft("RGB", (2 * MAX_SIDE, 2 * MAX_SIDE)) is not None
                self._left -= full[0] * full[1] // (4 if is_drafted else 1)
                size = (_power_of_two(full[0]), _power_of_two(full[1]))
                small = image.convert("RGBA" if has_alpha else "RGB").resize(size, Image.Resampling.BOX)
        except AssetError:  # which is a ValueError too
            raise
        except UnidentifiedImageError as error:
            raise AssetError("has a texture that is no PNG or JPEG; export its textures as one of these") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise AssetError(f"has a texture that is too large: {error}; shrink it") from error
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError) as error:
            raise AssetError(f"has a texture that cannot be decoded: {error}; export it again") from error
        return np.asarray(small.convert("RGBA"), dtype=np.uint8)

    def _check(self, pixels: int, size: tuple[int, int]) -> None:
        if pixels > MAX_PIXELS:
            raise AssetError(
                f"has a texture of {size[0]} x {size[1]} pixels; allowed: {MAX_PIXELS >> 20} million: shrink it"
            )
        if pixels > self._left:
            raise AssetError(
                f"has textures of more than {MAX_PIXELS_OF_FILE >> 20} million pixels together; shrink them"
            )


def make_texture(pixels: Pixels) -> Texture:
    """Return decoded pixels as a texture; what is transparent takes the mean colour of what is not.

    Example:
        >>> pixels = np.array([[[200, 100, 0, 255], [0, 0, 0, 0]]], dtype=np.uint8)
        >>> make_texture(pixels).pixels.tolist()
        [[[200, 100, 0], [200, 100, 0]]]
    """
    colours, alpha = pixels[..., :3].astype(np.float64), pixels[..., 3:] / 255.0
    total = float(alpha.sum())
    if total < alpha.size:
        mean = (colours * alpha).sum(axis=(0, 1)) / total if total > 0 else colours.mean(axis=(0, 1))
        colours = colours * alpha + mean * (1.0 - alpha)
    return Texture(colours.round().astype(np.uint8))


def _power_of_two(side: int) -> int:
    """Return the power of two nearest to a side in ratio, at most `MAX_SIDE`."""
    return int(min(MAX_SIDE, 2 ** round(float(np.log2(max(side, 1))))))
