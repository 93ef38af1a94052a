from __future__ import annotations

from dataclasses import replace

import numpy as np

from spatialenv.core.mesh import Material, TriangleMesh, box_mesh
from spatialenv.renderers.fast.soup import join_soups, make_soup, prepare


def quad(lift: float = 0.0, turn: float = 0.0, material: int = 0) -> TriangleMesh:
    """Return two triangles over the unit square; the last corner is lifted, its texture turned away."""
    vertices = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, lift)])
    flat = vertices[:, :2].astype(np.float32)
    uvs = np.stack([flat[[0, 1, 2]], flat[[0, 2, 3]]])
    uvs[1, 2, 0] += turn
    faces = np.array([(0, 1, 2), (0, 2, 3)], np.int32)
    materials = (Material((10, 20, 30)), Material((30, 20, 10)))
    return TriangleMesh(vertices, faces, materials, np.array([0, material], np.int32), np.zeros(2, np.int32), uvs)


def test_the_two_triangles_of_a_quad_are_one_panel() -> None:
    assert prepare(quad()).panels.tolist() == [0, 0]
    assert prepare(quad(lift=0.01)).panels.tolist() == [0, 1]
    assert prepare(quad(turn=0.01)).panels.tolist() == [0, 1]
    assert prepare(quad(material=1)).panels.tolist() == [0, 1]


def test_panels_of_parts_count_on() -> None:
    box = prepare(box_mesh((1.0, 2.0, 3.0), Material((10, 20, 30))))
    assert len(set(box.panels.tolist())) == 6
    soup = make_soup([box, box], np.zeros((2, 3)), np.zeros(2))
    assert soup.panels.tolist() == [*box.panels, *(box.panels + 12)]
    assert join_soups(soup, soup).panels.tolist() == [*soup.panels, *(soup.panels + 24)]
    assert all(panel <= face for face, panel in enumerate(soup.panels.tolist()))


def test_bent_faces_are_no_panels() -> None:
    mesh = quad()
    bent = replace(mesh, smoothing=np.array([0, 1], np.int32))
    assert prepare(bent).panels.tolist() == [0, 1]
