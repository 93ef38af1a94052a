"""What draws in a context of OpenGL: buffers, samples, the light's map, and pixels.

All of it belongs to the thread in which the context is current.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import FloatArray
from spatialenv.renderers.base import Picture
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.fast.picture import BACKGROUND, lens_of, line_width
from spatialenv.renderers.fast.raster import EMPTY_KEY
from spatialenv.renderers.fast.stage import Light, Stage
from spatialenv.renderers.gl import shaders
from spatialenv.renderers.gl.device import close_context, open_context, read_device
from spatialenv.renderers.gl.surfaces import Grid, Kept, LightMap, Samples, Sheet
from spatialenv.renderers.gl.tables import Span, Tables, lay_textures
from spatialenv.renderers.gl.textures import Textures
from spatialenv.renderers.gl.views import light_cells, light_of, view_of

DEPTH_TEST = 2
"""Flag of moderngl."""

FIRST_BYTES = 1 << 16
"""Bytes of each buffer at first."""


class Job(NamedTuple):
    """The pictures of one scene.

    Attributes:
        stage: The scene.
        tables: Its triangles, the room's for each of `cameras`.
        cameras: What takes the pictures, all of one size.
    """

    stage: Stage
    tables: Tables
    cameras: tuple[Camera, ...]


class Style(NamedTuple):
    """How pictures are drawn.

    Attributes:
        scale: Samples a pixel in each direction.
        shadows: Whether objects cast shadows.
        edges: Whether lines are drawn where surfaces meet.
        channels: Whether `Drawn` has more than pictures.
    """

    scale: int
    shadows: bool
    edges: bool
    channels: bool


class Drawn(NamedTuple):
    """One picture, and, where asked for, what `Frames` says of it."""

    picture: Picture
    ids: npt.NDArray[np.int32] | None = None
    depth: npt.NDArray[np.float32] | None = None
    normals: npt.NDArray[np.float32] | None = None


class Painter:
    """Draws pictures on one EGL device.

    Args:
        index: Which of EGL's devices.
        memory_mb: About how much of the device's memory pictures in the making may take.
    """

    def __init__(self, index: int, memory_mb: int) -> None:
        self._context = open_context(index)
        try:
            self._prepare(memory_mb << 20)
        except BaseException:
            close_context(self._context)
            raise

    def _prepare(self, most_bytes: int) -> None:
        context = self._context
        self.device = read_device(context)
        self._most_bytes = most_bytes
        self._side = int(context.info["GL_MAX_TEXTURE_SIZE"])
        self._kept = Kept(context, most_bytes)
        self._textures = Textures(context)
        self._raster = shaders.raster_program(context)
        self._tiles = shaders.tile_program(context)
        self._around = shaders.around_program(context)
        self._tile_pass = context.vertex_array(self._tiles, [])
        self._around_pass = context.vertex_array(self._around, [])
        self._pixel_passes: dict[tuple[int, bool], tuple[Any, Any]] = {}
        self._buffers = {number: context.buffer(reserve=FIRST_BYTES) for number in range(shaders.TEXELS)}
        self._drawn = context.buffer(reserve=FIRST_BYTES)
        self._triangles = context.vertex_array(
            self._raster, [(self._buffers[shaders.POINTS], "3f", "place")], index_buffer=self._drawn
        )
        context.front_face = "cw"  # rows run down
        context.depth_func = ">"

    def release(self) -> None:
        """Free all; the painter draws no more."""
        self._kept.release()
        self._textures.release()
        close_context(self._context)

    def draw(self, jobs: Sequence[Job], style: Style) -> list[list[Drawn]]:
        """Return the pictures of each job; all have one size."""
        pictures = [(job, index) for job in jobs for index in range(len(job.cameras))]
        size = jobs[0].cameras[0].size
        step = Grid.most(size, self._side, self._most_bytes // 2, style.channels)
        drawn: list[Drawn] = []
        loaded: Job | None = None
        light: tuple[Light, LightMap] | None = None
        for start in range(0, len(pictures), step):
            part = pictures[start : start + step]
            grid = Grid(size, len(part), self._side)
            sheet = self._kept.sheet(grid, style.channels)
            for number, (job, index) in enumerate(part):
                if job is not loaded:
                    self._load(job.tables)
                    has_light = style.shadows and len(job.stage.objects.corners) > 0
                    light = self._cast_light(job, max(size)) if has_light else None
                    loaded = job
                self._draw_picture(job, index, light, style, sheet, grid.corner(number))
            drawn += _read(sheet, grid, style.channels)
        taken = iter(drawn)
        return [[next(taken) for _ in job.cameras] for job in jobs]

    def _load(self, tables: Tables) -> None:
        """Put a scene's triangles on the device."""
        places = self._textures.find(texture for _, texture in tables.textures)
        given = {
            shaders.POINTS: tables.points,
            shaders.FACES: tables.faces,
            shaders.CORNERS: tables.corners,
            shaders.ORDER: tables.order,
            shaders.MATERIALS: lay_textures(tables, places),
            shaders.PARTS: tables.parts,
            shaders.SKY: tables.sky,
        }
        for number, array in given.items():
            _fill(self._buffers[number], array)
            self._buffers[number].bind_to_storage_buffer(number)
        self._textures.buffer.bind_to_storage_buffer(shaders.TEXELS)
        _fill(self._drawn, tables.drawn)

    def _draw_triangles(self, spans: Sequence[tuple[int, int]]) -> None:
        for first, count in spans:
            if count:
                self._raster["base"] = first
                self._triangles.render(vertices=3 * count, first=3 * first)

    def _look_through(self, matrix: FloatArray, size: tuple[int, int], near: float, points: FloatArray) -> None:
        view = view_of(matrix, size, near, points)
        _set_matrix(self._raster, "to_clip", view.to_clip)
        self._raster["to_key"] = tuple(view.to_key)
        self._raster["to_depth"] = tuple(view.to_depth)

    def _cast_light(self, job: Job, side: int) -> tuple[Light, LightMap]:
        points = job.stage.objects.points
        light, cells = light_of(points, side), light_cells(side)
        found = self._kept.light(cells)
        self._look_through(light.matrix, (cells, cells), 0.5, points)
        self._context.enable_only(DEPTH_TEST)
        found.cells.use()
        found.cells.clear(-1.0, EMPTY_KEY, depth=0.0)
        self._draw_triangles([_solid(job.tables.spans[0])])
        self._context.enable_only(0)
        for texture, program, run, target in (
            (found.keys, self._tiles, self._tile_pass, found.tiles),
            (found.tile_keys, self._around, self._around_pass, found.around),
        ):
            texture.use(0)
            program["keys"] = 0
            target.use()
            run.render(vertices=3)
        return light, found

    def _draw_samples(self, job: Job, index: int, scale: int) -> tuple[Samples, bool, bool]:
        camera, spans = job.cameras[index], (job.tables.spans[0], job.tables.spans[index + 1])
        size = (camera.size[0] * scale, camera.size[1] * scale)
        samples = self._kept.samples(size)
        with_ghosts, with_glass = len(job.stage.strays) > 0, any(span.glass for span in spans)
        # Of other cameras' rooms nothing is asked, so that a picture does not depend on what else is drawn.
        points = np.concatenate([job.tables.points[span.first_point :][: span.points] for span in spans])
        self._look_through(lens_of(camera, scale).matrix, size, camera.near, points.astype(np.float64))
        self._context.enable_only(DEPTH_TEST)
        if with_ghosts:
            samples.clear("ghosts")
            self._draw_triangles([_solid(spans[0])])
        samples.clear("solid")
        self._draw_triangles([_solid(span) for span in spans])
        if with_glass:
            samples.clear("glass", keep_depth=True)
            self._draw_triangles([_glass(span) for span in spans])
        self._context.enable_only(0)
        return samples, with_ghosts, with_glass

    def _draw_picture(
        self, job: Job, index: int, light: tuple[Light, LightMap] | None, style: Style, sheet: Sheet,
        corner: tuple[int, int],
    ) -> None:  # fmt: skip
        camera = job.cameras[index]
        samples, with_ghosts, with_glass = self._draw_samples(job, index, style.scale)
        program, run = self._pixel_pass(style)
        _set_view(program, job, camera, style)
        program["corner"] = corner
        program["with_ghosts"], program["with_glass"] = with_ghosts, with_glass
        textures = {"solid": samples.texture("solid")}
        if with_ghosts:
            textures["ghosts"] = samples.texture("ghosts")
        if with_glass:
            textures["glass"] = samples.texture("glass")
        program["light_side"] = 0
        if light is not None:
            program["light_side"], program["light_cell"] = light[1].keys.width, light[0].cell
            _set_matrix(program, "to_light", light[0].matrix)
            _set_matrix(program, "light_axes", light[0].axes.T)
            textures |= {"light_keys": light[1].keys, "light_tiles": light[1].around_keys}
        for unit, name in enumerate(("solid", "ghosts", "glass", "light_keys", "light_tiles")):
            # What is not asked may be any texture, but must be one.
            textures.get(name, textures["solid"]).use(unit)
            program[name] = unit
        sheet.frame.use()
        sheet.frame.viewport = (*corner, *camera.size)
        run.render(vertices=3)

    def _pixel_pass(self, style: Style) -> tuple[Any, Any]:
        key = (style.scale, style.channels)
        if key not in self._pixel_passes:
            program = shaders.pixel_program(self._context, style.scale, channels=style.channels)
            self._pixel_passes[key] = (program, self._context.vertex_array(program, []))
        return self._pixel_passes[key]


def _solid(span: Span) -> tuple[int, int]:
    return span.first, span.solid


def _glass(span: Span) -> tuple[int, int]:
    return span.first + span.solid, span.glass


def _fill(buffer: Any, array: npt.NDArray[Any]) -> None:
    """Put an array into a buffer; what still reads the old bytes keeps them."""
    size = max(array.nbytes, 16)
    buffer.orphan(size if size > buffer.size else -1)
    if array.nbytes:
        buffer.write(np.ascontiguousarray(array))


def _set_view(program: Any, job: Job, camera: Camera, style: Style) -> None:
    """Set what a picture has by its scene and its camera."""
    lens, sky = lens_of(camera, style.scale), job.stage.sky
    values: dict[str, Any] = {
        "eye": tuple(lens.eye),
        "pixel": lens.pixel,
        "near": camera.near,
        "sample_count": (camera.size[0] * style.scale, camera.size[1] * style.scale),
        "line": line_width(camera.size, style.scale) if style.edges else 0,
        "room": len(job.stage.objects.poses),
        "face_count": len(job.tables.faces),
        "sky_place": tuple(sky.place),
        "sky_size": sky.field.shape[1::-1],
        "background": tuple(BACKGROUND),
    }
    if style.channels:
        values["depth_plane"] = tuple(lens.plane)
    for name, value in values.items():
        program[name] = value
    _set_matrix(program, "to_world", lens.to_world)
    _set_matrix(program, "to_places", lens.matrix)


def _set_matrix(program: Any, name: str, matrix: FloatArray) -> None:
    """Set a matrix, which OpenGL wants column after column."""
    program[name].write(np.ascontiguousarray(matrix.T, np.float32))


def _read(sheet: Sheet, grid: Grid, channels: bool) -> list[Drawn]:
    """Return the pictures of a sheet as fresh arrays."""
    whole = sheet.read(0, 4, np.uint8)[:, :, :3]
    if not channels:
        return [Drawn(grid.cut(whole, number)) for number in range(grid.count)]
    ids, depth = sheet.read(1, 1, np.int32)[:, :, 0], sheet.read(2, 1, np.float32)[:, :, 0]
    normals = sheet.read(3, 4, np.float32)[:, :, :3]
    return [Drawn(*(grid.cut(array, number) for array in (whole, ids, depth, normals))) for number in range(grid.count)]
