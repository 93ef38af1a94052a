"""Formats by name: an explicit table, then the entry points of other packages."""

from __future__ import annotations

from spatialenv.core.part import Registry

EXPORTERS = {
    "blend": "spatialenv.export.blend:BlendExporter",
    "glb": "spatialenv.export.glb:GlbExporter",
    "mjcf": "spatialenv.export.mjcf:MjcfExporter",
    "usd": "spatialenv.export.usd:UsdExporter",
}
"""Formats of this package: name -> ``module:class``."""

ENDINGS = {
    ".blend": "blend",
    ".glb": "glb",
    ".usd": "usd",
    ".usda": "usd",
    ".usdc": "usd",
    ".usdz": "usd",
    ".xml": "mjcf",
    ".mjcf": "mjcf",
}
"""What a file's ending says; the formats of other packages have their names as ending."""

REGISTRY = Registry("export format", EXPORTERS, "spatialenv.exports")
"""These, and the formats that other distributions offer."""
