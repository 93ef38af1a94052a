"""The index of a folder of assets: one JSON file that says what each mesh is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spatialenv.assets.files import INDEX_NAME, inside, read_file
from spatialenv.assets.read import FORMATS, Axes, Axis, read_raw, usual_axes
from spatialenv.errors import AssetError, InputError

MAX_ENTRIES = 100_000
"""Most entries of an index, and most files that are looked through."""

_MAX_INDEX = 32 << 20

Extent = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AssetEntry(BaseModel):
    """What is known of one asset.

    Attributes:
        id: What objects call it; unique in the index.
        file: Path inside the folder, with forward slashes.
        category: What it is: ``"office_chair"``.
        words: Further words on it: style, material, colour.
        size: ``(length, width, height)`` in metres, front +y; None where it is not known.
        front: Where its front looks, in the file's axes; None for what is usual in its format.
        up: Where its top is, likewise.
        licence: Its licence.
        source: Where it comes from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=500)]
    file: Annotated[str, Field(min_length=1, max_length=1000)]
    category: Annotated[str, Field(max_length=200)] = ""
    words: Annotated[str, Field(max_length=2000)] = ""
    size: tuple[Extent, Extent, Extent] | None = None
    front: Axis | None = None
    up: Axis | None = None
    licence: Annotated[str, Field(max_length=500)] = ""
    source: Annotated[str, Field(max_length=2000)] = ""

    @property
    def axes(self) -> Axes:
        """Which way it stands."""
        usual = usual_axes(self.file)
        return Axes(self.front or usual.front, self.up or usual.up)

    @model_validator(mode="after")
    def _check_axes(self) -> AssetEntry:
        _ = self.axes.turn
        return self


class AssetIndex(BaseModel):
    """The index of a folder.

    Attributes:
        version: Version of this form.
        assets: The assets.

    Example:
        >>> index = AssetIndex(assets=(AssetEntry(id="chair", file="chair.glb", category="chair"),))
        >>> index.by_id["chair"].axes
        Axes(front='+z', up='+y')
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    assets: Annotated[tuple[AssetEntry, ...], Field(max_length=MAX_ENTRIES)] = ()

    @property
    def by_id(self) -> dict[str, AssetEntry]:
        """The assets by id."""
        return {entry.id: entry for entry in self.assets}

    @model_validator(mode="after")
    def _check_ids(self) -> AssetIndex:
        seen: set[str] = set()
        for entry in self.assets:
            if entry.id in seen:
                raise ValueError(f"the id {entry.id!r} comes twice; give each asset its own")
            seen.add(entry.id)
        return self

    def to_json(self) -> str:
        """Return the index as its file holds it; what is not known is left out."""
        rows = [entry.model_dump(mode="json", exclude_defaults=True) for entry in self.assets]
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        return f'{{"version": {self.version}, "assets": [\n{lines}\n]}}\n'


def read_index(folder: Path) -> AssetIndex | None:
    """Return the index of a folder, None where it has none.

    Raises:
        AssetError: If it cannot be read.
    """
    path = inside(folder, INDEX_NAME)
    if not os.path.lexists(path):
        return None
    try:
        return AssetIndex.model_validate_json(read_file(path, _MAX_INDEX))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise AssetError(
            f"the index {str(path)!r} is not as it should be: {place}: {first['msg']}; make it anew by "
            "`spatialenv assets index`"
        ) from error
    except AssetError as error:
        raise AssetError(f"the index {str(path)!r} {error}") from error


def mesh_files(folder: Path) -> Iterator[str]:
    """Yield the paths of the files with the ending of a mesh, inside a folder, in order; links are not followed.

    Raises:
        AssetError: If there are more than `MAX_ENTRIES`, or the folder is not there.
    """
    if not folder.is_dir():
        raise AssetError(f"{str(folder)!r} is no folder; give the folder that holds the meshes")
    count = 0
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if Path(name).suffix.lower() in FORMATS:
                count += 1
                if count > MAX_ENTRIES:
                    raise AssetError(f"{str(folder)!r} holds more than {MAX_ENTRIES} meshes; give folders inside it")
                yield (Path(place) / name).relative_to(folder).as_posix()


def make_entry(
    folder: Path, name: str, old: AssetEntry | None = None, defaults: Mapping[str, str] | None = None
) -> AssetEntry:
    """Return the entry of a file: what is known of it from before, else what its name and its mesh say.

    A file is called by its path without the ending. Its category is the folder that it is in, where that is not the
    folder of assets itself, else its own name without numbers. Its words are its name. Its size is that of its mesh,
    as if its units were metres.

    Args:
        folder: The folder of assets.
        name: Path of the file inside it.
        old: What was known before.
        defaults: Values of further fields of a new entry: `licence`, `source`, `front`, `up`.

    Raises:
        AssetError: If the mesh cannot be read.
        InputError: If `defaults` are not allowed.
    """
    path = Path(name)
    own = path.stem.rstrip("0123456789_- .") or path.stem
    try:
        entry = old or AssetEntry(
            id=path.with_suffix("").as_posix(),
            file=path.as_posix(),
            category=_plain(path.parent.name or own),
            words=_plain(path.stem).replace("_", " "),
            **(defaults or {}),
        )
    except ValidationError as error:
        raise InputError(f"{name!r} cannot be in the index: {error.errors()[0]['msg']}") from error
    axes = entry.axes
    raw = read_raw(folder, name, with_looks=False)
    used = raw.vertices[np.unique(raw.faces)] @ axes.turn.T
    length, width, height = (float(f"{extent:.4g}") for extent in np.ptp(used, axis=0))
    size = (length, width, height) if min(length, width, height) > 0 else None
    return entry.model_copy(update={"size": entry.size or size})


def _plain(text: str) -> str:
    return "_".join("".join(sign if sign.isalnum() else " " for sign in text).lower().split())
