from __future__ import annotations

import os
import pickle
import threading
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from spatialenv.assets import AssetFile, AssetLibrary, AssetSource, make_library, make_source
from spatialenv.assets.files import INDEX_NAME
from spatialenv.assets.folder import FolderSource
from spatialenv.assets.inspect import index_folder
from spatialenv.assets.library import mesh_bytes
from spatialenv.core import part
from spatialenv.core.scene import SceneObject
from spatialenv.errors import AssetError, InputError, UnknownNameError


def box(length: float = 1.0, width: float = 2.0, height: float = 3.0) -> str:
    corners = [f"v {x} {y} {z}\n" for x in (0, length) for y in (0, width) for z in (0, height)]
    return "".join(corners) + "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"


def thing(
    asset: str | None = None, category: str = "chair", size: tuple[float, float, float] = (1, 1, 1)
) -> SceneObject:
    return SceneObject("it_1", category, size, asset=asset)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chair.obj").write_text(box())
    (tmp_path / "table.obj").write_text(box(2, 1, 0.7))
    return tmp_path


def test_meshes_fill_the_boxes_of_their_objects_and_are_read_once(folder: Path) -> None:
    library = make_library(folder)
    for size in ((1, 1, 1), (0.5, 0.6, 0.9), (1, 1, 1)):
        mesh = library.mesh(thing("chair.obj", size=size))
        assert mesh is not None
        assert mesh.bounds[1].tolist() == pytest.approx([extent / 2 for extent in size])
    assert library.files_read == 1
    assert library.mesh(thing("chair.obj")) is library.mesh(thing("chair.obj"))
    assert library.mesh(thing()) is None
    assert not library.problems


def test_a_file_is_read_again_when_it_has_changed(folder: Path) -> None:
    library = make_library(folder)
    first = library.mesh(thing("chair.obj"))
    (folder / "chair.obj").write_text(box() + "v 0 0 6\nf 1 2 9\n")
    second = library.mesh(thing("chair.obj"))
    assert first is not None
    assert second is not None
    assert (len(first), len(second)) == (12, 13)
    (folder / "chair.obj").unlink()
    with pytest.raises(AssetError, match="No such file"):
        library.mesh(thing("chair.obj"))
    (folder / "chair.obj").write_text(box())
    assert library.mesh(thing("chair.obj")) is not None


def test_a_broken_file_is_read_once_and_counted_each_time(folder: Path) -> None:
    (folder / "broken.obj").write_text("v 0 0 0\nf 1 2 3\n")
    library = make_library(folder)
    messages = set()
    for _ in range(5):
        with pytest.raises(AssetError) as caught:
            library.mesh(thing("broken.obj"))
        messages.add(str(caught.value))
    assert len(messages) == 1
    assert library.files_read == 1
    assert library.problems == {messages.pop(): 5}


def test_reasons_are_kept_up_to_a_thousand(folder: Path) -> None:
    library = make_library(folder)
    for number in range(1100):
        with pytest.raises(AssetError):
            library.mesh(thing(f"no_{number}.obj"))
    assert len(library.problems) == 1001
    assert library.problems["others"] == 100


def test_what_was_not_asked_for_the_longest_is_forgotten(folder: Path) -> None:
    one = make_library(folder).mesh(thing("chair.obj"))
    assert one is not None
    for room, reads in ((5, 1), (1, 30)):  # with room for one, what was read makes way for what is fitted
        library = AssetLibrary(FolderSource(folder), cache_bytes=room * mesh_bytes(one))
        for number in range(1, 31):
            library.mesh(thing("chair.obj", size=(1, 1, number / 10)))
            assert library.kept_bytes <= room * mesh_bytes(one)
        assert library.files_read == reads


def test_threads_read_a_file_once(folder: Path) -> None:
    library = make_library(folder)
    found: list[object] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        found.extend(library.mesh(thing(name)) for name in ("chair.obj", "table.obj") * 20)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert library.files_read == 2
    assert len({id(mesh) for mesh in found}) == 2


def test_a_library_travels_without_what_it_keeps(folder: Path) -> None:
    library = AssetLibrary(FolderSource(folder), most=500, cache_bytes=10_000)
    library.mesh(thing("chair.obj"))
    copy = pickle.loads(pickle.dumps(library))
    assert (copy.most, copy.cache_bytes, copy.files_read) == (500, 10_000, 0)
    assert copy.mesh(thing("chair.obj")) is not None


def test_ids_and_paths_of_an_index(folder: Path) -> None:
    index, _ = index_folder(folder, {"licence": "CC0-1.0", "source": "ours"})
    entry = index.by_id["chair"].model_copy(update={"front": "-x", "up": "+z"})
    changed = index.model_copy(update={"assets": (entry, index.by_id["table"])})
    (folder / INDEX_NAME).write_text(changed.to_json())
    source = FolderSource(folder)
    for asset in ("chair", "chair.obj"):
        file = source.find(thing(asset))
        assert file is not None
        assert (file.name, file.id, file.licence, file.source) == ("chair.obj", "chair", "CC0-1.0", "ours")
        assert file.axes == ("-x", "+z")
    (folder / "new.obj").write_text(box())
    assert source.find(thing("new.obj")) == AssetFile(folder, "new.obj", id="new.obj")
    with pytest.raises(AssetError, match=r"'chiar' is no mesh .* did you mean 'chair'\?"):
        source.find(thing("chiar"))


def test_an_index_that_leads_out_of_its_folder_reads_nothing(folder: Path) -> None:
    inside = folder / "inside"
    inside.mkdir()
    (inside / INDEX_NAME).write_text('{"assets": [{"id": "a", "file": "../chair.obj", "category": "chair"}]}')
    library = make_library({"name": "folder", "folder": inside, "retrieve": True})
    for item in (thing("a"), thing()):
        with pytest.raises(AssetError, match="leads out of its folder"):
            library.mesh(item)
    assert library.files_read == 0


def test_objects_without_an_asset_are_found_by_words_where_that_is_asked_for(folder: Path) -> None:
    index, _ = index_folder(folder)
    (folder / INDEX_NAME).write_text(index.to_json())
    assert make_library(folder).mesh(thing()) is None
    library = make_library({"folder": folder, "retrieve": True})
    file = library.find(thing(category="chair", size=(1, 2, 3)))
    assert file is not None
    assert file.name == "chair.obj"
    assert library.mesh(thing(category="chair")) is not None
    assert library.mesh(thing(category="piano")) is None
    strict = make_library({"folder": folder, "retrieve": True, "least": 0.999})
    assert strict.find(thing(category="chair", size=(1, 2, 3))) is not None
    assert strict.find(thing(category="chair", size=(1, 2, 1))) is None


def test_retrieval_needs_an_index(folder: Path) -> None:
    with pytest.raises(InputError, match="`retrieve` needs an index in"):
        make_source({"folder": folder, "retrieve": True})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("/no/such/folder", "is no folder"),
        ({"name": "foldr", "folder": "."}, "did you mean 'folder'"),
        ({"retrieve": True}, "have no `name`; known: folder, objaverse"),
        ({"name": "folder"}, "needs the option 'folder'"),
        ({"name": "folder", "folder": ".", "retrieves": True}, "did you mean 'retrieve'"),
        (7, "must be a folder, a name, or a mapping"),
        ("folder", "is no folder"),
    ],
)
def test_specs_that_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: object, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        make_source(spec)  # type: ignore[arg-type]


class OneChair:
    """A source of somebody else's."""

    name = "one_chair"
    version = "one_chair-1"

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find(self, item: SceneObject) -> AssetFile | None:
        return AssetFile(Path(self.folder), "chair.obj") if item.category == "chair" else None


def test_sources_of_other_packages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("one_chair", f"{__name__}:OneChair", "spatialenv.assets")
    monkeypatch.setattr(EntryPoint, "load", lambda self: OneChair)
    monkeypatch.setattr(part, "entry_points", lambda group: [point] if group == "spatialenv.assets" else [])
    library = make_library({"name": "one_chair", "folder": str(folder)})
    assert isinstance(library.source, AssetSource)
    assert library.mesh(thing()) is not None
    assert library.mesh(thing(category="bed")) is None
    assert make_library(library) is library
    assert make_source(library) is library.source
    assert make_source(library.source) is library.source
    with pytest.raises(UnknownNameError):
        make_source({"name": "two_chairs"})


def test_a_folder_and_a_link_within_it(folder: Path) -> None:
    os.symlink(folder / "chair.obj", folder / "link.obj")
    assert make_library(str(folder)).mesh(thing("link.obj")) is not None
