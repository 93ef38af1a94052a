"""Materials in Blender's nodes."""

from __future__ import annotations

from typing import Any

import bpy

from spatialenv.renderers.blender.inside.tones import linear

GLOW = 1.06
"""Brightness of what shines by itself, as in the renderer `fast`."""

GLASSY = 0.3
"""Roughness up to which what light passes through is glass; else it is thin cloth or leaves."""

MIRROR = 0.05
"""Roughness up to which something is a mirror: what is painted on it gives way to what it really reflects."""

SILVER = 0.86
"""Reflectance of mirrors."""

METAL = 0.75
"""How metallic metal is: with some of its own colour it stays recognisable where it has little to reflect."""

TINT, VEIL = 0.4, 0.3
"""How much of its colour each side of a pane of glass has, and how much of it is a milky film."""


def make_material(look: dict[str, Any], image: Any | None, *, is_showcase: bool) -> Any:
    """Return a material.

    Args:
        look: ``key, colour`` (sRGB, 0 to 255 each), ``opacity, roughness, metallic, emission`` as in
            `spatialenv.core.mesh.Material`; ``gain``, how much more than it
            shows a lamp throws at other things.
        image: What multiplies its colour, or None.
        is_showcase: Whether lamps light other things: so many small ones need many samples.
    """
    material = bpy.data.materials.new(look["key"])
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    colour = _Colour(tree, tuple(linear(part) for part in look["colour"]), image)
    gain = look["gain"] if is_showcase else 1.0
    is_mirror = look["roughness"] <= MIRROR and look["opacity"] == 1.0
    shader = _surface(tree, look, colour, is_mirror=is_mirror)
    if look["emission"] > 0.0 and not is_mirror:
        shader = _mixed(tree, look["emission"], shader, _emission(tree, colour, gain))
    if look["opacity"] < 1.0:
        is_glass = look["roughness"] <= GLASSY and image is None
        shader = (_glass if is_glass else _veil)(tree, look, colour, shader)
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(shader, output.inputs["Surface"])
    # What shines faintly is seen to shine; sampled as lamps, so many small ones would only add noise.
    material.cycles.emission_sampling = "FRONT_BACK" if gain > 1.0 else "NONE"
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
    node.inputs["Metallic"].default_value = METAL * look["metallic"]
    if is_mirror:
        node.inputs["Base Color"].default_value = (SILVER, SILVER, SILVER, 1.0)
        node.inputs["Metallic"].default_value = 1.0
    else:
        colour.into(node.inputs["Base Color"])
    return node.outputs["BSDF"]


def _emission(tree: Any, colour: _Colour, gain: float) -> Any:
    node = tree.nodes.new("ShaderNodeEmission")
    colour.into(node.inputs["Color"])
    strength = linear(255.0 * GLOW)
    node.inputs["Strength"].default_value = strength
    if gain > 1.0:
        path, power = tree.nodes.new("ShaderNodeLightPath"), tree.nodes.new("ShaderNodeMath")
        power.operation = "MULTIPLY_ADD"
        tree.links.new(path.outputs["Is Camera Ray"], power.inputs[0])
        power.inputs[1].default_value = (1.0 - gain) * strength
        power.inputs[2].default_value = gain * strength
        tree.links.new(power.outputs[0], node.inputs["Strength"])
    return node.outputs["Emission"]


def _glass(tree: Any, look: dict[str, Any], colour: _Colour, shader: Any) -> Any:
    """Return thin glass: light passes straight through it, which costs little; it casts no shadow."""
    clear = tree.nodes.new("ShaderNodeBsdfTransparent")
    clear.inputs["Color"].default_value = (*(1.0 - TINT + TINT * part for part in colour.plain), 1.0)
    veiled = _mixed(tree, VEIL * look["opacity"], clear.outputs["BSDF"], shader)
    shine = tree.nodes.new("ShaderNodeBsdfGlossy")
    shine.inputs["Roughness"].default_value = min(look["roughness"], 0.05)
    seen = _mixed(tree, _grazing(tree), veiled, shine.outputs["BSDF"])
    path, unseen = tree.nodes.new("ShaderNodeLightPath"), tree.nodes.new("ShaderNodeBsdfTransparent")
    return _mixed(tree, path.outputs["Is Shadow Ray"], seen, unseen.outputs["BSDF"])


def _veil(tree: Any, look: dict[str, Any], _: _Colour, shader: Any) -> Any:
    """Return what is there in part, such as thin cloth."""
    return _mixed(tree, look["opacity"], tree.nodes.new("ShaderNodeBsdfTransparent").outputs["BSDF"], shader)


def _grazing(tree: Any) -> Any:
    """Return the share of light that a pane throws back, whichever of its sides faces the eye."""
    facing, power, scaled = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("LayerWeight", "Math", "Math"))
    facing.inputs["Blend"].default_value = 0.5  # so that `Facing` is 1 minus the cosine
    power.operation, scaled.operation = "POWER", "MULTIPLY_ADD"
    tree.links.new(facing.outputs["Facing"], power.inputs[0])
    power.inputs[1].default_value = 5.0
    tree.links.new(power.outputs[0], scaled.inputs[0])
    scaled.inputs[1].default_value, scaled.inputs[2].default_value = 0.96, 0.04
    return scaled.outputs[0]


def _mixed(tree: Any, share: Any, first: Any, second: Any) -> Any:
    node = tree.nodes.new("ShaderNodeMixShader")
    if isinstance(share, float):
        node.inputs[0].default_value = share
    else:
        tree.links.new(share, node.inputs[0])
    tree.links.new(first, node.inputs[1])
    tree.links.new(second, node.inputs[2])
    return node.outputs[0]
