"""Materials of OBJ files, read by trimesh; nothing outside the OBJ's own folder is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spatialenv.assets.files import inside, read_file
from spatialenv.assets.raw import PLAIN, MeshBuilder
from spatialenv.assets.textures import PictureReader, make_texture
from spatialenv.core.mesh import Material, Texture
from spatialenv.errors import AssetError

MAX_BYTES = 4 << 20
"""Greatest size of a material file."""

MAX_ENTRIES = 10_000
"""Most materials of a material file."""

_MAX_PICTURE = 32 << 20
_PICTURES = (b"\x89PNG", b"\xff\xd8")


def read_library(folder: Path, name: str, builder: MeshBuilder, reader: PictureReader) -> dict[str, Material]:
    """Return the materials of a material file by name.

    Args:
        folder: The folder of the OBJ; what the files name outside it is noted, and not read.
        name: Name of the material file, as the OBJ gives it.
        builder: Where is noted what is left out.
        reader: Decodes the textures.

    Raises:
        AssetError: If the file or a texture is there and cannot be used; the message ends a sentence.
    """
    path = _path(folder, name)
    if path is None:
        builder.note(f"its material file {name[:60]!r} is not in its folder")
        return {}
    content = read_file(path, MAX_BYTES)
    if content.count(b"newmtl") > MAX_ENTRIES:
        raise AssetError(f"has a material file of more than {MAX_ENTRIES} materials; split it")
    from trimesh.exchange.obj import parse_mtl

    # Pictures go under another name, so that trimesh opens none and tells theirs.
    text = content.decode(errors="replace").replace("map_Kd", "picture")
    entries: dict[str, dict[str, Any]] = parse_mtl(text)
    textures: dict[str, Texture | None] = {"": None}
    for entry in entries.values():
        entry["picture"] = _file_name(entry.get("picture", []))
        if entry["picture"] not in textures:
            place = _path(path.parent, entry["picture"], folder)
            picture = b"" if place is None else read_file(place, _MAX_PICTURE)
            is_known = picture.startswith(_PICTURES)
            textures[entry["picture"]] = make_texture(reader.decode(picture, False)) if is_known else None
            if not is_known:
                fault = "is not in its folder" if place is None else "is no PNG or JPEG"
                builder.note(f"its texture {entry['picture'][:60]!r} {fault}")
    return {key: _material(entry, textures[entry["picture"]]) for key, entry in entries.items()}


def _material(entry: dict[str, Any], texture: Texture | None) -> Material:
    colour, light = _shares(entry.get("kd")), _shares(entry.get("ke"))
    opacity = _share(entry, "d", 1.0) if "d" in entry else 1.0 - _share(entry, "tr", 0.0)
    roughness = PLAIN.roughness
    if (gloss := _numbers(entry.get("ns"))) and gloss[0] >= 0:
        roughness = 1.0 - 0.9 * min(gloss[0] / 1000.0, 1.0) ** 0.5
    return Material(
        colour=(255.0 * colour[0], 255.0 * colour[1], 255.0 * colour[2]) if len(colour) == 3 else PLAIN.colour,
        texture=texture,
        opacity=opacity,
        roughness=_share(entry, "pr", roughness),
        metallic=_share(entry, "pm", 0.0),
        emission=max(light, default=0.0),
    )


def _path(folder: Path, name: str, bound: Path | None = None) -> Path | None:
    """Return a file in a folder, None where it is elsewhere or not there."""
    try:
        path = inside(folder, name.replace("\\", "/"))
    except AssetError:
        return None
    is_bound = bound is None or path.is_relative_to(bound.resolve())
    return path if is_bound and path.is_file() else None


def _numbers(given: Any) -> list[float]:
    """Return what trimesh gives for a key as numbers: one, or a list of numbers or words; none for anything else."""
    try:
        values = [float(value) for value in (given if isinstance(given, list) else [given])]
    except (TypeError, ValueError):
        return []
    return values if all(value == value for value in values) else []


def _shares(given: object) -> list[float]:
    return [min(max(value, 0.0), 1.0) for value in _numbers(given)]


def _share(entry: dict[str, Any], key: str, default: float) -> float:
    values = _shares(entry.get(key))
    return values[0] if values else default


def _file_name(words: list[str]) -> str:
    """Return the file of a texture's line, whose options each begin with a dash."""
    return words[-1] if words and words[0].startswith("-") else " ".join(words)
