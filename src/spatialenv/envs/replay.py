"""Playing a record again."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from spatialenv.core.episode import Episode
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError
from spatialenv.renderers import Renderer
from spatialenv.rewards.base import Reward


def replay(episode: Episode, *, reward: Reward | None = None, renderer: Renderer | None = None) -> Episode:
    """Play an episode's texts again on its scene and return the new record.

    Equal scores say that the record is true to the code that reads it. What failed the first time is
    tried again.

    Args:
        episode: The record.
        reward: The reward it was played with; needed where that was given to the env as an object, which a
            record cannot hold.
        renderer: Likewise the renderer.

    Raises:
        InputError: If a needed object is not given.

    Example:
        >>> from spatialenv.envs import RoomLayoutEnv
        >>> env = RoomLayoutEnv(tasks="easy", views=["top"], size=(64, 64))
        >>> _ = env.reset(seed=0)
        >>> _ = env.step("no answer")
        >>> replay(env.episode()).turns[0].feedback == env.episode().turns[0].feedback
        True
    """
    settings = dict(episode.settings)
    for name, given in (("reward", reward), ("renderer", renderer)):
        kept = settings.get(name)
        if given is not None:
            settings[name] = given
        elif isinstance(kept, Mapping) and "object" in kept:
            raise InputError(f"the episode was played with a {name} object, {kept['object']!r}; pass it as `{name}`")
    env = RoomLayoutEnv(tasks=[episode.scene], **settings)
    with contextlib.ExitStack() as on_leaving:
        if renderer is None:
            on_leaving.callback(env.close)
        env.reset(seed=episode.seed, options={"scene": episode.scene})
        for turn in episode.turns:
            if env.is_over:
                break
            env.step(turn.text)
        return env.episode()
