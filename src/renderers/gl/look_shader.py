"""Shader functions: the colour of a triangle at a place, by the formulas of `fast` (`facets`, `shading`, `surface`)."""

from __future__ import annotations

LOOK = """
layout(std430, binding = 2) readonly buffer Corners { float corner_data[]; };
layout(std430, binding = 5) readonly buffer Parts { ivec4 parts[]; };
layout(std430, binding = 6) readonly buffer Sky { float sky[]; };
layout(std430, binding = 7) readonly buffer Texels { uint texels[]; };

uniform mat4 to_world;
uniform vec4 eye;
uniform float pixel;
uniform int room;
uniform mat4 to_light;
uniform mat3 light_axes;
uniform float light_cell;
uniform int light_side;
uniform sampler2D light_keys;
uniform sampler2D light_tiles;
uniform vec4 sky_place;
uniform ivec2 sky_size;

vec3 colour_of(int look) { return intBitsToFloat(materials[3 * look].xyz); }
float opacity_of(int look) { return intBitsToFloat(materials[3 * look].w); }

vec3 towards_eye(vec3 place) { return eye.xyz - eye.w * place; }

float soft_light(vec2 at, float base, vec2 slope, float radius) {
    int blocked = 0;
    float size = 2.0 * radius / float(TAPS);
    for (int i = 0; i < TAPS; i++) {
        int y = max(int(at.y - radius + (float(i) + 0.5) * size), 0);
        float level = base + slope.y * (float(y) + 0.5 - at.y) + slope.x * (0.5 - at.x);
        for (int j = 0; j < TAPS; j++) {
            int x = max(int(at.x - radius + (float(j) + 0.5) * size), 0);
            blocked += int(texelFetch(light_keys, ivec2(x, y), 0).y > level + slope.x * float(x));
        }
    }
    return 1.0 - float(blocked) / float(TAPS * TAPS);
}

float sharp_light(vec2 at, float base, vec2 slope) {
    ivec2 cell = max(ivec2(at - 0.5), ivec2(0));
    vec2 off = at - 0.5 - vec2(cell);
    // The key that the surface itself would have at the middle of a cell, `base` being that at the point.
    float level = base - dot(slope, off);
    vec4 hit;
    for (int k = 0; k < 4; k++) {
        ivec2 next = ivec2(k & 1, k >> 1);
        hit[k] = float(texelFetch(light_keys, cell + next, 0).y > level + dot(slope, vec2(next)));
    }
    return 1.0 - mix(mix(hit.x, hit.y, off.x), mix(hit.z, hit.w, off.x), off.y);
}

float light_at(vec3 place, vec2 slope) {
    vec3 at = (to_light * vec4(place, 1.0)).xyz;
    float edge = float(TILE), far = float(light_side - TILE);
    if (!(at.x > edge && at.y > edge && at.x < far && at.y < far)) return 1.0;
    float tilt = abs(slope.x) + abs(slope.y);
    float base = at.z + SLACK + 0.3 * tilt;
    vec2 around = texelFetch(light_tiles, ivec2(at.xy) / TILE, 0).xy;
    if (around.y > base + MARGIN * tilt) return 0.0;
    if (around.x <= base - MARGIN * tilt) return 1.0;
    float radius = min(SPREAD * (around.x - base) / light_cell, SOFTEST);
    return radius > 1.0 ? soft_light(at.xy, base, slope, radius) : sharp_light(at.xy, base, slope);
}

float sky_value(ivec2 cell, int level) { return sky[(cell.y * sky_size.x + cell.x) * LEVELS + level]; }

float sky_level(ivec2 cell, vec2 off, int level) {
    float upper = mix(sky_value(cell, level), sky_value(cell + ivec2(1, 0), level), off.x);
    float lower = mix(sky_value(cell + ivec2(0, 1), level), sky_value(cell + ivec2(1, 1), level), off.x);
    return mix(upper, lower, off.y);
}

float hidden_at(vec3 place) {
    vec2 at = vec2(place.x - sky_place.x, sky_place.y - place.y) / sky_place.z - 0.5;
    at = clamp(at, vec2(0.0), vec2(sky_size) - 1.001);
    float rise = clamp(place.z / STEP, 0.0, float(LEVELS) - 1.001);
    ivec2 cell = ivec2(at);
    int level = int(rise);
    vec2 off = at - vec2(cell);
    return mix(sky_level(cell, off, level), sky_level(cell, off, level + 1), rise - float(level));
}

bool is_outside(vec3 place) {
    ivec2 cell = ivec2(floor(vec2(place.x - sky_place.x, sky_place.y - place.y) / sky_place.z));
    if (any(lessThan(cell, ivec2(0))) || any(greaterThanEqual(cell, sky_size))) return true;
    return sky[sky_size.x * sky_size.y * LEVELS + cell.y * sky_size.x + cell.x] > 0.5;
}

vec3 texel(int start, int width, int x, int y) { return unpackUnorm4x8(texels[start + y * width + x]).rgb; }

vec3 texture_at(int look, vec2 uv, float density) {
    ivec4 place = materials[3 * look + 2];
    int start = place.x, width = place.y, height = place.z, level = 0;
    while (density > 1.4 && level < place.w - 1) {
        start += width * height;
        width = max(width >> 1, 1);
        height = max(height >> 1, 1);
        density *= 0.5;
        level++;
    }
    vec2 at = vec2((uv.x - floor(uv.x)) * float(width), (ceil(uv.y) - uv.y) * float(height)) - 0.5;
    ivec2 first = ivec2(floor(at));
    vec2 off = at - vec2(first);
    ivec2 wrap = ivec2(width, height) - 1, low = first & wrap, high = (first + 1) & wrap;
    return mix(
        mix(texel(start, width, low.x, low.y), texel(start, width, high.x, low.y), off.x),
        mix(texel(start, width, low.x, high.y), texel(start, width, high.x, high.y), off.x), off.y
    );
}

// Brightness in full light, brightness without, and share of white, at one corner of a triangle.
vec3 corner_light(int face, int corner, vec3 place, float side, bool of_room, vec2 pose, float shine, float metallic) {
    int at = 15 * face + 3 * corner;
    vec3 local = vec3(corner_data[at], corner_data[at + 1], corner_data[at + 2]);
    vec3 normal = side * vec3(pose.x * local.x - pose.y * local.y, pose.y * local.x + pose.x * local.y, local.z);
    float facing = max(dot(normal, LIGHT), 0.0);
    float ambient = AMBIENT_LEVEL + 0.06 * normal.x + 0.05 * normal.z;
    if (of_room) ambient = max(ambient, PALE - DIRECT_LEVEL * facing);
    float gloss = 0.0;
    if (shine > 0.02 || metallic > 0.0) {
        // What the surface mirrors: the sky above, the ground below, and the light itself.
        vec3 view = normalize(towards_eye(place));
        vec3 mirrored = 2.0 * dot(normal, view) * normal - view;
        float straight = max(dot(mirrored, LIGHT), 0.0);
        float spot = straight > 0.0 ? pow(straight, 6.0 + 60.0 * shine) : 0.0;
        gloss = (0.04 + 0.3 * metallic) * shine * (0.5 + 0.5 * mirrored.z) + 0.5 * shine * spot;
        ambient += metallic * (0.22 * mirrored.z - 0.06);
    }
    return vec3(DIRECT_LEVEL * facing, ambient, gloss);
}

vec3 normal_of(int face) {
    ivec3 corners = corners_of(face);
    vec3 first = point_at(corners.x);
    vec3 normal = cross(point_at(corners.y) - first, point_at(corners.z) - first);
    float area = length(normal);
    normal = area > 0.0 ? normal / area : vec3(0.0, 0.0, 1.0);
    return dot(normal, towards_eye(first)) < 0.0 ? -normal : normal;
}

// Where a sample is in the world, and W.
vec4 place_of(vec2 at, float key) {
    vec4 place = to_world * vec4(at, key, 1.0);
    return vec4(place.xyz, 1.0) / place.w;
}

// The colour, 0 to 255, of triangle `face` where the sample at `at` with depth key `key` sees it.
vec3 look_at(int face, vec2 at, float key) {
    vec4 seen = place_of(at, key);
    vec3 place = seen.xyz;
    int look = look_of(face), part = part_of(face);
    bool of_room = part == room;
    ivec3 corners = corners_of(face);
    vec3 p = point_at(corners.x), q = point_at(corners.y), r = point_at(corners.z);
    vec3 e = q - p, f = r - p, normal = cross(e, f);
    float area = length(normal), scale = area > 0.0 ? 1.0 / area : 0.0;
    normal *= scale;
    float towards = dot(normal, normalize(towards_eye(p)));
    float side = towards >= 0.0 ? 1.0 : -1.0;
    // Gradients of the second and third corner's weight, and these weights here.
    vec3 second = cross(f, normal) * scale, third = cross(normal, e) * scale;
    vec2 weight = vec2(dot(second, place - p), dot(third, place - p));
    normal *= side;

    vec4 traits = intBitsToFloat(materials[3 * look + 1]);
    float shine = (1.0 - traits.x) * (1.0 - traits.x);
    vec2 pose = intBitsToFloat(parts[part].xy);
    vec3 a = corner_light(face, 0, p, side, of_room, pose, shine, traits.y);
    vec3 b = corner_light(face, 1, q, side, of_room, pose, shine, traits.y);
    vec3 c = corner_light(face, 2, r, side, of_room, pose, shine, traits.y);
    vec3 light = a + weight.x * (b - a) + weight.y * (c - a);
    float lit = max(light.x, 0.0), bright = light.y, white = max(light.z, 0.0);

    if (light_side > 0 && lit > DIM) {
        float steep = max(dot(normal, LIGHT), 0.05);
        vec2 slope = -light_cell * vec2(dot(normal, light_axes[0]), dot(normal, light_axes[1])) / steep;
        lit *= light_at(place, slope);
    }
    if (sky_size.x > 0) {
        float share = SKY_SHARE;
        if (of_room && normal.z > 0.5 && is_outside((p + q + r) / 3.0)) share = 0.0;
        vec3 push = sky_place.w * vec3(normal.xy, of_room ? 0.0 : max(normal.z, 0.0));
        float low = max(1.0 - max(place.z, 0.0) / FLOOR_REACH, 0.0);
        float free = (1.0 - share * hidden_at(place + push)) * (1.0 - (1.0 - abs(normal.z)) * 0.22 * low * low);
        bright *= free;
        lit *= 0.5 + 0.5 * free;
        white *= free;
    }
    bright += lit;
    bright += traits.z * max(GLOW - bright, 0.0);
    vec3 colour = colour_of(look);
    if (materials[3 * look + 2].x >= 0) {
        int at = 15 * face + 9;
        vec2 first = vec2(corner_data[at], corner_data[at + 1]);
        vec2 one = vec2(corner_data[at + 2], corner_data[at + 3]) - first;
        vec2 two = vec2(corner_data[at + 4], corner_data[at + 5]) - first;
        float wide = length(one.x * second + two.x * third) * float(materials[3 * look + 2].y);
        float high = length(one.y * second + two.y * third) * float(materials[3 * look + 2].z);
        // Seen at a slant, one direction shrinks; half of that is made up for.
        float density = max(wide, high) / sqrt(max(abs(towards), 0.05));
        colour *= texture_at(look, first + weight.x * one + weight.y * two, density * seen.w * pixel);
    }
    return min(colour * bright + 255.0 * white, vec3(255.0));
}
"""
