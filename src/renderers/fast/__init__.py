"""The renderer `fast`: a numba z-buffer of triangles, a few milliseconds a picture."""

from spatialenv.renderers.fast.renderer import FastRenderer

__all__ = ["FastRenderer"]
