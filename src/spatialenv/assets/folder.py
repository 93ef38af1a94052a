"""Assets from a folder on this machine, by path, by the ids of its index, or by words."""

from __future__ import annotations

import os
from pathlib import Path

from spatialenv.assets.base import AssetFile
from spatialenv.assets.files import MAX_PATH, inside
from spatialenv.assets.index import AssetEntry, read_index
from spatialenv.assets.read import FORMATS
from spatialenv.assets.words import EmbeddedSearch, Embedder, LexicalSearch, sentence_embedder
from spatialenv.core.scene import SceneObject
from spatialenv.errors import AssetError, InputError, nearest


class FolderSource:
    """A folder of meshes, with or without an index.

    Args:
        folder: The folder.
        retrieve: Whether objects without an asset get the one of the index that suits their words and size best.
        embedder: Finds by vectors in place of words: a function from texts to vectors, or the name of a
            sentence-transformers model (extra ``embeddings``).
        least: Least score, 0 to 1, of an asset that is found by words.

    Raises:
        InputError: If an option is not allowed, or `retrieve` is asked for without an index.
        AssetError: If the folder is not there, or its index cannot be read.
        MissingExtraError: If `embedder` names a model and sentence-transformers is not installed.
    """

    name = "folder"
    version = "folder-1"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        retrieve: bool = False,
        embedder: Embedder | str | None = None,
        least: float = 0.4,
    ) -> None:
        self.folder = Path(folder).resolve()
        if not self.folder.is_dir():
            raise AssetError(f"{str(folder)!r} is no folder; give the folder that holds the meshes")
        self.index = read_index(self.folder)
        self._by_id: dict[str, AssetEntry] = {} if self.index is None else self.index.by_id
        self._by_file = {entry.file: entry for entry in self._by_id.values()}
        self._least = least
        self._search: LexicalSearch | EmbeddedSearch | None = None
        if retrieve:
            if self.index is None:
                raise InputError(
                    f"`retrieve` needs an index in {str(folder)!r}; make it by `spatialenv assets index {folder}`"
                )
            entries = self.index.assets
            model = sentence_embedder(embedder) if isinstance(embedder, str) else embedder
            self._search = LexicalSearch(entries) if model is None else EmbeddedSearch(entries, model)

    def find(self, item: SceneObject) -> AssetFile | None:
        """Return the file of an object's asset; see `AssetSource.find`."""
        if item.asset is None:
            matches = self._search(item) if self._search is not None else []
            return self._file(matches[0].entry) if matches and matches[0].score >= self._least else None
        return self.locate(item.asset)

    def locate(self, asset: object) -> AssetFile:
        """Return the file of an asset by its id in the index, or its path.

        Raises:
            AssetError: If it is neither.
        """
        if not isinstance(asset, str) or not asset:
            raise AssetError(
                f"an object's asset is {asset!r}; give the path of a mesh in the folder, or an id of its index"
            )
        if len(asset) > MAX_PATH:
            raise AssetError(f"an object's asset has {len(asset)} characters; allowed: up to {MAX_PATH}")
        entry = self._by_id.get(asset) or self._by_file.get(Path(asset).as_posix())
        if entry is not None:
            return self._file(entry)
        if Path(asset).suffix.lower() in FORMATS:
            inside(self.folder, asset)
            return AssetFile(self.folder, asset, id=asset)
        hint = nearest(asset, self._by_id)
        raise AssetError(
            f"the asset {asset!r} is no mesh that can be read;{hint} give a path that ends in "
            f"{', '.join(FORMATS)}, or an id of the index"
        )

    def _file(self, entry: AssetEntry) -> AssetFile:
        inside(self.folder, entry.file)
        return AssetFile(self.folder, entry.file, entry.axes, entry.id, entry.licence, entry.source)
