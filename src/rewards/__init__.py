"""Rewards: components, compositions, presets, and `make_reward` to get one by name or description."""

from spatialenv.rewards.accessibility import AccessibilityReward
from spatialenv.rewards.alignment import AlignmentReward
from spatialenv.rewards.arrays import ArrayScores, score_arrays
from spatialenv.rewards.balance import BalanceReward
from spatialenv.rewards.base import Reward, violations_of
from spatialenv.rewards.boundary import BoundaryReward
from spatialenv.rewards.clearance import ClearanceReward
from spatialenv.rewards.collision import CollisionReward
from spatialenv.rewards.compose import Clip, Gate, WeightedSum
from spatialenv.rewards.constraint import ConstraintReward
from spatialenv.rewards.editing import EditingReward
from spatialenv.rewards.facing import FacingReward
from spatialenv.rewards.format import FormatReward
from spatialenv.rewards.functional_clearance import FunctionalClearanceReward
from spatialenv.rewards.il3d import IL3DReward
from spatialenv.rewards.mesh_boundary import MeshBoundaryReward
from spatialenv.rewards.mesh_collision import MeshCollisionReward
from spatialenv.rewards.metaspatial import MetaSpatialReward
from spatialenv.rewards.physcene import PhySceneReward
from spatialenv.rewards.physics import PhysicsReward
from spatialenv.rewards.registry import REWARDS, RewardSpec, make_reward
from spatialenv.rewards.respace import ReSpaceReward
from spatialenv.rewards.sceneeval import SceneEvalReward
from spatialenv.rewards.scenerevis import SceneReVisReward
from spatialenv.rewards.sceneweaver import SceneWeaverReward
from spatialenv.rewards.stability import StabilityReward
from spatialenv.rewards.stay import StayReward
from spatialenv.rewards.strict import StrictReward
from spatialenv.rewards.support import SupportReward
from spatialenv.rewards.trajectory import TRAJECTORIES, Trajectory, discounted_mean, make_trajectory
from spatialenv.rewards.walkability import WalkabilityReward

__all__ = [
    "REWARDS",
    "TRAJECTORIES",
    "AccessibilityReward",
    "AlignmentReward",
    "ArrayScores",
    "BalanceReward",
    "BoundaryReward",
    "ClearanceReward",
    "Clip",
    "CollisionReward",
    "ConstraintReward",
    "EditingReward",
    "FacingReward",
    "FormatReward",
    "FunctionalClearanceReward",
    "Gate",
    "IL3DReward",
    "MeshBoundaryReward",
    "MeshCollisionReward",
    "MetaSpatialReward",
    "PhySceneReward",
    "PhysicsReward",
    "ReSpaceReward",
    "Reward",
    "RewardSpec",
    "SceneEvalReward",
    "SceneReVisReward",
    "SceneWeaverReward",
    "StabilityReward",
    "StayReward",
    "StrictReward",
    "SupportReward",
    "Trajectory",
    "WalkabilityReward",
    "WeightedSum",
    "discounted_mean",
    "make_reward",
    "make_trajectory",
    "score_arrays",
    "violations_of",
]
