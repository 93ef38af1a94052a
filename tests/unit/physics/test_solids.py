from __future__ import annotations

import math

import numpy as np
import pytest

from spatialenv.errors import FileFormatError, InputError, MissingExtraError
from spatialenv.physics.solids import Solid, make_solid, shared_volumes, volumes_inside

trimesh = pytest.importorskip("trimesh")
pytest.importorskip("manifold3d")

FLOOR = np.array([[0, 0], [4, 0], [4, 3], [0, 3.0]])


def at(size: tuple[float, float, float], *place: float) -> trimesh.Trimesh:
    mesh = trimesh.creation.box(size)
    mesh.apply_translation(place)
    return mesh


def solid(*parts: trimesh.Trimesh) -> Solid:
    mesh = trimesh.util.concatenate(parts)
    return make_solid(mesh.vertices, mesh.faces)


def u_shape() -> Solid:
    """Three wide, three high: a base and two posts, 7/9 of its box, open between them."""
    return solid(at((3, 1, 1), 0, 0, -1), at((1, 1, 2), -1, 0, 0.5), at((1, 1, 2), 1, 0, 0.5))


def shared(
    first: Solid | None,
    second: Solid | None,
    place: tuple[float, ...],
    size: tuple[float, ...] = (1, 1, 1),
    yaw: float = 0.0,
) -> float:
    """Volume that a solid of 3 x 1 x 3 at the origin shares with another."""
    centers, sizes = np.array([(0.0, 0.0, 0.0), place]), np.array([(3.0, 1.0, 3.0), size])
    pairs, volumes = shared_volumes([first, second], centers, sizes, np.array([0.0, yaw]))
    return float(volumes.sum()) if len(pairs) else 0.0


def test_a_box_fills_its_box() -> None:
    assert solid(at((2, 3, 4), 5, 6, 7)).volume == pytest.approx(1.0, abs=1e-12)


def test_parts_that_overlap_count_once() -> None:
    assert u_shape().volume == pytest.approx(7 / 9, abs=1e-12)
    crossing = solid(at((3, 1, 1), 0, 0, 0), at((1, 3, 1), 0, 0, 0))
    assert crossing.volume == pytest.approx(5 / 9, abs=1e-12)


def test_a_chair_of_boxes() -> None:
    legs = [at((0.1, 0.1, 0.45), x, y, 0.225) for x in (-0.45, 0.45) for y in (-0.45, 0.45)]
    chair = solid(at((1, 1, 0.1), 0, 0, 0.5), at((1, 0.1, 0.45), 0, -0.45, 0.775), *legs)
    assert chair.volume == pytest.approx(0.1 + 0.045 + 4 * 0.0045, abs=1e-9)
    assert not chair.is_approximated


def test_what_stands_between_the_posts_shares_nothing_and_what_stands_in_one_does() -> None:
    assert shared(u_shape(), None, (0, 0, 0.5), (0.9, 0.9, 0.9)) == 0.0
    assert shared(u_shape(), None, (1, 0, 0.5), (0.5, 0.5, 0.5)) == pytest.approx(0.125, abs=1e-12)
    assert shared(u_shape(), None, (0.5, 0, 0.5), (1, 1, 1)) == pytest.approx(0.5, abs=1e-12)


def test_what_is_wholly_enclosed_by_a_solid_that_is_not_convex_is_found() -> None:
    """FCL, which others use, sees no contact here."""
    ball = trimesh.creation.icosphere(2, 0.5)
    inside = make_solid(ball.vertices, ball.faces)
    volume = shared(u_shape(), inside, (0, 0, -1), (0.4, 0.4, 0.4))
    assert volume == pytest.approx(inside.volume * 0.4**3, rel=1e-9)


def test_a_ball_in_a_hollow_shares_nothing_until_it_touches_the_shell() -> None:
    shell = trimesh.creation.box((1, 1, 1))
    cavity = trimesh.creation.box((0.8, 0.8, 0.8))
    cavity.invert()
    hollow = solid(shell, cavity)
    assert hollow.volume == pytest.approx(1 - 0.8**3, abs=1e-12)
    centers, sizes = np.array([[0, 0, 0], [0.2, 0, 0.0]]), np.array([[1, 1, 1], [0.4, 0.4, 0.4]])
    assert shared_volumes([hollow, None], centers, sizes, np.zeros(2))[1].tolist() == [0.0]
    centers[1, 0] = 0.3
    assert shared_volumes([hollow, None], centers, sizes, np.zeros(2))[1] == pytest.approx([0.1 * 0.16], abs=1e-12)


def test_a_mesh_turned_inside_out_is_turned_back() -> None:
    mesh = trimesh.creation.icosphere(2)
    mesh.invert()
    assert make_solid(mesh.vertices, mesh.faces).volume == pytest.approx(abs(mesh.volume) / 8, rel=1e-9)


def test_a_ring_lets_a_post_through() -> None:
    ring = trimesh.creation.annulus(0.4, 0.5, 1.0, sections=64)
    shape = make_solid(ring.vertices, ring.faces)
    assert shape.volume == pytest.approx(ring.volume / np.prod(ring.extents), rel=1e-9)
    centers, sizes = np.zeros((2, 3)), np.array([[1, 1, 0.2], [0.5, 0.5, 2.0]])
    assert shared_volumes([shape, None], centers, sizes, np.zeros(2))[1].tolist() == [0.0]


def test_shapes_turn_with_their_objects() -> None:
    """A quarter turn brings the posts in front and behind; what stood between them still does."""
    centers, sizes = np.array([[0, 0, 0], [1.0, 0, 0.5]]), np.array([[3, 1, 3], [0.5, 0.5, 0.5]])
    in_post = shared_volumes([u_shape(), None], centers, sizes, np.array([0.0, 0.0]))[1].sum()
    beside = shared_volumes([u_shape(), None], centers, sizes, np.array([math.pi / 2, 0.0]))[1].sum()
    assert (in_post, beside) == (pytest.approx(0.125), 0.0)


@pytest.mark.parametrize("turn", [0.0, math.pi / 2, math.pi, 1.234])
def test_where_two_lie_and_how_both_are_turned_does_not_matter(turn: float) -> None:
    base = shared(u_shape(), u_shape(), (0.7, 0.3, 0.4), (2, 1, 1.5), 0.4)
    sine, cosine = math.sin(turn), math.cos(turn)
    away = np.array((5.0, -3.0, 2.0))
    centers = np.array([(0, 0, 0), (0.7 * cosine - 0.3 * sine, 0.7 * sine + 0.3 * cosine, 0.4)]) + away
    sizes, yaws = np.array([[3, 1, 3], [2, 1, 1.5]]), np.array([turn, turn + 0.4])
    solids = [u_shape(), u_shape()]
    assert shared_volumes(solids, centers, sizes, yaws)[1].sum() == pytest.approx(base, rel=1e-9)
    order = shared_volumes(solids[::-1], centers[::-1], sizes[::-1], yaws[::-1])[1].sum()
    assert order == shared_volumes(solids, centers, sizes, yaws)[1].sum()


def test_more_of_a_mesh_is_outside_the_further_it_stands_out() -> None:
    """The west post of a U is 3/7 of its volume but for a third of its base."""
    for x, share in ((1.5, 1.0), (0.5, 1 - 3 / 7), (0.0, 1 - 3.5 / 7), (-0.5, 3 / 7), (-1.5, 0.0)):
        inside = volumes_inside(
            [u_shape()], np.array([[x, 1.5, 1.5]]), np.array([[3, 1, 3.0]]), np.zeros(1), FLOOR, 3.0
        )
        assert inside[0] == pytest.approx(7 * share, abs=1e-9)


def test_a_mesh_may_reach_around_the_corner_of_a_room() -> None:
    """A box as large as the room's missing quarter, hollowed where that quarter is, is wholly inside."""
    floor = np.array([[0, 0], [4, 0], [4, 2], [2, 2], [2, 4], [0, 4.0]])
    corner = solid(at((4, 2, 1), 2, 1, 0.5), at((2, 4, 1), 1, 2, 0.5))
    arguments = (np.array([[2, 2, 0.5]]), np.array([[4, 4, 1.0]]), np.zeros(1), floor, 2.5)
    assert volumes_inside([corner], *arguments) == pytest.approx([12.0], abs=1e-9)
    assert volumes_inside([None], *arguments) == pytest.approx([12.0], abs=1e-9)
    assert corner.volume == pytest.approx(0.75)


def test_an_open_mesh_is_closed_where_a_hole_is_small_and_else_its_hull() -> None:
    ball = trimesh.creation.icosphere(2)
    pricked = make_solid(ball.vertices, ball.faces[1:])
    assert not pricked.is_approximated
    assert pricked.volume == pytest.approx(ball.volume / 8, rel=1e-6)
    bowl = make_solid(ball.vertices, ball.faces[ball.triangles_center[:, 2] < 0])
    assert bowl.is_approximated
    assert 0.4 < bowl.volume < 0.6


def test_triangles_that_form_no_solid_become_their_hull() -> None:
    corners = np.random.default_rng(0).uniform(0, 1, (90, 3))
    cloud = make_solid(corners, np.arange(90).reshape(-1, 3))
    assert cloud.is_approximated
    assert 0.5 < cloud.volume < 1.0


@pytest.mark.parametrize(
    ("vertices", "faces", "message"),
    [
        ([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], "the mesh is 1 x 1 x 0 and encloses no volume"),
        ([[0, 0, 0], [1, 0, 0], [0, 1, math.nan]], [[0, 1, 2]], "a corner that is no finite number"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "encloses no volume"),
    ],
)
def test_a_mesh_without_volume_is_refused(vertices: object, faces: object, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        make_solid(vertices, faces)  # type: ignore[arg-type]


def test_one_shape_for_each_object() -> None:
    with pytest.raises(InputError, match="there are 1 `solids` for 2 `centers`"):
        shared_volumes([None], np.zeros((2, 3)), np.ones((2, 3)), np.zeros(2))


def test_boxes_need_no_engine_and_meshes_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = u_shape()
    monkeypatch.setitem(__import__("sys").modules, "manifold3d", None)
    centers, sizes = np.array([[0, 0, 0], [0.5, 0, 0.0]]), np.ones((2, 3))
    assert shared_volumes([None, None], centers, sizes, np.zeros(2))[1].tolist() == [0.5]
    with pytest.raises(MissingExtraError, match=r"pip install 'spatialenv\[meshes\]'"):
        shared_volumes([shape, None], centers, sizes, np.zeros(2))
