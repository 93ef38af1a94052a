"""Environments: `RoomLayoutEnv`, one or many at once, those over furnished rooms, and what they say."""

from spatialenv.envs.arrays import ArrayActionWrapper
from spatialenv.envs.prompt import FEEDBACK_MODES, make_feedback, make_prompt
from spatialenv.envs.replay import replay
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.envs.variants import RoomCompletionEnv, RoomEditEnv, RoomRepairEnv
from spatialenv.envs.vector import RoomLayoutVectorEnv

__all__ = [
    "FEEDBACK_MODES",
    "ArrayActionWrapper",
    "RoomCompletionEnv",
    "RoomEditEnv",
    "RoomLayoutEnv",
    "RoomLayoutVectorEnv",
    "RoomRepairEnv",
    "make_feedback",
    "make_prompt",
    "replay",
]
