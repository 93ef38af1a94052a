"""Kitchens: cabinets, islands, sinks; handles and taps."""

from __future__ import annotations

from itertools import pairwise

from spatialenv.core.mesh import Material, TriangleMesh
from spatialenv.renderers.furniture.builder import Builder, fitting, spread
from spatialenv.renderers.furniture.parts import Rectangle, box, rod, taper, tube
from spatialenv.renderers.furniture.shells import disc, loft, rounded, tray
from spatialenv.renderers.surfaces import material_for, plain

PLINTH = plain((70.0, 68.0, 66.0))


def kitchen_cabinet(make: Builder) -> None:
    """Base cabinets in a row under a worktop: drawers at one end, doors, a plinth."""
    face, grip, top = _looks(make)
    x, y = make.length / 2, make.width / 2
    under = _carcass(make, face, top, -y)
    _row(make, face, grip, (-x, x), under, y - 0.12 * _step(make))


def kitchen_island(make: Builder) -> None:
    """A block with doors in front and, where it is deep, a worktop that reaches out at the back for stools."""
    face, grip, top = _looks(make)
    x, y = make.length / 2, make.width / 2
    reach = min(0.3, 0.28 * make.width) if make.width > 0.75 else 0.0
    under = _carcass(make, face, top, -y + reach, sides=min(0.03, 0.05 * make.length))
    inset = min(0.03, 0.05 * make.length)
    _row(make, face, grip, (-x + inset, x - inset), under, y - 0.12 * _step(make))


def wall_cabinet(make: Builder) -> None:
    """Doors side by side on a box that hangs on the wall."""
    face, grip, _ = _looks(make)
    x, y, z = make.length / 2, make.width / 2, make.height
    lip = 0.09 * min(make.width, 0.4)
    make.add(box((-x, -y, 0.0), (x, y - 2 * lip, z), face))
    _row(make, face, grip, (-x, x), (0.0, z), y - lip, drawers=False, low_grip=True)


def kitchen_sink(make: Builder) -> None:
    """A basin with a tap, let into a worktop on a cabinet; a low box is the basin alone."""
    x, y, z = make.length / 2, make.width / 2, make.height
    steel = material_for(make.text, "steel", "ceramic", trim=True)
    face, grip, top = _looks(make)
    tap = min(0.28, 0.26 * z)
    rim = z - tap
    deep = min(0.2, 0.5 * rim)
    is_alone = rim < 0.45
    board = steel if is_alone else top
    hole = _hole(make, x, y)
    thick = min(0.04, 0.12 * rim)
    make.add(*_around((-x, -y, x, y), hole, rim - thick, rim, board))
    shell = min(0.015, 0.04 * min(make.length, make.width))
    outer = (hole[0] - shell, hole[1] - shell, hole[2] + shell, hole[3] + shell)
    lap = 0.2 * shell  # the basin hides the cut of the worktop
    inner = (hole[0] + lap, hole[1] + lap, hole[2] - lap, hole[3] - lap)
    corner = 0.2 * min(hole[2] - hole[0], hole[3] - hole[1])
    floor = rim - deep
    make.add(
        loft(
            [
                rounded(outer, floor - shell, corner),
                rounded(outer, rim - 0.5 * thick, corner),
                rounded(inner, rim + 0.1 * thick, corner),
                rounded(inner, floor, corner),
            ],
            steel,
            sharp=(1, 2, 3),
        )
    )
    drain = 0.1 * min(hole[2] - hole[0], hole[3] - hole[1])
    make.add(disc(((hole[0] + hole[2]) / 2, (hole[1] + hole[3]) / 2, floor), drain, 0.2 * shell, PLINTH, "z", 10))
    faucet(make, (0.0, (hole[1] - y) / 2, rim), tap, 0.55 * (hole[3] - hole[1]), steel if is_alone else grip)
    if is_alone:
        make.add(
            taper((-0.93 * x, -y, 0.93 * x, 0.9 * y), (-0.97 * x, -y, 0.97 * x, 0.96 * y), 0.0, rim - thick, steel)
        )
        return
    step, kick, foot = _step(make), 0.0, min(0.1, 0.12 * rim)
    make.add(box((-0.99 * x, -y, 0.0), (0.99 * x, y - step - kick, foot), PLINTH))
    under = rim - thick
    wall = min(0.018, 0.04 * make.length)
    make.add(*tray((-x, -y, foot), (x, y - step, under), wall, face))
    _row(make, face, grip, (-x, x), (foot, under), y - 0.12 * step, drawers=False)


def bar(
    make: Builder,
    start: tuple[float, float],
    stop: tuple[float, float],
    face: float,
    front: float,
    radius: float,
    material: Material,
) -> None:
    """Add a handle between two points ``(x, z)`` of a face at y = `face`, reaching out to y = `front`."""
    radius = min(radius, 0.45 * (front - face))
    y = front - radius
    make.add(rod((start[0], y, start[1]), (stop[0], y, stop[1]), radius * 1.08, material, sides=6))
    for share in (0.08, 0.92):
        at, level = (start[k] + share * (stop[k] - start[k]) for k in (0, 1))
        make.add(rod((at, face - 0.1 * radius, level), (at, y, level), 0.7 * radius, material, sides=4))


def faucet(make: Builder, foot: tuple[float, float, float], height: float, reach: float, material: Material) -> None:
    """Add a tap that bends towards +y, and its lever."""
    x, y, z = foot
    thin = min(0.014, 0.07 * height, 0.12 * reach)
    bend = [(0.0, 0.0), (0.0, 0.72), (0.12, 0.92), (0.4, 1.0), (0.75, 0.94), (1.0, 0.7)]
    points = [(x, y + a * reach, z + b * (height - thin)) for a, b in bend]
    make.add(tube(points, thin, material, 8))
    make.add(rod((x, y, z), (x, y, z + 0.1 * height), 1.8 * thin, material, sides=10))
    make.add(rod((x, y, z + 0.3 * height), (x + 6 * thin, y, z + 0.42 * height), 0.6 * thin, material, sides=6))


def _looks(make: Builder) -> tuple[Material, Material, Material]:
    """Return the materials of fronts, handles and the worktop."""
    face = material_for(make.text, "white lacquer", ("wood", "paint", "plastic", "metal", "ceramic"))
    grip = material_for(make.text, "steel", "metal", trim=True)
    is_pale = min(face.colour) > 190.0
    top = material_for(make.text, "oak" if is_pale and face.texture is None else "quartz", "stone", trim=True)
    return face, grip, top


def _step(make: Builder) -> float:
    """Return how far fronts stand before the carcass, with their handles."""
    return min(0.07, 0.14 * make.width)


def _reach(make: Builder) -> float:
    """Return how far handles stand before the fronts."""
    return min(0.03, 0.4 * _step(make))


def _carcass(make: Builder, face: Material, top: Material, back: float, sides: float = 0.0) -> tuple[float, float]:
    """Add plinth, body and worktop; return between which heights the fronts are."""
    x, y, z = make.length / 2, make.width / 2, make.height
    step = _step(make)
    thick, foot = min(0.04, 0.1 * z), min(0.1, 0.12 * z)
    make.add(box((-x, -y, z - thick), (x, y, z), top))
    make.add(box((-x + sides, back, foot), (x - sides, y - step, z - thick), face))
    make.add(box((-0.99 * x + sides, back + 0.1 * step, 0.0), (0.99 * x - sides, y - 1.6 * step, foot), PLINTH))
    return foot, z - thick


def _row(
    make: Builder,
    face: Material,
    grip: Material,
    across: tuple[float, float],
    between: tuple[float, float],
    front: float,
    drawers: bool = True,
    low_grip: bool = False,
) -> None:
    """Add fronts side by side, one of them with drawers."""
    low, high = between
    gap, plane = min(0.006, 0.02 * make.length, 0.02 * make.height), front - _reach(make)
    # What is seen between the fronts is dark.
    make.add(box((across[0] + gap, plane - 0.02, low + gap), (across[1] - gap, plane - 0.005, high - gap), PLINTH))
    columns = spread(*across, fitting(across[1] - across[0], 0.55, most=8))
    for k, (left, right) in enumerate(pairwise(columns)):
        if drawers and k == (len(columns) - 1) // 2:
            levels = [low, low + 0.38 * (high - low), low + 0.72 * (high - low), high]
            for bottom, top in pairwise(levels):
                _door(make, face, grip, (left, bottom, right, top), front, 0)
        else:
            _door(make, face, grip, (left, low, right, high), front, 1 if k % 2 == 0 else -1, low_grip)


def _door(
    make: Builder,
    face: Material,
    grip: Material,
    area: Rectangle,
    front: float,
    side: int,
    low_grip: bool = False,
) -> None:
    """Add a door (`side`: where its handle is, 1 right, -1 left) or a drawer (0) with a bar."""
    x0, z0, x1, z1 = area
    gap = min(0.004, 0.01 * (x1 - x0), 0.01 * (z1 - z0))
    out = _reach(make)
    plane = front - out
    make.add(box((x0 + gap, plane - 0.5 * _step(make), z0 + gap), (x1 - gap, plane, z1 - gap), face))
    thin = min(0.006, 0.3 * out, 0.04 * (z1 - z0))
    if side == 0:
        half, middle = min(0.1, 0.3 * (x1 - x0)), (x0 + x1) / 2
        level = z1 - min(0.06, 0.25 * (z1 - z0))
        bar(make, (middle - half, level), (middle + half, level), plane, front, thin, grip)
        return
    at = x1 - min(0.04, 0.12 * (x1 - x0)) if side > 0 else x0 + min(0.04, 0.12 * (x1 - x0))
    long = min(0.16, 0.3 * (z1 - z0))
    stop = z0 + 0.06 * (z1 - z0) + long if low_grip else z1 - 0.06 * (z1 - z0)
    bar(make, (at, stop - long), (at, stop), plane, front, thin, grip)


def _hole(make: Builder, x: float, y: float) -> Rectangle:
    half = min(0.36, 0.86 * x)
    return (-half, -y + 0.26 * make.width, half, y - min(0.09, 0.14 * make.width))


def _around(outer: Rectangle, hole: Rectangle, low: float, high: float, material: Material) -> list[TriangleMesh]:
    """Return four boards that leave a hole."""
    return [
        box((outer[0], outer[1], low), (outer[2], hole[1], high), material),
        box((outer[0], hole[3], low), (outer[2], outer[3], high), material),
        box((outer[0], hole[1], low), (hole[0], hole[3], high), material),
        box((hole[2], hole[1], low), (outer[2], hole[3], high), material),
    ]
