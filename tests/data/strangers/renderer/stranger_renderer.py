"""A renderer that a user might write: footprints as filled polygons, seen from above whatever the camera."""

import numpy as np
from PIL import Image, ImageDraw

from spatialenv.core.geometry import footprints
from spatialenv.renderers.base import NOTHING, ROOM, Frames, Renderer, check_request


class ShadowMapRenderer(Renderer):
    """Footprints on the floor, darker where they are higher."""

    name = "shadow_map"
    version = "shadow_map-1"

    def render(self, placed, cameras=("corner", "top"), size=(256, 256), *, channels=()):
        request = check_request(placed, cameras, size, channels)
        width, height = request.size
        scale = min(width / placed.room.length, height / placed.room.width)
        ids = Image.new("I", request.size, NOTHING)
        draw = ImageDraw.Draw(ids)
        draw.polygon([(x * scale, height - y * scale) for x, y in placed.room.floor], fill=ROOM)
        tops = placed.centers[:, 2] + placed.sizes[:, 2] / 2
        for i in np.argsort(tops, kind="stable"):
            corners = footprints(placed.centers, placed.sizes, placed.yaws)[i]
            draw.polygon([(x * scale, height - y * scale) for x, y in corners], fill=int(i))
        seen = np.array(ids, dtype=np.int32)
        levels = np.append(tops, [0.0, np.nan])[seen]  # ROOM is -2, NOTHING -1
        tones = np.append(200 - 120 * np.clip(tops / 2.5, 0, 1), [228, 255])[seen]
        picture = np.repeat(tones.astype(np.uint8)[..., None], 3, axis=2)
        up = np.where((seen == NOTHING)[..., None], 0.0, np.array([0.0, 0.0, 1.0])).astype(np.float32)
        depth = np.where(seen == NOTHING, np.inf, 50.0 - levels).astype(np.float32)
        names = [camera.name for camera in request.cameras]
        return Frames(
            views={name: picture.copy() for name in names},
            cameras={camera.name: camera for camera in request.cameras},
            depth={name: depth.copy() for name in names if "depth" in request.channels},
            ids={name: seen.copy() for name in names if "ids" in request.channels},
            normals={name: up.copy() for name in names if "normals" in request.channels},
        )
