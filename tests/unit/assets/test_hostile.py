"""Files made to break a reader: each is refused in words, soon, and in little memory, and its object is a box."""

from __future__ import annotations

import base64
import copy
import io
import json
import os
import resource
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spatialenv.assets.library import AssetLibrary
from spatialenv.assets.read import read_mesh
from spatialenv.assets.registry import make_source
from spatialenv.core.scene import SceneObject
from spatialenv.errors import AssetError
from spatialenv.renderers.models import Appearance, object_model

SECONDS = 5.0
"""Of the processor, so that a machine that is busy otherwise does not matter."""

MEMORY = 256 << 20


def glb(document: dict[str, Any], binary: bytes = b"") -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    if binary:
        binary += b"\0" * (-len(binary) % 4)
        chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


POINTS = struct.pack("<12f", 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3)
CORNERS = struct.pack("<12H", 0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3)
SOUND: dict[str, Any] = {
    "asset": {"version": "2.0"},
    "scenes": [{"nodes": [0]}],
    "nodes": [{"mesh": 0}],
    "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
    "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"},
    ],
    "bufferViews": [{"buffer": 0, "byteLength": 48}, {"buffer": 0, "byteOffset": 48, "byteLength": 24}],
    "buffers": [{"byteLength": 72}],
}


def changed(path: str, value: object, binary: bytes = POINTS + CORNERS) -> bytes:
    """A sound file in which one value of the document is another: ``"accessors.0.count"``."""
    document = copy.deepcopy(SOUND)
    *places, last = path.split(".")
    target: Any = document
    for place in places:
        target = target[int(place)] if isinstance(target, list) else target[place]
    if isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
    return glb(document, binary)


def png(width: int, height: int) -> bytes:
    """A PNG of zeros: small however large it claims to be."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + 3 * width)
    rows = b"".join(packer.compress(row) for _ in range(min(height, 2000))) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def textured(picture: bytes, times: int = 1) -> bytes:
    """A sound file whose material has a picture."""
    document = copy.deepcopy(SOUND)
    binary = POINTS + CORNERS
    document["bufferViews"] += [{"buffer": 0, "byteOffset": len(binary), "byteLength": len(picture)}] * times
    document["buffers"] = [{"byteLength": len(binary) + len(picture)}]
    document["images"] = [{"bufferView": 2 + k, "mimeType": "image/png"} for k in range(times)]
    document["textures"] = [{"source": k} for k in range(times)]
    document["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": k}}} for k in range(times)]
    document["meshes"][0]["primitives"] = [
        {"attributes": {"POSITION": 0}, "indices": 1, "material": k} for k in range(times)
    ]
    return glb(document, binary + picture)


def nan_vertices() -> bytes:
    return changed("asset.copyright", "x", struct.pack("<12f", *[float("nan")] * 12) + CORNERS)


def huge_vertices(value: float) -> bytes:
    return changed("asset.copyright", "x", struct.pack("<12f", *[0, value, -value] * 4) + CORNERS)


def deep(count: int, closed: bool) -> bytes:
    document = copy.deepcopy(SOUND)
    document["nodes"] = [{"children": [k + 1]} for k in range(count)] + [{"children": [0]} if closed else {"mesh": 0}]
    return glb(document, POINTS + CORNERS)


def instances(count: int) -> bytes:
    """A bomb of few bytes: many nodes that show one mesh of many triangles."""
    document = copy.deepcopy(SOUND)
    document["nodes"] = [{"mesh": 0} for _ in range(count)]
    document["scenes"] = [{"nodes": list(range(count))}]
    document["accessors"][1]["count"] = 30_000
    document["bufferViews"][1]["byteLength"] = 60_000
    document["buffers"][0]["byteLength"] = 60_048
    return glb(document, POINTS + CORNERS * 2500)


def many_materials(count: int) -> bytes:
    document = copy.deepcopy(SOUND)
    document["materials"] = [
        {"pbrMetallicRoughness": {"baseColorFactor": [k / count, 0.5, 0.5, 1], "metallicFactor": 0}}
        for k in range(count)
    ]
    document["meshes"][0]["primitives"] = [
        {"attributes": {"POSITION": 0}, "indices": 1, "material": k} for k in range(count)
    ]
    return glb(document, POINTS + CORNERS)


def sphere_obj(triangles: int) -> bytes:
    return b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n" + b"f 1 2 3\n" * triangles


HEADER_2GB = struct.pack("<4sII", b"glTF", 2, 2 << 30) + glb(SOUND, POINTS + CORNERS)[12:]
CHUNK_2GB = glb(SOUND)[:12] + struct.pack("<I4s", 2 << 30, b"JSON") + glb(SOUND)[20:]
DEEP_JSON = struct.pack("<4sII", b"glTF", 2, 20 + 200_000) + struct.pack("<I4s", 200_000, b"JSON") + b"[" * 200_000
PLY = "ply\nformat {}\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n"
PLY += "element face {}\nproperty list {} int vertex_indices\nend_header\n"

CASES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.glb", lambda: b"", "is cut off after 0 bytes"),
    "nonsense": ("a.glb", lambda: os.urandom(100), "it is no GLB"),
    "an executable": ("a.glb", lambda: b"MZ" * 100, "it is no GLB"),
    "version 1": ("a.glb", lambda: struct.pack("<4sII", b"glTF", 1, 20) + b"x" * 40, "glTF of version 1"),
    "2 GB in the header": ("a.glb", lambda: HEADER_2GB, "claims 2147483648 bytes in its header"),
    "2 GB in a chunk": ("a.glb", lambda: CHUNK_2GB, "claims a chunk of 2147483648 bytes"),
    "cut off": ("a.glb", lambda: glb(SOUND, POINTS + CORNERS)[:-30], "claims"),
    "no JSON": ("a.glb", lambda: struct.pack("<4sII", b"glTF", 2, 20) + b"\0" * 8, "it has no JSON chunk"),
    "deep JSON": ("a.glb", lambda: DEEP_JSON, "JSON that cannot be read"),
    "JSON of a list": ("a.gltf", lambda: b"[1]", "JSON that is no object"),
    "2 GB in an accessor": (
        "a.glb",
        lambda: changed("accessors.0.count", 2 << 30),
        "claims 2147483648 rows of vertices",
    ),
    "2 GB of triangles": ("a.glb", lambda: changed("accessors.1.count", 2 << 30), "triangles or more; allowed"),
    "a count of 1e400": ("a.glb", lambda: changed("accessors.0.count", 10**400), "claims 1000"),
    "a negative count": ("a.glb", lambda: changed("accessors.0.count", -4), "whole number from 0"),
    "a negative offset": ("a.glb", lambda: changed("bufferViews.0.byteOffset", -4), "whole number from 0"),
    "a wide stride": ("a.glb", lambda: changed("bufferViews.0.byteStride", 1 << 40), "claims 4 rows of vertices"),
    "a narrow stride": ("a.glb", lambda: changed("bufferViews.0.byteStride", 1), "claims 4 rows of vertices"),
    "2 GB in a view": ("a.glb", lambda: changed("bufferViews.0.byteLength", 2 << 30), "claims 2147483648 bytes"),
    "2 GB in a buffer": ("a.glb", lambda: changed("buffers.0.byteLength", 2 << 30), "claims a buffer of 2147483648"),
    "no such accessor": ("a.glb", lambda: changed("meshes.0.primitives.0.indices", 99), "number 99 of its accessors"),
    "corners as floats": ("a.glb", lambda: changed("accessors.1.componentType", 5126), "triangles of the form"),
    "vertices of two": ("a.glb", lambda: changed("accessors.0.type", "VEC2"), "vertices of the form"),
    "a file": ("a.glb", lambda: changed("buffers.0.uri", "file:///etc/passwd"), "names a buffer outside itself"),
    "a path": ("a.glb", lambda: changed("buffers.0.uri", "../secret.bin"), "names a buffer outside itself"),
    "a network": ("a.glb", lambda: changed("buffers.0.uri", "http://x.invalid/a.bin"), "names a buffer outside"),
    "Draco": (
        "a.glb",
        lambda: changed("extensionsRequired", ["KHR_draco_mesh_compression"]),
        "needs KHR_draco_mesh_compression",
    ),
    "a node that holds itself": ("a.glb", lambda: changed("nodes.0.children", [0]), "comes twice or holds itself"),
    "a cycle": ("a.glb", lambda: deep(5000, closed=True), "comes twice or holds itself"),
    "too deep a tree": ("a.glb", lambda: deep(30_000, closed=False), "more than 20000 nodes"),
    "instances": ("a.glb", lambda: instances(10_000), "triangles or more; allowed: 1 to 1000000"),
    "transforms that overflow": (
        "a.glb",
        lambda: changed("nodes.0.scale", [1e300, 1e300, 1e300]),
        "allowed: coordinates up to",
    ),
    "a matrix of NaN": ("a.glb", lambda: changed("nodes.0.matrix", [float("nan")] * 16), "16 finite numbers"),
    "NaN vertices": ("a.glb", nan_vertices, "no finite numbers"),
    "infinite vertices": ("a.glb", lambda: huge_vertices(float("inf")), "no finite numbers"),
    "huge coordinates": ("a.glb", lambda: huge_vertices(1e30), "allowed: coordinates up to 1e"),
    "10,000 materials": ("a.glb", lambda: many_materials(10_000), "uses more than 1024 materials"),
    "no triangles": ("a.glb", lambda: changed("meshes.0.primitives", []), "has 0 triangles"),
    "points alone": ("a.glb", lambda: changed("meshes.0.primitives.0.mode", 0), "has 0 triangles"),
    "an unknown mode": ("a.glb", lambda: changed("meshes.0.primitives.0.mode", 77), "of the mode 77"),
    "an unknown vertex": (
        "a.glb",
        lambda: changed("asset.copyright", "x", POINTS + struct.pack("<12H", *[60_000] * 12)),
        "with the vertex 60000, but 4 vertices",
    ),
    "a picture bomb": ("a.glb", lambda: textured(png(60_000, 60_000)), "has a texture"),
    "a large picture": ("a.glb", lambda: textured(png(9000, 9000)), "has a texture of 9000 x 9000 pixels"),
    "pictures of many pixels": ("a.glb", lambda: textured(png(5000, 2000), 12), "million pixels together"),
    "a broken picture": ("a.glb", lambda: textured(png(64, 64)[:60]), "texture that cannot be decoded"),
    "no picture": ("a.glb", lambda: textured(b"GIF89a" + b"\0" * 100), "no PNG or JPEG"),
    "a picture elsewhere": (
        "a.glb",
        lambda: textured(png(4, 4)).replace(
            b'"bufferView": 2, "mimeType": "image/png"', b'"uri": "/etc/passwd" '.ljust(40)
        ),
        "names a texture outside itself",
    ),
    "a million triangles and more": (
        "a.obj",
        lambda: sphere_obj(1_000_001),
        "1000001 triangles or more; allowed: 1 to",
    ),
    "a polygon of a million": (
        "a.obj",
        lambda: b"v 0 0 0\n" + (b"f" + b" 1" * 500_000 + b"\n") * 3,
        "triangles or more",
    ),
    "a line of 3 MB": ("a.obj", lambda: b"v" + b" 1" * 1_500_000, "a line of 3000001 bytes"),
    "60 million lines": ("a.obj", lambda: b"\n" * 60_000_000, "has 60000000 lines"),
    "60 million lines in STL": ("a.stl", lambda: b"solid" + b"\n" * 60_000_000, "has 60000000 lines"),
    "60 million lines in PLY": (
        "a.ply",
        lambda: PLY.format("ascii 1.0", 5, 1, "uchar").encode() + b"\n" * 60_000_000,
        "has 60000000 lines",
    ),
    "a million materials in OBJ": (
        "a.obj",
        lambda: b"".join(b"usemtl %d\n" % k for k in range(1_000_000)),
        "more than 20000 materials",
    ),
    "faces of many lists in PLY": (
        "a.ply",
        lambda: (
            PLY.format("binary_little_endian 1.0", 1, 200_000, "uchar")
            .replace("end_header", "property list uchar uchar a\n" * 40 + "end_header")
            .encode()
            + b"\0" * 9_000_000
        ),
        "values in its faces",
    ),
    "JSON of five million lists": (
        "a.gltf",
        lambda: b'{"asset": {"version": "2.0"}, "extras": [' + b"[]," * 5_000_000 + b"1]}",
        "values; at most 2000000",
    ),
    "NaN in OBJ": ("a.obj", lambda: b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "no finite numbers"),
    "no such vertex in OBJ": ("a.obj", lambda: b"v 0 0 0\nf 1 2 3\n", "vertex 3 of 1"),
    "a vertex of 1e30 in OBJ": ("a.obj", lambda: b"v 0 0 0\nf 1 1 " + b"9" * 30 + b"\n", "cannot be read: line 2"),
    "words in OBJ": ("a.obj", lambda: b"v a b c\n", "cannot be read: line 1 is 'v a b c'"),
    "bytes in OBJ": ("a.obj", lambda: os.urandom(1000).replace(b"v", b"x").replace(b"f", b"x"), "has 0 triangles"),
    "flat": ("a.obj", lambda: b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "which is flat"),
    "a line": ("a.obj", lambda: b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "which is flat"),
    "a point": ("a.obj", lambda: b"v 0 0 0\nf 1 1 1\n", "no triangle with an area"),
    "2e9 vertices in PLY": (
        "a.ply",
        lambda: PLY.format("binary_little_endian 1.0", 2_000_000_000, 1, "uchar").encode(),
        "claims 2000000000 rows of 'vertex'",
    ),
    "cut off PLY": (
        "a.ply",
        lambda: PLY.format("binary_little_endian 1.0", 1_000_000, 1, "uchar").encode() + b"\0" * 100,
        "it is cut off",
    ),
    "cut off faces in PLY": (
        "a.ply",
        lambda: PLY.format("binary_little_endian 1.0", 1, 900_000, "uchar").encode() + b"\0" * 12,
        "more faces than it has",
    ),
    "a face of 4e9 in PLY": (
        "a.ply",
        lambda: PLY.format("binary_little_endian 1.0", 1, 1, "uint").encode() + b"\0" * 12 + b"\xff" * 4,
        "more faces than it has",
    ),
    "short text in PLY": ("a.ply", lambda: PLY.format("ascii 1.0", 5, 1, "uchar").encode() + b"0 0 0\n", "has 1"),
    "no header in PLY": ("a.ply", lambda: b"ply\n", "no PLY header"),
    "2e9 triangles in STL": (
        "a.stl",
        lambda: b"\0" * 80 + struct.pack("<I", 2_000_000_000) + b"\0" * 500,
        "claims 2000000000 triangles",
    ),
    "words in STL": ("a.stl", lambda: b"solid x\nvertex a b c\nendsolid", "cannot be read: it has the line"),
    "half a triangle in STL": ("a.stl", lambda: b"solid x\nvertex 1 2 3\nendsolid", "whole ones"),
    "another ending": ("a.exe", lambda: glb(SOUND, POINTS + CORNERS), "no mesh that can be read"),
    "no ending": ("a", lambda: glb(SOUND, POINTS + CORNERS), "no mesh that can be read"),
    "data that is no base64": (
        "a.gltf",
        lambda: json.dumps({**SOUND, "buffers": [{"byteLength": 72, "uri": "data:;base64,???"}]}).encode(),
        "no base64",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_is_refused_soon_and_in_little_memory(tmp_path: Path, case: str) -> None:
    name, make, message = CASES[case]
    (tmp_path / name).write_bytes(make())
    library = AssetLibrary(make_source(tmp_path))
    item = SceneObject("chair_1", "chair", (0.5, 0.6, 0.9), asset=name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    model = object_model(item, 0, Appearance(), library)
    assert time.process_time() - started < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < MEMORY >> 10
    assert model.kind == "box"
    assert message in model.problem
    assert repr(name) in model.problem
    assert model.mesh.bounds.tolist() == [[-0.25, -0.3, -0.45], [0.25, 0.3, 0.45]]
    assert object_model(item, 0, Appearance(), library).problem == model.problem
    assert library.problems == {model.problem: 2}
    assert library.files_read <= 1


@pytest.mark.parametrize("case", ["2 GB in an accessor", "instances", "a picture bomb", "2e9 vertices in PLY"])
def test_what_is_claimed_is_not_reserved(tmp_path: Path, case: str) -> None:
    name, make, _ = CASES[case]
    (tmp_path / name).write_bytes(make())
    tracemalloc.start()
    try:
        with pytest.raises(AssetError):
            read_mesh(tmp_path, name)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_the_sound_file_is_read(tmp_path: Path) -> None:
    """Else the cases above could fail for a reason of their own."""
    (tmp_path / "a.glb").write_bytes(glb(SOUND, POINTS + CORNERS))
    (tmp_path / "b.glb").write_bytes(textured(png(4, 4)))
    (tmp_path / "c.glb").write_bytes(deep(5000, closed=False))
    (tmp_path / "d.glb").write_bytes(many_materials(1000))
    uri = "data:application/octet-stream;base64," + base64.b64encode(POINTS + CORNERS).decode()
    (tmp_path / "e.gltf").write_text(json.dumps({**SOUND, "buffers": [{"byteLength": 72, "uri": uri}]}))
    for name in ("a.glb", "b.glb", "c.glb", "d.glb", "e.gltf"):
        mesh = read_mesh(tmp_path, name)
        assert mesh.bounds.tolist() == [[-1, 0, 0], [0, 3, 2]], name
    assert len(read_mesh(tmp_path, "d.glb").materials) == 1000


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    """Bytes of a sound file are changed at random: nothing but AssetError comes out."""
    import random

    source = random.Random(seed)
    content = bytearray(textured(png(8, 8)))
    for _ in range(source.choice((1, 3, 30))):
        content[source.randrange(12 if source.random() < 0.9 else 0, len(content))] = source.randrange(256)
    (tmp_path / "a.glb").write_bytes(bytes(content))
    started = time.process_time()
    problem, triangles = "", 4
    try:
        triangles = len(read_mesh(tmp_path, "a.glb"))
    except AssetError as error:
        problem = str(error)
    assert "Error:" not in problem  # no exception that nobody thought of
    assert triangles == 4
    assert time.process_time() - started < SECONDS


def link(folder: Path) -> None:
    (folder.parent / "secret.glb").write_bytes(glb(SOUND, POINTS + CORNERS))
    (folder / "a.glb").symlink_to(folder.parent / "secret.glb")


def loop(folder: Path) -> None:
    (folder / "a.glb").symlink_to(folder / "a.glb")


def sparse(folder: Path) -> None:
    (folder / "a.glb").touch()
    os.truncate(folder / "a.glb", 2 << 30)


PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda folder: None, "cannot be read: No such file"),
    "a folder": (lambda folder: (folder / "a.glb").mkdir(), "is a folder; give a plain file"),
    "a pipe": (lambda folder: os.mkfifo(folder / "a.glb"), "a link, a pipe or a device"),
    "a link out": (link, "leads out of its folder"),
    "a link to a device": (lambda folder: (folder / "a.glb").symlink_to("/dev/zero"), "leads out of its folder"),
    "a loop of links": (loop, ""),
    "2 GB": (sparse, "has 2147 MB; at most 64 MiB are read"),
}


@pytest.mark.parametrize("case", PLACES)
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path, case: str) -> None:
    make, message = PLACES[case]
    folder = tmp_path / "assets"
    folder.mkdir()
    make(folder)
    library = AssetLibrary(make_source(folder))
    started = time.process_time()
    model = object_model(SceneObject("chair_1", "chair", (1, 1, 1), asset="a.glb"), 0, Appearance(), library)
    assert time.process_time() - started < 1.0
    assert model.kind == "box"
    assert message in model.problem
    assert "a.glb" in model.problem
    assert sum(library.problems.values()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(glb(SOUND, POINTS + CORNERS))
    (tmp_path / "a.glb").chmod(0)
    with pytest.raises(AssetError, match="cannot be read: Permission denied"):
        read_mesh(tmp_path, "a.glb")


@pytest.mark.parametrize(
    "asset", ["../a.glb", "b/../../a.glb", "/etc/passwd", "/a.glb", "", "a\0.glb", "//a.glb", "a" * 10**6 + ".glb", 7]
)
def test_no_path_leads_out(tmp_path: Path, asset: object) -> None:
    (tmp_path / "a.glb").write_bytes(glb(SOUND, POINTS + CORNERS))
    folder = tmp_path / "assets"
    folder.mkdir()
    item = SceneObject("chair_1", "chair", (1, 1, 1), asset=asset)  # type: ignore[arg-type]
    model = object_model(item, 0, Appearance(), AssetLibrary(make_source(folder)))
    assert model.kind == "box"
    assert 10 < len(model.problem) < 1000


def test_a_file_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "a.glb").write_bytes(glb(SOUND, POINTS + CORNERS))
    library = AssetLibrary(make_source(folder))
    item = SceneObject("chair_1", "chair", (1, 1, 1), asset="a.glb")
    assert object_model(item, 0, Appearance(), library).kind == "asset"
    (tmp_path / "b.glb").write_bytes(textured(png(4, 4)))
    (folder / "a.glb").unlink()
    (folder / "a.glb").symlink_to(tmp_path / "b.glb")
    assert "leads out of its folder" in object_model(item, 0, Appearance(), library).problem


def test_what_obj_names_elsewhere_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    (tmp_path / "secret.mtl").write_text("newmtl red\nKd 1 0 0\n")
    box = b"v 0 0 0\nv 1 0 0\nv 0 2 0\nv 0 0 3\nusemtl red\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
    for name in (b"../secret.mtl", str(tmp_path / "secret.mtl").encode(), b"http://x.invalid/a.mtl"):
        (folder / "a.obj").write_bytes(b"mtllib " + name + b"\n" + box)
        assert read_mesh(folder, "a.obj").materials[0].colour != (255.0, 0.0, 0.0)
    (folder / "own.mtl").write_text("newmtl red\nKd 1 0 0\nmap_Kd ../secret.png\n")
    (tmp_path / "secret.png").write_bytes(png(4, 4))
    (folder / "a.obj").write_bytes(b"mtllib own.mtl\n" + box)
    (material,) = read_mesh(folder, "a.obj").materials
    assert material.colour == (255.0, 0.0, 0.0)
    assert material.texture is None


def test_material_files_are_few_and_short(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_bytes(b"mtllib a.mtl\n" * 1000 + b"v 0 0 0\nf 1 1 1\n")
    (tmp_path / "a.mtl").write_bytes(b"".join(b"newmtl %d\n" % k for k in range(10_001)))
    with pytest.raises(AssetError, match="more than 10000 materials"):
        read_mesh(tmp_path, "a.obj")
    (tmp_path / "a.mtl").write_bytes(b"#" * (5 << 20))
    with pytest.raises(AssetError, match="MB; at most 4 MiB"):
        read_mesh(tmp_path, "a.obj")
    (tmp_path / "a.png").write_bytes(png(5000, 2000))
    (tmp_path / "a.mtl").write_bytes(b"newmtl a\nmap_Kd a.png\n")
    started = time.process_time()
    with pytest.raises(AssetError, match="million pixels together"):  # sixteen files of one picture each
        read_mesh(tmp_path, "a.obj")
    assert time.process_time() - started < SECONDS


def test_a_table_of_text_is_not_held_as_objects(tmp_path: Path) -> None:
    """Text of some megabytes becomes numbers line by line."""
    rows = io.BytesIO()
    rows.write(PLY.format("ascii 1.0", 200_000, 1, "uchar").encode())
    rows.write(b"0.5 0.25 0.125\n" * 200_000)
    rows.write(b"3 0 1 2\n")
    (tmp_path / "a.ply").write_bytes(rows.getvalue())
    tracemalloc.start()
    try:
        with pytest.raises(AssetError, match="no triangle with an area"):
            read_mesh(tmp_path, "a.ply")
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
