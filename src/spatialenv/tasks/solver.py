"""A solver: search over places where objects touch walls and each other, with a bounded budget."""

from __future__ import annotations

import random
from typing import Literal

from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene
from spatialenv.core.violations import layout_status
from spatialenv.tasks.solver_model import Model, State
from spatialenv.tasks.solver_search import Search, order_of

_ATTEMPTS = 24
_NODES = 120
"""Objects placed in one attempt, taken back ones included, before it is given up."""


def solve(scene: Scene, seed: int = 0, yaw: Literal["fixed", "free"] = "fixed") -> Layout | None:
    """Return a layout of `scene`, clean if one was found, or None when not even a valid one was.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> sofa = SceneObject(id="sofa_1", category="sofa", size=(2.0, 1.0, 0.8))
        >>> solve(Scene(room=Room.rectangle(2, 1, 3), objects=(sofa,)))["sofa_1"]
        Pose(x=1.0, y=0.5, z=0.4, yaw=None)
    """
    model = Model(scene, yaw)
    valid: list[Layout] = []

    def is_sound(state: State) -> bool:
        layout = state.layout()
        status = layout_status(scene.place(layout), is_complete=True)
        if status.valid and not status.clean:
            valid.append(layout)
        return status.clean

    failures = [0] * model.count
    for attempt in range(_ATTEMPTS):
        rng = random.Random(seed * _ATTEMPTS + attempt)
        style = "south" if attempt == 0 else ("any", "snug")[attempt % 2]
        order = order_of(model, _weights(model, failures, rng if attempt else None))
        search = Search(model, order, rng, style, _NODES, is_sound)
        if search.run():
            return search.state.layout()
        failures = [a + b for a, b in zip(failures, search.failures, strict=True)]
    return valid[0] if valid else None


def _weights(model: Model, failures: list[int], rng: random.Random | None) -> list[float]:
    """Return how early each object should be placed: bound ones, large ones and those that were hard."""
    targets = set().union(*model.needs) if model.count else set()
    most = max(failures, default=0) or 1
    weights = []
    for i, item in enumerate(model.scene.objects):
        area = item.size[0] * item.size[1] * (1.0 if rng is None else 0.5 + rng.random())
        weights.append(100.0 * bool(item.relations or i in targets) + area + 200 * failures[i] / most)
    return weights
