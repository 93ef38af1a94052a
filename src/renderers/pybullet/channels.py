"""Depth, ids and normals from which triangle of which body each pixel shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialenv.core.placed import FloatArray
from spatialenv.core.room import Room
from spatialenv.renderers.base import NOTHING
from spatialenv.renderers.camera import Camera
from spatialenv.renderers.lens import lens_of
from spatialenv.renderers.pybullet.shapes import Shape

Ints = npt.NDArray[np.int32]


class Body(NamedTuple):
    """A shape in its place.

    Attributes:
        shape: The shape.
        owner: What `Frames.ids` holds for it.
        rotation: ``(3, 3)``.
        place: Metres, in the world's frame, ``(3,)``.
    """

    shape: Shape
    owner: int
    rotation: FloatArray
    place: FloatArray


class Channels(NamedTuple):
    """See `Frames`."""

    depth: npt.NDArray[np.float32]
    ids: Ints
    normals: npt.NDArray[np.float32]


def read_channels(bodies: Sequence[Body], seen: Ints, triangles: Ints, camera: Camera, room: Room) -> Channels:
    """Return what `camera` sees at the middle of each pixel.

    Depth and normals are those of the triangle's plane, worked out here: they are exact but for the rounding of its
    corners to float32.

    Args:
        bodies: What was drawn.
        seen: Which of them each pixel shows, -1 for none, ``(H, W)``.
        triangles: Which triangle of its shape, ``(H, W)``.
        camera: What took it.
        room: The room.
    """
    is_seen = seen >= 0
    owners = np.array([*(body.owner for body in bodies), NOTHING], np.int32)
    ids = owners[seen]
    depth = np.full(seen.shape, np.inf, np.float32)
    normals = np.zeros((*seen.shape, 3), np.float32)
    if not is_seen.any():
        return Channels(depth, ids, normals)
    corners = np.concatenate([body.shape.corners @ body.rotation.T + body.place for body in bodies])
    outward = np.concatenate([body.shape.planes @ body.rotation.T for body in bodies])
    starts = np.cumsum([0, *(len(body.shape.corners) for body in bodies)])
    found, which = np.unique(starts[seen[is_seen]] + triangles[is_seen], return_inverse=True)
    planes = corners[found]
    lens = lens_of(camera, room)
    rows, columns = np.nonzero(is_seen)
    width, height = camera.size
    aside = np.stack([columns + 0.5 - width / 2, height / 2 - rows - 0.5], axis=1) / lens.scale @ lens.axes[:2]
    if lens.is_perspective:
        starts_at, along = lens.eye[None], lens.axes[2] + aside
    else:
        starts_at, along = lens.eye + aside, lens.axes[2][None]
    normal, first = outward[found][which], planes[which, 0]
    falls = (normal * along).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (normal * (first - starts_at)).sum(axis=1) / falls
    # A triangle that is seen edge on says little by its plane: what is seen lies between its corners.
    deep = camera.depths(planes)
    shown = np.where(np.isfinite(reach), reach, deep.mean(axis=1)[which])
    depth[is_seen] = np.clip(shown, deep.min(axis=1)[which], deep.max(axis=1)[which])
    normals[is_seen] = np.where(falls[:, None] > 0, -normal, normal)
    return Channels(depth, ids, normals)
