"""Materials of glTF: base colour, opacity, roughness, and textures, as ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spatialenv.assets.gltf_document import Document, mapping, number, numbers
from spatialenv.assets.raw import PLAIN
from spatialenv.assets.textures import PictureReader, Pixels, make_texture
from spatialenv.core.mesh import Colour, Material, Texture
from spatialenv.core.placed import FloatArray
from spatialenv.errors import AssetError

_CLEAREST = 0.25
"""Opacity of what lets all light through: clear glass is still seen."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Which of a part's texture coordinates a texture uses, and how they are changed (KHR_texture_transform)."""

    number: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    turn: float = 0.0

    def turned(self, flat: FloatArray) -> FloatArray:
        """Return coordinates ``(n, 2)`` of the file, v down, as ours, v up."""
        sine, cosine = math.sin(self.turn), math.cos(self.turn)
        u, v = flat[:, 0] * self.scale[0], flat[:, 1] * self.scale[1]
        across = cosine * u + sine * v + self.offset[0]
        down = -sine * u + cosine * v + self.offset[1]
        return np.stack([across, 1.0 - down], axis=1)


def to_screen(linear: FloatArray) -> FloatArray:
    """Return linear light 0 to 1 as picture values 0 to 255 (IEC 61966-2-1).

    Example:
        >>> to_screen(np.array([0.0, 0.5, 1.0])).round().tolist()
        [0.0, 188.0, 255.0]
    """
    light = np.nan_to_num(linear).clip(0.0, 1.0)
    screen: FloatArray = 255.0 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return screen.round(6)


class Materials:
    """The materials of a document, each made once.

    Attributes:
        white: What has colours at its vertices and no material.
    """

    white = Material((255.0, 255.0, 255.0))

    def __init__(self, document: Document) -> None:
        self._document = document
        self._reader = PictureReader()
        self._pixels: dict[tuple[int, bool], Pixels] = {}
        self._textures: dict[tuple[int, bool], Texture] = {}
        self._made: dict[int, tuple[Material, Channel]] = {}

    def get(self, index: object) -> tuple[Material, Channel]:
        """Return the material of that number, or the plain one for None."""
        if index is None:
            return PLAIN, Channel()
        given = self._document.item("materials", index)
        key = int(index)  # type: ignore[call-overload]  # `item` has checked it
        if key not in self._made:
            self._made[key] = self._make(given)
        return self._made[key]

    def _make(self, given: Mapping[str, Any]) -> tuple[Material, Channel]:
        extensions = mapping(given.get("extensions"), "extensions")
        metal = mapping(given.get("pbrMetallicRoughness"), "pbrMetallicRoughness")
        gloss = mapping(extensions.get("KHR_materials_pbrSpecularGlossiness"), "extension")
        if gloss:
            factor = gloss.get("diffuseFactor", [1, 1, 1, 1])
            info = gloss.get("diffuseTexture")
            roughness, metallic = 1.0 - number(gloss.get("glossinessFactor"), 1.0), 0.0
        else:
            factor = metal.get("baseColorFactor", [1, 1, 1, 1])
            info = metal.get("baseColorTexture")
            roughness, metallic = self._surface(metal)
        base = numbers(factor, 4, "baseColorFactor")
        colour = to_screen(base[:3])
        mode = given.get("alphaMode", "OPAQUE")
        texture, channel, seen = self._texture(info, mode != "OPAQUE")
        opacity = float(base[3]) * seen if mode == "BLEND" else 1.0
        through = mapping(extensions.get("KHR_materials_transmission"), "extension").get("transmissionFactor")
        opacity *= 1.0 - (1.0 - _CLEAREST) * min(max(number(through, 0.0), 0.0), 1.0)
        shine = given.get("emissiveFactor") if "emissiveTexture" not in given else None
        light = numbers(shine, 3, "emissiveFactor").clip(0.0, 1.0) if shine is not None else np.zeros(3)
        colour = np.maximum(colour, to_screen(light))
        material = Material(
            colour=_colour(colour),
            texture=texture,
            opacity=min(max(opacity, 0.0), 1.0),
            roughness=min(max(roughness, 0.0), 1.0),
            metallic=min(max(metallic, 0.0), 1.0),
            emission=float(light.max()),
            double_sided=given.get("doubleSided") is True,
        )
        return material, channel

    def _surface(self, metal: Mapping[str, Any]) -> tuple[float, float]:
        """Return roughness and metallic, where a texture gives them its mean."""
        roughness, metallic = number(metal.get("roughnessFactor"), 1.0), number(metal.get("metallicFactor"), 1.0)
        source = self._source(metal.get("metallicRoughnessTexture"))
        if source is not None:
            mean = self._decoded(source, False).reshape(-1, 4).mean(axis=0) / 255.0
            roughness, metallic = roughness * float(mean[1]), metallic * float(mean[2])
        return roughness, metallic

    def _texture(self, given: object, has_alpha: bool) -> tuple[Texture | None, Channel, float]:
        """Return a texture, its coordinates, and its mean opacity."""
        info = mapping(given, "texture")
        source = self._source(given)
        if source is None:
            return None, Channel(), 1.0
        pixels = self._decoded(source, has_alpha)
        key = (source, has_alpha)
        texture = self._textures.get(key) or self._textures.setdefault(key, make_texture(pixels))
        turn = mapping(mapping(info.get("extensions"), "extensions").get("KHR_texture_transform"), "extension")
        scale = numbers(turn.get("scale", [1, 1]), 2, "scale")
        offset = numbers(turn.get("offset", [0, 0]), 2, "offset")
        which = number(turn.get("texCoord", info.get("texCoord", 0)), 0.0)
        channel = Channel(
            int(which) if 0 <= which < 16 else 0,
            (float(offset[0]), float(offset[1])),
            (float(scale[0]), float(scale[1])),
            number(turn.get("rotation"), 0.0),
        )
        return texture, channel, float(pixels[..., 3].mean()) / 255.0

    def _source(self, given: object) -> int | None:
        """Return the number of the picture that a reference to a texture leads to."""
        info = mapping(given, "texture")
        if "index" not in info:
            return None
        source = self._document.item("textures", info["index"]).get("source")
        if source is None:
            raise AssetError("has a texture that is no PNG or JPEG; export its textures as one of these")
        self._document.item("images", source)
        return int(source)

    def _decoded(self, source: int, has_alpha: bool) -> Pixels:
        key = (source, has_alpha)
        if key not in self._pixels:
            self._pixels[key] = self._reader.decode(self._document.picture(source), has_alpha)
        return self._pixels[key]


def _colour(values: FloatArray) -> Colour:
    return float(values[0]), float(values[1]), float(values[2])
