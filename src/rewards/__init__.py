"""Rewards: components, compositions, presets, and `make_reward` to get one by name or description."""

from spatialenv.rewards.base import Reward
from spatialenv.rewards.boundary import BoundaryReward
from spatialenv.rewards.clearance import ClearanceReward
from spatialenv.rewards.collision import CollisionReward
from spatialenv.rewards.compose import Gate, WeightedSum, discounted_mean
from spatialenv.rewards.constraint import ConstraintReward
from spatialenv.rewards.editing import EditingReward
from spatialenv.rewards.facing import FacingReward
from spatialenv.rewards.format import FormatReward
from spatialenv.rewards.metaspatial import MetaSpatialReward
from spatialenv.rewards.physics import PhysicsReward
from spatialenv.rewards.registry import REWARDS, RewardSpec, make_reward
from spatialenv.rewards.stay import StayReward
from spatialenv.rewards.support import SupportReward

__all__ = [
    "REWARDS",
    "BoundaryReward",
    "ClearanceReward",
    "CollisionReward",
    "ConstraintReward",
    "EditingReward",
    "FacingReward",
    "FormatReward",
    "Gate",
    "MetaSpatialReward",
    "PhysicsReward",
    "Reward",
    "RewardSpec",
    "StayReward",
    "SupportReward",
    "WeightedSum",
    "discounted_mean",
    "make_reward",
]
