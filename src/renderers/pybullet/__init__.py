"""Pictures by PyBullet: its software renderer, and its renderer for graphics cards."""

from spatialenv.renderers.pybullet.renderer import PyBulletRenderer

__all__ = ["PyBulletRenderer"]
