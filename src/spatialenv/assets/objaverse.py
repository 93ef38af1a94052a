"""Assets of Objaverse 1.0 by its package: by uid, or by the words of its LVIS categories.

The data set: Deitke et al., Objaverse: A Universe of Annotated 3D Objects, 2023. Each object has a licence of its own,
which its annotations name.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import re
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spatialenv.assets.base import AssetFile
from spatialenv.assets.files import inside, read_file
from spatialenv.assets.words import plain_words
from spatialenv.core.scene import SceneObject
from spatialenv.errors import AssetError, BackendError, InputError, require

_UID = re.compile(r"^[0-9a-f]{32}$")
_MAX_PACKED = 64 << 20
_MAX_TABLE = 512 << 20
_lock = threading.Lock()


class ObjaverseSource:
    """Objects of Objaverse that are on this machine, or are fetched when that is asked for.

    Args:
        download: Whether what is not on this machine may be fetched, by the package ``objaverse`` (extra
            ``objaverse``), into its own folder.
        retrieve: Whether objects without an asset get one of the LVIS category that says what they are.
        folder: Where Objaverse's files are; None for the folder of its package, ``~/.objaverse/hf-objaverse-v1``.
            Only without `download`, as the package has no such option.

    Raises:
        InputError: If `folder` is given together with `download`.
        MissingExtraError: If `download` is asked for and the package is not installed.
    """

    name = "objaverse"
    version = "objaverse-1"

    def __init__(
        self, download: bool = False, retrieve: bool = False, folder: str | os.PathLike[str] | None = None
    ) -> None:
        if download and folder is not None:
            raise InputError("`folder` goes without `download`: the package fetches into its own folder; leave one out")
        self.download = download
        self.retrieve = retrieve
        if download:
            require("objaverse", "objaverse", "fetching objects of Objaverse")
        home = Path.home() / ".objaverse" / "hf-objaverse-v1"
        self.folder = (home if folder is None else Path(folder)).resolve()
        self._paths: Mapping[str, str] | None = None
        self._categories: Mapping[tuple[str, ...], list[str]] | None = None

    def find(self, item: SceneObject) -> AssetFile | None:
        """Return the file of an object's asset; see `AssetSource.find`.

        An asset is a uid, 32 hexadecimal digits; an ending ``.glb`` and a number behind a dash are passed over.

        Raises:
            AssetError: If the asset is no uid, or is not on this machine and may not be fetched.
            BackendError: If it could not be fetched.
        """
        if item.asset is None:
            uid = self._by_words(item) if self.retrieve else None
            return None if uid is None else self._file(uid)
        asset: object = item.asset
        uid = re.sub(r"(\.glb|-\d+)$", "", asset) if isinstance(asset, str) else ""
        if not _UID.match(uid):
            raise AssetError(f"the asset {asset!r} is no uid of Objaverse; give its 32 hexadecimal digits")
        return self._file(uid)

    def _file(self, uid: str) -> AssetFile:
        name = self._name(uid)
        if name is None and self.download:
            name = self._fetch(uid)
        if name is None:
            raise AssetError(
                f"the asset {uid!r} of Objaverse is not in {str(self.folder)!r}; download=True lets it be fetched"
            )
        return AssetFile(self.folder, name, id=uid, source=f"objaverse:{uid}")

    def _name(self, uid: str) -> str | None:
        """Return the path of an object's file inside the folder, None where it is not there."""
        given = self._table().get(uid)
        if given is not None and inside(self.folder, given).is_file():
            return given
        for path in sorted(self.folder.glob(f"glbs/*/{uid}.glb")):
            return path.relative_to(self.folder).as_posix()
        return None

    def _table(self) -> Mapping[str, str]:
        if self._paths is None:
            found = self._packed("object-paths.json.gz")
            self._paths = {uid: path for uid, path in found.items() if isinstance(path, str)}
        return self._paths

    def _packed(self, name: str) -> Mapping[str, Any]:
        """Return a table of the data set, {} where it is not on this machine."""
        path = inside(self.folder, name)
        if not path.is_file():
            return {}
        try:
            with gzip.open(io.BytesIO(read_file(path, _MAX_PACKED))) as file:
                content = file.read(_MAX_TABLE + 1)
            table = json.loads(content) if len(content) <= _MAX_TABLE else None
        except (OSError, EOFError, ValueError, RecursionError) as error:
            raise AssetError(f"{str(path)!r} cannot be read: {error}; remove it and fetch it again") from error
        if not isinstance(table, dict):
            raise AssetError(f"{str(path)!r} is no table; remove it and fetch it again")
        return table

    def _fetch(self, uid: str) -> str | None:
        package = require("objaverse", "objaverse", "fetching objects of Objaverse")
        # The package says on stdout what it fetches; stdout may be somebody's data.
        with _lock, contextlib.redirect_stdout(sys.stderr):
            try:
                paths = package.load_objects(uids=[uid], download_processes=1)
            except Exception as error:  # whatever the network or the package raises
                raise BackendError(f"Objaverse could not be reached for {uid!r}: {error}; try again later") from error
        if uid not in paths:
            return None
        path = Path(paths[uid]).resolve()
        if not path.is_relative_to(self.folder):
            raise AssetError(f"the package put {uid!r} at {str(path)!r}, outside {str(self.folder)!r}; move it there")
        return path.relative_to(self.folder).as_posix()

    def _by_words(self, item: SceneObject) -> str | None:
        """Return an object of the LVIS category that an object's category names: the first on this machine."""
        if self._categories is None:
            self._categories = {}
            for name, uids in self._lvis().items():
                if isinstance(uids, list):
                    known = [uid for uid in uids if isinstance(uid, str) and _UID.match(uid)]
                    words = plain_words(re.sub(r"\(.*?\)", " ", str(name)))
                    self._categories[words] = [*self._categories.get(words, ()), *known]
        uids = self._categories.get(plain_words(item.category), [])
        here = next((uid for uid in uids if self._name(uid) is not None), None)
        return here if here is not None or not self.download or not uids else uids[0]

    def _lvis(self) -> Mapping[str, Any]:
        found = self._packed("lvis-annotations.json.gz")
        if found or not self.download:
            return found
        package = require("objaverse", "objaverse", "fetching objects of Objaverse")
        with _lock, contextlib.redirect_stdout(sys.stderr):
            try:
                annotations: Mapping[str, Any] = package.load_lvis_annotations()
            except Exception as error:  # whatever the network or the package raises
                raise BackendError(f"Objaverse's categories could not be fetched: {error}; try again later") from error
        return annotations
