"""Hollow, round and flat parts are closed, look outwards and have their volumes; pictures are the right way up."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import trimesh

from spatialenv.core.mesh import Material, TriangleMesh, join
from spatialenv.renderers.furniture.shells import closed_loop, disc, frame, loft, picture, ring, rounded, sheet, tray

WOOD, CLOTH = Material((180.0, 140.0, 100.0)), Material((90.0, 120.0, 90.0), double_sided=True)
SQUARE, HOLE = (-1.0, -1.0, 1.0, 1.0), (-0.5, -0.5, 0.5, 0.5)
BATH = ((SQUARE, 0.0), (SQUARE, 2.0), (HOLE, 2.0), (HOLE, 1.0))


def ngon(sides: int, radius: float) -> float:
    return sides / 2 * radius**2 * math.sin(2 * math.pi / sides)


def volume(mesh: TriangleMesh) -> float:
    solid = trimesh.Trimesh(mesh.vertices, mesh.faces)
    assert solid.is_watertight
    assert solid.is_winding_consistent
    return float(solid.volume)


PARTS: dict[str, tuple[Callable[[], TriangleMesh], float]] = {
    "box of rings": (lambda: loft([rounded(SQUARE, z, 1e-6) for z in (0.0, 3.0)], WOOD), 12.0),
    "bath": (
        lambda: loft([rounded(area, z, 1e-6) for area, z in BATH], WOOD, sharp=(1, 2, 3)),
        7.0,
    ),
    "disc": (lambda: disc((1.0, 2.0, 3.0), 0.5, 0.2, WOOD, "y", 16), 0.2 * ngon(16, 0.5)),
    "oval disc": (lambda: disc((1.0, 2.0, 3.0), 0.5, 0.2, WOOD, "x", 16, (2.0, 1.0)), 0.4 * ngon(16, 0.5)),
    "ring": (lambda: ring((0.0, 0.0, 0.0), 1.0, 0.5, 0.1, WOOD, "z", 20), 0.1 * (ngon(20, 1.0) - ngon(20, 0.5))),
    "upright": (lambda: ring((0.0, 0.0, 0.0), 1.0, 0.5, 0.1, WOOD, "x", 20), 0.1 * (ngon(20, 1.0) - ngon(20, 0.5))),
    "picture": (lambda: picture((0.0, 0.0, 0.0), (2.0, 0.5, 1.0), WOOD, CLOTH), 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_they_are_closed_and_have_their_volume(name: str) -> None:
    make, expected = PARTS[name]
    assert volume(make()) == pytest.approx(expected, rel=1e-4)


def test_round_corners_cut_off_what_circles_leave() -> None:
    points = rounded((0.0, 0.0, 4.0, 2.0), 0.7, 0.5, 24)
    assert points.shape == (100, 3)
    assert points.min(axis=0).tolist() == pytest.approx([0.0, 0.0, 0.7])
    assert points.max(axis=0).tolist() == pytest.approx([4.0, 2.0, 0.7])
    x, y = points[:, 0], points[:, 1]
    area = 0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    assert area == pytest.approx(8.0 - (4 - math.pi) * 0.25, rel=1e-3), "counter-clockwise, so positive"


def test_a_radius_too_great_is_cut() -> None:
    points = rounded((0.0, 0.0, 4.0, 2.0), 0.0, 9.0)
    assert points[:, 1].max() == pytest.approx(2.0)
    assert points[:, 0].max() == pytest.approx(4.0)


def test_a_tray_is_open_above() -> None:
    boards = tray((0.0, 0.0, 0.0), (1.0, 2.0, 0.5), 0.1, WOOD)
    solid = 1.0 * 2.0 * 0.5 - 0.8 * 1.8 * 0.4
    assert sum(volume(board) for board in boards) == pytest.approx(solid)
    thin = tray((0.0, 0.0, 0.0), (0.01, 0.01, 0.01), 0.5, WOOD)
    assert all(volume(board) > 0 for board in thin)


def test_a_frame_leaves_its_opening() -> None:
    bars = frame((0.0, 0.0, 0.0), (2.0, 0.1, 1.0), 0.2, WOOD)
    assert sum(volume(bar) for bar in bars) == pytest.approx(0.1 * (2.0 - 1.6 * 0.6))
    assert join(bars).bounds.tolist() == [[0.0, 0.0, 0.0], [2.0, 0.1, 1.0]]


def test_a_loop_is_sharp_between_its_rings() -> None:
    angles = np.arange(8) * math.pi / 4
    rings = [
        np.stack([r * np.cos(angles), r * np.sin(angles), np.full(8, z)], axis=1)
        for r, z in ((1, 0), (2, 0), (2, 1), (1, 1))
    ]
    mesh = closed_loop(rings, WOOD)
    assert len(mesh) == 64
    assert set(mesh.smoothing.tolist()) == {0, 1, 2, 3}
    assert mesh.normals[:16, 2] == pytest.approx(-1.0), "the first band looks down"


def test_a_sheet_runs_through_its_points() -> None:
    grid = np.zeros((3, 4, 3))
    grid[..., 0], grid[..., 1] = np.meshgrid(range(4), range(3))
    mesh = sheet(grid, CLOTH)
    assert len(mesh) == 12
    assert mesh.normals[:, 2] == pytest.approx(1.0)
    assert set(mesh.smoothing.tolist()) == {0}


@pytest.mark.parametrize("axis", ["y", "z"])
def test_pictures_are_the_right_way_up(axis: str) -> None:
    """Seen from +y with z up, x runs to the left, so u falls with x; on the floor u goes along x and v along y."""
    mesh = picture((0.0, 0.0, 0.0), (2.0, 4.0, 1.0), WOOD, CLOTH, "y" if axis == "y" else "z")
    front = mesh.material_of == 1
    assert front.sum() == 2
    assert mesh.normals[front, 1 if axis == "y" else 2] == pytest.approx(1.0)
    assert mesh.uvs is not None
    corners, uvs = mesh.corners[front].reshape(-1, 3), mesh.uvs[front].reshape(-1, 2)
    expected = np.stack([1 - corners[:, 0] / 2, corners[:, 2]], axis=1) if axis == "y" else corners[:, :2] / (2.0, 4.0)
    assert uvs == pytest.approx(expected)
    assert not mesh.uvs[~front].any()
