"""What each asset of a folder is, and why it cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialenv.assets.fit import fit
from spatialenv.assets.index import AssetEntry, AssetIndex, make_entry, mesh_files, read_index
from spatialenv.assets.read import Axes, read_raw, to_drawn, usual_axes
from spatialenv.errors import AssetError


@dataclass(frozen=True, slots=True)
class AssetReport:
    """What one file holds.

    Attributes:
        file: Its path inside the folder.
        id: Its id in the index, else its path.
        problem: Why it cannot be used; empty where it can. The rest is then as it is.
        triangles: Triangles in the file.
        drawn: Triangles that are drawn.
        materials: Materials that they have.
        textures: Different textures among those.
        size: Length, width, height in the file's units, front +y.
        notes: What of the file is left out.
    """

    file: str
    id: str
    problem: str = ""
    triangles: int = 0
    drawn: int = 0
    materials: int = 0
    textures: int = 0
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    notes: tuple[str, ...] = ()


def inspect_file(folder: Path, name: str, axes: Axes | None = None, id: str = "") -> AssetReport:
    """Read one file, as if for a picture, and say what it holds."""
    try:
        raw = read_raw(folder, name)
        mesh = to_drawn(raw, axes or usual_axes(name), name)
        try:
            fit(mesh, (1.0, 1.0, 1.0))
        except AssetError as error:
            raise AssetError(f"the asset {name!r} {error}") from error
    except AssetError as error:
        return AssetReport(name, id or name, str(error))
    length, width, height = np.ptp(mesh.bounds, axis=0).tolist()
    return AssetReport(
        file=name,
        id=id or name,
        triangles=len(raw.faces),
        drawn=len(mesh),
        materials=len(mesh.materials),
        textures=len({material.texture for material in mesh.materials} - {None}),
        size=(length, width, height),
        notes=raw.notes,
    )


def inspect_folder(folder: Path) -> Iterator[AssetReport]:
    """Yield what each asset of a folder holds: those of its index first, then files that the index does not name.

    Raises:
        AssetError: If the folder is not there, or its index cannot be read.
    """
    files = list(mesh_files(folder))
    index = read_index(folder) or AssetIndex()
    for entry in index.assets:
        yield inspect_file(folder, entry.file, entry.axes, entry.id)
    named = {entry.file for entry in index.assets}
    yield from (inspect_file(folder, name) for name in files if name not in named)


def index_folder(folder: Path, defaults: dict[str, str] | None = None) -> tuple[AssetIndex, Sequence[tuple[str, str]]]:
    """Return the index of a folder's meshes, and the files that cannot be read, each with the reason.

    What an index that is already there says is kept; entries whose file is gone are left out.

    Args:
        folder: The folder.
        defaults: What new entries say: `licence`, `source`, `front`, `up`.

    Raises:
        AssetError: If the folder is not there, or its index cannot be read.
        InputError: If `defaults` are not allowed.
    """
    files = list(mesh_files(folder))
    old = {entry.file: entry for entry in (read_index(folder) or AssetIndex()).assets}
    entries: list[AssetEntry] = []
    problems: list[tuple[str, str]] = []
    taken = {entry.id for entry in old.values()}
    for name in files:
        try:
            entry = make_entry(folder, name, old.get(name), defaults)
        except AssetError as error:
            problems.append((name, str(error)))
            continue
        if name not in old and entry.id in taken:
            entry = entry.model_copy(update={"id": name})  # two files that differ in their endings alone
        taken.add(entry.id)
        entries.append(entry)
    return AssetIndex(assets=tuple(entries)), problems
