"""Materials in Blender's nodes."""

from __future__ import annotations

from typing import Any

import bpy

GLOW = 1.06
"""Brightness of what shines by itself, as in the renderer `fast`."""

MIRROR = 0.05
"""Roughness up to which something is a mirror: what is painted on it gives way to what it really reflects."""

SILVER = 0.86
"""Reflectance of mirrors."""


def linear(value: float) -> float:
    """Return a part of a colour, 0 to 255 in sRGB, as light, 0 to 1.

    Example:
        >>> linear(0.0), round(linear(188.0), 3), linear(255.0)
        (0.0, 0.503, 1.0)
    """
    share = value / 255.0
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def make_material(look: dict[str, Any], image: Any | None) -> Any:
    """Return a material.

    Args:
        look: ``key, colour`` (sRGB, 0 to 255 each), ``opacity, roughness, metallic, emission`` as in
            `spatialenv.core.mesh.Material`.
        image: What multiplies its colour, or None.
    """
    material = bpy.data.materials.new(look["key"])
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    colour = _Colour(tree, tuple(linear(part) for part in look["colour"]), image)
    is_mirror = look["roughness"] <= MIRROR and look["opacity"] == 1.0
    shader = _surface(tree, look, colour, is_mirror=is_mirror)
    if look["emission"] > 0.0 and not is_mirror:
        shader = _mixed(tree, look["emission"], shader, _emission(tree, colour))
    if look["opacity"] < 1.0:
        shader = _glass(tree, look, colour, shader)
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(shader, output.inputs["Surface"])
    # What shines faintly is seen to shine; as lamps, so many small ones would only add noise.
    material.cycles.emission_sampling = "NONE"
    material.use_backface_culling = False
    material.diffuse_color = (*colour.plain, look["opacity"])
    return material


class _Colour:
    """The colour of a material, as a value or as the socket of a texture's node."""

    def __init__(self, tree: Any, plain: tuple[float, ...], image: Any | None) -> None:
        self._tree = tree
        self.plain = plain
        self._socket = None
        if image is not None:
            texture = tree.nodes.new("ShaderNodeTexImage")
            texture.image = image
            self._socket = texture.outputs["Color"]
            if any(part < 1.0 for part in plain):
                product = tree.nodes.new("ShaderNodeMix")
                product.data_type, product.blend_type = "RGBA", "MULTIPLY"
                product.inputs["Factor"].default_value = 1.0
                tree.links.new(self._socket, product.inputs[6])
                product.inputs[7].default_value = (*plain, 1.0)
                self._socket = product.outputs[2]

    def into(self, entry: Any) -> None:
        entry.default_value = (*self.plain, 1.0)
        if self._socket is not None:
            self._tree.links.new(self._socket, entry)


def _surface(tree: Any, look: dict[str, Any], colour: _Colour, *, is_mirror: bool) -> Any:
    node = tree.nodes.new("ShaderNodeBsdfPrincipled")
    node.inputs["Roughness"].default_value = look["roughness"]
    node.inputs["Metallic"].default_value = look["metallic"]
    if is_mirror:
        node.inputs["Base Color"].default_value = (SILVER, SILVER, SILVER, 1.0)
        node.inputs["Metallic"].default_value = 1.0
    else:
        colour.into(node.inputs["Base Color"])
    return node.outputs["BSDF"]


def _emission(tree: Any, colour: _Colour) -> Any:
    node = tree.nodes.new("ShaderNodeEmission")
    colour.into(node.inputs["Color"])
    node.inputs["Strength"].default_value = linear(255.0 * GLOW)
    return node.outputs["Emission"]


def _glass(tree: Any, look: dict[str, Any], colour: _Colour, shader: Any) -> Any:
    """Return thin glass: light passes straight through it, which costs little and leaves shadows pale."""
    clear = tree.nodes.new("ShaderNodeBsdfTransparent")
    clear.inputs["Color"].default_value = tuple(0.5 + 0.5 * part for part in colour.plain) + (1.0,)
    return _mixed(tree, look["opacity"], clear.outputs["BSDF"], shader)


def _mixed(tree: Any, share: float, first: Any, second: Any) -> Any:
    node = tree.nodes.new("ShaderNodeMixShader")
    node.inputs[0].default_value = share
    tree.links.new(first, node.inputs[1])
    tree.links.new(second, node.inputs[2])
    return node.outputs[0]
