"""Depth, ids and normals, read off one ray through the middle of each pixel."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from spatialenv.renderers.blender.inside.exr import read_exr

NOTHING_AT = 1e9
"""Depth in metres above which Blender says that nothing is there."""

FIRST_INDEX = 2
"""Number, among Blender's, of the object 0: 0 is nothing, 1 the room."""


class Channels:
    """What tells surfaces apart: a material that all of them take on, which shines in the colour of their normals."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._layer = scene.view_layers[0]
        self._material = _normals_material()

    def draw(self, wanted: Collection[str], path: str) -> list[bytes]:
        """Draw what is wanted of ``depth``, ``ids``, ``normals``, in this order; changes the settings of the scene.

        Args:
            wanted: Names.
            path: A file that may be written over.

        Returns:
            Depth float32 ``(H, W)``, ids int32 ``(H, W)``, normals float32 ``(H, W, 3)``, each as bytes.
        """
        scene, layer = self._scene, self._layer
        layer.use_pass_z = layer.use_pass_object_index = True
        layer.material_override = self._material
        try:
            _set_up(scene)
            scene.render.filepath = path
            bpy.ops.render.render(write_still=True)
        finally:
            layer.use_pass_z = layer.use_pass_object_index = False
            layer.material_override = None
        planes = read_exr(path)
        given = {name.split(".", 1)[-1]: plane for name, plane in planes.items()}
        depth = _plane(given, "Depth")
        is_seen = depth < NOTHING_AT
        found: list[npt.NDArray[Any]] = []
        if "depth" in wanted:
            found.append(np.where(is_seen, depth, np.float32(np.inf)))
        if "ids" in wanted:
            found.append(_ids(_plane(given, "IndexOB", "Object Index"), is_seen))
        if "normals" in wanted:
            normals = np.stack([given[f"Combined.{part}"] for part in "RGB"], axis=-1)
            found.append(_unit(2.0 * normals - 1.0) * is_seen[..., None])
        return [array.tobytes() for array in found]


def _ids(index: npt.NDArray[np.float32], is_seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    numbers = np.rint(index).astype(np.int32)
    return np.where(is_seen, np.where(numbers < FIRST_INDEX, -2, numbers - FIRST_INDEX), -1).astype(np.int32)


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: npt.NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-6)).astype(np.float32)
    return unit


def _plane(given: dict[str, npt.NDArray[np.float32]], *names: str) -> npt.NDArray[np.float32]:
    for name, plane in given.items():
        if name.split(".")[0] in names:
            return plane
    raise ValueError(f"Blender wrote no {names[0]!r} but {sorted(given)}")


def _set_up(scene: Any) -> None:
    cycles, render = scene.cycles, scene.render
    render.engine = "CYCLES"
    cycles.device = "CPU"
    cycles.samples = 1
    cycles.use_denoising = False
    # As narrow as may be: the ray goes through the middle of the pixel.
    cycles.pixel_filter_type, cycles.filter_width = "GAUSSIAN", 0.01
    cycles.max_bounces = 0
    settings = render.image_settings
    if hasattr(settings, "media_type"):  # Blender 5
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth, settings.exr_codec = "32", "NONE"
    if hasattr(settings, "use_exr_interleave"):  # else each pass is a part of its own, since Blender 5
        settings.use_exr_interleave = True


def _normals_material() -> Any:
    material = bpy.data.materials.new("normals")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    kinds = ("NewGeometry", "VectorMath", "Emission", "OutputMaterial")
    geometry, halved, emission, output = (tree.nodes.new(f"ShaderNode{kind}") for kind in kinds)
    halved.operation = "MULTIPLY_ADD"
    halved.inputs[1].default_value = halved.inputs[2].default_value = (0.5, 0.5, 0.5)
    tree.links.new(geometry.outputs["True Normal"], halved.inputs[0])
    tree.links.new(halved.outputs[0], emission.inputs["Color"])
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
    material.cycles.emission_sampling = "NONE"
    return material
