"""Trainers: warm start and multi-turn GRPO. Imports torch, transformers and trl only when a name is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spatialenv.trainers.algorithms import ALGORITHMS, Algorithm, resolve
    from spatialenv.trainers.credit import CreditConfig
    from spatialenv.trainers.demonstrate import Demonstrator, UnskilledDemonstrator
    from spatialenv.trainers.grpo import LayoutGRPOConfig, LayoutGRPOTrainer, seed_dataset
    from spatialenv.trainers.run import train
    from spatialenv.trainers.settings import RunSettings, load_settings
    from spatialenv.trainers.supervision import WarmStartConfig, warm_start
    from spatialenv.trainers.tiny_vlm import TinyVLMConfig, build_tiny_vlm
    from spatialenv.trainers.tools import calls_of, episode_of, layout_tools, log_episodes, tool_dataset
    from spatialenv.trainers.tools.chat import check_tool_model
    from spatialenv.trainers.tools.policy import ToolPolicy

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "CreditConfig",
    "Demonstrator",
    "LayoutGRPOConfig",
    "LayoutGRPOTrainer",
    "RunSettings",
    "TinyVLMConfig",
    "ToolPolicy",
    "UnskilledDemonstrator",
    "WarmStartConfig",
    "build_tiny_vlm",
    "calls_of",
    "check_tool_model",
    "episode_of",
    "layout_tools",
    "load_settings",
    "log_episodes",
    "resolve",
    "seed_dataset",
    "tool_dataset",
    "train",
    "warm_start",
]

_HOME = {
    "ALGORITHMS": "algorithms",
    "Algorithm": "algorithms",
    "CreditConfig": "credit",
    "Demonstrator": "demonstrate",
    "LayoutGRPOConfig": "grpo",
    "LayoutGRPOTrainer": "grpo",
    "RunSettings": "settings",
    "TinyVLMConfig": "tiny_vlm",
    "ToolPolicy": "tools.policy",
    "UnskilledDemonstrator": "demonstrate",
    "WarmStartConfig": "supervision",
    "build_tiny_vlm": "tiny_vlm",
    "calls_of": "tools",
    "check_tool_model": "tools.chat",
    "episode_of": "tools",
    "layout_tools": "tools",
    "load_settings": "settings",
    "log_episodes": "tools",
    "resolve": "algorithms",
    "seed_dataset": "grpo",
    "tool_dataset": "tools",
    "train": "run",
    "warm_start": "supervision",
}

if not TYPE_CHECKING:  # a type checker reads the imports above, and so still sees a misspelt name

    def __getattr__(name):
        if name not in _HOME:
            raise AttributeError(f"module 'spatialenv.trainers' has no attribute {name!r}")
        from spatialenv.errors import require

        try:
            module = importlib.import_module(f"spatialenv.trainers.{_HOME[name]}")
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("spatialenv"):
                raise
            require(error.name, "train", "training")  # raises the error that names the extra
            raise
        value = globals()[name] = getattr(module, name)
        return value
