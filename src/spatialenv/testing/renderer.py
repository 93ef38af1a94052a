"""What every renderer must keep."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np

from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import Violation
from spatialenv.errors import InputError
from spatialenv.renderers.annotated import Annotations, draw_annotated
from spatialenv.renderers.base import (
    CHANNELS,
    NOTHING,
    ROOM,
    Channel,
    Frames,
    Picture,
    Renderer,
    close_renderer,
    is_renderer,
)
from spatialenv.testing.checks import Check, CheckError, CheckResult, expect, insist, run
from spatialenv.testing.samples import l_shaped, witness

_SIZE = (96, 64)


def check_renderer(renderer: Renderer, *, draws: bool = True) -> None:
    """Check that a renderer keeps what renderers must keep.

    Args:
        renderer: The renderer.
        draws: Whether its pictures show the layout; False for one whose pictures are always the same.

    Raises:
        CheckError: If something does not hold; the message lists everything that was found.

    Example:
        >>> from spatialenv.renderers import make_renderer
        >>> check_renderer(make_renderer("fast"))
    """
    insist(f"renderer {getattr(renderer, 'name', type(renderer).__name__)!r}", renderer_checks(renderer, draws=draws))


def renderer_checks(renderer: Renderer, *, draws: bool = True) -> list[CheckResult]:
    """Return the result of each check of `check_renderer`."""
    tried = _Tried(renderer)
    checks: list[Check] = [
        ("it has a name, a version that begins with it, and `render`", tried.is_a_renderer),
        ("pictures are (H, W, 3) uint8, in the order and size asked for", tried.keeps_the_form),
        ("depth, ids and normals are given on request and fit each other", tried.gives_channels),
        ("a batch is its pictures to the last bit", tried.batches_alike),
        ("the same layout gives the same picture in fresh arrays, also after pickling", tried.is_deterministic),
        ("the order of a layout does not matter", tried.order_does_not_matter),
        ("a request that is not allowed raises InputError", tried.refuses),
        ("rooms of any floor and scenes without objects are drawn", tried.draws_any_room),
        ("closed twice it draws again, and the same", tried.starts_anew),
    ]
    if draws:
        checks += [
            ("the picture shows where things are", tried.shows_the_layout),
            ("marks of what is wrong can be seen", tried.shows_marks),
        ]
    try:
        return run(checks)
    finally:
        with warnings.catch_warnings(action="ignore"):  # a `close` that fails is told by a check
            close_renderer(renderer)


class _Tried:
    """A renderer with a scene that it is tried on."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        objects = (
            SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8)),
            SceneObject(id="desk_1", category="desk", size=(1.2, 0.6, 0.75)),
            SceneObject(id="lamp_1", category="lamp", size=(0.3, 0.3, 1.5)),
        )
        self.scene = Scene(room=Room.rectangle(5, 4, 2.6), objects=objects)
        self.placed = self.scene.place({"sofa_1": (2.5, 0.5, 0.4), "desk_1": (2.9, 1.0, 0.375, 1.0)})

    def is_a_renderer(self) -> None:
        renderer = self.renderer
        expect(is_renderer(renderer), "it lacks `name`, `version`, `render` or `render_batch`")
        expect(
            isinstance(renderer.name, str) and renderer.name, f"`name` is {renderer.name!r}; give a non-empty string"
        )
        expect(
            isinstance(renderer.version, str) and renderer.version.startswith(renderer.name),
            f"`version` is {renderer.version!r}; it must begin with the name: '{renderer.name}-1'",
        )

    def keeps_the_form(self) -> None:
        frames = self.renderer.render(self.placed, cameras=("top", "corner"), size=_SIZE)
        expect(list(frames.views) == ["top", "corner"], f"asked for top and corner, it gave {list(frames.views)}")
        shape = (_SIZE[1], _SIZE[0], 3)
        for view, picture in frames.views.items():
            expect(
                picture.shape == shape and picture.dtype == np.uint8,
                f"the {view} view is {picture.dtype} {picture.shape}; it must be uint8 {shape}",
            )
        names = list(self.renderer.render(self.placed).views)
        expect(names == ["corner", "top"], f"its views unless asked otherwise are {names}; they must be corner and top")

    def gives_channels(self) -> None:
        request: dict[str, Any] = {"cameras": ("top", "corner"), "size": _SIZE}
        bare = self.renderer.render(self.placed, **request)
        unasked = [name for name in CHANNELS if getattr(bare, name)]
        expect(not unasked, f"it gave {', '.join(unasked)} unasked")
        full = self.renderer.render(self.placed, **request, channels=CHANNELS)
        expect(list(full.cameras) == ["top", "corner"], f"`cameras` holds {list(full.cameras)}; give those that drew")
        for view, picture in full.views.items():
            expect(np.array_equal(picture, bare.views[view]), "the picture depends on what else is asked for")
            self._channels_fit(view, full)

    def _channels_fit(self, view: str, frames: Frames) -> None:
        shape = (_SIZE[1], _SIZE[0])
        wanted: tuple[tuple[Channel, tuple[int, ...], type], ...] = (
            ("depth", shape, np.float32), ("ids", shape, np.int32), ("normals", (*shape, 3), np.float32),
        )  # fmt: skip
        for name, form, kind in wanted:
            values = getattr(frames, name).get(view)
            expect(values is not None, f"`{name}` lacks the {view} view")
            expect(
                values.shape == form and values.dtype == kind,
                f"`{name}` is {values.dtype} {values.shape}; it must be {np.dtype(kind)} {form}",
            )
        ids, depth = frames.ids[view], frames.depth[view]
        known = {NOTHING, ROOM, *range(len(self.placed.ids))}
        expect(set(np.unique(ids).tolist()) <= known, f"`ids` holds {sorted(set(np.unique(ids).tolist()) - known)}")
        expect(
            np.array_equal(np.isfinite(depth), ids != NOTHING) and bool(np.all(depth > 0)),
            "`depth` must be above 0, finite where `ids` shows something and inf elsewhere",
        )
        lengths = np.linalg.norm(frames.normals[view], axis=-1)
        expect(np.allclose(lengths, ids != NOTHING, atol=1e-4), "`normals` must be unit vectors, 0 where nothing is")

    def batches_alike(self) -> None:
        scenes = [self.placed, self.scene.place({})]
        for placed, frames in zip(scenes, self.renderer.render_batch(scenes, size=_SIZE), strict=True):
            single = self.renderer.render(placed, size=_SIZE)
            expect(np.array_equal(single.image, frames.image), "a picture of a batch differs from the same one alone")

    def is_deterministic(self) -> None:
        again = pickle.loads(pickle.dumps(self.renderer))
        first, second, third = self._image(), self._image(), again.render(self.placed, size=_SIZE).image
        expect(np.array_equal(first, second), "two pictures of one layout differ")
        expect(np.array_equal(first, third), "a pickled renderer draws another picture")
        pictures = [self.renderer.render(self.placed, size=_SIZE).views["top"] for _ in range(2)]
        expect(not np.shares_memory(pictures[0], pictures[1]), "two pictures share memory; return fresh arrays")
        expect(all(picture.flags.writeable for picture in pictures), "a picture is read-only")

    def order_does_not_matter(self) -> None:
        poses = dict(reversed(self.placed.layout.poses))
        expect(
            np.array_equal(self._image(), self.renderer.render(self.scene.place(poses), size=_SIZE).image),
            "the picture depends on the order in which a layout names objects",
        )

    def refuses(self) -> None:
        requests: tuple[dict[str, Any], ...] = (
            {"size": (4, 4)}, {"size": (64, 0)}, {"cameras": ["inside"]}, {"cameras": []}, {"channels": ["smell"]},
        )  # fmt: skip
        for request in requests:
            try:
                self.renderer.render(self.placed, **request)
            except InputError:
                continue
            raise CheckError(f"it took {request!r}; call check_request first, which refuses alike everywhere")

    def draws_any_room(self) -> None:
        corner = l_shaped()
        slanted = Scene(Room(((0, 0), (4, 0), (4, 2), (2, 4), (0, 4)), 2.5), ())
        for placed in (witness(corner), slanted.place({}), self.scene.place({})):
            picture = self.renderer.render(placed, size=_SIZE).image
            expect(picture.shape == (_SIZE[1], 2 * _SIZE[0], 3), f"the picture is {picture.shape}")

    def starts_anew(self) -> None:
        first = self._image()
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            close_renderer(self.renderer)
            close_renderer(self.renderer)
        expect(np.array_equal(first, self._image()), "after `close` the picture of the same layout differs")

    def shows_the_layout(self) -> None:
        moved = self.scene.place({"sofa_1": (1.5, 2.5, 0.4), "desk_1": (2.9, 1.0, 0.375, 1.0)})
        for other, what in ((moved, "the sofa elsewhere"), (self.scene.place({}), "an empty room")):
            picture = self.renderer.render(other, size=_SIZE).image
            expect(not np.array_equal(self._image(), picture), f"it looks the same as {what}")

    def shows_marks(self) -> None:
        wrong = (Violation("collision", ("desk_1", "sofa_1"), 0.1, "m3"),)
        plain, marked = (
            draw_annotated(self.renderer, self.placed, size=_SIZE, annotations=Annotations(False, violations)).image
            for violations in ((), wrong)
        )
        expect(not np.array_equal(plain, marked), "a marked collision looks the same as an unmarked one")

    def _image(self) -> Picture:
        return self.renderer.render(self.placed, size=_SIZE).image
