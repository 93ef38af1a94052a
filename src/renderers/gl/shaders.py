"""Shaders that turn triangles into samples, and the programs of this folder.

A *sample* holds the triangle that it shows (-1: none) and its depth key, as in `fast` (`fast.raster`). Row 0 of every
texture is the top row of the picture.
"""

from __future__ import annotations

from typing import Any

from spatialenv.renderers.fast import facets, gather, occlusion, shadow, surface
from spatialenv.renderers.fast.stage import LIGHT
from spatialenv.renderers.gl.look_shader import LOOK
from spatialenv.renderers.gl.pixel_shader import PIXEL

POINTS, FACES, CORNERS, ORDER, MATERIALS, PARTS, SKY, TEXELS = range(8)
"""Where the buffers are bound."""

TABLES = f"""
layout(std430, binding = {POINTS}) readonly buffer Points {{ float points[]; }};
layout(std430, binding = {FACES}) readonly buffer Faces {{ ivec4 faces[]; }};
layout(std430, binding = {MATERIALS}) readonly buffer Materials {{ ivec4 materials[]; }};

ivec3 corners_of(int face) {{ return faces[2 * face].xyz; }}
int look_of(int face) {{ return faces[2 * face].w; }}
int surface_of(int face) {{ return faces[2 * face + 1].x; }}
int part_of(int face) {{ return faces[2 * face + 1].y; }}
int panel_of(int face) {{ return faces[2 * face + 1].z; }}
int kind_of(int face) {{ return materials[3 * look_of(face) + 1].w; }}
vec3 point_at(int vertex) {{ return vec3(points[3 * vertex], points[3 * vertex + 1], points[3 * vertex + 2]); }}
"""
"""What several shaders read (`tables.py` says what is in there)."""

RASTER_VERTEX = """
in vec3 place;
uniform mat4 to_clip;
uniform vec4 to_key;
out float key;

void main() {
    vec4 at = vec4(place, 1.0);
    key = dot(to_key, at);
    gl_Position = to_clip * at;
}
"""

RASTER_FRAGMENT = f"""
layout(std430, binding = {ORDER}) readonly buffer Order {{ int order[]; }};
uniform int base;
uniform vec3 to_depth;
in float key;
out vec2 seen;

void main() {{
    int face = order[base + gl_PrimitiveID];
    if (!gl_FrontFacing && (kind_of(face) & 1) == 0) discard;
    // Affine over a plane in the picture: 1 / W, or the key itself where W is 1.
    float nearness = key * gl_FragCoord.w;
    seen = vec2(face, nearness);
    gl_FragDepth = dot(to_depth, vec3(nearness, 1.0 / gl_FragCoord.w, 1.0));
}}
"""

WHOLE_VERTEX = """
void main() {
    gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}
"""

TILE_FRAGMENT = """
uniform sampler2D keys;
out vec2 found;

void main() {
    ivec2 first = TILE * ivec2(gl_FragCoord.xy);
    float key = texelFetch(keys, first, 0).y;
    found = vec2(key);
    for (int y = 0; y < TILE; y++) for (int x = 0; x < TILE; x++) {
        key = texelFetch(keys, first + ivec2(x, y), 0).y;
        found = vec2(max(found.x, key), min(found.y, key));
    }
}
"""

AROUND_FRAGMENT = """
uniform sampler2D keys;
out vec2 found;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy), last = textureSize(keys, 0) - 1;
    found = texelFetch(keys, here, 0).xy;
    for (int y = max(here.y - 1, 0); y <= min(here.y + 1, last.y); y++)
        for (int x = max(here.x - 1, 0); x <= min(here.x + 1, last.x); x++) {
            vec2 other = texelFetch(keys, ivec2(x, y), 0).xy;
            found = vec2(max(found.x, other.x), min(found.y, other.y));
        }
}
"""


def raster_program(context: Any) -> Any:
    """Return the program that draws triangles into samples."""
    return _program(context, RASTER_VERTEX, TABLES + RASTER_FRAGMENT)


def tile_program(context: Any) -> Any:
    """Return the program that writes the greatest and least key of each tile of the light's map."""
    return _program(context, WHOLE_VERTEX, TILE_FRAGMENT)


def around_program(context: Any) -> Any:
    """Return the program that adds those of the eight tiles around each (`fast.shadow.find_tiles`)."""
    return _program(context, WHOLE_VERTEX, AROUND_FRAGMENT)


def pixel_program(context: Any, scale: int, *, channels: bool) -> Any:
    """Return the program that turns samples, `scale` a pixel in each direction, into pixels."""
    head = f"#define SCALE {scale}\n" + ("#define CHANNELS\n" if channels else "")
    return _program(context, WHOLE_VERTEX, head + TABLES + LOOK + PIXEL)


def _program(context: Any, vertex: str, fragment: str) -> Any:
    head = "#version 430 core\n"
    return context.program(vertex_shader=head + vertex, fragment_shader=head + _constants() + fragment)


def _constants() -> str:
    """Return the figures that these shaders share with the kernels of `fast`."""
    floats = {
        "AMBIENT_LEVEL": facets.AMBIENT_LEVEL,
        "DIRECT_LEVEL": facets.DIRECT_LEVEL,
        "PALE": facets.PALE,
        "GHOST_SHARE": gather.GHOST_SHARE,
        "STEP": occlusion.STEP,
        "SPREAD": shadow.SPREAD,
        "SOFTEST": shadow.SOFTEST,
        "MARGIN": shadow.MARGIN,
        "SLACK": shadow.SLACK,
        "SKY_SHARE": surface.SKY_SHARE,
        "FLOOR_REACH": surface.FLOOR_REACH,
        "GLOW": surface.GLOW,
        "DIM": surface.DIM,
    }
    whole = {"TILE": shadow.TILE, "TAPS": shadow.TAPS, "LEVELS": occlusion.LEVELS}
    lines = [f"#define {name} {value!r}" for name, value in floats.items()]
    lines += [f"#define {name} {value}" for name, value in whole.items()]
    lines.append(f"#define LIGHT vec3({', '.join(repr(float(part)) for part in LIGHT)})")
    return "\n".join(lines) + "\n"
