"""Meshes from files: read with care, fitted to an object's box, found by path or by words."""
