"""Meshes from files: read with care, fitted to an object's box, found by path or by words."""

from spatialenv.assets.base import AssetFile, AssetSource
from spatialenv.assets.fit import fit
from spatialenv.assets.library import AssetLibrary
from spatialenv.assets.read import Axes, read_mesh
from spatialenv.assets.registry import AssetSpec, make_library, make_source

__all__ = [
    "AssetFile",
    "AssetLibrary",
    "AssetSource",
    "AssetSpec",
    "Axes",
    "fit",
    "make_library",
    "make_source",
    "read_mesh",
]
