"""The program that runs PyBullet: it is given worlds, lets them settle, and says where their bodies came to.

It is started as a script (`spatialenv.physics.pool`) and needs nothing but the standard library and pybullet, so
that it starts quickly. A request is ``{"world": world, "seconds": s}`` and its reply ``{"poses": [[x, y, z, qx, qy, qz,
qw], ...], "speeds": [...]}``, or ``{"error": text}`` (`spatialenv.workers.inside`). A world is ``{"bodies": [[x, y, z,
length, width, height, yaw, mass], ...], "floor": [[x, y], ...], "apart": [[i, j], ...]}``: bodies of mass 0 stay where
they are, the pairs in `apart` pass through each other, and the floor, at height 0, bears a body as long as its centre
is above it.
"""

from __future__ import annotations

import importlib.util
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

GRAVITY = 9.81
STEPS_A_SECOND = 240
ITERATIONS = 200
FRICTION = 0.6
FLOOR_LOOKS = 4
"""Steps between two looks at which bodies are above the floor."""

FLOOR_DEPTH = 10.0

_AWAY = 1e6


def main() -> None:
    """Serve requests until the other side closes the connection."""
    inside = _load(Path(__file__).parents[1] / "workers" / "inside.py")
    connection = inside.connect()
    with inside.silence():  # it tells when it was built
        import pybullet

    client = pybullet.connect(pybullet.DIRECT)

    def answer(header: dict[str, Any], _: Any) -> tuple[dict[str, Any], tuple[()]]:
        return settle(pybullet, client, header["world"], header["seconds"]), ()

    inside.serve(connection, answer)


def settle(engine: Any, client: int, world: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return the poses and speeds of a world's bodies after some seconds.

    Overlapping bodies are pushed apart without gaining speed (split impulses, which only bodies in maximal
    coordinates know).
    """
    engine.resetSimulation(physicsClientId=client)
    engine.setGravity(0, 0, -GRAVITY, physicsClientId=client)
    engine.setPhysicsEngineParameter(
        fixedTimeStep=1.0 / STEPS_A_SECOND,
        numSolverIterations=ITERATIONS,
        numSubSteps=0,
        deterministicOverlappingPairs=1,
        useSplitImpulse=1,
        splitImpulsePenetrationThreshold=0.0,  # PyBullet passes over negative ones and keeps its own
        erp=0.2,
        contactERP=0.2,
        physicsClientId=client,
    )
    bodies = world["bodies"]
    floor = add_floor(engine, client, world["floor"])
    numbers = [add_box(engine, client, body) for body in bodies]
    if world["apart"]:
        _pass_through(engine, client, numbers, world["apart"])
    loose = [number for number, body in zip(numbers, bodies, strict=True) if body[7] > 0]
    borne = dict.fromkeys(loose, True)
    for step in range(round(seconds * STEPS_A_SECOND)):
        if step % FLOOR_LOOKS == 0:
            for number in loose:
                x, y, z = engine.getBasePositionAndOrientation(number, physicsClientId=client)[0]
                bears = z > 0.0 and is_inside(x, y, world["floor"])
                if bears != borne[number]:
                    borne[number] = bears
                    engine.setCollisionFilterPair(floor, number, -1, -1, int(bears), physicsClientId=client)
        engine.stepSimulation(physicsClientId=client)
    poses, speeds = [], []
    for number in numbers:
        position, quaternion = engine.getBasePositionAndOrientation(number, physicsClientId=client)
        linear, _ = engine.getBaseVelocity(number, physicsClientId=client)
        poses.append([*position, *quaternion])
        speeds.append(math.hypot(*linear))
    if not all(math.isfinite(value) for pose in poses for value in pose):
        raise ArithmeticError("a body's place is no finite number")
    return {"poses": poses, "speeds": speeds}


def _pass_through(engine: Any, client: int, numbers: list[int], apart: list[list[int]]) -> None:
    """Let pairs of bodies pass through each other.

    Meanwhile the bodies are where none overlaps another: with each pair, the engine looks through all that overlap.
    """
    poses = [engine.getBasePositionAndOrientation(number, physicsClientId=client) for number in numbers]
    for i, number in enumerate(numbers):
        away = (0.0, 0.0, _AWAY * (i + 1.0))
        engine.resetBasePositionAndOrientation(number, away, (0.0, 0.0, 0.0, 1.0), physicsClientId=client)
    for i, j in apart:
        engine.setCollisionFilterPair(numbers[i], numbers[j], -1, -1, 0, physicsClientId=client)
    for number, (position, quaternion) in zip(numbers, poses, strict=True):
        engine.resetBasePositionAndOrientation(number, position, quaternion, physicsClientId=client)


def add_box(engine: Any, client: int, body: list[float]) -> int:
    """Add a box ``x, y, z, length, width, height, yaw, mass`` and return its number."""
    x, y, z, length, width, height, yaw, mass = body
    shape = engine.createCollisionShape(
        engine.GEOM_BOX, halfExtents=[length / 2, width / 2, height / 2], physicsClientId=client
    )
    number: int = engine.createMultiBody(
        baseMass=mass,
        baseCollisionShapeIndex=shape,
        basePosition=[x, y, z],
        baseOrientation=[0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)],
        useMaximalCoordinates=1,
        physicsClientId=client,
    )
    engine.changeDynamics(
        number,
        -1,
        lateralFriction=FRICTION,
        restitution=0.0,
        linearDamping=0.0,
        angularDamping=0.0,
        physicsClientId=client,
    )
    return number


def add_floor(engine: Any, client: int, floor: list[list[float]]) -> int:
    """Add a thick slab under the whole floor and far around it, and return its number."""
    length, width = max(x for x, _ in floor), max(y for _, y in floor)
    return add_box(
        engine,
        client,
        [length / 2, width / 2, -FLOOR_DEPTH / 2, 3 * length + 100, 3 * width + 100, FLOOR_DEPTH, 0.0, 0.0],
    )


def is_inside(x: float, y: float, corners: list[list[float]]) -> bool:
    """Return whether a point lies in a polygon, by how often a ray from it crosses the edges."""
    inside = False
    for (ax, ay), (bx, by) in pairwise([*corners, corners[0]]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def _load(path: Path) -> Any:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} is not there")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
