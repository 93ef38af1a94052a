"""Simulated physics, and exact meshes: what rewards and renderers share of both."""
