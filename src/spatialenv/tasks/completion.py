"""Rooms in which some of the objects stand already."""

from __future__ import annotations

import random
from dataclasses import replace

from spatialenv.core.layout import Layout
from spatialenv.core.scene import Scene
from spatialenv.tasks.derived import DerivedTasks, check_pair
from spatialenv.tasks.procedural import pick
from spatialenv.tasks.source import TaskSpec
from spatialenv.tasks.wish import join_words, spoken_names


class CompletionTasks(DerivedTasks):
    """Rooms where a share of the objects stands already and must stay; the rest is to be placed.

    Those that stand are where the witness has them, with all that their own relations and facing name.

    Args:
        of: Where the rooms come from, as `make_tasks` takes it; rooms with one object are passed over.
        share: Least and greatest share of the objects that stand already, above 0 and below 1; at least one
            object stands, and at least one is left to place.
        split: Split of the rooms, where `of` states none.

    Raises:
        InputError: If an argument is not allowed.

    Example:
        >>> scene = CompletionTasks("medium/test").sample(0)
        >>> scene.fixed == scene.start.ids, 0 < len(scene.fixed) < len(scene.objects)
        (True, True)
    """

    kind = "completion"

    def __init__(
        self, of: TaskSpec = "medium", share: tuple[float, float] = (0.3, 0.7), split: str | None = None
    ) -> None:
        super().__init__(of, split)
        self.share = check_pair(share, "share", 1e-9, 1 - 1e-9, "two shares (least, greatest) above 0 and below 1")

    def _draw(self, rng: random.Random, base: Scene, witness: Layout) -> Scene | None:
        low, high = self.share
        count = len(base.objects)
        least = max(1, round(low * count))
        wanted = min(max(least, round((low + (high - low) * rng.random()) * count)), count - 1)
        standing: set[str] = set()
        waiting = list(base.ids)
        while waiting and len(standing) < wanted:
            chosen = pick(rng, waiting)
            waiting.remove(chosen)
            group = _needed(base, chosen) | standing
            if len(group) <= wanted:
                standing = group
        if not least <= len(standing) < count:
            return None
        fixed = tuple(object_id for object_id in base.ids if object_id in standing)
        start = Layout(tuple((object_id, witness[object_id]) for object_id in fixed))
        names = spoken_names(base.objects)
        told = join_words([f"the {names[object_id]}" for object_id in fixed])
        wish = f"{told[0].upper()}{told[1:]} already stand{'s' if len(fixed) == 1 else ''} and must stay. "
        return replace(base, description=wish + base.description, witness=witness, start=start, fixed=fixed)


def _needed(scene: Scene, object_id: str) -> set[str]:
    """Return an object with all that its relations and its facing name, and theirs."""
    found: set[str] = set()
    waiting = [object_id]
    while waiting:
        item = scene.object(waiting.pop())
        found.add(item.id)
        names = {relation.target for relation in item.relations} | {item.facing}
        waiting += [name for name in scene.ids if name in names and name not in found]
    return found
