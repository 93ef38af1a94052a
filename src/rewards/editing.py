"""The default reward for rooms in which some things must stay where they are."""

from __future__ import annotations

from spatialenv.rewards.physics import PhysicsReward
from spatialenv.rewards.stay import StayReward


class EditingReward(PhysicsReward):
    """Pays as `physics` does, and takes back what is paid for a fixed object as far as it leaves its place.

    ``gate * (0.1 + 0.9 * mean_o(physics_o * stay_o))``

    where ``physics_o`` is the product that `physics` pays for object ``o`` and ``stay_o`` its value in `stay`. Where
    nothing is fixed the values are those of `physics`, bit for bit. `per_object` is the product; `details` as in
    `physics`.

    Range: 0 and [0.1, 1].
    Zero means: the answer is not complete.
    Best means: a clean layout with every fixed object at its place.
    Cannot see: what `physics` cannot, and whether objects moved that had no need to.

    Example:
        >>> from spatialenv.core.layout import Layout
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> from spatialenv.core.score import Transition
        >>> cube, start = SceneObject(id="cube_1", category="cube", size=(1, 1, 1)), Layout.of({"cube_1": (1, 1, 0.5)})
        >>> scene = Scene(Room.rectangle(6, 4, 3), (cube,), start=start, fixed=("cube_1",))
        >>> round(EditingReward()(Transition.of(scene.place({"cube_1": (1.505, 1, 0.5)}))).value, 6)
        0.55
    """

    name = "editing"

    def __init__(self) -> None:
        super().__init__(StayReward())
