"""Environments over rooms that are not empty at the start: repair, edit, completion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spatialenv.envs.prompt import ActionMode
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.rewards.base import Reward
from spatialenv.tasks import TaskSpec

RewardSpec = str | Path | Mapping[str, Any] | Reward


class RoomRepairEnv(RoomLayoutEnv):
    """Put right what has gone wrong in a furnished room.

    ## Description
    The room is furnished, but one to three things went wrong: an object was pushed into another or through a
    wall, lifted, exchanged with another one, or moved away from where the wish wants it. `RoomLayoutEnv` with other
    defaults, which see for all that is not said here.

    ## Action Space
    As in `RoomLayoutEnv`: the whole layout; with ``actions="edits"`` the changes alone.

    ## Observation Space
    As in `RoomLayoutEnv`; the prompt says where the objects stand at the start.

    ## Starting State
    The spoilt layout, drawn; ``info["start_score"]`` is what the reward says of it.

    ## Rewards
    The preset ``"editing"``: what ``"physics"`` pays for each object, times whether what is fixed stays.

    ## Episode End
    As in `RoomLayoutEnv`.

    ## Information
    As in `RoomLayoutEnv`.

    ## Arguments
    Args:
        tasks: As in `RoomLayoutEnv`; ``"repair"``, ``"repair/test"``, or ``{"name": "repair", "of": "hard/test",
            "kinds": [...], "count": [1, 3]}`` (`spatialenv.tasks.repair.RepairTasks`).
        reward: As in `RoomLayoutEnv`.
        actions: As in `RoomLayoutEnv`.
        **options: Any other argument of `RoomLayoutEnv`.

    ## Version History
    * v0: first version.

    Example:
        >>> import gymnasium as gym, spatialenv
        >>> env = gym.make("spatialenv/RoomRepair-v0", size=[64, 48])
        >>> _, info = env.reset(seed=0)
        >>> info["score"], len(info["layout"]) == len(env.unwrapped.scene.objects)
        (0.0, True)
    """

    def __init__(
        self,
        tasks: TaskSpec = "repair",
        reward: RewardSpec = "editing",
        actions: ActionMode = "layout",
        **options: Any,
    ) -> None:
        super().__init__(tasks=tasks, reward=reward, actions=actions, **options)


class RoomEditEnv(RoomLayoutEnv):
    """Change a furnished room as an instruction says, and leave everything else where it stands.

    ## Description
    The room is furnished and sound. An instruction in words asks for an object to be moved, brought in or turned, or
    for two to exchange their places; every other object is fixed. `RoomLayoutEnv` with other defaults, which see for
    all that is not said here.

    ## Action Space
    A string that holds edits: ``<think>...</think><answer>[{"op": "move", "id": "sofa_1", "dx": 0.5}, ...]</answer>``
    (`spatialenv.core.edits.parse_edits`); with ``actions="layout"`` the whole layout.

    ## Observation Space
    As in `RoomLayoutEnv`; the prompt says where the objects stand at the start, and which are fixed.

    ## Starting State
    The layout before the change, drawn; ``info["start_score"]`` is what the reward says of it.

    ## Rewards
    The preset ``"editing"``: what ``"physics"`` pays for each object, times whether what is fixed stays.

    ## Episode End
    As in `RoomLayoutEnv`; also when an answer holds ``{"op": "submit"}``.

    ## Information
    As in `RoomLayoutEnv`; an object of ``scene.fixed`` that left its place is a violation ``moved``.

    ## Arguments
    Args:
        tasks: As in `RoomLayoutEnv`; ``"edit"``, ``"edit/test"``, or ``{"name": "edit", "of": "hard/test",
            "kinds": [...]}`` (`spatialenv.tasks.edit.EditTasks`).
        reward: As in `RoomLayoutEnv`.
        actions: As in `RoomLayoutEnv`.
        **options: Any other argument of `RoomLayoutEnv`.

    ## Version History
    * v0: first version.

    Example:
        >>> import gymnasium as gym, spatialenv
        >>> env = gym.make("spatialenv/RoomEdit-v0", size=[64, 48])
        >>> _ = env.reset(seed=0)
        >>> text = '<think></think><answer>[{"op": "submit"}]</answer>'
        >>> _, _, terminated, _, info = env.step(text)
        >>> terminated, info["status"]["clean"]
        (True, False)
    """

    def __init__(
        self,
        tasks: TaskSpec = "edit",
        reward: RewardSpec = "editing",
        actions: ActionMode = "edits",
        **options: Any,
    ) -> None:
        super().__init__(tasks=tasks, reward=reward, actions=actions, **options)


class RoomCompletionEnv(RoomLayoutEnv):
    """Furnish a room in which some of the objects stand already and must stay.

    ## Description
    A share of the objects stands at sound places and is fixed; the others are to be placed around them.
    `RoomLayoutEnv` with other defaults, which see for all that is not said here.

    ## Action Space
    As in `RoomLayoutEnv`: the whole layout, fixed objects included; with ``actions="edits"`` the new ones alone.

    ## Observation Space
    As in `RoomLayoutEnv`; the prompt says where the fixed objects stand.

    ## Starting State
    The fixed objects, drawn; ``info["start_score"]`` is what the reward says of them.

    ## Rewards
    The preset ``"editing"``: what ``"physics"`` pays for each object, times whether what is fixed stays.

    ## Episode End
    As in `RoomLayoutEnv`.

    ## Information
    As in `RoomLayoutEnv`; an object of ``scene.fixed`` that left its place is a violation ``moved``.

    ## Arguments
    Args:
        tasks: As in `RoomLayoutEnv`; ``"completion"``, ``"completion/test"``, or ``{"name": "completion",
            "of": "hard/test", "share": [0.3, 0.7]}`` (`spatialenv.tasks.completion.CompletionTasks`).
        reward: As in `RoomLayoutEnv`.
        actions: As in `RoomLayoutEnv`.
        **options: Any other argument of `RoomLayoutEnv`.

    ## Version History
    * v0: first version.

    Example:
        >>> import gymnasium as gym, spatialenv
        >>> env = gym.make("spatialenv/RoomCompletion-v0", size=[64, 48])
        >>> _, info = env.reset(seed=0)
        >>> [record["new_object_id"] for record in info["layout"]] == list(env.unwrapped.scene.fixed)
        True
    """

    def __init__(
        self,
        tasks: TaskSpec = "completion",
        reward: RewardSpec = "editing",
        actions: ActionMode = "layout",
        **options: Any,
    ) -> None:
        super().__init__(tasks=tasks, reward=reward, actions=actions, **options)
