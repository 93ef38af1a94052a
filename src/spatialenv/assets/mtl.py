"""Materials of OBJ files; nothing outside the OBJ's own folder is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass(slots=True)
class _Entry:
    colour: tuple[float, float, float] = PLAIN.colour
    opacity: float = 1.0
    roughness: float = PLAIN.roughness
    metallic: float = 0.0
    emission: float = 0.0
    picture: str = ""


@dataclass(slots=True)
class _Library:
    entries: dict[str, _Entry] = field(default_factory=dict)

    def read(self, content: bytes) -> None:
        entry = _Entry()
        for line in content.decode(errors="replace").splitlines():
            key, _, rest = line.strip().partition(" ")
            if key == "newmtl":
                entry = self.entries.setdefault(rest.strip(), _Entry())
                if len(self.entries) > MAX_ENTRIES:
                    raise AssetError(f"has a material file of more than {MAX_ENTRIES} materials; split it")
            elif key == "map_Kd":
                entry.picture = _file_name(rest)
            else:
                _set(entry, key, rest.split())


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
    library = _Library()
    library.read(read_file(path, MAX_BYTES))
    textures: dict[str, Texture | None] = {}
    for entry in library.entries.values():
        if entry.picture and entry.picture not in textures:
            place = _path(path.parent, entry.picture, folder)
            content = b"" if place is None else read_file(place, _MAX_PICTURE)
            if content.startswith(_PICTURES):
                textures[entry.picture] = make_texture(reader.decode(content, False))
                continue
            textures[entry.picture] = None
            fault = "is not in its folder" if place is None else "is no PNG or JPEG"
            builder.note(f"its texture {entry.picture[:60]!r} {fault}")
    return {
        key: Material(
            colour=entry.colour,
            texture=textures.get(entry.picture),
            opacity=entry.opacity,
            roughness=entry.roughness,
            metallic=entry.metallic,
            emission=entry.emission,
        )
        for key, entry in library.entries.items()
    }


def _path(folder: Path, name: str, bound: Path | None = None) -> Path | None:
    """Return a file in a folder, None where it is elsewhere or not there."""
    try:
        path = inside(folder, name.replace("\\", "/"))
    except AssetError:
        return None
    is_bound = bound is None or path.is_relative_to(bound.resolve())
    return path if is_bound and path.is_file() else None


def _set(entry: _Entry, key: str, words: list[str]) -> None:
    try:
        values = [min(max(float(word), 0.0), 1000.0) for word in words[:3]]
    except ValueError:
        return
    if any(value != value for value in values) or not values:
        return
    share = min(values[0], 1.0)
    if key == "Kd" and len(values) == 3:
        red, green, blue = (255.0 * min(value, 1.0) for value in values)
        entry.colour = red, green, blue
    elif key == "d":
        entry.opacity = share
    elif key == "Tr":
        entry.opacity = 1.0 - share
    elif key == "Pr":
        entry.roughness = share
    elif key == "Pm":
        entry.metallic = share
    elif key == "Ke" and max(values) > 0.0:
        entry.emission = min(max(values), 1.0)
    elif key == "Ns":
        entry.roughness = 1.0 - 0.9 * min(values[0] / 1000.0, 1.0) ** 0.5


def _file_name(rest: str) -> str:
    """Return the file of a texture's line, whose options each begin with a dash."""
    words = rest.split()
    return words[-1] if words and words[0].startswith("-") else rest.strip()
