"""Rewards in the form that other trainers call."""

from spatialenv.rewards.adapters.easyr1 import to_easyr1
from spatialenv.rewards.adapters.openrlhf import to_openrlhf
from spatialenv.rewards.adapters.texts import scene_text
from spatialenv.rewards.adapters.trl import to_trl
from spatialenv.rewards.adapters.verifiers import to_verifiers
from spatialenv.rewards.adapters.verl import to_verl

__all__ = ["scene_text", "to_easyr1", "to_openrlhf", "to_trl", "to_verifiers", "to_verl"]
