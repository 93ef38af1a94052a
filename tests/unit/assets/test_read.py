"""Reading of sound files, against trimesh and against numbers made by hand."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spatialenv.assets import raw as limits
from spatialenv.assets.read import AXES, Axes, read_mesh, read_raw, usual_axes
from spatialenv.core.mesh import TriangleMesh
from spatialenv.errors import AssetError, InputError

trimesh = pytest.importorskip("trimesh")
transformations = trimesh.transformations

AS_IT_IS = Axes("+y", "+z")


def save(folder: Path, name: str, shape: Any) -> None:
    content = shape.export(file_type=name.rpartition(".")[2])
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def sorted_corners(corners: np.ndarray) -> np.ndarray:
    """Triangles in an order that depends on their places alone, each from its least corner on."""
    rows = []
    for triangle in np.round(np.asarray(corners, dtype=np.float64), 4) + 0.0:
        first = min(range(3), key=lambda k: tuple(triangle[k]))
        rows.append(np.roll(triangle, -first, axis=0).reshape(-1))
    return np.array(sorted(map(tuple, rows)))


def assert_same(mesh: TriangleMesh, oracle: Any) -> None:
    np.testing.assert_allclose(sorted_corners(mesh.corners), sorted_corners(oracle.triangles), atol=2e-4)


def sample_scene() -> Any:
    """Parts under nodes under nodes, one mirrored, one shown twice."""
    scene = trimesh.Scene()
    box = trimesh.creation.box((1, 2, 3))
    scene.add_geometry(box, node_name="a", transform=transformations.rotation_matrix(0.7, (1, 2, 3), (1, 0, 0)))
    mirror = np.diag([-1.0, 2.0, 0.5, 1.0])
    mirror[:3, 3] = (4, 5, 6)
    scene.add_geometry(trimesh.creation.cone(1, 2), node_name="b", parent_node_name="a", transform=mirror)
    scene.add_geometry(trimesh.creation.icosphere(subdivisions=1), node_name="c", parent_node_name="b")
    return scene


@pytest.mark.parametrize("name", ["a.glb", "a.obj", "a.ply", "a.stl"])
def test_triangles_are_those_that_trimesh_reads(tmp_path: Path, name: str) -> None:
    scene = sample_scene()
    save(tmp_path, name, scene if name.endswith("glb") else scene.to_mesh())
    oracle = trimesh.load_scene(tmp_path / name).to_mesh()
    mesh = read_mesh(tmp_path, name, AS_IT_IS)
    assert len(mesh) == len(oracle.faces) > 80
    assert_same(mesh, oracle)


def test_a_mirrored_part_is_not_inside_out(tmp_path: Path) -> None:
    """Its volume by the divergence theorem is positive, as its triangles look outwards."""
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((1, 2, 3)), transform=mirror)
    save(tmp_path, "a.glb", scene)
    corners = read_mesh(tmp_path, "a.glb").corners
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume == pytest.approx(6.0, rel=1e-6)


@pytest.mark.parametrize(("ending", "encoding"), [("ply", "ascii"), ("ply", "binary"), ("stl_ascii", "")])
def test_text_and_binary_forms_are_alike(tmp_path: Path, ending: str, encoding: str) -> None:
    shape = trimesh.creation.icosphere(subdivisions=2)
    content = shape.export(file_type=ending, **({"encoding": encoding} if encoding else {}))
    name = f"a.{ending[:3]}"
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert_same(read_mesh(tmp_path, name, AS_IT_IS), shape)


def test_ply_of_either_order_with_polygons_and_colours_of_faces(tmp_path: Path) -> None:
    header = (
        "ply\nformat binary_big_endian 1.0\ncomment made by hand\nelement vertex 5\nproperty double x\n"
        "property double y\nproperty double z\nproperty uchar extra\nelement face 2\n"
        "property list uchar ushort vertex_indices\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n"
        "end_header\n"
    )
    points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.5, 0.5, 1)]
    body = b"".join(struct.pack(">3dB", *point, 7) for point in points)
    body += struct.pack(">B4H3B", 4, 3, 2, 1, 0, 10, 20, 30) + struct.pack(">B3H3B", 3, 0, 1, 4, 200, 100, 50)
    (tmp_path / "a.ply").write_bytes(header.encode() + body)
    mesh = read_mesh(tmp_path, "a.ply")
    assert len(mesh) == 3
    colours = [mesh.materials[k].colour for k in mesh.material_of]
    assert colours == [(10, 20, 30), (10, 20, 30), (200, 100, 50)]
    assert mesh.normals[:2].tolist() == [[0, 0, -1], [0, 0, -1]]


def test_ply_in_text_with_polygons_and_colours(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
        "property float red\nproperty float green\nproperty float blue\nelement edge 1\nproperty int a\n"
        "element face 1\nproperty list uchar int vertex_index\nend_header\n"
        "0 0 0 1 0 0\n1 0 0 1 0 0\n1 1 0 1 0 0\n0 1 0 1 0 0\n5\n4 0 1 2 3\n"
    )
    mesh = read_mesh(tmp_path, "a.ply")
    assert len(mesh) == 2
    assert [material.colour for material in mesh.materials] == [(255, 0, 0)]


def picture(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards."""
    rows, columns = np.mgrid[:height, :width]
    red, green = 255 * columns / max(width - 1, 1), 255 * rows / max(height - 1, 1)
    return Image.fromarray(np.stack([red, green, 0 * red], axis=-1).astype(np.uint8))


def quad(material: Any, uv: Any = ((0, 0), (1, 0), (1, 1), (0, 1))) -> Any:
    points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]
    visual = trimesh.visual.TextureVisuals(uv=np.array(uv, float), material=material)
    return trimesh.Trimesh(points, [(0, 1, 2), (0, 2, 3)], visual=visual, process=False)


def test_a_texture_lies_where_trimesh_lays_it(tmp_path: Path) -> None:
    """At each corner the texel that ours points to is the colour that trimesh finds there."""
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture(64, 32), metallicFactor=0.0)
    save(tmp_path, "a.glb", quad(material, ((0.1, 0.2), (0.8, 0.1), (0.9, 0.9), (0.2, 0.7))))
    mesh = read_mesh(tmp_path, "a.glb", AS_IT_IS)
    oracle = trimesh.load_scene(tmp_path / "a.glb").to_mesh()
    expected = {
        tuple(np.round(v, 4)): c[:3]
        for v, c in zip(oracle.vertices, oracle.visual.to_color().vertex_colors, strict=True)
    }
    (ours,) = mesh.materials
    assert ours.texture is not None
    assert ours.texture.pixels.shape == (32, 64, 3)
    assert ours.colour == (255.0, 255.0, 255.0)
    assert mesh.uvs is not None
    for corner, (u, v) in zip(mesh.corners.reshape(-1, 3), mesh.uvs.reshape(-1, 2), strict=True):
        texel = ours.texture.pixels[int((1.0 - v) * 32), int(u * 64)].astype(int)
        assert np.abs(texel - expected[tuple(np.round(corner, 4))].astype(int)).max() <= 9


@pytest.mark.parametrize(
    ("given", "kept"),
    [((1, 1), (1, 1)), ((100, 50), (64, 128)), ((3000, 700), (256, 256)), ((300, 5), (4, 256)), ((90, 91), (128, 64))],
)
def test_textures_become_powers_of_two(tmp_path: Path, given: tuple[int, int], kept: tuple[int, int]) -> None:
    """The nearest in ratio: 90 / 64 is less than 128 / 90, and 91 / 64 is more than 128 / 91; at most 256 a side."""
    save(tmp_path, "a.glb", quad(trimesh.visual.material.PBRMaterial(baseColorTexture=picture(*given))))
    texture = read_mesh(tmp_path, "a.glb").materials[0].texture
    assert texture is not None
    assert texture.pixels.shape[:2] == kept


def test_materials_of_gltf(tmp_path: Path) -> None:
    """Linear factors become picture values: 0.5 is 188, 0.2 is 124 (IEC 61966-2-1)."""
    document: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "nodes": [{"mesh": 0}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "materials": [
            {
                "pbrMetallicRoughness": {
                    "baseColorFactor": [0.5, 0.2, 1.0, 0.4],
                    "metallicFactor": 0.25,
                    "roughnessFactor": 0.75,
                },
                "alphaMode": "BLEND",
                "doubleSided": True,
            },
            {"pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, 0.4]}},
            {"emissiveFactor": [1.0, 0.5, 0.0], "pbrMetallicRoughness": {"baseColorFactor": [0, 0, 0, 1]}},
            {"extensions": {"KHR_materials_transmission": {"transmissionFactor": 1.0}}},
            {
                "extensions": {
                    "KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [0.5, 0, 0, 1], "glossinessFactor": 0.9}
                }
            },
        ],
    }
    document["meshes"] = [{"primitives": [{"attributes": {"POSITION": 0}, "material": k} for k in range(5)]}]
    uri = "data:application/octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA"
    document["buffers"] = [{"byteLength": 36, "uri": uri}]
    (tmp_path / "a.gltf").write_text(json.dumps(document))
    glass, plain, lamp, clear, old = read_mesh(tmp_path, "a.gltf").materials
    assert np.round(glass.colour).tolist() == [188, 124, 255]
    assert (glass.opacity, glass.metallic, glass.roughness, glass.double_sided) == (0.4, 0.25, 0.75, True)
    assert (plain.opacity, plain.metallic, plain.roughness, plain.double_sided) == (1.0, 1.0, 1.0, False)
    assert (lamp.emission, np.round(lamp.colour).tolist()) == (1.0, [255, 188, 0])
    assert clear.opacity == 0.25
    assert np.round(old.colour).tolist() == [188, 0, 0]
    assert (old.metallic, round(old.roughness, 6)) == (0.0, 0.1)


def test_a_texture_of_roughness_and_metal_counts_by_its_mean(tmp_path: Path) -> None:
    values = np.zeros((8, 8, 3), np.uint8)
    values[:4] = (0, 255, 51)
    values[4:] = (0, 0, 51)
    material = trimesh.visual.material.PBRMaterial(
        metallicRoughnessTexture=Image.fromarray(values), metallicFactor=1.0, roughnessFactor=1.0
    )
    save(tmp_path, "a.glb", quad(material))
    (ours,) = read_mesh(tmp_path, "a.glb").materials
    assert ours.roughness == pytest.approx(0.5, abs=0.01)
    assert ours.metallic == pytest.approx(0.2, abs=0.01)


def test_transparent_texels_take_the_colour_of_the_others(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2] = (40, 160, 60, 255)
    for mode, opacity in (("MASK", 1.0), ("BLEND", 0.5)):
        material = trimesh.visual.material.PBRMaterial(
            baseColorTexture=Image.fromarray(pixels), alphaMode=mode, alphaCutoff=0.5
        )
        save(tmp_path, "a.glb", quad(material))
        (ours,) = read_mesh(tmp_path, "a.glb").materials
        assert ours.texture is not None
        assert (ours.texture.pixels == (40, 160, 60)).all()
        assert ours.opacity == pytest.approx(opacity)


def test_colours_of_vertices(tmp_path: Path) -> None:
    """In glTF linear (0.2 is 124 on a screen), in PLY and OBJ as on a screen."""
    shape = trimesh.Trimesh([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [(0, 1, 2)], process=False)
    shape.visual.vertex_colors = np.tile(np.array([51, 255, 0, 255], np.uint8), (3, 1))
    for name, colour in (("a.glb", [124, 255, 0]), ("a.ply", [51, 255, 0]), ("a.obj", [51, 255, 0])):
        save(tmp_path, name, shape)
        (material,) = read_mesh(tmp_path, name).materials
        assert np.round(material.colour).tolist() == colour, name


def test_many_colours_become_few_materials(tmp_path: Path) -> None:
    shape = trimesh.creation.icosphere(subdivisions=4)
    shape.visual.vertex_colors = np.random.default_rng(0).integers(0, 255, (len(shape.vertices), 4), dtype=np.uint8)
    save(tmp_path, "a.ply", shape)
    mesh = read_mesh(tmp_path, "a.ply")
    assert 20 < len(mesh.materials) <= 256
    exact = shape.visual.vertex_colors[shape.faces][..., :3].mean(axis=1)
    ours = np.array([material.colour for material in mesh.materials])[mesh.material_of]
    assert np.abs(ours.mean(axis=0) - exact.mean(axis=0)).max() < 8


def test_obj_with_materials_beside_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    picture(20, 20).save(tmp_path / "sub" / "wood grain.png")
    (tmp_path / "sub" / "own.mtl").write_text(
        "# colours\nnewmtl red\nKd 1 0.5 0\nd 0.5\nPr 0.25\nPm 1\n"
        "newmtl wood\nmap_Kd wood grain.png\nnewmtl odd\nKd x\n"
    )
    (tmp_path / "sub" / "a.obj").write_text(
        "mtllib own.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 \\\n 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0.5\n"
        "usemtl red\nf 1 2 3 4\nusemtl wood\nf -4/1/1 -3/2/1 -2/3\nusemtl gone\nf 1//2 2//2 3//2\ns off\nl 1 2\n"
    )
    mesh = read_mesh(tmp_path, "sub/a.obj")
    assert len(mesh) == 4
    red, wood, gone = mesh.materials
    assert (red.colour, red.opacity, red.roughness, red.metallic) == ((255.0, 127.5, 0.0), 0.5, 0.25, 1.0)
    assert wood.texture is not None
    assert wood.texture.pixels.shape == (16, 16, 3)
    assert mesh.uvs is not None
    assert mesh.uvs[2].tolist() == [[0, 0], [1, 0], [1, 1]]
    assert gone == limits.PLAIN
    assert read_raw(tmp_path, "sub/a.obj").notes == ("its material 'gone' is in no file that is read",)
    assert read_mesh(tmp_path, "sub/a.obj", with_looks=False).materials == (limits.PLAIN,)
    (tmp_path / "sub" / "wood grain.png").write_bytes(b"GIF89a")
    assert read_raw(tmp_path, "sub/a.obj").notes[0] == "its texture 'wood grain.png' is no PNG or JPEG"
    assert read_mesh(tmp_path, "sub/a.obj").materials[1].texture is None


def test_strips_and_fans(tmp_path: Path) -> None:
    """Five points in a zigzag are three triangles that all look up; as a fan, three around the first."""
    points = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 2, 0)]
    content = b"".join(struct.pack("<3f", *point) for point in points)
    import base64

    for mode, order in ((5, [0, 1, 2, 3, 4]), (6, [0, 1, 3, 4, 2])):
        binary = content + struct.pack("<5B", *order)
        uri = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
        document = {
            "asset": {"version": "2.0"},
            "nodes": [{"mesh": 0}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "mode": mode}]}],
            "accessors": [
                {"bufferView": 0, "componentType": 5126, "count": 5, "type": "VEC3"},
                {"bufferView": 0, "byteOffset": 60, "componentType": 5121, "count": 5, "type": "SCALAR"},
            ],
            "bufferViews": [{"buffer": 0, "byteLength": 65}],
            "buffers": [{"byteLength": 65, "uri": uri}],
        }
        (tmp_path / "a.gltf").write_text(json.dumps(document))
        mesh = read_mesh(tmp_path, "a.gltf", AS_IT_IS)
        corners = mesh.corners
        areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] / 2
        assert areas.tolist() == [0.5, 0.5, 0.5] if mode == 5 else areas.sum() == pytest.approx(1.5)


def test_interleaved_and_normalised_arrays(tmp_path: Path) -> None:
    """Vertices as unsigned bytes of a stride, 255 for 1 (KHR_mesh_quantization)."""
    import base64

    binary = b"".join(struct.pack("<4B", *row, 9) for row in ((0, 0, 0), (255, 0, 0), (0, 51, 0)))
    uri = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    document = {
        "asset": {"version": "2.0"},
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5121, "count": 3, "type": "VEC3", "normalized": True}],
        "bufferViews": [{"buffer": 0, "byteLength": 12, "byteStride": 4}],
        "buffers": [{"byteLength": 12, "uri": uri}],
    }
    (tmp_path / "a.gltf").write_text(json.dumps(document))
    assert read_mesh(tmp_path, "a.gltf", AS_IT_IS).bounds.tolist() == [[0, 0, 0], [1, 0.2, 0]]


def test_animations_and_skins_are_left_out(tmp_path: Path) -> None:
    scene = sample_scene()
    save(tmp_path, "a.glb", scene)
    content = (tmp_path / "a.glb").read_bytes()
    length = struct.unpack_from("<I", content, 12)[0]
    document = json.loads(content[20 : 20 + length])
    document["animations"] = [{"channels": [], "samplers": []}]
    document["skins"] = [{"joints": [0]}]
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = content[20 + length :]
    head = struct.pack("<4sII", b"glTF", 2, 20 + len(text) + len(rest)) + struct.pack("<I4s", len(text), b"JSON")
    (tmp_path / "a.glb").write_bytes(head + text + rest)
    assert read_raw(tmp_path, "a.glb").notes == ("its skins are left out", "its animations are left out")
    assert len(read_mesh(tmp_path, "a.glb")) == len(scene.to_mesh().faces)


@pytest.mark.parametrize("front", AXES)
@pytest.mark.parametrize("up", AXES)
def test_any_front_and_top_become_ours(tmp_path: Path, front: str, up: str) -> None:
    """A long arm shows where the front is, a longer one where the top is; handedness stays."""
    axes = Axes(front, up)  # type: ignore[arg-type]
    if front[1] == up[1]:
        with pytest.raises(InputError, match="at a right angle"):
            _ = axes.turn
        return
    turn = axes.turn
    directions = {"x": (1.0, 0, 0), "y": (0, 1.0, 0), "z": (0, 0, 1.0)}
    for axis, ours in ((front, (0, 1, 0)), (up, (0, 0, 1))):
        sign = -1.0 if axis[0] == "-" else 1.0
        assert (turn @ (sign * np.array(directions[axis[1]]))).tolist() == list(ours)
    assert np.linalg.det(turn) == pytest.approx(1.0)


def test_usual_axes_and_wrong_ones(tmp_path: Path) -> None:
    assert usual_axes("a.GLB") == usual_axes("b/a.gltf") == Axes("+z", "+y")
    assert usual_axes("a.obj") == usual_axes("a.ply") == usual_axes("a.stl") == Axes("+y", "+z")
    with pytest.raises(InputError, match=r"`front` is 'y'; did you mean '[+-]y'\? allowed: \+x"):
        _ = Axes("y", "+z").turn  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`most` is 3"):
        read_mesh(tmp_path, "a.glb", most=3)


def test_too_many_triangles_are_refused_and_many_are_simplified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = trimesh.creation.icosphere(subdivisions=6)  # 81,920 triangles
    save(tmp_path, "a.glb", shape)
    mesh = read_mesh(tmp_path, "a.glb")
    assert 8_000 < len(mesh) <= 20_000
    assert np.abs(np.linalg.norm(mesh.vertices, axis=1) - 1).max() < 0.01
    assert len(read_mesh(tmp_path, "a.glb", most=500)) <= 500
    monkeypatch.setattr(limits, "MAX_FACES", 80_000)
    with pytest.raises(AssetError, match=r"81920 triangles or more; allowed: 1 to 80000: simplify"):
        read_mesh(tmp_path, "a.glb")


def test_jpeg_textures(tmp_path: Path) -> None:
    held = io.BytesIO()
    picture(600, 400).save(held, "JPEG")
    image = Image.open(io.BytesIO(held.getvalue()))
    save(tmp_path, "a.glb", quad(trimesh.visual.material.PBRMaterial(baseColorTexture=image)))
    texture = read_mesh(tmp_path, "a.glb").materials[0].texture
    assert texture is not None
    assert texture.pixels.shape == (256, 256, 3)
    middle = texture.pixels[128, 128].astype(int)
    assert np.abs(middle - (128, 128, 0)).max() < 8


def test_a_glb_made_byte_by_byte(tmp_path: Path) -> None:
    """Two triangles of a square, doubled, turned a quarter about z and moved by 10 along x."""
    binary = struct.pack("<12f", 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0) + struct.pack("<6B", 0, 1, 2, 0, 2, 3) + b"\0\0"
    half = 0.7071067811865476
    document = {
        "asset": {"version": "2.0"},
        "scene": 1,
        "scenes": [{"nodes": []}, {"nodes": [1]}],
        "nodes": [
            {"mesh": 0, "scale": [2, 2, 2]},
            {"children": [0], "translation": [10, 0, 0], "rotation": [0, 0, half, half], "camera": 0},
        ],
        "cameras": [{"type": "perspective", "perspective": {"yfov": 1, "znear": 1}}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 0, "byteOffset": 48, "componentType": 5121, "count": 6, "type": "SCALAR"},
            {"componentType": 5126, "count": 900_000_000, "type": "MAT4"},
        ],
        "bufferViews": [{"buffer": 0, "byteLength": 56}],
        "buffers": [{"byteLength": 56}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    (tmp_path / "a.glb").write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
    corners = read_mesh(tmp_path, "a.glb", AS_IT_IS).corners
    expected = [[[10, 0, 0], [10, 2, 0], [8, 2, 0]], [[10, 0, 0], [8, 2, 0], [8, 0, 0]]]
    np.testing.assert_allclose(corners, expected, atol=1e-6)


OBJ_FORMS = {
    "plain": "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 5\nf 1 2 3 4\nf 1 2 5\n",
    "normals": "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 5\nvn 0 0 1\nf 1//1 2//1 3//1 4//1\nf 1//1 2//1 5//1\n",
    "backwards": "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf -4 -3 -2 -1\nv 0 0 5\nf 1 2 -1\n",
    "all forms": "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 5\nvt 0 0\nvn 0 0 1\nf 1 2/1 3/1/1 4//1\nf 1 2 5\n",
    "tabs": "v\t0 0 0\n  v 1 0 0 1.0\nv 1 1 0\r\nv 0 1 0\nv 0 0 5\nf\t1 2 3 4\n f 1 2 5\n",
    "a fan": "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 5\nf 1 2 3 4 4\nf 1 2 5\n",
}


@pytest.mark.parametrize("form", OBJ_FORMS)
def test_obj_of_every_form(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.obj").write_bytes(OBJ_FORMS[form].encode())
    expected = [[[0, 0, 0], [1, 0, 0], [1, 1, 0]], [[0, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 0, 0], [1, 0, 0], [0, 0, 5]]]
    corners = read_mesh(tmp_path, "a.obj", AS_IT_IS).corners
    np.testing.assert_allclose(sorted_corners(corners), sorted_corners(np.array(expected, float)))


def test_obj_of_hexagons_and_of_vertices_with_textures(tmp_path: Path) -> None:
    """A row of six numbers is six corners without slashes, and three with them."""
    points = "v 0 0 0\nv 2 0 0\nv 3 1 0\nv 2 2 0\nv 0 2 0\nv -1 1 0\nvt 0 0\n"
    (tmp_path / "a.obj").write_text(points + "f 1 2 3 4 5 6\nf 1/1 2/1 3/1\n")
    corners = read_mesh(tmp_path, "a.obj", AS_IT_IS).corners
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] / 2
    assert len(corners) == 5
    assert areas.sum() == pytest.approx(6.0 + 1.0)
