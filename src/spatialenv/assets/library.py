"""The meshes of a source, each read once, kept within limits, and fitted to objects."""

from __future__ import annotations

import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from spatialenv.assets.base import AssetFile, AssetSource
from spatialenv.assets.fit import fit
from spatialenv.assets.read import MAX_DRAWN, read_mesh
from spatialenv.core.mesh import TriangleMesh
from spatialenv.core.scene import SceneObject
from spatialenv.errors import AssetError

CACHE_BYTES = 512 << 20
"""Most bytes of meshes that are kept."""

_MAX_FOUND = 8192
_MAX_PROBLEMS = 1000
_SMALL = 512
"""Bytes that are counted for what holds no mesh."""


class AssetLibrary:
    """Gives objects their meshes; several threads may ask at once.

    A file is read when it is first needed and again when it has changed. What is wrong with one is kept likewise, so
    that a broken file is read once.

    Args:
        source: Finds the files.
        most: Most triangles of a mesh; one with more is simplified.
        cache_bytes: Most bytes of meshes that are kept; those that were not asked for the longest are forgotten.

    Attributes:
        source: The source.
        problems: Why assets could not be used, and for how many objects drawn; kept for the first thousand reasons,
            the rest under ``"others"``.
        files_read: How many files were read.
    """

    def __init__(self, source: AssetSource, most: int = MAX_DRAWN, cache_bytes: int = CACHE_BYTES) -> None:
        self.source = source
        self.most = most
        self.cache_bytes = cache_bytes
        self.problems: Counter[str] = Counter()
        self.files_read = 0
        self._lock = threading.RLock()
        self._found: OrderedDict[Hashable, AssetFile | AssetError | None] = OrderedDict()
        self._kept: OrderedDict[Hashable, tuple[TriangleMesh | AssetError, int]] = OrderedDict()
        self._bytes = 0

    def mesh(self, item: SceneObject) -> TriangleMesh | None:
        """Return the mesh of an object, in its own frame and of its size.

        Returns:
            None where the object has no asset and the source knows none that suits it.

        Raises:
            AssetError: If its asset cannot be used; counted in `problems`.
        """
        with self._lock:
            try:
                file = self._file(item)
                return None if file is None else self._fitted(file, item.size)
            except AssetError as error:
                reason = str(error)
                is_known = reason in self.problems or len(self.problems) < _MAX_PROBLEMS
                self.problems[reason if is_known else "others"] += 1
                raise

    def find(self, item: SceneObject) -> AssetFile | None:
        """Return the file of an object's mesh; see `AssetSource.find`."""
        with self._lock:
            return self._file(item)

    @property
    def kept_bytes(self) -> int:
        """Bytes of the meshes that are kept."""
        return self._bytes

    def __reduce__(self) -> tuple[Callable[..., AssetLibrary], tuple[Any, ...]]:
        """Travel to other processes without what is kept."""
        return AssetLibrary, (self.source, self.most, self.cache_bytes)

    def _file(self, item: SceneObject) -> AssetFile | None:
        key = (item.asset,) if item.asset is not None else (item.category, item.style, item.material, item.size)
        if key not in self._found:
            try:
                self._found[key] = self.source.find(item)
            except AssetError as error:
                self._found[key] = _told(error)
            if len(self._found) > _MAX_FOUND:
                self._found.popitem(last=False)
        found = self._found[key]
        if isinstance(found, AssetError):
            raise _told(found)
        return found

    def _fitted(self, file: AssetFile, size: tuple[float, float, float]) -> TriangleMesh:
        state = _state(file)

        def make() -> TriangleMesh:
            mesh = self._keep((file.folder, file.name, file.axes, state), lambda: self._read(file))
            try:
                return fit(mesh, size)
            except AssetError as error:
                raise AssetError(f"the asset {file.name!r} {error}") from error

        return self._keep((file.folder, file.name, file.axes, state, size), make)

    def _read(self, file: AssetFile) -> TriangleMesh:
        self.files_read += 1
        return read_mesh(file.folder, file.name, file.axes, self.most)

    def _keep(self, key: Hashable, make: Callable[[], TriangleMesh]) -> TriangleMesh:
        """Return what is kept under a key, made where it is not; errors are kept too."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            value = kept[0]
        else:
            try:
                value = make()
            except AssetError as error:
                value = _told(error)
            size = _SMALL if isinstance(value, AssetError) else mesh_bytes(value)
            self._kept[key] = (value, size)
            self._bytes += size
            while self._bytes > self.cache_bytes and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1][1]
        if isinstance(value, AssetError):
            raise _told(value)
        return value


def mesh_bytes(mesh: TriangleMesh) -> int:
    """Return about how many bytes a mesh and its textures take."""
    arrays = (mesh.vertices, mesh.faces, mesh.material_of, mesh.smoothing, mesh.uvs)
    textures = {material.texture for material in mesh.materials if material.texture is not None}
    own = sum(array.nbytes for array in arrays if array is not None)
    return _SMALL + own + sum(texture.pixels.nbytes for texture in textures)


def _state(file: AssetFile) -> tuple[int, int]:
    """Return what changes when a file does."""
    try:
        found = os.stat(f"{file.folder}{os.sep}{file.name}")  # whether it leads out is asked before it is read
    except (OSError, ValueError) as error:
        raise AssetError(
            f"the asset {file.name!r} cannot be read: {getattr(error, 'strerror', error)}; check the folder"
        ) from error
    return found.st_mtime_ns, found.st_size


def _told(error: AssetError) -> AssetError:
    """Return an error anew, which holds neither the file's content nor a growing traceback."""
    return AssetError(str(error))
