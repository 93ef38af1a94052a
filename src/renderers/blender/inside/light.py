"""Light: a sun, a sky, and what lies around the room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import bpy
from mathutils import Vector

from spatialenv.renderers.blender.inside.tones import light_of

TO_SUN = (0.42, -0.58, 0.70)
"""Direction towards the sun; the same as that of the light of `fast`."""

SUN_COLOUR = (1.0, 0.955, 0.89)
SKY_COLOUR = (0.93, 0.965, 1.0)
BOUNCE_COLOUR = (1.0, 0.97, 0.93)
GROUND_COLOUR = (0.82, 0.81, 0.80)

SHINE = 2.0
"""How much brighter the surroundings are in reflections: metal would be dark among cut-away walls."""


class Levels(NamedTuple):
    """How strong the light is.

    Attributes:
        sun: Of the sun, watts a square metre; pi makes white of what is white and faces it.
        sky: Of the sky above, likewise; walls and ceilings let it through.
        around: Brightness of what lies around the room, as surfaces see it that face no wall.
        bounce: Of light from below, in place of what floors throw back again and again; as `sun`.
    """

    sun: float
    sky: float
    around: float
    bounce: float


OUTSIDE = Levels(sun=1.7, sky=1.15, around=0.42, bounce=0.0)
"""For rooms that are seen from outside: light comes in where walls are cut away."""

INSIDE = Levels(sun=1.7, sky=2.3, around=0.42, bounce=2.4)
"""For rooms that are seen from inside, whose walls and ceiling shut out what lies around."""

UNSTOPPED = {True: Levels(1.8, 0.8, 0.2, 0.2), False: Levels(1.8, 0.7, 0.2, 0.0)}
"""For EEVEE, whose light from around comes through walls, by whether the room is seen from inside."""


def levels_for(engine: str, *, is_inside: bool) -> Levels:
    """Return how strong the light is for ``"cycles"`` or ``"eevee"``."""
    if engine == "eevee":
        return UNSTOPPED[is_inside]
    return INSIDE if is_inside else OUTSIDE


class Light:
    """The lamps and the world of a scene.

    Lamps reach the room by shadow rays alone, which pass through walls and ceiling: room and windows are
    there to be seen, not to keep light out.
    """

    def __init__(self, scene: Any, transform: str) -> None:
        self._sun = _lamp(scene, "sun", TO_SUN, SUN_COLOUR, 0.14)
        self._sky = _lamp(scene, "sky", (0.0, 0.0, 1.0), SKY_COLOUR, 2.9)
        self._bounce = _lamp(scene, "bounce", (0.0, 0.0, -1.0), BOUNCE_COLOUR, 2.9)
        self._transform = transform
        world = bpy.data.worlds.new("world")
        if bpy.app.version < (5, 0, 0):
            world.use_nodes = True
        self._add_nodes(world.node_tree)
        # Its light is found by rays that leave surfaces, which walls stop; sampled as a lamp, it would pass them.
        world.cycles.sampling_method = "NONE"
        scene.world = world

    def set(self, levels: Levels, background: Sequence[float]) -> None:
        """Set how strong it is, and the colour that lies around the room in pictures, 0 to 255 each."""
        self._sun.energy, self._sky.energy, self._bounce.energy = levels.sun, levels.sky, levels.bounce
        self._around.inputs["Strength"].default_value = levels.around
        self._shine.inputs["Strength"].default_value = SHINE * levels.around
        self._seen.inputs["Color"].default_value = (*light_of(background, self._transform), 1.0)

    def _add_nodes(self, tree: Any) -> None:
        tree.nodes.clear()

        def node(kind: str) -> Any:
            return tree.nodes.new(f"ShaderNode{kind}")

        # What rays see that hit nothing: pale ground below, sky above.
        place, split, ramp = node("TexCoord"), node("SeparateXYZ"), node("ValToRGB")
        tree.links.new(place.outputs["Generated"], split.inputs[0])
        raised = node("MapRange")
        raised.inputs["From Min"].default_value = -1.0
        tree.links.new(split.outputs["Z"], raised.inputs["Value"])
        tree.links.new(raised.outputs["Result"], ramp.inputs[0])
        for element, colour in zip(ramp.color_ramp.elements, (GROUND_COLOUR, SKY_COLOUR), strict=True):
            element.color = (*colour, 1.0)
        self._around, self._shine, self._seen = (node("Background") for _ in range(3))
        for background in (self._around, self._shine):
            tree.links.new(ramp.outputs["Color"], background.inputs["Color"])
        path, output = node("LightPath"), node("OutputWorld")
        mixed = self._around
        for ray, background in (("Is Glossy Ray", self._shine), ("Is Camera Ray", self._seen)):
            mix = node("MixShader")
            tree.links.new(path.outputs[ray], mix.inputs[0])
            tree.links.new(mixed.outputs[0], mix.inputs[1])
            tree.links.new(background.outputs[0], mix.inputs[2])
            mixed = mix
        tree.links.new(mixed.outputs[0], output.inputs["Surface"])


def _lamp(scene: Any, name: str, towards: Sequence[float], colour: Sequence[float], angle: float) -> Any:
    light = bpy.data.lights.new(name, "SUN")
    light.color, light.angle = colour, angle
    lamp = bpy.data.objects.new(name, light)
    lamp.matrix_world = Vector(towards).to_track_quat("Z", "Y").to_matrix().to_4x4()
    scene.collection.objects.link(lamp)
    return light
