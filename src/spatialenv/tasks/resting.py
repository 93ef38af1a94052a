"""How high objects stand where they rest."""

from __future__ import annotations

from spatialenv.core.scene import Scene


def resting_heights(scene: Scene) -> dict[str, float]:
    """Return the z of each object's centre where it rests, by id.

    On the floor; on top of the object that a relation puts it on; half-way up for what hangs on a
    wall; under the ceiling for what hangs there.
    """
    heights: dict[str, float] = {}

    def height_of(object_id: str, above: tuple[str, ...] = ()) -> float:
        item = scene.object(object_id)
        half = item.size[2] / 2
        for relation in item.relations:
            if relation.preposition not in ("on", "against wall") or relation.target in above:
                continue
            if relation.target in scene.ids:
                below = scene.object(relation.target)
                return height_of(below.id, (*above, object_id)) + below.size[2] / 2 + half
            if relation.target in scene.room.walls and not item.on_floor:
                return max(half, scene.room.height / 2)
            if relation.target == "ceiling":
                return scene.room.height - half
        return half

    for item in scene.objects:
        heights[item.id] = height_of(item.id)
    return heights
