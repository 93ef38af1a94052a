"""What the rewards by meshes share: where meshes come from, and the volumes of objects that are meshes."""

from __future__ import annotations

import os

import numpy as np

from spatialenv.core.placed import FloatArray, PlacedScene
from spatialenv.physics.meshes import Up, solids_of
from spatialenv.physics.solids import Solid
from spatialenv.rewards.base import ObjectReward


class MeshReward(ObjectReward):
    """A reward in which an object with an asset is that mesh, and any other its box."""

    def __init__(self, assets: str | os.PathLike[str] | None = None, up: Up = "auto") -> None:
        self._assets = None if assets is None else os.fspath(assets)
        self._up = up
        if up != "auto":
            self.version = f"{type(self).version}(up={up})"

    def solids(self, placed: PlacedScene) -> list[Solid | None]:
        """Return the mesh of each placed object, None for boxes."""
        return solids_of(placed, self._assets, self._up)


def own_volumes(placed: PlacedScene, solids: list[Solid | None]) -> FloatArray:
    """Return the volume of each placed object in m3."""
    shares = np.array([1.0 if solid is None else solid.volume for solid in solids])
    volumes: FloatArray = placed.sizes.prod(axis=1) * shares
    return volumes


def approximations(solids: list[Solid | None]) -> int:
    """Return how many meshes stand for something that could not be cut exactly."""
    return sum(solid is not None and solid.is_approximated for solid in solids)
