"""A renderer that a user might write: footprints as filled polygons, whatever the view."""

import numpy as np
from PIL import Image, ImageDraw

from spatialenv.core.geometry import footprints
from spatialenv.renderers.base import Frames, check_request


class ShadowMapRenderer:
    """Footprints on the floor, darker where they are higher; red where something is wrong."""

    name = "shadow_map"
    version = "shadow_map-1"

    def render(self, placed, *, views=("corner", "top"), size=(256, 256), labels=True, violations=()):
        views, size = check_request(placed, views, size, violations)
        scale = min(size[0] / placed.room.length, size[1] / placed.room.width)
        image = Image.new("RGB", size, "white")
        draw = ImageDraw.Draw(image)
        draw.polygon([(x * scale, size[1] - y * scale) for x, y in placed.room.floor], fill=(230, 230, 225))
        wrong = {object_id for violation in violations for object_id in violation.objects}
        if len(placed.ids):
            corners = footprints(placed.centers, placed.sizes, placed.yaws)
            for object_id, height, polygon in zip(placed.ids, placed.sizes[:, 2], corners, strict=True):
                tone = int(200 - 120 * min(1.0, height / 2.5))
                colour = (220, 40, 40) if object_id in wrong else (tone, tone, tone)
                draw.polygon([(x * scale, size[1] - y * scale) for x, y in polygon], fill=colour, outline="black")
        return Frames({view: np.array(image) for view in views})
