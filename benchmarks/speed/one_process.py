"""One picture by one Blender process: run by Blender's Python for `benchmarks.speed.blender`, once for each picture.

It goes the way that the code published with MetaSpatial goes (a Python process that imports bpy, reads a GLB file for
each object, puts it in its place, saves the .blend and draws a PNG), but asks less of Blender: pictures of the size and
the samples that it is given, instead of 800 x 800 by EEVEE, which needs a graphics card.

    python one_process.py JOB.json

The job holds `size`, `samples`, `blend`, `png`, `camera` (`matrix`, `angle`), `room` (length, width, height) and
`objects`: for each the path of its GLB file and its matrix, rows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
from mathutils import Matrix


def main(path: str) -> None:
    """Draw the picture of a job."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    for item in job["objects"]:
        bpy.ops.object.select_all(action="DESELECT")
        bpy.ops.import_scene.gltf(filepath=item["glb"])
        for imported in list(bpy.context.selected_objects):
            if imported.parent is None:
                imported.matrix_world = Matrix(item["matrix"]) @ imported.matrix_world
    _add_room(scene, job["room"])
    data = bpy.data.lights.new("sun", "SUN")
    data.energy = 3.0
    light = bpy.data.objects.new("sun", data)
    light.rotation_euler = (0.6, 0.5, 0.0)
    scene.collection.objects.link(light)
    lens = bpy.data.cameras.new("camera")
    lens.angle = job["camera"]["angle"]
    camera = bpy.data.objects.new("camera", lens)
    camera.matrix_world = Matrix(job["camera"]["matrix"])
    scene.collection.objects.link(camera)
    scene.camera = camera
    bpy.ops.wm.save_as_mainfile(filepath=job["blend"], check_existing=False)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = job["samples"]
    scene.cycles.use_denoising = True
    scene.render.threads_mode = "FIXED"
    scene.render.threads = 1
    scene.render.resolution_x, scene.render.resolution_y = job["size"]
    scene.render.filepath = job["png"]
    bpy.ops.render.render(write_still=True)


def _add_room(scene: bpy.types.Scene, room: list[float]) -> None:
    """Add a floor and the two walls that a picture from the corner shows."""
    length, width, height = room
    corners = [
        (0, 0, 0), (length, 0, 0), (length, width, 0), (0, width, 0), (length, 0, height), (length, width, height),
        (0, width, height),
    ]  # fmt: skip
    mesh = bpy.data.meshes.new("room")
    mesh.from_pydata(corners, [], [(0, 1, 2, 3), (1, 4, 5, 2), (3, 2, 5, 6)])
    scene.collection.objects.link(bpy.data.objects.new("room", mesh))


if __name__ == "__main__":
    main(sys.argv[1])
