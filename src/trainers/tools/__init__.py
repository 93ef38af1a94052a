"""Layout as tools to call: environments for TRL's own trainer, and what plays and teaches calls. Loads no torch."""

from spatialenv.trainers.tools.environments import (
    Call,
    FixedYawLayoutTools,
    LayoutTools,
    ToolEnvironment,
    calls_of,
    episode_of,
    scene_of,
    tool_names,
    tools_class,
)
from spatialenv.trainers.tools.factory import LayoutToolsFactory, layout_tools, log_episodes, tool_dataset

__all__ = [
    "Call",
    "FixedYawLayoutTools",
    "LayoutTools",
    "LayoutToolsFactory",
    "ToolEnvironment",
    "calls_of",
    "episode_of",
    "layout_tools",
    "log_episodes",
    "scene_of",
    "tool_dataset",
    "tool_names",
    "tools_class",
]
