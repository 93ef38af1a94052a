"""Write docs/speed.md and its figure from benchmarks/results/speed.json: ``python -m benchmarks.speed.page``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "speed.json"
PAGE = ROOT / "docs" / "speed.md"
PICTURE = ROOT / "docs" / "pictures" / "speed_growth.svg"

COLOURS = ("#1f6f9f", "#b3541e", "#3f7d3a", "#7a4b94", "#a3334d", "#5a5a5a", "#0f766e", "#8a6d00")
DASHES = ("", "7 3", "2 3")


def main() -> None:
    """Write the page and the figure."""
    given = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text(speed_page(given), encoding="utf-8")
    PICTURE.write_text(growth_figure(given["figures"]), encoding="utf-8")


def speed_page(given: Mapping[str, Any]) -> str:
    """Return docs/speed.md."""
    ratios, figures = given["ratios"], given["figures"]
    machine = figures["machine"]
    sizes = _sizes(figures)
    parts = figures["physics_parts_us_per_scene"]
    lines = [
        "# Speed",
        "",
        "Made by `python -m benchmarks.speed --only geometry --only physics --only components --only pictures "
        "--only renderers --json benchmarks/results/speed.json` and `python -m benchmarks.speed.page`. "
        f"Machine: {machine['processor']}, {machine['cores']} cores, Python "
        f"{machine['python']}, NumPy {machine['packages']['numpy']}, Numba {machine['packages']['numba']}; everything "
        "on one thread unless said otherwise. Times are medians of calls that take turns, those of `physics`, of "
        "components and of pictures in seconds of that thread's work.",
        "",
        "## `physics` and the published check",
        "",
        "1,000 scenes of 12 objects. The published check (collisions of all pairs, relations) is written in plain "
        "Python (`benchmarks/speed/published.py`). Ours is all four parts of `physics` for every object: collision, "
        "boundary, support and constraint, by {py:class}`~spatialenv.core.packed.PackedScenes` from arrays of centres "
        "and yaws.",
        "",
        "| | published, plain | ours | ratio |",
        "| --- | --- | --- | --- |",
        f"| each from its own input | {figures['published_published_plain_us_per_scene']:.0f} us a scene | "
        f"{figures['published_ours_us_per_scene']:.2f} us a scene | "
        f"**{ratios['physics_vs_published_plain']:.0f}** |",
        "| from layouts: the check reads them, the reward makes arrays and scores with details | "
        f"{figures['published_published_plain_from_layouts_us_per_scene']:.0f} us a scene | "
        f"{figures['published_ours_from_layouts_us_per_scene']:.1f} us a scene | "
        f"{ratios['physics_reward_vs_published_plain']:.1f} |",
        "",
        "```python",
        "import numpy as np",
        "from spatialenv.core.packed import pack",
        "from spatialenv.tasks import make_tasks",
        "",
        'scenes = [make_tasks("easy").sample(seed) for seed in range(64)]',
        "packed = pack(scenes)  # once; the layouts come as arrays",
        "centers = np.random.default_rng(0).uniform(0, 4, (*packed.mask.shape, 3))",
        "values, shares = packed.physics(centers)  # of each layout and of each object; yaws and a mask may be given",
        "found = packed.measure(centers)  # found.collision, found.boundary, found.support, found.constraint, ...",
        "```",
        "",
        "Of ours, alone: " + ", ".join(f"{name} {value:.2f} us" for name, value in parts.items()) + ".",
        "",
        "Against a loop over shapely (shared volumes and volumes outside the room, half of the boxes turned): "
        f"{ratios['physics_vs_shapely_loop']:.0f} times as fast.",
        "",
        "## Components",
        "",
        "Microseconds a scene in one batch, from transitions whose arrays are made, with values by object and "
        "details; furnished rooms of 12 objects with a door and a window, and larger ones at the same floor density "
        "(12 objects to 30 m2). *Growth* is the k of the n^k fitted between "
        f"{sizes[0]} and {sizes[-1]} objects; *from 50* leaves out the smaller rooms, where what each call costs "
        "anyway hides growth. `physics from arrays` is the value of `physics` from centres and yaws over packed "
        "scenes.",
        "",
        "| component | 12 | " + " | ".join(map(str, sizes)) + " | growth | from 50 |",
        "| --- | --- | " + " | ".join("---" for _ in sizes) + " | --- | --- |",
    ]
    for name, times in figures["growth_us_per_scene"].items():
        row = [_us(figures["component_us_per_scene"][name]), *(_us(times[str(n)]) for n in sizes)]
        row += [f"{figures[key][name]:.2f}" for key in ("growth_exponent", "growth_exponent_from_50")]
        lines.append(f"| `{name}` | {' | '.join(row)} |")
    lines += [
        "",
        "![Microseconds a scene by number of objects, both axes logarithmic](pictures/speed_growth.svg)",
        "",
        "## Apart from these",
        "",
        "Rewards that simulate or cut meshes, and presets that reproduce public definitions as they are; 12 objects.",
        "",
        "| reward | | us a scene |",
        "| --- | --- | --- |",
    ]
    for title, key in (
        ("simulation", "simulated_us_per_scene"),
        ("meshes", "mesh_us_per_scene"),
        ("definition", "definition_us_per_scene"),
    ):
        lines += [f"| `{name}` | {title} | {_us(value)} |" for name, value in figures[key].items()]
    if "pictures_stages_ms" in figures:  # where that section was measured too
        lines += _pictures(ratios, figures)
    if "renderers_ms" in figures:
        lines += _renderers(ratios, figures)
    return "\n".join(lines) + "\n"


def _pictures(ratios: Mapping[str, float], figures: Mapping[str, Any]) -> list[str]:
    """Return the section on the renderer `fast`."""
    stages = figures["pictures_stages_ms"]
    names = ("assembly", "raster", "shadow", "occlusion", "shading", "channels", "labels")
    threads = list(next(iter(figures["pictures_batch_ms"].values())))
    lines = [
        "",
        "## Pictures",
        "",
        "The renderer `fast` from the corner camera, with shadows, ambient occlusion, edges and textures, four samples "
        "a pixel; one picture by one thread. Milliseconds.",
        "",
        "Against PyBullet's TinyRenderer with shadows, 12 objects at 256 x 256:",
        "",
        "| drawn here | drawn by TinyRenderer | ours | TinyRenderer's | ratio |",
        "| --- | --- | --- | --- | --- |",
    ]
    for here, there, ours, theirs, ratio in (
        ("boxes", "boxes", "fast", "tinyrenderer", "fast_vs_tinyrenderer"),
        ("furniture", "the same meshes", "fast_furniture", "tinyrenderer_furniture", "fast_furniture_vs_tinyrenderer"),
        ("furniture", "boxes", "fast_furniture", "tinyrenderer", "fast_furniture_vs_tinyrenderer_boxes"),
    ):
        times = [f"{figures[f'pictures_{name}_ms']:.1f}" for name in (ours, theirs)]
        lines.append(f"| {here} | {there} | {' | '.join(times)} | **{ratios[ratio]:.1f}** |")
    lines += [
        "",
        "By stage, without labels but for the last two columns. *Assembly*: meshes put in their places; *raster*: what "
        "each sample sees; *shadow*, *occlusion*: the light's map and the sky's field, and asking them; *shading*: "
        "colours, textures, lines; *channels*: depth, ids and normals, where asked for; *labels*: text and axes. "
        "What the stages miss of the whole picture is spent between them.",
        "",
        f"| objects | triangles | {' | '.join(names)} | bare picture | labelled picture |",
        f"| --- | {' | '.join('---' for _ in names)} | --- | --- | --- |",
    ]
    for case, found in stages.items():
        row = [f"{found[name]:.2f}" for name in names]
        row += [f"{figures[f'pictures_{name}_ms'][case]:.1f}" for name in ("bare", "labelled")]
        lines.append(f"| {case} | {figures['pictures_triangles'][case]:,} | {' | '.join(row)} |")
    lines += [
        "",
        "`render_batch` divides the pictures of a batch among threads; milliseconds a picture, bare, 16 scenes.",
        "",
        "| objects | " + " | ".join(f"{n} thread{'s' if n != '1' else ''}" for n in threads) + " |",
        f"| --- | {' | '.join('---' for _ in threads)} |",
    ]
    for case, found in figures["pictures_batch_ms"].items():
        lines.append(f"| {case} | {' | '.join(f'{found[n]:.2f}' for n in threads)} |")
    return lines


def _renderers(ratios: Mapping[str, float], figures: Mapping[str, Any]) -> list[str]:
    """Return the section on all renderers and on Blender."""
    by_name = figures["renderers_ms"]
    sides = list(next(iter(by_name.values())))
    lines = [
        "",
        "## All renderers, and Blender",
        "",
        "12 pieces of furniture from the corner camera, with shadows, one picture at a time on a machine without a "
        "graphics card: `gl` by Mesa's software renderer, Blender by Cycles on one thread (`blender`: 4 samples, "
        "denoised). Milliseconds a picture by the clock on the wall. On a graphics card: not measured.",
        "",
        "| renderer | " + " | ".join(f"{side} x {side}" for side in sides) + " |",
        f"| --- | {' | '.join('---' for _ in sides)} |",
    ]
    for name, times in by_name.items():
        lines.append(f"| `{name}` | {' | '.join(f'{times[side]:,.1f}' for side in sides)} |")
    for name, why in figures["renderers_left_out"].items():
        lines.append(f"| `{name}` | {' | '.join(['not measured'] * len(sides))} ({why}) |")
    lines += [
        "",
        "Against Blender at 256 x 256, in turns. A process a picture goes the way of the code published with "
        "MetaSpatial: start Python, import bpy, read a GLB file for each object, save the .blend, draw, write a PNG. "
        "Its pictures are 800 x 800 by EEVEE there, and 256 x 256 by Cycles with 4 samples here, which is less work "
        "(`benchmarks/speed/one_process.py`).",
        "",
        "| | ms a picture | times `fast` |",
        "| --- | --- | --- |",
        f"| `fast` | {figures['renderers_fast_ms']:.1f} | |",
        f"| a Blender process that stays (`blender`) | {figures['renderers_blender_ms']:.0f} | "
        f"**{ratios['fast_vs_blender']:.0f}** |",
        f"| a Blender process a picture | {figures['renderers_blender_process_ms']:.0f} | "
        f"**{ratios['fast_vs_blender_process']:.0f}** |",
        "",
        f"The first picture of a fresh Blender process takes {figures['renderers_blender_first_ms']:.0f} ms.",
    ]
    return lines


def growth_figure(figures: Mapping[str, Any]) -> str:
    """Return the times by numbers of objects as an SVG with logarithmic axes."""
    left, right, top, bottom = 62.0, 560.0, 20.0, 380.0
    growth, sizes = figures["growth_us_per_scene"], _sizes(figures)
    values = [value for times in growth.values() for value in times.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: float) -> float:
        return left + (right - left) * (math.log10(size) - first) / (last - first)

    def y(value: float) -> float:
        return bottom - (bottom - top) * (math.log10(value) - low) / (high - low)

    parts = ['<rect width="860" height="430" fill="#ffffff"/>']
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{left} {at:.1f} H{right}" stroke="#dddddd"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    parts += [f'<text x="{x(size):.1f}" y="{bottom + 18}" text-anchor="middle">{size}</text>' for size in sizes]
    for k, (name, times) in enumerate(growth.items()):
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[k // len(COLOURS) % len(DASHES)]
        points = " ".join(f"{x(size):.1f},{y(times[str(size)]):.1f}" for size in sizes)
        style = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        parts.append(f'<polyline points="{points}" fill="none" {style}/>')
        row = top + 6 + 22 * k
        parts.append(f'<path d="M{right + 20} {row} h26" {style}/>')
        label = f"{name}, n^{figures['growth_exponent'][name]:.2f}"
        parts.append(f'<text x="{right + 52}" y="{row + 4}">{label}</text>')
    title = "Microseconds a scene by number of objects at constant floor density"
    parts.append(f'<text x="{left}" y="{bottom + 40}">{title}</text>')
    body = "\n".join(parts)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 430" font-family="sans-serif" font-size="13" '
        f'role="img"><title>{title}</title>\n{body}\n</svg>\n'
    )


def _sizes(figures: Mapping[str, Any]) -> list[int]:
    """Return the numbers of objects that growth was measured at, ascending."""
    return sorted({int(size) for times in figures["growth_us_per_scene"].values() for size in times})


def _us(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


if __name__ == "__main__":
    main()
