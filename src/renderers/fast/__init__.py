"""The renderer `fast`: a numba z-buffer of boxes in a room, a few milliseconds a picture."""

from spatialenv.renderers.fast.renderer import FastRenderer

__all__ = ["FastRenderer"]
