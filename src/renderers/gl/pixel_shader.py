"""Shader that turns samples into pixels: one surface, mostly, or shares of several, as `fast.gather` does."""

from __future__ import annotations

PIXEL = """
#define COUNT (SCALE * SCALE)

uniform ivec2 corner;
uniform ivec2 sample_count;
uniform mat4 to_places;
uniform vec4 depth_plane;
uniform float near;
uniform int face_count;
uniform vec3 background;
uniform int line;
uniform bool with_ghosts;
uniform bool with_glass;
uniform sampler2D solid;
uniform sampler2D ghosts;
uniform sampler2D glass;

layout(location = 0) out vec4 colour;
#ifdef CHANNELS
layout(location = 1) out int owner;
layout(location = 2) out float depth;
layout(location = 3) out vec4 normal;
#endif

int face_at(ivec2 at) { return int(texelFetch(solid, min(at, sample_count - 1), 0).x); }

vec4 sample_place(int vertex) { return to_places * vec4(point_at(vertex), 1.0); }

float flat_width(vec2 p, vec2 q, vec2 r) {
    vec2 e = q - p, f = r - p, g = r - q;
    float longest = max(max(dot(e, e), dot(f, f)), dot(g, g));
    return longest > 0.0 ? abs(e.x * f.y - e.y * f.x) / sqrt(longest) : 0.0;
}

// How wide what is in front of the camera of a panel's triangles is, in samples.
float width_of(int panel) {
    float widest = 0.0;
    for (int face = panel; face < face_count && panel_of(face) == panel; face++) {
        ivec3 corners = corners_of(face);
        vec4 ends[3] = vec4[](sample_place(corners.x), sample_place(corners.y), sample_place(corners.z));
        vec2 cut[4];
        int count = 0;
        for (int k = 0; k < 3; k++) {
            vec4 here = ends[k], after = ends[(k + 1) % 3];
            if (here.w >= near) cut[count++] = here.xy / here.w;
            if ((here.w >= near) != (after.w >= near))
                cut[count++] = mix(here.xy, after.xy, (near - here.w) / (after.w - here.w)) / near;
        }
        for (int k = 2; k < count; k++) widest = max(widest, flat_width(cut[0], cut[k - 1], cut[k]));
    }
    return widest;
}

// By how much a sample is darkened because another surface begins beside it (`fast.gather`).
float line_shade(ivec2 at, int here, float key) {
    float shade = 1.0;
    for (int k = 0; k < 2; k++) {
        vec2 beside = texelFetch(solid, min(at + (k == 0 ? ivec2(0, line) : ivec2(line, 0)), sample_count - 1), 0).xy;
        int there = int(beside.x);
        if (there == here) continue;
        if (there >= 0 && here >= 0) {
            if (surface_of(there) == surface_of(here)) continue;
            float wide = min(width_of(key >= beside.y ? here : there) * 0.125 / float(line), 1.0);
            float strength = 0.22 * wide;
            if (part_of(here) != part_of(there)) strength = 0.15 + 0.45 * wide;
            else if (part_of(here) < room) strength = 0.05 + 0.25 * wide;
            shade = min(shade, 1.0 - strength);
        } else {
            shade = min(shade, 0.6);
        }
    }
    return shade;
}

// The pixel that shows more than one thing, or has something beside it: the shares of all its surfaces.
vec3 mixed(ivec2 first, vec2 seen[COUNT]) {
    vec3 sum = vec3(0.0);
    int faces_seen[2 * COUNT];
    float shares[2 * COUNT], keys[2 * COUNT];
    for (int k = 0; k < COUNT; k++) {
        ivec2 at = first + ivec2(k % SCALE, k / SCALE);
        int face = int(seen[k].x);
        float rest = 1.0 / float(COUNT);
        if (line > 0) rest *= line_shade(at, face, seen[k].y);
        if (with_ghosts && face >= 0 && part_of(face) == room) {
            int ghost = int(texelFetch(ghosts, at, 0).x);
            if (ghost >= 0 && parts[part_of(ghost)].w != 0) {
                sum += rest * GHOST_SHARE * colour_of(look_of(ghost));
                rest *= 1.0 - GHOST_SHARE;
            }
        }
        vec2 pane = with_glass ? texelFetch(glass, at, 0).xy : vec2(-1.0, 0.0);
        float behind = pane.x >= 0.0 ? rest * (1.0 - opacity_of(look_of(int(pane.x)))) : rest;
        if (face < 0) sum += behind * background;
        faces_seen[2 * k] = face;
        keys[2 * k] = seen[k].y;
        shares[2 * k] = behind;
        faces_seen[2 * k + 1] = int(pane.x);
        keys[2 * k + 1] = pane.y;
        shares[2 * k + 1] = rest - behind;
    }
    // One look at each surface is enough: the first sample of it takes the shares of the others.
    for (int k = 0; k < 2 * COUNT; k++) {
        int face = faces_seen[k];
        if (face < 0) continue;
        float share = shares[k];
        for (int other = k + 1; other < 2 * COUNT; other++) {
            if (faces_seen[other] >= 0 && surface_of(faces_seen[other]) == surface_of(face)) {
                share += shares[other];
                faces_seen[other] = -1;
            }
        }
        sum += share * look_at(face, vec2(first + ivec2(k / 2 % SCALE, k / 2 / SCALE)) + 0.5, keys[k]);
    }
    return sum;
}

#ifdef CHANNELS
void write_channels(ivec2 first) {
    ivec2 at = first + SCALE / 2;
    vec2 seen = texelFetch(solid, at, 0).xy;
    if (with_glass) {
        vec2 pane = texelFetch(glass, at, 0).xy;
        if (pane.x >= 0.0) seen = pane;
    }
    int face = int(seen.x);
    owner = -1;
    depth = uintBitsToFloat(0x7f800000u);
    normal = vec4(0.0);
    if (face >= 0) {
        owner = parts[part_of(face)].z;
        depth = dot(depth_plane.xyz, place_of(vec2(at) + 0.5, seen.y).xyz) + depth_plane.w;
        normal = vec4(normal_of(face), 0.0);
    }
}
#endif

void main() {
    ivec2 first = SCALE * (ivec2(gl_FragCoord.xy) - corner);
    vec2 seen[COUNT];
    bool is_cut = false;
    for (int k = 0; k < COUNT; k++) seen[k] = texelFetch(solid, first + ivec2(k % SCALE, k / SCALE), 0).xy;
    int face = int(seen[0].x);
    // A sample counts as cut where the one to its right or below it differs, one step or a line's width away.
    for (int k = 0; k < SCALE; k++) {
        for (int off = 1; off <= max(line, 1); off++) {
            is_cut = is_cut || face_at(first + ivec2(SCALE - 1 + off, k)) != face;
            is_cut = is_cut || face_at(first + ivec2(k, SCALE - 1 + off)) != face;
        }
    }
    for (int k = 0; k < COUNT; k++) {
        ivec2 at = first + ivec2(k % SCALE, k / SCALE);
        is_cut = is_cut || int(seen[k].x) != face;
        is_cut = is_cut || (with_glass && texelFetch(glass, at, 0).x >= 0.0);
        is_cut = is_cut || (with_ghosts && texelFetch(ghosts, at, 0).x >= 0.0);
    }
    vec3 sum = background;
    if (is_cut) sum = mixed(first, seen);
    else if (face >= 0) sum = look_at(face, vec2(first) + 0.5 * float(SCALE), 0.5 * (seen[0].y + seen[COUNT - 1].y));
    colour = vec4(floor(min(sum, vec3(255.0)) + 0.5) / 255.0, 1.0);
#ifdef CHANNELS
    write_channels(first);
#endif
}
"""
