"""Checks for parts that others write: rewards, renderers, sources of scenes.

Each checker plays a part through what this package asks of its own, and says everything that does not hold.
`spatialenv.testing.strategies` has hypothesis strategies for rooms, scenes, layouts and answers.

Example:
    >>> from spatialenv.rewards import make_reward
    >>> check_reward(make_reward("collision"))
"""

from __future__ import annotations

from spatialenv.testing.checks import CheckError, CheckResult
from spatialenv.testing.renderer import check_renderer, renderer_checks
from spatialenv.testing.reward import check_reward, reward_checks
from spatialenv.testing.tasks import check_tasks, tasks_checks

__all__ = [
    "CheckError",
    "CheckResult",
    "check_renderer",
    "check_reward",
    "check_tasks",
    "renderer_checks",
    "reward_checks",
    "tasks_checks",
]
