"""Rewards in the form that other trainers call."""

from spatialenv.rewards.adapters.trl import to_trl

__all__ = ["to_trl"]
