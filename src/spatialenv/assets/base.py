"""What every source of assets offers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from spatialenv.assets.read import Axes
from spatialenv.core.scene import SceneObject


@dataclass(frozen=True, slots=True)
class AssetFile:
    """Where the mesh of an object is.

    Attributes:
        folder: The folder that nothing leads out of.
        name: Path of the file inside it.
        axes: Which way it stands; None for what is usual in its format.
        id: What it is called.
        licence: Licence; empty where it is not known.
        source: Where it comes from; empty where it is not known.
    """

    folder: Path
    name: str
    axes: Axes | None = None
    id: str = ""
    licence: str = ""
    source: str = ""


@runtime_checkable
class AssetSource(Protocol):
    """Finds the file of an object's mesh. It must be the same file for the same object each time.

    Attributes:
        name: Its key in the registry.
        version: Changes when it would find other files.
    """

    @property
    def name(self) -> str:
        """Key in the registry."""
        ...

    @property
    def version(self) -> str:
        """Changes when it would find other files: ``"folder-1"``."""
        ...

    def find(self, item: SceneObject) -> AssetFile | None:
        """Return the file of an object's mesh.

        Args:
            item: The object. Its `asset` is an id or a path that the source knows; where it has none, a source may
                look for a mesh by its category, style, material and size.

        Returns:
            None where the object has no asset and nothing suits it.

        Raises:
            AssetError: If the object has an asset that cannot be had.
        """
        ...
